//! From an honest result to a false one.

use super::play::Play;
use millrace_client::chain::blake2_256;
use millrace_compute::{Bundle, BundleError};
use millrace_kernel::{
	leaf::Leaf,
	tree::{output_node, Blake2b, Pair, SumNode},
};

/// The leaf that is tampered with: neither the first nor the last, which every sample holds.
pub const LEAF: u32 = 5;
/// Units that are claimed and were not spent.
pub const EXTRA: u64 = 777;
/// The level of the node that lies about its units, and its number there: it stands over leaf [`LEAF`].
const LIAR: (usize, usize) = (2, 1);

/// What is committed, and the bytes and the tree behind it.
#[derive(Clone, Debug)]
pub struct Made {
	/// The root, with the units.
	pub root: SumNode,
	/// What lies on the disk as the bundle.
	pub bundle: Vec<u8>,
	/// The tree, where it is none that follows from the bundle.
	pub tree: Option<FalseTree>,
}

impl Made {
	/// What an honest worker commits.
	pub fn honestly(bundle: &Bundle) -> Made {
		Made {
			root: bundle.root(),
			bundle: bundle.encode(),
			tree: None,
		}
	}
}

/// The result that `play` makes of an honest one; `max_units` bounds an item of the job.
///
/// # Errors
/// The job has too few leaves to be lied about.
pub fn tamper(play: Play, honest: Bundle, max_units: u32) -> Result<Made, BundleError> {
	match play {
		Play::WrongByte | Play::Dripped => {
			let mut leaf = leaf_of(&honest, LEAF)?;
			leaf.bytes[3] ^= 0x20;
			lie(honest, leaf)
		}
		Play::Units => {
			let mut leaf = leaf_of(&honest, LEAF)?;
			leaf.units += EXTRA;
			lie(honest, leaf)
		}
		Play::Trap => {
			let mut leaf = leaf_of(&honest, LEAF)?;
			let item = usize::from(honest.item_size());
			let items = (leaf.bytes.len() / item.max(1)) as u64;
			// All items of these kernels cost the same; one that traps costs the bound.
			leaf.units = leaf.units / items * (items - 1) + u64::from(max_units);
			leaf.traps += 1;
			leaf.bytes[..item].fill(0);
			lie(honest, leaf)
		}
		Play::Pair => {
			let tree = FalseTree::over(honest.nodes());
			Ok(Made {
				root: tree.root(),
				bundle: honest.encode(),
				tree: Some(tree),
			})
		}
		Play::Total => {
			let mut made = Made::honestly(&honest);
			made.root.units += EXTRA;
			Ok(made)
		}
		Play::RandomRoot => {
			let mut made = Made::honestly(&honest);
			made.root.hash = blake2_256(&made.root.hash);
			Ok(made)
		}
		_ => Ok(Made::honestly(&honest)),
	}
}

fn lie(honest: Bundle, leaf: Leaf) -> Result<Made, BundleError> {
	honest
		.with_leaves(&[(LEAF, leaf)])
		.map(|bundle| Made::honestly(&bundle))
}

fn leaf_of(bundle: &Bundle, leaf: u32) -> Result<Leaf, BundleError> {
	let missing = BundleError::Leaf { leaf, bytes: 0 };
	let figures = bundle.leaves().get(leaf as usize).ok_or(missing)?;
	Ok(Leaf {
		bytes: bundle.leaf_bytes(leaf).ok_or(missing)?.to_vec(),
		units: figures.units,
		traps: figures.traps,
	})
}

/// A tree in which one node claims [`EXTRA`] units more than its children, and everything above goes along with it.
#[derive(Clone, Debug)]
pub struct FalseTree(Vec<Vec<SumNode>>);

impl FalseTree {
	/// The tree over at least eight leaves whose units do not overflow.
	fn over(leaves: Vec<SumNode>) -> FalseTree {
		let mut levels = vec![leaves];
		while let Some(level) = levels.last().filter(|level| level.len() > 1) {
			let mut above: Vec<SumNode> = level
				.chunks(2)
				.map(|children| match children {
					[left, right] => output_node::<Blake2b>(left, right).expect("units of a job do not overflow"),
					promoted => promoted[0],
				})
				.collect();
			if levels.len() == LIAR.0 {
				above[LIAR.1].units += EXTRA;
			}
			levels.push(above);
		}
		FalseTree(levels)
	}

	/// The root that is committed.
	pub fn root(&self) -> SumNode {
		self.0[self.0.len() - 1][0]
	}

	/// `count` nodes of a level from number `first` on, as far as there are any.
	pub fn nodes(&self, level: usize, first: usize, count: usize) -> &[SumNode] {
		let level = self.0.get(level).map_or(&[][..], Vec::as_slice);
		let start = first.min(level.len());
		&level[start..first.saturating_add(count).min(level.len())]
	}

