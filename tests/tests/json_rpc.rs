//! What an application needs of the chain, it gets from the node in plain JSON: a whole job, asked about with curl and told of
//! by a subscription. Only the two transactions are made here, for they are signed.
//!
//! `docs/json-rpc.md` shows the same to readers; the test of the documents runs the commands that stand there.

use codec::Encode;
use millrace_client::keys::Key;
use millrace_primitives::{
	job::job_id, DeviceClass, JobId, JobKind, JobSpec, KernelHash, Level, Pool, Region, Target, Terms, Tick,
};
use millrace_runtime::{AccountId, MILL};
use millrace_tests::{raw::Raw, Network, Node};
use polkadot_sdk::{sp_core::H256, sp_runtime::BoundedVec};
use serde_json::{json, Value};
use std::{
	collections::BTreeSet,
	fs,
	path::Path,
	process::Command,
	thread::sleep,
	time::{Duration, Instant},
};
use subxt::rpcs::client::{RpcClient, RpcParams, RpcSubscription};
use tokio::{runtime::Runtime, time::timeout};

/// How long anything may take that takes a few blocks.
const LIMIT: Duration = Duration::from_secs(90);
/// The standard window of the preset `fast`.
const WINDOW: Tick = 8;
/// Items of the job: the first row of the Mandelbrot set.
const ITEMS: u32 = 32;
/// The bound of units for one of them.
const MAX_UNITS: u32 = 73_881;
/// The corner, the step, the width and the iterations. The first two are negative, so they need all of 64 bits.
const PARAMS: [i64; 5] = [-536_870_912, -335_544_320, 1_310_720, 32, 255];

/// Sends a request with curl, as any program would. The error is the object that the node answers.
fn curl(node: &Node, method: &str, params: Value) -> Result<Value, Value> {
	let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
	let output = Command::new("curl")
		.args(["-sSf", "--max-time", "30", "-H", "Content-Type: application/json"])
		.args(["-d", &body, &format!("http://127.0.0.1:{}", node.port)])
		.output()
		.expect("curl is installed");
	let errors = String::from_utf8_lossy(&output.stderr);
	assert!(output.status.success(), "{method}: {errors}");
	let mut answer: Value = serde_json::from_slice(&output.stdout).expect("the node answers JSON");
	match answer.get("error") {
		Some(error) => Err(error.clone()),
		None => Ok(answer["result"].take()),
	}
}

/// What a method answers, without the block.
fn value(node: &Node, method: &str, params: Value) -> Value {
	let mut answer = curl(node, method, params).unwrap_or_else(|error| panic!("{method}: {error}"));
	assert!(
		answer["at"].as_str().is_some_and(|at| at.starts_with("0x")),
		"{method}: {answer}"
	);
	answer["value"].take()
}

/// The code, the message and the data of a refusal.
fn refusal(node: &Node, method: &str, params: Value) -> (i64, String, Value) {
	let error = curl(node, method, params).expect_err("it is refused");
	let message = error["message"].as_str().expect("a sentence").to_owned();
	assert!(error["data"]["hint"].is_string(), "it says what to do: {error}");
	(error["code"].as_i64().expect("a code"), message, error["data"].clone())
}

fn pool() -> Value {
	json!({"kind": "map", "class": "cpu-4", "region": 0})
}

/// The job, as the chain has it and as an application writes it.
fn describe(kernel: &str, level: u8, expires: Tick, key: [u8; 32]) -> (JobSpec, Value) {
	let params = PARAMS.map(i64::cast_unsigned);
	let spec = JobSpec {
		kernel: KernelHash(kernel.parse::<H256>().expect("a hash")),
		params: BoundedVec::truncate_from(params.to_vec()),
		inputs: BoundedVec::default(),
		items: ITEMS,
		max_units: MAX_UNITS,
		data_key: key,
		terms: Terms {
			target: Target::Book {
				pool: Pool {
					kind: JobKind::Map,
					class: DeviceClass::Cpu4,
					region: Region(0),
				},
				level: Level(level),
			},
			public: true,
			run_ticks: 60,
			window: WINDOW,
			expires,
		},
	};
	let written = json!({
		"kernel": kernel,
		"params": params.map(|param| param.to_string()),
		"inputs": [],
		"items": ITEMS,
		"maxUnits": MAX_UNITS,
		"dataKey": format!("{:?}", H256(key)),
		"terms": {
			"target": {"type": "book", "pool": pool(), "level": level},
			"public": true, "runTicks": 60, "window": WINDOW, "expires": expires,
		},
	});
	(spec, written)
}

