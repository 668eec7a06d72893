//! The price ladder and the arithmetic of escrow and payment, as the market's rules define them.
//!
//! Prices are planck per 2³⁰ units; level k is 64 × 1.08ᵏ rounded to the nearest planck; what is
//! held rounds up, what is paid rounds down.

use crate::amount::{self, Balance};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Units that one [`Price`] buys.
pub const UNITS_PER_PRICE: u128 = 1 << 30;
/// Levels of the ladder.
pub const LEVELS: usize = 256;

/// Planck per 2³⁰ units.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Price(pub u64);

impl Price {
	/// What `units` cost, rounded down: what is paid.
	pub fn floor(self, units: u128) -> Balance {
		units.saturating_mul(u128::from(self.0)) / UNITS_PER_PRICE
	}

	/// What `units` cost, rounded up: what is held.
	pub fn ceil(self, units: u128) -> Balance {
		units.saturating_mul(u128::from(self.0)).div_ceil(UNITS_PER_PRICE)
	}
}

/// A text is no price.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadPrice {
	/// It is no amount of money.
	#[error(transparent)]
	Amount(#[from] amount::AmountError),
	/// It does not fit.
	#[error("`{0}` is higher than any price")]
	TooHigh(String),
}

impl FromStr for Price {
	type Err = BadPrice;

	/// Money for 2³⁰ units: `0.00003 MILL`, `30000000planck`, or a whole number of planck without a unit.
	fn from_str(text: &str) -> Result<Price, BadPrice> {
		let digits = text.trim();
		let planck = if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
			amount::parse(&format!("{digits}planck"))?
		} else {
			amount::parse(digits)?
		};
		u64::try_from(planck)
			.map(Price)
			.map_err(|_| BadPrice::TooHigh(text.to_owned()))
	}
}

impl fmt::Display for Price {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{} per 2^30 units", amount::print(u128::from(self.0)))
	}
}

/// A step of the price ladder.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Level(pub u8);

static LADDER: [u64; LEVELS] = ladder();

/// 64 × 1.08ᵏ with 64 fractional bits.
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
		Price(LADDER[usize::from(self.0)])
	}

	/// The highest level whose price is at most `price`: what a buyer's limit means. `None` below the lowest level.
	pub fn at_most(price: Price) -> Option<Level> {
		let above = LADDER.partition_point(|step| *step <= price.0);
		u8::try_from(above.checked_sub(1)?).ok().map(Level)
	}

	/// The lowest level whose price is at least `price`: what a seller's floor means. `None` above the highest level.
	pub fn at_least(price: Price) -> Option<Level> {
		u8::try_from(LADDER.partition_point(|step| *step < price.0))
			.ok()
			.map(Level)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_ladder_is_geometric() {
		// By hand: 64; 69.12; 74.6496; 80.62…; 64 × 1.08⁹ = 127.93…
		for (k, price) in [(0, 64), (1, 69), (2, 75), (3, 81), (9, 128)] {
			assert_eq!(Level(k).price(), Price(price));
		}
		for k in 0..=255u8 {
			let float = 64.0 * 1.08f64.powi(i32::from(k));
			assert!(
				(Level(k).price().0 as f64 - float).abs() <= 0.5 + float * 1e-12,
				"level {k}"
			);
			assert_eq!(Level::at_most(Level(k).price()), Some(Level(k)));
			assert_eq!(Level::at_least(Level(k).price()), Some(Level(k)));
		}
		assert_eq!(Level::at_most(Price(63)), None);
		assert_eq!(Level::at_least(Price(u64::MAX)), None);
	}

	#[test]
	fn prices_read_as_money_or_planck() {
		for text in ["0.00003 MILL", "30000000planck", "30000000", "0.00003"] {
			assert_eq!(text.parse(), Ok(Price(30_000_000)), "{text}");
		}
		assert!(matches!("20000000 MILL".parse::<Price>(), Err(BadPrice::TooHigh(_))));
		assert!(matches!("cheap".parse::<Price>(), Err(BadPrice::Amount(_))));
		assert!(matches!("".parse::<Price>(), Err(BadPrice::Amount(_))));
	}

	#[test]
	fn what_is_held_rounds_up_and_what_is_paid_rounds_down() {
		assert_eq!(Price(3).floor(UNITS_PER_PRICE - 1), 2);
		assert_eq!(Price(3).ceil(UNITS_PER_PRICE - 1), 3);
		assert_eq!(Price(3).ceil(1), 1);
	}
}
