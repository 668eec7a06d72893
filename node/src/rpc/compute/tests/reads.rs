//! Each method that answers once: what the runtime is asked, and what the client reads.

use super::{
	call,
	chain::{block, Answers, Chain},
	module,
	samples::{self, spec, spec_json, ALICE, ALICE_KEY, MOST_TEXT, ODD_TEXT},
	value,
};
use crate::rpc::compute::text::hash;
use codec::Encode;
use millrace_primitives::{job::job_id, DeviceClass, JobSpec, Minima, Price, ProviderId, Region, Target};
use millrace_runtime::{Hash, Runtime};
use pallet_market::{
	reads::types::{JobFilter, OfferFilter, Start, StateName},
	types::{JobState, Requester, Window},
	Requesters,
};
use serde_json::{json, Value};

#[test]
fn every_method_is_served_under_its_name() {
	let module = module(&Chain::new(Answers::default()));
	let mut names: Vec<&str> = module.method_names().collect();
	names.sort_unstable();
	let expected = [
		"compute_v1_book",
		"compute_v1_eraRewards",
		"compute_v1_explain",
		"compute_v1_explainMatch",
		"compute_v1_job",
		"compute_v1_jobId",
		"compute_v1_jobs",
		"compute_v1_networkStats",
		"compute_v1_offers",
		"compute_v1_poolEra",
		"compute_v1_provider",
		"compute_v1_providers",
		"compute_v1_quote",
		"compute_v1_rewardPreview",
		"compute_v1_rules",
		"compute_v1_subscribeJobs",
		"compute_v1_unsubscribeJobs",
	];
	assert_eq!(names, expected);
}

#[tokio::test]
async fn a_quote_asks_for_the_described_job_and_loses_no_digit() {
	let chain = Chain::new(Answers::default());
	let quote = value(&chain, "compute_v1_quote", json!([spec_json()])).await;
	assert_eq!(chain.asked(), format!("{:?}", spec()));
	let expected = json!({
		"start": {"type": "now", "provider": 3},
		"price": ODD_TEXT,
		"escrow": MOST_TEXT,
		"fees": "15",
		"deposit": "0",
		"worst": ODD_TEXT,
		"expected": "1",
	});
	assert_eq!(quote, expected);
}

#[tokio::test]
async fn a_quote_says_when_the_job_would_start() {
	for (start, expected) in [
		(Start::Behind { ahead: 3 }, json!({"type": "behind", "ahead": 3})),
		(
			Start::NoAsk { cheapest: None },
			json!({"type": "noAsk", "cheapest": null}),
		),
		(
			Start::NoAsk {
				cheapest: Some(Price(samples::ODD)),
			},
			json!({"type": "noAsk", "cheapest": ODD_TEXT}),
		),
	] {
		let quote = Ok(pallet_market::reads::types::Quote {
			start,
			..samples::quote()
		});
		let chain = Chain::new(Answers {
			quote,
			..Answers::default()
		});
		assert_eq!(
			value(&chain, "compute_v1_quote", json!([spec_json()])).await["start"],
			expected
		);
	}
}

#[tokio::test]
async fn a_job_may_name_its_provider_and_leave_out_what_it_does_not_bring() {
	let chain = Chain::new(Answers::default());
	let mut described = spec_json();
	let fields = described.as_object_mut().expect("an object");
	fields.remove("params");
	fields.remove("inputs");
	described["terms"]["target"] = json!({"type": "provider", "provider": 3, "price": ODD_TEXT});
	value(&chain, "compute_v1_quote", json!({"spec": described})).await;
	let mut expected = JobSpec {
		params: Default::default(),
		inputs: Default::default(),
		..spec()
	};
	expected.terms.target = Target::Provider {
		provider: ProviderId(3),
		price: Price(samples::ODD),
		minima: Minima::default(),
	};
	assert_eq!(chain.asked(), format!("{expected:?}"));

	// What it asks of the provider's record.
	described["terms"]["target"]["minima"] = json!({"paidJobs": 5, "stake": MOST_TEXT});
	value(&chain, "compute_v1_quote", json!({"spec": described})).await;
	if let Target::Provider { minima, .. } = &mut expected.terms.target {
		minima.paid_jobs = 5;
		minima.stake = u128::MAX;
	}
	assert_eq!(chain.asked(), format!("{expected:?}"));
}

