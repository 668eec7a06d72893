//! The heaviest things that the chain does by itself or lets anyone do fit into its blocks, and everything is weighed.

use frame_election_provider_support::{weights::SubstrateWeight as ElectionWeight, NposSolver, SequentialPhragmen};
use frame_support::{dispatch::DispatchClass, traits::Get, weights::Weight};
use millrace_runtime::{
	configs::{
		staking::{
			BagThresholds, MaxActiveValidators, MaxBackersPerValidator, MAX_ELECTABLE_TARGETS, MAX_ELECTING_VOTERS,
			MAX_NOMINATIONS,
		},
		system::RuntimeBlockWeights,
	},
	genesis_presets::{MAX_NOMINATORS, MAX_VALIDATORS},
	upstream_weights, AccountId, Runtime,
};
use pallet_babe::WeightInfo as _;
use pallet_staking::WeightInfo as _;
use polkadot_sdk::*;
use sp_runtime::Perbill;
use std::{fs, path::Path};

fn largest_transaction() -> Weight {
	RuntimeBlockWeights::get()
		.get(DispatchClass::Normal)
		.max_extrinsic
		.expect("there is a limit")
}

#[test]
fn a_page_of_rewards_can_be_paid_in_one_transaction() {
	let page = <Runtime as pallet_staking::Config>::MaxExposurePageSize::get();
	let payout = pallet_staking::weights::SubstrateWeight::<Runtime>::payout_stakers_alive_staked(page);
	assert!(payout.all_lte(largest_transaction()), "{payout:?}");
}

#[test]
fn a_double_vote_can_be_reported_in_one_transaction() {
	let report = upstream_weights::Babe::report_equivocation(MaxActiveValidators::get(), MaxBackersPerValidator::get());
	assert!(report.all_lte(largest_transaction()), "{report:?}");
}

/// It runs inside a block that nobody can keep small, so it may take a tenth of it at most.
#[test]
fn an_election_is_bounded() {
	let election = <SequentialPhragmen<AccountId, Perbill> as NposSolver>::weight::<ElectionWeight<Runtime>>(
		MAX_ELECTING_VOTERS,
		MAX_ELECTABLE_TARGETS,
		MAX_NOMINATIONS,
	);
	assert!(election.ref_time() > 0);
	assert!(
		election.ref_time() <= RuntimeBlockWeights::get().max_block.ref_time() / 10,
		"{election:?}"
	);
}

/// Every bonded account takes part in the election: none can be pushed out of it.
#[test]
fn an_election_sees_every_voter_and_candidate() {
	const { assert!(MAX_NOMINATORS + MAX_VALIDATORS <= MAX_ELECTING_VOTERS) };
	const { assert!(MAX_VALIDATORS <= MAX_ELECTABLE_TARGETS) };
	assert!(BagThresholds::get().windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn no_pallet_is_configured_without_weights() {
	let mut files = 0;
	let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
	while let Some(folder) = folders.pop() {
		for entry in fs::read_dir(&folder).expect("the sources are there") {
			let path = entry.expect("the folder can be read").path();
			if path.is_dir() {
				folders.push(path);
				continue;
			}
			let text = fs::read_to_string(&path).expect("sources are text");
			assert!(
				!text.contains("WeightInfo = ()"),
				"{} has a pallet without weights",
				path.display()
			);
			files += 1;
		}
	}
	assert!(files > 10, "only {files} files were read");
}
