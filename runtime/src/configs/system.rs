//! Blocks, time and migrations.

use crate::{
	weights::{self, block_weights::BlockExecutionWeight, extrinsic_weights::ExtrinsicBaseWeight},
	AccountId, Babe, Balance, Block, Migrations, PalletInfo, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin,
	RuntimeTask, SLOT_MILLISECONDS, SS58_PREFIX, VERSION,
};
use frame_support::{
	derive_impl,
	dispatch::{DispatchClass, PerDispatchClass},
	parameter_types,
	traits::{ConstU16, ConstU32, ConstU64},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
		Weight,
	},
};
use frame_system::limits::{BlockLength, BlockWeights, WeightsPerClass};
use polkadot_sdk::*;
use sp_runtime::Perbill;
use sp_version::RuntimeVersion;

/// Share of a block, in weight and in bytes, that ordinary transactions may fill.
pub const NORMAL_RATIO: Perbill = Perbill::from_percent(75);
/// Longest block, in bytes.
pub const MAX_BLOCK_BYTES: u32 = 5 * 1024 * 1024;

/// Time that a block may take, out of the three seconds of its slot. There is no parachain, hence no limit on proofs.
pub const MAX_BLOCK_WEIGHT: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, u64::MAX);

/// What ordinary transactions may fill of a block: [`NORMAL_RATIO`].
pub const NORMAL_BLOCK_WEIGHT: Weight = Weight::from_parts(
	WEIGHT_REF_TIME_PER_SECOND.saturating_div(4).saturating_mul(3),
	u64::MAX.saturating_div(4).saturating_mul(3),
);
/// What of a block is left alone when the weight of a transaction is checked, for what begins it: a tenth.
const INITIALIZATION_WEIGHT: Weight = Weight::from_parts(
	WEIGHT_REF_TIME_PER_SECOND.saturating_div(10),
	u64::MAX.saturating_div(10),
);

/// What a block costs before any transaction: what an empty one was measured to take, and the account of its author, to which a
/// part of every fee goes.
fn base_block() -> Weight {
	let author = ParityDbWeight::get().reads_writes(1, 1);
	BlockExecutionWeight::get().saturating_add(author)
}

/// What the builder would make of these. Every transaction asks for the limits a dozen times, and the builder would run anew each
/// time.
fn block_weights() -> BlockWeights {
	let base_extrinsic = ExtrinsicBaseWeight::get();
	let of_class = |max_total: Weight, reserved: Weight| WeightsPerClass {
		base_extrinsic,
		max_extrinsic: Some(
			max_total
				.saturating_sub(INITIALIZATION_WEIGHT)
				.saturating_sub(base_extrinsic),
		),
		max_total: Some(max_total),
		reserved: Some(reserved),
	};
	BlockWeights {
		base_block: base_block(),
		max_block: MAX_BLOCK_WEIGHT,
		per_class: PerDispatchClass::new(|class| match class {
			DispatchClass::Normal => of_class(NORMAL_BLOCK_WEIGHT, Weight::zero()),
			DispatchClass::Operational => {
				of_class(MAX_BLOCK_WEIGHT, MAX_BLOCK_WEIGHT.saturating_sub(NORMAL_BLOCK_WEIGHT))
			}
			DispatchClass::Mandatory => WeightsPerClass {
				base_extrinsic,
				max_extrinsic: None,
				max_total: None,
				reserved: None,
			},
		}),
	}
}

/// The same for lengths.
fn block_length() -> BlockLength {
	BlockLength {
		max: PerDispatchClass::new(|class| match class {
			DispatchClass::Normal => NORMAL_RATIO.mul_floor(MAX_BLOCK_BYTES),
			DispatchClass::Operational | DispatchClass::Mandatory => MAX_BLOCK_BYTES,
		}),
		max_header_size: None,
	}
}

