//! Errors made on purpose must be found, and no others.
//!
//! The seed is fixed, so that a run says the same every time; `MILLRACE_DIFFERENTIAL_SEED` sets another.

use std::env;

use millrace_differential::{
	backend::by_name,
	compare::{run, Extent, Mismatch},
	plant::{hunt, in_cpu, in_opcodes, in_ptx, Plant},
};

/// An error that needs more programs than a run of the tests has would not be found by one.
const PROGRAMS: u64 = 10_000;

fn seed() -> u64 {
	let seed = env::var("MILLRACE_DIFFERENTIAL_SEED").map_or(1, |text| text.parse().expect("a number"));
	println!("seed {seed}");
	seed
}

fn all_are_found(place: &str, plants: &[Plant]) {
	let seed = seed();
	assert!(!plants.is_empty());
	let mut wrong = Vec::new();
	for (plant, found) in plants.iter().zip(hunt(plants, seed, PROGRAMS)) {
		let name = &plant.name;
		let Some(found) = found else {
			wrong.push(format!("{name}: not found in {PROGRAMS} programs"));
			continue;
		};
		println!(
			"{place}: {name}: found by program {}: {}",
			found.programs, found.mismatch
		);
		// A text that is refused, or a backend that breaks, shows nothing about what is compared.
		if matches!(found.mismatch, Mismatch::Failed(_)) && !plant.may_fail {
			wrong.push(format!("{name}: {}", found.mismatch));
		}
	}
	assert!(wrong.is_empty(), "{place}, seed {seed}: {wrong:#?}");
}

#[test]
fn errors_in_the_generated_ptx_are_found() {
	all_are_found("PTX", &in_ptx().expect("the interpreter"));
}

#[test]
fn errors_on_the_cpu_are_found() {
	all_are_found("CPU", &in_cpu().expect("the CPU backend"));
}

#[test]
fn an_instruction_taken_for_another_is_found() {
	all_are_found("instruction", &in_opcodes());
}

#[test]
fn without_an_error_nothing_is_found() {
	let backends: Vec<_> = ["reference", "cpu", "portable", "ptx"]
		.into_iter()
		.map(|name| by_name(name).expect(name))
		.collect();
	let extent = Extent {
		seed: seed(),
		programs: 100,
		time: None,
	};
	let report = run(&extent, &backends);
	assert!(report.differences.is_empty(), "{report}");
	assert!(report.tallies().all(|(_, tally)| tally.programs == 100), "{report}");
}
