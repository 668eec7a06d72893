//! The calls of a stash on the wire, and what a payout says.

use super::{call, events, offline};
use crate::chain::{events::staker_paid, AccountId, Call, PaidStaker, Payee};
use codec::{Compact, Encode};

const STASH: AccountId = AccountId([9; 32]);

/// Indices and arguments as `pallet-staking` lists them.
#[test]
fn calls_of_a_stash_are_sent_as_the_pallet_lists_them() {
	// More than fits into four bytes, as amounts are.
	let amount: u128 = 2_000_000_000_000_000_000;
	let planck = Compact(amount).encode();
	let bond = |payee| call(&Call::BondStash { amount, payee });
	let with = |index: u8, rest: &[u8]| [&[index], planck.as_slice(), rest].concat();
	assert_eq!(bond(Payee::Staked), with(0, &[0]));
	assert_eq!(bond(Payee::Stash), with(0, &[1]));
	assert_eq!(
		bond(Payee::Account(STASH)),
		with(0, &[vec![3], vec![9; 32]].concat()),
		"the second variant is of the past"
	);
	assert_eq!(call(&Call::BondExtra { amount }), with(1, &[]));
	assert_eq!(call(&Call::UnbondStash { amount }), with(2, &[]));
	assert_eq!(call(&Call::WithdrawStash { spans: 7 }), [3, 7, 0, 0, 0]);
	assert_eq!(call(&Call::Chill), [6]);
	let payout = Call::PayoutStakers {
		stash: STASH,
		era: 258,
		page: 1,
	};
	let expected = [vec![26], vec![9; 32], vec![2, 1, 0, 0], vec![1, 0, 0, 0]].concat();
	assert_eq!(call(&payout), expected);
}

/// A commission is a compact number of parts of a thousand million: five percent of them in four bytes, shifted by two bits and
/// marked with 2.
#[test]
fn a_commission_is_sent_as_parts_of_a_thousand_million() {
	for blocked in [false, true] {
		let validate = Call::Validate {
			commission: 50_000_000,
			blocked,
		};
		let compact: u32 = (50_000_000 << 2) | 2;
		let expected = [vec![4], compact.to_le_bytes().to_vec(), vec![u8::from(blocked)]].concat();
		assert_eq!(call(&validate), expected);
	}
}

#[test]
fn keys_are_given_back_without_naming_them() {
	assert_eq!(call(&Call::PurgeKeys), [1]);
}

#[test]
fn a_payout_says_who_was_paid() {
	let client = offline();
	let read = |name: &str, fields: &[u8]| {
		let events = client.events().from_bytes(events(&client, "Staking", name, fields));
		let event = events.iter().next().unwrap().unwrap();
		staker_paid(&event).unwrap()
	};
	for destination in [vec![0u8], vec![1], [vec![3], vec![8; 32]].concat()] {
		let fields = [STASH.0.to_vec(), destination, 700u128.encode()].concat();
		let expected = PaidStaker {
			stash: STASH,
			amount: 700,
		};
		assert_eq!(read("Rewarded", &fields), Some(expected));
	}
	assert_eq!(read("Chilled", &STASH.0), None);
}
