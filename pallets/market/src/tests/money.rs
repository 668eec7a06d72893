//! Where money goes at the edges: small, frozen and missing accounts; what eras keep of the fees; and deposits.

use crate::{history::HISTORY_ERAS, mock::*, types::Entry, Event, History, HoldReason, JobOf, PoolEra};
use codec::Encode;
use millrace_primitives::Balance;
use polkadot_sdk::{
	frame_support::{
		assert_ok,
		traits::fungible::{Mutate, MutateFreeze, MutateHold},
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
			assert_eq!(Balances::total_issuance(), issued - burned - fees());
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
		// 5 alone could not return to an account with nothing; with the fees of 40 it can.
		let Event::JobSettled {
			refund,
			fees_returned,
			payment,
			..
		} = last_event()
		else {
			panic!("not settled")
		};
		assert_eq!((payment, refund, fees_returned), (645, 5, 40));
		assert_eq!(free(BOB), 45);
		assert_eq!(Balances::total_issuance(), issued - fees());
	});
}

#[test]
fn the_treasury_gets_its_part_of_the_fees_once_an_era() {
	ExtBuilder::build_and_execute(|| {
		let (_, id) = committed(10 * G);
		let issued = Balances::total_issuance();
		assert_ok!(Market::settle_now(signed(ALICE), id));
		// 20 + 32 = 52 are burned at once. A fifth is 10.4, so 10 are minted for the treasury when the era is over.
		assert_eq!((fees(), Balances::total_issuance()), (52, issued - 52));
		let era = pool_era(0).expect("it runs");
		assert_eq!((era.paid_jobs, era.fees, era.paid), (1, 52, 650));
		skip_ticks(998);
		assert_eq!(now(), 999);
		finish_block();
		start_block(1);
		assert_eq!(now(), 1_000);
		assert_eq!(
			last_event(),
			Event::EraClosed {
				era: 0,
				pool: POOL,
				fees: 52,
				treasury: 10
			}
		);
		assert_eq!((fees(), free(TREASURY)), (0, ED + 10));
		assert_eq!(Balances::total_issuance(), issued - 42);
		assert_eq!(running_era(), 1);
		assert_eq!((pool_era(0), pool_era(1)), (Some(era), Some(PoolEra::default())));
		assert_eq!(Market::totals().paid, 650);

		// An era without jobs passes in silence and leaves nothing.
		System::reset_events();
		skip_ticks(1_000);
		finish_block();
		start_block(1);
		assert_eq!(running_era(), 2);
		assert!(events().is_empty());
		assert_eq!(pool_era(1), None);
	});
}

#[test]
fn only_so_many_eras_are_remembered() {
	ExtBuilder::build_and_execute(|| {
		let (_, id) = committed(10 * G);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		for era in 0..=HISTORY_ERAS {
			assert_eq!(running_era(), era);
			assert!(pool_era(0).is_some());
			skip_ticks(1_000);
			blocks(2);
		}
		assert_eq!(pool_era(0), None);
		assert_eq!(History::<Test>::iter().count(), 0);
		assert_eq!(Market::totals().settled, 1);
	});
}

#[test]
fn a_treasury_that_cannot_take_its_part_burns_it() {
	ExtBuilder::build_and_execute(|| {
		let (_, id) = committed(0);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		Balances::set_balance(&TREASURY, 0);
		// The job fee and 5 % of the bytes' 10: 20. A fifth of it, 4, is below the deposit.
		assert_eq!(fees(), 20);
		skip_ticks(999);
		finish_block();
		start_block(1);
		assert_eq!(
			last_event(),
			Event::EraClosed {
				era: 0,
				pool: POOL,
				fees: 20,
				treasury: 0
			}
		);
		assert_eq!((fees(), free(TREASURY)), (0, 0));
	});
}

#[test]
fn a_live_job_holds_a_deposit_that_returns_with_every_ending() {
	ExtBuilder::build_and_execute(|| {
		let mut rules = default_rules();
		rules.job_deposit = 1_000;
		rules.byte_deposit = 2;
		RulesNow::set(&rules);
		// As it is submitted: before it has an entry among the deadlines.
		let submitted = |id| JobOf::<Test> {
			entry: Entry::None,
			..job(id)
		};
		let bytes = |id| Balance::try_from(submitted(id).encoded_size()).expect("small");

		let waiting = submit(ALICE, book_spec(10, 0));
		let deposit = 1_000 + 2 * bytes(waiting);
		assert_eq!((job(waiting).deposit, held(ALICE)), (deposit, 710 + deposit));
		assert_ok!(Market::cancel_job(signed(ALICE), waiting));
		assert_eq!((free(ALICE), held(ALICE)), (FUNDS, 0));

		// It is what the job was submitted under that counts.
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		RulesNow::set(&default_rules());
		commit(provider, id, 10 * G);
		assert_eq!(held(ALICE), 710 + deposit);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert!(matches!(
			last_event(),
			Event::JobSettled { deposit: returned, refund: 0, fees_paid: 20, fees_returned: 40, .. } if returned == deposit
		));
		assert_eq!((free(ALICE), held(ALICE)), (FUNDS - 650 - 20, 0));
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
		assert_eq!(lost, earned + fees());
		assert_eq!(Balances::total_issuance(), issued - fees());
	});
}

fn pool_era(era: u32) -> Option<PoolEra> {
	Market::pool_era(POOL, era)
}
