//! Compares the backends of kernels on random programs. Needs nothing but itself: copy it to a machine with a GPU.

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use millrace_differential::{
	backend::{by_name, Backend, NAMES},
	compare::{run, Extent},
	seed_of_now,
};

/// Runs random kernels on every backend and compares bytes, units and traps with the reference.
#[derive(Debug, Parser)]
#[command(name = "millrace-differential", version)]
struct Arguments {
	/// How many programs: 1,000, or as many as fit into the time that --seconds gives.
	#[arg(long, env = "MILLRACE_PROGRAMS", value_name = "N")]
	programs: Option<u64>,
	/// The seed of the first program, the next ones follow; by default the time.
	#[arg(long, env = "MILLRACE_DIFFERENTIAL_SEED", value_name = "S")]
	seed: Option<u64>,
	/// Backends, separated by commas: reference, cpu, ptx, cuda. By default all that can be used here.
	#[arg(long, value_delimiter = ',', value_name = "NAMES")]
	backends: Vec<String>,
	/// Stop after so many seconds.
	#[arg(long, value_name = "T")]
	seconds: Option<u64>,
}

fn main() -> ExitCode {
	let arguments = Arguments::parse();
	let seed = arguments.seed.unwrap_or_else(seed_of_now);
	println!("seed {seed}");
	let backends = match backends(&arguments.backends) {
		Ok(backends) => backends,
		Err(why) => {
			eprintln!("{why}");
			return ExitCode::from(2);
		}
	};
	let unlimited = if arguments.seconds.is_some() { u64::MAX } else { 1_000 };
	let report = run(
		&Extent {
			seed,
			programs: arguments.programs.unwrap_or(unlimited),
			time: arguments.seconds.map(Duration::from_secs),
		},
		&backends,
	);
	println!("{report}");
	if report.differences.is_empty() {
		ExitCode::SUCCESS
	} else {
		ExitCode::FAILURE
	}
}

/// The backends beside the reference, which always runs. One that is asked for must be there; one that is not asked for
/// is left out, with the reason.
fn backends(wanted: &[String]) -> Result<Vec<Box<dyn Backend>>, String> {
	let names = if wanted.is_empty() {
		NAMES.map(str::to_owned).to_vec()
	} else {
		wanted.to_vec()
	};
	let mut backends = Vec::new();
	for name in names.iter().filter(|name| *name != "reference") {
		match by_name(name) {
			Ok(backend) => {
				println!("{name:<9} {}", backend.describe());
				backends.push(backend);
			}
			Err(why) if wanted.is_empty() => println!("{name:<9} not compared: {why}"),
			Err(why) => return Err(why),
		}
	}
	Ok(backends)
}
