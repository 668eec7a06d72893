//! `docs/validator.md`, followed by a program.

use crate::watched::Watched;
use codec::{Compact, Encode};
use millrace_client::keys::Key;
use millrace_tests::{free_port, raw::Raw, Client, Node};
use serde_json::{json, Value};
use std::time::{Duration, Instant};

/// Where a chain's state has the stashes that author now: the hashed names of `Session` and `Validators`.
const SESSION_VALIDATORS: &str = "0xcec5070d609dd3497f72bde07fc96ba088dcde934c658227ee1dfafcd6e16903";
/// A MILL in planck.
const MILL: u128 = 1_000_000_000_000;

/// Bytes that a node answers as hexadecimal digits.
fn bytes(value: &Value) -> Vec<u8> {
	let text = value.as_str().expect("a text");
	hex::decode(text.trim_start_matches("0x")).expect("hexadecimal digits")
}

/// `docs/validator.md`, from the stash to blocks that become final, with the calls that it has a wallet sign.
#[test]
fn the_steps_of_the_validators_page_lead_to_a_validator() {
	let start = Instant::now();
	let temporary = tempfile::tempdir().expect("a temporary folder");
	let path = |name: &str| temporary.path().join(name);
	let network = Node::start_with("fast", &path("network"), free_port(), &["--alice", "--no-prometheus"]);
	let known = network.peer_address();
	let validator = Watched::start(&path("validator"), &["--validator", "--bootnodes", &known]);
	let node = &validator.node;
	node.wait_until("it has caught up", Duration::from_secs(120), |node| {
		let health = node.call("system_health", json!([]));
		health["isSyncing"] == false && health["peers"].as_u64() > Some(0) && node.heights().1 >= 2
	});
	assert!(
		validator.value("substrate_proposer_block_constructed_count") == 0.0,
		"it makes blocks before it is elected"
	);

	let client = Client::new(node.url(), &path("client"));
	let file = path("stash.json");
	let file = file.to_str().expect("UTF-8");
	let address = client.json(&["key", "new", file])["address"].clone();
	let address = address.as_str().expect("an address");
	client.json(&["--key", "//Bob", "account", "transfer", address, "2000100"]);
	let stash = Key::open(file).expect("the key that was made");
	let public = hex::encode(stash.public());

	let made = node.call("author_rotateKeysWithOwner", json!([format!("0x{public}")]));
	let (keys, proof) = (bytes(&made["keys"]), bytes(&made["proof"]));
	assert_eq!(node.call("author_hasSessionKeys", json!([made["keys"]])), true);

	// `bond` the value and have rewards paid to the stash, `setKeys`, `validate` at the least commission, open to nominators.
	let bond = (Compact(2_000_000 * MILL), 1u8).encode();
	let set_keys = [keys, proof.encode()].concat();
	let validate = (Compact(50_000_000u32), false).encode();
	let calls = [
		("Staking", "bond", bond),
		("Session", "set_keys", set_keys),
		("Staking", "validate", validate),
	];
	let runtime = tokio::runtime::Builder::new_current_thread()
		.enable_all()
		.build()
		.expect("a runtime");
	runtime.block_on(async {
		let raw = Raw::connect(&node.url()).await;
		for (nonce, (pallet, name, arguments)) in (0..).zip(calls) {
			let signed = raw.sign_at(pallet, name, arguments, stash.pair(), nonce).await;
			let sent = raw.submit(&signed).await;
			assert!(sent.is_ok(), "{pallet}.{name}: {sent:?}");
		}
	});

	let authors = |node: &Node| {
		let stashes = node.call("state_getStorage", json!([SESSION_VALIDATORS]));
		stashes.as_str().unwrap_or_default().to_owned()
	};
	assert!(!authors(node).contains(&public), "it is elected before it could be");
	node.wait_until("it is elected", Duration::from_secs(240), |node| {
		authors(node).contains(&public)
	});
	println!("elected after {} s", start.elapsed().as_secs());
	let (best, _) = network.heights();
	network.wait_until("its blocks are final elsewhere", Duration::from_secs(120), |network| {
		network.heights().1 > best + 3
	});
	let made = validator.value("substrate_proposer_block_constructed_count");
	let votes = validator.value("substrate_finality_grandpa_prevotes_total");
	assert!(made > 0.0 && votes > 0.0, "{made} blocks, {votes} votes");
	let slots = node.call("babe_epochAuthorship", json!([]));
	assert!(slots.as_object().is_some_and(|keys| !keys.is_empty()), "{slots}");
	println!(
		"{made} blocks and {votes} votes of its own after {} s",
		start.elapsed().as_secs()
	);
}
