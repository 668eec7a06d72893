//! A provider on stage, honest or not, and those who deal with it.

use super::world::{account, job_id, key, tls_key, uri, World, LIMIT, MILL};
use millrace_client::{
	amount,
	chain::{AccountId, Call, DeviceClass, Endpoint, JobId, Price, ProviderTerms, H256},
	job::Records,
};
use millrace_tests::{binary, free_port, Answer, Client, Process};
use millrace_worker::keys::Identity;
use std::{
	fs,
	path::PathBuf,
	process::Command,
	thread::sleep,
	time::{Duration, Instant},
};

/// A provider with its worker at work.
pub(crate) struct Cast<'w> {
	pub(crate) world: &'w World,
	pub(crate) name: &'static str,
	pub(crate) provider: u32,
	pub(crate) port: u16,
	pub(crate) tls_key: H256,
	pub(crate) worker: AccountId,
	pub(crate) process: Process,
	folder: PathBuf,
}

/// A job to be submitted.
#[derive(Clone, Copy)]
pub(crate) struct Job {
	/// The file of its kernel: `with.mk` reads the input, `without.mk` has none.
	pub(crate) kernel: &'static str,
	/// Its first parameter, which tells a cheat what to do.
	pub(crate) salt: u64,
	/// What it pays for 2^30 units.
	pub(crate) price: u128,
	/// Ticks to refute it.
	pub(crate) window: u32,
	pub(crate) public: bool,
}

impl Job {
	/// A private job with an input and a long window.
	pub(crate) fn new(salt: u64, price: u128) -> Job {
		Job {
			kernel: "with.mk",
			salt,
			price,
			window: 150,
			public: false,
		}
	}

	pub(crate) fn without_input(self) -> Job {
		Job {
			kernel: "without.mk",
			..self
		}
	}
}

impl<'w> Cast<'w> {
	/// Registers the provider with so much stake, and starts a cheat as its worker.
	pub(crate) fn cheating(world: &'w World, name: &'static str, bond: u128, lanes: u16, plays: &[&str]) -> Cast<'w> {
		let mut command = Command::new(binary("millrace-cheat"));
		for play in plays {
			command.args(["--play", play]);
		}
		Cast::start(world, name, bond, lanes, command, "serving provider")
	}

	/// The same with the real worker.
	pub(crate) fn honest(world: &'w World, name: &'static str, bond: u128, lanes: u16) -> Cast<'w> {
		let mut command = Command::new(binary("millrace-worker"));
		command
			.args(["run", "--ask-price", "30000000"])
			.env_remove("MILLRACE_WORKER_STATE")
			.env_remove("MILLRACE_HALT_AFTER");
		Cast::start(world, name, bond, lanes, command, " started ")
	}

	fn start(
		world: &'w World,
		name: &'static str,
		bond: u128,
		lanes: u16,
		mut command: Command,
		ready: &str,
	) -> Cast<'w> {
		let folder = world.folder.join(name);
		fs::create_dir_all(&folder).expect("the test's folder is writable");
		let (identity, _) = Identity::init(&folder.join("worker")).expect("keys");
		let (worker, port) = (identity.key.account(), free_port());
		let call = Call::RegisterProvider {
			worker,
			payout: account(name, "payout"),
			endpoint: Endpoint {
				host: "127.0.0.1".to_owned(),
				port,
				tls_key: tls_key(&identity),
			},
			terms: ProviderTerms {
				class: DeviceClass::Cpu4,
				region: 0,
				lanes,
				min_price: Price(30_000_000),
				takes_targets: true,
			},
			bond,
		};
		// Buyers look for a provider in final blocks.
		let registered = world
			.block_on(world.chain.call_final(&call, key(name, "owner").pair()))
			.unwrap_or_else(|error| panic!("{name}: {error}"));
		command
			.args([
				"--url",
				&world.node.url(),
				"--listen",
				&format!("127.0.0.1:{port}"),
				"--state",
			])
			.arg(folder.join("worker"));
		let mut process = Process::start(&mut command, folder.join("worker.log"));
		process.wait_for(ready, Duration::from_secs(60));
		Cast {
			world,
			name,
			provider: registered.provider.expect("a number"),
			port,
			tls_key: tls_key(&identity),
			worker,
			process,
			folder,
		}
	}

	/// The command line on the machine of the one of this role.
	pub(crate) fn client(&self, machine: &str) -> Client {
		Client::new(self.world.node.url(), &self.folder.join(machine))
	}

	/// Where the jobs of the requester's machine are remembered.
	pub(crate) fn records(&self) -> Records {
		Records::in_folder(self.folder.join("requester/jobs"))
	}

	/// A command signed by one role, on its own machine.
	pub(crate) fn run(&self, role: &str, arguments: &[&str]) -> Answer {
		self.run_on(role, role, arguments)
	}

	/// A command signed by one role on the machine of another.
	pub(crate) fn run_on(&self, machine: &str, role: &str, arguments: &[&str]) -> Answer {
		let key = uri(self.name, role);
		self.client(machine).run(&[&["--key", &key], arguments].concat())
	}

	/// Writes a job file for this provider.
	pub(crate) fn file(&self, job: Job) -> String {
		let inputs = match job.kernel {
			"with.mk" => "[[inputs]]\nfile = \"../data.bin\"\n",
			_ => "",
		};
		let text = format!(
			"kernel = \"../{}\"\nitems = {}\nparams = [{}]\npublic = {}\n{inputs}[offer]\nprovider = {}\n\
			 max_price = \"{}planck\"\nwindow = {}\nexpires_in = 150\n",
			job.kernel,
			super::world::ITEMS,
			job.salt,
			job.public,
			self.provider,
			job.price,
			job.window,
		);
		let path = self.folder.join(format!("{}.toml", job.salt));
		fs::write(&path, text).expect("the test's folder is writable");
		path.to_str().expect("UTF-8").to_owned()
	}

	/// The requester submits a job and brings its inputs.
	pub(crate) fn submit(&self, job: Job) -> JobId {
		let file = self.file(job);
		let answer = self.run("requester", &["job", "run", &file, "--allow-private"]);
		assert_eq!(answer.code, 0, "{}: {answer:?}\n{}", self.name, self.process.tail());
		job_id(&answer.json())
	}

	/// The requester runs a job to its end, all leaves re-run.
	pub(crate) fn buy(&self, job: Job) -> Answer {
		let file = self.file(job);
		let wait = ["--wait", "--check", "all", "--allow-private", "--wait-timeout", "3m"];
		self.run("requester", &[&["job", "run", &file], &wait[..]].concat())
	}

	/// Waits until the worker has printed a line with all of these.
	pub(crate) fn printed(&self, parts: &[&str]) -> String {
		let start = Instant::now();
		loop {
			let output = self.process.output();
			if let Some(line) = output.lines().find(|line| parts.iter().all(|part| line.contains(part))) {
				return line.to_owned();
			}
			assert!(start.elapsed() < LIMIT, "{}: no {parts:?} in\n{output}", self.name);
			sleep(Duration::from_millis(300));
		}
	}
}

/// An amount for people.
pub(crate) fn mill(planck: i128) -> String {
	let sign = if planck < 0 { "-" } else { "+" };
	format!(
		"{sign}{}",
		amount::print(planck.unsigned_abs()).trim_end_matches(" MILL")
	)
}

/// A price that no other job has.
pub(crate) fn price(milli: u128) -> u128 {
	milli * MILL / 1_000
}