	/// The pairs from the root down to the one that lies, which stands on the way to leaf [`LEAF`].
	pub fn pairs(&self) -> Vec<Pair> {
		(LIAR.0 - 1..self.0.len() - 1)
			.rev()
			.map(|level| {
				let left = (LEAF as usize >> level) & !1;
				Pair {
					left: self.0[level][left],
					right: self.0[level][left + 1],
				}
			})
			.collect()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cheat::{WITHOUT_INPUT, WITH_INPUT};
	use millrace_compute::{parse_bundle, Options, Runner};
	use millrace_kernel::{
		asm::assemble,
		eval::Task,
		proof::{judge, prove, Commitment, InputCommitment, Verdict, WholeInput},
		tree::{input_leaves, input_root_of_leaves, output_path, output_root},
	};

	const ITEMS: u32 = 1_000;
	const TASK: Task<'static> = Task {
		items: ITEMS,
		max_units: 1_000,
		params: &[9],
	};

	/// Each lie, judged by the code that the chain uses.
	#[test]
	fn every_lie_can_be_proven() {
		let program = assemble(WITH_INPUT).unwrap();
		let input: Vec<u8> = (0..16 * ITEMS).map(|at| (at * 7) as u8).collect();
		let leaves = input_leaves::<Blake2b>(&input);
		let inputs = [InputCommitment {
			root: input_root_of_leaves::<Blake2b>(&leaves),
			len: input.len() as u32,
		}];
		let runner = Runner::reference();
		let computed = runner.run(&program, &TASK, &[&input], &Options::default()).unwrap();
		let parse = |bytes: &[u8]| parse_bundle(bytes, ITEMS, 16, program.items_per_leaf()).unwrap();
		let honest = parse(&computed.bundle());
		assert_eq!(honest.leaves().len(), 16, "a leaf holds 64 items");
		let most = u64::from(ITEMS) * u64::from(TASK.max_units);
		for play in [Play::WrongByte, Play::Units, Play::Trap, Play::Pair, Play::Total] {
			let made = tamper(play, honest.clone(), TASK.max_units).unwrap();
			assert_ne!(made.root, honest.root(), "{play}");
			assert!(made.root.units <= most, "{play}: the chain would not take it");
			let pairs = match &made.tree {
				Some(tree) => tree.pairs(),
				// A root that lies about its sum is shown by the first pair.
				None if play == Play::Total => vec![output_path::<Blake2b>(&honest.nodes(), LEAF).unwrap()[0]],
				None => output_path::<Blake2b>(&parse(&made.bundle).nodes(), LEAF).unwrap(),
			};
			let commitment = Commitment {
				program: &program,
				task: TASK,
				inputs: &inputs,
				root: made.root,
			};
			let whole = [WholeInput {
				bytes: &input,
				leaves: &leaves,
			}];
			let proof = prove::<Blake2b>(&commitment, &whole, LEAF, pairs).unwrap();
			let verdict = judge::<Blake2b>(&commitment, &proof.view()).unwrap().verdict;
			let expected = match (play, verdict) {
				(Play::Pair, Verdict::Inconsistent { pair: 2 }) | (Play::Total, Verdict::Inconsistent { pair: 0 }) => {
					true
				}
				(Play::WrongByte, Verdict::Different { claimed, evaluated }) => claimed.units == evaluated.units,
				(Play::Units, Verdict::Different { claimed, evaluated }) => claimed.units == evaluated.units + EXTRA,
				(Play::Trap, Verdict::Different { claimed, evaluated }) => claimed.units > evaluated.units,
				_ => false,
			};
			assert!(expected, "{play}: {verdict:?}");
		}
	}

	#[test]
	fn what_is_no_lie_is_the_truth() {
		let program = assemble(WITHOUT_INPUT).unwrap();
		let computed = Runner::reference()
			.run(&program, &TASK, &[], &Options::default())
			.unwrap();
		let honest = parse_bundle(&computed.bundle(), ITEMS, 16, program.items_per_leaf()).unwrap();
		for play in [Play::Honest, Play::Withheld, Play::Second, Play::Late] {
			let made = tamper(play, honest.clone(), TASK.max_units).unwrap();
			assert_eq!((made.root, &made.bundle), (honest.root(), &computed.bundle()), "{play}");
			assert_eq!(output_root::<Blake2b>(&honest.nodes()), Ok(made.root));
		}
		let random = tamper(Play::RandomRoot, honest.clone(), TASK.max_units).unwrap();
		assert_ne!(output_root::<Blake2b>(&honest.nodes()), Ok(random.root));
	}
}
