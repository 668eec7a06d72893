//! A network on this machine to try things on: validators, an archive node that answers clients, workers, and Prometheus.
//! `scripts/devnet.sh` builds everything and runs this.

mod crew;
mod failure;
mod prometheus;
mod start;

use clap::{Args, Parser, Subcommand};
use crew::Crew;
use failure::Failure;
use start::Wish;
use std::{
	env,
	ffi::OsString,
	fs,
	path::{Path, PathBuf},
	process::ExitCode,
	sync::Arc,
	thread::{self, sleep},
	time::Duration,
};
use tokio::signal::unix::{signal, SignalKind};

/// What the program can be told to do; without a word it starts a network.
const TASKS: [&str; 6] = ["start", "status", "stop", "help", "-h", "--help"];

/// A network on this machine.
#[derive(Parser)]
#[command(name = "devnet.sh", max_term_width = 120)]
struct Arguments {
	#[command(subcommand)]
	task: Task,
}

#[derive(Subcommand)]
enum Task {
	/// Start a network, print its addresses, and run until Ctrl-C
	Start(Wish),
	/// Print what runs; exit code 1 unless all of it does
	Status(Place),
	/// End what runs; nothing is left but logs
	Stop(Place),
}

#[derive(Args)]
struct Place {
	/// The folder of the network
	#[arg(long = "state", value_name = "DIR")]
	folder: Option<PathBuf>,
}

impl Place {
	/// The folder, which need not be there.
	fn folder(&self) -> Result<PathBuf, Failure> {
		let folder = match &self.folder {
			Some(folder) => folder.clone(),
			None => usual_folder()?,
		};
		// Processes are known by it, so it has one name only.
		Ok(fs::canonicalize(&folder).unwrap_or(folder))
	}
}

/// Beside the state of the client.
fn usual_folder() -> Result<PathBuf, Failure> {
	let of = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
	let state = of("XDG_STATE_HOME").or_else(|| Some(of("HOME")?.join(".local/state")));
	let state = state.ok_or_else(|| Failure::new("there is no home folder", "name a folder with --state"))?;
	Ok(state.join("millrace/devnet"))
}

fn main() -> ExitCode {
	let mut given: Vec<OsString> = env::args_os().collect();
	let word = given.get(1).and_then(|word| word.to_str());
	if !word.is_some_and(|word| TASKS.contains(&word)) {
		given.insert(1, "start".into());
	}
	let done = match Arguments::parse_from(given).task {
		Task::Start(wish) => run(&wish),
		Task::Status(place) => status(&place),
		Task::Stop(place) => stop(&place),
	};
	done.unwrap_or_else(|failure| {
		failure.print();
		ExitCode::FAILURE
	})
}

/// Starts a network. Unless it is detached, it runs until somebody asks it to stop.
fn run(wish: &Wish) -> Result<ExitCode, Failure> {
	let folder = wish.place.folder()?;
	if let Some(there) = Crew::find(&folder)? {
		if there.runs() {
			println!("A network runs in {} already.\n", folder.display());
			there.print();
			return Ok(ExitCode::SUCCESS);
		}
	}
	let crew = Arc::new(Crew::new(&folder)?);
	stop_when_asked(&crew)?;
	if let Err(failure) = start::start(&crew, wish) {
		crew.stop()?;
		return Err(failure);
	}
	if wish.detach {
		println!(
			"\nIt goes on. To end it: scripts/devnet.sh stop --state {}",
			crew.folder().display()
		);
		return Ok(ExitCode::SUCCESS);
	}
	println!("\nCtrl-C ends all of it.");
	watch(&crew)
}

/// Ctrl-C and SIGTERM end the network, and with it this process, whatever else it does at that moment.
fn stop_when_asked(crew: &Arc<Crew>) -> Result<(), Failure> {
	let no_signals = |error: std::io::Error| Failure::new(format!("signals cannot be received: {error}"), "try again");
	let runtime = tokio::runtime::Builder::new_current_thread()
		.enable_all()
		.build()
		.map_err(no_signals)?;
	let (interrupted, terminated) = {
		let _inside = runtime.enter();
		(signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
	};
	let (mut interrupted, mut terminated) = (interrupted.map_err(no_signals)?, terminated.map_err(no_signals)?);
	let crew = crew.clone();
	thread::spawn(move || {
		runtime.block_on(async {
			tokio::select! {
				_ = interrupted.recv() => {}
				_ = terminated.recv() => {}
			}
		});
		println!();
		crew.leave()
	});
	Ok(())
}

/// Says which processes end by themselves, until none runs any more.
fn watch(crew: &Crew) -> Result<ExitCode, Failure> {
	let mut ended: Vec<String> = Vec::new();
	while crew.runs() {
		sleep(Duration::from_secs(1));
		for name in crew.ended() {
			if !ended.contains(&name) {
				println!("{name} has ended; its log is {}", crew.log(&name).display());
				ended.push(name);
			}
		}
	}
	// Whoever stops a network from elsewhere says so in its file once all of it has ended.
	sleep(Duration::from_secs(2));
	let stopped = Crew::find(crew.folder())?.is_none_or(|there| there.is_empty());
	crew.stop()?;
	if stopped {
		println!("It was stopped.");
		return Ok(ExitCode::SUCCESS);
	}
	Err(Failure::new(
		"everything has ended by itself",
		format!("see the logs in {}", crew.logs().display()),
	))
}

/// Prints what runs.
fn status(place: &Place) -> Result<ExitCode, Failure> {
	let folder = place.folder()?;
	match Crew::find(&folder)? {
		Some(crew) if !crew.is_empty() => {
			crew.print();
			Ok(ExitCode::from(u8::from(!crew.ended().is_empty())))
		}
		_ => {
			nothing_runs(&folder);
			Ok(ExitCode::FAILURE)
		}
	}
}

/// Ends what runs. That nothing does is no failure.
fn stop(place: &Place) -> Result<ExitCode, Failure> {
	let folder = place.folder()?;
	match Crew::find(&folder)? {
		Some(crew) if !crew.is_empty() => {
			let ended = crew.stop()?;
			println!("{ended} processes ended; logs are in {}", crew.logs().display());
		}
		_ => nothing_runs(&folder),
	}
	Ok(ExitCode::SUCCESS)
}

fn nothing_runs(folder: &Path) {
	println!("No network runs in {}.", folder.display());
}
