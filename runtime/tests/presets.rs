//! Every preset decodes, builds, and gives the chain that its name promises.

mod chain;

use chain::{genesis, Chain};
use frame_support::genesis_builder_helper::build_state;
use frame_support::traits::Get;
use millrace_runtime::{
	configs::consensus::{EpochDuration, SessionsPerEra},
	genesis_presets, Babe, Balances, Grandpa, Runtime, RuntimeGenesisConfig, Session, Staking, Sudo, MILL,
};
use polkadot_sdk::*;
use serde_json::Value;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{Perbill, Percent};

/// Name, stashes of the validators, slots in an epoch, sessions in an era, whether there is a root key.
const PRESETS: [(&str, &[Sr25519Keyring], u64, u32, bool); 3] = [
	("development", &[Sr25519Keyring::AliceStash], 200, 6, true),
	("fast", &[Sr25519Keyring::AliceStash], 10, 2, true),
	(
		"local_testnet",
		&[
			Sr25519Keyring::AliceStash,
			Sr25519Keyring::BobStash,
			Sr25519Keyring::CharlieStash,
			Sr25519Keyring::DaveStash,
		],
		200,
		6,
		false,
	),
];

#[test]
fn the_names_are_the_documented_ones() {
	let expected: Vec<&str> = PRESETS.iter().map(|preset| preset.0).collect();
	assert_eq!(genesis_presets::preset_names(), expected);
	assert_eq!(genesis_presets::get_preset(&"mainnet".to_string()), None);
}

#[test]
fn each_preset_starts_the_chain_it_describes() {
	for (name, stashes, epoch, sessions, root) in PRESETS {
		let mut chain = Chain::new(name);
		chain.execute(|| {
			let mut expected: Vec<_> = stashes.iter().map(|stash| stash.to_account_id()).collect();
			let mut validators = Session::validators();
			expected.sort();
			validators.sort();
			assert_eq!(validators, expected, "{name}");
			assert_eq!(Staking::bonded(&expected[0]), Some(expected[0].clone()), "{name}");
			assert_eq!(Babe::authorities().len(), stashes.len(), "{name}");
			assert_eq!(Grandpa::grandpa_authorities().len(), stashes.len(), "{name}");
			let alice: sp_consensus_grandpa::AuthorityId = Ed25519Keyring::Alice.public().into();
			assert!(
				Grandpa::grandpa_authorities().iter().any(|(id, _)| *id == alice),
				"{name}"
			);
			assert_eq!(
				(EpochDuration::get(), SessionsPerEra::get()),
				(epoch, sessions),
				"{name}"
			);
			let key = pallet_sudo::Key::<Runtime>::get();
			assert_eq!(key, root.then(|| Sr25519Keyring::Alice.to_account_id()), "{name}");
			assert_eq!(Balances::total_issuance(), 1_000_000_000 * MILL, "{name}");
			assert_eq!(
				Balances::free_balance(Sr25519Keyring::Ferdie.to_account_id()),
				80_000_000 * MILL,
				"{name}"
			);
		});
		for _ in 0..3 {
			chain.empty_block();
		}
	}
}

/// Who may stake, and for what.
#[test]
fn staking_is_bounded_in_each_preset() {
	for (name, stashes, ..) in PRESETS {
		Chain::new(name).execute(|| {
			let bonds = (
				pallet_staking::MinValidatorBond::<Runtime>::get(),
				pallet_staking::MinNominatorBond::<Runtime>::get(),
			);
			assert_eq!(bonds, (10_000 * MILL, 100 * MILL), "{name}");
			let most = (
				pallet_staking::MaxValidatorsCount::<Runtime>::get(),
				pallet_staking::MaxNominatorsCount::<Runtime>::get(),
			);
			assert_eq!(most, (Some(200), Some(800)), "{name}");
			let threshold = pallet_staking::ChillThreshold::<Runtime>::get();
			assert_eq!(threshold, Some(Percent::from_percent(75)), "{name}");
			let least = Perbill::from_percent(5);
			assert_eq!(pallet_staking::MinCommission::<Runtime>::get(), least, "{name}");
			let reporters = pallet_staking::SlashRewardFraction::<Runtime>::get();
			assert_eq!(reporters, Perbill::from_percent(10), "{name}");
			for stash in stashes {
				let prefs = pallet_staking::Validators::<Runtime>::get(stash.to_account_id());
				assert_eq!((prefs.commission, prefs.blocked), (least, false), "{name}");
			}
			let seats = pallet_staking::ValidatorCount::<Runtime>::get();
			assert_eq!(seats as usize, stashes.len(), "{name}");
		});
	}
}

/// A specification that names no limits gets those of the election; one that has its own keeps them.
#[test]
fn a_specification_may_set_its_own_rules_of_staking() {
	let limits = |chain: &mut Chain| {
		chain.execute(|| {
			(
				pallet_staking::MaxValidatorsCount::<Runtime>::get(),
				pallet_staking::MaxNominatorsCount::<Runtime>::get(),
				pallet_staking::MinCommission::<Runtime>::get(),
				pallet_staking::ChillThreshold::<Runtime>::get(),
			)
		})
	};
	let mut silent = Chain::with_genesis("fast", |whole| {
		whole["staking"]["maxValidatorCount"] = Value::Null;
		whole["staking"]["maxNominatorCount"] = Value::Null;
		whole["stakingSettings"] = serde_json::json!({ "minCommission": 0, "chillThreshold": null });
	});
	assert_eq!(limits(&mut silent), (Some(200), Some(800), Perbill::zero(), None));
	let mut strict = Chain::with_genesis("fast", |whole| {
		whole["staking"]["maxValidatorCount"] = 20.into();
		whole["staking"]["maxNominatorCount"] = 30.into();
		whole["stakingSettings"]["minCommission"] = 100_000_000.into();
		whole["stakingSettings"]["chillThreshold"] = 90.into();
	});
	let expected = (
		Some(20),
		Some(30),
		Perbill::from_percent(10),
		Some(Percent::from_percent(90)),
	);
	assert_eq!(limits(&mut strict), expected);
}

/// Without a key, not even the account that has it elsewhere can act as root.
#[test]
fn nobody_is_root_on_the_test_network() {
	let mut chain = Chain::new("local_testnet");
	chain.execute(|| {
		let call = frame_system::Call::remark { remark: vec![1] }.into();
		let result = Sudo::sudo(
			millrace_runtime::RuntimeOrigin::signed(Sr25519Keyring::Alice.to_account_id()),
			Box::new(call),
		);
		assert!(result.is_err());
	});
}

#[test]
fn a_specification_with_an_unknown_field_is_refused() {
	let text = String::from_utf8(genesis("fast")).expect("JSON is text");
	let wrong = text.replacen("epochSlots", "epochSlot", 1);
	assert_ne!(text, wrong);
	let mut state = sp_io::TestExternalities::new_empty();
	let error = state
		.execute_with(|| build_state::<RuntimeGenesisConfig>(wrong.into_bytes()))
		.expect_err("must fail");
	assert!(error.contains("epochSlot"), "{error}");
}