/// Subscribes to what happens to jobs.
async fn subscribe(rpc: &RpcClient, filter: Value) -> RpcSubscription<Value> {
	let mut params = RpcParams::new();
	params.push(filter).expect("JSON");
	let names = ("compute_v1_subscribeJobs", "compute_v1_unsubscribeJobs");
	rpc.subscribe(names.0, params, names.1)
		.await
		.expect("the node serves it")
}

/// Every event up to the settlement, each with its block.
async fn until_settled(subscription: &mut RpcSubscription<Value>) -> Vec<(Value, Value)> {
	let mut heard: Vec<(Value, Value)> = Vec::new();
	while heard.last().is_none_or(|(_, event)| event["kind"] != "settled") {
		let next = timeout(LIMIT, subscription.next()).await;
		let next = next.unwrap_or_else(|_| panic!("nothing in {LIMIT:?} after {heard:?}"));
		let notification = next.expect("it goes on").expect("it is read");
		for event in notification["events"].as_array().into_iter().flatten() {
			heard.push((notification["block"].clone(), event.clone()));
		}
	}
	heard
}

/// Asks twice a second until there is an answer.
fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
	let start = Instant::now();
	loop {
		if let Some(found) = look() {
			return found;
		}
		assert!(start.elapsed() < LIMIT, "{what}: not in {LIMIT:?}");
		sleep(Duration::from_millis(500));
	}
}

/// Signs a call of the market and sends it with curl.
fn submit(node: &Node, runtime: &Runtime, key: &Key, call: &'static str, arguments: Vec<u8>) {
	let signed = runtime.block_on(async {
		let raw = Raw::connect(&node.url()).await;
		raw.sign(call, arguments, key.pair()).await
	});
	let digits: String = signed.iter().map(|byte| format!("{byte:02x}")).collect();
	let sent = curl(node, "author_submitExtrinsic", json!([format!("0x{digits}")]));
	sent.unwrap_or_else(|error| panic!("{call}: {error}"));
}

