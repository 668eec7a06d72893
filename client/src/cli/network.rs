//! `millrace network`.

mod council;
mod era;

use super::{
	arguments::NetworkCommand,
	print::{grouped, pairs, table},
	Session,
};
use crate::{
	amount,
	chain::{NetworkStats, Price},
	exit::Failure,
};
use serde_json::{json, Value};

pub(super) async fn run(session: &Session<'_>, command: Option<NetworkCommand>) -> Result<(), Failure> {
	match command {
		Some(NetworkCommand::Council) => council::run(session).await,
		Some(NetworkCommand::Era { pool, era }) => era::run(session, pool, era).await,
		None => now(session).await,
	}
}

/// What the market is and has done.
async fn now(session: &Session<'_>) -> Result<(), Failure> {
	let at = session.chain().await?.best().await?;
	let stats = at.network_stats().await?;
	let block = at.block().number;
	session.printer.show(&object(&stats, block), || text(&stats, block));
	Ok(())
}

fn object(stats: &NetworkStats, block: u64) -> Value {
	json!({
		"block": block,
		"tick": stats.tick,
		"halted": stats.halted,
		"live_jobs": stats.live_jobs,
		"asking_providers": stats.asking_providers,
		"settled": stats.settled,
		"paid": stats.paid.to_string(),
		"protocol_fees": stats.fees.to_string(),
		"era": stats.era,
		"pools": stats.pools,
	})
}

fn text(stats: &NetworkStats, block: u64) -> String {
	let head = pairs([
		("block", block.to_string()),
		("tick", stats.tick.to_string()),
		("era", stats.era.to_string()),
		("market", if stats.halted { "halted" } else { "open" }.to_owned()),
		("live jobs", grouped(stats.live_jobs)),
		("providers that ask", grouped(stats.asking_providers)),
		("jobs paid", grouped(stats.settled)),
		("paid, not verified", amount::print(stats.paid)),
		("  of it protocol fees", amount::print(stats.fees)),
	]);
	let price = |price: Option<Price>| price.map_or_else(|| "none".to_owned(), |price| grouped(price.0));
	let pools = stats.pools.iter().map(|pool| {
		vec![
			pool.pool.to_string(),
			price(pool.best_ask),
			price(pool.best_bid),
			price(pool.era_price),
			grouped(pool.era_jobs),
			grouped(pool.era_refused),
			grouped(pool.settled),
			amount::print(pool.paid),
		]
	});
	let header = [
		"pool",
		"cheapest ask (planck)",
		"dearest bid",
		"paid last",
		"jobs this era",
		"refused this era",
		"jobs",
		"paid",
	];
	format!("{head}\n\n{}", table(&header, pools))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{amount::MILL, chain::PoolStats};

	#[test]
	fn the_figures_are_all_there() {
		let stats = NetworkStats {
			tick: 1_200,
			halted: false,
			live_jobs: 1_234,
			asking_providers: 5,
			settled: 6_000,
			paid: 70 * MILL,
			fees: 3 * MILL,
			era: 7,
			pools: vec![PoolStats {
				pool: "gpu-h/7".parse().unwrap(),
				best_ask: Some(Price(4_000_000)),
				best_bid: None,
				settled: 4_321,
				paid: 60 * MILL,
				era_jobs: 21,
				era_refused: 17,
				era_fees: 0,
				era_price: Some(Price(3_900_000)),
			}],
		};
		let shown = text(&stats, 99);
		for part in [
			"4,321",
			"60 MILL",
			"3,900,000",
			" 17 ",
			"1,234",
			"6,000",
			"70 MILL",
			"3 MILL",
			"gpu-h/7",
			"4,000,000",
			"none",
			"open",
		] {
			assert!(shown.contains(part), "{part}: {shown}");
		}
		let object = object(&stats, 99);
		assert_eq!(object["pools"][0]["pool"], "gpu-h/7");
		assert_eq!(object["pools"][0]["best_ask"], 4_000_000);
		assert_eq!(object["pools"][0]["era_refused"], 17);
		assert_eq!(object["paid"], (70 * MILL).to_string());
	}
}
