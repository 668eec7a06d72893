//! An output tree whose nodes may claim anything, kept whole.

use millrace_kernel::{
	proof::Place,
	tree::{Pair, SumNode},
};

use crate::blake2b;

/// All levels, from the leaves up.
pub(crate) struct Tree(pub(crate) Vec<Vec<SumNode>>);

impl Tree {
	/// A tree over `leaves`; `claim` gives the units that the node at a place claims, from their wrapping sum.
	pub(crate) fn new(leaves: &[SumNode], mut claim: impl FnMut(Place, u64) -> u64) -> Tree {
		let mut levels = vec![leaves.to_vec()];
		while levels.last().unwrap().len() > 1 {
			let level = levels.len() as u32;
			let above = levels
				.last()
				.unwrap()
				.chunks(2)
				.zip(0u32..)
				.map(|(children, index)| match children {
					[left, right] => SumNode {
						hash: hash(left, right),
						units: claim(Place { level, index }, left.units.wrapping_add(right.units)),
					},
					_ => children[0],
				});
			let above: Vec<SumNode> = above.collect();
			levels.push(above);
		}
		Tree(levels)
	}

	pub(crate) fn root(&self) -> SumNode {
		self.0.last().unwrap()[0]
	}

	/// The children of a node; `None` for a leaf and a node that was promoted.
	pub(crate) fn children(&self, place: Place) -> Option<Pair> {
		let below = self.0.get(place.level.checked_sub(1)? as usize)?;
		let left = 2 * place.index as usize;
		Some(Pair {
			left: *below.get(left)?,
			right: *below.get(left + 1)?,
		})
	}

	/// Every node that has children, with them.
	pub(crate) fn pairs(&self) -> Vec<(Place, Pair)> {
		let places = (0u32..)
			.zip(&self.0)
			.flat_map(|(level, nodes)| (0..nodes.len() as u32).map(move |index| Place { level, index }));
		places
			.filter_map(|place| Some((place, self.children(place)?)))
			.collect()
	}

	/// The nodes with children above a leaf, from the root, whatever they claim.
	pub(crate) fn above(&self, leaf: u32) -> Vec<(Place, Pair)> {
		let mut above: Vec<_> = self
			.pairs()
			.into_iter()
			.filter(|(place, _)| leaf >> place.level == place.index)
			.collect();
		above.reverse();
		above
	}

	/// The claim of the node at a place.
	pub(crate) fn node(&self, place: Place) -> SumNode {
		self.0[place.level as usize][place.index as usize]
	}
}

fn hash(left: &SumNode, right: &SumNode) -> [u8; 32] {
	blake2b(&[
		&[0x01],
		&left.hash,
		&left.units.to_le_bytes(),
		&right.hash,
		&right.units.to_le_bytes(),
	])
}
