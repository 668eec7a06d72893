//! Which provider a job is offered to first: a choice that the chain leaves to whoever buys.

use crate::{
	chain::{Price, ProviderId, Record},
	endpoint::RoundTrip,
};
use serde::Serialize;
use std::{cmp::Ordering, fmt};

/// By what candidates are weighed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
	/// The shortest measured round trip.
	Latency,
	/// The lowest price; of the same price the shorter way.
	Price,
	/// The best record: the share of good ends that it speaks for with 95 %; of the same record the lower price.
	Record,
}

impl fmt::Display for Route {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Route::Latency => "latency",
			Route::Price => "price",
			Route::Record => "record",
		})
	}
}

/// A provider to which a job could be offered.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
	/// Which.
	pub provider: ProviderId,
	/// Where it says it is.
	pub region: u8,
	/// What it is offered: the least price that its owner takes.
	pub price: Price,
	/// Lanes on which the job would start at once.
	pub free: u16,
	/// What became of its assignments.
	pub record: Record,
	/// What was measured of the way to it, or why nothing was.
	pub way: Result<RoundTrip, String>,
}

/// The candidates that were reached, in the order in which they are asked. Whoever has a free lane comes before whoever
/// has none, whatever the route.
pub fn rank(route: Route, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
	candidates.retain(|candidate| candidate.way.is_ok());
	candidates.sort_by(|a, b| compare(route, a, b));
	candidates
}

/// The better one is less. Never equal for two providers, so that the order does not depend on who answered first.
fn compare(route: Route, a: &Candidate, b: &Candidate) -> Ordering {
	let median = |candidate: &Candidate| candidate.way.as_ref().ok().map(|way| way.median);
	let by_way = || median(a).cmp(&median(b));
	let by_price = || a.price.0.cmp(&b.price.0);
	let by_record = || b.record.success_bound().total_cmp(&a.record.success_bound());
	let by_route = || match route {
		Route::Latency => by_way().then_with(by_price),
		Route::Price => by_price().then_with(by_way),
		Route::Record => by_record().then_with(by_price).then_with(by_way),
	};
	(a.free == 0)
		.cmp(&(b.free == 0))
		.then_with(by_route)
		.then_with(|| a.provider.cmp(&b.provider))
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::time::Duration;

	fn candidate(provider: ProviderId, price: u64, completed: u32, late: u32, millis: u64) -> Candidate {
		Candidate {
			provider,
			region: 0,
			price: Price(price),
			free: 1,
			record: Record {
				completed,
				late,
				..Record::default()
			},
			way: Ok(RoundTrip {
				connect: Duration::from_millis(3 * millis),
				median: Duration::from_millis(millis),
			}),
		}
	}

	fn ids(route: Route, candidates: &[Candidate]) -> Vec<ProviderId> {
		let ranked = rank(route, candidates.to_vec());
		ranked.iter().map(|candidate| candidate.provider).collect()
	}

	/// 1 is near, 2 is cheap, 3 has proved itself, 4 has a perfect but short record.
	fn four() -> [Candidate; 4] {
		[
			candidate(1, 300, 10, 10, 5),
			candidate(2, 100, 50, 25, 90),
			candidate(3, 200, 400, 8, 40),
			candidate(4, 250, 2, 0, 60),
		]
	}

	#[test]
	fn each_route_has_its_winner() {
		assert_eq!(ids(Route::Latency, &four()), [1, 3, 4, 2]);
		assert_eq!(ids(Route::Price, &four()), [2, 3, 4, 1]);
		assert_eq!(ids(Route::Record, &four()), [3, 2, 4, 1]);
	}

	#[test]
	fn what_is_equal_is_decided_by_the_rest() {
		let mut same_price = four();
		for candidate in &mut same_price {
			candidate.price = Price(100);
		}
		assert_eq!(ids(Route::Price, &same_price), [1, 3, 4, 2], "by latency");
		let mut same_record = four();
		for candidate in &mut same_record {
			candidate.record = Record::default();
		}
		assert_eq!(ids(Route::Record, &same_record), [2, 3, 4, 1], "by price");
		let twins = [candidate(9, 1, 1, 1, 1), candidate(8, 1, 1, 1, 1)];
		assert_eq!(ids(Route::Latency, &twins), [8, 9], "by number");
	}

	#[test]
	fn whoever_is_not_reached_is_not_asked_and_whoever_is_busy_is_asked_last() {
		let mut all = four();
		all[0].free = 0;
		all[2].way = Err("nobody answers".to_owned());
		assert_eq!(ids(Route::Latency, &all), [4, 2, 1]);
		assert!(rank(Route::Price, Vec::new()).is_empty());
	}
}
