//! When nothing new is taken, and when the worker may end.

use super::{ours, Actor};
use crate::{
	journal::{Entry, Key, Step},
	view::View,
};
use millrace_client::chain::{JobState, JobView, Status};
use std::{collections::BTreeMap, time::Duration};

/// How long a stop waits for the chain before it ends without it.
const STOP_PATIENCE: Duration = Duration::from_secs(90);

impl Actor {
	/// Whether a stopping worker has nothing left to do.
	pub(super) fn is_done(&self, view: &View, entries: &BTreeMap<Key, Entry>) -> bool {
		let committed = |job: &JobView| {
			matches!(job.state, JobState::Committed { .. })
				&& view.missing(&job.id).is_empty()
				&& entries
					.get(&view.key(job))
					.is_some_and(|entry| entry.step == Step::Committed)
		};
		// What a convicted provider runs cannot be committed: nobody waits for it.
		let running = !view.is_convicted()
			&& view
				.jobs
				.values()
				.any(|job| matches!(job.state, JobState::Running { .. }));
		let done = self.work.is_empty()
			&& ((view.jobs.values().all(committed) && self.standing.is_withdrawn(view))
				|| (self.stop_is_overdue() && !running));
		if done {
			let (unsettled, demanded) = (view.jobs.len(), view.demands.len());
			if unsettled > 0 {
				tracing::warn!(
					unsettled,
					demanded,
					"stopped; results that are not settled can be fetched after the next start, and demanded leaves are \
					 provided then, if their time is not over"
				);
			}
		}
		done
	}

	/// Whether new jobs are handed back: the worker stops, or nothing may compute them.
	pub(super) fn takes_nothing(&self) -> bool {
		self.stopping.is_some() || self.parts.tools.backend.stopped().is_some()
	}

	pub(super) fn stop_is_overdue(&self) -> bool {
		self.stopping.is_some_and(|since| since.elapsed() > STOP_PATIENCE)
	}

	/// Whether a step under way cannot lead anywhere any more.
	pub(super) fn is_pointless(&self, key: &Key, view: &View) -> bool {
		match ours(view, key) {
			None => true,
			Some(job) => view.is_convicted() && !matches!(job.state, JobState::Committed { .. }),
		}
	}

	/// Tells the owner, once, that a result was refuted, and what to do.
	pub(super) fn heed_conviction(&mut self, view: &View) {
		let convicted = view.provider.fraud_clock;
		if std::mem::replace(&mut self.convicted, convicted) == convicted {
			return;
		}
		let provider = view.provider.id;
		let Some(since) = convicted else {
			tracing::info!(provider, "no longer convicted; jobs are taken again");
			return;
		};
		let until = match view.provider.status {
			Status::Chilled { until } => Some(until),
			_ => None,
		};
		tracing::error!(
			provider,
			since,
			until,
			"a result of this provider was proved wrong on the chain, so stake is being slashed and nothing is accepted or \
			 committed any more; leave this worker running for what is still served, find out what computed wrongly (memory, \
			 device, driver), and once tick `until` has come the owner may take jobs again with `millrace provider reactivate`"
		);
	}
}
