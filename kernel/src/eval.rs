//! The interpreter: what a program computes for one item, in bytes and units.
//!
//! This is the meaning of a kernel. Other backends are tested against it; the chain runs it to judge a disputed leaf.

use core::fmt;

pub use self::{
	input::{InputReader, MissingChunk, Slices},
	machine::Machine,
	task::{Task, TaskError},
};
use self::{interpreter::Stop, meter::Meter};
use crate::program::Program;

mod arithmetic;
mod input;
mod interpreter;
mod machine;
mod memory;
mod meter;
mod task;

/// Sees what an item executes. Tests count opcodes with it; everybody else looks on as `()`, which costs nothing.
pub trait Observer {
	/// An instruction of opcode `op` is executed: its own units were charged and passed no bound.
	fn executed(&mut self, op: u8);
}

impl Observer for () {
	#[inline(always)]
	fn executed(&mut self, _: u8) {}
}

impl<O: Observer + ?Sized> Observer for &mut O {
	#[inline(always)]
	fn executed(&mut self, op: u8) {
		(**self).executed(op);
	}
}

/// How an item ended. A trap is a valid result: the item's bytes are 0, its units are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
	/// Units that the item took, at most the task's bound.
	pub units: u32,
	/// Whether the item trapped.
	pub trapped: bool,
}

/// An item's outcome, and the work that finding it out took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metered {
	/// How the item ended.
	pub outcome: Outcome,
	/// Units charged until it ended, at most the task's bound. Less than the outcome's units where a load out of range or
	/// too many faults ended it: a bound trap always costs the whole bound.
	pub charged: u32,
}

/// Why an item, or a leaf, could not be evaluated. Says nothing about the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalError {
	/// The reader does not hold a chunk that the item reads.
	MissingChunk {
		/// The input.
		input: u8,
		/// The number of the chunk.
		chunk: u32,
	},
	/// The output buffer has not the item's size, or the machine was made for another program.
	Shape,
	/// The job has no such item or leaf.
	Range,
	/// The work takes more units than the caller allows for it. Only [`eval_item_within`] and
	/// [`eval_leaf_within`](crate::leaf::eval_leaf_within) fail so.
	Budget,
}

impl From<MissingChunk> for EvalError {
	fn from(missing: MissingChunk) -> Self {
		EvalError::MissingChunk {
			input: missing.input,
			chunk: missing.chunk,
		}
	}
}

impl fmt::Display for EvalError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			EvalError::MissingChunk { input, chunk } => write!(f, "chunk {chunk} of input {input} is not at hand"),
			EvalError::Shape => f.write_str("the output buffer or the machine does not fit the program"),
			EvalError::Range => f.write_str("the job has no such item or leaf"),
			EvalError::Budget => f.write_str("the evaluation takes more units than it may"),
		}
	}
}

impl core::error::Error for EvalError {}

/// Evaluates item `index` of `task` into `out`, whose length is the program's item size.
///
/// The task should have passed [`Task::check`]: here its bound is only lowered to the header's, and a parameter that it
/// lacks reads as 0. Allocates nothing. After an error `out` holds no meaning.
pub fn eval_item<R: InputReader + ?Sized>(
	program: &Program,
	task: &Task<'_>,
	inputs: &R,
	index: u32,
	machine: &mut Machine,
	out: &mut [u8],
) -> Result<Outcome, EvalError> {
	eval_item_observed(program, task, inputs, index, machine, out, ())
}

/// As [`eval_item`]; `observer` is told of every instruction.
pub fn eval_item_observed<R: InputReader + ?Sized, O: Observer>(
	program: &Program,
	task: &Task<'_>,
	inputs: &R,
	index: u32,
	machine: &mut Machine,
	out: &mut [u8],
	observer: O,
) -> Result<Outcome, EvalError> {
	eval_metered(program, task, inputs, index, machine, out, (observer, u32::MAX)).map(|item| item.outcome)
}

/// As [`eval_item`], and stops with [`EvalError::Budget`] before the work takes more than `budget` units.
///
/// A budget of the units that the item is charged is enough, one less is not.
pub fn eval_item_within<R: InputReader + ?Sized>(
	program: &Program,
	task: &Task<'_>,
	inputs: &R,
	index: u32,
	machine: &mut Machine,
	out: &mut [u8],
	budget: u32,
) -> Result<Metered, EvalError> {
	eval_metered(program, task, inputs, index, machine, out, ((), budget))
}

fn eval_metered<R: InputReader + ?Sized, O: Observer>(
	program: &Program,
	task: &Task<'_>,
	inputs: &R,
	index: u32,
	machine: &mut Machine,
	out: &mut [u8],
	(observer, budget): (O, u32),
) -> Result<Metered, EvalError> {
	if out.len() != usize::from(program.header().item_size) || !machine.fits(program) {
		return Err(EvalError::Shape);
	}
	if index >= task.items {
		return Err(EvalError::Range);
	}
	let bound = task.max_units.min(program.header().max_units);
	// Resetting the machine is what the item cost pays for.
	if budget < bound.min(program.item_cost()) {
		return Err(EvalError::Budget);
	}
	machine.reset(program);
	out.fill(0);
	let limit = bound.min(budget);
	let mut meter = Meter::new(program, limit, observer);
	let end = interpreter::run(program, task, inputs, index, machine, &mut meter, out);
	let charged = meter.units().min(limit);
	let (units, trapped) = match end {
		Ok(()) => (charged, false),
		Err(Stop::Trap) => (charged, true),
		// What passed the limit passed the bound too, unless the budget is the lower one.
		Err(Stop::Bound) if meter.units() > limit && limit < bound => return Err(EvalError::Budget),
		Err(Stop::Bound) => (bound, true),
		Err(Stop::Missing(missing)) => return Err(missing.into()),
	};
	if trapped {
		out.fill(0);
	}
	Ok(Metered {
		outcome: Outcome { units, trapped },
		charged,
	})
}
