//! The pallets of the runtime and their indices.
//!
//! An index is part of every encoded call, event and error, so it never changes and is never used again. The order is the
//! order of genesis and of hooks: the settings come before the pallets that read them, Authorship and Staking before
//! Session, and what Staking leaves to set at genesis after it.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]
#![allow(missing_docs, reason = "the items are generated; each pallet documents itself")]

use crate::{settings, staking_settings, upgrades};
use alloc::vec::Vec;
use pallet_session::historical as session_historical;
use polkadot_sdk::*;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Settings = settings;
	#[runtime::pallet_index(3)]
	pub type Babe = pallet_babe;
	#[runtime::pallet_index(4)]
	pub type Authorship = pallet_authorship;
	#[runtime::pallet_index(5)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(6)]
	pub type TransactionPayment = pallet_transaction_payment;

	#[runtime::pallet_index(10)]
	pub type Staking = pallet_staking;
	#[runtime::pallet_index(11)]
	pub type VoterList = pallet_bags_list<Instance1>;
	#[runtime::pallet_index(12)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(13)]
	pub type Historical = session_historical;
	#[runtime::pallet_index(14)]
	pub type Offences = pallet_offences;
	#[runtime::pallet_index(15)]
	pub type Grandpa = pallet_grandpa;
	#[runtime::pallet_index(16)]
	pub type StakingSettings = staking_settings;

	#[runtime::pallet_index(20)]
	pub type Treasury = pallet_treasury;
	#[runtime::pallet_index(21)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(22)]
	pub type Proxy = pallet_proxy;
	#[runtime::pallet_index(23)]
	pub type Multisig = pallet_multisig;
	#[runtime::pallet_index(24)]
	pub type Preimage = pallet_preimage;
	#[runtime::pallet_index(25)]
	pub type Scheduler = pallet_scheduler;

	#[runtime::pallet_index(30)]
	pub type Migrations = pallet_migrations;
	#[runtime::pallet_index(31)]
	pub type Parameters = pallet_parameters;
	#[runtime::pallet_index(32)]
	pub type Sudo = pallet_sudo;
	#[runtime::pallet_index(33)]
	pub type Council = pallet_collective<Instance1>;
	#[runtime::pallet_index(34)]
	pub type CouncilMembership = pallet_membership<Instance1>;
	#[runtime::pallet_index(35)]
	pub type Upgrades = upgrades;

	#[runtime::pallet_index(50)]
	pub type Kernels = pallet_kernels;
	#[runtime::pallet_index(51)]
	pub type Providers = pallet_providers;
	#[runtime::pallet_index(52)]
	pub type Market = pallet_market;
	#[runtime::pallet_index(53)]
	pub type Rewards = pallet_rewards;
}

/// The inherents that `data` asks for. The trait behind it is private to this module.
pub(crate) fn create_inherents(data: &sp_inherents::InherentData) -> Vec<crate::UncheckedExtrinsic> {
	data.create_extrinsics()
}

/// Whether a block's inherents agree with `data`.
pub(crate) fn check_inherents(
	block: &<crate::Block as sp_runtime::traits::Block>::LazyBlock,
	data: &sp_inherents::InherentData,
) -> sp_inherents::CheckInherentsResult {
	data.check_extrinsics(block)
}
