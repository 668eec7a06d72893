//! Crash tests of the worker: `kill -9` right after each journal step, and with no event ever seen.
//! `Providing` is the step of a job whose leaves are demanded; it has a test of its own.
//!
//! The worker never reads events. It learns of jobs by reading state at one block, and a subscription to blocks only
//! tells it when to look (`--follow poll` does without). So whatever it missed while it was dead, one look shows it
//! everything; these tests hold it to that. Every other step runs in poll mode, to show that a subscription, present or
//! lost, changes nothing.
//!
//! With `MILLRACE_HALT_AFTER=<step>` the worker stops dead once that step is durable, before anything that depends on
//! it. The clock of the chain goes on meanwhile: in the preset `fast` an assignment must be accepted within 8 ticks,
//! 24 s, and is turned down 6 ticks before that if its inputs are not there. A worker that is started again at once
//! answers in time. One that was killed before the inputs came may turn its assignment down; the job then comes back
//! to it as another attempt, and still is paid once.

use millrace_client::{
	chain::{Call, Chain, JobEvent, JobId, JobState},
	keys::Key,
};
use millrace_tests::{binary, client::answer, Answer, Network, Process};
use serde_json::{json, Value};
use std::{
	collections::BTreeSet,
	fs,
	path::PathBuf,
	process::Command,
	thread::{self, sleep, JoinHandle},
	time::{Duration, Instant},
};

/// The journal's steps, in order.
const STEPS: &str = "Seen InputsReady Accepting Accepted Computed Committing Committed Ended";
/// How long a worker may take to start, or to see that a payment is final.
const START: Duration = Duration::from_secs(60);
/// How long a job may take to come to a step.
const STEP: Duration = Duration::from_secs(150);
/// How long a requester's command may run: a minute more than it waits by itself.
const PURCHASE: Duration = Duration::from_secs(300);

/// Items of a job.
const ITEMS: usize = 64;
/// Bytes of an item, in and out.
const ITEM: usize = 16;
/// Adds an item's number to each of its bytes.
const KERNEL: &str = "
.item       16
.inputs     data
.max_units  1000
.max_faults 1
.w i at j x t
  index   i
  shl     at, i, 4
  loop each
    ld8u.z  x, data[at]
    add     x, x, i
    sto8    [j], x
    add     at, at, 1
    add     j, j, 1
    ltu     t, j, 16
    br_if   t, each
  end
";

/// Looks ten times a second until there is something; panics with the worker's log if it ends or `limit` passes.
fn wait<T>(what: &str, limit: Duration, worker: &mut Process, mut look: impl FnMut(&Process) -> Option<T>) -> T {
	let start = Instant::now();
	loop {
		if let Some(found) = look(worker) {
			return found;
		}
		assert!(worker.is_running(), "{what}: the worker ended:\n{}", worker.output());
		let log = worker.output();
		assert!(start.elapsed() < limit, "{what}: not in {limit:?}; the worker:\n{log}");
		sleep(Duration::from_millis(100));
	}
}

/// A requester's command under way: submit, push, wait, fetch, re-run every leaf, pay.
struct Purchase {
	name: String,
	output: PathBuf,
	expected: Vec<u8>,
	command: JoinHandle<Answer>,
}

impl Purchase {
	/// Begins to buy a job. `seed` makes its input, so that no other job's result can pass for its own.
	fn begin(network: &Network, key: &str, name: &str, seed: usize) -> Purchase {
		let path = |ending: &str| network.folder.join(format!("{name}.{ending}"));
		let input: Vec<u8> = (0..ITEMS * ITEM).map(|at| (at * 7 + seed * 31) as u8).collect();
		let bytes = input.iter().enumerate();
		let expected = bytes.map(|(at, byte)| byte.wrapping_add((at / ITEM) as u8)).collect();
		fs::write(path("in"), input).expect("the test's folder is writable");
		// A price that every ask of this test meets, and time for another attempt.
		let job = format!(
			"kernel = \"kernel.mk\"\nitems = {ITEMS}\n[[inputs]]\nfile = \"{name}.in\"\n[output]\nfile = \"{name}.out\"\n\
			 [offer]\nmax_price = \"40000000planck\"\nrun_ticks = 60\nexpires_in = 150\n"
		);
		fs::write(path("toml"), job).expect("the test's folder is writable");
		let file = path("toml").to_str().expect("UTF-8").to_owned();
		let (client, key) = (network.client.clone(), key.to_owned());
		let command = thread::spawn(move || {
			let mut arguments = vec!["--key", &key, "job", "run", &file];
			arguments.extend("--wait --check all --allow-private --wait-timeout 4m".split(' '));
			client.run(&arguments)
		});
		Purchase {
			name: name.to_owned(),
			output: path("out"),
			expected,
			command,
		}
	}

