//! Jobs in a temporary state directory.

use millrace_client::chain::{
	AccountId, DeviceClass, InputRef, JobId, JobSpec, JobState, JobView, KernelHash, Minima, Pool, Price, Target,
	Terms, H256,
};
use millrace_compute::{bundle_len, parse_bundle, Choice, Options, Runner};
use millrace_kernel::{
	asm::assemble,
	eval::Task,
	program::Program,
	tree::{input_leaf, input_root, Blake2b},
};
use millrace_worker::{
	backend::{message::Work, Backend, BackendError, Launch, Limits, Link, OwnProgram, Quarantine},
	jobs::{Time, Tools},
	selfcheck::SelfCheck,
	store::{JobFiles, Store},
};
use std::{
	fs, io,
	path::{Path, PathBuf},
	sync::{atomic::AtomicBool, Arc, Mutex},
	thread,
	time::{Duration, Instant},
};

/// The real program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_millrace-worker");

/// The limits of a worker, with a short one for the start; a real process on a busy machine needs some time for that.
pub(crate) fn limits() -> Limits {
	Limits {
		start: Duration::from_secs(5),
		..Limits::default()
	}
}

/// A small kernel; each number makes another one.
pub(crate) fn counting(number: u32) -> Program {
	let text = format!(".item 4\n.max_units 1000\n.w n zero\n  mov n, {number}\n  sto32 [zero + 0], n\n");
	assemble(&text).unwrap()
}

/// A kernel that goes round `times` times, at 3 units a round.
pub(crate) fn looping(times: u32) -> Program {
	let most = times * 3 + 100;
	let text = format!(
		".item 4\n.max_units {most}\n.w n zero t\n  mov n, 0\n  loop again\n    add n, n, 1\n    ltu t, n, {times}\n    \
		 br_if t, again\n  end\n  sto32 [zero + 0], n\n"
	);
	assemble(&text).unwrap()
}

/// Units of one item of a kernel without inputs and parameters, by the interpreter.
pub(crate) fn item_units(program: &Program) -> u64 {
	let task = Task {
		items: 1,
		max_units: program.header().max_units,
		params: &[],
	};
	let computed = Runner::reference().run(program, &task, &[], &Options::default());
	computed.unwrap().root.units
}

/// A job without inputs and parameters.
pub(crate) fn work(program: &Program, items: u32) -> Work {
	Work {
		kernel: program.encode(),
		items,
		max_units: program.header().max_units,
		params: Vec::new(),
		inputs: Vec::new(),
	}
}

/// Runs a job into the file `bundle` and looks at its root. Returns its units.
pub(crate) fn finish(fixture: &Fixture, backend: &Backend, program: &Program, items: u32) -> Result<u64, BackendError> {
	let output = fixture.state.join("bundle");
	let (item_size, per_leaf) = (program.header().item_size, program.items_per_leaf());
	let never = AtomicBool::new(false);
	let (finished, ()) = backend.run(
		&work(program, items),
		&output,
		Duration::ZERO,
		&never,
		&mut |done, leaves| assert!(done <= leaves),
		&mut |finished| {
			let bytes = fs::read(&output).map_err(|error| error.to_string())?;
			let bundle = parse_bundle(&bytes, items, item_size, per_leaf).map_err(|error| error.to_string())?;
			match bundle.root().hash == finished.root {
				true => Ok(()),
				false => Err("another root".to_owned()),
			}
		},
	)?;
	Ok(finished.units)
}

/// The same for a job that must fail.
pub(crate) fn refused(fixture: &Fixture, backend: &Backend, program: &Program, items: u32) -> BackendError {
	finish(fixture, backend, program, items).expect_err("the job must fail")
}

/// Looks until there is something.
pub(crate) fn look<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
	let start = Instant::now();
	loop {
		if let Some(found) = look() {
			return found;
		}
		assert!(start.elapsed() < Duration::from_secs(30), "{what}: not in time");
		thread::sleep(Duration::from_millis(10));
	}
}

