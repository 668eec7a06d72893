//! To storage version 4: the clock knows the number of the fee era, and what payments of it have brought in fees.

use super::v3;
use crate::{
	history::{Closing, EraState},
	types::ClockState,
	Clock, Config, EraProgress, Pallet,
};
use codec::DecodeAll;
use core::marker::PhantomData;
use polkadot_sdk::frame_support::{
	storage::unhashed,
	traits::{Get, GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
	weights::Weight,
};
#[cfg(any(feature = "try-runtime", test))]
use {
	alloc::vec::Vec,
	codec::Encode,
	polkadot_sdk::{frame_support::ensure, sp_runtime::TryRuntimeError},
};

/// The version that this begins with.
const FROM: u16 = 3;
/// The version that it leads to.
const TO: u16 = 4;

/// Moves the number of the era to the clock, in the first block of the new runtime: every block reads both.
///
/// What was paid in the running era before the upgrade is known of no provider, so it is no part of what the era brought.
pub struct MigrateToV4<T>(PhantomData<T>);

impl<T: Config> MigrateToV4<T> {
	fn old_clock() -> Option<v3::ClockState> {
		let bytes = unhashed::get_raw(&Clock::<T>::hashed_key())?;
		v3::ClockState::decode_all(&mut bytes.as_slice()).ok()
	}

	/// In the first era of a chain it was not written yet.
	fn old_era() -> v3::EraState {
		unhashed::get_raw(&EraProgress::<T>::hashed_key())
			.and_then(|bytes| v3::EraState::decode_all(&mut bytes.as_slice()).ok())
			.unwrap_or_default()
	}

	fn new_clock(old: v3::ClockState, era: u32) -> ClockState {
		ClockState {
			tick: old.tick,
			last_slot: old.last_slot,
			busy: old.busy,
			halted: old.halted,
			genesis: old.genesis,
			era,
			payment_fees: 0,
		}
	}

	fn new_era(old: v3::EraState) -> EraState {
		let closing = Closing {
			ticks: 0,
			payment_fees: 0,
			cursor: old.cursor,
		};
		EraState {
			started: old.started,
			closing: old.closing.then_some(closing),
		}
	}
}

impl<T: Config> OnRuntimeUpgrade for MigrateToV4<T> {
	fn on_runtime_upgrade() -> Weight {
		let weight = T::DbWeight::get();
		if Pallet::<T>::on_chain_storage_version() != FROM {
			return weight.reads(1);
		}
		let era = Self::old_era();
		match Self::old_clock() {
			Some(clock) => Clock::<T>::put(Self::new_clock(clock, era.index)),
			None => log::error!(target: crate::LOG_TARGET, "the clock does not decode"),
		}
		EraProgress::<T>::put(Self::new_era(era));
		StorageVersion::new(TO).put::<Pallet<T>>();
		weight.reads_writes(3, 3)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		Ok(Self::note())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: Vec<u8>) -> Result<(), TryRuntimeError> {
		Self::compare(&state)
	}
}

/// What try-runtime checks around the migration. The other invariants hold again when the providers are migrated.
#[cfg(any(feature = "try-runtime", test))]
impl<T: Config> MigrateToV4<T> {
	/// Notes the clock and the era, where they are of version 3.
	pub(crate) fn note() -> Vec<u8> {
		let is_old = Pallet::<T>::on_chain_storage_version() == FROM;
		let clock = Self::old_clock().filter(|_| is_old);
		clock.map(|clock| (clock, Self::old_era())).encode()
	}

	/// Compares what was noted with what is there now.
	pub(crate) fn compare(mut noted: &[u8]) -> Result<(), TryRuntimeError> {
		let before = Option::<(v3::ClockState, v3::EraState)>::decode_all(&mut noted)
			.map_err(|_| "what was noted does not decode")?;
		if let Some((clock, era)) = before {
			ensure!(
				Clock::<T>::get() == Self::new_clock(clock, era.index),
				"the clock has changed"
			);
			ensure!(EraProgress::<T>::get() == Self::new_era(era), "the era has changed");
		}
		ensure!(
			Pallet::<T>::on_chain_storage_version() == TO,
			"the storage is of another version"
		);
		Ok(())
	}
}
