//! Whole jobs on a real chain with a real worker: each way in which a job can end when nobody does wrong.

use millrace_tests::{native, Network};
use serde_json::Value;
use std::{
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

	// A requester that goes away pays when the window is over.
	let before = network.ledger();
	let lapsing = job_file(folder.path(), "lapsing", "expires_in = 150");
	let id = run(&network, &lapsing, &[])["job"].as_str().expect("an id").to_owned();
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
	assert_eq!(shown["record"]["completed"].as_u64(), Some(3), "{shown}");
	rewards_are_claimed(&network);
	assert!(
		network.worker.take().expect("it runs").stop(Duration::from_secs(60)),
		"the worker drains and stops"
	);
}
