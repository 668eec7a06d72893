//! C3: whether calls are charged what they take. The benchmarks that weights come from run again here, in the compiled
//! runtime and on this machine, each at its worst; what they take is compared with what the weights charge, both without
//! the items of the database.
//!
//! The runtime with its benchmarks, and the program that runs them, are the two of `scripts/weights.sh`; `scripts/bench.sh`
//! builds both.

mod generated;

use crate::{
	machine,
	report::{median, Report},
};
use frame_support::traits::GetCallName;
use generated::Charge;
use millrace_runtime::Runtime;
use polkadot_sdk::*;
use serde_json::Value;
use std::{
	collections::BTreeMap,
	env, fs,
	path::{Path, PathBuf},
	process::Command,
};

/// A pallet, its generated weights, and the names of its calls.
type Pallet = (&'static str, &'static str, fn() -> &'static [&'static str]);

const PALLETS: [Pallet; 4] = [
	(
		"pallet_market",
		include_str!("../../../../runtime/src/weights/pallet_market.rs"),
		<pallet_market::Call<Runtime> as GetCallName>::get_call_names,
	),
	(
		"pallet_providers",
		include_str!("../../../../runtime/src/weights/pallet_providers.rs"),
		<pallet_providers::Call<Runtime> as GetCallName>::get_call_names,
	),
	(
		"pallet_rewards",
		include_str!("../../../../runtime/src/weights/pallet_rewards.rs"),
		<pallet_rewards::Call<Runtime> as GetCallName>::get_call_names,
	),
	(
		"pallet_kernels",
		include_str!("../../../../runtime/src/weights/pallet_kernels.rs"),
		<pallet_kernels::Call<Runtime> as GetCallName>::get_call_names,
	),
];
const NAME: &str = "C3";
const GOAL: &str = "1 to 2";
/// Times that each benchmark runs at its worst.
const REPEAT: u32 = 50;
/// Where the runtime with benchmarks is, and the program that runs them.
const RUNTIME: &str = "MILLRACE_BENCH_RUNTIME";
const BENCHER: &str = "MILLRACE_BENCHER";

/// A benchmark, and how much its weight charges for each picosecond that it took.
struct Compared {
	/// Of the pallet and the benchmark.
	name: String,
	/// In picoseconds, as what follows.
	charged: f64,
	/// On this machine, and as the reference machine would have taken.
	here: f64,
	took: f64,
}

impl Compared {
	fn ratio(&self) -> f64 {
		self.charged / self.took
	}
}

pub(crate) fn measure(report: &mut Report) {
	let tools = match Tools::find() {
		Ok(runtime) => runtime,
		Err(why) => return report.not_measured(NAME, GOAL, &why),
	};
	let folder = tempfile::tempdir().expect("a temporary folder");
	let (mut compared, mut missing) = (Vec::new(), Vec::new());
	for (pallet, weights, calls) in PALLETS {
		let k = machine::factor();
		let results = match tools.run(pallet, REPEAT, &folder.path().join(pallet)) {
			Ok(results) => results,
			Err(why) => return report.not_measured(NAME, GOAL, &why),
		};
		// The machine may have changed its pace meanwhile.
		let k = (k + machine::factor()) / 2.0;
		let worst = worst_cases(&results);
		let names: Vec<&str> = worst.keys().map(String::as_str).collect();
		let without = calls().iter().filter(|call| !is_measured(call, calls(), &names));
		missing.extend(without.map(|call| format!("{pallet}::{call}")));
		for (benchmark, (components, nanoseconds)) in worst {
			let name = format!("{}::{benchmark}", pallet.trim_start_matches("pallet_"));
			match Charge::of(weights, &benchmark) {
				Some(charge) => compared.push(Compared {
					name,
					charged: charge.at(&components),
					here: nanoseconds * 1e3,
					took: nanoseconds * 1e3 / k,
				}),
				None => missing.push(name),
			}
		}
	}
	show(report, compared, &missing);
}

fn show(report: &mut Report, mut compared: Vec<Compared>, missing: &[String]) {
	compared.sort_by(|one, other| one.ratio().total_cmp(&other.ratio()));
	let (Some(least), Some(greatest)) = (compared.first(), compared.last()) else {
		return report.not_measured(NAME, GOAL, "no benchmark ran");
	};
	let met = least.ratio() >= 1.0 && greatest.ratio() <= 2.0 && missing.is_empty();
	report.goal(
		NAME,
		&format!(
			"{:.2} ({}) to {:.2} ({}) in {} benchmarks",
			least.ratio(),
			least.name,
			greatest.ratio(),
			greatest.name,
			compared.len()
		),
		GOAL,
		met,
	);
	for one in &compared {
		report.note(&format!(
			"{:.2}  {}: charged {:.1} us, took {:.1} us on the reference machine, {:.1} us here",
			one.ratio(),
			one.name,
			one.charged / 1e6,
			one.took / 1e6,
			one.here / 1e6
		));
	}
	if !missing.is_empty() {
		report.note(&format!("without a benchmark or a weight: {}", missing.join(", ")));
	}
}

/// Whether a call has a benchmark: its own, or one of a part or a case of it that is no other call.
fn is_measured(call: &str, calls: &[&str], benchmarks: &[&str]) -> bool {
	let of = |benchmark: &&str| match *benchmark {
		"revoke_worker" => call == "set_worker",
		// What a call by anyone does that the hook does too.
		"check_outage" => call == "touch",
		own if calls.contains(&own) => own == call,
		part => part.strip_prefix(call).is_some_and(|rest| rest.starts_with('_')),
	};
	benchmarks.iter().any(of)
}

