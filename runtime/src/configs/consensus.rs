//! Who authors blocks, who finalises them, and what happens to those who vote twice.

use super::staking::{BondingDuration, MaxActiveValidators, MaxBackersPerValidator};
use crate::{
	settings, upstream_weights, AccountId, Babe, Balances, Grandpa, Historical, Offences, Runtime, RuntimeCall,
	RuntimeEvent, Session, Staking, UncheckedExtrinsic, MILL, SLOT_MILLISECONDS,
};
use alloc::vec::Vec;
use frame_support::traits::{ConstU128, ConstU64, Get};
use polkadot_sdk::*;
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_runtime::{
	impl_opaque_keys,
	traits::{ConvertInto, OpaqueKeys},
};

/// How BABE gives out slots at genesis: a quarter of them by lot, the others in turn, every one with a verifiable random
/// output, so that each block carries fresh randomness.
pub const BABE_GENESIS_EPOCH_CONFIG: BabeEpochConfiguration = BabeEpochConfiguration {
	c: (1, 4),
	allowed_slots: AllowedSlots::PrimaryAndSecondaryVRFSlots,
};

/// Length of an epoch in slots, from genesis.
#[derive(Debug)]
pub struct EpochDuration;
impl Get<u64> for EpochDuration {
	fn get() -> u64 {
		settings::EpochSlots::<Runtime>::get()
	}
}

/// Sessions in an era, from genesis.
#[derive(Debug)]
pub struct SessionsPerEra;
impl Get<u32> for SessionsPerEra {
	fn get() -> u32 {
		settings::SessionsPerEra::<Runtime>::get()
	}
}

/// Sessions for which a stake can still be slashed.
#[derive(Debug)]
pub struct SlashableSessions;
impl Get<u64> for SlashableSessions {
	fn get() -> u64 {
		let eras: u32 = BondingDuration::get();
		u64::from(eras).saturating_mul(u64::from(SessionsPerEra::get()))
	}
}

/// Blocks for which a report of a double vote is worth keeping: as long as the stake behind it can be slashed.
#[derive(Debug)]
pub struct ReportLongevity;
impl Get<u64> for ReportLongevity {
	fn get() -> u64 {
		SlashableSessions::get().saturating_mul(EpochDuration::get())
	}
}

impl pallet_babe::Config for Runtime {
	type DisabledValidators = Session;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type EpochDuration = EpochDuration;
	type EquivocationReportSystem = pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
	type ExpectedBlockTime = ConstU64<SLOT_MILLISECONDS>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type MaxAuthorities = MaxActiveValidators;
	type MaxNominators = MaxBackersPerValidator;
	type WeightInfo = upstream_weights::Babe;
}

impl pallet_grandpa::Config for Runtime {
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type MaxAuthorities = MaxActiveValidators;
	type MaxNominators = MaxBackersPerValidator;
	type MaxSetIdSessionEntries = SlashableSessions;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = upstream_weights::Grandpa;
}

impl pallet_authorship::Config for Runtime {
	type EventHandler = Staking;
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
}

impl_opaque_keys! {
	/// The keys with which a validator takes part, in the order in which they are encoded.
	pub struct SessionKeys {
		/// Votes for finality (ed25519).
		pub grandpa: Grandpa,
		/// Authors blocks (sr25519).
		pub babe: Babe,
	}
}

impl pallet_session::Config for Runtime {
	type Currency = Balances;
	type DisablingStrategy = pallet_session::disabling::UpToLimitWithReEnablingDisablingStrategy;
	// Registering keys costs state and nothing else; without a deposit it would be free to flood.
	type KeyDeposit = ConstU128<{ MILL.saturating_mul(10) }>;
	type Keys = SessionKeys;
	type NextSessionRotation = Babe;
	type RuntimeEvent = RuntimeEvent;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Self, Staking>;
	type ShouldEndSession = Babe;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
}

impl pallet_session::historical::Config for Runtime {
	type FullIdentification = ();
	type FullIdentificationOf = pallet_staking::UnitIdentificationOf<Self>;
	type RuntimeEvent = RuntimeEvent;
}

impl pallet_offences::Config for Runtime {
	type IdentificationTuple = pallet_session::historical::IdentificationTuple<Self>;
	type OnOffenceHandler = Staking;
	type RuntimeEvent = RuntimeEvent;
}

/// Reports of double votes are sent by the node itself, as bare extrinsics.
impl<Call> frame_system::offchain::CreateTransactionBase<Call> for Runtime
where
	RuntimeCall: From<Call>,
{
	type Extrinsic = UncheckedExtrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<Call> frame_system::offchain::CreateBare<Call> for Runtime
where
	RuntimeCall: From<Call>,
{
	fn create_bare(call: RuntimeCall) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_bare(call)
	}
}
