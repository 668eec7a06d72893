//! From one layout of the storage to the next, as multi-block migrations. `docs/upgrades.md` says how they are run.

pub(crate) mod v1;
pub mod v2;
pub mod v3;

use crate::{weights::WeightInfo, Config, Providers};
use millrace_primitives::ProviderId;
use polkadot_sdk::frame_support::{migrations::SteppedMigrationError, weights::WeightMeter};

/// Which pallet it is that a migration belongs to.
const PALLET_MIGRATIONS_ID: &[u8; 16] = b"pallet-providers";

/// Rewrites records behind `cursor`, as many as the meter takes, and returns the last of them; none where none is left.
fn walk<T: Config>(
	mut cursor: Option<ProviderId>,
	meter: &mut WeightMeter,
	rewrite: impl Fn(ProviderId),
) -> Result<Option<ProviderId>, SteppedMigrationError> {
	let required = T::WeightInfo::migrate_step();
	if meter.remaining().any_lt(required) {
		return Err(SteppedMigrationError::InsufficientWeight { required });
	}
	while meter.try_consume(required).is_ok() {
		let next = match cursor {
			Some(last) => Providers::<T>::iter_keys_from_key(last).next(),
			None => Providers::<T>::iter_keys().next(),
		};
		let Some(id) = next else {
			return Ok(None);
		};
		rewrite(id);
		cursor = Some(id);
	}
	Ok(cursor)
}
