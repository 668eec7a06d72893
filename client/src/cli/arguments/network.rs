//! The arguments of `network`.

use crate::chain::Pool;
use clap::Subcommand;

#[derive(Clone, Copy, Debug, Subcommand)]
pub(in crate::cli) enum NetworkCommand {
	/// Print the council: its members, and the motions that are open, with their votes and what they call.
	Council,
	/// Print what pools have done in an era: how jobs ended, units, what was paid, prices, and ticks to a result.
	Era {
		/// Only this pool, such as `cpu-4/any`; every pool that did anything where absent.
		#[arg(long)]
		pool: Option<Pool>,
		/// The era's number; the last one that is over where absent. The chain remembers 84 beside the running one.
		#[arg(long, value_name = "N")]
		era: Option<u32>,
	},
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cli::arguments::{Cli, Command};
	use clap::Parser;

	fn parse(line: &str) -> Result<Option<NetworkCommand>, clap::Error> {
		match Cli::try_parse_from(format!("millrace network {line}").split_whitespace())?.command {
			Command::Network { command } => Ok(command),
			other => panic!("{other:?}"),
		}
	}

	#[test]
	fn what_is_asked_for_is_read_as_documented() {
		assert!(matches!(parse(""), Ok(None)));
		assert!(matches!(parse("-o json"), Ok(None)));
		assert!(matches!(parse("council"), Ok(Some(NetworkCommand::Council))));
		assert!(matches!(
			parse("era"),
			Ok(Some(NetworkCommand::Era { pool: None, era: None }))
		));
		let Ok(Some(NetworkCommand::Era { pool, era })) = parse("era --pool gpu-h/7 --era 12") else {
			panic!("no era");
		};
		assert_eq!((pool, era), ("gpu-h/7".parse().ok(), Some(12)));
		for wrong in ["12", "council 1", "era 12", "era --era last", "era --pool rtx"] {
			assert!(parse(wrong).is_err(), "{wrong}");
		}
	}
}
