//! To storage version 5, which no release has: the record of a job knows the job's id.
//!
//! It is here so that the way from one release to the next is walked before somebody's jobs depend on it. `scripts/test.sh
//! upgrade` builds this runtime with the feature `rehearsal` and brings it to a running chain, with live jobs in each state. The
//! first migration that a release needs takes its place.

use crate::{
	types::{Entry, JobState},
	Config, Jobs, Pallet,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode};
use core::marker::PhantomData;
use millrace_primitives::{
	job::{MAX_INPUTS, MAX_PARAMS},
	Balance, InputRef, JobId, KernelHash, Pool, Price, Terms, Tick,
};
use polkadot_sdk::{
	frame_support::{
		migrations::{MigrationId, SteppedMigration, SteppedMigrationError},
		storage::{unhashed, StoragePrefixedMap},
		traits::{Get, GetStorageVersion, StorageVersion},
		weights::{Weight, WeightMeter},
	},
	sp_core::ConstU32,
	sp_runtime::{BoundedVec, Perbill},
};

/// Which pallet it is that a migration belongs to.
const PALLET_MIGRATIONS_ID: &[u8; 13] = b"pallet-market";

/// Time and bytes for one record beside what the database takes: ample, and not measured, as no release is charged it.
const ONE_RECORD: Weight = Weight::from_parts(50_000_000, 4_096);

/// A job as version 4 stores it: its requester, and everything else.
pub(crate) type Old<AccountId> = (AccountId, Agreed<AccountId>);

/// What both layouts have behind that. See [`crate::types::Job`].
#[derive(Decode, Encode)]
pub(crate) struct Agreed<AccountId> {
	kernel: KernelHash,
	items: u32,
	params: BoundedVec<u64, ConstU32<MAX_PARAMS>>,
	inputs: BoundedVec<InputRef, ConstU32<MAX_INPUTS>>,
	max_units: u32,
	data_key: [u8; 32],
	terms: Terms,
	pool: Pool,
	submitted: Tick,
	price: Price,
	fee_rate: Perbill,
	items_per_leaf: u32,
	item_size: u16,
	data_units: u128,
	escrow: Balance,
	fees: u8,
	fees_left: u8,
	job_fee: Balance,
	min_job: Balance,
	deposit: Balance,
	accept_ticks: Tick,
	late_share: Perbill,
	late_fees: u32,
	assignments: u8,
	acceptances: u8,
	demand_ticks: Tick,
	window_min: Tick,
	demanded: u32,
	lapse_max: Tick,
	lapses_by: Option<Tick>,
	entry: Entry,
	state: JobState<AccountId>,
}

/// Puts the id of a job behind its requester, one job a step: so a chain with a few of them is half-migrated for some blocks.
///
/// It may be begun anew at any point. A record is new if the job's id stands behind the requester. In an old one the hash of the
/// kernel stands there, and the id is the hash of what names that kernel: nobody finds a kernel whose hash is the id.
pub struct MigrateToV5<T>(PhantomData<T>);

impl<T: Config> SteppedMigration for MigrateToV5<T> {
	/// The job that was looked at last.
	type Cursor = JobId;
	type Identifier = MigrationId<13>;

	fn id() -> Self::Identifier {
		MigrationId {
			pallet_id: *PALLET_MIGRATIONS_ID,
			version_from: 4,
			version_to: 5,
		}
	}

	fn migrating_prefixes() -> Option<impl IntoIterator<Item = Vec<u8>>> {
		Some([Jobs::<T>::final_prefix().to_vec()])
	}

	fn step(
		cursor: Option<Self::Cursor>,
		meter: &mut WeightMeter,
	) -> Result<Option<Self::Cursor>, SteppedMigrationError> {
		if Pallet::<T>::on_chain_storage_version() != u16::from(Self::id().version_from) {
			return Ok(None);
		}
		let required = Self::required();
		if meter.try_consume(required).is_err() {
			return Err(SteppedMigrationError::InsufficientWeight { required });
		}
		let next = match cursor {
			Some(last) => Jobs::<T>::iter_keys_from_key(last).next(),
			None => Jobs::<T>::iter_keys().next(),
		};
		match next {
			Some(id) => Self::rewrite(id),
			None => StorageVersion::new(u16::from(Self::id().version_to)).put::<Pallet<T>>(),
		}
		Ok(next)
	}
}

impl<T: Config> MigrateToV5<T> {
	/// What a step takes: the version, the next key and its record are read, and that or the version is written.
	pub(crate) fn required() -> Weight {
		T::DbWeight::get().reads_writes(3, 1).saturating_add(ONE_RECORD)
	}

	/// Whether this is a record of the new layout.
	pub(crate) fn is_new(id: JobId, mut record: &[u8]) -> bool {
		<(T::AccountId, JobId)>::decode(&mut record).is_ok_and(|(_, own)| own == id)
	}

	/// Brings a record to the new layout. Bytes that are of neither layout stay, as no runtime could ever read them.
	fn rewrite(id: JobId) {
		let key = Jobs::<T>::hashed_key_for(id);
		let Some(old) = unhashed::get_raw(&key).filter(|record| !Self::is_new(id, record)) else {
			return;
		};
		match Old::<T::AccountId>::decode_all(&mut old.as_slice()) {
			Ok((requester, agreed)) => unhashed::put(&key, &(requester, id, agreed)),
			Err(_) => log::error!(target: crate::LOG_TARGET, "{id:?} has a record that does not decode"),
		}
	}
}
