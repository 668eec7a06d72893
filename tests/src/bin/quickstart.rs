//! Two real jobs from nothing to paid: a chain, a provider with a worker, a requester; every byte checked and every
//! planck accounted for. `scripts/quickstart.sh` builds everything and runs this.

use flate2::read::GzDecoder;
use millrace_tests::{free_port, native, Ledger, Network};
use serde_json::Value;
use std::{
	fs::File,
	io::{BufReader, Read},
	net::{Ipv4Addr, TcpListener},
	path::{Path, PathBuf},
	process::ExitCode,
	time::{Duration, Instant},
};

fn main() -> ExitCode {
	let keep = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
		[] => false,
		[flag] if flag == "--keep" => true,
		other => {
			eprintln!("error: unknown arguments {other:?}\nhint: only --keep is known");
			return ExitCode::from(2);
		}
	};
	let folder = std::env::temp_dir().join(format!("millrace-quickstart-{}", std::process::id()));
	std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
	let start = Instant::now();
	let progress = move |text: &str| println!("ok      {text} ({} s)", start.elapsed().as_secs());

	let mut network = Network::start_on("development", &folder, port(keep), progress);
	network.start_worker();
	progress(&format!(
		"a worker at https://127.0.0.1:{}, its ask in the book",
		network.endpoint
	));

	let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
	let before = network.ledger();
	let jobs: Vec<(&str, Value)> = ["mandelbrot", "kmer"]
		.into_iter()
		.map(|name| {
			let report = run_job(&network, &examples, name);
			progress(&format!("job {name}: computed, every leaf re-run, settled"));
			(name, report)
		})
		.collect();

	check_mandelbrot(&folder.join("mandelbrot.png"));
	progress("the picture is byte for byte that of native code");
	check_kmers(&examples, &jobs[1].1);
	progress("the k-mer counts are those of native code");

	println!("..      waiting for the end of the fee era, when the treasury gets its part (at most two minutes)");
	network
		.node
		.wait_until("the end of the fee era", Duration::from_secs(240), |_| {
			network.ledger().era_fees == 0
		});
	let after = network.ledger();
	print_jobs(&jobs);
	print_money(&jobs, &before, &after);

	println!("\npicture  {}", keep_picture(&folder).display());
	if keep {
		println!(
			"\nThe chain and the worker stay up. Stop them with: kill {} {}",
			network.node.process.id(),
			worker_id(&network)
		);
		println!(
			"node     {}    (give it to the client: export MILLRACE_URL={0})",
			network.node.url()
		);
		println!("worker   https://127.0.0.1:{}/v1/status", network.endpoint);
		println!("files    {}    (keys, logs, data)", folder.display());
		// Dropping the network would end both.
		std::mem::forget(network);
	} else {
		println!("ports    {} {}    (closed now)", network.node.port, network.endpoint);
		if let Some(worker) = network.worker.as_mut() {
			worker.stop(Duration::from_secs(10));
		}
		network.node.process.stop(Duration::from_secs(10));
		drop(network);
		let _ = std::fs::remove_dir_all(&folder);
	}
	println!("done in {} s", start.elapsed().as_secs());
	ExitCode::SUCCESS
}

/// A chain that is kept stands where the client looks for it, unless something else does.
fn port(keep: bool) -> u16 {
	const USUAL: u16 = 9944;
	match TcpListener::bind((Ipv4Addr::LOCALHOST, USUAL)) {
		Ok(_) if keep => USUAL,
		_ => free_port(),
	}
}

fn worker_id(network: &Network) -> u32 {
	network.worker.as_ref().map_or(0, |worker| worker.id())
}

