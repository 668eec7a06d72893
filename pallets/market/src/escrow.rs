//! Money in and out of escrow. The escrow of a job is a hold on its requester's own account; nothing ever lies in
//! between.
//!
//! What leaves a hold must not be able to fail, or a job could not end. Each step therefore has a fallback, and the
//! last one burns: it takes accounts below the existential deposit to get there, which holds otherwise exclude.

use crate::{Config, FeeEra, HoldReason, Pallet};
use millrace_primitives::Balance;
use polkadot_sdk::{
	frame_support::{
		storage::with_storage_layer,
		traits::{
			fungible::{Inspect, Mutate, MutateHold},
			tokens::{Fortitude, Precision, Restriction},
			Get,
		},
	},
	sp_runtime::{traits::AccountIdConversion, DispatchError, DispatchResult},
};

impl<T: Config> Pallet<T> {
	/// The fee pot's account.
	pub fn pot() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// Gives the fee pot an existential deposit, so that it can take any amount. Part of genesis.
	pub(crate) fn open_pot() {
		let (pot, least) = (Self::pot(), T::Currency::minimum_balance());
		if T::Currency::balance(&pot) < least {
			T::Currency::set_balance(&pot, least);
		}
	}

	fn escrow_reason() -> T::RuntimeHoldReason {
		HoldReason::Escrow.into()
	}

	/// Holds `amount` on the account.
	pub(crate) fn hold(who: &T::AccountId, amount: Balance) -> DispatchResult {
		T::Currency::hold(&Self::escrow_reason(), who, amount)
	}

	/// Frees `amount` of the account's escrow and returns what was freed.
	pub(crate) fn release(who: &T::AccountId, amount: Balance) -> Balance {
		if amount == 0 {
			return 0;
		}
		if Self::can_take(who, amount) {
			let freed = with_storage_layer(|| -> Result<Balance, DispatchError> {
				T::Currency::release(&Self::escrow_reason(), who, amount, Precision::Exact)
			});
			if let Ok(freed) = freed {
				return freed;
			}
		}
		Self::burn_escrow(who, amount);
		0
	}

	/// Pays `amount` from the requester's escrow to the first of `accounts` that can take it, and returns which.
	/// `None`: none could, and it was burned.
	pub(crate) fn pay(from: &T::AccountId, accounts: &[T::AccountId], amount: Balance) -> Option<T::AccountId> {
		for account in accounts.iter().filter(|account| Self::can_take(account, amount)) {
			let paid = with_storage_layer(|| -> Result<Balance, DispatchError> {
				T::Currency::transfer_on_hold(
					&Self::escrow_reason(),
					from,
					account,
					amount,
					Precision::Exact,
					Restriction::Free,
					Fortitude::Force,
				)
			});
			if paid.is_ok() {
				return Some(account.clone());
			}
		}
		Self::burn_escrow(from, amount);
		None
	}

	/// Moves `amount` of the requester's escrow into the fee pot.
	pub(crate) fn collect(from: &T::AccountId, amount: Balance) {
		if amount > 0 && Self::pay(from, &[Self::pot()], amount).is_some() {
			Self::note_fee(amount);
		}
	}

	/// Counts what has arrived in the fee pot. Only what is counted is ever split.
	pub(crate) fn note_fee(amount: Balance) {
		FeeEra::<T>::mutate(|era| era.collected = era.collected.saturating_add(amount));
	}

	/// Whether the account can take `amount` without falling below the existential deposit on the way: a release passes
	/// through a state without the hold, in which an account below it would lose what it has.
	pub(crate) fn can_take(who: &T::AccountId, amount: Balance) -> bool {
		let least = T::Currency::minimum_balance();
		amount >= least || T::Currency::balance(who) >= least
	}

	fn burn_escrow(who: &T::AccountId, amount: Balance) {
		let burned = T::Currency::burn_held(
			&Self::escrow_reason(),
			who,
			amount,
			Precision::BestEffort,
			Fortitude::Force,
		);
		if burned != Ok(amount) {
			log::error!(target: crate::LOG_TARGET, "escrow of {who:?} lacks {amount}: {burned:?}");
		}
	}
}
