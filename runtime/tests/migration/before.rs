//! The state as specification 3 left it, the last one that stored something in another form.

use crate::jobs;
use codec::Encode;
use frame_support::{
	storage::unhashed,
	storage_alias,
	traits::{
		fungible::{Inspect, Mutate, MutateHold},
		tokens::{Fortitude, Precision, Restriction},
		Get, StorageVersion,
	},
	PalletId, Twox64Concat,
};
use millrace_primitives::{Pool, Target, Tick};
use millrace_runtime::{
	configs::{
		millrace::MarketFigures,
		parameters::{dynamic_params::market, RuntimeParametersKey, RuntimeParametersValue},
	},
	AccountId, Balances, Market, Runtime, RuntimeHoldReason, VERSION,
};
use pallet_market::{Entry, JobOf, JobState, LevelSet, MarketRules, Side};
use polkadot_sdk::*;
use sp_io::hashing::{blake2_128, twox_128};
use sp_runtime::traits::AccountIdConversion;

/// What the rules of the market have at their end and did not have then: two amounts, and a set of regions.
const NEW_RULES: usize = 16 + 16 + 2;

/// Whether the market was halted.
#[storage_alias(verbatim)]
pub(crate) type Halted = StorageValue<Market, bool>;

/// When the era of fees began, and what was collected since.
#[storage_alias(verbatim)]
pub(crate) type FeeEra = StorageValue<Market, (Tick, u128)>;

/// The price levels in use on each side of each pool.
#[storage_alias(verbatim)]
pub(crate) type Bitmaps = StorageMap<Market, Twox64Concat, (Pool, Side), LevelSet>;

pub(crate) fn figures_key() -> RuntimeParametersKey {
	RuntimeParametersKey::Market(market::ParametersKey::Figures(market::Figures))
}

pub(crate) fn set_figures(figures: &MarketFigures) {
	let value = RuntimeParametersValue::Market(market::ParametersValue::Figures(figures.clone()));
	pallet_parameters::Parameters::<Runtime>::insert(figures_key(), value);
}

pub(crate) fn figures_are_set() -> bool {
	pallet_parameters::Parameters::<Runtime>::contains_key(figures_key())
}

/// Where the parameter `number` of the market was: 0 were the rules, 1 the classes.
pub(crate) fn old_key(number: u8) -> Vec<u8> {
	let map = twox_128(b"Parameters");
	let key = [1, number];
	[map.as_slice(), &map, &blake2_128(&key), &key].concat()
}

pub(crate) fn old_parameters() -> [Option<Vec<u8>>; 2] {
	[0, 1].map(|number| unhashed::get_raw(&old_key(number)))
}

/// The bytes of the rules as the runtime before wrote them.
pub(crate) fn old_rules(rules: &MarketRules) -> Vec<u8> {
	let bytes = rules.encode();
	[&[1, 0][..], &bytes[..bytes.len() - NEW_RULES]].concat()
}

/// The bytes of the classes as the runtime before wrote them.
pub(crate) fn old_classes(figures: &MarketFigures) -> Vec<u8> {
	(1u8, 1u8, &figures.classes).encode()
}

/// The bytes of a job as the runtime before wrote them.
fn old_job(job: &JobOf<Runtime>) -> Vec<u8> {
	let target = match job.terms.target {
		Target::Book { pool, level } => (0u8, pool, level).encode(),
		Target::Provider { provider, price, .. } => (1u8, provider, price).encode(),
	};
	let terms = &job.terms;
	let state = match &job.state {
		JobState::Committed {
			provider,
			payout,
			root,
			units,
			window,
			..
		} => (3u8, provider, payout, root, units, window).encode(),
		state => state.encode(),
	};
	[
		(&job.requester, job.kernel, job.items, &job.params, &job.inputs).encode(),
		(job.max_units, job.data_key).encode(),
		target,
		(terms.public, terms.run_ticks, terms.window, terms.expires).encode(),
		(
			job.price,
			job.fee_rate,
			job.items_per_leaf,
			job.item_size,
			job.data_units,
		)
			.encode(),
		(job.escrow, job.fees_left, job.job_fee, job.min_job).encode(),
		(job.accept_ticks, job.late_share, job.late_fees).encode(),
		(job.assignments, job.acceptances, job.demand_ticks, job.window_min).encode(),
		(job.demanded, job.lapse_max, job.lapses_by).encode(),
		state,
	]
	.concat()
}

