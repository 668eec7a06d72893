//! In which order offers are listed.

use super::{by_price, Listing};
use std::{cmp::Ordering, fmt, str::FromStr};

/// What offers are ordered by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Field {
	/// Cheapest first.
	Price,
	/// Best record first: by the share of good ends that it speaks for with 95 %.
	Record,
	/// Most stake first.
	Stake,
	/// Most lanes first.
	Lanes,
	/// Most free lanes first.
	Free,
	/// By number.
	Provider,
	/// Shortest measured round trip first; whoever was not reached comes last.
	Latency,
}

impl Field {
	/// Every field.
	pub const ALL: [Field; 7] = [
		Field::Price,
		Field::Record,
		Field::Stake,
		Field::Lanes,
		Field::Free,
		Field::Provider,
		Field::Latency,
	];

	/// The field's name, as it is written on the command line.
	pub fn name(self) -> &'static str {
		match self {
			Field::Price => "price",
			Field::Record => "record",
			Field::Stake => "stake",
			Field::Lanes => "lanes",
			Field::Free => "free",
			Field::Provider => "provider",
			Field::Latency => "latency",
		}
	}
}

/// An order: the best first, or with a `-` behind the field's name the other way round.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Order {
	/// By what.
	pub field: Field,
	/// Whether the best comes last.
	pub reversed: bool,
}

/// A text names no order.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
	"`{0}` is no order: offers are ordered by price, record, stake, lanes, free, provider or latency; a - behind it turns \
	 the order round"
)]
pub struct BadOrder(String);

impl FromStr for Order {
	type Err = BadOrder;

	fn from_str(text: &str) -> Result<Order, BadOrder> {
		let (name, reversed) = match text.strip_suffix('-') {
			Some(name) => (name, true),
			None => (text, false),
		};
		let field = Field::ALL.into_iter().find(|field| field.name() == name);
		field
			.map(|field| Order { field, reversed })
			.ok_or_else(|| BadOrder(text.to_owned()))
	}
}

impl fmt::Display for Order {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.field.name())?;
		f.write_str(if self.reversed { "-" } else { "" })
	}
}

impl Order {
	/// Puts offers into this order; equal ones stay cheapest first.
	pub fn sort(self, listings: &mut [Listing]) {
		listings.sort_by(|a, b| {
			let best_first = self.field.compare(a, b);
			let ordering = if self.reversed {
				best_first.reverse()
			} else {
				best_first
			};
			ordering.then_with(|| by_price(a, b))
		});
	}
}

impl Field {
	/// The better one is less.
	fn compare(self, a: &Listing, b: &Listing) -> Ordering {
		let record = |listing: &Listing| listing.provider.record.success_bound();
		match self {
			Field::Price => a.offer.price.0.cmp(&b.offer.price.0),
			Field::Record => record(b).total_cmp(&record(a)),
			Field::Stake => b.provider.active.cmp(&a.provider.active),
			Field::Lanes => b.offer.lanes.cmp(&a.offer.lanes),
			Field::Free => b.free().cmp(&a.free()),
			Field::Provider => a.offer.provider.cmp(&b.offer.provider),
			Field::Latency => match (&a.way, &b.way) {
				(Some(Ok(a)), Some(Ok(b))) => a.median.cmp(&b.median),
				(Some(Ok(_)), _) => Ordering::Less,
				(_, Some(Ok(_))) => Ordering::Greater,
				_ => Ordering::Equal,
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::{super::fixture::listing, *};
	use crate::{chain::Price, endpoint::RoundTrip};
	use std::time::Duration;

	fn sorted(order: &str, mut listings: Vec<Listing>) -> Vec<u32> {
		order.parse::<Order>().unwrap().sort(&mut listings);
		listings.iter().map(|listing| listing.offer.provider).collect()
	}

	/// 1 is dear and has proved itself, 2 is cheap and new, 3 is between and often late.
	fn three() -> Vec<Listing> {
		let mut all = vec![listing(1), listing(2), listing(3)];
		for (listing, (price, completed, late, stake, lanes, running)) in all.iter_mut().zip([
			(3_000_000, 200, 1, 30, 8, 8),
			(1_000_000, 0, 0, 20, 4, 0),
			(2_000_000, 60, 40, 10, 2, 1),
		]) {
			listing.offer.price = Price(price);
			listing.offer.lanes = lanes;
			listing.provider.terms.lanes = lanes;
			listing.provider.running = running;
			listing.provider.record.completed = completed;
			listing.provider.record.late = late;
			listing.provider.active = stake;
		}
		all
	}

	#[test]
	fn every_field_orders_the_best_first_and_can_be_turned_round() {
		for (order, ids) in [
			("price", [2, 3, 1]),
			("price-", [1, 3, 2]),
			("record", [1, 3, 2]),
			("record-", [2, 3, 1]),
			("stake", [1, 2, 3]),
			("lanes", [1, 2, 3]),
			("free", [2, 3, 1]),
			("provider-", [3, 2, 1]),
		] {
			assert_eq!(sorted(order, three()), ids, "{order}");
		}
	}

	#[test]
	fn whoever_was_not_reached_comes_last() {
		let mut all = three();
		let trip = |millis| {
			Some(Ok(RoundTrip {
				connect: Duration::from_millis(100),
				median: Duration::from_millis(millis),
			}))
		};
		all[0].way = trip(30);
		all[1].way = Some(Err("nobody answers".to_owned()));
		all[2].way = trip(5);
		assert_eq!(sorted("latency", all), [3, 1, 2]);
	}

	#[test]
	fn equal_offers_stay_cheapest_first() {
		let mut all = three();
		for listing in &mut all {
			listing.provider.active = 7;
		}
		assert_eq!(sorted("stake", all.clone()), [2, 3, 1]);
		assert_eq!(sorted("stake-", all), [2, 3, 1]);
	}

	#[test]
	fn orders_read_as_they_print_and_an_unknown_one_names_those_there_are() {
		for field in Field::ALL {
			for text in [field.name().to_owned(), format!("{}-", field.name())] {
				assert_eq!(text.parse::<Order>().unwrap().to_string(), text);
			}
		}
		for bad in ["", "-", "cost", "-price", "price--"] {
			let error = bad.parse::<Order>().unwrap_err().to_string();
			assert!(error.contains("price, record, stake"), "{error}");
		}
	}
}
