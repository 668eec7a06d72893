//! Upgrades of the chain, which a worker goes through by itself.
//!
//! While the new runtime rewrites what the old one has stored, nothing can be read and nothing is due: the protocol's clock
//! stands. What computes goes on computing, and the endpoint serves what it served. Afterwards the chain takes no transaction
//! any more that was signed for the old runtime, so whatever was not included is signed anew.

use super::Actor;
use crate::view::View;

/// The chain's runtime, as far as this process has seen it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Runtime {
	/// Its version, once it was seen.
	specification: Option<u32>,
	/// The first block that was seen with it whose state was whole; 0 while it is the first one.
	since: u64,
	/// The one that the chain was being brought to at the last look.
	awaited: Option<u32>,
}

impl Runtime {
	/// Notes that the chain is being brought to another one. Returns whether that is news.
	fn awaits(&mut self, specification: u32) -> bool {
		self.awaited.replace(specification) != Some(specification)
	}

	/// Notes the one of a block whose state is whole. Returns whether the one before was another.
	fn enter(&mut self, specification: u32, best: u64) -> bool {
		self.awaited = None;
		let before = self.specification.replace(specification);
		let is_another = before.is_some_and(|before| before != specification);
		if is_another {
			self.since = best;
		}
		is_another
	}

	/// The first block that was seen with it, where another came before it; else 0.
	pub(super) fn since(&self) -> u64 {
		self.since
	}
}

impl Actor {
	/// Tells, once, that nothing is done for now.
	pub(super) fn hold_still(&mut self, specification: u32) {
		if self.runtime.awaits(specification) {
			tracing::info!(
				from = self.runtime.specification,
				to = specification,
				"the chain is being upgraded; waiting until its state is whole, what computes goes on"
			);
		}
	}

	/// Goes on under the runtime of this view.
	pub(super) fn heed_runtime(&mut self, view: &View) {
		let was_held = self.runtime.awaited.is_some();
		let is_another = self.runtime.enter(view.specification, view.best.number);
		if is_another {
			self.heart.sign_anew();
			self.enrolment.sign_anew();
			self.standing.sign_anew();
		}
		if is_another || was_held {
			tracing::info!(
				specification = view.specification,
				best = view.best.number,
				"the chain is upgraded; going on"
			);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_first_runtime_is_no_other_and_what_was_signed_before_counts() {
		let mut runtime = Runtime::default();
		assert!(!runtime.enter(5, 100));
		assert!(!runtime.enter(5, 101));
		assert_eq!(runtime.since(), 0);
	}

	#[test]
	fn an_upgrade_is_told_once_and_ends_what_was_signed_before() {
		let mut runtime = Runtime::default();
		runtime.enter(5, 100);
		assert!(runtime.awaits(6));
		assert!(!runtime.awaits(6));
		assert!(runtime.enter(6, 110));
		assert_eq!(runtime.since(), 110);
		assert!(!runtime.enter(6, 111));
		assert_eq!(runtime.since(), 110);
		assert!(runtime.awaits(7), "the next one");
	}

	/// A fork without the upgrade may win.
	#[test]
	fn back_is_another_runtime_too() {
		let mut runtime = Runtime::default();
		runtime.enter(6, 100);
		assert!(runtime.enter(5, 101));
		assert_eq!(runtime.since(), 101);
	}

	/// A worker that starts in the middle of one knows of no other.
	#[test]
	fn what_is_awaited_at_the_start_is_the_first() {
		let mut runtime = Runtime::default();
		assert!(runtime.awaits(6));
		assert!(!runtime.enter(6, 7));
		assert_eq!(runtime.since(), 0);
	}
}
