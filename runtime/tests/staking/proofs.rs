//! Two signatures where there may be one, by Dave's session keys, and the proof that they are his. Everything here needs the
//! state of the chain, in the session in which he votes.

use codec::{Decode, Encode};
use frame_support::traits::KeyOwnerProofSystem;
use millrace_runtime::{Babe, BlockNumber, Hash, Header, Historical, Runtime, RuntimeCall};
use polkadot_sdk::*;
use sp_consensus_babe::digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring as Key};
use sp_runtime::{traits::Header as _, Digest, DigestItem};

/// Dave's place among the four.
const PLACE: u32 = 2;

/// A block of the present slot that Dave has sealed.
fn sealed(extrinsics: u8) -> Header {
	let mut header = unsealed(extrinsics);
	let seal = Key::Dave.sign(header.hash().as_bytes());
	header.digest_mut().push(DigestItem::babe_seal(seal.into()));
	header
}

/// The same before he seals it.
fn unsealed(extrinsics: u8) -> Header {
	let claim = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
		authority_index: PLACE,
		slot: Babe::current_slot(),
	});
	let digest = Digest {
		logs: vec![DigestItem::babe_pre_digest(claim)],
	};
	let parent = Hash::default();
	Header::new(8, Hash::repeat_byte(extrinsics), Hash::default(), parent, digest)
}

fn report_blocks(first_header: Header, second_header: Header) -> RuntimeCall {
	let offender: sp_consensus_babe::AuthorityId = Key::Dave.public().into();
	let key_owner_proof = Historical::prove((sp_consensus_babe::KEY_TYPE, offender.clone()));
	RuntimeCall::Babe(pallet_babe::Call::report_equivocation {
		equivocation_proof: Box::new(sp_consensus_babe::EquivocationProof {
			offender,
			slot: Babe::current_slot(),
			first_header,
			second_header,
		}),
		key_owner_proof: key_owner_proof.expect("Dave is a validator"),
	})
}

/// A report of two blocks in one slot, as anyone may sign it.
pub(crate) fn double_block() -> RuntimeCall {
	report_blocks(sealed(1), sealed(2))
}

/// A report of the same block twice.
pub(crate) fn same_block() -> RuntimeCall {
	let block = sealed(1);
	report_blocks(block.clone(), block)
}

/// A report of two blocks that lack their seals.
pub(crate) fn unsealed_blocks() -> RuntimeCall {
	report_blocks(unsealed(1), unsealed(2))
}

/// A report of two votes for finality in one round, as a node sends it by itself, without a signature.
pub(crate) fn double_vote() -> RuntimeCall {
	let (round, set) = (5u64, pallet_grandpa::CurrentSetId::<Runtime>::get());
	let vote = |block: u8| {
		let target: (Hash, BlockNumber) = (Hash::repeat_byte(block), 7);
		// What is signed is a prevote, which has the index 0 among votes, with round and set behind it.
		let signature = Ed25519Keyring::Dave.sign(&(0u8, target, round, set).encode());
		(target, signature)
	};
	// The library that names these types is not at hand; this is how they are encoded.
	let proof = (set, 0u8, round, Ed25519Keyring::Dave.public(), vote(1), vote(2)).encode();
	let offender: sp_consensus_grandpa::AuthorityId = Ed25519Keyring::Dave.public().into();
	let key_owner_proof = Historical::prove((sp_consensus_grandpa::KEY_TYPE, offender));
	RuntimeCall::Grandpa(pallet_grandpa::Call::report_equivocation_unsigned {
		equivocation_proof: Decode::decode(&mut &proof[..]).expect("a proof"),
		key_owner_proof: key_owner_proof.expect("Dave is a validator"),
	})
}
