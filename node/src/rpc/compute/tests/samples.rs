//! One of each record, with numbers that programs which only know floating point would round.

use millrace_primitives::{
	ClassFigures, DeviceClass, InputRef, JobId, JobKind, JobSpec, KernelHash, Level, Pool, Price, ProviderId, Region,
	Target, Terms,
};
use millrace_runtime::{configs::millrace::MarketFigures, AccountId, Hash, Runtime};
use pallet_market::{
	reads::types::{BookLevel, BookView, NetworkStats, Offer, PoolStats, Quote, Start},
	types::{Entry, JobState, MarketRules, MarketTotals, PoolEra, Window},
	JobOf,
};
use pallet_providers::{
	types::{Endpoint, Ledger, Load, ProviderTerms, Record, Status, Unbonding},
	ProviderOf,
};
use pallet_rewards::types::{EarningState, EraEarning, EraReward};
use polkadot_sdk::sp_runtime::{BoundedVec, Perbill};
use serde_json::{json, Value};

/// 2⁵³ + 1: the first whole number that floating point does not have.
pub(in crate::rpc::compute) const ODD: u64 = 9_007_199_254_740_993;
/// The same as it is written.
pub(in crate::rpc::compute) const ODD_TEXT: &str = "9007199254740993";
/// The largest amount.
pub(in crate::rpc::compute) const MOST_TEXT: &str = "340282366920938463463374607431768211455";
/// `//Alice`, as wallets of the field write it.
pub(in crate::rpc::compute) const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
/// `//Alice`, as public key.
pub(in crate::rpc::compute) const ALICE_KEY: &str =
	"0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";

pub(in crate::rpc::compute) fn alice() -> AccountId {
	let key = ALICE_KEY.trim_start_matches("0x");
	let byte = |place: usize| u8::from_str_radix(&key[2 * place..2 * place + 2], 16).expect("a digit");
	AccountId::new(std::array::from_fn(byte))
}

pub(in crate::rpc::compute) fn id() -> JobId {
	JobId(Hash::repeat_byte(0x1d))
}

pub(in crate::rpc::compute) fn pool() -> Pool {
	Pool {
		kind: JobKind::Map,
		class: DeviceClass::Gpu24g,
		region: Region(7),
	}
}

pub(in crate::rpc::compute) fn spec() -> JobSpec {
	JobSpec {
		kernel: KernelHash(Hash::repeat_byte(0xaa)),
		params: BoundedVec::truncate_from(vec![1, u64::MAX]),
		inputs: BoundedVec::truncate_from(vec![InputRef {
			root: Hash::repeat_byte(0xbb),
			len: 12,
		}]),
		items: 16,
		max_units: 1_000,
		data_key: [0xcc; 32],
		terms: Terms {
			target: Target::Book {
				pool: pool(),
				level: Level(100),
			},
			public: true,
			run_ticks: 50,
			window: 2_400,
			expires: 900,
		},
	}
}

/// The same as a client sends it.
pub(in crate::rpc::compute) fn spec_json() -> Value {
	json!({
		"kernel": format!("0x{}", "aa".repeat(32)),
		"params": [1, "18446744073709551615"],
		"inputs": [{"root": format!("0x{}", "bb".repeat(32)), "len": 12}],
		"items": 16,
		"maxUnits": 1000,
		"dataKey": format!("0x{}", "cc".repeat(32)),
		"terms": terms_json(),
	})
}

pub(in crate::rpc::compute) fn terms_json() -> Value {
	json!({
		"target": {"type": "book", "pool": pool_json(), "level": 100},
		"public": true,
		"runTicks": 50,
		"window": 2400,
		"expires": 900,
	})
}

pub(in crate::rpc::compute) fn pool_json() -> Value {
	json!({"kind": "map", "class": "gpu-24g", "region": 7})
}

pub(in crate::rpc::compute) fn quote() -> Quote {
	Quote {
		start: Start::Now {
			provider: ProviderId(3),
		},
		price: Price(ODD),
		escrow: u128::MAX,
		fees: 15,
		deposit: 0,
		worst: u128::from(ODD),
		expected: 1,
	}
}

pub(in crate::rpc::compute) fn book() -> BookView {
	let level = |level, price, orders| BookLevel {
		level: Level(level),
		price: Price(price),
		orders,
	};
	BookView {
		asks: vec![level(170, ODD, 2), level(171, u64::MAX, 1)],
		bids: vec![level(3, 81, 4)],
		complete: true,
	}
}

pub(in crate::rpc::compute) fn offer() -> Offer {
	Offer {
		provider: ProviderId(3),
		slot: 1,
		pool: pool(),
		level: Level(170),
		price: Price(ODD),
		placed: 40,
		parked: false,
		lanes: 2,
		room: 4,
	}
}

