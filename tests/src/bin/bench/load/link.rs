//! What is asked of the node, and what it is sent.

use crate::market::state::State;
use codec::Decode;
use frame_support::dispatch::{DispatchClass, PerDispatchClass};
use frame_support::weights::Weight;
use futures::{stream, StreamExt};
use millrace_runtime::{Hash, Runtime, RuntimeEvent};
use polkadot_sdk::*;
use std::{collections::BTreeMap, time::Duration};
use subxt::{
	config::RpcConfigFor,
	rpcs::{
		client::{ReconnectingRpcClient, RpcClient},
		LegacyRpcMethods,
	},
	utils::H256,
	SubstrateConfig,
};
use tokio::time::{sleep, Instant};

/// Transactions that are on their way to the node at once.
const AT_ONCE: usize = 32;
/// Keys that are asked for at once.
const PAGE: u32 = 500;
/// How often the node is asked for the next block, and how long one may take.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const BLOCK_LIMIT: Duration = Duration::from_secs(60);

/// An event of a block.
type Record = frame_system::EventRecord<RuntimeEvent, Hash>;

/// A connection to the node.
pub(super) struct Link {
	rpc: LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>,
}

impl Link {
	pub(super) async fn connect(url: &str) -> Link {
		let transport = ReconnectingRpcClient::builder()
			.build(url)
			.await
			.expect("the node answers");
		Link {
			rpc: LegacyRpcMethods::new(RpcClient::new(transport)),
		}
	}

	/// The hash of a block; none where there is no such block yet.
	pub(super) async fn block(&self, number: u32) -> Option<Hash> {
		let hash = self.rpc.chain_get_block_hash(Some(number.into())).await;
		hash.expect("the node answers").map(|hash| hash.0.into())
	}

	/// The same, when it is there.
	pub(super) async fn wait_for_block(&self, number: u32) -> Hash {
		let start = Instant::now();
		loop {
			if let Some(hash) = self.block(number).await {
				return hash;
			}
			assert!(start.elapsed() < BLOCK_LIMIT, "no block {number} in {BLOCK_LIMIT:?}");
			sleep(LOOK_EVERY).await;
		}
	}

	/// The number of the best block.
	pub(super) async fn height(&self) -> u32 {
		let header = self.rpc.chain_get_header(None).await.expect("the node answers");
		let header = header.expect("there is a best block");
		u32::try_from(header.number).expect("few blocks")
	}

	/// An item of the state after a block.
	pub(super) async fn value<V: Decode>(&self, key: &[u8], at: Hash) -> Option<V> {
		let value = self.rpc.state_get_storage(key, Some(H256(at.0))).await;
		let value = value.expect("the node answers")?;
		Some(V::decode(&mut &value[..]).expect("the node runs this runtime"))
	}

	/// An item of the state, when it is there.
	pub(super) async fn wait_for<V: Decode>(&self, key: &[u8], blocks: u32, what: &str) -> V {
		let last = self.height().await + blocks;
		loop {
			let height = self.height().await;
			let best = self.wait_for_block(height).await;
			if let Some(value) = self.value(key, best).await {
				return value;
			}
			assert!(height <= last, "{what} is not there after {blocks} blocks");
			sleep(LOOK_EVERY).await;
		}
	}

	/// What happened in a block.
	pub(super) async fn events(&self, at: Hash) -> Vec<RuntimeEvent> {
		let key = frame_support::storage::storage_prefix(b"System", b"Events");
		let records: Vec<Record> = self.value(&key, at).await.unwrap_or_default();
		records.into_iter().map(|record| record.event).collect()
	}

	/// What ordinary transactions took of a block, in picoseconds.
	pub(super) async fn normal_weight(&self, at: Hash) -> u64 {
		let key = frame_support::storage::storage_prefix(b"System", b"BlockWeight");
		let weight: PerDispatchClass<Weight> = self.value(&key, at).await.unwrap_or_default();
		weight.get(DispatchClass::Normal).ref_time()
	}

	/// The protocol's clock.
	pub(super) async fn tick(&self, at: Hash) -> u32 {
		let key = pallet_market::Clock::<Runtime>::hashed_key();
		let clock: pallet_market::ClockState = self.value(&key, at).await.unwrap_or_default();
		clock.tick
	}

	/// The whole state after a block.
	pub(super) async fn state(&self, at: Hash) -> State {
		let at = Some(H256(at.0));
		let (mut state, mut last) = (BTreeMap::new(), None::<Vec<u8>>);
		loop {
			let keys = self.rpc.state_get_keys_paged(&[], PAGE, last.as_deref(), at).await;
			let keys = keys.expect("the node answers");
			let Some(end) = keys.last() else { return State(state) };
			last = Some(end.clone());
			let values = self
				.rpc
				.state_query_storage_at(keys.iter().map(Vec::as_slice), at)
				.await;
			for (key, value) in values
				.expect("the node answers")
				.into_iter()
				.flat_map(|set| set.changes)
			{
				state.insert(key.0, value.map_or(0, |value| value.0.len()));
			}
		}
	}

	/// Sends transactions in their order. Returns those that the node refused, each with its reason.
	pub(super) async fn send(&self, transactions: Vec<Vec<u8>>) -> Vec<(Vec<u8>, String)> {
		stream::iter(transactions)
			.map(|bytes| async move {
				let refused = self.rpc.author_submit_extrinsic(&bytes).await.err()?;
				Some((bytes, reason(&refused)))
			})
			.buffered(AT_ONCE)
			.filter_map(|refused| async { refused })
			.collect()
			.await
	}

	/// Sends transactions of which none may be refused.
	pub(super) async fn send_all(&self, transactions: Vec<Vec<u8>>) {
		if let Some((_, why)) = self.send(transactions).await.first() {
			panic!("the node refuses a transaction: {why}");
		}
	}
}

fn reason(error: &subxt::rpcs::Error) -> String {
	match error {
		subxt::rpcs::Error::User(answer) => {
			let detail = answer.data.as_ref().map(|data| data.get().to_owned());
			format!("{}: {}", answer.message, detail.unwrap_or_default())
		}
		other => other.to_string(),
	}
}
