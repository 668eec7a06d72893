//! Which jobs were looked at, and which wait.

use super::{Line, Summary, Verdict};
use crate::{
	chain::{JobId, H256},
	check::Redress,
	keys::random,
};
use std::{
	collections::HashMap,
	time::{Duration, Instant},
};

/// A job that waits to be looked at.
#[derive(Clone, Copy)]
pub(super) struct Waiting {
	/// What was committed.
	pub(super) root: H256,
	/// Looks that failed.
	pub(super) failures: usize,
	/// When its time comes.
	pub(super) not_before: Instant,
}

/// What a watcher knows.
#[derive(Default)]
pub(super) struct State {
	pub(super) waiting: HashMap<JobId, Waiting>,
	/// Jobs that were looked at, with their roots: on another fork a job may have another one.
	pub(super) done: HashMap<JobId, H256>,
	/// Jobs that are looked at now.
	pub(super) looking: HashMap<JobId, H256>,
	/// Whether all jobs that were there have been seen.
	pub(super) scanned: bool,
	/// Whether the node cannot be asked.
	pub(super) trouble: bool,
	pub(super) summary: Summary,
}

impl State {
	/// Takes note of a committed job.
	pub(super) fn add(&mut self, job: JobId, root: H256) {
		let known = [&self.done, &self.looking]
			.iter()
			.any(|map| map.get(&job) == Some(&root));
		let waits = self.waiting.get(&job).is_some_and(|waiting| waiting.root == root);
		if !known && !waits {
			let waiting = Waiting {
				root,
				failures: 0,
				not_before: Instant::now(),
			};
			self.waiting.insert(job, waiting);
		}
	}

	/// Draws one of the jobs whose time has come.
	pub(super) fn draw(&mut self, now: Instant) -> Option<(JobId, Waiting)> {
		let due: Vec<JobId> = self
			.waiting
			.iter()
			.filter(|(_, waiting)| waiting.not_before <= now)
			.map(|(job, _)| *job)
			.collect();
		let drawn = u64::from_le_bytes(random()) % u64::try_from(due.len()).ok().filter(|len| *len > 0)?;
		let job = *due.get(usize::try_from(drawn).ok()?)?;
		let waiting = self.waiting.remove(&job)?;
		self.looking.insert(job, waiting.root);
		Some((job, waiting))
	}

	/// How long until the next job's time comes.
	pub(super) fn next(&self) -> Option<Duration> {
		let now = Instant::now();
		self.waiting
			.values()
			.map(|waiting| waiting.not_before.saturating_duration_since(now))
			.filter(|wait| !wait.is_zero())
			.min()
	}

	/// Counts what was said of a job.
	pub(super) fn count(&mut self, line: &Line) {
		let ours = matches!(&line.redress, Some(Redress::Refuted { .. }));
		self.summary.jobs += u64::from(line.verdict != Verdict::Skipped && line.verdict != Verdict::Failed);
		self.summary.wrong += u64::from(line.verdict.is_wrong());
		self.summary.refuted += u64::from(ours);
		self.summary.units = self.summary.units.saturating_add(line.units);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_job_is_looked_at_once_for_each_root() {
		let mut state = State::default();
		let (job, root) = (JobId([1; 32]), H256([2; 32]));
		state.add(job, root);
		state.add(job, root);
		assert_eq!(state.waiting.len(), 1);
		let (drawn, waiting) = state.draw(Instant::now()).unwrap();
		assert_eq!((drawn, waiting.root), (job, root));
		state.add(job, root);
		assert!(state.waiting.is_empty(), "it is looked at");
		state.looking.remove(&job);
		state.done.insert(job, root);
		state.add(job, root);
		assert!(state.waiting.is_empty(), "it was looked at");
		state.add(job, H256([3; 32]));
		assert_eq!(state.waiting.len(), 1, "another fork has another result");
	}

	#[test]
	fn a_job_waits_for_its_time() {
		let mut state = State::default();
		let now = Instant::now();
		state.add(JobId([1; 32]), H256([1; 32]));
		if let Some(waiting) = state.waiting.get_mut(&JobId([1; 32])) {
			waiting.not_before = now + Duration::from_secs(100);
		}
		assert!(state.draw(now).is_none());
		let wait = state.next().unwrap();
		assert!(
			wait > Duration::from_secs(90) && wait <= Duration::from_secs(100),
			"{wait:?}"
		);
		assert!(state.draw(now + Duration::from_secs(101)).is_some());
	}
}
