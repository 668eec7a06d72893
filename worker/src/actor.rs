//! The actor that turns the chain's state into actions.
//!
//! | wakes for | does |
//! |---|---|
//! | a new best block (a hint only), every three seconds, inputs complete, a step finished | one reconciliation |
//! | the order to stop | takes nothing new, hands back what is not accepted, finishes what is, then ends |
//! | the order to stop now | ends; the journal keeps the state |
//!
//! A reconciliation reads one view of the chain, answers the sample that is open, publishes the endpoint's table, lets
//! [`decide`] say what each assignment needs, and keeps the device enrolled and the asks in the book. While the chain is
//! being upgraded there is no view, and nothing is done. Long steps run beside the actor, one for each assignment at a time,
//! and report back; everything durable is written before the step that depends on it.

mod act;
mod look;
mod memory;
mod promises;
mod provide;
mod publish;
mod refusals;
mod steps;
mod stop;
mod upgrade;

use crate::{
	capacity::Shortfall,
	config::{FollowMode, Settings},
	device::MachineId,
	enrolment::Enrolment,
	jobs::Tools,
	journal::{CallKind, Entry, Journal, JournalError, Key, Step},
	liveness::{Heart, Reach},
	reconcile::{decide, Facts, Files},
	standing::Standing,
	store::{Store, StoreError},
	table::JobTable,
	view::{Finals, View, ViewError},
	wire::Wire,
};
use look::PATIENCE;
use memory::Memory;
use millrace_client::chain::{Chain, Follow, JobState, JobView, KernelHash, ProviderId, Tick};
use millrace_kernel::program::Program;
use std::{
	collections::{BTreeMap, BTreeSet, HashMap},
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc, Mutex,
	},
	time::{Duration, Instant},
};
use tokio::{
	sync::{mpsc, Notify},
	task::{block_in_place, AbortHandle},
	time::{interval, sleep, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

/// How often the chain is looked at whatever happens.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// What the actor needs.
pub struct Parts {
	/// For reading.
	pub chain: Chain,
	/// For sending.
	pub wire: Arc<Wire>,
	/// This worker's provider.
	pub provider: ProviderId,
	/// The journal.
	pub journal: Arc<Journal>,
	/// The jobs' files.
	pub store: Arc<Store>,
	/// What computes and what checks.
	pub tools: Arc<Tools>,
	/// What the endpoint serves.
	pub table: Arc<JobTable>,
	/// The endpoint, which runs as long as this does.
	pub endpoint: AbortHandle,
	/// The random id of this machine.
	pub machine: MachineId,
	/// The settings.
	pub settings: Settings,
}

/// What ends the actor.
#[derive(Debug, thiserror::Error)]
pub enum ActorError {
	/// The journal. Without it nothing may be done.
	#[error(transparent)]
	Journal(#[from] JournalError),
	/// The store cannot be listed or emptied.
	#[error(transparent)]
	Store(#[from] StoreError),
}

/// A step under way.
struct Work {
	cancel: Arc<AtomicBool>,
	/// Whether it computes a job that is not accepted, and so will need a lane.
	direct: bool,
}

/// The actor.
pub struct Actor {
	parts: Parts,
	standing: Standing,
	heart: Heart,
	enrolment: Enrolment,
	work: HashMap<Key, Work>,
	memory: HashMap<Key, Memory>,
	kernels: Arc<Mutex<HashMap<KernelHash, Arc<Program>>>>,
	results: mpsc::UnboundedReceiver<steps::Finished>,
	report_to: mpsc::UnboundedSender<steps::Finished>,
	stopping: Option<Instant>,
	/// Whether the last look at the chain failed; so that an outage is logged once.
	blind: bool,
	/// Since when the provider is convicted, at the last look; so that this is told once.
	convicted: Option<Tick>,
	/// The chain's runtime, so that an upgrade is told once and what was signed before it is signed anew.
	runtime: upgrade::Runtime,
	/// How the provider stood with those who ask for it, at the last look; so that this is told once.
	reach: Reach,
	/// What the machine does not keep of what so many lanes promise, once that was looked at.
	shortfalls: Option<(u16, Vec<Shortfall>)>,
}

impl Actor {
	/// An actor that has not looked yet.
	pub fn new(parts: Parts) -> Self {
		let (report_to, results) = mpsc::unbounded_channel();
		let standing = Standing::new(parts.wire.clone(), parts.journal.clone(), parts.settings.asks.clone());
		let heart = Heart::new(parts.wire.clone());
		let enrolment = Enrolment::new(parts.wire.clone(), parts.chain.genesis(), parts.machine);
		Self {
			parts,
			standing,
			heart,
			enrolment,
			work: HashMap::new(),
			memory: HashMap::new(),
			kernels: Arc::default(),
			results,
			report_to,
			stopping: None,
			blind: false,
			convicted: None,
			runtime: upgrade::Runtime::default(),
			reach: Reach::default(),
			shortfalls: None,
		}
	}

	/// Works until `stop` is cancelled and everything accepted is committed, or until `stop_now` is cancelled.
	pub async fn run(mut self, stop: CancellationToken, stop_now: CancellationToken) -> Result<(), ActorError> {
		let entries = block_in_place(|| self.parts.journal.entries())?;
		let live = entries
			.iter()
			.filter(|(_, entry)| entry.step != Step::Ended)
			.map(|(key, _)| key.job)
			.collect();
		block_in_place(|| self.parts.store.retain(&live))?;

		let hint = Arc::new(Notify::new());
		let follower = tokio::spawn(follow(
			self.parts.chain.clone(),
			self.parts.settings.follow,
			hint.clone(),
		));
		let table = self.parts.table.clone();
		let mut look = interval(LOOK_EVERY);
		look.set_missed_tick_behavior(MissedTickBehavior::Delay);
		let result = loop {
			let finished = tokio::select! {
				() = stop_now.cancelled() => break Ok(()),
				() = stop.cancelled(), if self.stopping.is_none() => {
					tracing::info!("stopping: nothing new is taken, accepted jobs are finished");
					self.stopping = Some(Instant::now());
					None
				},
				_ = look.tick() => None,
				() = hint.notified() => None,
				() = table.inputs_complete() => None,
				finished = self.results.recv() => finished,
			};
			// What the turn waits for may not come while the node is gone.
			let turn = tokio::select! {
				() = stop_now.cancelled() => break Ok(()),
				turn = self.turn(finished, &stop) => turn,
			};
			match turn {
				Ok(true) => break Ok(()),
				Ok(false) => {}
				Err(error) => break Err(error),
			}
		};
		follower.abort();
		for work in self.work.values() {
			work.cancel.store(true, Ordering::Relaxed);
		}
		result
	}

	/// Takes up what was finished, then looks at everything. Returns whether the stop is done.
	async fn turn(&mut self, finished: Option<steps::Finished>, stop: &CancellationToken) -> Result<bool, ActorError> {
		if let Some(finished) = finished {
			self.finish(finished)?;
		}
		while let Ok(finished) = self.results.try_recv() {
			self.finish(finished)?;
		}
		self.reconcile(stop).await
	}

	async fn reconcile(&mut self, stop: &CancellationToken) -> Result<bool, ActorError> {
		let Parts {
			chain, wire, provider, ..
		} = &self.parts;
		let view = PATIENCE.ask(View::read(chain, wire, *provider), stop).await;
		let view = match view.unwrap_or(Err(ViewError::Silent)) {
			Ok(view) => view,
			Err(ViewError::Upgrading { specification }) => {
				self.hold_still(specification);
				return self.ends_blind();
			}
			Err(error) => {
				if !self.blind {
					log_blindness(&error);
				}
				self.blind = true;
				return self.ends_blind();
			}
		};
		if std::mem::take(&mut self.blind) {
			tracing::info!(best = view.best.number, "the chain is visible again");
		}
		self.heed_runtime(&view);
		let Parts {
			chain,
			provider,
			journal,
			..
		} = &self.parts;
		// First: everything below may take its time.
		let _ = PATIENCE.ask(self.heart.tend(&view), stop).await;
		let entries: BTreeMap<Key, Entry> = block_in_place(|| journal.entries())?.into_iter().collect();
		let live = |entry: &Entry| entry.step != Step::Ended;
		let some_left = entries
			.iter()
			.any(|(key, entry)| live(entry) && ours(&view, key).is_none());
		let finals = if some_left {
			let finals = PATIENCE.ask(Finals::read(chain, *provider), stop).await;
			match finals.unwrap_or(Err(ViewError::Silent)) {
				Ok(finals) => Some(finals),
				Err(ViewError::Upgrading { .. }) => None,
				Err(error) => {
					tracing::warn!(%error, "finalised state cannot be read; nothing is deleted");
					None
				}
			}
		} else {
			None
		};

		let mut keys: BTreeSet<Key> = entries
			.iter()
			.filter(|(_, entry)| live(entry))
			.map(|(key, _)| *key)
			.collect();
		keys.extend(view.jobs.values().map(|job| view.key(job)));
		self.heed_conviction(&view);
		self.heed_outage(&view);
		self.heed_lanes(&view);
		self.heed_refusals(&view, finals.as_ref(), &entries, stop).await;
		let mut lanes = self.free_lanes(&view, &entries);
		for key in &keys {
			self.tend(key, &view, finals.as_ref(), entries.get(key).cloned(), &mut lanes)?;
		}
		self.memory.retain(|key, _| keys.contains(key));

		let entries: BTreeMap<Key, Entry> = block_in_place(|| self.parts.journal.entries())?.into_iter().collect();
		self.publish(&view, finals.as_ref(), &entries);
		let takes_nothing = self.takes_nothing();
		let ready = self.parts.tools.backend.ready();
		let _ = PATIENCE
			.ask(self.enrolment.tend(&view, ready.as_ref(), takes_nothing), stop)
			.await;
		let tended = PATIENCE.ask(self.standing.tend(&view, takes_nothing), stop).await;
		tended.unwrap_or(Ok(()))?;
		self.report(&view, &entries);
		Ok(self.stopping.is_some() && self.is_done(&view, &entries))
	}

	/// Does what one assignment needs now; several small things at once, one long thing at most.
	fn tend(
		&mut self,
		key: &Key,
		view: &View,
		finals: Option<&Finals>,
		mut entry: Option<Entry>,
		lanes: &mut u16,
	) -> Result<(), ActorError> {
		let job = ours(view, key);
		if let Some(work) = self.work.get(key) {
			if self.is_pointless(key, view) {
				work.cancel.store(true, Ordering::Relaxed);
			}
			return Ok(());
		}
		let gone = finals.is_some_and(|finals| !finals.has(key));
		// Each immediate action moves the record on, so this ends; the bound only says so.
		for _ in 0..Step::ALL.len() {
			let memory = self.memory.entry(*key).or_default();
			if memory.not_before.is_some_and(|at| at > Instant::now()) {
				break;
			}
			let files = match self.parts.store.get(&key.job) {
				None => Files::Untaken,
				Some(files) if files.is_complete() => Files::Complete,
				Some(_) => Files::Incomplete,
			};
			let outdated = memory.is_outdated(self.runtime.since());
			let action = decide(&Facts {
				job,
				entry: entry.as_ref(),
				gone,
				tick: view.tick,
				best: view.best.number,
				nonce: view.nonce,
				free_lanes: *lanes,
				busy: view.provider.running >= view.provider.terms.lanes,
				files,
				verdict: memory.verdict,
				sent: memory.is_sent(view.best.number),
				stopping: self.hands_back(job),
				missing: view.missing(&key.job),
				convicted: view.is_convicted(),
				outdated,
			});
			match self.act(action, key, job, entry.clone(), view, lanes)? {
				Some(next) => entry = Some(next),
				None => break,
			}
		}
		Ok(())
	}

	/// Lanes that are free, counting acceptances and direct runs that the chain does not show yet.
	fn free_lanes(&self, view: &View, entries: &BTreeMap<Key, Entry>) -> u16 {
		let is_assigned = |key: &Key| ours(view, key).is_some_and(|job| matches!(job.state, JobState::Assigned { .. }));
		let accepting = entries.iter().filter(|(key, entry)| {
			entry
				.intent
				.as_ref()
				.is_some_and(|intent| intent.call == CallKind::Accept)
				&& is_assigned(key)
		});
		let direct = self.work.iter().filter(|(key, work)| work.direct && is_assigned(key));
		let held = u16::try_from(accepting.count().saturating_add(direct.count())).unwrap_or(u16::MAX);
		view.provider
			.terms
			.lanes
			.saturating_sub(view.provider.running)
			.saturating_sub(held)
	}
}

/// The job, if the view shows this very attempt as this worker's.
fn ours<'a>(view: &'a View, key: &Key) -> Option<&'a JobView> {
	view.jobs.get(&key.job).filter(|job| view.key(job) == *key)
}

fn log_blindness(error: &ViewError) {
	match error {
		ViewError::NotAuthorised { .. } => {
			tracing::error!(%error, "nothing can be signed; the owner names a worker with set-worker");
		}
		error => tracing::warn!(%error, "the chain cannot be read; trying on"),
	}
}

/// Turns best blocks into hints.
async fn follow(chain: Chain, mode: FollowMode, hint: Arc<Notify>) {
	let mut blocks = chain.best_blocks(match mode {
		FollowMode::Subscribe => Follow::Subscribe,
		FollowMode::Poll => Follow::Poll(LOOK_EVERY),
	});
	loop {
		match blocks.next().await {
			Ok(_) => hint.notify_one(),
			Err(error) => {
				tracing::debug!(%error, "no hint of a new block");
				sleep(LOOK_EVERY).await;
			}
		}
	}
}
