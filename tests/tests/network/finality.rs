//! Finality with one of four validators dead, and without two.

use crate::world::{World, ALICE, BOB, CHARLIE, DAVE, SLOT};
use std::{
	thread::sleep,
	time::{Duration, Instant},
};

/// New blocks to see in each case.
const BLOCKS: u64 = 3;

/// One is killed, a second stands still, both come back.
pub(crate) fn one_dead_two_cut_off(world: &mut World) {
	let start = Instant::now();
	let (before, _) = world.node(ALICE).heights();
	world.kill(DAVE);
	world.wait_final(&[ALICE, BOB, CHARLIE], before + BLOCKS);
	let one = world.node(ALICE).heights();
	println!(
		"finality | Dave killed at block {before} | with three of four it goes on: best {}, final {} | {} s",
		one.0,
		one.1,
		start.elapsed().as_secs()
	);

	let cut = Instant::now();
	world.node(CHARLIE).process.signal("STOP");
	// Votes that were under way arrive.
	sleep(Duration::from_secs(2 * SLOT));
	let (from, last) = world.node(ALICE).heights();
	let limit = Duration::from_secs(40 * SLOT);
	let node = world.node(BOB);
	node.wait_until("blocks of two validators", limit, |node| {
		node.heights().0 >= from + BLOCKS
	});
	for seat in [ALICE, BOB] {
		assert_eq!(world.node(seat).heights().1, last, "two of four make no block final");
	}
	let without = cut.elapsed();
	println!(
		"finality | Charlie stopped, too | with two of four blocks go on from {from} to {} and {last} stays final | {} s",
		node.heights().0,
		without.as_secs()
	);

	let back = Instant::now();
	world.node(CHARLIE).process.signal("CONT");
	world.bring_up(DAVE);
	let (best, _) = world.node(ALICE).heights();
	world.wait_final(&[ALICE, BOB, CHARLIE, DAVE], best + BLOCKS);
	let pause = world.witness.longest_pause(cut);
	world.witness.agrees();
	println!(
		"finality | both back at block {best} | all four have block {} final after {} s, {} s after it had stopped | no two \
		 final blocks of one height | {} s",
		best + BLOCKS,
		back.elapsed().as_secs(),
		pause.as_secs(),
		start.elapsed().as_secs()
	);
}
