//! Networks of several validators, in processes of their own: finality with one dead and without two, all gone at once, a
//! stranger that joins by warp sync, a validator that changes its keys, and two that sign what excludes itself and are slashed.
//! Prints a line for each step. Beside them the network that `scripts/devnet.sh` starts, with a job through it.
//!
//! All scenes of the validators are one chain, one after the other; all the time it is watched that no two nodes ever hold
//! different blocks of one height for final. Who signs twice comes last, for it stays guilty.

#[path = "network/devnet.rs"]
mod devnet;
#[path = "network/equivocation.rs"]
mod equivocation;
#[path = "network/finality.rs"]
mod finality;
#[path = "network/restart.rs"]
mod restart;
#[path = "network/rotation.rs"]
mod rotation;
#[path = "network/state.rs"]
mod state;
#[path = "network/warp.rs"]
mod warp;
#[path = "network/witness.rs"]
mod witness;
#[path = "network/world.rs"]
mod world;

use std::{path::Path, thread, time::Instant};
use world::World;

#[test]
fn validators_agree_whatever_happens_to_them() {
	let start = Instant::now();
	let folder = tempfile::tempdir().expect("a temporary folder");
	let folder = folder.path();
	thread::scope(|scope| {
		let threads = [
			(
				"validators",
				scope.spawn(|| four_validators(&folder.join("validators"))),
			),
			("devnet", scope.spawn(|| devnet::by_the_script(&folder.join("devnet")))),
		];
		for (name, thread) in threads {
			assert!(thread.join().is_ok(), "the network `{name}` failed");
		}
	});
	println!("done in {} s", start.elapsed().as_secs());
}

fn four_validators(folder: &Path) {
	let mut world = World::start(folder);
	let keys = thread::scope(|scope| {
		let stranger = scope.spawn(|| warp::joins(&world));
		let keys = rotation::of_a_live_validator(&world);
		assert!(stranger.join().is_ok(), "the stranger did not join");
		keys
	});
	finality::one_dead_two_cut_off(&mut world);
	restart::all_at_once(&mut world, keys);
	equivocation::blocks(&world);
	equivocation::votes(&world);
	let (heights, seen) = world.witness.close(world.running());
	println!("all | {heights} heights, {seen} times a node was asked for its final block there | never two blocks of one height");
}
