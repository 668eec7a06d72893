//! Whole jobs on a real chain with a real worker: each way in which a job can end when nobody does wrong.

use millrace_tests::{native, Answer, Network};
use serde_json::Value;
use std::{
	collections::BTreeSet,
	fs,
	path::{Path, PathBuf},
	time::Duration,
};

const GENOME: &[u8] = b"GAATTCGAATTCAAGCTTGGATCCAGATCTTTGAATTC";
const SITES: [&[u8]; 4] = [b"GAATTC", b"AAGCTT", b"GGATCC", b"AGATCT"];

/// Writes a k-mer job over [`GENOME`] with these lines as its `[offer]`.
fn job_file(folder: &Path, name: &str, offer: &str) -> PathBuf {
	let kernel = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kernels/kmer/kmer.mk");
	fs::copy(kernel, folder.join("kmer.mk")).expect("the example is there");
	let genome = String::from_utf8_lossy(GENOME);
	let text = format!(
		"kernel = \"kmer.mk\"\nitems = 1\nparams = [6]\n\
		 [[inputs]]\ntext = \"{genome}\"\n\
		 [[inputs]]\ntext = \"GAATTC..........AAGCTT..........GGATCC..........AGATCT..........\"\n\
		 [output]\nfile = \"{name}.tsv\"\nformat = \"u32-table\"\ncolumns = 4\nsum = true\n\
		 [offer]\n{offer}\n"
	);
	let path = folder.join(format!("{name}.toml"));
	fs::write(&path, text).expect("the test's folder is writable");
	path
}

/// Writes a Mandelbrot job without inputs, which nothing has to be brought to, with these lines as its `[offer]`.
fn job_without_inputs(folder: &Path, name: &str, offer: &str) -> PathBuf {
	let kernel = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kernels/mandelbrot/mandelbrot.mk");
	fs::copy(kernel, folder.join("mandelbrot.mk")).expect("the example is there");
	let text = format!(
		"kernel = \"mandelbrot.mk\"\nitems = 32\nparams = [-536870912, -335544320, 1310720, 32, 255]\n[offer]\n{offer}\n"
	);
	let path = folder.join(format!("{name}.toml"));
	fs::write(&path, text).expect("the test's folder is writable");
	path
}

fn run(network: &Network, file: &Path, more: &[&str]) -> Value {
	let requester = network.key("requester");
	let mut arguments = vec![
		"--key",
		&requester,
		"job",
		"run",
		file.to_str().expect("UTF-8"),
		"--allow-private",
	];
	arguments.extend(more);
	network.client.json(&arguments)
}

/// The same for several job files, whatever comes of it.
fn run_several(network: &Network, files: &[PathBuf], more: &[&str]) -> Answer {
	let requester = network.key("requester");
	let mut arguments = vec!["--key", &requester, "job", "run", "--allow-private"];
	arguments.extend(files.iter().map(|file| file.to_str().expect("UTF-8")));
	arguments.extend(more);
	network.client.run(&arguments)
}

fn planck(value: &Value) -> u128 {
	value
		.as_str()
		.and_then(|text| text.parse().ok())
		.unwrap_or_else(|| panic!("not an amount: {value}"))
}

fn live_jobs(network: &Network) -> usize {
	network.client.json(&["job", "list", "--all"])["jobs"]
		.as_array()
		.map_or(0, Vec::len)
}

