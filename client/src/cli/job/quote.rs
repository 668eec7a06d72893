//! `millrace job quote`.

use super::super::{
	print::{grouped, pairs},
	Session,
};
use crate::{
	amount,
	chain::{Price, ProviderId, Quote, Start, ORDERS_COUNTED},
	exit::{Code, Failure},
	job::{JobError, Plan, WorstCost},
	job_file::{Buy, JobFile},
	keys::{random, Key},
};
use serde_json::{json, Value};
use std::path::Path;

pub(super) async fn run(
	session: &Session<'_>,
	path: &Path,
	target: Option<ProviderId>,
	price: Option<Price>,
) -> Result<(), Failure> {
	let mut file = JobFile::read(path)?;
	// Fees are estimated for a signed transaction; whose it is makes no difference, and nothing is sent.
	let key = match session.global.key {
		Some(_) => session.key()?,
		None => Key::from_seed(random())?,
	};
	let chain = session.chain().await?;
	let at = chain.best().await?;
	if let Some(provider) = target {
		let view = at.provider(provider).await?.ok_or_else(|| JobError::NotEligible {
			provider,
			reason: "there is none".to_owned(),
		})?;
		file.offer.buy = Buy::Provider {
			provider,
			price: price.unwrap_or(view.terms.min_price),
		};
	}
	let plan = Plan::make(&chain, &at, &file, &key).await?;
	if plan.registers {
		return Err(Failure::from(JobError::NotRegistered(plan.kernel)).with_details(json!({
			"escrow": plan.cost.escrow.to_string(),
			"job_fees": plan.cost.job_fees.to_string(),
			"transaction_fees": plan.cost.transaction_fees.to_string(),
		})));
	}
	let quote = at.quote(plan.spec.clone()).await?.map_err(|rejection| {
		let failure = Failure::new(
			Code::Rejected,
			format!("the chain would refuse the job: {rejection}"),
			rejection.advice(),
		);
		failure.with_details(json!({ "pallet": rejection.pallet, "error": rejection.error }))
	})?;
	session
		.printer
		.show(&object(&quote, &plan.cost), || text(&quote, &plan.cost));
	Ok(())
}

fn object(quote: &Quote, cost: &WorstCost) -> Value {
	let mut object = json!(quote);
	if let Some(object) = object.as_object_mut() {
		let transactions = cost.transaction_fees;
		object.insert("transaction_fees".to_owned(), transactions.to_string().into());
		object.insert("most_units".to_owned(), cost.units_max.into());
		object.insert("data_units".to_owned(), cost.data_units.to_string().into());
	}
	object
}

fn text(quote: &Quote, cost: &WorstCost) -> String {
	pairs([
		("would start", start(&quote.start)),
		("price", quote.price.to_string()),
		("units, at most", grouped(cost.units_max)),
		("units, for moving data", grouped(cost.data_units)),
		("held: escrow", amount::print(quote.escrow)),
		("held: job fees", amount::print(quote.fees)),
		("held: deposit", amount::print(quote.deposit)),
		("costs in the worst case", amount::print(quote.worst)),
		("costs, expected", amount::print(quote.expected)),
		("transaction fees, about", amount::print(cost.transaction_fees)),
	])
}

fn start(start: &Start) -> String {
	match *start {
		Start::Now { provider } => format!("at once, by provider {provider}"),
		// Only asks are before it whose providers cannot serve any more.
		Start::Behind { ahead: 0 } => "in one of the next blocks".to_owned(),
		Start::Behind { ahead: 1 } => "behind 1 other job".to_owned(),
		Start::Behind { ahead } if ahead >= ORDERS_COUNTED => format!("behind at least {} others", grouped(ahead)),
		Start::Behind { ahead } => format!("behind {} others", grouped(ahead)),
		Start::NoAsk { cheapest: None } => "not now: nobody offers work in this pool".to_owned(),
		Start::NoAsk {
			cheapest: Some(cheapest),
		} => format!("not now: the cheapest offer wants {} planck", grouped(cheapest.0)),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::amount::MILL;

	#[test]
	fn a_quote_has_every_figure() {
		let quote = Quote {
			start: Start::NoAsk {
				cheapest: Some(Price(2_000_000)),
			},
			price: Price(1_000_000),
			escrow: 5 * MILL,
			fees: 3 * MILL,
			deposit: 2 * MILL,
			worst: 8 * MILL,
			expected: 4 * MILL,
		};
		let cost = WorstCost {
			price: quote.price,
			data_units: 7,
			units_max: 1_234_567,
			escrow: quote.escrow,
			job_fees: quote.fees,
			deposit: quote.deposit,
			transaction_fees: MILL / 2,
		};
		let shown = text(&quote, &cost);
		for part in [
			"the cheapest offer wants 2,000,000 planck",
			"1,234,567",
			"5 MILL",
			"3 MILL",
			"2 MILL",
			"8 MILL",
			"4 MILL",
			"0.5 MILL",
		] {
			assert!(shown.contains(part), "{part}: {shown}");
		}
		let object = object(&quote, &cost);
		assert_eq!(object["start"]["when"], "no_ask");
		assert_eq!(object["worst"], (8 * MILL).to_string());
		assert_eq!(object["transaction_fees"], (MILL / 2).to_string());
	}

	#[test]
	fn starts_have_words() {
		for (when, words) in [
			(Start::Now { provider: 4 }, "at once, by provider 4"),
			(Start::Behind { ahead: 0 }, "in one of the next blocks"),
			(Start::Behind { ahead: 1 }, "behind 1 other job"),
			(Start::Behind { ahead: 20 }, "behind 20 others"),
			(Start::Behind { ahead: 1_000 }, "behind at least 1,000 others"),
			(
				Start::NoAsk { cheapest: None },
				"not now: nobody offers work in this pool",
			),
		] {
			assert_eq!(start(&when), words);
		}
	}
}
