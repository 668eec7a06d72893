//! `docs/validator.md`, followed by a program.

use crate::watched::Watched;
use codec::{Compact, Encode};
use millrace_tests::{free_port, rpc::bytes, Answer, Client, Node};
use serde_json::{json, Value};
use std::{
	path::Path,
	thread,
	time::{Duration, Instant},
};

/// A MILL in planck.
const MILL: u128 = 1_000_000_000_000;
/// What the page bonds.
const BOND: u128 = 2_000_000 * MILL;
/// What is added later.
const EXTRA: u128 = 10 * MILL;
/// Eras after the planned one from which on unbonded money is free.
const UNBONDING_ERAS: u64 = 28;
/// The index of the pallet `Session` in the runtime, and of `set_keys` in it.
const SET_KEYS: [u8; 2] = [12, 0];
/// The exit codes for what the chain rejects or would reject, for a check that failed, and for a stash that is not among the
/// validators.
const REJECTED: i32 = 5;
const UNSOUND: i32 = 13;
const NOT_ACTIVE: i32 = 14;

/// What the doctor says of a node, with its exit code.
fn doctor(node: &Node, folder: &Path, data: &Path, stash: &str) -> (i32, Value) {
	let data = data.to_str().expect("UTF-8");
	let client = Client::new(node.url(), folder);
	let answer = client.run(&["validator", "doctor", "--data", data, "--stash", stash]);
	(answer.code, answer.json())
}

/// What a check came to.
fn verdict<'a>(report: &'a Value, check: &str) -> &'a str {
	let checks = report["checks"].as_array().expect("a list");
	let found = checks.iter().find(|found| found["check"] == check);
	let found = found.unwrap_or_else(|| panic!("no check {check}: {report}"));
	found["verdict"].as_str().expect("a word")
}

/// `docs/validator.md`, from the stash to blocks that become final and are paid for, and to the end of its candidacy.
#[test]
fn the_steps_of_the_validators_page_lead_to_a_validator() {
	let start = Instant::now();
	let temporary = tempfile::tempdir().expect("a temporary folder");
	let path = |name: &str| temporary.path().join(name);
	let network = Node::start_with("fast", &path("network"), free_port(), &["--alice", "--no-prometheus"]);
	let known = network.peer_address();
	let validator = Watched::start(&path("validator"), &["--validator", "--bootnodes", &known]);
	let node = &validator.node;
	node.wait_until("it has caught up", Duration::from_secs(120), |node| {
		let health = node.call("system_health", json!([]));
		health["isSyncing"] == false && health["peers"].as_u64() > Some(0) && node.heights().1 >= 2
	});
	assert!(
		validator.value("substrate_proposer_block_constructed_count") == 0.0,
		"it makes blocks before it is elected"
	);

	let client = Client::new(node.url(), &path("client"));
	let file = path("stash.json");
	let file = file.to_str().expect("UTF-8");
	let address = client.json(&["key", "new", file])["address"].clone();
	let address = address.as_str().expect("an address");
	client.json(&["--key", "//Bob", "account", "transfer", address, "2000100"]);
	let status = || {
		let answer = client.run(&["validator", "status", address]);
		(answer.code, answer.json())
	};
	let (code, before) = status();
	assert_eq!(
		(code, &before["standing"]),
		(NOT_ACTIVE, &json!("not_bonded")),
		"{before}"
	);

	keys_for_a_cold_stash_are_not_sent(node, &client, address, &before);
	let made = client.json(&[
		"--key",
		file,
		"validator",
		"rotate-keys",
		"--owner",
		address,
		"--submit",
	]);
	assert_eq!(made["registered"], true, "{made}");
	assert_eq!(node.call("author_hasSessionKeys", json!([made["keys"]])), true);
	assert_eq!(status().1["keys"], made["keys"]);
	the_doctor_knows_where_the_keys_are(&network, node, temporary.path(), address);

	it_bonds_and_stands_for_election(&client, file, address);
	let (code, stands) = status();
	assert_eq!(code, NOT_ACTIVE, "it is elected before it could be: {stands}");
	assert_eq!(stands["candidate"], true, "{stands}");
	// Time enough before the election.
	let added = client.json(&["--key", file, "validator", "bond", "10"]);
	assert_eq!(
		(&added["extra"], &added["active"]),
		(&json!(true), &json!((BOND + EXTRA).to_string())),
		"{added}"
	);
	node.wait_until("it is elected", Duration::from_secs(240), |_| status().0 == 0);
	println!("elected after {} s", start.elapsed().as_secs());
	let elected = status().1;
	assert_eq!(elected["standing"], "active", "{elected}");
	// An election counts in parts of 2⁶⁴ of the issuance, so a few planck of a stake may back nobody.
	let backing: u128 = elected["backing"]["own"]
		.as_str()
		.and_then(|own| own.parse().ok())
		.expect("planck");
	assert!((BOND - 1_000..=BOND + EXTRA).contains(&backing), "{elected}");

	let (best, _) = network.heights();
	network.wait_until("its blocks are final elsewhere", Duration::from_secs(120), |network| {
		network.heights().1 > best + 3
	});
	let made = validator.value("substrate_proposer_block_constructed_count");
	let votes = validator.value("substrate_finality_grandpa_prevotes_total");
	assert!(made > 0.0 && votes > 0.0, "{made} blocks, {votes} votes");
	let slots = node.call("babe_epochAuthorship", json!([]));
	assert!(slots.as_object().is_some_and(|keys| !keys.is_empty()), "{slots}");

	node.wait_until("an era of its own is over", Duration::from_secs(180), |_| {
		let unclaimed = status().1["unclaimed"].clone();
		unclaimed.as_array().is_some_and(|eras| !eras.is_empty())
	});
	let paid = status().1;
	let era = &paid["unclaimed"][0];
	assert!(era["points"].as_u64() >= Some(20), "a block earns 20 points: {paid}");
	assert_ne!(era["reward"], "0", "{paid}");
	assert_eq!(paid["slashes"], json!([]), "{paid}");
	println!(
		"{made} blocks and {votes} votes of its own, {} planck to be paid for era {}, after {} s",
		era["reward"],
		era["era"],
		start.elapsed().as_secs()
	);
	thread::scope(|scope| {
		scope.spawn(|| an_era_is_paid(&client, address, era));
		it_chills_and_unbonds(&client, file, address);
	});
	println!("paid and chilled after {} s", start.elapsed().as_secs());
}

