//! What a chain says of its validators, read after one block, from any node that has that block's state.

use codec::Decode;
use millrace_client::chain::{to_hex, AccountId, SessionKeys};
use millrace_tests::{
	rpc::{self, bytes},
	spec::Validator,
	Node,
};
use polkadot_sdk::{
	frame_support::storage::storage_prefix, sp_consensus_babe::digests::CompatibleDigestItem, sp_io::hashing::twox_64,
	sp_runtime::DigestItem,
};
use serde_json::{json, Value};
use std::{
	thread::sleep,
	time::{Duration, Instant},
};

/// How long anything may take that takes a few blocks.
pub(crate) const LIMIT: Duration = Duration::from_secs(150);
/// Most entries of a map that are read.
const MOST: u32 = 100;

/// A public key.
pub(crate) type Key = [u8; 32];

/// The keys that a validator has at genesis.
pub(crate) fn keys_of(validator: &Validator) -> SessionKeys {
	SessionKeys {
		grandpa: validator.grandpa(),
		babe: validator.babe(),
	}
}

/// A slash that waits until it is taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Slash {
	/// Whose stake it is taken from.
	pub(crate) stash: AccountId,
	/// How much, in planck.
	pub(crate) own: u128,
}

/// The same as the chain stores it: the stash, its part, those of its nominators, who reported, and what these get.
type Unapplied = (Key, u128, Vec<(Key, u128)>, Vec<Key>, u128);

/// A chain after one of its blocks.
pub(crate) struct State<'n> {
	node: &'n Node,
	hash: Value,
}

impl<'n> State<'n> {
	/// After the last final block.
	pub(crate) fn finalised(node: &'n Node) -> State<'n> {
		State {
			node,
			hash: node.call("chain_getFinalizedHead", json!([])),
		}
	}

	/// After the block with this number.
	pub(crate) fn at(node: &'n Node, number: u64) -> State<'n> {
		State {
			node,
			hash: node.call("chain_getBlockHash", json!([number])),
		}
	}

	/// The block's hash.
	pub(crate) fn hash(&self) -> &Value {
		&self.hash
	}

	/// The running session.
	pub(crate) fn session(&self) -> u32 {
		self.value("Session", "CurrentIndex")
	}

	/// The validators that are queued for the next session, with their keys.
	pub(crate) fn queued(&self) -> Vec<(AccountId, SessionKeys)> {
		let queued: Vec<(Key, Key, Key)> = self.value("Session", "QueuedKeys");
		let queued = queued
			.into_iter()
			.map(|(stash, grandpa, babe)| (AccountId(stash), SessionKeys { grandpa, babe }));
		queued.collect()
	}

	/// The keys that a stash has registered.
	pub(crate) fn registered(&self, stash: AccountId) -> Option<SessionKeys> {
		let prefix = storage_prefix(b"Session", b"NextKeys");
		let key = [&prefix[..], &twox_64(&stash.0), &stash.0].concat();
		let stored = self.stored(&to_hex(&key))?;
		Some(SessionKeys::decode(&stored).expect("two keys"))
	}

	/// The keys that author blocks, by their index.
	pub(crate) fn authors(&self) -> Vec<Key> {
		self.weighted("Babe")
	}

	/// The keys that vote for finality, by their index.
	pub(crate) fn voters(&self) -> Vec<Key> {
		self.weighted("Grandpa")
	}

	/// How many validators are disabled until the era is over.
	pub(crate) fn disabled(&self) -> usize {
		let disabled: Vec<(u32, u32)> = self.value("Session", "DisabledValidators");
		disabled.len()
	}

	/// How many offences were ever reported.
	pub(crate) fn offences(&self) -> usize {
		self.keys("Offences", "Reports").len()
	}

	/// All slashes that wait.
	pub(crate) fn slashes(&self) -> Vec<Slash> {
		let keys = self.keys("Staking", "UnappliedSlashes");
		let of_era = |key: &String| {
			let bytes = self.stored(key).unwrap_or_default();
			decoded::<Vec<Unapplied>>(&bytes)
		};
		let slashes = keys.iter().flat_map(of_era).map(|(stash, own, ..)| Slash {
			stash: AccountId(stash),
			own,
		});
		slashes.collect()
	}

	/// The key that authored the block.
	pub(crate) fn author(&self) -> Option<Key> {
		let header = self.node.call("chain_getHeader", json!([self.hash]));
		let logs = header["digest"]["logs"].as_array()?;
		let digest = logs
			.iter()
			.find_map(|log| decoded::<DigestItem>(&bytes(log)).as_babe_pre_digest())?;
		let index = usize::try_from(digest.authority_index()).ok()?;
		self.authors().get(index).copied()
	}

	/// The keys of a list in which each has a weight.
	fn weighted(&self, pallet: &str) -> Vec<Key> {
		let weighted: Vec<(Key, u64)> = self.value(pallet, "Authorities");
		weighted.into_iter().map(|(key, _)| key).collect()
	}

	/// An item; empty or zero where it is not there.
	fn value<T: Decode + Default>(&self, pallet: &str, item: &str) -> T {
		let key = storage_prefix(pallet.as_bytes(), item.as_bytes());
		let stored = self.stored(&to_hex(&key));
		stored.map(|bytes| decoded(&bytes)).unwrap_or_default()
	}

	fn stored(&self, key: &str) -> Option<Vec<u8>> {
		let value = self.node.call("state_getStorage", json!([key, self.hash]));
		(!value.is_null()).then(|| bytes(&value))
	}

	/// The keys of a map's entries.
	fn keys(&self, pallet: &str, item: &str) -> Vec<String> {
		let prefix = to_hex(&storage_prefix(pallet.as_bytes(), item.as_bytes()));
		let keys = self
			.node
			.call("state_getKeysPaged", json!([prefix, MOST, null, self.hash]));
		let keys = keys.as_array().expect("a list").iter();
		keys.map(|key| key.as_str().expect("a key").to_owned()).collect()
	}
}

/// Waits for the first final block from `first` on after which there is something, and gives its number, too.
pub(crate) fn first<T>(node: &Node, what: &str, first: u64, mut look: impl FnMut(&State<'_>) -> Option<T>) -> (u64, T) {
	let start = Instant::now();
	let mut next = first;
	loop {
		let last = node.heights().1;
		while next <= last {
			if let Some(found) = look(&State::at(node, next)) {
				return (next, found);
			}
			next += 1;
		}
		assert!(
			start.elapsed() < LIMIT,
			"{what}: not in blocks {first} to {last}, for {LIMIT:?}\n{}",
			node.process.tail()
		);
		sleep(Duration::from_millis(500));
	}
}

/// The number of the last final block of a node that may not answer.
pub(crate) fn last_final(port: u16) -> Option<u64> {
	let hash = rpc::call(port, "chain_getFinalizedHead", json!([])).ok()?;
	let header = rpc::call(port, "chain_getHeader", json!([hash])).ok()?;
	u64::from_str_radix(header["number"].as_str()?.trim_start_matches("0x"), 16).ok()
}

/// The hash of a block, of a node that may not answer or not have it.
pub(crate) fn block_hash(port: u16, number: u64) -> Option<String> {
	let hash = rpc::call(port, "chain_getBlockHash", json!([number])).ok()?;
	hash.as_str().map(str::to_owned)
}

/// What begins with something encoded.
pub(crate) fn decoded<T: Decode>(mut bytes: &[u8]) -> T {
	T::decode(&mut bytes).expect("the chain has this runtime")
}
