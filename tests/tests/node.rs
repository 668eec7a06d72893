//! A node starts from its presets, authors, finalises and answers.

use millrace_tests::Node;
use serde_json::json;
use std::time::Duration;

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
