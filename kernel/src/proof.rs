//! Refutations: one leaf shows that a committed result is wrong.
//!
//! A provider commits to the root of its output tree. Whoever has the inputs evaluates a leaf, and where the commitment
//! says something else a [`LeafProof`] shows it: the pairs on the way from the root to the leaf, and the chunks of the
//! inputs that evaluating the leaf reads. [`judge()`] decides it from the commitment alone. The leaf's own bytes are no
//! part of a proof, so nobody can withhold them. A pair whose units do not sum to what its parent claims is a lie by
//! itself, so an inconsistent tree hides nothing.
//!
//! ```text
//! served tree ── Descent ──┐
//!                          ├─ pairs ─ prove ─ LeafProof ─ judge ─ Verdict
//! leaves ───── output_path ┘           │
//! inputs ──────────────────────────────┘
//! ```
//!
//! The shape of every tree follows from the job, never from the proof, and of an opening exactly one form is valid.

use alloc::vec::Vec;

pub use self::{
	descent::{first_difference, Descent, DescentError, Difference, Place},
	judge::{judge, JudgeError, Judgement, Used, Verdict},
	opening::{sibling_count, siblings, Opened, Opening, OpeningError, OpeningView},
	prove::{prove, prove_inconsistent, ProveError, WholeInput},
};
use crate::{
	eval::Task,
	leaf::leaf_count,
	program::Program,
	tree::{Digest, Pair, SumNode},
};

mod descent;
mod judge;
mod opening;
mod prove;

/// An input as a job names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputCommitment {
	/// The root of the input tree.
	pub root: Digest,
	/// Bytes of the input.
	pub len: u32,
}

/// What a job fixes, and what its provider committed to: everything that a proof is judged against.
#[derive(Clone, Copy, Debug)]
pub struct Commitment<'a> {
	/// The kernel.
	pub program: &'a Program,
	/// Items, bound and parameters.
	pub task: Task<'a>,
	/// The inputs, in the program's order.
	pub inputs: &'a [InputCommitment],
	/// The root of the output tree, with the units that the provider claims.
	pub root: SumNode,
}

impl Commitment<'_> {
	/// Leaves of the output tree.
	pub fn leaves(&self) -> u32 {
		leaf_count(self.program.items_per_leaf(), self.task.items)
	}
}

/// The case against one leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeafProof {
	/// The number of the leaf.
	pub leaf: u32,
	/// The pairs from the root to the leaf, or to the first one whose units do not sum up.
	pub pairs: Vec<Pair>,
	/// One for each input of the job; empty where nothing of it is read.
	pub openings: Vec<Opening>,
	/// Units that evaluating the leaf may take.
	pub units: u32,
	/// Chunks that all openings hold together, at most.
	pub chunks: u32,
}

impl LeafProof {
	/// The same, borrowed.
	pub fn view(&self) -> LeafProofView<'_> {
		LeafProofView {
			leaf: self.leaf,
			pairs: &self.pairs,
			openings: self.openings.iter().map(Opening::view).collect(),
			units: self.units,
			chunks: self.chunks,
		}
	}
}

/// A [`LeafProof`] whose parts lie elsewhere, such as in the bounded types of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafProofView<'a> {
	/// The number of the leaf.
	pub leaf: u32,
	/// The pairs from the root to the leaf, or to the first one whose units do not sum up.
	pub pairs: &'a [Pair],
	/// One for each input of the job.
	pub openings: Vec<OpeningView<'a>>,
	/// Units that evaluating the leaf may take.
	pub units: u32,
	/// Chunks that all openings hold together, at most.
	pub chunks: u32,
}
