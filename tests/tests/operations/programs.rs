//! The programs for which the files are written: systemd, Prometheus and the exporter of a machine, where they are installed.
//! What is not is skipped, and said so, and counted.

use crate::{
	promql::{exported, Selector},
	rules::{dashboards, folder, of_rules, read, UNITS},
};
use millrace_tests::{binary, client::answer, free_port, rpc, Answer, Process};
use serde_json::{json, Value};
use std::{
	env, fs,
	path::{Path, PathBuf},
	process::Command,
	thread::sleep,
	time::{Duration, Instant},
};

/// The most that a unit may be exposed, as `systemd-analyze security` counts in tenths: 0 is a process that can do nothing, 96
/// one without any restriction. With systemd 252 the node is at 14, and the worker, which must reach its GPU, at 18.
const EXPOSURE: &str = "25";

/// What a program that may not be installed is needed for.
#[derive(Default)]
struct Checks {
	done: Vec<&'static str>,
	skipped: Vec<String>,
}

impl Checks {
	/// Counts a check that was done.
	fn done(&mut self, what: &'static str) {
		println!("checked: {what}");
		self.done.push(what);
	}

	/// Says that a check was not done, and why.
	fn skip(&mut self, what: &str, why: &str) {
		println!("SKIPPED, {what}: {why}");
		self.skipped.push(what.to_owned());
	}
}

/// A program on the path, by the first of these names that is there.
fn installed(names: &[&str]) -> Option<PathBuf> {
	let path = env::var_os("PATH").unwrap_or_default();
	let folders: Vec<PathBuf> = env::split_paths(&path).collect();
	let mut places = names
		.iter()
		.flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
	places.find(|place| place.is_file())
}

#[test]
fn the_files_pass_the_programs_that_read_them() {
	let mut checks = Checks::default();
	match installed(&["systemd-analyze"]) {
		Some(program) => systemd_reads_the_units(&program, &mut checks),
		None => checks.skip("units", "there is no systemd-analyze"),
	}
	match installed(&["promtool"]) {
		Some(program) => prometheus_reads_the_rules(&program, &mut checks),
		None => checks.skip("rules", "there is no promtool; Debian has it in the package prometheus"),
	}
	match installed(&["prometheus-node-exporter", "node_exporter"]) {
		Some(program) => the_machine_exports_its_metrics(&program, &mut checks),
		None => checks.skip("metrics of the machine", "there is no prometheus-node-exporter"),
	}
	// What these rules may use stands here as well, so that a slip does not wait for a machine that has the program.
	for (place, selector) in of_rules(true) {
		let known = [
			"node_filesystem_avail_bytes",
			"node_filesystem_size_bytes",
			"node_systemd_unit_state",
		];
		assert!(
			known.contains(&selector.metric.as_str()),
			"{place}: {}",
			selector.metric
		);
	}
	println!(
		"{} checks done, {} SKIPPED: {}",
		checks.done.len(),
		checks.skipped.len(),
		checks.skipped.join(", ")
	);
}

/// Writes the units with programs that exist on this machine in place of those of an installed one.
fn units_here(to: &Path) -> Vec<PathBuf> {
	let of_unit = |name: &&str| {
		let mut text = String::new();
		for line in read(&format!("systemd/{name}")).lines() {
			let program = line
				.strip_prefix("ExecStart=")
				.map(|rest| rest.split(' ').next().unwrap_or_default());
			let line = match program {
				Some(program) => line.replacen(program, &stand_in(program), 1),
				None => line.to_owned(),
			};
			text.push_str(&line);
			text.push('\n');
		}
		let path = to.join(name);
		fs::write(&path, text).expect("the test's folder is writable");
		path
	};
	UNITS.iter().map(of_unit).collect()
}

/// What stands in for a program of an installed machine: ours as it was built, NVIDIA's by one that every machine has.
fn stand_in(program: &str) -> String {
	let name = program.rsplit('/').next().unwrap_or_default();
	match name {
		"millrace-node" | "millrace-worker" => binary(name).to_str().expect("UTF-8").to_owned(),
		"nvidia-smi" | "nvidia-modprobe" => "/bin/true".to_owned(),
		other => panic!("no unit should start {other}"),
	}
}

