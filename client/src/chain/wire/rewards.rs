//! Claims of usage rewards on the wire.

use super::{call, events, offline};
use crate::chain::{events::reward_claimed, AccountId, Call, ClaimedReward};
use codec::Encode;

#[test]
fn a_claim_is_sent_and_what_it_minted_is_read_as_the_protocol_lists_it() {
	let claim = Call::Claim { provider: 4, era: 7 };
	assert_eq!(call(&claim), [vec![0], (4u32, 7u32).encode()].concat());

	let client = offline();
	let fields = (7u32, 4u32, [9u8; 32], 1_000u128, 400u128).encode();
	let events = client
		.events()
		.from_bytes(events(&client, "Rewards", "RewardClaimed", &fields));
	let event = events.iter().next().unwrap().unwrap();
	let expected = ClaimedReward {
		era: 7,
		provider: 4,
		payout: AccountId([9; 32]),
		fees: 1_000,
		reward: 400,
	};
	assert_eq!(reward_claimed(&event).unwrap(), Some(expected));
}
