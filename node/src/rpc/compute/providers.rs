//! Providers, and the filter of their list.

use super::{
	error::Failure,
	given::Fields,
	terms::{read_class, read_region},
	text::{account, class_name, decimal, hash, list, maybe, object, price, provider as id, tagged},
};
use millrace_primitives::ProviderId;
use millrace_runtime::{AccountId, Runtime};
use pallet_providers::{
	types::{Endpoint, Ledger, Load, ProviderFilter, ProviderTerms, Record, Status},
	ProviderOf,
};
use serde_json::Value;

/// Reads which providers are asked for.
pub(super) fn read_filter(given: &Fields<'_>) -> Result<ProviderFilter<AccountId>, Failure> {
	let filter = given.object_or_empty("filter", &["owner", "class", "region", "eligible"])?;
	Ok(ProviderFilter {
		owner: filter.optional("owner").map(|who| who.account()).transpose()?,
		class: filter.optional("class").map(read_class).transpose()?,
		region: filter.optional("region").map(read_region).transpose()?,
		eligible: filter
			.optional("eligible")
			.map_or(Ok(false), |eligible| eligible.flag())?,
	})
}

/// A page of providers.
pub(super) fn providers(page: &[(ProviderId, ProviderOf<Runtime>)], next: Option<ProviderId>) -> Value {
	object([
		("providers", list(page, |(number, one)| provider(*number, one))),
		("next", maybe(next, id)),
	])
}

/// A provider.
pub(super) fn provider(number: ProviderId, provider: &ProviderOf<Runtime>) -> Value {
	object([
		("provider", id(number)),
		("owner", account(&provider.owner)),
		("worker", maybe(provider.worker.as_ref(), account)),
		("payout", account(&provider.payout)),
		("endpoint", endpoint(&provider.endpoint)),
		("terms", terms(&provider.terms)),
		("status", status(provider.status)),
		("load", load(&provider.load)),
		("stake", stake(&provider.ledger)),
		("record", record(&provider.record)),
		("lates", list(&provider.lates, |tick| (*tick).into())),
		("registered", provider.registered.into()),
		("fraudClock", provider.fraud_clock.into()),
		("refill", provider.refill.into()),
		("sampledStake", maybe(provider.sampled_stake, decimal)),
		("noShows", provider.no_shows.into()),
		("outage", provider.outage.into()),
		("returned", provider.returned.into()),
		("devices", provider.devices.into()),
		("measured", provider.measured.into()),
		("measuring", provider.measuring.into()),
	])
}

fn endpoint(endpoint: &Endpoint) -> Value {
	object([
		// The chain only takes ASCII here.
		("host", String::from_utf8_lossy(&endpoint.host).into_owned().into()),
		("port", endpoint.port.into()),
		("tlsKey", hash(endpoint.tls_key)),
	])
}

fn terms(terms: &ProviderTerms) -> Value {
	object([
		("class", class_name(terms.class).into()),
		("region", terms.region.0.into()),
		("lanes", terms.lanes.into()),
		("minPrice", price(terms.min_price)),
		("takesTargets", terms.takes_targets.into()),
	])
}

fn status(status: Status) -> Value {
	match status {
		Status::Active => tagged("active", []),
		Status::Draining => tagged("draining", []),
		Status::Unreachable { draining } => tagged("unreachable", [("draining", draining.into())]),
		Status::Chilled { until } => tagged("chilled", [("until", until.into())]),
		Status::Exiting => tagged("exiting", []),
	}
}

fn load(load: &Load) -> Value {
	object([
		("assigned", load.assigned.into()),
		("running", load.running.into()),
		("committed", load.committed.into()),
		("asks", load.asks.into()),
		("targets", load.targets.into()),
		("largestTarget", decimal(load.largest_target)),
	])
}

fn stake(ledger: &Ledger) -> Value {
	let unbonding = list(&ledger.unbonding, |part| {
		object([("amount", decimal(part.amount)), ("release", part.release.into())])
	});
	object([
		("active", decimal(ledger.active)),
		("unbonding", unbonding),
		("setAside", decimal(ledger.set_aside)),
	])
}

fn record(record: &Record) -> Value {
	object([
		("completed", record.completed.into()),
		("late", record.late.into()),
		("noShow", record.no_show.into()),
		("abandoned", record.abandoned.into()),
		("refuted", record.refuted.into()),
		("silent", record.silent.into()),
		("inputsMissing", record.inputs_missing.into()),
		("outages", record.outages.into()),
		("unreachable", decimal(record.unreachable)),
		("paid", decimal(record.paid)),
	])
}