/// Before anything is sent, for this reason.
fn it_is_refused(answer: &Answer, why: &str) {
	assert_eq!(answer.code, REJECTED, "{}{}", answer.stdout, answer.stderr);
	let (message, hint) = answer.refusal();
	assert!(
		message.contains(why) && hint.contains("nothing was sent"),
		"{message}, {hint}"
	);
}

/// Step 5, from a stash that has registered its keys. A call for a wallet comes before, and sends nothing.
fn it_bonds_and_stands_for_election(client: &Client, key: &str, stash: &str) {
	let validator = |arguments: &[&str]| client.run(&[&["--key", key, "validator"][..], arguments].concat());
	it_is_refused(&validator(&["validate"]), "nothing bonded");
	let printed = client.json(&["validator", "bond", "2000000", "--call-data", stash]);
	assert_eq!(
		(&printed["sent"], &printed["call"]),
		(&json!(false), &json!("staking.bond"))
	);
	// After the pallet's index that of the call, the amount, and the stash as payee.
	let expected = [vec![0], (Compact(BOND), 1u8).encode()].concat();
	assert_eq!(bytes(&printed["call_data"])[1..], expected, "{printed}");

	let bonded = validator(&["bond", "2000000"]);
	assert_eq!(bonded.code, 0, "{}{}", bonded.stdout, bonded.stderr);
	let bonded = bonded.json();
	assert_eq!(
		(&bonded["extra"], &bonded["active"], &bonded["payee"]),
		(&json!(false), &json!(BOND.to_string()), &json!("stash")),
		"{bonded}"
	);
	it_is_refused(&validator(&["validate", "--commission", "4.99"]), "less than the least");
	let stands = validator(&["validate"]);
	assert_eq!(stands.code, 0, "{}{}", stands.stdout, stands.stderr);
	assert_eq!(
		stands.json()["commission_parts_per_billion"],
		50_000_000,
		"{}",
		stands.stdout
	);
}

