//! Has those slashed who author two blocks in one slot.
//!
//! `sc-consensus-babe` looks for them while it imports blocks, and reports headers from which their seals were taken before.
//! Without seals nothing is proven, so the runtime refuses each of its reports, in an extrinsic that fails. Its reports
//! therefore get no transaction pool, see [`crate::service`], and the [`Watcher`] reports instead, with seals. It is to go once
//! a published `sc-consensus-babe` reports sealed headers. Double votes for finality are reported by `sc-consensus-grandpa`,
//! which does it rightly.
//!
//! Only authorities watch: a report is an unsigned extrinsic, which the runtime takes from the node's own pool only and which
//! is not sent to others, so what a node reports comes into the chain with a block of that node, or never. For the same reason
//! every authority reports, and the runtime drops what it knows already.

mod window;

use self::window::Window;
use crate::service::FullClient;
use futures::StreamExt;
use millrace_runtime::{opaque::Block, Hash, Header};
use polkadot_sdk::{
	sc_client_api::{BlockImportNotification, BlockchainEvents, ImportNotifications},
	sc_consensus_babe::find_pre_digest,
	sc_transaction_pool_api::OffchainTransactionPoolFactory,
	sp_api::{ApiError, ApiExt, ProvideRuntimeApi},
	sp_blockchain::HeaderBackend,
	sp_consensus_babe::{BabeApi, EquivocationProof, Slot, SlotDuration},
	sp_timestamp::Timestamp,
	substrate_prometheus_endpoint::{register, Counter, PrometheusError, Registry, U64},
};
use std::sync::Arc;

/// Under what name the log's level of this module is set.
const LOG_TARGET: &str = "equivocation";
/// The metric that counts reports.
const METRIC: &str = "millrace_equivocation_reports_total";

/// Follows every block that is imported, those of forks included, and reports authors who made two in one slot.
pub(crate) struct Watcher {
	client: Arc<FullClient>,
	pool: OffchainTransactionPoolFactory<Block>,
	slot_duration: SlotDuration,
	imports: ImportNotifications<Block>,
	window: Window,
	/// Reports sent; `None` where the node exports no metrics.
	reports: Option<Counter<U64>>,
}

/// Two blocks of one author in one slot, of which this node has just imported the second.
struct Found {
	proof: EquivocationProof<Header>,
	/// The slot's epoch, by number.
	epoch: u64,
	/// The hash of the second block.
	second: Hash,
}

impl Watcher {
	/// Sees what is imported from now on. Reports go into `pool`, their number into `registry`.
	///
	/// # Errors
	/// `registry` has another metric of that name.
	pub(crate) fn new(
		client: Arc<FullClient>,
		pool: OffchainTransactionPoolFactory<Block>,
		slot_duration: SlotDuration,
		registry: Option<&Registry>,
	) -> Result<Watcher, PrometheusError> {
		Ok(Watcher {
			// The plain stream leaves out blocks of a long catch-up.
			imports: client.every_import_notification_stream(),
			client,
			pool,
			slot_duration,
			window: Window::default(),
			reports: registry.map(counter).transpose()?,
		})
	}

	/// Watches until the node ends. Calls of the runtime block, so this wants a thread of its own.
	pub(crate) async fn run(mut self) {
		while let Some(block) = self.imports.next().await {
			// Holding `block` keeps its state until it has been looked at.
			match self.observe(&block) {
				Ok(None) => {}
				Ok(Some(found)) => self.tell(found),
				// As of a block below the one to which this node has warped: only its header is here.
				Err(error) => log::debug!(target: LOG_TARGET, "The author of {:?} is not known: {error}", block.hash),
			}
		}
	}

	/// Remembers a block, or finds that its author has made another one in its slot.
	fn observe(&mut self, block: &BlockImportNotification<Block>) -> Result<Option<Found>, ApiError> {
		let Ok(claim) = find_pre_digest::<Block>(&block.header) else {
			return Ok(None);
		};
		let now = Slot::from_timestamp(Timestamp::current(), self.slot_duration);
		self.window.advance(now);
		if !self.window.covers(claim.slot()) {
			return Ok(None);
		}
		// A header names its author by place. On forks with other authorities that is somebody else, so the block's own state
		// says whose place it is.
		let epoch = self.client.runtime_api().current_epoch(block.hash)?;
		let Some((author, _)) = epoch.authorities.get(claim.authority_index() as usize) else {
			return Ok(None);
		};
		let proof = self.window.observe(claim.slot(), author, &block.header);
		Ok(proof.map(|proof| Found {
			proof,
			epoch: epoch.epoch_index,
			second: block.hash,
		}))
	}

	/// Reports, and says so in log and metrics.
	fn tell(&self, found: Found) {
		let (author, slot) = (found.proof.offender.clone(), found.proof.slot);
		log::warn!(
			target: LOG_TARGET,
			"Equivocation: {author} has authored two blocks in slot {slot}, the second is {:?}",
			found.second
		);
		match self.report(found) {
			Ok(()) => {
				if let Some(reports) = &self.reports {
					reports.inc();
				}
				log::info!(target: LOG_TARGET, "Equivocation: {author} is reported for slot {slot}");
			}
			Err(error) => {
				log::warn!(target: LOG_TARGET, "Equivocation: {author} is not reported for slot {slot}: {error}")
			}
		}
	}

	/// Puts a report into the transaction pool. The error says why there is none.
	fn report(&self, found: Found) -> Result<(), String> {
		let words = |error: ApiError| error.to_string();
		let Found { proof, epoch, second } = found;
		let best = self.client.info().best_hash;

		// The runtime wants it proven that the author's key was a validator's in the session of that slot, and as long as the
		// session lasts it compares the proof with the keys in its own state, which may differ from those on another branch. So
		// the best block, in whose state the report is judged, makes the proof, or, if it is of another session, the second
		// block, which is of the right one even where it begins it.
		let judge = self.client.runtime_api().current_epoch(best).map_err(words)?;
		let at = if judge.epoch_index == epoch { best } else { second };
		let ownership = self
			.client
			.runtime_api()
			.generate_key_ownership_proof(at, proof.slot, proof.offender.clone())
			.map_err(words)?
			.ok_or("its key is no validator's")?;

		let mut api = self.client.runtime_api();
		api.register_extension(self.pool.offchain_transaction_pool(best));
		api.submit_report_equivocation_unsigned_extrinsic(best, proof, ownership)
			.map_err(words)?
			.ok_or("the transaction pool refuses the report")?;
		Ok(())
	}
}

/// The metric in the registry of the node.
fn counter(registry: &Registry) -> Result<Counter<U64>, PrometheusError> {
	let reports = Counter::new(METRIC, "Reports sent of validators who authored two blocks in one slot")?;
	register(reports, registry)
}
