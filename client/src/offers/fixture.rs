//! Offers as tests need them.

use super::Listing;
use crate::{
	amount::MILL,
	chain::{
		AccountId, DeviceClass, Endpoint, Level, OfferView, Pool, Price, ProviderId, ProviderTerms, ProviderView,
		Record, Status, H256,
	},
};

/// An active provider of class gpu-24g in region 3, with two lanes and a stake of 10,080 MILL.
pub(crate) fn provider(id: ProviderId) -> ProviderView {
	ProviderView {
		id,
		owner: AccountId([1; 32]),
		worker: Some(AccountId([2; 32])),
		payout: AccountId([3; 32]),
		endpoint: Endpoint {
			host: "192.0.2.1".to_owned(),
			port: 7443,
			tls_key: H256([4; 32]),
		},
		terms: ProviderTerms {
			class: DeviceClass::Gpu24g,
			region: 3,
			lanes: 2,
			min_price: Price(900_000),
			takes_targets: true,
		},
		status: Status::Active,
		assigned: 0,
		running: 0,
		committed: 0,
		active: 10_080 * MILL,
		unbonding: Vec::new(),
		set_aside: 0,
		fraud_clock: None,
		lates: 0,
		refill: false,
		no_shows: 0,
		outage: None,
		returned: None,
		devices: 1,
		measured: 1,
		measuring: false,
		record: Record::default(),
	}
}

/// An ask of [`provider`] at 1,000,000 planck.
pub(crate) fn listing(id: ProviderId) -> Listing {
	let price = Price(1_000_000);
	Listing {
		offer: OfferView {
			provider: id,
			slot: 0,
			pool: Pool {
				class: DeviceClass::Gpu24g,
				region: 3,
			},
			level: Level::at_least(price).unwrap(),
			price,
			placed: 100,
			parked: false,
			lanes: 2,
			room: 4,
		},
		provider: provider(id),
		way: None,
	}
}
