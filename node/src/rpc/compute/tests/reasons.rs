//! Why a job waits, and why a provider does not serve it.

use super::{
	chain::{Answers, Chain},
	samples::{self, MOST_TEXT, ODD_TEXT},
	value,
};
use crate::rpc::compute::text::hash;
use millrace_primitives::{traits::Ineligible, DeviceClass, Price, ProviderId};
use millrace_runtime::Hash;
use pallet_market::{reads::types::Waits, types::Unfit};
use serde_json::{json, Value};

#[tokio::test]
async fn an_explanation_names_what_a_job_waits_for() {
	let (provider, expires) = (ProviderId(3), 9);
	let dear = Waits::AsksTooDear {
		cheapest: Price(samples::ODD),
		bid: Price(5),
		expires,
	};
	for (waits, expected) in [
		(Waits::NoAsk { expires }, json!({"type": "noAsk", "expires": 9})),
		(
			dear,
			json!({"type": "asksTooDear", "cheapest": ODD_TEXT, "bid": "5", "expires": 9}),
		),
		(
			Waits::Behind { ahead: 3, expires },
			json!({"type": "behind", "ahead": 3, "expires": 9}),
		),
		(Waits::Match { expires }, json!({"type": "match", "expires": 9})),
		(
			Waits::Acceptance {
				provider,
				until: 4,
				busy: true,
			},
			json!({"type": "acceptance", "provider": 3, "until": 4, "busy": true}),
		),
		(
			Waits::Result { provider, deadline: 4 },
			json!({"type": "result", "provider": 3, "deadline": 4}),
		),
		(
			Waits::Window { provider, end: 4 },
			json!({"type": "window", "provider": 3, "end": 4}),
		),
		(
			Waits::Leaves { provider, until: None },
			json!({"type": "leaves", "provider": 3, "until": null}),
		),
		(Waits::Touch { due: 4 }, json!({"type": "touch", "due": 4})),
		(Waits::Void { provider }, json!({"type": "void", "provider": 3})),
	] {
		let chain = Chain::new(Answers {
			waits: Some(waits),
			..Answers::default()
		});
		assert_eq!(
			value(&chain, "compute_v1_explain", json!([hash(samples::id().0)])).await,
			expected
		);
		assert_eq!(chain.asked(), format!("{:?}", samples::id()));
	}
	let chain = Chain::new(Answers::default());
	let none = value(&chain, "compute_v1_explain", json!([hash(Hash::zero())])).await;
	assert_eq!(none, Value::Null, "there is no such job");
}

#[tokio::test]
async fn a_match_that_cannot_be_names_its_rule_with_the_numbers() {
	let rules = [
		(
			Unfit::OtherTarget { target: ProviderId(4) },
			json!({"type": "otherTarget", "target": 4}),
		),
		(
			Unfit::OtherPool { pool: samples::pool() },
			json!({"type": "otherPool", "pool": samples::pool_json()}),
		),
		(
			Unfit::NoAsk { barred_until: Some(8) },
			json!({"type": "noAsk", "barredUntil": 8}),
		),
		(
			Unfit::AskTooDear {
				have: Price(samples::ODD),
				need: Price(2),
			},
			json!({"type": "askTooDear", "have": ODD_TEXT, "need": "2"}),
		),
		(Unfit::Parked, json!({"type": "parked"})),
		(Unfit::Expired { expires: 8 }, json!({"type": "expired", "expires": 8})),
		(Unfit::Paused { until: 8 }, json!({"type": "paused", "until": 8})),
	];
	let shared = [
		(Ineligible::Unknown, json!({"type": "unknownProvider"})),
		(Ineligible::NotActive, json!({"type": "notActive"})),
		(Ineligible::Unreachable, json!({"type": "unreachable"})),
		(Ineligible::NoWorker, json!({"type": "noWorker"})),
		(
			Ineligible::StakeTooLow {
				have: 1,
				need: u128::MAX,
			},
			json!({"type": "stakeTooLow", "have": "1", "need": MOST_TEXT}),
		),
		(Ineligible::TakesNoTargets, json!({"type": "takesNoTargets"})),
		(
			Ineligible::PriceTooLow {
				have: Price(1),
				need: Price(2),
			},
			json!({"type": "priceTooLow", "have": "1", "need": "2"}),
		),
		(Ineligible::Full, json!({"type": "full"})),
		(
			Ineligible::NotMeasured {
				class: DeviceClass::GpuH,
			},
			json!({"type": "notMeasured", "class": "gpu-h"}),
		),
		(
			Ineligible::TooFewPaid { have: 1, need: 2 },
			json!({"type": "tooFewPaid", "have": 1, "need": 2}),
		),
		(
			Ineligible::TooManyFailed { have: 9, need: 8 },
			json!({"type": "tooManyFailed", "have": 9, "need": 8}),
		),
	];
	let shared = shared
		.into_iter()
		.map(|(rule, expected)| (Unfit::Provider(rule), expected));
	let params = json!([hash(samples::id().0), 3]);
	for (rule, expected) in rules.into_iter().chain(shared) {
		let chain = Chain::new(Answers {
			fits: Some(Err(rule)),
			..Answers::default()
		});
		let found = value(&chain, "compute_v1_explainMatch", params.clone()).await;
		assert_eq!(found, json!({"serves": false, "reason": expected}));
		assert_eq!(chain.asked(), format!("{:?}", (samples::id(), ProviderId(3))));
	}
	let chain = Chain::new(Answers {
		fits: Some(Ok(())),
		..Answers::default()
	});
	let found = value(&chain, "compute_v1_explainMatch", params.clone()).await;
	assert_eq!(found, json!({"serves": true}));
	let chain = Chain::new(Answers::default());
	assert_eq!(value(&chain, "compute_v1_explainMatch", params).await, Value::Null);
}
