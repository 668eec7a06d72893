//! A node starts from its presets, authors, finalises and answers, and does what the council decides.

mod node {
	mod council;
}

use millrace_tests::{binary, Node};
use serde_json::{json, Value};
use std::{path::Path, process::Command, time::Duration};

#[test]
fn a_node_finalises_and_speaks_the_specified_groups() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let node = Node::start("fast", folder.path());
	node.wait_until("five finalised blocks", Duration::from_secs(90), |node| {
		node.heights().1 >= 5
	});
	let (best, finalised) = node.heights();
	assert!(
		best - finalised <= 4,
		"finality lags: best {best}, finalised {finalised}"
	);

	let methods = node.call("rpc_methods", json!([]));
	let methods: Vec<&str> = methods["methods"]
		.as_array()
		.expect("a list")
		.iter()
		.map(|name| name.as_str().expect("names"))
		.collect();
	for name in [
		"chainHead_v1_follow",
		"chainSpec_v1_chainName",
		"transaction_v1_broadcast",
		"chain_getHeader",
		"state_getMetadata",
		"author_submitExtrinsic",
		"author_rotateKeysWithOwner",
		"payment_queryInfo",
		"babe_epochAuthorship",
		"grandpa_roundState",
		"system_accountNextIndex",
	] {
		assert!(methods.contains(&name), "{name} is not served; served: {methods:?}");
	}
	println!("best {best}, finalised {finalised}, {} methods", methods.len());
}

#[test]
fn a_restarted_node_goes_on_from_its_data() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let mut node = Node::start("fast", folder.path());
	node.wait_until("three finalised blocks", Duration::from_secs(60), |node| {
		node.heights().1 >= 3
	});
	let genesis = node.call("chain_getBlockHash", json!([0]));
	let second = node.call("chain_getBlockHash", json!([2]));
	node.process.kill();
	drop(node);
	let node = Node::start("fast", folder.path());
	assert_eq!(node.call("chain_getBlockHash", json!([0])), genesis);
	assert_eq!(node.call("chain_getBlockHash", json!([2])), second);
	let (best, _) = node.heights();
	node.wait_until("two more blocks", Duration::from_secs(60), |node| {
		node.heights().0 >= best + 2
	});
}

/// Runs a subcommand over the data of a stopped node and gives what it printed.
fn subcommand(arguments: &[&str], folder: Option<&Path>) -> String {
	let mut command = Command::new(binary("millrace-node"));
	command.args(arguments);
	if let Some(folder) = folder {
		command.args(["--chain", "fast", "--base-path"]).arg(folder);
	}
	let output = command.output().expect("the node starts");
	let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
	assert!(
		output.status.success(),
		"{arguments:?} failed:\n{}{}",
		text(&output.stdout),
		text(&output.stderr)
	);
	text(&output.stdout) + &text(&output.stderr)
}

/// The maintenance commands over the same data: a block is executed again, blocks that are not final are taken back,
/// the chain goes on, the data is removed.
#[test]
fn the_subcommands_work_on_a_stopped_nodes_data() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let mut node = Node::start("fast", folder.path());
	node.wait_until("six blocks", Duration::from_secs(60), |node| node.heights().0 >= 6);
	let genesis = node.call("chain_getBlockHash", json!([0]));
	node.process.kill();
	drop(node);

	subcommand(&["check-block", "2"], Some(folder.path()));
	let blocks = folder.path().join("blocks.bin");
	let path = blocks.to_str().expect("UTF-8");
	subcommand(
		&["export-blocks", "--from", "1", "--to", "3", path],
		Some(folder.path()),
	);
	assert!(blocks.metadata().expect("blocks were written").len() > 100);
	subcommand(&["revert", "1"], Some(folder.path()));

	let mut node = Node::start("fast", folder.path());
	assert_eq!(node.call("chain_getBlockHash", json!([0])), genesis);
	let (best, _) = node.heights();
	node.wait_until("two more blocks", Duration::from_secs(60), |node| {
		node.heights().0 >= best + 2
	});
	node.process.kill();
	drop(node);

	subcommand(&["purge-chain", "-y"], Some(folder.path()));
	let node = Node::start("fast", folder.path());
	assert_eq!(node.call("chain_getBlockHash", json!([0])), genesis);
	assert!(node.heights().0 <= 3, "the old blocks are still there");
}

#[test]
fn keys_and_chain_specifications_come_from_the_command_line() {
	let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
	// Address and public key of this phrase's //Alice, as every wallet of the field prints them.
	let inspected = subcommand(
		&["key", "inspect", &format!("{phrase}//Alice"), "--output-type", "json"],
		None,
	);
	let inspected: Value = serde_json::from_str(&inspected).expect("JSON");
	assert_eq!(
		inspected["publicKey"],
		"0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
	);

	for (preset, name) in [("development", "development"), ("local_testnet", "local")] {
		let text = subcommand(&["export-chain-spec", "--chain", preset], None);
		let start = text.find('{').expect("an object");
		let end = text.rfind('}').expect("an object");
		let spec: Value = serde_json::from_str(&text[start..=end]).expect("JSON");
		let id = spec["id"].as_str().expect("an id");
		assert!(id.contains(name), "{preset} has the id {id}");
		assert_eq!(spec["properties"]["tokenSymbol"], "MILL");
	}
}
