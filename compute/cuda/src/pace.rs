//! Calibration: how large a slice has to be for a launch to take as long as wished. Arithmetic alone.

use std::time::Duration;

/// Items of the first slices, whose cost nobody knows yet: a few for each core of a large device.
const FIRST_ITEMS: u32 = 1 << 16;
/// A slice has at most so many times the leaves of one that was measured.
const GROWTH: u128 = 8;

/// How many leaves the next slice gets, so that a launch takes about as long as wished.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
	wished: Duration,
	most: u32,
	leaves: u32,
}

impl Pace {
	/// At first a small slice of leaves of so many items; never more than `most` leaves.
	pub(crate) fn new(items_per_leaf: u32, most: u32, wished: Duration) -> Pace {
		Pace {
			wished,
			most,
			leaves: (FIRST_ITEMS / items_per_leaf.max(1)).clamp(1, most.max(1)),
		}
	}

	/// Leaves of the next slice.
	pub(crate) fn leaves(&self) -> u32 {
		self.leaves
	}

	/// Learns that a launch of `leaves` leaves took `took`.
	///
	/// The next size follows from what was measured, not from the size of now: several slices are always under way, and
	/// one that was queued before the last change must not repeat it. Too few items for the device take as long as more
	/// of them, so the factor overestimates and the launch stays below what is wished.
	pub(crate) fn observe(&mut self, leaves: u32, took: Duration) {
		let leaves = u128::from(leaves.max(1));
		let right = leaves * self.wished.as_nanos() / took.as_nanos().max(1);
		let right = right.clamp(leaves / GROWTH, leaves * GROWTH);
		let most = u128::from(self.most.max(1));
		self.leaves = u32::try_from(right.clamp(1, most)).unwrap_or(1);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn slices_grow_towards_the_wish_and_shrink_at_once() {
		let wished = Duration::from_millis(25);
		let mut pace = Pace::new(64, 1 << 18, wished);
		// 65,536 items of 64 a leaf.
		assert_eq!(pace.leaves(), 1_024);
		pace.observe(1_024, Duration::from_millis(1));
		assert_eq!(pace.leaves(), 8_192, "at most eight times as many");
		// A slice that was queued before tells the same again, and changes nothing.
		pace.observe(1_024, Duration::from_millis(1));
		assert_eq!(pace.leaves(), 8_192);
		pace.observe(8_192, Duration::from_millis(10));
		assert_eq!(pace.leaves(), 20_480);
		// Heavier items: 100 ms instead of 25.
		pace.observe(20_480, Duration::from_millis(100));
		assert_eq!(pace.leaves(), 5_120);
		// A launch that was not timed at all grows no faster.
		pace.observe(100, Duration::ZERO);
		assert_eq!(pace.leaves(), 800);
		// One leaf is the least, whatever it takes, and the bound is the most.
		pace.observe(1, Duration::from_secs(9));
		assert_eq!(pace.leaves(), 1);
		for _ in 0..20 {
			pace.observe(pace.leaves(), Duration::from_nanos(1));
		}
		assert_eq!(pace.leaves(), 1 << 18);
	}

	#[test]
	fn a_constant_cost_settles_on_the_wish() {
		// 40 µs a leaf and 2 ms for any launch: what a device that is not full does.
		let cost = |leaves: u32| Duration::from_micros(u64::from(leaves) * 40).max(Duration::from_millis(2));
		let mut pace = Pace::new(64, 1 << 18, Duration::from_millis(25));
		for _ in 0..6 {
			pace.observe(pace.leaves(), cost(pace.leaves()));
		}
		assert_eq!(pace.leaves(), 625);
		assert_eq!(cost(pace.leaves()), Duration::from_millis(25));
	}
}
