//! `millrace offers`.

mod book;

use super::{
	arguments::{OffersCommand, SearchArguments},
	print::{grouped, table},
	Session,
};
use crate::{
	amount,
	chain::{Chain, Endpoint, ProviderId},
	endpoint::{measure, MOST_MEASURED},
	exit::{Code, Failure},
	offers::{search, BadQuery, Field, Listing, Query},
};
use serde_json::{json, Value};
use std::collections::BTreeMap;

pub(super) async fn run(session: &Session<'_>, command: OffersCommand) -> Result<(), Failure> {
	match command {
		OffersCommand::Search(arguments) => find(session, arguments).await,
		OffersCommand::Book(arguments) => book::run(session, arguments).await,
	}
}

impl From<BadQuery> for Failure {
	fn from(error: BadQuery) -> Failure {
		Failure::usage(error.to_string(), "`millrace offers search --help` explains the fields")
	}
}

async fn find(session: &Session<'_>, arguments: SearchArguments) -> Result<(), Failure> {
	let query: Query = arguments.conditions.join(" ").parse()?;
	if arguments.order.field == Field::Latency && !arguments.ping {
		return Err(Failure::usage(
			"nothing is measured without --ping",
			"give --ping as well",
		));
	}
	let chain = session.chain().await?;
	let at = chain.finalised().await?;
	let mut listings = search(&at, &query).await?;
	if arguments.ping {
		ping(session, &chain, &mut listings, arguments.allow_private).await;
	}
	arguments.order.sort(&mut listings);
	let found = listings.len();
	listings.truncate(arguments.limit.unwrap_or(found));
	let objects: Vec<Value> = listings.iter().map(object).collect();
	let answer = json!({ "offers": objects, "found": found, "block": at.block().number });
	if listings.is_empty() && arguments.limit != Some(0) {
		return Err(Failure::new(
			Code::NoSupply,
			"no offer meets all conditions",
			"leave a condition out; `millrace offers book` shows all pools",
		));
	}
	session.printer.show(&answer, || text(&listings));
	Ok(())
}

/// Measures the ways to the first providers.
async fn ping(session: &Session<'_>, chain: &Chain, listings: &mut [Listing], allow_private: bool) {
	let mut endpoints: Vec<(ProviderId, Endpoint)> = Vec::new();
	for listing in listings.iter() {
		let id = listing.provider.id;
		if !endpoints.iter().any(|(known, _)| *known == id) {
			endpoints.push((id, listing.provider.endpoint.clone()));
		}
	}
	if endpoints.len() > MOST_MEASURED {
		session.printer.note(&format!(
			"{} providers were found; the {MOST_MEASURED} cheapest are measured",
			endpoints.len()
		));
	}
	let ways = measure(chain.genesis(), endpoints, allow_private).await;
	let ways: BTreeMap<ProviderId, Result<_, String>> = ways
		.into_iter()
		.map(|(id, way)| (id, way.map_err(|error| error.to_string())))
		.collect();
	for listing in listings.iter_mut() {
		listing.way = ways.get(&listing.provider.id).cloned();
	}
}

fn object(listing: &Listing) -> Value {
	let (offer, provider) = (&listing.offer, &listing.provider);
	let record = &provider.record;
	let way = listing.way.as_ref().map(|way| match way {
		Ok(way) => json!({ "millis": way.millis(), "connect_millis": way.connect.as_millis() as u64 }),
		Err(reason) => json!({ "error": reason }),
	});
	json!({
		"provider": offer.provider,
		"slot": offer.slot,
		"pool": offer.pool,
		"level": offer.level,
		"price": offer.price,
		"placed_tick": offer.placed,
		"parked": offer.parked,
		"lanes": offer.lanes,
		"free": listing.free(),
		"room": offer.room,
		"stake": provider.active.to_string(),
		"status": provider.status,
		"takes_targets": provider.terms.takes_targets,
		"min_price": provider.terms.min_price,
		"completed": record.completed,
		"failures": record.failures(),
		"failed_percent": record.failed_percent(),
		"success_bound": record.success_bound(),
		"way": way,
	})
}

fn text(listings: &[Listing]) -> String {
	let measured = listings.iter().any(|listing| listing.way.is_some());
	let rows = listings.iter().map(|listing| {
		let (offer, record) = (&listing.offer, &listing.provider.record);
		let mut row = vec![
			offer.provider.to_string(),
			offer.pool.to_string(),
			grouped(offer.price.0),
			format!("{}/{}", listing.free(), offer.lanes),
			amount::print(listing.provider.active),
			grouped(record.completed),
			format!("{:.1} %", record.failed_percent()),
			format!("{:.3}", record.success_bound()),
			if offer.parked { "is full" } else { "" }.to_owned(),
		];
		if measured {
			row.push(match &listing.way {
				Some(Ok(way)) => format!("{:.1} ms", way.millis()),
				Some(Err(reason)) => reason.clone(),
				None => "not measured".to_owned(),
			});
		}
		row
	});
	let mut header = vec![
		"provider",
		"pool",
		"planck",
		"free lanes",
		"stake",
		"completed",
		"failed",
		"record",
		"",
	];
	header.extend(measured.then_some("round trip"));
	table(&header, rows)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{endpoint::RoundTrip, offers::fixture::listing};
	use std::time::Duration;

	#[test]
	fn offers_are_rows_and_objects() {
		let mut near = listing(7);
		near.provider.record.completed = 19;
		near.provider.record.late = 1;
		let shown = text(&[near.clone()]);
		for part in ["gpu-24g/3", "1,000,000", "2/2", "10080 MILL", "5.0 %"] {
			assert!(shown.contains(part), "{part}: {shown}");
		}
		assert!(!shown.contains("round trip"), "{shown}");
		near.way = Some(Ok(RoundTrip {
			connect: Duration::from_millis(40),
			median: Duration::from_micros(12_340),
		}));
		let mut silent = listing(8);
		silent.way = Some(Err("nobody answers".to_owned()));
		silent.offer.parked = true;
		silent.offer.room = 0;
		let shown = text(&[near.clone(), silent.clone()]);
		for part in ["round trip", "12.3 ms", "nobody answers", "is full", "0/2"] {
			assert!(shown.contains(part), "{part}: {shown}");
		}
		let objects = [object(&near), object(&silent)];
		assert_eq!(objects[0]["way"]["millis"], 12.34);
		assert_eq!(objects[0]["pool"], "gpu-24g/3");
		assert_eq!(objects[0]["failed_percent"], 5.0);
		assert_eq!(objects[1]["way"]["error"], "nobody answers");
		assert_eq!(objects[1]["free"], 0);
	}
}
