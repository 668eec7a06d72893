//! What liveness weighs: the hook's part of a block, with the task for a device that it may draw, and the answers that it
//! asks for.

use crate::{report::Report, weight};
use frame_support::{dispatch::DispatchClass, weights::Weight};
use millrace_client::chain::Call;
use millrace_runtime::{
	configs::{millrace::standard_liveness, system::RuntimeBlockWeights},
	Runtime,
};
use pallet_providers::{types::MAX_SAMPLES, WeightInfo};
use polkadot_sdk::*;

/// The generated weights.
type Weights = <Runtime as pallet_providers::Config>::WeightInfo;

/// Reachable providers of the goal.
const PROVIDERS: u32 = 10_000;

/// Samples that are drawn in a tick.
fn samples(providers: u32) -> u32 {
	providers
		.div_ceil(standard_liveness().providers_per_sample)
		.min(MAX_SAMPLES)
}

/// What the hook weighs in a tick in which nobody misses a sample and a device gets a task.
fn hook(providers: u32) -> Weight {
	Weights::on_poll()
		.saturating_add(Weights::draw_samples(samples(providers)))
		.saturating_add(Weights::serve_samples())
		.saturating_add(Weights::serve_request().max(Weights::draw_idle()))
		.saturating_add(Weights::serve_tick())
}

pub(crate) fn measure(report: &mut Report) {
	let weights = RuntimeBlockWeights::get();
	let class = weights.get(DispatchClass::Normal);
	let normal = class.max_total.unwrap_or(weights.max_block).ref_time() as f64;
	let answer = weight::of(&Call::Heartbeat).ref_time + class.base_extrinsic.ref_time();
	let of_block = |providers: u32| {
		let answers = answer * u64::from(samples(providers));
		(hook(providers).ref_time() + answers) as f64
	};
	let share = of_block(PROVIDERS) / normal;
	report.goal(
		"C5",
		&format!(
			"{:.2} ms, {:.2} % of a block's normal weight, {} heartbeats and a task for a device included",
			of_block(PROVIDERS) / 1e9,
			share * 100.0,
			samples(PROVIDERS)
		),
		"<= 1 %",
		share <= 0.01,
	);
	report.note(&format!(
		"at 200, 1,600 and 100,000 providers: {:.2}, {:.2} and {:.2} ms",
		of_block(200) / 1e9,
		of_block(1_600) / 1e9,
		of_block(100_000) / 1e9
	));
}
