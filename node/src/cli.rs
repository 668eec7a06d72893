//! The command line.

use crate::chain_spec;
use clap::{Arg, Command, CommandFactory, FromArgMatches, Parser};
use polkadot_sdk::{
	sc_cli::{self, RunCmd, SubstrateCli},
	sc_service,
};

/// Bytes of state that a node keeps in memory unless told otherwise. The SDK's own default is 1 GiB, more than a small
/// machine has; 16 MiB keep a node under 300 MB in all.
const TRIE_CACHE_BYTES: &str = "16777216";

/// What was asked for.
#[derive(Debug, Parser)]
pub(crate) struct Cli {
	/// Something else than running a node.
	#[command(subcommand)]
	pub(crate) subcommand: Option<Subcommand>,

	/// How to run a node.
	#[clap(flatten)]
	pub(crate) run: RunCmd,
}

/// What the program does beside running a node.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Subcommand {
	/// Generate, inspect and insert keys
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Write a chain specification
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Execute a block of the database again and compare the result
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Read blocks from a file
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Remove the whole database of a chain
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Go back to an earlier block that is not final
	Revert(sc_cli::RevertCmd),
}

impl Cli {
	/// Reads the command line; prints help or an error and exits where there is nothing to run.
	pub(crate) fn read() -> Cli {
		let command = with_small_cache(Cli::setup_command(Cli::command()));
		Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
	}
}

/// Puts [`TRIE_CACHE_BYTES`] in the place of the SDK's default, here and in every subcommand that opens the database.
fn with_small_cache(command: Command) -> Command {
	fn shrink(argument: Arg) -> Arg {
		if argument.get_id() == "trie_cache_size" {
			argument.default_value(TRIE_CACHE_BYTES)
		} else {
			argument
		}
	}
	command
		.mut_args(shrink)
		.mut_subcommands(|subcommand| subcommand.mut_args(shrink))
}

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Millrace Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"the Millrace developers".into()
	}

	fn support_url() -> String {
		"docs/node.md".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		chain_spec::load(id).map(|spec| Box::new(spec) as Box<dyn sc_service::ChainSpec>)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn parse(arguments: &[&str]) -> Cli {
		let command = with_small_cache(Cli::setup_command(Cli::command()));
		let matches = command
			.try_get_matches_from(arguments)
			.expect("the arguments are valid");
		Cli::from_arg_matches(&matches).expect("the arguments are complete")
	}

	#[test]
	fn the_cache_is_small_unless_told_otherwise() {
		assert_eq!(
			parse(&["millrace-node", "--dev"]).run.import_params.trie_cache_size,
			16_777_216
		);
		let told = parse(&["millrace-node", "--dev", "--trie-cache-size", "1073741824"]);
		assert_eq!(told.run.import_params.trie_cache_size, 1_073_741_824);
		let Some(Subcommand::CheckBlock(check)) = parse(&["millrace-node", "check-block", "7"]).subcommand else {
			panic!("a subcommand was given");
		};
		assert_eq!(check.import_params.trie_cache_size, 16_777_216);
	}
}
