//! Settlement: what was used is paid, the rest is freed, and nothing of the job remains but counters.

use crate::{Config, Error, Event, JobOf, JobState, Jobs, Pallet, ProviderJobs, Requesters, Totals, Window};
use alloc::vec::Vec;
use millrace_primitives::{
	traits::{JobPhase, Outcome, ProtocolClock, Providers, UsageSink},
	Balance, JobId, ProviderId,
};
use polkadot_sdk::{
	frame_support::{ensure, traits::Get},
	sp_runtime::{DispatchError, DispatchResult},
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_settle_now(who: T::AccountId, id: JobId) -> DispatchResult {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		ensure!(job.requester == who, Error::<T>::NotRequester);
		let JobState::Committed { window, .. } = job.state else {
			return Err(Error::<T>::NotCommitted.into());
		};
		ensure!(matches!(window, Window::Open { .. }), Error::<T>::DemandOpen);
		Self::pay_out(id, job, false)
	}

	pub(crate) fn do_settle(id: JobId) -> DispatchResult {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let JobState::Committed { provider, window, .. } = job.state else {
			return Err(Error::<T>::NotCommitted.into());
		};
		let Window::Open { end } = window else {
			return Err(Error::<T>::DemandOpen.into());
		};
		ensure!(Self::now() > end, Error::<T>::WindowOpen);
		if Self::is_void(&job) {
			return Self::end_void(id, job, provider);
		}
		Self::pay_out(id, job, true)
	}

	/// Pays a committed job and removes it. No account, however small or frozen, and nothing in the provider's record
	/// can make this fail.
	pub(crate) fn pay_out(id: JobId, job: JobOf<T>, lapsed: bool) -> DispatchResult {
		let JobState::Committed {
			provider,
			payout,
			units,
			..
		} = &job.state
		else {
			return Err(DispatchError::Corruption);
		};
		let (provider, units) = (*provider, *units);
		let payment = job.payment(units);
		let fee = job.fee_rate.mul_floor(payment);
		let net = payment.saturating_sub(fee);

		Self::leave_committed(id, &job, provider);
		Jobs::<T>::remove(id);

		let refund = Self::release(&job.requester, job.escrow.saturating_sub(payment));
		let fees_returned = Self::release(&job.requester, job.fees_held());
		let paid_to = if net > 0 {
			Self::pay(&job.requester, &Self::payees(payout.clone(), provider), net)
		} else {
			Some(payout.clone())
		};
		Self::collect(&job.requester, fee);

		Self::forget_no_shows(provider);
		Self::count_payment(&job.requester, payment, fee, lapsed);
		T::Providers::record(provider, Outcome::Paid(payment));
		T::UsageSink::paid(provider, payment, fee);
		Self::deposit_event(Event::JobSettled {
			job: id,
			provider,
			requester: job.requester,
			payout: paid_to,
			units,
			payment,
			fee,
			refund,
			fees_returned,
			lapsed,
		});
		Ok(())
	}

	/// Takes a committed job away from its provider. Cannot fail: a result must be able to end, whatever the record says.
	pub(crate) fn leave_committed(id: JobId, job: &JobOf<T>, provider: ProviderId) {
		Self::unschedule(id, job);
		ProviderJobs::<T>::remove(provider, id);
		if let Err(error) = T::Providers::move_job(provider, Some(JobPhase::Committed), None, job.target_escrow()) {
			log::error!(target: crate::LOG_TARGET, "{provider:?} does not count {id:?}: {error:?}");
		}
	}

	/// Who gets a payment, in order: the payout account, the owner, the treasury.
	fn payees(payout: T::AccountId, provider: ProviderId) -> Vec<T::AccountId> {
		let owner = T::Providers::view(provider).map(|view| view.owner);
		[Some(payout), owner, Some(T::Treasury::get())]
			.into_iter()
			.flatten()
			.collect()
	}

	fn count_payment(requester: &T::AccountId, payment: Balance, fee: Balance, lapsed: bool) {
		Requesters::<T>::mutate(requester, |known| {
			known.live = known.live.saturating_sub(1);
			known.paid_jobs = known.paid_jobs.saturating_add(1);
			known.lapsed = known.lapsed.saturating_add(u32::from(lapsed));
			known.paid = known.paid.saturating_add(payment);
		});
		Totals::<T>::mutate(|totals| {
			totals.settled = totals.settled.saturating_add(1);
			totals.paid = totals.paid.saturating_add(payment);
			totals.fees = totals.fees.saturating_add(fee);
		});
	}
}
