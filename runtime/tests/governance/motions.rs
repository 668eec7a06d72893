//! The life of a motion: who puts it and votes, how it ends where nobody cares, and how heavy it may be.

use super::council::{close, council_events, executed, pass, propose, put, refusal, vote, world, Motion, OUTSIDER};
use crate::chain::{signed, world::World};
use frame_support::{
	dispatch::{DispatchClass, GetDispatchInfo},
	traits::Get,
};
use millrace_runtime::{
	configs::{
		council::{CouncilInstance, MotionWeight, MAX_MEMBERS, MAX_MOTIONS},
		parameters::{dynamic_params::kernels, RuntimeParameters},
		system::RuntimeBlockWeights,
	},
	genesis_presets::COUNCIL,
	AccountId, CouncilMembership, Market, Runtime, RuntimeCall, System,
};
use pallet_collective::{Call, Event};
use pallet_market::Call as MarketCall;
use pallet_membership::Call as MembershipCall;
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring::{self as Key, Alice, Bob, Charlie, Dave, Eve};
use sp_runtime::DispatchError;

fn halt() -> RuntimeCall {
	RuntimeCall::Market(MarketCall::set_halted { halted: true })
}

/// A call without effect, unlike the others of its kind.
fn remark(number: u8) -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::remark { remark: vec![number] })
}

/// Who has a seat, by the pallet that keeps the list and by the one that counts votes.
fn seats(world: &mut World) -> Vec<AccountId> {
	let (members, counted) = world.read(|| {
		(
			CouncilMembership::members().into_inner(),
			pallet_collective::Members::<Runtime, CouncilInstance>::get(),
		)
	});
	assert_eq!(members, counted);
	members
}

/// Ayes and nays after a vote.
fn tally(world: &mut World, motion: &Motion, voter: Key, approve: bool) -> (u32, u32) {
	let events = world.send(voter, motion.vote(approve));
	let tally = council_events(&events).find_map(|event| match event {
		Event::Voted { yes, no, .. } => Some((*yes, *no)),
		_ => None,
	});
	tally.expect("it counts")
}

/// With the defaults of the SDK the absent would agree with somebody. Forty blocks are the preset's week.
#[test]
fn who_does_not_vote_has_not_agreed() {
	let mut world = world();
	let motion = put(&mut world, Alice, 4, halt());
	vote(&mut world, &motion, &[Alice, Bob, Charlie], true);
	let (early, _) = world.attempt(OUTSIDER, motion.close());
	assert_eq!(refusal(early), "TooEarly");
	// Two blocks are over since the one in which it was put.
	world.wait(36);
	let (early, _) = world.attempt(OUTSIDER, motion.close());
	assert_eq!(refusal(early), "TooEarly");
	let events = world.send(OUTSIDER, motion.close());
	assert!(council_events(&events).any(|event| matches!(event, Event::Closed { yes: 3, no: 2, .. })));
	assert!(council_events(&events).any(|event| matches!(event, Event::Disapproved { .. })));
	assert_eq!(executed(&events), None);
	assert!(!world.read(Market::is_halted));
}

#[test]
fn only_members_put_motions_and_vote() {
	let mut world = world();
	let (put_by_outsider, _) = world.attempt(OUTSIDER, propose(2, &halt()));
	assert_eq!(refusal(put_by_outsider), "NotMember");
	// A single member decides nothing.
	let events = world.send(Alice, propose(1, &halt()));
	assert!(executed(&events).expect("it is carried out").is_err());
	let motion = put(&mut world, Alice, 4, halt());
	let (vote_by_outsider, _) = world.attempt(OUTSIDER, motion.vote(true));
	assert_eq!(refusal(vote_by_outsider), "NotMember");
	assert!(!world.read(Market::is_halted));
}

#[test]
fn who_is_removed_has_no_vote_and_who_is_added_has_one() {
	let mut world = world();
	let motion = put(&mut world, Alice, 4, halt());
	vote(&mut world, &motion, &[Bob, Eve], true);
	let who = Eve.to_account_id();
	let remove = RuntimeCall::CouncilMembership(MembershipCall::remove_member {
		who: who.clone().into(),
	});
	let add = RuntimeCall::CouncilMembership(MembershipCall::add_member {
		who: OUTSIDER.to_account_id().into(),
	});
	assert!(pass(&mut world, 3, remove.clone()).is_err());
	assert_eq!(seats(&mut world).len(), 5);
	assert_eq!(pass(&mut world, 4, remove), Ok(()));
	assert_eq!(seats(&mut world).len(), 4);
	assert!(!seats(&mut world).contains(&who));

	for call in [motion.vote(true), motion.vote(false), propose(2, &remark(0))] {
		let (outcome, _) = world.attempt(Eve, call);
		assert_eq!(refusal(outcome), "NotMember");
	}
	// Eve's aye is gone, Bob's is not. Three of four are three quarters.
	assert_eq!(tally(&mut world, &motion, Charlie, true), (2, 0));
	assert_eq!(pass(&mut world, 3, add), Ok(()));
	assert_eq!(tally(&mut world, &motion, OUTSIDER, true), (3, 0));
	assert_eq!(tally(&mut world, &motion, Dave, true), (4, 0));
	assert_eq!(close(&mut world, &motion), Ok(()));
	assert!(world.read(Market::is_halted));
}

