//! `millrace validator doctor`.

use super::{super::Session, stash_or_key};
use crate::{
	chain::{AccountId, Chain, ChainError, Follow, NodeView},
	exit::{Code, Failure},
	validator::{
		clock, cores, exposure, finality, is_synchronised, keystore, listeners, memory, peers, processor, reached,
		registered, release, role, runtime, space, sync, verification_time, writes, Clock, Exposure, Finding, Memory,
		Space, Verdict, Writes,
	},
};
use serde_json::{json, Value};
use std::{
	path::Path,
	process::ExitCode,
	thread::available_parallelism,
	time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long to wait for a new block: four slots, of which at least one has a block unless something is wrong.
const NEXT_BLOCK: Duration = Duration::from_secs(12);
/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Prints every finding; the exit code says whether one is bad.
pub(super) async fn run(
	session: &Session<'_>,
	data: Option<&Path>,
	stash: Option<AccountId>,
) -> Result<ExitCode, Failure> {
	let stash = stash_or_key(session, stash)?;
	if let Some(folder) = data.filter(|folder| !folder.is_dir()) {
		return Err(Failure::new(
			Code::Config,
			format!("{} is no folder", folder.display()),
			"give the folder of the node's --base-path",
		));
	}
	session
		.printer
		.note("measuring, and waiting for a new block; at most half a minute");
	let mut findings = of_machine(data);
	match of_node(session, stash).await {
		Ok(found) => findings.extend(found),
		Err(failure) => findings.push(Finding::fail("node", failure.message, failure.hint)),
	}
	session.printer.show(&object(&findings), || text(&findings));
	Ok(exit_code(&findings))
}

/// What is read on this machine.
fn of_machine(data: Option<&Path>) -> Vec<Finding> {
	let mut findings = vec![
		cores(available_parallelism().map_or(1, usize::from)),
		memory(Memory::read()),
		processor(verification_time()),
	];
	match data {
		Some(folder) => {
			findings.push(space(Space::of(folder)));
			findings.push(writes(&Writes::measure(folder)));
		}
		None => findings.push(Finding::warn(
			"disk",
			"no folder was named, so the disk was not looked at",
			"give --data with the node's --base-path",
		)),
	}
	findings
}

/// What node and chain say.
async fn of_node(session: &Session<'_>, stash: Option<AccountId>) -> Result<Vec<Finding>, Failure> {
	let chain = session.chain().await?;
	let node = chain.node().await?;
	let (best, last_final) = (chain.best().await?, chain.finalised().await?);
	let number = best.block().number;
	let mut findings = vec![
		reached(chain.url(), chain.is_loopback(), &node),
		peers(&node),
		sync(&node, number),
		finality(number, last_final.block().number),
		role(&node),
		release(&node.version, env!("CARGO_PKG_VERSION")),
		runtime(&node),
		clock(Clock {
			block_age: block_age(&chain, &node).await?,
			synchronised: is_synchronised(),
		}),
	];
	let keys = match stash {
		Some(stash) => best.next_keys(stash).await?,
		None => None,
	};
	findings.push(registered(stash, keys));
	if let Some(keys) = keys {
		let held = match chain.has_session_keys(&keys).await {
			Ok(held) => Some(held),
			Err(ChainError::Closed { .. }) => None,
			Err(error) => return Err(error.into()),
		};
		findings.push(keystore(held));
	}
	findings.push(exposure(&Exposure {
		loopback: chain.is_loopback(),
		open: chain.is_open().await?,
		listeners: chain.port().and_then(listeners),
	}));
	Ok(findings)
}

/// Milliseconds from the time of the next block to this machine's when it has just come. None where none comes, and where
/// the node catches up: then its blocks are old.
async fn block_age(chain: &Chain, node: &NodeView) -> Result<Option<i64>, ChainError> {
	if node.syncing {
		return Ok(None);
	}
	let mut blocks = chain.best_blocks(Follow::Poll(LOOK_EVERY));
	blocks.next().await?;
	let Ok(next) = tokio::time::timeout(NEXT_BLOCK, blocks.next()).await else {
		return Ok(None);
	};
	let came = SystemTime::now();
	let made = next?.timestamp().await?;
	Ok(Some(age(came, made)))
}

/// Milliseconds from `made`, which counts them since 1970, to `came`.
fn age(came: SystemTime, made: u64) -> i64 {
	let since = came.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
	let since = i64::try_from(since).unwrap_or(i64::MAX);
	since.saturating_sub(i64::try_from(made).unwrap_or(i64::MAX))
}

/// What scripts go by.
fn exit_code(findings: &[Finding]) -> ExitCode {
	match count(findings, Verdict::Fail) {
		0 => ExitCode::SUCCESS,
		_ => ExitCode::from(Code::Unsound.number()),
	}
}

fn count(findings: &[Finding], verdict: Verdict) -> usize {
	findings.iter().filter(|finding| finding.verdict == verdict).count()
}

fn object(findings: &[Finding]) -> Value {
	json!({
		"checks": findings,
		"ok": count(findings, Verdict::Ok),
		"warn": count(findings, Verdict::Warn),
		"fail": count(findings, Verdict::Fail),
	})
}

fn text(findings: &[Finding]) -> String {
	let mut text = String::new();
	for finding in findings {
		let (verdict, check) = (finding.verdict.name(), finding.check);
		text.push_str(&format!("{verdict:<6}{check:<11}{}\n", finding.says));
		if !finding.advice.is_empty() {
			text.push_str(&format!("{:<17}hint: {}\n", "", finding.advice));
		}
	}
	let [ok, warn, fail] = [Verdict::Ok, Verdict::Warn, Verdict::Fail].map(|verdict| count(findings, verdict));
	format!("{text}\n{ok} ok, {warn} warn, {fail} fail")
}

#[cfg(test)]
mod tests {
	use super::*;

	fn findings() -> Vec<Finding> {
		vec![
			Finding::ok("cores", "2 cores"),
			Finding::warn("peers", "no peers", "name some"),
			Finding::fail("role", "it only follows", "start it otherwise"),
			Finding::ok("rpc", "closed"),
		]
	}

	#[test]
	fn every_finding_is_shown_with_its_hint() {
		let shown = text(&findings());
		for part in [
			"ok    cores      2 cores\n",
			"warn  peers      no peers\n                 hint: name some\n",
			"fail  role       it only follows\n",
			"2 ok, 1 warn, 1 fail",
		] {
			assert!(shown.contains(part), "{part:?}: {shown}");
		}
		let object = object(&findings());
		assert_eq!(
			(&object["ok"], &object["warn"], &object["fail"]),
			(&json!(2), &json!(1), &json!(1))
		);
		assert_eq!(
			object["checks"][1],
			json!({ "check": "peers", "verdict": "warn", "says": "no peers", "advice": "name some" })
		);
	}

	#[test]
	fn only_what_fails_is_an_exit_code() {
		let code = |findings: &[Finding]| format!("{:?}", exit_code(findings));
		let number = |number: u8| format!("{:?}", ExitCode::from(number));
		assert_eq!(code(&findings()), number(13));
		assert_eq!(code(&findings()[..2]), number(0));
		assert_eq!(code(&[]), number(0));
	}

	#[test]
	fn a_block_may_be_older_or_younger_than_the_clock() {
		let clock = UNIX_EPOCH + Duration::from_millis(10_500);
		assert_eq!(age(clock, 10_000), 500);
		assert_eq!(age(clock, 12_000), -1_500);
		assert!(age(clock, u64::MAX) < -1_000_000);
	}

	#[test]
	fn without_a_folder_the_disk_is_not_judged() {
		let names = |data: Option<&Path>| -> Vec<&'static str> {
			of_machine(data).iter().map(|finding| finding.check).collect()
		};
		assert_eq!(names(None), ["cores", "memory", "processor", "disk"]);
		let folder = tempfile::tempdir().unwrap();
		assert_eq!(
			names(Some(folder.path())),
			["cores", "memory", "processor", "space", "writes"]
		);
	}
}
