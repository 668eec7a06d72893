//! To storage version 3: jobs know their pool, when they came and what is held for them; both sides of a pool share an item;
//! fees are burned when they are taken, so there is no pot.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use super::v2;
use crate::{
	weights::WeightInfo, Asks, Clock, ClockState, Config, EraProgress, EraState, JobOf, Jobs, Levels, Pallet,
	PoolLevels, Requester, Requesters, Side, Stuck,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use millrace_primitives::{
	traits::{ProtocolClock, Providers},
	JobId, ProviderId,
};
#[cfg(any(feature = "try-runtime", test))]
use polkadot_sdk::{frame_support::ensure, sp_runtime::TryRuntimeError};
use polkadot_sdk::{
	frame_support::{
		migrations::{MigrationId, SteppedMigration, SteppedMigrationError},
		storage::{unhashed, StoragePrefixedMap},
		traits::{
			fungible::{Inspect, Mutate},
			tokens::{Fortitude, Precision, Preservation},
			Get, GetStorageVersion, OnRuntimeUpgrade, StorageVersion,
		},
		weights::{Weight, WeightMeter},
	},
	sp_runtime::traits::AccountIdConversion,
};

/// Which pallet it is that a migration belongs to.
const PALLET_MIGRATIONS_ID: &[u8; 13] = b"pallet-market";

/// A job as version 2 had it.
type Old<T> = v2::Job<<T as polkadot_sdk::frame_system::Config>::AccountId>;

/// In the first block of the new runtime: what every block reads, the clock, and the pot, which is emptied as at the end of an
/// era.
pub struct Singletons<T>(PhantomData<T>);

impl<T: Config> Singletons<T> {
	/// Appends to the clock what it has come to know.
	fn move_clock() {
		let key = Clock::<T>::hashed_key();
		let halted = v2::Halted::<T>::take().unwrap_or_default();
		let old = unhashed::get_raw(&key).and_then(|bytes| v2::ClockState::decode_all(&mut bytes.as_slice()).ok());
		if let Some(old) = old {
			Clock::<T>::put(ClockState {
				tick: old.tick,
				last_slot: old.last_slot,
				busy: old.busy,
				halted,
				genesis: polkadot_sdk::sp_core::H256::zero(),
			});
		}
	}

	/// The treasury gets its part of what was counted, and all that was not; the rest is burned. The era goes on.
	fn empty_pot() {
		let pot: T::AccountId = T::PalletId::get().into_account_truncating();
		let old = v2::FeeEra::<T>::take().unwrap_or_default();
		let burned = T::Rules::get().fee_burn.mul_ceil(old.collected);
		let _ = T::Currency::burn_from(
			&pot,
			burned,
			Preservation::Expendable,
			Precision::BestEffort,
			Fortitude::Force,
		);
		let rest = T::Currency::balance(&pot);
		if rest > 0 && T::Currency::transfer(&pot, &T::Treasury::get(), rest, Preservation::Expendable).is_err() {
			log::warn!(target: crate::LOG_TARGET, "{rest} stay in the pot that is no more");
		}
		EraProgress::<T>::put(EraState {
			started: old.started,
			..EraState::default()
		});
	}
}

impl<T: Config> OnRuntimeUpgrade for Singletons<T> {
	fn on_runtime_upgrade() -> Weight {
		let weight = T::DbWeight::get();
		if Pallet::<T>::on_chain_storage_version() != 2 || EraProgress::<T>::exists() {
			return weight.reads(2);
		}
		Self::move_clock();
		Self::empty_pot();
		weight.reads_writes(9, 8)
	}
}

/// How far the migration is.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq)]
pub enum Place<AccountId> {
	/// Among the levels. Those that are done are gone, so the next is always the first.
	Levels,
	/// Behind this requester.
	Requesters(Option<AccountId>),
	/// Behind the asks of this provider.
	Asks(Option<ProviderId>),
	/// Behind this job.
	Jobs(Option<JobId>),
}

/// Rewrites the levels, the requesters, the asks and the live jobs, one after the other.
///
/// It may be begun anew at any point: what is rewritten already is not taken for what it was, and stays as it is.
pub struct MigrateToV3<T>(PhantomData<T>);

impl<T: Config> SteppedMigration for MigrateToV3<T> {
	type Cursor = Place<T::AccountId>;
	type Identifier = MigrationId<13>;

	fn id() -> Self::Identifier {
		MigrationId {
			pallet_id: *PALLET_MIGRATIONS_ID,
			version_from: 2,
			version_to: 3,
		}
	}

	fn migrating_prefixes() -> Option<impl IntoIterator<Item = Vec<u8>>> {
		Some([
			Jobs::<T>::final_prefix().to_vec(),
			Requesters::<T>::final_prefix().to_vec(),
			Asks::<T>::final_prefix().to_vec(),
			Levels::<T>::final_prefix().to_vec(),
		])
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
		let mut place = cursor.unwrap_or(Place::Levels);
		while meter.try_consume(required).is_ok() {
			let Some(next) = Self::move_one(place) else {
				StorageVersion::new(u16::from(Self::id().version_to)).put::<Pallet<T>>();
				return Ok(None);
			};
			place = next;
		}
		Ok(Some(place))
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

impl<T: Config> MigrateToV3<T> {
	/// Brings the next thing to its new layout. Returns where to go on; none at the end.
	fn move_one(place: Place<T::AccountId>) -> Option<Place<T::AccountId>> {
		match place {
			Place::Levels => match v2::Bitmaps::<T>::drain().next() {
				Some(((pool, side), levels)) => {
					Levels::<T>::mutate(pool, |both: &mut PoolLevels| match side {
						Side::Ask => both.asks = levels,
						Side::Bid => both.bids = levels,
					});
					Some(Place::Levels)
				}
				None => Some(Place::Requesters(None)),
			},
			Place::Requesters(last) => {
				let next = match last {
					Some(last) => Requesters::<T>::iter_keys_from_key(last).next(),
					None => Requesters::<T>::iter_keys().next(),
				};
				let Some(requester) = next else {
					return Some(Place::Asks(None));
				};
				let key = Requesters::<T>::hashed_key_for(&requester);
				let bytes = unhashed::get_raw(&key).unwrap_or_default();
				// Both have one length each, so neither is taken for the other.
				if let Ok(old) = v2::Requester::decode_all(&mut bytes.as_slice()) {
					Requesters::<T>::insert(&requester, Requester::from(old));
				}
				Some(Place::Requesters(Some(requester)))
			}
			Place::Asks(last) => {
				let next = match last {
					Some(last) => Asks::<T>::iter_keys_from_key(last).next(),
					None => Asks::<T>::iter_keys().next(),
				};
				let Some(provider) = next else {
					return Some(Place::Jobs(None));
				};
				Self::move_asks(provider);
				Some(Place::Asks(Some(provider)))
			}
			Place::Jobs(last) => {
				let next = match last {
					Some(last) => Jobs::<T>::iter_keys_from_key(last).next(),
					None => Jobs::<T>::iter_keys().next(),
				};
				let id = next?;
				Self::move_job(id);
				Some(Place::Jobs(Some(id)))
			}
		}
	}

	fn move_asks(provider: ProviderId) {
		let key = Asks::<T>::hashed_key_for(provider);
		let old = unhashed::get_raw(&key).and_then(|bytes| v2::ProviderAsks::decode_all(&mut bytes.as_slice()).ok());
		if let Some(old) = old {
			let completed = T::Providers::view(provider).map_or(0, |view| view.completed);
			Asks::<T>::insert(provider, old.upgrade(completed));
		}
	}

	/// The job, if it is still of version 2.
	///
	/// Some that name their provider decode in the present layout, too: where the protocol's part of the payment suits, and the
	/// provider chose a root and units that do. Read so, they hold another escrow than their price makes, and no job does.
	fn old(id: JobId) -> Option<Old<T>> {
		let bytes = unhashed::get_raw(&Jobs::<T>::hashed_key_for(id))?;
		let is_new =
			JobOf::<T>::decode_all(&mut bytes.as_slice()).is_ok_and(|job| job.escrow_at(job.price) == Some(job.escrow));
		if is_new {
			return None;
		}
		Old::<T>::decode_all(&mut bytes.as_slice()).ok()
	}

	/// Brings a job to the new layout. Bytes that are of neither layout stay: no runtime could ever read them, and one such
	/// job is no reason to halt the chain.
	fn move_job(id: JobId) {
		if let Some(old) = Self::old(id) {
			match old.upgrade::<T>(Pallet::<T>::now(), Stuck::<T>::contains_key(id)) {
				Some(job) => Jobs::<T>::insert(id, job),
				None => log::error!(target: crate::LOG_TARGET, "{id:?} names a provider that is not there"),
			}
		} else if Jobs::<T>::try_get(id).is_err() {
			log::error!(target: crate::LOG_TARGET, "{id:?} does not decode");
		}
	}
}

/// What try-runtime checks around the migration.
#[cfg(any(feature = "try-runtime", test))]
impl<T: Config> MigrateToV3<T> {
	/// Notes all jobs, each of which must be of version 2.
	pub(crate) fn note() -> Result<Vec<u8>, TryRuntimeError> {
		let mut before: Vec<(JobId, Old<T>)> = Vec::new();
		if Pallet::<T>::on_chain_storage_version() == u16::from(Self::id().version_from) {
			for id in Jobs::<T>::iter_keys() {
				before.push((id, Self::old(id).ok_or("a job is not of version 2")?));
			}
		}
		Ok(before.encode())
	}

	/// Compares the noted jobs with those that are there now, and checks every invariant.
	pub(crate) fn compare(mut noted: &[u8]) -> Result<(), TryRuntimeError> {
		let before = Vec::<(JobId, Old<T>)>::decode_all(&mut noted).map_err(|_| "what was noted does not decode")?;
		for (id, old) in before {
			let new = Jobs::<T>::get(id).ok_or("a job is lost")?;
			let expected = old.upgrade::<T>(new.submitted, new.entry == crate::types::Entry::Stuck);
			ensure!(expected.as_ref() == Some(&new), "a job has changed");
		}
		ensure!(
			Pallet::<T>::on_chain_storage_version() == u16::from(Self::id().version_to),
			"the storage is of another version"
		);
		Pallet::<T>::do_try_state()
	}
}
