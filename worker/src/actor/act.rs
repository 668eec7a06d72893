//! One action on one assignment: either a small thing that is done at once, or the start of a long step.

use super::{Actor, ActorError, Memory};
use crate::{
	journal::{CallKind, Entry, Key, Step},
	reconcile::Action,
	view::View,
};
use millrace_client::{
	amount::Balance,
	chain::{JobState, JobView},
};
use tokio::task::block_in_place;

impl Actor {
	/// Does one thing. Returns the record if it changed at once.
	pub(super) fn act(
		&mut self,
		action: Action,
		key: &Key,
		job: Option<&JobView>,
		entry: Option<Entry>,
		view: &View,
		lanes: &mut u16,
	) -> Result<Option<Entry>, ActorError> {
		if action == Action::See {
			let entry = Entry::seen(view.best);
			tracing::info!(job = %key.job, attempt = key.attempt, block = view.best.number, "assignment seen");
			return self.write(key, entry).map(Some);
		}
		let Some(entry) = entry else { return Ok(None) };
		match (action, job) {
			(Action::Wait | Action::See, _) => Ok(None),
			(Action::Note(step), _) => {
				tracing::info!(job = %key.job, step = step.name(), block = view.best.number, "the chain shows it");
				self.remember(key).sent = false;
				self.remember(key).go_on();
				self.write(key, entry.at(step)).map(Some)
			}
			(Action::Failed, _) => {
				let call = entry.intent.as_ref().map(|intent| intent.call);
				tracing::warn!(job = %key.job, ?call, "the chain included the call and refused it");
				self.drop_intent(key, entry, "the chain refused a call").map(|()| None)
			}
			(Action::Expired, _) => {
				self.remember(key).sent = false;
				self.write(key, Entry { intent: None, ..entry }).map(Some)
			}
			(Action::Conflict | Action::Lost | Action::Silent, _) => {
				if self.remember(key).is_news(action) {
					log_trouble(action, key);
				}
				Ok(None)
			}
			(Action::End, _) => {
				if !view.jobs.contains_key(&key.job) {
					block_in_place(|| self.parts.store.remove(&key.job))?;
				}
				let refused = self.remember(key).refused;
				let note = log_end(key, refused).map_or(entry.note, str::to_owned);
				self.write(
					key,
					Entry {
						step: Step::Ended,
						intent: None,
						note,
						..entry
					},
				)
				.map(|_| None)
			}
			(Action::Take, Some(job)) => Ok(self.take(key, job)),
			(Action::Prepare, Some(job)) => Ok(self.prepare(key, job, entry, view.tick)),
			(Action::Run, Some(job)) => {
				let direct = matches!(job.state, JobState::Assigned { .. });
				if direct {
					*lanes = lanes.saturating_sub(1);
				}
				Ok(self.compute(key, job, entry, direct, view.tick))
			}
			(Action::Accept, Some(_)) => {
				*lanes = lanes.saturating_sub(1);
				Ok(self.send(key, CallKind::Accept, None, entry, view))
			}
			(Action::Reject(reason), Some(_)) => {
				tracing::warn!(job = %key.job, reason = reason.name(), "turned down");
				Ok(self.send(key, CallKind::Reject, Some(reason), entry, view))
			}
			(Action::Commit, Some(_)) => Ok(self.send(key, CallKind::Commit, None, entry, view)),
			(Action::Abandon, Some(_)) => {
				tracing::warn!(job = %key.job, "given up");
				Ok(self.send(key, CallKind::Abandon, None, entry, view))
			}
			(Action::Provide, Some(job)) => Ok(self.provide(key, job, entry, view)),
			(Action::Resend, _) => Ok(self.resend(key, entry, view)),
			(_, None) => Ok(None),
		}
	}

	/// What this process knows about an assignment.
	pub(super) fn remember(&mut self, key: &Key) -> &mut Memory {
		self.memory.entry(*key).or_default()
	}

	pub(super) fn write(&self, key: &Key, entry: Entry) -> Result<Entry, ActorError> {
		block_in_place(|| self.parts.journal.put(key, &entry))?;
		Ok(entry)
	}

	/// Writes down what goes wrong, for people.
	pub(super) fn annotate(&mut self, key: &Key, note: String) -> Result<(), ActorError> {
		if let Some(entry) = self.parts.journal.get(key)? {
			self.write(key, Entry { note, ..entry })?;
		}
		Ok(())
	}

	/// Forgets an extrinsic that had no effect, and waits before the next.
	pub(super) fn drop_intent(&mut self, key: &Key, entry: Entry, note: &str) -> Result<(), ActorError> {
		let failures = entry.failures.saturating_add(1);
		self.write(
			key,
			Entry {
				intent: None,
				failures,
				note: note.to_owned(),
				..entry
			},
		)?;
		let memory = self.remember(key);
		memory.sent = false;
		memory.pause();
		Ok(())
	}
}

/// Says that a job is over. Returns what is written down of it, if it earned nothing although it was done.
fn log_end(key: &Key, refused: Option<Balance>) -> Option<&'static str> {
	let job = key.job;
	let Some(burned) = refused else {
		tracing::info!(%job, "ended; its files are deleted");
		return None;
	};
	tracing::warn!(
		%job,
		burned,
		"its requester refused delivery: the output did not reach it, so the payment is burned and this job earns nothing; \
		 serve outputs until jobs have ended, and see from another network that the endpoint in the provider's record can be \
		 reached (`millrace provider show`); its files are deleted"
	);
	Some("its requester refused delivery, so nothing was paid")
}

/// Says what this worker can do nothing about.
fn log_trouble(trouble: Action, key: &Key) {
	let job = key.job;
	match trouble {
		Action::Lost => tracing::error!(
			%job,
			"the committed result is not on the disk and cannot be computed again here, so it is not served and demanded \
			 leaves are not provided; restore the state directory from a copy, or the stake pays for it"
		),
		Action::Silent => tracing::error!(
			%job,
			"demanded leaves were not provided in time: the job is void, its requester is refunded, and stake is slashed"
		),
		_ => tracing::error!(
			%job,
			"the chain shows a result that this worker did not compute; is the worker key used twice?"
		),
	}
}
