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
			fungible::{Inspect, InspectHold, MutateHold, Unbalanced, UnbalancedHold},
			tokens::{Fortitude, Precision, Preservation, Restriction},
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

	/// Holds `amount` on an account that [can hold](Self::ensure_can_hold) as much, which is not looked at again.
	pub(crate) fn hold_checked(who: &T::AccountId, amount: Balance) -> DispatchResult {
		let reason = Self::escrow_reason();
		T::Currency::decrease_balance(who, amount, Precision::Exact, Preservation::Protect, Fortitude::Force)?;
		T::Currency::increase_balance_on_hold(&reason, who, amount, Precision::BestEffort)?;
		T::Currency::done_hold(&reason, who, amount);
		Ok(())
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
		let all = Self::to_free(job, payment);
		let freed = Self::release(&job.requester, all.returned());
		Self::burn_escrow(&job.requester, all.fees_paid.saturating_add(fee));
		// All of it or, where the account can take nothing, none.
		if freed == all.returned() {
			all
		} else {
			Freed {
				fees_paid: all.fees_paid,
				..Freed::default()
			}
		}
	}

	/// [`Self::free`], and then [`Self::pay`] of what is left of the payment to `payee`, in one: the requester's hold is changed
	/// once. `None`: an account is so small that each step must look after it, and nothing was done.
	pub(crate) fn free_and_pay(job: &JobOf<T>, payment: Balance, fee: Balance, payee: &T::AccountId) -> Option<Freed> {
		let (from, reason) = (&job.requester, Self::escrow_reason());
		let freed = Self::to_free(job, payment);
		let (returned, burned) = (freed.returned(), freed.fees_paid.saturating_add(fee));
		let paid = payment.saturating_sub(fee);
		let stands = T::Currency::balance(from) >= T::Currency::minimum_balance();
		if !stands || returned == 0 || burned == 0 || paid == 0 || !Self::can_take(payee, paid) {
			return None;
		}
		with_storage_layer(|| -> DispatchResult {
			let held = returned.saturating_add(burned).saturating_add(paid);
			T::Currency::decrease_balance_on_hold(&reason, from, held, Precision::Exact)?;
			T::Currency::increase_balance(from, returned, Precision::Exact)?;
			T::Currency::done_release(&reason, from, returned);
			T::Currency::set_total_issuance(T::Currency::total_issuance().saturating_sub(burned));
			T::Currency::done_burn_held(&reason, from, burned);
			T::Currency::increase_balance(payee, paid, Precision::Exact)?;
			T::Currency::done_transfer_on_hold(&reason, from, payee, paid);
			Ok(())
		})
		.ok()?;
		Some(freed)
	}

	/// What is freed and burned as a job ends of which `payment` is paid.
	fn to_free(job: &JobOf<T>, payment: Balance) -> Freed {
		let fees_paid = job.fees_used();
		Freed {
			refund: job.escrow.saturating_sub(payment),
			fees_returned: job.fees_held().saturating_sub(fees_paid),
			fees_paid,
			deposit: job.deposit,
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
