//! Measures what the project promises and prints one line a goal: `name  figure  goal  met|missed|not measured`.
//!
//! ```text
//! millrace-bench              everything
//! millrace-bench GROUP...     kernels (W2, W3, W5), hashing (W4), worker (W1), market (C2, C4), refutation (C7),
//!                             liveness (C5), node
//! ```
//!
//! Exit status 1 if any goal is missed. Times are ratios within one run; `k`, this machine's sr25519 verification time
//! divided by the reference machine's 49 µs, says how fast the machine is. The program can be copied to a machine with
//! a GPU and run there alone; what needs other programs of the project is then left out by naming groups.

mod cases;
mod cuda;
mod hashing;
mod kernels;
mod liveness;
mod machine;
mod market;
mod native;
mod node;
mod refutation;
mod report;
mod weight;
mod worker;

use report::Report;
use std::process::ExitCode;

/// A group of measurements: its name, and what measures it.
type Group = (&'static str, fn(&mut Report));

const GROUPS: [Group; 7] = [
	("kernels", kernels::measure),
	("hashing", hashing::measure),
	("worker", worker::measure),
	("market", market::measure),
	("refutation", refutation::measure),
	("liveness", liveness::measure),
	("node", node::measure),
];

fn main() -> ExitCode {
	let wanted: Vec<String> = std::env::args().skip(1).collect();
	if let Some(unknown) = wanted
		.iter()
		.find(|name| !GROUPS.iter().any(|(known, _)| known == name))
	{
		let known = GROUPS.map(|(name, _)| name).join(", ");
		eprintln!("error: no group of measurements is named {unknown}; there are {known}");
		return ExitCode::from(2);
	}
	machine::describe();
	let mut report = Report::default();
	for (name, measure) in GROUPS {
		if wanted.is_empty() || wanted.iter().any(|group| group == name) {
			measure(&mut report);
		}
	}
	report.exit_code()
}
