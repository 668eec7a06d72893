//! To storage version 4: a record gathers what payments bring in fees.

use crate::{weights::WeightInfo, Config, Pallet, ProviderOf, Providers};
use alloc::vec::Vec;
use codec::DecodeAll;
use core::marker::PhantomData;
use millrace_primitives::ProviderId;
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

/// Which pallet it is that a migration belongs to.
const PALLET_MIGRATIONS_ID: &[u8; 16] = b"pallet-providers";
/// What version 4 has behind the record of version 3: era 0, of four bytes, and no fees, of sixteen.
pub(crate) const APPENDED: [u8; 20] = [0; 20];

/// Appends to the records, one after the other, that nothing is gathered. What was paid before the upgrade earns nothing.
///
/// It may be begun anew at any point. Both layouts read the same bytes of a record alike, and one of them reads twenty more: so
/// none is whole in both, and what reads as a record with nothing left over stays as it is.
pub struct MigrateToV4<T>(PhantomData<T>);

impl<T: Config> SteppedMigration for MigrateToV4<T> {
	/// The provider that was looked at last.
	type Cursor = ProviderId;
	type Identifier = MigrationId<16>;

	fn id() -> Self::Identifier {
		MigrationId {
			pallet_id: *PALLET_MIGRATIONS_ID,
			version_from: 3,
			version_to: 4,
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
		let required = T::WeightInfo::migrate_step();
		if meter.remaining().any_lt(required) {
			return Err(SteppedMigrationError::InsufficientWeight { required });
		}
		let mut last = cursor;
		while meter.try_consume(required).is_ok() {
			let next = match last {
				Some(last) => Providers::<T>::iter_keys_from_key(last).next(),
				None => Providers::<T>::iter_keys().next(),
			};
			let Some(id) = next else {
				StorageVersion::new(u16::from(Self::id().version_to)).put::<Pallet<T>>();
				return Ok(None);
			};
			Self::rewrite(id);
			last = Some(id);
		}
		Ok(last)
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

impl<T: Config> MigrateToV4<T> {
	fn is_whole(mut record: &[u8]) -> bool {
		ProviderOf::<T>::decode_all(&mut record).is_ok()
	}

	/// Brings a record to the new layout. Bytes that are of neither layout stay, as no runtime could ever read them.
	fn rewrite(id: ProviderId) {
		let key = Providers::<T>::hashed_key_for(id);
		let Some(old) = unhashed::get_raw(&key).filter(|old| !Self::is_whole(old)) else {
			return;
		};
		let new = [old.as_slice(), &APPENDED].concat();
		if Self::is_whole(&new) {
			unhashed::put_raw(&key, &new);
		} else {
			log::error!(target: "runtime::providers", "{id:?} has a record that does not decode");
		}
	}
}

/// What try-runtime checks around the migration.
#[cfg(any(feature = "try-runtime", test))]
impl<T: Config> MigrateToV4<T> {
	/// Notes the bytes of all records.
	pub(crate) fn note() -> Result<Vec<u8>, TryRuntimeError> {
		let record = |id: ProviderId| Some((id, unhashed::get_raw(&Providers::<T>::hashed_key_for(id))?));
		let before: Vec<(ProviderId, Vec<u8>)> = Providers::<T>::iter_keys().filter_map(record).collect();
		Ok(before.encode())
	}

	/// Compares the noted records with those that are there now, and checks every invariant.
	pub(crate) fn compare(mut noted: &[u8]) -> Result<(), TryRuntimeError> {
		let before =
			Vec::<(ProviderId, Vec<u8>)>::decode_all(&mut noted).map_err(|_| "what was noted does not decode")?;
		for (id, old) in before {
			let new = unhashed::get_raw(&Providers::<T>::hashed_key_for(id)).ok_or("a provider is lost")?;
			ensure!(
				Self::is_whole(&new)
					&& new
						.strip_prefix(old.as_slice())
						.is_some_and(|rest| rest.is_empty() || rest == APPENDED),
				"a record has changed"
			);
		}
		ensure!(
			Pallet::<T>::on_chain_storage_version() == u16::from(Self::id().version_to),
			"the storage is of another version"
		);
		Pallet::<T>::do_try_state()
	}
}
