//! `millrace provider list`.

use super::{
	super::{
		arguments::ListArguments,
		print::{grouped, table},
		Session,
	},
	asks_text, failures, object, pool,
};
use crate::{amount, chain::ProviderFilter, exit::Failure};
use serde_json::{json, Value};

pub(super) async fn run(session: &Session<'_>, arguments: ListArguments) -> Result<(), Failure> {
	let at = session.chain().await?.finalised().await?;
	let mut rows = Vec::new();
	let filter = ProviderFilter {
		owner: arguments.owner,
		class: arguments.class,
		region: arguments.region,
		eligible: arguments.eligible,
	};
	for provider in at.providers_where(&filter).await? {
		let asks = at.asks(provider.id).await?;
		rows.push((provider, asks));
	}
	let objects: Vec<Value> = rows.iter().map(|(provider, asks)| object(provider, asks)).collect();
	session
		.printer
		.show(&json!({ "providers": objects, "block": at.block().number }), || {
			let cells = rows.iter().map(|(provider, asks)| {
				vec![
					provider.id.to_string(),
					pool(provider),
					provider.status.name().to_owned(),
					format!("{}/{}", provider.running, provider.terms.lanes),
					format!("{}/{}", provider.measured, provider.devices),
					asks_text(asks),
					amount::print(provider.active),
					grouped(provider.record.completed),
					failures(provider),
				]
			});
			table(
				&[
					"id",
					"pool",
					"status",
					"lanes",
					"measured",
					"asks (planck)",
					"stake",
					"completed",
					"failed",
				],
				cells,
			)
		});
	Ok(())
}
