//! The heaviest things that the chain does by itself or lets anyone do fit into its blocks, and everything is weighed.

use frame_election_provider_support::{NposSolver, SequentialPhragmen};
use frame_support::{dispatch::DispatchClass, traits::Get, weights::Weight};
use millrace_kernel::program::{REFUTE_FAULTS, REFUTE_UNITS};
use millrace_primitives::refutation::{MAX_CHUNKS, MAX_DEMANDED, MAX_LEAF_BYTES, MAX_SIBLINGS};
use millrace_runtime::{
	configs::{
		council::{CouncilInstance, MotionWeight, MAX_MEMBERS, MAX_MOTIONS},
		staking::{
			BagThresholds, MaxActiveValidators, MaxBackersPerValidator, MAX_ELECTABLE_TARGETS, MAX_ELECTING_VOTERS,
			MAX_NOMINATIONS,
		},
		system::{RuntimeBlockLength, RuntimeBlockWeights},
	},
	genesis_presets::{MAX_NOMINATORS, MAX_VALIDATORS},
	upstream_weights, AccountId, Runtime,
};
use pallet_babe::WeightInfo as _;
use pallet_collective::WeightInfo as _;
use pallet_market::WeightInfo as _;
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

/// Reading voters and candidates, and the election itself, at their bounds: the block in which they are done holds nothing
/// else, and they fit into it. `staking.rs` does them.
#[test]
fn the_largest_election_fits_into_a_block() {
	type Staking = <Runtime as pallet_staking::Config>::WeightInfo;
	let election = <SequentialPhragmen<AccountId, Perbill> as NposSolver>::weight::<upstream_weights::Election>(
		MAX_ELECTING_VOTERS,
		MAX_ELECTABLE_TARGETS,
		MAX_NOMINATIONS,
	);
	assert!(election.ref_time() > 0);
	let read = Staking::get_npos_voters(MAX_VALIDATORS, MAX_NOMINATORS) + Staking::get_npos_targets(MAX_VALIDATORS);
	let whole = read + election;
	assert!(
		whole.ref_time() <= RuntimeBlockWeights::get().max_block.ref_time(),
		"{whole:?}"
	);
}

/// Every bonded account takes part in the election: none can be pushed out of it.
#[test]
fn an_election_sees_every_voter_and_candidate() {
	const { assert!(MAX_NOMINATORS + MAX_VALIDATORS <= MAX_ELECTING_VOTERS) };
	const { assert!(MAX_VALIDATORS <= MAX_ELECTABLE_TARGETS) };
	assert!(BagThresholds::get().windows(2).all(|pair| pair[0] < pair[1]));
}

/// The dearest proof that can be valid, and the fullest answer to a demand: in time, and in length.
#[test]
fn a_refutation_and_an_answer_fit_into_one_transaction() {
	type Weights = <Runtime as pallet_market::Config>::WeightInfo;
	let refute = Weights::refute(REFUTE_UNITS, REFUTE_FAULTS);
	assert!(refute.all_lte(largest_transaction()), "{refute:?}");
	let provide = Weights::provide(MAX_DEMANDED);
	assert!(provide.all_lte(largest_transaction()), "{provide:?}");

	let longest = *RuntimeBlockLength::get().max.get(DispatchClass::Normal);
	// 512 chunks with their numbers, all siblings that an opening may have, 32 pairs of 80 bytes; lengths and signature.
	let refute = MAX_CHUNKS * (1_024 + 4) + MAX_SIBLINGS * 32 + 32 * 80 + 1_000;
	assert!(refute < longest, "{refute} of {longest}");
	// 64 leaves of 1 KiB, each with as many pairs.
	let provide = MAX_DEMANDED * (MAX_LEAF_BYTES + 32 * 80 + 16) + 1_000;
	assert!(provide < longest, "{provide} of {longest}");
}

/// The longest call that a transaction can put to the vote, and the heaviest that may be.
#[test]
fn a_motion_can_be_put_and_carried_out_in_one_transaction_each() {
	type Weights = <Runtime as pallet_collective::Config<CouncilInstance>>::WeightInfo;
	let longest = *RuntimeBlockLength::get().max.get(DispatchClass::Operational);
	let largest = RuntimeBlockWeights::get()
		.get(DispatchClass::Operational)
		.max_extrinsic
		.expect("there is a limit");
	let put = Weights::propose_proposed(longest, MAX_MEMBERS, MAX_MOTIONS);
	assert!(put.all_lte(largest), "{put:?}");
	let carried_out = Weights::close_early_approved(longest, MAX_MEMBERS, MAX_MOTIONS)
		.max(Weights::close_approved(longest, MAX_MEMBERS, MAX_MOTIONS))
		.saturating_add(MotionWeight::get());
	assert!(carried_out.all_lte(largest), "{carried_out:?}");
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

/// A figure that nobody measured would be wrong in one direction or the other; a file that somebody edited by hand
/// would be so unseen.
#[test]
fn our_weights_are_generated() {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/weights");
	let mut files = 0;
	for entry in fs::read_dir(folder).expect("the sources are there") {
		let path = entry.expect("the folder can be read").path();
		if path.ends_with("mod.rs") {
			continue;
		}
		let text = fs::read_to_string(&path).expect("sources are text");
		let header = text.lines().next().unwrap_or_default();
		assert!(
			header.contains("generated by frame-benchmarking-cli")
				|| header.contains("GENERATED USING THE SUBSTRATE BENCHMARK CLI"),
			"{} has no header of the tool: run scripts/weights.sh",
			path.display()
		);
		files += 1;
		if text.contains("/// Stats nanoseconds:") {
			// What an empty block or transaction takes is one figure, not a function.
			continue;
		}
		let functions = text.matches("\tfn ").count();
		let measured = text.matches("// Minimum execution time: ").count();
		assert!(
			functions > 0 && functions == measured,
			"{}: {measured} of {functions} measured",
			path.display()
		);
	}
	assert_eq!(
		files, 8,
		"kernels, providers, rewards, market, the extensions and the payment of transactions, an empty block, an empty transaction"
	);
}
