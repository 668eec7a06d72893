//! The program `millrace-worker`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
	millrace_worker::cli::main()
}
