//! What wallets look for before they show a page about staking: names in the metadata, bytes in the state, and the runtime
//! API. Nothing here uses a typed library, as old wallets do not.

use super::world::{account, bond, by, reach};
use crate::chain::Chain;
use codec::{Compact, Decode, Encode};
use frame_support::{
	__private::metadata::{v14::RuntimeMetadataV14, RuntimeMetadata},
	assert_err_ignore_postinfo,
};
use millrace_runtime::{AccountId, Runtime, Staking, MILL, VERSION};
use pallet_staking::{Error, RewardDestination};
use pallet_staking_runtime_api::runtime_decl_for_staking_api::{StakingApiV1, ID};
use polkadot_sdk::*;
use scale_info::TypeDef;
use sp_io::hashing::{blake2_128, twox_128};
use sp_keyring::Sr25519Keyring as Key;
use std::collections::BTreeSet;

/// A pallet, and names of its calls, of its storage, and of its constants of 32 bits with their values.
struct Expected {
	pallet: &'static str,
	calls: &'static [&'static str],
	storage: &'static [&'static str],
	constants: &'static [(&'static str, u32)],
}

const EXPECTED: [Expected; 4] = [
	Expected {
		pallet: "Staking",
		calls: &[
			"bond",
			"bond_extra",
			"cancel_deferred_slash",
			"chill",
			"chill_other",
			"force_apply_min_commission",
			"kick",
			"nominate",
			"payout_stakers",
			"payout_stakers_by_page",
			"rebond",
			"set_min_commission",
			"set_payee",
			"set_staking_configs",
			"unbond",
			"validate",
			"withdraw_unbonded",
		],
		storage: &[
			"ActiveEra",
			"Bonded",
			"BondedEras",
			"ChillThreshold",
			"ClaimedRewards",
			"CounterForNominators",
			"CounterForValidators",
			"CurrentEra",
			"CurrentPlannedSession",
			"ErasRewardPoints",
			"ErasStakers",
			"ErasStakersClipped",
			"ErasStakersOverview",
			"ErasStakersPaged",
			"ErasStartSessionIndex",
			"ErasTotalStake",
			"ErasValidatorPrefs",
			"ErasValidatorReward",
			"ForceEra",
			"Ledger",
			"MaxNominatorsCount",
			"MaxValidatorsCount",
			"MinCommission",
			"MinNominatorBond",
			"MinValidatorBond",
			"MinimumActiveStake",
			"MinimumValidatorCount",
			"Nominators",
			"Payee",
			"SlashRewardFraction",
			"SlashingSpans",
			"UnappliedSlashes",
			"ValidatorCount",
			"Validators",
		],
		constants: &[
			("BondingDuration", 28),
			("HistoryDepth", 84),
			("MaxExposurePageSize", 256),
			("MaxUnlockingChunks", 32),
			("MaxValidatorSet", 100),
			// Of a chain that says nothing else.
			("SessionsPerEra", 6),
			("SlashDeferDuration", 26),
		],
	},
	Expected {
		pallet: "VoterList",
		calls: &["put_in_front_of", "rebag"],
		storage: &["CounterForListNodes", "ListBags", "ListNodes"],
		constants: &[],
	},
	Expected {
		pallet: "Session",
		calls: &["purge_keys", "set_keys"],
		storage: &[
			"CurrentIndex",
			"DisabledValidators",
			"NextKeys",
			"QueuedKeys",
			"Validators",
		],
		constants: &[],
	},
	Expected {
		pallet: "Offences",
		calls: &[],
		storage: &["ConcurrentReportsIndex", "Reports"],
		constants: &[],
	},
];

/// Pages about these stay empty, and `docs/staking.md` says so.
const NOT_THERE: [&str; 4] = [
	"NominationPools",
	"FastUnstake",
	"ElectionProviderMultiPhase",
	"DelegatedStaking",
];

fn metadata() -> RuntimeMetadataV14 {
	let metadata = sp_io::TestExternalities::default().execute_with(Runtime::metadata);
	match metadata.1 {
		RuntimeMetadata::V14(metadata) => metadata,
		_ => panic!("state_getMetadata answers with version 14"),
	}
}

