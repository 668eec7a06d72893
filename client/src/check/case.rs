//! A proof against a leaf, judged here before anybody pays for sending it.

use super::Subject;
use crate::{chain::Fraud, job::Input};
use millrace_kernel::{
	proof::{judge, prove, prove_inconsistent, JudgeError, LeafProof, ProveError, Used, Verdict, WholeInput},
	tree::{Blake2b, Pair},
};

/// Why there is no case.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CaseError {
	/// A proof cannot be built.
	#[error("a proof against leaf {leaf} cannot be built: {reason}")]
	Prove {
		/// Which leaf.
		leaf: u32,
		/// Why.
		reason: ProveError,
	},
	/// The proof shows nothing.
	#[error("the proof against leaf {leaf} shows nothing: {reason}")]
	Judge {
		/// Which leaf.
		leaf: u32,
		/// Why.
		reason: JudgeError,
	},
	/// The leaf is right.
	#[error("leaf {leaf} is as committed")]
	Right {
		/// Which leaf.
		leaf: u32,
	},
}

/// A proof that stands: the chain judges it by the same code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Case {
	/// The proof.
	pub proof: LeafProof,
	/// What it shows.
	pub fraud: Fraud,
	/// What judging it takes.
	pub used: Used,
}

impl Case {
	/// The case against a leaf: `pairs` lead to it from the committed root, or end with a pair whose units do not sum up.
	///
	/// # Errors
	/// [`CaseError`], above all where the leaf is right.
	pub fn against(subject: &Subject, inputs: &[Input], leaf: u32, pairs: Vec<Pair>) -> Result<Case, CaseError> {
		let whole: Vec<WholeInput<'_>> = inputs
			.iter()
			.map(|input| WholeInput {
				bytes: input.bytes(),
				leaves: input.leaves(),
			})
			.collect();
		let proof = prove::<Blake2b>(&subject.commitment(), &whole, leaf, pairs);
		Case::judged(subject, leaf, proof)
	}

	/// The case of pairs that end with one whose units do not sum up. It takes no inputs.
	///
	/// # Errors
	/// [`CaseError`].
	pub fn of_pair(subject: &Subject, leaf: u32, pairs: Vec<Pair>) -> Result<Case, CaseError> {
		Case::judged(
			subject,
			leaf,
			prove_inconsistent::<Blake2b>(&subject.commitment(), leaf, pairs),
		)
	}

	fn judged(subject: &Subject, leaf: u32, proof: Result<LeafProof, ProveError>) -> Result<Case, CaseError> {
		let proof = proof.map_err(|reason| CaseError::Prove { leaf, reason })?;
		let judgement = judge::<Blake2b>(&subject.commitment(), &proof.view())
			.map_err(|reason| CaseError::Judge { leaf, reason })?;
		let fraud = match judgement.verdict {
			Verdict::Inconsistent { pair } => Fraud::InconsistentPair { pair },
			Verdict::Different { claimed, evaluated } => Fraud::WrongLeaf { claimed, evaluated },
			Verdict::Right => return Err(CaseError::Right { leaf }),
		};
		Ok(Case {
			proof,
			fraud,
			used: judgement.used,
		})
	}

	/// The leaf that shows it.
	pub fn leaf(&self) -> u32 {
		self.proof.leaf
	}
}
