//! What the members of the council do, by signed transactions.

use crate::chain::{
	signed,
	world::{Bought, Case, World},
};
use codec::Encode;
use frame_support::dispatch::GetDispatchInfo;
use millrace_primitives::{DeviceClass, Level, MILL};
use millrace_runtime::{
	configs::council::CouncilInstance, genesis_presets::COUNCIL, Hash, Runtime, RuntimeCall, RuntimeEvent,
};
use pallet_collective::{Call, Event};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	DispatchError, DispatchOutcome, DispatchResult,
};

/// Has no seat.
pub(crate) const OUTSIDER: Key = Key::Ferdie;

/// The book, with one provider at its floor.
pub(crate) fn case() -> Case {
	Case {
		class: DeviceClass::Cpu4,
		lanes: 1,
		stake: 336 * MILL,
		bought: Bought::Book {
			items: 10,
			level: Level(170),
		},
	}
}

/// A chain of the preset `fast`, on which the council is one of five.
pub(crate) fn world() -> World {
	World::new(case())
}

/// A motion that was put.
pub(crate) struct Motion {
	pub(crate) hash: Hash,
	index: u32,
	call: RuntimeCall,
}

impl Motion {
	/// The motion with this call that was put in a block with these events.
	pub(crate) fn put_by(events: &[RuntimeEvent], call: RuntimeCall) -> Motion {
		let index = council_events(events).find_map(|event| match event {
			Event::Proposed { proposal_index, .. } => Some(*proposal_index),
			_ => None,
		});
		Motion {
			hash: BlakeTwo256::hash_of(&call),
			index: index.expect("it is open"),
			call,
		}
	}

	pub(crate) fn vote(&self, approve: bool) -> RuntimeCall {
		RuntimeCall::Council(Call::vote {
			proposal: self.hash,
			index: self.index,
			approve,
		})
	}

	pub(crate) fn close(&self) -> RuntimeCall {
		RuntimeCall::Council(Call::close {
			proposal_hash: self.hash,
			index: self.index,
			proposal_weight_bound: self.call.get_dispatch_info().call_weight,
			length_bound: length(&self.call),
		})
	}
}

fn length(call: &RuntimeCall) -> u32 {
	u32::try_from(call.encoded_size()).expect("short")
}

/// The call that puts a motion.
pub(crate) fn propose(threshold: u32, call: &RuntimeCall) -> RuntimeCall {
	RuntimeCall::Council(Call::propose {
		threshold,
		proposal: Box::new(call.clone()),
		length_bound: length(call),
	})
}

/// A member puts a motion.
pub(crate) fn put(world: &mut World, who: Key, threshold: u32, call: impl Into<RuntimeCall>) -> Motion {
	let call = call.into();
	let events = world.send(who, propose(threshold, &call));
	Motion::put_by(&events, call)
}

/// Members vote, all in one block.
pub(crate) fn vote(world: &mut World, motion: &Motion, voters: &[Key], approve: bool) {
	let outcomes = world.block(|| {
		let vote = |voter: &Key| signed(*voter, 0, motion.vote(approve));
		voters.iter().map(vote).collect()
	});
	assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
}

/// Somebody closes a motion that has enough ayes. What its call came to.
pub(crate) fn close(world: &mut World, motion: &Motion) -> DispatchResult {
	let events = world.send(OUTSIDER, motion.close());
	executed(&events).expect("it is carried out")
}

/// What the call of a motion came to, if one was carried out.
pub(crate) fn executed(events: &[RuntimeEvent]) -> Option<DispatchResult> {
	council_events(events).find_map(|event| match event {
		Event::Executed { result, .. } => Some(*result),
		_ => None,
	})
}

/// A motion that the first so many members agree to, and that takes no more.
pub(crate) fn pass(world: &mut World, ayes: usize, call: impl Into<RuntimeCall>) -> DispatchResult {
	let threshold = u32::try_from(ayes).expect("few");
	let motion = put(world, COUNCIL[0], threshold, call);
	vote(world, &motion, &COUNCIL[..ayes], true);
	close(world, &motion)
}

/// What the council said of itself.
pub(crate) fn council_events(events: &[RuntimeEvent]) -> impl Iterator<Item = &Event<Runtime, CouncilInstance>> {
	events.iter().filter_map(|event| match event {
		RuntimeEvent::Council(event) => Some(event),
		_ => None,
	})
}

/// The name of the error with which a pallet refused.
pub(crate) fn refusal(outcome: DispatchOutcome) -> &'static str {
	match outcome {
		Err(DispatchError::Module(error)) => error.message.expect("a message"),
		other => panic!("not refused by a pallet: {other:?}"),
	}
}
