//! What the market sees and does: the implementation of the trait between the two.

use crate::*;
use millrace_primitives::{
	traits::{JobPhase, Offence, Outcome, ProviderView, SetAside},
	Price,
};
use polkadot_sdk::{
	frame_support::{dispatch::DispatchResult, ensure},
	sp_runtime::{ArithmeticError, DispatchError},
};

impl<T: Config> millrace_primitives::traits::Providers<T::AccountId> for Pallet<T> {
	fn by_worker(worker: &T::AccountId) -> Option<ProviderId> {
		Workers::<T>::get(worker)
	}

	fn view(provider: ProviderId) -> Option<ProviderView<T::AccountId>> {
		Providers::<T>::get(provider).map(|provider| ProviderView {
			owner: provider.owner,
			payout: provider.payout,
			pool: provider.terms.pool(),
			lanes: provider.terms.lanes,
			assigned: provider.load.assigned,
			running: provider.load.running,
			min_price: provider.terms.min_price,
			fraud_clock: provider.fraud_clock,
		})
	}

	fn may_ask(provider: ProviderId) -> Result<(), Ineligible> {
		Self::check_ask(&Providers::<T>::get(provider).ok_or(Ineligible::Unknown)?)
	}

	fn takes_target(provider: ProviderId, escrow: Balance, price: Price) -> Result<(), Ineligible> {
		Self::check_target(
			&Providers::<T>::get(provider).ok_or(Ineligible::Unknown)?,
			escrow,
			price,
		)
	}

	fn move_job(
		provider: ProviderId,
		from: Option<JobPhase>,
		to: Option<JobPhase>,
		target_escrow: Option<Balance>,
	) -> DispatchResult {
		Providers::<T>::try_mutate(provider, |slot| {
			let provider = slot.as_mut().ok_or(Error::<T>::UnknownProvider)?;
			let lanes = provider.terms.lanes;
			if let Some(from) = from {
				provider.load.leave(from).ok_or(DispatchError::Corruption)?;
			}
			if let Some(to) = to {
				// A committed job takes neither a lane nor room.
				ensure!(
					to == JobPhase::Committed || provider.load.has_room(lanes),
					Error::<T>::Full
				);
				ensure!(
					to != JobPhase::Running || provider.load.running < lanes,
					Error::<T>::NoFreeLane
				);
				provider.load.enter(to).ok_or(ArithmeticError::Overflow)?;
			}
			if let Some(escrow) = target_escrow {
				match (from, to) {
					(None, Some(_)) => provider.load.add_target(escrow).ok_or(ArithmeticError::Overflow)?,
					(Some(_), None) => provider.load.remove_target().ok_or(DispatchError::Corruption)?,
					_ => (),
				}
			}
			Ok(())
		})
	}

	fn set_asks(provider: ProviderId, asks: u8) {
		Providers::<T>::mutate_extant(provider, |provider| provider.load.asks = asks);
	}

	fn take_stake(provider: ProviderId, amount: Balance, to: &T::AccountId) -> Balance {
		Self::do_take_stake(provider, amount, to)
	}

	fn slash(provider: ProviderId, offence: Offence<T::AccountId>) -> SetAside {
		Self::do_slash(provider, offence)
	}

	fn record(provider: ProviderId, outcome: Outcome) {
		Self::do_record(provider, outcome)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_provider(seed: u32, lanes: u16) -> (ProviderId, T::AccountId) {
		benchmarking::bench_provider::<T>(seed, lanes)
	}
}
