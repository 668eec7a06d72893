//! Usage rewards.

use super::{
	chain::{Answers, Chain},
	samples::{MOST_TEXT, ODD_TEXT},
	value,
};
use millrace_primitives::{ProviderId, HISTORY_ERAS};
use serde_json::json;

#[tokio::test]
async fn what_a_provider_has_earned_loses_no_digit() {
	let chain = Chain::new(Answers::default());
	let earned = value(&chain, "compute_v1_rewardPreview", json!([3])).await;
	assert_eq!(chain.asked(), format!("{:?}", ProviderId(3)));
	let expected = json!({"eras": [
		{"era": 9, "fees": ODD_TEXT, "reward": "1", "state": "running"},
		{"era": 8, "fees": MOST_TEXT, "reward": ODD_TEXT, "state": "closing"},
		{"era": 7, "fees": "2", "reward": MOST_TEXT, "state": "claimable"},
	]});
	assert_eq!(earned, expected);
}

#[tokio::test]
async fn what_eras_pay_is_told_of_as_many_as_are_asked_for() {
	let chain = Chain::new(Answers::default());
	let paid = value(&chain, "compute_v1_eraRewards", json!([2])).await;
	assert_eq!(chain.asked(), "2");
	let expected = json!({"eras": [
		{"era": 7, "fees": MOST_TEXT, "pool": ODD_TEXT, "claimed": "3"},
		{"era": 6, "fees": "0", "pool": "0", "claimed": "0"},
	]});
	assert_eq!(paid, expected);
	// All that are remembered, where nobody says how many.
	value(&chain, "compute_v1_eraRewards", json!([])).await;
	assert_eq!(chain.asked(), HISTORY_ERAS.to_string());
}
