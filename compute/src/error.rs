//! What a run can fail with.

use crate::cpu::CpuError;
use millrace_cuda::CudaError;
use millrace_kernel::{
	eval::{EvalError, TaskError},
	tree::SumOverflow,
};
use rayon::ThreadPoolBuildError;

/// What a run can fail with. A trap is no failure: it is a result.
#[derive(Debug, thiserror::Error)]
pub enum ComputeError {
	/// The task does not fit the program.
	#[error("the task does not fit the kernel")]
	Task(#[from] TaskError),
	/// The output does not fit this machine's memory.
	#[error("an output of {bytes} bytes does not fit in memory")]
	TooLarge {
		/// Bytes of the output.
		bytes: u64,
	},
	/// The threads cannot be started.
	#[error("cannot start the threads")]
	Threads(#[from] ThreadPoolBuildError),
	/// A leaf cannot be evaluated.
	#[error("leaf {leaf} cannot be evaluated")]
	Leaf {
		/// The leaf.
		leaf: u32,
		/// Why not.
		#[source]
		source: EvalError,
	},
	/// The CPU backend.
	#[error("the CPU backend failed")]
	Cpu(#[from] CpuError),
	/// The CUDA backend.
	#[error("the CUDA backend failed")]
	Cuda(#[source] CudaError),
	/// The units do not fit 64 bits. No job comes near.
	#[error("the units overflow")]
	Units(#[from] SumOverflow),
	/// [`Options::cancel`](crate::Options::cancel) was set.
	#[error("the run was cancelled")]
	Cancelled,
}

impl ComputeError {
	/// Whether only a new process makes the device usable again.
	pub fn is_sticky(&self) -> bool {
		matches!(self, Self::Cuda(error) if error.is_sticky())
	}
}

impl From<CudaError> for ComputeError {
	fn from(error: CudaError) -> Self {
		match error {
			CudaError::Cancelled => Self::Cancelled,
			error => Self::Cuda(error),
		}
	}
}

/// An error and its causes in one line, for people. What a cause repeats of the line is left out.
pub fn with_causes(error: &dyn std::error::Error) -> String {
	let mut line = error.to_string();
	let mut cause = error.source();
	while let Some(error) = cause {
		let text = error.to_string();
		if !line.ends_with(&text) {
			line.push_str(": ");
			line.push_str(&text);
		}
		cause = error.source();
	}
	line
}