#[tokio::test]
async fn a_job_that_names_its_provider_reads_as_it_was_described() {
	let mut job = samples::job();
	job.terms.target = Target::Provider {
		provider: ProviderId(3),
		price: Price(samples::ODD),
		minima: Minima {
			paid_jobs: 5,
			failed_percent: 10,
			stake: u128::MAX,
		},
	};
	let chain = Chain::new(Answers {
		job: Some(job),
		..Answers::default()
	});
	let shown = value(&chain, "compute_v1_job", json!([hash(samples::id().0)])).await;
	let minima = json!({"paidJobs": 5, "failedPercent": 10, "stake": MOST_TEXT});
	let target = json!({"type": "provider", "provider": 3, "price": ODD_TEXT, "minima": minima});
	assert_eq!(shown["terms"]["target"], target);
}

#[tokio::test]
async fn answers_are_about_the_best_block_or_the_one_that_is_named() {
	let chain = Chain::new(Answers::default());
	let pool = samples::pool_json();
	let best = call(&chain, "compute_v1_book", json!([pool]))
		.await
		.expect("it answers");
	assert_eq!(best["at"], hash(block(3)));
	let old = json!([pool, null, hash(block(1))]);
	let old = call(&chain, "compute_v1_book", old).await.expect("it answers");
	assert_eq!(old["at"], hash(block(1)));
	let named = json!({"pool": pool, "at": hash(block(2))});
	let named = call(&chain, "compute_v1_book", named).await.expect("it answers");
	assert_eq!(named["at"], hash(block(2)));
}

#[tokio::test]
async fn the_book_has_levels_with_prices_and_orders() {
	let chain = Chain::new(Answers::default());
	let book = value(&chain, "compute_v1_book", json!([samples::pool_json(), 255])).await;
	assert_eq!(chain.asked(), format!("{:?}", (samples::pool(), 255u8)));
	let expected = json!({
		"asks": [
			{"level": 170, "price": ODD_TEXT, "orders": 2},
			{"level": 171, "price": "18446744073709551615", "orders": 1},
		],
		"bids": [{"level": 3, "price": "81", "orders": 4}],
		"complete": true,
	});
	assert_eq!(book, expected);
	value(&chain, "compute_v1_book", json!([samples::pool_json()])).await;
	assert_eq!(
		chain.asked(),
		format!("{:?}", (samples::pool(), 10u8)),
		"ten levels where none are named"
	);
}

#[tokio::test]
async fn offers_pass_a_filter_and_come_in_pages() {
	let chain = Chain::new(Answers::default());
	let filter = json!({"provider": 3, "class": "gpu-24g", "region": 7, "priceAtMost": ODD_TEXT, "queued": true});
	let page = value(&chain, "compute_v1_offers", json!([filter, 8])).await;
	let asked = OfferFilter {
		provider: Some(ProviderId(3)),
		class: Some(DeviceClass::Gpu24g),
		region: Some(Region(7)),
		price_at_most: Some(Price(samples::ODD)),
		queued: true,
	};
	assert_eq!(chain.asked(), format!("{:?}", (asked, Some(ProviderId(8)))));
	let expected = json!({
		"offers": [{
			"provider": 3, "slot": 1, "pool": samples::pool_json(), "level": 170, "price": ODD_TEXT, "placed": 40,
			"parked": false, "lanes": 2, "room": 4,
		}],
		"next": 9,
	});
	assert_eq!(page, expected);
	value(&chain, "compute_v1_offers", json!([])).await;
	assert_eq!(
		chain.asked(),
		format!("{:?}", (OfferFilter::default(), None::<ProviderId>))
	);
}

fn job_json() -> Value {
	let mut job = json!({
		"job": hash(samples::id().0), "requester": ALICE, "kernel": hash(Hash::repeat_byte(0xaa)), "items": 16,
		"params": ["1", "18446744073709551615"],
		"inputs": [{"root": hash(Hash::repeat_byte(0xbb)), "len": 12}],
		"maxUnits": 1000, "dataKey": hash(Hash::repeat_byte(0xcc)), "terms": samples::terms_json(),
		"pool": samples::pool_json(), "submitted": 70, "price": ODD_TEXT, "feePerBillion": 50_000_000,
		"itemsPerLeaf": 8, "itemSize": 16, "dataUnits": MOST_TEXT,
	});
	let held = json!({
		"escrow": ODD_TEXT, "fees": 3, "feesLeft": 2, "jobFee": "5", "minJob": "6", "deposit": ODD_TEXT, "acceptTicks": 41,
		"lateSharePerBillion": 50_000_000, "lateFees": 10, "assignments": 1, "acceptances": 1, "demandTicks": 100,
		"windowMin": 101, "demanded": 3, "lapseMax": 102, "lapsesBy": 103, "stuck": false,
		"state": {
			"type": "committed", "provider": 3, "payout": ALICE, "root": hash(Hash::repeat_byte(0xdd)),
			"units": ODD_TEXT, "at": 1300, "window": {"type": "open", "end": 2500},
		},
	});
	let fields = job.as_object_mut().expect("an object");
	fields.extend(held.as_object().expect("an object").clone());
	job
}

