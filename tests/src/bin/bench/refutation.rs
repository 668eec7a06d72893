//! What the dearest refutation weighs and how long it is, asked of a running node.

use crate::{
	report::Report,
	weight::{self, Weighed},
};
use millrace_client::chain::{Call, JobId};
use millrace_kernel::{
	program::{REFUTE_FAULTS, REFUTE_UNITS},
	proof::{sibling_count, LeafProof, Opening},
	tree::{Pair, SumNode},
};

/// What ordinary transactions may take of a block, in picoseconds of reference time: 75 % of a second.
const NORMAL_REF_TIME: f64 = 0.75e12;
/// Bytes that a refutation may have: 1 MiB.
const MAX_BYTES: usize = 1 << 20;
/// Chunks of the largest inputs of a job: 1 GiB.
const INPUT_CHUNKS: u32 = 1 << 20;
/// Pairs above a leaf of the largest output: 64 MiB in leaves of one byte.
const DEPTH: usize = 26;

/// The largest proof there is: all units, all chunks, as far apart as they can be, the longest way from the root.
fn largest() -> LeafProof {
	let chunks: Vec<u32> = (0..REFUTE_FAULTS).map(|n| n * (INPUT_CHUNKS / REFUTE_FAULTS)).collect();
	let node = SumNode {
		hash: [7; 32],
		units: 1,
	};
	LeafProof {
		leaf: 0,
		pairs: vec![
			Pair {
				left: node,
				right: node
			};
			DEPTH
		],
		openings: vec![Opening {
			bytes: vec![7; chunks.len() * 1_024],
			siblings: vec![[7; 32]; sibling_count(INPUT_CHUNKS * 1_024, &chunks)],
			chunks,
		}],
		units: REFUTE_UNITS,
		chunks: REFUTE_FAULTS,
	}
}

pub(crate) fn measure(report: &mut Report) {
	let call = Call::Refute {
		job: JobId([7; 32]),
		proof: Box::new(largest()),
	};
	let Weighed { ref_time, bytes } = weight::of(&call);
	let share = ref_time as f64 / NORMAL_REF_TIME;
	report.goal(
		"C7 weight",
		&format!(
			"{:.1} ms, {:.1} % of a block's normal weight",
			ref_time as f64 / 1e9,
			share * 100.0
		),
		"<= 10 %",
		share <= 0.1,
	);
	report.goal("C7 length", &format!("{bytes} bytes"), "<= 1 MiB", bytes <= MAX_BYTES);
}
