//! The largest election: whether planning an era with it takes no longer than is charged for it, which fits into a block.
//! Measured in the compiled runtime, like C3.

use crate::{
	calls::{worst_cases, Tools},
	machine,
	report::Report,
};
use frame_election_provider_support::WeightInfo as _;
use millrace_runtime::{
	configs::{
		staking::{MAX_ELECTABLE_TARGETS, MAX_ELECTING_VOTERS, MAX_NOMINATIONS},
		system::MAX_BLOCK_WEIGHT,
	},
	upstream_weights::Election,
	Runtime,
};
use pallet_staking::WeightInfo as _;
use polkadot_sdk::*;

const NAME: &str = "election";
/// The pallet whose benchmark it is, and its name.
const PALLET: &str = "staking_settings";
const BENCHMARK: &str = "plan_era";
/// Each time takes about a second, and as long to set up.
const REPEAT: u32 = 10;

/// What reading voters and candidates and electing among them is charged, in milliseconds.
fn charged() -> f64 {
	type Staking = <Runtime as pallet_staking::Config>::WeightInfo;
	let nominators = MAX_ELECTING_VOTERS - MAX_ELECTABLE_TARGETS;
	let weight = Staking::get_npos_voters(MAX_ELECTABLE_TARGETS, nominators)
		.saturating_add(Staking::get_npos_targets(MAX_ELECTABLE_TARGETS))
		.saturating_add(Election::phragmen(
			MAX_ELECTING_VOTERS,
			MAX_ELECTABLE_TARGETS,
			MAX_NOMINATIONS,
		));
	weight.ref_time() as f64 / 1e9
}

pub(crate) fn measure(report: &mut Report) {
	let goal = format!("<= {:.0} ms", charged());
	let folder = tempfile::tempdir().expect("a temporary folder");
	let before = machine::factor();
	let results = Tools::find().and_then(|tools| tools.run(PALLET, REPEAT, &folder.path().join(PALLET)));
	let results = match results {
		Ok(results) => results,
		Err(why) => return report.not_measured(NAME, &goal, &why),
	};
	let k = (before + machine::factor()) / 2.0;
	let Some((_, nanoseconds)) = worst_cases(&results).remove(BENCHMARK) else {
		return report.not_measured(NAME, &goal, "the benchmark did not run");
	};
	let (here, took) = (nanoseconds / 1e6, nanoseconds / 1e6 / k);
	report.goal(NAME, &format!("{took:.0} ms"), &goal, took <= charged());
	report.note(&format!(
		"on the reference machine, with storing what was elected; {here:.0} ms here. A block has {:.0} ms",
		MAX_BLOCK_WEIGHT.ref_time() as f64 / 1e9
	));
}
