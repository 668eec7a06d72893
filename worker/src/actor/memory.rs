//! What this process, and only it, knows about an assignment.

use crate::reconcile::Action;
use millrace_client::{amount::Balance, chain::RejectReason};
use std::time::{Duration, Instant};

/// Blocks after which an extrinsic that is in none of them is handed to the node again.
const RESEND_AFTER: u64 = 8;
/// The longest pause before a failed step is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What this process, and only it, knows about an assignment.
#[derive(Default)]
pub(super) struct Memory {
	/// Whether the record's extrinsic was sent.
	pub(super) sent: bool,
	/// The number of the best block when it was handed to the node last.
	pub(super) handed_over: u64,
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

	/// Whether the record's extrinsic was sent, and not so long ago that the node may have lost it: pools forget, in a fork
	/// for one.
	pub(super) fn is_sent(&self, best: u64) -> bool {
		self.sent && best < self.handed_over.saturating_add(RESEND_AFTER)
	}

	/// Whether the record's extrinsic was signed for the runtime before the one that the chain has since this block. What an
	/// earlier process has sent is not known here: the node refuses it when it is sent again, and it is signed anew.
	pub(super) fn is_outdated(&self, since: u64) -> bool {
		self.sent && self.handed_over < since
	}

	/// Whether this trouble was not logged last.
	pub(super) fn is_news(&mut self, trouble: Action) -> bool {
		self.reported.replace(trouble) != Some(trouble)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_in_no_block_for_long_is_sent_again() {
		let mut memory = Memory {
			handed_over: 100,
			..Memory::default()
		};
		assert!(!memory.is_sent(100));
		memory.sent = true;
		assert!(memory.is_sent(100) && memory.is_sent(107));
		assert!(!memory.is_sent(108));
		assert!(!memory.is_outdated(100) && memory.is_outdated(101));
	}
}
