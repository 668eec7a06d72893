//! The files that are tested: units, rules for alerts, and dashboards.

use crate::promql::{selectors, Selector};
use serde_json::Value;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::{Path, PathBuf},
};

/// The units that ship.
pub(crate) const UNITS: [&str; 3] = [
	"millrace-node.service",
	"millrace-worker.service",
	"millrace-gpu.service",
];
/// The group of rules about the machine, whose metrics another program exports.
pub(crate) const MACHINE: &str = "machine";

/// The folder `ops`.
pub(crate) fn folder() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops")
}

/// A file of it as text.
pub(crate) fn read(name: &str) -> String {
	let path = folder().join(name);
	fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// An alert, with the keys of itself, of its labels and of its annotations.
#[derive(Debug)]
pub(crate) struct Alert {
	pub(crate) group: String,
	pub(crate) name: String,
	pub(crate) keys: BTreeMap<String, String>,
}

impl Alert {
	/// The value of a key; empty where it is not there.
	pub(crate) fn key(&self, key: &str) -> &str {
		self.keys.get(key).map_or("", String::as_str)
	}
}

/// Every alert. Of YAML this reads what the file uses, and panics at all else, so that no rule is passed over.
pub(crate) fn alerts() -> Vec<Alert> {
	let mut alerts: Vec<Alert> = Vec::new();
	let mut group = String::new();
	// The key whose value goes on, in lines that are deeper than it.
	let mut folded: Option<String> = None;
	for (number, line) in (1..).zip(read("prometheus/millrace-alerts.yml").lines()) {
		let text = line.trim_start_matches(' ');
		let depth = line.len() - text.len();
		if text.is_empty() || text.starts_with('#') {
			continue;
		}
		if depth <= 8 {
			folded = None;
		}
		if let Some(name) = text.strip_prefix("- name: ").filter(|_| depth == 2) {
			name.clone_into(&mut group);
			continue;
		}
		if let Some(name) = text.strip_prefix("- alert: ").filter(|_| depth == 6) {
			alerts.push(Alert {
				group: group.clone(),
				name: name.to_owned(),
				keys: BTreeMap::new(),
			});
			continue;
		}
		if matches!((depth, text), (0, "groups:") | (4, "rules:")) {
			continue;
		}
		let alert = alerts.last_mut().filter(|_| depth == 8 || depth == 10);
		let alert = alert.unwrap_or_else(|| panic!("line {number} is not understood: {line}"));
		if let Some(key) = &folded {
			let value = alert.keys.entry(key.clone()).or_default();
			value.push(' ');
			value.push_str(text);
			continue;
		}
		let (key, value) = text
			.split_once(':')
			.unwrap_or_else(|| panic!("line {number} is no key and value: {line}"));
		let value = match value.trim() {
			"" => continue,
			">-" => {
				folded = Some(key.to_owned());
				String::new()
			}
			quoted if quoted.starts_with('"') => {
				serde_json::from_str(quoted).expect("a quoted text is one of JSON, too")
			}
			plain => plain.to_owned(),
		};
		let before = alert.keys.insert(key.to_owned(), value);
		assert!(before.is_none(), "line {number}: {key} stands twice");
	}
	alerts
}

/// Every expression of every dashboard, with the place where it stands. Panics at a dashboard that Grafana would not load.
pub(crate) fn dashboards() -> Vec<(String, String)> {
	let mut expressions = Vec::new();
	for entry in fs::read_dir(folder().join("grafana")).expect("dashboards ship") {
		let path = entry.expect("the folder can be read").path();
		let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
		let text = fs::read_to_string(&path).expect("a dashboard can be read");
		let dashboard: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
		for key in ["uid", "title"] {
			assert!(
				dashboard[key].as_str().is_some_and(|text| !text.is_empty()),
				"{file} has no {key}"
			);
		}
		assert!(
			dashboard["schemaVersion"].as_u64().is_some_and(|version| version >= 36),
			"{file} is of an old form"
		);
		let mut ids = BTreeSet::new();
		for panel in dashboard["panels"].as_array().expect("it has panels") {
			let place = format!("{file}: {}", panel["title"].as_str().expect("a panel has a title"));
			let id = panel["id"].as_u64().expect("a panel has an id");
			assert!(ids.insert(id), "{place}: another panel has the id {id}");
			for side in ["x", "y", "w", "h"] {
				assert!(panel["gridPos"][side].is_u64(), "{place} has no place");
			}
			if panel["type"] == "row" {
				continue;
			}
			let targets = panel["targets"].as_array().expect("a panel shows something");
			assert!(!targets.is_empty(), "{place} shows nothing");
			for target in targets {
				let expression = target["expr"].as_str().expect("a target has an expression");
				expressions.push((place.clone(), expression.to_owned()));
			}
		}
		for variable in dashboard["templating"]["list"].as_array().expect("it has variables") {
			// What a variable can be is asked in the form `label_values(selector, label)`.
			if let Some(query) = variable["query"]["query"].as_str() {
				let inner = query
					.strip_prefix("label_values(")
					.and_then(|rest| rest.strip_suffix(')'));
				let (selector, label) = inner
					.and_then(|inner| inner.rsplit_once(','))
					.unwrap_or_else(|| panic!("{file}: the variable {query} is not understood"));
				let place = format!("{file}: a variable");
				let metric = selector.split('{').next().unwrap_or_default();
				expressions.push((place.clone(), format!("{metric}{{{}!=\"\"}}", label.trim())));
				expressions.push((place, selector.to_owned()));
			}
		}
	}
	expressions
}

/// The selectors of these expressions, each with the place of its expression. Every expression has one.
pub(crate) fn placed(expressions: impl IntoIterator<Item = (String, String)>) -> Vec<(String, Selector)> {
	let mut placed = Vec::new();
	for (place, expression) in expressions {
		let found = selectors(&expression).unwrap_or_else(|problem| panic!("{place}: {problem}: {expression}"));
		assert!(!found.is_empty(), "{place} reads no metric: {expression}");
		placed.extend(found.into_iter().map(|selector| (place.clone(), selector)));
	}
	placed
}

/// The selectors of the rules: of the group about the machine, or of all others.
pub(crate) fn of_rules(machine: bool) -> Vec<(String, Selector)> {
	let of_group = alerts().into_iter().filter(|alert| (alert.group == MACHINE) == machine);
	placed(of_group.map(|alert| (alert.name.clone(), alert.key("expr").to_owned())))
}
