//! The whole state as keys and sizes, and what it has grown by.

use super::{chain::Chain, recorder::Names};
use polkadot_sdk::*;
use std::collections::BTreeMap;

/// What every block writes, jobs or none: System's own records of blocks, and consensus.
const OF_BLOCKS: [&str; 13] = [
	"Authorship::",
	"Babe::",
	"Grandpa::",
	"Historical::",
	"Session::",
	"Staking::",
	"System::BlockHash",
	"System::BlockSize",
	"System::BlockWeight",
	"System::Digest",
	"System::Event",
	"System::Extrinsic",
	"Timestamp::",
];

/// What ended jobs may leave: counters of requesters, pools, providers and eras. A pool and a provider have one entry each for
/// every era of a fixed number, and a requester one.
const COUNTERS: [&str; 8] = [
	"Market::EraProgress",
	"Market::History",
	"Market::PoolTallies",
	"Market::Requesters",
	"Market::Totals",
	"Rewards::ClearCursor",
	"Rewards::Eras",
	"Rewards::Points",
];

/// For each key the bytes of its value.
pub(crate) struct State(pub(crate) BTreeMap<Vec<u8>, usize>);

/// What a storage has grown by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Grown {
	/// Keys that are new, less those that are gone.
	pub(crate) keys: i64,
	/// Bytes of these keys.
	pub(crate) key_bytes: i64,
	/// Bytes of values.
	pub(crate) bytes: i64,
}

/// By the name of a storage. One that did not change is not there.
pub(crate) type Growth = BTreeMap<String, Grown>;

impl State {
	/// The state of a chain in memory.
	pub(crate) fn of(chain: &mut Chain) -> State {
		chain.execute(|| {
			let mut state = BTreeMap::new();
			let mut key = Vec::new();
			while let Some(next) = sp_io::storage::next_key(&key) {
				let bytes = sp_io::storage::get(&next).map_or(0, |value| value.len());
				state.insert(next.clone(), bytes);
				key = next;
			}
			State(state)
		})
	}

	/// How much larger than `before` the state is, without what blocks themselves leave.
	pub(crate) fn growth_since(&self, before: &State) -> Growth {
		let names = Names::new();
		let mut growth = Growth::new();
		let mut add = |key: &Vec<u8>, sign: i64, bytes: i64| {
			let grown = growth.entry(names.of(key)).or_default();
			grown.keys += sign;
			grown.key_bytes += sign * signed(key.len());
			grown.bytes += bytes;
		};
		for (key, bytes) in &self.0 {
			match before.0.get(key) {
				Some(known) => add(key, 0, signed(*bytes) - signed(*known)),
				None => add(key, 1, signed(*bytes)),
			}
		}
		for (key, bytes) in before.0.iter().filter(|(key, _)| !self.0.contains_key(*key)) {
			add(key, -1, -signed(*bytes));
		}
		growth.retain(|name, grown| {
			*grown != Grown::default() && !OF_BLOCKS.iter().any(|prefix| name.starts_with(prefix))
		});
		growth
	}
}

/// All storages together.
pub(crate) fn total(growth: &Growth) -> Grown {
	growth.values().fold(Grown::default(), |sum, grown| Grown {
		keys: sum.keys + grown.keys,
		key_bytes: sum.key_bytes + grown.key_bytes,
		bytes: sum.bytes + grown.bytes,
	})
}

/// Keys that came or went and are no counters.
pub(crate) fn keys_beside_counters(growth: &Growth) -> i64 {
	let others = growth.iter().filter(|(name, _)| !COUNTERS.contains(&name.as_str()));
	others.map(|(_, grown)| grown.keys.abs()).sum()
}

/// One storage after the other, the largest growth first.
pub(crate) fn listed(growth: &Growth) -> String {
	let mut storages: Vec<(&String, &Grown)> = growth.iter().collect();
	storages.sort_by_key(|(_, grown)| (-grown.keys.abs(), -grown.bytes.abs()));
	let one = |(name, grown): &(&String, &Grown)| format!("{name} {:+} keys {:+} B", grown.keys, grown.bytes);
	match storages.len() {
		0 => "nothing".to_owned(),
		_ => storages.iter().map(one).collect::<Vec<_>>().join(", "),
	}
}

fn signed(bytes: usize) -> i64 {
	i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
	use super::*;
	use millrace_primitives::JobId;
	use millrace_runtime::Runtime;
	use sp_core::H256;

	fn state(entries: &[(Vec<u8>, usize)]) -> State {
		State(entries.iter().cloned().collect())
	}

	#[test]
	fn growth_is_what_came_less_what_went_under_the_name_of_its_storage() {
		let key = |byte| pallet_market::Jobs::<Runtime>::hashed_key_for(JobId(H256([byte; 32])));
		let halted = pallet_market::EraProgress::<Runtime>::hashed_key().to_vec();
		let before = state(&[(key(1), 100), (key(2), 100), (halted.clone(), 1)]);
		let after = state(&[(key(2), 140), (key(3), 100), (key(4), 100), (halted, 1)]);
		let growth = after.growth_since(&before);
		let grown = Grown {
			keys: 1,
			key_bytes: 64,
			bytes: 140,
		};
		assert_eq!(growth, Growth::from([("Market::Jobs".to_owned(), grown)]));
		assert_eq!(total(&growth), grown);
		assert_eq!(listed(&growth), "Market::Jobs +1 keys +140 B");
	}

	#[test]
	fn a_requester_is_a_counter_and_a_job_is_none() {
		let requester = pallet_market::Requesters::<Runtime>::hashed_key_for(sp_runtime::AccountId32::new([1; 32]));
		let job = pallet_market::Jobs::<Runtime>::hashed_key_for(JobId(H256([1; 32])));
		let growth = |key: &Vec<u8>| state(&[(key.clone(), 64)]).growth_since(&state(&[]));
		assert_eq!(keys_beside_counters(&growth(&requester)), 0);
		assert_eq!(keys_beside_counters(&growth(&job)), 1);
	}

	#[test]
	fn what_blocks_leave_is_not_counted() {
		let key = frame_system::BlockHash::<Runtime>::hashed_key_for(7);
		let growth = state(&[(key, 32)]).growth_since(&state(&[]));
		assert_eq!(growth, Growth::new());
		assert_eq!(listed(&growth), "nothing");
	}
}
