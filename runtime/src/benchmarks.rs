//! What the benchmark tool runs: every pallet of the runtime that has benchmarks.

use crate::{AccountId, Balances, Runtime};
use frame_benchmarking::{account, benchmarking::add_to_whitelist};
use frame_support::{
	storage::{storage_prefix, unhashed},
	traits::fungible::Mutate,
};
use millrace_primitives::MILL;
use polkadot_sdk::*;

frame_benchmarking::define_benchmarks!(
	[frame_system, SystemBench::<Runtime>]
	[frame_system_extensions, SystemExtensionsBench::<Runtime>]
	[pallet_babe, Babe]
	[pallet_bags_list, VoterList]
	[pallet_balances, Balances]
	[pallet_collective, Council]
	[pallet_grandpa, Grandpa]
	[pallet_membership, CouncilMembership]
	[pallet_migrations, Migrations]
	[pallet_multisig, Multisig]
	[pallet_parameters, Parameters]
	[pallet_preimage, Preimage]
	[pallet_proxy, Proxy]
	[pallet_scheduler, Scheduler]
	[pallet_staking, Staking]
	[pallet_sudo, Sudo]
	[pallet_timestamp, Timestamp]
	[pallet_transaction_payment, TransactionPayment]
	[pallet_treasury, Treasury]
	[pallet_utility, Utility]
	[staking_settings, StakingSettings]
	[pallet_kernels, Kernels]
	[pallet_providers, Providers]
	[pallet_market, Market]
	[pallet_rewards, Rewards]
);

impl frame_system_benchmarking::Config for Runtime {}

impl pallet_transaction_payment::BenchmarkConfig for Runtime {
	/// A block with an author, who gets its part of the fee. Its account is read and written once a block, however many fees come
	/// to it: that is a part of what a block costs before any transaction.
	fn setup_benchmark_environment() {
		let author: AccountId = account("author", 0, 0);
		Balances::mint_into(&author, MILL).expect("issuance is far from its end");
		unhashed::put(&storage_prefix(b"Authorship", b"Author"), &author);
		add_to_whitelist(frame_system::Account::<Runtime>::hashed_key_for(&author).into());
	}
}
