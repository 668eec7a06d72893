//! A chain under load: a real node whose blocks real signed transactions fill for ten minutes, with whole lives of jobs.
//! The driver plays all requesters and all workers, and computes nothing.
//!
//! The length is counted in blocks, for the protocol's clock rests while blocks are full.

mod driver;
mod link;
mod parties;
mod specification;

use crate::{
	market::{
		grouped,
		state::{keys_beside_counters, listed, Grown, Growth},
	},
	report::Report,
};
use driver::{Driver, Plan, Tally};
use link::Link;
use millrace_tests::{process::memory, Node};
use parties::Parties;

/// Blocks in which jobs are submitted, unless the variable says otherwise: ten minutes.
const BLOCKS: u32 = 200;
const BLOCKS_VARIABLE: &str = "MILLRACE_LOAD_BLOCKS";
/// Jobs that are on their way at once: enough that transactions wait for every block, and so few that neither the pool nor
/// the lanes of all providers are full.
const IN_FLIGHT: usize = 1_500;
/// The jobs that make the records of all who take part, before the state is looked at.
const FIRST: Plan = Plan {
	blocks: 2,
	in_flight: 64,
};
pub(crate) fn measure(report: &mut Report) {
	let blocks = match std::env::var(BLOCKS_VARIABLE).map(|text| text.parse()) {
		Ok(Ok(blocks)) if blocks > 0 => blocks,
		Ok(_) => {
			let why = format!("{BLOCKS_VARIABLE} is not a number of blocks; leave it out or give one above 0");
			return report.not_measured("load", "every job paid", &why);
		}
		Err(_) => BLOCKS,
	};
	let folder = tempfile::tempdir().expect("a temporary folder");
	let specification = specification::write(folder.path());
	let node = Node::start(specification.to_str().expect("UTF-8"), &folder.path().join("node"));
	let runtime = tokio::runtime::Builder::new_multi_thread()
		.enable_all()
		.build()
		.expect("a runtime");
	let (tally, growth) = runtime.block_on(async {
		let link = Link::connect(&node.url()).await;
		let parties = Parties::prepare(&link).await;
		let mut driver = Driver::new(link, parties).await;
		driver.run(&FIRST).await;
		let before = driver.state().await;
		node.process.forget_peak();
		let plan = Plan {
			blocks,
			in_flight: IN_FLIGHT,
		};
		let tally = driver.run(&plan).await;
		(tally, driver.state().await.growth_since(&before))
	});
	show(report, &tally, &growth);
	let peak = |process| memory(process, "VmHWM:").unwrap_or_default() >> 20;
	report.note(&format!(
		"memory at most: {} MB of the node, {} MB of the driver",
		peak(node.process.id()),
		peak(std::process::id())
	));
}

fn show(report: &mut Report, tally: &Tally, growth: &Growth) {
	let (mean, most) = tally.shares();
	report.goal(
		"load",
		&format!(
			"{:.1} jobs a block, {} jobs in {} blocks; {:.1} % of the weight bound on average, {:.1} % at most",
			tally.jobs_a_block(),
			grouped(tally.settled as usize),
			grouped(tally.blocks as usize),
			mean * 100.0,
			most * 100.0
		),
		"every job paid",
		tally.settled > 0 && tally.settled == tally.submitted && tally.ended_otherwise == 0,
	);
	report.note(&format!(
		"{} submitted, {} ended without payment; {} transactions failed in blocks; {} ticks in {} blocks, full ones do not count",
		grouped(tally.submitted as usize),
		tally.ended_otherwise,
		tally.failed,
		tally.ticks,
		tally.blocks_in_all
	));
	let refused: u32 = tally.refusals.values().sum();
	report.goal(
		"load refusals",
		&format!("{refused} of {} transactions by the pool", grouped(tally.sent as usize)),
		"none",
		refused == 0,
	);
	for (why, times) in &tally.refusals {
		report.note(&format!("{times} times: {why}"));
	}
	// Whom liveness asks for a sign of life at the moment is no matter of jobs.
	let of_jobs = |(name, _): &(&String, &Grown)| !name.starts_with("Providers::Sample");
	let jobs = growth
		.iter()
		.filter(of_jobs)
		.map(|(name, grown)| (name.clone(), *grown));
	let keys = keys_beside_counters(&jobs.collect());
	report.goal(
		"load state",
		&format!("{keys} keys left that are no counters"),
		"none",
		keys == 0,
	);
	report.note(&format!("grown since the first jobs ended: {}", listed(growth)));
}
