//! One leaf at a time on the calling thread: by the reference interpreter, or by the CPU backend.

use crate::{
	bundle::LeafFigures,
	cpu::{CpuJob, CpuThread},
	error::ComputeError,
};
use millrace_kernel::{
	eval::{Machine, Slices, Task},
	leaf::eval_leaf,
	program::Program,
};
use std::sync::{Mutex, PoisonError};

/// What evaluates the leaves of one job.
pub(crate) struct Evaluator<'a> {
	source: Source<'a>,
	/// States of threads that are between two leaves. Making one costs more than evaluating a small leaf.
	idle: Mutex<Vec<State>>,
}

enum Source<'a> {
	Reference {
		program: &'a Program,
		task: &'a Task<'a>,
		inputs: &'a [&'a [u8]],
	},
	Cpu(CpuJob),
}

enum State {
	Reference(Box<Machine>),
	Cpu(Box<CpuThread>),
}

impl<'a> Evaluator<'a> {
	/// The meaning itself.
	pub(crate) fn reference(program: &'a Program, task: &'a Task<'a>, inputs: &'a [&'a [u8]]) -> Self {
		Evaluator {
			source: Source::Reference { program, task, inputs },
			idle: Mutex::default(),
		}
	}

	/// Compiled code.
	pub(crate) fn cpu(job: CpuJob) -> Self {
		Evaluator {
			source: Source::Cpu(job),
			idle: Mutex::default(),
		}
	}

	/// A thread's own view; given back when it is dropped.
	pub(crate) fn thread(&self) -> Result<EvaluatorThread<'_, 'a>, ComputeError> {
		let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
		let state = match (idle, &self.source) {
			(Some(state), _) => state,
			(None, Source::Reference { program, .. }) => State::Reference(Box::new(Machine::new(program))),
			(None, Source::Cpu(job)) => State::Cpu(Box::new(job.thread()?)),
		};
		Ok(EvaluatorThread {
			evaluator: self,
			state: Some(state),
		})
	}
}

/// One thread's state of an [`Evaluator`].
pub(crate) struct EvaluatorThread<'e, 'a> {
	evaluator: &'e Evaluator<'a>,
	/// Only absent while dropped.
	state: Option<State>,
}

impl EvaluatorThread<'_, '_> {
	/// Evaluates leaf number `leaf` into `out`, which has the bytes of that leaf.
	pub(crate) fn leaf(&mut self, leaf: u32, out: &mut [u8]) -> Result<LeafFigures, ComputeError> {
		match (&self.evaluator.source, &mut self.state) {
			(Source::Reference { program, task, inputs }, Some(State::Reference(machine))) => {
				let result = eval_leaf(program, task, &Slices(inputs), leaf, machine)
					.map_err(|source| ComputeError::Leaf { leaf, source })?;
				for (to, from) in out.iter_mut().zip(&result.bytes) {
					*to = *from;
				}
				Ok(LeafFigures {
					units: result.units,
					traps: result.traps,
				})
			}
			(_, Some(State::Cpu(thread))) => Ok(thread.leaf(leaf, out)?),
			// A state is made for its source, and is there until it is dropped.
			(_, Some(State::Reference(_)) | None) => Err(ComputeError::Cancelled),
		}
	}
}

impl Drop for EvaluatorThread<'_, '_> {
	fn drop(&mut self) {
		self.evaluator
			.idle
			.lock()
			.unwrap_or_else(PoisonError::into_inner)
			.extend(self.state.take());
	}
}
