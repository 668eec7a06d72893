//! `scripts/devnet.sh`, as a person uses it.

use millrace_tests::{client::answer, native, process::last_lines, rpc, Answer, Client, Process};
use serde_json::{json, Value};
use std::{
	env, fs,
	net::{Ipv4Addr, TcpStream},
	path::{Path, PathBuf},
	process::Command,
	thread::{panicking, sleep},
	time::{Duration, Instant},
};

/// How long a network may take to be up, and to be gone.
const UP: Duration = Duration::from_secs(150);
const DOWN: Duration = Duration::from_secs(30);

const TEXT: &[u8] = b"GAATTCGAATTCAAGCTTGGATCCAGATCTTTGAATTC";
const SITES: [&[u8]; 4] = [b"GAATTC", b"AAGCTT", b"GGATCC", b"AGATCT"];

/// A network is started, asked for, used and stopped; another one runs until Ctrl-C.
pub(crate) fn by_the_script(folder: &Path) {
	let start = Instant::now();
	fs::create_dir_all(folder).expect("the test's folder is writable");
	let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
	let state = path("state");
	let flags = ["--detach", "--validators", "2", "--workers", "1", "--state", &state];
	let _stopped = Stopped(&state);
	let started = run(&flags, 0);
	let urls = urls(&started.stdout);
	let mut names: Vec<&str> = urls.iter().map(|(name, _)| name.as_str()).collect();
	names.retain(|name| *name != "prometheus");
	assert_eq!(
		names,
		["alice", "alice", "bob", "bob", "archive", "archive", "worker-1"]
	);
	assert_ne!(started.stdout.contains("without Prometheus"), names.len() < urls.len());
	for (name, url) in &urls {
		assert!(answers(url), "{name} does not answer at {url}");
	}
	let up = start.elapsed();

	let status = run(&["status", "--state", &state], 0);
	assert!(
		urls.iter().all(|(_, url)| status.stdout.contains(url)),
		"{}",
		status.stdout
	);
	let again = run(&flags, 0);
	assert!(again.stdout.contains("already"), "{}", again.stdout);
	assert_eq!(self::urls(&again.stdout), urls);
	let (_, node) = urls
		.iter()
		.find(|(name, url)| name == "archive" && url.starts_with("ws:"))
		.expect("it answers clients");
	a_job(&Client::new(node.clone(), &folder.join("client")), folder);
	let computed = start.elapsed() - up;
	if let Some((_, url)) = urls.iter().find(|(name, _)| name == "prometheus") {
		scraped(port(url), "3");
	}

	let running = processes(&state).len();
	let stopping = Instant::now();
	run(&["stop", "--state", &state], 0);
	assert_nothing_is_left(&state, &urls);
	assert!(stopping.elapsed() < DOWN, "{:?}", stopping.elapsed());
	run(&["status", "--state", &state], 1);
	run(&["stop", "--state", &state], 0);
	println!(
		"devnet | 2 validators, archive, worker: {} addresses answer after {} s | a job computed and checked in {} s | \
		 {running} processes gone within {} s, no port open | {} s",
		urls.len(),
		up.as_secs(),
		computed.as_secs(),
		stopping.elapsed().as_secs(),
		start.elapsed().as_secs()
	);

	// A folder with anything else in it is left alone.
	let (refused, usage) = (
		run(&["--state", folder.to_str().expect("UTF-8")], 1),
		run(&["--validators", "7"], 2),
	);
	assert!(refused.stderr.contains("is not empty"), "{}", refused.stderr);
	assert!(usage.stderr.contains("1..=6"), "{}", usage.stderr);
	in_front(&path("front"), &folder.join("front.log"));
}

/// Waits until Prometheus has read the metrics of as many nodes.
fn scraped(port: u16, nodes: &str) {
	let start = Instant::now();
	loop {
		let answer = rpc::get(port, "/api/v1/query?query=sum(up)").expect("it answers");
		let sum: Value = serde_json::from_str(&answer).expect("JSON");
		if sum["data"]["result"][0]["value"][1] == nodes {
			println!("devnet | Prometheus reads the metrics of {nodes} nodes");
			return;
		}
		assert!(start.elapsed() < DOWN, "{sum}");
		sleep(Duration::from_secs(1));
	}
}

/// Runs until Ctrl-C.
fn in_front(state: &str, log: &Path) {
	let start = Instant::now();
	let mut command = script(&["--validators", "1", "--workers", "0", "--state", state]);
	let mut front = Process::start(&mut command, log.to_owned());
	front.wait_for("Ctrl-C ends all of it.", UP);
	let urls = urls(&front.output());
	assert!(urls.iter().all(|(_, url)| answers(url)), "{urls:?}");
	let asked = Instant::now();
	front.signal("INT");
	while front.is_running() {
		assert!(asked.elapsed() < DOWN, "it goes on\n{}", front.output());
		sleep(Duration::from_millis(100));
	}
	assert!(front.output().contains("processes ended"), "{}", front.output());
	assert_nothing_is_left(state, &urls);
	println!(
		"devnet | another one, in front, with {} addresses | gone {} s after Ctrl-C | {} s",
		urls.len(),
		asked.elapsed().as_secs(),
		start.elapsed().as_secs()
	);
}

