//! The governed figures.

use super::{
	chain::{Answers, Chain},
	samples::{MOST_TEXT, ODD_TEXT},
	value,
};
use serde_json::json;

#[tokio::test]
async fn the_rules_have_every_governed_figure_and_lose_no_digit() {
	let chain = Chain::new(Answers::default());
	let mut rules = value(&chain, "compute_v1_rules", json!([])).await;
	let classes = rules["classes"].take();
	let mut expected = json!({
		"acceptTicks": 1, "bytesPerAcceptTick": ODD_TEXT, "runSlack": 2, "runMax": 3, "window": 4, "windowMin": 5,
		"windowMax": 6, "expiryMax": 7, "askLifeMin": 8, "rejectPause": 9, "noShowBase": 10, "noShowCap": 11, "feeEra": 12,
	});
	let rest = json!({
		"jobFee": "13", "minJob": MOST_TEXT, "protocolFeePerBillion": 50_000_000, "feeBurnPerBillion": 800_000_000,
		"lateSharePerBillion": 123_456_789, "lateFees": 14, "inputsMax": "15", "outputMax": "18446744073709551615",
		"bookOutputMax": "16", "demandTicks": 17, "lapseRetry": 18, "lapseMax": 19, "jobDeposit": ODD_TEXT,
		"byteDeposit": "20", "regions": [0, 7, 15], "classes": null,
	});
	let fields = expected.as_object_mut().expect("an object");
	fields.extend(rest.as_object().expect("an object").clone());
	assert_eq!(rules, expected);
	let expected = json!([
		{"class": "cpu-4", "unitsPerTick": "1", "unitsPerByte": ODD_TEXT, "floor": MOST_TEXT},
		{"class": "cpu-32", "unitsPerTick": "2", "unitsPerByte": ODD_TEXT, "floor": MOST_TEXT},
		{"class": "gpu-8g", "unitsPerTick": "3", "unitsPerByte": ODD_TEXT, "floor": MOST_TEXT},
		{"class": "gpu-24g", "unitsPerTick": "4", "unitsPerByte": ODD_TEXT, "floor": MOST_TEXT},
		{"class": "gpu-80g", "unitsPerTick": "5", "unitsPerByte": ODD_TEXT, "floor": MOST_TEXT},
		{"class": "gpu-h", "unitsPerTick": "6", "unitsPerByte": ODD_TEXT, "floor": MOST_TEXT},
	]);
	assert_eq!(classes, expected);
}
