//! Bonded, unbonding, withdrawn, taken.

use super::signed;
use crate::{
	mock::*,
	types::{Ledger, Unbonding},
	Error, Event,
};
use millrace_primitives::Minima;
use millrace_primitives::{
	traits::{Ineligible, JobPhase, Providers as _},
	Price, ProviderId,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, traits::fungible::Mutate};

#[test]
fn bonds_more() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Providers::bond(signed(OWNER), id, 345));
		assert_eq!(
			last_event(),
			Event::StakeBonded {
				provider: id,
				amount: 345,
				active: 2_345
			}
		);
		assert_eq!((provider(id).ledger.active, staked(OWNER)), (2_345, 2_345));
		assert_noop!(Providers::bond(signed(OWNER), id, 0), Error::<Test>::ZeroAmount);
		// 1,000,000 − 2,345 − 50 are free, 10 of them must stay.
		assert_noop!(
			Providers::bond(signed(OWNER), id, 997_596),
			Error::<Test>::InsufficientFunds
		);
		assert_noop!(
			Providers::bond(signed(OWNER), id, u128::MAX),
			Error::<Test>::InsufficientFunds
		);
		assert_ok!(Providers::bond(signed(OWNER), id, 997_595));
	});
}

#[test]
fn unbonds_in_parts_and_withdraws_what_is_due() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Providers::unbond(signed(OWNER), id, 100));
		assert_eq!(
			last_event(),
			Event::StakeUnbonding {
				provider: id,
				amount: 100,
				active: 1_900,
				release: 5_700
			}
		);
		// The same tick: one part.
		assert_ok!(Providers::unbond(signed(OWNER), id, 11));
		Now::set(5_003);
		assert_ok!(Providers::unbond(signed(OWNER), id, 200));
		let parts = provider(id).ledger.unbonding;
		assert_eq!(
			parts.into_inner(),
			vec![
				Unbonding {
					amount: 111,
					release: 5_700
				},
				Unbonding {
					amount: 200,
					release: 5_703
				}
			]
		);
		assert_eq!(staked(OWNER), 2_000);

		Now::set(5_699);
		assert_noop!(
			Providers::withdraw_unbonded(signed(OWNER), id),
			Error::<Test>::NothingToWithdraw
		);
		Now::set(5_702);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!(
			last_event(),
			Event::StakeWithdrawn {
				provider: id,
				amount: 111,
				removed: false
			}
		);
		Now::set(9_000);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!((provider(id).ledger.held(), staked(OWNER)), (1_689, 1_689));
		assert_eq!(Balances::free_balance(OWNER), 1_000_000 - 50 - 1_689);
	});
}

#[test]
fn unbonds_at_most_eight_parts() {
	build_and_execute(|| {
		let id = registered(2_000);
		for tick in 0..8 {
			Now::set(5_000 + tick);
			assert_ok!(Providers::unbond(signed(OWNER), id, 1));
		}
		// The last part still grows within its tick.
		assert_ok!(Providers::unbond(signed(OWNER), id, 1));
		Now::set(5_008);
		assert_noop!(
			Providers::unbond(signed(OWNER), id, 1),
			Error::<Test>::TooManyUnbondings
		);
		assert_noop!(
			Providers::deregister(signed(OWNER), id),
			Error::<Test>::TooManyUnbondings
		);
		Now::set(5_700);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_ok!(Providers::unbond(signed(OWNER), id, 1));
	});
}

/// The period may be shortened while stake unbonds.
#[test]
fn a_shorter_period_overtakes_nothing() {
	let mut ledger = Ledger {
		active: 100,
		..Ledger::default()
	};
	assert_eq!(ledger.unbond(10, 700), Ok(700));
	assert_eq!(ledger.unbond(20, 600), Ok(700));
	assert_eq!(
		ledger.unbonding.to_vec(),
		vec![Unbonding {
			amount: 30,
			release: 700
		}]
	);
	// No more than there is.
	assert_eq!(ledger.unbond(100, 701), Ok(701));
	assert_eq!((ledger.active, ledger.held()), (0, 100));
}

#[test]
fn unbonding_stops_at_the_required_stake() {
	build_and_execute(|| {
		let id = registered(5_000);
		assert_noop!(
			Providers::unbond(signed(OWNER), id, 5_001),
			Error::<Test>::NotEnoughBonded
		);
		assert_noop!(Providers::unbond(signed(OWNER), id, 0), Error::<Test>::ZeroAmount);

		// An ask needs the floor of both lanes: 2,000.
		Providers::set_asks(id, 1);
		assert_noop!(Providers::unbond(signed(OWNER), id, 3_001), Error::<Test>::StakeTooLow);
		assert_ok!(Providers::unbond(signed(OWNER), id, 1));

		// A live job does, in every phase, and a targeted one needs 12 times its escrow: 12 × 201 = 2,412 of 4,999.
		Providers::set_asks(id, 0);
		let phases = [
			None,
			Some(JobPhase::Assigned),
			Some(JobPhase::Running),
			Some(JobPhase::Committed),
		];
		for step in phases.windows(2) {
			assert_ok!(Providers::move_job(id, step[0], step[1], Some(201)));
			assert_noop!(Providers::unbond(signed(OWNER), id, 2_588), Error::<Test>::StakeTooLow);
		}
		assert_ok!(Providers::unbond(signed(OWNER), id, 2_587));

		// Nothing rests on it: all of it may go.
		assert_ok!(Providers::move_job(id, Some(JobPhase::Committed), None, Some(201)));
		assert_ok!(Providers::unbond(signed(OWNER), id, 2_412));
		assert_eq!(provider(id).ledger.active, 0);
	});
}

