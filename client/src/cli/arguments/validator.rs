//! The arguments of `validator`.

use crate::{
	amount::{self, Balance},
	chain::{AccountId, Payee},
};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Parts of a thousand million in a percent.
const PARTS: u32 = 10_000_000;
/// Decimal places of a percentage.
const DECIMALS: usize = 7;

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
	/// Take the session keys of a stash that is no validator any more off the chain, which returns their deposit.
	PurgeKeys {
		#[command(flatten)]
		cold: ColdArguments,
	},
	/// Bond money of the key, which is the stash's, or add to what it has bonded. Ends when that is final, as all that follow.
	Bond {
		/// How much: `12.5 MILL`, `12.5`, `1000planck`.
		#[arg(value_parser = amount::parse)]
		amount: Balance,
		/// Where rewards go: `stash`, `staked`, which adds them to the bond, or an address. With the first bond only, and
		/// `stash` where absent.
		#[arg(long, value_name = "PAYEE", value_parser = payee)]
		payee: Option<Payee>,
		#[command(flatten)]
		cold: ColdArguments,
	},
	/// Stand for election, or change the terms. Refused without session keys, and with too small a bond.
	Validate {
		/// What the validator keeps of its nominators' rewards; the chain's least commission where absent.
		#[arg(long, value_name = "PERCENT", value_parser = percent)]
		commission: Option<u32>,
		/// Take no nominators.
		#[arg(long)]
		blocked: bool,
		#[command(flatten)]
		cold: ColdArguments,
	},
	/// Stand for election no more. The node must go on for the eras that are planned.
	Chill {
		#[command(flatten)]
		cold: ColdArguments,
	},
	/// Start to take money back, and print the era from which on it can be withdrawn.
	Unbond {
		/// An amount, or `all`, which ends the candidacy as well.
		#[arg(value_name = "AMOUNT|all", value_parser = part)]
		part: Part,
		#[command(flatten)]
		cold: ColdArguments,
	},
	/// Free what was unbonded and whose era has come.
	Withdraw {
		#[command(flatten)]
		cold: ColdArguments,
	},
	/// Have a validator and its nominators paid for the eras that are still to be paid. Any key may.
	Payout {
		/// The validator's stash.
		stash: AccountId,
		/// Only this era.
		#[arg(long, value_name = "N")]
		era: Option<u32>,
	},
	/// Print how a validator stands. Exit code 14 if it is not among the validators of this session.
	Status {
		/// The stash; the key's account where absent.
		stash: Option<AccountId>,
	},
}

// Without a document of its own, which would take the place of the commands'.
#[derive(Args, Debug)]
pub(in crate::cli) struct ColdArguments {
	/// Sign and send nothing: print the call for this stash, whose key is elsewhere.
	#[arg(long, value_name = "STASH")]
	pub(in crate::cli) call_data: Option<AccountId>,
}

/// How much of a bond.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::cli) enum Part {
	/// All of it.
	All,
	/// So much, in planck.
	Amount(Balance),
}

fn part(text: &str) -> Result<Part, String> {
	match text {
		"all" => Ok(Part::All),
		amount => amount::parse(amount)
			.map(Part::Amount)
			.map_err(|error| error.to_string()),
	}
}

fn payee(text: &str) -> Result<Payee, String> {
	match text {
		"stash" => Ok(Payee::Stash),
		"staked" => Ok(Payee::Staked),
		address => address
			.parse()
			.map(Payee::Account)
			.map_err(|_| "write `stash`, `staked` or an address".to_owned()),
	}
}

