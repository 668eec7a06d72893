//! Validators by stake: the only place that knows which staking pallet the chain uses.
//!
//! `pallet-staking` is proven and wallets know it, but its authors no longer develop it. The rest of the runtime touches it
//! through `SessionManager`, `OnOffenceHandler`, the authorship `EventHandler` and the limits below, so that another pallet
//! can take its place. The election runs in the block that begins the last session of an era, over a bounded sample of the
//! largest voters. What follows from the figures here is in `docs/staking.md`.

use super::{consensus::SessionsPerEra, council::SafetyOrigin};
use crate::{
	staking_settings, upstream_weights, AccountId, Balance, Balances, Runtime, RuntimeEvent, RuntimeHoldReason,
	Session, Staking, Timestamp, VoterList,
};
use frame_election_provider_support::{
	bounds::{ElectionBounds, ElectionBoundsBuilder},
	onchain, SequentialPhragmen, VoteWeight,
};
use frame_support::{
	parameter_types,
	traits::{tokens::imbalance::ResolveTo, ConstBool, ConstU32, Nothing},
};
use polkadot_sdk::*;
use sp_runtime::{curve::PiecewiseLinear, Perbill};

/// Voters that one election considers, validators' own votes included.
pub const MAX_ELECTING_VOTERS: u32 = 1_000;
/// Candidates that one election considers. With more of them it would fail, and the validators would stay the same.
pub const MAX_ELECTABLE_TARGETS: u32 = 200;
/// Validators that a nominator may name.
pub const MAX_NOMINATIONS: u32 = 16;

/// Validators that may be active at once.
pub type MaxActiveValidators = ConstU32<100>;
/// Voters that may stand behind one active validator: all that an election considers.
pub type MaxBackersPerValidator = ConstU32<MAX_ELECTING_VOTERS>;
/// Eras for which bonded money stays slashable after it was unbonded; seven days with eras of six hours.
pub type BondingDuration = ConstU32<28>;
/// Eras after that of an offence in which its slash can be cancelled; it is taken when the era after them begins.
///
/// Two fewer than bonding lasts. Money that is unbonded in the era of the offence can be withdrawn when the 28th era after it
/// is planned, which is one session before that era begins; with a duration of 27, as other chains have, the slash would come
/// a session too late (paritytech/substrate#9469).
pub type SlashDeferDuration = ConstU32<26>;
/// Who may cancel slashes, slash by hand, set the least commission, and mend ledgers.
pub type StakingAdmin = SafetyOrigin;
/// Where slashes and what inflation leaves over go.
pub type TreasuryAccount = pallet_treasury::TreasuryAccountId<Runtime>;

pallet_staking_reward_curve::build! {
	const REWARD_CURVE: PiecewiseLinear<'static> = curve!(
		min_inflation: 0_010_000,
		max_inflation: 0_050_000,
		ideal_stake: 0_500_000,
		falloff: 0_050_000,
		max_piece_count: 40,
		test_precision: 0_005_000,
	);
}

parameter_types! {
	/// A year's issuance by share of money at stake: 1 % where nothing is, 5 % at half, less again beyond. What validators do
	/// not earn of the 5 % goes to the treasury.
	pub const RewardCurve: &'static PiecewiseLinear<'static> = &REWARD_CURVE;
	/// How much of the stake an election looks at.
	pub ElectionInput: ElectionBounds = ElectionBoundsBuilder::default()
		.voters_count(MAX_ELECTING_VOTERS.into())
		.targets_count(MAX_ELECTABLE_TARGETS.into())
		.build();
	/// Upper ends of the bags in which [`VoterList`] sorts voters.
	pub const BagThresholds: &'static [VoteWeight] = &BAG_THRESHOLDS;
}

/// Number of bags; the last threshold is half the range of a vote's weight, and heavier votes share one more bag.
const BAGS: usize = 48;

