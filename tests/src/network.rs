//! A chain with one provider: four different keys, a worker process with its own TLS key, everything on loopback.

use crate::{binary, client::answer, free_port, Client, Node, Process};
use millrace_client::chain::{AccountId, At, Chain};
use serde_json::Value;
use std::{
	path::{Path, PathBuf},
	process::Command,
	thread,
	time::Duration,
};

/// What the provider asks for, in planck for 2³⁰ units: the reference price of class cpu-4.
pub const ASK: &str = "30000000";
/// What the provider bonds, in MILL: the floor of one lane of class cpu-4.
pub const BOND: &str = "336";
/// The seed of the treasury's account, padded with zeros: `modl` and the treasury's id.
pub(crate) const TREASURY: &[u8; 12] = b"modlml/trsry";

/// The chain, its provider and its requester.
pub struct Network {
	/// Where everything is.
	pub folder: PathBuf,
	/// The validator.
	pub node: Node,
	/// The command line.
	pub client: Client,
	/// The provider's number.
	pub provider: u32,
	/// The port of the worker's endpoint.
	pub endpoint: u16,
	/// The worker, while it runs.
	pub worker: Option<Process>,
	/// The addresses of the four keys.
	pub addresses: Addresses,
}

/// Four keys, four accounts.
#[derive(Clone, Debug)]
pub struct Addresses {
	/// The cold key: stake is held here.
	pub owner: AccountId,
	/// The hot key.
	pub worker: AccountId,
	/// Where earnings go.
	pub payout: AccountId,
	/// Who buys.
	pub requester: AccountId,
}

impl Network {
	/// Starts a chain from `preset` in `folder`, makes and funds the keys and registers the provider. Does not start the
	/// worker.
	pub fn start(preset: &str, folder: &Path, progress: impl Fn(&str)) -> Network {
		Network::start_on(preset, folder, free_port(), progress)
	}

	/// The same with the node at a given port.
	pub fn start_on(preset: &str, folder: &Path, port: u16, progress: impl Fn(&str)) -> Network {
		let node = Node::start_on(preset, &folder.join("node"), port);
		progress(&format!("a chain from the preset `{preset}` at {}", node.url()));
		let client = Client::new(node.url(), &folder.join("client"));
		let endpoint = free_port();

		let key = |name: &str| {
			let file = folder.join(name);
			address(&client.json(&["key", "new", file.to_str().expect("UTF-8")]))
		};
		let (owner, payout, requester) = (key("owner.json"), key("payout.json"), key("requester.json"));
		let init = init_worker(&folder.join("worker"));
		let addresses = Addresses {
			owner,
			worker: address(&init),
			payout,
			requester,
		};
		progress("four keys: owner, worker, payout, requester");

		// From three different accounts at once: each waits for its own finality.
		thread::scope(|scope| {
			for (from, to, amount) in [
				("//Alice", addresses.owner, "400"),
				("//Bob", addresses.payout, "1"),
				("//Charlie", addresses.requester, "100"),
			] {
				let client = &client;
				scope.spawn(move || client.json(&["--key", from, "account", "transfer", &to.to_string(), amount]));
			}
		});
		progress("accounts funded");

		let owner = folder.join("owner.json");
		let owner = owner.to_str().expect("UTF-8");
		let provider = register(&client, owner, &init, addresses.payout, endpoint);
		progress(&format!("provider {provider} registered with {BOND} MILL of stake"));
		Network {
			folder: folder.to_owned(),
			node,
			client,
			provider,
			endpoint,
			worker: None,
			addresses,
		}
	}

	/// A command that starts the worker; tests add to it.
	pub fn worker_command(&self) -> Command {
		let mut command = Command::new(binary("millrace-worker"));
		command
			.args([
				"run",
				"--url",
				&self.node.url(),
				"--listen",
				&format!("127.0.0.1:{}", self.endpoint),
			])
			.args(["--ask-price", ASK, "--state"])
			.arg(self.folder.join("worker"))
			.env_remove("MILLRACE_WORKER_STATE")
			.env_remove("MILLRACE_HALT_AFTER");
		command
	}

	/// Starts the worker and waits until its ask stands.
	pub fn start_worker(&mut self) {
		self.worker = Some(Process::start(
			&mut self.worker_command(),
			self.folder.join("worker.log"),
		));
		let id = self.provider.to_string();
		self.node.wait_until("the worker's ask", Duration::from_secs(60), |_| {
			let shown = self.client.json(&["provider", "show", &id]);
			shown["asks"].as_array().is_some_and(|asks| !asks.is_empty())
		});
	}

