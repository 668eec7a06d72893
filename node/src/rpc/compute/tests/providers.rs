//! Providers, one and many.

use super::{
	chain::{Answers, Chain},
	samples::{self, ALICE, MOST_TEXT, ODD_TEXT},
	value,
};
use crate::rpc::compute::text::hash;
use millrace_primitives::{DeviceClass, ProviderId, Region};
use millrace_runtime::Hash;
use pallet_providers::types::{ProviderFilter, Status};
use serde_json::{json, Value};

fn provider_json() -> Value {
	json!({
		"provider": 3, "owner": ALICE, "worker": null, "payout": ALICE,
		"endpoint": {"host": "gpu.example", "port": 9200, "tlsKey": hash(Hash::repeat_byte(0xee))},
		"terms": {"class": "gpu-24g", "region": 7, "lanes": 2, "minPrice": ODD_TEXT, "takesTargets": true},
		"status": {"type": "unreachable", "draining": true},
		"load": {"assigned": 1, "running": 2, "committed": 3, "asks": 4, "targets": 5, "largestTarget": MOST_TEXT},
		"stake": {"active": ODD_TEXT, "unbonding": [{"amount": "8", "release": 9}], "setAside": "10"},
		"record": {
			"completed": 11, "late": 0, "noShow": 0, "abandoned": 0, "refuted": 0, "silent": 0, "inputsMissing": 0,
			"outages": 0, "unreachable": ODD_TEXT, "paid": MOST_TEXT,
		},
		"lates": [12, 13], "registered": 14, "fraudClock": null, "refill": true, "sampledStake": ODD_TEXT, "noShows": 0,
		"outage": 15, "returned": null, "devices": 2, "measured": 1, "measuring": false,
	})
}

#[tokio::test]
async fn a_provider_has_its_record_and_its_stake() {
	let chain = Chain::new(Answers::default());
	assert_eq!(value(&chain, "compute_v1_provider", json!([3])).await, provider_json());
	assert_eq!(chain.asked(), format!("{:?}", ProviderId(3)));
	for (status, expected) in [
		(Status::Active, json!({"type": "active"})),
		(Status::Draining, json!({"type": "draining"})),
		(Status::Chilled { until: 5 }, json!({"type": "chilled", "until": 5})),
		(Status::Exiting, json!({"type": "exiting"})),
	] {
		let mut provider = samples::provider();
		provider.status = status;
		let chain = Chain::new(Answers {
			provider: Some(provider),
			..Answers::default()
		});
		assert_eq!(
			value(&chain, "compute_v1_provider", json!([3])).await["status"],
			expected
		);
	}
	let chain = Chain::new(Answers {
		provider: None,
		..Answers::default()
	});
	assert_eq!(value(&chain, "compute_v1_provider", json!([3])).await, Value::Null);
}

#[tokio::test]
async fn providers_pass_a_filter_and_come_in_pages() {
	let chain = Chain::new(Answers::default());
	let filter = json!({"owner": ALICE, "class": "cpu-4", "region": 0, "eligible": true});
	let page = value(&chain, "compute_v1_providers", json!([filter, 2])).await;
	let asked = ProviderFilter {
		owner: Some(samples::alice()),
		class: Some(DeviceClass::Cpu4),
		region: Some(Region(0)),
		eligible: true,
	};
	assert_eq!(chain.asked(), format!("{:?}", (asked, ProviderId(2))));
	assert_eq!(page, json!({"providers": [provider_json()], "next": null}));
}
