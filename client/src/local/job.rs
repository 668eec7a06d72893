//! A job file run here.

use crate::{
	job::{read_inputs, read_program, Input},
	job_file::{JobFile, JobFileError, Kernel, OutputSpec},
};
use millrace_compute::{probe, ComputeError, Computed, Options, Runner};
use millrace_kernel::{
	eval::{Task, TaskError},
	program::Program,
};
use std::{
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

/// Most bytes of all inputs together.
const MAX_INPUTS: u64 = 1 << 34;
/// Leaves by which the interpreter's speed is measured.
const PROBE_LEAVES: u32 = 256;

/// Why a job cannot be run here.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
	/// The job file, or a file that it names.
	#[error(transparent)]
	File(#[from] JobFileError),
	/// The job names a kernel by its hash, and its program is not at hand.
	#[error("the job file {0} names its kernel by hash; a run on this machine needs the program")]
	NoProgram(PathBuf),
	/// The job does not fit its kernel.
	#[error("the job does not fit its kernel: {0}")]
	Task(#[from] TaskError),
	/// The run.
	#[error(transparent)]
	Compute(#[from] ComputeError),
}

/// A job and its inputs.
pub struct LocalJob {
	program: Program,
	items: u32,
	max_units: u32,
	params: Vec<u64>,
	inputs: Vec<Input>,
	output: Option<OutputSpec>,
}

/// How fast a backend ran a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
	/// Items that were run.
	pub items: u64,
	/// Their units.
	pub units: u64,
	/// Bytes of output.
	pub bytes: u64,
	/// The time they took.
	pub elapsed: Duration,
	/// How many threads shared the work; 1 for a device.
	pub threads: usize,
	/// What compiling and bringing the inputs took, apart from the rest.
	pub prepare: Duration,
	/// The share of the threads' time that went into hashing.
	pub hashing: f64,
}

impl Measured {
	/// Nanoseconds that a unit took on one thread, or on the device.
	pub fn ns_per_unit(&self) -> f64 {
		self.elapsed.as_secs_f64() * 1e9 * self.threads as f64 / (self.units.max(1) as f64)
	}

	/// Units a second on all threads.
	pub fn units_per_second(&self) -> f64 {
		self.units as f64 / self.elapsed.as_secs_f64().max(1e-9)
	}

	/// Items a second on all threads.
	pub fn items_per_second(&self) -> f64 {
		self.items as f64 / self.elapsed.as_secs_f64().max(1e-9)
	}
}

impl LocalJob {
	/// Reads a job file, its kernel and its inputs.
	///
	/// # Errors
	/// A file that cannot be read, and a job that does not fit its kernel.
	pub fn read(path: &Path) -> Result<LocalJob, LocalError> {
		let file = JobFile::read(path)?;
		let program = match &file.kernel {
			Kernel::Text(kernel) | Kernel::Binary(kernel) => read_program(kernel)?,
			Kernel::Hash(_) => return Err(LocalError::NoProgram(path.to_owned())),
		};
		let job = LocalJob {
			items: file.items,
			max_units: file.max_units.unwrap_or(program.header().max_units),
			params: file.params,
			inputs: read_inputs(&file.inputs, MAX_INPUTS)?,
			output: file.output,
			program,
		};
		job.task().check(&job.program, job.inputs.len())?;
		Ok(job)
	}

	/// The kernel.
	pub fn program(&self) -> &Program {
		&self.program
	}

	/// What it fixes for its items.
	pub fn task(&self) -> Task<'_> {
		Task {
			items: self.items,
			max_units: self.max_units,
			params: &self.params,
		}
	}

	/// The bytes of its inputs.
	pub fn inputs(&self) -> Vec<&[u8]> {
		self.inputs.iter().map(Input::bytes).collect()
	}

	/// What becomes of its output.
	pub fn output(&self) -> Option<&OutputSpec> {
		self.output.as_ref()
	}

	/// Runs it.
	///
	/// # Errors
	/// As [`Runner::run`].
	pub fn run(&self, runner: &Runner, options: &Options<'_>) -> Result<Computed, LocalError> {
		Ok(runner.run(&self.program, &self.task(), &self.inputs(), options)?)
	}

	/// Runs it again and again for about `time`, at least once after a first run that is not counted.
	///
	/// # Errors
	/// As [`Runner::run`].
	pub fn measure(&self, runner: &Runner, threads: usize, time: Duration) -> Result<Measured, LocalError> {
		let options = Options {
			threads,
			..Options::default()
		};
		let first = self.run(runner, &options)?;
		let threads = match (runner.kind(), threads) {
			(millrace_compute::BackendKind::Cuda, _) => 1,
			(_, 0) => std::thread::available_parallelism().map_or(1, usize::from),
			(_, threads) => threads,
		};
		let mut measured = Measured {
			items: 0,
			units: 0,
			bytes: 0,
			elapsed: Duration::ZERO,
			threads,
			prepare: first.times.prepare,
			hashing: 0.0,
		};
		let mut hashing = Duration::ZERO;
		let start = Instant::now();
		while measured.items == 0 || start.elapsed() < time {
			let computed = self.run(runner, &options)?;
			measured.items += u64::from(self.items);
			measured.units += computed.root.units;
			measured.bytes += computed.output.len() as u64;
			measured.elapsed += computed.times.run;
			hashing += computed.times.hash;
		}
		measured.hashing = hashing.as_secs_f64() / (measured.elapsed.as_secs_f64() * threads as f64).max(1e-9);
		Ok(measured)
	}

	/// The interpreter's speed on some of its leaves, on one thread: a whole job would take long.
	///
	/// # Errors
	/// As [`Runner::run`].
	pub fn measure_reference(&self) -> Result<Measured, LocalError> {
		let inputs = self.inputs();
		let probe = probe(&Runner::reference(), &self.program, &self.task(), &inputs, PROBE_LEAVES)?;
		let items = u64::from(probe.leaves) * u64::from(self.program.items_per_leaf());
		Ok(Measured {
			items: items.min(u64::from(self.items)),
			units: probe.units,
			bytes: items.min(u64::from(self.items)) * u64::from(self.program.header().item_size),
			elapsed: probe.elapsed,
			threads: 1,
			prepare: Duration::ZERO,
			hashing: 0.0,
		})
	}
}

impl LocalError {
	/// What to do about it.
	pub fn hint(&self) -> String {
		match self {
			Self::File(error) => error.hint(),
			Self::NoProgram(_) => "name the .mk or .mkb file in `kernel`".to_owned(),
			Self::Task(_) => "`millrace kernel check` prints what the kernel takes".to_owned(),
			Self::Compute(ComputeError::TooLarge { .. }) => "split the job into smaller ones".to_owned(),
			Self::Compute(_) => "try `--backend reference`; if that works, please report it".to_owned(),
		}
	}
}
