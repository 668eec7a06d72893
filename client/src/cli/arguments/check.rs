//! The arguments of `check`, `watch` and `provide`.

use super::{check_wish, duration};
use crate::{
	amount::{self, Balance},
	chain::JobId,
	job::CheckWish,
};
use clap::Args;
use std::{path::PathBuf, time::Duration};

#[derive(Args, Debug)]
pub(in crate::cli) struct CheckArguments {
	/// The job.
	pub(in crate::cli) job: JobId,
	/// Leaves to re-run: a number of random ones, beside the first and the last, or `all`.
	#[arg(long, value_parser = leaves, default_value = "64", value_name = "LEAVES")]
	pub(in crate::cli) leaves: CheckWish,
	/// Prove to the chain what is wrong. Needs a key; free where the proof stands.
	#[arg(long)]
	pub(in crate::cli) refute: bool,
	/// Demand leaves through the chain where the provider shows nothing. Needs the requester's key, and costs a fee.
	#[arg(long)]
	pub(in crate::cli) demand: bool,
	/// The job file, or one file for each input; otherwise the inputs come from the provider.
	#[arg(long, num_args = 1.., value_name = "FILE")]
	pub(in crate::cli) inputs: Vec<PathBuf>,
	/// How long to wait for demanded leaves: 90s, 10m, 2h. For ever where absent.
	#[arg(long, value_parser = duration, value_name = "TIME")]
	pub(in crate::cli) wait_timeout: Option<Duration>,
	/// Connect to providers at private addresses too.
	#[arg(long)]
	pub(in crate::cli) allow_private: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct WatchArguments {
	/// Prove to the chain what is wrong. Needs a key.
	#[arg(long)]
	pub(in crate::cli) refute: bool,
	/// Leaves to re-run of each job: a number of random ones, beside the first and the last, or `all`.
	#[arg(long, value_parser = leaves, default_value = "64", value_name = "LEAVES")]
	pub(in crate::cli) leaves: CheckWish,
	/// Most units to re-run in an hour. No limit where absent.
	#[arg(long, value_parser = units, value_name = "UNITS")]
	pub(in crate::cli) budget: Option<u64>,
	/// Most jobs to look at in an hour. No limit where absent.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
	pub(in crate::cli) max_jobs: Option<u32>,
	/// Most transaction fees in all. Only proofs that come too late cost any.
	#[arg(long, value_parser = amount::parse, default_value = "10", value_name = "AMOUNT")]
	pub(in crate::cli) max_fees: Balance,
	/// End once every job that is there was looked at.
	#[arg(long)]
	pub(in crate::cli) once: bool,
	/// Connect to providers at private addresses too.
	#[arg(long)]
	pub(in crate::cli) allow_private: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ProvideArguments {
	/// The job.
	pub(in crate::cli) job: JobId,
	/// The bundle that was committed: output bytes, then the figures of each leaf.
	#[arg(long, value_name = "FILE")]
	pub(in crate::cli) bundle: PathBuf,
}

fn leaves(text: &str) -> Result<CheckWish, String> {
	match check_wish(text)? {
		CheckWish::None => Err("without a leaf nothing is checked: write a number, or `all`".to_owned()),
		wish => Ok(wish),
	}
}

/// A number of units; digits may be grouped with `_` or `,`.
fn units(text: &str) -> Result<u64, String> {
	let digits: String = text.chars().filter(|c| !matches!(c, '_' | ',')).collect();
	match digits.parse() {
		Ok(0) | Err(_) => Err("write a number of units, such as 1_000_000_000".to_owned()),
		Ok(units) => Ok(units),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cli::arguments::{Cli, Command, JobCommand, ProviderCommand};
	use clap::Parser;

	const JOB: &str = "0x0101010101010101010101010101010101010101010101010101010101010101";

	fn parse(line: &str) -> Command {
		let line = line.replace("JOB", JOB);
		Cli::try_parse_from(line.split_whitespace()).unwrap().command
	}

	#[test]
	fn a_check_reads_as_documented() {
		let Command::Check(check) = parse("millrace check JOB --leaves all --refute --inputs a.bin b.bin --demand")
		else {
			panic!("not a check");
		};
		assert_eq!(check.job, JobId([1; 32]));
		assert_eq!(check.leaves, CheckWish::All);
		assert!(check.refute && check.demand && !check.allow_private);
		assert_eq!(check.inputs, [PathBuf::from("a.bin"), PathBuf::from("b.bin")]);
		let Command::Check(check) = parse("millrace check JOB") else {
			panic!("not a check");
		};
		assert_eq!(check.leaves, CheckWish::Sample(64));
		assert!(!check.refute && check.inputs.is_empty());
	}

	#[test]
	fn a_watch_reads_as_documented() {
		let Command::Watch(watch) =
			parse("millrace watch --refute --budget 1_000_000 --max-fees 2.5 --leaves 8 --once")
		else {
			panic!("not a watch");
		};
		assert!(watch.refute && watch.once);
		assert_eq!((watch.budget, watch.max_jobs), (Some(1_000_000), None));
		assert_eq!(watch.max_fees, 5 * amount::MILL / 2);
		assert_eq!(watch.leaves, CheckWish::Sample(8));
		for wrong in [
			"millrace watch --leaves none",
			"millrace watch --budget 0",
			"millrace watch --budget many",
			"millrace watch --max-jobs 0",
			"millrace check",
			"millrace check 0x01",
			"millrace check JOB --inputs",
			"millrace provide JOB",
		] {
			let line = wrong.replace("JOB", JOB);
			assert!(Cli::try_parse_from(line.split_whitespace()).is_err(), "{wrong}");
		}
	}

	#[test]
	fn the_others_read_as_documented() {
		let Command::Provide(provide) = parse("millrace provide JOB --bundle x.bundle") else {
			panic!("no provide");
		};
		assert_eq!(provide.bundle, PathBuf::from("x.bundle"));
		let Command::Job {
			command: JobCommand::Fetch { receive, .. },
		} = parse("millrace job fetch JOB --no-refute")
		else {
			panic!("no fetch");
		};
		assert!(receive.no_refute);
		assert!(matches!(
			parse("millrace provider reactivate 3"),
			Command::Provider {
				command: ProviderCommand::Reactivate { provider: 3 }
			}
		));
	}
}
