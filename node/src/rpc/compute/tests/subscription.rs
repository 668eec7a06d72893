//! What is heard of jobs, along the best chain and along final blocks.

use super::{
	chain::{block, Answers, Chain},
	module,
	samples::{self, ALICE},
};
use crate::rpc::compute::{
	error,
	subscribe::{BLOCKS, EVENTS},
	text::hash,
	Compute,
};
use codec::Encode;
use jsonrpsee::RpcModule;
use millrace_primitives::{JobId, ProviderId};
use millrace_runtime::{Hash, Runtime, RuntimeEvent};
use pallet_market::{Event, Jobs};
use serde_json::{json, Value};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc::Receiver, time::timeout};

/// A client that has subscribed.
struct Client {
	notifications: Receiver<String>,
	/// Keeps the methods alive.
	_module: RpcModule<Compute<Chain>>,
}

impl Client {
	async fn subscribe(chain: &Arc<Chain>, filter: Value, room: usize) -> Client {
		let module = module(chain);
		let request = json!({"jsonrpc": "2.0", "id": 1, "method": "compute_v1_subscribeJobs", "params": [filter]});
		let (answer, notifications) = module
			.raw_json_request(&request.to_string(), room)
			.await
			.expect("a request");
		let answer: Value = serde_json::from_str(&answer).expect("JSON");
		assert!(!answer["result"].is_null(), "{answer}");
		Client {
			notifications,
			_module: module,
		}
	}

	/// The parameters of the next notification.
	async fn params(&mut self) -> Value {
		let next = timeout(Duration::from_secs(10), self.notifications.recv()).await;
		let text = next.expect("a notification in time").expect("a notification");
		let mut notification: Value = serde_json::from_str(&text).expect("JSON");
		assert_eq!(notification["method"], "compute_v1_jobs");
		notification["params"].take()
	}

	async fn next(&mut self) -> Value {
		let mut params = self.params().await;
		assert!(params["error"].is_null(), "{params}");
		params["result"].take()
	}

	async fn error(&mut self) -> Value {
		let mut params = self.params().await;
		assert!(params["result"].is_null(), "{params}");
		params["error"].take()
	}

	/// Nothing comes for a while.
	async fn hears_nothing(&mut self) {
		let next = timeout(Duration::from_millis(300), self.notifications.recv()).await;
		assert!(next.is_err(), "{next:?}");
	}
}

fn job(number: u8) -> JobId {
	JobId(Hash::repeat_byte(number))
}

fn assigned(number: u8, to: u32) -> RuntimeEvent {
	RuntimeEvent::Market(Event::JobAssigned {
		job: job(number),
		provider: ProviderId(to),
		price: millrace_primitives::Price(samples::ODD),
		until: 50,
	})
}

fn late(number: u8) -> RuntimeEvent {
	RuntimeEvent::Market(Event::JobLate {
		job: job(number),
		provider: ProviderId(3),
		credit: u128::MAX,
	})
}

fn submitted(number: u8) -> RuntimeEvent {
	RuntimeEvent::Market(Event::JobSubmitted {
		job: job(number),
		requester: samples::alice(),
		kernel: samples::spec().kernel,
		items: 1,
		escrow: 1,
		fees: 1,
		deposit: 1,
	})
}

/// What a notification says of jobs, without the rest.
fn heard(notification: &Value) -> Vec<(Value, Value)> {
	let events = notification["events"].as_array().expect("a list of events");
	events
		.iter()
		.map(|event| (event["kind"].clone(), event["job"].clone()))
		.collect()
}

#[tokio::test]
async fn it_begins_at_the_best_block_and_tells_what_happens_after_it() {
	let chain = Chain::new(Answers::default());
	let mut client = Client::subscribe(&chain, json!(null), 16).await;
	let start = json!({"type": "start", "block": hash(block(3)), "number": 3, "finalized": false});
	assert_eq!(client.next().await, start);
	let halted = RuntimeEvent::Market(Event::HaltSet { halted: true });
	chain.import(block(4), block(3), &[halted, submitted(1), assigned(1, 3)]);
	let notification = client.next().await;
	let submitted = json!({
		"index": 1, "kind": "submitted", "job": hash(job(1).0), "requester": ALICE, "provider": null,
		"kernel": hash(samples::spec().kernel.0), "items": 1, "escrow": "1", "fees": "1", "deposit": "1",
	});
	let assigned = json!({
		"index": 2, "kind": "assigned", "job": hash(job(1).0), "requester": ALICE, "provider": 3,
		"price": samples::ODD_TEXT, "until": 50,
	});
	let expected = json!({
		"type": "events", "block": hash(block(4)), "number": 4, "finalized": false, "more": false,
		"events": [submitted, assigned],
	});
	assert_eq!(notification, expected);
}

