//! Rewards that nobody claims: remembered for 84 eras, then cleared bit by bit and never minted.

use super::claim;
use crate::{mock::*, weights::WeightInfo, ClearCursor, Eras, Error, Points};
use millrace_primitives::{ProviderId, HISTORY_ERAS};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	pallet_balances,
};

/// What the hook takes without any work, for an era, and for a point.
fn parts() -> [u64; 3] {
	[
		<() as WeightInfo>::on_idle(),
		<() as WeightInfo>::clear_era(),
		<() as WeightInfo>::clear_point(),
	]
	.map(|part| part.ref_time())
}

/// Points of era 0 for so many providers, which then are gone; the last era in which they can be claimed runs.
fn filed(providers: u32) {
	for provider in 0..providers {
		pay(ProviderId(provider), 100);
		remove(ProviderId(provider));
	}
	end_era(100 * u128::from(providers));
	for _ in 1..HISTORY_ERAS {
		end_era(0);
	}
}

fn points() -> usize {
	Points::<Test>::iter_key_prefix(0).count()
}

#[test]
fn a_reward_can_be_claimed_for_84_eras() {
	build_and_execute(|| {
		let issued = pallet_balances::TotalIssuance::<Test>::get();
		filed(2);
		assert_eq!(EraNow::get(), 84);
		idle(u64::MAX);
		assert_ok!(claim(ProviderId(0), 0));
		assert_eq!(pallet_balances::TotalIssuance::<Test>::get(), issued + 40);

		// The era ends, and is not closed yet: it is too late all the same.
		next_era();
		assert_noop!(claim(ProviderId(1), 0), Error::<Test>::Expired);
		assert!(Eras::<Test>::contains_key(0));
		close(0);
		assert_noop!(claim(ProviderId(1), 0), Error::<Test>::Expired);
		assert!(!Eras::<Test>::contains_key(0));
		assert_eq!(Eras::<Test>::iter().count(), 84);
		assert_eq!((points(), ClearCursor::<Test>::get()), (1, Some(0)));
		idle(u64::MAX);
		assert_eq!((points(), ClearCursor::<Test>::get()), (0, Some(1)));
		assert_eq!(pallet_balances::TotalIssuance::<Test>::get(), issued + 40);
	});
}

#[test]
fn the_hook_clears_as_many_points_as_it_may() {
	build_and_execute(|| {
		let [none, era, point] = parts();
		filed(10);
		assert_eq!(idle(u64::MAX), none, "nothing is expired");
		end_era(0);
		// Too little for anything, for the era, and for a point.
		assert_eq!(idle(none - 1), 0);
		assert_eq!(idle(none + era - 1), none);
		assert_eq!(idle(none + era + point - 1), none + era);
		assert_eq!(points(), 10);
		for (time, left) in [(3 * point, 7), (5 * point + point - 1, 2)] {
			let took = none + era + time / point * point;
			assert_eq!((idle(none + era + time), points()), (took, left));
			assert_eq!(ClearCursor::<Test>::get(), Some(0));
		}
		// The rest of them, and a look at no other era.
		assert_eq!((idle(u64::MAX), points()), (none + era + 2 * point, 0));
		assert_eq!(ClearCursor::<Test>::get(), Some(1));
		assert_eq!(idle(u64::MAX), none);
	});
}

/// A hook that had no room for long comes through many eras at once, and stops at what can be claimed.
#[test]
fn a_backlog_is_cleared_era_by_era() {
	build_and_execute(|| {
		let [none, era, point] = parts();
		for _ in 0..HISTORY_ERAS + 10 {
			pay(ONE, 100);
			end_era(100);
		}
		assert_eq!(EraNow::get(), 94);
		// Eras 0 to 9 are expired; the record still has what it earned in era 93.
		assert_eq!(Points::<Test>::iter().count(), 93);
		assert_eq!(idle(none + 4 * (era + point)), none + 4 * (era + point));
		assert_eq!(
			(Points::<Test>::iter().count(), ClearCursor::<Test>::get()),
			(89, Some(4))
		);
		assert_eq!(idle(u64::MAX), none + 6 * (era + point));
		assert_eq!(
			(Points::<Test>::iter().count(), ClearCursor::<Test>::get()),
			(83, Some(10))
		);
		assert_ok!(claim(ONE, 10));
		assert_noop!(claim(ONE, 9), Error::<Test>::Expired);
	});
}

/// A provider that was not paid for as long as that earns nothing by what it had: there is nowhere to file it.
#[test]
fn what_is_filed_too_late_is_not_kept() {
	build_and_execute(|| {
		pay(ONE, 100);
		end_era(100);
		for _ in 1..HISTORY_ERAS {
			end_era(0);
		}
		// It could be claimed now, filed or not.
		assert_eq!(Rewards::reward_preview(ONE).len(), 1);
		end_era(0);
		pay(ONE, 100);
		assert_eq!(Points::<Test>::iter().count(), 0);
		assert_noop!(claim(ONE, 0), Error::<Test>::Expired);
		idle(u64::MAX);
		assert_eq!(ClearCursor::<Test>::get(), Some(1));
	});
}

/// On a chain that had eras before it had rewards the hook begins with the first that is closed.
#[test]
fn eras_from_before_are_not_looked_through() {
	build_and_execute(|| {
		let [none, ..] = parts();
		EraNow::set(&5_000);
		assert_eq!(idle(u64::MAX), none);
		assert_eq!(ClearCursor::<Test>::get(), None);
		pay(ONE, 100);
		end_era(100);
		assert_eq!(ClearCursor::<Test>::get(), Some(5_000));
		assert_eq!(idle(u64::MAX), none);
		assert_ok!(claim(ONE, 5_000));
	});
}
