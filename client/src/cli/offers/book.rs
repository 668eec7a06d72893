//! `millrace offers book`.

use super::super::{
	arguments::BookArguments,
	print::{grouped, table},
	Session,
};
use crate::{
	chain::{BookLevel, BookView, Pool},
	exit::Failure,
};
use serde_json::{json, Value};

pub(in crate::cli) async fn run(session: &Session<'_>, arguments: BookArguments) -> Result<(), Failure> {
	let at = session.chain().await?.best().await?;
	let pools: Vec<Pool> = match arguments.class {
		Some(class) => vec![Pool {
			class,
			region: arguments.region,
		}],
		None => at.network_stats().await?.pools.iter().map(|pool| pool.pool).collect(),
	};
	let mut books = Vec::new();
	for pool in pools {
		books.push((pool, at.book(pool, arguments.depth).await?));
	}
	let objects: Vec<Value> = books
		.iter()
		.map(|(pool, book)| json!({ "pool": pool, "asks": book.asks, "bids": book.bids, "complete": book.complete }))
		.collect();
	let answer = json!({ "books": objects, "block": at.block().number });
	session.printer.show(&answer, || text(&books));
	if books.iter().any(|(_, book)| !book.complete) {
		session
			.printer
			.note("there are more orders at these levels than the chain counts for one answer");
	}
	Ok(())
}

/// Dearest first, so that asks stand above bids, as in any book.
fn text(books: &[(Pool, BookView)]) -> String {
	let rows = books.iter().flat_map(|(pool, book)| {
		let row = move |side: &str, level: &BookLevel| {
			vec![
				pool.to_string(),
				side.to_owned(),
				grouped(level.price.0),
				level.level.0.to_string(),
				grouped(level.orders),
			]
		};
		let asks = book.asks.iter().rev().map(move |level| row("ask", level));
		let bids = book.bids.iter().map(move |level| row("bid", level));
		asks.chain(bids)
	});
	table(&["pool", "", "planck", "level", "orders"], rows)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::Level;

	#[test]
	fn asks_stand_above_bids_and_the_best_of_both_in_the_middle() {
		let level = |level: u8, orders| BookLevel {
			level: Level(level),
			price: Level(level).price(),
			orders,
		};
		let book = BookView {
			asks: vec![level(130, 2), level(140, 1)],
			bids: vec![level(120, 1_500), level(110, 4)],
			complete: true,
		};
		let shown = text(&[("cpu-4/any".parse().unwrap(), book)]);
		let at = |part: &str| shown.find(part).unwrap_or_else(|| panic!("{part}: {shown}"));
		let order = [at(" 140 "), at(" 130 "), at(" 120 "), at(" 110 ")];
		assert!(order.is_sorted(), "{shown}");
		assert!(shown.contains("1,500"), "{shown}");
	}
}
