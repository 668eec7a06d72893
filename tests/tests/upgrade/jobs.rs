//! The jobs that live when the chain is upgraded, one in each state and another that waits for its turn, and their requesters'
//! commands.

use crate::world::{uri, World};
use millrace_client::chain::JobId;
use millrace_compute::{Options, Runner};
use millrace_kernel::{asm::assemble, eval::Task};
use millrace_tests::{cheat::WITH_INPUT, Answer};
use serde_json::Value;
use std::{
	fs,
	path::Path,
	thread::{self, JoinHandle},
	time::{Duration, Instant},
};

/// How many there are.
pub(crate) const LIVE: usize = 5;
/// Items of a job with an input.
const ITEMS: usize = 1_000;
/// What jobs pay for 2³⁰ units: more than the provider asks.
const PRICE: &str = "40000000planck";
/// What a job says that the provider is to take.
const MET: &str = "max_price = \"40000000planck\"\nrun_ticks = 60\nexpires_in = 190\n";
/// One that bids less than the provider asks.
const BELOW: &str = "level = 10\nexpires_in = 190\n";
/// For how long the worker is to compute the job that runs meanwhile: from its acceptance until the code is replaced, with a
/// margin.
const RUN: Duration = Duration::from_secs(30);
/// Chains of multiplications, of 2^21 units an item.
const LONG: &str = include_str!("../../../runtime/kernels/mix32.mk");
/// Bound of units for one of its items.
const LONG_UNITS: u32 = 1 << 21;
/// What it begins with.
const SEEDS: [u64; 2] = [11, 12];
/// Items that are computed here to see how long one takes.
const TRIED: u32 = 16;
/// How requesters' commands receive.
const RECEIVE: &str = "--check all --allow-private --wait-timeout 4m";

/// A command that waits until its job is paid.
struct Purchase {
	name: &'static str,
	command: JoinHandle<Answer>,
}

/// What is under way.
pub(crate) struct Jobs {
	/// Committed, its window open, and nobody has asked for the result.
	committed: JobId,
	/// Waits in the book at a price that nobody asks.
	below: JobId,
	/// One that runs, one that is assigned, one that waits for room.
	waited_for: Vec<Purchase>,
}

/// A job whose requester went away after it had brought the input.
pub(crate) fn committed(world: &World) -> JobId {
	fs::write(world.folder.join("with.mk"), WITH_INPUT).expect("the test's folder is writable");
	let job = placed(world, "committed", &with_input(world, "committed", MET));
	world.wait("a commitment", || (states(world) == ["committed"]).then_some(()));
	job
}

impl Jobs {
	/// Places the others, and waits until each is where it is to be.
	pub(crate) fn start(world: &World, committed: JobId) -> Jobs {
		let start = Instant::now();
		fs::write(world.folder.join("mix32.mk"), LONG).expect("the test's folder is writable");
		let below = placed(world, "below", &long(world, "below", 8, BELOW));
		let items = items_for(RUN);
		let running = buy(world, "running", &long(world, "running", items, MET));
		world.wait("the long job's assignment", || {
			states(world)
				.iter()
				.any(|state| state == "assigned" || state == "running")
				.then_some(())
		});
		// Which of these two is assigned, and which waits for room, is all the same.
		let others = ["behind", "queued"].map(|name| buy(world, name, &with_input(world, name, MET)));
		let wanted = ["assigned", "committed", "pending", "pending", "running"];
		world.wait("a job in each state", || (states(world) == wanted).then_some(()));
		println!(
			"jobs | {} live: {} | the one that runs has {items} items, for {} s | {} s",
			wanted.len(),
			wanted.join(", "),
			RUN.as_secs(),
			start.elapsed().as_secs()
		);
		Jobs {
			committed,
			below,
			waited_for: [running].into_iter().chain(others).collect(),
		}
	}

	/// Sees all of them paid, and another one that is placed under the new runtime. Returns their ids.
	pub(crate) fn finish(self, world: &World) -> Vec<JobId> {
		let start = Instant::now();
		let new = buy(world, "new", &with_input(world, "new", MET));
		let (committed, below) = (self.committed.to_string(), self.below.to_string());
		let mut paid = Vec::new();
		thread::scope(|scope| {
			let fetched = scope.spawn(|| receive(world, "committed", &["job", "fetch", &committed]));
			let repriced = scope.spawn(|| {
				let reprice = ["--key", &uri("below"), "job", "reprice", &below, "--price", PRICE];
				world.client.json(&reprice);
				receive(world, "below", &["job", "fetch", &below])
			});
			for purchase in self.waited_for.into_iter().chain([new]) {
				let answer = purchase.command.join().expect("the command's thread does not panic");
				paid.push(report(world, purchase.name, &answer));
			}
			for (name, thread) in [("committed", fetched), ("below", repriced)] {
				let answer = thread.join().expect("the command's thread does not panic");
				paid.push(report(world, name, &answer));
			}
		});
		assert_eq!(paid.len(), LIVE + 1);
		assert!(states(world).is_empty(), "a job is left on the chain");
		println!(
			"jobs | {LIVE} from before and one from after the upgrade: every leaf re-run, all paid | commands that were waiting went \
			 on by themselves | {} s",
			start.elapsed().as_secs()
		);
		paid
	}
}

