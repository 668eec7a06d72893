//! One chain for all cheats, and everybody on it.

use millrace_client::{
	chain::{AccountId, Call, Chain, JobId, JobState, JobView, KernelHash, H256},
	job::kernel_hash,
	keys::Key,
};
use millrace_kernel::asm::assemble;
use millrace_tests::{binary, cheat, client::answer, Node};
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
/// One prepaid job fee: 0.005 MILL.
pub(crate) const JOB_FEE: u128 = 5_000_000_000;
/// The floor of class cpu-4: what a lane needs as stake, and the least that fraud costs.
pub(crate) const FLOOR: u128 = 336 * MILL;
/// Items of every job.
pub(crate) const ITEMS: u32 = 1_000;
/// Bytes of the input of a job that has one, and of the output of every job.
pub(crate) const BYTES: u32 = 16 * ITEMS;
/// Bound of units for one item.
pub(crate) const MAX_UNITS: u32 = 1_000;
/// How long anything may take that takes a few blocks.
pub(crate) const LIMIT: Duration = Duration::from_secs(150);

/// Who is on stage: a provider each, with its owner, payout account and worker, and those who deal with it.
pub(crate) const NAMES: [&str; 17] = [
	"byte", "units", "trap", "copied", "pair", "total", "withheld", "dripped", "random", "late", "replay", "tardy",
	"ten", "second", "standby", "garbled", "honest",
];
/// The accounts of each, and what they have at genesis, in MILL. The worker gets its float when it is registered.
pub(crate) const ROLES: [(&str, u64); 5] = [
	("owner", 3_000),
	("payout", 1),
	("requester", 300),
	("refuter", 20),
	("other", 50),
];

/// The chain.
pub(crate) struct World {
	pub(crate) folder: PathBuf,
	pub(crate) node: Node,
	pub(crate) chain: Chain,
	pub(crate) runtime: Runtime,
	pub(crate) input: Vec<u8>,
}

impl World {
	/// Starts a chain on which everybody has money and both kernels are registered.
	pub(crate) fn start(folder: &Path) -> World {
		let runtime = tokio::runtime::Builder::new_multi_thread()
			.enable_all()
			.build()
			.expect("a runtime");
		let spec = specification(folder);
		let node = Node::start(spec.to_str().expect("UTF-8"), &folder.join("node"));
		let chain = runtime
			.block_on(Chain::connect(&node.url(), Duration::from_secs(10)))
			.expect("the node answers");
		let input: Vec<u8> = (0..BYTES).map(|at| (at * 7 + at / 256) as u8).collect();
		fs::write(folder.join("data.bin"), &input).expect("the test's folder is writable");
		let world = World {
			folder: folder.to_owned(),
			node,
			chain,
			runtime,
			input,
		};
		let bob = Key::open("//Bob").expect("a development key");
		for (name, text) in KERNELS {
			fs::write(folder.join(name), text).expect("the test's folder is writable");
			let bytecode = assemble(text).expect("a kernel").encode();
			world
				.block_on(world.chain.call(&Call::RegisterKernel { bytecode }, bob.pair()))
				.expect("it is registered");
		}
		world
	}

	/// Runs something that waits.
	pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
		self.runtime.block_on(work)
	}

	/// Looks at the best block until there is something.
	pub(crate) fn wait<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
		let start = Instant::now();
		loop {
			if let Some(found) = self.block_on(look()) {
				return found;
			}
			assert!(
				start.elapsed() < LIMIT,
				"{what}: not in {LIMIT:?}\n{}",
				self.node.process.tail()
			);
			std::thread::sleep(Duration::from_millis(700));
		}
	}

	/// A live job; none once it has ended.
	pub(crate) fn job(&self, job: JobId) -> Option<JobView> {
		self.block_on(async {
			self.chain
				.best()
				.await
				.expect("a block")
				.job(job)
				.await
				.expect("an answer")
		})
	}

	/// Waits until a job is committed.
	pub(crate) fn committed(&self, job: JobId) -> JobView {
		self.wait(&format!("the commitment of {job}"), async || {
			let view = self.chain.best().await.ok()?.job(job).await.ok()?;
			view.filter(|view| matches!(view.state, JobState::Committed { .. }))
		})
	}

	/// Waits until a job has ended.
	pub(crate) fn ended(&self, job: JobId) {
		self.wait(&format!("the end of {job}"), async || {
			let view = self.chain.best().await.ok()?.job(job).await.ok()?;
			view.is_none().then_some(())
		});
	}

	/// Waits until a provider has no slash that is still to be paid.
	pub(crate) fn paid_up(&self, provider: u32) {
		self.wait("the payment of a slash", async || {
			let slashes = self.chain.best().await.ok()?.slashes(provider).await.ok()?;
			slashes.is_empty().then_some(())
		});
	}
}

