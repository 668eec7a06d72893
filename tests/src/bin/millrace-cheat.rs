//! A worker that cheats, for tests; see [`millrace_tests::cheat`].

use clap::Parser;
use millrace_tests::cheat::{act::Settings, play::assignment, Cheat, Play};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

/// Commits to lies. Takes a state directory as `millrace-worker init` makes it.
#[derive(Parser)]
struct Arguments {
	/// The node.
	#[arg(long)]
	url: String,
	/// The state directory.
	#[arg(long)]
	state: PathBuf,
	/// Where the endpoint listens.
	#[arg(long)]
	listen: SocketAddr,
	/// What to do with the job whose first parameter is SALT.
	#[arg(long = "play", value_parser = assignment, value_name = "SALT=PLAY")]
	plays: Vec<(u64, Play)>,
}

#[tokio::main]
async fn main() -> ExitCode {
	let arguments = Arguments::parse();
	let settings = Settings {
		url: arguments.url,
		state: arguments.state,
		listen: arguments.listen,
		plays: arguments.plays.into_iter().collect(),
	};
	match Cheat::start(settings).await {
		Ok(cheat) => {
			cheat.run().await;
			ExitCode::SUCCESS
		}
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		}
	}
}