parameter_types! {
	/// [`VERSION`], for the pallet.
	pub const Version: RuntimeVersion = VERSION;
	/// Weight limits: [`MAX_BLOCK_WEIGHT`], of which [`NORMAL_RATIO`] for ordinary transactions; operational ones may use what
	/// is left by these. What an empty block and an empty transaction take was measured, as everything else.
	pub RuntimeBlockWeights: BlockWeights = block_weights();
	/// Length limits: [`MAX_BLOCK_BYTES`], of which [`NORMAL_RATIO`] for ordinary transactions.
	pub RuntimeBlockLength: BlockLength = block_length();
	/// What a step of a multi-block migration may take: four fifths of a block.
	pub MigrationWeight: Weight = MAX_BLOCK_WEIGHT.saturating_div(5).saturating_mul(4);
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type AccountData = pallet_balances::AccountData<Balance>;
	type AccountId = AccountId;
	type Block = Block;
	type BlockHashCount = ConstU32<4_096>;
	type BlockLength = RuntimeBlockLength;
	type BlockWeights = RuntimeBlockWeights;
	type DbWeight = ParityDbWeight;
	type ExtensionsWeightInfo = weights::frame_system_extensions::WeightInfo<Runtime>;
	type MaxConsumers = ConstU32<16>;
	type MultiBlockMigrator = Migrations;
	type SS58Prefix = ConstU16<SS58_PREFIX>;
	type SingleBlockMigrations = crate::migrations::SingleBlock;
	type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
	type Version = Version;
}

impl pallet_timestamp::Config for Runtime {
	type MinimumPeriod = ConstU64<{ SLOT_MILLISECONDS.saturating_div(2) }>;
	type Moment = u64;
	type OnTimestampSet = Babe;
	type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

impl pallet_migrations::Config for Runtime {
	type CursorMaxLen = ConstU32<65_536>;
	// A chain whose migration fails stops taking transactions: half-migrated state is worse than a halt.
	type FailedMigrationHandler = frame_support::migrations::FreezeChainOnFailedMigration;
	type IdentifierMaxLen = ConstU32<256>;
	type MaxServiceWeight = MigrationWeight;
	type MigrationStatusHandler = ();
	#[cfg(not(feature = "runtime-benchmarks"))]
	type Migrations = crate::migrations::MultiBlock;
	// Its benchmarks drive migrations of their own.
	#[cfg(feature = "runtime-benchmarks")]
	type Migrations = pallet_migrations::mock_helpers::MockedMigrations;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_migrations::weights::SubstrateWeight<Runtime>;
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;

	#[test]
	fn limits_are_what_the_builders_make() {
		let weights = BlockWeights::builder()
			.base_block(base_block())
			.for_class(DispatchClass::all(), |limits| {
				limits.base_extrinsic = ExtrinsicBaseWeight::get()
			})
			.for_class(DispatchClass::Normal, |limits| {
				limits.max_total = Some(NORMAL_BLOCK_WEIGHT)
			})
			.for_class(DispatchClass::Operational, |limits| {
				limits.max_total = Some(MAX_BLOCK_WEIGHT);
				limits.reserved = Some(MAX_BLOCK_WEIGHT.saturating_sub(NORMAL_BLOCK_WEIGHT));
			})
			.avg_block_initialization(Perbill::from_percent(10))
			.build_or_panic();
		assert_eq!(RuntimeBlockWeights::get().encode(), weights.encode());
		let length = BlockLength::builder()
			.max_length(MAX_BLOCK_BYTES)
			.modify_max_length_for_class(DispatchClass::Normal, |length| {
				*length = NORMAL_RATIO.mul_floor(MAX_BLOCK_BYTES)
			})
			.build();
		assert_eq!(RuntimeBlockLength::get().encode(), length.encode());
	}

	#[test]
	fn limits_of_a_block() {
		let weights = RuntimeBlockWeights::get()
			.validate()
			.expect("the limits are consistent");
		assert_eq!(weights.max_block.ref_time(), 1_000_000_000_000);
		assert_eq!(
			weights.get(DispatchClass::Normal).max_total.map(|w| w.ref_time()),
			Some(750_000_000_000)
		);
		let length = RuntimeBlockLength::get();
		assert_eq!(*length.max.get(DispatchClass::Normal), 3_932_160);
		assert_eq!(*length.max.get(DispatchClass::Operational), 5_242_880);
	}
}
