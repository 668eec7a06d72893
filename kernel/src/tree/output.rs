//! The output tree: a leaf for each group of items; each node claims the sum of its leaves' units.

use alloc::vec::Vec;
use core::fmt;

use super::{shape, Batch, Digest, Hasher, PathError, Step};
use crate::words::to_usize;

const LEAF: u8 = 0x00;
const NODE: u8 = 0x01;
/// Bytes of a leaf's message before its output.
const LEAF_HEAD: usize = 25;
/// Bytes of a node's message.
const NODE_MESSAGE: usize = 81;

/// A node of the output tree: what is hashed below it, and the units it claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SumNode {
	/// The hash of the leaf, or of both children with their units.
	pub hash: Digest,
	/// The units of all leaves below.
	pub units: u64,
}

/// Both children of a node, as a path shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
	/// The left child.
	pub left: SumNode,
	/// The right child.
	pub right: SumNode,
}

impl Pair {
	/// The hash of the parent: H(0x01 ‖ left ‖ units: u64 ‖ right ‖ units: u64).
	pub fn hash<H: Hasher>(&self) -> Digest {
		pair_hash::<H>(&self.left, &self.right)
	}

	/// The units that the parent of these children must claim; `None` for a sum of 2^64 or more, which none may.
	pub fn units(&self) -> Option<u64> {
		self.left.units.checked_add(self.right.units)
	}
}

/// The units of two children do not fit 64 bits. No honest job comes near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SumOverflow;

impl fmt::Display for SumOverflow {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("the sum of the units overflows 64 bits")
	}
}

impl core::error::Error for SumOverflow {}

/// The node of leaf number `index`: H(0x00 ‖ index: u64 ‖ units: u64 ‖ traps: u32 ‖ length: u32 ‖ bytes). `bytes` are
/// the output of its items, at most 1,024.
pub fn output_leaf<H: Hasher>(index: u64, bytes: &[u8], units: u64, traps: u32) -> SumNode {
	let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
	let hash = H::hash(&[
		&[LEAF],
		&index.to_le_bytes(),
		&units.to_le_bytes(),
		&traps.to_le_bytes(),
		&len.to_le_bytes(),
		bytes,
	]);
	SumNode { hash, units }
}

/// The nodes of consecutive leaves from number `first` on, as [`output_leaf`] gives them, several at once. `bytes` are
/// their outputs one after another, each of `leaf_bytes`, the last perhaps shorter; `figures` the units and traps of each.
pub fn output_leaves<H: Hasher>(first: u64, bytes: &[u8], leaf_bytes: usize, figures: &[(u64, u32)]) -> Vec<SumNode> {
	let leaf_bytes = leaf_bytes.max(1);
	let len = u32::try_from(leaf_bytes).unwrap_or(u32::MAX).to_le_bytes();
	let mut batch = Batch::<H>::new(LEAF_HEAD.saturating_add(leaf_bytes), figures.len());
	let mut shorter = None;
	for ((number, leaf), (units, traps)) in (first..).zip(bytes.chunks(leaf_bytes)).zip(figures) {
		if leaf.len() == leaf_bytes {
			batch.push(&[
				&[LEAF],
				&number.to_le_bytes(),
				&units.to_le_bytes(),
				&traps.to_le_bytes(),
				&len,
				leaf,
			]);
		} else {
			shorter = Some(output_leaf::<H>(number, leaf, *units, *traps).hash);
		}
	}
	let hashes = batch.finish().into_iter().chain(shorter);
	hashes
		.zip(figures)
		.map(|(hash, (units, _))| SumNode { hash, units: *units })
		.collect()
}

fn pair_hash<H: Hasher>(left: &SumNode, right: &SumNode) -> Digest {
	H::hash(&[
		&[NODE],
		&left.hash,
		&left.units.to_le_bytes(),
		&right.hash,
		&right.units.to_le_bytes(),
	])
}

/// The parent of two nodes: H(0x01 ‖ left ‖ units: u64 ‖ right ‖ units: u64), with the sum of their units.
pub fn output_node<H: Hasher>(left: &SumNode, right: &SumNode) -> Result<SumNode, SumOverflow> {
	let units = left.units.checked_add(right.units).ok_or(SumOverflow)?;
	Ok(SumNode {
		hash: pair_hash::<H>(left, right),
		units,
	})
}

