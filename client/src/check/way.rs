//! The way down a committed tree of which only some pairs are known.

use super::CheckError;
use millrace_kernel::{
	proof::{Descent, Difference, Place},
	tree::{shape, Blake2b, Pair, Step, SumNode},
};
use std::collections::HashMap;

/// How far known pairs lead down to a difference.
pub(super) enum Walk {
	/// To it.
	Arrived(Difference),
	/// The children of this node are not known.
	Wants(Place),
}

/// Follows known pairs down to where the committed tree differs from `own`.
pub(super) fn walk(own: &[SumNode], root: SumNode, seen: &HashMap<(u32, u32), Pair>) -> Result<Walk, CheckError> {
	let broken = |reason: String| CheckError::Broken(reason);
	let mut descent = Descent::new::<Blake2b>(own, root)
		.map_err(|error| broken(error.to_string()))?
		.ok_or_else(|| broken("the result is one's own".to_owned()))?;
	while let Some(place) = descent.wanted() {
		let Some(pair) = seen.get(&(place.level, place.index)) else {
			return Ok(Walk::Wants(place));
		};
		descent
			.follow::<Blake2b>(*pair)
			.map_err(|error| broken(error.to_string()))?;
	}
	let difference = descent
		.finish()
		.ok_or_else(|| broken("a way down that has no end".to_owned()))?;
	Ok(Walk::Arrived(difference))
}

/// Up to `most` leaves under a node of a tree of `total` leaves, spread evenly.
pub(super) fn spread(place: Place, total: u32, most: u32) -> Vec<u32> {
	let first = u64::from(place.index) << place.level.min(32);
	let end = ((u64::from(place.index) + 1) << place.level.min(32)).min(u64::from(total));
	let len = end.saturating_sub(first);
	let count = len.min(u64::from(most));
	(0..count)
		.filter_map(|step| u32::try_from(first + step * len / count.max(1)).ok())
		.collect()
}

/// Notes the pairs of a way by the places of their parents.
pub(super) fn note_way(seen: &mut HashMap<(u32, u32), Pair>, total: u32, leaf: u32, pairs: &[Pair]) {
	let levels = (1u32..).zip(shape(total, leaf));
	let steps: Vec<u32> = levels
		.filter(|(_, step)| *step != Step::Promoted)
		.map(|(level, _)| level)
		.collect();
	for (level, pair) in steps.into_iter().rev().zip(pairs) {
		seen.insert((level, leaf.checked_shr(level).unwrap_or(0)), *pair);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::check::Levels;
	use millrace_kernel::tree::output_leaf;

	fn leaves(count: u64, wrong: Option<u64>) -> Vec<SumNode> {
		(0..count)
			.map(|leaf| output_leaf::<Blake2b>(leaf, &[u8::from(wrong == Some(leaf))], 5, 0))
			.collect()
	}

	#[test]
	fn demands_are_spread_and_stay_below_their_node() {
		let place = |level, index| Place { level, index };
		assert_eq!(spread(place(0, 7), 100, 64), [7]);
		assert_eq!(spread(place(2, 1), 100, 64), [4, 5, 6, 7]);
		assert_eq!(spread(place(2, 1), 6, 64), [4, 5]);
		assert_eq!(spread(place(8, 0), 200, 4), [0, 50, 100, 150]);
		assert_eq!(spread(place(31, 1), u32::MAX, 2).first(), Some(&(1 << 31)));
	}

	#[test]
	fn answers_lead_to_the_wrong_leaf() {
		for (count, wrong) in [(1_000u64, 777u64), (65, 64), (2, 0), (1_025, 1_024)] {
			let own = leaves(count, None);
			let committed = Levels::new(leaves(count, Some(wrong))).unwrap();
			let root = committed.root().unwrap();
			let (mut seen, mut demands) = (HashMap::new(), 0);
			let found = loop {
				match walk(&own, root, &seen).unwrap() {
					Walk::Arrived(difference) => break difference,
					Walk::Wants(place) => {
						demands += 1;
						let leaves = spread(place, count as u32, 64);
						assert!(leaves.is_sorted_by(|one, next| one < next) && leaves.len() <= 64);
						for leaf in leaves {
							note_way(&mut seen, count as u32, leaf, &committed.path(leaf));
						}
					}
				}
			};
			assert_eq!(u64::from(found.leaf), wrong);
			assert_eq!(found.pairs, committed.path(found.leaf));
			assert!(demands <= 2, "{demands} demands for {count} leaves");
		}
	}
}
