//! Randomness of the simulation: all of it follows from one number.

use millrace_primitives::{Tick, HOUR};
use polkadot_sdk::sp_core::{Blake2Hasher, Hasher};

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(u64);

impl Random {
	pub(crate) fn new(seed: u64) -> Random {
		Random(seed)
	}

	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	pub(crate) fn below(&mut self, bound: usize) -> usize {
		let bound = u64::try_from(bound).expect("64 bits");
		usize::try_from(self.next() % bound).expect("below a size")
	}

	pub(crate) fn coin(&mut self) -> bool {
		self.next() & 1 == 1
	}

	/// At least 0 and below 1.
	fn fraction(&mut self) -> f64 {
		(self.next() >> 11) as f64 / (1u64 << 53) as f64
	}

	/// Ticks to the next of events that come so many ticks apart on average and know nothing of each other.
	pub(crate) fn wait(&mut self, mean: f64) -> Tick {
		(-(1.0 - self.fraction()).ln() * mean) as Tick + 1
	}

	/// How long an honest provider is down: from 5 minutes to 24 hours, each factor of two as likely as any other.
	pub(crate) fn repair(&mut self) -> Tick {
		let (shortest, longest) = (f64::from(HOUR / 12), f64::from(HOUR * 24));
		(shortest * (longest / shortest).powf(self.fraction())) as Tick
	}
}

/// What the author of the block before this one has drawn. It depends on the seed and the block alone, so a block's
/// samples are the same whether the blocks before it were played or skipped.
pub(crate) fn author_randomness(seed: u64, block: Tick) -> [u8; 32] {
	let mut random = Random(seed ^ u64::from(block).wrapping_mul(0xd1b5_4a32_d192_ed03));
	let mut bytes = [0; 32];
	for part in bytes.chunks_exact_mut(8) {
		part.copy_from_slice(&random.next().to_le_bytes());
	}
	bytes
}

/// The places of those that are sampled in a block, as the pallet says that it draws them; see
/// `draw_samples` in `pallet_providers::liveness`.
pub(crate) fn drawn_places(author: [u8; 32], draws: u32, count: u32) -> impl Iterator<Item = u32> {
	let seed = Blake2Hasher::hash(&[&b"millrace/liveness"[..], &author].concat());
	(0..draws).map(move |draw| {
		let mut preimage = [0; 36];
		preimage[..32].copy_from_slice(seed.as_bytes());
		preimage[32..].copy_from_slice(&draw.to_le_bytes());
		let first = Blake2Hasher::hash(&preimage).0[..8].try_into().expect("eight bytes");
		u32::try_from(u64::from_le_bytes(first) % u64::from(count)).expect("below a count")
	})
}