/// Runs an example's job file from a copy in the network's folder, so that outputs land there.
fn run_job(network: &Network, examples: &Path, name: &str) -> Value {
	let source = examples.join("kernels").join(name);
	let folder = network.folder.join("jobs").join(name);
	std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
	std::fs::create_dir_all(network.folder.join("data")).expect("the temporary folder is writable");
	for file in ["mk", "toml"].map(|ending| format!("{name}.{ending}")) {
		std::fs::copy(source.join(&file), folder.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
	}
	let data = "phage-lambda.fa.gz";
	std::fs::copy(examples.join("data").join(data), network.folder.join("data").join(data)).expect("the genome");
	let job = folder.join(name).with_extension("toml");
	let report = network.client.json(&[
		"--key",
		&network.key("requester"),
		"job",
		"run",
		job.to_str().expect("UTF-8"),
		"--register",
		"--wait",
		"--check",
		"all",
		"--allow-private",
		"--wait-timeout",
		"5m",
	]);
	assert_eq!(report["check"]["verified"], true, "{report}");
	if let Some(output) = report["output"].as_str() {
		let to = network.folder.join(PathBuf::from(output).file_name().expect("a file"));
		std::fs::copy(output, to).expect("the output can be copied");
	}
	report
}

fn check_mandelbrot(path: &Path) {
	let mut reader = png::Decoder::new(BufReader::new(File::open(path).expect("the picture was written")))
		.read_info()
		.expect("a PNG");
	let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
	reader.next_frame(&mut pixels).expect("a whole picture");
	// The parameters of examples/kernels/mandelbrot/mandelbrot.toml.
	let view = native::MandelbrotView {
		x0: -536_870_912,
		y0: -335_544_320,
		step: 1_310_720,
		width: 512,
		height: 512,
		max_iter: 255,
	};
	assert!(
		pixels == native::mandelbrot(&view),
		"the picture differs from native code"
	);
}

fn check_kmers(examples: &Path, report: &Value) {
	let mut text = String::new();
	GzDecoder::new(File::open(examples.join("data/phage-lambda.fa.gz")).expect("the genome"))
		.read_to_string(&mut text)
		.expect("a gzip file");
	let genome: Vec<u8> = text
		.lines()
		.filter(|line| !line.starts_with('>'))
		.flat_map(|line| line.trim().bytes())
		.collect();
	let sites: [&[u8]; 4] = [b"GAATTC", b"AAGCTT", b"GGATCC", b"AGATCT"];
	let expected = native::kmer_totals(&genome, &sites);
	let counted: Vec<u64> = report["sums"]
		.as_array()
		.expect("sums")
		.iter()
		.map(|sum| sum.as_u64().expect("a count"))
		.collect();
	assert_eq!(counted, expected, "the counts differ from native code");
	println!(
		"        {} bases: EcoRI {}, HindIII {}, BamHI {}, BglII {}",
		genome.len(),
		counted[0],
		counted[1],
		counted[2],
		counted[3]
	);
}

fn keep_picture(folder: &Path) -> PathBuf {
	let kept = std::env::temp_dir().join("millrace-mandelbrot.png");
	std::fs::copy(folder.join("mandelbrot.png"), &kept).expect("the temporary folder is writable");
	kept
}

fn print_jobs(jobs: &[(&str, Value)]) {
	println!(
		"\n{:<11} {:>16} {:>12} {:>18} {:>8} {:>8} {:>8} {:>8} {:>8}  check",
		"job", "units", "price/2^30", "paid, planck", "submit s", "result s", "fetch s", "check s", "final s"
	);
	for (name, report) in jobs {
		let second = |stage: &str| report["seconds"][stage].as_f64().unwrap_or(0.0);
		println!(
			"{:<11} {:>16} {:>12} {:>18} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1}  {}",
			name,
			planck(report, "data_units") + report["units"].as_u64().map_or(0, u128::from),
			report["price"].as_u64().unwrap_or(0),
			planck(report, "payment"),
			second("submitted"),
			second("committed") - second("submitted"),
			second("fetched") - second("committed"),
			second("checked") - second("fetched"),
			second("settled") - second("checked"),
			if report["check"]["verified"] == true {
				format!(
					"verified, {} of {} leaves",
					report["check"]["checked"], report["check"]["leaves"]
				)
			} else {
				report["check"]["proves"].to_string()
			}
		);
	}
}

/// An amount that the client prints as text.
fn planck(report: &Value, key: &str) -> u128 {
	match &report[key] {
		Value::String(text) => text.parse().unwrap_or_else(|_| panic!("{key} is {text}")),
		other => other
			.as_u64()
			.map(u128::from)
			.unwrap_or_else(|| panic!("{key} is {other}")),
	}
}

/// Prints where the money went and panics unless it adds up to the planck.
fn print_money(jobs: &[(&str, Value)], before: &Ledger, after: &Ledger) {
	let sum = |key: &str| jobs.iter().map(|(_, report)| planck(report, key)).sum::<u128>();
	let payments = sum("payment");
	let job_fees = sum("job_fees") - sum("job_fees_returned");
	let transaction_fees = sum("transaction_fees");
	let lost = before.requester - after.requester;
	let earned = after.payout - before.payout;
	let treasury = after.treasury - before.treasury;
	let collected = sum("protocol_fee") + job_fees;
	// The owner's job fee for the measurement of the device, if the treasury had not had its part before.
	let waiting = before.era_fees - after.era_fees;
	let burned = collected + waiting - treasury;
	let worker = before.worker - after.worker;
	let author = after.author - before.author;

	println!(
		"\n{:<34} {:>28} {:>28} {:>22}",
		"money, planck", "before", "after", "change"
	);
	for (name, was, is) in [
		("requester", before.requester, after.requester),
		("provider: payout", before.payout, after.payout),
		("provider: owner (stake)", before.owner, after.owner),
		("provider: worker", before.worker, after.worker),
		("treasury", before.treasury, after.treasury),
		("block author", before.author, after.author),
		("issuance", before.issuance, after.issuance),
	] {
		let change = if is >= was {
			format!("+{}", is - was)
		} else {
			format!("-{}", was - is)
		};
		println!("{name:<34} {was:>28} {is:>28} {change:>22}");
	}
	println!("\nrequester lost                     {lost:>22}");
	println!("  provider got                     {earned:>22}");
	println!("  burned of protocol and job fees  {burned:>22}");
	println!("  treasury got                     {treasury:>22}");
	println!("  transaction fees                 {transaction_fees:>22}");
	println!("of that, the provider's own job fee for its measurement: {waiting}");

	assert_eq!(
		lost,
		payments + job_fees + transaction_fees,
		"the requester lost what the reports say"
	);
	assert_eq!(
		earned,
		payments - sum("protocol_fee"),
		"the provider got the payments less the protocol's fee"
	);
	assert_eq!(
		lost + waiting,
		earned + burned + treasury + transaction_fees,
		"nothing is lost on the way"
	);
	// A fifth, rounded down in each era that has ended.
	let fifth = (collected + waiting) / 5;
	assert!(
		treasury <= fifth && treasury + 5 > fifth,
		"the treasury's part is {treasury}, and a fifth is {fifth}"
	);
	assert_eq!(after.owner, before.owner, "stake is untouched");
	// The rest of the issuance that is gone are transaction fees, less what the block author got of them.
	assert_eq!(
		before.issuance - after.issuance,
		collected - treasury + transaction_fees + worker - author,
		"the issuance adds up"
	);
	println!("adds up to the planck; the worker's own transaction fees were {worker}");
}
