//! Queries: conditions such as `class=gpu-24g price<=1000000 failed<=5`, all of which an offer must meet.

use super::Listing;
use crate::{
	amount::{self, Balance},
	chain::{DeviceClass, OfferFilter, Price, ProviderId},
};
use std::{cmp::Ordering, str::FromStr};

/// What a text has that is no query.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadQuery {
	/// A field that there is not.
	#[error("offers have no field `{0}`: there are {FIELDS}")]
	Field(String),
	/// No comparison where one is needed.
	#[error("`{0}` is no condition: write a field, one of = != < <= > >= and a value, such as price<=1000000")]
	Condition(String),
	/// A comparison that says nothing about this field.
	#[error("`{field}` is compared by = or !=, not by {comparison}")]
	Comparison {
		/// The field.
		field: &'static str,
		/// The comparison.
		comparison: &'static str,
	},
	/// A value that the field cannot have.
	#[error("`{value}` is no value for {field}: write {wanted}")]
	Value {
		/// The field.
		field: &'static str,
		/// The value.
		value: String,
		/// What it may be.
		wanted: &'static str,
	},
}

/// The fields, for messages.
const FIELDS: &str = "class, region, provider, price, lanes, free, stake, completed and failed";

/// How two values are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Comparison {
	Equal,
	NotEqual,
	Less,
	AtMost,
	More,
	AtLeast,
}

impl Comparison {
	/// Those of two characters come first, so that `<=` is not taken for `<`.
	const ALL: [(&'static str, Comparison); 7] = [
		("!=", Comparison::NotEqual),
		("<=", Comparison::AtMost),
		(">=", Comparison::AtLeast),
		("==", Comparison::Equal),
		("=", Comparison::Equal),
		("<", Comparison::Less),
		(">", Comparison::More),
	];

	fn name(self) -> &'static str {
		match self {
			Comparison::Equal => "=",
			Comparison::NotEqual => "!=",
			Comparison::Less => "<",
			Comparison::AtMost => "<=",
			Comparison::More => ">",
			Comparison::AtLeast => ">=",
		}
	}

	/// Whether a value that compares like `ordering` with the wanted one passes.
	fn allows(self, ordering: Ordering) -> bool {
		match self {
			Comparison::Equal => ordering.is_eq(),
			Comparison::NotEqual => ordering.is_ne(),
			Comparison::Less => ordering.is_lt(),
			Comparison::AtMost => ordering.is_le(),
			Comparison::More => ordering.is_gt(),
			Comparison::AtLeast => ordering.is_ge(),
		}
	}
}

/// A field with the value that it is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wanted {
	Class(DeviceClass),
	Region(u8),
	Provider(ProviderId),
	Price(Price),
	Lanes(u64),
	Free(u64),
	Stake(Balance),
	Completed(u64),
	/// Percent of all assignments that ended.
	Failed(f64),
}

/// One condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
	wanted: Wanted,
	comparison: Comparison,
}

impl Condition {
	/// Whether an offer meets it.
	pub fn passes(&self, listing: &Listing) -> bool {
		let (offer, provider) = (&listing.offer, &listing.provider);
		let ordering = match self.wanted {
			Wanted::Class(class) => offer.pool.class.cmp(&class),
			Wanted::Region(region) => offer.pool.region.cmp(&region),
			Wanted::Provider(id) => offer.provider.cmp(&id),
			Wanted::Price(price) => offer.price.0.cmp(&price.0),
			Wanted::Lanes(lanes) => u64::from(offer.lanes).cmp(&lanes),
			Wanted::Free(lanes) => u64::from(listing.free()).cmp(&lanes),
			Wanted::Stake(stake) => provider.active.cmp(&stake),
			Wanted::Completed(jobs) => u64::from(provider.record.completed).cmp(&jobs),
			Wanted::Failed(percent) => provider.record.failed_percent().total_cmp(&percent),
		};
		self.comparison.allows(ordering)
	}

