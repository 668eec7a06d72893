//! The one thing for which the council needs what root may: to name the next runtime.
//!
//! The system pallet lets root alone authorise a runtime, and a chain for real money has no root. This pallet has one call that
//! does the same for an origin that the chain chooses, and nothing else. The rest is the system pallet's: whoever has the code
//! submits `system.apply_authorized_upgrade`, and the code is put in force if its hash is the authorised one, its `spec_name`
//! this chain's, and its `spec_version` higher.

pub use pallet::*;

use polkadot_sdk::*;

/// A pallet without storage, events or hooks; see the module.
#[allow(
	clippy::as_conversions,
	clippy::expect_used,
	reason = "code that the macros generate"
)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config {
		/// Who may authorise the next runtime.
		type AuthorizeOrigin: EnsureOrigin<Self::RuntimeOrigin>;
	}

	/// The pallet's handle.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Authorise the runtime whose code has this hash. What was authorised before and not put in force is forgotten, so a
		/// hash that no code has withdraws it.
		///
		/// **Dispatch origin**: `AuthorizeOrigin`.
		///
		/// **Events**: `UpgradeAuthorized`, of the system pallet.
		#[pallet::call_index(0)]
		#[pallet::weight((
			<<T as frame_system::Config>::SystemWeightInfo as frame_system::WeightInfo>::authorize_upgrade(),
			DispatchClass::Operational,
		))]
		pub fn authorize_upgrade(origin: OriginFor<T>, code_hash: T::Hash) -> DispatchResult {
			T::AuthorizeOrigin::ensure_origin(origin)?;
			frame_system::Pallet::<T>::do_authorize_upgrade(code_hash, true);
			Ok(())
		}
	}
}