/// One small job, all of whose leaves are re-run.
fn a_job(client: &Client, folder: &Path) {
	let kernel = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kernels/kmer/kmer.mk");
	fs::copy(kernel, folder.join("kmer.mk")).expect("the example is there");
	let text = format!(
		"kernel = \"kmer.mk\"\nitems = 1\nparams = [6]\n\
		 [[inputs]]\ntext = \"{}\"\n\
		 [[inputs]]\ntext = \"GAATTC..........AAGCTT..........GGATCC..........AGATCT..........\"\n\
		 [output]\nfile = \"job.tsv\"\nformat = \"u32-table\"\ncolumns = 4\nsum = true\n\
		 [offer]\nexpires_in = 150\n",
		String::from_utf8_lossy(TEXT)
	);
	let file = folder.join("job.toml");
	fs::write(&file, text).expect("the test's folder is writable");
	let file = file.to_str().expect("UTF-8");
	let run = client.run(&[
		"--key",
		"//Bob",
		"job",
		"run",
		file,
		"--register",
		"--wait",
		"--check",
		"all",
		"--allow-private",
		"--wait-timeout",
		"4m",
	]);
	if run.code != 0 {
		// Where it was started: what the chain says of it now.
		let live = client.json(&["job", "list", "--all"]);
		let asked = live["jobs"].as_array().into_iter().flatten().map(|job| {
			let id = job["job"].as_str().unwrap_or_default();
			client.run(&["job", "why", id]).stdout
		});
		let why: Vec<String> = asked.collect();
		let providers = client.json(&["provider", "list"]);
		panic!(
			"{}: {}{}\n{live}\n{why:?}\n{providers}",
			run.code, run.stdout, run.stderr
		);
	}
	let report = run.json();
	assert_eq!(report["check"]["verified"], true, "{report}");
	assert_eq!(report["sums"], json!(native::kmer_totals(TEXT, &SITES)), "{report}");
}

/// Ends the network of this folder when the test ends, however it does: its processes are nobody's children. Shows what they
/// said last if the test failed.
struct Stopped<'a>(&'a str);

impl Drop for Stopped<'_> {
	fn drop(&mut self) {
		answer(&mut script(&["stop", "--state", self.0]));
		if panicking() {
			let logs = fs::read_dir(Path::new(self.0).join("logs"));
			for log in logs.into_iter().flatten().flatten() {
				let output = fs::read_to_string(log.path()).unwrap_or_default();
				eprintln!("{}:\n{}", log.path().display(), last_lines(&output));
			}
		}
	}
}

/// The script with these arguments.
fn script(arguments: &[&str]) -> Command {
	let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/devnet.sh"));
	command.args(arguments);
	// As from a person's shell.
	for (name, _) in env::vars().filter(|(name, _)| name.starts_with("CARGO_") || name.starts_with("NEXTEST")) {
		if !["CARGO_HOME", "CARGO_TARGET_DIR"].contains(&name.as_str()) {
			command.env_remove(name);
		}
	}
	command
}

/// Runs it to its end, which must be with this exit code.
fn run(arguments: &[&str], code: i32) -> Answer {
	let answer = answer(&mut script(arguments));
	let Answer { stdout, stderr, .. } = &answer;
	assert_eq!(answer.code, code, "{arguments:?}\n{stdout}{stderr}");
	answer
}

/// The addresses that the script prints, each with its name.
fn urls(text: &str) -> Vec<(String, String)> {
	let of_line = |line: &str| {
		let mut words = line.split_whitespace();
		let (name, url) = (words.next()?, words.next()?);
		let is_url = ["ws://", "http://", "https://"]
			.iter()
			.any(|scheme| url.starts_with(scheme));
		is_url.then(|| (name.to_owned(), url.to_owned()))
	};
	text.lines().filter_map(of_line).collect()
}

/// The port of an address.
fn port(url: &str) -> u16 {
	let (_, rest) = url.split_once("://").expect("an address");
	let address = rest.split('/').next().unwrap_or_default();
	let (_, port) = address.rsplit_once(':').expect("a port");
	port.parse().expect("a number")
}

/// Whether something useful is there.
fn answers(url: &str) -> bool {
	let (scheme, rest) = url.split_once("://").expect("an address");
	let path = rest
		.split_once('/')
		.map_or(String::new(), |(_, path)| format!("/{path}"));
	match scheme {
		"ws" => rpc::call(port(url), "system_health", json!([])).is_ok(),
		"http" => rpc::get(port(url), &path).is_ok(),
		// The certificate is the worker's own.
		_ => answer(Command::new("curl").args(["-sfk", url])).code == 0,
	}
}

/// The processes that name a file in this folder.
fn processes(folder: &str) -> Vec<PathBuf> {
	let entries = fs::read_dir("/proc").expect("this is Linux").flatten();
	let names_it = |process: &PathBuf| {
		let command = fs::read_to_string(process.join("cmdline")).unwrap_or_default();
		command.contains(&format!("{folder}/"))
	};
	entries.map(|entry| entry.path()).filter(names_it).collect()
}

/// No process, no port, no file but logs and the list of processes.
fn assert_nothing_is_left(state: &str, urls: &[(String, String)]) {
	assert_eq!(processes(state), Vec::<PathBuf>::new());
	for (name, url) in urls {
		let open = TcpStream::connect((Ipv4Addr::LOCALHOST, port(url))).is_ok();
		assert!(!open, "{name} still answers at {url}");
	}
	let entries = fs::read_dir(state).expect("the folder stays").flatten();
	let mut files: Vec<String> = entries
		.map(|entry| entry.file_name().to_string_lossy().into_owned())
		.collect();
	files.sort();
	assert_eq!(files, ["devnet.json", "logs"]);
}
