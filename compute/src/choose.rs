//! Which leaves are re-run.

use std::collections::BTreeSet;

/// Which leaves are re-run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Check {
	/// Every leaf.
	All,
	/// Random leaves, all different, and the first and the last.
	Sample {
		/// How many random ones.
		count: u32,
		/// Decides which; whoever computed the result must not know it.
		seed: u64,
	},
}

impl Check {
	/// The leaves of a job of `total` leaves that this means, all different, and how many of them are random: as many as
	/// there are where it means all.
	pub fn leaves(self, total: u32) -> (Vec<u32>, u32) {
		match self {
			Check::Sample { count, seed } if count < total => {
				let mut leaves = draw(count, total, seed);
				let random = u32::try_from(leaves.len()).unwrap_or(u32::MAX);
				leaves.extend([0, total.saturating_sub(1)]);
				(leaves.into_iter().collect(), random)
			}
			Check::All | Check::Sample { .. } => ((0..total).collect(), total),
		}
	}
}

/// `count` different numbers below `total`, each set of that size equally likely (Floyd's algorithm).
fn draw(count: u32, total: u32, seed: u64) -> BTreeSet<u32> {
	let mut random = SplitMix(seed);
	let mut drawn = BTreeSet::new();
	for last in total.saturating_sub(count)..total {
		let number = random.up_to(last);
		if !drawn.insert(number) {
			drawn.insert(last);
		}
	}
	drawn
}

/// SplitMix64 (Steele, Lea, Flood 2014): good enough to choose leaves, as unpredictable as its seed.
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	/// A number from 0 to `last`; the bias is below 2⁻³².
	pub(crate) fn up_to(&mut self, last: u32) -> u32 {
		let scaled = (u128::from(self.next()) * (u128::from(last) + 1)) >> 64;
		u32::try_from(scaled).unwrap_or(last)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn splitmix_gives_the_published_numbers() {
		// Seed 1234567, from the reference implementation.
		let mut random = SplitMix(1_234_567);
		assert_eq!(random.next(), 6_457_827_717_110_365_317);
		assert_eq!(random.next(), 3_203_168_211_198_807_973);
	}

	#[test]
	fn drawn_leaves_differ_and_reach_everywhere() {
		for (count, total) in [(0, 1), (1, 2), (5, 6), (64, 4_096)] {
			let drawn = draw(count, total, 7);
			assert_eq!(drawn.len(), count as usize);
			assert!(drawn.iter().all(|leaf| *leaf < total));
		}
		let reached: BTreeSet<u32> = (0..200).flat_map(|seed| draw(2, 10, seed)).collect();
		assert_eq!(reached.len(), 10);
	}
}
