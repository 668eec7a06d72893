//! The running node: database, transaction pool, network, consensus, JSON-RPC.

use crate::{equivocation::Watcher, rpc};
use futures::FutureExt;
use millrace_runtime::{opaque::Block, Hash, RuntimeApi};
use polkadot_sdk::{
	sc_basic_authorship,
	sc_client_api::Backend,
	sc_consensus, sc_consensus_babe,
	sc_consensus_babe::SlotProportion,
	sc_consensus_grandpa,
	sc_consensus_grandpa::{FinalityProofProvider, GrandpaPruningFilter, SharedVoterState},
	sc_consensus_slots, sc_executor, sc_network,
	sc_network::NetworkBackend,
	sc_offchain, sc_rpc, sc_service,
	sc_service::{error::Error as ServiceError, Configuration, PartialComponents, TaskManager, WarpSyncConfig},
	sc_telemetry,
	sc_telemetry::{Telemetry, TelemetryWorker},
	sc_transaction_pool,
	sc_transaction_pool_api::{OffchainTransactionPoolFactory, RejectAllTxPool},
	sp_blockchain::HeaderBackend,
	sp_consensus_babe::{
		inherents::{BabeCreateInherentDataProviders, InherentDataProvider as SlotProvider},
		SlotDuration,
	},
	sp_io, sp_timestamp,
};
use std::{sync::Arc, time::Duration};

/// Executes the runtime: WebAssembly only, with the host functions that the runtime may call.
type Executor = sc_executor::WasmExecutor<sp_io::SubstrateHostFunctions>;
/// The client of the whole chain.
pub(crate) type FullClient = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The database behind it.
pub(crate) type FullBackend = sc_service::TFullBackend<Block>;
type FullSelectChain = sc_consensus::LongestChain<FullBackend, Block>;
type FullPool = sc_transaction_pool::TransactionPoolHandle<Block, FullClient>;
type GrandpaImport = sc_consensus_grandpa::GrandpaBlockImport<FullBackend, Block, FullClient, FullSelectChain>;
type BabeImport = sc_consensus_babe::BabeBlockImport<
	Block,
	FullClient,
	GrandpaImport,
	BabeCreateInherentDataProviders<Block>,
	FullSelectChain,
>;
/// One network implementation, chosen here once: each more would double the time to build the node.
type Network = sc_network::Litep2pNetworkBackend;

/// At least every so many final blocks a justification is kept and shown.
const JUSTIFICATION_PERIOD: u32 = 512;
/// How long a vote is expected to take through the network.
const GOSSIP_DURATION: Duration = Duration::from_millis(333);
/// Share of a slot in which an author fills its block; the rest is for sending it.
const PROPOSAL_SHARE: f32 = 0.5;

/// What consensus needs between the making of the components and the start of the node.
pub(crate) struct Consensus {
	block_import: BabeImport,
	babe_link: sc_consensus_babe::BabeLink<Block>,
	babe_worker: sc_consensus_babe::BabeWorkerHandle<Block>,
	grandpa_link: sc_consensus_grandpa::LinkHalf<Block, FullClient, FullSelectChain>,
	telemetry: Option<Telemetry>,
}

/// The parts of a node that also the commands on a stopped node's database need.
pub(crate) type Components = PartialComponents<
	FullClient,
	FullBackend,
	FullSelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	FullPool,
	Consensus,
>;

/// The slot and the time of a block that is made now.
fn slot_and_time(duration: SlotDuration) -> (SlotProvider, sp_timestamp::InherentDataProvider) {
	let time = sp_timestamp::InherentDataProvider::from_system_time();
	(SlotProvider::from_timestamp_and_slot_duration(*time, duration), time)
}

/// Opens the database and builds what imports blocks into it. No network, no authoring yet.
pub(crate) fn components(config: &Configuration) -> Result<Components, ServiceError> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;

	let executor: Executor = sc_service::new_wasm_executor(&config.executor);
	let (client, backend, keystore_container, task_manager) = sc_service::new_full_parts::<Block, RuntimeApi, _>(
		config,
		telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
		executor,
		// Others warp through the blocks in which the authorities change, so even a pruned node keeps these.
		vec![Arc::new(GrandpaPruningFilter)],
	)?;
	let client = Arc::new(client);

	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});

	let select_chain = sc_consensus::LongestChain::new(backend.clone());
	let transaction_pool = Arc::new(
		sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let (grandpa_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry.as_ref().map(|telemetry| telemetry.handle()),
	)?;
	let justification_import = grandpa_import.clone();

	let babe_config = sc_consensus_babe::configuration(&*client)?;
	let slot_duration = babe_config.slot_duration();
	let (block_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		grandpa_import,
		client.clone(),
		Arc::new(move |_, _| async move { Ok(slot_and_time(slot_duration)) }) as BabeCreateInherentDataProviders<Block>,
		select_chain.clone(),
		// It uses the pool only to report double authoring, in extrinsics that all fail: see `equivocation`, which reports it.
		OffchainTransactionPoolFactory::new(RejectAllTxPool::<Block>::default()),
	)?;

	let (import_queue, babe_worker) = sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
		link: babe_link.clone(),
		block_import: block_import.clone(),
		justification_import: Some(Box::new(justification_import)),
		client: client.clone(),
		slot_duration,
		spawner: &task_manager.spawn_essential_handle(),
		registry: config.prometheus_registry(),
		telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
	})?;

	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: Consensus {
			block_import,
			babe_link,
			babe_worker,
			grandpa_link,
			telemetry,
		},
	})
}

