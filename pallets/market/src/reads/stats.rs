//! What the market is and has done.

use super::types::{NetworkStats, PoolStats, COUNT_LOOKS};
use crate::{book::Side, Asks, Config, Jobs, Levels, Pallet, PoolTallies};
use alloc::collections::BTreeMap;
use millrace_primitives::{traits::ProtocolClock, Pool};

impl<T: Config> Pallet<T> {
	/// What the market is and has done.
	pub fn network_stats() -> NetworkStats {
		let asking = Asks::<T>::iter_values().map(|asks| asks.count() > 0);
		NetworkStats {
			tick: Self::now(),
			halted: Self::is_halted(),
			live_jobs: counted(Jobs::<T>::iter_keys().map(|_| true)),
			asking_providers: counted(asking),
			totals: Self::totals(),
			era: Self::era(),
			pools: Self::pool_stats().into_values().collect(),
		}
	}

	/// Each pool that has an order or has ended a job, in order. There are as few of them as classes and regions allow.
	fn pool_stats() -> BTreeMap<Pool, PoolStats> {
		let mut pools = BTreeMap::new();
		let empty = |pool| PoolStats {
			pool,
			best_ask: None,
			best_bid: None,
			totals: Default::default(),
			running: Default::default(),
		};
		for (pool, levels) in Levels::<T>::iter() {
			let stats: &mut PoolStats = pools.entry(pool).or_insert(empty(pool));
			stats.best_ask = levels.best(Side::Ask).map(|level| level.price());
			stats.best_bid = levels.best(Side::Bid).map(|level| level.price());
		}
		for (pool, tally) in PoolTallies::<T>::iter() {
			let stats: &mut PoolStats = pools.entry(pool).or_insert(empty(pool));
			stats.totals = tally.totals;
			stats.running = tally.era;
		}
		pools
	}
}

/// How many of the first [`COUNT_LOOKS`] count.
fn counted(records: impl Iterator<Item = bool>) -> u32 {
	(0..COUNT_LOOKS)
		.zip(records)
		.fold(0, |count: u32, (_, counts)| count.saturating_add(u32::from(counts)))
}
