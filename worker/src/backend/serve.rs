//! The other side: what `millrace-worker backend` does.
//!
//! The main thread answers requests one after another; another one reads them, so that a cancellation is seen meanwhile
//! and the end of the worker ends this process whatever it is doing.

mod files;
mod listen;
mod memory;
mod report;
mod trial;
mod work;

use super::message::{bounded, Answer, Request};
use clap::Args;
use listen::{leave, listen};
pub(crate) use memory::available as free_memory;
use millrace_compute::{with_causes, Choice, Runner};
use report::send;
use std::{path::PathBuf, process::ExitCode};
use work::{is_lost, Worker};

/// Exit code after bytes that are no request.
const CONFUSED: i32 = 2;
/// Exit code where the backend that was asked for cannot be used.
const UNUSABLE: u8 = 3;
/// Exit code after an error that only a new process recovers from.
const LOST: u8 = 4;

/// What a backend's process is told on its command line.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
	/// What computes.
	#[arg(long)]
	pub backend: Choice,
	/// Threads that compute; 0 is one for each core.
	#[arg(long, default_value_t = 0)]
	pub threads: usize,
	/// A folder for compiled kernels.
	#[arg(long, value_name = "DIR")]
	pub cache: Option<PathBuf>,
}

/// Answers the requests on standard input until it closes.
pub fn serve(args: &ServeArgs) -> ExitCode {
	memory::go_first();
	let requests = match listen(std::io::stdin()) {
		Ok(requests) => requests,
		Err(error) => {
			eprintln!("a thread cannot be started: {error}");
			return ExitCode::FAILURE;
		}
	};
	let Ok((Request::Hello { .. }, _)) = requests.recv() else {
		out_of_order()
	};
	let runner = match Runner::new(args.backend, args.cache.as_deref()) {
		Ok(runner) => runner,
		Err(error) => {
			send(&Answer::Unusable {
				message: bounded(with_causes(&error)),
			});
			return ExitCode::from(UNUSABLE);
		}
	};
	send(&Answer::Ready {
		kind: runner.kind().into(),
		device: bounded(runner.device().to_owned()),
		description: bounded(runner.describe().to_owned()),
		hardware: runner.hardware().into(),
	});
	let worker = Worker::new(runner, args.threads);
	for (request, cancel) in requests {
		let answer = match request {
			Request::Probe { id, work, leaves } => worker.probe(id, &work, leaves, &cancel),
			Request::Run { id, work, output } => worker.run(id, &work, &output.path(), &cancel),
			// Cancellations are taken out by the thread that reads.
			Request::Hello { .. } | Request::Cancel { .. } => out_of_order(),
		};
		send(&answer);
		if is_lost(&answer) {
			return ExitCode::from(LOST);
		}
	}
	ExitCode::SUCCESS
}

fn out_of_order() -> ! {
	eprintln!("a request came out of order");
	leave(CONFUSED)
}
