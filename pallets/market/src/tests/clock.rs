//! The clock counts blocks in which everyone could be heard, and no others.

use crate::{mock::*, ClockState};
use millrace_primitives::{traits::ProtocolClock, DeviceClass};
use polkadot_sdk::frame_support::{
	assert_noop, assert_ok,
	weights::{Weight, WeightMeter},
};
use polkadot_sdk::{frame_support::traits::Hooks, sp_runtime::DispatchError};

#[test]
fn a_block_is_a_tick() {
	ExtBuilder::build_and_execute(|| {
		assert_eq!(now(), 1);
		blocks(3);
		assert_eq!(now(), 4);
		assert_eq!(Market::clock(), 4);
		assert_eq!(<Market as ProtocolClock>::now(), 4);
	});
}

#[test]
fn a_block_full_of_work_is_no_tick() {
	ExtBuilder::build_and_execute(|| {
		// Nine tenths of 40·10⁹.
		System::set_block_consumed_resources(Weight::from_parts(36_000_000_000 - 1, 0), 0);
		finish_block();
		start_block(1);
		assert_eq!(now(), 2);

		System::set_block_consumed_resources(Weight::from_parts(36_000_000_000, 0), 0);
		finish_block();
		start_block(1);
		assert_eq!(now(), 2, "the block before was busy");

		finish_block();
		start_block(1);
		assert_eq!(now(), 3, "only the previous block counts");
	});
}

#[test]
fn a_block_full_of_bytes_is_no_tick() {
	ExtBuilder::build_and_execute(|| {
		// Normal length is three quarters of 5 MiB = 3,932,160 bytes; nine tenths of that are 3,538,944.
		System::set_block_consumed_resources(Weight::zero(), 3_538_943);
		finish_block();
		start_block(1);
		assert_eq!(now(), 2);

		System::set_block_consumed_resources(Weight::zero(), 3_538_944);
		finish_block();
		start_block(1);
		assert_eq!(now(), 2);
	});
}

#[test]
fn one_empty_slot_is_forgiven_and_two_are_not() {
	ExtBuilder::build_and_execute(|| {
		finish_block();
		start_block(2);
		assert_eq!(now(), 2);
		finish_block();
		start_block(3);
		assert_eq!(now(), 2);
		finish_block();
		start_block(1);
		assert_eq!(now(), 3);
	});
}

#[test]
fn a_halted_market_has_no_ticks() {
	ExtBuilder::build_and_execute(|| {
		assert_noop!(Market::set_halted(signed(ALICE), true), DispatchError::BadOrigin);
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), true));
		blocks(5);
		assert_eq!(now(), 1);
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), false));
		blocks(1);
		assert_eq!(now(), 2);
	});
}

#[test]
fn the_clock_advances_even_without_weight() {
	ExtBuilder::build_and_execute(|| {
		finish_block();
		System::set_block_number(System::block_number() + 1);
		SlotNow::set(&(SlotNow::get() + 1));
		let mut meter = WeightMeter::with_limit(Weight::from_parts(1, 0));
		Market::on_poll(System::block_number(), &mut meter);
		assert_eq!(now(), 2);
		assert_eq!(meter.consumed(), Weight::from_parts(1, 0));
	});
}

#[test]
fn on_finalize_is_announced_and_touches_only_the_clock() {
	ExtBuilder::build_and_execute(|| {
		assert_eq!(Market::on_initialize(1), Weight::from_parts(2_000, 0));
		let before = crate::Clock::<Test>::get();
		finish_block();
		assert_eq!(crate::Clock::<Test>::get(), ClockState { busy: false, ..before });
	});
}

#[test]
fn classes_have_their_own_figures() {
	ExtBuilder::build_and_execute(|| {
		for class in DeviceClass::ALL {
			assert_eq!(reported(class), figures());
		}
		Market::integrity_test();
	});
}
