//! How a chain gets another runtime: four of five seats name it by its hash, then anybody brings it.

use crate::world::World;
use codec::{Compact, Encode};
use millrace_client::{chain::blake2_256, keys::Key};
use millrace_runtime::{upgrades, RuntimeCall};
use millrace_tests::{raw::Raw, Node};
use polkadot_sdk::sp_core::H256;
use serde_json::Value;
use std::time::Instant;

/// Picoseconds and bytes that naming a runtime may take.
const WEIGHT: (Compact<u64>, Compact<u64>) = (Compact(10_000_000_000), Compact(1_000_000));
/// Three quarters of five, and more.
const AYES: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];
/// Who brings the code, and has no seat.
const BRINGER: &str = "//Ferdie";

/// The council names the runtime with this code.
pub(crate) fn names(world: &World, code: &[u8]) {
	let start = Instant::now();
	let code_hash = H256(blake2_256(code));
	let proposal = RuntimeCall::Upgrades(upgrades::Call::authorize_upgrade { code_hash }).encode();
	let length = Compact(u32::try_from(proposal.len()).expect("a short call")).encode();
	let threshold = Compact(u32::try_from(AYES.len()).expect("few")).encode();
	let count = |list: &Value| list.as_array().map_or(0, Vec::len);
	let motions = || world.client.json(&["network", "council"])["motions"].clone();

	let put = [threshold, proposal.clone(), length.clone()].concat();
	send(world, &world.follower, AYES[0], ("Council", "propose"), put);
	world.wait("the motion is open", || (count(&motions()) == 1).then_some(()));
	let motion = motions()[0].clone();
	assert_eq!(
		(motion["pallet"].as_str(), motion["call"].as_str()),
		(Some("Upgrades"), Some("authorize_upgrade")),
		"{motion}"
	);
	// The first motion that there ever was.
	let named = [blake2_256(&proposal).to_vec(), Compact(0u32).encode()].concat();
	for voter in AYES {
		let aye = [named.clone(), true.encode()].concat();
		send(world, &world.follower, voter, ("Council", "vote"), aye);
	}
	world.wait("four have agreed", || {
		(count(&motions()[0]["ayes"]) == AYES.len()).then_some(())
	});
	let close = [named, WEIGHT.encode(), length].concat();
	send(world, &world.follower, BRINGER, ("Council", "close"), close);
	world.wait("it is carried out", || (count(&motions()) == 0).then_some(()));
	println!(
		"council | {} of 5 seats name the runtime 0x{} of {} KiB | {} s",
		AYES.len(),
		hex::encode(&blake2_256(code)[..8]),
		code.len() / 1_024,
		start.elapsed().as_secs()
	);
}

/// Code with another hash is not taken, whoever brings it.
pub(crate) fn no_other_is_taken(world: &World, specification: u32) {
	let (from, _) = world.follower.heights();
	let other = b"no runtime that anybody has named".to_vec().encode();
	let call = ("System", "apply_authorized_upgrade");
	send(world, &world.follower, BRINGER, call, other);
	let mut next = from + 1;
	let refused = world.wait("the refusal", || {
		while next <= world.follower.heights().0 {
			next += 1;
			if events(world, next - 1)
				.iter()
				.any(|event| event == "System::ExtrinsicFailed")
			{
				return Some(next - 1);
			}
		}
		None
	});
	for node in [&world.validator, &world.follower] {
		assert_eq!(world.specification(node), specification);
	}
	println!("council | code of another hash is refused in block {refused}");
}

/// Somebody brings the code. Returns the number of the block whose runtime it is, on both nodes.
pub(crate) fn brings(world: &World, code: &[u8], specification: u32) -> u64 {
	let (from, _) = world.validator.heights();
	let call = ("System", "apply_authorized_upgrade");
	send(world, &world.validator, BRINGER, call, code.encode());
	world.wait("the next runtime on both nodes", || {
		let nodes = [&world.validator, &world.follower];
		nodes
			.iter()
			.all(|node| world.specification(node) > specification)
			.then_some(())
	});
	let (best, _) = world.follower.heights();
	let of = |number: &u64| crate::blocks::specification(&world.follower, *number) > specification;
	(from..=best).find(of).expect("one block is the first")
}

/// Signs with the next nonce of a key and sends.
fn send(world: &World, node: &Node, who: &str, (pallet, call): (&'static str, &'static str), arguments: Vec<u8>) {
	world.block_on(async {
		let raw = Raw::connect(&node.url()).await;
		let key = Key::open(who).expect("a development key");
		let nonce = raw.next_nonce(key.pair()).await;
		let signed = raw.sign_at(pallet, call, arguments, key.pair(), nonce).await;
		let sent = raw.submit(&signed).await;
		assert!(sent.is_ok(), "{who}: {pallet}.{call}: {sent:?}");
	});
}

/// The names of what happened in a block.
pub(crate) fn events(world: &World, number: u64) -> Vec<String> {
	world.block_on(async {
		let raw = Raw::connect(&world.follower.url()).await;
		let at = raw.client().at_block(number).await.expect("a block");
		let events = at.events().fetch().await.expect("its events");
		let names = events.iter().map(|event| {
			let event = event.expect("a known event");
			format!("{}::{}", event.pallet_name(), event.event_name())
		});
		names.collect()
	})
}
