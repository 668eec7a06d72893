//! No money comes from nowhere and none is lost: whole lives of jobs on the real runtime, with parties on every side
//! that keep no rule. All that they do are signed transactions in blocks.
//!
//! A book is kept beside the chain that knows nothing but events and the fees of transactions. After every block it
//! must say what every account has, what there is in all, and that each job that ended gave back, paid or burned all
//! that was held for it. What each event says of money is in one file, `conservation/money.rs`.
//!
//! `MILLRACE_SEED` chooses everything that is random, `MILLRACE_CASES` how many chains there are after the first, a
//! tenth of it.

mod chain;
mod conservation {
	pub(crate) mod acts;
	pub(crate) mod books;
	pub(crate) mod endings;
	pub(crate) mod holds;
	pub(crate) mod money;
	pub(crate) mod parties;
	pub(crate) mod root;
	pub(crate) mod summary;
	pub(crate) mod world;
}

use conservation::world::World;

/// Jobs whose whole life each chain sees, at least.
const JOBS: usize = 1_000;

fn from_environment(name: &str, default: u64) -> u64 {
	let given = std::env::var(name).ok().and_then(|value| value.parse().ok());
	given.unwrap_or(default)
}

#[test]
fn every_planck_is_accounted_for() {
	let seed = from_environment("MILLRACE_SEED", 0x6d69_6c6c_7261_6365);
	for chain in 0..(from_environment("MILLRACE_CASES", 1) / 10).max(1) {
		let seed = seed.wrapping_add(chain);
		println!("MILLRACE_SEED={seed}, {JOBS} jobs or more");
		let mut world = World::new(seed);
		while world.ended() < JOBS {
			world.block();
		}
		world.wind_up();
		println!("{}", world.summary());
		world.check_variety();
	}
}
