//! What a person or a log sees while a job runs.

use super::Candidate;
use crate::chain::{JobId, ProviderId, Tick};
use std::path::Path;

/// Where a job run stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stage {
	/// Reading files and the chain's rules, computing roots and the worst cost.
	Planning,
	/// Measuring the ways to providers that could do the job.
	Measuring {
		/// How many.
		candidates: usize,
	},
	/// Registering the kernel.
	Registering,
	/// Submitting the job.
	Submitting,
	/// No provider has it yet.
	Waiting,
	/// A provider is to accept it by this tick.
	Assigned {
		/// Which.
		provider: ProviderId,
		/// The last tick to accept.
		until: Tick,
		/// The clock now.
		now: Tick,
	},
	/// Inputs are on their way.
	Pushing {
		/// Bytes that are there.
		done: u64,
		/// Bytes in all.
		total: u64,
	},
	/// A provider computes.
	Running {
		/// Which.
		provider: ProviderId,
		/// The last tick to commit.
		deadline: Tick,
		/// The clock now.
		now: Tick,
	},
	/// The result is on its way.
	Fetching {
		/// Bytes that are there.
		done: u64,
		/// Bytes in all.
		total: u64,
	},
	/// The inputs are on their way back from the provider.
	FetchingInputs {
		/// Bytes that are there.
		done: u64,
		/// Bytes in all.
		total: u64,
	},
	/// Leaves are re-run.
	Checking,
	/// A proof is on its way to finality.
	Refuting {
		/// The leaf that is wrong.
		leaf: u32,
	},
	/// Demanded leaves are awaited.
	Demanding {
		/// How many are missing.
		missing: u32,
		/// The last tick to provide them; none while the demand waits for others.
		until: Option<Tick>,
		/// The clock now.
		now: Tick,
	},
	/// Demanded leaves are on their way to the chain.
	Providing {
		/// How many are missing.
		missing: u32,
	},
	/// The payment is on its way to finality.
	Settling,
}

/// Is told how a job run goes. All methods may do nothing.
pub trait Observer: Send + Sync {
	/// The run reached a stage, or went on in it.
	fn stage(&self, stage: &Stage);
	/// Something that a person should know and that does not end the run.
	fn note(&self, text: &str);
	/// The job is on the chain under this id.
	fn submitted(&self, job: JobId);
	/// Candidates were measured: those that are asked first, in their order, then those that were not reached.
	fn measured(&self, candidates: &[Candidate]) {
		let _ = candidates;
	}
	/// One of several jobs that are followed side by side reached a stage, or went on in it.
	fn stage_of(&self, job: JobId, stage: &Stage) {
		let _ = job;
		self.stage(stage);
	}
	/// The run of one of several jobs is over, well or not.
	fn over(&self, job: JobId) {
		let _ = job;
	}
}

/// One of several jobs, for an observer of all of them.
pub(super) struct OneOf<'a> {
	pub(super) all: &'a dyn Observer,
	pub(super) job: JobId,
	/// Its job file, by which people know it.
	pub(super) file: &'a Path,
}

impl Observer for OneOf<'_> {
	fn stage(&self, stage: &Stage) {
		self.all.stage_of(self.job, stage);
	}

	fn note(&self, text: &str) {
		self.all.note(&format!("{}: {text}", self.file.display()));
	}

	fn submitted(&self, job: JobId) {
		self.all.submitted(job);
	}
}

/// Sees nothing.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {
	fn stage(&self, _: &Stage) {}
	fn note(&self, _: &str) {}
	fn submitted(&self, _: JobId) {}
}
