//! Outputs that the chain cannot carry, and a provider that does not deliver them.

use super::demand::window;
use crate::{
	mock::*, Error, Event, Jobs, MarketRules, PoolTallies, ProviderJobs, Requesters, Window, DEMANDABLE_OUTPUT,
};
use millrace_primitives::{JobId, ProviderId};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

/// A committed job of ALICE's with just more than a mebibyte of output, which took all that it might.
fn committed_mebibyte() -> (JobId, ProviderId) {
	RulesNow::set(&MarketRules {
		output_max: 2 << 20,
		book_output_max: 1 << 20,
		run_max: 2_000,
		..default_rules()
	});
	let provider = MockProviders::register(4);
	let work = Work::new(BLOCKS, 1_025, vec![]);
	let id = submit(ALICE, work.fill(target_spec(1_025, provider, 64)));
	commit(provider, id, job(id).units_max());
	assert!(job(id).output_bytes() > DEMANDABLE_OUTPUT);
	(id, provider)
}

#[test]
fn what_is_not_delivered_is_paid_to_nobody() {
	ExtBuilder::build_and_execute(|| {
		let (id, provider) = committed_mebibyte();
		let before = job(id);
		let units = before.units_max();
		let payment = before.payment(units);
		let paid_before = free(payout(provider));
		assert_ok!(Market::refuse_delivery(signed(ALICE), id));
		assert_eq!(
			last_event(),
			Event::DeliveryRefused {
				job: id,
				provider,
				requester: ALICE,
				units,
				burned: payment,
				refund: before.escrow - payment,
				fees_returned: 40,
				fees_paid: 20,
				deposit: before.deposit,
			}
		);
		assert!(payment > 0);
		assert_eq!((free(ALICE), held(ALICE)), (FUNDS - payment - 20, 0));
		assert_eq!(free(payout(provider)), paid_before);
		// Nothing of it is shared: only the job fee is.
		assert_eq!(fees(), 20);
		assert_eq!(MockProviders::get(provider).unwrap().paid, 0);
		assert!(!Jobs::<Test>::contains_key(id) && !ProviderJobs::<Test>::contains_key(provider, id));
		let known = Requesters::<Test>::get(ALICE);
		assert_eq!((known.live, known.refused, known.paid_jobs), (0, 1, 0));
		assert_eq!(
			PoolTallies::<Test>::iter_values()
				.map(|tally| tally.era.refused)
				.sum::<u32>(),
			1
		);
	});
}

/// Its requester saves nothing by it: it loses what it would have paid.
#[test]
fn refusing_costs_what_settling_does() {
	let spent = |end: fn(JobId)| {
		ExtBuilder::build().execute_with(|| {
			let (id, _) = committed_mebibyte();
			end(id);
			FUNDS - free(ALICE)
		})
	};
	assert_eq!(
		spent(|id| assert!(Market::refuse_delivery(signed(ALICE), id).is_ok())),
		spent(|id| assert!(Market::settle_now(signed(ALICE), id).is_ok()))
	);
}

#[test]
fn only_the_requester_refuses_and_only_in_the_window() {
	ExtBuilder::build_and_execute(|| {
		let (id, provider) = committed_mebibyte();
		for other in [BOB, worker(provider)] {
			assert_noop!(Market::refuse_delivery(signed(other), id), Error::<Test>::NotRequester);
		}
		let Window::Open { end } = window(id) else {
			panic!("nothing is demanded");
		};
		skip_ticks(end + 1 - now());
		assert_noop!(Market::refuse_delivery(signed(ALICE), id), Error::<Test>::WindowOver);
	});
}

#[test]
fn what_can_be_demanded_is_not_refused() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		assert_noop!(Market::refuse_delivery(signed(ALICE), id), Error::<Test>::NotCommitted);
		commit(provider, id, G);
		assert_noop!(
			Market::refuse_delivery(signed(ALICE), id),
			Error::<Test>::OutputDemandable
		);
	});
}
