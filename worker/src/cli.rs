//! The command line.

mod presets;

use crate::{
	backend::{
		serve::{serve, ServeArgs},
		Quarantine, QuarantineError, Quarantined,
	},
	config::{ConfigError, Flags},
	halt::HaltPoint,
	journal::{Journal, JournalError, FILE as JOURNAL_FILE},
	keys::{Identity, IdentityError},
	log::{self, LogFormat},
	report::{DemandRow, JobRow, OfferRow, RefusedRow, Report},
	supervisor::{self, RunError},
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use millrace_client::chain::to_hex;
use presets::{presets, PresetsArgs};
use serde_json::json;
use std::{io, path::PathBuf, process::ExitCode};

/// Computes the jobs that the chain assigns to its provider.
#[derive(Debug, Parser)]
#[command(name = "millrace-worker", version, about, max_term_width = 120)]
pub struct Cli {
	/// How results are printed.
	#[arg(short, long, global = true, value_enum, default_value_t)]
	output: Output,
	/// How log lines are written, on standard error.
	#[arg(long, global = true, value_enum, default_value_t, env = "MILLRACE_LOG_FORMAT")]
	log_format: LogFormat,
	#[command(subcommand)]
	command: Command,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum Output {
	/// For people.
	#[default]
	Table,
	/// For programs.
	Json,
}

#[derive(Debug, Subcommand)]
enum Command {
	/// Make the worker's key and the endpoint's TLS key, and print what the owner has to put on the chain
	Init(StateArgs),
	/// Run the worker
	Run(Box<Flags>),
	/// Show how the worker stands
	Status(StateArgs),
	/// Show the journal
	Jobs(StateArgs),
	/// Show what can be asked by name, or with --now what is asked at this moment and when that changes
	Presets(Box<PresetsArgs>),
	/// Use a device again that gave a wrong result or broke down; takes effect when the worker is started
	Release(ReleaseArgs),
	/// Compute for the worker that started this process
	#[command(hide = true)]
	Backend(ServeArgs),
}

#[derive(Args, Debug)]
struct StateArgs {
	/// The state directory
	#[arg(long, env = "MILLRACE_WORKER_STATE", value_name = "DIR")]
	state: PathBuf,
}

#[derive(Args, Debug)]
struct ReleaseArgs {
	#[command(flatten)]
	state: StateArgs,
	/// The device, as `status` shows it; all where absent
	#[arg(long, value_name = "DEVICE")]
	device: Option<String>,
}

/// What a command can fail with.
#[derive(Debug, thiserror::Error)]
enum CommandError {
	#[error(transparent)]
	Identity(#[from] IdentityError),
	#[error(transparent)]
	Config(#[from] ConfigError),
	#[error(transparent)]
	Run(#[from] RunError),
	#[error(transparent)]
	Journal(#[from] JournalError),
	#[error(transparent)]
	Quarantine(#[from] QuarantineError),
	#[error("no device {0:?} is in quarantine")]
	NotQuarantined(String),
	#[error("the status file in {path} cannot be read")]
	Report {
		path: PathBuf,
		#[source]
		source: io::Error,
	},
	#[error("no worker ever ran in {0}")]
	NeverRan(PathBuf),
	#[error("the program cannot start its threads")]
	Runtime(#[source] io::Error),
}

impl CommandError {
	fn hint(&self) -> String {
		match self {
			Self::Identity(error) => error.hint(),
			Self::Config(error) => error.hint(),
			Self::Run(error) => error.hint(),
			Self::NotQuarantined(_) => "`millrace-worker status` shows which are".to_owned(),
			Self::Quarantine(error) => format!(
				"look at the directory's rights; if {} is damaged and every device is sound, delete it",
				error.path.display()
			),
			Self::Journal(_) | Self::Report { .. } | Self::Runtime(_) => {
				"look at the directory's rights and the machine's limits".to_owned()
			}
			Self::NeverRan(path) => format!("millrace-worker run --state {}", path.display()),
		}
	}

	fn exit_code(&self) -> u8 {
		match self {
			Self::Identity(_) | Self::Config(_) | Self::NeverRan(_) | Self::NotQuarantined(_) => 3,
			Self::Run(error) => error.exit_code(),
			Self::Journal(_) | Self::Quarantine(_) | Self::Report { .. } | Self::Runtime(_) => 1,
		}
	}
}

/// Parses the command line, does what it says, and returns the exit code: 0 done, 1 unexpected, 2 usage, 3 keys or
/// settings, 4 chain not reachable.
pub fn main() -> ExitCode {
	let cli = Cli::parse();
	// The backend's standard error goes into the worker's log, line by line: it writes no log of its own.
	if !matches!(cli.command, Command::Backend(_)) {
		log::start(cli.log_format);
	}
	let result = match cli.command {
		Command::Init(args) => init(&args, cli.output),
		Command::Run(flags) => run(*flags),
		Command::Status(args) => status(&args, cli.output),
		Command::Jobs(args) => jobs(&args, cli.output),
		Command::Presets(args) => presets(*args, cli.output),
		Command::Release(args) => release(&args, cli.output),
		Command::Backend(args) => return serve(&args),
	};
	match result {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			let mut source = std::error::Error::source(&error);
			while let Some(cause) = source {
				eprintln!("cause: {cause}");
				source = cause.source();
			}
			eprintln!("hint: {}", error.hint());
			ExitCode::from(error.exit_code())
		}
	}
}

fn init(args: &StateArgs, output: Output) -> Result<(), CommandError> {
	let (identity, made) = Identity::init(&args.state)?;
	let address = identity.account().to_string();
	let tls_key = to_hex(&identity.tls.key_hash().map_err(IdentityError::from)?);
	match output {
		Output::Json => {
			println!(
				"{}",
				json!({ "address": address, "tls_key": tls_key, "state": args.state, "made": made })
			);
		}
		Output::Table => {
			println!("worker address  {address}");
			println!("TLS key hash    {tls_key}");
			println!("state           {}", args.state.display());
			if !made {
				println!("The keys were there already; nothing was changed.");
			}
		}
	}
	Ok(())
}

fn run(flags: Flags) -> Result<(), CommandError> {
	let settings = flags.resolve()?;
	let runtime = tokio::runtime::Builder::new_multi_thread()
		.enable_all()
		.thread_name("worker")
		.build()
		.map_err(CommandError::Runtime)?;
	let result = runtime.block_on(supervisor::run(settings));
	// A step that was cut short ends within one leaf; nothing waits for it.
	runtime.shutdown_background();
	Ok(result?)
}

fn status(args: &StateArgs, output: Output) -> Result<(), CommandError> {
	let report = read_report(args)?.ok_or_else(|| CommandError::NeverRan(args.state.clone()))?;
	let running = matches!(
		Journal::open(&args.state, HaltPoint::never()),
		Err(JournalError::InUse(_))
	);
	let live = report.jobs.iter().filter(|job| job.is_live()).count();
	let quarantine = Quarantine::open(&args.state)?.list();
	match output {
		Output::Json => println!(
			"{}",
			json!({ "running": running, "live_jobs": live, "quarantine": quarantine, "report": report })
		),
		Output::Table => {
			println!(
				"worker    {} ({})",
				report.address,
				if running { "running" } else { "not running" }
			);
			println!("provider  {} ({})", report.provider, report.status);
			println!("chain     block {}, tick {}", report.best, report.tick);
			println!("lanes     {} of {} running", report.running, report.lanes);
			println!("asks      {:?}", report.asks);
			if let Some(OfferRow {
				preset,
				wanted,
				nothing,
			}) = &report.offer
			{
				match nothing {
					Some(why) => println!("preset    {preset} asks nothing: {why}"),
					None => println!("preset    {preset} asks {wanted:?}"),
				}
			}
			for warning in &report.warnings {
				println!("warning   {warning}");
			}
			println!("backend   {}", report.backend);
			if let Some(device) = &report.device {
				println!(
					"device    {}, {} MiB, {}",
					device.model,
					device.memory >> 20,
					device.driver
				);
				println!("enrolment {}", device.stage);
				if let Some(RefusedRow { reason, until }) = &device.refused {
					println!("refused   {reason}; tried again from tick {until}");
				}
			}
			if let Some(why) = &report.stopped {
				println!("stopped   no new jobs are taken: {why}");
			}
			if let Some(since) = report.convicted {
				println!("convicted a result was proved wrong at tick {since}: nothing is accepted or committed");
			}
			if let Some(since) = report.outage {
				println!(
					"outage    since tick {since}; `millrace provider preview {}` says what it costs",
					report.provider
				);
			}
			for DemandRow { job, missing, until } in &report.demands {
				match until {
					Some(until) => println!("demanded  {missing} leaves of job {job}, until tick {until}"),
					None => println!("demanded  {missing} leaves of job {job}, after those of other jobs"),
				}
			}
			for Quarantined { device, reason, since } in &quarantine {
				println!("not used  {device} (since {since}, in seconds since 1970): {reason}");
			}
			println!("jobs      {live} live, {} bytes stored", report.stored);
		}
	}
	Ok(())
}

fn release(args: &ReleaseArgs, output: Output) -> Result<(), CommandError> {
	let released = Quarantine::release(&args.state.state, args.device.as_deref())?;
	if let (Some(device), true) = (&args.device, released.is_empty()) {
		return Err(CommandError::NotQuarantined(device.clone()));
	}
	match output {
		Output::Json => println!("{}", json!({ "released": released })),
		Output::Table if released.is_empty() => println!("No device was in quarantine."),
		Output::Table => {
			for Quarantined { device, reason, .. } in &released {
				println!("released  {device}: {reason}");
			}
			println!("A worker that is running uses it once it is started again.");
		}
	}
	Ok(())
}

fn jobs(args: &StateArgs, output: Output) -> Result<(), CommandError> {
	let rows: Vec<JobRow> = if !args.state.join(JOURNAL_FILE).exists() {
		return Err(CommandError::NeverRan(args.state.clone()));
	} else {
		match Journal::open(&args.state, HaltPoint::never()) {
			Ok(journal) => journal
				.entries()?
				.iter()
				.map(|(key, entry)| JobRow::new(key, entry))
				.collect(),
			// The running worker has the journal; what it last wrote down is a few seconds old at most.
			Err(JournalError::InUse(_)) => read_report(args)?.map(|report| report.jobs).unwrap_or_default(),
			Err(error) => return Err(error.into()),
		}
	};
	match output {
		Output::Json => println!("{}", json!(rows)),
		Output::Table => {
			println!("{:66}  {:>7}  {:11}  {:>16}  note", "job", "attempt", "step", "units");
			for row in rows {
				let units = row.units.map(|units| units.to_string()).unwrap_or_default();
				println!(
					"{}  {:>7}  {:11}  {units:>16}  {}",
					row.job, row.attempt, row.step, row.note
				);
			}
		}
	}
	Ok(())
}

fn read_report(args: &StateArgs) -> Result<Option<Report>, CommandError> {
	Report::read(&args.state).map_err(|source| CommandError::Report {
		path: args.state.clone(),
		source,
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	#[test]
	fn the_command_line_is_consistent() {
		Cli::command().debug_assert();
	}
}