pub(in crate::rpc::compute) fn job() -> JobOf<Runtime> {
	let spec = spec();
	JobOf::<Runtime> {
		requester: alice(),
		kernel: spec.kernel,
		items: spec.items,
		params: spec.params,
		inputs: spec.inputs,
		max_units: spec.max_units,
		data_key: spec.data_key,
		terms: spec.terms,
		pool: pool(),
		submitted: 70,
		price: Price(ODD),
		fee_rate: Perbill::from_percent(5),
		items_per_leaf: 8,
		item_size: 16,
		data_units: u128::MAX,
		escrow: u128::from(ODD),
		fees: 3,
		fees_left: 2,
		job_fee: 5,
		min_job: 6,
		deposit: u128::from(ODD),
		accept_ticks: 41,
		late_share: Perbill::from_percent(5),
		late_fees: 10,
		assignments: 1,
		acceptances: 1,
		demand_ticks: 100,
		window_min: 101,
		demanded: 3,
		lapse_max: 102,
		lapses_by: Some(103),
		entry: Entry::At(4),
		state: JobState::Committed {
			provider: ProviderId(3),
			payout: alice(),
			root: Hash::repeat_byte(0xdd),
			units: ODD,
			at: 1_300,
			window: Window::Open { end: 2_500 },
		},
	}
}

pub(in crate::rpc::compute) fn stats() -> NetworkStats {
	NetworkStats {
		tick: 12,
		halted: false,
		live_jobs: 4,
		asking_providers: 2,
		totals: MarketTotals {
			settled: ODD,
			paid: u128::MAX,
			fees: 7,
		},
		era: 6,
		pools: vec![PoolStats {
			pool: pool(),
			best_ask: Some(Price(ODD)),
			best_bid: None,
			totals: MarketTotals {
				settled: 1,
				paid: 2,
				fees: 3,
			},
			running: PoolEra::default(),
		}],
	}
}

pub(in crate::rpc::compute) fn era() -> PoolEra {
	PoolEra {
		paid_jobs: 1,
		lapsed: 2,
		cancelled: 3,
		expired: 4,
		unserved: 5,
		refuted: 6,
		voided: 7,
		silent: 8,
		refused: 12,
		units: u128::MAX,
		units_max: u128::from(ODD),
		paid: u128::MAX,
		fees: 9,
		price_low: Price(10),
		price_high: Price(ODD),
		price_last: Price(11),
		ticks: std::array::from_fn(|bucket| u32::try_from(bucket).unwrap_or_default()),
	}
}

pub(in crate::rpc::compute) fn rules() -> MarketFigures {
	let class = |units_per_tick| ClassFigures {
		units_per_tick,
		units_per_byte: ODD,
		floor: u128::MAX,
	};
	MarketFigures {
		rules: MarketRules {
			accept_ticks: 1,
			bytes_per_accept_tick: ODD,
			run_slack: 2,
			run_max: 3,
			window: 4,
			window_min: 5,
			window_max: 6,
			expiry_max: 7,
			ask_life_min: 8,
			reject_pause: 9,
			no_show_base: 10,
			no_show_cap: 11,
			fee_era: 12,
			job_fee: 13,
			min_job: u128::MAX,
			protocol_fee: Perbill::from_percent(5),
			fee_burn: Perbill::from_percent(80),
			late_share: Perbill::from_parts(123_456_789),
			late_fees: 14,
			inputs_max: 15,
			output_max: u64::MAX,
			book_output_max: 16,
			demand_ticks: 17,
			lapse_retry: 18,
			lapse_max: 19,
			job_deposit: u128::from(ODD),
			byte_deposit: 20,
			regions: 1 | 1 << 7 | 1 << 15,
		},
		classes: [1, 2, 3, 4, 5, 6].map(class),
	}
}

pub(in crate::rpc::compute) fn earnings() -> Vec<EraEarning> {
	let earning = |era, fees, reward, state| EraEarning {
		era,
		fees,
		reward,
		state,
	};
	vec![
		earning(9, u128::from(ODD), 1, EarningState::Running),
		earning(8, u128::MAX, u128::from(ODD), EarningState::Closing),
		earning(7, 2, u128::MAX, EarningState::Claimable),
	]
}

pub(in crate::rpc::compute) fn era_rewards() -> Vec<(u32, EraReward)> {
	let paid = EraReward {
		fees: u128::MAX,
		pool: u128::from(ODD),
		claimed: 3,
	};
	vec![(7, paid), (6, EraReward::default())]
}

pub(in crate::rpc::compute) fn provider() -> ProviderOf<Runtime> {
	ProviderOf::<Runtime> {
		owner: alice(),
		worker: None,
		payout: alice(),
		endpoint: Endpoint {
			host: BoundedVec::truncate_from(b"gpu.example".to_vec()),
			port: 9_200,
			tls_key: Hash::repeat_byte(0xee),
		},
		terms: ProviderTerms {
			class: DeviceClass::Gpu24g,
			region: Region(7),
			lanes: 2,
			min_price: Price(ODD),
			takes_targets: true,
		},
		status: Status::Unreachable { draining: true },
		load: Load {
			assigned: 1,
			running: 2,
			committed: 3,
			asks: 4,
			targets: 5,
			largest_target: u128::MAX,
		},
		ledger: Ledger {
			active: u128::from(ODD),
			unbonding: BoundedVec::truncate_from(vec![Unbonding { amount: 8, release: 9 }]),
			set_aside: 10,
		},
		record: Record {
			completed: 11,
			unreachable: ODD,
			paid: u128::MAX,
			..Record::default()
		},
		lates: BoundedVec::truncate_from(vec![12, 13]),
		registered: 14,
		fraud_clock: None,
		refill: true,
		sampled_stake: Some(u128::from(ODD)),
		no_shows: 0,
		outage: Some(15),
		returned: None,
		dropped: None,
		devices: 2,
		measured: 1,
		measuring: false,
		usage: Default::default(),
	}
}