/// Three jobs of one kernel by one command and one call. Two of them fit on the provider's lane; the third one waits in the
/// book, and has its inputs brought when its turn comes.
fn several_at_once(network: &Network, folder: &Path) {
	let names = ["one", "two", "three"];
	let files = names.map(|name| job_file(folder, name, "expires_in = 150"));
	let mut arguments = vec!["job", "quote"];
	arguments.extend(files.iter().map(|file| file.to_str().expect("UTF-8")));
	let quote = network.client.json(&arguments);

	let before = network.ledger();
	let wait = ["--wait", "--wait-timeout", "4m", "--check", "all"];
	let answer = run_several(network, &files, &wait);
	let after = network.ledger();
	assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
	let object = answer.json();
	let jobs = object["jobs"].as_array().expect("jobs");
	assert_eq!(jobs.len(), 3);

	let (mut ids, mut lost, mut earned, mut escrow) = (BTreeSet::new(), 0, 0, 0);
	for ((name, file), job) in names.iter().zip(&files).zip(jobs) {
		assert_eq!(job["file"].as_str(), file.to_str());
		assert_eq!(job["state"], "settled", "{job}");
		assert_eq!(job["provider"].as_u64(), Some(u64::from(network.provider)));
		let id = job["job"].as_str().expect("an id");
		assert!(ids.insert(id.to_owned()), "{id} is there twice");
		// Whoever sees the command die later has read the id by then.
		assert!(
			answer.stderr.contains(&format!("{name}.toml is job {id}")),
			"{}",
			answer.stderr
		);

		let report = &job["report"];
		assert_eq!(report["check"]["verified"], true, "{report}");
		let table = fs::read_to_string(folder.join(format!("{name}.tsv"))).expect("an output");
		let counted: Vec<u64> = table.split_whitespace().filter_map(|n| n.parse().ok()).collect();
		assert_eq!(counted, native::kmer_totals(GENOME, &SITES), "one item is the total");
		escrow += planck(&job["escrow"]);
		let payment = planck(&report["payment"]);
		let job_fees = planck(&report["job_fees"]) - planck(&report["job_fees_returned"]);
		lost += payment + job_fees + planck(&job["transaction_fees"]);
		earned += payment - planck(&report["protocol_fee"]);
	}
	assert_eq!(escrow, planck(&quote["escrow"]), "what the quote said");
	assert_eq!(before.requester - after.requester, lost);
	assert_eq!(after.payout - before.payout, earned);
	let fees = jobs.iter().map(|job| planck(&job["transaction_fees"]));
	assert_eq!(planck(&object["transaction_fees"]), fees.sum::<u128>());
	println!("several     {} jobs by one call, {lost} planck in all", ids.len());
}

/// Of the protocol's part of its payments the provider gets some back. Somebody else claims it, and pays nothing for that.
fn rewards_are_claimed(network: &Network) {
	let id = network.provider.to_string();
	let earnings = || network.client.json(&["provider", "earnings", &id]);
	network.node.wait_until(
		"the end of the last era with a payment",
		Duration::from_secs(90),
		|_| planck(&earnings()["not_yet"]) == 0,
	);
	let earned = earnings();
	let claimable = planck(&earned["claimable"]);
	assert!(claimable > 0, "{earned}");
	let csv = network
		.client
		.run(&["provider", "earnings", &id, "--since", "0", "--csv"])
		.stdout;
	assert!(csv.starts_with("era,state,fees,reward,"), "{csv}");
	let eras = earned["eras"].as_array().expect("a list");
	assert_eq!(csv.lines().count(), 1 + eras.len(), "{csv}");

	let before = network.ledger();
	let claimed = network.client.json(&["--key", "//Dave", "provider", "claim", &id]);
	let after = network.ledger();
	assert_eq!(
		(planck(&claimed["minted"]), planck(&claimed["fee"])),
		(claimable, 0),
		"{claimed}"
	);
	assert_eq!(after.payout - before.payout, claimable);
	println!("rewards     {claimable} planck, of {} eras", eras.len());

	let again = network.client.json(&["--key", "//Dave", "provider", "claim", &id]);
	assert!(again["claims"].as_array().is_some_and(Vec::is_empty), "{again}");
	let era = eras[0]["era"].to_string();
	let named = ["--key", "//Dave", "provider", "claim", &id, "--era", &era];
	assert_eq!(network.client.run(&named).code, 5, "it was claimed");
}

