//! Logging to standard error, for people or for machines. Every line about a job carries `job=0x…`.

use clap::ValueEnum;
use std::io::{stderr, IsTerminal};
use tracing_subscriber::EnvFilter;

/// The environment variable that says what is logged, as `debug` or `millrace_worker=debug,warn`.
pub const VARIABLE: &str = "MILLRACE_LOG";
const DEFAULT: &str = "warn,millrace_worker=info";

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
	/// For people.
	#[default]
	Text,
	/// One JSON object a line.
	Json,
}

/// Starts logging. Later calls change nothing.
pub fn start(format: LogFormat) {
	let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(DEFAULT));
	let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
	let _ = match format {
		LogFormat::Text => builder.with_ansi(stderr().is_terminal()).try_init(),
		LogFormat::Json => builder.json().flatten_event(true).try_init(),
	};
}
