//! Nodes whose metrics are read.

use millrace_tests::{free_port, rpc, Node};
use std::path::Path;

/// A node that exports metrics.
pub(crate) struct Watched {
	pub(crate) node: Node,
	metrics: u16,
}

impl Watched {
	pub(crate) fn start(folder: &Path, flags: &[&str]) -> Watched {
		let metrics = free_port();
		let port = metrics.to_string();
		let flags = [flags, &["--prometheus-port", port.as_str()][..]].concat();
		let node = Node::start_with("fast", folder, free_port(), &flags);
		Watched { node, metrics }
	}

	/// What it exports now.
	pub(crate) fn text(&self) -> String {
		let text = rpc::get(self.metrics, "/metrics");
		text.unwrap_or_else(|error| panic!("no metrics: {error}\n{}", self.node.process.tail()))
	}

	/// A number that it exports without labels of its own.
	pub(crate) fn value(&self, metric: &str) -> f64 {
		let text = self.text();
		let of_it = |line: &&str| {
			line.strip_prefix(metric)
				.is_some_and(|rest| rest.starts_with(['{', ' ']))
		};
		let line = text
			.lines()
			.find(of_it)
			.unwrap_or_else(|| panic!("{metric} is not exported"));
		let number = line.rsplit(' ').next().unwrap_or_default();
		number.parse().expect("a metric is a number")
	}
}
