//! The two long steps of a job: preparing (check, decode, try) and running (compute, check, store).
//!
//! Both block a thread and touch no chain; what they find out goes into the journal by the caller. The backend's process
//! computes, this one checks: inputs against the job's roots, the bundle against the root that the backend names, and
//! leaves of it against the interpreter.

use crate::{
	backend::{message::Work, Backend, BackendError, Finished},
	journal::Outcome,
	reconcile::is_too_slow,
	selfcheck::SelfCheck,
	store::{JobFiles, StoreError},
};
use millrace_client::chain::{JobState, JobView, KernelHash, RejectReason, Tick, SECONDS_PER_TICK};
use millrace_compute::{parse_bundle, Bundle, ComputeError};
use millrace_kernel::{
	eval::Task,
	program::{Program, ProgramError},
	tree::Blake2b,
};
use std::{
	sync::atomic::AtomicBool,
	time::{Duration, Instant},
};

/// Leaves that are tried before a job is accepted.
const TRIAL_LEAVES: u32 = 16;
/// A run reports its progress so many times at least.
const STEPS: u32 = 256;
/// Backends that a job is run on before it is given up: each wrong result takes one away.
const BACKENDS: u32 = 3;

/// Why a job is not done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
	/// The kernel's bytes are not those that the job names, or no program that this version knows.
	#[error("the kernel {0} on the chain cannot be decoded")]
	Kernel(KernelHash, #[source] ProgramError),
	/// The chain does not have the kernel.
	#[error("the chain has no kernel {0}")]
	NoKernel(KernelHash),
	/// The bytes hash to something else.
	#[error("the bytes that the node gave are not those of kernel {0}")]
	WrongKernel(KernelHash),
	/// The job's copy of the kernel's figures differs.
	#[error("the job says {what} {job}, the kernel {kernel}")]
	Figures {
		/// Which figure.
		what: &'static str,
		/// The job's.
		job: u64,
		/// The kernel's.
		kernel: u64,
	},
	/// The run would end after the deadline.
	#[error("the run would take {0:?}, too long for the deadline")]
	TooSlow(Duration),
	/// The backend gave no result.
	#[error(transparent)]
	Backend(#[from] BackendError),
	/// Leaves cannot be re-run in this process.
	#[error("the result cannot be checked")]
	Check(#[from] ComputeError),
	/// This machine computes wrongly. Nothing is committed.
	#[error("the self-check failed, so nothing is committed: {0}")]
	SelfCheck(String),
	/// The disk.
	#[error("the job's files failed")]
	Store(#[from] StoreError),
}

impl JobError {
	/// What the chain is told when the job is turned down for this. `None`: try again.
	pub fn reason(&self) -> Option<RejectReason> {
		match self {
			Self::Kernel(..) | Self::Figures { .. } => Some(RejectReason::Unsupported),
			Self::TooSlow(_) => Some(RejectReason::TooSlow),
			Self::Backend(error) => error.reason(),
			Self::Check(ComputeError::Task(_)) => Some(RejectReason::Unsupported),
			Self::Check(_) | Self::SelfCheck(_) => Some(RejectReason::Other),
			// The node's fault, or the disk's: neither says anything about the job.
			Self::NoKernel(_) | Self::WrongKernel(_) | Self::Store(_) => None,
		}
	}
}

/// What computes, and what checks.
pub struct Tools {
	/// The backend.
	pub backend: Backend,
	/// The check before a commitment.
	pub checks: SelfCheck,
}

/// The time that a run has.
#[derive(Clone, Copy, Debug)]
pub struct Time {
	/// When its result is worth nothing any more.
	pub deadline: Instant,
	/// How long it was estimated to take.
	pub estimate: Duration,
}

impl Time {
	/// The time of a job when the protocol's clock shows `tick`: until its deadline, or until its assignment lapses.
	pub fn of(job: &JobView, tick: Tick, estimate_ms: Option<u64>) -> Self {
		let until = match job.state {
			JobState::Running { deadline, .. } => deadline,
			JobState::Assigned { until, .. } => until,
			// A result that is there already is only computed anew.
			JobState::Pending | JobState::Committed { .. } => tick.saturating_add(job.spec.terms.run_ticks),
		};
		let seconds = u64::from(until.saturating_sub(tick)).saturating_mul(SECONDS_PER_TICK);
		Self {
			deadline: Instant::now() + Duration::from_secs(seconds),
			estimate: Duration::from_millis(estimate_ms.unwrap_or(0)),
		}
	}

	fn left(&self) -> Duration {
		self.deadline.saturating_duration_since(Instant::now())
	}
}

/// Decodes the job's kernel and compares it with what the job says about it.
pub fn decode_kernel(job: &JobView, bytecode: Option<&[u8]>) -> Result<Program, JobError> {
	let hash = job.spec.kernel;
	let bytecode = bytecode.ok_or(JobError::NoKernel(hash))?;
	if millrace_client::chain::blake2_256(bytecode) != hash.0 {
		return Err(JobError::WrongKernel(hash));
	}
	let program = Program::decode(bytecode).map_err(|error| JobError::Kernel(hash, error))?;
	debug_assert_eq!(program.hash::<Blake2b>(), hash.0);
	for (what, job, kernel) in [
		(
			"item size",
			u64::from(job.item_size),
			u64::from(program.header().item_size),
		),
		(
			"items a leaf",
			u64::from(job.items_per_leaf),
			u64::from(program.items_per_leaf()),
		),
	] {
		if job != kernel {
			return Err(JobError::Figures { what, job, kernel });
		}
	}
	Ok(program)
}

/// Checks every input against its root once more, has a few leaves tried, and estimates the run. Returns milliseconds.
/// Setting `cancel` ends it early.
///
/// # Errors
/// [`StoreError::Incomplete`] when bytes are not there after all: they count as missing from then on, so the job goes
/// back to waiting for them.
pub fn prepare(
	job: &JobView,
	program: &Program,
	files: &JobFiles,
	tools: &Tools,
	cancel: &AtomicBool,
) -> Result<u64, JobError> {
	drop(files.load()?);
	let work = Work::new(program, &job.spec, &files.input_files());
	let trial = tools.backend.probe(&work, TRIAL_LEAVES, cancel)?;
	tracing::info!(
		job = %job.id,
		leaves = trial.of,
		tried = trial.leaves,
		units_per_second = trial.units_per_second,
		estimate_ms = trial.estimate_ms,
		"inputs checked, kernel tried"
	);
	if is_too_slow(job, trial.estimate_ms) {
		return Err(JobError::TooSlow(Duration::from_millis(trial.estimate_ms)));
	}
	Ok(trial.estimate_ms)
}

/// Has the whole job computed, re-runs leaves, and makes the bundle durable. Setting `cancel` ends it early.
///
/// A wrong result is discarded, and what computed it is not used any more; the job is then run on what is slower, if
/// the time allows.
pub fn compute(
	job: &JobView,
	program: &Program,
	files: &JobFiles,
	tools: &Tools,
	mut time: Time,
	cancel: &AtomicBool,
) -> Result<Outcome, JobError> {
	let work = Work::new(program, &job.spec, &files.input_files());
	let mut wrong = String::new();
	for run in 0..BACKENDS {
		if run > 0 {
			let trial = tools.backend.probe(&work, TRIAL_LEAVES, cancel)?;
			time.estimate = Duration::from_millis(trial.estimate_ms);
			if time.estimate > time.left() {
				break;
			}
		}
		// Not kept: a run may take long, and the backend reads the files itself.
		drop(files.load()?);
		let (finished, bundle) = run_once(job, &work, files, tools, time, cancel)?;
		match check(job, program, files, tools, &finished, &bundle, time)? {
			Ok(checked) => {
				tracing::info!(
					job = %job.id,
					units = finished.units,
					device = finished.ready.device,
					load_us = finished.spent.load,
					prepare_us = finished.spent.prepare,
					run_us = finished.spent.run,
					write_us = finished.spent.write,
					self_checked = checked,
					"computed"
				);
				return Ok(Outcome {
					root: finished.root,
					units: finished.units,
					bundle_len: files.bundle_len(),
				});
			}
			Err(why) => {
				tracing::error!(job = %job.id, device = finished.ready.device, why, "the result is wrong and is discarded");
				wrong = why;
			}
		}
	}
	Err(JobError::SelfCheck(wrong))
}

/// One run, and the bundle as it is on the disk.
fn run_once(
	job: &JobView,
	work: &Work,
	files: &JobFiles,
	tools: &Tools,
	time: Time,
	cancel: &AtomicBool,
) -> Result<(Finished, Bundle), JobError> {
	let mut progress = |done: u32, leaves: u32| tracing::debug!(job = %job.id, done, leaves, "running");
	// Through the bytes that will be served. That the disk fails is not the backend's fault.
	let mut accept = |finished: &Finished| -> Result<Result<Bundle, StoreError>, String> {
		let bytes = match files.read_bundle() {
			Ok(bytes) => bytes,
			Err(error) => return Ok(Err(error)),
		};
		let bundle = parse_bundle(&bytes, job.spec.items, job.item_size, job.items_per_leaf)
			.map_err(|error| error.to_string())?;
		let root = bundle.root();
		if root.hash != finished.root || root.units != finished.units {
			return Err("it makes another root".to_owned());
		}
		Ok(Ok(bundle))
	};
	let (finished, bundle) = tools.backend.run(
		work,
		&files.bundle_path(),
		time.estimate / STEPS,
		cancel,
		&mut progress,
		&mut accept,
	)?;
	Ok((finished, bundle?))
}

/// Re-runs leaves. Returns how many, or what is wrong; the backend is then not used any more.
fn check(
	job: &JobView,
	program: &Program,
	files: &JobFiles,
	tools: &Tools,
	finished: &Finished,
	bundle: &Bundle,
	time: Time,
) -> Result<Result<u32, String>, JobError> {
	let inputs = files.load()?;
	let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
	let report = tools
		.checks
		.check(&finished.ready, program, &task(job), &inputs, bundle, time.left())?;
	if !report.agrees() {
		let why = format!("kernel {}: {}", job.spec.kernel, report.proves());
		tools.backend.condemn(finished, &why);
		return Ok(Err(why));
	}
	// Another job may have shown meanwhile that the device is wrong.
	if !tools.backend.is_trusted(&finished.ready.device) {
		return Ok(Err(format!("{} is in quarantine by now", finished.ready.device)));
	}
	Ok(Ok(report.checked))
}

fn task(job: &JobView) -> Task<'_> {
	Task {
		items: job.spec.items,
		max_units: job.spec.max_units,
		params: &job.spec.params,
	}
}