fn systemd_reads_the_units(program: &Path, checks: &mut Checks) {
	let temporary = tempfile::tempdir().expect("a temporary folder");
	let units = units_here(temporary.path());
	// It succeeds in spite of keys that it does not know, and speaks of other units of the machine, too.
	let complaints = |units: &[PathBuf]| -> (i32, Vec<String>) {
		let Answer { code, stdout, stderr } = answer(Command::new(program).args(["--man=no", "verify"]).args(units));
		let ours = |line: &&str| line.contains("millrace");
		let lines = [stdout, stderr].concat();
		(code, lines.lines().filter(ours).map(str::to_owned).collect())
	};
	assert_eq!(complaints(&units), (0, vec![]));

	let damaged = temporary.path().join("millrace-damaged.service");
	let text = read(&format!("systemd/{}", UNITS[0])).replace("Restart=always", "Restart=sometimes");
	fs::write(&damaged, text).expect("the test's folder is writable");
	let (_, found) = complaints(&[damaged]);
	assert!(found.iter().any(|line| line.contains("sometimes")), "{found:?}");
	checks.done("systemd reads the units");

	for unit in units.iter().filter(|unit| !unit.ends_with("millrace-gpu.service")) {
		let answer = answer(
			Command::new(program)
				.args(["security", "--offline=true", &format!("--threshold={EXPOSURE}")])
				.arg(unit),
		);
		if answer.stderr.contains("unrecognized option") {
			checks.skip(
				"exposure of the units",
				"this systemd-analyze is too old to tell it offline",
			);
			return;
		}
		assert_eq!(answer.code, 0, "{}: {}{}", unit.display(), answer.stdout, answer.stderr);
	}
	checks.done("node and worker are exposed little");
}

fn prometheus_reads_the_rules(program: &Path, checks: &mut Checks) {
	for (arguments, file, what) in [
		(["check", "rules"], "millrace-alerts.yml", "promtool reads the rules"),
		(
			["check", "config"],
			"prometheus.yml",
			"promtool reads the example of a configuration",
		),
		(
			["test", "rules"],
			"millrace-alerts.test.yml",
			"alerts fire when they should",
		),
	] {
		let mut command = Command::new(program);
		let answer = answer(
			command
				.args(arguments)
				.arg(file)
				.current_dir(folder().join("prometheus")),
		);
		assert_eq!(answer.code, 0, "{what}: {}{}", answer.stdout, answer.stderr);
		checks.done(what);
	}

	// Grafana puts a time in the place of its variable.
	let record = |(number, (_, expression)): (usize, (String, String))| {
		let expression = expression.replace("$__rate_interval", "5m");
		json!({ "record": format!("panel_{number}"), "expr": expression })
	};
	let rules: Vec<Value> = dashboards().into_iter().enumerate().map(record).collect();
	let temporary = tempfile::tempdir().expect("a temporary folder");
	let file = temporary.path().join("panels.yml");
	// JSON is YAML.
	let text = json!({ "groups": [{ "name": "panels", "rules": rules }] }).to_string();
	fs::write(&file, text).expect("the test's folder is writable");
	let answer = answer(Command::new(program).args(["check", "rules"]).arg(&file));
	assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
	checks.done("promtool reads the expressions of the dashboards");
}

fn the_machine_exports_its_metrics(program: &Path, checks: &mut Checks) {
	let temporary = tempfile::tempdir().expect("a temporary folder");
	let port = free_port();
	let address = format!("--web.listen-address=127.0.0.1:{port}");
	let mut exporter = Process::start(
		Command::new(program).args([address.as_str(), "--collector.systemd"]),
		temporary.path().join("exporter.log"),
	);
	let start = Instant::now();
	let text = loop {
		match rpc::get(port, "/metrics") {
			Ok(text) => break text,
			Err(error) => assert!(
				exporter.is_running() && start.elapsed() < Duration::from_secs(30),
				"{error}\n{}",
				exporter.tail()
			),
		}
		sleep(Duration::from_millis(200));
	};
	let samples = exported(&text).expect("it exports metrics");
	let has_systemd = text.contains("node_scrape_collector_success{collector=\"systemd\"} 1");
	for (place, selector) in of_rules(true) {
		if selector.metric == "node_systemd_unit_state" && !has_systemd {
			checks.skip(&format!("the metric of {place}"), "systemd does not run here");
			continue;
		}
		// Which units and disks there are depends on the machine.
		let name = Selector {
			matchers: Vec::new(),
			..selector
		};
		assert_eq!(name.complaint(&samples), None, "{place}");
	}
	checks.done("prometheus-node-exporter exports what the rules about the machine use");
}