	/// Waits until the worker has stopped dead after `step` of this job.
	fn until_halted(self, worker: &mut Process, step: &str) -> Purchase {
		let line = format!("halted after {step}");
		let halted = wait(step, STEP, worker, |worker| {
			// Only the last step comes after the payment.
			let too_late = step != "Ended" && self.command.is_finished();
			let halted = worker.output().contains(&line);
			(halted || too_late).then_some(halted)
		});
		if !halted {
			panic!("{step}: the command ended first: {:?}", self.command.join());
		}
		self
	}

	/// The command's report, once it has ended well and the bytes are those that the job must have.
	fn report(self, worker: &mut Process) -> Value {
		let name = &self.name;
		wait(name, PURCHASE, worker, |_| self.command.is_finished().then_some(()));
		let answer = self.command.join().expect("the command's thread does not panic");
		let log = worker.output();
		assert_eq!(answer.code, 0, "{name}: {answer:?}\nthe worker says:\n{log}");
		let report = answer.json();
		assert_eq!(report["check"]["verified"], true, "{name}: {report}");
		let bytes = fs::read(&self.output).unwrap_or_else(|error| panic!("{name}: no output: {error}"));
		assert!(bytes == self.expected, "{name}: other bytes than the job's: {report}");
		report
	}
}

/// What the provider has earned, in finalised state: the balance of the account that is paid; and by the provider's own
/// record, jobs settled and their payments before the protocol fee. Money in planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Earnings {
	payout: u128,
	completed: u64,
	paid: u128,
}

impl Earnings {
	fn of(network: &Network) -> Earnings {
		let record = record(network);
		Earnings {
			payout: network.ledger().payout,
			completed: record["completed"].as_u64().expect("a count"),
			paid: planck(&record["paid"]),
		}
	}

	/// With one job's payment on top.
	fn and(self, report: &Value) -> Earnings {
		let payment = planck(&report["payment"]);
		Earnings {
			payout: self.payout + payment - planck(&report["protocol_fee"]),
			completed: self.completed + 1,
			paid: self.paid + payment,
		}
	}
}

/// Starts a chain without a worker, and registers the kernel.
fn network(folder: &tempfile::TempDir) -> Network {
	let network = Network::start("fast", folder.path(), |text| println!("{text}"));
	let kernel = network.folder.join("kernel.mk");
	fs::write(&kernel, KERNEL).expect("the test's folder is writable");
	let (key, kernel) = (network.key("requester"), kernel.to_str().expect("UTF-8"));
	network.client.json(&["--key", &key, "kernel", "register", kernel]);
	network
}

/// Starts the worker, to stop dead after a step if one is named, and waits until its endpoint listens.
fn start(network: &Network, log: &str, follow: &str, halt_after: Option<&str>) -> Process {
	let mut command = network.worker_command();
	command.args(["--follow", follow]);
	if let Some(step) = halt_after {
		command.env("MILLRACE_HALT_AFTER", step);
	}
	let mut worker = Process::start(&mut command, network.folder.join(log));
	worker.wait_for(" started ", START);
	worker
}

/// What a command of the worker's program prints about its state directory.
fn inspect(network: &Network, command: &str) -> Value {
	let mut program = Command::new(binary("millrace-worker"));
	program.args([command, "--output", "json", "--state"]);
	let shown = answer(program.arg(network.folder.join("worker")));
	assert_eq!(shown.code, 0, "millrace-worker {command}: {}", shown.stderr);
	shown.json()
}

/// Waits until no record of the journal is live, and returns how many there are of this job: one an attempt.
fn attempts_once_ended(network: &Network, worker: &mut Process, job: &str) -> usize {
	wait("the end in the journal", START, worker, |_| {
		let rows = list(&inspect(network, "jobs"));
		let attempts = rows.iter().filter(|row| id(row) == job).count();
		(attempts > 0 && !rows.iter().any(is_live)).then_some(attempts)
	})
}

