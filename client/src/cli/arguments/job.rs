//! The arguments of `job`.

use super::{check_wish, duration};
use crate::{
	amount::{self, Balance},
	chain::{JobId, Pool, Price, ProviderId, StateName, MAX_BATCH},
	job::{CheckWish, Route, Whom},
};
use clap::{Args, Subcommand, ValueEnum};
use std::{path::PathBuf, time::Duration};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum JobCommand {
	/// Run the job that a file describes, or several of one kernel at once.
	///
	/// Several are submitted by one call: all of them, or none. Each is then brought to its provider, and with --wait checked
	/// and paid, whatever becomes of the others.
	Run {
		/// The job files, 100 at most.
		#[arg(required = true, value_name = "FILE")]
		files: Vec<PathBuf>,
		/// Register the kernel if the chain does not know it.
		#[arg(long)]
		register: bool,
		/// Wait for the result, check it and pay.
		#[arg(long)]
		wait: bool,
		/// The most that the worst case may cost, fees included; of all jobs together.
		#[arg(long, value_parser = amount::parse, value_name = "AMOUNT")]
		max_cost: Option<Balance>,
		/// Print nothing but the job's id; of several jobs each on a line, in the order of the files.
		#[arg(long)]
		id_only: bool,
		#[command(flatten)]
		whom: WhomArguments,
		#[command(flatten)]
		receive: ReceiveArguments,
	},
	/// Go on with a job that this machine submitted: fetch, check, pay.
	Fetch {
		/// The job.
		job: JobId,
		#[command(flatten)]
		receive: ReceiveArguments,
	},
	/// Print what a job would hold and cost, and when it would start; or why it would be refused. Sends nothing.
	///
	/// Of several job files also the sums. Each job would start then if it were alone.
	Quote {
		/// The job files, 100 at most.
		#[arg(required = true, value_name = "FILE")]
		files: Vec<PathBuf>,
		/// Offer it to this provider.
		#[arg(long, value_name = "PROVIDER")]
		target: Option<ProviderId>,
		/// What the provider is offered for 2^30 units; its least price where absent.
		#[arg(long, requires = "target")]
		price: Option<Price>,
	},
	/// Print what a live job waits for, or why it does not start.
	Why {
		/// The job.
		job: JobId,
		/// Why this provider does not serve it.
		#[arg(long)]
		provider: Option<ProviderId>,
	},
	/// Print a live job in full.
	Get {
		/// The job.
		job: JobId,
	},
	/// Print live jobs that pass every filter: the key's, or everybody's.
	List(JobListArguments),
	/// Print what happened to a job, or to all of the key's.
	Events(EventsArguments),
	/// Bid another price for a job that waits in the book. Its id stays; what it holds changes.
	Reprice {
		/// The job.
		job: JobId,
		/// The most that it pays for 2^30 units; the level is the next one at or below it.
		#[arg(long, required_unless_present = "level", conflicts_with = "level")]
		price: Option<Price>,
		/// The same as a price level, 0 to 255.
		#[arg(long, value_name = "N")]
		level: Option<u8>,
	},
	/// Take back a job that is not accepted yet.
	Cancel {
		/// The job.
		job: JobId,
	},
	/// Pay for committed results as they are, without fetching or checking them.
	///
	/// Of one's own jobs the result is paid at once, of others once the window is over. Several are settled by one call, which
	/// is free where all of them could be.
	Settle {
		/// The jobs, 100 at most.
		#[arg(required = true, num_args = 1..=MAX_BATCH, value_name = "JOB")]
		jobs: Vec<JobId>,
	},
	/// End a job whose provider does not deliver an output that is too large to be demanded on the chain. Its payment is burned.
	///
	/// Nobody gets the payment, neither the provider nor you; only what is held beside it returns. For outputs over 1 MiB,
	/// while the window is open. Smaller ones can be demanded: `millrace check JOB --demand --refute`.
	RefuseDelivery {
		/// The job.
		job: JobId,
	},
}

#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct WhomArguments {
	/// Offer the job to this provider, whatever the job file says.
	#[arg(long, value_name = "PROVIDER", conflicts_with = "route")]
	target: Option<ProviderId>,
	/// Offer it to the provider of the job file's pool that comes first by this, then to the next ones, then to the book.
	#[arg(long, value_enum)]
	route: Option<RouteName>,
	/// With --target what is offered for 2^30 units, the provider's least price where absent; with --route the most.
	#[arg(long)]
	price: Option<Price>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum RouteName {
	/// The shortest measured round trip.
	Latency,
	/// The lowest price.
	Price,
	/// The best record.
	Record,
}

impl WhomArguments {
	/// Who is asked.
	///
	/// # Errors
	/// A price that belongs to nothing.
	pub(in crate::cli) fn whom(self) -> Result<Whom, &'static str> {
		match (self.target, self.route) {
			(Some(provider), _) => Ok(Whom::Provider {
				provider,
				price: self.price,
			}),
			(None, Some(route)) => Ok(Whom::Routed {
				route: match route {
					RouteName::Latency => Route::Latency,
					RouteName::Price => Route::Price,
					RouteName::Record => Route::Record,
				},
				limit: self.price,
			}),
			(None, None) if self.price.is_some() => Err("--price belongs to --target or --route"),
			(None, None) => Ok(Whom::AsFiled),
		}
	}
}

#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct ReceiveArguments {
	/// How long to wait: 90s, 10m, 2h. For ever where absent.
	#[arg(long, value_parser = duration, value_name = "TIME")]
	pub(in crate::cli) wait_timeout: Option<Duration>,
	/// Leaves to re-run before paying: a number, `all` or `none`.
	#[arg(long, value_parser = check_wish, default_value = "64", value_name = "LEAVES")]
	pub(in crate::cli) check: CheckWish,
	/// Connect to providers at private addresses too.
	#[arg(long)]
	pub(in crate::cli) allow_private: bool,
	/// Do not refute a result that is wrong; it is not paid for either way.
	#[arg(long)]
	pub(in crate::cli) no_refute: bool,
}

