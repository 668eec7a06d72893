//! What the dearest refutation weighs and how long it is, asked of a running node.

use crate::report::Report;
use millrace_client::chain::{Call, Chain, JobId};
use millrace_kernel::{
	program::{REFUTE_FAULTS, REFUTE_UNITS},
	proof::{sibling_count, LeafProof, Opening},
	tree::{Pair, SumNode},
};
use millrace_tests::Node;
use serde_json::json;
use std::time::Duration;
use subxt_signer::sr25519::dev;

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
	let folder = tempfile::tempdir().expect("a temporary folder");
	let node = Node::start("fast", folder.path());
	node.wait_until("a finalised block", Duration::from_secs(60), |node| {
		node.heights().1 >= 1
	});
	let runtime = tokio::runtime::Builder::new_current_thread()
		.enable_all()
		.build()
		.expect("a runtime");
	let signed = runtime.block_on(async {
		let chain = Chain::connect(&node.url(), Duration::from_secs(10))
			.await
			.expect("the node answers");
		let anchor = chain.finalised().await.expect("a final block");
		let call = Call::Refute {
			job: JobId([7; 32]),
			proof: Box::new(largest()),
		};
		chain
			.sign(&anchor, &call, &dev::alice())
			.await
			.expect("the runtime has the call")
	});
	let bytes = signed.bytes.len();
	let info = node.call(
		"payment_queryInfo",
		json!([format!("0x{}", hex::encode(&signed.bytes))]),
	);
	let ref_time = info["weight"]["ref_time"].as_u64().expect("a weight");
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
