//! Bad input on a real chain: each case is refused in one sentence with a hint, and costs nothing but the fees of what
//! was really sent. Prints one line a case.

#[path = "bad_input/bench.rs"]
mod bench;

use bench::{changes, done, expect, finish, limited, planck, spent, words, Bench, PATTERNS, WRITABLE};
use millrace_client::{
	chain::{Call, JobEvent, JobId, ProviderId},
	endpoint::{EndpointError, Session, MAX_CHUNK_BYTES},
	job::{push, Batch, Input},
	job_file::JobFile,
	keys::Key,
};
use millrace_kernel::{
	program::CHUNK,
	tree::{input_leaf, Blake2b},
};
use millrace_tests::{binary, free_port, Client, Network};
use std::{
	fs::{self, File},
	path::Path,
	process::Command,
	time::{Duration, Instant},
};

/// One prepaid job fee, in planck: 0.005 MILL.
const JOB_FEE: u128 = 5_000_000_000;
/// A small job that is right; each case makes one thing wrong. What is added belongs to `[offer]`.
const KMER: &str = r#"kernel = "kmer.mk"
items = 1
params = [6]
[[inputs]]
file = "sequence.txt"
[[inputs]]
file = "patterns.txt"
[output]
file = "kmer.tsv"
format = "u32-table"
columns = 4
[offer]
expires_in = 150
"#;
/// A job without inputs whose output is longer as a table than as a bundle: every point of its view escapes in the first
/// iteration, so all pixels are 32, and four of them make a number of nine digits.
const MANDELBROT: &str = r#"kernel = "mandelbrot.mk"
items = 400
params = [805306368, 805306368, 0, 5, 255]
[output]
file = "disk.tsv"
format = "u32-table"
columns = 4
[offer]
"#;
const TABLE_ROW: &str = "538976288\t538976288\t538976288\t538976288\n";

#[test]
fn bad_input_is_refused_in_one_sentence_and_costs_nothing() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let mut network = Network::start("fast", folder.path(), |text| println!("{text}"));
	network.start_worker();
	let bench = Bench::new(&network);
	println!("\ncase | sentence | hint | exit code | change of balances");
	bench.job_files();
	bench.several();
	bench.money();
	bench.node_and_keys();
	bench.worker_settings();
	bench.validators();
	bench.changed_input();
	bench.wrong_input();
	bench.full_disk();
}

