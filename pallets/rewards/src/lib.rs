#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::panic,
		clippy::indexing_slicing,
		clippy::as_conversions,
		clippy::arithmetic_side_effects
	)
)]

extern crate alloc;

use millrace_primitives::{
	traits::{ProtocolClock, UsageRecord},
	Balance, ProviderId,
};
use polkadot_sdk::*;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod claim;
mod eras;
mod expiry;
#[cfg(test)]
mod mock;
mod preview;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::{EarningState, EraEarning, EraReward, FiledUsage};
pub use weights::WeightInfo;

/// What a provider gathered, with this chain's account ids.
pub type FiledUsageOf<T> = FiledUsage<<T as frame_system::Config>::AccountId>;

#[allow(
	clippy::as_conversions,
	clippy::expect_used,
	reason = "code that the macros generate"
)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::fungible, weights::WeightMeter};
	use frame_system::pallet_prelude::*;
	use sp_runtime::Perbill;

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The money. Rewards are minted.
		type Currency: fungible::Mutate<Self::AccountId, Balance = Balance>;

		/// Says which fee era runs.
		type Clock: ProtocolClock;

		/// Knows what providers have gathered and not filed.
		type Providers: UsageRecord<Self::AccountId>;

		/// The most that the rewards of a year may add to the issuance, as a part of it. An era has its share, by its length.
		#[pallet::constant]
		type YearlyCap: Get<Perbill>;

		/// The part of the fees that stays burned, for what a running era is expected to pay.
		type FeeBurn: Get<Perbill>;

		/// The weights of the call and of the hook.
		type WeightInfo: WeightInfo;
	}

	/// What each closed era pays, as long as it can be claimed.
	#[pallet::storage]
	pub type Eras<T: Config> = StorageMap<_, Twox64Concat, u32, EraReward>;

	/// What providers gathered in an era and what has been filed of it, until it is claimed or cleared.
	#[pallet::storage]
	pub type Points<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, ProviderId, FiledUsageOf<T>>;

	/// No points of an earlier era are left. None before the first era was closed.
	#[pallet::storage]
	pub type ClearCursor<T: Config> = StorageValue<_, u32>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A reward was minted.
		RewardClaimed {
			/// The era that paid it.
			era: u32,
			/// Who earned it.
			provider: ProviderId,
			/// Where it went.
			payout: T::AccountId,
			/// The protocol's part of the payments that it is for, in planck.
			fees: Balance,
			/// How much it is, in planck.
			reward: Balance,
		},
		/// An era is closed: its rewards can be claimed.
		RewardsOpened {
			/// The era.
			era: u32,
			/// The protocol's part of all its payments, in planck.
			fees: Balance,
			/// What it pays at most, in planck.
			pool: Balance,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The era runs, or is just being closed: wait until it is over.
		NotClosed,
		/// The era is too long ago: rewards can be claimed for 84 eras.
		Expired,
		/// The provider has earned no planck in this era, or it was claimed: `reward_preview` names the eras.
		NothingToClaim,
		/// The payout account holds less than the existential deposit and the reward does not make it live: send it some, and
		/// claim again.
		PayoutCannotReceive,
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// What a provider has earned and nobody has claimed, newest era first, the running one included.
		pub fn reward_preview(provider: ProviderId) -> Vec<EraEarning> {
			Self::preview(provider)
		}

		/// What the last `count` eras pay that are closed, newest first, at most as many as are remembered.
		pub fn era_rewards(count: u32) -> Vec<(u32, EraReward)> {
			Self::closed_eras(count)
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Have a provider's reward of an era minted, to its payout account.
		///
		/// ## Dispatch origin
		///
		/// Signed by anyone. Free where there is a reward: each is claimed once.
		///
		/// ## Details
		///
		/// The account is the one that the provider had when its fees of the era were filed; if they were not, the one that it
		/// has. Where that cannot take the reward, the reward stays.
		///
		/// ## Parameters
		///
		/// - `provider`: the provider. It may be gone.
		/// - `era`: the era, which is over.
		///
		/// ## Errors
		///
		/// [`Error::NotClosed`], [`Error::Expired`], [`Error::NothingToClaim`], [`Error::PayoutCannotReceive`].
		///
		/// ## Events
		///
		/// [`Event::RewardClaimed`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::claim())]
		pub fn claim(origin: OriginFor<T>, provider: ProviderId, era: u32) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			Self::do_claim(provider, era)?;
			Ok(Pays::No.into())
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Clears points that nobody can claim any more. Not urgent, so it takes of what a block has left.
		fn on_idle(_now: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining.min(Self::hook_budget()));
			Self::clear_expired(&mut meter);
			meter.consumed()
		}

		fn integrity_test() {
			assert!(
				T::YearlyCap::get() < Perbill::one(),
				"YearlyCap: a part of the issuance"
			);
			let least = T::WeightInfo::on_idle()
				.saturating_add(T::WeightInfo::clear_era())
				.saturating_add(T::WeightInfo::clear_point());
			assert!(
				least.all_lte(Self::hook_budget()),
				"the hook can always clear the points of a provider"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
