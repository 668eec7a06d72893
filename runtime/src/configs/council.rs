//! The council: who sits in it, how it votes, and the two origins by which it decides.
//!
//! | origin | who | decides over |
//! |---|---|---|
//! | [`ParameterOrigin`] | root, or more than half of the council | every parameter, spends up to [`MOST_SPENT`], spends and motions that are withdrawn |
//! | [`SafetyOrigin`] | root, or at least three quarters | slashes of providers and validators, halting the market, the next runtime, larger spends, who sits in the council |
//!
//! A motion that passes is carried out with the number of its ayes and of the seats, so it is the call that says how many it
//! takes. Nothing else in this runtime asks for root on behalf of the council.

use super::system::MAX_BLOCK_WEIGHT;
use crate::{
	settings, upgrades, upstream_weights, AccountId, Balance, BlockNumber, Council, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeOrigin, DAYS, MILL,
};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, EitherOf, EitherOfDiverse, Get},
	weights::Weight,
};
use frame_system::{EnsureRoot, EnsureWithSuccess};
use pallet_collective::{DefaultVote, EnsureProportionAtLeast, EnsureProportionMoreThan, MemberCount};
use polkadot_sdk::*;

/// Most members of the council.
pub const MAX_MEMBERS: u32 = 13;
/// Motions that may be open at once.
pub const MAX_MOTIONS: u32 = 16;
/// Blocks for which a motion is open on a chain whose specification does not change it: a week.
pub const MOTION_BLOCKS: BlockNumber = DAYS.saturating_mul(7);
/// What more than half of the council may spend of the treasury in one motion: 100,000 MILL.
pub const MOST_SPENT: Balance = MILL.saturating_mul(100_000);

/// The council's instance of the pallet.
pub type CouncilInstance = pallet_collective::Instance1;
/// More than half of the council's seats.
pub type MoreThanHalf = EnsureProportionMoreThan<AccountId, CouncilInstance, 1, 2>;
/// At least three quarters of the council's seats.
pub type ThreeQuarters = EnsureProportionAtLeast<AccountId, CouncilInstance, 3, 4>;

/// Root, or more than half of the council: for what is tuned again and again, and mended by the next motion where it was
/// wrong.
pub type ParameterOrigin = EitherOfDiverse<EnsureRoot<AccountId>, MoreThanHalf>;
/// Root, or at least three quarters of the council: for what takes stake out of or back into somebody's hands, stops the
/// market, replaces the rules, or changes who decides.
pub type SafetyOrigin = EitherOfDiverse<EnsureRoot<AccountId>, ThreeQuarters>;
/// Who may spend the treasury's money, and how much of it in one motion.
pub type SpendOrigin = EitherOf<
	EnsureWithSuccess<SafetyOrigin, AccountId, ConstU128<{ Balance::MAX }>>,
	EnsureWithSuccess<ParameterOrigin, AccountId, ConstU128<MOST_SPENT>>,
>;

/// Nobody, not even root.
#[cfg(not(feature = "runtime-benchmarks"))]
type Nobody = frame_support::traits::NeverEnsureOrigin<()>;
// The benchmarks call everything.
#[cfg(feature = "runtime-benchmarks")]
type Nobody = EnsureRoot<AccountId>;

parameter_types! {
	/// What a call that is put to the vote may weigh: half of a block, so that it fits beside all else.
	pub MotionWeight: Weight = MAX_BLOCK_WEIGHT.saturating_div(2);
}

/// Blocks for which a motion is open, from genesis.
#[derive(Debug)]
pub struct MotionBlocks;
impl Get<BlockNumber> for MotionBlocks {
	fn get() -> BlockNumber {
		settings::MotionBlocks::<Runtime>::get()
	}
}

/// Who does not vote has not agreed.
///
/// With a default of the SDK's the absent would vote as a prime member does, or as the majority. A motion that nobody looked
/// at for a week could then name the next runtime with a single vote.
#[derive(Debug)]
pub struct AbsentIsNay;
impl DefaultVote for AbsentIsNay {
	fn default_vote(_prime: Option<bool>, _ayes: MemberCount, _nays: MemberCount, _seats: MemberCount) -> bool {
		false
	}
}

impl pallet_collective::Config<CouncilInstance> for Runtime {
	// No deposit: the pallet would forget the one of a motion that is put again before it was given back. Members who fill
	// every place are voted down, and the next motion takes a place in the batch that frees it.
	type Consideration = ();
	#[cfg(not(feature = "runtime-benchmarks"))]
	type DefaultVote = AbsentIsNay;
	// The benchmarks have a prime member.
	#[cfg(feature = "runtime-benchmarks")]
	type DefaultVote = pallet_collective::PrimeDefaultVote;
	type DisapproveOrigin = ParameterOrigin;
	type KillOrigin = SafetyOrigin;
	type MaxMembers = ConstU32<MAX_MEMBERS>;
	type MaxProposalWeight = MotionWeight;
	type MaxProposals = ConstU32<MAX_MOTIONS>;
	type MotionDuration = MotionBlocks;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	// The other pallet has the list of members, and this one follows it.
	type SetMembersOrigin = Nobody;
	type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
}

impl pallet_membership::Config<pallet_membership::Instance1> for Runtime {
	type AddOrigin = SafetyOrigin;
	type MaxMembers = ConstU32<MAX_MEMBERS>;
	type MembershipChanged = Council;
	type MembershipInitialized = Council;
	// A prime member is one who votes for the absent.
	type PrimeOrigin = Nobody;
	type RemoveOrigin = SafetyOrigin;
	type ResetOrigin = SafetyOrigin;
	type RuntimeEvent = RuntimeEvent;
	type SwapOrigin = SafetyOrigin;
	type WeightInfo = upstream_weights::Membership;
}

impl upgrades::Config for Runtime {
	type AuthorizeOrigin = SafetyOrigin;
}
