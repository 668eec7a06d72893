//! The chain's state as far as this worker goes, read at one block. What is done follows from it and from no event: whatever
//! was missed, the next view shows where things stand.

use crate::{
	asks::AskBook,
	capacity::LargestJob,
	enrolment::SLOT,
	journal::{Anchor, Key},
	wire::{Ground, Wire, WireError},
};
use futures::future::try_join_all;
use millrace_client::chain::{
	AccountId, At, Chain, ChainError, DeviceView, DowntimePreview, EnrolmentRulesView, JobId, JobState, JobView,
	ProviderId, ProviderView, Tick, Window, MORTALITY,
};
use std::collections::BTreeMap;

/// How many blocks a transaction's anchor is behind the best one at most, however long nothing becomes final: half of its
/// life is left then.
const OLDEST_ANCHOR: u64 = MORTALITY / 2;

/// What reading the chain can fail with.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
	/// The node cannot be asked, or its runtime is another one.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// The account's nonce cannot be read.
	#[error(transparent)]
	Wire(#[from] WireError),
	/// The node takes too long.
	#[error("the node does not answer")]
	Silent,
	/// A new runtime still rewrites what is to be read.
	#[error("the chain is being upgraded to specification {specification}")]
	Upgrading {
		/// Of the new runtime.
		specification: u32,
	},
	/// The provider's owner has revoked or replaced this worker's key.
	#[error("provider {provider} no longer names {account} as its worker")]
	NotAuthorised {
		/// The provider.
		provider: ProviderId,
		/// This worker.
		account: AccountId,
	},
}

/// State at one best block.
#[derive(Clone, Debug)]
pub struct View {
	/// The block.
	pub best: Anchor,
	/// Where transactions are anchored: the last final block, so that a fork does not make them worthless.
	pub anchor: Anchor,
	/// The version of the runtime that it leaves in force.
	pub specification: u32,
	/// The protocol clock.
	pub tick: Tick,
	/// The worker account's nonce: extrinsics with a smaller one are on the chain.
	pub nonce: u64,
	/// This worker's provider.
	pub provider: ProviderView,
	/// The last tick to answer the sample that it was drawn for, if it was.
	pub sampled_until: Option<Tick>,
	/// What its outage will cost, while it has one.
	pub preview: Option<DowntimePreview>,
	/// Whether late jobs have suspended it, so that only its owner resumes it.
	pub suspended: bool,
	/// Whether its stake backs its lanes.
	pub has_stake: bool,
	/// What stands in the place of this worker's device.
	pub device: Option<DeviceView>,
	/// What devices must show.
	pub enrolment: EnrolmentRulesView,
	/// Its asks.
	pub book: AskBook,
	/// The largest job that its lanes promise to take.
	pub largest: LargestJob,
	/// Its jobs: assigned, running, committed.
	pub jobs: BTreeMap<JobId, JobView>,
	/// The leaves that the chain still misses of those jobs of which leaves are demanded, ascending.
	pub demands: BTreeMap<JobId, Vec<u32>>,
}

impl View {
	/// Reads the best block.
	pub async fn read(chain: &Chain, wire: &Wire, provider: ProviderId) -> Result<Self, ViewError> {
		let at = whole(chain.best_now().await?).await?;
		let best = anchor(&at);
		let account = wire.account();
		let view = at.provider(provider).await?.filter(|view| view.worker == Some(account));
		let Some(view) = view else {
			return Err(ViewError::NotAuthorised { provider, account });
		};
		let jobs = jobs(&at, provider).await?;
		let preview = match view.outage {
			Some(_) => at.downtime_preview(provider).await?,
			None => None,
		};
		let devices = at.devices(provider).await?;
		let figures = at.class(view.terms.class)?;
		let floor = figures.map_or(0, |figures| figures.floor.saturating_mul(view.terms.lanes.into()));
		Ok(Self {
			best,
			anchor: settled(chain, &best).await?,
			specification: at.specification(),
			sampled_until: at.sampled_until(provider).await?,
			preview,
			suspended: view.lates >= at.late_limit()?,
			has_stake: view.active >= floor,
			device: devices
				.into_iter()
				.find(|(slot, _)| *slot == SLOT)
				.map(|(_, device)| device),
			enrolment: at.enrolment_rules().await?,
			tick: at.tick().await?,
			nonce: wire.nonce_at(&best).await?,
			provider: view,
			book: wire.ask_book(provider, &best).await?,
			largest: LargestJob::from(&at.rules()?),
			demands: demands(&at, &jobs).await?,
			jobs,
		})
	}

