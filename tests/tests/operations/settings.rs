//! Units, examples of settings and the page about alerts, against the programs and the rules.

use crate::rules::{alerts, folder, read, UNITS};
use millrace_tests::{binary, client::answer};
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	process::Command,
};

/// Words in a text that begin like this and go on with letters, digits, hyphens and underscores.
fn words(text: &str, beginning: &str) -> BTreeSet<String> {
	let part = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
	let words = text.split(|character: char| !part(character));
	words
		.filter(|word| word.len() > beginning.len() && word.starts_with(beginning))
		.map(str::to_owned)
		.collect()
}

/// What a program prints of itself.
fn help(program: &str, arguments: &[&str]) -> String {
	let answer = answer(Command::new(binary(program)).args(arguments).arg("--help"));
	assert_eq!(answer.code, 0, "{}", answer.stderr);
	answer.stdout
}

#[test]
fn units_and_settings_name_what_the_programs_know() {
	let [node, worker, _] = UNITS.map(|unit| read(&format!("systemd/{unit}")));
	let (node_settings, worker_settings) = (read("systemd/node.env"), read("systemd/worker.env"));
	let started = |unit: &str| {
		let line = unit.lines().find(|line| line.starts_with("ExecStart="));
		line.expect("a unit starts something").to_owned()
	};

	// Flags, those in comments included.
	let known = words(&help("millrace-node", &[]), "--");
	assert!(known.len() > 50, "{known:?}");
	let used = words(&format!("{}\n{node_settings}", started(&node)), "--");
	assert!(used.len() > 5, "{used:?}");
	let unknown: Vec<&String> = used.difference(&known).collect();
	assert!(unknown.is_empty(), "millrace-node does not know {unknown:?}");
	let known = words(&help("millrace-worker", &["run"]), "--");
	let used = words(&started(&worker), "--");
	assert!(!used.is_empty() && used.is_subset(&known), "{used:?}");

	// Variables. The node reads none of ours: its unit puts them into the command line.
	let used = words(&node_settings, "MILLRACE_");
	let expected = words(&started(&node), "MILLRACE_");
	assert_eq!(used, expected);
	let mut known = words(&help("millrace-worker", &["run"]), "MILLRACE_");
	known.insert(millrace_worker::log::VARIABLE.to_owned());
	let used = words(&worker_settings, "MILLRACE_");
	assert!(used.len() > 5, "{used:?}");
	let unknown: Vec<&String> = used.difference(&known).collect();
	assert!(unknown.is_empty(), "millrace-worker does not know {unknown:?}");

	// systemd takes lines of this form, and passes over others with a line in its log.
	for line in node_settings.lines().chain(worker_settings.lines()) {
		let is_setting = line.split_once('=').is_some_and(|(name, value)| {
			let of_name = |character: char| character.is_ascii_uppercase() || character == '_';
			!name.is_empty() && name.chars().all(of_name) && !value.is_empty()
		});
		assert!(line.is_empty() || line.starts_with('#') || is_setting, "{line}");
	}

	// Users, and what a worker needs to see its device and to finish its jobs.
	let users = read("systemd/millrace.sysusers.conf");
	for (unit, user) in [(&node, "millrace-node"), (&worker, "millrace-worker")] {
		assert!(unit.contains(&format!("\nUser={user}\n")), "{user}");
		assert!(
			users.lines().any(|line| line.starts_with(&format!("u {user} "))),
			"{user}"
		);
	}
	for setting in ["PrivateDevices=no", "DeviceAllow=char-nvidia* rw", "KillMode=mixed"] {
		assert!(worker.lines().any(|line| line == setting), "{setting}");
	}
}

#[test]
fn every_alert_says_what_to_do_and_is_explained() {
	let alerts = alerts();
	assert!(alerts.len() > 10, "the file has rules");
	let page = fs::read_to_string(folder().join("../docs/operations.md")).expect("the page is there");
	let explained: BTreeSet<&str> = page
		.lines()
		.filter_map(|line| line.strip_prefix("### Millrace"))
		.collect();
	let mut names = BTreeSet::new();
	for alert in &alerts {
		let name = alert
			.name
			.strip_prefix("Millrace")
			.expect("alerts have our name before theirs");
		assert!(names.insert(name), "{name} stands twice");
		assert!(["critical", "warning"].contains(&alert.key("severity")), "{name}");
		for key in ["summary", "action"] {
			let text = alert.key(key);
			assert!(text.len() > 20 && text.ends_with('.'), "{name} has no {key}: {text:?}");
		}
		let runbook = format!("docs/operations.md#{}", alert.name.to_lowercase());
		assert_eq!(alert.key("runbook"), runbook);
	}
	assert_eq!(
		names, explained,
		"docs/operations.md explains each alert under its name, and no other"
	);

	let mut of_severity: BTreeMap<&str, usize> = BTreeMap::new();
	for alert in &alerts {
		*of_severity.entry(alert.key("severity")).or_default() += 1;
	}
	println!("{of_severity:?}");
}
