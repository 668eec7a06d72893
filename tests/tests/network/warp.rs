//! A node without data joins: it fetches a proof of finality and the latest state, and executes none of the blocks before.

use crate::{
	state::{block_hash, State, LIMIT},
	world::{World, ALICE},
};
use millrace_tests::{rpc, Node};
use serde_json::json;
use std::{
	thread::sleep,
	time::{Duration, Instant},
};

/// Final blocks that there are before it comes: more than an era, so that the voters' set has changed.
const BLOCKS: u64 = 10;

/// How often a stranger begins anew, and how long it may take. The voters of this chain change every twelve seconds. If they do
/// while the proof is on its way, the SDK's node can take block 1 for the end of it, and imports no other one; on a chain whose
/// sessions are hours long that does not come about, and there as here it is mended by beginning with an empty folder.
const TRIES: usize = 3;
const JOINING: Duration = Duration::from_secs(45);

/// A stranger joins by warp sync and follows.
pub(crate) fn joins(world: &World) {
	let alice = world.node(ALICE);
	world.wait_final(&[ALICE], BLOCKS);
	let start = Instant::now();
	let (stranger, then, tries) = (1..=TRIES)
		.find_map(|number| {
			let stranger = world.another(&format!("stranger {number}"), &["--sync", "warp"]);
			let (_, then) = alice.heights();
			follows(&stranger, then).then_some((stranger, then, number))
		})
		.unwrap_or_else(|| panic!("none of {TRIES} strangers followed within {JOINING:?}"));
	let followed = start.elapsed().as_secs();
	for line in ["Warp sync is complete", "State sync is complete"] {
		let log = stranger.process.output();
		assert!(log.contains(line), "it does not say {line:?}:\n{log}");
	}
	let (best, last) = stranger.heights();
	assert_eq!(block_hash(stranger.port, last), block_hash(alice.port, last));
	assert!(State::at(&stranger, last).session() > 0, "it has the state");

	// It fetches the history afterwards, headers and bodies, but has no state of then: nothing was executed.
	stranger.wait_until("the history", LIMIT, |node| block_hash(node.port, 1).is_some());
	let early = block_hash(alice.port, 1);
	assert_eq!(block_hash(stranger.port, 1), early);
	// The code of the runtime is always there.
	let code = json!(["0x3a636f6465", early]);
	let size = rpc::call(alice.port, "state_getStorageSize", code.clone());
	assert!(
		size.is_ok_and(|size| size.as_u64() > Some(100_000)),
		"Alice has executed it"
	);
	let refused = rpc::call(stranger.port, "state_getStorageSize", code);
	assert!(
		refused.as_ref().is_err_and(|error| error.contains("discarded")),
		"it has the state after block 1: {refused:?}"
	);
	println!(
		"warp | joined at block {then} in try {tries}, followed after {followed} s at block {best}, of which {last} are final and \
		 the same as Alice's | no state after block 1: \"{}\" | {} s",
		refused.unwrap_err(),
		start.elapsed().as_secs()
	);
}

/// Whether a block above this height becomes final for the node in time.
fn follows(node: &Node, height: u64) -> bool {
	let start = Instant::now();
	while start.elapsed() < JOINING {
		if node.heights().1 > height {
			return true;
		}
		sleep(Duration::from_millis(500));
	}
	println!(
		"warp | a stranger is stuck at block {}\n{}",
		node.heights().0,
		node.process.tail()
	);
	false
}