/// Anybody has an era paid, once.
fn an_era_is_paid(client: &Client, stash: &str, era: &Value) {
	let number = era["era"].to_string();
	let payout = ["--key", "//Bob", "validator", "payout", stash, "--era", &number];
	let paid = client.json(&payout);
	assert_eq!(paid["pages"][0]["era"], era["era"], "{paid}");
	assert_eq!(paid["nominators"], "0", "{paid}");
	let planck = |value: &Value| -> u128 { value.as_str().and_then(|text| text.parse().ok()).expect("planck") };
	let (got, expected) = (planck(&paid["validator"]), planck(&era["reward"]));
	// The chain divides in parts of a thousand million.
	assert!(
		got > 0 && got.abs_diff(expected) <= expected / 100_000_000 + 2,
		"{paid}: {era}"
	);
	let left = client.run(&["validator", "status", stash]).json();
	let eras = left["unclaimed"].as_array().expect("a list");
	assert!(eras.iter().all(|left| left["era"] != era["era"]), "{left}");
	it_is_refused(&client.run(&payout), "it was paid");
}

/// *Afterwards*: an elected stash chills, takes its money back, and keeps its keys as long as it needs them.
fn it_chills_and_unbonds(client: &Client, key: &str, stash: &str) {
	let validator = |arguments: &[&str]| client.run(&[&["--key", key, "validator"][..], arguments].concat());
	let status = || client.run(&["validator", "status", stash]).json();
	it_is_refused(&validator(&["unbond", "1999999"]), "would be left");
	let chilled = validator(&["chill"]);
	assert_eq!(chilled.code, 0, "{}{}", chilled.stdout, chilled.stderr);
	assert_eq!(chilled.json()["active"], true, "{}", chilled.stdout);
	let after = status();
	assert_eq!(
		(&after["candidate"], &after["standing"]),
		(&json!(false), &json!("active")),
		"it is elected for the planned eras: {after}"
	);
	it_is_refused(&validator(&["purge-keys"]), "among the validators");
	let unbonded = client.json(&["--key", key, "validator", "unbond", "all"]);
	assert_eq!(unbonded["amount"], (BOND + EXTRA).to_string(), "{unbonded}");
	let era = |field: &str| unbonded[field].as_u64().expect("a number");
	assert_eq!(era("free_from_era"), era("planned_era") + UNBONDING_ERAS, "{unbonded}");
	assert_eq!(status()["bond"]["unbonding"][0]["era"], unbonded["free_from_era"]);
	it_is_refused(&validator(&["withdraw"]), "nothing can be withdrawn yet");
}

/// Without `--submit` keys are made, and the call is printed as a wallet takes it. `before` is how the stash stood.
fn keys_for_a_cold_stash_are_not_sent(node: &Node, client: &Client, stash: &str, before: &Value) {
	let made = client.json(&["validator", "rotate-keys", "--owner", stash]);
	assert_eq!(made["registered"], false, "{made}");
	assert_eq!(node.call("author_hasSessionKeys", json!([made["keys"]])), true);
	let expected = [&SET_KEYS[..], &bytes(&made["keys"]), &bytes(&made["proof"]).encode()].concat();
	assert_eq!(bytes(&made["call_data"]), expected, "{made}");
	let after = client.run(&["validator", "status", stash]).json();
	assert_eq!(
		(&after["keys"], &before["keys"]),
		(&Value::Null, &Value::Null),
		"nothing was sent"
	);
}

/// The node that made them passes; the other one, which runs as well, is told that they are not its own.
fn the_doctor_knows_where_the_keys_are(network: &Node, node: &Node, folder: &Path, stash: &str) {
	let (code, report) = doctor(node, &folder.join("client"), &folder.join("validator"), stash);
	for check in [
		"node", "peers", "sync", "role", "release", "runtime", "keys", "keystore", "rpc",
	] {
		assert_eq!(verdict(&report, check), "ok", "{check}: {report}");
	}
	// How good the machine is that runs this test, only its owner can mend.
	for check in ["cores", "memory", "processor", "space", "writes", "clock", "finality"] {
		println!("{check}: {}", verdict(&report, check));
	}
	let failed = report["fail"].as_u64().expect("a number") > 0;
	assert_eq!(code, if failed { UNSOUND } else { 0 }, "{report}");

	let (code, report) = doctor(network, &folder.join("client"), &folder.join("network"), stash);
	assert_eq!((code, verdict(&report, "keystore")), (UNSOUND, "fail"), "{report}");
	assert_eq!(verdict(&report, "keys"), "ok", "{report}");
}
