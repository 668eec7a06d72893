//! To storage version 2, and at once to the present one: a record says how its provider answers, and whoever must answer samples is listed.

use super::{v1, walk, PALLET_MIGRATIONS_ID};
use crate::{CheckCursor, Config, Pallet, Providers};
use alloc::vec::Vec;
use codec::DecodeAll;
use core::marker::PhantomData;
use millrace_primitives::{traits::ProtocolClock, ProviderId};
use polkadot_sdk::frame_support::{
	migrations::{MigrationId, SteppedMigration, SteppedMigrationError},
	storage::{unhashed, StoragePrefixedMap},
	traits::{GetStorageVersion, StorageVersion},
	weights::WeightMeter,
};
#[cfg(any(feature = "try-runtime", test))]
use {
	codec::Encode,
	polkadot_sdk::{frame_support::ensure, sp_runtime::TryRuntimeError},
};

/// A provider's record as version 1 had it.
type Old<T> = v1::Provider<<T as polkadot_sdk::frame_system::Config>::AccountId>;

/// Rewrites the records, one after the other, and lists the providers that must answer samples.
///
/// It may be begun anew at any point. Both layouts read a record alike up to its status; from there on all of version 1 have
/// one length modulo four, and none of later ones has it. So no bytes are a whole record in both, and one that is rewritten
/// already stays as it is.
pub struct MigrateToV2<T>(PhantomData<T>);

impl<T: Config> SteppedMigration for MigrateToV2<T> {
	/// The provider that was looked at last.
	type Cursor = ProviderId;
	type Identifier = MigrationId<16>;

	fn id() -> Self::Identifier {
		MigrationId {
			pallet_id: *PALLET_MIGRATIONS_ID,
			version_from: 1,
			version_to: 2,
		}
	}

	fn migrating_prefixes() -> Option<impl IntoIterator<Item = Vec<u8>>> {
		Some([Providers::<T>::final_prefix().to_vec()])
	}

	fn step(
		cursor: Option<Self::Cursor>,
		meter: &mut WeightMeter,
	) -> Result<Option<Self::Cursor>, SteppedMigrationError> {
		if Pallet::<T>::on_chain_storage_version() != u16::from(Self::id().version_from) {
			return Ok(None);
		}
		let next = walk::<T>(cursor, meter, Self::rewrite)?;
		if next.is_none() {
			Self::finish();
		}
		Ok(next)
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
	/// The record, if it is still of version 1.
	fn old(id: ProviderId) -> Option<Old<T>> {
		let bytes = unhashed::get_raw(&Providers::<T>::hashed_key_for(id))?;
		Old::<T>::decode_all(&mut bytes.as_slice()).ok()
	}

	/// Brings a record to the new layout. Bytes that are of neither layout stay: no runtime could ever read them, and one
	/// such record is no reason to halt the chain.
	fn rewrite(id: ProviderId) {
		if let Some(old) = Self::old(id) {
			Pallet::<T>::put(id, old.into());
		} else if Providers::<T>::try_get(id).is_err() {
			log::error!(target: "runtime::providers", "{id:?} has a record that does not decode");
		}
	}

	/// No record is of version 1.
	fn finish() {
		// Nothing was unreachable so far: the hook need not look through every tick since genesis.
		CheckCursor::<T>::put(T::Clock::now());
		StorageVersion::new(u16::from(Self::id().version_to)).put::<Pallet<T>>();
	}
}

/// What try-runtime checks around the migration.
#[cfg(any(feature = "try-runtime", test))]
impl<T: Config> MigrateToV2<T> {
	/// Notes all records, each of which must be of version 1.
	pub(crate) fn note() -> Result<Vec<u8>, TryRuntimeError> {
		let mut before: Vec<(ProviderId, Old<T>)> = Vec::new();
		if Pallet::<T>::on_chain_storage_version() == u16::from(Self::id().version_from) {
			for id in Providers::<T>::iter_keys() {
				before.push((id, Self::old(id).ok_or("a record is not of version 1")?));
			}
		}
		Ok(before.encode())
	}

	/// Compares the noted records with those that are there now, and checks every invariant.
	pub(crate) fn compare(mut noted: &[u8]) -> Result<(), TryRuntimeError> {
		let before =
			Vec::<(ProviderId, Old<T>)>::decode_all(&mut noted).map_err(|_| "what was noted does not decode")?;
		for (id, old) in before {
			let mut new = Providers::<T>::get(id).ok_or("a provider is lost")?;
			new.sampled_stake = None;
			ensure!(new == old.into(), "a record has changed");
		}
		ensure!(
			Pallet::<T>::on_chain_storage_version() == u16::from(Self::id().version_to),
			"the storage is of another version"
		);
		Pallet::<T>::do_try_state()
	}
}
