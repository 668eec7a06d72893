//! Steps that take time, beside the actor, and what becomes of them.

use super::{look::PATIENCE, Actor, ActorError, Work};
use crate::{
	jobs::{self, JobError, Time},
	journal::{CallKind, Entry, JournalError, Key, Step},
	reconcile::is_hopeless,
	store::StoreError,
	tree::TreeError,
	view::View,
	wire::WireError,
};
use millrace_client::chain::{Call, Chain, ChainError, JobView, KernelHash, RejectReason, Tick, H256};
use millrace_compute::bundle_len;
use millrace_kernel::program::Program;
use std::{
	collections::HashMap,
	future::Future,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc, Mutex, PoisonError,
	},
	time::Duration,
};
use tokio::{task::spawn_blocking, time::timeout};

/// Decoded kernels kept in memory.
const KERNELS: usize = 64;
/// Blocks after which an assignment's block is too old to anchor its acceptance.
const FRESH: u64 = 32;

/// A step that ended.
pub(super) struct Finished {
	key: Key,
	what: What,
}

/// How it ended. Where it succeeded, the journal already says so.
pub(super) enum What {
	Took(Result<(), StoreError>),
	Worked(Result<(), StepError>),
	Sent(Result<(), WireError>),
	Unanswered(TreeError),
}