#[test]
fn jobs_end_in_every_honest_way_and_the_money_adds_up() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let mut network = Network::start("fast", folder.path(), |text| println!("{text}"));
	let wait = ["--wait", "--wait-timeout", "4m"];

	// Nobody offers yet: a job below every ask waits in the book. It is free to take back.
	let start = network.ledger();
	let queued = job_without_inputs(folder.path(), "queued", "level = 10\nexpires_in = 150");
	let job = run(&network, &queued, &["--register"]);
	let id = job["job"].as_str().expect("an id").to_owned();
	network
		.client
		.json(&["--key", &network.key("requester"), "job", "cancel", &id]);
	assert_eq!(live_jobs(&network), 0);
	println!("cancelled   {id}");

	// One that nobody takes expires by itself.
	let expiring = job_without_inputs(folder.path(), "expiring", "level = 10\nexpires_in = 6");
	let id = run(&network, &expiring, &[])["job"].as_str().expect("an id").to_owned();
	network
		.node
		.wait_until("the job's expiry", Duration::from_secs(90), |_| {
			live_jobs(&network) == 0
		});
	println!("expired     {id}");
	let quiet = network.ledger();
	assert_eq!(quiet.payout, start.payout);
	assert_eq!(quiet.era_fees, start.era_fees, "neither cost a job fee");

	network.start_worker();

	// From the book, all leaves re-run.
	let book = job_file(folder.path(), "book", "expires_in = 150");
	let before = network.ledger();
	let report = run(
		&network,
		&book,
		&[&wait[..], &["--register", "--check", "all"]].concat(),
	);
	let after = network.ledger();
	let counted: Vec<u64> = report["sums"]
		.as_array()
		.expect("sums")
		.iter()
		.filter_map(Value::as_u64)
		.collect();
	assert_eq!(counted, native::kmer_totals(GENOME, &SITES));
	assert_eq!(report["check"]["verified"], true);
	let (payment, fee) = (planck(&report["payment"]), planck(&report["protocol_fee"]));
	// 5 %, rounded down.
	assert_eq!(fee, payment / 20);
	assert_eq!(after.payout - before.payout, payment - fee);
	// Of the three prepaid job fees one is used: accept, commit and settle cost nothing more.
	let job_fee = planck(&report["job_fees"]) - planck(&report["job_fees_returned"]);
	assert_eq!(job_fee, 5_000_000_000);
	assert_eq!(
		before.requester - after.requester,
		payment + job_fee + planck(&report["transaction_fees"])
	);
	println!("settled     {} paid {payment} planck", report["job"]);

	// A sample is never called verified where leaves were left out; this job has a single leaf, which is all of it.
	let named = job_file(
		folder.path(),
		"named",
		&format!(
			"provider = {}\nmax_price = \"40000000planck\"\nexpires_in = 150",
			network.provider
		),
	);
	let report = run(&network, &named, &wait);
	assert_eq!(report["provider"].as_u64(), Some(u64::from(network.provider)));
	assert_eq!(
		report["price"].as_u64(),
		Some(40_000_000),
		"a targeted job pays the price that it names"
	);
	println!("targeted    {} at the named price", report["job"]);

	several_at_once(&network, folder.path());

	// A requester that goes away pays when the window is over. The other job of its call bids less than the provider asks:
	// that it got nowhere is said of it alone.
	let before = network.ledger();
	let files = [
		job_file(folder.path(), "lapsing", "expires_in = 150"),
		job_file(folder.path(), "cheap", "level = 10\nexpires_in = 150"),
	];
	let answer = run_several(&network, &files, &["--wait-timeout", "25s"]);
	assert_eq!(answer.code, 8, "{}{}", answer.stdout, answer.stderr);
	let jobs = &answer.json()["error"]["details"]["jobs"];
	assert!(jobs[0]["error"].is_null(), "its inputs were brought: {jobs}");
	assert_eq!(jobs[1]["state"], "pending", "{jobs}");
	assert_eq!(jobs[1]["error"]["exit"], 8);
	assert!(jobs[1]["provider"].is_null());
	let (id, cheap) = (
		jobs[0]["job"].as_str().expect("an id"),
		jobs[1]["job"].as_str().expect("an id"),
	);
	network
		.client
		.json(&["--key", &network.key("requester"), "job", "cancel", cheap]);
	network
		.node
		.wait_until("the job's lapse", Duration::from_secs(180), |_| {
			live_jobs(&network) == 0
		});
	// The last block with the payment must be final before balances are read there.
	network.node.wait_until("the payment", Duration::from_secs(60), |_| {
		network.ledger().payout > before.payout
	});
	println!(
		"lapsed      {id} paid {} planck",
		network.ledger().payout - before.payout
	);

	let shown = network
		.client
		.json(&["provider", "show", &network.provider.to_string()]);
	assert_eq!(shown["record"]["completed"].as_u64(), Some(6), "{shown}");
	rewards_are_claimed(&network);
	assert!(
		network.worker.take().expect("it runs").stop(Duration::from_secs(60)),
		"the worker drains and stops"
	);
}