/// What runs benchmarks.
pub(crate) struct Tools {
	runtime: PathBuf,
	bencher: PathBuf,
}

impl Tools {
	/// Those that `scripts/bench.sh` built; or why there are none.
	pub(crate) fn find() -> Result<Tools, String> {
		let path = |variable: &str| {
			let path = env::var_os(variable).map(PathBuf::from);
			path.ok_or_else(|| format!("{variable} names no file; run scripts/bench.sh, which builds it"))
		};
		Ok(Tools {
			runtime: path(RUNTIME)?,
			bencher: path(BENCHER)?,
		})
	}

	/// Runs the benchmarks of a pallet so often at the ends of their components.
	pub(crate) fn run(&self, pallet: &str, repeat: u32, results: &Path) -> Result<Value, String> {
		let done = Command::new(&self.bencher)
			.args(["pallet", "--runtime"])
			.arg(&self.runtime)
			.args(["--pallet", pallet, "--extrinsic", "*", "--steps", "2"])
			.args([
				"--repeat",
				&repeat.to_string(),
				"--min-duration",
				"0",
				"--heap-pages",
				"4096",
			])
			.args([
				"--genesis-builder",
				"runtime",
				"--genesis-builder-preset",
				"development",
			])
			.arg("--json-file")
			.arg(results)
			.output()
			.map_err(|error| format!("{} does not start: {error}", self.bencher.display()))?;
		if !done.status.success() {
			let said = String::from_utf8_lossy(&done.stderr);
			let last = said
				.lines()
				.rev()
				.find(|line| !line.trim().is_empty())
				.unwrap_or_default();
			return Err(format!("the benchmarks of {pallet} fail: {last}"));
		}
		let text = fs::read_to_string(results).map_err(|error| format!("the results of {pallet}: {error}"))?;
		serde_json::from_str(&text).map_err(|error| format!("the results of {pallet}: {error}"))
	}
}

/// The components of a benchmark at its worst, and what it took there at the median, in nanoseconds.
pub(crate) type Worst = (BTreeMap<String, f64>, f64);

/// For each benchmark its worst case: all components as large as they get.
pub(crate) fn worst_cases(results: &Value) -> BTreeMap<String, Worst> {
	let mut worst = BTreeMap::new();
	for batch in results.as_array().into_iter().flatten() {
		let Some(name) = batch["benchmark"].as_str() else {
			continue;
		};
		let runs: Vec<(BTreeMap<String, f64>, f64)> = batch["time_results"]
			.as_array()
			.into_iter()
			.flatten()
			.filter_map(|run| Some((components(run), run["extrinsic_time"].as_f64()?)))
			.collect();
		let mut most = BTreeMap::<String, f64>::new();
		for (components, _) in &runs {
			for (name, value) in components {
				let most = most.entry(name.clone()).or_default();
				*most = most.max(*value);
			}
		}
		let times: Vec<f64> = runs
			.into_iter()
			.filter(|(components, _)| *components == most)
			.map(|(_, time)| time)
			.collect();
		if !times.is_empty() {
			worst.insert(name.to_owned(), (most, median(times)));
		}
	}
	worst
}

fn components(run: &Value) -> BTreeMap<String, f64> {
	let pairs = run["components"].as_array().into_iter().flatten();
	pairs
		.filter_map(|pair| Some((pair[0].as_str()?.to_owned(), pair[1].as_f64()?)))
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn the_worst_case_is_where_every_component_is_largest() {
		let run = |u: u32, time: u32| json!({ "components": [["u", u]], "extrinsic_time": time });
		let results = json!([
			{ "benchmark": "refute_units", "time_results": [run(1, 9), run(8, 70), run(8, 90), run(8, 80)] },
			{ "benchmark": "touch", "time_results": [{ "components": [], "extrinsic_time": 5 }] },
		]);
		let worst = worst_cases(&results);
		assert_eq!(worst["refute_units"], (BTreeMap::from([("u".to_owned(), 8.0)]), 80.0));
		assert_eq!(worst["touch"], (BTreeMap::new(), 5.0));
	}

	#[test]
	fn a_call_is_measured_by_itself_or_by_a_part_that_is_no_other_call() {
		let calls = ["settle", "settle_now", "refute", "set_worker", "touch"];
		for (benchmark, call, expected) in [
			("settle", "settle", true),
			("settle_now", "settle", false),
			("refute_units", "refute", true),
			("revoke_worker", "set_worker", true),
			("check_outage", "touch", true),
			("settled", "settle", false),
		] {
			assert_eq!(
				is_measured(call, &calls, &[benchmark]),
				expected,
				"{benchmark} of {call}"
			);
		}
	}

	#[test]
	fn every_generated_weight_can_be_read() {
		for (pallet, weights, _) in PALLETS {
			let names = weights.lines().filter_map(|line| line.trim().strip_prefix("fn "));
			let names: Vec<&str> = names.filter_map(|line| line.split('(').next()).collect();
			assert!(!names.is_empty(), "{pallet} has weights");
			for name in names {
				assert!(Charge::of(weights, name).is_some(), "{pallet}::{name}");
			}
		}
	}
}
