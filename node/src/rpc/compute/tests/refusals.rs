//! Every code, with a sentence and a hint.

use super::{
	call,
	chain::{block, Answers, Chain},
	samples::{self, spec_json, ALICE},
};
use crate::rpc::compute::{error, text::hash};
use millrace_runtime::{Hash, Runtime};
use polkadot_sdk::{
	sp_api::ApiError,
	sp_runtime::{DispatchError, ModuleError, TokenError},
};
use serde_json::{json, Value};

/// Sends parameters that are refused, and gives which one, what is wrong with it, and the hint.
async fn refusal(method: &str, params: Value) -> (String, String, String) {
	let chain = Chain::new(Answers::default());
	let (code, message, data) = call(&chain, method, params).await.expect_err("it is refused");
	assert_eq!(code, i64::from(error::BAD_PARAMETER), "{message}");
	assert_eq!(chain.asked(), "", "the runtime was asked in spite of it");
	let text = |key: &str| {
		data[key]
			.as_str()
			.unwrap_or_else(|| panic!("no {key}: {data}"))
			.to_owned()
	};
	(text("parameter"), message, text("hint"))
}

#[tokio::test]
async fn a_part_of_a_job_that_is_wrong_is_named_with_what_would_be_right() {
	for (place, wrong, parameter, hint) in [
		("/kernel", json!("0xaa"), "spec.kernel", "64 hexadecimal digits"),
		(
			"/kernel",
			json!(format!("0x{}", "zz".repeat(32))),
			"spec.kernel",
			"64 hexadecimal digits",
		),
		("/kernel", Value::Null, "spec.kernel", "docs/json-rpc.md"),
		(
			"/params/1",
			json!("18446744073709551616"),
			"spec.params[1]",
			"18446744073709551615 as text",
		),
		(
			"/params/1",
			json!(9_007_199_254_740_993u64),
			"spec.params[1]",
			"as text",
		),
		("/params/1", json!(-1), "spec.params[1]", "from 0"),
		("/params/1", json!("1.5"), "spec.params[1]", "from 0"),
		("/params", json!(vec!["1"; 17]), "spec.params", "at most 16"),
		(
			"/inputs",
			json!([0, 0, 0, 0, 0, 0, 0, 0, 0]),
			"spec.inputs",
			"at most 8",
		),
		(
			"/inputs/0",
			json!({"root": 1, "length": 2}),
			"spec.inputs[0]",
			"root, len",
		),
		("/items", json!(4_294_967_296u64), "spec.items", "0 to 4294967295"),
		("/items", json!(1.5), "spec.items", "0 to 4294967295"),
		("/items", json!("16"), "spec.items", "0 to 4294967295"),
		("/terms/public", json!("yes"), "spec.terms.public", "true or false"),
		("/terms/target/level", json!(256), "spec.terms.target.level", "0 to 255"),
		(
			"/terms/target/type",
			json!("auction"),
			"spec.terms.target",
			"book, provider",
		),
		(
			"/terms/target/pool/class",
			json!("gpu-4090"),
			"spec.terms.target.pool.class",
			"cpu-4, cpu-32, gpu-8g",
		),
		(
			"/terms/target/pool/region",
			json!(16),
			"spec.terms.target.pool.region",
			"0 to 15",
		),
		(
			"/terms/target/pool/kind",
			json!("reduce"),
			"spec.terms.target.pool.kind",
			"map",
		),
		(
			"/terms",
			json!(7),
			"spec.terms",
			"target, public, runTicks, window, expires",
		),
	] {
		let mut spec = spec_json();
		*spec.pointer_mut(place).expect("there is such a place") = wrong.clone();
		let (named, message, found) = refusal("compute_v1_quote", json!([spec])).await;
		assert_eq!(named, parameter, "{place} = {wrong}: {message}");
		assert!(found.contains(hint), "{place} = {wrong}: {found}");
	}
}

#[tokio::test]
async fn what_a_job_asks_of_a_provider_stays_in_its_bounds() {
	for (minima, parameter, hint) in [
		(json!({"failedPercent": 101}), "failedPercent", "0 to 100"),
		(
			json!({"stake": "340282366920938463463374607431768211456"}),
			"stake",
			"768211455 as text",
		),
		(json!({"stake": 1.5}), "stake", "as text"),
		(json!({"paidJobs": "5"}), "paidJobs", "0 to 4294967295"),
	] {
		let mut spec = spec_json();
		spec["terms"]["target"] = json!({"type": "provider", "provider": 3, "price": "1", "minima": minima});
		let (named, message, found) = refusal("compute_v1_quote", json!([spec])).await;
		assert_eq!(named, format!("spec.terms.target.minima.{parameter}"), "{message}");
		assert!(found.contains(hint), "{found}");
	}
}