/// The nodes above a level, in pairs from the left, several hashed at once; the last of an odd number is promoted.
pub fn output_parents<H: Hasher>(level: &[SumNode]) -> Result<Vec<SumNode>, SumOverflow> {
	let pairs = level.chunks_exact(2);
	let promoted = pairs.remainder().first().copied();
	let mut batch = Batch::<H>::new(NODE_MESSAGE, pairs.len());
	let mut sums = Vec::with_capacity(pairs.len());
	for pair in pairs {
		if let [left, right] = pair {
			sums.push(left.units.checked_add(right.units).ok_or(SumOverflow)?);
			batch.push(&[
				&[NODE],
				&left.hash,
				&left.units.to_le_bytes(),
				&right.hash,
				&right.units.to_le_bytes(),
			]);
		}
	}
	let nodes = batch.finish().into_iter().zip(sums);
	Ok(nodes
		.map(|(hash, units)| SumNode { hash, units })
		.chain(promoted)
		.collect())
}

/// The root over a job's leaves. A job has at least one; for none the root is that of an empty leaf of 0 units.
pub fn output_root<H: Hasher>(leaves: &[SumNode]) -> Result<SumNode, SumOverflow> {
	let mut level = leaves.to_vec();
	loop {
		match level.as_slice() {
			[] => return Ok(output_leaf::<H>(0, &[], 0, 0)),
			[root] => return Ok(*root),
			_ => level = output_parents::<H>(&level)?,
		}
	}
}

/// The pairs on the way from the root to the leaf at `position`; a level that promotes the node has none. Empty where
/// there is no such leaf.
pub fn output_path<H: Hasher>(leaves: &[SumNode], position: u32) -> Result<Vec<Pair>, SumOverflow> {
	let count = u32::try_from(leaves.len()).unwrap_or(u32::MAX);
	let mut level = leaves.to_vec();
	let mut at = to_usize(position);
	let mut path = Vec::new();
	for step in shape(count, position) {
		let left = match step {
			Step::Left => Some(at),
			Step::Right => at.checked_sub(1),
			Step::Promoted => None,
		};
		let children = left.and_then(|left| Some((level.get(left)?, level.get(left.checked_add(1)?)?)));
		path.extend(children.map(|(left, right)| Pair {
			left: *left,
			right: *right,
		}));
		level = output_parents::<H>(&level)?;
		at /= 2;
	}
	path.reverse();
	Ok(path)
}

/// What a path shows about a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
	/// The root commits to this hash and these units for the leaf.
	Leaf(SumNode),
	/// The root commits to children whose units do not sum to what their parent claims: whoever committed it lied,
	/// whatever the leaves hold.
	Inconsistent {
		/// The number of the pair in the path, from the root.
		pair: u32,
	},
}

/// Follows `path`, the pairs from the root to the leaf at `position` of a tree of `count` leaves, as [`output_path`]
/// gives them, and tells what `root` commits to there.
///
/// A pair whose units do not sum to the parent's ends the walk with [`Claim::Inconsistent`], and the path must end with
/// it: an inconsistent tree cannot hide a leaf by having no data below the lie.
pub fn verify_output_path<H: Hasher>(
	root: &SumNode,
	count: u32,
	position: u32,
	path: &[Pair],
) -> Result<Claim, PathError> {
	if position >= count {
		return Err(PathError::Position);
	}
	let mut down: Vec<Step> = shape(count, position).collect();
	down.reverse();
	let mut claimed = *root;
	let mut pairs = (0u32..).zip(path);
	for step in down {
		if step == Step::Promoted {
			continue;
		}
		let (number, pair) = pairs.next().ok_or(PathError::Length)?;
		if pair.hash::<H>() != claimed.hash {
			return Err(PathError::Hash);
		}
		if pair.units() != Some(claimed.units) {
			return match pairs.next() {
				None => Ok(Claim::Inconsistent { pair: number }),
				Some(_) => Err(PathError::Length),
			};
		}
		claimed = if step == Step::Left { pair.left } else { pair.right };
	}
	match pairs.next() {
		None => Ok(Claim::Leaf(claimed)),
		Some(_) => Err(PathError::Length),
	}
}
