//! Single leaves, evaluated again: what a check compares, and what a repair takes.

use crate::{bundle::LeafFigures, error::ComputeError, evaluate::Evaluator, runner::Runner};
use millrace_kernel::{
	eval::Task,
	leaf::{leaf_items, Leaf},
	program::Program,
};
use rayon::prelude::*;

/// Evaluates `leaves` of a job by `runner` on all cores, and gives them in the same order. A device's leaves are
/// evaluated on the CPU.
///
/// # Errors
/// The task does not fit the program, the job has no such leaf, or a leaf cannot be evaluated here.
pub fn eval_leaves(
	runner: &Runner,
	program: &Program,
	task: &Task<'_>,
	inputs: &[&[u8]],
	leaves: &[u32],
) -> Result<Vec<Leaf>, ComputeError> {
	task.check(program, inputs.len())?;
	let evaluator = runner.evaluator(program, task, inputs)?;
	runner.pool(0)?.install(|| {
		leaves
			.par_iter()
			.map(|leaf| eval_one(&evaluator, program, task, *leaf))
			.collect()
	})
}

/// Evaluates one leaf on the calling thread.
pub(crate) fn eval_one(
	evaluator: &Evaluator<'_>,
	program: &Program,
	task: &Task<'_>,
	leaf: u32,
) -> Result<Leaf, ComputeError> {
	let items = leaf_items(program.items_per_leaf(), task.items, leaf).map_or(0, |items| items.len());
	let mut bytes = vec![0; items * usize::from(program.header().item_size)];
	let LeafFigures { units, traps } = evaluator.thread()?.leaf(leaf, &mut bytes)?;
	Ok(Leaf { bytes, units, traps })
}
