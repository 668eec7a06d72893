//! One place that writes to standard output and standard error.

use super::arguments::{Global, Output};
use crate::exit::Failure;
use comfy_table::{presets, Table};
use serde::Serialize;
use serde_json::json;
use std::{
	io::{self, IsTerminal, Write},
	process::ExitCode,
};

/// Writes results and failures the way the command line asked for.
pub(super) struct Printer {
	json: bool,
	quiet: bool,
}

impl Printer {
	pub(super) fn new(global: &Global) -> Printer {
		Printer {
			json: global.output == Output::Json,
			quiet: global.quiet,
		}
	}

	/// Whether a person sees standard error and wants to see progress there.
	pub(super) fn shows_progress(&self) -> bool {
		!self.quiet && io::stderr().is_terminal()
	}

	/// Prints a result: the JSON object, or the text for people.
	pub(super) fn show<T: Serialize>(&self, object: &T, text: impl FnOnce() -> String) {
		let printed = if self.json {
			serde_json::to_string(object).unwrap_or_else(|error| json!({ "error": error.to_string() }).to_string())
		} else {
			text()
		};
		line(&printed);
	}

	/// Prints something that only people are to see: programs get it with the failure that follows.
	pub(super) fn show_people(&self, text: impl FnOnce() -> String) {
		if !self.json {
			line(&text());
		}
	}

	/// Prints a bare line, whatever the form.
	pub(super) fn bare(&self, text: &str) {
		line(text);
	}

	/// Tells a person something on standard error.
	pub(super) fn note(&self, text: &str) {
		if !self.quiet {
			let _ = writeln!(io::stderr().lock(), "{text}");
		}
	}

	/// Prints why a command failed and returns its exit code. In JSON the object goes to standard output, where whoever
	/// reads the results looks.
	pub(super) fn fail(&self, failure: &Failure) -> ExitCode {
		if self.json {
			line(&json!({ "error": failure.object() }).to_string());
		} else {
			let _ = writeln!(io::stderr().lock(), "{failure}");
		}
		ExitCode::from(failure.code.number())
	}
}

/// A closed pipe is no reason to panic.
fn line(text: &str) {
	let mut out = io::stdout().lock();
	let _ = writeln!(out, "{}", text.trim_end());
	let _ = out.flush();
}

/// A table with a header.
pub(super) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
	let mut table = Table::new();
	table.load_style(presets::UTF8_HORIZONTAL_ONLY);
	table.set_header(header.to_vec());
	for row in rows {
		table.add_row(row);
	}
	table.trim_fmt()
}

/// Names and values under each other.
pub(super) fn pairs(rows: impl IntoIterator<Item = (&'static str, String)>) -> String {
	let mut table = Table::new();
	table.load_style(presets::NOTHING);
	for (name, value) in rows {
		table.add_row(vec![name.to_owned(), value]);
	}
	table.trim_fmt()
}

/// A whole number with thin groups: `1,234,567`.
pub(super) fn grouped(number: impl ToString) -> String {
	let digits = number.to_string();
	let mut text = String::with_capacity(digits.len() + digits.len() / 3);
	for (at, digit) in digits.chars().enumerate() {
		if at > 0 && (digits.len() - at).is_multiple_of(3) {
			text.push(',');
		}
		text.push(digit);
	}
	text
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn numbers_are_grouped() {
		for (number, text) in [(0u64, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
			assert_eq!(grouped(number), text);
		}
	}

	#[test]
	fn tables_hold_every_cell() {
		let text = table(&["id", "state"], [vec!["1".to_owned(), "active".to_owned()]]);
		for part in ["id", "state", "active"] {
			assert!(text.contains(part), "{text}");
		}
		assert!(pairs([("price", "5".to_owned())]).contains("price"));
	}
}