#[tokio::test]
async fn what_is_not_known_is_not_passed_over() {
	let mut spec = spec_json();
	spec["terms"]["tip"] = json!("1");
	let (parameter, message, hint) = refusal("compute_v1_quote", json!([spec])).await;
	assert_eq!(parameter, "spec.terms");
	assert!(message.contains("`tip`"), "{message}");
	assert!(hint.contains("runTicks"), "{hint}");
	let (_, message, hint) = refusal("compute_v1_offers", json!([{"price": "1"}])).await;
	assert!(
		message.contains("`price`") && hint.contains("priceAtMost"),
		"{message} {hint}"
	);
	let (_, message, hint) = refusal("compute_v1_job", json!({"id": 1})).await;
	assert!(message.contains("`id`") && hint.contains("job, at"), "{message} {hint}");
	let (_, message, _) = refusal("compute_v1_networkStats", json!([null, null])).await;
	assert!(message.contains("at most 1"), "{message}");
}

#[tokio::test]
async fn a_missing_parameter_is_named() {
	for (method, params, missing) in [
		("compute_v1_quote", json!([]), "spec"),
		("compute_v1_book", json!([null]), "pool"),
		("compute_v1_job", json!({}), "job"),
		("compute_v1_explain", json!([]), "job"),
		("compute_v1_explainMatch", json!([hash(Hash::zero())]), "provider"),
		("compute_v1_provider", json!([]), "provider"),
		("compute_v1_poolEra", json!([samples::pool_json()]), "era"),
		("compute_v1_rewardPreview", json!([]), "provider"),
		("compute_v1_jobId", json!([ALICE]), "spec"),
	] {
		let (parameter, message, _) = refusal(method, params).await;
		assert_eq!(parameter, missing);
		assert!(message.contains("missing"), "{message}");
	}
}

#[tokio::test]
async fn a_book_is_at_least_one_level_deep() {
	let (parameter, _, hint) = refusal("compute_v1_book", json!([samples::pool_json(), 0])).await;
	assert_eq!(
		(parameter.as_str(), hint.as_str()),
		("depth", "Send a whole number from 1 to 255.")
	);
}

#[tokio::test]
async fn a_count_of_eras_is_a_whole_number() {
	for wrong in [json!("2"), json!(-1), json!(4_294_967_296u64)] {
		let (parameter, _, hint) = refusal("compute_v1_eraRewards", json!([wrong])).await;
		assert_eq!(parameter, "count");
		assert!(hint.contains("0 to 4294967295"), "{hint}");
	}
}

#[tokio::test]
async fn an_address_that_is_mistyped_or_of_another_network_is_told_apart() {
	let mistyped = ALICE.replace("5Grw", "5Gwr");
	let (parameter, message, _) = refusal("compute_v1_jobs", json!([{"requester": mistyped}])).await;
	assert_eq!(parameter, "filter.requester");
	assert!(message.contains("mistyped"), "{message}");
	// The same key, as Polkadot writes it.
	let foreign = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5";
	let (_, message, hint) = refusal("compute_v1_jobs", json!([{"requester": foreign}])).await;
	assert!(message.contains("another network, with the prefix 0"), "{message}");
	assert!(hint.contains("prefix 42"), "{hint}");
}

#[tokio::test]
async fn a_refusal_of_the_market_has_the_words_of_the_runtime() {
	let chain = Chain::new(Answers {
		quote: Err(pallet_market::Error::<Runtime>::KernelRetired.into()),
		..Answers::default()
	});
	let refused = call(&chain, "compute_v1_quote", json!([spec_json()]))
		.await
		.expect_err("it is refused");
	let message = "Market::KernelRetired: The kernel takes no new jobs. Use its successor.";
	let data = json!({"by": "Market", "error": "KernelRetired", "hint": "Use its successor."});
	assert_eq!(refused, (error::REFUSED.into(), message.to_owned(), data));
}

