//! How often each opcode was executed.

use millrace_kernel::{
	eval::{eval_item_observed, Machine, Observer, Slices},
	opcode::{self, OpInfo},
};

use crate::case::Case;

/// A count for each opcode.
#[derive(Clone, Debug)]
pub struct Executed([u64; 256]);

impl Default for Executed {
	fn default() -> Self {
		Executed([0; 256])
	}
}

impl Observer for Executed {
	fn executed(&mut self, op: u8) {
		self.0[usize::from(op)] += 1;
	}
}

impl Executed {
	/// Counts what the items of `case` execute, as the reference runs them.
	///
	/// Another backend that agrees on every byte and every unit executed the same; it may count late that a bound was
	/// passed, and then has executed more.
	pub fn of(case: &Case) -> Executed {
		let mut counts = Executed::default();
		let mut machine = Machine::new(&case.program);
		let inputs = case.slices();
		let mut out = vec![0; usize::from(case.program.header().item_size)];
		for index in 0..case.items {
			// All of the inputs are here, and the buffers are the program's: evaluation cannot fail.
			let _ = eval_item_observed(
				&case.program,
				&case.task(),
				&Slices(&inputs),
				index,
				&mut machine,
				&mut out,
				&mut counts,
			);
		}
		counts
	}

	/// Adds the counts of `other`.
	pub fn add(&mut self, other: &Executed) {
		for (sum, count) in self.0.iter_mut().zip(other.0) {
			*sum += count;
		}
	}

	/// How often `op` was executed.
	pub fn count(&self, op: u8) -> u64 {
		self.0[usize::from(op)]
	}

	/// Instructions executed.
	pub fn total(&self) -> u64 {
		self.0.iter().sum()
	}

	/// Units of the instructions, without faults and item costs.
	pub fn units(&self) -> u64 {
		opcode::TABLE
			.iter()
			.map(|row| self.count(row.code) * u64::from(row.units))
			.sum()
	}

	/// The instruction of the table that was executed least often.
	pub fn least(&self) -> Option<(&'static OpInfo, u64)> {
		opcode::TABLE
			.iter()
			.map(|row| (row, self.count(row.code)))
			.min_by_key(|(_, count)| *count)
	}
}
