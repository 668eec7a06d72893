//! `millrace validator`.

mod doctor;
mod rotate;
mod status;

use super::{arguments::ValidatorCommand, Session};
use crate::{chain::AccountId, exit::Failure};
use std::process::ExitCode;

pub(super) async fn run(session: &Session<'_>, command: ValidatorCommand) -> Result<ExitCode, Failure> {
	match command {
		ValidatorCommand::Doctor { data, stash } => doctor::run(session, data.as_deref(), stash).await,
		ValidatorCommand::RotateKeys { owner, submit } => {
			rotate::run(session, owner, submit).await?;
			Ok(ExitCode::SUCCESS)
		}
		ValidatorCommand::Status { stash } => status::run(session, stash).await,
	}
}

/// The stash that was named, or the account of the key that was.
fn stash_or_key(session: &Session<'_>, stash: Option<AccountId>) -> Result<Option<AccountId>, Failure> {
	match (stash, &session.global.key) {
		(Some(stash), _) => Ok(Some(stash)),
		(None, Some(_)) => Ok(Some(session.key()?.account())),
		(None, None) => Ok(None),
	}
}

/// A time for people: `12 s`, `5 min`, `3 h`.
fn about(seconds: u64) -> String {
	match seconds {
		0..=119 => format!("{seconds} s"),
		120..=7_199 => format!("{} min", seconds / 60),
		_ => format!("{} h", seconds / 3_600),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn times_are_short() {
		for (seconds, text) in [
			(0, "0 s"),
			(119, "119 s"),
			(120, "2 min"),
			(7_199, "119 min"),
			(7_200, "2 h"),
		] {
			assert_eq!(about(seconds), text);
		}
	}
}
