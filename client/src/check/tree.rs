//! Looking into a committed tree that somebody else serves.
//!
//! Nodes are asked for and never believed: each pair must hash to what stands above it, up to the root on the chain.

use super::levels::Levels;
use crate::endpoint::{EndpointError, Session, MAX_NODES};
use millrace_kernel::{
	proof::{Descent, DescentError, Difference, Place},
	tree::{output_root, shape, Blake2b, Claim, Pair, Step, SumNode},
};
use std::{collections::HashMap, future::Future, time::Duration};

/// Times that a node is asked for again which the provider is too busy to give.
const BUSY_RETRIES: u32 = 20;
/// The pause between two of them.
const BUSY_PAUSE: Duration = Duration::from_millis(500);
/// Leaves up to which a tree is fetched whole: 2.5 MiB.
const WHOLE_TREE: u32 = 16 * MAX_NODES;

/// Who serves nodes of a committed tree.
pub trait Source: Send {
	/// `count` nodes of `level` from number `first` on; level 0 are the leaves.
	fn nodes(
		&mut self,
		level: u32,
		first: u32,
		count: u32,
	) -> impl Future<Output = Result<Vec<SumNode>, EndpointError>> + Send;
}

impl Source for Session {
	async fn nodes(&mut self, level: u32, first: u32, count: u32) -> Result<Vec<SumNode>, EndpointError> {
		let mut left = BUSY_RETRIES;
		loop {
			match self.tree(level, first, count).await {
				Err(error) if left > 0 && error.is_busy() => {
					left -= 1;
					tokio::time::sleep(BUSY_PAUSE).await;
				}
				other => return other,
			}
		}
	}
}

/// A tree in memory is a source that answers at once.
impl Source for Levels {
	async fn nodes(&mut self, level: u32, first: u32, count: u32) -> Result<Vec<SumNode>, EndpointError> {
		Ok(Levels::nodes(self, level, first, count).to_vec())
	}
}

/// Nobody serves the tree.
#[derive(Clone, Copy, Debug)]
pub struct Unserved;

impl Source for Unserved {
	async fn nodes(&mut self, _: u32, _: u32, _: u32) -> Result<Vec<SumNode>, EndpointError> {
		Err(EndpointError::Broken("nobody was asked".to_owned()))
	}
}

/// Why a tree cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
	/// The provider does not serve it.
	#[error("the tree is not served: {0}")]
	Unserved(#[from] EndpointError),
	/// What is served is not what was committed.
	#[error("what is served as the tree is not what was committed, at node {index} of level {level}")]
	Unrelated {
		/// The level of the node whose children they should be.
		level: u32,
		/// Its number.
		index: u32,
	},
	/// One's own leaves are no tree.
	#[error("the leaves at hand are no result of this job")]
	Own,
}

impl TreeError {
	/// Whether the same may succeed a little later.
	pub fn may_pass(&self) -> bool {
		matches!(self, TreeError::Unserved(error) if error.may_pass())
	}

	fn unrelated(place: Place) -> TreeError {
		TreeError::Unrelated {
			level: place.level,
			index: place.index,
		}
	}
}

/// A committed tree as far as it has been seen.
pub struct Tree<'s, S> {
	root: SumNode,
	/// How many leaves it has.
	count: u32,
	source: &'s mut S,
	/// Children that were seen and checked, by the place of their parent.
	seen: HashMap<(u32, u32), Pair>,
}

impl<'s, S: Source> Tree<'s, S> {
	/// The tree of `count` leaves under `root`.
	pub fn new(root: SumNode, count: u32, source: &'s mut S) -> Self {
		Tree {
			root,
			count,
			source,
			seen: HashMap::new(),
		}
	}

	/// The way to a leaf, and what it shows of it. A pair whose units do not sum up ends it.
	///
	/// # Errors
	/// [`TreeError`].
	pub async fn path(&mut self, leaf: u32) -> Result<(Vec<Pair>, Claim), TreeError> {
		let steps: Vec<Step> = shape(self.count, leaf).collect();
		let mut claimed = self.root;
		let mut pairs = Vec::new();
		for (level, step) in (1u32..).zip(&steps).collect::<Vec<_>>().into_iter().rev() {
			if *step == Step::Promoted {
				continue;
			}
			let place = Place {
				level,
				index: leaf.checked_shr(level).unwrap_or(0),
			};
			let pair = self.children(place, &claimed).await?;
			let number = u32::try_from(pairs.len()).unwrap_or(u32::MAX);
			pairs.push(pair);
			if pair.units() != Some(claimed.units) {
				return Ok((pairs, Claim::Inconsistent { pair: number }));
			}
			claimed = if *step == Step::Left { pair.left } else { pair.right };
		}
		Ok((pairs, Claim::Leaf(claimed)))
	}

	/// The first leaf that differs from `own`, or a pair on the way to it whose units do not sum up. `None` where all are
	/// equal.
	///
	/// # Errors
	/// [`TreeError`].
	pub async fn difference(&mut self, own: &[SumNode]) -> Result<Option<Difference>, TreeError> {
		let Some(mut descent) = Descent::new::<Blake2b>(own, self.root).map_err(|_| TreeError::Own)? else {
			return Ok(None);
		};
		while let Some(place) = descent.wanted() {
			let pair = match self.seen.get(&(place.level, place.index)) {
				Some(pair) => *pair,
				None => fetch(self.source, place).await?,
			};
			descent.follow::<Blake2b>(pair).map_err(|error| match error {
				DescentError::Unrelated { place } => TreeError::unrelated(place),
				_ => TreeError::Own,
			})?;
			self.seen.insert((place.level, place.index), pair);
		}
		Ok(descent.finish())
	}

	/// All leaves, where there are not too many and what is served is the whole committed tree.
	///
	/// # Errors
	/// The provider does not serve them.
	pub async fn leaves(&mut self) -> Result<Option<Vec<SumNode>>, TreeError> {
		if self.count > WHOLE_TREE {
			return Ok(None);
		}
		let mut leaves = Vec::new();
		let mut first = 0u32;
		while first < self.count {
			let count = MAX_NODES.min(self.count - first);
			leaves.extend(self.source.nodes(0, first, count).await?);
			first = first.saturating_add(count);
		}
		let whole = usize::try_from(self.count) == Ok(leaves.len());
		let root = output_root::<Blake2b>(&leaves);
		// Leaves under a false sum lead elsewhere, too: that is found on the way down, pair by pair.
		Ok((whole && root == Ok(self.root)).then_some(leaves))
	}

	/// The children of the node at a place, which claims `claimed`.
	async fn children(&mut self, place: Place, claimed: &SumNode) -> Result<Pair, TreeError> {
		if let Some(pair) = self.seen.get(&(place.level, place.index)) {
			return Ok(*pair);
		}
		let pair = fetch(self.source, place).await?;
		if pair.hash::<Blake2b>() != claimed.hash {
			return Err(TreeError::unrelated(place));
		}
		self.seen.insert((place.level, place.index), pair);
		Ok(pair)
	}
}

async fn fetch<S: Source>(source: &mut S, place: Place) -> Result<Pair, TreeError> {
	let level = place.level.saturating_sub(1);
	let nodes = source.nodes(level, place.index.saturating_mul(2), 2).await?;
	match nodes.as_slice() {
		[left, right] => Ok(Pair {
			left: *left,
			right: *right,
		}),
		_ => Err(TreeError::unrelated(place)),
	}
}

#[cfg(test)]
mod tests;
