//! What the cases share: a chain with its accounts, what they have, and commands that end in time.

use millrace_client::{
	chain::{AccountId, Chain},
	job::Records,
	keys::Key,
};
use millrace_tests::{Answer, Network};
use serde_json::Value;
use std::{
	collections::BTreeMap,
	fs,
	path::{Path, PathBuf},
	process::{Command, Stdio},
	time::{Duration, Instant, SystemTime},
};

/// Case, exit code, parts of the sentence in their order, a part of the hint.
const EXPECTED: &str = "
unknown kernel            |   3 | no kernel is registered as 0xabab            | .mk file
kernel not registered     |   3 | the kernel 0x … is not registered yet        | --register
wrong parameter count     |   3 | number of parameters is 2 … takes 1          | correct the job file
oversized input           |   3 | large.bin is too large … at most 1073741824  | split the job
unknown key               |   3 | typo.toml, line 14 … no key `max_prise`      | did you mean `max_price`?
jobs of two kernels       |   3 | other.toml runs … first.toml runs 0x         | a command of its own
two jobs, one output      |   3 | and … same.toml both write … first.tsv       | `file` of its own
one wrong job of three    |   3 | wrong.toml: … number of parameters is 2      | correct the job file
two jobs above --max-cost |   6 | the 2 jobs together … at most 0.03 MILL      | --max-cost
a route for two jobs      |   2 | a route finds a provider for one job         | --route
more than a hundred jobs  |   2 | 101 jobs cannot … 1 to 100 can               | several commands
a quote for two kernels   |   3 | other.toml runs … first.toml runs 0x         | a command of its own
too little money          |   6 | the job needs 1. … can spend 0.1 MILL        | send money
above --max-cost          |   6 | in the worst case … at most 0.01 MILL        | --max-cost
stake below the floor     |   6 | stake of 335 MILL is too low … 336 MILL      | --bond
no money for the stake    |   6 | can spend 0.1 MILL … stake                   | send money
node not reachable        |   4 | no node answers at ws://127.0.0.1:           | --url
worker key not authorised |   3 | no provider names the worker key 5           | set-worker
hours that overlap        |   3 | rule 2 … together with rule 1 … mon at 11:00 | let one rule end when
price above the ladder    |   3 | `asks` of preset `home` … no price level     | level 255
preset that is not there  |   3 | there is no preset `nigth`                   | ladder, night, steady
two devices, one worker   |   3 | 2 devices are listed                         | one worker for each device
keys for another stash    |   2 | the key is that of 5 … would be made for 5   | leave out --submit
no money for the keys     |   6 | can spend 0.1 MILL … for keys takes 10       | no keys were made
no data folder            |   3 | nowhere is no folder                         | --base-path
changed input             |   3 | input 0 has changed since job 0x             | put the file back
full disk, result         |   1 | could not be fetched … File too large        | `millrace job fetch 0x
full disk, output         |   1 | cannot write … disk.tsv: File too large      | `millrace job fetch 0x
wrong input, its hashes   | 400 | these leaf hashes do not make the input's    | the input that the job
wrong input, its bytes    | 400 | chunk 4 does not match its leaf hash         | the committed bytes
";
/// Four patterns of 16 letters, of which six count: the second input of a k-mer job.
pub(crate) const PATTERNS: &str = "GAATTC..........AAGCTT..........GGATCC..........AGATCT..........";
/// How long any command may take: finality comes after a few blocks of three seconds.
const LIMIT: Duration = Duration::from_secs(120);
pub(crate) const WRITABLE: &str = "the test's folder is writable";

/// An account, as it must not change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Money {
	pub(crate) total: u128,
	pub(crate) held: u128,
	pub(crate) nonce: u64,
}

/// Everything that bad input must not change.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct State {
	pub(crate) money: BTreeMap<&'static str, Money>,
	pub(crate) files: BTreeMap<PathBuf, (u64, SystemTime)>,
}

/// The chain, its accounts, and a folder of job files.
pub(crate) struct Bench<'a> {
	pub(crate) network: &'a Network,
	pub(crate) files: PathBuf,
	pub(crate) requester: String,
	pub(crate) poor: String,
	pub(crate) accounts: Vec<(&'static str, AccountId)>,
	pub(crate) runtime: tokio::runtime::Runtime,
}

