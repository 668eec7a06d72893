//! Demanded leaves: read, checked, signed, journalled, sent.

use super::{steps::What, Actor, ActorError};
use crate::{
	answer::answer,
	journal::{Entry, Intent, Key, Step},
	tree::{OutputShape, TreeError},
	view::View,
};
use millrace_client::chain::{Call, JobState, JobView};
use millrace_kernel::tree::SumNode;
use std::io;
use tokio::task::spawn_blocking;

impl Actor {
	/// Provides the first of the leaves that the chain misses of a committed job; then the journal says `Providing`.
	pub(super) fn provide(&mut self, key: &Key, job: &JobView, entry: Entry, view: &View) -> Option<Entry> {
		let JobState::Committed { root, units, .. } = job.state else {
			return None;
		};
		let root = SumNode { hash: root.0, units };
		let (shape, missing) = (OutputShape::of(job), view.missing(&job.id).to_vec());
		let files = self.parts.store.get(&job.id)?;
		let (wire, journal) = (self.parts.wire.clone(), self.parts.journal.clone());
		let (at, ground) = (*key, view.ground());
		self.remember(key).handed_over = ground.best.number;
		self.begin(key, false, move |_| async move {
			let of = missing.len();
			let read = spawn_blocking(move || answer(&files.bundle_path(), shape, &root, &missing)).await;
			let leaves = match read.unwrap_or_else(|error| Err(io::Error::other(error).into())) {
				Ok(leaves) => leaves,
				Err(error) => return What::Unanswered(error),
			};
			tracing::info!(job = %at.job, leaves = leaves.len(), of, "providing leaves that the requester demands");
			let call = Call::Provide { job: at.job, leaves };
			let record = |intent: &Intent| {
				journal.put(
					&at,
					&Entry {
						step: Step::Providing,
						intent: Some(intent.clone()),
						..entry.clone()
					},
				)
			};
			What::Sent(wire.submit(&call, &ground, record).await.map(|intent| {
				tracing::info!(job = %at.job, call = call.name(), nonce = intent.nonce, "sent");
			}))
		})
	}

	/// Takes up that demanded leaves could not be read. A bundle that is gone or damaged is computed again.
	pub(super) fn unanswered(&mut self, key: &Key, error: TreeError) -> Result<(), ActorError> {
		let cause = std::error::Error::source(&error).map(ToString::to_string);
		tracing::error!(job = %key.job, %error, cause, "demanded leaves cannot be read");
		self.remember(key).pause();
		if !error.is_loss() {
			return self.annotate(key, error.to_string());
		}
		if let Some(entry) = self.parts.journal.get(key)? {
			// Without an outcome the result counts as not computed, and is not served.
			self.write(
				key,
				Entry {
					outcome: None,
					intent: None,
					note: format!("{error}; it has to be computed again"),
					..entry
				},
			)?;
		}
		Ok(())
	}
}