#[test]
fn a_whole_job_is_bought_with_curl_and_two_signatures() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let mut network = Network::start("fast", folder.path(), |text| println!("{text}"));
	network.start_worker();
	let key = Key::open(&network.key("requester")).expect("the test's key");
	let kernel = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kernels/mandelbrot/mandelbrot.mk");
	let kernel = kernel.to_str().expect("UTF-8");
	let registered = network
		.client
		.json(&["--key", &network.key("requester"), "kernel", "register", kernel]);
	let kernel = registered["kernel"].as_str().expect("a hash");
	let (node, requester) = (&network.node, key.account().to_string());
	let runtime = Runtime::new().expect("a runtime");

	// Who offers, and for how much?
	let book = value(node, "compute_v1_book", json!([pool()]));
	let level = book["asks"][0]["level"]
		.as_u64()
		.and_then(|level| u8::try_from(level).ok())
		.expect("an ask");
	assert_eq!(book["asks"][0]["price"], Level(level).price().0.to_string());
	let offers = value(node, "compute_v1_offers", json!([{"class": "cpu-4", "queued": true}]));
	assert_eq!(offers["offers"][0]["provider"], network.provider);
	let providers = value(node, "compute_v1_providers", json!([{"eligible": true}]));
	let provider = value(node, "compute_v1_provider", json!([network.provider]));
	assert_eq!(providers["providers"][0], provider);
	assert_eq!(provider["endpoint"]["port"], network.endpoint);
	assert_eq!(provider["stake"]["active"], (336 * MILL).to_string());

	// What would the job cost?
	let rules = value(node, "compute_v1_rules", json!([]));
	assert_eq!(
		(&rules["jobFee"], &rules["minJob"], &rules["protocolFeePerBillion"]),
		(&json!("5000000000"), &json!("10000000000"), &json!(50_000_000))
	);
	assert_eq!(
		rules["classes"][0]["floor"], provider["stake"]["active"],
		"it has one lane"
	);
	let stats = value(node, "compute_v1_networkStats", json!([]));
	assert_eq!(
		(&stats["halted"], &stats["askingProviders"]),
		(&json!(false), &json!(1))
	);
	let tick = stats["tick"]
		.as_u64()
		.and_then(|tick| Tick::try_from(tick).ok())
		.expect("a tick");
	let (spec, written) = describe(kernel, level, tick + 150, key.public());
	let quote = value(node, "compute_v1_quote", json!([written]));
	assert_eq!(quote["start"], json!({"type": "now", "provider": network.provider}));
	assert_eq!(
		(&quote["escrow"], &quote["fees"]),
		(&json!("10000000000"), &json!("15000000000"))
	);
	what_cannot_be_is_refused(node, &written);

	// Its id is known before it is there.
	let genesis = curl(node, "chain_getBlockHash", json!([0])).expect("the first block");
	let genesis: H256 = genesis.as_str().and_then(|hash| hash.parse().ok()).expect("a hash");
	let id = job_id(&genesis, &AccountId::new(key.account().0), 0, &spec);
	let job = format!("{:?}", id.0);
	let foretold = value(node, "compute_v1_jobId", json!([requester, written]));
	assert_eq!(foretold, json!({"job": job, "nonce": "0"}));
	assert_eq!(value(node, "compute_v1_job", json!([job])), Value::Null);
	assert_eq!(value(node, "compute_v1_explain", json!([job])), Value::Null);

	// One who listens to the best blocks and one who listens to the final ones.
	// With the client the subscriptions would end.
	let (_rpc, mut best, mut finalised) = runtime.block_on(async {
		let rpc = RpcClient::from_insecure_url(node.url())
			.await
			.expect("the node answers");
		let best = subscribe(&rpc, json!({"job": job})).await;
		let finalised = subscribe(&rpc, json!({"requester": requester, "finalized": true})).await;
		(rpc, best, finalised)
	});

	submit(node, &runtime, &key, "submit_job", spec.encode());
	let committed = wait("the result", || {
		let live = value(node, "compute_v1_job", json!([job]));
		(live["state"]["type"] == "committed").then_some(live)
	});
	let live = value(
		node,
		"compute_v1_jobs",
		json!([{"requester": requester, "state": "committed"}]),
	);
	assert_eq!(live["jobs"][0], committed);
	assert_eq!(committed["terms"], written["terms"]);
	assert_eq!(
		(&committed["params"], &committed["kernel"]),
		(&written["params"], &written["kernel"])
	);
	let waits = value(node, "compute_v1_explain", json!([job]));
	let end = &committed["state"]["window"]["end"];
	assert_eq!(
		waits,
		json!({"type": "window", "provider": network.provider, "end": end})
	);
	let serves = value(node, "compute_v1_explainMatch", json!([job, network.provider]));
	assert!(serves["serves"].is_boolean(), "{serves}");

	submit(node, &runtime, &key, "settle_now", JobId(id.0).encode());
	let heard = runtime.block_on(until_settled(&mut best));
	what_was_heard_is_what_happened(&heard, &committed);
	wait("the job's end", || {
		value(node, "compute_v1_job", json!([job])).is_null().then_some(())
	});
	let final_events = runtime.block_on(until_settled(&mut finalised));
	assert_eq!(final_events, heard, "one validator makes no forks");

	// What was, can be asked about still.
	let (block, _) = heard
		.iter()
		.find(|(_, event)| event["kind"] == "committed")
		.expect("it was heard");
	let then = curl(node, "compute_v1_job", json!({"job": job, "at": block})).expect("its state is there");
	assert_eq!((&then["at"], &then["value"]["state"]), (block, &committed["state"]));
	let next = value(node, "compute_v1_jobId", json!([requester, written]));
	assert_eq!(next["nonce"], "1");
	let (block, _) = heard.last().expect("it was heard");
	let stats = curl(node, "compute_v1_networkStats", json!([block])).expect("its state is there");
	assert_eq!(stats["value"]["totals"]["settled"], "1");
	let era = json!([pool(), stats["value"]["era"], block]);
	let era = curl(node, "compute_v1_poolEra", era).expect("its state is there");
	assert_eq!(
		(&era["value"]["paidJobs"], &era["value"]["lapsed"]),
		(&json!(1), &json!(0))
	);
	what_it_earned_is_told(node, network.provider, &heard);
}

