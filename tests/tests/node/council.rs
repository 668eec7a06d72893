//! The council on a real node, with the calls that a wallet signs.

use codec::{Compact, Encode};
use millrace_client::{
	chain::{blake2_256, to_hex},
	keys::Key,
};
use millrace_tests::{raw::Raw, Client, Node};
use serde_json::{json, Value};
use std::time::Duration;

/// `market.set_halted(true)`: the pallet, the call, its argument.
const HALT: [u8; 3] = [52, 11, 1];
/// Picoseconds and bytes that the call may take.
const WEIGHT: (Compact<u64>, Compact<u64>) = (Compact(10_000_000_000), Compact(1_000_000));
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_motion_is_put_shown_voted_on_and_carried_out() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let node = Node::start("fast", &folder.path().join("node"));
	node.wait_until("a final block", PATIENCE, |node| node.heights().1 >= 1);
	let client = Client::new(node.url(), &folder.path().join("client"));
	let runtime = tokio::runtime::Builder::new_current_thread()
		.enable_all()
		.build()
		.expect("a runtime");
	let send = |who: &str, nonce: u64, name: &'static str, arguments: Vec<u8>| {
		runtime.block_on(async {
			let raw = Raw::connect(&node.url()).await;
			let key = Key::open(who).expect("a development key");
			let signed = raw.sign_at("Council", name, arguments, key.pair(), nonce).await;
			let sent = raw.submit(&signed).await;
			assert!(sent.is_ok(), "{who}: {name}: {sent:?}");
		});
	};
	let council = || client.json(&["network", "council"]);
	let count = |list: &Value| list.as_array().map_or(0, Vec::len);

	let before = council();
	assert_eq!(count(&before["members"]), 5);
	assert_eq!(before["motions"], json!([]));
	assert_eq!(client.json(&["network"])["halted"], false);

	let length = Compact(3u32).encode();
	send(
		"//Alice",
		0,
		"propose",
		[Compact(4u32).encode(), HALT.to_vec(), length.clone()].concat(),
	);
	node.wait_until("the motion is open", PATIENCE, |_| count(&council()["motions"]) == 1);
	let motion = council()["motions"][0].clone();
	assert_eq!(
		(&motion["pallet"], &motion["call"]),
		(&json!("Market"), &json!("set_halted"))
	);
	assert_eq!(motion["arguments"], "{ halted: true }");
	assert_eq!((&motion["length"], &motion["threshold"]), (&json!(3), &json!(4)));
	let hash = blake2_256(&HALT);
	assert_eq!(motion["hash"], to_hex(&hash));
	assert_eq!((&motion["ayes"], &motion["nays"]), (&json!([]), &json!([])));

	// The first motion that there ever was.
	assert_eq!(motion["index"], 0);
	let named = [hash.to_vec(), Compact(0u32).encode()].concat();
	let aye = [named.clone(), true.encode()].concat();
	for (voter, nonce) in [("//Alice", 1), ("//Bob", 0), ("//Charlie", 0), ("//Dave", 0)] {
		send(voter, nonce, "vote", aye.clone());
	}
	node.wait_until("four have agreed", PATIENCE, |_| {
		count(&council()["motions"][0]["ayes"]) == 4
	});
	assert_eq!(client.json(&["network"])["halted"], false);
	send("//Ferdie", 0, "close", [named, WEIGHT.encode(), length].concat());
	node.wait_until("it is carried out", PATIENCE, |_| {
		client.json(&["network"])["halted"] == true
	});
	assert_eq!(council()["motions"], json!([]));
}
