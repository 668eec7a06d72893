//! Running the command line as a person or a script does.

use crate::binary;
use serde_json::Value;
use std::{
	path::{Path, PathBuf},
	process::Command,
};

/// The command line with its own state directory, against one node.
#[derive(Clone, Debug)]
pub struct Client {
	url: String,
	state: PathBuf,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Answer {
	/// The exit code; −1 if a signal ended it.
	pub code: i32,
	/// Standard output.
	pub stdout: String,
	/// Standard error.
	pub stderr: String,
}

impl Client {
	/// A client of the node at `url` that keeps its jobs in `state`.
	pub fn new(url: String, state: &Path) -> Client {
		Client {
			url,
			state: state.to_owned(),
		}
	}

	/// A command that has not run yet, with JSON output.
	pub fn command(&self, arguments: &[&str]) -> Command {
		let mut command = Command::new(binary("millrace"));
		command
			.args(["--url", &self.url, "--output", "json"])
			.args(arguments)
			.env("MILLRACE_STATE", &self.state)
			.env_remove("MILLRACE_KEY")
			.env_remove("MILLRACE_URL");
		command
	}

	/// Runs a command to its end.
	pub fn run(&self, arguments: &[&str]) -> Answer {
		answer(&mut self.command(arguments))
	}

	/// Runs a command that must succeed and returns its object.
	pub fn json(&self, arguments: &[&str]) -> Value {
		let answer = self.run(arguments);
		assert_eq!(
			answer.code,
			0,
			"millrace {}\n{}{}",
			arguments.join(" "),
			answer.stdout,
			answer.stderr
		);
		answer.json()
	}
}

/// Runs a command to its end.
pub fn answer(command: &mut Command) -> Answer {
	let output = command
		.output()
		.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
	Answer {
		code: output.status.code().unwrap_or(-1),
		stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
		stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
	}
}

impl Answer {
	/// Standard output as one JSON object.
	pub fn json(&self) -> Value {
		serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
	}

	/// The sentence, the hint and the exit code of a refusal.
	pub fn refusal(&self) -> (String, String) {
		let error = &self.json()["error"];
		let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
		(text("message"), text("hint"))
	}
}
