//! A chain of one validator, a node that follows it, and a provider whose worker knows only that one.

use millrace_client::keys::Key;
use millrace_tests::{
	binary, free_port,
	network::{init_worker, register, ASK},
	spec::Spec,
	Client, Node, Process,
};
use serde_json::json;
use std::{
	future::Future,
	path::{Path, PathBuf},
	process::Command,
	thread::sleep,
	time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// How long anything may take that takes a few blocks.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);
/// What each of these accounts has at genesis, in planck: 1,000 MILL.
const ENDOWMENT: u64 = 1_000_000_000_000_000;
/// Who deals with the provider, each with an account of its own: two commands of one account would sign with the same nonce.
const ACCOUNTS: [&str; 8] = [
	"owner",
	"payout",
	"committed",
	"running",
	"behind",
	"queued",
	"below",
	"new",
];
/// Ticks in which an assignment must be accepted, and in which a result can be refuted: more than this test takes, so that no job
/// moves on by itself.
const AMPLE: u32 = 100;

/// The chain.
pub(crate) struct World {
	// Before the nodes, so that it ends first.
	pub(crate) worker: Process,
	pub(crate) folder: PathBuf,
	/// Authors every block.
	pub(crate) validator: Node,
	/// Only follows; everybody asks it.
	pub(crate) follower: Node,
	pub(crate) client: Client,
	pub(crate) provider: u32,
	runtime: Runtime,
}

impl World {
	/// Starts everything, and waits until the worker's ask stands.
	pub(crate) fn start(folder: &Path) -> World {
		let start = Instant::now();
		// Without staking rewards, which would move money that no event of the market tells of.
		let spec = Spec::of("fast").expect("the node knows it").with_epochs(1_200, 6);
		let spec = spec.with_market("acceptTicks", AMPLE).with_market("window", AMPLE);
		let spec = ACCOUNTS
			.into_iter()
			.fold(spec, |spec, name| spec.with_account(key(name).account(), ENDOWMENT));
		let path = folder.join("chain.json");
		spec.write(&path).expect("the test's folder is writable");
		let chain = path.to_str().expect("UTF-8");

		let flags = ["--alice", "--no-prometheus"];
		let validator = Node::start_with(chain, &folder.join("validator"), free_port(), &flags);
		let address = validator.peer_address();
		let flags = ["--no-prometheus", "--bootnodes", address.as_str()];
		let follower = Node::start_with(chain, &folder.join("follower"), free_port(), &flags);
		follower.wait_until("a final block", LIMIT, |node| node.heights().1 >= 1);

		let client = Client::new(follower.url(), &folder.join("client"));
		let endpoint = free_port();
		let state = folder.join("worker");
		let keys = init_worker(&state);
		let provider = register(&client, &uri("owner"), &keys, key("payout").account(), endpoint);
		let worker = start_worker(&follower, &state, endpoint, folder.join("worker.log"));
		let world = World {
			worker,
			folder: folder.to_owned(),
			validator,
			follower,
			client,
			provider,
			runtime: tokio::runtime::Builder::new_multi_thread()
				.enable_all()
				.build()
				.expect("a runtime"),
		};
		world.follower.wait_until("the worker's ask", LIMIT, |_| {
			let shown = world.client.json(&["provider", "show", &provider.to_string()]);
			shown["asks"].as_array().is_some_and(|asks| !asks.is_empty())
		});
		println!(
			"world | a validator, a node that follows it, provider {provider} with a worker at the latter | {} s",
			start.elapsed().as_secs()
		);
		world
	}

	/// Runs something that waits.
	pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
		self.runtime.block_on(work)
	}

	/// Looks twice a second until there is something.
	pub(crate) fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
		let start = Instant::now();
		loop {
			if let Some(found) = look() {
				return found;
			}
			assert!(
				start.elapsed() < LIMIT,
				"{what}: not in {LIMIT:?}\nthe node:\n{}\nthe worker:\n{}",
				self.follower.process.tail(),
				self.worker.tail()
			);
			sleep(Duration::from_millis(500));
		}
	}

	/// The version of the runtime that a node's best block leaves in force.
	pub(crate) fn specification(&self, node: &Node) -> u32 {
		let version = node.call("state_getRuntimeVersion", json!([]));
		let specification = version["specVersion"].as_u64();
		specification
			.and_then(|version| u32::try_from(version).ok())
			.expect("a version")
	}
}

/// The key of one of the accounts.
pub(crate) fn key(name: &str) -> Key {
	Key::from_uri(&uri(name)).expect("a development key")
}

/// How the command line names it.
pub(crate) fn uri(name: &str) -> String {
	format!("//upgrade//{name}")
}

/// Starts the worker, which computes by the interpreter on one core: so a job takes long, and the requester, who compiles, re-runs
/// all of it in a moment.
fn start_worker(node: &Node, state: &Path, endpoint: u16, log: PathBuf) -> Process {
	let mut command = Command::new(binary("millrace-worker"));
	command
		.args([
			"run",
			"--url",
			&node.url(),
			"--listen",
			&format!("127.0.0.1:{endpoint}"),
		])
		.args([
			"--backend",
			"reference",
			"--threads",
			"1",
			"--ask-price",
			ASK,
			"--state",
		])
		.arg(state)
		.env_remove("MILLRACE_WORKER_STATE")
		.env_remove("MILLRACE_HALT_AFTER");
	Process::start(&mut command, log)
}
