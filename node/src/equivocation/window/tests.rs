//! Headers are sealed with keys of sr25519, as authors seal them.

use super::*;
use millrace_runtime::Hash;
use polkadot_sdk::{
	sp_consensus_babe::{
		digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest},
		AuthorityPair,
	},
	sp_core::Pair,
	sp_runtime::{traits::Header as _, Digest, DigestItem},
};

/// A slot of our days.
const NOW: u64 = 600_000_000;

/// An authority: its key and its place among the authorities.
struct Author {
	pair: AuthorityPair,
	place: u32,
}

impl Author {
	fn new(name: &str, place: u32) -> Author {
		Author {
			pair: AuthorityPair::from_string(name, None).expect("a development key"),
			place,
		}
	}

	fn id(&self) -> AuthorityId {
		self.pair.public()
	}

	/// A header in `slot` with `child` in its parent's hash, without a seal.
	fn unsealed(&self, slot: u64, child: u8) -> Header {
		let claim = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: self.place,
			slot: slot.into(),
		});
		let digest = Digest {
			logs: vec![DigestItem::babe_pre_digest(claim)],
		};
		Header::new(7, Hash::zero(), Hash::zero(), Hash::repeat_byte(child), digest)
	}

	/// The same, sealed.
	fn sealed(&self, slot: u64, child: u8) -> Header {
		let mut header = self.unsealed(slot, child);
		let seal = self.pair.sign(header.hash().as_bytes());
		header.digest_mut().push(DigestItem::babe_seal(seal));
		header
	}
}

/// A window in which it is slot [`NOW`].
fn window() -> Window {
	let mut window = Window::default();
	window.advance(NOW.into());
	window
}

#[test]
fn two_headers_of_one_author_and_slot_are_proven_once() {
	let alice = Author::new("//Alice", 0);
	let [first, second, third] = [1, 2, 3].map(|child| alice.sealed(NOW, child));
	let mut window = window();
	assert_eq!(window.observe(NOW.into(), &alice.id(), &first), None);
	let proof = window.observe(NOW.into(), &alice.id(), &second).expect("a proof");
	assert_eq!(
		proof,
		EquivocationProof {
			offender: alice.id(),
			slot: NOW.into(),
			first_header: first.clone(),
			second_header: second.clone(),
		}
	);
	// Each has its claim and its seal, so the runtime can tell whose it is.
	for header in [&proof.first_header, &proof.second_header] {
		assert_eq!(header.digest().logs().len(), 2);
		assert!(header.digest().logs()[1].as_babe_seal().is_some());
	}
	for again in [&first, &second, &third] {
		assert_eq!(window.observe(NOW.into(), &alice.id(), again), None);
	}
}

#[test]
fn one_header_many_times_is_nothing() {
	let alice = Author::new("//Alice", 0);
	let header = alice.sealed(NOW, 1);
	let mut window = window();
	for _ in 0..3 {
		assert_eq!(window.observe(NOW.into(), &alice.id(), &header), None);
	}
	// It is still the first of two.
	let other = alice.sealed(NOW, 2);
	assert!(window.observe(NOW.into(), &alice.id(), &other).is_some());
}

#[test]
fn other_authors_and_other_slots_are_nothing() {
	let alice = Author::new("//Alice", 0);
	// Alice's place, on a fork with other authorities.
	let bob = Author::new("//Bob", 0);
	let charlie = Author::new("//Charlie", 2);
	let mut window = window();
	for (author, slot, child) in [
		(&alice, NOW, 1),
		(&bob, NOW, 2),
		(&charlie, NOW, 3),
		(&alice, NOW - 1, 4),
		(&alice, NOW + 1, 5),
	] {
		let header = author.sealed(slot, child);
		assert_eq!(window.observe(slot.into(), &author.id(), &header), None, "{child}");
	}
	// All five are remembered.
	for (author, slot) in [
		(&alice, NOW),
		(&bob, NOW),
		(&charlie, NOW),
		(&alice, NOW - 1),
		(&alice, NOW + 1),
	] {
		let second = author.sealed(slot, 9);
		let proof = window.observe(slot.into(), &author.id(), &second).expect("a proof");
		assert_eq!((proof.offender, proof.slot), (author.id(), Slot::from(slot)));
	}
}

#[test]
fn headers_that_prove_nothing_are_not_reported() {
	let (alice, bob) = (Author::new("//Alice", 0), Author::new("//Bob", 0));
	let seal_of_another = bob.sealed(NOW, 2);
	let claim_of_another_slot = alice.sealed(NOW - 1, 3);
	let claim_of_another_place = Author::new("//Alice", 1).sealed(NOW, 4);
	let mut moved_seal = alice.sealed(NOW, 5);
	moved_seal.parent_hash = Hash::repeat_byte(6);
	let mut window = window();
	assert_eq!(window.observe(NOW.into(), &alice.id(), &alice.sealed(NOW, 1)), None);
	for header in [
		alice.unsealed(NOW, 2),
		seal_of_another,
		claim_of_another_slot,
		claim_of_another_place,
		moved_seal,
	] {
		assert_eq!(window.observe(NOW.into(), &alice.id(), &header), None, "{header:?}");
	}
	// None of them has kept the real one from being found.
	assert!(window.observe(NOW.into(), &alice.id(), &alice.sealed(NOW, 7)).is_some());
}

#[test]
fn it_remembers_so_many_slots_and_one_header_for_each_author() {
	let authors = [Author::new("//Alice", 0), Author::new("//Bob", 1)];
	let mut window = Window::default();
	let mut most = 0;
	for slot in NOW..NOW + 2 * SLOTS {
		window.advance(slot.into());
		for author in &authors {
			// Unsealed, as nothing is proven here and the many signatures would take long.
			for child in 0..3 {
				window.observe(slot.into(), &author.id(), &author.unsealed(slot, child));
			}
		}
		let headers: usize = window.slots.values().map(HashMap::len).sum();
		most = most.max(headers);
	}
	// The slot that it is now, and 600 before it.
	assert_eq!(window.slots.len(), 601);
	assert_eq!(most, 2 * 601);

	// The oldest slot is there, the one before is not, and comes not back.
	let now = NOW + 2 * SLOTS - 1;
	assert!(window.covers((now - 600).into()));
	assert!(!window.covers((now - 601).into()));
	let alice = &authors[0];
	for child in [1, 2] {
		let old = alice.sealed(now - 601, child);
		assert_eq!(window.observe((now - 601).into(), &alice.id(), &old), None);
	}
	assert_eq!(window.slots.len(), 601);
}

#[test]
fn a_window_forgets_when_time_jumps_and_works_on() {
	let alice = Author::new("//Alice", 0);
	let mut window = window();
	window.observe(NOW.into(), &alice.id(), &alice.sealed(NOW, 1));
	window.advance((NOW + 1_000_000).into());
	assert!(window.slots.is_empty());
	// Back again: what was forgotten is not made up, what comes is found.
	window.advance(NOW.into());
	assert_eq!(window.observe(NOW.into(), &alice.id(), &alice.sealed(NOW, 2)), None);
	assert!(window.observe(NOW.into(), &alice.id(), &alice.sealed(NOW, 3)).is_some());
}
