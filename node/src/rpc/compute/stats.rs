//! What the market is and has done, in all and pool by pool.

use super::{
	terms::pool,
	text::{decimal, list, maybe, object, price},
};
use pallet_market::{
	reads::types::{NetworkStats, PoolStats},
	types::{MarketTotals, PoolEra},
};
use serde_json::Value;

/// What the market is and has done.
pub(super) fn stats(stats: &NetworkStats) -> Value {
	object([
		("tick", stats.tick.into()),
		("halted", stats.halted.into()),
		("liveJobs", stats.live_jobs.into()),
		("askingProviders", stats.asking_providers.into()),
		("totals", totals(&stats.totals)),
		("era", stats.era.into()),
		("pools", list(&stats.pools, pool_stats)),
	])
}

fn pool_stats(stats: &PoolStats) -> Value {
	object([
		("pool", pool(stats.pool)),
		("bestAsk", maybe(stats.best_ask, price)),
		("bestBid", maybe(stats.best_bid, price)),
		("totals", totals(&stats.totals)),
		("running", era(&stats.running)),
	])
}

fn totals(totals: &MarketTotals) -> Value {
	object([
		("settled", decimal(totals.settled)),
		("paid", decimal(totals.paid)),
		("fees", decimal(totals.fees)),
	])
}

/// What a pool has done in an era.
pub(super) fn era(era: &PoolEra) -> Value {
	object([
		("paidJobs", era.paid_jobs.into()),
		("lapsed", era.lapsed.into()),
		("cancelled", era.cancelled.into()),
		("expired", era.expired.into()),
		("unserved", era.unserved.into()),
		("refuted", era.refuted.into()),
		("voided", era.voided.into()),
		("silent", era.silent.into()),
		("refused", era.refused.into()),
		("units", decimal(era.units)),
		("unitsMax", decimal(era.units_max)),
		("paid", decimal(era.paid)),
		("fees", decimal(era.fees)),
		("priceLow", price(era.price_low)),
		("priceHigh", price(era.price_high)),
		("priceLast", price(era.price_last)),
		("ticks", list(era.ticks, Value::from)),
	])
}
