//! What this process, and only it, knows about an assignment.

use crate::reconcile::Action;
use millrace_client::{amount::Balance, chain::RejectReason};
use std::time::{Duration, Instant};

/// The longest pause before a failed step is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What this process, and only it, knows about an assignment.
#[derive(Default)]
pub(super) struct Memory {
	/// Whether the record's extrinsic was sent.
	pub(super) sent: bool,
	/// Why the job will not be done.
	pub(super) verdict: Option<RejectReason>,
	/// Whether that is for want of space.
	pub(super) no_space: bool,
	/// Not before this time.
	pub(super) not_before: Option<Instant>,
	/// Steps in a row that failed.
	pub(super) failed: u32,
	/// The number of the last block that was seen to have the job.
	pub(super) seen: Option<u64>,
	/// What was burned, in planck, if its requester refused delivery.
	pub(super) refused: Option<Balance>,
	/// The trouble that was logged last, so that it is logged once.
	reported: Option<Action>,
}

impl Memory {
	/// Puts the next try off: 1, 2, 4 … 60 seconds.
	pub(super) fn pause(&mut self) {
		let pause = Duration::from_secs(1u64.checked_shl(self.failed).unwrap_or(u64::MAX)).min(LONGEST_PAUSE);
		self.failed = self.failed.saturating_add(1);
		self.not_before = Some(Instant::now() + pause);
	}

	/// The step succeeded: the next may come at once.
	pub(super) fn go_on(&mut self) {
		self.failed = 0;
		self.not_before = None;
	}

	/// Whether this trouble was not logged last.
	pub(super) fn is_news(&mut self, trouble: Action) -> bool {
		self.reported.replace(trouble) != Some(trouble)
	}
}
