//! Providers and what they offer.

use super::{pool, providers, BoundedVec, FromRuntime, IntoRuntime};
use crate::chain::{
	generated::api, AccountId, DeviceClass, Endpoint, Price, ProviderId, ProviderTerms, ProviderView, Record, Status,
	Unbonding,
};

impl IntoRuntime for Endpoint {
	type Runtime = providers::Endpoint;
	fn into_runtime(self) -> providers::Endpoint {
		providers::Endpoint {
			host: BoundedVec(self.host.into_bytes()),
			port: self.port,
			tls_key: self.tls_key,
		}
	}
}

impl IntoRuntime for ProviderTerms {
	type Runtime = providers::ProviderTerms;
	fn into_runtime(self) -> providers::ProviderTerms {
		providers::ProviderTerms {
			class: self.class.into_runtime(),
			region: pool::Region(self.region),
			lanes: self.lanes,
			min_price: self.min_price.into_runtime(),
			takes_targets: self.takes_targets,
		}
	}
}

impl FromRuntime<(ProviderId, api::providers::storage::providers::Output)> for ProviderView {
	fn from_runtime((id, provider): (ProviderId, api::providers::storage::providers::Output)) -> ProviderView {
		let worker: Option<AccountId> = provider.worker;
		ProviderView {
			id,
			owner: provider.owner,
			worker,
			payout: provider.payout,
			endpoint: Endpoint {
				// What the chain does not promise to be text is shown as well as can be, and resolves to nothing.
				host: String::from_utf8_lossy(&provider.endpoint.host.0).into_owned(),
				port: provider.endpoint.port,
				tls_key: provider.endpoint.tls_key,
			},
			terms: ProviderTerms {
				class: DeviceClass::from_runtime(provider.terms.class),
				region: provider.terms.region.0,
				lanes: provider.terms.lanes,
				min_price: Price(provider.terms.min_price.0),
				takes_targets: provider.terms.takes_targets,
			},
			status: match provider.status {
				providers::Status::Active => Status::Active,
				providers::Status::Draining => Status::Draining,
				providers::Status::Unreachable { draining } => Status::Unreachable { draining },
				providers::Status::Chilled { until } => Status::Chilled { until },
				providers::Status::Exiting => Status::Exiting,
			},
			assigned: provider.load.assigned,
			running: provider.load.running,
			committed: provider.load.committed,
			active: provider.ledger.active,
			unbonding: provider
				.ledger
				.unbonding
				.0
				.into_iter()
				.map(|part| Unbonding {
					amount: part.amount,
					release: part.release,
				})
				.collect(),
			set_aside: provider.ledger.set_aside,
			fraud_clock: provider.fraud_clock,
			lates: u32::try_from(provider.lates.0.len()).unwrap_or(u32::MAX),
			refill: provider.refill,
			no_shows: provider.no_shows,
			outage: provider.outage,
			returned: provider.returned,
			devices: provider.devices,
			measured: provider.measured,
			measuring: provider.measuring,
			record: Record {
				completed: provider.record.completed,
				late: provider.record.late,
				no_show: provider.record.no_show,
				abandoned: provider.record.abandoned,
				refuted: provider.record.refuted,
				silent: provider.record.silent,
				inputs_missing: provider.record.inputs_missing,
				outages: provider.record.outages,
				unreachable: provider.record.unreachable,
				paid: provider.record.paid,
			},
		}
	}
}
