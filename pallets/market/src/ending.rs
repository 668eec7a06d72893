//! The endings without payment: cancelled, expired, unserved; and what a provider owes that was late or gave up.

use crate::{
	history::Ending, Config, Error, Event, Freed, JobOf, JobState, Jobs, Pallet, Requesters, DEMANDABLE_OUTPUT,
};
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
		let free_again = match job.state {
			JobState::Pending => {
				Self::leave_book(id, &job)?;
				None
			}
			JobState::Assigned { provider, .. } => {
				Self::unassign(id, &job, provider, JobPhase::Assigned)?;
				Self::use_fee(&mut job);
				Some(provider)
			}
			JobState::Running { .. } | JobState::Committed { .. } => return Err(Error::<T>::NotCancellable.into()),
		};
		let Freed {
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} = Self::give_back(id, &job, Ending::Cancelled);
		Self::deposit_event(Event::JobCancelled {
			job: id,
			requester: who,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		});
		match free_again {
			Some(provider) => Self::room_made(provider).map(|_| ()),
			None => Ok(()),
		}
	}

	/// Nobody took the job while it might be assigned.
	pub(crate) fn expire(id: JobId, job: JobOf<T>) -> DispatchResult {
		Self::leave_book(id, &job)?;
		let Freed {
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} = Self::give_back(id, &job, Ending::Expired);
		Self::deposit_event(Event::JobExpired {
			job: id,
			requester: job.requester,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		});
		Ok(())
	}

	/// Ends a job that was assigned and not served; it is in no queue any more.
	pub(crate) fn end_unserved(id: JobId, job: JobOf<T>) -> DispatchResult {
		let Freed {
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} = Self::give_back(id, &job, Ending::Unserved);
		Self::deposit_event(Event::JobUnserved {
			job: id,
			requester: job.requester,
			refund,
			fees_returned,
			fees_paid,
			deposit,
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
		let credit = T::Providers::take_stake(provider, owed, Some(&job.requester));
		Self::record(&job, provider, Outcome::Abandoned);
		Self::deposit_event(Event::JobAbandoned {
			job: id,
			provider,
			credit,
		});
		Self::next_assignment(id, job)?;
		Self::room_made(provider)?;
		Ok(())
	}

	/// The deadline of a running job has passed.
	pub(crate) fn end_late(id: JobId, job: JobOf<T>, provider: ProviderId) -> DispatchResult {
		Self::unassign(id, &job, provider, JobPhase::Running)?;
		let credit = T::Providers::take_stake(provider, job.late_credit(), Some(&job.requester));
		Self::record(&job, provider, Outcome::Late);
		Self::deposit_event(Event::JobLate {
			job: id,
			provider,
			credit,
		});
		Self::next_assignment(id, job)?;
		Self::room_made(provider)?;
		Ok(())
	}

	/// The requester did not get an output that the chain could not carry.
	pub(crate) fn do_refuse_delivery(who: &T::AccountId, id: JobId) -> DispatchResult {
		let (job, provider) = Self::refutable(id)?;
		ensure!(job.requester == *who, Error::<T>::NotRequester);
		ensure!(job.output_bytes() > DEMANDABLE_OUTPUT, Error::<T>::OutputDemandable);
		let JobState::Committed { units, .. } = job.state else {
			return Err(Error::<T>::NotCommitted.into());
		};
		let payment = job.payment(units);

		Self::leave_committed(id, &job, provider);
		let Freed {
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} = Self::end_unpaid(id, &job, Ending::Refused, payment);
		Self::deposit_event(Event::DeliveryRefused {
			job: id,
			provider,
			requester: job.requester,
			units,
			burned: payment,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		});
		Ok(())
	}

	/// Takes a committed job back from its provider, unpaid: its demand ends, all that is held for it is freed. Returns
	/// what was freed.
	pub(crate) fn take_back(
		id: JobId,
		job: &JobOf<T>,
		provider: ProviderId,
		ending: Ending,
	) -> Result<Freed, DispatchError> {
		Self::end_demand(id, job, provider)?;
		Self::leave_committed(id, job, provider);
		Ok(Self::give_back(id, job, ending))
	}

	/// Frees all that is held for a job but the fees that it used up, and removes it. Returns what was freed.
	fn give_back(id: JobId, job: &JobOf<T>, ending: Ending) -> Freed {
		Self::end_unpaid(id, job, ending, 0)
	}

	/// The same, but for `burned` of its escrow.
	fn end_unpaid(id: JobId, job: &JobOf<T>, ending: Ending, burned: Balance) -> Freed {
		let freed = Self::free(job, burned, burned);
		Self::remove_job(id, job);
		Requesters::<T>::mutate(&job.requester, |known| {
			known.live = known.live.saturating_sub(1);
			let count = match ending {
				Ending::Cancelled => &mut known.cancelled,
				Ending::Expired => &mut known.expired,
				Ending::Unserved => &mut known.unserved,
				Ending::Refuted => &mut known.refuted,
				Ending::Voided => &mut known.voided,
				Ending::Silent => &mut known.silent,
				Ending::Refused => &mut known.refused,
			};
			*count = count.saturating_add(1);
		});
		Self::tally_ending(job, ending, freed.fees_paid);
		Self::tell_measured(id, job, Measurement::Failed);
		freed
	}
}
