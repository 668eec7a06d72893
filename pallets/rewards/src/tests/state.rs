//! Each thing that is never so is found where it is.

use super::claim;
use crate::{mock::*, ClearCursor, EraReward, Eras, FiledUsage, Pallet, Points};
use millrace_primitives::Balance;
use polkadot_sdk::frame_support::{assert_ok, hypothetically};

fn point(fees: Balance) -> FiledUsage<u64> {
	FiledUsage { payout: PAYOUT, fees }
}

/// What is found after a change that no call makes.
fn found(change: impl FnOnce()) -> &'static str {
	hypothetically!({
		change();
		match Pallet::<Test>::do_try_state() {
			Err(polkadot_sdk::sp_runtime::DispatchError::Other(found)) => found,
			other => panic!("{other:?}"),
		}
	})
}

fn change_era(change: impl FnOnce(&mut EraReward)) {
	Eras::<Test>::mutate_extant(0, change);
}

#[test]
fn what_is_wrong_is_found() {
	build_and_execute(|| {
		pay(ONE, 300);
		pay(TWO, 700);
		end_era(1_000);
		pay(TWO, 10);
		assert_ok!(claim(ONE, 0));
		let cases: [(fn(), &str); 8] = [
			(
				|| change_era(|era| era.claimed = 401),
				"more was claimed than the era pays",
			),
			(
				|| {
					let reward = Eras::<Test>::get(0).expect("it is remembered");
					Eras::<Test>::insert(1, reward);
				},
				"an era is closed that is not over",
			),
			// 280 of the pool are for what TWO has filed.
			(
				|| change_era(|era| era.claimed = 121),
				"more was claimed than was gathered for it",
			),
			(
				|| change_era(|era| era.claimed = 0),
				"what was gathered is gone, and nobody has claimed it",
			),
			(
				|| Points::<Test>::insert(0, THREE, point(301)),
				"providers have gathered more than payments brought",
			),
			(|| Points::<Test>::insert(0, THREE, point(0)), "points of nothing"),
			(
				|| Points::<Test>::insert(2, THREE, point(1)),
				"points of an era that is still to come",
			),
			(|| ClearCursor::<Test>::put(1), "points that the hook has passed"),
		];
		for (change, expected) in cases {
			assert_eq!(found(change), expected);
		}
	});
}