#[tokio::test]
async fn a_fork_takes_blocks_back_before_others_come() {
	let chain = Chain::new(Answers::default());
	chain.import(block(4), block(3), &[]);
	let mut client = Client::subscribe(&chain, json!({}), 16).await;
	assert_eq!(client.next().await["number"], 4);
	chain.import(block(14), block(3), &[assigned(1, 3)]);
	let taken = json!({"type": "retracted", "blocks": [{"block": hash(block(4)), "number": 4}]});
	assert_eq!(client.next().await, taken);
	let notification = client.next().await;
	assert_eq!(
		(&notification["block"], &notification["number"]),
		(&hash(block(14)), &json!(4))
	);
}

#[tokio::test]
async fn final_blocks_come_in_order_and_none_is_left_out() {
	let chain = Chain::new(Answers::default());
	let mut client = Client::subscribe(&chain, json!({"finalized": true}), 16).await;
	let start = json!({"type": "start", "block": hash(block(1)), "number": 1, "finalized": true});
	assert_eq!(client.next().await, start);
	chain.import(block(4), block(3), &[assigned(1, 3)]);
	chain.import(block(5), block(4), &[assigned(2, 3)]);
	chain.import(block(6), block(5), &[assigned(3, 3)]);
	client.hears_nothing().await;
	// Several become final at once.
	chain.finalise(block(6));
	for (number, name) in [(4, 1), (5, 2), (6, 3)] {
		let notification = client.next().await;
		assert_eq!(
			(&notification["number"], &notification["finalized"]),
			(&json!(number), &json!(true))
		);
		assert_eq!(heard(&notification), [(json!("assigned"), hash(job(name).0))]);
	}
}

#[tokio::test]
async fn a_filter_lets_through_what_it_names() {
	let events = [submitted(1), assigned(1, 3), assigned(2, 4), late(2)];
	let first = hash(job(1).0);
	let second = hash(job(2).0);
	for (filter, expected) in [
		(json!({"job": first}), vec![("submitted", &first), ("assigned", &first)]),
		(json!({"provider": 4}), vec![("assigned", &second)]),
		(
			json!({"kinds": ["late", "submitted"]}),
			vec![("submitted", &first), ("late", &second)],
		),
		(json!({"kinds": []}), vec![]),
		// The events of the first job do not all say whose it is.
		(
			json!({"requester": ALICE}),
			vec![("submitted", &first), ("assigned", &first)],
		),
		(
			json!({"job": second, "kinds": ["late"], "provider": 3}),
			vec![("late", &second)],
		),
	] {
		let chain = Chain::new(Answers::default());
		let mut client = Client::subscribe(&chain, filter.clone(), 16).await;
		client.next().await;
		chain.import(block(4), block(3), &events);
		if expected.is_empty() {
			client.hears_nothing().await;
			continue;
		}
		let expected: Vec<_> = expected
			.into_iter()
			.map(|(kind, job)| (json!(kind), job.clone()))
			.collect();
		assert_eq!(heard(&client.next().await), expected, "{filter}");
	}
}

#[tokio::test]
async fn whose_job_it_is_is_read_from_the_block_or_from_the_one_before() {
	let chain = Chain::new(Answers::default());
	let mut client = Client::subscribe(&chain, json!({"requester": ALICE}), 16).await;
	client.next().await;
	let stored = |number| (Jobs::<Runtime>::hashed_key_for(job(number)), samples::job().encode());
	let (key, record) = stored(1);
	chain.store(block(4), &key, record);
	// The second has ended in the block.
	let (key, record) = stored(2);
	chain.store(block(3), &key, record);
	chain.import(block(4), block(3), &[assigned(1, 3), late(2), late(9)]);
	let expected = [(json!("assigned"), hash(job(1).0)), (json!("late"), hash(job(2).0))];
	assert_eq!(heard(&client.next().await), expected);
}