/// Starts a node. It runs until the returned task manager is dropped or one of its essential tasks ends.
pub(crate) fn start(config: Configuration) -> Result<TaskManager, ServiceError> {
	let PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: Consensus {
			block_import,
			babe_link,
			babe_worker,
			grandpa_link,
			mut telemetry,
		},
	} = components(&config)?;

	let role = config.role;
	let force_authoring = config.force_authoring;
	let node_name = config.network.node_name.clone();
	let enable_grandpa = !config.disable_grandpa;
	let prometheus_registry = config.prometheus_registry().cloned();

	let mut net_config = sc_network::config::FullNetworkConfiguration::<Block, Hash, Network>::new(
		&config.network,
		prometheus_registry.clone(),
	);
	let metrics = <Network as NetworkBackend<Block, Hash>>::register_notification_metrics(config.prometheus_registry());
	let grandpa_protocol =
		sc_consensus_grandpa::protocol_standard_name(&client.info().genesis_hash, &config.chain_spec);
	// Only with somebody who listens: the network drops every peer of a protocol whose receiver is gone.
	let grandpa_notifications = enable_grandpa.then(|| {
		let (grandpa_protocol_config, notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<Block, Network>(
			grandpa_protocol.clone(),
			metrics.clone(),
			net_config.peer_store_handle(),
		);
		net_config.add_notification_protocol(grandpa_protocol_config);
		notifications
	});

	let warp_sync = sc_consensus_grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		grandpa_link.shared_authority_set().clone(),
		Vec::new(),
	);
	let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(Arc::new(warp_sync))),
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	if config.offchain_worker.enabled {
		let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
			runtime_api_provider: client.clone(),
			is_validator: role.is_authority(),
			keystore: Some(keystore_container.keystore()),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(transaction_pool.clone())),
			network_provider: Arc::new(network.clone()),
			enable_http_requests: false,
			custom_extensions: |_| Vec::new(),
		})?;
		task_manager.spawn_handle().spawn(
			"offchain-workers-runner",
			"offchain-worker",
			workers.run(client.clone(), task_manager.spawn_handle()).boxed(),
		);
	}

	let shared_voter_state = SharedVoterState::empty();
	let rpc_builder = {
		let client = client.clone();
		let pool = transaction_pool.clone();
		let select_chain = select_chain.clone();
		let keystore = keystore_container.keystore();
		let authorities = grandpa_link.shared_authority_set().clone();
		let votes = shared_voter_state.clone();
		let justifications = grandpa_link.justification_stream();
		let proofs = FinalityProofProvider::new_for_service(backend.clone(), Some(authorities.clone()));
		Box::new(move |executor: sc_rpc::SubscriptionTaskExecutor| {
			let sources = rpc::Sources {
				client: client.clone(),
				pool: pool.clone(),
				select_chain: select_chain.clone(),
				keystore: keystore.clone(),
				babe: babe_worker.clone(),
				grandpa: rpc::GrandpaSources {
					authorities: authorities.clone(),
					votes: votes.clone(),
					justifications: justifications.clone(),
					proofs: proofs.clone(),
				},
			};
			rpc::methods(sources, executor).map_err(ServiceError::Application)
		})
	};

	sc_service::spawn_tasks(sc_service::SpawnTasksParams {
		config,
		client: client.clone(),
		backend,
		task_manager: &mut task_manager,
		keystore: keystore_container.keystore(),
		transaction_pool: transaction_pool.clone(),
		rpc_builder,
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync_service.clone(),
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	if role.is_authority() {
		let proposer = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			client.clone(),
			transaction_pool.clone(),
			prometheus_registry.as_ref(),
			telemetry.as_ref().map(|telemetry| telemetry.handle()),
		);
		let slot_duration = babe_link.config().slot_duration();
		let watcher = Watcher::new(
			client.clone(),
			OffchainTransactionPoolFactory::new(transaction_pool.clone()),
			slot_duration,
			prometheus_registry.as_ref(),
		)?;
		task_manager
			.spawn_handle()
			.spawn_blocking("equivocation-watcher", None, watcher.run());
		let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
			keystore: keystore_container.keystore(),
			client: client.clone(),
			select_chain,
			env: proposer,
			block_import,
			sync_oracle: sync_service.clone(),
			justification_sync_link: sync_service.clone(),
			create_inherent_data_providers: move |_, ()| async move { Ok(slot_and_time(slot_duration)) },
			force_authoring,
			// Where finality stands still, blocks come ever more slowly, and there is less to undo or to finalise at once.
			backoff_authoring_blocks: Some(sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging::default()),
			babe_link,
			block_proposal_slot_portion: SlotProportion::new(PROPOSAL_SHARE),
			max_block_proposal_slot_portion: None,
			telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
		})?;
		task_manager
			.spawn_essential_handle()
			.spawn_blocking("babe-proposer", Some("block-authoring"), babe);
	}

	if let Some(notification_service) = grandpa_notifications {
		let voter = sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
			config: sc_consensus_grandpa::Config {
				gossip_duration: GOSSIP_DURATION,
				justification_generation_period: JUSTIFICATION_PERIOD,
				name: Some(node_name),
				observer_enabled: false,
				// A node that does not vote needs no keys; it follows the votes of others all the same.
				keystore: role.is_authority().then(|| keystore_container.keystore()),
				local_role: role,
				telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
				protocol_name: grandpa_protocol,
			},
			link: grandpa_link,
			network,
			sync: Arc::new(sync_service),
			notification_service,
			voting_rule: sc_consensus_grandpa::VotingRulesBuilder::default().build(),
			prometheus_registry,
			shared_voter_state,
			telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(transaction_pool),
		})?;
		task_manager
			.spawn_essential_handle()
			.spawn_blocking("grandpa-voter", None, voter);
	}

	Ok(task_manager)
}
