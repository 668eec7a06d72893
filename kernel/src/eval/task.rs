//! What a job fixes for all its items.

use core::fmt;

use crate::program::Program;

/// A job as its items see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task<'a> {
	/// Items of the job, at least 1.
	pub items: u32,
	/// The job's bound on the units of one item: at least the program's item cost, at most the header's bound.
	pub max_units: u32,
	/// The parameters, as many as the program declares.
	pub params: &'a [u64],
}

impl Task<'_> {
	/// Checks the task against `program`, and that the job brings `input_count` inputs, as the program declares.
	///
	/// Evaluation is defined and safe for an unchecked task too; its result then means nothing.
	pub fn check(&self, program: &Program, input_count: usize) -> Result<(), TaskError> {
		let header = program.header();
		if self.items == 0 {
			return Err(TaskError::NoItems);
		}
		if self.max_units < program.item_cost() || self.max_units > header.max_units {
			return Err(TaskError::MaxUnits {
				least: program.item_cost(),
				most: header.max_units,
				max_units: self.max_units,
			});
		}
		if self.params.len() != usize::from(header.params) {
			return Err(TaskError::Params {
				declared: header.params,
				actual: self.params.len(),
			});
		}
		if input_count != usize::from(header.inputs) {
			return Err(TaskError::Inputs {
				declared: header.inputs,
				actual: input_count,
			});
		}
		Ok(())
	}
}

/// Why a task does not fit a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskError {
	/// The job has no items.
	NoItems,
	/// The job's bound on units is outside of what the program allows.
	MaxUnits {
		/// The item cost.
		least: u32,
		/// The header's bound.
		most: u32,
		/// What the job says.
		max_units: u32,
	},
	/// Another number of parameters than the program declares.
	Params {
		/// Parameters that the program declares.
		declared: u8,
		/// Parameters given.
		actual: usize,
	},
	/// Another number of inputs than the program declares.
	Inputs {
		/// Inputs that the program declares.
		declared: u8,
		/// Inputs given.
		actual: usize,
	},
}

impl fmt::Display for TaskError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			TaskError::NoItems => f.write_str("a job has at least one item"),
			TaskError::MaxUnits { least, most, max_units } => {
				write!(
					f,
					"max_units {max_units} is not between the item cost {least} and the kernel's {most}"
				)
			}
			TaskError::Params { declared, actual } => {
				write!(f, "the kernel takes {declared} parameters, there are {actual}")
			}
			TaskError::Inputs { declared, actual } => {
				write!(f, "the kernel takes {declared} inputs, there are {actual}")
			}
		}
	}
}

impl core::error::Error for TaskError {}
