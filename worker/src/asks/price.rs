//! A price as an owner writes it, and the level that it means.

use millrace_client::{
	amount,
	chain::{BadPrice, DeviceClass, Level, Price},
};
use std::{fmt, str::FromStr};

/// The highest factor, and the highest price as a part of the reference price, in percent.
pub const MOST_PERCENT: u32 = 1_000;

/// What an ask wants for 2³⁰ units.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AskPrice {
	/// This much, or the next level above it: `30000000`, `"0.00003 MILL"`.
	Money(Price),
	/// A step of the ladder: `"level 170"`.
	Level(Level),
	/// So many hundredths of the class's reference price: `"115 %"`.
	Percent(u32),
}

/// A text is no price of an ask.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadAskPrice {
	/// No such level.
	#[error("`{0}` is no level: there are `level 0` to `level 255`")]
	Level(String),
	/// No such part.
	#[error("`{0}` is no part of a price: there are `1 %` to `{MOST_PERCENT} %`")]
	Percent(String),
	/// A number below zero.
	#[error("{0} planck is no price")]
	Negative(i64),
	/// No money.
	#[error(transparent)]
	Price(#[from] BadPrice),
}

impl AskPrice {
	/// The lowest level at or above `factor` hundredths of this price; none above the ladder.
	pub fn level(self, reference: Price, factor: u32) -> Option<Level> {
		let (base, parts) = match self {
			Self::Money(price) => (price, 100),
			Self::Level(level) => (level.price(), 100),
			Self::Percent(parts) => (reference, parts),
		};
		let hundredths = u128::from(base.0).saturating_mul(parts.into());
		let price = hundredths.saturating_mul(factor.into()).div_ceil(10_000);
		Level::at_least(Price(u64::try_from(price).ok()?))
	}

	/// A number of a configuration: planck.
	///
	/// # Errors
	/// It is below zero.
	pub fn of_planck(planck: i64) -> Result<Self, BadAskPrice> {
		let planck = u64::try_from(planck).map_err(|_| BadAskPrice::Negative(planck))?;
		Ok(Self::Money(Price(planck)))
	}
}

impl FromStr for AskPrice {
	type Err = BadAskPrice;

	fn from_str(text: &str) -> Result<Self, BadAskPrice> {
		let trimmed = text.trim();
		if let Some(number) = trimmed.strip_prefix("level") {
			let level = number.trim().parse().map_err(|_| BadAskPrice::Level(text.to_owned()))?;
			return Ok(Self::Level(Level(level)));
		}
		if let Some(number) = trimmed.strip_suffix('%') {
			let percent = percent(number.trim().parse().ok());
			return Ok(Self::Percent(
				percent.ok_or_else(|| BadAskPrice::Percent(text.to_owned()))?,
			));
		}
		Ok(Self::Money(trimmed.parse()?))
	}
}

/// A number of hundredths that a price may have.
pub(super) fn percent(number: Option<i64>) -> Option<u32> {
	let number = u32::try_from(number?).ok()?;
	(1..=MOST_PERCENT).contains(&number).then_some(number)
}

impl fmt::Display for AskPrice {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Money(price) => f.write_str(&amount::print(price.0.into())),
			Self::Level(level) => write!(f, "level {}", level.0),
			Self::Percent(percent) => write!(f, "{percent} %"),
		}
	}
}

/// What 2³⁰ units cost where a device of the class earns its reference revenue. The protocol's document has the same
/// table.
pub fn reference_price(class: DeviceClass) -> Price {
	Price(match class {
		DeviceClass::Cpu4 => 30_000_000,
		DeviceClass::Cpu32 => 75_000_000,
		DeviceClass::Gpu8g => 930_000,
		DeviceClass::Gpu24g => 1_000_000,
		DeviceClass::Gpu80g => 3_700_000,
		DeviceClass::GpuH => 4_000_000,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn prices_read_as_they_print() {
		for text in ["level 0", "level 255", "115 %", "0.00003 MILL"] {
			assert_eq!(text.parse::<AskPrice>().unwrap().to_string(), text);
		}
		assert_eq!("115%".parse(), Ok(AskPrice::Percent(115)));
		assert_eq!("level7".parse(), Ok(AskPrice::Level(Level(7))));
		assert_eq!("30000000".parse(), Ok(AskPrice::Money(Price(30_000_000))));
		assert_eq!(AskPrice::of_planck(64), Ok(AskPrice::Money(Price(64))));
	}

	#[test]
	fn what_is_no_price_is_refused() {
		for text in ["level 256", "level", "level -1"] {
			assert!(matches!(text.parse::<AskPrice>(), Err(BadAskPrice::Level(_))), "{text}");
		}
		for text in ["0 %", "1001 %", "x %", "-5 %"] {
			assert!(
				matches!(text.parse::<AskPrice>(), Err(BadAskPrice::Percent(_))),
				"{text}"
			);
		}
		for text in ["", "cheap", "-1"] {
			assert!(matches!(text.parse::<AskPrice>(), Err(BadAskPrice::Price(_))), "{text}");
		}
		assert_eq!(AskPrice::of_planck(-1), Err(BadAskPrice::Negative(-1)));
	}

	#[test]
	fn a_level_is_the_next_one_at_or_above_the_price() {
		let reference = Price(128);
		let level = |text: &str, factor| {
			text.parse::<AskPrice>()
				.unwrap()
				.level(reference, factor)
				.map(|level| level.0)
		};
		// 64, 69, 75, 81 are levels 0 to 3; 128 is level 9.
		assert_eq!(level("65planck", 100), Some(1));
		assert_eq!(level("64planck", 108), Some(2), "69.12 is above 69");
		assert_eq!(level("level 3", 100), Some(3));
		assert_eq!(level("level 9", 50), Some(0));
		assert_eq!(level("100 %", 100), Some(9));
		assert_eq!(level("50 %", 100), Some(0));
		assert_eq!(level("50 %", 200), Some(9));
		assert_eq!(level("1planck", 1), Some(0));
		assert_eq!(level("level 255", 100), Some(255));
		assert_eq!(level("level 255", 101), None);
	}

	#[test]
	fn the_reference_price_is_the_reference_revenue_over_the_nominal_speed() {
		// MILL in an hour and units in a second, as they were assumed when the classes were made.
		for (class, hourly, speed) in [
			(DeviceClass::Cpu4, 2.0, 2e10),
			(DeviceClass::Cpu32, 40.0, 1.6e11),
			(DeviceClass::Gpu8g, 10.0, 3.2e12),
			(DeviceClass::Gpu24g, 30.0, 8.9e12),
			(DeviceClass::Gpu80g, 120.0, 9.7e12),
			(DeviceClass::GpuH, 200.0, 1.5e13),
		] {
			let price: f64 = hourly * 1e12 / 3_600.0 / (speed / f64::from(1 << 30));
			let written = reference_price(class).0 as f64;
			assert!((price / written - 1.0).abs() < 0.02, "{class}: {price} and {written}");
		}
	}
}
