//! The two long steps of a job: preparing (check, decode, try) and running (compute, check oneself, store).
//!
//! Both block a thread and touch no chain; what they find out goes into the journal by the caller.

use crate::{
	journal::Outcome,
	reconcile::is_too_slow,
	store::{JobFiles, StoreError},
};
use millrace_client::chain::{JobView, KernelHash, RejectReason};
use millrace_compute::{parse_bundle, probe, run, self_check, BundleError, ComputeError, Options, Progress};
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
	/// It cannot be computed.
	#[error("the job cannot be computed")]
	Compute(#[from] ComputeError),
	/// The result cannot be packed.
	#[error("the result makes no bundle")]
	Bundle(#[from] BundleError),
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
			Self::Compute(ComputeError::Cancelled) => None,
			Self::Compute(ComputeError::Task(_) | ComputeError::TooLarge { .. }) => Some(RejectReason::Unsupported),
			Self::Compute(_) | Self::Bundle(_) | Self::SelfCheck(_) => Some(RejectReason::Other),
			// The node's fault, or the disk's: neither says anything about the job.
			Self::NoKernel(_) | Self::WrongKernel(_) | Self::Store(_) => None,
		}
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

/// Checks every input against its root once more, tries a few leaves, and estimates the run. Returns milliseconds.
///
/// # Errors
/// [`StoreError::Incomplete`] when bytes are not there after all: they count as missing from then on, so the job goes
/// back to waiting for them.
pub fn prepare(job: &JobView, program: &Program, files: &JobFiles, threads: usize) -> Result<u64, JobError> {
	let inputs = files.load()?;
	let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
	let trial = probe(program, &task(job), &inputs, TRIAL_LEAVES)?;
	let estimate = trial.estimate(threads);
	let estimate_ms = u64::try_from(estimate.as_millis()).unwrap_or(u64::MAX);
	tracing::info!(
		job = %job.id,
		leaves = trial.of,
		tried = trial.leaves,
		units_per_second = trial.units_per_second() as u64,
		estimate_ms,
		"inputs checked, kernel tried"
	);
	if is_too_slow(job, estimate_ms) {
		return Err(JobError::TooSlow(estimate));
	}
	Ok(estimate_ms)
}

/// Computes the whole job, re-runs random leaves, and makes the bundle durable. Setting `cancel` ends it early.
pub fn compute(
	job: &JobView,
	program: &Program,
	files: &JobFiles,
	threads: usize,
	cancel: &AtomicBool,
) -> Result<Outcome, JobError> {
	let inputs = files.load()?;
	let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
	let task = task(job);
	let start = Instant::now();
	let progress = |progress: Progress| {
		tracing::debug!(job = %job.id, done = progress.done, leaves = progress.leaves, "running");
	};
	let options = Options {
		threads,
		cancel: Some(cancel),
		progress: Some(&progress),
	};
	let computed = run(program, &task, &inputs, &options)?;
	let ran = start.elapsed();

	// Through the bytes that will be served, not through what is in memory.
	let bytes = computed.bundle();
	let bundle = parse_bundle(&bytes, job.spec.items, job.item_size, job.items_per_leaf)?;
	if bundle.root() != computed.root {
		return Err(JobError::SelfCheck(
			"the bundle makes another root than the run".to_owned(),
		));
	}
	let report = self_check(program, &task, &inputs, &bundle, rand::random::<u64>());
	if !report.agrees() {
		return Err(JobError::SelfCheck(report.proves()));
	}
	files.write_bundle(&bytes)?;
	tracing::info!(
		job = %job.id,
		units = computed.root.units,
		run_ms = u64::try_from(ran.as_millis()).unwrap_or(u64::MAX),
		self_checked = report.checked,
		"computed"
	);
	Ok(Outcome {
		root: computed.root.hash,
		units: computed.root.units,
		bundle_len: bytes.len() as u64,
	})
}

fn task(job: &JobView) -> Task<'_> {
	Task {
		items: job.spec.items,
		max_units: job.spec.max_units,
		params: &job.spec.params,
	}
}