/// Items of the long job that the worker computes for so long.
fn items_for(time: Duration) -> u32 {
	let program = assemble(LONG).expect("a kernel");
	let task = Task {
		items: TRIED,
		max_units: LONG_UNITS,
		params: &SEEDS,
	};
	let options = Options {
		threads: 1,
		..Options::default()
	};
	let start = Instant::now();
	Runner::reference()
		.run(&program, &task, &[], &options)
		.expect("it is computed");
	let one = start.elapsed() / TRIED;
	let items = time.as_micros() / one.as_micros().max(1);
	u32::try_from(items).expect("not that many").clamp(TRIED, 1 << 14)
}

/// Writes a job file over the kernel with an input.
fn with_input(world: &World, name: &str, offer: &str) -> String {
	let input: Vec<u8> = (0..ITEMS * 16).map(|at| (at * 7 + name.len()) as u8).collect();
	fs::write(world.folder.join(format!("{name}.bin")), input).expect("the test's folder is writable");
	let work = format!("kernel = \"with.mk\"\nitems = {ITEMS}\nparams = [3]\n[[inputs]]\nfile = \"{name}.bin\"\n");
	job_file(&world.folder, name, &work, offer)
}

/// The same for the one that takes long and needs nothing.
fn long(world: &World, name: &str, items: u32, offer: &str) -> String {
	let [first, second] = SEEDS;
	let work = format!("kernel = \"mix32.mk\"\nitems = {items}\nparams = [{first}, {second}]\n");
	job_file(&world.folder, name, &work, offer)
}

fn job_file(folder: &Path, name: &str, work: &str, offer: &str) -> String {
	let path = folder.join(format!("{name}.toml"));
	let text = format!("{work}[output]\nfile = \"{name}.out\"\n[offer]\n{offer}");
	fs::write(&path, text).expect("the test's folder is writable");
	path.to_str().expect("UTF-8").to_owned()
}

/// Places a job and does not wait for it.
fn placed(world: &World, name: &str, file: &str) -> JobId {
	let run = ["--key", &uri(name), "job", "run", file, "--register", "--allow-private"];
	id(&world.client.json(&run))
}

/// Begins to buy a job: submit, push, wait, fetch, re-run every leaf, pay.
fn buy(world: &World, name: &'static str, file: &str) -> Purchase {
	let (client, file) = (world.client.clone(), file.to_owned());
	let command = thread::spawn(move || {
		let key = uri(name);
		let mut arguments = vec!["--key", &key, "job", "run", &file, "--wait"];
		arguments.extend(RECEIVE.split(' '));
		client.run(&arguments)
	});
	Purchase { name, command }
}

/// Goes on with a job.
fn receive(world: &World, name: &str, command: &[&str]) -> Answer {
	let key = uri(name);
	let arguments = ["--key", &key].into_iter().chain(command.iter().copied());
	let arguments: Vec<&str> = arguments.chain(RECEIVE.split(' ')).collect();
	world.client.run(&arguments)
}

/// The job of a command that has ended well, with a result of which every leaf was re-run.
fn report(world: &World, name: &str, answer: &Answer) -> JobId {
	assert_eq!(
		answer.code,
		0,
		"{name}: {answer:?}\nthe worker says:\n{}",
		world.worker.output()
	);
	let report = answer.json();
	assert_eq!(report["check"]["verified"], true, "{name}: {report}");
	id(&report)
}

fn id(report: &Value) -> JobId {
	let job = report["job"].as_str().and_then(|text| text.parse().ok());
	job.unwrap_or_else(|| panic!("no job: {report}"))
}

/// The states of all jobs on the chain, sorted.
fn states(world: &World) -> Vec<String> {
	let jobs = world.client.json(&["job", "list", "--all"])["jobs"].clone();
	let jobs = jobs.as_array().expect("a list").iter();
	let mut states: Vec<String> = jobs
		.map(|job| job["state"]["name"].as_str().expect("a name").to_owned())
		.collect();
	states.sort();
	states
}
