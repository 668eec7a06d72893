//! The endings without payment: cancelled, expired, unserved; and what a provider owes that was late or gave up.

use crate::{Config, Error, Event, JobOf, JobState, Jobs, Pallet, Requester, Requesters};
use millrace_primitives::{
	traits::{JobPhase, Measurement, Outcome, ProtocolClock, Providers},
	Balance, JobId, ProviderId,
};
use polkadot_sdk::{
	frame_support::ensure,
	sp_runtime::{DispatchError, DispatchResult},
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_cancel(who: T::AccountId, id: JobId) -> DispatchResult {
		let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		ensure!(job.requester == who, Error::<T>::NotRequester);
		let (freed, fee_paid) = match job.state {
			JobState::Pending => {
				Self::leave_book(id, &job)?;
				(None, 0)
			}
			JobState::Assigned { provider, .. } => {
				Self::unassign(id, &job, provider, JobPhase::Assigned)?;
				Self::use_fee(&mut job);
				(Some(provider), job.job_fee)
			}
			JobState::Running { .. } | JobState::Committed { .. } => return Err(Error::<T>::NotCancellable.into()),
		};
		let (refund, fees_returned) =
			Self::give_back(id, &job, |known| known.cancelled = known.cancelled.saturating_add(1));
		Self::deposit_event(Event::JobCancelled {
			job: id,
			requester: who,
			refund,
			fees_returned,
			fee_paid,
		});
		match freed {
			Some(provider) => Self::room_made(provider),
			None => Ok(()),
		}
	}

	/// Nobody took the job while it might be assigned.
	pub(crate) fn expire(id: JobId, job: JobOf<T>) -> DispatchResult {
		Self::leave_book(id, &job)?;
		let (refund, fees_returned) =
			Self::give_back(id, &job, |known| known.expired = known.expired.saturating_add(1));
		Self::deposit_event(Event::JobExpired {
			job: id,
			requester: job.requester,
			refund,
			fees_returned,
		});
		Ok(())
	}

	/// Ends a job that was assigned and not served; it is in no queue any more.
	pub(crate) fn end_unserved(id: JobId, job: JobOf<T>) -> DispatchResult {
		let (refund, fees_returned) =
			Self::give_back(id, &job, |known| known.unserved = known.unserved.saturating_add(1));
		Self::deposit_event(Event::JobUnserved {
			job: id,
			requester: job.requester,
			refund,
			fees_returned,
			assignments: job.assignments,
			acceptances: job.acceptances,
		});
		Ok(())
	}

	pub(crate) fn do_abandon(who: &T::AccountId, id: JobId) -> DispatchResult {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let JobState::Running { provider, deadline, .. } = job.state else {
			return Err(Error::<T>::NotRunning.into());
		};
		ensure!(T::Providers::by_worker(who) == Some(provider), Error::<T>::NotAssignee);
		ensure!(Self::now() <= deadline, Error::<T>::DeadlinePassed);

		Self::unassign(id, &job, provider, JobPhase::Running)?;
		let owed = job.late_credit().checked_div(2).unwrap_or(0);
		let credit = T::Providers::take_stake(provider, owed, &job.requester);
		Self::record(&job, provider, Outcome::Abandoned);
		Self::deposit_event(Event::JobAbandoned {
			job: id,
			provider,
			credit,
		});
		Self::next_assignment(id, job)?;
		Self::room_made(provider)
	}

	/// The deadline of a running job has passed.
	pub(crate) fn end_late(id: JobId, job: JobOf<T>, provider: ProviderId) -> DispatchResult {
		Self::unassign(id, &job, provider, JobPhase::Running)?;
		let credit = T::Providers::take_stake(provider, job.late_credit(), &job.requester);
		Self::record(&job, provider, Outcome::Late);
		Self::deposit_event(Event::JobLate {
			job: id,
			provider,
			credit,
		});
		Self::next_assignment(id, job)?;
		Self::room_made(provider)
	}

	/// Takes a committed job back from its provider, unpaid: its demand ends, all that is held for it is freed. Returns
	/// what was freed of the escrow and of the job fees.
	pub(crate) fn take_back(
		id: JobId,
		job: &JobOf<T>,
		provider: ProviderId,
		count: impl FnOnce(&mut Requester),
	) -> Result<(Balance, Balance), DispatchError> {
		Self::end_demand(id, job, provider)?;
		Self::leave_committed(id, job, provider);
		Ok(Self::give_back(id, job, count))
	}

	/// Frees all that is held for a job and removes it. Returns what was freed of the escrow and of the job fees.
	fn give_back(id: JobId, job: &JobOf<T>, count: impl FnOnce(&mut Requester)) -> (Balance, Balance) {
		let refund = Self::release(&job.requester, job.escrow);
		let fees_returned = Self::release(&job.requester, job.fees_held());
		Jobs::<T>::remove(id);
		Requesters::<T>::mutate(&job.requester, |known| {
			known.live = known.live.saturating_sub(1);
			count(known);
		});
		Self::tell_measured(id, job, Measurement::Failed);
		(refund, fees_returned)
	}
}
