//! A chain with short rules of liveness, and its providers. Most of them are played by the test: it holds their worker's
//! key and answers for it. The others have a real worker.

use crate::chronicle::{Chronicle, Moment, OutageClosed, SlashSetAside, LIMIT};
use millrace_client::{
	amount,
	chain::{
		AccountId, At, Call, Chain, DeviceClass, DowntimePreview, Endpoint, KernelHash, Level, Price, ProviderId,
		ProviderTerms, ProviderView, Tick, H256,
	},
	job::kernel_hash,
	keys::Key,
};
use millrace_kernel::asm::assemble;
use millrace_tests::{binary, client::answer, free_port, Node, Process};
use millrace_worker::keys::Identity;
use serde_json::{json, Value};
use std::{
	fs,
	future::Future,
	path::{Path, PathBuf},
	process::Command,
	time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// A MILL in planck.
pub(crate) const MILL: u128 = 1_000_000_000_000;
/// What a lane of class cpu-4 needs as stake, and so what an outage's cost is a part of.
pub(crate) const FLOOR: u128 = 336 * MILL;
/// What every provider bonds: enough to serve on after a slash.
pub(crate) const BOND: u128 = 400 * MILL;
/// One prepaid job fee: 0.005 MILL.
pub(crate) const JOB_FEE: u128 = 5_000_000_000;

/// Ticks to answer a sample.
pub(crate) const ANSWER: Tick = 4;
/// Ticks between two samples of a provider, at least.
pub(crate) const GAP: Tick = 5;
/// Ticks within which a provider that may be sampled is: each tick draws as often as there are providers, up to eight
/// times, so it is missed for so long about once in a million times.
pub(crate) const LUCK: Tick = 13;
/// Ticks after a return in which a miss continues the outage.
pub(crate) const BACK: Tick = 5;
/// Ticks in which a slash can be cancelled.
pub(crate) const SLASH: Tick = 6;
/// Ticks by which a window is extended.
pub(crate) const RETRY: Tick = 4;
/// What an outage costs that is longer than so many ticks: parts in a thousand of the required stake, where no job was
/// running and where one was.
pub(crate) const STEPS: [(Tick, u128, u128); 4] = [(8, 1, 5), (30, 10, 40), (60, 20, 150), (90, 50, 250)];

/// The kernel that devices are measured with.
pub(crate) const MEASURE_TEXT: &str = include_str!("../../../runtime/kernels/mix32.mk");
/// Items of a measurement: a second of one core, at most.
pub(crate) const MEASURE_ITEMS: u32 = 128;
/// Ticks in which it must be committed.
pub(crate) const MEASURE_TICKS: Tick = 10;
/// Ticks from a request to the draw of its task, at least.
pub(crate) const DRAW: Tick = 2;
/// Ticks after which a place may be asked for again.
pub(crate) const ASK_AGAIN: Tick = 4;
/// Ticks of rest for each that a measurement may take.
pub(crate) const REST: u32 = 2;

/// The chain.
pub(crate) struct World {
	// Before the node, so that it ends first.
	pub(crate) chronicle: Chronicle,
	pub(crate) folder: PathBuf,
	pub(crate) node: Node,
	pub(crate) chain: Chain,
	pub(crate) runtime: Runtime,
	/// Ticks of an hour.
	pub(crate) hour: Tick,
}

impl World {
	/// Starts a chain with an hour of so many ticks, on which these owners have money.
	pub(crate) fn start(folder: &Path, owners: &[&str], hour: Tick) -> World {
		Self::start_with(folder, owners, hour, None)
	}

	/// The same, where a device of class cpu-4 must show what it is, by so many items of a kernel of the genesis.
	pub(crate) fn start_measuring(folder: &Path, owners: &[&str], hour: Tick) -> World {
		let measured =
			json!({ "kernel": measure_kernel().to_string(), "items": MEASURE_ITEMS, "ticks": MEASURE_TICKS });
		let none = json!([null, null]);
		let enrolment = json!({
			"drawTicks": DRAW,
			"retryTicks": ASK_AGAIN,
			"rest": REST,
			"tasks": [[measured, null], none, none, none, none, none],
		});
		Self::start_with(folder, owners, hour, Some(enrolment))
	}

	fn start_with(folder: &Path, owners: &[&str], hour: Tick, enrolment: Option<Value>) -> World {
		fs::create_dir_all(folder).expect("the test's folder is writable");
		let spec = specification(folder, owners, hour, enrolment);
		let node = Node::start(spec.to_str().expect("UTF-8"), &folder.join("node"));
		let runtime = tokio::runtime::Builder::new_multi_thread()
			.enable_all()
			.build()
			.expect("a runtime");
		let chain = runtime
			.block_on(Chain::connect(&node.url(), Duration::from_secs(10)))
			.expect("the node answers");
		World {
			chronicle: Chronicle::start(chain.clone()),
			folder: folder.to_owned(),
			node,
			chain,
			runtime,
			hour,
		}
	}

	/// Runs something that waits.
	pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
		self.runtime.block_on(work)
	}

	/// The best block.
	pub(crate) async fn best(&self) -> At {
		self.chain.best().await.expect("a block")
	}

	/// Looks at the best block until there is something.
	pub(crate) fn wait<T>(&self, what: &str, look: impl AsyncFnMut(At) -> Option<T>) -> T {
		self.wait_or(what, || self.node.process.tail(), look)
	}

	/// The same, with what to print where it never comes.
	fn wait_or<T>(&self, what: &str, log: impl Fn() -> String, mut look: impl AsyncFnMut(At) -> Option<T>) -> T {
		let start = Instant::now();
		loop {
			if let Some(found) = self.block_on(async { look(self.best().await).await }) {
				return found;
			}
			assert!(start.elapsed() < LIMIT, "{what}: not in {LIMIT:?}\n{}", log());
			std::thread::sleep(Duration::from_millis(500));
		}
	}

	/// A provider's record in the best block.
	pub(crate) fn view(&self, provider: ProviderId) -> ProviderView {
		self.block_on(async {
			let found = self.best().await.provider(provider).await.expect("an answer");
			found.expect("a provider that is registered")
		})
	}

	/// What the chain announces for a provider that is gone, or goes.
	pub(crate) fn preview(&self, provider: ProviderId) -> DowntimePreview {
		self.block_on(async {
			let preview = self.best().await.downtime_preview(provider).await;
			preview.expect("an answer").expect("a provider that is registered")
		})
	}

	/// All that an account has after a block.
	pub(crate) fn total(&self, account: AccountId, block: u64) -> u128 {
		self.block_on(async {
			let at = self.chain.at_number(block).await.expect("a block of this chain");
			at.balance(account).await.expect("a balance").total()
		})
	}

	/// Registers providers, each with the name of its owner, and a lane of class cpu-4.
	pub(crate) fn register<const N: usize>(&self, names: [(&'static str, &str); N]) -> [Provider<'_>; N] {
		let entries = names.map(|(name, owner)| {
			let folder = self.folder.join(name);
			fs::create_dir_all(&folder).expect("the test's folder is writable");
			let (identity, _) = Identity::init(&folder.join("worker")).expect("keys");
			let port = free_port();
			let call = Call::RegisterProvider {
				worker: identity.key.account(),
				payout: account(owner, "payout"),
				endpoint: Endpoint {
					host: "127.0.0.1".to_owned(),
					port,
					tls_key: H256(identity.tls.key_hash().expect("a hash")),
				},
				terms: ProviderTerms {
					class: DeviceClass::Cpu4,
					region: 0,
					lanes: 1,
					min_price: Price(30_000_000),
					takes_targets: true,
				},
				bond: BOND,
			};
			let owner = key(owner, "owner");
			// One after another, as some have the same owner; they are waited for together.
			let sent = self.block_on(async {
				let anchor = self.chain.finalised().await.expect("a block");
				self.chain.submit(&anchor, &call, owner.pair()).await
			});
			(
				name,
				owner,
				identity.key,
				port,
				sent.unwrap_or_else(|error| panic!("{name}: {error}")),
			)
		});
		entries.map(|(name, owner, worker, port, mut sent)| {
			let registered = self
				.block_on(sent.in_best())
				.unwrap_or_else(|error| panic!("{name}: {error}"));
			Provider {
				world: self,
				name,
				id: registered.provider.expect("a number"),
				owner,
				worker,
				port,
				process: None,
				starts: 0,
			}
		})
	}

	/// The first tick at which it is known what else became unreachable in the hour of a tick and its neighbours.
	pub(crate) fn known_from(&self, tick: Tick) -> Tick {
		(tick / self.hour + 2) * self.hour
	}

	/// Waits until a provider's outage costs nothing more.
	pub(crate) fn closed(&self, provider: ProviderId, first: u64) -> (Moment, OutageClosed) {
		self.chronicle
			.wait_for("the end of an outage", first, |event: &OutageClosed| {
				event.provider == provider
			})
	}

	/// What was set aside of a provider's stake.
	pub(crate) fn slashes(&self, provider: ProviderId) -> Vec<(Moment, SlashSetAside)> {
		self.chronicle
			.all(1, |event: &SlashSetAside| event.provider == provider)
	}
}

/// A provider.
pub(crate) struct Provider<'w> {
	pub(crate) world: &'w World,
	pub(crate) name: &'static str,
	pub(crate) id: ProviderId,
	pub(crate) owner: Key,
	pub(crate) worker: Key,
	port: u16,
	process: Option<Process>,
	starts: u32,
}

impl Provider<'_> {
	/// Starts the real worker and waits until its ask stands.
	pub(crate) fn start(&mut self) {
		let folder = self.world.folder.join(self.name);
		let mut command = Command::new(binary("millrace-worker"));
		command
			.args(["run", "--ask-price", "30000000", "--threads", "1"])
			.args(["--url", &self.world.node.url()])
			.args(["--listen", &format!("127.0.0.1:{}", self.port), "--state"])
			.arg(folder.join("worker"))
			.env_remove("MILLRACE_WORKER_STATE")
			.env_remove("MILLRACE_HALT_AFTER");
		self.starts += 1;
		let log = folder.join(format!("worker-{}.log", self.starts));
		let mut process = Process::start(&mut command, log);
		process.wait_for(" started ", Duration::from_secs(60));
		self.process = Some(process);
		self.asks();
	}

	/// `kill -9`.
	pub(crate) fn kill(&mut self) {
		self.process.take().expect("a worker that runs").kill();
	}

	/// Places an ask and answers samples from now on.
	pub(crate) fn serve(&self) {
		self.world.chronicle.wake(self.id, self.worker.clone());
		let level = Level::at_least(Price(30_000_000)).expect("a level");
		self.call(&Call::PlaceAsk { slot: 0, level });
		self.asks();
	}

	/// Answers no sample any more.
	pub(crate) fn fall_silent(&self) {
		self.world.chronicle.silence(self.id);
	}

	/// Answers samples again, and resumes.
	pub(crate) fn come_back(&self) {
		self.world.chronicle.wake(self.id, self.worker.clone());
		self.call(&Call::Resume { provider: self.id });
	}

	/// A call of the worker, which must succeed; returns what it cost, in planck.
	pub(crate) fn call(&self, call: &Call) -> u128 {
		let done = self.world.block_on(self.world.chain.call(call, self.worker.pair()));
		done.unwrap_or_else(|error| panic!("{}, {}: {error}", self.name, call.name()))
			.fee
	}

	/// Waits until an ask stands in the book.
	fn asks(&self) {
		let log = || self.process.as_ref().map(Process::tail).unwrap_or_default();
		self.world
			.wait_or(&format!("the ask of {}", self.name), log, async |at| {
				let asks = at.asks(self.id).await.expect("asks");
				(!asks.is_empty()).then_some(())
			});
	}
}

