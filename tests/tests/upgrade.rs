//! A running chain with live jobs is brought to the next runtime, which stores a job in another layout: the council names it,
//! somebody brings it, and over several blocks each job is rewritten. None is lost, all are paid, and neither the worker nor the
//! requesters' commands that run meanwhile are helped over it. Prints a line for each step.
//!
//! The next runtime is this one with the feature `rehearsal`; `scripts/test.sh upgrade` builds it. Worker and requesters talk to
//! a node that authors nothing and only follows.

#[path = "upgrade/blocks.rs"]
mod blocks;
#[path = "upgrade/council.rs"]
mod council;
#[path = "upgrade/jobs.rs"]
mod jobs;
#[path = "upgrade/world.rs"]
mod world;

use jobs::{Jobs, LIVE};
use millrace_tests::audit::Audit;
use polkadot_sdk::sp_maybe_compressed_blob::{compress_strongly, CODE_BLOB_BOMB_LIMIT};
use std::{env, fs, thread, time::Instant};
use world::{World, LIMIT};

/// Names the file of the next runtime.
const NEXT: &str = "MILLRACE_NEXT_RUNTIME";
/// One prepaid job fee: 0.005 MILL.
const JOB_FEE: i128 = 5_000_000_000;

/// The next runtime, as a transaction carries it.
fn next_runtime() -> Vec<u8> {
	let path = env::var_os(NEXT)
		.unwrap_or_else(|| panic!("{NEXT} names no runtime: `scripts/test.sh upgrade` builds one and runs this"));
	let code = fs::read(&path).unwrap_or_else(|error| panic!("{NEXT}, {}: {error}", path.display()));
	compress_strongly(&code, CODE_BLOB_BOMB_LIMIT).expect("the file is a runtime that is not compressed yet")
}

#[test]
fn a_running_chain_gets_the_next_runtime_and_no_job_is_lost() {
	let start = Instant::now();
	let code = next_runtime();
	let folder = tempfile::tempdir().expect("a temporary folder");
	let mut world = World::start(folder.path());
	let worker = world.worker.id();
	let before = world.specification(&world.follower);

	let committed = thread::scope(|scope| {
		let committed = scope.spawn(|| jobs::committed(&world));
		council::names(&world, &code);
		committed.join().expect("a job is committed")
	});
	council::no_other_is_taken(&world, before);
	let jobs = Jobs::start(&world, committed);

	let brought = Instant::now();
	let first = council::brings(&world, &code, before);
	let last = blocks::whole_again(&world, first);
	let passed = blocks::all_between(&world, first, last, before);
	println!(
		"upgrade | specification {before} to {} in block {first} on both nodes | {} of two layouts, blocks {first} to {}: a record a \
		 block, {LIVE} in all, none lost | no tick and no transaction meanwhile | storage version 4 to 5 | whole in block {last} after \
		 {} s",
		before + 1,
		passed.half,
		last - 1,
		brought.elapsed().as_secs()
	);

	let paid = jobs.finish(&world);
	assert!(
		world.worker.is_running(),
		"the worker ended:\n{}",
		world.worker.output()
	);
	assert_eq!(world.worker.id(), worker, "it is the process that it was");
	let log = world.worker.output();
	for (line, times) in [
		("the chain is being upgraded; waiting", 1),
		("the chain is upgraded; going on", 1),
		("the chain cannot be read", 0),
		("the job's step failed", 0),
	] {
		assert_eq!(log.matches(line).count(), times, "{line:?} in the worker's log:\n{log}");
	}
	let record = world.client.json(&["provider", "show", &world.provider.to_string()])["record"].clone();
	assert_eq!(record["completed"].as_u64(), u64::try_from(paid.len()).ok(), "{record}");
	for fault in ["late", "no_show", "abandoned", "refuted", "silent", "inputs_missing"] {
		assert_eq!(record[fault], 0, "{fault}: {record}");
	}
	println!(
		"worker | process {worker} held still once and went on by itself | {} jobs of it paid, no fault in its record",
		paid.len()
	);

	let best = world.follower.heights().0;
	world
		.follower
		.wait_until("the last payment's finality", LIMIT, |node| node.heights().1 >= best);
	let audit = world.block_on(Audit::of(&world.follower.url(), best, JOB_FEE));
	for job in &paid {
		let end = audit.ends.get(job).map(|(event, _)| event.as_str());
		assert_eq!(end, Some("JobSettled"), "{job}");
	}
	println!(
		"money | each planck of {best} blocks is where the events say, across the upgrade | {} jobs paid | {} s",
		paid.len(),
		start.elapsed().as_secs()
	);
}
