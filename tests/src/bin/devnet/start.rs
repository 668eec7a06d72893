//! Starting a network: its specification, its nodes, its providers.

use crate::{crew::Crew, failure::Failure, prometheus, Place};
use clap::{value_parser, Args};
use millrace_client::{
	amount::MILL,
	chain::{AccountId, Call, Chain, DeviceClass, Endpoint, Price, ProviderId, ProviderTerms, H256},
	keys::Key,
};
use millrace_tests::{
	binary, free_port, rpc,
	spec::{Spec, VALIDATORS},
};
use millrace_worker::keys::Identity;
use serde_json::{json, Value};
use std::{
	env, fs,
	net::{Ipv4Addr, TcpListener},
	path::Path,
	process::Command,
	time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// Where clients look for a node.
const RPC_PORT: u16 = 9944;
/// What a provider bonds, in planck: the floor of one lane of class cpu-4.
const BOND: u128 = 336 * MILL;
/// What its owner has at genesis, in planck: also for the worker's float, and fees.
const OWNER_PLANCK: u64 = 500_000_000_000_000;
/// What its payout account has: twice the existential deposit.
const PAYOUT_PLANCK: u64 = 200_000_000_000;
/// What it takes at least, in planck for 2³⁰ units: the reference price of class cpu-4.
const PRICE: u64 = 30_000_000;
/// How long a node may take until it answers.
const NODE_LIMIT: Duration = Duration::from_secs(60);
/// How long the first final block may take.
const FINALITY_LIMIT: Duration = Duration::from_secs(120);
/// How long a worker may take until its ask stands; on some chains its device is measured first.
const ASK_LIMIT: Duration = Duration::from_secs(300);

#[derive(Args)]
pub(crate) struct Wish {
	#[command(flatten)]
	pub(crate) place: Place,
	/// How many validators: Alice, Bob, Charlie, Dave, Eve, Ferdie
	#[arg(long, value_name = "N", default_value_t = 4, value_parser = value_parser!(u8).range(1..=6))]
	validators: u8,
	/// How many providers, each with a worker that computes on one core
	#[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u8).range(0..=8))]
	workers: u8,
	/// Whose rules hold
	#[arg(long, value_name = "NAME", default_value = "fast", value_parser = ["fast", "development", "local"])]
	chain: String,
	/// Do not start without Prometheus; where it is installed it is started anyway
	#[arg(long)]
	prometheus: bool,
	/// Return once everything is up
	#[arg(long)]
	pub(crate) detach: bool,
}

/// A provider: an account that owns it, and a worker.
struct Provider {
	name: String,
	owner: Key,
	payout: AccountId,
	worker: AccountId,
	tls_key: H256,
	port: u16,
}

/// A node that answers.
struct Running {
	rpc: u16,
	metrics: u16,
}

impl Running {
	fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc)
	}

	/// The address for other nodes.
	fn peer_address(&self) -> Option<String> {
		let addresses = rpc::call(self.rpc, "system_localListenAddresses", json!([])).ok()?;
		addresses[0].as_str().map(str::to_owned)
	}

	/// The number of the last final block.
	fn finalised(&self) -> Option<u64> {
		let hash = rpc::call(self.rpc, "chain_getFinalizedHead", json!([])).ok()?;
		let header: Value = rpc::call(self.rpc, "chain_getHeader", json!([hash])).ok()?;
		u64::from_str_radix(header["number"].as_str()?.trim_start_matches("0x"), 16).ok()
	}
}

/// This port, or one that is free if another program has it.
pub(crate) fn usual_or_free(port: u16) -> u16 {
	match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
		Ok(_) => port,
		Err(_) => free_port(),
	}
}

/// Starts everything and prints where it answers.
pub(crate) fn start(crew: &Crew, wish: &Wish) -> Result<(), Failure> {
	let begun = Instant::now();
	let progress = |text: &str| println!("ok      {text} ({} s)", begun.elapsed().as_secs());
	// Before anything is started that would have to be ended again.
	let monitor = prometheus::find(wish.prometheus)?;
	let providers = (1..=wish.workers).map(|number| Provider::make(crew.folder(), number));
	let providers: Vec<Provider> = providers.collect::<Result<_, _>>()?;
	let validators = &VALIDATORS[..usize::from(wish.validators)];

	let mut spec = Spec::of(&wish.chain)
		.map_err(|error| Failure::new(error, "build the programs again: cargo build --workspace"))?
		.named("Millrace Devnet", "millrace_devnet")
		.with_validators(validators);
	for provider in &providers {
		spec = spec
			.with_account(provider.owner.account(), OWNER_PLANCK)
			.with_account(provider.payout, PAYOUT_PLANCK);
	}
	let file = crew.folder().join("chain.json");
	spec.write(&file).map_err(Failure::of(&file))?;

	let (mut nodes, mut known): (Vec<Running>, Vec<String>) = (Vec::new(), Vec::new());
	for validator in validators {
		let node = node(crew, validator.name, free_port(), &[validator.flag().as_str()], &known)?;
		known.extend(node.peer_address());
		nodes.push(node);
	}
	let pruning = ["--state-pruning", "archive", "--blocks-pruning", "archive"];
	let flags = [&["--name", "archive"][..], &pruning].concat();
	let archive = node(crew, "archive", usual_or_free(RPC_PORT), &flags, &known)?;
	crew.wait("archive", "final block", FINALITY_LIMIT, || {
		archive.finalised().filter(|number| *number > 0)
	})?;
	progress(&format!(
		"{} validators and an archive node, with the rules of `{}`: blocks become final",
		validators.len(),
		wish.chain
	));

	if !providers.is_empty() {
		let runtime = tokio::runtime::Builder::new_multi_thread()
			.enable_all()
			.build()
			.map_err(|error| Failure::new(format!("no threads: {error}"), "look at the machine's limits"))?;
		serve(crew, &runtime, &archive.url(), &providers)?;
		progress(&format!("{} providers, each with an ask in the book", providers.len()));
	}
	let metrics: Vec<u16> = nodes.iter().chain([&archive]).map(|node| node.metrics).collect();
	match monitor {
		Some(program) => {
			prometheus::start(crew, &program, &metrics)?;
			progress("Prometheus");
		}
		None => println!(
			"..      without Prometheus, which is not installed; {}",
			prometheus::HINT
		),
	}

	println!();
	crew.print();
	println!("\nGive the archive node's address to the client, where //Alice to //Ferdie have money:\n");
	println!("export MILLRACE_URL={}", archive.url());
	println!(
		"millrace --key //Bob job run examples/kernels/mandelbrot/mandelbrot.toml --register --wait --allow-private"
	);
	Ok(())
}

