//! What a requester receives: output bytes, then for each leaf its units and traps.

use crate::commit;
use millrace_kernel::{
	leaf::{leaf_count, Leaf},
	tree::SumNode,
};

/// Bytes that a leaf's figures take in a bundle: units (u64) and traps (u32), little-endian.
pub const FIGURES_BYTES: usize = 12;

/// What one leaf cost.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LeafFigures {
	/// Units of its items.
	pub units: u64,
	/// How many of its items trapped.
	pub traps: u32,
}

/// Why bytes are no bundle of a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BundleError {
	/// Too few or too many bytes.
	#[error("a bundle of this job has {expected} bytes, there are {actual}")]
	Length {
		/// Bytes that the job's bundle has.
		expected: u64,
		/// Bytes that there are.
		actual: u64,
	},
	/// The units of all leaves do not fit 64 bits. No honest job comes near.
	#[error("the units of the bundle's leaves overflow 64 bits")]
	UnitsOverflow,
	/// A leaf claims more trapped items than it has.
	#[error("leaf {leaf} claims {traps} trapped items and has {items}")]
	Traps {
		/// The leaf.
		leaf: u32,
		/// What it claims.
		traps: u32,
		/// What it has.
		items: u32,
	},
	/// A leaf that was to be put in has another length than the job's leaf of this number, or there is none.
	#[error("the job has no leaf {leaf} of {bytes} bytes")]
	Leaf {
		/// Its number.
		leaf: u32,
		/// Its length.
		bytes: usize,
	},
}

/// Bytes of the bundle of a job of `items` items, each of `item_size` bytes, in leaves of `items_per_leaf` items.
pub fn bundle_len(items: u32, item_size: u16, items_per_leaf: u32) -> u64 {
	let output = u64::from(items) * u64::from(item_size);
	output + u64::from(leaf_count(items_per_leaf, items)) * FIGURES_BYTES as u64
}

/// A bundle that has the right shape. Whether it is the one that was committed, [`Bundle::root`] tells; whether it is
/// right, [`check_leaves`](crate::check_leaves).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bundle {
	output: Vec<u8>,
	leaves: Vec<LeafFigures>,
	items_per_leaf: u32,
	item_size: u16,
	root: SumNode,
}

impl Bundle {
	/// The items' bytes, one item after another.
	pub fn output(&self) -> &[u8] {
		&self.output
	}

	/// The items' bytes.
	pub fn into_output(self) -> Vec<u8> {
		self.output
	}

	/// The figures of each leaf.
	pub fn leaves(&self) -> &[LeafFigures] {
		&self.leaves
	}

	/// The root of the output tree over this bundle, with the units of all leaves.
	pub fn root(&self) -> SumNode {
		self.root
	}

	/// How many items trapped.
	pub fn traps(&self) -> u64 {
		self.leaves.iter().map(|leaf| u64::from(leaf.traps)).sum()
	}

	/// Items of a full leaf.
	pub fn items_per_leaf(&self) -> u32 {
		self.items_per_leaf
	}

	/// Bytes of one item.
	pub fn item_size(&self) -> u16 {
		self.item_size
	}

	/// Every leaf's node of the output tree, for paths.
	pub fn nodes(&self) -> Vec<SumNode> {
		nodes(&self.output, &self.leaves, self.items_per_leaf, self.item_size)
	}

	/// The same with other leaves in some places, by their numbers: what was delivered, mended.
	///
	/// # Errors
	/// [`BundleError::Leaf`], and [`BundleError::UnitsOverflow`] for the new sum.
	pub fn with_leaves(mut self, leaves: &[(u32, Leaf)]) -> Result<Bundle, BundleError> {
		let leaf_bytes = leaf_bytes(self.items_per_leaf, self.item_size);
		for (number, leaf) in leaves {
			let wrong = BundleError::Leaf {
				leaf: *number,
				bytes: leaf.bytes.len(),
			};
			let at = usize::try_from(*number).unwrap_or(usize::MAX);
			let place = self.output.chunks_mut(leaf_bytes).nth(at);
			let Some((place, figures)) = place.zip(self.leaves.get_mut(at)) else {
				return Err(wrong);
			};
			if place.len() != leaf.bytes.len() {
				return Err(wrong);
			}
			place.copy_from_slice(&leaf.bytes);
			*figures = LeafFigures {
				units: leaf.units,
				traps: leaf.traps,
			};
		}
		self.root = commit::root(&self.nodes()).map_err(|_| BundleError::UnitsOverflow)?;
		Ok(self)
	}

