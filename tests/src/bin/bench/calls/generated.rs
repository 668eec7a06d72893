//! What a generated weight charges beside the items of the database, read from its text.

use std::collections::BTreeMap;

/// A time, in picoseconds, and what each unit of a component adds to it.
#[derive(Debug, PartialEq)]
pub(super) struct Charge {
	base: f64,
	slopes: BTreeMap<String, f64>,
}

impl Charge {
	/// What the function of this name charges; none where there is no such function, or it is not as they are generated.
	pub(super) fn of(weights: &str, function: &str) -> Option<Charge> {
		let (_, body) = weights.split_once(&format!("\tfn {function}("))?;
		let (body, _) = body.split_once("\n\t}")?;
		let mut charge = Charge {
			base: time(body.split_once("\t\tWeight::from_parts(")?.1)?,
			slopes: BTreeMap::new(),
		};
		for part in body.split("saturating_add(Weight::from_parts(").skip(1) {
			let (_, component) = part.split_once("saturating_mul(")?;
			let (component, _) = component.split_once(".into()")?;
			charge.slopes.insert(component.to_owned(), time(part)?);
		}
		Some(charge)
	}

	/// What is charged for so large components.
	pub(super) fn at(&self, components: &BTreeMap<String, f64>) -> f64 {
		let of = |(name, slope): (&String, &f64)| slope * components.get(name).copied().unwrap_or_default();
		self.base + self.slopes.iter().map(of).sum::<f64>()
	}
}

/// The number at the start, in digits and underscores.
fn time(text: &str) -> Option<f64> {
	let (digits, _) = text.split_once(',')?;
	digits.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
	use super::*;

	const WEIGHTS: &str = "
	fn settle() -> Weight {
		// Minimum execution time: 79_000_000 picoseconds.
		Weight::from_parts(81_401_000, 0)
			.saturating_add(T::DbWeight::get().reads(14))
			.saturating_add(T::DbWeight::get().writes(12))
	}
	fn refute_units(u: u32, ) -> Weight {
		// Minimum execution time: 500_000_000 picoseconds.
		Weight::from_parts(1_000_000, 0)
			// Standard error: 2
			.saturating_add(Weight::from_parts(12_345, 0).saturating_mul(u.into()))
			.saturating_add(T::DbWeight::get().reads(14))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(u.into())))
	}
";

	#[test]
	fn the_time_is_read_without_the_database() {
		let charge = Charge::of(WEIGHTS, "settle").expect("it is there");
		assert_eq!(charge.at(&BTreeMap::new()), 81_401_000.0);
		assert_eq!(charge.slopes, BTreeMap::new());
	}

	#[test]
	fn components_add_their_share() {
		let charge = Charge::of(WEIGHTS, "refute_units").expect("it is there");
		let at = |u| charge.at(&BTreeMap::from([("u".to_owned(), u)]));
		assert_eq!((at(0.0), at(1_000.0)), (1_000_000.0, 13_345_000.0));
	}

	#[test]
	fn a_function_that_is_not_there_charges_nothing() {
		assert_eq!(Charge::of(WEIGHTS, "settle_now"), None);
	}
}
