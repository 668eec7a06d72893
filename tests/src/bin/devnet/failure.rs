//! Why there is no network.

use millrace_client::{chain::ChainError, keys::KeyError};
use millrace_worker::keys::IdentityError;
use std::{error::Error, fmt::Display, io, path::Path};

/// What went wrong, and what can be done.
#[derive(Debug)]
pub(crate) struct Failure {
	what: String,
	hint: String,
}

impl Failure {
	pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Failure {
		Failure {
			what: what.into(),
			hint: hint.into(),
		}
	}

	/// A file or folder that cannot be used.
	pub(crate) fn of(path: &Path) -> impl FnOnce(io::Error) -> Failure + '_ {
		move |error| {
			Failure::new(
				format!("{}: {error}", path.display()),
				"look at the folder's rights and the free space, or name another with --state",
			)
		}
	}

	/// An error with its causes.
	fn caused(error: &dyn Error, hint: impl Into<String>) -> Failure {
		let mut what = error.to_string();
		let mut cause = error.source();
		while let Some(next) = cause {
			what.push_str(&format!(": {next}"));
			cause = next.source();
		}
		Failure::new(what, hint)
	}

	/// The same, with what it is about before it.
	pub(crate) fn about(mut self, subject: impl Display) -> Failure {
		self.what = format!("{subject}: {}", self.what);
		self
	}

	/// On standard error, as the scripts do.
	pub(crate) fn print(&self) {
		eprintln!("error   {}\n        {}", self.what, self.hint);
	}
}

impl From<ChainError> for Failure {
	fn from(error: ChainError) -> Failure {
		Failure::caused(&error, error.hint())
	}
}

impl From<KeyError> for Failure {
	fn from(error: KeyError) -> Failure {
		Failure::caused(&error, error.hint())
	}
}

impl From<IdentityError> for Failure {
	fn from(error: IdentityError) -> Failure {
		Failure::caused(&error, error.hint())
	}
}
