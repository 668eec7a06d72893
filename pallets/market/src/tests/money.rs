//! Where money goes at the edges: small, frozen and missing accounts; and the fee pot.

use crate::{mock::*, Event, FeeEra, HoldReason};
use polkadot_sdk::{
	frame_support::{
		assert_ok,
		traits::fungible::{Inspect, Mutate, MutateFreeze, MutateHold},
	},
	frame_system,
};

/// A committed job of ten items with this many units, and its provider.
fn committed(units: u64) -> (millrace_primitives::ProviderId, millrace_primitives::JobId) {
	let provider = asking(1, 0);
	let id = submit(ALICE, book_spec(10, 0));
	commit(provider, id, units);
	(provider, id)
}

fn settled_to() -> Option<AccountId> {
	match last_event() {
		Event::JobSettled { payout, .. } => payout,
		other => panic!("not settled: {other:?}"),
	}
}

#[test]
fn a_dead_payout_account_takes_what_makes_it_live() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = committed(10 * G);
		Balances::set_balance(&payout(provider), 0);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(settled_to(), Some(payout(provider)));
		assert_eq!(free(payout(provider)), 618);
	});
}

#[test]
fn a_payment_below_the_deposit_falls_back() {
	// 16 × 2²⁴ units of bytes alone: a job of nine items and no units pays 9, below the deposit of 10, with no fee.
	for (owner_lives, treasury_lives) in [(true, true), (false, true), (false, false)] {
		ExtBuilder::build_and_execute(|| {
			let provider = asking(1, 0);
			let id = submit(ALICE, book_spec(9, 0));
			commit(provider, id, 0);
			Balances::set_balance(&payout(provider), 0);
			if !owner_lives {
				Balances::set_balance(&owner(provider), 0);
			}
			if !treasury_lives {
				Balances::set_balance(&TREASURY, 0);
			}
			let issued = Balances::total_issuance();
			assert_ok!(Market::settle_now(signed(ALICE), id));
			let (expected, burned) = match (owner_lives, treasury_lives) {
				(true, _) => (Some(owner(provider)), 0),
				(false, true) => (Some(TREASURY), 0),
				(false, false) => (None, 9),
			};
			assert_eq!(settled_to(), expected);
			assert_eq!(Balances::total_issuance(), issued - burned);
			// 9 × 65 = 585 were held: 576 return, and two of three fees.
			assert_eq!(free(ALICE), FUNDS - 9 - 20);
		});
	}
}

#[test]
fn a_freeze_stops_nothing() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = committed(10 * G);
		// Everything is frozen, what is held included.
		assert_ok!(Balances::set_freeze(&1, &ALICE, FUNDS));
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(free(payout(provider)), 10_618);
		assert_eq!(free(ALICE), FUNDS - 670);
	});
}

#[test]
fn a_requester_may_be_paid_by_itself() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		MockProviders::change(provider, |record| record.payout = ALICE);
		let id = submit(ALICE, book_spec(10, 0));
		commit(provider, id, 10 * G);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		// Only the protocol fee of 32 and the job fee of 20 are gone.
		assert_eq!(free(ALICE), FUNDS - 52);
	});
}

#[test]
fn an_account_kept_alive_by_others_loses_at_most_dust() {
	// With another provider reference an account can hold all that it has. What returns to it below the deposit would be
	// lost without a trace; it is burned instead, so that issuance stays true.
	ExtBuilder::build_and_execute(|| {
		frame_system::Pallet::<Test>::inc_providers(&BOB);
		let provider = asking(1, 0);
		let id = submit(BOB, book_spec(10, 0));
		let rest = free(BOB);
		assert_ok!(Balances::hold(
			&RuntimeHoldReason::Market(HoldReason::Escrow),
			&BOB,
			rest
		));
		// Give back to the invariants what the test took: the job is the only reason to hold.
		assert_ok!(Balances::burn_held(
			&RuntimeHoldReason::Market(HoldReason::Escrow),
			&BOB,
			rest,
			polkadot_sdk::frame_support::traits::tokens::Precision::Exact,
			polkadot_sdk::frame_support::traits::tokens::Fortitude::Force,
		));
		assert_eq!(free(BOB), 0);
		// 5 planck short of everything: payment 645 of 650.
		commit(provider, id, 10 * G - (5 * G) / 64);
		let issued = Balances::total_issuance();
		assert_ok!(Market::settle_now(signed(BOB), id));
		// 5 cannot return to an account with nothing; the fees of 40 can.
		let Event::JobSettled {
			refund,
			fees_returned,
			payment,
			..
		} = last_event()
		else {
			panic!("not settled")
		};
		assert_eq!((payment, refund, fees_returned), (645, 0, 40));
		assert_eq!(free(BOB), 40);
		assert_eq!(Balances::total_issuance(), issued - 5);
	});
}

#[test]
fn fees_are_split_once_an_era() {
	ExtBuilder::build_and_execute(|| {
		let (_, id) = committed(10 * G);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		// 20 + 32 = 52: a fifth is 10.4, so 10 to the treasury and 42 burned. A gift of 500 to the pot is not split.
		assert_eq!(pot(), 52);
		assert_ok!(Balances::transfer(
			&BOB,
			&Market::pot(),
			500,
			polkadot_sdk::frame_support::traits::tokens::Preservation::Preserve
		));
		let issued = Balances::total_issuance();
		skip_ticks(998);
		assert_eq!(now(), 999);
		finish_block();
		start_block(1);
		assert_eq!(now(), 1_000);
		assert_eq!(
			last_event(),
			Event::FeesSplit {
				burned: 42,
				treasury: 10
			}
		);
		assert_eq!(pot(), 500);
		assert_eq!(free(TREASURY), ED + 10);
		assert_eq!(Balances::total_issuance(), issued - 42);
		assert_eq!(
			(FeeEra::<Test>::get().started, FeeEra::<Test>::get().collected),
			(1_000, 0)
		);

		// An era without fees passes in silence.
		System::reset_events();
		skip_ticks(1_000);
		finish_block();
		start_block(1);
		assert_eq!(FeeEra::<Test>::get().started, 2_001);
		assert!(events().is_empty());
	});
}

#[test]
fn a_treasury_that_cannot_take_its_part_burns_it() {
	ExtBuilder::build_and_execute(|| {
		let (_, id) = committed(0);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		Balances::set_balance(&TREASURY, 0);
		// Only the job fee: 20. A fifth of it, 4, is below the deposit.
		assert_eq!(pot(), 20);
		skip_ticks(999);
		finish_block();
		start_block(1);
		assert_eq!(
			last_event(),
			Event::FeesSplit {
				burned: 20,
				treasury: 0
			}
		);
		assert_eq!((pot(), free(TREASURY)), (0, 0));
	});
}

#[test]
fn the_pot_exists_from_genesis() {
	ExtBuilder::build_and_execute(|| {
		assert_eq!(Balances::balance(&Market::pot()), ED);
		assert_eq!(Balances::total_issuance(), 3 * FUNDS + 60 + ED + ED);
	});
}

#[test]
fn what_the_requester_lost_is_what_the_others_got() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = committed(7 * G + 12_345_678);
		let issued = Balances::total_issuance();
		assert_ok!(Market::settle_now(signed(ALICE), id));
		let lost = FUNDS - free(ALICE);
		let earned = free(payout(provider)) - 10_000;
		assert_eq!(lost, earned + pot());
		assert_eq!(Balances::total_issuance(), issued);
	});
}
