//! `millrace job reprice`.

use super::super::{print::pairs, Session};
use crate::{
	amount,
	chain::{Call, JobEvent, JobId, Level, Price},
	exit::Failure,
};
use serde_json::json;

/// Moves a job that waits to another level of its book.
pub(super) async fn reprice(
	session: &Session<'_>,
	id: JobId,
	price: Option<Price>,
	level: Option<u8>,
) -> Result<(), Failure> {
	let level = match (level, price) {
		(Some(level), _) => Level(level),
		(None, Some(price)) => Level::at_most(price).ok_or_else(below)?,
		(None, None) => return Err(below()),
	};
	let key = session.key()?;
	let chain = session.chain().await?;
	let included = chain
		.call_final(&Call::RepriceJob { job: id, level }, key.pair())
		.await?;
	let assigned = included
		.jobs
		.iter()
		.any(|(job, event)| *job == id && matches!(event, JobEvent::Assigned { .. }));
	let object = json!({
		"job": id,
		"level": level.0,
		"price": level.price(),
		"assigned": assigned,
		"fee": included.fee.to_string(),
		"block": included.block.number,
	});
	session.printer.show(&object, || {
		pairs([
			("bids now", level.price().to_string()),
			("assigned by that", if assigned { "yes" } else { "no" }.to_owned()),
			("transaction fee", amount::print(included.fee)),
			("final in block", included.block.number.to_string()),
		])
	});
	Ok(())
}

fn below() -> Failure {
	Failure::usage(
		"the price is below the lowest level, 64 planck for 2^30 units",
		"raise it, or give --level",
	)
}
