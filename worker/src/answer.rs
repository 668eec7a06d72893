//! Demanded leaves: what is sent to the chain for them.
//!
//! A requester who was not served may demand leaves of a committed result on the chain; a provider that does not show
//! them in time loses the job and stake. Everything is read from the bundle and checked against the committed root
//! before it is signed: the chain would refuse anything else and keep the fee.

use crate::tree::{OutputShape, OutputTree, TreeError};
use millrace_client::chain::ProvidedLeaf;
use millrace_kernel::tree::{output_leaf, verify_output_path, Blake2b, Claim, SumNode};
use std::path::Path;

/// Most bytes of the leaves in one call. Its fee is returned, but withdrawn first: 0.07 MILL in quiet times, so that a
/// worker's float of 1 MILL is enough when blocks are full and dear, too.
pub const MAX_BYTES: usize = 64 << 10;
/// Bytes that a leaf takes beside its own and its pairs: its number, its traps, two lengths.
const LEAF_BYTES: usize = 4 + 4 + 2 + 1;
/// Bytes that a pair takes.
const PAIR_BYTES: usize = 2 * (32 + 8);

/// The first of the `missing` leaves, as many as fit into one call; one at least where any is missing.
///
/// # Errors
/// [`TreeError::Root`] where the bundle does not make `root`: then it is damaged. The rest as [`OutputTree::read`].
pub fn answer(
	bundle: &Path,
	shape: OutputShape,
	root: &SumNode,
	missing: &[u32],
) -> Result<Vec<ProvidedLeaf>, TreeError> {
	let tree = OutputTree::read(bundle, shape)?;
	if tree.root() != Some(*root) {
		return Err(TreeError::Root);
	}
	let mut leaves = Vec::new();
	let mut size = 0usize;
	for leaf in missing {
		let provided = provided(&tree, shape, root, *leaf)?;
		size = size.saturating_add(size_of(&provided));
		if size > MAX_BYTES && !leaves.is_empty() {
			break;
		}
		leaves.push(provided);
	}
	Ok(leaves)
}

/// One leaf, checked as the chain will check it.
fn provided(tree: &OutputTree, shape: OutputShape, root: &SumNode, leaf: u32) -> Result<ProvidedLeaf, TreeError> {
	let (bytes, figures) = tree.leaf(leaf)?;
	let pairs = tree.path(leaf)?;
	let node = output_leaf::<Blake2b>(u64::from(leaf), &bytes, figures.units, figures.traps);
	// The bundle is read more than once: it could change in between.
	if verify_output_path::<Blake2b>(root, shape.leaves(), leaf, &pairs) != Ok(Claim::Leaf(node)) {
		return Err(TreeError::Root);
	}
	Ok(ProvidedLeaf {
		leaf,
		bytes,
		traps: figures.traps,
		pairs,
	})
}

/// Bytes that a leaf takes in a call.
fn size_of(leaf: &ProvidedLeaf) -> usize {
	LEAF_BYTES
		.saturating_add(leaf.bytes.len())
		.saturating_add(leaf.pairs.len().saturating_mul(PAIR_BYTES))
}

#[cfg(test)]
mod tests;
