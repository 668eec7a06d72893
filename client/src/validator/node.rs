//! What a node says of itself, and who can reach it.

use super::{at_most, Finding};
use crate::chain::{AccountId, NodeView, SessionKeys};
use std::net::IpAddr;

/// Blocks behind the peers, or finality behind the best block, from which on it is told of; as the alerts do.
const LATE: u64 = 20;
/// Blocks by which finality may be behind before authors slow down.
const STALLED: u64 = 50;

/// Judges that a node answers, and from where.
pub fn reached(url: &str, loopback: bool, node: &NodeView) -> Finding {
	let says = format!("{} {} answers at {url}", node.name, node.version);
	if loopback {
		return Finding::ok("node", says);
	}
	Finding::warn(
		"node",
		format!("{says}; it may run on another machine, and what is said of cores, memory, disk and clock is about this one"),
		"run this on the node's machine",
	)
}

/// Judges whether a node is connected to others.
pub fn peers(node: &NodeView) -> Finding {
	match (node.peers, node.should_have_peers) {
		(0, true) => Finding::fail(
			"peers",
			"no other node is connected",
			"look at the machine's network, at the firewall for the port of --listen-addr, and at --bootnodes",
		),
		(0, false) => Finding::warn(
			"peers",
			"no other node is connected, and the node was given none to begin with",
			"that is right for a chain of one node; else --bootnodes is missing",
		),
		(1, _) => Finding::ok("peers", "1 peer"),
		(count, _) => Finding::ok("peers", format!("{count} peers")),
	}
}

/// Judges whether a node has the blocks that its peers have. `best` is the number of its best block.
pub fn sync(node: &NodeView, best: u64) -> Finding {
	let behind = node.highest.saturating_sub(best);
	if node.syncing {
		return Finding::fail(
			"sync",
			format!("it catches up, and makes no blocks until then: {behind} blocks are missing after block {best}"),
			"wait; if it does not come nearer, look at processor and disk, and in its log for blocks that it refuses",
		);
	}
	Finding::new(
		"sync",
		at_most(behind, LATE, u64::MAX),
		format!("it has block {best}, and its peers tell of {behind} more"),
		"usual for a moment after a start; else look at processor and disk",
	)
}

/// Judges how far finality is behind the best block.
pub fn finality(best: u64, last_final: u64) -> Finding {
	let lag = best.saturating_sub(last_final);
	Finding::new(
		"finality",
		at_most(lag, LATE, STALLED),
		format!("block {last_final} is final, {lag} behind the best one"),
		"compare with another node: the same everywhere, validators do not vote; only here, this node does not hear them",
	)
}

/// Judges whether a node authors and votes.
pub fn role(node: &NodeView) -> Finding {
	if node.authority {
		return Finding::ok("role", "it is ready to author and to vote");
	}
	Finding::fail("role", "it only follows the chain", "start it with --validator")
}

/// Judges whether node and this program are of one release. `own` is this program's version.
pub fn release(version: &str, own: &str) -> Finding {
	let release = version.split(['-', '+']).next().unwrap_or_default();
	if release == own {
		return Finding::ok("release", format!("node and this program are of release {own}"));
	}
	Finding::warn(
		"release",
		format!("the node is of release {release}, this program of {own}"),
		"install both from one release, after a look at its changelog",
	)
}

/// Judges whether this program fits the chain's runtime. The node needs not: it executes what is on the chain.
pub fn runtime(node: &NodeView) -> Finding {
	let version = node.spec_version;
	if node.fits {
		return Finding::ok(
			"runtime",
			format!("version {version} has the types that this program knows"),
		);
	}
	Finding::warn(
		"runtime",
		format!("version {version} has other types than this program knows"),
		"nodes execute any runtime, but programs know the calls of their own release: upgrade them",
	)
}

/// Judges whether a stash has registered session keys.
pub fn registered(stash: Option<AccountId>, keys: Option<SessionKeys>) -> Finding {
	match (stash, keys) {
		(None, _) => Finding::warn(
			"keys",
			"no stash was named, so its session keys were not looked up",
			"give --stash ADDRESS",
		),
		(Some(stash), None) => Finding::fail(
			"keys",
			format!("{stash} has registered no session keys"),
			format!("`millrace validator rotate-keys --owner {stash}` has the node make some"),
		),
		(Some(stash), Some(keys)) => Finding::ok("keys", format!("{stash} has registered {keys}")),
	}
}

/// Judges whether the node has what belongs to registered keys. `held` is its answer; none where it gives none.
pub fn keystore(held: Option<bool>) -> Finding {
	match held {
		Some(true) => Finding::ok("keystore", "the node has the secret halves of the registered keys"),
		Some(false) => Finding::fail(
			"keystore",
			"the node does not have the secret halves of the registered keys",
			"it was started on another folder, or keys of another node were registered: `millrace validator rotate-keys`",
		),
		None => Finding::warn(
			"keystore",
			"the node does not tell this program which keys it has",
			"run this on the node's machine, over loopback",
		),
	}
}

/// What is known of who can call what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exposure {
	/// Whether the node was reached over this machine's loopback.
	pub loopback: bool,
	/// Whether it lets this program call methods that write keys or cost much work.
	pub open: bool,
	/// Addresses at which this machine listens on the node's port; none where that is not known.
	pub listeners: Option<Vec<IpAddr>>,
}

