//! Results that earned nothing because their requesters refused delivery, told once.
//!
//! State only shows that a job is gone. Why it is stands in an event, which is read for people and for nothing else: where it
//! is missed, everything is done as if the job had been paid.

use super::{look::PATIENCE, ours, Actor};
use crate::{
	journal::{Entry, Key, Step},
	view::{Finals, View},
};
use millrace_client::{
	amount::Balance,
	chain::{Chain, JobEvent, JobId, DEMANDABLE_OUTPUT},
};
use std::{collections::BTreeMap, ops::RangeInclusive};
use tokio_util::sync::CancellationToken;

/// Blocks that are looked through, at most: a node that keeps no archive has forgotten the events of older ones.
const LOOK_BACK: u64 = 240;

impl Actor {
	/// Finds out which results that finalised state does not show any more were refused, and what was burned for them.
	pub(super) async fn heed_refusals(
		&mut self,
		view: &View,
		finals: Option<&Finals>,
		entries: &BTreeMap<Key, Entry>,
		stop: &CancellationToken,
	) {
		let mut gone: BTreeMap<JobId, Key> = BTreeMap::new();
		let mut first = u64::MAX;
		for (key, entry) in entries.iter().filter(|(_, entry)| could_be_refused(entry)) {
			let shown = if ours(view, key).is_some() {
				Some(view.best.number)
			} else {
				finals.filter(|finals| finals.has(key)).map(|finals| finals.number)
			};
			let seen = &mut self.remember(key).seen;
			*seen = shown.or(*seen);
			if shown.is_none() && finals.is_some() {
				first = first.min(seen.unwrap_or(entry.seen.number));
				gone.insert(key.job, *key);
			}
		}
		let (Some(finals), false) = (finals, gone.is_empty()) else {
			return;
		};
		let chain = self.parts.chain.clone();
		let found = PATIENCE.ask(refusals(&chain, blocks(first, finals.number), &gone), stop);
		for (key, burned) in found.await.unwrap_or_default() {
			self.remember(&key).refused = Some(burned);
		}
		for key in gone.values() {
			self.remember(key).seen = Some(finals.number);
		}
	}
}

/// Whether a result is there whose delivery can be refused: of a smaller one leaves are demanded instead. Its bundle is longer
/// than its output.
fn could_be_refused(entry: &Entry) -> bool {
	let is_large = entry
		.outcome
		.is_some_and(|outcome| outcome.bundle_len > DEMANDABLE_OUTPUT);
	is_large && entry.step != Step::Ended
}

/// The blocks in which a job can have ended that was there at `seen` and is gone at `last`.
fn blocks(seen: u64, last: u64) -> RangeInclusive<u64> {
	seen.max(last.saturating_sub(LOOK_BACK)).saturating_add(1)..=last
}

/// Which of these jobs were refused in these blocks, and what was burned, in planck. The newest block is read first, and
/// nothing before one that cannot be read.
async fn refusals(chain: &Chain, blocks: RangeInclusive<u64>, of: &BTreeMap<JobId, Key>) -> Vec<(Key, Balance)> {
	let mut found = Vec::new();
	for number in blocks.rev() {
		let events = match chain.at_number(number).await {
			Ok(at) => at.job_events().await,
			Err(error) => Err(error),
		};
		let events = match events {
			Ok(events) => events,
			Err(error) => {
				tracing::debug!(number, %error, "events cannot be read; why jobs ended before is not known");
				break;
			}
		};
		for (job, event) in events {
			match (of.get(&job), event) {
				(Some(key), JobEvent::DeliveryRefused(end)) if end.provider == key.provider => {
					found.push((*key, end.burned));
				}
				_ => {}
			}
		}
	}
	found
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::journal::{Anchor, Outcome};

	#[test]
	fn blocks_are_read_from_the_last_that_showed_the_job_and_not_too_many() {
		assert_eq!(blocks(10, 13), 11..=13);
		assert!(blocks(13, 13).is_empty());
		assert_eq!(blocks(3, 1_000), 761..=1_000);
		assert_eq!(blocks(0, 100), 1..=100);
	}

	#[test]
	fn only_results_that_are_too_large_to_be_demanded_are_looked_for() {
		let result = |bundle_len| Entry {
			step: Step::Committed,
			outcome: Some(Outcome {
				root: [1; 32],
				units: 7,
				bundle_len,
			}),
			..Entry::seen(Anchor {
				number: 5,
				hash: [0; 32],
			})
		};
		assert!(could_be_refused(&result((1 << 20) + 1)));
		assert!(!could_be_refused(&result(1 << 20)));
		assert!(!could_be_refused(&result(1 << 30).at(Step::Ended)));
		let running = Entry {
			outcome: None,
			..result(1 << 30)
		};
		assert!(!could_be_refused(&running));
	}
}