#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct JobListArguments {
	/// Everybody's.
	#[arg(long)]
	pub(in crate::cli) all: bool,
	/// Only those in this state.
	#[arg(long, value_enum)]
	state: Option<StateWord>,
	/// Only those that this provider has.
	#[arg(long)]
	pub(in crate::cli) provider: Option<ProviderId>,
	/// Only those of this pool, such as `cpu-4/any`.
	#[arg(long)]
	pub(in crate::cli) pool: Option<Pool>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum StateWord {
	/// In the book.
	Pending,
	/// Matched or offered.
	Assigned,
	/// Accepted.
	Running,
	/// The result is committed.
	Committed,
}

impl JobListArguments {
	/// The state that is asked for.
	pub(in crate::cli) fn state(self) -> Option<StateName> {
		self.state.map(|state| match state {
			StateWord::Pending => StateName::Pending,
			StateWord::Assigned => StateName::Assigned,
			StateWord::Running => StateName::Running,
			StateWord::Committed => StateName::Committed,
		})
	}
}

#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct EventsArguments {
	/// The job.
	#[arg(required_unless_present = "mine", conflicts_with = "mine")]
	pub(in crate::cli) job: Option<JobId>,
	/// Of every job of the key's account.
	#[arg(long)]
	pub(in crate::cli) mine: bool,
	/// The first block; where absent the one before the job was submitted, if it was from here, else 240 blocks ago.
	#[arg(long, value_name = "BLOCK")]
	pub(in crate::cli) from: Option<u64>,
	/// Go on with new blocks, until the job has ended.
	#[arg(long)]
	pub(in crate::cli) follow: bool,
	/// Of blocks that are not final too, which may still be undone.
	#[arg(long)]
	pub(in crate::cli) best: bool,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cli::arguments::{Cli, Command};
	use clap::Parser;

	const JOB: &str = "0x0101010101010101010101010101010101010101010101010101010101010101";

	fn parse(line: &str) -> Result<JobCommand, clap::Error> {
		let line = format!("millrace job {}", line.replace("JOB", JOB));
		match Cli::try_parse_from(line.split_whitespace())?.command {
			Command::Job { command } => Ok(command),
			other => panic!("{other:?}"),
		}
	}

	fn whom(line: &str) -> Result<Whom, &'static str> {
		match parse(line).unwrap() {
			JobCommand::Run { whom, .. } => whom.whom(),
			other => panic!("{other:?}"),
		}
	}

	#[test]
	fn whoever_is_asked_reads_as_documented() {
		assert_eq!(whom("run a.toml"), Ok(Whom::AsFiled));
		let target = Whom::Provider {
			provider: 7,
			price: Some(Price(5)),
		};
		assert_eq!(whom("run a.toml --target 7 --price 5"), Ok(target));
		for (word, route) in [
			("latency", Route::Latency),
			("price", Route::Price),
			("record", Route::Record),
		] {
			let routed = Whom::Routed { route, limit: None };
			assert_eq!(whom(&format!("run a.toml --route {word}")), Ok(routed));
		}
		assert!(whom("run a.toml --price 5").is_err());
		for wrong in [
			"run",
			"quote",
			"run a.toml --target 7 --route price",
			"run a.toml --route luck",
			"quote a.toml --price 5",
			"list --state gone",
			"events",
			"events JOB --mine",
			"why",
			"settle",
			"refuse-delivery",
			"refuse-delivery JOB JOB",
		] {
			assert!(parse(wrong).is_err(), "{wrong}");
		}
	}

	#[test]
	fn several_job_files_are_run_and_quoted_at_once() {
		let JobCommand::Run { files, wait, .. } = parse("run a.toml b.toml c.toml --wait").unwrap() else {
			panic!("no run");
		};
		assert_eq!(files, ["a.toml", "b.toml", "c.toml"].map(PathBuf::from));
		assert!(wait);
		let quote = parse("quote a.toml b.toml --target 7").unwrap();
		assert!(matches!(quote, JobCommand::Quote { files, target: Some(7), .. } if files.len() == 2));
	}

	#[test]
	fn up_to_a_hundred_jobs_are_settled_at_once() {
		let settle = |count| parse(&format!("settle{}", " JOB".repeat(count)));
		for count in [1, 2, 100] {
			assert!(matches!(settle(count), Ok(JobCommand::Settle { jobs }) if jobs.len() == count));
		}
		assert!(settle(101).is_err());
		assert!(matches!(
			parse("refuse-delivery JOB"),
			Ok(JobCommand::RefuseDelivery { job: JobId([1, ..]) })
		));
	}

	#[test]
	fn lists_and_events_read_as_documented() {
		let JobCommand::List(list) = parse("list --state pending --pool cpu-4/any --provider 3").unwrap() else {
			panic!("no list");
		};
		assert_eq!((list.state(), list.provider), (Some(StateName::Pending), Some(3)));
		assert_eq!(list.pool, "cpu-4/any".parse().ok());
		let JobCommand::Events(events) = parse("events JOB --follow --from 12 --best").unwrap() else {
			panic!("no events");
		};
		assert_eq!((events.job, events.from), (Some(JobId([1; 32])), Some(12)));
		assert!(events.follow && events.best && !events.mine);
		assert!(matches!(parse("events --mine"), Ok(JobCommand::Events(events)) if events.mine));
		assert!(matches!(
			parse("why JOB --provider 9"),
			Ok(JobCommand::Why { provider: Some(9), .. })
		));
	}
}