/// Judges whether strangers can call methods of the node that write keys or cost much work.
pub fn exposure(found: &Exposure) -> Finding {
	let advice = "leave out --rpc-methods unsafe and --unsafe-rpc-external: without them these methods are open on loopback only";
	if !found.open {
		return Finding::ok("rpc", "methods that write keys are closed at this address");
	}
	if !found.loopback {
		return Finding::fail(
			"rpc",
			"methods that write keys are open at an address that is not loopback: whoever reaches it can replace keys",
			advice,
		);
	}
	let Some(listeners) = &found.listeners else {
		return Finding::ok(
			"rpc",
			"methods that write keys are open on loopback; at which other addresses is not known here",
		);
	};
	match listeners.iter().find(|address| !address.is_loopback()) {
		Some(address) => Finding::fail(
			"rpc",
			format!("methods that write keys are open, and this machine listens on their port at {address}, not on loopback only"),
			advice,
		),
		None => Finding::ok("rpc", "methods that write keys are open on loopback, where alone this machine listens"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::validator::Verdict;

	fn node() -> NodeView {
		NodeView {
			name: "Millrace Node".to_owned(),
			version: "0.1.0-0123456789a".to_owned(),
			authority: true,
			peers: 4,
			should_have_peers: true,
			syncing: false,
			highest: 100,
			spec_version: 4,
			fits: true,
		}
	}

	#[test]
	fn a_sound_node_passes() {
		let node = node();
		for finding in [
			reached("ws://127.0.0.1:9944", true, &node),
			peers(&node),
			sync(&node, 99),
			finality(99, 96),
			role(&node),
			release(&node.version, "0.1.0"),
			runtime(&node),
		] {
			assert_eq!(
				(finding.verdict, finding.advice.as_str()),
				(Verdict::Ok, ""),
				"{finding:?}"
			);
		}
	}

	#[test]
	fn a_node_without_peers_fails_unless_it_was_given_none() {
		let alone = |should_have_peers| NodeView {
			peers: 0,
			should_have_peers,
			..node()
		};
		assert_eq!(peers(&alone(true)).verdict, Verdict::Fail);
		assert_eq!(peers(&alone(false)).verdict, Verdict::Warn);
	}

	#[test]
	fn blocks_that_are_missing_count() {
		for (best, verdict) in [
			(101, Verdict::Ok),
			(80, Verdict::Ok),
			(79, Verdict::Warn),
			(0, Verdict::Warn),
		] {
			assert_eq!(sync(&node(), best).verdict, verdict, "{best}");
		}
		let syncing = NodeView {
			syncing: true,
			..node()
		};
		assert_eq!(sync(&syncing, 100).verdict, Verdict::Fail);
		for (last_final, verdict) in [
			(80, Verdict::Ok),
			(79, Verdict::Warn),
			(50, Verdict::Warn),
			(49, Verdict::Fail),
		] {
			assert_eq!(finality(100, last_final).verdict, verdict, "{last_final}");
		}
	}

	#[test]
	fn what_does_not_fit_is_told() {
		let other = NodeView {
			authority: false,
			fits: false,
			..node()
		};
		assert_eq!(role(&other).verdict, Verdict::Fail);
		assert_eq!(runtime(&other).verdict, Verdict::Warn);
		assert_eq!(release("0.1.1-0123456789a", "0.1.0").verdict, Verdict::Warn);
		assert_eq!(release("0.1.0", "0.1.0").verdict, Verdict::Ok);
		assert_eq!(reached("ws://10.0.0.1:9944", false, &other).verdict, Verdict::Warn);
	}

	#[test]
	fn keys_must_be_registered_and_here() {
		let stash = AccountId([7; 32]);
		let keys = SessionKeys {
			grandpa: [1; 32],
			babe: [2; 32],
		};
		assert_eq!(registered(None, None).verdict, Verdict::Warn);
		let none = registered(Some(stash), None);
		assert_eq!(none.verdict, Verdict::Fail);
		assert!(none.advice.contains(&format!("--owner {stash}")), "{}", none.advice);
		assert_eq!(registered(Some(stash), Some(keys)).verdict, Verdict::Ok);
		assert_eq!(keystore(Some(true)).verdict, Verdict::Ok);
		assert_eq!(keystore(Some(false)).verdict, Verdict::Fail);
		assert_eq!(keystore(None).verdict, Verdict::Warn);
	}

	#[test]
	fn what_writes_keys_must_not_be_open_to_strangers() {
		let loopback = || vec![IpAddr::from([127, 0, 0, 1])];
		let everywhere = || vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0])];
		let judged = |loopback, open, listeners| {
			exposure(&Exposure {
				loopback,
				open,
				listeners,
			})
		};
		assert_eq!(judged(true, true, Some(loopback())).verdict, Verdict::Ok);
		assert_eq!(judged(true, true, Some(everywhere())).verdict, Verdict::Fail);
		assert_eq!(judged(false, true, None).verdict, Verdict::Fail);
		for listeners in [None, Some(loopback()), Some(everywhere())] {
			assert_eq!(judged(true, false, listeners.clone()).verdict, Verdict::Ok);
			assert_eq!(judged(false, false, listeners).verdict, Verdict::Ok);
		}
		let unknown = judged(true, true, None);
		assert_eq!(unknown.verdict, Verdict::Ok);
		assert!(unknown.says.contains("not known"), "{}", unknown.says);
	}
}
