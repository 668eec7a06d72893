//! To storage version 2: a job keeps all windows under which it was submitted.

use super::v1;
use crate::{weights::WeightInfo, Config, Jobs, Pallet};
use alloc::vec::Vec;
use codec::DecodeAll;
use core::marker::PhantomData;
use millrace_primitives::{JobId, Tick};
use polkadot_sdk::frame_support::{
	migrations::{MigrationId, SteppedMigration, SteppedMigrationError},
	storage::{unhashed, StoragePrefixedMap},
	traits::{Get, GetStorageVersion, StorageVersion},
	weights::WeightMeter,
};
#[cfg(any(feature = "try-runtime", test))]
use {
	codec::Encode,
	polkadot_sdk::{frame_support::ensure, sp_runtime::TryRuntimeError},
};

/// Which pallet it is that a migration belongs to.
const PALLET_MIGRATIONS_ID: &[u8; 13] = b"pallet-market";

/// A job as version 1 had it.
type Old<T> = v1::Job<<T as polkadot_sdk::frame_system::Config>::AccountId>;

/// Rewrites the live jobs, one after the other.
///
/// It may be begun anew at any point: whatever the states of two jobs, their parts from `demand_ticks` on have not the same
/// length in both layouts, so no bytes are a whole job in both, and one that is rewritten already stays as it is.
pub struct MigrateToV2<T>(PhantomData<T>);

impl<T: Config> SteppedMigration for MigrateToV2<T> {
	/// The job that was looked at last.
	type Cursor = JobId;
	type Identifier = MigrationId<13>;

	fn id() -> Self::Identifier {
		MigrationId {
			pallet_id: *PALLET_MIGRATIONS_ID,
			version_from: 1,
			version_to: 2,
		}
	}

	fn migrating_prefixes() -> Option<impl IntoIterator<Item = Vec<u8>>> {
		Some([Jobs::<T>::final_prefix().to_vec()])
	}

	fn step(
		mut cursor: Option<Self::Cursor>,
		meter: &mut WeightMeter,
	) -> Result<Option<Self::Cursor>, SteppedMigrationError> {
		if Pallet::<T>::on_chain_storage_version() != u16::from(Self::id().version_from) {
			return Ok(None);
		}
		let required = T::WeightInfo::migrate_step();
		if meter.remaining().any_lt(required) {
			return Err(SteppedMigrationError::InsufficientWeight { required });
		}
		let window_min = T::Rules::get().window_min;
		while meter.try_consume(required).is_ok() {
			let next = match cursor {
				Some(last) => Jobs::<T>::iter_keys_from_key(last).next(),
				None => Jobs::<T>::iter_keys().next(),
			};
			let Some(id) = next else {
				StorageVersion::new(u16::from(Self::id().version_to)).put::<Pallet<T>>();
				return Ok(None);
			};
			Self::rewrite(id, window_min);
			cursor = Some(id);
		}
		Ok(cursor)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		Self::note()
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: Vec<u8>) -> Result<(), TryRuntimeError> {
		Self::compare(&state)
	}
}

impl<T: Config> MigrateToV2<T> {
	/// The job, if it is still of version 1.
	fn old(id: JobId) -> Option<Old<T>> {
		let bytes = unhashed::get_raw(&Jobs::<T>::hashed_key_for(id))?;
		Old::<T>::decode_all(&mut bytes.as_slice()).ok()
	}

	/// Brings a job to the new layout. Bytes that are of neither layout stay: no runtime could ever read them, and one such
	/// job is no reason to halt the chain.
	fn rewrite(id: JobId, window_min: Tick) {
		if let Some(old) = Self::old(id) {
			Jobs::<T>::insert(id, old.upgrade(window_min));
		} else if Jobs::<T>::try_get(id).is_err() {
			log::error!(target: crate::LOG_TARGET, "{id:?} does not decode");
		}
	}
}

/// What try-runtime checks around the migration.
#[cfg(any(feature = "try-runtime", test))]
impl<T: Config> MigrateToV2<T> {
	/// Notes all jobs, each of which must be of version 1.
	pub(crate) fn note() -> Result<Vec<u8>, TryRuntimeError> {
		let mut before: Vec<(JobId, Old<T>)> = Vec::new();
		if Pallet::<T>::on_chain_storage_version() == u16::from(Self::id().version_from) {
			for id in Jobs::<T>::iter_keys() {
				before.push((id, Self::old(id).ok_or("a job is not of version 1")?));
			}
		}
		Ok(before.encode())
	}

	/// Compares the noted jobs with those that are there now, and checks every invariant.
	pub(crate) fn compare(mut noted: &[u8]) -> Result<(), TryRuntimeError> {
		let before = Vec::<(JobId, Old<T>)>::decode_all(&mut noted).map_err(|_| "what was noted does not decode")?;
		let window_min = T::Rules::get().window_min;
		for (id, old) in before {
			let new = Jobs::<T>::get(id).ok_or("a job is lost")?;
			ensure!(new == old.upgrade(window_min), "a job has changed");
		}
		ensure!(
			Pallet::<T>::on_chain_storage_version() == u16::from(Self::id().version_to),
			"the storage is of another version"
		);
		Pallet::<T>::do_try_state()
	}
}
