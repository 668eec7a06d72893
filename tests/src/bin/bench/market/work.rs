//! The result of the only kernel's jobs: as it is, as a liar commits it, and what shows the lie.

use super::chain::program;
use frame_support::BoundedVec;
use millrace_kernel::{
	eval::{Machine, Slices, Task},
	leaf::{eval_leaf, Leaf},
	proof::{prove, Commitment},
	tree::{output_root, Blake2b, SumNode},
};
use millrace_primitives::{
	refutation::{OutputPath, ProvidedLeaf, RefutationProof},
	JobSpec,
};
use polkadot_sdk::*;
use sp_core::H256;

/// Roots of a job that has one leaf, and so no way from it to its root.
pub(crate) struct Work {
	/// As evaluation gives it.
	pub(crate) honest: SumNode,
	/// With another byte.
	pub(crate) wrong: SumNode,
	/// The leaf, as an answer to a demand.
	pub(crate) leaf: ProvidedLeaf,
	/// The case against the wrong one.
	pub(crate) proof: RefutationProof,
}

impl Work {
	pub(crate) fn of(spec: &JobSpec) -> Work {
		let program = program();
		let task = Task {
			items: spec.items,
			max_units: spec.max_units,
			params: &[],
		};
		let mut machine = Machine::new(&program);
		let leaf = eval_leaf(&program, &task, &Slices(&[]), 0, &mut machine).expect("the job has a leaf");
		let root = |leaf: &Leaf| output_root::<Blake2b>(&[leaf.node::<Blake2b>(0)]).expect("few units");
		let mut lie = leaf.clone();
		lie.bytes[0] ^= 1;
		let (honest, wrong) = (root(&leaf), root(&lie));
		let commitment = Commitment {
			program: &program,
			task,
			inputs: &[],
			root: wrong,
		};
		let proof = prove::<Blake2b>(&commitment, &[], 0, Vec::new()).expect("the leaf is the root");
		Work {
			honest,
			wrong,
			leaf: ProvidedLeaf {
				leaf: 0,
				bytes: BoundedVec::truncate_from(leaf.bytes),
				traps: leaf.traps,
				pairs: OutputPath::default(),
			},
			proof: RefutationProof {
				leaf: proof.leaf,
				pairs: OutputPath::default(),
				openings: BoundedVec::default(),
				units: proof.units,
				chunks: proof.chunks,
			},
		}
	}
}

/// What the chain knows of a root.
pub(crate) fn on_wire(root: &SumNode) -> (H256, u64) {
	(H256(root.hash), root.units)
}