#[test]
fn the_names_are_those_that_wallets_know() {
	let metadata = metadata();
	for expected in EXPECTED {
		let name = expected.pallet;
		let pallet = metadata.pallets.iter().find(|pallet| pallet.name == name);
		let pallet = pallet.expect("the pallet is there");
		let mut calls = BTreeSet::new();
		if let Some(of_pallet) = &pallet.calls {
			let ty = metadata.types.resolve(of_pallet.ty.id).expect("the type is there");
			let TypeDef::Variant(variants) = &ty.type_def else {
				panic!("calls of {name} are no variants");
			};
			calls.extend(variants.variants.iter().map(|variant| variant.name.clone()));
		}
		for call in expected.calls {
			assert!(calls.contains(*call), "{name}.{call}");
		}
		let storage = pallet.storage.as_ref().expect("the pallet stores something");
		assert_eq!(storage.prefix, name);
		for entry in expected.storage {
			assert!(
				storage.entries.iter().any(|known| known.name == *entry),
				"{name}.{entry}"
			);
		}
		for (constant, value) in expected.constants {
			let known = pallet.constants.iter().find(|known| known.name == *constant);
			assert_eq!(
				known.expect("the constant is there").value,
				value.encode(),
				"{name}.{constant}"
			);
		}
	}
	for name in NOT_THERE {
		assert!(metadata.pallets.iter().all(|pallet| pallet.name != name), "{name}");
	}
}

/// The key of a storage item without parameters.
fn plain(item: &str) -> Vec<u8> {
	[twox_128(b"Staking"), twox_128(item.as_bytes())].concat()
}

/// Reads an item and decodes it, with nothing left over.
fn read<T: Decode>(key: &[u8]) -> T {
	let bytes = sp_io::storage::get(key).expect("it is stored");
	let mut rest = &bytes[..];
	let value = T::decode(&mut rest).expect("it is of this form");
	assert!(rest.is_empty(), "{} bytes are left", rest.len());
	value
}

/// A stash, its total and active stake, what unbonds until which era, and eras that are claimed in an old way.
type Ledger = (
	AccountId,
	Compact<u128>,
	Compact<u128>,
	Vec<(Compact<u128>, Compact<u32>)>,
	Vec<u32>,
);

#[test]
fn stakes_and_eras_are_read_as_bytes() {
	let who = account(1, 0);
	let mut chain = Chain::new("fast");
	reach(&mut chain, 1);
	chain.execute(|| {
		bond(&who, 500 * MILL, RewardDestination::Stash);
		Staking::unbond(by(&who), 200 * MILL).expect("it has no role");
		let mut key = plain("Ledger");
		key.extend(blake2_128(&who.encode()));
		key.extend(who.encode());
		let unbonding = (Compact(200 * MILL), Compact(28));
		let expected: Ledger = (
			who.clone(),
			Compact(500 * MILL),
			Compact(300 * MILL),
			vec![unbonding],
			vec![],
		);
		assert_eq!(read::<Ledger>(&key), expected);
		assert_eq!(read::<u128>(&plain("MinNominatorBond")), 100 * MILL);
	});
	reach(&mut chain, 22);
	chain.execute(|| {
		assert_eq!(read::<u32>(&plain("CurrentEra")), 1);
		// Era 1 began in block 21, at its time.
		let (era, began): (u32, Option<u64>) = read(&plain("ActiveEra"));
		assert_eq!((era, began), (1, Some((600_000_000 + 21) * 3_000)));
	});
}

#[test]
fn the_runtime_api_answers() {
	assert!(VERSION.apis.contains(&(ID, 1)));
	let alice = Key::AliceStash.to_account_id();
	let mut chain = Chain::new("fast");
	reach(&mut chain, 21);
	chain.execute(|| {
		assert_eq!(Runtime::nominations_quota(100 * MILL), 16);
		assert_eq!(Runtime::eras_stakers_page_count(0, alice.clone()), 1);
		// Of a validator without nominators it is not said that there is something to pay, and there is.
		assert!(!Runtime::pending_rewards(0, alice.clone()));
		let anyone = by(&Key::Bob.to_account_id());
		Staking::payout_stakers(anyone.clone(), alice.clone(), 0).expect("the era can be claimed");
		let again = Staking::payout_stakers(anyone, alice.clone(), 0);
		assert_err_ignore_postinfo!(again, Error::<Runtime>::AlreadyClaimed);
	});
}
