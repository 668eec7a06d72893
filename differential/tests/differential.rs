//! Random programs on the reference, the CPU backend and the PTX interpreter.
//!
//! `MILLRACE_PROGRAMS` says how many, `MILLRACE_DIFFERENTIAL_SEED` from which seed on.

use std::env;

use millrace_differential::{
	backend::by_name,
	compare::{run, Extent},
	seed_of_now,
};
use millrace_kernel::opcode;

/// From so many programs on, every opcode is executed [`OFTEN`] times.
const SHORT_RUN: u64 = 1_000;
const OFTEN: u64 = 100;

fn number(variable: &str) -> Option<u64> {
	let text = env::var(variable).ok()?;
	Some(
		text.parse()
			.unwrap_or_else(|_| panic!("{variable}={text} is no number")),
	)
}

#[test]
fn every_backend_agrees_on_random_programs() {
	let seed = number("MILLRACE_DIFFERENTIAL_SEED").unwrap_or_else(seed_of_now);
	let programs = number("MILLRACE_PROGRAMS").unwrap_or(SHORT_RUN);
	println!("seed {seed}");
	let mut backends = Vec::new();
	for name in ["cpu", "portable", "ptx"] {
		backends.push(by_name(name).expect(name));
	}
	match by_name("cuda") {
		Ok(cuda) => backends.push(cuda),
		Err(why) => println!("cuda      not compared: {why}"),
	}
	let extent = Extent {
		seed,
		programs,
		time: None,
	};
	let report = run(&extent, &backends);
	println!("{report}");
	assert!(report.differences.is_empty(), "seed {seed}: {report}");
	for (name, tally) in report.tallies() {
		assert_eq!(tally.programs, programs, "{name}");
		assert!(tally.ended_percent() >= 50.0, "{name}: {tally}");
		let rare: Vec<String> = opcode::TABLE
			.iter()
			.filter(|row| tally.executed.count(row.code) < OFTEN)
			.map(|row| {
				format!(
					"{} ({:#04x}): {}",
					row.mnemonic,
					row.code,
					tally.executed.count(row.code)
				)
			})
			.collect();
		assert!(programs < SHORT_RUN || rare.is_empty(), "{name}, seed {seed}: {rare:?}");
	}
}