#[tokio::test]
async fn a_job_has_all_that_was_agreed() {
	let chain = Chain::new(Answers::default());
	let params = json!([hash(samples::id().0)]);
	assert_eq!(value(&chain, "compute_v1_job", params.clone()).await, job_json());
	assert_eq!(chain.asked(), format!("{:?}", samples::id()));
	let chain = Chain::new(Answers {
		job: None,
		..Answers::default()
	});
	assert_eq!(value(&chain, "compute_v1_job", params).await, Value::Null);
}

#[tokio::test]
async fn a_job_says_where_it_stands() {
	let (provider, payout) = (ProviderId(3), samples::alice());
	for (state, expected) in [
		(JobState::Pending, json!({"type": "pending"})),
		(
			JobState::Assigned { provider, until: 5 },
			json!({"type": "assigned", "provider": 3, "until": 5}),
		),
		(
			JobState::Running {
				provider,
				payout,
				deadline: 6,
			},
			json!({"type": "running", "provider": 3, "payout": ALICE, "deadline": 6}),
		),
	] {
		let job = samples::job();
		let chain = Chain::new(Answers {
			job: Some(pallet_market::JobOf::<Runtime> { state, ..job }),
			..Answers::default()
		});
		assert_eq!(
			value(&chain, "compute_v1_job", json!([hash(samples::id().0)])).await["state"],
			expected
		);
	}
	let mut job = samples::job();
	if let JobState::Committed { window, .. } = &mut job.state {
		*window = Window::Demanded { left: 4, until: None };
	}
	let chain = Chain::new(Answers {
		job: Some(job),
		..Answers::default()
	});
	let job = value(&chain, "compute_v1_job", json!([hash(samples::id().0)])).await;
	assert_eq!(
		job["state"]["window"],
		json!({"type": "demanded", "left": 4, "until": null})
	);
}

#[tokio::test]
async fn jobs_pass_a_filter_and_come_in_pages() {
	let chain = Chain::new(Answers::default());
	let filter = json!({"requester": ALICE_KEY, "provider": 3, "pool": samples::pool_json(), "state": "running"});
	let page = value(&chain, "compute_v1_jobs", json!([filter, hash(samples::id().0)])).await;
	let asked = JobFilter {
		requester: Some(samples::alice()),
		provider: Some(ProviderId(3)),
		pool: Some(samples::pool()),
		state: Some(StateName::Running),
	};
	assert_eq!(chain.asked(), format!("{:?}", (asked, Some(samples::id()))));
	assert_eq!(page, json!({"jobs": [job_json()], "next": hash(samples::id().0)}));
}

#[tokio::test]
async fn an_account_is_an_address_or_its_public_key() {
	let chain = Chain::new(Answers::default());
	for account in [ALICE, ALICE_KEY] {
		value(&chain, "compute_v1_jobs", json!([{"requester": account}])).await;
		assert!(
			chain.asked().contains(&format!("{:?}", samples::alice())),
			"{}",
			chain.asked()
		);
	}
}

#[tokio::test]
async fn the_id_of_the_next_job_counts_those_before() {
	let chain = Chain::new(Answers::default());
	let params = json!([ALICE, spec_json()]);
	let id = |nonce| hash(job_id(&block(0), &samples::alice(), nonce, &spec()).0);
	let first = value(&chain, "compute_v1_jobId", params.clone()).await;
	assert_eq!(first, json!({"job": id(0), "nonce": "0"}));
	let record = Requester {
		nonce: samples::ODD,
		..Requester::default()
	};
	let key = Requesters::<Runtime>::hashed_key_for(samples::alice());
	chain.store(chain.best(), &key, record.encode());
	let next = value(&chain, "compute_v1_jobId", params).await;
	assert_eq!(next, json!({"job": id(samples::ODD), "nonce": ODD_TEXT}));
}

#[tokio::test]
async fn every_class_is_known_by_its_name() {
	let chain = Chain::new(Answers::default());
	for (name, class) in [
		("cpu-4", DeviceClass::Cpu4),
		("cpu-32", DeviceClass::Cpu32),
		("gpu-8g", DeviceClass::Gpu8g),
		("gpu-24g", DeviceClass::Gpu24g),
		("gpu-80g", DeviceClass::Gpu80g),
		("gpu-h", DeviceClass::GpuH),
	] {
		value(&chain, "compute_v1_offers", json!([{"class": name}])).await;
		assert!(
			chain.asked().contains(&format!("{class:?}")),
			"{name}: {}",
			chain.asked()
		);
	}
}
