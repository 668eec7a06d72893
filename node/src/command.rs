//! Does what the command line asks.

use crate::{
	cli::{Cli, Subcommand},
	service::{self, FullClient},
};
use polkadot_sdk::{
	sc_cli::{self, SubstrateCli},
	sc_consensus_babe, sc_consensus_grandpa,
	sc_network::config::NetworkBackendType,
	sc_service::PartialComponents,
};
use std::sync::Arc;

/// Reads the command line and does what it asks; returns when that is done or the node was told to stop.
pub(crate) fn run() -> sc_cli::Result<()> {
	let cli = Cli::read();
	match &cli.subcommand {
		Some(Subcommand::Key(command)) => command.run(&cli),
		Some(Subcommand::ExportChainSpec(command)) => {
			let spec = cli.load_spec(&command.chain)?;
			command.run(spec)
		}
		Some(Subcommand::CheckBlock(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client,
				task_manager,
				import_queue,
				..
			} = service::components(&config)?;
			Ok((command.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::ExportBlocks(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client, task_manager, ..
			} = service::components(&config)?;
			Ok((command.run(client, config.database), task_manager))
		}),
		Some(Subcommand::ImportBlocks(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client,
				task_manager,
				import_queue,
				..
			} = service::components(&config)?;
			Ok((command.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::PurgeChain(command)) => cli
			.create_runner(command)?
			.sync_run(|config| command.run(config.database)),
		Some(Subcommand::Revert(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client,
				task_manager,
				backend,
				..
			} = service::components(&config)?;
			// BABE first: it looks up the epochs of blocks that GRANDPA no longer needs.
			let revert_consensus = Box::new(|client: Arc<FullClient>, backend, blocks| {
				sc_consensus_babe::revert(client.clone(), backend, blocks)?;
				sc_consensus_grandpa::revert(client, blocks)?;
				Ok(())
			});
			Ok((command.run(client, backend, Some(revert_consensus)), task_manager))
		}),
		None => {
			let runner = cli.create_runner(&cli.run)?;
			if matches!(runner.config().network.network_backend, NetworkBackendType::Libp2p) {
				return Err(sc_cli::Error::Input(
					"this node speaks through litep2p only: leave --network-backend away".into(),
				));
			}
			runner.run_node_until_exit(|config| async move { service::start(config).map_err(sc_cli::Error::Service) })
		}
	}
}
