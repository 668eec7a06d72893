//! The command line. Each command prints a table or one JSON object on standard output; progress, notes and errors go to
//! standard error.

mod account;
mod arguments;
mod check;
mod each;
mod job;
mod kernel;
mod key;
mod network;
mod offers;
mod print;
mod progress;
mod provide;
mod provider;
mod validator;
mod watch;

use self::{
	arguments::{Cli, Command, Global},
	print::Printer,
};
use crate::{
	chain::Chain,
	exit::{Code, Failure},
	keys::{Key, KeyError},
};
use clap::{error::ErrorKind, Parser};
use std::{process::ExitCode, time::Duration};

/// How long to try to reach the node.
const PATIENCE: Duration = Duration::from_secs(5);

/// Parses the command line, runs the command and returns the exit code.
pub fn main() -> ExitCode {
	let cli = match Cli::try_parse() {
		Ok(cli) => cli,
		Err(error) => {
			// Help and version are answers, not errors.
			let code = match error.kind() {
				ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
				_ => Code::Usage.number(),
			};
			let _ = error.print();
			return ExitCode::from(code);
		}
	};
	start_log();
	let printer = Printer::new(&cli.global);
	let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
		Ok(runtime) => runtime,
		Err(error) => {
			let failure = Failure::new(Code::Unexpected, format!("cannot start: {error}"), "");
			return printer.fail(&failure);
		}
	};
	let result = runtime.block_on(run(cli, &printer));
	// A check that goes on after an interrupt must not keep the process.
	runtime.shutdown_background();
	match result {
		Ok(code) => code,
		Err(failure) => printer.fail(&failure),
	}
}

/// The exit code of a command that has printed its result.
async fn run(cli: Cli, printer: &Printer) -> Result<ExitCode, Failure> {
	let session = Session {
		global: cli.global,
		printer,
	};
	let result = match cli.command {
		Command::Job { command } => return job::run(&session, command).await,
		Command::Validator { command } => return validator::run(&session, command).await,
		Command::Key { command } => key::run(&session, command),
		Command::Account { command } => account::run(&session, command).await,
		Command::Kernel { command } => kernel::run(&session, command).await,
		Command::Provider { command } => provider::run(&session, command).await,
		Command::Offers { command } => offers::run(&session, command).await,
		Command::Network { command } => network::run(&session, command).await,
		Command::Check(arguments) => check::run(&session, arguments).await,
		Command::Watch(arguments) => watch::run(&session, arguments).await,
		Command::Provide(arguments) => provide::run(&session, arguments).await,
	};
	result.map(|()| ExitCode::SUCCESS)
}

/// What every command has.
struct Session<'a> {
	global: Global,
	printer: &'a Printer,
}

impl Session<'_> {
	async fn chain(&self) -> Result<Chain, Failure> {
		Ok(Chain::connect(&self.global.url, PATIENCE).await?)
	}

	fn key(&self) -> Result<Key, Failure> {
		let name = self.global.key.as_deref().ok_or(KeyError::None)?;
		Ok(Key::open(name)?)
	}
}

/// Logs go to standard error, and only what `RUST_LOG` asks for.
fn start_log() {
	use tracing_subscriber::EnvFilter;
	let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
	let _ = tracing_subscriber::fmt()
		.with_env_filter(filter)
		.with_writer(std::io::stderr)
		.try_init();
}
