//! Finding the wrong leaf of a committed result.

use alloc::{vec, vec::Vec};
use core::fmt;

use crate::{
	tree::{output_parents, Claim, Hasher, Pair, SumNode, SumOverflow},
	words::to_usize,
};

/// The number of the first leaf that differs between two lists, one's own and what the provider gives as all of its
/// leaves. Where one list ends before they differ, that is the place.
pub fn first_difference(own: &[SumNode], claimed: &[SumNode]) -> Option<u32> {
	let unlike = own.iter().zip(claimed).position(|(own, claimed)| own != claimed);
	let shorter = (own.len() != claimed.len()).then_some(own.len().min(claimed.len()));
	unlike.or(shorter).and_then(|at| u32::try_from(at).ok())
}

/// A node of the output tree. A promoted node stands on each of its levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
	/// The level, counted from the leaves.
	pub level: u32,
	/// The number of the node in its level, from the left.
	pub index: u32,
}

/// What a descent finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
	/// The first leaf that differs, or the first one below the pair whose units do not sum up.
	pub leaf: u32,
	/// The pairs from the root to the leaf, or to that pair: the path of a proof.
	pub pairs: Vec<Pair>,
	/// What the path shows.
	pub claim: Claim,
}

/// The way from a committed root down to the first leaf that differs from one's own, in a tree that is served in pairs
/// of children: one pair a level.
///
/// While [`Descent::wanted`] names a node, fetch the pair under it and [`Descent::follow`] it; then
/// [`Descent::finish`]. No pair can lead astray: each must hash to what the root commits to. One that does not is
/// refused and may be fetched again elsewhere; a provider that serves nothing else hides its leaves, which are then
/// demanded from it on the chain.
///
/// A false sum above children that are one's own is found without fetching them.
#[derive(Clone, Debug)]
pub struct Descent {
	/// One's own tree, from the leaves up.
	own: Vec<Vec<SumNode>>,
	/// The node that was reached. It differs from one's own there.
	place: Place,
	claimed: SumNode,
	pairs: Vec<Pair>,
	/// Whether the units of the last pair do not sum to those of `claimed`.
	inconsistent: bool,
}

impl Descent {
	/// Starts at `root`, to which the provider committed; `own` are all leaves as they should be. `None` where the root is
	/// right.
	///
	/// # Errors
	/// [`DescentError::NoLeaves`] and [`DescentError::Sum`]: `own` are no leaves of a job.
	pub fn new<H: Hasher>(own: &[SumNode], root: SumNode) -> Result<Option<Descent>, DescentError> {
		let mut levels = vec![own.to_vec()];
		while let Some(level) = levels.last().filter(|level| level.len() > 1) {
			let above = output_parents::<H>(level)?;
			levels.push(above);
		}
		let top = levels
			.last()
			.and_then(|top| top.first())
			.ok_or(DescentError::NoLeaves)?;
		if *top == root {
			return Ok(None);
		}
		let height = u32::try_from(levels.len()).unwrap_or(u32::MAX).saturating_sub(1);
		let mut descent = Descent {
			own: levels,
			place: Place {
				level: height,
				index: 0,
			},
			claimed: root,
			pairs: Vec::new(),
			inconsistent: false,
		};
		descent.settle();
		Ok(Some(descent))
	}

	/// The node whose children are wanted next; `None` at the end of the way.
	pub fn wanted(&self) -> Option<Place> {
		(self.place.level > 0 && !self.inconsistent).then_some(self.place)
	}

	/// Takes the children of the wanted node, and goes on to the one that differs from one's own, the left one where both
	/// do.
	///
	/// # Errors
	/// [`DescentError::Unrelated`] where these are not its children, [`DescentError::Finished`] where none is wanted. The
	/// descent stays where it was.
	pub fn follow<H: Hasher>(&mut self, children: Pair) -> Result<(), DescentError> {
		let place = self.wanted().ok_or(DescentError::Finished)?;
		if children.hash::<H>() != self.claimed.hash {
			return Err(DescentError::Unrelated { place });
		}
		self.pairs.push(children);
		if children.units() != Some(self.claimed.units) {
			self.inconsistent = true;
			return Ok(());
		}
		let level = place.level.saturating_sub(1);
		let left = place.index.saturating_mul(2);
		// Were both right, so would be the node above them.
		let (claimed, index) = if self.node(level, left) == Some(&children.left) {
			(children.right, left.saturating_add(1))
		} else {
			(children.left, left)
		};
		self.claimed = claimed;
		self.place = Place { level, index };
		self.settle();
		Ok(())
	}

	/// What was found; `None` while a node is wanted.
	pub fn finish(self) -> Option<Difference> {
		if self.wanted().is_some() {
			return None;
		}
		let last = u32::try_from(self.pairs.len()).unwrap_or(u32::MAX).saturating_sub(1);
		Some(Difference {
			leaf: self.place.index.checked_shl(self.place.level).unwrap_or(0),
			pairs: self.pairs,
			claim: if self.inconsistent {
				Claim::Inconsistent { pair: last }
			} else {
				Claim::Leaf(self.claimed)
			},
		})
	}

	fn node(&self, level: u32, index: u32) -> Option<&SumNode> {
		self.own.get(to_usize(level))?.get(to_usize(index))
	}

	/// One's own children of the node at `place`; `None` for a leaf, and for a node that is the left one below, moved up.
	fn children(&self, place: Place) -> Option<Pair> {
		let level = place.level.checked_sub(1)?;
		let left = place.index.saturating_mul(2);
		Some(Pair {
			left: *self.node(level, left)?,
			right: *self.node(level, left.saturating_add(1))?,
		})
	}

	/// Goes down as far as needs no fetching.
	fn settle(&mut self) {
		while self.place.level > 0 {
			if let Some(children) = self.children(self.place) {
				// One's own hash under other units: the children are one's own, and sum to one's own units.
				let own = self.node(self.place.level, self.place.index);
				if own.is_some_and(|own| own.hash == self.claimed.hash) {
					self.pairs.push(children);
					self.inconsistent = true;
				}
				return;
			}
			self.place = Place {
				level: self.place.level.saturating_sub(1),
				index: self.place.index.saturating_mul(2),
			};
		}
	}
}

/// Why a descent does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DescentError {
	/// One's own list of leaves is empty; every job has one.
	NoLeaves,
	/// The units of one's own leaves overflow, which those of no job do.
	Sum,
	/// What was served are not the children of the node: they do not hash to it.
	Unrelated {
		/// The node.
		place: Place,
	},
	/// No node is wanted any more.
	Finished,
}

impl From<SumOverflow> for DescentError {
	fn from(_: SumOverflow) -> Self {
		DescentError::Sum
	}
}

impl fmt::Display for DescentError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			DescentError::NoLeaves => f.write_str("a job has at least one leaf"),
			DescentError::Sum => write!(f, "{SumOverflow}"),
			DescentError::Unrelated {
				place: Place { level, index },
			} => write!(
				f,
				"what was served as the children of node {index} on level {level} does not hash to it"
			),
			DescentError::Finished => f.write_str("the descent is at its end"),
		}
	}
}

impl core::error::Error for DescentError {}
