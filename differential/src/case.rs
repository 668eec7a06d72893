//! One comparison: a program, a task and its inputs.

use millrace_kernel::{eval::Task, leaf::leaf_count, program::Program};

/// A program with everything that a run of it needs.
#[derive(Clone, Debug)]
pub struct Case {
	/// What [`crate::generate::case`] made it from; 0 for a case written by hand.
	pub seed: u64,
	/// The program.
	pub program: Program,
	/// Items of the job.
	pub items: u32,
	/// The job's bound on the units of an item.
	pub max_units: u32,
	/// The parameters.
	pub params: Vec<u64>,
	/// The bytes of each input.
	pub inputs: Vec<Vec<u8>>,
}

impl Case {
	/// What all items share.
	pub fn task(&self) -> Task<'_> {
		Task {
			items: self.items,
			max_units: self.max_units,
			params: &self.params,
		}
	}

	/// The inputs as slices.
	pub fn slices(&self) -> Vec<&[u8]> {
		self.inputs.iter().map(Vec::as_slice).collect()
	}

	/// Leaves of the job.
	pub fn leaves(&self) -> u32 {
		leaf_count(self.program.items_per_leaf(), self.items)
	}
}
