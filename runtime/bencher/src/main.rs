//! Runs the benchmarks of the compiled runtime, for `scripts/weights.sh` and `scripts/bench.sh`: the commands of the SDK, as its own
//! program has them, without the databases and the chain that come with that.

use clap::Parser;
use frame_benchmarking_cli::{OpaqueBlock, OverheadCmd, PalletCmd};
use sp_runtime::traits::BlakeTwo256;

/// What can be measured.
#[derive(Parser)]
#[command(name = "millrace-bencher", about = "Runs the benchmarks of a compiled runtime")]
enum Command {
	/// The benchmarks of pallets.
	Pallet(PalletCmd),
	/// An empty block and an empty transaction.
	Overhead(OverheadCmd),
}

fn main() -> sc_cli::Result<()> {
	sc_cli::LoggerBuilder::new("warn").init()?;
	match Command::parse() {
		Command::Pallet(pallet) => pallet.run_with_spec::<BlakeTwo256, ()>(None),
		Command::Overhead(overhead) => overhead.run_with_default_builder_and_spec::<OpaqueBlock, ()>(None),
	}
}
