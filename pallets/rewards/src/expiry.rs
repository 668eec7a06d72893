//! Rewards that nobody has claimed in time: their era is forgotten at once, the points bit by bit.

use crate::*;
use millrace_primitives::HISTORY_ERAS;
use polkadot_sdk::{
	frame_support::{
		traits::Get,
		weights::{Weight, WeightMeter},
	},
	sp_runtime::Perbill,
};

/// Part of a block that the hook may take of what is left of it.
const HOOK_SHARE: Perbill = Perbill::from_percent(1);

impl<T: Config> Pallet<T> {
	/// Whether it is too late to claim what was earned in an era.
	pub(crate) fn is_expired(era: u32) -> bool {
		era.saturating_add(HISTORY_ERAS) < T::Clock::era()
	}

	/// What the hook may take of one block.
	pub(crate) fn hook_budget() -> Weight {
		let time = HOOK_SHARE.mul_floor(T::BlockWeights::get().max_block.ref_time());
		Weight::from_parts(time, u64::MAX)
	}

	/// Clears the points of eras that are expired, oldest first, as far as the meter goes.
	pub(crate) fn clear_expired(meter: &mut WeightMeter) {
		if meter.try_consume(T::WeightInfo::on_idle()).is_err() {
			return;
		}
		let Some(start) = ClearCursor::<T>::get() else {
			return;
		};
		let mut era = start;
		while Self::is_expired(era) && Self::clear_era(era, meter) {
			era = era.saturating_add(1);
		}
		if era != start {
			ClearCursor::<T>::put(era);
		}
	}

	/// Clears the points of an era; says whether none is left.
	///
	/// Nothing is filed for an era that is expired, so the iterator stays valid.
	pub(crate) fn clear_era(era: u32, meter: &mut WeightMeter) -> bool {
		if meter.try_consume(T::WeightInfo::clear_era()).is_err() {
			return false;
		}
		for provider in Points::<T>::iter_key_prefix(era) {
			if meter.try_consume(T::WeightInfo::clear_point()).is_err() {
				return false;
			}
			Points::<T>::remove(era, provider);
		}
		true
	}
}
