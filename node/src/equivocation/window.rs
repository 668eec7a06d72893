//! Who has authored what in the latest slots.

use millrace_runtime::Header;
use polkadot_sdk::sp_consensus_babe::{check_equivocation_proof, AuthorityId, EquivocationProof, Slot};
use std::collections::{hash_map::Entry, BTreeMap, HashMap};

/// Slots that are remembered: half an hour. Where finality goes on, a block that comes later than that is below the final one,
/// and nobody imports it.
const SLOTS: u64 = 600;

/// One header for each author and slot of the last [`SLOTS`] slots.
///
/// It stays small whatever authors do. A block is imported only if its author had the slot, which few have, and of an author's
/// many blocks in a slot no more than the first is kept, and that only until there is a second.
#[derive(Debug, Default)]
pub(super) struct Window {
	/// The first slot that is remembered.
	oldest: Slot,
	slots: BTreeMap<Slot, HashMap<AuthorityId, Seen>>,
}

/// What is known of an author in a slot.
#[derive(Debug)]
enum Seen {
	/// One block, with its seal.
	Once(Header),
	/// Two, and it has been told.
	Twice,
}

impl Window {
	/// Forgets what has become too old in slot `now`.
	pub(super) fn advance(&mut self, now: Slot) {
		self.oldest = now.saturating_sub(SLOTS);
		self.slots = self.slots.split_off(&self.oldest);
	}

	/// Whether blocks of `slot` are remembered.
	pub(super) fn covers(&self, slot: Slot) -> bool {
		slot >= self.oldest
	}

	/// Remembers a sealed header of `author` in `slot`, or proves that the author has made two: once for each author and slot.
	///
	/// The import has verified the seals already. They are verified again, by what the runtime itself uses to judge a report,
	/// so that no way into this window, as a header of which the seal is missing, leads to a report that fails.
	pub(super) fn observe(
		&mut self,
		slot: Slot,
		author: &AuthorityId,
		header: &Header,
	) -> Option<EquivocationProof<Header>> {
		if !self.covers(slot) {
			return None;
		}
		match self.slots.entry(slot).or_default().entry(author.clone()) {
			Entry::Vacant(seen) => {
				seen.insert(Seen::Once(header.clone()));
				None
			}
			Entry::Occupied(mut seen) => {
				let Seen::Once(first) = seen.get() else {
					return None;
				};
				let proof = EquivocationProof {
					offender: author.clone(),
					slot,
					first_header: first.clone(),
					second_header: header.clone(),
				};
				if !check_equivocation_proof(proof.clone()) {
					return None;
				}
				seen.insert(Seen::Twice);
				Some(proof)
			}
		}
	}
}

#[cfg(test)]
mod tests;
