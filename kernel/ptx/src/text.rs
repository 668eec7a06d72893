//! The text of a module, as it grows.

use std::fmt::{Arguments, Display, Write};

/// PTX text: one directive, label or instruction a line.
pub(crate) struct Text(String);

impl Text {
	/// An empty text with room for `bytes`.
	pub(crate) fn with_capacity(bytes: usize) -> Text {
		Text(String::with_capacity(bytes))
	}

	/// Appends a line as it is.
	pub(crate) fn line(&mut self, line: Arguments<'_>) {
		// Writing to a string fails only where a `Display` does, and those of this crate do not.
		let _ = self.0.write_fmt(line);
		self.0.push('\n');
	}

	/// Appends an instruction, or a directive inside of the body.
	pub(crate) fn instruction(&mut self, instruction: Arguments<'_>) {
		self.line(format_args!("\t{instruction};"));
	}

	/// Appends a label.
	pub(crate) fn label(&mut self, label: impl Display) {
		self.line(format_args!("{label}:"));
	}

	/// The text.
	pub(crate) fn finish(self) -> String {
		self.0
	}
}

/// Appends one instruction to a [`Text`], written like the argument of `format!`.
macro_rules! ptx {
	($text:expr, $($instruction:tt)+) => {
		$text.instruction(format_args!($($instruction)+))
	};
}
pub(crate) use ptx;