/// Why preparing or running failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
	#[error(transparent)]
	Job(#[from] JobError),
	#[error(transparent)]
	Chain(#[from] ChainError),
	#[error("the node does not answer")]
	Silent,
	#[error(transparent)]
	Journal(#[from] JournalError),
	#[error("the step was interrupted by an error in this program")]
	Crashed,
}

impl Actor {
	/// Starts a step. It gets a flag that is set when it should end early.
	pub(super) fn begin<F>(&mut self, key: &Key, direct: bool, step: impl FnOnce(Arc<AtomicBool>) -> F) -> Option<Entry>
	where
		F: Future<Output = What> + Send + 'static,
	{
		let key = *key;
		let cancel = Arc::new(AtomicBool::new(false));
		let step = step(cancel.clone());
		self.work.insert(key, Work { cancel, direct });
		let report_to = self.report_to.clone();
		tokio::spawn(async move {
			let what = step.await;
			// The actor is gone when the process ends.
			let _ = report_to.send(Finished { key, what });
		});
		None
	}

	/// Takes the space for a job's files.
	pub(super) fn take(&mut self, key: &Key, job: &JobView) -> Option<Entry> {
		let (store, journal) = (self.parts.store.clone(), self.parts.journal.clone());
		let (id, inputs) = (job.id, job.spec.inputs.clone());
		let bundle = bundle_len(job.spec.items, job.item_size, job.items_per_leaf);
		self.begin(key, false, move |_| async move {
			let taken = spawn_blocking(move || {
				journal.refill_reserve()?;
				store.take(&id, &inputs, bundle).map(|_| ())
			});
			What::Took(taken.await.unwrap_or_else(|error| {
				Err(StoreError::Io {
					path: "jobs".into(),
					source: std::io::Error::other(error),
				})
			}))
		})
	}

	/// Checks inputs and kernel; then the journal says `InputsReady`.
	pub(super) fn prepare(&mut self, key: &Key, job: &JobView, entry: Entry, tick: Tick) -> Option<Entry> {
		let (chain, kernels, store) = (self.parts.chain.clone(), self.kernels.clone(), self.parts.store.clone());
		let (journal, tools) = (self.parts.journal.clone(), self.parts.tools.clone());
		let (at, job) = (*key, job.clone());
		self.begin(key, false, move |cancel| async move {
			let program = match kernel(&kernels, &chain, &job).await {
				Ok(program) => program,
				Err(error) => return What::Worked(Err(error)),
			};
			let prepared = spawn_blocking(move || -> Result<(), StepError> {
				let files = store.get(&job.id).ok_or(JobError::Store(StoreError::Incomplete(0)))?;
				let estimate = jobs::prepare(&job, &program, &files, &tools, &cancel)?;
				if is_hopeless(&job, estimate, tick) {
					return Err(JobError::TooSlow(Duration::from_millis(estimate)).into());
				}
				let ready = Entry {
					estimate_ms: Some(estimate),
					..entry.at(Step::InputsReady)
				};
				Ok(journal.put(&at, &ready)?)
			});
			What::Worked(prepared.await.unwrap_or(Err(StepError::Crashed)))
		})
	}

	/// Computes; then the bundle is on the disk and the journal says `Computed`.
	pub(super) fn compute(
		&mut self,
		key: &Key,
		job: &JobView,
		entry: Entry,
		direct: bool,
		tick: Tick,
	) -> Option<Entry> {
		let (chain, kernels, store) = (self.parts.chain.clone(), self.kernels.clone(), self.parts.store.clone());
		let (journal, tools) = (self.parts.journal.clone(), self.parts.tools.clone());
		let time = Time::of(job, tick, entry.estimate_ms);
		let (at, job) = (*key, job.clone());
		self.begin(key, direct, move |cancel| async move {
			let program = match kernel(&kernels, &chain, &job).await {
				Ok(program) => program,
				Err(error) => return What::Worked(Err(error)),
			};
			let ran = spawn_blocking(move || -> Result<(), StepError> {
				let files = store.get(&job.id).ok_or(JobError::Store(StoreError::Incomplete(0)))?;
				let outcome = jobs::compute(&job, &program, &files, &tools, time, &cancel)?;
				let computed = Entry {
					outcome: Some(outcome),
					..entry.at(Step::Computed)
				};
				Ok(journal.put(&at, &computed)?)
			});
			What::Worked(ran.await.unwrap_or(Err(StepError::Crashed)))
		})
	}

	/// Signs a call, journals it, sends it.
	pub(super) fn send(
		&mut self,
		key: &Key,
		kind: CallKind,
		reason: Option<RejectReason>,
		entry: Entry,
		view: &View,
	) -> Option<Entry> {
		let job = key.job;
		let (call, step) = match (kind, entry.outcome) {
			(CallKind::Accept, _) => (Call::AcceptJob { job }, Step::Accepting),
			(CallKind::Commit, Some(outcome)) => (
				Call::CommitResult {
					job,
					root: H256(outcome.root),
					units: outcome.units,
				},
				Step::Committing,
			),
			(CallKind::Abandon, _) => (Call::AbandonJob { job }, entry.step),
			(CallKind::Reject, _) => (
				Call::RejectJob {
					job,
					reason: reason.unwrap_or(RejectReason::Other),
				},
				entry.step,
			),
			// Nothing to commit, or no call about a job.
			_ => return None,
		};
		// What answers an assignment counts only on the fork that has it; a commitment is the same on every fork.
		// A second try is anchored anew: the block in which the assignment was seen may be gone. So is the first after an upgrade:
		// what is signed on a block is for the runtime of that block.
		let second = entry.failures > 0 || self.remember(key).failed > 0;
		let outlived = entry.seen.number < self.runtime.since();
		let fresh = !second && !outlived && view.best.number.saturating_sub(entry.seen.number) < FRESH;
		let anchor = match kind {
			CallKind::Accept | CallKind::Reject if fresh => entry.seen,
			_ => view.best,
		};
		let (wire, journal, at) = (self.parts.wire.clone(), self.parts.journal.clone(), *key);
		self.begin(key, false, move |_| async move {
			let record = |intent: &crate::journal::Intent| {
				journal.put(
					&at,
					&Entry {
						step,
						intent: Some(intent.clone()),
						..entry.clone()
					},
				)
			};
			What::Sent(wire.submit(&call, &anchor, record).await.map(|intent| {
				tracing::info!(job = %at.job, call = call.name(), nonce = intent.nonce, "sent");
			}))
		})
	}

	/// Sends the record's extrinsic again.
	pub(super) fn resend(&mut self, key: &Key, entry: Entry) -> Option<Entry> {
		let (wire, job) = (self.parts.wire.clone(), key.job);
		let intent = entry.intent?;
		self.begin(key, false, move |_| async move {
			tracing::info!(%job, call = ?intent.call, nonce = intent.nonce, "sent again");
			What::Sent(wire.resend(&intent).await)
		})
	}

	/// Takes up a finished step.
	///
	/// # Errors
	/// Only the journal's: they end the worker.
	pub(super) fn finish(&mut self, finished: Finished) -> Result<(), ActorError> {
		let Finished { key, what } = finished;
		let cancelled = self
			.work
			.remove(&key)
			.is_some_and(|work| work.cancel.load(Ordering::Relaxed));
		let entry = self.parts.journal.get(&key)?;
		let memory = self.remember(&key);
		match what {
			What::Took(Ok(())) | What::Worked(Ok(())) => memory.go_on(),
			What::Took(Err(error)) => {
				tracing::error!(job = %key.job, %error, "the space for the job cannot be taken");
				memory.pause();
				if matches!(error, StoreError::Full(_) | StoreError::Quota { .. }) {
					memory.verdict = Some(RejectReason::Other);
					memory.no_space = true;
					self.annotate(&key, error.to_string())?;
				}
			}
			What::Worked(Err(StepError::Journal(error))) | What::Sent(Err(WireError::Journal(error))) => {
				return Err(error.into());
			}
			What::Worked(Err(StepError::Job(JobError::Store(StoreError::Incomplete(input))))) => {
				tracing::warn!(job = %key.job, input, "bytes of the input are missing after all");
			}
			What::Worked(Err(error)) => {
				if !cancelled {
					let cause = std::error::Error::source(&error).map(ToString::to_string);
					tracing::error!(job = %key.job, %error, cause, "the job's step failed");
				}
				// A result that is committed is computed again after it was lost: there is nothing to turn down any more.
				let is_committed = entry.is_some_and(|entry| entry.step >= Step::Committed);
				match &error {
					StepError::Job(error) if error.reason().is_some() && !is_committed => {
						memory.verdict = error.reason();
					}
					_ => memory.pause(),
				}
				self.annotate(&key, error.to_string())?;
			}
			What::Unanswered(error) => self.unanswered(&key, error)?,
			What::Sent(Ok(())) => {
				memory.sent = true;
				memory.go_on();
			}
			What::Sent(Err(WireError::Refused(reason))) => {
				tracing::warn!(job = %key.job, reason, "the node refused the transaction");
				if let Some(entry) = entry {
					self.drop_intent(&key, entry, &format!("the node refused a transaction: {reason}"))?;
				}
			}
			What::Sent(Err(error)) => {
				tracing::warn!(job = %key.job, %error, "the transaction was not sent; will be tried again");
				memory.pause();
			}
		}
		Ok(())
	}
}

/// The job's kernel: from memory, or from the chain.
async fn kernel(
	kernels: &Mutex<HashMap<KernelHash, Arc<Program>>>,
	chain: &Chain,
	job: &JobView,
) -> Result<Arc<Program>, StepError> {
	let hash = job.spec.kernel;
	let known = kernels
		.lock()
		.unwrap_or_else(PoisonError::into_inner)
		.get(&hash)
		.cloned();
	if let Some(program) = known {
		return Ok(program);
	}
	let asked = async { chain.best().await?.bytecode(hash).await };
	let bytecode = timeout(PATIENCE.usual, asked).await.map_err(|_| StepError::Silent)??;
	let program = Arc::new(jobs::decode_kernel(job, bytecode.as_deref())?);
	let mut kernels = kernels.lock().unwrap_or_else(PoisonError::into_inner);
	if kernels.len() >= KERNELS {
		kernels.clear();
	}
	kernels.insert(hash, program.clone());
	Ok(program)
}
