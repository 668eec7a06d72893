//! Crash tests: stop dead right after a journal step became durable.
//!
//! `MILLRACE_HALT_AFTER=<step>` names the step, as `computed` or `Computed`. The thread that wrote the step never comes
//! back and never lets go of the journal, so nothing that needs the journal can go on: no extrinsic is sent, no other
//! job moves. What is left for the test is `kill -9`.

use crate::journal::Step;

/// The environment variable that names the step.
pub const VARIABLE: &str = "MILLRACE_HALT_AFTER";

/// Where to stop, if anywhere.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HaltPoint(Option<Step>);

/// A value of [`VARIABLE`] that names no step.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("MILLRACE_HALT_AFTER={0} names no journal step")]
pub struct UnknownStep(String);

impl HaltPoint {
	/// Never stops.
	pub const fn never() -> Self {
		Self(None)
	}

	/// Reads [`VARIABLE`]; unset or empty never stops.
	pub fn from_environment() -> Result<Self, UnknownStep> {
		match std::env::var(VARIABLE) {
			Ok(text) if !text.is_empty() => {
				let step = Step::ALL
					.into_iter()
					.find(|step| step.name().eq_ignore_ascii_case(&text));
				step.map(|step| Self(Some(step))).ok_or(UnknownStep(text))
			}
			_ => Ok(Self(None)),
		}
	}

	/// Whether the process stops once `step` is durable.
	pub fn is_after(self, step: Step) -> bool {
		self.0 == Some(step)
	}

	/// Says so on standard error and never returns if the process is to stop after `step`.
	pub fn reached(self, step: Step) {
		if self.is_after(step) {
			eprintln!("halted after {}", step.name());
			loop {
				std::thread::park();
			}
		}
	}
}
