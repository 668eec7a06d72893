//! A validator changes its keys while it works.

use crate::{
	state::{decoded, first, keys_of, Key, State, LIMIT},
	world::{World, ALICE, BOB, SLOT},
};
use codec::Encode;
use millrace_client::{
	chain::{to_hex, SessionKeys},
	keys::Key as Signer,
};
use millrace_tests::{
	raw::Raw,
	rpc::{self, bytes},
};
use serde_json::{json, Value};
use std::{
	thread::sleep,
	time::{Duration, Instant},
};

/// The longest time without a new final block that is no gap: a few slots, on a machine that does other things, too.
const GAP: Duration = Duration::from_secs(7 * SLOT);

/// Bob's node makes new keys, his stash registers them, and two sessions later it is they that author and vote. Returns
/// them.
pub(crate) fn of_a_live_validator(world: &World) -> SessionKeys {
	let start = Instant::now();
	let (bob, node, other) = (world.validator(BOB), world.node(BOB), world.node(ALICE));
	let stash = Signer::open("//Bob//stash").expect("a development key");
	assert_eq!(stash.account(), bob.stash());
	let old = keys_of(bob);

	let made = node.call("author_rotateKeysWithOwner", json!([to_hex(&stash.public())]));
	let (keys, proof) = (bytes(&made["keys"]), bytes(&made["proof"]));
	let new = SessionKeys::decode(&keys).expect("two keys");
	assert!(new.grandpa != old.grandpa && new.babe != old.babe);
	let sent_after = other.heights().0;
	let runtime = tokio::runtime::Builder::new_current_thread()
		.enable_all()
		.build()
		.expect("a runtime");
	let sent = runtime.block_on(async {
		let raw = Raw::connect(&node.url()).await;
		let arguments = [keys, proof.encode()].concat();
		let nonce = raw.next_nonce(stash.pair()).await;
		let signed = raw.sign_at("Session", "set_keys", arguments, stash.pair(), nonce).await;
		raw.submit(&signed).await
	});
	assert!(sent.is_ok(), "{sent:?}");

	// Registered in one session, queued in the next, in use in the one after that; as another node sees it.
	let account = stash.account();
	let registered = |state: &State<'_>| (state.registered(account) == Some(new)).then(|| state.session());
	let (block, session) = first(other, "the registered keys", sent_after, registered);
	let queued = |state: &State<'_>| state.queued().contains(&(account, new)).then(|| state.session());
	let (_, queued) = first(other, "the queued keys", block, queued);
	assert_eq!(queued, session + 1);
	let in_use = |state: &State<'_>| {
		let both = state.authors().contains(&new.babe) && state.voters().contains(&new.grandpa);
		both.then(|| (state.session(), state.authors(), state.voters()))
	};
	let (block, (active, authors, voters)) = first(other, "the new keys", block, in_use);
	assert_eq!(active, session + 2);
	assert!(!authors.contains(&old.babe) && !voters.contains(&old.grandpa));

	let by_it = |state: &State<'_>| (state.author() == Some(new.babe)).then_some(());
	let (authored, ()) = first(other, "a block of the new key", block, by_it);
	let voted = loop {
		let last = other.heights().1;
		let proof = rpc::call(other.port, "grandpa_proveFinality", json!([last]));
		if proof.is_ok_and(|proof| voters_of(&proof).contains(&new.grandpa)) {
			break last;
		}
		assert!(
			start.elapsed() < LIMIT,
			"no proof of finality has a vote of the new key"
		);
		sleep(Duration::from_millis(500));
	};

	let pause = world.witness.longest_pause(start);
	assert!(pause < GAP, "no new final block for {pause:?}");
	let state = State::finalised(other);
	assert_eq!((state.offences(), state.disabled(), state.slashes().len()), (0, 0, 0));
	println!(
		"rotation | set in session {session}, queued in {queued}, in use in {active} | block {authored} authored and block \
		 {voted} finalised with the new keys | never longer than {:.1} s without a new final block, nothing reported | {} s",
		pause.as_secs_f32(),
		start.elapsed().as_secs()
	);
	new
}

/// What a vote is for: hash and number of a block.
type Target = (Key, u32);
/// A vote, its signature, and whose it is.
type Vote = (Target, [u8; 64], Key);

/// Whose votes make up a proof of finality; nobody's if there is no proof.
fn voters_of(proof: &Value) -> Vec<Key> {
	if proof.is_null() {
		return Vec::new();
	}
	// The block, and its justification: the round, its target, and the votes. What comes after them is not needed.
	let (_, justification): (Key, Vec<u8>) = decoded(&bytes(proof));
	let (_, _, votes): (u64, Target, Vec<Vote>) = decoded(&justification);
	votes.into_iter().map(|(.., voter)| voter).collect()
}
