//! `millrace network era`.

use super::super::{
	print::{grouped, pairs},
	Session,
};
use crate::{
	amount,
	chain::{NetworkStats, Pool, PoolEra, Tick, HISTORY_ERAS},
	exit::Failure,
};
use serde_json::{json, Value};

/// Prints what a pool did in an era, or what each that did anything did.
pub(super) async fn run(session: &Session<'_>, pool: Option<Pool>, era: Option<u32>) -> Result<(), Failure> {
	let at = session.chain().await?.best().await?;
	let stats = at.network_stats().await?;
	let number = chosen(era, stats.era)?;
	let mut done = Vec::new();
	for pool in asked(pool, &stats) {
		// The running era of a pool is there before anything is done in it.
		let figures = at.pool_era(pool, number).await?;
		done.extend(
			figures
				.filter(|figures| *figures != PoolEra::default())
				.map(|figures| (pool, figures)),
		);
	}
	let era = Era {
		number,
		is_running: number == stats.era,
		pools: done,
	};
	session.printer.show(&era.object(at.block().number), || era.text());
	Ok(())
}

/// The era that is asked for; where none is, the last one that is over, or the first one while it runs.
fn chosen(asked: Option<u32>, running: u32) -> Result<u32, Failure> {
	let Some(era) = asked else {
		return Ok(running.saturating_sub(1));
	};
	if era > running {
		return Err(Failure::usage(
			format!("era {era} has not begun: era {running} runs"),
			"leave --era out for the last one that is over",
		));
	}
	let first = running.saturating_sub(HISTORY_ERAS);
	if era < first {
		return Err(Failure::usage(
			format!("era {era} is not remembered any more: the first one that is has the number {first}"),
			format!("the chain remembers {HISTORY_ERAS} eras beside the running one"),
		));
	}
	Ok(era)
}

/// The pools that are asked for. A pool that has ever ended a job is among those that the market counts.
fn asked(pool: Option<Pool>, stats: &NetworkStats) -> Vec<Pool> {
	match pool {
		Some(pool) => vec![pool],
		None => stats.pools.iter().map(|pool| pool.pool).collect(),
	}
}

/// What was done in an era.
struct Era {
	number: u32,
	is_running: bool,
	/// What each pool did that did anything.
	pools: Vec<(Pool, PoolEra)>,
}

impl Era {
	fn object(&self, block: u64) -> Value {
		let pools: Vec<Value> = self.pools.iter().map(|(pool, done)| pool_object(*pool, done)).collect();
		json!({ "era": self.number, "running": self.is_running, "pools": pools, "block": block })
	}

	fn text(&self) -> String {
		let (number, runs) = (self.number, if self.is_running { ", which runs still" } else { "" });
		if self.pools.is_empty() {
			return format!("nothing was done in era {number}{runs}");
		}
		let pools: Vec<String> = self.pools.iter().map(|(pool, done)| pool_text(*pool, done)).collect();
		format!("era {number}{runs}\n\n{}", pools.join("\n\n"))
	}
}

/// The share of paid jobs whose ticks to a result are shown, in percent.
const HALF: u32 = 50;
/// The same for the slow ones.
const NINE_TENTHS: u32 = 90;

fn pool_object(pool: Pool, done: &PoolEra) -> Value {
	let mut object = json!(done);
	if let Some(object) = object.as_object_mut() {
		object.insert("pool".to_owned(), json!(pool));
		object.insert("ticks_p50".to_owned(), done.ticks_percentile(HALF).into());
		object.insert("ticks_p90".to_owned(), done.ticks_percentile(NINE_TENTHS).into());
	}
	object
}

fn pool_text(pool: Pool, done: &PoolEra) -> String {
	let none = || "none".to_owned();
	let ticks = |percent| done.ticks_percentile(percent).map_or_else(none, within);
	let prices = done.prices.map_or_else(none, |prices| {
		let [low, high, last] = [prices.low, prices.high, prices.last].map(|price| grouped(price.0));
		format!("{low}, {high}, {last} planck for 2^30 units")
	});
	pairs([
		("pool", pool.to_string()),
		("jobs paid", grouped(done.paid_jobs)),
		("  of them lapsed", grouped(done.lapsed)),
		("cancelled", grouped(done.cancelled)),
		("expired", grouped(done.expired)),
		("unserved", grouped(done.unserved)),
		("refuted", grouped(done.refuted)),
		("void by another's refutation", grouped(done.voided)),
		("void, leaves never came", grouped(done.silent)),
		("delivery refused", grouped(done.refused)),
		("units", grouped(done.units)),
		("units, at most", grouped(done.units_max)),
		("paid, not verified", amount::print(done.paid)),
		("fees burned", amount::print(done.fees)),
		("price, low, high, last", prices),
		("ticks to a result, half", ticks(HALF)),
		("ticks to a result, 9 in 10", ticks(NINE_TENTHS)),
	])
}

