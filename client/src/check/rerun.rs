//! Re-running leaves of one job, off the threads that keep connections alive.

use super::{Case, CaseError, CheckError, Subject};
use crate::job::Input;
use millrace_compute::{eval_leaves, parse_bundle, with_causes, Bundle, ComputeError, Options, Runner};
use millrace_kernel::{
	leaf::Leaf,
	tree::{Claim, Pair},
};
use std::{
	collections::BTreeSet,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc, Mutex, PoisonError,
	},
};

/// Runs something that takes all cores for a while.
pub(super) async fn off<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CheckError> {
	tokio::task::spawn_blocking(work)
		.await
		.map_err(|error| CheckError::Broken(error.to_string()))
}

/// A job, its inputs, and what re-runs its leaves. Copies share all of it.
#[derive(Clone)]
pub struct Rerun {
	subject: Arc<Subject>,
	inputs: Arc<Vec<Input>>,
	reference: Arc<Runner>,
	units: Arc<AtomicU64>,
	/// The numbers of the leaves that were evaluated.
	evaluated: Arc<Mutex<BTreeSet<u32>>>,
}

impl Rerun {
	/// The inputs are the job's: whoever gives them has compared them.
	pub fn new(subject: Arc<Subject>, inputs: Vec<Input>) -> Rerun {
		Rerun {
			subject,
			inputs: Arc::new(inputs),
			reference: Arc::new(Runner::reference()),
			units: Arc::default(),
			evaluated: Arc::default(),
		}
	}

	/// The job.
	pub fn subject(&self) -> &Arc<Subject> {
		&self.subject
	}

	/// Units that were re-run so far.
	pub fn units(&self) -> u64 {
		self.units.load(Ordering::Relaxed)
	}

	/// Leaves that were re-run so far.
	pub fn evaluated(&self) -> u32 {
		let evaluated = self.evaluated.lock().unwrap_or_else(PoisonError::into_inner);
		u32::try_from(evaluated.len()).unwrap_or(u32::MAX)
	}

	fn note(&self, leaves: impl IntoIterator<Item = u32>, units: u64) {
		self.units.fetch_add(units, Ordering::Relaxed);
		let mut evaluated = self.evaluated.lock().unwrap_or_else(PoisonError::into_inner);
		evaluated.extend(leaves);
	}

	/// Evaluates leaves by the interpreter, which is the meaning.
	///
	/// # Errors
	/// [`CheckError::Here`].
	pub async fn leaves(&self, leaves: Vec<u32>) -> Result<Vec<(u32, Leaf)>, CheckError> {
		let this = self.clone();
		let evaluated = off(move || {
			let inputs: Vec<&[u8]> = this.inputs.iter().map(Input::bytes).collect();
			let (subject, task) = (&this.subject, this.subject.task());
			let evaluated = eval_leaves(&this.reference, &subject.program, &task, &inputs, &leaves)?;
			Ok(leaves.into_iter().zip(evaluated).collect::<Vec<_>>())
		})
		.await?
		.map_err(|error: ComputeError| here(&error))?;
		let units = evaluated
			.iter()
			.fold(0u64, |sum, (_, leaf)| sum.saturating_add(leaf.units));
		self.note(evaluated.iter().map(|(leaf, _)| *leaf), units);
		Ok(evaluated)
	}

	/// Runs the whole job by compiled code: the interpreter would take many times as long.
	///
	/// # Errors
	/// [`CheckError::Here`].
	pub async fn all(&self) -> Result<Bundle, CheckError> {
		let this = self.clone();
		let bundle = off(move || {
			let inputs: Vec<&[u8]> = this.inputs.iter().map(Input::bytes).collect();
			let (program, task) = (&this.subject.program, this.subject.task());
			let options = Options::default();
			let computed = match Runner::cpu() {
				Ok(compiled) => compiled.run(program, &task, &inputs, &options),
				Err(_) => this.reference.run(program, &task, &inputs, &options),
			}
			.map_err(|error| here(&error))?;
			let (item_size, per_leaf) = (program.header().item_size, program.items_per_leaf());
			parse_bundle(&computed.bundle(), task.items, item_size, per_leaf)
				.map_err(|error| CheckError::Broken(error.to_string()))
		})
		.await??;
		self.note(0..self.subject.leaves(), bundle.root().units);
		Ok(bundle)
	}

	/// The case against a leaf, by the way to it and what that claims.
	///
	/// # Errors
	/// [`CheckError::Case`].
	pub async fn case(&self, leaf: u32, pairs: Vec<Pair>, claim: &Claim) -> Result<Case, CheckError> {
		let this = self.clone();
		let pair_alone = matches!(claim, Claim::Inconsistent { .. });
		let case: Result<Case, CaseError> = off(move || {
			if pair_alone {
				Case::of_pair(&this.subject, leaf, pairs)
			} else {
				Case::against(&this.subject, &this.inputs, leaf, pairs)
			}
		})
		.await?;
		Ok(case?)
	}
}

impl std::fmt::Debug for Rerun {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("Rerun")
			.field("job", &self.subject.job)
			.finish_non_exhaustive()
	}
}

fn here(error: &ComputeError) -> CheckError {
	CheckError::Here(with_causes(error))
}