	fn new(field: &str, comparison: Comparison, value: &str) -> Result<Condition, BadQuery> {
		let named = || -> Result<DeviceClass, BadQuery> {
			value
				.parse()
				.map_err(|_| bad("class", value, "cpu-4, cpu-32, gpu-8g, gpu-24g, gpu-80g or gpu-h"))
		};
		let wanted = match field {
			"class" => match comparison {
				Comparison::Equal | Comparison::NotEqual => Wanted::Class(named()?),
				other => {
					return Err(BadQuery::Comparison {
						field: "class",
						comparison: other.name(),
					})
				}
			},
			"region" if value == "any" => Wanted::Region(0),
			"region" => Wanted::Region(number("region", value, "any, or a number from 0 to 255")?),
			"provider" => Wanted::Provider(number("provider", value, "a provider's number")?),
			"price" => Wanted::Price(ungrouped(value).parse().map_err(|_| {
				bad(
					"price",
					value,
					"planck for 2^30 units, such as 1000000, or MILL, such as 0.000001MILL",
				)
			})?),
			"lanes" => Wanted::Lanes(number("lanes", value, "a number")?),
			"free" => Wanted::Free(number("free", value, "a number of lanes")?),
			"stake" => {
				let stake = amount::parse(value);
				Wanted::Stake(stake.map_err(|_| bad("stake", value, "an amount, such as 5000MILL"))?)
			}
			"completed" => Wanted::Completed(number("completed", value, "a number of jobs")?),
			"failed" => {
				let digits = value.strip_suffix('%').unwrap_or(value);
				let percent: f64 = number("failed", digits, "percent, 0 to 100")?;
				if !(0.0..=100.0).contains(&percent) {
					return Err(bad("failed", value, "percent, 0 to 100"));
				}
				Wanted::Failed(percent)
			}
			other => return Err(BadQuery::Field(other.to_owned())),
		};
		Ok(Condition { wanted, comparison })
	}
}

fn bad(field: &'static str, value: &str, wanted: &'static str) -> BadQuery {
	BadQuery::Value {
		field,
		value: value.to_owned(),
		wanted,
	}
}

fn number<T: FromStr>(field: &'static str, value: &str, wanted: &'static str) -> Result<T, BadQuery> {
	ungrouped(value).parse().map_err(|_| bad(field, value, wanted))
}

/// Digits may be grouped with `_` or `,`.
fn ungrouped(value: &str) -> String {
	value.chars().filter(|c| !matches!(c, '_' | ',')).collect()
}

/// Conditions, all of which an offer must meet. Without any, every offer does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
	conditions: Vec<Condition>,
}

impl FromStr for Query {
	type Err = BadQuery;

	/// Conditions with spaces between them; there may be some around a comparison and before a unit too.
	fn from_str(text: &str) -> Result<Query, BadQuery> {
		let mut conditions = Vec::new();
		let mut rest = text.trim();
		while !rest.is_empty() {
			let condition = || BadQuery::Condition(rest.split_whitespace().next().unwrap_or_default().to_owned());
			let end = rest.find(|c: char| !c.is_ascii_alphabetic()).ok_or_else(condition)?;
			let (field, behind) = rest.split_at(end);
			let behind = behind.trim_start();
			let (comparison, behind) = Comparison::ALL
				.into_iter()
				.find_map(|(sign, comparison)| Some((comparison, behind.strip_prefix(sign)?)))
				.ok_or_else(condition)?;
			let (value, behind) = word(behind.trim_start());
			if field.is_empty() || value.is_empty() {
				return Err(condition());
			}
			let (unit, behind_unit) = word(behind);
			let is_unit = ["mill", "planck"].contains(&unit.to_ascii_lowercase().as_str());
			let (value, behind) = match is_unit {
				true => (format!("{value}{unit}"), behind_unit),
				false => (value.to_owned(), behind),
			};
			conditions.push(Condition::new(&field.to_ascii_lowercase(), comparison, &value)?);
			rest = behind;
		}
		Ok(Query { conditions })
	}
}

/// The first word, and what comes behind it.
fn word(text: &str) -> (&str, &str) {
	let (word, behind) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
	(word, behind.trim_start())
}

impl Query {
	/// Whether an offer meets all conditions.
	pub fn passes(&self, listing: &Listing) -> bool {
		self.conditions.iter().all(|condition| condition.passes(listing))
	}

	/// What of it the chain can do. It lets through at least what passes.
	pub fn filter(&self) -> OfferFilter {
		let mut filter = OfferFilter::default();
		for condition in &self.conditions {
			match (condition.comparison, condition.wanted) {
				(Comparison::Equal, Wanted::Class(class)) => filter.class = Some(class),
				(Comparison::Equal, Wanted::Region(region)) => filter.region = Some(region),
				(Comparison::Equal, Wanted::Provider(id)) => filter.provider = Some(id),
				(Comparison::Equal | Comparison::AtMost | Comparison::Less, Wanted::Price(price)) => {
					filter.price_at_most = Some(filter.price_at_most.map_or(price, |other| other.min(price)));
				}
				_ => {}
			}
		}
		filter
	}
}

#[cfg(test)]
mod tests;