impl<'a> Bench<'a> {
	/// Makes an account with 0.2 MILL, and registers the kernel of the k-mer jobs with another's money.
	pub(crate) fn new(network: &'a Network) -> Bench<'a> {
		let poor = network.key("poor");
		let made = done(network.client.command(&["key", "new", &poor]));
		let address: AccountId = made["address"]
			.as_str()
			.and_then(|text| text.parse().ok())
			.expect("an address");
		let addresses = &network.addresses;
		let bench = Bench {
			network,
			files: network.folder.join("files"),
			requester: network.key("requester"),
			poor,
			accounts: vec![
				("requester", addresses.requester),
				("payout", addresses.payout),
				("owner", addresses.owner),
				("worker", addresses.worker),
				("poor", address),
				("dave", Key::open("//Dave").expect("a development key").account()),
			],
			runtime: tokio::runtime::Builder::new_current_thread()
				.enable_all()
				.build()
				.expect("a runtime"),
		};
		fs::create_dir_all(&bench.files).expect(WRITABLE);
		for name in ["kmer", "mandelbrot"] {
			let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kernels");
			let kernel = examples.join(name).join(name).with_extension("mk");
			fs::copy(&kernel, bench.files.join(name).with_extension("mk")).expect("the example is there");
		}
		bench.write("sequence.txt", "GAATTCGAATTCAAGCTT");
		bench.write("patterns.txt", PATTERNS);
		done(bench.client("//Dave", &["account", "transfer", &address.to_string(), "0.2"]));
		done(bench.client("//Charlie", &["kernel", "register", &bench.path("kmer.mk")]));
		bench
	}

	/// Runs a command that must be refused and change nothing at all.
	pub(crate) fn refused(&self, case: &str, mut command: Command) {
		let before = self.state();
		let answer = finish(&mut command);
		let after = self.state();
		expect(case, answer.code, words(&answer), &changes(&before, &after));
		assert_eq!(before, after, "{case}");
	}

	pub(crate) async fn chain(&self) -> Chain {
		let url = self.network.node.url();
		Chain::connect(&url, Duration::from_secs(10))
			.await
			.expect("the node answers")
	}

	/// Money at the best block, where what was sent shows first; job files and records.
	pub(crate) fn state(&self) -> State {
		let mut money = BTreeMap::new();
		self.runtime.block_on(async {
			let at = self.chain().await.best().await.expect("a best block");
			for (name, account) in &self.accounts {
				let balance = at.balance(*account).await.expect("a balance");
				let nonce = at.nonce(*account).await.expect("a nonce");
				let (total, held) = (balance.total(), balance.held);
				money.insert(*name, Money { total, held, nonce });
			}
		});
		let mut files = BTreeMap::new();
		for folder in [self.files.clone(), self.network.folder.join("client/jobs")] {
			for entry in fs::read_dir(folder).into_iter().flatten() {
				let entry = entry.expect("a readable folder");
				let about = entry.metadata().expect("a file");
				files.insert(entry.path(), (about.len(), about.modified().expect("a time")));
			}
		}
		State { money, files }
	}

	pub(crate) fn path(&self, name: &str) -> String {
		self.files.join(name).to_str().expect("UTF-8").to_owned()
	}

	pub(crate) fn write(&self, name: &str, text: &str) -> String {
		fs::write(self.files.join(name), text).expect(WRITABLE);
		self.path(name)
	}

	pub(crate) fn client(&self, key: &str, arguments: &[&str]) -> Command {
		let mut command = self.network.client.command(&["--key", key]);
		command.args(arguments);
		command
	}

	/// Writes a job file; the command that runs it for the requester.
	pub(crate) fn run(&self, name: &str, job: &str) -> Command {
		let file = self.write(name, job);
		self.client(&self.requester, &["job", "run", &file, "--allow-private"])
	}

	pub(crate) fn fetch(&self, id: &str) -> Command {
		let mut command = self.client(&self.requester, &["job", "fetch", id, "--allow-private"]);
		command.args(["--wait-timeout", "100s", "--check", "all"]);
		command
	}

	pub(crate) fn register(&self, key: &str, bond: &str) -> Command {
		let (address, hash) = (self.network.addresses.payout.to_string(), "ab".repeat(32));
		let mut command = self.client(key, &["provider", "register", "--bond", bond]);
		command.args(["--worker", &address, "--payout", &address, "--host", "127.0.0.1"]);
		command.args(["--port", "7443", "--tls-key", &format!("0x{hash}")]);
		command.args(["--class", "cpu-4", "--lanes", "1", "--min-price", "30000000"]);
		command
	}

	/// Takes a job back; returns the transaction's fee.
	pub(crate) fn cancel(&self, id: &str) -> u128 {
		let cancelled = done(self.client(&self.requester, &["job", "cancel", id]));
		assert_eq!(cancelled["cancelled"], true, "{cancelled}");
		planck(&cancelled["fee"])
	}

	/// The id of the requester's only live job.
	pub(crate) fn only_job(&self) -> String {
		let list = done(self.client(&self.requester, &["job", "list"]));
		assert_eq!(list["jobs"].as_array().map(Vec::len), Some(1), "{list}");
		list["jobs"][0]["job"].as_str().expect("an id").to_owned()
	}

	pub(crate) fn records(&self) -> Records {
		Records::in_folder(self.network.folder.join("client/jobs"))
	}

	/// The transaction fees that this machine's record of a job counts.
	pub(crate) fn fees_paid(&self, id: &str) -> u128 {
		self.records()
			.load(id.parse().expect("an id"))
			.expect("a record")
			.fees_paid
	}
}

/// What the requester has less; everybody else has what it had, and nothing of the requester's is held.
pub(crate) fn spent(before: &State, after: &State) -> u128 {
	for (name, was) in before.money.iter().filter(|(name, _)| **name != "requester") {
		assert_eq!(
			(was.total, was.held),
			(after.money[name].total, after.money[name].held),
			"{name}"
		);
	}
	assert_eq!(after.money["requester"].held, 0);
	before.money["requester"].total - after.money["requester"].total
}

/// Whose money changed, and by how much.
pub(crate) fn changes(before: &State, after: &State) -> String {
	let mut changes = Vec::new();
	for (name, was) in &before.money {
		match after.money[name].total as i128 - was.total as i128 {
			0 => {}
			change => changes.push(format!("{name} {change:+} planck")),
		}
	}
	if changes.is_empty() {
		"none".to_owned()
	} else {
		changes.join(", ")
	}
}

/// Prints a case's line, and compares it with [`EXPECTED`].
pub(crate) fn expect(case: &str, code: i32, (sentence, hint): (String, String), change: &str) {
	println!("{case} | {sentence} | {hint} | {code} | {change}");
	let mut rows = EXPECTED
		.lines()
		.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
	let row = rows.find(|row| row[0] == case).expect("a row for each case");
	assert_eq!(code.to_string(), row[1], "{case}");
	let mut rest = sentence.as_str();
	for part in row[2].split(" … ") {
		rest = rest.split_once(part).unwrap_or_else(|| panic!("{case}: no `{part}`")).1;
	}
	assert!(hint.contains(row[3]), "{case}: no `{}`", row[3]);
	assert!(!sentence.contains('\n'), "{case}: more than a sentence");
}

/// The sentence and the hint: the client's in its object, the worker's on standard error.
pub(crate) fn words(answer: &Answer) -> (String, String) {
	if !answer.stdout.is_empty() {
		return answer.refusal();
	}
	let line = |start: &'static str| answer.stderr.lines().find_map(|line| line.strip_prefix(start));
	(
		line("error: ").unwrap_or_default().to_owned(),
		line("hint: ").unwrap_or_default().to_owned(),
	)
}

/// Runs a command to its end, which must come within [`LIMIT`].
pub(crate) fn finish(command: &mut Command) -> Answer {
	command
		.stdin(Stdio::null())
		.stdout(Stdio::piped())
		.stderr(Stdio::piped());
	let mut child = command.spawn().expect("the program is built");
	let started = Instant::now();
	// What these commands print fits into the pipes.
	while child.try_wait().expect("a child").is_none() {
		if started.elapsed() > LIMIT {
			let _ = child.kill();
			panic!("{command:?} did not end in {LIMIT:?}");
		}
		std::thread::sleep(Duration::from_millis(50));
	}
	let output = child.wait_with_output().expect("its output");
	Answer {
		code: output.status.code().unwrap_or(-1),
		stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
		stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
	}
}

/// Runs a command that must succeed and returns its object.
pub(crate) fn done(mut command: Command) -> Value {
	let answer = finish(&mut command);
	assert_eq!(answer.code, 0, "{command:?}\n{}{}", answer.stdout, answer.stderr);
	answer.json()
}

/// The same command where no file can grow beyond so many KiB.
pub(crate) fn limited(kib: &str, inner: &Command) -> Command {
	let mut command = Command::new("bash");
	command.args(["-c", r#"trap "" XFSZ; ulimit -f "$1"; shift; exec "$@""#, "bash", kib]);
	command.arg(inner.get_program()).args(inner.get_args());
	for (name, value) in inner.get_envs() {
		match value {
			Some(value) => command.env(name, value),
			None => command.env_remove(name),
		};
	}
	command
}

pub(crate) fn planck(value: &Value) -> u128 {
	value.as_str().and_then(|text| text.parse().ok()).expect("an amount")
}
