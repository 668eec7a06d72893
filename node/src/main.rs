//! The node of Millrace: follows the chain, answers its clients and, for validators, authors and finalises blocks.
//!
//! `docs/node.md` tells how to run it. The modules: [`cli`] what can be asked on the command line, [`command`] what is then
//! done, [`chain_spec`] the chains known by name, [`service`] the running node, [`equivocation`] the watch for authors of
//! two blocks in one slot, [`rpc`] what it answers beside what every node of the SDK does.

#![allow(
	clippy::result_large_err,
	reason = "the errors of the SDK are large, and none is on a hot path"
)]

mod chain_spec;
mod cli;
mod command;
mod equivocation;
mod rpc;
mod service;

use std::process::ExitCode;

fn main() -> ExitCode {
	match command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("millrace-node stopped: {error}");
			ExitCode::FAILURE
		}
	}
}
