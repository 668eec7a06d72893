//! The price levels of the order book, and the one place where units become money.

use crate::Balance;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Units that one [`Price`] buys: 2³⁰. A single unit costs far less than one planck.
pub const UNITS_PER_PRICE: u128 = 1 << 30;
/// Price levels in a book.
pub const LEVELS: usize = 256;

/// Planck per 2³⁰ units.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	Decode,
	DecodeWithMemTracking,
	Deserialize,
	Encode,
	Eq,
	MaxEncodedLen,
	Ord,
	PartialEq,
	PartialOrd,
	Serialize,
	TypeInfo,
)]
pub struct Price(pub u64);

impl Price {
	/// What `units` cost, rounded down: what is paid. `None` on overflow, which no bounded job reaches.
	pub fn floor(self, units: u128) -> Option<Balance> {
		units.checked_mul(u128::from(self.0))?.checked_div(UNITS_PER_PRICE)
	}

	/// What `units` cost, rounded up: what is held. `None` on overflow, which no bounded job reaches.
	pub fn ceil(self, units: u128) -> Option<Balance> {
		Some(units.checked_mul(u128::from(self.0))?.div_ceil(UNITS_PER_PRICE))
	}
}

/// A step of the price ladder: level 0 is 64 planck per 2³⁰ units, each level 8 % above the one below.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	Decode,
	DecodeWithMemTracking,
	Deserialize,
	Encode,
	Eq,
	MaxEncodedLen,
	Ord,
	PartialEq,
	PartialOrd,
	Serialize,
	TypeInfo,
)]
pub struct Level(pub u8);

/// Level `k` is 64 × 1.08ᵏ, rounded to the nearest planck; computed with 64 fractional bits.
static LADDER: [u64; LEVELS] = ladder();

#[allow(clippy::indexing_slicing, clippy::as_conversions, clippy::arithmetic_side_effects)] // evaluated by the compiler
const fn ladder() -> [u64; LEVELS] {
	let mut table = [0u64; LEVELS];
	let mut exact: u128 = 64 << 64;
	let mut k = 0;
	while k < LEVELS {
		table[k] = ((exact + (1 << 63)) >> 64) as u64;
		exact = exact / 25 * 27 + exact % 25 * 27 / 25;
		k += 1;
	}
	table
}

impl Level {
	/// The price at this level.
	pub fn price(self) -> Price {
		Price(LADDER.get(usize::from(self.0)).copied().unwrap_or(u64::MAX))
	}

	/// The highest level whose price is at most `price`: what a limit given as a price means for a buyer. `None` below
	/// the lowest level.
	pub fn at_most(price: Price) -> Option<Level> {
		let above = LADDER.partition_point(|level| *level <= price.0);
		u8::try_from(above.checked_sub(1)?).ok().map(Level)
	}

	/// The lowest level whose price is at least `price`: what a floor given as a price means for a seller. `None` above
	/// the highest level.
	pub fn at_least(price: Price) -> Option<Level> {
		u8::try_from(LADDER.partition_point(|level| *level < price.0))
			.ok()
			.map(Level)
	}
}

/// Whether the ladder strictly increases; checked by the market's `integrity_test`.
pub fn ladder_increases() -> bool {
	LADDER.iter().zip(LADDER.iter().skip(1)).all(|(low, high)| low < high)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ladder_is_geometric_and_strict() {
		assert!(ladder_increases());
		// 64 × 1.08ᵏ by hand: 64; 69.12; 74.6496; 80.62…; 64 × 1.08⁹ = 127.93…
		let expected = [64, 69, 75, 81];
		for (k, price) in expected.into_iter().enumerate() {
			assert_eq!(Level(k as u8).price(), Price(price));
		}
		assert_eq!(Level(9).price(), Price(128));
		// Against floating point, which is good to fifteen digits.
		for k in 0..=255u8 {
			let float = 64.0 * 1.08f64.powi(i32::from(k));
			assert!(
				(Level(k).price().0 as f64 - float).abs() <= 0.5 + float * 1e-12,
				"level {k}"
			);
		}
	}

	#[test]
	fn levels_bracket_prices() {
		assert_eq!(Level::at_most(Price(63)), None);
		assert_eq!(Level::at_most(Price(64)), Some(Level(0)));
		assert_eq!(Level::at_most(Price(68)), Some(Level(0)));
		assert_eq!(Level::at_most(Price(u64::MAX)), Some(Level(255)));
		assert_eq!(Level::at_least(Price(0)), Some(Level(0)));
		assert_eq!(Level::at_least(Price(65)), Some(Level(1)));
		assert_eq!(Level::at_least(Price(u64::MAX)), None);
		for k in 0..=255u8 {
			assert_eq!(Level::at_most(Level(k).price()), Some(Level(k)));
			assert_eq!(Level::at_least(Level(k).price()), Some(Level(k)));
		}
	}

	#[test]
	fn money_rounds_down_when_paid_and_up_when_held() {
		let price = Price(3);
		assert_eq!(price.floor(UNITS_PER_PRICE), Some(3));
		assert_eq!(price.floor(UNITS_PER_PRICE - 1), Some(2));
		assert_eq!(price.ceil(UNITS_PER_PRICE - 1), Some(3));
		assert_eq!(price.ceil(1), Some(1));
		assert_eq!(price.floor(u128::MAX), None);
	}
}
