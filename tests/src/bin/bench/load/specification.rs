//! The chain that is loaded: `development`, on which nobody has to show a device, and whose requesters have money.

use super::parties::requesters;
use millrace_primitives::EnrolmentRules;
use millrace_tests::{binary, client::answer};
use polkadot_sdk::*;
use serde_json::json;
use sp_core::crypto::Ss58Codec;
use std::{
	fs,
	path::{Path, PathBuf},
	process::Command,
};

/// What each requester has at genesis, in planck: 100,000 MILL.
const ENDOWMENT: u64 = 100_000_000_000_000_000;

/// Writes the specification into a folder.
pub(super) fn write(folder: &Path) -> PathBuf {
	let exported = answer(Command::new(binary("millrace-node")).args(["export-chain-spec", "--chain", "development"]));
	assert_eq!(exported.code, 0, "{}", exported.stderr);
	let mut specification = exported.json();
	let genesis = &mut specification["genesis"]["runtimeGenesis"]["patch"];
	let enrolment = &mut genesis["settings"]["windows"]["enrolment"];
	assert!(enrolment.is_object(), "the preset says what devices must show");
	*enrolment = serde_json::to_value(EnrolmentRules::OFF).expect("the rules are JSON");
	let balances = genesis["balances"]["balances"].as_array_mut().expect("balances");
	for requester in requesters() {
		balances.push(json!([requester.account().to_ss58check(), ENDOWMENT]));
	}
	let path = folder.join("load.json");
	fs::write(&path, specification.to_string()).expect("the temporary folder is writable");
	path
}
