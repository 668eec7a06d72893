//! C8, and the memory of a node.

use crate::{latency, report::Report};
use millrace_tests::Node;
use std::{thread::sleep, time::Duration};

/// How long a node runs before its memory is read.
const SETTLE: Duration = Duration::from_secs(300);
/// Most resident memory of a node of the `development` preset, in bytes.
const NODE_MEMORY: u64 = 300 << 20;

pub(crate) fn measure(report: &mut Report) {
	latency::measure(report);
	memory(report);
}

fn memory(report: &mut Report) {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let node = Node::start("development", folder.path());
	sleep(SETTLE);
	let (best, finalised) = node.heights();
	assert!(
		finalised + 4 >= best && best > 50,
		"the chain stands still: best {best}, finalised {finalised}"
	);
	let bytes = node.process.resident_bytes().expect("the node runs");
	report.goal(
		"node-memory",
		&format!("{} MB after {best} blocks", bytes >> 20),
		"<= 300 MB",
		bytes <= NODE_MEMORY,
	);
}