#[test]
fn a_seat_that_is_handed_on_has_one_vote() {
	let mut world = world();
	let motion = put(&mut world, Alice, 4, halt());
	vote(&mut world, &motion, &[Alice, Bob], true);
	let new = Key::BobStash;
	let hand_on = RuntimeCall::CouncilMembership(MembershipCall::change_key {
		new: new.to_account_id().into(),
	});
	world.send(Bob, hand_on);
	assert_eq!(seats(&mut world).len(), 5);
	let (old, _) = world.attempt(Bob, motion.vote(true));
	assert_eq!(refusal(old), "NotMember");
	assert_eq!(tally(&mut world, &motion, new, true), (2, 0));
}

#[test]
fn more_than_half_withdraw_a_motion() {
	let mut world = world();
	let motion = put(&mut world, Charlie, 4, halt());
	vote(&mut world, &motion, &[Charlie, Dave], true);
	let withdraw = RuntimeCall::Council(Call::disapprove_proposal {
		proposal_hash: motion.hash,
	});
	assert_eq!(pass(&mut world, 2, withdraw.clone()), Err(DispatchError::BadOrigin));
	assert_eq!(tally(&mut world, &motion, Eve, true), (3, 0));
	assert_eq!(pass(&mut world, 3, withdraw), Ok(()));
	let (late, _) = world.attempt(Alice, motion.vote(true));
	assert_eq!(refusal(late), "ProposalMissing");
}

/// Nothing is held for motions, so one member can take every place. The others need a block to take one of them, and the
/// member's seat.
#[test]
fn a_member_who_fills_every_place_loses_its_seat() {
	let mut world = world();
	let most = u8::try_from(MAX_MOTIONS).expect("few");
	let motions: Vec<_> = (0..most)
		.map(|number| put(&mut world, Dave, 2, remark(number)))
		.collect();
	let (one_more, _) = world.attempt(Alice, propose(2, &remark(most)));
	assert_eq!(refusal(one_more), "TooManyProposals");

	let who = Dave.to_account_id();
	let remove = RuntimeCall::CouncilMembership(MembershipCall::remove_member {
		who: who.clone().into(),
	});
	vote(&mut world, &motions[0], &[Alice, Bob, Charlie, Eve], false);
	let events = world.send(
		Alice,
		RuntimeCall::Utility(pallet_utility::Call::batch_all {
			calls: vec![motions[0].close(), propose(4, &remove)],
		}),
	);
	let removal = Motion::put_by(&events, remove);
	vote(&mut world, &removal, &[Alice, Bob, Charlie, Eve], true);
	assert_eq!(close(&mut world, &removal), Ok(()));
	assert!(!seats(&mut world).contains(&who));
}

#[test]
fn so_many_members_have_a_seat_and_no_more() {
	let mut world = world();
	let members = |count: u8| {
		let account = |number| AccountId::new([number; 32]);
		RuntimeCall::CouncilMembership(MembershipCall::reset_members {
			members: (0..count).map(account).collect(),
		})
	};
	let most = u8::try_from(MAX_MEMBERS).expect("few");
	assert!(pass(&mut world, 5, members(most + 1)).is_err());
	assert_eq!(seats(&mut world).len(), 5);
	assert_eq!(pass(&mut world, 5, members(most)), Ok(()));
	assert_eq!(seats(&mut world).len(), 13);
}

/// As many parameters as a motion may change at once.
fn batch(count: u32) -> RuntimeCall {
	let change = |ticks| {
		let parameter = kernels::Parameters::RemoveAfter(kernels::RemoveAfter, Some(ticks));
		RuntimeCall::Parameters(pallet_parameters::Call::set_parameter {
			key_value: RuntimeParameters::Kernels(parameter),
		})
	};
	RuntimeCall::Utility(pallet_utility::Call::batch_all {
		calls: (0..count).map(change).collect(),
	})
}

#[test]
fn the_heaviest_motion_fits_into_a_block() {
	let mut world = world();
	let weight = |count| batch(count).get_dispatch_info().call_weight;
	let most = MotionWeight::get().ref_time();
	let each = weight(2).ref_time() - weight(1).ref_time();
	let count = u32::try_from((most - weight(0).ref_time()) / each).expect("few");
	assert!(weight(count).all_lte(MotionWeight::get()) && weight(count + 1).any_gt(MotionWeight::get()));
	// 64 µs for a parameter and some for its place in the batch.
	assert!(count > 5_000, "{count}");

	let (too_heavy, _) = world.attempt(Alice, propose(3, &batch(count + 1)));
	assert_eq!(refusal(too_heavy), "WrongProposalWeight");
	let motion = put(&mut world, Alice, 3, batch(count));
	vote(&mut world, &motion, &COUNCIL[..3], true);
	assert_eq!(close(&mut world, &motion), Ok(()));
	let (after, used) = world.read(|| (kernels::RemoveAfter::get(), System::block_weight().total()));
	assert_eq!(after, count - 1);
	assert!(used.ref_time() >= most - each, "{used}");
	assert!(used.all_lte(RuntimeBlockWeights::get().max_block), "{used}");
}

/// The council's calls have the part of the block that ordinary ones cannot fill.
#[test]
fn a_full_block_does_not_keep_a_vote_out() {
	let mut world = world();
	let motion = put(&mut world, Alice, 4, halt());
	let weights = RuntimeBlockWeights::get();
	let normal = weights.get(DispatchClass::Normal).max_total.expect("there is a limit");
	let outcomes = world.block(|| {
		System::register_extra_weight_unchecked(normal, DispatchClass::Normal);
		vec![signed(Alice, 0, motion.vote(true)), signed(Bob, 0, motion.vote(true))]
	});
	assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
	assert_eq!(tally(&mut world, &motion, Charlie, true), (3, 0));
}