/// Doubling thresholds, from 2¹⁶ up to 2⁶³.
#[allow(
	clippy::arithmetic_side_effects,
	clippy::indexing_slicing,
	reason = "evaluated by the compiler, where a bad index or an overflow stops the build"
)]
const BAG_THRESHOLDS: [VoteWeight; BAGS] = {
	let mut thresholds = [0; BAGS];
	let mut bag = 0;
	while bag < BAGS {
		thresholds[bag] = 1 << (64 - BAGS + bag);
		bag += 1;
	}
	thresholds
};

/// The election of a new set of validators.
#[derive(Debug)]
pub struct Election;
impl onchain::Config for Election {
	type Bounds = ElectionInput;
	type DataProvider = Staking;
	type MaxBackersPerWinner = MaxBackersPerValidator;
	type MaxWinnersPerPage = MaxActiveValidators;
	type Solver = SequentialPhragmen<AccountId, Perbill>;
	// A result beyond the bounds is cut at its lightest end; without sorting it would fail, and with it the era.
	type Sort = ConstBool<true>;
	type System = Runtime;
	type WeightInfo = upstream_weights::Election;
}

impl pallet_bags_list::Config<pallet_bags_list::Instance1> for Runtime {
	type BagThresholds = BagThresholds;
	type MaxAutoRebagPerBlock = ConstU32<5>;
	type RuntimeEvent = RuntimeEvent;
	type Score = VoteWeight;
	type ScoreProvider = Staking;
	type WeightInfo = pallet_bags_list::weights::SubstrateWeight<Runtime>;
}

/// Sizes with which the pallet's benchmarks run.
#[derive(Debug)]
pub struct BenchmarkSizes;
impl pallet_staking::BenchmarkingConfig for BenchmarkSizes {
	type MaxNominators = ConstU32<MAX_ELECTING_VOTERS>;
	type MaxValidators = ConstU32<MAX_ELECTABLE_TARGETS>;
}

impl pallet_staking::Config for Runtime {
	type AdminOrigin = StakingAdmin;
	type BenchmarkingConfig = BenchmarkSizes;
	type BondingDuration = BondingDuration;
	type Currency = Balances;
	type CurrencyBalance = Balance;
	type CurrencyToVote = sp_staking::currency_to_vote::U128CurrencyToVote;
	type ElectionProvider = onchain::OnChainExecution<Election>;
	type EraPayout = pallet_staking::ConvertCurve<RewardCurve>;
	type EventListeners = ();
	type Filter = Nothing;
	type GenesisElectionProvider = onchain::OnChainExecution<Election>;
	type HistoryDepth = ConstU32<84>;
	type MaxControllersInDeprecationBatch = ConstU32<100>;
	type MaxExposurePageSize = ConstU32<256>;
	type MaxUnlockingChunks = ConstU32<32>;
	type MaxValidatorSet = MaxActiveValidators;
	type NextNewSession = Session;
	type NominationsQuota = pallet_staking::FixedNominationsQuota<MAX_NOMINATIONS>;
	type OldCurrency = Balances;
	type Reward = ();
	type RewardRemainder = ResolveTo<TreasuryAccount, Balances>;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type SessionInterface = Self;
	type SessionsPerEra = SessionsPerEra;
	type Slash = ResolveTo<TreasuryAccount, Balances>;
	type SlashDeferDuration = SlashDeferDuration;
	type TargetList = pallet_staking::UseValidatorsMap<Self>;
	type UnixTime = Timestamp;
	type VoterList = VoterList;
	type WeightInfo = pallet_staking::weights::SubstrateWeight<Runtime>;
}

impl staking_settings::Config for Runtime {
	type MaxCandidates = ConstU32<MAX_ELECTABLE_TARGETS>;
	type MaxNominators = ConstU32<{ MAX_ELECTING_VOTERS.saturating_sub(MAX_ELECTABLE_TARGETS) }>;
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn thresholds_double_over_the_range_of_votes() {
		assert_eq!(BAG_THRESHOLDS[0], 65_536);
		assert_eq!(BAG_THRESHOLDS[1], 131_072);
		assert_eq!(BAG_THRESHOLDS[47], 9_223_372_036_854_775_808);
	}
}