impl Bench<'_> {
	/// What is wrong with a job file, or with what it names.
	fn job_files(&self) {
		let unknown = KMER.replace("kmer.mk", &format!("0x{}", "ab".repeat(32)));
		self.refused("unknown kernel", self.run("hash.toml", &unknown));
		self.refused("kernel not registered", self.run("new.toml", MANDELBROT));
		let two = KMER.replace("[6]", "[6, 7]");
		self.refused("wrong parameter count", self.run("count.toml", &two));
		// One byte more than all inputs may have, none of which is on the disk.
		let large = File::create(self.path("large.bin")).expect(WRITABLE);
		large.set_len((1 << 30) + 1).expect("files may have holes");
		let large = KMER.replace("sequence.txt", "large.bin");
		self.refused("oversized input", self.run("large.toml", &large));
		let typo = format!("{KMER}max_prise = \"0.00003 MILL\"\n");
		self.refused("unknown key", self.run("typo.toml", &typo));
	}

	/// Several job files of one command, of which one is wrong, or which do not go together. None of the jobs is bought.
	fn several(&self) {
		let run = |files: &[&String], more: &[&str]| {
			let mut run = self.client(&self.requester, &["job", "run"]);
			run.args(files).args(more);
			run
		};
		let with_output = |name: &str| KMER.replace("kmer.tsv", name);
		let first = self.write("first.toml", &with_output("first.tsv"));
		let second = self.write("second.toml", &with_output("second.tsv"));
		let same = self.write("same.toml", &with_output("first.tsv"));
		let other = self.write("other.toml", MANDELBROT);
		let wrong = self.write("wrong.toml", &with_output("wrong.tsv").replace("[6]", "[6, 7]"));
		self.refused("jobs of two kernels", run(&[&first, &second, &other], &[]));
		self.refused("two jobs, one output", run(&[&first, &second, &same], &[]));
		self.refused("one wrong job of three", run(&[&first, &wrong, &second], &[]));
		let limit = ["--max-cost", "0.03"];
		self.refused("two jobs above --max-cost", run(&[&first, &second], &limit));
		let route = ["--route", "price", "--price", "0.00004MILL"];
		self.refused("a route for two jobs", run(&[&first, &second], &route));
		self.refused("more than a hundred jobs", run(&[&first; 101], &[]));
		let mut quote = self.client(&self.requester, &["job", "quote"]);
		quote.args([&first, &other]);
		self.refused("a quote for two kernels", quote);
	}

	/// Too little money for a job, and for a provider's stake.
	fn money(&self) {
		// 100 MILL for 2^30 units hold 0.3 MILL; the account has 0.2, and keeps 0.1 to stay alive.
		let offer = format!("provider = {}\nmax_price = \"100 MILL\"\n", self.network.provider);
		let file = self.write("dear.toml", &format!("{KMER}{offer}"));
		self.refused(
			"too little money",
			self.client(&self.poor, &["job", "run", &file, "--allow-private"]),
		);
		let mut limited = self.run("limit.toml", KMER);
		limited.args(["--max-cost", "0.01"]);
		self.refused("above --max-cost", limited);
		self.refused("stake below the floor", self.register("//Dave", "335"));
		self.refused("no money for the stake", self.register(&self.poor, "336"));
	}

	/// A node that is not there, and a worker whose key no provider names.
	fn node_and_keys(&self) {
		let url = format!("ws://127.0.0.1:{}", free_port());
		let nowhere = Client::new(url, &self.network.folder.join("client"));
		let file = self.write("nowhere.toml", KMER);
		let started = Instant::now();
		self.refused(
			"node not reachable",
			nowhere.command(&["--key", &self.requester, "job", "run", &file]),
		);
		assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());

		let state = self.network.folder.join("stranger");
		let worker = |arguments: &[&str]| {
			let mut command = Command::new(binary("millrace-worker"));
			command.args(arguments).arg("--state").arg(&state);
			command
				.env_remove("MILLRACE_WORKER_CONFIG")
				.env_remove("MILLRACE_HALT_AFTER");
			command
		};
		done(worker(&["init", "--output", "json"]));
		let keys = || ["worker-key.json", "tls-key.pem"].map(|name| fs::read(state.join(name)).expect("a key"));
		let before = keys();
		let listen = format!("127.0.0.1:{}", free_port());
		let run = worker(&["run", "--url", &self.network.node.url(), "--listen", &listen]);
		self.refused("worker key not authorised", run);
		assert!(before == keys(), "its keys changed");
	}

	/// What a worker is told to ask, and for which device.
	fn worker_settings(&self) {
		let hours = "{ to = \"12:00\", off = true }, { from = \"11:00\", to = \"13:00\", factor = 80 }";
		let preset = |rules: &str| format!("preset = \"home\"\n[presets.home]\n{rules}\n");
		for (case, settings) in [
			(
				"hours that overlap",
				preset(&format!("asks = \"100 %\"\nhours = [{hours}]")),
			),
			("price above the ladder", preset("asks = \"1000 MILL\"")),
			("preset that is not there", "preset = \"nigth\"\n".to_owned()),
			(
				"two devices, one worker",
				"[[devices]]\ndevice = \"cpu\"\n[[devices]]\ndevice = \"cuda:0\"\n".to_owned(),
			),
		] {
			let file = self.write("worker.toml", &settings);
			let mut run = self.network.worker_command();
			run.args(["--config", &file]);
			self.refused(case, run);
		}
	}

	/// Session keys for somebody else's stash or for one that cannot pay for them, and a folder that is not there.
	fn validators(&self) {
		let account = self.accounts.iter().find(|(name, _)| *name == "poor");
		let poor = account.expect("an account").1.to_string();
		let rotate = ["validator", "rotate-keys", "--submit", "--owner", &poor];
		self.refused("keys for another stash", self.client("//Dave", &rotate));
		self.refused("no money for the keys", self.client(&self.poor, &rotate));
		let nowhere = self.path("nowhere");
		let doctor = ["validator", "doctor", "--data", &nowhere];
		self.refused("no data folder", self.client("//Dave", &doctor));
	}

	/// An input's file changed after the job was submitted: this program notices before any provider does.
	fn changed_input(&self) {
		let before = self.state();
		self.write("changing.txt", "GAATTC");
		// Below every ask, so it waits in the book; the run gives up on it at once.
		let job = format!("{KMER}level = 10\n").replace("sequence.txt", "changing.txt");
		let mut run = self.run("changing.toml", &job);
		let waiting = finish(run.args(["--wait-timeout", "1s"]));
		assert_eq!(waiting.code, 8, "{}{}", waiting.stdout, waiting.stderr);
		let id = self.only_job();
		self.write("changing.txt", "GAATTG");
		let answer = finish(&mut self.fetch(&id));
		self.write("changing.txt", "GAATTC");
		let fees = self.fees_paid(&id) + self.cancel(&id);
		let after = self.state();
		assert_eq!(spent(&before, &after), fees, "a job that waits is free to cancel");
		expect("changed input", answer.code, words(&answer), &changes(&before, &after));
	}

	/// A provider checks what it is sent. The command line sends only what the job commits to, so its parts are used here
	/// with other bytes.
	fn wrong_input(&self) {
		// 16 MiB give the test seven ticks until the worker turns a job without inputs down.
		let mut bytes = vec![b'A'; 16 << 20];
		fs::write(self.path("sequence.bin"), &bytes).expect(WRITABLE);
		let file = self.write("bytes.toml", &KMER.replace("sequence.txt", "sequence.bin"));
		let hashes: Vec<[u8; 32]> = bytes.chunks(CHUNK).map(input_leaf::<Blake2b>).collect();
		bytes[4 * CHUNK] = b'C';
		let wrong = [Input::new(bytes.clone()), Input::new(PATTERNS.into())];

		let before = self.state();
		let (job, fee, refusals) = self.runtime.block_on(async {
			let (mut session, job, fee) = self.submit(Path::new(&file)).await;
			let started = Instant::now();
			let by_hashes = loop {
				let error = push(&mut session, &wrong, &mut |_| {})
					.await
					.expect_err("not the job's bytes");
				// Until the worker has seen the block with the job.
				if !error.may_pass() {
					break error;
				}
				assert!(started.elapsed() < Duration::from_secs(15), "{error}");
				tokio::time::sleep(Duration::from_millis(300)).await;
			};
			session.put_leaves(0, &hashes).await.expect("the job's own hashes");
			let part = bytes[..MAX_CHUNK_BYTES].to_vec();
			let by_bytes = session
				.put_chunks(0, 0, part.into())
				.await
				.expect_err("chunk 4 differs");
			let kept = session.progress().await.expect("an answer");
			assert_eq!(kept.inputs[0].missing, [(0, 16 << 10)], "nothing of it was kept");
			(
				job,
				fee,
				[
					("wrong input, its hashes", by_hashes),
					("wrong input, its bytes", by_bytes),
				],
			)
		});
		let fees = fee + self.cancel(&job.to_string());
		let after = self.state();
		assert_eq!(spent(&before, &after), fees + JOB_FEE, "fees, and one job fee");
		for (case, error) in refusals {
			let EndpointError::Refused { status, .. } = error else {
				panic!("{error}")
			};
			expect(
				case,
				status.into(),
				(error.to_string(), error.hint()),
				&changes(&before, &after),
			);
		}
	}

	/// Submits a job and opens a session with the provider that it is assigned to. Returns the transaction's fee, too.
	async fn submit(&self, file: &Path) -> (Session, JobId, u128) {
		let chain = self.chain().await;
		let key = Key::open(&self.requester).expect("a key");
		let file = JobFile::read(file).expect("a job file");
		let at = chain.finalised().await.expect("a final block");
		let batch = Batch::make(&chain, &at, vec![file], &key).await;
		let batch = batch.expect("the job is right");
		let data_key = Key::from_seed([7; 32]).expect("a seed");
		let mut spec = batch.jobs[0].plan.spec.clone();
		spec.data_key = data_key.public();
		let submitted = chain
			.call(&Call::SubmitJob { spec }, key.pair())
			.await
			.expect("it is taken");
		let assigned = submitted.jobs.iter().find_map(|(job, event)| match event {
			JobEvent::Assigned { provider, .. } => Some((*job, *provider)),
			_ => None,
		});
		let (job, provider): (JobId, ProviderId) = assigned.expect("the worker's ask stands");
		let view = at
			.provider(provider)
			.await
			.expect("the node answers")
			.expect("a provider");
		let pair = data_key.pair().clone();
		let session = Session::open(&view.endpoint, true, chain.genesis(), provider, job, pair).await;
		(session.expect("an address"), job, submitted.fee)
	}

	/// A disk that is full first for the result, then for the output.
	///
	/// A full file system takes a mount, and so root. A limit on the size of files (`ulimit -f`) fails the same writes for
	/// any user, with EFBIG in place of ENOSPC; SIGXFSZ, which would end the program before it can say a word, is ignored.
	/// The bundle has 6,700 bytes, the table 16,000: neither fits into 4 KiB, and only the table does not fit into 8.
	fn full_disk(&self) {
		done(self.client("//Charlie", &["kernel", "register", &self.path("mandelbrot.mk")]));
		self.write("disk.tsv", "an older result\n");
		// A named provider allows a window that is long enough for three attempts.
		let terms = format!("provider = {}\nmax_price = \"40000000planck\"\n", self.network.provider);
		let mut run = self.run("disk.toml", &format!("{MANDELBROT}{terms}window = 150\n"));
		let before = self.state();

		let answer = finish(&mut limited("4", run.args(["--wait", "--wait-timeout", "100s"])));
		let submitted = self.state();
		let id = self.only_job();
		let bundle = self.records().bundle(id.parse().expect("an id"));
		let stored = || fs::metadata(&bundle).expect("it is kept").len();
		expect(
			"full disk, result",
			answer.code,
			words(&answer),
			&changes(&before, &submitted),
		);
		assert_eq!(stored(), 4_096, "what has arrived stays");

		let answer = finish(&mut limited("8", &self.fetch(&id)));
		let still = self.state();
		expect(
			"full disk, output",
			answer.code,
			words(&answer),
			&changes(&submitted, &still),
		);
		assert_eq!(stored(), 6_700, "all of it is there");
		assert_eq!(submitted.money, still.money, "what is not written is not paid");
		// The job fee was used up when the provider accepted; like the payment it is still held.
		assert_eq!(
			before.money["requester"].total - still.money["requester"].total,
			self.fees_paid(&id)
		);
		let older = fs::read_to_string(self.path("disk.tsv")).expect("a file");
		assert_eq!(older, "an older result\n");
		assert!(!still
			.files
			.keys()
			.any(|path| path.extension().is_some_and(|extension| extension == "part")));

		let report = done(self.fetch(&id));
		let after = self.state();
		let table = fs::read_to_string(self.path("disk.tsv")).expect("a file");
		assert!(table == TABLE_ROW.repeat(400), "{table}");
		assert!(!bundle.exists(), "it has served");
		let figure = |key: &str| planck(&report[key]);
		let job_fees = figure("job_fees") - figure("job_fees_returned");
		let paid = before.money["requester"].total - after.money["requester"].total;
		assert_eq!(paid, figure("payment") + job_fees + figure("transaction_fees"));
		let earned = after.money["payout"].total - before.money["payout"].total;
		assert_eq!(earned, figure("payment") - figure("protocol_fee"));
		assert_eq!(after.money["requester"].held, 0);
		println!(
			"space again | the same job is fetched and paid | | 0 | {}",
			changes(&still, &after)
		);
	}
}