	/// The bundle as bytes.
	pub fn encode(&self) -> Vec<u8> {
		encode(&self.output, &self.leaves)
	}

	/// The bytes of leaf number `leaf`. `None` where there is no such leaf.
	pub fn leaf_bytes(&self, leaf: u32) -> Option<&[u8]> {
		self.output
			.chunks(leaf_bytes(self.items_per_leaf, self.item_size))
			.nth(usize::try_from(leaf).ok()?)
	}
}

/// Reads the bundle of a job of `items` items, each of `item_size` bytes, in leaves of `items_per_leaf` items, and
/// builds its tree.
///
/// # Errors
/// Truncated and overlong bundles, figures that no result can have. Nothing is allocated before the length is right.
pub fn parse_bundle(bytes: &[u8], items: u32, item_size: u16, items_per_leaf: u32) -> Result<Bundle, BundleError> {
	let expected = bundle_len(items, item_size, items_per_leaf);
	let actual = bytes.len() as u64;
	let output_len = usize::try_from(u64::from(items) * u64::from(item_size)).ok();
	let split = output_len
		.filter(|_| actual == expected)
		.and_then(|len| bytes.split_at_checked(len));
	let Some((output, figures)) = split else {
		return Err(BundleError::Length { expected, actual });
	};

	let per_leaf = items_per_leaf.max(1);
	let mut leaves = Vec::with_capacity(figures.len() / FIGURES_BYTES);
	let mut items_left = items;
	let mut sum = 0u64;
	for (leaf, figures) in (0u32..).zip(figures.chunks_exact(FIGURES_BYTES)) {
		let (units, traps) = figures.split_at(8);
		let units = units.try_into().map_or(0, u64::from_le_bytes);
		let traps = traps.try_into().map_or(0, u32::from_le_bytes);
		let items = items_left.min(per_leaf);
		if traps > items {
			return Err(BundleError::Traps { leaf, traps, items });
		}
		items_left -= items;
		sum = sum.checked_add(units).ok_or(BundleError::UnitsOverflow)?;
		leaves.push(LeafFigures { units, traps });
	}

	let nodes = nodes(output, &leaves, items_per_leaf, item_size);
	let root = commit::root(&nodes).map_err(|_| BundleError::UnitsOverflow)?;
	Ok(Bundle {
		output: output.to_vec(),
		leaves,
		items_per_leaf,
		item_size,
		root,
	})
}

/// Bytes of a full leaf's output, at least 1.
pub(crate) fn leaf_bytes(items_per_leaf: u32, item_size: u16) -> usize {
	let bytes = u64::from(items_per_leaf.max(1)) * u64::from(item_size.max(1));
	usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn nodes(output: &[u8], leaves: &[LeafFigures], items_per_leaf: u32, item_size: u16) -> Vec<SumNode> {
	let mut nodes = Vec::with_capacity(leaves.len());
	commit::append_nodes(&mut nodes, 0, output, leaf_bytes(items_per_leaf, item_size), leaves);
	nodes
}

/// Writes output and figures as a bundle.
pub fn encode(output: &[u8], leaves: &[LeafFigures]) -> Vec<u8> {
	let mut bytes = Vec::with_capacity(output.len() + leaves.len() * FIGURES_BYTES);
	bytes.extend_from_slice(output);
	for leaf in leaves {
		bytes.extend_from_slice(&leaf.units.to_le_bytes());
		bytes.extend_from_slice(&leaf.traps.to_le_bytes());
	}
	bytes
}
