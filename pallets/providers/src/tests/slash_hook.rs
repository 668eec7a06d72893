//! The hook that pays what is due, and what the invariants say of slashes.

use super::{
	fraud,
	payment::{cancel, left, poll},
	signed, silence,
};
use crate::{mock::*, Pallet, Providers as Records, SlashCause, SlashCursor, Slashes};
use millrace_primitives::{ProviderId, SlashId};
use polkadot_sdk::frame_support::{
	assert_ok,
	traits::Hooks,
	weights::{Weight, WeightMeter},
};

#[test]
fn the_hook_pays_in_order_and_within_its_weight() {
	build_and_execute(|| {
		let id = registered(9_000);
		for escrow in 1..=5 {
			silence(id, escrow);
		}
		Now::set(5_003);
		silence(id, 6);
		Now::set(5_212);
		assert_eq!(left(), [0, 1, 2, 3, 4, 5]);
		poll(0);
		assert_eq!((left().len(), SlashCursor::<Test>::get()), (6, SlashId(0)));
		poll(2);
		assert_eq!((left(), SlashCursor::<Test>::get()), (vec![2, 3, 4, 5], SlashId(2)));
		// What was cancelled or paid by a call is passed over.
		cancel(3);
		assert_ok!(Providers::pay_slash(signed(STRANGER), SlashId(4)));
		poll(9);
		assert_eq!((left(), SlashCursor::<Test>::get()), (vec![5], SlashId(5)));
		Pallet::<Test>::do_try_state().unwrap();
		Now::set(5_213);
		poll(1);
		assert_eq!((left(), SlashCursor::<Test>::get()), (vec![], SlashId(6)));
		// Of the first six, 1 + 2 + 3 + 5 + 6 escrows twelve times over; the fourth was given back.
		assert_eq!(staked(OWNER), 9_000 - 12 * 17);
		// Nothing is left to look at.
		let mut meter = WeightMeter::new();
		Providers::on_poll(1, &mut meter);
		assert_eq!(meter.consumed(), Weight::zero());
	});
}

#[test]
fn the_hook_takes_no_more_than_the_block_has_left() {
	build_and_execute(|| {
		let id = registered(9_000);
		for _ in 0..5 {
			silence(id, 1);
		}
		Now::set(5_210);
		let mut meter = WeightMeter::with_limit(Weight::from_parts(3_999, 0));
		Providers::on_poll(1, &mut meter);
		assert_eq!((left(), meter.consumed()), (vec![3, 4], Weight::from_parts(3_000, 0)));
	});
}

#[test]
fn the_state_shows_what_does_not_add_up() {
	let broken: [fn(ProviderId); 5] = [
		|_| Slashes::<Test>::mutate(SlashId(0), |slash| slash.as_mut().unwrap().amount += 1),
		|_| Slashes::<Test>::remove(SlashId(0)),
		|_| Slashes::<Test>::mutate(SlashId(0), |slash| slash.as_mut().unwrap().provider = ProviderId(9)),
		|_| SlashCursor::<Test>::put(SlashId(1)),
		|id| Records::<Test>::mutate(id, |provider| provider.as_mut().unwrap().load.asks = 1),
	];
	for harm in broken {
		new_test_ext().execute_with(|| {
			let id = registered(2_000);
			fraud(id, 1);
			assert_eq!(Slashes::<Test>::get(SlashId(0)).unwrap().cause, SlashCause::Fraud);
			assert_ok!(Pallet::<Test>::do_try_state());
			harm(id);
			assert!(Pallet::<Test>::do_try_state().is_err());
		});
	}
}
