//! What the market is and has done.

use super::{
	chain::{Answers, Chain},
	samples::{self, MOST_TEXT, ODD_TEXT},
	value,
};
use serde_json::{json, Value};

#[tokio::test]
async fn the_statistics_lose_no_digit() {
	let chain = Chain::new(Answers::default());
	let mut stats = value(&chain, "compute_v1_networkStats", json!([])).await;
	let pool = stats["pools"][0].take();
	let expected = json!({
		"tick": 12, "halted": false, "liveJobs": 4, "askingProviders": 2, "era": 6,
		"totals": {"settled": ODD_TEXT, "paid": MOST_TEXT, "fees": "7"},
		"pools": [null],
	});
	assert_eq!(stats, expected);
	let zeros = json!([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
	let running = json!({
		"paidJobs": 0, "lapsed": 0, "cancelled": 0, "expired": 0, "unserved": 0, "refuted": 0, "voided": 0, "silent": 0,
		"refused": 0, "units": "0", "unitsMax": "0", "paid": "0", "fees": "0", "priceLow": "0", "priceHigh": "0",
		"priceLast": "0", "ticks": zeros,
	});
	let expected = json!({
		"pool": samples::pool_json(), "bestAsk": ODD_TEXT, "bestBid": null,
		"totals": {"settled": "1", "paid": "2", "fees": "3"}, "running": running,
	});
	assert_eq!(pool, expected);
}

#[tokio::test]
async fn an_era_of_a_pool_has_its_counts_and_its_prices() {
	let chain = Chain::new(Answers::default());
	let era = value(&chain, "compute_v1_poolEra", json!([samples::pool_json(), 5])).await;
	assert_eq!(chain.asked(), format!("{:?}", (samples::pool(), 5u32)));
	let expected = json!({
		"paidJobs": 1, "lapsed": 2, "cancelled": 3, "expired": 4, "unserved": 5, "refuted": 6, "voided": 7, "silent": 8,
		"refused": 12, "units": MOST_TEXT, "unitsMax": ODD_TEXT, "paid": MOST_TEXT, "fees": "9",
		"priceLow": "10", "priceHigh": ODD_TEXT, "priceLast": "11",
		"ticks": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
	});
	assert_eq!(era, expected);
	let none = value(&chain, "compute_v1_poolEra", json!([samples::pool_json(), 4])).await;
	assert_eq!(none, Value::Null);
}