/// The upper end of a bucket.
fn within(ticks: Tick) -> String {
	format!("{} or less", grouped(ticks))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		amount::MILL,
		chain::{PaidPrices, PoolStats, Price},
	};

	/// Three jobs had their result after 4 to 7 ticks, one after 16 to 31.
	fn done() -> PoolEra {
		let mut ticks = [0; 16];
		(ticks[3], ticks[5]) = (3, 1);
		PoolEra {
			paid_jobs: 4,
			lapsed: 2,
			cancelled: 101,
			expired: 102,
			unserved: 103,
			refuted: 104,
			voided: 105,
			silent: 106,
			refused: 107,
			units: 1_234_567,
			units_max: 7_654_321,
			paid: 70 * MILL,
			fees: 3 * MILL,
			prices: Some(PaidPrices {
				low: Price(1_000_000),
				high: Price(3_000_000),
				last: Price(2_000_000),
			}),
			ticks,
		}
	}

	fn era(pools: Vec<(Pool, PoolEra)>) -> Era {
		Era {
			number: 7,
			is_running: false,
			pools,
		}
	}

	#[test]
	fn a_pool_shows_every_figure() {
		let era = era(vec![("gpu-h/7".parse().unwrap(), done())]);
		let text = era.text();
		for part in [
			"era 7",
			"gpu-h/7",
			"101",
			"102",
			"103",
			"104",
			"105",
			"106",
			"107",
			"1,234,567",
			"7,654,321",
			"70 MILL",
			"3 MILL",
			"1,000,000, 3,000,000, 2,000,000 planck",
			"7 or less",
			"31 or less",
		] {
			assert!(text.contains(part), "{part}: {text}");
		}
		let object = era.object(99);
		assert_eq!(
			(&object["era"], &object["running"], &object["block"]),
			(&json!(7), &json!(false), &json!(99))
		);
		let pool = &object["pools"][0];
		assert_eq!(pool["pool"], "gpu-h/7");
		assert_eq!(pool["refused"], 107);
		assert_eq!(pool["paid"], (70 * MILL).to_string());
		assert_eq!(
			pool["prices"],
			json!({ "low": 1_000_000, "high": 3_000_000, "last": 2_000_000 })
		);
		assert_eq!((&pool["ticks_p50"], &pool["ticks_p90"]), (&json!(7), &json!(31)));
	}

	#[test]
	fn where_nothing_was_paid_there_are_no_prices_and_no_ticks() {
		let era = era(vec![("cpu-4".parse().unwrap(), PoolEra::default())]);
		let pool = &era.object(99)["pools"][0];
		assert!(pool["prices"].is_null() && pool["ticks_p50"].is_null() && pool["ticks_p90"].is_null());
		assert_eq!(era.text().matches("none").count(), 3);
		let nothing = Era {
			is_running: true,
			..self::era(Vec::new())
		};
		assert_eq!(nothing.text(), "nothing was done in era 7, which runs still");
	}

	#[test]
	fn eras_that_are_not_there_are_no_answer() {
		assert_eq!(chosen(None, 0), Ok(0));
		assert_eq!(chosen(None, 9), Ok(8));
		assert_eq!(chosen(Some(9), 9), Ok(9));
		assert!(chosen(Some(10), 9).is_err());
		assert_eq!(chosen(Some(16), 100), Ok(16));
		assert!(chosen(Some(15), 100).unwrap_err().message.contains("the number 16"));
	}

	#[test]
	fn every_pool_is_asked_unless_one_is_named() {
		let (one, other): (Pool, Pool) = ("cpu-4".parse().unwrap(), "gpu-h/7".parse().unwrap());
		let stats = NetworkStats {
			tick: 0,
			halted: false,
			live_jobs: 0,
			asking_providers: 0,
			settled: 0,
			paid: 0,
			fees: 0,
			era: 7,
			pools: vec![PoolStats {
				pool: one,
				best_ask: None,
				best_bid: None,
				settled: 0,
				paid: 0,
				era_jobs: 0,
				era_refused: 0,
				era_fees: 0,
				era_price: None,
			}],
		};
		assert_eq!(asked(None, &stats), [one]);
		assert_eq!(asked(Some(other), &stats), [other]);
	}
}
