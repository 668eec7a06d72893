//! C8: how many blocks lie between a job's submission, its assignment and its result, on a chain of one validator with a
//! real worker, and with the command line as the requester.

use crate::report::{median, Report};
use millrace_client::chain::{Chain, JobEvent, JobId};
use millrace_tests::Network;
use std::{
	collections::BTreeMap,
	fs,
	path::{Path, PathBuf},
	time::Duration,
};

/// Jobs of each kind, one after another.
const JOBS: usize = 3;
/// Most blocks from a submission to the result.
const MOST: u64 = 4;

/// The numbers of the blocks in which a job moved.
#[derive(Clone, Copy, Default)]
struct Way {
	submitted: Option<u64>,
	assigned: Option<u64>,
	committed: Option<u64>,
}

impl Way {
	fn assigned_at_once(&self) -> bool {
		self.submitted.is_some() && self.assigned == self.submitted
	}

	/// Blocks until the result was committed.
	fn blocks(&self) -> Option<u64> {
		self.committed?.checked_sub(self.submitted?)
	}
}

pub(crate) fn measure(report: &mut Report) {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let mut network = Network::start("development", folder.path(), |_| ());
	network.start_worker();
	let start = network.node.heights().0;
	let files = [without_inputs(folder.path()), with_inputs(folder.path())];
	let mut jobs = Vec::new();
	for file in &files {
		jobs.extend((0..JOBS).map(|_| run(&network, file)));
	}
	let ways = ways(&network, start);
	let ways: Vec<Way> = jobs
		.iter()
		.map(|job| ways.get(job).copied().unwrap_or_default())
		.collect();
	let at_once = ways.iter().filter(|way| way.assigned_at_once()).count();
	report.goal(
		"C8 assigned",
		&format!(
			"{at_once} of {} jobs in the block that includes their submission",
			ways.len()
		),
		"all",
		at_once == ways.len(),
	);
	let blocks: Vec<u64> = ways.iter().filter_map(Way::blocks).collect();
	let most = blocks.iter().copied().max().unwrap_or_default();
	report.goal(
		"C8 committed",
		&format!(
			"{most} blocks later at most, {} at the median, {} of {} results",
			median(blocks.iter().map(|blocks| *blocks as f64).collect()),
			blocks.len(),
			ways.len()
		),
		"<= 4 blocks",
		blocks.len() == ways.len() && most <= MOST,
	);
	let (without, with) = blocks.split_at(JOBS.min(blocks.len()));
	report.note(&format!(
		"blocks without inputs {without:?}, with two inputs that are brought after the assignment {with:?}"
	));
}

/// A picture of 32 × 16 pixels: nothing has to be brought.
fn without_inputs(folder: &Path) -> PathBuf {
	let job = "kernel = \"mandelbrot.mk\"\nitems = 32\nparams = [-536870912, -335544320, 1310720, 32, 255]\n[offer]\n";
	job_file(folder, "mandelbrot", job)
}

/// A search in a short sequence.
fn with_inputs(folder: &Path) -> PathBuf {
	let job = "kernel = \"kmer.mk\"\nitems = 1\nparams = [6]\n\
		[[inputs]]\ntext = \"GAATTCGAATTCAAGCTTGGATCCAGATCTTTGAATTC\"\n\
		[[inputs]]\ntext = \"GAATTC..........AAGCTT..........GGATCC..........AGATCT..........\"\n\
		[output]\nfile = \"kmer.tsv\"\nformat = \"u32-table\"\ncolumns = 4\nsum = true\n[offer]\n";
	job_file(folder, "kmer", job)
}

fn job_file(folder: &Path, kernel: &str, text: &str) -> PathBuf {
	let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../examples/kernels/{kernel}/{kernel}.mk"));
	fs::copy(source, folder.join(format!("{kernel}.mk"))).expect("the example is there");
	let path = folder.join(format!("{kernel}.toml"));
	fs::write(&path, text).expect("the folder is writable");
	path
}

/// Runs a job until it is checked, settled and final.
fn run(network: &Network, file: &Path) -> JobId {
	let key = network.key("requester");
	let file = file.to_str().expect("UTF-8");
	let more = [
		"--register",
		"--wait",
		"--check",
		"all",
		"--allow-private",
		"--wait-timeout",
		"4m",
	];
	let arguments = [&["--key", &key, "job", "run", file][..], &more].concat();
	let report = network.client.json(&arguments);
	assert_eq!(report["check"]["verified"], true, "{report}");
	let id = report["job"].as_str().and_then(|text| text.parse().ok());
	id.expect("the id of a job")
}

/// What happened to all jobs, from a block on.
fn ways(network: &Network, start: u64) -> BTreeMap<JobId, Way> {
	let runtime = tokio::runtime::Builder::new_current_thread()
		.enable_all()
		.build()
		.expect("a runtime");
	let mut ways = BTreeMap::<JobId, Way>::new();
	runtime.block_on(async {
		let chain = Chain::connect(&network.node.url(), Duration::from_secs(10))
			.await
			.expect("the node answers");
		for number in start..=network.node.heights().0 {
			let at = chain.at_number(number).await.expect("a block of this chain");
			for (job, event) in at.job_events().await.expect("events of jobs") {
				let way = ways.entry(job).or_default();
				let moved = match event {
					JobEvent::Submitted { .. } => &mut way.submitted,
					JobEvent::Assigned { .. } => &mut way.assigned,
					JobEvent::Committed { .. } => &mut way.committed,
					_ => continue,
				};
				moved.get_or_insert(number);
			}
		}
	});
	ways
}