#[tokio::test]
async fn a_block_with_many_events_comes_in_parts() {
	let chain = Chain::new(Answers::default());
	let mut client = Client::subscribe(&chain, json!({}), 16).await;
	client.next().await;
	let events: Vec<_> = (0..=EVENTS).map(|_| assigned(1, 3)).collect();
	chain.import(block(4), block(3), &events);
	let first = client.next().await;
	assert_eq!((heard(&first).len(), &first["more"]), (EVENTS, &json!(true)));
	let last = client.next().await;
	assert_eq!((heard(&last).len(), &last["more"]), (1, &json!(false)));
	assert_eq!(
		(&last["block"], &last["events"][0]["index"]),
		(&hash(block(4)), &json!(EVENTS))
	);
}

#[tokio::test]
async fn who_does_not_read_is_told_and_dropped() {
	let chain = Chain::new(Answers::default());
	let mut client = Client::subscribe(&chain, json!({}), 1).await;
	for name in 4..8 {
		chain.import(block(name), block(name - 1), &[assigned(1, 3)]);
	}
	// As long as it takes to lose patience, and longer.
	tokio::time::sleep(Duration::from_secs(1)).await;
	let mut heard = 0;
	let last = loop {
		let params = client.params().await;
		if !params["error"].is_null() {
			break params["error"].clone();
		}
		heard += 1;
		assert!(heard < 4, "nothing was left out");
	};
	assert_eq!(last["code"], error::TOO_SLOW);
	assert!(
		last["data"]["hint"].is_string() && last["message"].is_string(),
		"{last}"
	);
	assert!(client.notifications.recv().await.is_none(), "nothing comes after it");
}

#[tokio::test]
async fn events_that_cannot_be_read_end_it() {
	let chain = Chain::new(Answers::default());
	let mut client = Client::subscribe(&chain, json!({}), 16).await;
	client.next().await;
	chain.import_encoded(block(4), block(3), vec![0xff; 7]);
	let last = client.error().await;
	assert_eq!(last["code"], error::OTHER_RUNTIME);
	assert!(
		last["message"].as_str().is_some_and(|text| text.contains("events")),
		"{last}"
	);
}

#[tokio::test]
async fn too_many_blocks_at_once_end_it() {
	let chain = Chain::new(Answers::default());
	let mut client = Client::subscribe(&chain, json!({"finalized": true}), 16).await;
	client.next().await;
	let head = u64::try_from(BLOCKS).expect("a few") + 2;
	for name in 4..=head {
		chain.import(block(name), block(name - 1), &[]);
	}
	chain.finalise(block(head));
	let last = client.error().await;
	assert_eq!(
		(&last["code"], &last["data"]["blocks"]),
		(&json!(error::TOO_FAR), &json!(BLOCKS + 1))
	);
}

#[tokio::test]
async fn blocks_whose_state_is_gone_end_it() {
	let chain = Chain::new(Answers::default());
	let mut client = Client::subscribe(&chain, json!({}), 16).await;
	client.next().await;
	chain.discard(block(4));
	chain.import(block(4), block(3), &[assigned(1, 3)]);
	assert_eq!(client.error().await["code"], error::STATE_DISCARDED);
}

#[tokio::test]
async fn a_node_that_stops_says_so() {
	let chain = Chain::new(Answers::default());
	let mut client = Client::subscribe(&chain, json!({}), 16).await;
	client.next().await;
	chain.stop();
	assert_eq!(client.error().await["code"], error::FAILED);
}

#[tokio::test]
async fn many_subscriptions_read_each_block_once() {
	let chain = Chain::new(Answers::default());
	let compute = Compute::new(chain.clone(), Duration::from_secs(1));
	chain.import(block(4), block(3), &[assigned(1, 3)]);
	let first = compute.events(block(4)).expect("they can be read");
	let again = compute.events(block(4)).expect("they can be read");
	assert!(Arc::ptr_eq(&first, &again));
}