/// Starts a node with these flags that knows these others, and waits until it answers.
fn node(crew: &Crew, name: &str, rpc: u16, flags: &[&str], known: &[String]) -> Result<Running, Failure> {
	let running = Running {
		rpc,
		metrics: free_port(),
	};
	let mut command = Command::new(binary("millrace-node"));
	command
		.arg("--chain")
		.arg(crew.folder().join("chain.json"))
		.arg("--base-path")
		.arg(crew.folder().join("nodes").join(name))
		.args(["--rpc-port", &rpc.to_string(), "--listen-addr", "/ip4/127.0.0.1/tcp/0"])
		.args(["--prometheus-port", &running.metrics.to_string()])
		.args(["--unsafe-force-node-key-generation", "--no-mdns", "--no-telemetry"])
		.args(flags);
	for address in known {
		command.args(["--bootnodes", address]);
	}
	let metrics = format!("http://127.0.0.1:{}/metrics", running.metrics);
	crew.start(name, &[running.url(), metrics], &mut command)?;
	crew.wait(name, "answer", NODE_LIMIT, || {
		rpc::call(rpc, "system_health", json!([])).ok()
	})?;
	Ok(running)
}

impl Provider {
	/// Makes the keys of the provider with this number.
	fn make(folder: &Path, number: u8) -> Result<Provider, Failure> {
		let name = format!("worker-{number}");
		let folder = folder.join("providers").join(&name);
		fs::create_dir_all(&folder).map_err(Failure::of(&folder))?;
		let (identity, _) = Identity::init(&folder.join("state"))?;
		let tls_key = identity.tls.key_hash().map_err(|error| {
			Failure::new(
				format!("the worker's TLS key cannot be used: {error}"),
				"start the network again",
			)
		})?;
		Ok(Provider {
			owner: Key::create(&folder.join("owner.json"))?,
			payout: Key::create(&folder.join("payout.json"))?.account(),
			worker: identity.key.account(),
			tls_key: H256(tls_key),
			port: free_port(),
			name,
		})
	}

	/// What registers it.
	fn registration(&self) -> Call {
		Call::RegisterProvider {
			worker: self.worker,
			payout: self.payout,
			endpoint: Endpoint {
				host: "127.0.0.1".to_owned(),
				port: self.port,
				tls_key: self.tls_key,
			},
			terms: ProviderTerms {
				class: DeviceClass::Cpu4,
				region: 0,
				lanes: 1,
				min_price: Price(PRICE),
				takes_targets: true,
			},
			bond: BOND,
		}
	}

	/// Starts its worker.
	fn start(&self, crew: &Crew, url: &str) -> Result<(), Failure> {
		let mut command = Command::new(binary("millrace-worker"));
		// What somebody has set for a worker of their own is not meant.
		for (variable, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MILLRACE_")) {
			command.env_remove(variable);
		}
		let listen = format!("127.0.0.1:{}", self.port);
		command
			.args([
				"run",
				"--url",
				url,
				"--listen",
				&listen,
				"--ask-price",
				&PRICE.to_string(),
			])
			.args(["--backend", "cpu", "--threads", "1", "--state"])
			.arg(crew.folder().join("providers").join(&self.name).join("state"));
		crew.start(&self.name, &[format!("https://{listen}/v1/status")], &mut command)
	}
}

/// Registers the providers, starts their workers, and waits until all have an ask in the book.
fn serve(crew: &Crew, runtime: &Runtime, url: &str, providers: &[Provider]) -> Result<(), Failure> {
	let chain = runtime.block_on(Chain::connect(url, Duration::from_secs(10)))?;
	let ids = runtime
		.block_on(register(&chain, providers))
		.map_err(|failure| failure.about("the providers are not registered"))?;
	for provider in providers {
		provider.start(crew, url)?;
	}
	for (provider, id) in providers.iter().zip(ids) {
		// In a final block: several validators make forks, and whoever is told that it runs sends a job at once.
		crew.wait(&provider.name, "ask in the book", ASK_LIMIT, || {
			let asks = runtime.block_on(async { chain.finalised().await.ok()?.asks(id).await.ok() });
			asks.filter(|asks| !asks.is_empty())
		})?;
	}
	Ok(())
}

/// Registers all at once: each has an owner of its own. Returns their numbers.
async fn register(chain: &Chain, providers: &[Provider]) -> Result<Vec<ProviderId>, Failure> {
	let anchor = chain.finalised().await?;
	let mut sent = Vec::new();
	for provider in providers {
		let registration = provider.registration();
		sent.push(chain.submit(&anchor, &registration, provider.owner.pair()).await?);
	}
	let mut ids = Vec::new();
	for transaction in &mut sent {
		let id = transaction.in_final().await?.provider;
		ids.push(id.ok_or_else(|| Failure::new("a registration without a number", "start the network again"))?);
	}
	Ok(ids)
}