pub(crate) fn pot() -> AccountId {
	PalletId(*b"ml/fees0").into_account_truncating()
}

pub(crate) fn escrow_reason() -> RuntimeHoldReason {
	RuntimeHoldReason::Market(pallet_market::HoldReason::Escrow)
}

/// Makes the state what the runtime before would have left, so that the next block is the first of this one.
pub(crate) fn downgrade() {
	// What is burned by now lay in the pot then, beside its existential deposit; so did the fees that jobs have used up.
	// Nothing was held for storage.
	let mut collected: u128 = pallet_market::PoolTallies::<Runtime>::iter_values()
		.map(|tally| tally.era.fees)
		.sum();
	Balances::mint_into(&pot(), Balances::minimum_balance() + collected).expect("it can be minted");
	for (id, job) in jobs() {
		let used = job.fees_used();
		if used > 0 {
			Balances::transfer_on_hold(
				&escrow_reason(),
				&job.requester,
				&pot(),
				used,
				Precision::Exact,
				Restriction::Free,
				Fortitude::Polite,
			)
			.expect("it is held");
			collected += used;
		}
		if job.deposit > 0 {
			Balances::release(&escrow_reason(), &job.requester, job.deposit, Precision::Exact).expect("it is held");
		}
		// An entry stood at the last tick of its job's state.
		if let (Entry::At(tick), Some(due)) = (job.entry, job.due_tick()) {
			pallet_market::Deadlines::<Runtime>::remove(tick, id);
			pallet_market::Deadlines::<Runtime>::insert(due, id, ());
		}
		unhashed::put_raw(&pallet_market::Jobs::<Runtime>::hashed_key_for(id), &old_job(&job));
	}
	for (requester, known) in pallet_market::Requesters::<Runtime>::iter().collect::<Vec<_>>() {
		// Without the count of refused deliveries, before the amount at its end.
		let bytes = known.encode();
		let (counts, paid) = bytes.split_at(bytes.len() - 16);
		let old = [&counts[..counts.len() - 4], paid].concat();
		unhashed::put_raw(&pallet_market::Requesters::<Runtime>::hashed_key_for(requester), &old);
	}
	for (provider, asks) in pallet_market::Asks::<Runtime>::iter().collect::<Vec<_>>() {
		let bytes = asks.encode();
		// Without the count of paid jobs at its end.
		unhashed::put_raw(
			&pallet_market::Asks::<Runtime>::hashed_key_for(provider),
			&bytes[..bytes.len() - 4],
		);
	}
	for (pool, levels) in pallet_market::Levels::<Runtime>::drain().collect::<Vec<_>>() {
		for side in [Side::Ask, Side::Bid] {
			if !levels.side(side).is_empty() {
				Bitmaps::insert((pool, side), levels.side(side));
			}
		}
	}
	let state = pallet_market::Clock::<Runtime>::get();
	unhashed::put(
		&pallet_market::Clock::<Runtime>::hashed_key(),
		&(state.tick, state.last_slot, state.busy),
	);
	if state.halted {
		Halted::put(true);
	}
	FeeEra::put((pallet_market::EraProgress::<Runtime>::take().started, collected));
	pallet_market::Totals::<Runtime>::put(Market::totals());
	let _ = pallet_market::PoolTallies::<Runtime>::clear(u32::MAX, None);
	StorageVersion::new(2).put::<Market>();

	let figures = market::Figures::get();
	unhashed::put_raw(&old_key(0), &old_rules(&figures.rules));
	unhashed::put_raw(&old_key(1), &old_classes(&figures));
	pallet_parameters::Parameters::<Runtime>::remove(figures_key());

	// Specification 5 stores nothing in another form than 4.
	assert_eq!(VERSION.spec_version, 5);
	frame_system::LastRuntimeUpgrade::<Runtime>::put(frame_system::LastRuntimeUpgradeInfo {
		spec_version: 3.into(),
		spec_name: VERSION.spec_name,
	});
}