#[tokio::test]
async fn a_refusal_of_the_system_has_its_name() {
	let chain = Chain::new(Answers {
		quote: Err(DispatchError::Token(TokenError::FundsUnavailable)),
		..Answers::default()
	});
	let refused = call(&chain, "compute_v1_quote", json!([spec_json()])).await;
	let (code, message, _) = refused.expect_err("it is refused");
	assert_eq!(code, i64::from(error::REFUSED));
	assert!(message.starts_with("System::"), "{message}");
}

#[tokio::test]
async fn an_error_that_the_metadata_does_not_have_is_another_runtimes() {
	let unknown = ModuleError {
		index: 255,
		error: [9, 0, 0, 0],
		message: None,
	};
	let chain = Chain::new(Answers {
		quote: Err(DispatchError::Module(unknown)),
		..Answers::default()
	});
	let (code, _, data) = call(&chain, "compute_v1_quote", json!([spec_json()]))
		.await
		.expect_err("it is refused");
	assert_eq!((code, &data["at"]), (error::OTHER_RUNTIME.into(), &hash(chain.best())));
}

#[tokio::test]
async fn a_block_that_is_not_there_and_one_without_state_are_told_apart() {
	let chain = Chain::new(Answers {
		trouble: Some(|| ApiError::UnknownBlock("State already discarded".to_owned())),
		..Answers::default()
	});
	let stats = |at| call(&chain, "compute_v1_networkStats", json!([hash(at)]));
	let (code, message, data) = stats(block(99)).await.expect_err("it is not there");
	assert_eq!(
		(code, &data["at"]),
		(error::UNKNOWN_BLOCK.into(), &hash(block(99))),
		"{message}"
	);
	assert!(
		data["hint"].as_str().is_some_and(|hint| hint.contains("best block")),
		"{data}"
	);
	chain.discard(block(1));
	let (code, message, data) = stats(block(1)).await.expect_err("its state is not there");
	assert_eq!(
		(code, &data["at"]),
		(error::STATE_DISCARDED.into(), &hash(block(1))),
		"{message}"
	);
	assert!(
		data["hint"].as_str().is_some_and(|hint| hint.contains("archive")),
		"{data}"
	);
	let id = json!([ALICE, spec_json(), hash(block(1))]);
	let (code, ..) = call(&chain, "compute_v1_jobId", id)
		.await
		.expect_err("its state is not there");
	assert_eq!(code, i64::from(error::STATE_DISCARDED));
}

#[tokio::test]
async fn an_answer_of_another_form_is_another_runtimes() {
	let chain = Chain::new(Answers {
		trouble: Some(|| ApiError::FailedToDecodeReturnValue {
			function: "network_stats",
			error: "too short".into(),
			raw: Vec::new(),
		}),
		..Answers::default()
	});
	let (code, message, data) = call(&chain, "compute_v1_networkStats", json!([]))
		.await
		.expect_err("it fails");
	assert_eq!(code, i64::from(error::OTHER_RUNTIME));
	assert!(message.contains("disagree") && data["hint"].as_str().is_some_and(|hint| hint.contains("version")));
}

#[tokio::test]
async fn what_fails_in_the_node_says_so() {
	let chain = Chain::new(Answers {
		trouble: Some(|| ApiError::Application("the disk is full".into())),
		..Answers::default()
	});
	let (code, message, data) = call(&chain, "compute_v1_networkStats", json!([]))
		.await
		.expect_err("it fails");
	assert_eq!(code, i64::from(error::FAILED));
	assert!(
		message.contains("the disk is full") && data["hint"].is_string(),
		"{message}"
	);
}

#[tokio::test]
async fn a_subscription_with_a_wrong_filter_is_refused() {
	for (filter, parameter, hint) in [
		(json!({"kinds": ["payed"]}), "filter.kinds[0]", "settled"),
		(json!({"kinds": "settled"}), "filter.kinds", "list"),
		(json!({"kinds": vec!["settled"; 29]}), "filter.kinds", "at most 28"),
		(json!({"finalised": true}), "filter", "finalized"),
		(json!({"job": 5}), "filter.job", "hexadecimal"),
	] {
		let (named, _, found) = refusal("compute_v1_subscribeJobs", json!([filter])).await;
		assert_eq!(named, parameter);
		assert!(found.contains(hint), "{found}");
	}
}
