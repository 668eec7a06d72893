//! The next runtime: three quarters of the council name it, anybody brings it. And what the upgrade that brought the council
//! leaves to root.

use super::council::{pass, propose, refusal, world, OUTSIDER};
use crate::chain::world::World;
use codec::Encode;
use frame_support::{
	storage::unhashed,
	traits::{Get, GetStorageVersion, StorageVersion},
};
use millrace_runtime::{
	configs::council::{CouncilInstance, MotionBlocks},
	genesis_presets::COUNCIL,
	settings, upgrades, Council, CouncilMembership, Hash, Runtime, RuntimeCall, RuntimeEvent, System, VERSION,
};
use polkadot_sdk::*;
use sp_core::{
	storage::well_known_keys::CODE,
	traits::{Externalities, ReadRuntimeVersion},
};
use sp_io::hashing::twox_128;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	DispatchError,
};
use sp_version::RuntimeVersion;

/// Takes the code of a runtime for its version, and nothing else.
struct NothingButVersions;
impl ReadRuntimeVersion for NothingButVersions {
	fn read_runtime_version(&self, code: &[u8], _: &mut dyn Externalities) -> Result<Vec<u8>, String> {
		Ok(code.to_vec())
	}
}

/// What [`NothingButVersions`] takes for a runtime of this specification.
fn runtime(spec_version: u32) -> Vec<u8> {
	RuntimeVersion {
		spec_version,
		..VERSION
	}
	.encode()
}

fn authorise(code: &[u8]) -> RuntimeCall {
	let code_hash = BlakeTwo256::hash(code);
	RuntimeCall::Upgrades(upgrades::Call::authorize_upgrade { code_hash })
}

fn apply(code: &[u8]) -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::apply_authorized_upgrade { code: code.to_vec() })
}

fn authorised(world: &mut World) -> Option<Hash> {
	world.read(|| System::authorized_upgrade().map(|upgrade| *upgrade.code_hash()))
}

fn code(world: &mut World) -> Option<Vec<u8>> {
	world.read(|| unhashed::get_raw(CODE))
}

fn any_world() -> World {
	let mut world = world();
	world.chain().read_versions(NothingButVersions);
	world
}

#[test]
fn four_of_five_name_the_next_runtime_and_anybody_brings_it() {
	let mut world = any_world();
	let before = code(&mut world);
	let next = runtime(VERSION.spec_version + 1);
	let other = runtime(VERSION.spec_version + 2);
	assert_eq!(pass(&mut world, 3, authorise(&next)), Err(DispatchError::BadOrigin));
	assert_eq!(authorised(&mut world), None);
	let (nothing, _) = world.attempt(OUTSIDER, apply(&next));
	assert_eq!(refusal(nothing), "NothingAuthorized");

	assert_eq!(pass(&mut world, 4, authorise(&next)), Ok(()));
	assert_eq!(authorised(&mut world), Some(BlakeTwo256::hash(&next)));
	let (wrong, _) = world.attempt(OUTSIDER, apply(&other));
	assert_eq!(refusal(wrong), "Unauthorized");
	assert_eq!(code(&mut world), before);
	let events = world.send(OUTSIDER, apply(&next));
	let updated = |event: &RuntimeEvent| matches!(event, RuntimeEvent::System(frame_system::Event::CodeUpdated { .. }));
	assert!(events.iter().any(updated));
	assert_eq!(code(&mut world), Some(next));
	assert_eq!(authorised(&mut world), None);
}

#[test]
fn a_runtime_that_is_no_newer_is_refused() {
	let mut world = any_world();
	let before = code(&mut world);
	let same = runtime(VERSION.spec_version);
	assert_eq!(pass(&mut world, 4, authorise(&same)), Ok(()));
	let events = world.send(OUTSIDER, apply(&same));
	let rejected = |event: &RuntimeEvent| {
		matches!(
			event,
			RuntimeEvent::System(frame_system::Event::RejectedInvalidAuthorizedUpgrade { .. })
		)
	};
	assert!(events.iter().any(rejected));
	assert_eq!(code(&mut world), before);
}

#[test]
fn what_was_authorised_last_counts_and_a_hash_of_nothing_withdraws_it() {
	let mut world = any_world();
	let next = runtime(VERSION.spec_version + 1);
	assert_eq!(pass(&mut world, 4, authorise(&next)), Ok(()));
	let nothing = RuntimeCall::Upgrades(upgrades::Call::authorize_upgrade {
		code_hash: Hash::zero(),
	});
	assert_eq!(pass(&mut world, 4, nothing), Ok(()));
	let (withdrawn, _) = world.attempt(OUTSIDER, apply(&next));
	assert_eq!(refusal(withdrawn), "Unauthorized");
}

/// A chain of specification 4 has none of it. Its council begins empty, and only root can name the first members.
#[test]
fn on_an_upgraded_chain_root_names_the_first_members() {
	let mut world = world();
	world.read(|| {
		for pallet in ["Council", "CouncilMembership"] {
			let _ = unhashed::clear_prefix(&twox_128(pallet.as_bytes()), None, None);
		}
		settings::MotionBlocks::<Runtime>::kill();
		frame_system::LastRuntimeUpgrade::<Runtime>::put(frame_system::LastRuntimeUpgradeInfo {
			spec_version: 4.into(),
			spec_name: VERSION.spec_name,
		});
		assert_eq!(Council::on_chain_storage_version(), StorageVersion::new(0));
	});
	world.wait(2);
	world.read(|| {
		let versions = [
			Council::on_chain_storage_version(),
			CouncilMembership::on_chain_storage_version(),
		];
		assert_eq!(versions, [StorageVersion::new(4); 2]);
		assert!(CouncilMembership::members().is_empty());
		// Seven days of 28,800 blocks.
		assert_eq!(MotionBlocks::get(), 201_600);
	});
	let halt = RuntimeCall::Market(pallet_market::Call::set_halted { halted: true });
	let (nobody, _) = world.attempt(Key::Alice, propose(2, &halt));
	assert_eq!(refusal(nobody), "NotMember");

	let members = COUNCIL.map(|member| member.to_account_id()).to_vec();
	let name = RuntimeCall::CouncilMembership(pallet_membership::Call::reset_members { members });
	world.send(Key::Alice, pallet_sudo::Call::sudo { call: Box::new(name) });
	assert_eq!(
		world.read(|| pallet_collective::Members::<Runtime, CouncilInstance>::get().len()),
		5
	);
	assert_eq!(pass(&mut world, 4, halt), Ok(()));
}
