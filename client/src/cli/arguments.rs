//! What can be said on the command line.

use crate::{
	amount::{self, Balance},
	chain::{AccountId, KernelHash},
	job::CheckWish,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use millrace_compute::Choice;
use std::{path::PathBuf, time::Duration};

mod check;
mod job;
mod network;
mod offers;
mod provider;
mod validator;

pub(super) use check::{CheckArguments, ProvideArguments, WatchArguments};
pub(super) use job::{EventsArguments, JobCommand, JobListArguments, ReceiveArguments};
pub(super) use network::NetworkCommand;
pub(super) use offers::{BookArguments, OffersCommand, SearchArguments};
pub(super) use provider::{
	EarningsArguments, EndpointArguments, ListArguments, ProviderCommand, RegisterArguments, Since, Switch,
};
pub(super) use validator::{Part, ValidatorCommand};

/// Buy, offer and check exact compute on the Millrace chain.
#[derive(Debug, Parser)]
#[command(name = "millrace", version, propagate_version = true)]
pub(super) struct Cli {
	#[command(flatten)]
	pub(super) global: Global,
	#[command(subcommand)]
	pub(super) command: Command,
}

#[derive(Args, Debug)]
pub(super) struct Global {
	/// The node's WebSocket address.
	#[arg(
		long,
		global = true,
		env = "MILLRACE_URL",
		default_value = "ws://127.0.0.1:9944",
		value_name = "URL"
	)]
	pub(super) url: String,
	/// A key file, or a development key such as //Alice.
	#[arg(long, global = true, env = "MILLRACE_KEY", value_name = "FILE")]
	pub(super) key: Option<String>,
	/// How to print.
	#[arg(short, long, global = true, value_enum, default_value_t = Output::Table)]
	pub(super) output: Output,
	/// No progress and no notes.
	#[arg(short, long, global = true)]
	pub(super) quiet: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Output {
	/// For people.
	Table,
	/// One JSON object; amounts are planck, as texts.
	Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
	/// Make and look at key files.
	Key {
		#[command(subcommand)]
		command: KeyCommand,
	},
	/// Look at an account, and pay.
	Account {
		#[command(subcommand)]
		command: AccountCommand,
	},
	/// Write, look at and register kernels.
	Kernel {
		#[command(subcommand)]
		command: KernelCommand,
	},
	/// Offer a machine. Signed by the provider's owner.
	Provider {
		#[command(subcommand)]
		command: ProviderCommand,
	},
	/// Buy work.
	Job {
		#[command(subcommand)]
		command: JobCommand,
	},
	/// Look at what is offered.
	Offers {
		#[command(subcommand)]
		command: OffersCommand,
	},
	/// Print what the market is and has done, and who governs it.
	Network {
		#[command(subcommand)]
		command: Option<NetworkCommand>,
	},
	/// Look after a validator: its machine and node, its session keys, its stake, and how it stands.
	Validator {
		#[command(subcommand)]
		command: ValidatorCommand,
	},
	/// Re-run leaves of a committed job, and prove to the chain what is wrong.
	Check(CheckArguments),
	/// Check every committed job as it comes.
	Watch(WatchArguments),
	/// Answer a demand for leaves from the bundle of the job.
	Provide(ProvideArguments),
}

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
	/// Make a new key.
	New {
		/// The file to make.
		file: PathBuf,
	},
	/// Make a key file from a phrase on standard input.
	Import {
		/// The file to make.
		file: PathBuf,
	},
	/// Print a key's address.
	Show {
		/// The key file, or a development key such as //Alice.
		file: String,
	},
}

#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
	/// Print what an account has.
	Balance {
		/// The account; the key's where absent.
		address: Option<AccountId>,
	},
	/// Pay. Ends when the payment is final.
	Transfer {
		/// To whom.
		to: AccountId,
		/// How much: `12.5 MILL`, `12.5`, `1000planck`.
		#[arg(value_parser = amount::parse)]
		amount: Balance,
	},
}

#[derive(Debug, Subcommand)]
pub(super) enum KernelCommand {
	/// Assemble a text into a program.
	Build {
		/// The `.mk` file.
		file: PathBuf,
		/// The file to write; the text's name with `.mkb` where absent.
		#[arg(long, value_name = "FILE")]
		out: Option<PathBuf>,
	},
	/// Check a kernel, and print its hash, its bounds and what an item may cost.
	Check {
		/// A `.mk` or `.mkb` file.
		file: PathBuf,
	},
	/// Run a job file on this machine, without a chain.
	Run {
		/// The job file.
		file: PathBuf,
		/// What runs it: `auto`, `reference`, `cpu`, `cuda`, or `cuda:N`.
		#[arg(long, value_name = "BACKEND", default_value_t = Choice::Auto)]
		backend: Choice,
		/// Threads; 0 is one for each core.
		#[arg(long, value_name = "N", default_value_t = 0)]
		threads: usize,
		/// Leaves that the interpreter re-runs and compares: a number, `all` or `none`.
		#[arg(long, value_parser = check_wish, default_value = "64", value_name = "LEAVES")]
		check: CheckWish,
	},
	/// Measure how fast this machine runs a job file: every backend that it has.
	Bench {
		/// The job file.
		file: PathBuf,
		/// Only these: `reference`, `cpu`, `cuda`, or `cuda:N`.
		#[arg(long, value_name = "BACKEND", value_delimiter = ',')]
		backend: Vec<Choice>,
		/// Threads; 0 is one for each core.
		#[arg(long, value_name = "N", default_value_t = 0)]
		threads: usize,
		/// Seconds for each backend.
		#[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
		seconds: u64,
	},
	/// Print a program as text.
	Disasm {
		/// A `.mk` or `.mkb` file, or the hash of a registered kernel.
		kernel: String,
	},
	/// Register a kernel. Its deposit is held until it is removed.
	Register {
		/// A `.mk` or `.mkb` file.
		file: PathBuf,
	},
	/// No new jobs for a kernel of yours.
	Retire {
		/// Its hash.
		hash: KernelHash,
	},
	/// Print what the chain knows of a kernel.
	Show {
		/// Its hash.
		hash: KernelHash,
	},
}

