//! SplitMix64 (Steele, Lea, Flood 2014): the same numbers from the same seed on every machine and for ever.

/// A stream of pseudo-random numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
	/// The stream that `seed` names. Neighbouring seeds give unrelated streams.
	pub fn new(seed: u64) -> Random {
		let mut random = Random(seed);
		// Without this, the stream of seed + golden ratio is the stream of seed, one number later.
		random.0 = random.word();
		random
	}

	/// 64 random bits.
	pub fn word(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	/// A number below `bound`; 0 where `bound` is 0.
	pub fn below(&mut self, bound: u32) -> u32 {
		(((self.word() >> 32) * u64::from(bound)) >> 32) as u32
	}

	/// A number from `least` to `most`, both included.
	pub fn between(&mut self, least: u32, most: u32) -> u32 {
		least + self.below(most.saturating_sub(least) + 1)
	}

	/// Whether something happens that happens `percent` times in a hundred.
	pub fn chance(&mut self, percent: u32) -> bool {
		self.below(100) < percent
	}

	/// One of `from`, which is not empty.
	pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
		from[self.below(from.len() as u32) as usize]
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_seed_names_a_stream() {
		let stream = |seed| {
			let mut random = Random::new(seed);
			[random.word(), random.word(), random.word()]
		};
		assert_eq!(stream(7), stream(7));
		assert_ne!(stream(7), stream(8));
		// The first output of SplitMix64 from state 0, as published.
		assert_eq!(Random(0).word(), 0xe220_a839_7b1d_cdaf);
	}

	#[test]
	fn numbers_stay_in_their_range_and_reach_its_ends() {
		let mut random = Random::new(1);
		let mut seen = [false; 5];
		for _ in 0..1_000 {
			seen[random.below(5) as usize] = true;
			assert!((3..=4).contains(&random.between(3, 4)));
			assert_eq!(random.below(1), 0);
			assert_eq!(random.below(0), 0);
			assert!(!random.chance(0) && random.chance(100));
		}
		assert_eq!(seen, [true; 5]);
	}
}
