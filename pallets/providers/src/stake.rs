//! Stake: bonded, unbonding, withdrawn, taken. It is a hold on the owner's account, and never leaves it but here.

use crate::{types::TooManyParts, *};
use polkadot_sdk::{
	frame_support::{
		defensive,
		dispatch::DispatchResult,
		ensure, storage,
		traits::{
			fungible::{Inspect, MutateHold},
			tokens::{Fortitude, Precision, Preservation, Restriction},
			Get,
		},
	},
	sp_runtime::{ArithmeticError, DispatchError},
};

impl<T: Config> Pallet<T> {
	/// See [`Pallet::bond`].
	pub(crate) fn do_bond(owner: &T::AccountId, id: ProviderId, amount: Balance) -> DispatchResult {
		let mut provider = Self::changeable(owner, id)?;
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		Self::ensure_affordable(owner, amount, 0)?;
		let active = provider
			.ledger
			.active
			.checked_add(amount)
			.ok_or(ArithmeticError::Overflow)?;

		T::Currency::hold(&HoldReason::Stake.into(), owner, amount)?;
		provider.ledger.active = active;
		Self::put(id, provider);
		Self::deposit_event(Event::StakeBonded {
			provider: id,
			amount,
			active,
		});
		Ok(())
	}

	/// See [`Pallet::unbond`].
	pub(crate) fn do_unbond(owner: &T::AccountId, id: ProviderId, amount: Balance) -> DispatchResult {
		let mut provider = Self::changeable(owner, id)?;
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		let active = provider
			.ledger
			.active
			.checked_sub(amount)
			.ok_or(Error::<T>::NotEnoughBonded)?;
		ensure!(
			active >= Self::required(&provider.terms, &provider.load),
			Error::<T>::StakeTooLow
		);
		let release = provider
			.ledger
			.unbond(amount, T::Clock::now().saturating_add(T::UnbondTicks::get()))
			.map_err(|TooManyParts| Error::<T>::TooManyUnbondings)?;

		Self::put(id, provider);
		Self::deposit_event(Event::StakeUnbonding {
			provider: id,
			amount,
			active,
			release,
		});
		Ok(())
	}

	/// See [`Pallet::rebond`].
	pub(crate) fn do_rebond(owner: &T::AccountId, id: ProviderId, amount: Balance) -> DispatchResult {
		let mut provider = Self::changeable(owner, id)?;
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		let amount = provider.ledger.rebond(amount);
		ensure!(amount > 0, Error::<T>::NothingUnbonds);
		let active = provider.ledger.active;
		Self::put(id, provider);
		Self::deposit_event(Event::StakeRebonded {
			provider: id,
			amount,
			active,
		});
		Ok(())
	}

	/// See [`Pallet::set_refill`].
	pub(crate) fn do_set_refill(owner: &T::AccountId, id: ProviderId, refill: bool) -> DispatchResult {
		let mut provider = Self::changeable(owner, id)?;
		provider.refill = refill;
		Self::put(id, provider);
		Self::deposit_event(Event::RefillSet { provider: id, refill });
		Ok(())
	}

	/// What earnings should add to the active stake, in planck: what its lanes need more than it has, if its owner wants
	/// that.
	pub(crate) fn shortfall(provider: &ProviderOf<T>) -> Balance {
		if provider.refill && provider.status != Status::Exiting {
			Self::floor(&provider.terms).saturating_sub(provider.ledger.active)
		} else {
			0
		}
	}

	/// Stakes earnings that have just arrived on the owner's free balance. Where they cannot be held they stay free.
	pub(crate) fn do_refill(id: ProviderId, amount: Balance) {
		let Some(mut provider) = Providers::<T>::get(id) else {
			return;
		};
		if amount == 0 || T::Currency::hold(&HoldReason::Stake.into(), &provider.owner, amount).is_err() {
			return;
		}
		provider.ledger.active = provider.ledger.active.saturating_add(amount);
		let active = provider.ledger.active;
		Self::put(id, provider);
		Self::deposit_event(Event::StakeRefilled {
			provider: id,
			amount,
			active,
		});
	}

