//! Validators that sign two things of which one excludes the other. Both are found, told to the chain, and pay.

use crate::{
	state::{Slash, State, LIMIT},
	world::{World, ALICE, BOB, CHARLIE},
};
use millrace_client::{
	amount::MILL,
	chain::{to_hex, AccountId},
	keys::Key,
};
use millrace_tests::{equivocation, raw::Raw, rpc::bytes, Node};
use polkadot_sdk::sp_core::H256;
use std::{
	thread::sleep,
	time::{Duration, Instant},
};
use subxt::{
	events::Event,
	ext::scale_decode::{DecodeAsFields, DecodeAsType},
	SubstrateConfig,
};
use tokio::runtime::Runtime;

/// What one of four pays, in parts of a thousand million: the square of three times its share.
const FRACTION: u32 = 562_500_000;
/// What each has bonded at genesis, in planck.
const BONDED: u128 = 1_000_000 * MILL;
/// What that makes, in planck.
const SLASHED: u128 = BONDED / 1_000_000_000 * FRACTION as u128;
/// By how much it may be less: elections count votes in 64 bits, and so in units of some planck.
const ROUNDING: u128 = 1_000;
/// How the offence of two blocks is called, and that of two votes.
const TWO_BLOCKS: [u8; 16] = *b"babe:equivocatio";
const TWO_VOTES: [u8; 16] = *b"grandpa:equivoca";

// The fields of the pallets' events that a story needs.

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Offence {
	kind: [u8; 16],
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct SlashReported {
	validator: AccountId,
	fraction: u32,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ValidatorDisabled {
	validator: AccountId,
}

/// The blocks in which the steps of a punishment are.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
	/// The offence is known.
	offence: Option<u64>,
	/// Its stake will pay.
	slash: Option<u64>,
	/// The validator makes no blocks any more, for the rest of an era.
	disabled: Option<u64>,
}

/// A second node has the keys of Alice: in each of her slots there are two blocks. Whoever sees both reports her.
pub(crate) fn blocks(world: &World) {
	let start = Instant::now();
	let (node, alice) = (world.node(BOB), world.validator(ALICE).stash());
	assert!(State::finalised(node).slashes().is_empty());
	let first = node.heights().0 + 1;
	// It does not vote: that would be another offence.
	let twin = world.another("twin", &["--alice", "--no-grandpa"]);
	let up = start.elapsed();
	let found = wait_for(node, first, &TWO_BLOCKS, alice, |found| {
		found.offence.is_some() && found.slash.is_some() && found.disabled.is_some()
	});
	drop(twin);
	assert!(is_slashed(node, alice), "{:?}", State::finalised(node).slashes());
	world.witness.agrees();
	println!(
		"equivocation | a twin of Alice up after {} s | offence, slash and disabling in blocks {:?} | {} MILL of her stake \
		 will be taken | {} s",
		up.as_secs(),
		[found.offence, found.slash, found.disabled].map(Option::unwrap_or_default),
		SLASHED / MILL,
		start.elapsed().as_secs()
	);
}

/// Charlie has voted for two blocks in one round, of which his node knows nothing. Somebody who has both votes reports him.
pub(crate) fn votes(world: &World) {
	let start = Instant::now();
	let (node, charlie) = (world.node(BOB), world.validator(CHARLIE).stash());
	let ferdie = Key::open("//Ferdie").expect("a development key");
	let target = |number: u64| -> equivocation::Target {
		let hash = bytes(State::at(node, number).hash());
		(H256::from_slice(&hash), u32::try_from(number).expect("few blocks"))
	};
	let (best, last) = node.heights();
	let targets = [target(last), target(last - 1)];
	let sent = runtime().block_on(async {
		let raw = Raw::connect(&node.url()).await;
		let set = equivocation::current_set(&raw).await;
		let votes = equivocation::prevotes("//Charlie", set, 1, targets);
		let sent = equivocation::report(&raw, &votes, ferdie.pair()).await;
		sent.map(|hash| (set, hash))
	});
	let (set, hash) = sent.unwrap_or_else(|error| panic!("the report is refused: {error}"));
	let found = wait_for(node, best + 1, &TWO_VOTES, charlie, |found| {
		found.offence.is_some() && found.slash.is_some()
	});
	let slashes = State::finalised(node).slashes();
	assert!(is_slashed(node, charlie), "{slashes:?}");
	let alice = world.validator(ALICE).stash();
	let guilty = |slash: &Slash| [alice, charlie].contains(&slash.stash);
	assert!(slashes.iter().all(guilty), "nobody else pays: {slashes:?}");
	world.witness.agrees();
	println!(
		"equivocation | two prevotes of Charlie in round 1 of set {set}, reported by {} | offence and slash in blocks {:?} | \
		 {} MILL of his stake will be taken | {} s",
		to_hex(&hash.0),
		[found.offence, found.slash].map(Option::unwrap_or_default),
		SLASHED / MILL,
		start.elapsed().as_secs()
	);
}

impl Found {
	/// Looks at an event in a block: is it one about an offence of this kind, or about this validator?
	fn read(&mut self, block: u64, event: &Event<'_, SubstrateConfig>, kind: &[u8; 16], who: AccountId) {
		match (event.pallet_name(), event.event_name()) {
			("Offences", "Offence") if fields::<Offence>(event).kind == *kind => {
				self.offence.get_or_insert(block);
			}
			("Staking", "SlashReported") => {
				let reported: SlashReported = fields(event);
				if reported.validator == who {
					assert_eq!(reported.fraction, FRACTION);
					self.slash.get_or_insert(block);
				}
			}
			("Session", "ValidatorDisabled") if fields::<ValidatorDisabled>(event).validator == who => {
				self.disabled.get_or_insert(block);
			}
			_ => {}
		}
	}
}

fn fields<E: DecodeAsFields>(event: &Event<'_, SubstrateConfig>) -> E {
	event
		.decode_fields_unchecked_as::<E>()
		.unwrap_or_else(|error| panic!("{}::{}: {error}", event.pallet_name(), event.event_name()))
}

/// Reads the events of final blocks from `first` on until all is found.
fn wait_for(node: &Node, first: u64, kind: &[u8; 16], who: AccountId, is_complete: impl Fn(&Found) -> bool) -> Found {
	let start = Instant::now();
	let runtime = runtime();
	let raw = runtime.block_on(Raw::connect(&node.url()));
	let (mut next, mut found) = (first, Found::default());
	loop {
		while next <= node.heights().1 {
			runtime.block_on(async {
				let at = raw.client().at_block(next).await.expect("a block of this chain");
				let events = at.events().fetch().await.expect("its events");
				for event in events.iter() {
					found.read(next, &event.expect("a known event"), kind, who);
				}
			});
			next += 1;
		}
		if is_complete(&found) {
			return found;
		}
		assert!(
			start.elapsed() < LIMIT,
			"not in final blocks {first} to {} in {LIMIT:?}: {found:?}\n{}",
			next - 1,
			node.process.tail()
		);
		sleep(Duration::from_millis(500));
	}
}

/// Whether what must be taken of a stash waits to be taken.
fn is_slashed(node: &Node, stash: AccountId) -> bool {
	let slashes = State::finalised(node).slashes();
	let right = |slash: &Slash| slash.stash == stash && (SLASHED - ROUNDING..=SLASHED).contains(&slash.own);
	slashes.iter().any(right)
}

fn runtime() -> Runtime {
	tokio::runtime::Builder::new_multi_thread()
		.worker_threads(1)
		.enable_all()
		.build()
		.expect("a runtime")
}
