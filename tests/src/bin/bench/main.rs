//! Measures what the project promises and prints one line a goal: `name  figure  goal  met|missed|not measured`.
//!
//! ```text
//! millrace-bench              everything but `chain`
//! millrace-bench GROUP...     kernels (W2, W3, W5), hashing (W4), worker (W1), market (C1, C2, C4, C6), calls (C3),
//!                             election, refutation (C7), liveness (C5), node (C8 and memory), chain (a full chain, ten minutes),
//!                             machine (nothing: only what stands above every report)
//! ```
//!
//! Exit status 1 if any goal is missed. Times are ratios within one run; `k`, this machine's sr25519 verification time
//! divided by the reference machine's 49 µs, says how fast the machine is. The program can be copied to a machine with
//! a GPU and run there alone; what needs other programs of the project is then left out by naming groups.

mod calls;
mod cases;
mod cuda;
mod election;
mod hashing;
mod kernels;
mod latency;
mod liveness;
mod load;
mod machine;
mod market;
mod native;
mod node;
mod refutation;
mod report;
mod signed;
mod weight;
mod worker;

use report::Report;
use std::process::ExitCode;

/// A group of measurements: its name, what measures it, and whether it runs when no group is named.
type Group = (&'static str, fn(&mut Report), bool);

const GROUPS: [Group; 11] = [
	("kernels", kernels::measure, true),
	("hashing", hashing::measure, true),
	("worker", worker::measure, true),
	("market", market::measure, true),
	("calls", calls::measure, true),
	("election", election::measure, true),
	("refutation", refutation::measure, true),
	("liveness", liveness::measure, true),
	("node", node::measure, true),
	("chain", load::measure, false),
	("machine", |_| (), false),
];

fn main() -> ExitCode {
	let wanted: Vec<String> = std::env::args().skip(1).collect();
	if let Some(unknown) = wanted
		.iter()
		.find(|name| !GROUPS.iter().any(|(known, ..)| known == name))
	{
		let known = GROUPS.map(|(name, ..)| name).join(", ");
		eprintln!("error: no group of measurements is named {unknown}; there are {known}");
		return ExitCode::from(2);
	}
	machine::describe();
	let mut report = Report::default();
	for (name, measure, usual) in GROUPS {
		if (wanted.is_empty() && usual) || wanted.iter().any(|group| group == name) {
			measure(&mut report);
		}
	}
	report.exit_code()
}