	/// The path of a key file.
	pub fn key(&self, name: &str) -> String {
		self.folder
			.join(name)
			.with_extension("json")
			.to_str()
			.expect("UTF-8")
			.to_owned()
	}

	/// What every account that takes part has, and the issuance, at one final block.
	pub fn ledger(&self) -> Ledger {
		let runtime = tokio::runtime::Builder::new_current_thread()
			.enable_all()
			.build()
			.expect("a runtime");
		runtime.block_on(async {
			let chain = Chain::connect(&self.node.url(), Duration::from_secs(10))
				.await
				.expect("the node answers");
			let at = chain.finalised().await.expect("a final block");
			let total = async |account: AccountId| at.balance(account).await.expect("a balance").total();
			Ledger {
				block: at.block().number,
				owner: total(self.addresses.owner).await,
				worker: total(self.addresses.worker).await,
				payout: total(self.addresses.payout).await,
				requester: total(self.addresses.requester).await,
				treasury: total(pallet_account(TREASURY)).await,
				era_fees: era_fees(&at).await,
				author: total(author()).await,
				issuance: at.issuance().await.expect("the issuance"),
			}
		})
	}
}

/// Balances in planck, held money included, at one block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ledger {
	/// The block's number.
	pub block: u64,
	/// The provider's owner.
	pub owner: u128,
	/// The worker.
	pub worker: u128,
	/// Where the provider's earnings go.
	pub payout: u128,
	/// Who buys.
	pub requester: u128,
	/// The treasury.
	pub treasury: u128,
	/// Fees that were burned in the running era, of which the treasury has not had its part.
	pub era_fees: u128,
	/// The only validator's stash, which gets its part of transaction fees.
	pub author: u128,
	/// All money there is.
	pub issuance: u128,
}

/// Makes a worker's keys in `state`, and returns what `millrace-worker init` says of them.
pub fn init_worker(state: &Path) -> Value {
	let init = answer(
		Command::new(binary("millrace-worker"))
			.args(["init", "--output", "json", "--state"])
			.arg(state),
	);
	assert_eq!(init.code, 0, "{}", init.stderr);
	init.json()
}

/// Registers a provider of one lane of class cpu-4 with [`BOND`], which asks for [`ASK`], owned by the key `owner`. `worker` is what
/// [`init_worker`] returned, and `endpoint` the port on loopback at which it will answer. Returns the provider's number.
pub fn register(client: &Client, owner: &str, worker: &Value, payout: AccountId, endpoint: u16) -> u32 {
	let registered = client.json(&[
		"--key",
		owner,
		"provider",
		"register",
		"--worker",
		&address(worker).to_string(),
		"--payout",
		&payout.to_string(),
		"--host",
		"127.0.0.1",
		"--port",
		&endpoint.to_string(),
		"--tls-key",
		worker["tls_key"].as_str().expect("a hash"),
		"--class",
		"cpu-4",
		"--lanes",
		"1",
		"--min-price",
		ASK,
		"--bond",
		BOND,
	]);
	let provider = registered["provider"].as_u64();
	provider.and_then(|id| u32::try_from(id).ok()).expect("a number")
}

fn address(object: &Value) -> AccountId {
	object["address"]
		.as_str()
		.and_then(|text| text.parse().ok())
		.expect("an address")
}

/// The account that is derived from a pallet's id: the seed, then zeros.
pub(crate) fn pallet_account(seed: &[u8; 12]) -> AccountId {
	let mut bytes = [0; 32];
	bytes[..12].copy_from_slice(seed);
	AccountId(bytes)
}

/// Fees that were burned in the running era.
async fn era_fees(at: &At) -> u128 {
	let stats = at.network_stats().await.expect("the market's figures");
	stats.pools.iter().map(|pool| pool.era_fees).sum()
}

/// The treasury.
pub fn treasury() -> AccountId {
	pallet_account(TREASURY)
}

/// `//Alice//stash`, the only validator of the one-validator presets.
pub(crate) fn author() -> AccountId {
	use std::str::FromStr;
	let uri = subxt_signer::SecretUri::from_str("//Alice//stash").expect("a development key");
	AccountId(
		subxt_signer::sr25519::Keypair::from_uri(&uri)
			.expect("a development key")
			.public_key()
			.0,
	)
}