/// The name of the kernel that devices are measured with.
pub(crate) fn measure_kernel() -> KernelHash {
	kernel_hash(&assemble(MEASURE_TEXT).expect("a kernel"))
}

/// An account of somebody on stage.
pub(crate) fn key(name: &str, role: &str) -> Key {
	Key::from_uri(&format!("//{name}//{role}")).expect("a development key")
}

pub(crate) fn account(name: &str, role: &str) -> AccountId {
	key(name, role).account()
}

/// An amount for people.
pub(crate) fn mill(planck: u128) -> String {
	amount::print(planck)
}

/// The preset `fast` with these rules, these owners' accounts, and without staking rewards, which would move the treasury
/// and the issuance.
fn specification(folder: &Path, owners: &[&str], hour: Tick, enrolment: Option<Value>) -> PathBuf {
	let exported = answer(Command::new(binary("millrace-node")).args(["export-chain-spec", "--chain", "fast"]));
	assert_eq!(exported.code, 0, "{}", exported.stderr);
	let mut spec = exported.json();
	let genesis = &mut spec["genesis"]["runtimeGenesis"]["patch"];
	let settings = &mut genesis["settings"];
	settings["epochSlots"] = json!(1_200);
	settings["sessionsPerEra"] = json!(6);
	let windows = &mut settings["windows"];
	assert!(windows["liveness"].is_object(), "the preset has rules of liveness");
	// Shares are written in parts of a thousand million.
	let steps: Vec<Value> = STEPS
		.into_iter()
		.map(
			|(after, idle, running)| json!({ "after": after, "idle": idle * 1_000_000, "running": running * 1_000_000 }),
		)
		.collect();
	windows["liveness"] = json!({
		"answerTicks": ANSWER,
		"sampleGap": GAP,
		"providersPerSample": 1,
		"returnTicks": BACK,
		"hour": hour,
		"veteranTicks": 0,
		"forgivenShare": 250_000_000,
		"steps": steps,
	});
	windows["slashTicks"] = json!(SLASH);
	if let Some(enrolment) = enrolment {
		windows["enrolment"] = enrolment;
	}
	windows["market"]["lapseRetry"] = json!(RETRY);
	let balances = genesis["balances"]["balances"].as_array_mut().expect("balances");
	for owner in owners {
		for (role, mill) in [("owner", 3_000), ("payout", 1), ("requester", 300)] {
			balances.push(json!([account(owner, role).to_string(), mill * 1_000_000_000_000_u64]));
		}
	}
	let path = folder.join("liveness.json");
	fs::write(&path, spec.to_string()).expect("the test's folder is writable");
	path
}