#[test]
fn takes_active_stake_first_then_unbonding() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Providers::unbond(signed(OWNER), id, 300));
		Now::set(5_001);
		assert_ok!(Providers::unbond(signed(OWNER), id, 400));
		let issuance = Balances::total_issuance();

		assert_eq!(Providers::take_stake(id, 1_000, Some(&RECEIVER)), 1_000);
		assert_eq!(
			last_event(),
			Event::StakeTaken {
				provider: id,
				to: Some(RECEIVER),
				amount: 1_000,
				burned: 0
			}
		);
		assert_eq!(provider(id).ledger.active, 300);
		// 300 active and the 300 that leave first, and 50 of those that leave later.
		assert_eq!(Providers::take_stake(id, 650, Some(&RECEIVER)), 650);
		let ledger = provider(id).ledger;
		assert_eq!(ledger.active, 0);
		assert_eq!(
			ledger.unbonding.into_inner(),
			vec![Unbonding {
				amount: 350,
				release: 5_701
			}]
		);
		// What is there is taken; then nothing is.
		assert_eq!(Providers::take_stake(id, 9_999, Some(&RECEIVER)), 350);
		let events = event_count();
		assert_eq!(Providers::take_stake(id, 9_999, Some(&RECEIVER)), 0);
		assert_eq!(Providers::take_stake(ProviderId(9), 1, Some(&RECEIVER)), 0);
		assert_eq!(event_count(), events);

		assert_eq!((staked(OWNER), provider(id).ledger.held()), (0, 0));
		assert_eq!(Balances::free_balance(RECEIVER), EXISTENTIAL_DEPOSIT + 2_000);
		assert_eq!(Balances::total_issuance(), issuance);
	});
}

#[test]
fn takes_from_one_providers_ledger_only() {
	build_and_execute(|| {
		let first = registered(2_000);
		assert_ok!(Providers::register(
			signed(OWNER),
			WORKER_2,
			PAYOUT,
			endpoint(),
			terms(1),
			1_500
		));
		assert_eq!(Providers::take_stake(first, 10_000, Some(&RECEIVER)), 2_000);
		assert_eq!((staked(OWNER), provider(ProviderId(1)).ledger.active), (1_500, 1_500));
	});
}

#[test]
fn an_owner_may_be_the_one_who_gets_it() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_eq!(Providers::take_stake(id, 700, Some(&OWNER)), 700);
		assert_eq!(staked(OWNER), 1_300);
		assert_eq!(Balances::free_balance(OWNER), 1_000_000 - 50 - 1_300);
	});
}

#[test]
fn burns_what_cannot_be_credited() {
	build_and_execute(|| {
		let id = registered(2_000);
		let issuance = Balances::total_issuance();
		// Nine planck make no account.
		assert_eq!(Providers::take_stake(id, 9, Some(&NOBODY)), 0);
		assert_eq!(
			last_event(),
			Event::StakeTaken {
				provider: id,
				to: Some(NOBODY),
				amount: 0,
				burned: 9
			}
		);
		assert_eq!((staked(OWNER), provider(id).ledger.active), (1_991, 1_991));
		assert_eq!(Balances::total_issuance(), issuance - 9);
		// Ten do.
		assert_eq!(Providers::take_stake(id, 10, Some(&NOBODY)), 10);
		assert_eq!(Balances::free_balance(NOBODY), 10);
		assert_eq!(Balances::total_issuance(), issuance - 9);
	});
}

#[test]
fn asks_leave_when_stake_falls_below_the_floor() {
	build_and_execute(|| {
		let id = registered(2_100);
		Providers::set_asks(id, 3);
		assert_eq!(Providers::take_stake(id, 100, Some(&RECEIVER)), 100);
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![], 3));
		assert_eq!(Providers::take_stake(id, 1, Some(&RECEIVER)), 1);
		// The market has come back while stake was taken, and what it wrote has stayed.
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![id], 0));
		assert_eq!(provider(id).ledger.active, 1_999);
		assert_eq!(
			Providers::may_ask(id),
			Err(Ineligible::StakeTooLow {
				have: 1_999,
				need: 2_000
			})
		);
		assert_eq!(
			Providers::takes_target(id, 1, Price(70), &Minima::default()),
			Err(Ineligible::StakeTooLow {
				have: 1_999,
				need: 2_000
			})
		);
		assert_ok!(Providers::bond(signed(OWNER), id, 1));
		assert_eq!(Providers::may_ask(id), Ok(()));
	});
}

#[test]
fn a_worker_with_money_gets_the_float_on_top() {
	build_and_execute(|| {
		assert_ok!(Balances::mint_into(&WORKER, 77));
		registered(2_000);
		assert_eq!(Balances::free_balance(WORKER), 127);
	});
}
