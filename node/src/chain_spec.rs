//! The chains that the node knows by name, and specifications from files.

use millrace_runtime::{genesis_presets::FAST_RUNTIME_PRESET, SS58_PREFIX, WASM_BINARY};
use polkadot_sdk::{
	sc_service::{ChainType, GenericChainSpec, Properties},
	sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET},
};
use std::path::PathBuf;

/// A specification without extensions: everything is in its genesis.
pub(crate) type ChainSpec = GenericChainSpec;

/// The specification that `--chain` names: a preset of the runtime, or else a file. `--dev` means `development`, no name the
/// local test network.
pub(crate) fn load(id: &str) -> Result<ChainSpec, String> {
	match id {
		"dev" | DEV_RUNTIME_PRESET => from_preset(DEV_RUNTIME_PRESET, "Millrace Development", ChainType::Development),
		FAST_RUNTIME_PRESET => from_preset(FAST_RUNTIME_PRESET, "Millrace Fast", ChainType::Development),
		"" | "local" | LOCAL_TESTNET_RUNTIME_PRESET => {
			from_preset(LOCAL_TESTNET_RUNTIME_PRESET, "Millrace Local Testnet", ChainType::Local)
		}
		path => ChainSpec::from_json_file(PathBuf::from(path)).map_err(|cause| {
			format!(
				"{path:?} is neither a chain that this program knows (development, fast, local) nor a readable chain \
				 specification: {cause}"
			)
		}),
	}
}

/// The chain of a preset, with the runtime that this program carries.
fn from_preset(preset: &str, name: &str, kind: ChainType) -> Result<ChainSpec, String> {
	let code = WASM_BINARY.ok_or(
		"this program was built without its runtime, so it has no chain of its own: build it without SKIP_WASM_BUILD, or \
		 give a chain specification with --chain",
	)?;
	let spec = ChainSpec::builder(code, None)
		.with_name(name)
		.with_id(&format!("millrace_{preset}"))
		.with_chain_type(kind)
		.with_protocol_id("millrace")
		.with_properties(properties())
		.with_genesis_config_preset_name(preset)
		.build();
	Ok(spec)
}

/// What wallets need to show amounts and addresses.
fn properties() -> Properties {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "MILL".into());
	properties.insert("tokenDecimals".into(), 12.into());
	properties.insert("ss58Format".into(), SS58_PREFIX.into());
	properties
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_unknown_chain_is_named_in_the_error() {
		let error = load("no-such-chain").err().expect("there is no such chain");
		assert!(
			error.contains("no-such-chain") && error.contains("development, fast, local"),
			"{error}"
		);
	}

	#[test]
	fn wallets_learn_symbol_and_decimals() {
		let properties = properties();
		assert_eq!(properties["tokenSymbol"], "MILL");
		assert_eq!(properties["tokenDecimals"], 12);
		assert_eq!(properties["ss58Format"], 42);
	}
}
