//! The state as specification 3 left it, the last one that stored something in another form.

use crate::records;
use codec::Encode;
use frame_support::{storage::unhashed, traits::StorageVersion};
use millrace_runtime::{Market, Providers, Runtime, VERSION};
use pallet_market::{Clock, EraProgress};
use pallet_providers::Usage;
use polkadot_sdk::*;
use sp_io::hashing::twox_128;

/// What the record of a provider has at its end and did not have then: an era and an amount.
const NEW_IN_RECORD: usize = 4 + 16;

/// Makes the state what the runtime before would have left, so that the next block is the first of this one.
pub(crate) fn downgrade() {
	for (id, record) in records() {
		assert_eq!(record.usage, Usage::default(), "it was not paid yet");
		let bytes = record.encode();
		unhashed::put_raw(
			&pallet_providers::Providers::<Runtime>::hashed_key_for(id),
			&bytes[..bytes.len() - NEW_IN_RECORD],
		);
	}
	let (clock, era) = (Clock::<Runtime>::get(), EraProgress::<Runtime>::get());
	unhashed::put(
		&Clock::<Runtime>::hashed_key(),
		&(clock.tick, clock.last_slot, clock.busy, clock.halted, clock.genesis),
	);
	let cursor = era.closing.and_then(|closing| closing.cursor);
	unhashed::put(
		&EraProgress::<Runtime>::hashed_key(),
		&(clock.era, era.started, era.closing.is_some(), cursor),
	);
	StorageVersion::new(3).put::<Providers>();
	StorageVersion::new(3).put::<Market>();
	// There were no rewards.
	let _ = unhashed::clear_prefix(&twox_128(b"Rewards"), None, None);

	assert_eq!(VERSION.spec_version, 5);
	frame_system::LastRuntimeUpgrade::<Runtime>::put(frame_system::LastRuntimeUpgradeInfo {
		spec_version: 4.into(),
		spec_name: VERSION.spec_name,
	});
}
