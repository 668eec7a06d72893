//! A whole job on all cores.

use crate::bundle::{encode, leaf_bytes, LeafFigures};
use millrace_kernel::{
	eval::{EvalError, Machine, Slices, Task, TaskError},
	leaf::{eval_leaf, leaf_count},
	program::Program,
	tree::{output_leaf, output_root, Blake2b, SumNode, SumOverflow},
};
use rayon::{prelude::*, ThreadPoolBuildError, ThreadPoolBuilder};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Progress is reported about this often in a run.
const REPORTS: u32 = 256;

/// How far a run has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
	/// Leaves done.
	pub done: u32,
	/// Leaves in all.
	pub leaves: u32,
}

/// How to run.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
	/// Threads to use; 0 is one for each core.
	pub threads: usize,
	/// Set to stop: the run then ends within one leaf.
	pub cancel: Option<&'a AtomicBool>,
	/// Called now and then, from any thread.
	pub progress: Option<&'a (dyn Fn(Progress) + Sync)>,
}

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
	/// The units do not fit 64 bits. No job comes near.
	#[error("the units overflow")]
	Units(#[from] SumOverflow),
	/// [`Options::cancel`] was set.
	#[error("the run was cancelled")]
	Cancelled,
}

/// A finished run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Computed {
	/// The items' bytes, one item after another.
	pub output: Vec<u8>,
	/// The figures of each leaf.
	pub leaves: Vec<LeafFigures>,
	/// The root of the output tree: what is committed, with the units of all leaves.
	pub root: SumNode,
}

impl Computed {
	/// What the requester receives: the output, then units (u64) and traps (u32) of each leaf, little-endian.
	pub fn bundle(&self) -> Vec<u8> {
		encode(&self.output, &self.leaves)
	}
}

/// Runs every item of `task`. The result is the same for any number of threads.
///
/// # Errors
/// The task does not fit the program, the machine is too small, or the run was cancelled.
pub fn run(
	program: &Program,
	task: &Task<'_>,
	inputs: &[&[u8]],
	options: &Options<'_>,
) -> Result<Computed, ComputeError> {
	task.check(program, inputs.len())?;
	let pool = ThreadPoolBuilder::new()
		.num_threads(options.threads)
		.thread_name(|index| format!("compute-{index}"))
		.build()?;
	let mut output = zeros(u64::from(task.items) * u64::from(program.header().item_size))?;
	let leaves = leaf_count(program.items_per_leaf(), task.items);
	let done = AtomicU32::new(0);
	let report_every = (leaves / REPORTS).max(1);
	let inputs = Slices(inputs);

	let evaluate =
		|machine: &mut Machine, index: usize, out: &mut [u8]| -> Result<(LeafFigures, SumNode), ComputeError> {
			if options.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
				return Err(ComputeError::Cancelled);
			}
			// Leaves are fewer than items, which are counted in 32 bits.
			let leaf = u32::try_from(index).unwrap_or(u32::MAX);
			let result = eval_leaf(program, task, &inputs, leaf, machine)
				.map_err(|source| ComputeError::Leaf { leaf, source })?;
			for (to, from) in out.iter_mut().zip(&result.bytes) {
				*to = *from;
			}
			let node = output_leaf::<Blake2b>(u64::from(leaf), &result.bytes, result.units, result.traps);
			let done = done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
			if let Some(progress) = options
				.progress
				.filter(|_| done.is_multiple_of(report_every) || done == leaves)
			{
				progress(Progress { done, leaves });
			}
			Ok((
				LeafFigures {
					units: result.units,
					traps: result.traps,
				},
				node,
			))
		};
	let chunk = leaf_bytes(program.items_per_leaf(), program.header().item_size);
	let results: Vec<(LeafFigures, SumNode)> = pool.install(|| {
		output
			.par_chunks_mut(chunk)
			.enumerate()
			.map_init(
				|| Machine::new(program),
				|machine, (index, out)| evaluate(machine, index, out),
			)
			.collect::<Result<Vec<_>, ComputeError>>()
	})?;

	let (leaves, nodes): (Vec<LeafFigures>, Vec<SumNode>) = results.into_iter().unzip();
	let root = output_root::<Blake2b>(&nodes)?;
	Ok(Computed { output, leaves, root })
}

/// That many zeros, or an error where an allocation would end the process.
fn zeros(bytes: u64) -> Result<Vec<u8>, ComputeError> {
	let too_large = || ComputeError::TooLarge { bytes };
	let len = usize::try_from(bytes).map_err(|_| too_large())?;
	let mut zeros = Vec::new();
	zeros.try_reserve_exact(len).map_err(|_| too_large())?;
	zeros.resize(len, 0);
	Ok(zeros)
}
