//! What a call weighs, asked of a running node.

use millrace_client::chain::{Call, Chain};
use millrace_tests::Node;
use serde_json::json;
use std::time::Duration;
use subxt_signer::sr25519::dev;

/// A signed call as a node sees it.
pub(crate) struct Weighed {
	/// Reference time of the call and its extensions, in picoseconds.
	pub(crate) ref_time: u64,
	/// Bytes of the extrinsic.
	pub(crate) bytes: usize,
}

/// Starts a node of the preset `fast`, signs the call for it, and asks what it weighs.
pub(crate) fn of(call: &Call) -> Weighed {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let node = Node::start("fast", folder.path());
	node.wait_until("a finalised block", Duration::from_secs(60), |node| {
		node.heights().1 >= 1
	});
	let runtime = tokio::runtime::Builder::new_current_thread()
		.enable_all()
		.build()
		.expect("a runtime");
	let signed = runtime.block_on(async {
		let chain = Chain::connect(&node.url(), Duration::from_secs(10))
			.await
			.expect("the node answers");
		let anchor = chain.finalised().await.expect("a final block");
		chain
			.sign(&anchor, call, &dev::alice())
			.await
			.expect("the runtime has the call")
	});
	let info = node.call(
		"payment_queryInfo",
		json!([format!("0x{}", hex::encode(&signed.bytes))]),
	);
	Weighed {
		ref_time: info["weight"]["ref_time"].as_u64().expect("a weight"),
		bytes: signed.bytes.len(),
	}
}
