//! Liveness on real chains with real workers: who is gone is found, what that costs is announced and taken at that tick to
//! the planck, who returns pays no more, and nobody pays where the network failed. Prints one line a story.
//!
//! Three chains go on at once. On the first, providers live and die alone; on the second, half of a fleet goes at once, and
//! then blocks are full; on the third, devices show what they are, or do not. Most providers of the fleet are played by the test, which holds their workers' keys: a machine
//! with two cores cannot run eight workers. In the end all balances of all blocks are explained by their events.

#[path = "liveness/chronicle.rs"]
mod chronicle;
#[path = "liveness/devices.rs"]
mod devices;
#[path = "liveness/fleet.rs"]
mod fleet;
#[path = "liveness/full.rs"]
mod full;
#[path = "liveness/gone.rs"]
mod gone;
#[path = "liveness/lapse.rs"]
mod lapse;
#[path = "liveness/present.rs"]
mod present;
#[path = "liveness/world.rs"]
mod world;

use chronicle::{EraClosed, SlashPaid, LIMIT};
use millrace_tests::audit::Audit;
use std::{path::Path, thread, time::Instant};
use world::{account, mill, World, JOB_FEE};

/// What is played on a chain of its own, in this folder.
type Chain = fn(&Path);

#[test]
fn who_is_gone_is_found_and_pays_what_was_announced() {
	let start = Instant::now();
	let folder = tempfile::tempdir().expect("a temporary folder");
	thread::scope(|scope| {
		let chains: [(&str, Chain); 3] = [
			("alone", one_by_one),
			("fleet", half_of_a_fleet),
			("measured", device_by_device),
		];
		let threads = chains.map(|(name, chain)| {
			let folder = folder.path().join(name);
			(name, scope.spawn(move || chain(&folder)))
		});
		for (name, thread) in threads {
			assert!(thread.join().is_ok(), "the chain `{name}` failed");
		}
	});
	println!("done in {} s", start.elapsed().as_secs());
}

/// The stories of single providers. Those that are gone have one owner, whose other providers forgive nothing.
fn one_by_one(folder: &Path) {
	let world = World::start(folder, &["north", "east"], 6);
	let [mut killed, committed, mut alive, mut drained] = world.register([
		("killed", "north"),
		("committed", "north"),
		("alive", "east"),
		("drained", "east"),
	]);
	thread::scope(|scope| {
		for provider in [&mut killed, &mut alive, &mut drained] {
			scope.spawn(move || provider.start());
		}
	});
	thread::scope(|scope| {
		scope.spawn(|| gone::killed(&world, &mut killed));
		scope.spawn(|| lapse::extended(&world, &committed));
		scope.spawn(|| present::answers(&world, &alive));
		scope.spawn(|| present::drained(&world, &mut drained));
	});
	close(&world, "north", &["east"]);
}

/// The stories of many at once.
fn half_of_a_fleet(folder: &Path) {
	let owners = ["north", "east", "south", "west"];
	let world = World::start(folder, &owners, 12);
	let mut fleet = world.register([
		("north-1", "north"),
		("north-2", "north"),
		("east-1", "east"),
		("east-2", "east"),
		("south-1", "south"),
		("south-2", "south"),
		("west-1", "west"),
		("west-2", "west"),
	]);
	fleet::half(&world, &mut fleet);
	full::blocks(&world, &fleet[7]);
	close(&world, "nobody", &owners);
}

/// The stories of devices.
fn device_by_device(folder: &Path) {
	let world = World::start_measuring(folder, &["north", "east", "south", "west"], 12);
	let [mut shown, claimed, made_up, wrong, other] = world.register([
		("shown", "north"),
		("claimed", "east"),
		("made-up", "south"),
		("wrong", "west"),
		("other", "east"),
	]);
	thread::scope(|scope| {
		scope.spawn(|| devices::shown(&world, &mut shown));
		scope.spawn(|| {
			devices::claimed(&world, &claimed);
			devices::once(&world, &claimed, &other);
		});
		scope.spawn(|| devices::made_up(&world, &made_up));
		scope.spawn(|| devices::wrong(&world, &wrong));
	});
	let (best, audit) = books(&world);
	println!(
		"devices | {best} blocks, {} accounts | every balance of every block by its events",
		audit.changes.len()
	);
}

/// The books of all blocks so far: every balance of every block is explained by its events.
fn books(world: &World) -> (u64, Audit) {
	let best = world.node.heights().0;
	world
		.node
		.wait_until("the last block's finality", LIMIT, |node| node.heights().1 >= best);
	world.chronicle.reach(best);
	(
		best,
		world.block_on(Audit::of(&world.node.url(), best, JOB_FEE as i128)),
	)
}

/// The books are right; all that `loser` lost and nothing else came to the treasury,
/// beside its part of the fees of jobs; nobody else was slashed.
fn close(world: &World, loser: &str, others: &[&str]) {
	let (best, audit) = books(world);
	let until = |block: u64| block <= best;
	let paid = world.chronicle.all(1, |_: &SlashPaid| true);
	let slashed: u128 = paid
		.iter()
		.filter(|(at, _)| until(at.block))
		.map(|(_, slash)| slash.to_treasury)
		.sum();
	assert!(paid.iter().all(|(_, slash)| slash.burned == 0), "{paid:?}");
	let fees: u128 = world
		.chronicle
		.all(1, |_: &EraClosed| true)
		.iter()
		.filter(|(at, _)| until(at.block))
		.map(|(_, closed)| closed.treasury)
		.sum();
	assert_eq!(audit.change(&account(loser, "owner")).slashes, -(slashed as i128));
	for other in others {
		assert_eq!(audit.change(&account(other, "owner")).slashes, 0, "{other}");
	}
	assert_eq!(audit.commons.treasury, (slashed + fees) as i128);
	println!(
		"all | {best} blocks, {} accounts | every balance of every block by its events | treasury + {}: {} of slashes, {} of fees",
		audit.changes.len(),
		mill(slashed + fees),
		mill(slashed),
		mill(fees),
	);
}
