//! What the council votes on, by the committed metadata.

use super::offline;
use crate::chain::{council::MotionCall, generated::api::runtime_types::pallet_collective::Votes, AccountId};
use codec::Encode;
use subxt::{dynamic::Value, ext::scale_decode::DecodeAsType};

/// The bytes of a call, told.
fn told(pallet: &str, call: &str, arguments: &[u8]) -> MotionCall {
	let client = offline();
	let metadata = client.metadata();
	let found = metadata.pallet_by_name(pallet).unwrap();
	let index = found.call_variant_by_name(call).unwrap().index;
	let bytes = [&[found.call_index(), index][..], arguments].concat();
	let mut left = bytes.as_slice();
	let calls = metadata.outer_enums().call_enum_ty();
	let value = Value::decode_as_type(&mut left, calls, metadata.types()).unwrap();
	assert!(left.is_empty(), "all of it is read");
	MotionCall::of(value).unwrap()
}

#[test]
fn a_motion_is_told_by_names() {
	let halt = MotionCall {
		pallet: "Market".to_owned(),
		name: "set_halted".to_owned(),
		arguments: "{ halted: true }".to_owned(),
	};
	assert_eq!(told("Market", "set_halted", &[1]), halt);
}

/// A hash and an account are written as everywhere, numbers as numbers.
#[test]
fn bytes_and_numbers_are_told_apart() {
	let next = told("Upgrades", "authorize_upgrade", &[0xab; 32]);
	assert_eq!(next.arguments, format!("{{ code_hash: 0x{} }}", "ab".repeat(32)));
	// `MultiAddress::Id`.
	let member = told("CouncilMembership", "add_member", &(0u8, [7u8; 32]).encode());
	assert_eq!(member.arguments, format!("{{ who: Id (0x{}) }}", "07".repeat(32)));
	let slashes = told("Staking", "cancel_deferred_slash", &(5u32, vec![0u32, 2]).encode());
	assert_eq!(slashes.arguments, "{ era: 5, slash_indices: (0, 2) }");
}

/// Votes are read by the names that the pallet gives them.
#[test]
fn votes_have_the_fields_that_are_read() {
	let client = offline();
	let metadata = client.metadata();
	let storage = metadata.pallet_by_name("Council").unwrap().storage().unwrap();
	let stored = storage.entry_by_name("Voting").unwrap().value_ty();
	let bytes = (3u32, 4u32, vec![[1u8; 32], [2; 32]], vec![[5u8; 32]], 600u32).encode();
	let votes = Votes::<AccountId, u32>::decode_as_type(&mut bytes.as_slice(), stored, metadata.types()).unwrap();
	assert_eq!((votes.index, votes.threshold, votes.end), (3, 4, 600));
	assert_eq!(votes.ayes, [AccountId([1; 32]), AccountId([2; 32])]);
	assert_eq!(votes.nays, [AccountId([5; 32])]);
}
