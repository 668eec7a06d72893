//! What an era pays.

use super::claim;
use crate::{mock::*, EraReward, Eras, Event, Pallet};
use millrace_primitives::{traits::UsageSink, Balance, Tick, YEAR};
use polkadot_sdk::frame_support::{assert_ok, traits::Hooks};

/// Closes an era in which so much was brought and stays burned; returns its pool.
fn pool(fees: Balance, burned: Balance, ticks: Tick) -> Balance {
	next_era();
	let era = EraNow::get() - 1;
	Rewards::era_closed(era, fees, burned, ticks);
	let reward = Eras::<Test>::get(era).expect("it is remembered");
	assert_eq!((reward.fees, reward.claimed), (fees, 0));
	let expected = Event::RewardsOpened {
		era,
		fees,
		pool: reward.pool,
	};
	assert_eq!(last_event(), expected);
	reward.pool
}

#[test]
fn half_of_what_stays_burned_is_paid() {
	new_test_ext().execute_with(|| {
		assert_eq!(pool(1_000, 800, TICKS), 400);
		// Rounded down.
		assert_eq!(pool(1_000, 801, TICKS), 400);
		assert_eq!(pool(1_000, 1, TICKS), 0);
		// Whatever the rules say of burning.
		assert_eq!(pool(1_000, 1_000, TICKS), 500);
		assert_eq!(pool(1_000, 0, TICKS), 0);
		assert_eq!(pool(0, 0, TICKS), 0);
	});
}

/// 2 % of 10¹² a year are 2 × 10¹⁰; an era has its part of them by its length, rounded down.
#[test]
fn an_era_pays_no_more_than_its_part_of_the_yearly_cap() {
	new_test_ext().execute_with(|| {
		let huge = 10 * ISSUANCE;
		assert_eq!(pool(huge, 2 * CAP - 1, TICKS), CAP - 1);
		assert_eq!(pool(huge, 2 * CAP, TICKS), CAP);
		assert_eq!(pool(huge, 2 * CAP + 2, TICKS), CAP);
		assert_eq!(pool(huge, huge, TICKS), CAP);
		assert_eq!(pool(huge, huge, 3 * TICKS), 3 * CAP);
		assert_eq!(pool(huge, huge, YEAR), 1_000 * CAP);
		// 2 × 10¹⁰ / 10,512,000 are 1,902.6.
		assert_eq!(pool(huge, huge, 1), 1_902);
		assert_eq!(pool(huge, huge, 0), 0);
		assert_eq!(pool(Balance::MAX, Balance::MAX, TICKS), CAP);
	});
}

/// What is minted raises what the next era may pay.
#[test]
fn the_cap_is_of_the_issuance_when_the_era_closes() {
	build_and_execute(|| {
		pay(ONE, 2 * ISSUANCE);
		next_era();
		let (fees, ticks) = (2 * ISSUANCE, 500 * TICKS);
		Rewards::era_closed(0, fees, fees, ticks);
		assert_ok!(claim(ONE, 0));
		// 1 % of it.
		assert_eq!(free(PAYOUT), EXISTENTIAL_DEPOSIT + 500 * CAP);
		assert_eq!(Pallet::<Test>::cap(TICKS), CAP + CAP / 100);
	});
}

/// The part of a provider is exact, however large the figures are.
#[test]
fn parts_are_exact() {
	let huge = Balance::MAX / 3;
	for (fees, pool, part, reward) in [
		(7, 100, 3, 42),
		(huge, huge, 1, 1),
		(huge, huge - 1, huge, huge - 1),
		// (h - 1) * (h - 1) / 2 / h is h / 2 - 1 and a little more.
		(huge, huge - 1, huge / 2, huge / 2 - 1),
		(3, Balance::MAX, 1, Balance::MAX / 3),
		(0, 0, 0, 0),
		(0, 5, 1, 0),
		// More than all there is is all there is.
		(10, 5, 11, 5),
	] {
		let era = EraReward { fees, pool, claimed: 0 };
		assert_eq!(era.reward(part), reward, "{part} of {fees}, of {pool}");
	}
}

#[test]
fn the_configuration_is_sound() {
	new_test_ext().execute_with(Rewards::integrity_test);
}
