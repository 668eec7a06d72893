//! Leaves: the groups of items in which a job's output is committed, disputed and judged.

use alloc::{vec, vec::Vec};
use core::ops::Range;

use crate::{
	eval::{eval_item_within, EvalError, InputReader, Machine, Task},
	program::Program,
	tree::{output_leaf, Hasher, SumNode},
};

/// The result of one leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaf {
	/// The items' output, one after another; at most 1,024 bytes.
	pub bytes: Vec<u8>,
	/// The items' units, summed.
	pub units: u64,
	/// How many of the items trapped.
	pub traps: u32,
}

impl Leaf {
	/// The node of this leaf, number `index` of its job, in the output tree.
	pub fn node<H: Hasher>(&self, index: u32) -> SumNode {
		output_leaf::<H>(u64::from(index), &self.bytes, self.units, self.traps)
	}
}

/// How many leaves a job of `items` items has, at [`Program::items_per_leaf`] items a leaf. The last may be shorter.
pub fn leaf_count(items_per_leaf: u32, items: u32) -> u32 {
	items.div_ceil(items_per_leaf.max(1))
}

/// The items of leaf number `leaf`; `None` where the job has no such leaf.
pub fn leaf_items(items_per_leaf: u32, items: u32, leaf: u32) -> Option<Range<u32>> {
	let first = leaf.checked_mul(items_per_leaf.max(1)).filter(|first| *first < items)?;
	Some(first..first.saturating_add(items_per_leaf.max(1)).min(items))
}

/// Evaluates all items of leaf number `leaf`.
///
/// Fails like [`eval_item`](crate::eval::eval_item), and with [`EvalError::Range`] where the job has no such leaf.
pub fn eval_leaf<R: InputReader + ?Sized>(
	program: &Program,
	task: &Task<'_>,
	inputs: &R,
	leaf: u32,
	machine: &mut Machine,
) -> Result<Leaf, EvalError> {
	eval_leaf_within(program, task, inputs, leaf, machine, u32::MAX).map(|(leaf, _)| leaf)
}

/// As [`eval_leaf`], and stops with [`EvalError::Budget`] before the work takes more than `budget` units. Also gives the
/// units that were charged: of each item those until it ended, see [`Metered`](crate::eval::Metered). They are at most
/// the leaf's units, and [`REFUTE_UNITS`](crate::program::REFUTE_UNITS).
pub fn eval_leaf_within<R: InputReader + ?Sized>(
	program: &Program,
	task: &Task<'_>,
	inputs: &R,
	leaf: u32,
	machine: &mut Machine,
	budget: u32,
) -> Result<(Leaf, u32), EvalError> {
	let items = leaf_items(program.items_per_leaf(), task.items, leaf).ok_or(EvalError::Range)?;
	let item_size = usize::from(program.header().item_size).max(1);
	let mut result = Leaf {
		bytes: vec![0; items.len().saturating_mul(item_size)],
		units: 0,
		traps: 0,
	};
	let mut charged = 0u32;
	for (index, out) in items.zip(result.bytes.chunks_exact_mut(item_size)) {
		let left = budget.saturating_sub(charged);
		let item = eval_item_within(program, task, inputs, index, machine, out, left)?;
		charged = charged.saturating_add(item.charged);
		result.units = result.units.saturating_add(u64::from(item.outcome.units));
		result.traps = result.traps.saturating_add(u32::from(item.outcome.trapped));
	}
	Ok((result, charged))
}
