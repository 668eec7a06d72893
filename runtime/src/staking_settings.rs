//! What a chain chooses for staking at genesis and `pallet-staking` has no genesis field for.
//!
//! Only root and the staking admin could set these later, and a chain may have neither. The pallet has a genesis and nothing
//! else: what it sets is stored by Staking. Its turn at genesis comes after that of Staking, which makes its first validators
//! at no commission, and would refuse to once there is a least one.

pub use pallet::*;

use polkadot_sdk::*;
use sp_runtime::{Perbill, Percent};

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;

/// The least commission, unless a specification has another one: nobody can undercut a validator that has to live from it.
pub const MIN_COMMISSION: Perbill = Perbill::from_percent(5);
/// How full the list of candidates or of nominators is when anyone may chill those below the least bond.
pub const CHILL_THRESHOLD: Percent = Percent::from_percent(75);

/// A pallet without storage, calls, events or hooks; see the module.
#[allow(clippy::expect_used, reason = "code that the macros generate")]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config + pallet_staking::Config {
		/// Candidates that one election considers.
		type MaxCandidates: Get<u32>;
		/// Nominators that one election considers beside the candidates' own votes.
		type MaxNominators: Get<u32>;
	}

	/// The pallet's handle.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// What a chain specification may set.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// The least commission of a validator. Validators of the genesis begin with it.
		pub min_commission: Perbill,
		/// The part of the most candidates, or nominators, above which anyone may chill those below the least bond; if none,
		/// nobody may.
		pub chill_threshold: Option<Percent>,
		#[serde(skip)]
		#[doc(hidden)]
		pub _config: PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self {
				min_commission: MIN_COMMISSION,
				chill_threshold: Some(CHILL_THRESHOLD),
				_config: PhantomData,
			}
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		/// Refuses a specification that lets in more candidates or nominators than an election considers: beyond the
		/// candidates every election fails, and beyond the nominators the smallest have no vote. Where the specification has
		/// no limit, these are the limits.
		fn build(&self) {
			let (candidates, nominators) = (T::MaxCandidates::get(), T::MaxNominators::get());
			let most = pallet_staking::MaxValidatorsCount::<T>::get().unwrap_or(candidates);
			assert!(
				most <= candidates,
				"an election considers {candidates} candidates at most"
			);
			pallet_staking::MaxValidatorsCount::<T>::put(most);
			let most = pallet_staking::MaxNominatorsCount::<T>::get().unwrap_or(nominators);
			assert!(
				most <= nominators,
				"an election considers {nominators} nominators at most"
			);
			pallet_staking::MaxNominatorsCount::<T>::put(most);

			pallet_staking::MinCommission::<T>::put(self.min_commission);
			pallet_staking::ChillThreshold::<T>::set(self.chill_threshold);
			for (stash, prefs) in pallet_staking::Validators::<T>::iter().collect::<alloc::vec::Vec<_>>() {
				let commission = prefs.commission.max(self.min_commission);
				let prefs = pallet_staking::ValidatorPrefs { commission, ..prefs };
				pallet_staking::Pallet::<T>::do_add_validator(&stash, prefs);
			}
		}
	}
}