/// The one payment's fee is all that its provider has earned with, so it has the whole pool of the era.
fn what_it_earned_is_told(node: &Node, provider: u32, heard: &[(Value, Value)]) {
	let (_, settled) = heard.last().expect("it was heard");
	let earned = wait("the reward", || {
		let earned = value(node, "compute_v1_rewardPreview", json!([provider]));
		let era = earned["eras"].get(0)?.clone();
		(era["state"] == "claimable").then_some(era)
	});
	assert_eq!(earned["fees"], settled["fee"]);
	let eras = value(node, "compute_v1_eraRewards", json!([]));
	let paid = eras["eras"]
		.as_array()
		.expect("a list")
		.iter()
		.find(|era| era["era"] == earned["era"]);
	let paid = paid.expect("the era is remembered");
	assert_eq!((&paid["fees"], &paid["claimed"]), (&settled["fee"], &json!("0")));
	assert_eq!(paid["pool"], earned["reward"]);
	let planck = |amount: &Value| {
		amount
			.as_str()
			.and_then(|text| text.parse::<u128>().ok())
			.expect("an amount")
	};
	// Half of the four fifths that stay burned, rounded down.
	assert_eq!(planck(&earned["reward"]), planck(&settled["fee"]) * 2 / 5);
}

/// Refusals of a real runtime, in its own words.
fn what_cannot_be_is_refused(node: &Node, written: &Value) {
	let mut empty = written.clone();
	empty["items"] = json!(0);
	let (code, message, data) = refusal(node, "compute_v1_quote", json!([empty]));
	assert_eq!(
		(code, message.as_str()),
		(20_103, "Market::NoItems: A job has at least one item.")
	);
	assert_eq!(data["error"], "NoItems");
	let mut unknown = written.clone();
	unknown["kernel"] = json!(format!("0x{}", "00".repeat(32)));
	let (code, message, data) = refusal(node, "compute_v1_quote", json!([unknown]));
	assert_eq!(
		(code, &data["hint"]),
		(20_103, &json!("Register it first.")),
		"{message}"
	);
	let mut longer = written.clone();
	longer["terms"]["tip"] = json!("1");
	let (code, _, data) = refusal(node, "compute_v1_quote", json!([longer]));
	assert_eq!((code, &data["parameter"]), (20_100, &json!("spec.terms")));
	let (code, ..) = refusal(
		node,
		"compute_v1_networkStats",
		json!([format!("0x{}", "77".repeat(32))]),
	);
	assert_eq!(code, 20_101);
}

/// The events of the job, from its submission to its settlement.
fn what_was_heard_is_what_happened(heard: &[(Value, Value)], committed: &Value) {
	let kinds: Vec<&str> = heard
		.iter()
		.map(|(_, event)| event["kind"].as_str().expect("a kind"))
		.collect();
	println!("heard: {kinds:?}");
	assert_eq!((kinds.first(), kinds.get(1)), (Some(&"submitted"), Some(&"assigned")));
	assert_eq!(&kinds[kinds.len() - 2..], ["committed", "settled"]);
	let [.., (_, result), (_, settled)] = heard else {
		panic!("too few events: {heard:?}");
	};
	assert_eq!(result["root"], committed["state"]["root"]);
	assert_eq!(
		(&settled["units"], &settled["lapsed"]),
		(&committed["state"]["units"], &json!(false))
	);
	let planck = |name: &str| {
		settled[name]
			.as_str()
			.and_then(|text| text.parse::<u128>().ok())
			.expect("an amount")
	};
	let held = committed["escrow"]
		.as_str()
		.and_then(|text| text.parse::<u128>().ok())
		.expect("an amount");
	assert_eq!(
		planck("payment") + planck("refund"),
		held,
		"nothing of the escrow is lost"
	);
	assert_eq!(
		(planck("feesReturned"), planck("feesPaid")),
		(10_000_000_000, 5_000_000_000)
	);
	assert_eq!(settled["deposit"], committed["deposit"]);
	assert!(heard
		.iter()
		.all(|(_, event)| event["requester"] == committed["requester"]));
}

/// The words of a text that begin like a method.
fn methods_in(text: &str) -> BTreeSet<String> {
	let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
	words
		.filter(|word| word.starts_with("compute_v1_"))
		.map(str::to_owned)
		.filter(|word| word != "compute_v1_")
		.collect()
}

#[test]
fn what_the_node_serves_and_what_the_page_says_are_the_same() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let node = Node::start("fast", folder.path());
	let served = curl(&node, "rpc_methods", json!([])).expect("a list");
	let served = methods_in(&served.to_string());
	let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/json-rpc.md");
	let page = methods_in(&fs::read_to_string(page).expect("the page is there"));
	assert_eq!(served, page);
	println!("{} methods", served.len());
}
