//! The protocol's one clock. A chain that is full, halted or stalled must make nobody late: the clock then stands
//! still.

use crate::{Clock, ClockState, Config, Pallet};
use millrace_primitives::{
	traits::{Classes, ProtocolClock},
	ClassFigures, DeviceClass, Pool, Tick,
};
use polkadot_sdk::{
	frame_support::{dispatch::DispatchClass, traits::Get},
	frame_system::{self, pallet_prelude::BlockNumberFor},
	sp_core::H256,
	sp_runtime::traits::Zero,
};

/// Largest distance between two blocks' slots over which the clock still advances: one slot may stay empty.
pub(crate) const MAX_SLOT_GAP: u64 = 2;
/// A block is busy from this part of what normal extrinsics may fill, in percent.
pub(crate) const BUSY_PERCENT: u64 = 90;

impl<T: Config> Pallet<T> {
	/// Advances the clock by one, unless the previous block was busy, slots were missed, or the market is halted.
	pub(crate) fn advance_clock() {
		let slot = T::Slot::get();
		Clock::<T>::mutate(|clock| {
			let gap = slot.saturating_sub(clock.last_slot);
			if !clock.busy && gap <= MAX_SLOT_GAP && !clock.halted {
				clock.tick = clock.tick.saturating_add(1);
			}
			clock.last_slot = slot;
			if clock.genesis.is_zero() {
				clock.genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
			}
		});
	}

	/// Whether the market is halted: no new jobs, no asks, no tick.
	pub fn is_halted() -> bool {
		Clock::<T>::get().halted
	}

	/// The hash of the genesis block, which job ids are made with.
	pub fn genesis_hash() -> H256 {
		Self::genesis_of(&Clock::<T>::get())
	}

	/// The same, where the clock has been read.
	pub(crate) fn genesis_of(clock: &ClockState) -> H256 {
		if clock.genesis.is_zero() {
			frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
		} else {
			clock.genesis
		}
	}

	/// Notes whether this block, as it ends, is too full for its tick to count.
	pub(crate) fn note_busy() {
		let busy = Self::block_is_busy();
		Clock::<T>::mutate(|clock| clock.busy = busy);
	}

	/// Whether normal extrinsics fill nine tenths of what they may, in computing time or in bytes.
	fn block_is_busy() -> bool {
		let weights = T::BlockWeights::get();
		let time_limit = weights
			.get(DispatchClass::Normal)
			.max_total
			.unwrap_or(weights.max_block)
			.ref_time();
		let time = frame_system::Pallet::<T>::block_weight()
			.get(DispatchClass::Normal)
			.ref_time();
		let length_limit = u64::from(*T::BlockLength::get().max.get(DispatchClass::Normal));
		let length = u64::from(frame_system::Pallet::<T>::block_size());
		reaches(time, time_limit) || reaches(length, length_limit)
	}
}

/// The figures of a class in a table of all.
pub(crate) fn figures_in(table: [ClassFigures; 6], class: DeviceClass) -> ClassFigures {
	DeviceClass::ALL
		.into_iter()
		.zip(table)
		.find_map(|(listed, figures)| (listed == class).then_some(figures))
		.unwrap_or(class.genesis_figures())
}

/// Whether `used` is at least [`BUSY_PERCENT`] of `limit`.
fn reaches(used: u64, limit: u64) -> bool {
	u128::from(used).saturating_mul(100) >= u128::from(limit).saturating_mul(u128::from(BUSY_PERCENT))
}

impl<T: Config> ProtocolClock for Pallet<T> {
	fn now() -> Tick {
		Clock::<T>::get().tick
	}

	fn era() -> u32 {
		Clock::<T>::get().era
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn set_now(tick: Tick) {
		Clock::<T>::mutate(|clock| clock.tick = tick);
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn set_era(era: u32) {
		Clock::<T>::mutate(|clock| clock.era = era);
	}
}

impl<T: Config> Classes for Pallet<T> {
	fn figures(class: DeviceClass) -> ClassFigures {
		figures_in(T::ClassTable::get(), class)
	}

	fn is_open(pool: Pool) -> bool {
		pool.region.is_in(T::Rules::get().regions)
	}
}
