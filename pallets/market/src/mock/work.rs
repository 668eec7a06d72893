//! Real jobs: what an honest provider commits to, what a dishonest one may, and what shows the difference.

use super::*;
use millrace_kernel::{
	asm::assemble,
	eval::{Machine, Slices, Task},
	leaf::{eval_leaf, leaf_count, Leaf},
	program::Program,
	proof::{prove, Commitment, InputCommitment, LeafProof, Opening, WholeInput},
	tree::{input_leaves, input_root_of_leaves, Blake2b, Digest, Pair, SumNode},
};
use millrace_primitives::refutation::{
	InputOpening, OutputPath, ProvidedLeaf, RefutationProof, SumNode as WireNode, SumPair,
};

/// What a job computes, with the bytes that only its parties have.
pub(crate) struct Work {
	program: Program,
	kernel: KernelHash,
	pub(crate) items: u32,
	inputs: Vec<Vec<u8>>,
	/// The hashes of each input's chunks.
	hashes: Vec<Vec<Digest>>,
	roots: Vec<InputCommitment>,
}

impl Work {
	/// So many items of a kernel, which is made known.
	pub(crate) fn new(kernel: &str, items: u32, inputs: Vec<Vec<u8>>) -> Work {
		let program = assemble(kernel).unwrap_or_else(|error| panic!("{error}"));
		let hashes: Vec<Vec<Digest>> = inputs.iter().map(|bytes| input_leaves::<Blake2b>(bytes)).collect();
		let commit = |(bytes, hashes): (&Vec<u8>, &Vec<Digest>)| InputCommitment {
			root: input_root_of_leaves::<Blake2b>(hashes),
			len: bytes.len() as u32,
		};
		Work {
			kernel: MockKernels::register(&program.encode()),
			roots: inputs.iter().zip(&hashes).map(commit).collect(),
			program,
			items,
			inputs,
			hashes,
		}
	}

	/// Three times each of ten indices: five leaves of 60 units. 640 bytes at level 0 are worth 40 planck.
	pub(crate) fn triples() -> Work {
		Work::new(TRIPLES, 10, vec![])
	}

	/// Ten sums over an input of two full chunks and 452 bytes of a third.
	pub(crate) fn sums() -> Work {
		Work::new(SUMS, 10, vec![input(1)])
	}

	/// Ten items of which the odd ones trap: five leaves of 59 units.
	pub(crate) fn odd_traps() -> Work {
		Work::new(ODD_TRAPS, 10, vec![])
	}

	/// As a job of the book at level 0.
	pub(crate) fn spec(&self) -> JobSpec {
		self.fill(book_spec(self.items, 0))
	}

	/// The work in the terms of another specification.
	pub(crate) fn fill(&self, spec: JobSpec) -> JobSpec {
		let inputs = self.roots.iter().map(|input| InputRef {
			root: H256(input.root),
			len: input.len,
		});
		JobSpec {
			kernel: self.kernel,
			params: BoundedVec::default(),
			inputs: BoundedVec::truncate_from(inputs.collect()),
			items: self.items,
			max_units: self.program.header().max_units,
			..spec
		}
	}

	/// The work as what a device is measured with.
	pub(crate) fn class_task(&self, ticks: Tick) -> ClassTask {
		ClassTask {
			kernel: self.kernel,
			items: self.items,
			ticks,
		}
	}

	fn task(&self) -> Task<'_> {
		Task {
			items: self.items,
			max_units: self.program.header().max_units,
			params: &[],
		}
	}

	/// All leaves as they should be.
	pub(crate) fn leaves(&self) -> Vec<Leaf> {
		let inputs: Vec<&[u8]> = self.inputs.iter().map(Vec::as_slice).collect();
		let mut machine = Machine::new(&self.program);
		(0..leaf_count(self.program.items_per_leaf(), self.items))
			.map(|leaf| {
				let evaluated = eval_leaf(&self.program, &self.task(), &Slices(&inputs), leaf, &mut machine);
				evaluated.expect("the inputs are whole")
			})
			.collect()
	}

	/// The result as it should be.
	pub(crate) fn honest(&self) -> Tree {
		Tree::of(&self.leaves())
	}

	/// The result with one node in the place of a leaf.
	pub(crate) fn lying(&self, leaf: u32, claimed: SumNode) -> Tree {
		let mut nodes = nodes(&self.leaves());
		nodes[leaf as usize] = claimed;
		Tree::over(nodes, |_, _, sum| sum)
	}

	/// The result with a wrong byte in one leaf.
	pub(crate) fn wrong_byte(&self, leaf: u32) -> Tree {
		let mut wrong = self.leaves().swap_remove(leaf as usize);
		wrong.bytes[0] ^= 1;
		self.lying(leaf, wrong.node::<Blake2b>(leaf))
	}

	/// The case against a leaf of a committed tree; it is not asked whether the leaf is wrong.
	pub(crate) fn proof(&self, tree: &Tree, leaf: u32) -> RefutationProof {
		self.proof_over(tree.root(), leaf, tree.pairs(leaf))
	}

	/// Some chunks of the first input.
	pub(crate) fn open(&self, chunks: &[u32]) -> InputOpening {
		wire_opening(Opening::new::<Blake2b>(&self.inputs[0], &self.hashes[0], chunks).expect("it has these chunks"))
	}

	/// The case over these pairs.
	pub(crate) fn proof_over(&self, root: SumNode, leaf: u32, pairs: Vec<Pair>) -> RefutationProof {
		let commitment = Commitment {
			program: &self.program,
			task: self.task(),
			inputs: &self.roots,
			root,
		};
		let inputs = self.inputs.iter().zip(&self.hashes);
		let whole: Vec<WholeInput<'_>> = inputs.map(|(bytes, leaves)| WholeInput { bytes, leaves }).collect();
		wire(prove::<Blake2b>(&commitment, &whole, leaf, pairs).expect("the pairs lead to the leaf"))
	}
}

