//! Money as people write it: `12.5 MILL`, `12.5`, `1000planck`. Exact: no floating point, nothing is rounded.

/// Money, in planck: 10⁻¹² MILL.
pub type Balance = u128;
/// Planck in one MILL.
pub const MILL: Balance = 1_000_000_000_000;
/// Decimal places of a MILL.
const DECIMALS: usize = 12;

/// A text is no amount.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AmountError {
	/// It is not a number with an optional unit.
	#[error("`{0}` is no amount: write `12.5 MILL`, `12.5` or `1000planck`")]
	Malformed(String),
	/// More than twelve decimal places.
	#[error("`{0}` has more than 12 decimal places: one planck is the least there is")]
	TooFine(String),
	/// Planck come whole.
	#[error("`{0}` is a part of a planck: there is none")]
	PartOfPlanck(String),
	/// It does not fit.
	#[error("`{0}` is more money than can be")]
	TooMuch(String),
}

/// Reads an amount; without a unit it is MILL. Digits may be grouped with `_` or `,`.
///
/// # Errors
/// [`AmountError`], with the text as given.
pub fn parse(text: &str) -> Result<Balance, AmountError> {
	let malformed = || AmountError::Malformed(text.to_owned());
	let too_much = || AmountError::TooMuch(text.to_owned());
	let trimmed = text.trim();
	let split = trimmed.find(|c: char| c.is_alphabetic()).unwrap_or(trimmed.len());
	let (number, unit) = trimmed.split_at(split);
	let number: String = number.trim().chars().filter(|c| !matches!(c, '_' | ',')).collect();
	let in_planck = match unit.to_ascii_lowercase().as_str() {
		"" | "mill" => false,
		"planck" | "plancks" => true,
		_ => return Err(malformed()),
	};
	let (whole, fraction) = match number.split_once('.') {
		Some((whole, fraction)) => (whole, Some(fraction)),
		None => (number.as_str(), None),
	};
	let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
	if !is_digits(whole) || !fraction.is_none_or(is_digits) {
		return Err(malformed());
	}
	let whole: Balance = whole.parse().map_err(|_| too_much())?;
	if in_planck {
		return match fraction {
			None => Ok(whole),
			Some(_) => Err(AmountError::PartOfPlanck(text.to_owned())),
		};
	}
	let fraction = fraction.unwrap_or_default().trim_end_matches('0');
	if fraction.len() > DECIMALS {
		return Err(AmountError::TooFine(text.to_owned()));
	}
	let fraction: Balance = format!("{fraction:0<DECIMALS$}").parse().map_err(|_| too_much())?;
	whole
		.checked_mul(MILL)
		.and_then(|planck| planck.checked_add(fraction))
		.ok_or_else(too_much)
}

/// Writes an amount in MILL without trailing zeros: `12.5 MILL`. [`parse`] gives the same amount back.
pub fn print(planck: Balance) -> String {
	let (whole, fraction) = (planck / MILL, planck % MILL);
	if fraction == 0 {
		return format!("{whole} MILL");
	}
	let fraction = format!("{fraction:0>DECIMALS$}");
	format!("{whole}.{} MILL", fraction.trim_end_matches('0'))
}

/// Amounts in JSON: planck as a decimal text, because most readers of JSON lose digits of large numbers.
pub mod text {
	use super::Balance;
	use serde::{Deserialize, Deserializer, Serializer};

	/// For `#[serde(with = "…")]`.
	///
	/// # Errors
	/// As the serializer.
	pub fn serialize<S: Serializer>(planck: &Balance, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(planck)
	}

	/// For `#[serde(with = "…")]`.
	///
	/// # Errors
	/// The text is no whole number.
	pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Balance, D::Error> {
		String::deserialize(deserializer)?
			.parse()
			.map_err(serde::de::Error::custom)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn amounts_read_exactly() {
		for (text, planck) in [
			("0", 0),
			("1", MILL),
			("12.5 MILL", 12 * MILL + MILL / 2),
			("12.5mill", 12 * MILL + MILL / 2),
			(" 0.000000000001 ", 1),
			("0.0000000000010000", 1),
			("1_000,000 MILL", 1_000_000 * MILL),
			("1000planck", 1000),
			("1000 planck", 1000),
			("340282366920938463463374607431768211455 planck", u128::MAX),
		] {
			assert_eq!(parse(text), Ok(planck), "{text}");
		}
	}

	#[test]
	fn nonsense_is_named() {
		for text in [
			"", "MILL", ".5", "5.", "-1", "+1", "1e3", "1 DOT", "1 2", "0x10", "1.2.3", "1 MILL x", "½",
		] {
			assert!(
				matches!(parse(text), Err(AmountError::Malformed(_))),
				"{text}: {:?}",
				parse(text)
			);
		}
		assert!(matches!(parse("0.0000000000001"), Err(AmountError::TooFine(_))));
		assert!(matches!(parse("1.5planck"), Err(AmountError::PartOfPlanck(_))));
		assert!(matches!(
			parse("340282366920938463463374607431768211456planck"),
			Err(AmountError::TooMuch(_))
		));
		assert!(matches!(
			parse("340282366920938463463374608"),
			Err(AmountError::TooMuch(_))
		));
	}

	#[test]
	fn amounts_print_short() {
		assert_eq!(print(0), "0 MILL");
		assert_eq!(print(1), "0.000000000001 MILL");
		assert_eq!(print(5 * MILL), "5 MILL");
		assert_eq!(print(5 * MILL + MILL / 4), "5.25 MILL");
	}

	proptest! {
		#[test]
		fn what_is_printed_reads_back(planck: u128) {
			prop_assert_eq!(parse(&print(planck)), Ok(planck));
		}
	}
}
