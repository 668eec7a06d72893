//! A small job whose results the tests can falsify.

use super::{Levels, Rerun, Source, Subject};
use crate::{
	chain::{AccountId, JobId, Window},
	endpoint::EndpointError,
	job::Input,
};
use millrace_compute::{parse_bundle, Bundle, Options, Runner};
use millrace_kernel::{
	asm::assemble,
	eval::Task,
	leaf::Leaf,
	program::Program,
	proof::InputCommitment,
	tree::{Blake2b, Pair, SumNode},
};
use std::sync::Arc;

/// Item i: data[i] × factor + i. Past the end of the data it traps. Eight items a leaf.
const KERNEL: &str = "
.item 4
.inputs data
.params factor
.max_units 1000
.max_faults 64
.w i x f zero
.d p
  index i
  param p, factor
  lo f, p
  ld8u x, data[i + 0]
  mul x, x, f
  add x, x, i
  sto32 [zero + 0], x
";

/// A job, its input and its result.
pub(crate) struct Fixture {
	program: Program,
	items: u32,
	input: Input,
	honest: Bundle,
}

impl Fixture {
	/// A job of so many items, of which the last ten trap.
	pub(crate) fn new(items: u32) -> Fixture {
		let program = assemble(KERNEL).unwrap();
		assert_eq!(program.items_per_leaf(), 8);
		let input = Input::new((0..items.saturating_sub(10)).map(|item| (item * 37) as u8).collect());
		let task = Task {
			items,
			max_units: 1_000,
			params: &[3],
		};
		let computed = Runner::reference()
			.run(&program, &task, &[input.bytes()], &Options::default())
			.unwrap();
		let honest = parse_bundle(&computed.bundle(), items, 4, 8).unwrap();
		Fixture {
			program,
			items,
			input,
			honest,
		}
	}

	/// The right result.
	pub(crate) fn honest(&self) -> Bundle {
		self.honest.clone()
	}

	/// A result that is wrong in these leaves, by one byte each.
	pub(crate) fn wrong(&self, leaves: &[u32]) -> Bundle {
		let changed: Vec<(u32, Leaf)> = leaves
			.iter()
			.map(|leaf| {
				let mut changed = self.leaf(*leaf);
				changed.bytes[0] ^= 1;
				(*leaf, changed)
			})
			.collect();
		self.honest().with_leaves(&changed).unwrap()
	}

	/// A result that claims more units for a leaf.
	pub(crate) fn inflated(&self, leaf: u32, units: u64) -> Bundle {
		let mut changed = self.leaf(leaf);
		changed.units += units;
		self.honest().with_leaves(&[(leaf, changed)]).unwrap()
	}

	fn leaf(&self, leaf: u32) -> Leaf {
		let figures = self.honest.leaves()[leaf as usize];
		Leaf {
			bytes: self.honest.leaf_bytes(leaf).unwrap().to_vec(),
			units: figures.units,
			traps: figures.traps,
		}
	}

	/// The job, committed to `root`.
	pub(crate) fn subject(&self, root: SumNode) -> Subject {
		Subject {
			job: JobId([7; 32]),
			provider: 1,
			requester: AccountId([2; 32]),
			program: self.program.clone(),
			items: self.items,
			max_units: 1_000,
			params: vec![3],
			inputs: vec![InputCommitment {
				root: self.input.reference.root.0,
				len: self.input.reference.len,
			}],
			root,
			public: true,
			window: Window::Open { end: 100 },
		}
	}

	/// What re-runs it.
	pub(crate) fn rerun(&self, root: SumNode) -> Rerun {
		Rerun::new(Arc::new(self.subject(root)), vec![self.input.clone()])
	}
}

/// The tree over a bundle.
pub(crate) fn tree_of(bundle: &Bundle) -> Levels {
	Levels::new(bundle.nodes()).unwrap()
}

/// Serves pairs only, as if the tree were large.
pub(crate) struct PairByPair(pub(crate) Levels);

impl Source for PairByPair {
	async fn nodes(&mut self, level: u32, first: u32, count: u32) -> Result<Vec<SumNode>, EndpointError> {
		match count {
			2 => Ok(self.0.nodes(level, first, count).to_vec()),
			_ => Ok(Vec::new()),
		}
	}
}

/// Serves nodes that have nothing to do with the job.
pub(crate) struct Garbage;

impl Source for Garbage {
	async fn nodes(&mut self, _: u32, first: u32, count: u32) -> Result<Vec<SumNode>, EndpointError> {
		Ok((first..first.saturating_add(count))
			.map(|number| SumNode {
				hash: [number as u8; 32],
				units: u64::from(number),
			})
			.collect())
	}
}

/// Serves the right nodes, but one less than it was asked for.
pub(crate) struct Truncated(pub(crate) Levels);

impl Source for Truncated {
	async fn nodes(&mut self, level: u32, first: u32, count: u32) -> Result<Vec<SumNode>, EndpointError> {
		let nodes = self.0.nodes(level, first, count);
		Ok(nodes[..nodes.len().saturating_sub(1)].to_vec())
	}
}

/// A tree in which one node claims more units than its children have, and all above it go along.
pub(crate) struct FalseSum(Vec<Vec<SumNode>>);

impl FalseSum {
	/// The lie stands at this level and position.
	pub(crate) fn new(leaves: Vec<SumNode>, level: usize, position: usize) -> FalseSum {
		let mut levels = vec![leaves];
		while levels.last().unwrap().len() > 1 {
			let number = levels.len();
			let above = levels
				.last()
				.unwrap()
				.chunks(2)
				.enumerate()
				.map(|(at, children)| match children {
					[left, right] => SumNode {
						hash: Pair {
							left: *left,
							right: *right,
						}
						.hash::<Blake2b>(),
						units: left.units + right.units + u64::from((number, at) == (level, position)),
					},
					_ => children[0],
				});
			let above = above.collect();
			levels.push(above);
		}
		FalseSum(levels)
	}

	pub(crate) fn root(&self) -> SumNode {
		self.0.last().unwrap()[0]
	}
}

impl Source for FalseSum {
	async fn nodes(&mut self, level: u32, first: u32, count: u32) -> Result<Vec<SumNode>, EndpointError> {
		let level = &self.0[level as usize];
		let end = (first + count).min(level.len() as u32);
		Ok(level[first as usize..end as usize].to_vec())
	}
}
