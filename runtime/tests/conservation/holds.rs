//! What is held is what the pallets say is held, and they count alike: the protocol's invariants 1, 3, 4 and 6, written
//! down a second time.

use frame_support::traits::fungible::InspectHold;
use millrace_primitives::{Balance, ProviderId};
use millrace_runtime::{AccountId, Balances, Market, Runtime, RuntimeHoldReason};
use pallet_market::{Deadlines, JobState, Jobs, ProviderJobs, Stuck};
use pallet_providers::Providers;
use polkadot_sdk::*;
use std::collections::BTreeMap;

fn held(reason: RuntimeHoldReason, who: &AccountId) -> Balance {
	Balances::balance_on_hold(&reason, who)
}

/// Checks all of it on the state of a block.
pub(crate) fn check() {
	let mut escrow: BTreeMap<AccountId, Balance> = BTreeMap::new();
	let mut loads: BTreeMap<ProviderId, (u16, u16, u32)> = BTreeMap::new();
	let mut due = 0;
	for (id, job) in Jobs::<Runtime>::iter() {
		*escrow.entry(job.requester.clone()).or_default() += job.held();
		if let Some(tick) = job.due_tick() {
			assert!(
				Deadlines::<Runtime>::contains_key(tick, id),
				"{id:?} has an entry for its deadline"
			);
			assert!(
				tick >= Market::clock().saturating_sub(1),
				"nobody waits for what is due: {id:?}"
			);
			due += 1;
		}
		let Some(provider) = job.state.provider() else { continue };
		assert!(ProviderJobs::<Runtime>::contains_key(provider, id));
		let load = loads.entry(provider).or_default();
		match job.state {
			JobState::Assigned { .. } => load.0 += 1,
			JobState::Running { .. } => load.1 += 1,
			JobState::Committed { .. } => load.2 += 1,
			JobState::Pending => unreachable!("it has a provider"),
		}
	}
	assert_eq!(Deadlines::<Runtime>::iter_keys().count(), due, "no entry without a job");
	assert_eq!(Stuck::<Runtime>::iter_keys().count(), 0, "nothing is stuck");

	let mut stakes: BTreeMap<AccountId, Balance> = BTreeMap::new();
	for (id, provider) in Providers::<Runtime>::iter() {
		*stakes.entry(provider.owner.clone()).or_default() += provider.ledger.held();
		let load = provider.load;
		let expected = loads.get(&id).copied().unwrap_or_default();
		assert_eq!(
			(load.assigned, load.running, load.committed),
			expected,
			"what {id:?} has"
		);
		assert!(load.running <= provider.terms.lanes);
	}
	for (account, _) in frame_system::Account::<Runtime>::iter() {
		let of_jobs = escrow.remove(&account).unwrap_or(0);
		let reason = RuntimeHoldReason::Market(pallet_market::HoldReason::Escrow);
		assert_eq!(held(reason, &account), of_jobs, "escrow of {account}");
		let staked = stakes.remove(&account).unwrap_or(0);
		let reason = RuntimeHoldReason::Providers(pallet_providers::HoldReason::Stake);
		assert_eq!(held(reason, &account), staked, "stake of {account}");
	}
	assert!(
		escrow.values().chain(stakes.values()).all(|amount| *amount == 0),
		"nothing is held on no account"
	);
}