fn check_wish(text: &str) -> Result<CheckWish, String> {
	match text {
		"all" => Ok(CheckWish::All),
		"none" => Ok(CheckWish::None),
		number => match number.parse() {
			Ok(0) => Err("0 leaves are `none`".to_owned()),
			Ok(count) => Ok(CheckWish::Sample(count)),
			Err(_) => Err("write a number of leaves, `all` or `none`".to_owned()),
		},
	}
}

fn duration(text: &str) -> Result<Duration, String> {
	let bad = || "write a time such as 90s, 10m or 2h".to_owned();
	let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
	let (number, unit) = text.split_at(split);
	let number: u64 = number.parse().map_err(|_| bad())?;
	let seconds = match unit {
		"" | "s" => Some(number),
		"m" => number.checked_mul(60),
		"h" => number.checked_mul(3_600),
		_ => None,
	};
	// A year is as good as for ever, and keeps the clock's arithmetic safe.
	seconds
		.map(|seconds| Duration::from_secs(seconds.min(365 * 86_400)))
		.ok_or_else(bad)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::{DeviceClass, Price};
	use clap::CommandFactory;

	#[test]
	fn the_command_line_is_consistent() {
		Cli::command().debug_assert();
	}

	#[test]
	fn times_and_checks() {
		assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
		assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
		assert_eq!(duration("10m"), Ok(Duration::from_secs(600)));
		assert_eq!(duration("2h"), Ok(Duration::from_secs(7_200)));
		for bad in ["", "m", "1d", "-1", "1.5h", "99999999999999999999"] {
			assert!(duration(bad).is_err(), "{bad}");
		}
		assert_eq!(check_wish("all"), Ok(CheckWish::All));
		assert_eq!(check_wish("none"), Ok(CheckWish::None));
		assert_eq!(check_wish("64"), Ok(CheckWish::Sample(64)));
		for bad in ["0", "-1", "some", "4294967296"] {
			assert!(check_wish(bad).is_err(), "{bad}");
		}
	}

	#[test]
	fn a_registration_reads_as_documented() {
		let address = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
		let hash = format!("0x{}", "ab".repeat(32));
		let line = format!(
			"millrace provider register --worker {address} --payout {address} --host 127.0.0.1 --port 9200 --tls-key {hash} \
			 --class cpu-4 --lanes 1 --min-price 30000000 --bond 336 --key //Alice -o json"
		);
		let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
		assert_eq!(cli.global.key.as_deref(), Some("//Alice"));
		let Command::Provider {
			command: ProviderCommand::Register(register),
		} = cli.command
		else {
			panic!("not a registration");
		};
		assert_eq!(register.min_price, Price(30_000_000));
		assert_eq!(register.bond, 336 * amount::MILL);
		assert!(register.takes_targets);
	}

	#[test]
	fn providers_are_filtered_refilled_and_rid_of_devices_as_documented() {
		let provider = |line: &str| match Cli::try_parse_from(line.split_whitespace()).unwrap().command {
			Command::Provider { command } => command,
			other => panic!("{other:?}"),
		};
		let ProviderCommand::List(all) = provider("millrace provider list") else {
			panic!("no list");
		};
		assert!(all.owner.is_none() && all.class.is_none() && all.region.is_none() && !all.eligible);
		let ProviderCommand::List(some) = provider("millrace provider list --class cpu-4 --region 3 --eligible") else {
			panic!("no list");
		};
		assert_eq!((some.class, some.region), (Some(DeviceClass::Cpu4), Some(3)));
		assert!(some.eligible);
		for (word, switch) in [("on", Switch::On), ("off", Switch::Off)] {
			let command = provider(&format!("millrace provider refill 4 {word}"));
			assert!(matches!(command, ProviderCommand::Refill { provider: 4, switch: found } if found == switch));
		}
		assert!(Cli::try_parse_from(["millrace", "provider", "refill", "4", "maybe"]).is_err());
		assert!(matches!(
			provider("millrace provider remove-device 4 --slot 7"),
			ProviderCommand::RemoveDevice { provider: 4, slot: 7 }
		));
		let ninth = "millrace provider remove-device 4 --slot 8";
		assert!(Cli::try_parse_from(ninth.split_whitespace()).is_err());
	}
}
