//! When nothing new is taken, and when the worker may end.

use super::{ours, Actor, ActorError};
use crate::{
	journal::{Entry, Key, Step},
	liveness::{costs, Reach},
	view::View,
};
use millrace_client::chain::{JobState, JobView, Status};
use std::{collections::BTreeMap, time::Duration};
use tokio::task::block_in_place;

/// How long a stop waits for the chain before it ends without it.
const STOP_PATIENCE: Duration = Duration::from_secs(90);
/// The same where the chain is not seen and nothing is owed.
const BLIND_PATIENCE: Duration = Duration::from_secs(5);

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
					 provided then, if their time is not over; until then the provider still has to answer samples, and \
					 `millrace provider preview` says what it costs if it does not"
				);
			}
		}
		done
	}

	/// Whether a stopping worker that does not see the chain ends without it.
	pub(super) fn ends_blind(&self) -> Result<bool, ActorError> {
		let Some(since) = self.stopping.filter(|_| self.work.is_empty()) else {
			return Ok(false);
		};
		let entries = block_in_place(|| self.parts.journal.entries())?;
		let ends = since.elapsed() >= blind_patience(entries.iter().map(|(_, entry)| entry.step));
		if ends {
			tracing::warn!(
				"stopped without the chain, which is not seen: an ask that stands in the book stays there, and jobs may be \
				 assigned; drain the provider, or start this worker again soon"
			);
		}
		Ok(ends)
	}

	/// Whether new jobs are handed back: the worker stops, or it cannot serve.
	pub(super) fn takes_nothing(&self) -> bool {
		self.stopping.is_some() || self.unfit().is_some()
	}

	/// Whether this job is handed back if it is not accepted. A measurement is done by a worker that stops, too: it ends
	/// within seconds, and handing it back would cost the provider its class.
	pub(super) fn hands_back(&self, job: Option<&JobView>) -> bool {
		self.unfit().is_some() || (self.stopping.is_some() && !job.is_some_and(JobView::is_measurement))
	}

	/// Why this worker cannot serve, if so.
	pub(super) fn unfit(&self) -> Option<String> {
		let stopped = self.parts.tools.backend.stopped();
		let gone = || "the endpoint has ended, by an error in this program".to_owned();
		stopped.or_else(|| self.parts.endpoint.is_finished().then(gone))
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

	/// Tells the owner, once, that the provider was found unreachable and what that costs, and that it is back.
	pub(super) fn heed_outage(&mut self, view: &View) {
		let provider = view.provider.id;
		let reach = Reach::of(view.provider.status, view.outage());
		if std::mem::replace(&mut self.reach, reach) == reach {
			return;
		}
		let cost = view.preview.as_ref().map(costs);
		match reach {
			Reach::Well => tracing::info!(provider, "no outage of this provider goes on"),
			Reach::Gone(since) => tracing::warn!(
				provider,
				since,
				cost,
				"this provider missed a sample or three assignments in a row, so its asks are gone and it gets no jobs; the \
				 longer this goes on, the more stake it costs"
			),
			Reach::Silent(since) => tracing::warn!(
				provider,
				since,
				cost,
				"this provider said nothing to three assignments in a row, and its outage goes on until it commits a result \
				 or is drained"
			),
		}
	}
}

/// How long a stopping worker waits for a chain that it does not see: long where a job of this journal may be accepted and
/// is not known to be committed, or leaves of it are demanded.
fn blind_patience(steps: impl IntoIterator<Item = Step>) -> Duration {
	let owed = steps.into_iter().any(|step| match step {
		Step::Accepting | Step::Accepted | Step::Computed | Step::Committing | Step::Providing => true,
		Step::Seen | Step::InputsReady | Step::Committed | Step::Ended => false,
	});
	if owed {
		STOP_PATIENCE
	} else {
		BLIND_PATIENCE
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_blind_worker_stops_at_once_unless_it_owes_something() {
		assert_eq!(blind_patience([]), BLIND_PATIENCE);
		for step in Step::ALL {
			let owed = matches!(step, Step::Providing) || (Step::Accepting..Step::Committed).contains(&step);
			let patience = if owed { STOP_PATIENCE } else { BLIND_PATIENCE };
			assert_eq!(blind_patience([Step::Ended, step]), patience, "{step:?}");
		}
		assert!(BLIND_PATIENCE < Duration::from_secs(10));
	}
}
