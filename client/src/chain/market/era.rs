//! What a pool has done in an era.

use crate::{
	amount::{text, Balance},
	chain::{Price, Tick},
};
use serde::Serialize;

/// Eras before the running one that the chain remembers of each pool.
pub const HISTORY_ERAS: u32 = 84;

/// Buckets in which ticks to a result are counted.
const BUCKETS: usize = 16;

/// What a pool has done in an era. Money in planck.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct PoolEra {
	/// Jobs that were paid.
	pub paid_jobs: u32,
	/// Of these, jobs that lapsed into payment.
	pub lapsed: u32,
	/// Jobs that their requester cancelled.
	pub cancelled: u32,
	/// Jobs that nobody took before they expired.
	pub expired: u32,
	/// Jobs that were assigned and not served.
	pub unserved: u32,
	/// Jobs whose result was refuted.
	pub refuted: u32,
	/// Committed jobs that were void because another result of their provider was refuted.
	pub voided: u32,
	/// Jobs whose provider did not bring demanded leaves.
	pub silent: u32,
	/// Jobs whose requester said that their output was not delivered.
	pub refused: u32,
	/// Units of the paid jobs that their items took.
	#[serde(with = "text")]
	pub units: u128,
	/// Units that the items of the paid jobs might have taken.
	#[serde(with = "text")]
	pub units_max: u128,
	/// Paid by requesters, protocol fee included. Paid, not verified.
	#[serde(with = "text")]
	pub paid: Balance,
	/// Fees that were burned, of payments and of assignments.
	#[serde(with = "text")]
	pub fees: Balance,
	/// What was paid for 2³⁰ units; none where no job was paid.
	pub prices: Option<PaidPrices>,
	/// Paid jobs by the ticks from their submission to their result: bucket 0 is none at all, bucket `k` is 2ᵏ⁻¹ and more,
	/// less than 2ᵏ; the last is open.
	pub ticks: [u32; BUCKETS],
}

/// Prices that were paid in an era.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct PaidPrices {
	/// The lowest.
	pub low: Price,
	/// The highest.
	pub high: Price,
	/// The last.
	pub last: Price,
}

impl PoolEra {
	/// The least number of ticks in which so many percent of the paid jobs had their result, as far as the buckets tell: the
	/// upper end of one; of the last, which is open, the end that it would have. `None` where no job was paid. By the rule of
	/// the runtime's `PoolEra::ticks_percentile`.
	pub fn ticks_percentile(&self, percent: u32) -> Option<Tick> {
		let sum = |sum: u64, count: &u32| sum.saturating_add(u64::from(*count));
		let need = self
			.ticks
			.iter()
			.fold(0, sum)
			.saturating_mul(u64::from(percent.min(100)))
			.div_ceil(100)
			.max(1);
		let mut seen = 0;
		(0u32..).zip(&self.ticks).find_map(|(bucket, count)| {
			seen = sum(seen, count);
			(seen >= need).then(|| 1u32.checked_shl(bucket).map_or(Tick::MAX, |end| end.saturating_sub(1)))
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Of ten jobs one took no tick, four took 4 to 7, four took 16 to 31, and one took 2¹⁴ or more.
	#[test]
	fn percentiles_are_the_upper_ends_of_buckets() {
		let mut era = PoolEra::default();
		for percent in [0, 50, 100] {
			assert_eq!(era.ticks_percentile(percent), None, "nothing was paid");
		}
		(era.ticks[0], era.ticks[3], era.ticks[5], era.ticks[15]) = (1, 4, 4, 1);
		for (percent, ticks) in [
			(0, 0),
			(10, 0),
			(11, 7),
			(50, 7),
			(51, 31),
			(90, 31),
			(91, 32_767),
			(100, 32_767),
			(101, 32_767),
		] {
			assert_eq!(era.ticks_percentile(percent), Some(ticks), "{percent} %");
		}
	}
}