/// 2,500 bytes that differ from seed to seed.
pub(crate) fn input(seed: u8) -> Vec<u8> {
	(0..2_500u32).map(|at| (at % 251) as u8 ^ seed).collect()
}

/// The nodes of leaves, in order.
pub(crate) fn nodes(leaves: &[Leaf]) -> Vec<SumNode> {
	(0u32..)
		.zip(leaves)
		.map(|(at, leaf)| leaf.node::<Blake2b>(at))
		.collect()
}

/// An output tree in which any node may claim any units.
#[derive(Clone)]
pub(crate) struct Tree(Vec<Vec<SumNode>>);

impl Tree {
	/// The tree over these leaves.
	pub(crate) fn of(leaves: &[Leaf]) -> Tree {
		Tree::over(nodes(leaves), |_, _, sum| sum)
	}

	/// A tree over these nodes. `claim` gives the units that a node claims: of its level, counted from the leaves, its
	/// number in it, and the wrapping sum of its children.
	pub(crate) fn over(leaves: Vec<SumNode>, claim: impl Fn(usize, usize, u64) -> u64) -> Tree {
		let mut levels = vec![leaves];
		while levels[levels.len() - 1].len() > 1 {
			let level = levels.len();
			let below = &levels[level - 1];
			let above = below.chunks(2).enumerate().map(|(at, children)| match *children {
				[left, right] => SumNode {
					hash: Pair { left, right }.hash::<Blake2b>(),
					units: claim(level, at, left.units.wrapping_add(right.units)),
				},
				_ => children[0],
			});
			let above = above.collect();
			levels.push(above);
		}
		Tree(levels)
	}

	pub(crate) fn root(&self) -> SumNode {
		self.0[self.0.len() - 1][0]
	}

	/// The pairs from the root to a leaf, whatever they claim.
	pub(crate) fn pairs(&self, leaf: u32) -> Vec<Pair> {
		let mut at = leaf as usize;
		let mut pairs = Vec::new();
		for level in &self.0 {
			let left = at & !1;
			if let Some(right) = level.get(left + 1) {
				pairs.push(Pair {
					left: level[left],
					right: *right,
				});
			}
			at /= 2;
		}
		pairs.reverse();
		pairs
	}

	/// A leaf with its way from the root, as an answer to a demand.
	pub(crate) fn provided(&self, leaves: &[Leaf], at: u32) -> ProvidedLeaf {
		let leaf = &leaves[at as usize];
		ProvidedLeaf {
			leaf: at,
			bytes: BoundedVec::truncate_from(leaf.bytes.clone()),
			traps: leaf.traps,
			pairs: wire_pairs(&self.pairs(at)),
		}
	}
}

pub(crate) fn wire_node(node: &SumNode) -> WireNode {
	WireNode {
		hash: H256(node.hash),
		units: node.units,
	}
}

pub(crate) fn wire_pairs(pairs: &[Pair]) -> OutputPath {
	let pairs = pairs.iter().map(|pair| SumPair {
		left: wire_node(&pair.left),
		right: wire_node(&pair.right),
	});
	OutputPath::try_from(pairs.collect::<Vec<_>>()).expect("at most 32")
}

fn wire_opening(opening: Opening) -> InputOpening {
	InputOpening {
		chunks: BoundedVec::truncate_from(opening.chunks),
		bytes: BoundedVec::truncate_from(opening.bytes),
		siblings: BoundedVec::truncate_from(opening.siblings),
	}
}

/// A proof as a call carries it.
fn wire(proof: LeafProof) -> RefutationProof {
	let openings = proof.openings.into_iter().map(wire_opening);
	RefutationProof {
		leaf: proof.leaf,
		pairs: wire_pairs(&proof.pairs),
		openings: BoundedVec::truncate_from(openings.collect()),
		units: proof.units,
		chunks: proof.chunks,
	}
}

/// Commits a result to a job that the provider has.
pub(crate) fn commit_tree(provider: ProviderId, id: JobId, tree: &Tree) {
	let root = tree.root();
	assert_ok!(Market::commit_result(
		signed(worker(provider)),
		id,
		H256(root.hash),
		root.units
	));
}

/// A job of the book whose result, this one, is committed by the provider, which must be the one that asks.
pub(crate) fn committed(who: AccountId, provider: ProviderId, work: &Work, tree: &Tree) -> JobId {
	let id = submit(who, work.spec());
	commit_tree(provider, id, tree);
	id
}