/// What the worker's status says, which must be what the chain says at the very block that the worker read.
fn state_as_on_chain(network: &Network, report: &Value) -> Value {
	let block = report["best"].as_u64().expect("a block's number");
	let live: BTreeSet<(String, u64)> = list(&report["jobs"])
		.iter()
		.filter(|row| is_live(row))
		.map(|row| (id(row), row["attempt"].as_u64().expect("a count")))
		.collect();
	let (tick, running, asks) = (&report["tick"], &report["running"], &report["asks"]);
	let worker = json!({ "jobs": live, "tick": tick, "running": running, "asks": asks });

	let runtime = tokio::runtime::Runtime::new().expect("a runtime");
	let chain = runtime.block_on(async {
		let connected = Chain::connect(&network.node.url(), START).await;
		let chain = connected.expect("the node answers");
		let at = chain.at_number(block).await.expect("the block that the worker read");
		let mut jobs: BTreeSet<(String, u64)> = BTreeSet::new();
		for id in at.provider_jobs(network.provider).await.expect("the provider's jobs") {
			let job = at.job(id).await.expect("a job").expect("a provider's job is live");
			jobs.insert((id.to_string(), u64::from(job.assignments)));
		}
		let view = at.provider(network.provider).await.expect("a provider").expect("it is");
		let asks = at.asks(network.provider).await.expect("asks");
		let levels: Vec<u8> = asks.iter().map(|ask| ask.level.0).collect();
		let tick = at.tick().await.expect("the clock");
		json!({ "jobs": jobs, "tick": tick, "running": view.running, "asks": levels })
	});
	assert_eq!(worker, chain, "at block {block}: {report}");
	println!("at block {block} the worker and the chain have {worker}");
	worker
}

fn is_live(row: &Value) -> bool {
	row["step"] != "Ended"
}

fn id(object: &Value) -> String {
	object["job"].as_str().expect("a job's id").to_owned()
}

fn list(value: &Value) -> Vec<Value> {
	value.as_array().cloned().unwrap_or_else(|| panic!("no list: {value}"))
}

fn planck(value: &Value) -> u128 {
	let amount = value.as_str().and_then(|text| text.parse().ok());
	amount.unwrap_or_else(|| panic!("not an amount: {value}"))
}

fn record(network: &Network) -> Value {
	let number = network.provider.to_string();
	network.client.json(&["provider", "show", &number])["record"].clone()
}

/// The states of all jobs on the chain, sorted.
fn states(network: &Network) -> Vec<String> {
	let jobs = list(&network.client.json(&["job", "list", "--all"])["jobs"]);
	let name = |job: &Value| job["state"]["name"].as_str().expect("a name").to_owned();
	let mut states: Vec<String> = jobs.iter().map(name).collect();
	states.sort();
	states
}

#[test]
fn killed_at_every_journal_step_nothing_is_lost_or_paid_twice() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let network = network(&folder);
	let first = Earnings::of(&network);
	let mut before = first;
	for (number, step) in STEPS.split(' ').enumerate() {
		let follow = if number % 2 == 1 { "poll" } else { "subscribe" };
		let mut doomed = start(&network, &format!("{step}-doomed.log"), follow, Some(step));
		let purchase = Purchase::begin(&network, &network.key("requester"), step, number);
		let purchase = purchase.until_halted(&mut doomed, step);
		doomed.kill();

		let mut worker = start(&network, &format!("{step}.log"), follow, None);
		let report = purchase.report(&mut worker);
		let (job, payment) = (id(&report), planck(&report["payment"]));
		let attempts = attempts_once_ended(&network, &mut worker, &job);
		assert!(states(&network).is_empty(), "{step}: a job is left on the chain");
		// Counted from the round before: a second payment of that one's job would show here.
		let after = Earnings::of(&network);
		assert_eq!(after, before.and(&report), "{step}: paid exactly once");
		println!("{step:<11}  {job}  paid {payment} planck, attempts {attempts}");
		before = after;
		// In the middle of nothing.
		worker.kill();
	}

	// From the disk: no worker runs.
	let rows = list(&inspect(&network, "jobs"));
	assert!(!rows.iter().any(is_live), "{rows:?}");
	let jobs = rows.iter().map(id).collect::<BTreeSet<String>>().len();
	let steps = STEPS.split(' ').count();
	assert_eq!(jobs, steps);
	let record = record(&network);
	for fault in ["late", "abandoned", "refuted"] {
		assert_eq!(record[fault], 0, "{record}");
	}
	let payments = before.completed - first.completed;
	let (paid, earned) = (before.paid - first.paid, before.payout - first.payout);
	println!("steps {steps}, jobs {jobs}, payments {payments}: {paid} planck, {earned} of it earned; {record}");
}

