//! The arguments of `validator`.

use crate::chain::AccountId;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ValidatorCommand {
	/// Check this machine and the node on it: each check comes to ok, warn or fail. Exit code 13 if one fails.
	Doctor {
		/// The node's --base-path: the disk under it is looked at, and its speed measured with 64 MiB that are removed at once.
		#[arg(long, value_name = "DIR")]
		data: Option<PathBuf>,
		/// The stash whose session keys the node should have; the key's account where absent.
		#[arg(long, value_name = "ADDRESS")]
		stash: Option<AccountId>,
	},
	/// Have the node make new session keys, and print the call that registers them, for signing elsewhere.
	RotateKeys {
		/// The stash. The proof that comes with the keys is bound to it.
		#[arg(long, value_name = "ADDRESS")]
		owner: AccountId,
		/// Sign the call with the stash's key, send it, and see that the keys are registered. Ends when that is final.
		#[arg(long)]
		submit: bool,
	},
	/// Print how a validator stands. Exit code 14 if it is not among the validators of this session.
	Status {
		/// The stash; the key's account where absent.
		stash: Option<AccountId>,
	},
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cli::arguments::{Cli, Command};
	use clap::Parser;

	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

	fn parse(line: &str) -> Result<ValidatorCommand, clap::Error> {
		match Cli::try_parse_from(format!("millrace validator {line}").split_whitespace())?.command {
			Command::Validator { command } => Ok(command),
			other => panic!("{other:?}"),
		}
	}

	#[test]
	fn commands_are_read_as_documented() {
		let alice: AccountId = ALICE.parse().unwrap();
		assert!(matches!(
			parse("doctor"),
			Ok(ValidatorCommand::Doctor {
				data: None,
				stash: None
			})
		));
		let Ok(ValidatorCommand::Doctor {
			data: Some(data),
			stash: Some(stash),
		}) = parse(&format!("doctor --data /var/lib/millrace-node --stash {ALICE} -o json"))
		else {
			panic!("no doctor");
		};
		assert_eq!((data, stash), (PathBuf::from("/var/lib/millrace-node"), alice));
		assert!(matches!(
			parse(&format!("rotate-keys --owner {ALICE}")),
			Ok(ValidatorCommand::RotateKeys { owner, submit: false }) if owner == alice
		));
		assert!(matches!(
			parse(&format!("rotate-keys --owner {ALICE} --submit --key //Alice")),
			Ok(ValidatorCommand::RotateKeys { submit: true, .. })
		));
		assert!(matches!(
			parse(&format!("status {ALICE}")),
			Ok(ValidatorCommand::Status { stash: Some(stash) }) if stash == alice
		));
		for bad in [
			"",
			"rotate-keys",
			"rotate-keys --owner 5Wrong",
			"status 5Wrong",
			"doctor /data",
		] {
			assert!(parse(bad).is_err(), "{bad}");
		}
	}
}