	/// Whether a result of this provider was refuted. Until its owner reactivates it, the chain takes no acceptance and no
	/// commitment of it, and pays for nothing that was open.
	pub fn is_convicted(&self) -> bool {
		self.provider.fraud_clock.is_some()
	}

	/// Whether devices of the provider's class are measured.
	pub fn measures(&self) -> bool {
		self.enrolment.measures(self.provider.terms.class)
	}

	/// Whether the chain takes no ask before a device of the provider has been measured.
	pub fn lacks_measurement(&self) -> bool {
		self.provider.measured == 0 && self.measures()
	}

	/// When the outage began that goes on, if one does.
	pub fn outage(&self) -> Option<Tick> {
		let preview = self.preview.as_ref()?;
		preview.outage.map(|outage| outage.began)
	}

	/// The leaves that are missing of a job.
	pub fn missing(&self, job: &JobId) -> &[u32] {
		self.demands.get(job).map_or(&[], Vec::as_slice)
	}

	/// Where a transaction is signed that follows from this view.
	pub fn ground(&self) -> Ground {
		Ground {
			best: self.best,
			anchor: self.anchor,
		}
	}

	/// The journal key of a job in this view.
	pub fn key(&self, job: &JobView) -> Key {
		Key {
			job: job.id,
			attempt: job.assignments,
			provider: self.provider.id,
		}
	}
}

/// The provider's jobs in finalised state.
#[derive(Clone, Debug)]
pub struct Finals {
	/// The block's number.
	pub number: u64,
	/// The jobs.
	pub jobs: BTreeMap<JobId, JobView>,
}

impl Finals {
	/// Reads the last finalised block.
	pub async fn read(chain: &Chain, provider: ProviderId) -> Result<Self, ViewError> {
		let at = whole(chain.finalised_now().await?).await?;
		Ok(Self {
			number: at.block().number,
			jobs: jobs(&at, provider).await?,
		})
	}

	/// Whether this attempt is there.
	pub fn has(&self, key: &Key) -> bool {
		let job = self.jobs.get(&key.job);
		job.is_some_and(|job| job.assignments == key.attempt)
	}
}

/// A block, if its state can be read.
async fn whole(at: At) -> Result<At, ViewError> {
	match at.upgrading().await? {
		Some(specification) => Err(ViewError::Upgrading { specification }),
		None => Ok(at),
	}
}

/// A block's number and hash.
pub fn anchor(at: &At) -> Anchor {
	let block = at.block();
	Anchor {
		number: block.number,
		hash: block.hash.0,
	}
}

/// The block before `best` that no fork undoes: the last final one, or one that is [`OLDEST_ANCHOR`] blocks old if finality
/// is further behind.
async fn settled(chain: &Chain, best: &Anchor) -> Result<Anchor, ChainError> {
	let last = anchor(&chain.finalised_now().await?);
	let oldest = best.number.saturating_sub(OLDEST_ANCHOR);
	if last.number >= oldest {
		return Ok(last);
	}
	Ok(anchor(&chain.at_number(oldest).await?))
}

async fn jobs(at: &At, provider: ProviderId) -> Result<BTreeMap<JobId, JobView>, ChainError> {
	let ids = at.provider_jobs(provider).await?;
	let jobs = try_join_all(ids.into_iter().map(|id| at.job(id))).await?;
	Ok(jobs
		.into_iter()
		.flatten()
		.filter(|job| job.state.provider() == Some(provider))
		.map(|job| (job.id, job))
		.collect())
}

async fn demands(at: &At, jobs: &BTreeMap<JobId, JobView>) -> Result<BTreeMap<JobId, Vec<u32>>, ChainError> {
	let demanded = jobs.values().filter(|job| window_of(job).is_some_and(is_demanded));
	let found = try_join_all(demanded.map(|job| async move {
		let demand = at.demand(job.id).await?;
		Ok::<_, ChainError>(demand.map(|demand| (job.id, demand.leaves)))
	}))
	.await?;
	Ok(found.into_iter().flatten().collect())
}

/// The challenge window of a committed job.
pub fn window_of(job: &JobView) -> Option<Window> {
	match job.state {
		JobState::Committed { window, .. } => Some(window),
		_ => None,
	}
}

fn is_demanded(window: Window) -> bool {
	matches!(window, Window::Demanded { .. })
}