	/// See [`Pallet::withdraw_unbonded`].
	pub(crate) fn do_withdraw_unbonded(owner: &T::AccountId, id: ProviderId) -> DispatchResult {
		let mut provider = Self::owned(owner, id)?;
		let amount = provider.ledger.release_due(T::Clock::now());
		// A leaving provider may have had nothing to unbond, or lost it since.
		let removed = provider.status == Status::Exiting && provider.ledger.held() == 0;
		ensure!(amount > 0 || removed, Error::<T>::NothingToWithdraw);

		if amount > 0 {
			T::Currency::release(&HoldReason::Stake.into(), owner, amount, Precision::Exact)?;
		}
		if removed {
			Self::file_usage(id, &mut provider);
			Providers::<T>::remove(id);
			Count::<T>::mutate(|count| *count = count.saturating_sub(1));
			Self::forget_drops(owner, T::Liveness::get().hour_of(T::Clock::now()));
		} else {
			Self::put(id, provider);
		}
		Self::deposit_event(Event::StakeWithdrawn {
			provider: id,
			amount,
			removed,
		});
		Ok(())
	}

	/// Moves up to `amount` of the provider's stake to `to` and returns what arrived there; where that is none, burns it and
	/// returns how much it was.
	///
	/// Never fails: what is there is taken. Where `to` cannot be credited, because it does not exist and this is less
	/// than the existential deposit, the stake is burned, for a penalty must not depend on who is to get it.
	pub(crate) fn do_take_stake(id: ProviderId, amount: Balance, to: Option<&T::AccountId>) -> Balance {
		let Some(mut provider) = Providers::<T>::get(id) else {
			return 0;
		};
		let taken = provider.ledger.take(amount);
		if taken == 0 {
			return 0;
		}
		Self::note_penalty(id, &provider, taken);
		let lost = Self::check_ask(&provider).is_err();
		let owner = provider.owner.clone();
		Self::put(id, provider);

		let arrived = match to {
			Some(to) => Self::move_stake(&owner, to, taken),
			None => {
				Self::burn_stake(&owner, taken);
				0
			}
		};
		let burned = taken.saturating_sub(arrived);
		Self::deposit_event(Event::StakeTaken {
			provider: id,
			to: to.cloned(),
			amount: arrived,
			burned,
		});
		// Last, because the market comes back from here to lower the count of asks.
		if lost {
			T::Events::lost_eligibility(id);
		}
		if to.is_some() {
			arrived
		} else {
			taken
		}
	}

	/// Moves `amount` of the stake that is held on the owner's account to `to`, and returns what arrived. Where `to` cannot
	/// be credited, because it does not exist and this is less than the existential deposit, it is burned.
	pub(crate) fn move_stake(owner: &T::AccountId, to: &T::AccountId, amount: Balance) -> Balance {
		if amount == 0 {
			return 0;
		}
		let moved: Result<Balance, DispatchError> = storage::with_storage_layer(|| {
			T::Currency::transfer_on_hold(
				&HoldReason::Stake.into(),
				owner,
				to,
				amount,
				Precision::Exact,
				Restriction::Free,
				Fortitude::Force,
			)
		});
		moved.unwrap_or_else(|_| {
			Self::burn_stake(owner, amount);
			0
		})
	}

	/// Burns `amount` of the stake that is held on the owner's account.
	pub(crate) fn burn_stake(owner: &T::AccountId, amount: Balance) {
		let burned = T::Currency::burn_held(
			&HoldReason::Stake.into(),
			owner,
			amount,
			Precision::BestEffort,
			Fortitude::Force,
		);
		if burned != Ok(amount) {
			defensive!("the hold on the owner's account is the sum of its ledgers");
		}
	}

	/// Fails unless the owner can have `stake` held, then pay `float`, and keep the existential deposit. Frozen money
	/// may be staked, as everywhere, but not paid.
	pub(crate) fn ensure_affordable(owner: &T::AccountId, stake: Balance, float: Balance) -> DispatchResult {
		let both = stake.checked_add(float).ok_or(ArithmeticError::Overflow)?;
		let free = T::Currency::reducible_balance(owner, Preservation::Preserve, Fortitude::Force);
		let liquid = T::Currency::reducible_balance(owner, Preservation::Preserve, Fortitude::Polite);
		ensure!(free >= both && liquid >= float, Error::<T>::InsufficientFunds);
		Ok(())
	}
}