/// A percentage, in parts of a thousand million. Exact.
fn percent(text: &str) -> Result<u32, String> {
	let bad = || format!("write a percentage up to 100, such as 5 or 12.5, with at most {DECIMALS} decimal places");
	let number = text.strip_suffix('%').unwrap_or(text).trim();
	let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
	let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
	if !is_digits(whole) || !is_digits(fraction) || fraction.len() > DECIMALS {
		return Err(bad());
	}
	let whole: u32 = whole.parse().map_err(|_| bad())?;
	let fraction: u32 = format!("{fraction:0<DECIMALS$}").parse().map_err(|_| bad())?;
	whole
		.checked_mul(PARTS)
		.and_then(|parts| parts.checked_add(fraction))
		.filter(|parts| *parts <= 100 * PARTS)
		.ok_or_else(bad)
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

	#[test]
	fn a_stash_is_bonded_and_unbonded_as_documented() {
		let alice: AccountId = ALICE.parse().unwrap();
		for (payee, expected) in [
			("", None),
			("--payee stash", Some(Payee::Stash)),
			("--payee staked", Some(Payee::Staked)),
			(format!("--payee {ALICE}").as_str(), Some(Payee::Account(alice))),
		] {
			let Ok(ValidatorCommand::Bond { amount, payee, cold }) = parse(&format!("bond 2_000 {payee}")) else {
				panic!("no bond");
			};
			assert_eq!((amount, payee), (2_000 * amount::MILL, expected));
			assert_eq!(cold.call_data, None);
		}
		for (part, expected) in [("all", Part::All), ("1000planck", Part::Amount(1_000))] {
			assert!(matches!(
				parse(&format!("unbond {part}")),
				Ok(ValidatorCommand::Unbond { part, .. }) if part == expected
			));
		}
		assert!(matches!(parse("withdraw"), Ok(ValidatorCommand::Withdraw { .. })));
		assert!(matches!(
			parse(&format!("purge-keys --call-data {ALICE}")),
			Ok(ValidatorCommand::PurgeKeys { cold }) if cold.call_data == Some(alice)
		));
		for bad in [
			"bond",
			"bond all",
			"bond 1 --payee none",
			"unbond",
			"unbond most",
			"withdraw 1",
			"purge-keys --call-data",
		] {
			assert!(parse(bad).is_err(), "{bad}");
		}
	}

	#[test]
	fn a_candidacy_and_payouts_are_read_as_documented() {
		let alice: AccountId = ALICE.parse().unwrap();
		assert!(matches!(
			parse("validate"),
			Ok(ValidatorCommand::Validate {
				commission: None,
				blocked: false,
				..
			})
		));
		assert!(matches!(
			parse("validate --commission 12.5 --blocked"),
			Ok(ValidatorCommand::Validate {
				commission: Some(125_000_000),
				blocked: true,
				..
			})
		));
		assert!(matches!(
			parse(&format!("chill --call-data {ALICE}")),
			Ok(ValidatorCommand::Chill { cold }) if cold.call_data == Some(alice)
		));
		assert!(matches!(
			parse(&format!("payout {ALICE}")),
			Ok(ValidatorCommand::Payout { stash, era: None }) if stash == alice
		));
		assert!(matches!(
			parse(&format!("payout {ALICE} --era 7")),
			Ok(ValidatorCommand::Payout { era: Some(7), .. })
		));
		for bad in [
			"validate 5",
			"validate --commission 101",
			"chill now",
			"payout",
			"payout 5Wrong",
		] {
			assert!(parse(bad).is_err(), "{bad}");
		}
	}

	#[test]
	fn percentages_are_exact() {
		for (text, parts) in [
			("0", 0),
			("5", 50_000_000),
			("5%", 50_000_000),
			("12.5 %", 125_000_000),
			("0.0000001", 1),
			("100.0", 1_000_000_000),
		] {
			assert_eq!(percent(text), Ok(parts), "{text}");
		}
		for bad in [
			"",
			"%",
			".5",
			"5.",
			"-1",
			"+1",
			"1e1",
			"0.00000001",
			"100.0000001",
			"101",
			"4294967296",
		] {
			assert!(percent(bad).is_err(), "{bad}");
		}
	}
}
