//! How results of measurements are judged: like any other, but anybody may demand leaves of them.

use super::{
	demand::{demand, provide, window},
	enrolment::{accept, assert_gone, measure_with, measured, record, stake, told, TICKS},
	refute::refute,
};
use crate::{mock::*, Error, Event, Jobs, Requesters, Window};
use millrace_primitives::{JobId, ProviderId};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

#[test]
fn a_wrong_result_is_refuted_like_any_other() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let work = Work::triples();
		let tree = work.wrong_byte(1);
		let id = measure_with(provider, &work.class_task(TICKS));
		commit_tree(provider, id, &tree);
		let staked = stake(provider);
		assert_ok!(refute(BOB, id, work.proof(&tree, 1)));
		assert!(matches!(
			last_event(),
			Event::JobRefuted { requester, refuter: BOB, slashed: 120_000, refund: 0, fees_returned: 0, .. }
				if requester == Market::measurer()
		));
		// The floor of its class, as for a job of the book: nothing is held for it.
		assert_eq!(
			(stake(provider), MockProviders::set_aside(provider)),
			(staked - 120_000, 120_000)
		);
		assert_eq!(told(provider), "0f");
		assert_eq!((record(provider).refuted, record(provider).active), (1, false));
		assert_gone(provider, id);
	});
	// And a right one is not.
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let work = Work::triples();
		let id = measure_with(provider, &work.class_task(TICKS));
		commit_tree(provider, id, &work.honest());
		for leaf in 0..5 {
			assert!(refute(BOB, id, work.proof(&work.honest(), leaf)).is_err());
		}
		assert_eq!(told(provider), "0");
	});
}

/// A job of BOB's to which the provider has committed a lie.
fn lie(provider: ProviderId, work: &Work) -> JobId {
	let tree = work.wrong_byte(0);
	let id = submit(BOB, work.fill(target_spec(work.items, provider, 64)));
	commit_tree(provider, id, &tree);
	id
}

#[test]
fn it_is_void_when_another_result_of_its_provider_is_refuted() {
	for state in ["assigned", "running", "committed"] {
		ExtBuilder::build_and_execute(|| {
			let provider = MockProviders::register(2);
			let work = Work::triples();
			let lying = lie(provider, &work);
			let id = measure_with(provider, &work.class_task(TICKS));
			match state {
				"running" => accept(provider, id),
				"committed" => commit_tree(provider, id, &work.honest()),
				_ => (),
			}
			assert_ok!(refute(CHARLIE, lying, work.proof(&work.wrong_byte(0), 0)));
			assert!(!told(provider).contains('f'), "nobody has looked at it");
			assert_ok!(Market::touch(signed(ALICE), id));
			assert_eq!(record(provider).measurements.last(), Some(&(id, b'f')), "{state}");
			assert!(!Jobs::<Test>::contains_key(id));
			assert_eq!(Requesters::<Test>::get(Market::measurer()).live, 0);
			assert_eq!(free(payout(provider)), 10_000);
		});
	}
}

/// An output of millions of leaves is looked at in parts, by whoever likes to.
#[test]
fn anybody_may_demand_leaves_of_it() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let work = Work::triples();
		let (leaves, tree) = (work.leaves(), work.honest());
		let id = measure_with(provider, &work.class_task(TICKS));
		assert_noop!(demand(CHARLIE, id, &[0]), Error::<Test>::NotCommitted);
		commit_tree(provider, id, &tree);
		MockProviders::change(provider, |record| record.answers = false);
		assert_noop!(demand(CHARLIE, id, &[0]), Error::<Test>::ProviderUnreachable);
		MockProviders::change(provider, |record| record.answers = true);
		assert_ok!(demand(CHARLIE, id, &[0, 4]));
		assert!(matches!(last_event(), Event::LeavesDemanded { requester: CHARLIE, .. }));
		let answer = [0, 4].map(|leaf| tree.provided(&leaves, leaf));
		assert_ok!(provide(worker(provider), id, answer.to_vec()));
		assert_eq!(window(id), Window::Open { end: 31 });
		blocks(31);
		assert_eq!(told(provider), "0s");
	});
}

#[test]
fn to_be_silent_on_it_costs_a_part_of_the_floor() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = measured(1);
		commit(provider, id, 10);
		assert_ok!(demand(CHARLIE, id, &[0]));
		blocks(default_rules().demand_ticks + 1);
		// 2 % of 120,000: 12 times 2 % of the largest job of the book.
		assert_eq!(MockProviders::set_aside(provider), 2_400);
		assert_eq!((told(provider).as_str(), record(provider).silent), ("0f", 1));
		assert_eq!(Requesters::<Test>::get(Market::measurer()).silent, 1);
		assert!(!Jobs::<Test>::contains_key(id));
	});
}
