//! Chains that a node can start by name.
//!
//! | name | validators | epoch | era | a motion is open for | root key |
//! |---|---|---|---|---|---|
//! | `development` | Alice | 10 minutes | 1 hour | 7 days | Alice |
//! | `fast` | Alice | 30 seconds | 1 minute | 2 minutes | Alice |
//! | `local_testnet` | Alice, Bob, Charlie, Dave | 10 minutes | 1 hour | 7 days | none |
//!
//! Everywhere the council is Alice, Bob, Charlie, Dave and Eve: of five, more than half are three, and three quarters four.
//! All keys are public knowledge: they are derived from names. A chain for real money has a specification of its own.

use crate::{
	configs::{
		consensus::BABE_GENESIS_EPOCH_CONFIG,
		council::MOTION_BLOCKS,
		millrace::{standard_enrolment, standard_liveness, standard_rules, MEASURE_KERNELS},
		staking::TreasuryAccount,
	},
	settings::ProtocolWindows,
	staking_settings::{CHILL_THRESHOLD, MIN_COMMISSION},
	AccountId, BabeConfig, Balance, BalancesConfig, BlockNumber, CouncilMembershipConfig, KernelsConfig,
	RuntimeGenesisConfig, SessionConfig, SessionKeys, SettingsConfig, StakingConfig, StakingSettingsConfig, SudoConfig,
	MILL,
};
use alloc::{string::ToString, vec, vec::Vec};
use frame_support::{build_struct_json_patch, BoundedVec};
use pallet_market::MarketRules;
use pallet_providers::LivenessRules;
use polkadot_sdk::*;
use serde_json::Value;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{traits::TypedGet, Perbill, SaturatedConversion};
use sp_staking::StakerStatus;

/// The preset for tests: epochs and eras as short as they can be.
pub const FAST_RUNTIME_PRESET: &str = "fast";

/// What each of the twelve well-known accounts has at genesis. With [`TREASURY_ENDOWMENT`] this makes 10⁹ MILL.
pub const ENDOWMENT: Balance = MILL.saturating_mul(80_000_000);
/// What the treasury and the fee pot have together at genesis, the pot an existential deposit of it. Neither may be empty:
/// credits below the existential deposit would be lost.
pub const TREASURY_ENDOWMENT: Balance = MILL.saturating_mul(40_000_000);
/// What each validator has bonded at genesis.
pub const VALIDATOR_BOND: Balance = MILL.saturating_mul(1_000_000);
/// The least that a validator may bond.
pub const MIN_VALIDATOR_BOND: Balance = MILL.saturating_mul(10_000);
/// The least that a nominator may bond.
pub const MIN_NOMINATOR_BOND: Balance = MILL.saturating_mul(100);
/// Accounts that may be candidates at once. With [`MAX_NOMINATORS`] no more than one election considers.
pub const MAX_VALIDATORS: u32 = 200;
/// Accounts that may be nominators at once.
pub const MAX_NOMINATORS: u32 = 800;

/// Who sits in the council at genesis.
pub const COUNCIL: [Sr25519Keyring; 5] = [
	Sr25519Keyring::Alice,
	Sr25519Keyring::Bob,
	Sr25519Keyring::Charlie,
	Sr25519Keyring::Dave,
	Sr25519Keyring::Eve,
];

/// A validator's stash, and the keys that `--alice` and the like put into a node's keystore.
struct Validator {
	stash: Sr25519Keyring,
	babe: Sr25519Keyring,
	grandpa: Ed25519Keyring,
}

const ALICE: Validator = Validator {
	stash: Sr25519Keyring::AliceStash,
	babe: Sr25519Keyring::Alice,
	grandpa: Ed25519Keyring::Alice,
};
const BOB: Validator = Validator {
	stash: Sr25519Keyring::BobStash,
	babe: Sr25519Keyring::Bob,
	grandpa: Ed25519Keyring::Bob,
};
const CHARLIE: Validator = Validator {
	stash: Sr25519Keyring::CharlieStash,
	babe: Sr25519Keyring::Charlie,
	grandpa: Ed25519Keyring::Charlie,
};
const DAVE: Validator = Validator {
	stash: Sr25519Keyring::DaveStash,
	babe: Sr25519Keyring::Dave,
	grandpa: Ed25519Keyring::Dave,
};

/// What presets differ in.
struct Preset {
	validators: &'static [Validator],
	epoch_slots: u64,
	sessions_per_era: u32,
	motion_blocks: BlockNumber,
	windows: fn() -> ProtocolWindows,
	root: Option<Sr25519Keyring>,
}

const DEVELOPMENT: Preset = Preset {
	validators: &[ALICE],
	epoch_slots: 200,
	sessions_per_era: 6,
	motion_blocks: MOTION_BLOCKS,
	windows: development_windows,
	root: Some(Sr25519Keyring::Alice),
};
const FAST: Preset = Preset {
	validators: &[ALICE],
	epoch_slots: 10,
	sessions_per_era: 2,
	motion_blocks: 40,
	windows: fast_windows,
	root: Some(Sr25519Keyring::Alice),
};
const LOCAL_TESTNET: Preset = Preset {
	validators: &[ALICE, BOB, CHARLIE, DAVE],
	epoch_slots: 200,
	sessions_per_era: 6,
	motion_blocks: MOTION_BLOCKS,
	windows: public_windows,
	root: None,
};

