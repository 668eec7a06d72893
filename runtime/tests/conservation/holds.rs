//! The protocol's invariants after a block: those that each pallet checks of what it stores, and what none of them sees of the
//! others.

use frame_support::traits::fungible::InspectHold;
use millrace_primitives::{
	traits::{ProtocolClock, UsageRecord},
	Balance, ProviderId,
};
use millrace_runtime::{
	AccountId, Balances, Kernels, Market, Providers as ProvidersPallet, Rewards, Runtime, RuntimeHoldReason,
};
use pallet_market::{Clock, JobState, Jobs, Stuck};
use pallet_providers::Providers;
use pallet_rewards::Points;
use polkadot_sdk::*;
use std::collections::BTreeMap;

fn held(reason: RuntimeHoldReason, who: &AccountId) -> Balance {
	Balances::balance_on_hold(&reason, who)
}

/// All that the pallets say of themselves.
pub(crate) fn check_pallets() {
	Kernels::do_try_state().expect("the kernels are in order");
	ProvidersPallet::do_try_state().expect("the providers are in order");
	Market::do_try_state().expect("the market is in order");
	Rewards::do_try_state().expect("the rewards are in order");
}

/// What is due is done in the next tick, the providers count the results that the market has of them, what they have gathered in
/// the running era is what payments of it have brought, and no account holds anything for a job or as stake but what belongs to
/// one.
pub(crate) fn check() {
	let mut escrow: Balance = 0;
	let mut results: BTreeMap<ProviderId, u32> = BTreeMap::new();
	for (id, job) in Jobs::<Runtime>::iter() {
		escrow += job.held();
		if let Some(tick) = job.due_tick() {
			assert!(
				tick >= Market::clock().saturating_sub(1),
				"nobody waits for what is due: {id:?}"
			);
		}
		if let JobState::Committed { provider, .. } = job.state {
			*results.entry(provider).or_default() += 1;
		}
	}
	assert_eq!(Stuck::<Runtime>::iter_keys().count(), 0, "nothing is stuck");

	let mut stake: Balance = 0;
	for (id, provider) in Providers::<Runtime>::iter() {
		stake += provider.ledger.held();
		let expected = results.remove(&id).unwrap_or(0);
		assert_eq!(provider.load.committed, expected, "results of {id:?}");
	}
	assert!(results.is_empty(), "results of nobody: {results:?}");

	let era = Market::era();
	let filed = Points::<Runtime>::iter_prefix_values(era).map(|usage| usage.fees);
	let gathered = ProvidersPallet::unfiled(era) + filed.sum::<Balance>();
	assert_eq!(gathered, Clock::<Runtime>::get().payment_fees, "gathered in era {era}");

	let (mut for_jobs, mut as_stake): (Balance, Balance) = (0, 0);
	for (account, _) in frame_system::Account::<Runtime>::iter() {
		for_jobs += held(RuntimeHoldReason::Market(pallet_market::HoldReason::Escrow), &account);
		as_stake += held(
			RuntimeHoldReason::Providers(pallet_providers::HoldReason::Stake),
			&account,
		);
	}
	assert_eq!((for_jobs, as_stake), (escrow, stake), "held on all accounts");
}
