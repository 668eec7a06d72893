//! `millrace validator`.

mod bond;
mod candidacy;
mod doctor;
mod payout;
mod purge;
mod rotate;
mod stash;
mod status;
mod unbond;

use super::{arguments::ValidatorCommand, Session};
use crate::{chain::AccountId, exit::Failure};
use std::process::ExitCode;

pub(super) async fn run(session: &Session<'_>, command: ValidatorCommand) -> Result<ExitCode, Failure> {
	let result = match command {
		ValidatorCommand::Doctor { data, stash } => return doctor::run(session, data.as_deref(), stash).await,
		ValidatorCommand::Status { stash } => return status::run(session, stash).await,
		ValidatorCommand::RotateKeys { owner, submit } => rotate::run(session, owner, submit).await,
		ValidatorCommand::PurgeKeys { cold } => purge::run(session, cold.call_data).await,
		ValidatorCommand::Bond { amount, payee, cold } => bond::run(session, amount, payee, cold.call_data).await,
		ValidatorCommand::Validate {
			commission,
			blocked,
			cold,
		} => candidacy::validate(session, commission, blocked, cold.call_data).await,
		ValidatorCommand::Chill { cold } => candidacy::chill(session, cold.call_data).await,
		ValidatorCommand::Unbond { part, cold } => unbond::unbond(session, part, cold.call_data).await,
		ValidatorCommand::Withdraw { cold } => unbond::withdraw(session, cold.call_data).await,
		ValidatorCommand::Payout { stash, era } => payout::run(session, stash, era).await,
	};
	result.map(|()| ExitCode::SUCCESS)
}

/// The stash that was named, or the account of the key that was.
fn stash_or_key(session: &Session<'_>, stash: Option<AccountId>) -> Result<Option<AccountId>, Failure> {
	match (stash, &session.global.key) {
		(Some(stash), _) => Ok(Some(stash)),
		(None, Some(_)) => Ok(Some(session.key()?.account())),
		(None, None) => Ok(None),
	}
}

/// Parts of a thousand million as percent, with two decimals.
fn percent(parts: u32) -> String {
	format!("{}.{:02} %", parts / 10_000_000, parts / 100_000 % 100)
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
