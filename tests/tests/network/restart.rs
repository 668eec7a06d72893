//! All validators lose power at once.

use crate::{
	state::{first, State},
	world::{World, ALICE, BOB, CHARLIE, DAVE, EPOCH_SLOTS, SLOT},
};
use millrace_client::chain::SessionKeys;
use serde_json::Value;
use std::{
	thread::sleep,
	time::{Duration, Instant},
};

/// For how long nothing runs: at least one epoch passes in which there is no block.
const OUTAGE: Duration = Duration::from_secs(2 * EPOCH_SLOTS * SLOT + 2);
const ALL: [usize; 4] = [ALICE, BOB, CHARLIE, DAVE];

/// All are killed, nothing runs for two epochs, and all start again. Bob still has the keys that he has made.
pub(crate) fn all_at_once(world: &mut World, keys: SessionKeys) {
	let start = Instant::now();
	let stash = world.validator(BOB).stash();
	let (best, last) = world.node(ALICE).heights();
	let history: Vec<Value> = (0..=last).map(|number| hash(world, ALICE, number)).collect();
	let session = State::at(world.node(ALICE), last).session();
	for seat in ALL {
		world.kill(seat);
	}
	sleep(OUTAGE);
	for seat in ALL {
		world.bring_up(seat);
	}
	let up = start.elapsed();
	world.wait_final(&ALL, best + 1);
	let again = start.elapsed();

	let skipped = world
		.running()
		.find_map(|(_, node)| node.process.output().lines().find_map(epochs).map(str::to_owned));
	let skipped = skipped.expect("an epoch had no block");
	for seat in ALL {
		let node = world.node(seat);
		let kept: Vec<Value> = (0..=last).map(|number| hash(world, seat, number)).collect();
		assert_eq!(kept, history, "{} has another history", world.validator(seat).name);
		assert_eq!(State::finalised(node).registered(stash), Some(keys));
	}
	let alice = world.node(ALICE);
	let of_bob = |state: &State<'_>| (state.author() == Some(keys.babe)).then(|| state.session());
	let (authored, now) = first(alice, "a block of Bob", best + 1, of_bob);
	assert!(now > session);
	world.witness.agrees();
	println!(
		"restart | all killed at block {best} for {} s | {skipped} | up after {} s, block {} final after {} s | all {} blocks \
		 and Bob's keys kept, block {authored} is his | {} s",
		OUTAGE.as_secs(),
		up.as_secs(),
		best + 1,
		again.as_secs(),
		history.len(),
		start.elapsed().as_secs()
	);
}

fn hash(world: &World, seat: usize, number: u64) -> Value {
	State::at(world.node(seat), number).hash().clone()
}

/// What a line of a log says of epochs without blocks.
fn epochs(line: &str) -> Option<&str> {
	line.find("Epoch(s) skipped").map(|start| &line[start..])
}
