//! Measures what the project promises and prints one line a goal: `name  figure  goal  met|missed`.
//!
//! Exit status 1 if any goal is missed. Times are given with `k`, this machine's sr25519 verification time divided by
//! 49 µs, the reference machine's.

use millrace_tests::Node;
use std::{
	process::ExitCode,
	thread::sleep,
	time::{Duration, Instant},
};
use subxt_signer::sr25519;

/// Time of one sr25519 verification on the reference machine.
const REFERENCE_VERIFY: Duration = Duration::from_micros(49);
/// How long a node runs before its memory is read.
const SETTLE: Duration = Duration::from_secs(300);
/// Most resident memory of a node of the `development` preset, in bytes.
const NODE_MEMORY: u64 = 300 << 20;

fn main() -> ExitCode {
	println!("k  {:.2}", machine_factor());
	let mut met = true;
	met &= node_memory();
	if met {
		ExitCode::SUCCESS
	} else {
		ExitCode::FAILURE
	}
}

fn report(name: &str, figure: &str, goal: &str, met: bool) -> bool {
	println!("{name}  {figure}  goal {goal}  {}", if met { "met" } else { "missed" });
	met
}

/// The median over batches, so that a busy moment does not decide it.
fn machine_factor() -> f64 {
	let pair = sr25519::dev::alice();
	let signature = pair.sign(b"millrace");
	let public = pair.public_key();
	let mut times: Vec<f64> = (0..31)
		.map(|_| {
			let start = Instant::now();
			for _ in 0..20 {
				assert!(sr25519::verify(&signature, b"millrace", &public));
			}
			start.elapsed().as_secs_f64() / 20.0
		})
		.collect();
	times.sort_by(f64::total_cmp);
	times[times.len() / 2] / REFERENCE_VERIFY.as_secs_f64()
}

fn node_memory() -> bool {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let node = Node::start("development", folder.path());
	sleep(SETTLE);
	let (best, finalised) = node.heights();
	assert!(
		finalised + 4 >= best && best > 50,
		"the chain stands still: best {best}, finalised {finalised}"
	);
	let bytes = node.process.resident_bytes().expect("the node runs");
	report(
		"node-memory",
		&format!("{} MB after {} blocks", bytes >> 20, best),
		"<= 300 MB",
		bytes <= NODE_MEMORY,
	)
}
