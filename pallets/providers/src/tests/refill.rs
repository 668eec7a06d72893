//! Stake that comes back: rebonded, or refilled from earnings.

use super::{fraud, signed};
use crate::{mock::*, Error, Event};
use millrace_primitives::{
	traits::{Ineligible, Providers as _},
	Balance, ProviderId, Tick,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

/// The active stake, and the parts that unbond.
fn parts(id: ProviderId) -> (Balance, Vec<(Balance, Tick)>) {
	let ledger = provider(id).ledger;
	let unbonding = ledger.unbonding.iter().map(|part| (part.amount, part.release));
	(ledger.active, unbonding.collect())
}

/// 1,800 active, and 300, 400 and 500 that unbond.
fn unbonding() -> ProviderId {
	let id = registered(3_000);
	for (tick, amount) in [(5_000, 300), (5_001, 400), (5_002, 500)] {
		Now::set(tick);
		assert_ok!(Providers::unbond(signed(OWNER), id, amount));
	}
	id
}

#[test]
fn what_leaves_last_is_rebonded_first() {
	build_and_execute(|| {
		let id = unbonding();
		let rebond = |amount| Providers::rebond(signed(OWNER), id, amount);
		assert_eq!(parts(id), (1_800, vec![(300, 5_700), (400, 5_701), (500, 5_702)]));
		assert_ok!(rebond(450));
		assert_eq!(
			last_event(),
			Event::StakeRebonded {
				provider: id,
				amount: 450,
				active: 2_250
			}
		);
		assert_eq!(parts(id), (2_250, vec![(300, 5_700), (400, 5_701), (50, 5_702)]));
		assert_ok!(rebond(100));
		assert_eq!(parts(id), (2_350, vec![(300, 5_700), (350, 5_701)]));
		// A whole part.
		assert_ok!(rebond(350));
		assert_eq!(parts(id), (2_700, vec![(300, 5_700)]));
		// No more than there is.
		assert_ok!(rebond(Balance::MAX));
		assert_eq!(
			last_event(),
			Event::StakeRebonded {
				provider: id,
				amount: 300,
				active: 3_000
			}
		);
		assert_eq!((parts(id), staked(OWNER)), ((3_000, vec![]), 3_000));
		assert_noop!(rebond(1), Error::<Test>::NothingUnbonds);
	});
}

#[test]
fn what_is_rebonded_backs_asks_again() {
	build_and_execute(|| {
		let id = unbonding();
		let too_low = Ineligible::StakeTooLow {
			have: 1_800,
			need: 2_000,
		};
		assert_eq!(Providers::may_ask(id), Err(too_low));
		// Also what could be withdrawn already.
		Now::set(5_700);
		assert_ok!(Providers::rebond(signed(OWNER), id, 1_000));
		assert_eq!(
			(parts(id), Providers::may_ask(id)),
			((2_800, vec![(200, 5_700)]), Ok(()))
		);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!(staked(OWNER), 2_800);
	});
}

#[test]
fn only_the_owner_of_a_provider_that_stays_rebonds() {
	build_and_execute(|| {
		let id = unbonding();
		for who in [WORKER, PAYOUT, STRANGER] {
			assert_noop!(Providers::rebond(signed(who), id, 1), Error::<Test>::NotOwner);
		}
		assert_noop!(
			Providers::rebond(signed(OWNER), ProviderId(9), 1),
			Error::<Test>::UnknownProvider
		);
		assert_noop!(Providers::rebond(signed(OWNER), id, 0), Error::<Test>::ZeroAmount);
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_noop!(Providers::rebond(signed(OWNER), id, 1), Error::<Test>::Exiting);
	});
}

/// What a slash has set aside is not the owner's to move.
#[test]
fn what_is_set_aside_is_not_rebonded() {
	build_and_execute(|| {
		let id = registered(2_000);
		fraud(id, 1);
		assert_noop!(Providers::rebond(signed(OWNER), id, 1), Error::<Test>::NothingUnbonds);
		assert_ok!(Providers::unbond(signed(OWNER), id, 7));
		assert_ok!(Providers::rebond(signed(OWNER), id, 1_000));
		assert_eq!(parts(id), (1_000, vec![]));
		assert_eq!(provider(id).ledger.set_aside, 1_000);
	});
}

#[test]
fn an_owner_chooses_whether_earnings_refill_its_stake() {
	build_and_execute(|| {
		let id = registered(2_000);
		let wanted = || Providers::refill_wanted(id);
		let set = |refill| Providers::set_refill(signed(OWNER), id, refill);
		assert_eq!((provider(id).refill, wanted()), (false, 0));
		assert_eq!(Providers::take_stake(id, 300, Some(&RECEIVER)), 300);
		assert_eq!(wanted(), 0);
		for (refill, amount) in [(true, 300), (true, 300), (false, 0), (true, 300)] {
			assert_ok!(set(refill));
			assert_eq!(last_event(), Event::RefillSet { provider: id, refill });
			assert_eq!((provider(id).refill, wanted()), (refill, amount));
		}
		for who in [WORKER, PAYOUT, STRANGER] {
			assert_noop!(Providers::set_refill(signed(who), id, false), Error::<Test>::NotOwner);
		}
		assert_noop!(
			Providers::set_refill(signed(OWNER), ProviderId(9), true),
			Error::<Test>::UnknownProvider
		);
		assert_eq!(Providers::refill_wanted(ProviderId(9)), 0);
		// A leaving provider wants nothing.
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_eq!(wanted(), 0);
		assert_noop!(set(false), Error::<Test>::Exiting);
	});
}

/// What the lanes need counts, not what a targeted job needed, nor what is set aside or unbonds.
#[test]
fn as_much_is_wanted_as_the_lanes_lack() {
	build_and_execute(|| {
		let id = registered(5_000);
		let wanted = || Providers::refill_wanted(id);
		assert_ok!(Providers::set_refill(signed(OWNER), id, true));
		assert_eq!(wanted(), 0);
		// The floor of a lane is set aside, then 2,500 unbond.
		fraud(id, 1);
		assert_eq!(wanted(), 0);
		assert_ok!(Providers::unbond(signed(OWNER), id, 2_500));
		assert_eq!((parts(id).0, wanted()), (1_500, 500));
		assert_ok!(Providers::set_terms(signed(OWNER), id, terms(1)));
		assert_eq!(wanted(), 0);
	});
}

#[test]
fn earnings_that_arrived_are_staked() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Providers::set_refill(signed(OWNER), id, true));
		assert_eq!(Providers::take_stake(id, 300, Some(&RECEIVER)), 300);
		let (free, issuance) = (Balances::free_balance(OWNER), Balances::total_issuance());
		Providers::refill(id, 120);
		assert_eq!(
			last_event(),
			Event::StakeRefilled {
				provider: id,
				amount: 120,
				active: 1_820
			}
		);
		assert_eq!((staked(OWNER), Balances::free_balance(OWNER)), (1_820, free - 120));
		assert_eq!(Providers::refill_wanted(id), 180);
		Providers::refill(id, 180);
		assert_eq!((Providers::refill_wanted(id), Providers::may_ask(id)), (0, Ok(())));
		assert_eq!(Balances::total_issuance(), issuance);
	});
}

#[test]
fn what_cannot_be_staked_stays_with_the_owner() {
	build_and_execute(|| {
		let id = registered(2_000);
		let (free, count) = (Balances::free_balance(OWNER), event_count());
		Providers::refill(id, 0);
		Providers::refill(ProviderId(9), 5);
		Providers::refill(id, free + 1);
		assert_eq!((parts(id), staked(OWNER)), ((2_000, vec![]), 2_000));
		assert_eq!((Balances::free_balance(OWNER), event_count()), (free, count));
	});
}
