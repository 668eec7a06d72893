//! The program `millrace`.

use std::process::ExitCode;

fn main() -> ExitCode {
	millrace_client::cli::main()
}
