//! What the blocks of an upgrade leave behind, byte by byte, and on both nodes alike.

use crate::{
	council::events,
	jobs::LIVE,
	world::{World, LIMIT},
};
use codec::{Compact, Decode, DecodeAll};
use millrace_client::chain::to_hex;
use millrace_runtime::AccountId;
use millrace_tests::{rpc::bytes, Node};
use pallet_market::{ClockState, Job, JobState};
use polkadot_sdk::frame_support::storage::storage_prefix;
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// Bytes of an id, and of an account.
const ID: usize = 32;
/// Most entries of a map that are read.
const MOST: u32 = 100;

/// The bytes of live jobs, by their ids.
type Records = BTreeMap<[u8; ID], Vec<u8>>;

/// What was seen.
pub(crate) struct Passed {
	/// Blocks whose state was of two layouts.
	pub(crate) half: usize,
}

/// A chain after one of its blocks.
struct State<'n> {
	node: &'n Node,
	hash: Value,
}

impl<'n> State<'n> {
	fn at(node: &'n Node, number: u64) -> State<'n> {
		State {
			node,
			hash: node.call("chain_getBlockHash", json!([number])),
		}
	}

	fn specification(&self) -> u32 {
		let version = self.node.call("state_getRuntimeVersion", json!([self.hash]));
		let version = version["specVersion"].as_u64().expect("a version");
		u32::try_from(version).expect("a small number")
	}

	/// Whether something is still to be rewritten.
	fn is_half(&self) -> bool {
		let last = self
			.item("System", "LastRuntimeUpgrade")
			.expect("it is written in block 1");
		let last = Compact::<u32>::decode(&mut last.as_slice()).expect("a version");
		last.0 != self.specification() || self.item("Migrations", "Cursor").is_some()
	}

	fn tick(&self) -> u32 {
		let clock = self.item("Market", "Clock").expect("the clock was set");
		let clock = ClockState::decode_all(&mut clock.as_slice()).expect("a clock");
		clock.tick
	}

	/// The version of what the market stores.
	fn market(&self) -> u16 {
		let version = self.item("Market", ":__STORAGE_VERSION__:").expect("it has one");
		u16::decode(&mut version.as_slice()).expect("a version")
	}

	fn records(&self) -> Records {
		let prefix = to_hex(&storage_prefix(b"Market", b"Jobs"));
		let keys = self
			.node
			.call("state_getKeysPaged", json!([prefix, MOST, null, self.hash]));
		let keys = keys.as_array().expect("a list").iter();
		keys.map(|key| {
			let bytes = bytes(key);
			let id = bytes[bytes.len() - ID..].try_into().expect("an id");
			let record = self.stored(key.as_str().expect("a key")).expect("it is there");
			(id, record)
		})
		.collect()
	}

	/// Transactions and inherents.
	fn extrinsics(&self) -> usize {
		let block = self.node.call("chain_getBlock", json!([self.hash]));
		block["block"]["extrinsics"].as_array().map_or(0, Vec::len)
	}

	fn item(&self, pallet: &str, item: &str) -> Option<Vec<u8>> {
		self.stored(&to_hex(&storage_prefix(pallet.as_bytes(), item.as_bytes())))
	}

	fn stored(&self, key: &str) -> Option<Vec<u8>> {
		let value = self.node.call("state_getStorage", json!([key, self.hash]));
		(!value.is_null()).then(|| bytes(&value))
	}
}

/// The version of the runtime that a block leaves in force.
pub(crate) fn specification(node: &Node, number: u64) -> u32 {
	State::at(node, number).specification()
}

/// Waits until the state of a block after `first` is whole and final, and gives its number.
pub(crate) fn whole_again(world: &World, first: u64) -> u64 {
	let mut next = first;
	world.wait("the end of the migration", || {
		let (_, last) = world.follower.heights();
		while next <= last {
			if !State::at(&world.follower, next).is_half() {
				return Some(next);
			}
			next += 1;
		}
		None
	})
}

/// Whether a record is one of the new layout: the job's id stands behind its requester. All else is of the old one.
fn is_new(id: &[u8; ID], record: &[u8]) -> bool {
	record[ID..2 * ID] == *id
}

/// A record of the new layout in the old one.
fn back(record: &[u8]) -> Vec<u8> {
	[&record[..ID], &record[2 * ID..]].concat()
}

fn job(record: &[u8]) -> Job<AccountId> {
	Job::decode_all(&mut &*record).expect("a job of the old layout")
}

/// Looks at every block from the first under the new runtime to the first whose state is whole.
pub(crate) fn all_between(world: &World, first: u64, last: u64, specification: u32) -> Passed {
	let follower = &world.follower;
	let (best, _) = follower.heights();
	if best <= last {
		follower.wait_until("the block after the migration", LIMIT, |node| node.heights().0 > last);
	}
	let before = State::at(follower, first - 1);
	assert_eq!((before.specification(), before.is_half()), (specification, false));

	let begin = State::at(follower, first);
	let old = begin.records();
	assert_eq!(old.len(), LIVE, "as many jobs as before");
	let mut states: Vec<&str> = old.values().map(|record| name(&job(record))).collect();
	states.sort_unstable();
	assert_eq!(states, ["assigned", "committed", "pending", "pending", "running"]);

	let mut half = 0;
	for number in first..=last {
		let state = State::at(follower, number);
		let again = State::at(&world.validator, number);
		assert_eq!(state.hash, again.hash, "block {number}");
		assert_eq!(state.specification(), specification + 1, "block {number}");
		assert_eq!(again.specification(), specification + 1, "block {number}");
		let is_half = state.is_half();
		assert_eq!(is_half, number < last, "block {number}");
		half += usize::from(is_half);

		let records = state.records();
		assert!(records.keys().eq(old.keys()), "block {number}: other jobs");
		let rewritten = records.iter().filter(|(id, record)| is_new(id, record)).count();
		// One in each block after the one that has the code, and a block to see that there is no other.
		let expected = usize::try_from(number - first).expect("a few").min(LIVE);
		assert_eq!(rewritten, expected, "block {number}");
		for (id, record) in &records {
			let whole = match is_new(id, record) {
				true => back(record),
				false => record.clone(),
			};
			assert_eq!(whole, old[id], "block {number}: a job has changed");
		}
		assert_eq!(state.market(), if is_half { 4 } else { 5 }, "block {number}");
		assert_eq!(state.tick(), begin.tick(), "block {number}: a tick");
		if number > first {
			assert_eq!(state.extrinsics(), 1, "block {number}: only the inherent");
		}
		let events = events(world, number);
		let failed = events
			.iter()
			.find(|event| event.starts_with("Migrations::") && event.ends_with("Failed"));
		assert_eq!(failed, None, "block {number}");
		let completed = events.iter().any(|event| event == "Migrations::UpgradeCompleted");
		assert_eq!(completed, number == last, "block {number}: {events:?}");
	}
	assert_eq!(half, LIVE + 1);
	let after = State::at(follower, last + 1);
	assert!(after.tick() <= begin.tick() + 1, "at most one tick has passed");
	Passed { half }
}

fn name(job: &Job<AccountId>) -> &'static str {
	match job.state {
		JobState::Pending => "pending",
		JobState::Assigned { .. } => "assigned",
		JobState::Running { .. } => "running",
		JobState::Committed { .. } => "committed",
	}
}