/// The kernels, by the name of their file.
pub(crate) const KERNELS: [(&str, &str); 2] = [("with.mk", cheat::WITH_INPUT), ("without.mk", cheat::WITHOUT_INPUT)];

/// The hash under which the kernel of that file is registered.
pub(crate) fn kernel(name: &str) -> KernelHash {
	let (_, text) = KERNELS.into_iter().find(|(file, _)| *file == name).expect("a kernel");
	kernel_hash(&assemble(text).expect("a kernel"))
}

/// An account on stage.
pub(crate) fn key(name: &str, role: &str) -> Key {
	Key::from_uri(&uri(name, role)).expect("a development key")
}

pub(crate) fn uri(name: &str, role: &str) -> String {
	format!("//{name}//{role}")
}

pub(crate) fn account(name: &str, role: &str) -> AccountId {
	key(name, role).account()
}

/// The preset `fast` with more accounts, and without staking rewards, which would move the treasury and the issuance.
fn specification(folder: &Path) -> PathBuf {
	let exported = answer(Command::new(binary("millrace-node")).args(["export-chain-spec", "--chain", "fast"]));
	assert_eq!(exported.code, 0, "{}", exported.stderr);
	let mut spec = exported.json();
	let genesis = &mut spec["genesis"]["runtimeGenesis"]["patch"];
	let settings = &mut genesis["settings"];
	settings["epochSlots"] = json!(1_200);
	settings["sessionsPerEra"] = json!(6);
	// Time to answer a demand wrongly first.
	settings["windows"]["market"]["demandTicks"] = json!(12);
	let balances = genesis["balances"]["balances"].as_array_mut().expect("balances");
	for name in NAMES {
		for (role, mill) in ROLES {
			balances.push(json!([account(name, role).to_string(), mill * 1_000_000_000_000]));
		}
	}
	let path = folder.join("cheats.json");
	fs::write(&path, spec.to_string()).expect("the test's folder is writable");
	path
}

/// What is held for a job at `price` planck for 2^30 units: units for moving each byte in and out, and the most that all
/// items can take.
pub(crate) fn escrow(input_bytes: u32, price: u128) -> u128 {
	(units_of_bytes(input_bytes) + u128::from(ITEMS) * u128::from(MAX_UNITS))
		.saturating_mul(price)
		.div_ceil(1 << 30)
}

/// What is paid for it, protocol fee included.
pub(crate) fn payment(input_bytes: u32, units: u64, price: u128) -> u128 {
	((units_of_bytes(input_bytes) + u128::from(units)) * price) >> 30
}

/// Class cpu-4 takes 2^15 units for a byte.
fn units_of_bytes(input_bytes: u32) -> u128 {
	u128::from(input_bytes + BYTES) << 15
}

/// An amount as JSON has it.
pub(crate) fn planck(value: &Value) -> u128 {
	value
		.as_str()
		.and_then(|text| text.parse().ok())
		.unwrap_or_else(|| panic!("not an amount: {value}"))
}

pub(crate) fn job_id(value: &Value) -> JobId {
	value["job"]
		.as_str()
		.and_then(|text| text.parse().ok())
		.unwrap_or_else(|| panic!("no job: {value}"))
}

/// The hash of an endpoint's key.
pub(crate) fn tls_key(identity: &millrace_worker::keys::Identity) -> H256 {
	H256(identity.tls.key_hash().expect("a hash"))
}
