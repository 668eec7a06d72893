//! A whole output tree in memory.

use millrace_kernel::{
	proof::Place,
	tree::{output_parents, shape, Blake2b, Pair, Step, SumNode, SumOverflow},
};

/// All levels of an output tree, from the leaves up. A promoted node stands on each of its levels.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Levels(Vec<Vec<SumNode>>);

impl Levels {
	/// The tree over `leaves`.
	///
	/// # Errors
	/// The sum of their units overflows, which no honest job's does.
	pub fn new(leaves: Vec<SumNode>) -> Result<Levels, SumOverflow> {
		let mut levels = vec![leaves];
		while let Some(level) = levels.last().filter(|level| level.len() > 1) {
			let above = output_parents::<Blake2b>(level)?;
			levels.push(above);
		}
		Ok(Levels(levels))
	}

	/// The leaves.
	pub fn leaves(&self) -> &[SumNode] {
		self.0.first().map_or(&[], Vec::as_slice)
	}

	/// The root; `None` for a tree without leaves.
	pub fn root(&self) -> Option<SumNode> {
		self.0.last()?.first().copied()
	}

	/// `count` nodes of a level from number `first` on; fewer where the level ends.
	pub fn nodes(&self, level: u32, first: u32, count: u32) -> &[SumNode] {
		let index = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
		let Some(level) = self.0.get(index(level)) else {
			return &[];
		};
		let start = index(first).min(level.len());
		let end = index(first).saturating_add(index(count)).min(level.len());
		level.get(start..end).unwrap_or_default()
	}

	/// The children of the node at a place; `None` for a leaf and for a node that was promoted.
	pub fn children(&self, place: Place) -> Option<Pair> {
		let nodes = self.nodes(place.level.checked_sub(1)?, place.index.checked_mul(2)?, 2);
		match nodes {
			[left, right] => Some(Pair {
				left: *left,
				right: *right,
			}),
			_ => None,
		}
	}

	/// The pairs on the way from the root to a leaf. Empty where there is no such leaf.
	pub fn path(&self, leaf: u32) -> Vec<Pair> {
		let count = u32::try_from(self.leaves().len()).unwrap_or(u32::MAX);
		let mut pairs: Vec<Pair> = (1u32..)
			.zip(shape(count, leaf))
			.filter(|(_, step)| *step != Step::Promoted)
			.filter_map(|(level, _)| {
				self.children(Place {
					level,
					index: leaf.checked_shr(level)?,
				})
			})
			.collect();
		pairs.reverse();
		pairs
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use millrace_kernel::tree::{output_leaf, output_path, output_root};

	#[test]
	fn roots_and_paths_are_those_of_the_kernel() {
		for count in [1u64, 2, 3, 5, 8, 13, 64, 100] {
			let leaves: Vec<SumNode> = (0..count)
				.map(|leaf| output_leaf::<Blake2b>(leaf, &leaf.to_le_bytes(), leaf, 0))
				.collect();
			let levels = Levels::new(leaves.clone()).unwrap();
			assert_eq!(levels.root(), output_root::<Blake2b>(&leaves).ok(), "{count} leaves");
			for leaf in 0..count as u32 {
				let expected = output_path::<Blake2b>(&leaves, leaf).unwrap();
				assert_eq!(levels.path(leaf), expected, "leaf {leaf} of {count}");
			}
			assert!(levels.path(count as u32).is_empty());
			assert_eq!(levels.nodes(0, 0, u32::MAX), leaves);
			assert!(levels.nodes(40, 0, 1).is_empty());
		}
	}
}