/// One job runs when the worker dies, and another is assigned while it is dead. Its first look, at one block, must show
/// it what the chain has at that very block.
#[test]
fn state_after_one_reconcile_equals_the_chains() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let network = network(&folder);
	let before = Earnings::of(&network);
	let mut doomed = start(&network, "doomed.log", "poll", Some("Accepted"));
	let running = Purchase::begin(&network, &network.key("requester"), "running", 1);
	let running = running.until_halted(&mut doomed, "Accepted");
	doomed.kill();
	let missed = Purchase::begin(&network, "//Bob", "missed", 2);
	network.node.wait_until("the second assignment", STEP, |_| {
		states(&network) == ["assigned", "running"]
	});

	let mut worker = start(&network, "worker.log", "poll", None);
	let pid = worker.id();
	let report = wait("the first look", START, &mut worker, |_| {
		// The file is the dead worker's until the new one has looked.
		let report = inspect(&network, "status")["report"].clone();
		(report["pid"] == pid).then_some(report)
	});
	let state = state_as_on_chain(&network, &report);
	assert_eq!(list(&state["jobs"]).len(), 2, "{report}");

	let reports = [running.report(&mut worker), missed.report(&mut worker)];
	for report in &reports {
		attempts_once_ended(&network, &mut worker, &id(report));
	}
	let earned = reports.iter().fold(before, Earnings::and);
	assert_eq!(Earnings::of(&network), earned, "each is paid exactly once");
	let state = state_as_on_chain(&network, &inspect(&network, "status")["report"]);
	assert!(list(&state["jobs"]).is_empty(), "{state}");
	println!("jobs 2, payments 2: {} planck", earned.paid - before.paid);
}

/// A requester that has not fetched anything demands a leaf on the chain. The worker dies between writing down that it
/// answers and answering; the one after it brings the leaf in time, once, and the job is paid like any other.
#[test]
fn killed_while_it_answers_a_demand_the_next_one_answers() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let network = network(&folder);
	let mut doomed = start(&network, "doomed.log", "subscribe", Some("Providing"));
	let path = |ending: &str| network.folder.join(format!("demanded.{ending}"));
	fs::write(path("in"), vec![7; ITEMS * ITEM]).expect("the test's folder is writable");
	let job = format!(
		"kernel = \"kernel.mk\"\nitems = {ITEMS}\n[[inputs]]\nfile = \"demanded.in\"\n[output]\nfile = \"demanded.out\"\n\
		 [offer]\nmax_price = \"40000000planck\"\nrun_ticks = 60\nexpires_in = 150\n"
	);
	fs::write(path("toml"), job).expect("the test's folder is writable");
	let (key, file) = (network.key("requester"), path("toml"));
	let file = file.to_str().expect("UTF-8");
	let run = network
		.client
		.json(&["--key", &key, "job", "run", file, "--allow-private"]);
	let job: JobId = id(&run).parse().expect("a job's id");

	let runtime = tokio::runtime::Runtime::new().expect("a runtime");
	let chain = runtime
		.block_on(Chain::connect(&network.node.url(), START))
		.expect("the node answers");
	let key = Key::open(&key).expect("the key file is there");
	let demanded = wait("the demand", STEP, &mut doomed, |_| {
		runtime.block_on(async {
			let view = chain.best().await.ok()?.job(job).await.ok()??;
			if !matches!(view.state, JobState::Committed { .. }) {
				return None;
			}
			let call = Call::Demand { job, leaves: vec![0] };
			Some(chain.call(&call, key.pair()).await.expect("the demand is right"))
		})
	});
	println!("demanded    {job} in block {}", demanded.block.number);
	wait("the halt", STEP, &mut doomed, |worker| {
		worker.output().contains("halted after Providing").then_some(())
	});
	doomed.kill();

	let mut worker = start(&network, "worker.log", "poll", None);
	let answers = wait("the answer", STEP, &mut worker, |_| {
		runtime.block_on(async {
			let at = chain.best().await.ok()?;
			let answered = at.demand(job).await.ok()?.is_none();
			answered.then_some(at.block().number)
		})
	});
	println!("answered    {job} by block {answers}");
	let mut provided = 0;
	for number in demanded.block.number..=answers {
		let events = runtime.block_on(async {
			let at = chain.at_number(number).await.expect("a block of this chain");
			at.job_events().await.expect("its events")
		});
		for (_, event) in events.into_iter().filter(|(of, _)| *of == job) {
			assert!(!matches!(event, JobEvent::Silent(_)), "{event:?}");
			provided += usize::from(matches!(event, JobEvent::LeavesProvided { .. }));
		}
	}
	assert_eq!(provided, 1, "the leaf came once");
	assert_eq!(attempts_once_ended(&network, &mut worker, &job.to_string()), 1);
	assert_eq!(Earnings::of(&network).completed, 1);
	assert_eq!(record(&network)["silent"], 0);
}
