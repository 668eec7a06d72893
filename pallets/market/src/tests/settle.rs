//! Settlement: who may, when, and to the last planck.

use crate::{mock::*, Asks, Deadlines, Error, Event, HoldReason, Jobs, Links, MarketTotals, ProviderJobs, Requesters};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::Pays},
	sp_core::H256,
};

#[test]
fn what_was_used_is_paid_and_the_rest_returns() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		commit(provider, id, 5 * G);
		let info = Market::settle_now(signed(ALICE), id).unwrap();
		assert_eq!(info.pays_fee, Pays::No);
		// 5 × 64 for units and 10 for bytes: 330. 5 % of it: 16.5, so 16. Refund: 650 − 330. One of three fees was used.
		assert_eq!(
			last_event(),
			Event::JobSettled {
				job: id,
				provider,
				requester: ALICE,
				payout: Some(payout(provider)),
				units: 5 * G,
				payment: 330,
				fee: 16,
				refund: 320,
				fees_returned: 40,
				fees_paid: 20,
				deposit: 0,
				lapsed: false,
			}
		);
		assert_eq!(free(ALICE), FUNDS - 330 - 20);
		assert_eq!(held(ALICE), 0);
		assert_eq!(free(payout(provider)), 10_000 + 314);
		assert_eq!(fees(), 20 + 16);
		assert_eq!(MockProviders::get(provider).unwrap().paid, 330);
		assert_eq!(
			Market::totals(),
			MarketTotals {
				settled: 1,
				paid: 330,
				fees: 16
			}
		);
		let known = Requesters::<Test>::get(ALICE);
		assert_eq!(
			(known.nonce, known.live, known.paid_jobs, known.lapsed, known.paid),
			(1, 0, 1, 0, 330)
		);
	});
}

#[test]
fn nothing_of_a_finished_job_remains() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let asks = Asks::<Test>::get(provider);
		let id = submit(ALICE, book_spec(10, 0));
		commit(provider, id, G);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(Jobs::<Test>::iter().count(), 0);
		assert_eq!(Deadlines::<Test>::iter().count(), 0);
		assert_eq!(ProviderJobs::<Test>::iter().count(), 0);
		assert_eq!(Links::<Test>::iter().count(), 1, "the ask still stands");
		assert_eq!(Asks::<Test>::get(provider), asks);
		assert_noop!(Market::settle_now(signed(ALICE), id), Error::<Test>::UnknownJob);
	});
}

#[test]
fn only_the_requester_settles_inside_the_window() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		assert_noop!(Market::settle_now(signed(ALICE), id), Error::<Test>::NotCommitted);
		assert_noop!(Market::settle(signed(ALICE), id), Error::<Test>::NotCommitted);
		commit(provider, id, G);
		assert_noop!(Market::settle_now(signed(BOB), id), Error::<Test>::NotRequester);
		// The window ends with tick 31.
		skip_ticks(30);
		assert_eq!(now(), 31);
		assert_noop!(Market::settle(signed(BOB), id), Error::<Test>::WindowOpen);
		skip_ticks(1);
		let info = Market::settle(signed(BOB), id).unwrap();
		assert_eq!(info.pays_fee, Pays::No);
		assert!(matches!(
			last_event(),
			Event::JobSettled {
				lapsed: true,
				payment: 74,
				..
			}
		));
		assert_eq!(Requesters::<Test>::get(ALICE).lapsed, 1);
	});
}

#[test]
fn the_hook_settles_what_nobody_did() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		commit(provider, id, 10 * G);
		blocks(30);
		assert!(Jobs::<Test>::contains_key(id));
		blocks(1);
		assert!(!Jobs::<Test>::contains_key(id));
		// All of 650; the fee is 32.5, rounded down.
		assert_eq!(free(payout(provider)), 10_000 + 618);
		assert_eq!(free(ALICE), FUNDS - 650 - 20);
	});
}

#[test]
fn a_targeted_job_pays_the_price_that_it_named() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let id = submit(ALICE, target_spec(10, provider, 100));
		// 10 × 100 × 65/64 = 1,015.6: 1,016 held, 1,015 paid, of which 50.75 is the protocol's: 50.
		assert_eq!(held(ALICE), 1_016 + 60);
		commit(provider, id, 10 * G);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(free(payout(provider)), 10_000 + 965);
		assert_eq!(free(ALICE), FUNDS - 1_015 - 20);
		assert_eq!(MockProviders::get(provider).unwrap().committed, 0);
	});
}

#[test]
fn the_payout_account_is_that_of_the_acceptance() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::accept_job(signed(worker(provider)), id));
		MockProviders::change(provider, |record| record.payout = BOB);
		assert_ok!(Market::commit_result(signed(worker(provider)), id, H256::zero(), 0));
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(free(BOB), FUNDS);
		// 10 for the bytes, no fee on so little.
		assert_eq!(free(payout(provider)), 10_010);
	});
}

#[test]
fn each_part_of_the_escrow_is_told() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		commit(provider, id, 5 * G);
		System::reset_events();
		assert_ok!(Market::settle_now(signed(ALICE), id));
		// Of 710, 330 are paid: 16 of them burned, as is one fee of 20.
		let reason = RuntimeHoldReason::Market(HoldReason::Escrow);
		let parts = [
			BalancesEvent::Released {
				reason,
				who: ALICE,
				amount: 320 + 40,
			},
			BalancesEvent::BurnedHeld {
				reason,
				who: ALICE,
				amount: 16 + 20,
			},
			BalancesEvent::TransferOnHold {
				reason,
				source: ALICE,
				dest: payout(provider),
				amount: 314,
			},
		];
		assert_eq!(balance_events(), parts);
	});
}

#[test]
fn a_defect_in_the_providers_record_does_not_keep_the_money() {
	ExtBuilder::build().execute_with(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		commit(provider, id, 10 * G);
		MockProviders::change(provider, |record| record.broken = true);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(free(payout(provider)), 10_618);
	});
}
