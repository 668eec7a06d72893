//! A job that can be judged: what it computes, what an honest provider commits to, what a liar may, and the proofs.

use frame_support::BoundedVec;
use millrace_kernel::{
	asm::assemble,
	eval::{Machine, Slices, Task},
	leaf::{eval_leaf, Leaf},
	program::Program,
	proof::{prove, Commitment},
	tree::{output_path, output_root, Blake2b, Pair, SumNode},
};
use millrace_primitives::{
	refutation::{OutputPath, ProvidedLeaf, RefutationProof, SumNode as WireNode, SumPair},
	JobSpec, KernelHash, Terms,
};
use millrace_runtime::{Kernels, Runtime};
use pallet_market::JobOf;
use polkadot_sdk::*;
use sp_core::H256;

/// Three times the index, in items of 64 bytes, two of which make a leaf of 60 units.
const TRIPLES: &str = "
.item 64
.max_units 1048576
.w zero i x
  index   i
  mul     x, i, 3
  sto32   [zero], x
";
/// Bytes of an item's output.
pub(crate) const ITEM_BYTES: u64 = 64;
/// Bound of units for an item.
pub(crate) const MAX_UNITS: u32 = 1 << 20;

/// The result of a job: its leaves, and the nodes over which the committed tree stands.
#[derive(Clone)]
pub(crate) struct Output {
	pub(crate) leaves: Vec<Leaf>,
	pub(crate) nodes: Vec<SumNode>,
}

impl Output {
	fn of(leaves: Vec<Leaf>) -> Output {
		let nodes = (0u32..)
			.zip(&leaves)
			.map(|(at, leaf)| leaf.node::<Blake2b>(at))
			.collect();
		Output { leaves, nodes }
	}

	pub(crate) fn root(&self) -> SumNode {
		output_root::<Blake2b>(&self.nodes).expect("few units")
	}

	fn pairs(&self, leaf: u32) -> Vec<Pair> {
		output_path::<Blake2b>(&self.nodes, leaf).expect("few units")
	}

	/// A leaf as an answer to a demand.
	pub(crate) fn provided(&self, leaf: u32) -> ProvidedLeaf {
		let Leaf { bytes, traps, .. } = self.leaves[leaf as usize].clone();
		ProvidedLeaf {
			leaf,
			bytes: BoundedVec::truncate_from(bytes),
			traps,
			pairs: wire_pairs(&self.pairs(leaf)),
		}
	}
}

/// So many items of one kernel.
pub(crate) struct Work {
	program: Program,
	params: Vec<u64>,
	pub(crate) items: u32,
}

impl Work {
	pub(crate) fn new(items: u32) -> Work {
		Work {
			program: assemble(TRIPLES).expect("the kernel is valid"),
			params: Vec::new(),
			items,
		}
	}

	/// What a live job without inputs computes. Its bound of units is its kernel's.
	pub(crate) fn of_job(job: &JobOf<Runtime>) -> Work {
		let bytecode = Kernels::bytecode(job.kernel).expect("it is registered");
		Work {
			program: Program::decode(&bytecode).expect("it was valid when it was registered"),
			params: job.params.to_vec(),
			items: job.items,
		}
	}

	pub(crate) fn bytecode(&self) -> Vec<u8> {
		self.program.encode()
	}

	pub(crate) fn spec(&self, terms: Terms) -> JobSpec {
		JobSpec {
			kernel: KernelHash(H256(self.program.hash::<Blake2b>())),
			params: BoundedVec::default(),
			inputs: BoundedVec::default(),
			items: self.items,
			max_units: MAX_UNITS,
			data_key: [7; 32],
			terms,
		}
	}

	fn task(&self) -> Task<'_> {
		Task {
			items: self.items,
			max_units: self.program.header().max_units,
			params: &self.params,
		}
	}

	/// The result as it should be.
	pub(crate) fn honest(&self) -> Output {
		let mut machine = Machine::new(&self.program);
		let leaves = (0..self.items.div_ceil(self.program.items_per_leaf())).map(|leaf| {
			let evaluated = eval_leaf(&self.program, &self.task(), &Slices(&[]), leaf, &mut machine);
			evaluated.expect("the leaf exists")
		});
		Output::of(leaves.collect())
	}

	/// The result with a wrong byte in one leaf.
	pub(crate) fn lie(&self, leaf: u32) -> Output {
		let mut leaves = self.honest().leaves;
		leaves[leaf as usize].bytes[0] ^= 1;
		Output::of(leaves)
	}

	/// The case against a leaf of a committed result, right or wrong.
	pub(crate) fn proof(&self, output: &Output, leaf: u32) -> RefutationProof {
		let commitment = Commitment {
			program: &self.program,
			task: self.task(),
			inputs: &[],
			root: output.root(),
		};
		let proof = prove::<Blake2b>(&commitment, &[], leaf, output.pairs(leaf)).expect("the path is the tree's");
		RefutationProof {
			leaf: proof.leaf,
			pairs: wire_pairs(&proof.pairs),
			openings: BoundedVec::default(),
			units: proof.units,
			chunks: proof.chunks,
		}
	}
}

fn wire_pairs(pairs: &[Pair]) -> OutputPath {
	let node = |node: &SumNode| WireNode {
		hash: H256(node.hash),
		units: node.units,
	};
	let pairs = pairs.iter().map(|pair| SumPair {
		left: node(&pair.left),
		right: node(&pair.right),
	});
	BoundedVec::truncate_from(pairs.collect())
}
