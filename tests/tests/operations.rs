//! What operators are given is true: rules and dashboards use what running nodes export, every alert says what to do and is
//! explained, units can be read by systemd and name what the programs know, and the steps of `docs/validator.md` lead to a
//! validator.

#[path = "operations/programs.rs"]
mod programs;
#[path = "operations/promql.rs"]
mod promql;
#[path = "operations/rules.rs"]
mod rules;
#[path = "operations/settings.rs"]
mod settings;
#[path = "operations/validator.rs"]
mod validator;
#[path = "operations/watched.rs"]
mod watched;

use promql::{exported, Selector};
use rules::{dashboards, of_rules, placed};
use std::{
	collections::BTreeSet,
	thread::sleep,
	time::{Duration, Instant},
};
use watched::Watched;

/// Everything of which `selectors` finds nothing, with the place of each.
fn complaints(places: &[(String, Selector)], samples: &[Selector]) -> Vec<String> {
	let complaint = |(place, selector): &(String, Selector)| {
		let complaint = selector.complaint(samples)?;
		Some(format!("{place}: {complaint}"))
	};
	places.iter().filter_map(complaint).collect()
}

/// A validator and a node that follows it, because some metrics are only there once blocks are made, others once blocks of
/// others are imported.
#[test]
fn every_metric_of_rules_and_dashboards_is_exported() {
	let temporary = tempfile::tempdir().expect("a temporary folder");
	let author = Watched::start(&temporary.path().join("author"), &["--alice"]);
	let known = author.node.peer_address();
	let follower = Watched::start(&temporary.path().join("follower"), &["--bootnodes", &known]);
	follower
		.node
		.wait_until("final blocks of another node", Duration::from_secs(120), |node| {
			node.heights().1 >= 3
		});

	let expressions = dashboards();
	let panels = expressions.len();
	let rules = of_rules(false);
	let places = [rules, placed(expressions)].concat();
	// Some metrics are brought up to date every few seconds only.
	let start = Instant::now();
	let (samples, wrong) = loop {
		let samples = [author.text(), follower.text()].map(|text| exported(&text).expect("both export metrics"));
		let samples = samples.concat();
		let wrong = complaints(&places, &samples);
		if wrong.is_empty() || start.elapsed() > Duration::from_secs(60) {
			break (samples, wrong);
		}
		sleep(Duration::from_secs(1));
	};
	assert!(wrong.is_empty(), "{}", wrong.join("\n"));

	// What is not there is missed: else nothing above could fail.
	for absent in [
		"substrate_no_such_metric",
		"substrate_block_height{status=\"lost\"}",
		"substrate_block_height{no_such_label=\"best\"}",
		// Belongs to the machine.
		"node_filesystem_avail_bytes",
	] {
		let place = placed([("here".to_owned(), absent.to_owned())]);
		assert_eq!(complaints(&place, &samples).len(), 1, "{absent}");
	}
	let metrics: BTreeSet<&str> = places.iter().map(|(_, selector)| selector.metric.as_str()).collect();
	let names: BTreeSet<&str> = samples.iter().map(|sample| sample.metric.as_str()).collect();
	println!(
		"{} metrics in {panels} expressions of dashboards and in the rules, of {} that two nodes export",
		metrics.len(),
		names.len()
	);
}
