//! `millrace job quote`.

use super::{
	super::{
		print::{grouped, pairs, table},
		Session,
	},
	many::at_once,
};
use crate::{
	amount::{self, Balance},
	chain::{At, Price, ProviderId, Quote, Start, ORDERS_COUNTED},
	exit::{Code, Failure},
	job::{Batch, JobError, Planned, WorstCost},
	job_file::{Buy, JobFile, JobFileError},
	keys::{random, Key},
};
use serde_json::{json, Value};
use std::path::{Path, PathBuf};

pub(super) async fn run(
	session: &Session<'_>,
	paths: &[PathBuf],
	target: Option<ProviderId>,
	price: Option<Price>,
) -> Result<(), Failure> {
	at_once(paths)?;
	let files = paths.iter().map(|path| JobFile::read(path));
	let mut files = files.collect::<Result<Vec<JobFile>, JobFileError>>()?;
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
		for file in &mut files {
			file.offer.buy = Buy::Provider {
				provider,
				price: price.unwrap_or(view.terms.min_price),
			};
		}
	}
	let batch = Batch::make(&chain, &at, files, &key).await?;
	if let Some(job) = batch.jobs.iter().find(|job| job.plan.registers) {
		let cost = batch.cost();
		return Err(
			Failure::from(JobError::NotRegistered(job.plan.kernel)).with_details(json!({
				"escrow": cost.escrow.to_string(),
				"job_fees": cost.job_fees.to_string(),
				"transaction_fees": cost.transaction_fees.to_string(),
			})),
		);
	}
	if let [job] = batch.jobs.as_slice() {
		let (quote, cost) = (ask(&at, job, "the job").await?, &job.plan.cost);
		session.printer.show(&object(&quote, cost), || text(&quote, cost));
		return Ok(());
	}
	let mut quoted = Vec::with_capacity(batch.jobs.len());
	for job in &batch.jobs {
		let file = job.file.path.as_path();
		let quote = ask(&at, job, &file.display().to_string()).await?;
		quoted.push(Quoted {
			file,
			quote,
			cost: &job.plan.cost,
		});
	}
	session.printer.show(&several(&quoted), || several_text(&quoted));
	Ok(())
}

/// What the chain says that a job would cost; or why it would refuse it.
async fn ask(at: &At, job: &Planned, name: &str) -> Result<Quote, Failure> {
	at.quote(job.plan.spec.clone()).await?.map_err(|rejection| {
		let failure = Failure::new(
			Code::Rejected,
			format!("the chain would refuse {name}: {rejection}"),
			rejection.advice(),
		);
		failure.with_details(json!({ "pallet": rejection.pallet, "error": rejection.error }))
	})
}

/// One of several jobs, as it would be if it were alone.
struct Quoted<'a> {
	file: &'a Path,
	quote: Quote,
	cost: &'a WorstCost,
}

/// The sum of a figure of several jobs.
fn sum(quoted: &[Quoted<'_>], figure: impl Fn(&Quoted<'_>) -> Balance) -> Balance {
	quoted
		.iter()
		.fold(0, |sum: Balance, job| sum.saturating_add(figure(job)))
}

fn several(quoted: &[Quoted<'_>]) -> Value {
	let jobs = quoted.iter().map(|job| {
		let mut object = object(&job.quote, job.cost);
		if let Some(object) = object.as_object_mut() {
			object.insert("file".to_owned(), job.file.display().to_string().into());
		}
		object
	});
	let jobs: Vec<Value> = jobs.collect();
	json!({
		"jobs": jobs,
		"escrow": sum(quoted, |job| job.quote.escrow).to_string(),
		"fees": sum(quoted, |job| job.quote.fees).to_string(),
		"deposit": sum(quoted, |job| job.quote.deposit).to_string(),
		"worst": sum(quoted, |job| job.quote.worst).to_string(),
		"expected": sum(quoted, |job| job.quote.expected).to_string(),
		"transaction_fees": sum(quoted, |job| job.cost.transaction_fees).to_string(),
	})
}

fn several_text(quoted: &[Quoted<'_>]) -> String {
	let rows = quoted.iter().map(|job| {
		vec![
			job.file.display().to_string(),
			start(&job.quote.start),
			job.quote.price.to_string(),
			amount::print(job.quote.escrow),
			amount::print(job.quote.worst),
			amount::print(job.quote.expected),
		]
	});
	let header = ["file", "would start", "price", "held: escrow", "worst case", "expected"];
	let jobs = table(&header, rows);
	let sums = pairs([
		("jobs", quoted.len().to_string()),
		("held: escrow", amount::print(sum(quoted, |job| job.quote.escrow))),
		("held: job fees", amount::print(sum(quoted, |job| job.quote.fees))),
		("held: deposit", amount::print(sum(quoted, |job| job.quote.deposit))),
		(
			"cost in the worst case",
			amount::print(sum(quoted, |job| job.quote.worst)),
		),
		("cost, expected", amount::print(sum(quoted, |job| job.quote.expected))),
		(
			"transaction fees, about",
			amount::print(sum(quoted, |job| job.cost.transaction_fees)),
		),
	]);
	format!("{jobs}\n\n{sums}")
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

	fn quoted() -> (Quote, WorstCost) {
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
		(quote, cost)
	}

	#[test]
	fn several_jobs_have_a_row_each_and_their_sums() {
		let (quote, cost) = quoted();
		let of = |file| Quoted {
			file: Path::new(file),
			quote,
			cost: &cost,
		};
		let jobs = [of("a.toml"), of("b.toml"), of("c.toml")];
		let object = several(&jobs);
		assert_eq!(object["jobs"][1]["file"], "b.toml");
		assert_eq!(object["jobs"][1]["escrow"], (5 * MILL).to_string());
		for (name, planck) in [
			("escrow", 15 * MILL),
			("fees", 9 * MILL),
			("deposit", 6 * MILL),
			("worst", 24 * MILL),
			("expected", 12 * MILL),
			("transaction_fees", 3 * MILL / 2),
		] {
			assert_eq!(object[name], planck.to_string(), "{name}");
		}
		let text = several_text(&jobs);
		for part in [
			"a.toml", "c.toml", "15 MILL", "9 MILL", "6 MILL", "24 MILL", "12 MILL", "1.5 MILL",
		] {
			assert!(text.contains(part), "{part}: {text}");
		}
	}

	#[test]
	fn a_quote_has_every_figure() {
		let (quote, cost) = quoted();
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
