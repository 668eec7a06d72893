//! Thousands of providers over months on the real runtime: what outages cost the honest and the others, and what finding
//! them costs a block. `docs/liveness.md` quotes the tables.
//!
//! Everything is done by the pallets' own hooks and signed calls, under the standard rules. Blocks in which nothing
//! happens are skipped, see `simulation::clock`. `MILLRACE_SEED` chooses the randomness of all of it.

mod chain;
mod simulation {
	pub(crate) mod cheats;
	pub(crate) mod clock;
	pub(crate) mod honest;
	pub(crate) mod load;
	pub(crate) mod outages;
	pub(crate) mod random;
	pub(crate) mod rows;
	pub(crate) mod world;
}

use simulation::{
	cheats, honest,
	load::{self, Load},
	outages,
	rows::Row,
};
use std::thread;

fn seed() -> u64 {
	let given = std::env::var("MILLRACE_SEED").ok().and_then(|value| value.parse().ok());
	given.unwrap_or(0x6d69_6c6c_7261_6365)
}

/// Each row asserts what is claimed of it, where it is made.
#[test]
fn what_outages_cost() {
	const SCENARIOS: [fn(u64) -> Vec<Row>; 7] = [
		honest::rare,
		honest::frequent,
		cheats::one_hour_in_four,
		cheats::bot,
		cheats::mended,
		outages::region,
		outages::operator,
	];
	let seed = seed();
	let rows: Vec<Row> = thread::scope(|scope| {
		let played = SCENARIOS.map(|scenario| scope.spawn(move || scenario(seed)));
		let rows = played
			.into_iter()
			.map(|thread| thread.join().expect("what is claimed holds"));
		rows.flatten().collect()
	});
	let mut table = vec![Row::heading()];
	table.extend(rows.iter().map(Row::line));
	// In one piece, as other tests print at the same time.
	println!(
		"\nMILLRACE_SEED={seed}; amounts in MILL, shares of the revenue:\n{}\n",
		table.join("\n")
	);
}

#[test]
fn a_block_costs_the_same_at_any_number_of_providers() {
	let seed = seed();
	let loads = [10, 200, 1_600, 10_000].map(|providers| load::measure(seed, providers));
	let mut table = vec![Load::heading()];
	table.extend(loads.iter().map(Load::line));
	println!(
		"\nMILLRACE_SEED={seed}; of a block, over {}, then over as many in which nobody answers:\n{}\n",
		load::BLOCKS,
		table.join("\n")
	);
	for (load, expected) in loads.iter().zip([1, 1, 8, 8]) {
		assert_eq!(load.most_samples, expected, "{load:?}");
		assert!((1..=2).contains(&load.most_found), "{load:?}");
		// Twenty-four items, three for each sample, ten for each provider that is found: nothing grows with the fleet.
		let most = 24 + 3 * expected;
		assert!(load.reads <= most, "{load:?}");
		assert!(load.reads_gone <= most + 10 * load.most_found, "{load:?}");
	}
}

/// What the other tests rest on.
#[test]
fn a_skipped_block_is_one_in_which_nothing_happens() {
	let (all, slow) = honest::history(seed(), true);
	let (some, fast) = honest::history(seed(), false);
	assert!(some < all / 5, "{some} of {all} were played");
	assert!(slow.len() > 100, "{} events", slow.len());
	assert_eq!(slow.len(), fast.len());
	for (one, other) in slow.iter().zip(&fast) {
		assert_eq!(one, other);
	}
}
