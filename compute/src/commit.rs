//! Building the commitment: hashes of all leaves and the tree above them, on all cores of the current thread pool.

use crate::bundle::LeafFigures;
use millrace_kernel::tree::{output_leaves, output_root, Blake2b, SumNode, SumOverflow};
use rayon::prelude::*;

/// Leaves that one task hashes: some hundred microseconds, so that many tasks share the work evenly.
const LEAVES_A_TASK: usize = 256;
/// Leaves of a subtree that one task builds. A power of two, so that every subtree stands whole in the tree.
const SUBTREE: usize = 4_096;

/// The nodes of consecutive leaves from number `first` on, appended to `nodes`. `output` is their bytes, `leaf_bytes`
/// of each, the last perhaps fewer.
pub(crate) fn append_nodes(
	nodes: &mut Vec<SumNode>,
	first: u32,
	output: &[u8],
	leaf_bytes: usize,
	figures: &[LeafFigures],
) {
	nodes.par_extend(
		output
			.par_chunks(leaf_bytes.saturating_mul(LEAVES_A_TASK))
			.zip(figures.par_chunks(LEAVES_A_TASK))
			.enumerate()
			.flat_map_iter(|(task, (output, figures))| {
				let figures: Vec<(u64, u32)> = figures.iter().map(|leaf| (leaf.units, leaf.traps)).collect();
				let first = u64::from(first) + (task * LEAVES_A_TASK) as u64;
				output_leaves::<Blake2b>(first, output, leaf_bytes, &figures)
			}),
	);
}

/// The root over all leaves of a job.
///
/// A tree over n leaves holds a whole tree over each run of 4,096 leaves that starts at a multiple of 4,096; the nodes
/// above are the tree over those roots. So the lower levels are built in parallel.
pub(crate) fn root(nodes: &[SumNode]) -> Result<SumNode, SumOverflow> {
	let subtrees = nodes
		.par_chunks(SUBTREE)
		.map(output_root::<Blake2b>)
		.collect::<Result<Vec<_>, _>>()?;
	output_root::<Blake2b>(&subtrees)
}

#[cfg(test)]
mod tests {
	use super::*;
	use millrace_kernel::tree::output_leaf;

	#[test]
	fn leaves_keep_their_numbers_across_tasks() {
		let count = 2 * LEAVES_A_TASK + 3;
		let output: Vec<u8> = (0..count * 16 - 5).map(|at| at as u8).collect();
		let figures: Vec<LeafFigures> = (0..count)
			.map(|leaf| LeafFigures {
				units: leaf as u64,
				traps: 1,
			})
			.collect();
		let mut nodes = Vec::new();
		append_nodes(&mut nodes, 1_000, &output, 16, &figures);
		let expected: Vec<SumNode> = output
			.chunks(16)
			.zip(0u64..)
			.map(|(bytes, leaf)| output_leaf::<Blake2b>(1_000 + leaf, bytes, leaf, 1))
			.collect();
		assert_eq!(nodes, expected);
	}

	#[test]
	fn subtrees_join_to_the_one_tree() {
		for count in [
			1usize,
			2,
			SUBTREE - 1,
			SUBTREE,
			SUBTREE + 1,
			2 * SUBTREE + 5,
			3 * SUBTREE,
		] {
			let nodes: Vec<SumNode> = (0..count as u64)
				.map(|leaf| output_leaf::<Blake2b>(leaf, &leaf.to_le_bytes(), leaf, 0))
				.collect();
			assert_eq!(root(&nodes), output_root::<Blake2b>(&nodes), "{count} leaves");
		}
	}
}
