//! Why jobs cannot be submitted by one call.

use crate::chain::{KernelHash, MAX_BATCH};
use std::path::PathBuf;

/// Why jobs cannot be submitted by one call. Nothing was sent.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum BatchError {
	/// There are none, or too many.
	#[error("{0} jobs cannot be submitted at once: 1 to {most} can", most = MAX_BATCH)]
	Size(usize),
	/// One of them runs another kernel.
	#[error("{path} runs the kernel {kernel}, and {first} runs {expected}")]
	OtherKernel {
		/// The job file.
		path: PathBuf,
		/// What it runs.
		kernel: KernelHash,
		/// The first job file.
		first: PathBuf,
		/// What that one runs.
		expected: KernelHash,
	},
	/// Two of them write one file.
	#[error("{first} and {second} both write {output}")]
	SameOutput {
		/// The job file that comes first.
		first: PathBuf,
		/// The other one.
		second: PathBuf,
		/// What both write.
		output: PathBuf,
	},
	/// Their inputs do not fit into memory, for all that this program knows.
	#[error("the first {jobs} of these jobs have more than {most} bytes of inputs together")]
	TooMuchInput {
		/// With how many of them it was too much.
		jobs: usize,
		/// The most, in bytes.
		most: u64,
	},
	/// A route asks one provider after the other.
	#[error("a route finds a provider for one job, and these are several")]
	Routed,
}

impl BatchError {
	/// What to do about it.
	pub fn hint(&self) -> &'static str {
		match self {
			BatchError::Size(_) | BatchError::TooMuchInput { .. } => {
				"submit them by several commands; nothing was bought"
			}
			BatchError::OtherKernel { .. } => {
				"jobs that are submitted at once run one kernel: give this one a command of its own; nothing was bought"
			}
			BatchError::SameOutput { .. } => "give each job a `file` of its own in `[output]`; nothing was bought",
			BatchError::Routed => "leave --route out, or give each job a command of its own; nothing was bought",
		}
	}
}
