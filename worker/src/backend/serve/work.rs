//! One request: load, compile, run, write.

use super::{files, memory, report::Reporter, trial::trial};
use crate::backend::message::{bounded, Answer, FailedKind, Spent, Stage, Work};
use millrace_compute::{bundle_len, cuda::CudaError, with_causes, ComputeError, CpuError, Options, Progress, Runner};
use millrace_kernel::{eval::Task, leaf::leaf_count, program::Program};
use std::{
	path::Path,
	sync::atomic::AtomicBool,
	time::{Duration, Instant},
};

/// Answers requests.
pub(super) struct Worker {
	runner: Runner,
	threads: usize,
}

/// Why a request failed.
struct Failure(FailedKind, String);

impl From<ComputeError> for Failure {
	fn from(error: ComputeError) -> Self {
		let kind = match &error {
			ComputeError::Cancelled => FailedKind::Cancelled,
			ComputeError::Task(_) | ComputeError::Cuda(CudaError::Task(_)) => FailedKind::Task,
			ComputeError::TooLarge { .. }
			| ComputeError::Cpu(CpuError::Memory { .. } | CpuError::InputTooLong { .. })
			| ComputeError::Cuda(CudaError::Memory { .. } | CudaError::Input { .. }) => FailedKind::TooLarge,
			ComputeError::Cuda(CudaError::Compile { .. }) if !error.is_sticky() => FailedKind::Other,
			ComputeError::Cuda(_) => FailedKind::Device {
				sticky: error.is_sticky(),
			},
			_ => FailedKind::Other,
		};
		Self(kind, with_causes(&error))
	}
}

/// A request once its kernel is compiled and its inputs are in memory.
struct Loaded {
	program: Program,
	inputs: Vec<Vec<u8>>,
	leaves: u32,
	load: Duration,
	prepare: Duration,
}

/// Whether this process is of no more use after an answer.
pub(super) fn is_lost(answer: &Answer) -> bool {
	matches!(
		answer,
		Answer::Failed {
			kind: FailedKind::Device { sticky: true },
			..
		}
	)
}

impl Worker {
	pub(super) fn new(runner: Runner, threads: usize) -> Self {
		Self { runner, threads }
	}

	pub(super) fn probe(&self, id: u64, work: &Work, leaves: u32, cancel: &AtomicBool) -> Answer {
		let reporter = Reporter::new(id);
		let probe = || -> Result<Answer, Failure> {
			let loaded = self.load(work, &reporter)?;
			let inputs: Vec<&[u8]> = loaded.inputs.iter().map(Vec::as_slice).collect();
			reporter.enter(Stage::Running, loaded.leaves);
			let progress = |Progress { done, leaves }| reporter.beat(done, leaves);
			let options = Options {
				threads: self.threads,
				cancel: Some(cancel),
				progress: Some(&progress),
			};
			let probed = trial(&self.runner, &loaded.program, &task(work), &inputs, leaves, &options)?;
			Ok(Answer::Probed { id, probed })
		};
		probe().unwrap_or_else(|failure| failed(id, failure))
	}

	pub(super) fn run(&self, id: u64, work: &Work, output: &Path, cancel: &AtomicBool) -> Answer {
		let reporter = Reporter::new(id);
		let run = || -> Result<Answer, Failure> {
			let loaded = self.load(work, &reporter)?;
			let inputs: Vec<&[u8]> = loaded.inputs.iter().map(Vec::as_slice).collect();
			reporter.enter(Stage::Running, loaded.leaves);
			let progress = |Progress { done, leaves }| reporter.beat(done, leaves);
			let options = Options {
				threads: self.threads,
				cancel: Some(cancel),
				progress: Some(&progress),
			};
			let computed = self.runner.run(&loaded.program, &task(work), &inputs, &options)?;
			let ran = Instant::now();
			reporter.enter(Stage::Writing, loaded.leaves);
			files::write(output, &computed, &|| reporter.beat(0, loaded.leaves)).map_err(not_the_job)?;
			Ok(Answer::Done {
				id,
				root: computed.root.hash,
				units: computed.root.units,
				spent: Spent {
					load: micros(loaded.load),
					prepare: micros(loaded.prepare + computed.times.prepare),
					run: micros(computed.times.run),
					hash: micros(computed.times.hash),
					write: micros(ran.elapsed()),
				},
			})
		};
		run().unwrap_or_else(|failure| failed(id, failure))
	}

	fn load(&self, work: &Work, reporter: &Reporter) -> Result<Loaded, Failure> {
		let program = Program::decode(&work.kernel).map_err(|error| Failure(FailedKind::Task, with_causes(&error)))?;
		task(work)
			.check(&program, work.inputs.len())
			.map_err(|error| Failure(FailedKind::Task, error.to_string()))?;
		let leaves = leaf_count(program.items_per_leaf(), work.items);
		let input_bytes: u64 = work.inputs.iter().map(|input| u64::from(input.len)).sum();
		let bundle = bundle_len(work.items, program.header().item_size, program.items_per_leaf());
		memory::check(input_bytes, bundle).map_err(|why| Failure(FailedKind::TooLarge, why))?;

		let start = Instant::now();
		reporter.enter(Stage::Loading, leaves);
		let inputs = work
			.inputs
			.iter()
			.map(|input| files::read(input, &|| reporter.beat(0, leaves)).map_err(not_the_job))
			.collect::<Result<Vec<_>, _>>()?;
		let load = start.elapsed();
		reporter.enter(Stage::Preparing, leaves);
		let start = Instant::now();
		self.runner.prepare(&program)?;
		Ok(Loaded {
			program,
			inputs,
			leaves,
			load,
			prepare: start.elapsed(),
		})
	}
}

fn task(work: &Work) -> Task<'_> {
	Task {
		items: work.items,
		max_units: work.max_units,
		params: &work.params,
	}
}

/// A file failed, which says nothing about the job.
fn not_the_job(message: String) -> Failure {
	Failure(FailedKind::Files, message)
}

fn failed(id: u64, Failure(kind, message): Failure) -> Answer {
	Answer::Failed {
		id,
		kind,
		message: bounded(message),
	}
}

fn micros(duration: Duration) -> u64 {
	u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
