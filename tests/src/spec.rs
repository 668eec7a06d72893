//! Chain specifications with validators of one's choice, made from the ones that the node knows by name.

use crate::{binary, client::answer};
use millrace_client::chain::AccountId;
use polkadot_sdk::sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use serde_json::{json, Value};
use std::{fs, io, path::Path, process::Command};

/// A validator whose keys everybody knows, and which a node becomes by a flag.
#[derive(Clone, Copy, Debug)]
pub struct Validator {
	/// What it is called, in small letters.
	pub name: &'static str,
	/// The account whose money is at stake.
	stash: Sr25519Keyring,
	/// The key that authors blocks.
	babe: Sr25519Keyring,
	/// The key that votes for finality.
	grandpa: Ed25519Keyring,
}

/// All that there are.
pub const VALIDATORS: [Validator; 6] = [
	Validator {
		name: "alice",
		stash: Sr25519Keyring::AliceStash,
		babe: Sr25519Keyring::Alice,
		grandpa: Ed25519Keyring::Alice,
	},
	Validator {
		name: "bob",
		stash: Sr25519Keyring::BobStash,
		babe: Sr25519Keyring::Bob,
		grandpa: Ed25519Keyring::Bob,
	},
	Validator {
		name: "charlie",
		stash: Sr25519Keyring::CharlieStash,
		babe: Sr25519Keyring::Charlie,
		grandpa: Ed25519Keyring::Charlie,
	},
	Validator {
		name: "dave",
		stash: Sr25519Keyring::DaveStash,
		babe: Sr25519Keyring::Dave,
		grandpa: Ed25519Keyring::Dave,
	},
	Validator {
		name: "eve",
		stash: Sr25519Keyring::EveStash,
		babe: Sr25519Keyring::Eve,
		grandpa: Ed25519Keyring::Eve,
	},
	Validator {
		name: "ferdie",
		stash: Sr25519Keyring::FerdieStash,
		babe: Sr25519Keyring::Ferdie,
		grandpa: Ed25519Keyring::Ferdie,
	},
];

impl Validator {
	/// The flag that makes a node this validator.
	pub fn flag(&self) -> String {
		format!("--{}", self.name)
	}

	/// The account whose money is at stake.
	pub fn stash(&self) -> AccountId {
		AccountId(self.stash.to_raw_public())
	}

	/// The key that authors blocks.
	pub fn babe(&self) -> [u8; 32] {
		self.babe.to_raw_public()
	}

	/// The key that votes for finality.
	pub fn grandpa(&self) -> [u8; 32] {
		self.grandpa.to_raw_public()
	}
}

/// A specification.
#[derive(Clone, Debug)]
pub struct Spec(Value);

impl Spec {
	/// A copy of the chain that the node knows by this name.
	///
	/// # Errors
	/// What the node says; it knows no such chain.
	pub fn of(chain: &str) -> Result<Spec, String> {
		let exported = answer(Command::new(binary("millrace-node")).args(["export-chain-spec", "--chain", chain]));
		if exported.code == 0 {
			Ok(Spec(exported.json()))
		} else {
			Err(exported.stderr.trim().to_owned())
		}
	}

	/// What people and programs know it by: a node keeps its data below a folder with this id.
	pub fn named(mut self, name: &str, id: &str) -> Spec {
		self.0["name"] = json!(name);
		self.0["id"] = json!(id);
		self
	}

	/// The same with these validators and no others. Each bonds what those of the original have bonded.
	pub fn with_validators(mut self, validators: &[Validator]) -> Spec {
		let genesis = self.genesis();
		let bond = genesis["staking"]["stakers"][0][2].clone();
		assert!(bond.is_number(), "the original has a validator");
		let stakers = validators.iter().map(|validator| {
			let stash = validator.stash().to_string();
			json!([stash, stash, bond, "Validator"])
		});
		let keys = validators.iter().map(|validator| {
			let stash = validator.stash().to_string();
			// Session keys are written like addresses.
			let [grandpa, babe] = [validator.grandpa(), validator.babe()].map(|key| AccountId(key).to_string());
			json!([stash, stash, { "grandpa": grandpa, "babe": babe }])
		});
		let (stakers, keys) = (stakers.collect(), keys.collect());
		genesis["staking"]["stakers"] = Value::Array(stakers);
		genesis["staking"]["validatorCount"] = json!(validators.len());
		genesis["session"]["keys"] = Value::Array(keys);
		self
	}

	/// The same with epochs of so many slots and eras of so many epochs.
	pub fn with_epochs(mut self, slots: u64, per_era: u32) -> Spec {
		let settings = &mut self.genesis()["settings"];
		settings["epochSlots"] = json!(slots);
		settings["sessionsPerEra"] = json!(per_era);
		self
	}

	/// The same with another figure of the market, by its name there.
	pub fn with_market(mut self, figure: &str, value: u32) -> Spec {
		let market = &mut self.genesis()["settings"]["windows"]["market"];
		assert!(market[figure].is_number(), "the original has no {figure}");
		market[figure] = json!(value);
		self
	}

	/// The same with an account that has so many planck.
	pub fn with_account(mut self, account: AccountId, planck: u64) -> Spec {
		let balances = self.genesis()["balances"]["balances"].as_array_mut();
		let balances = balances.expect("the original has accounts");
		balances.push(json!([account.to_string(), planck]));
		self
	}

	/// Writes it where a node can read it.
	///
	/// # Errors
	/// The file cannot be written.
	pub fn write(&self, path: &Path) -> io::Result<()> {
		fs::write(path, self.0.to_string())
	}

	fn genesis(&mut self) -> &mut Value {
		&mut self.0["genesis"]["runtimeGenesis"]["patch"]
	}
}