/// As on a real chain.
fn public_windows() -> ProtocolWindows {
	ProtocolWindows {
		enrolment: standard_enrolment(),
		..ProtocolWindows::default()
	}
}

/// The same, but fees are split every minute, so that one sees it happen.
fn development_windows() -> ProtocolWindows {
	ProtocolWindows {
		market: MarketRules {
			fee_era: 20,
			..standard_rules()
		},
		..public_windows()
	}
}

/// Every window a few blocks long. The accept window still leaves time to bring inputs. Classes are taken at their owners'
/// word: tests play providers that have no device.
fn fast_windows() -> ProtocolWindows {
	ProtocolWindows {
		market: MarketRules {
			accept_ticks: 8,
			run_slack: 8,
			run_max: 200,
			window: 8,
			window_min: 4,
			window_max: 200,
			expiry_max: 200,
			ask_life_min: 2,
			reject_pause: 2,
			no_show_base: 4,
			no_show_cap: 32,
			fee_era: 5,
			demand_ticks: 8,
			lapse_retry: 4,
			lapse_max: 60,
			..standard_rules()
		},
		unbond_ticks: 20,
		kernel_removal_ticks: 20,
		slash_ticks: 6,
		chill_ticks: 10,
		liveness: fast_liveness(),
		..ProtocolWindows::default()
	}
}

/// Short hours and steps, but ten minutes to answer a sample: tests play providers that have no worker.
fn fast_liveness() -> LivenessRules {
	let standard = standard_liveness();
	let mut steps = standard.steps;
	for (step, after) in steps.iter_mut().zip([10, 40, 120, 240]) {
		step.after = after;
	}
	LivenessRules {
		answer_ticks: 200,
		sample_gap: 20,
		return_ticks: 6,
		hour: 20,
		veteran_ticks: 0,
		steps,
		..standard
	}
}

impl Preset {
	/// Everything that differs from an empty chain; the only place where a preset's genesis is put together.
	fn patch(&self) -> Value {
		let validators: u32 = self.validators.len().saturated_into();
		build_struct_json_patch!(RuntimeGenesisConfig {
			settings: SettingsConfig {
				epoch_slots: self.epoch_slots,
				sessions_per_era: self.sessions_per_era,
				motion_blocks: self.motion_blocks,
				windows: (self.windows)()
			},
			balances: BalancesConfig { balances: balances() },
			kernels: KernelsConfig {
				owner: Some(TreasuryAccount::get()),
				kernels: MEASURE_KERNELS.map(|kernel| kernel.to_vec().into()).to_vec()
			},
			babe: BabeConfig {
				epoch_config: BABE_GENESIS_EPOCH_CONFIG
			},
			staking: StakingConfig {
				stakers: self.stakers(),
				validator_count: validators,
				minimum_validator_count: 1,
				slash_reward_fraction: Perbill::from_percent(10),
				min_validator_bond: MIN_VALIDATOR_BOND,
				min_nominator_bond: MIN_NOMINATOR_BOND,
				max_validator_count: Some(MAX_VALIDATORS),
				max_nominator_count: Some(MAX_NOMINATORS)
			},
			session: SessionConfig {
				keys: self.session_keys()
			},
			staking_settings: StakingSettingsConfig {
				min_commission: MIN_COMMISSION,
				chill_threshold: Some(CHILL_THRESHOLD)
			},
			council_membership: CouncilMembershipConfig {
				members: BoundedVec::truncate_from(COUNCIL.map(Sr25519Keyring::to_account_id).to_vec())
			},
			sudo: SudoConfig {
				key: self.root.map(Sr25519Keyring::to_account_id)
			}
		})
	}

	fn stakers(&self) -> Vec<(AccountId, AccountId, Balance, StakerStatus<AccountId>)> {
		let staker = |validator: &Validator| {
			let stash = validator.stash.to_account_id();
			(stash.clone(), stash, VALIDATOR_BOND, StakerStatus::Validator)
		};
		self.validators.iter().map(staker).collect()
	}

	fn session_keys(&self) -> Vec<(AccountId, AccountId, SessionKeys)> {
		let entry = |validator: &Validator| {
			let stash = validator.stash.to_account_id();
			let keys = SessionKeys {
				grandpa: validator.grandpa.public().into(),
				babe: validator.babe.public().into(),
			};
			(stash.clone(), stash, keys)
		};
		self.validators.iter().map(entry).collect()
	}
}

/// The well-known accounts `//Alice` to `//Ferdie`, their stashes, and the treasury.
fn balances() -> Vec<(AccountId, Balance)> {
	Sr25519Keyring::well_known()
		.map(|account| (account.to_account_id(), ENDOWMENT))
		.chain([(TreasuryAccount::get(), TREASURY_ENDOWMENT)])
		.collect()
}

/// The preset of the given name as JSON, to be merged over the default genesis; none if there is no such preset.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let preset = match id.as_str() {
		DEV_RUNTIME_PRESET => DEVELOPMENT,
		FAST_RUNTIME_PRESET => FAST,
		LOCAL_TESTNET_RUNTIME_PRESET => LOCAL_TESTNET,
		_ => return None,
	};
	serde_json::to_vec(&preset.patch()).ok()
}

/// The names that [`get_preset`] knows.
pub fn preset_names() -> Vec<PresetId> {
	vec![
		DEV_RUNTIME_PRESET.to_string(),
		FAST_RUNTIME_PRESET.to_string(),
		LOCAL_TESTNET_RUNTIME_PRESET.to_string(),
	]
}
