//! What this runtime does to the state that earlier ones leave behind. `docs/upgrades.md` says how the next is written.

use crate::{
	configs::millrace::standard_rules,
	configs::parameters::{dynamic_params::market, RuntimeParametersKey, RuntimeParametersValue},
	Runtime,
};
use codec::{DecodeAll, Encode};
use frame_support::{storage::unhashed, traits::OnRuntimeUpgrade, weights::Weight};
use polkadot_sdk::*;

/// In the first block of the new runtime, before anything else reads the state. For what the following ones read.
pub type SingleBlock = AppendLapses;

/// From that block on, over as many as it takes; transactions and the protocol's clock wait meanwhile. The market's checks
/// ask the providers, so these come first.
pub type MultiBlock = (
	pallet_providers::migrations::v2::MigrateToV2<Runtime>,
	pallet_providers::migrations::v3::MigrateToV3<Runtime>,
	pallet_market::migrations::v2::MigrateToV2<Runtime>,
);

type Stored = pallet_parameters::Parameters<Runtime>;

/// Brings governed rules of the market, where there are some, to their present layout.
///
/// `lapse_retry` and `lapse_max` were added at the end, so the old bytes and the standard figures are the new value. Until
/// then the rules would not decode, and all standard ones would be in force.
pub struct AppendLapses;

impl AppendLapses {
	/// Where the rules are stored.
	fn key() -> alloc::vec::Vec<u8> {
		Stored::hashed_key_for(RuntimeParametersKey::Market(market::ParametersKey::Rules(
			market::Rules,
		)))
	}

	/// Whether these are rules of the present layout, and nothing beside.
	fn is_whole(mut value: &[u8]) -> bool {
		matches!(
			RuntimeParametersValue::decode_all(&mut value),
			Ok(RuntimeParametersValue::Market(market::ParametersValue::Rules(_)))
		)
	}
}

impl OnRuntimeUpgrade for AppendLapses {
	fn on_runtime_upgrade() -> Weight {
		let weight = <Runtime as frame_system::Config>::DbWeight::get();
		let key = Self::key();
		let Some(old) = unhashed::get_raw(&key).filter(|value| !Self::is_whole(value)) else {
			return weight.reads(1);
		};
		let standard = standard_rules();
		let new = [old, (standard.lapse_retry, standard.lapse_max).encode()].concat();
		if !Self::is_whole(&new) {
			log::error!(target: "runtime::migrations", "the market's rules are of no known layout");
			return weight.reads(1);
		}
		unhashed::put_raw(&key, &new);
		weight.reads_writes(1, 1)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<alloc::vec::Vec<u8>, sp_runtime::TryRuntimeError> {
		Ok(unhashed::get_raw(&Self::key()).encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: alloc::vec::Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		let before = Option::<alloc::vec::Vec<u8>>::decode_all(&mut state.as_slice())
			.map_err(|_| "what was noted before does not decode")?;
		let after = unhashed::get_raw(&Self::key());
		let is_kept = match (&before, &after) {
			(None, None) => true,
			(Some(before), Some(after)) => after.starts_with(before) && Self::is_whole(after),
			_ => false,
		};
		frame_support::ensure!(is_kept, "the market's rules have changed");
		Ok(())
	}
}
