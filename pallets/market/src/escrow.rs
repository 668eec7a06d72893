//! Money in and out of escrow. The escrow of a job is a hold on its requester's own account; nothing ever lies in
//! between.
//!
//! What leaves a hold must not be able to fail, or a job could not end. Each step therefore has a fallback, and the
//! last one burns: it takes accounts below the existential deposit to get there, which holds otherwise exclude.

use crate::{Config, Freed, HoldReason, JobOf, Pallet};
use millrace_primitives::Balance;
use polkadot_sdk::{
	frame_support::{
		storage::with_storage_layer,
		traits::{
			fungible::{Inspect, InspectHold, MutateHold},
			tokens::{Fortitude, Precision, Restriction},
		},
	},
	sp_runtime::{DispatchError, DispatchResult},
};

impl<T: Config> Pallet<T> {
	fn escrow_reason() -> T::RuntimeHoldReason {
		HoldReason::Escrow.into()
	}

	/// Holds `amount` on the account.
	pub(crate) fn hold(who: &T::AccountId, amount: Balance) -> DispatchResult {
		T::Currency::hold(&Self::escrow_reason(), who, amount)
	}

	/// Fails if the account cannot hold `amount`.
	pub(crate) fn ensure_can_hold(who: &T::AccountId, amount: Balance) -> DispatchResult {
		T::Currency::ensure_can_hold(&Self::escrow_reason(), who, amount)
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
	pub(crate) fn pay(
		from: &T::AccountId,
		accounts: impl IntoIterator<Item = T::AccountId>,
		amount: Balance,
	) -> Option<T::AccountId> {
		for account in accounts {
			if !Self::can_take(&account, amount) {
				continue;
			}
			let paid = with_storage_layer(|| -> Result<Balance, DispatchError> {
				T::Currency::transfer_on_hold(
					&Self::escrow_reason(),
					from,
					&account,
					amount,
					Precision::Exact,
					Restriction::Free,
					Fortitude::Force,
				)
			});
			if paid.is_ok() {
				return Some(account);
			}
		}
		Self::burn_escrow(from, amount);
		None
	}

	/// Burns the job fees that a job has used up, and frees what else is held for it but for `payment`, which stays to be
	/// paid. The fees are burned in one with `fee`, the protocol's part of the payment.
	pub(crate) fn free(job: &JobOf<T>, payment: Balance, fee: Balance) -> Freed {
		let fees_paid = job.fees_used();
		let parts = [
			job.escrow.saturating_sub(payment),
			job.fees_held().saturating_sub(fees_paid),
			job.deposit,
		];
		let sum = parts.into_iter().fold(0, Balance::saturating_add);
		let freed = Self::release(&job.requester, sum);
		Self::burn_escrow(&job.requester, fees_paid.saturating_add(fee));
		// All of it or, where the account can take nothing, none.
		let [refund, fees_returned, deposit] = if freed == sum { parts } else { [0; 3] };
		Freed {
			refund,
			fees_returned,
			fees_paid,
			deposit,
		}
	}

	/// Whether the account can take `amount` without falling below the existential deposit on the way: a release passes
	/// through a state without the hold, in which an account below it would lose what it has.
	pub(crate) fn can_take(who: &T::AccountId, amount: Balance) -> bool {
		let least = T::Currency::minimum_balance();
		amount >= least || T::Currency::balance(who) >= least
	}

	/// Burns `amount` of the account's escrow.
	fn burn_escrow(who: &T::AccountId, amount: Balance) {
		if amount == 0 {
			return;
		}
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
