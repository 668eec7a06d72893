//! What Prometheus reads to watch the nodes of a network on this machine: the files that ship, with other addresses.

/// The example of a configuration.
const EXAMPLE: &str = include_str!("../../ops/prometheus/prometheus.yml");
/// The rules for alerts, which the configuration expects beside it.
pub const RULES: &str = include_str!("../../ops/prometheus/millrace-alerts.yml");
/// The name under which the example has [`RULES`].
pub const RULES_FILE: &str = "millrace-alerts.yml";
/// What begins a job.
const JOB: &str = "\n  - job_name: ";
/// The job that scrapes nodes.
const NODES: &str = "millrace-node";

/// The example, scraping nodes at these ports of loopback, and nothing else.
pub fn configuration(ports: &[u16]) -> String {
	let targets: Vec<String> = ports.iter().map(|port| format!("\"127.0.0.1:{port}\"")).collect();
	let mut jobs = EXAMPLE.split(JOB);
	let head = jobs.next().unwrap_or_default();
	let job = jobs
		.find(|job| job.lines().next() == Some(NODES))
		.expect("the example scrapes a node");
	// What comes after it belongs to the next job.
	let lines = job.lines().take_while(|line| !line.is_empty());
	let lines: Vec<String> = lines
		.map(|line| match line.split_once("targets:") {
			Some((before, _)) => format!("{before}targets: [{}]", targets.join(", ")),
			None => line.to_owned(),
		})
		.collect();
	format!("{head}{JOB}{}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn all_nodes_are_scraped_and_nothing_else() {
		let text = configuration(&[9615, 10_001]);
		assert!(EXAMPLE.starts_with(text.split("scrape_configs:").next().expect("a head")));
		assert!(text.contains(&format!("rule_files:\n  - {RULES_FILE}\n")), "{text}");
		let end = "  - job_name: millrace-node\n    static_configs:\n      - targets: [\"127.0.0.1:9615\", \"127.0.0.1:10001\"]\n";
		assert!(text.ends_with(end), "{text}");
		assert_eq!(text.matches("job_name").count(), 1, "{text}");
	}
}
