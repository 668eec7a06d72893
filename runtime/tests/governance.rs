//! The council on the real runtime: what more than half of it decides, what takes three quarters, and that nobody else decides
//! anything.

// The benchmarks call what nobody may.
#![cfg(not(feature = "runtime-benchmarks"))]

mod chain;
mod governance {
	pub(crate) mod council;
	mod decisions;
	mod motions;
	mod origins;
	mod upgrades;
}

use chain::Chain;
use frame_support::{genesis_builder_helper::get_preset, traits::Get};
use millrace_runtime::{
	configs::council::{CouncilInstance, MotionBlocks},
	genesis_presets::{self, COUNCIL},
	CouncilMembership, Runtime, RuntimeGenesisConfig,
};
use polkadot_sdk::*;
use serde_json::{json, Value};

/// The chains whose root has a key. Every other one that can be named has none.
const WITH_ROOT: [&str; 2] = ["development", "fast"];

#[test]
fn only_development_chains_have_a_root_key_and_all_have_the_council() {
	let mut members = COUNCIL.map(|member| member.to_account_id()).to_vec();
	members.sort();
	for name in genesis_presets::preset_names() {
		let mut chain = Chain::new(&name);
		chain.execute(|| {
			let key = pallet_sudo::Key::<Runtime>::get();
			assert_eq!(key.is_some(), WITH_ROOT.contains(&name.as_str()), "{name}");
			assert_eq!(CouncilMembership::members().into_inner(), members, "{name}");
			assert_eq!(
				pallet_collective::Members::<Runtime, CouncilInstance>::get(),
				members,
				"{name}"
			);
			assert_eq!(
				pallet_collective::Prime::<Runtime, CouncilInstance>::get(),
				None,
				"{name}"
			);
			// Two minutes, and seven days.
			let blocks = if name == "fast" { 40 } else { 201_600 };
			assert_eq!(MotionBlocks::get(), blocks, "{name}");
		});
	}
}

/// What a specification gets that says nothing: nobody who could ever decide.
#[test]
fn a_specification_names_its_council_or_has_none() {
	let whole = get_preset::<RuntimeGenesisConfig>(&None, |_| None).expect("there is a default");
	let whole: Value = serde_json::from_slice(&whole).expect("the default is JSON");
	assert_eq!(whole["sudo"], json!({ "key": null }));
	assert_eq!(whole["councilMembership"], json!({ "members": [] }));
	assert_eq!(whole["settings"]["motionBlocks"], 201_600);
}
