//! Half of a fleet goes at once. That is the network's failure or nobody's: it is found, told, and costs nothing.

use crate::{
	chronicle::{OutageEnded, ProviderSampled, ProviderUnreachable},
	world::{mill, Provider, World, ANSWER, BACK, BOND, FLOOR, GAP, LUCK, STEPS},
};
use millrace_client::chain::Status;

/// Those that go: four of eight, of three owners. Each sees at least two of the six providers of other owners go with it.
const GONE: [&str; 4] = ["north-1", "east-1", "east-2", "south-1"];
/// The one of them with a real worker.
const REAL: &str = "north-1";

/// Half of the providers go and come back.
pub(crate) fn half(world: &World, fleet: &mut [Provider<'_>]) {
	let chronicle = &world.chronicle;
	for provider in fleet.iter_mut() {
		match provider.name {
			REAL => provider.start(),
			_ => provider.serve(),
		}
	}
	let (mut gone, stayed): (Vec<_>, Vec<_>) = fleet.iter_mut().partition(|provider| GONE.contains(&provider.name));
	// All of them have been asked, so that nobody goes before it could be missed.
	for provider in gone.iter().chain(&stayed) {
		chronicle.wait_for("a sample", 1, |event: &ProviderSampled| event.provider == provider.id);
	}

	let first = chronicle.now();
	for provider in &mut gone {
		match provider.name {
			REAL => provider.kill(),
			_ => provider.fall_silent(),
		}
	}
	let mut found = Vec::new();
	for provider in &gone {
		let id = provider.id;
		let (at, event) = chronicle.wait_for("a miss", first.block, |event: &ProviderUnreachable| {
			event.provider == id
		});
		// Two are told a tick.
		let latest = (gone.len() as u32).div_ceil(2);
		assert!((event.since + ANSWER + 1..event.since + ANSWER + 1 + latest).contains(&at.hook));
		assert!(at.hook <= first.tick + GAP + LUCK + ANSWER + latest, "{first:?} {at:?}");
		assert!(matches!(world.view(id).status, Status::Unreachable { .. }));
		found.push(at.hook);
	}

	// What they would pay is announced until it is known that so many went.
	let known = found
		.iter()
		.map(|tick| world.known_from(*tick))
		.max()
		.expect("some are gone");
	// The hook of the next block looks.
	let looked = chronicle.wait_tick(known + 1);
	for provider in &gone {
		let outage = world.preview(provider.id).outage.expect("an outage that goes on");
		assert_eq!((outage.scale, outage.charged), (Some(0), 0), "{looked:?} {outage:?}");
	}
	for provider in &mut gone {
		match provider.name {
			REAL => provider.start(),
			_ => provider.come_back(),
		}
	}
	let mut lengths = Vec::new();
	for provider in &gone {
		let id = provider.id;
		let (back, ended) = chronicle.wait_for("its return", first.block, |event: &OutageEnded| event.provider == id);
		let (closed, end) = world.closed(id, first.block);
		assert_eq!(closed.hook, back.tick + BACK + 1);
		assert_eq!((end.scale, end.charged, end.deducted), (0, 0, 0), "{end:?}");
		assert_eq!(end.ticks, ended.ticks);
		// Alone it would have paid.
		assert!(end.ticks > STEPS[0].0);
		lengths.push(end.ticks);
	}
	for provider in gone.iter().chain(&stayed) {
		let view = world.view(provider.id);
		assert_eq!(
			(view.active, view.set_aside, view.status),
			(BOND, 0, Status::Active),
			"{}",
			provider.name
		);
		assert!(world.slashes(provider.id).is_empty(), "{}", provider.name);
	}
	for provider in &stayed {
		let missed = chronicle.all(1, |event: &ProviderUnreachable| event.provider == provider.id);
		assert!(missed.is_empty(), "{missed:?}");
	}
	println!(
		"fleet | 4 of 8 providers of 4 owners gone at tick {}, unreachable at {found:?} | after {lengths:?} ticks forgiven in \
		 full, where one alone pays {} | all 8 stakes {} before and after",
		first.tick,
		mill(FLOOR * STEPS[0].1 / 1_000),
		mill(BOND),
	);
}