/// A state directory.
pub(crate) struct Fixture {
	_dir: tempfile::TempDir,
	pub(crate) state: PathBuf,
	store: Store,
}

impl Fixture {
	pub(crate) fn new() -> Self {
		let dir = tempfile::tempdir().unwrap();
		let state = dir.path().to_owned();
		let store = Store::open(&state, 1 << 30).unwrap();
		Self {
			_dir: dir,
			state,
			store,
		}
	}

	pub(crate) fn backend(&self, launch: impl Launch + 'static, wanted: Choice, limits: Limits) -> Backend {
		let quarantine = Quarantine::open(&self.state).unwrap();
		Backend::new(Box::new(launch), wanted, limits, quarantine)
	}

	pub(crate) fn tools(&self, launch: impl Launch + 'static, wanted: Choice) -> Tools {
		Tools {
			backend: self.backend(launch, wanted, limits()),
			checks: SelfCheck::open(&self.state),
		}
	}

	/// An hour.
	pub(crate) fn time(&self) -> Time {
		Time {
			deadline: Instant::now() + Duration::from_secs(3_600),
			estimate: Duration::ZERO,
		}
	}

	/// A running job with all its inputs on the disk.
	pub(crate) fn job(&self, number: u8, program: &Program, items: u32, inputs: &[&[u8]]) -> (JobView, Arc<JobFiles>) {
		let id = JobId([number; 32]);
		let (item_size, items_per_leaf) = (program.header().item_size, program.items_per_leaf());
		let references: Vec<InputRef> = inputs
			.iter()
			.map(|bytes| InputRef {
				root: H256(input_root::<Blake2b>(bytes)),
				len: bytes.len() as u32,
			})
			.collect();
		let bundle = bundle_len(items, item_size, items_per_leaf);
		let files = self.store.take(&id, &references, bundle).unwrap();
		for (k, bytes) in inputs.iter().enumerate() {
			let leaves: Vec<u8> = bytes.chunks(1_024).flat_map(input_leaf::<Blake2b>).collect();
			files.put_leaves(k, &leaves).unwrap();
			files.put_chunks(k, 0, bytes).unwrap();
		}
		let job = JobView {
			id,
			requester: AccountId([2; 32]),
			spec: JobSpec {
				kernel: KernelHash(program.hash::<Blake2b>()),
				params: Vec::new(),
				inputs: references,
				items,
				max_units: program.header().max_units,
				data_key: [5; 32],
				terms: Terms {
					target: Target::Provider {
						provider: 7,
						price: Price(64),
						minima: Minima::default(),
					},
					public: false,
					run_ticks: 1_000,
					window: 1_200,
					expires: 10_000,
				},
			},
			pool: Pool {
				class: DeviceClass::Cpu4,
				region: 0,
			},
			submitted: 0,
			price: Price(64),
			fee_rate: 50_000_000,
			items_per_leaf,
			item_size,
			data_units: 0,
			escrow: 0,
			fees: 3,
			fees_left: 2,
			job_fee: 1,
			deposit: 0,
			assignments: 1,
			acceptances: 1,
			lapse_max: 0,
			lapses_by: None,
			state: JobState::Running {
				provider: 7,
				payout: AccountId([6; 32]),
				deadline: 1_000,
			},
		};
		(job, files)
	}
}

/// The real program; remembers its processes.
pub(crate) struct Real {
	own: OwnProgram,
	pids: Arc<Mutex<Vec<u32>>>,
}

impl Real {
	pub(crate) fn new(state: &Path, pids: Arc<Mutex<Vec<u32>>>) -> Self {
		Self {
			own: OwnProgram::at(PROGRAM.into(), 2, state.join("kernels")),
			pids,
		}
	}
}

impl Launch for Real {
	fn launch(&self, choice: Choice) -> io::Result<Link> {
		let link = self.own.launch(choice)?;
		self.pids.lock().unwrap().push(link.life.id());
		Ok(link)
	}
}
