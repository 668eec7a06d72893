//! Committing a result: from an assignment, which it accepts at once, or from a running job.

use crate::{types::Work, Config, Error, Event, JobOf, JobState, Jobs, Pallet, Window};
use millrace_primitives::{
	traits::{JobPhase, Measurement, ProtocolClock, Providers},
	JobId, ProviderId,
};
use polkadot_sdk::{
	frame_support::{dispatch::Pays, ensure},
	sp_core::H256,
	sp_runtime::DispatchError,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_commit(
		who: &T::AccountId,
		id: JobId,
		root: H256,
		units: u64,
	) -> Result<(Pays, Work), DispatchError> {
		let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let worker_of = T::Providers::by_worker(who);
		let (provider, payout) = match &job.state {
			JobState::Pending => return Err(Error::<T>::NotCommittable.into()),
			JobState::Assigned { provider, until } => {
				ensure!(worker_of == Some(*provider), Error::<T>::NotAssignee);
				ensure!(Self::now() <= *until, Error::<T>::AcceptWindowOver);
				ensure!(units <= job.units_max(), Error::<T>::TooManyUnits);
				let view = Self::unconvicted(*provider)?;
				ensure!(!view.is_busy(), Error::<T>::NoLane);
				(*provider, view.payout)
			}
			JobState::Running {
				provider,
				payout,
				deadline,
			} => {
				ensure!(worker_of == Some(*provider), Error::<T>::NotAssignee);
				ensure!(Self::now() <= *deadline, Error::<T>::DeadlinePassed);
				ensure!(units <= job.units_max(), Error::<T>::TooManyUnits);
				Self::unconvicted(*provider)?;
				(*provider, payout.clone())
			}
			JobState::Committed {
				provider,
				root: first,
				units: claimed,
				..
			} => {
				ensure!(worker_of == Some(*provider), Error::<T>::NotAssignee);
				ensure!(*first == root && *claimed == units, Error::<T>::AlreadyCommitted);
				return Ok((Pays::Yes, Self::heard(who)));
			}
		};

		if matches!(job.state, JobState::Assigned { .. }) {
			let escrow = job.target_escrow();
			T::Providers::move_job(provider, Some(JobPhase::Assigned), Some(JobPhase::Running), escrow)?;
			Self::use_fee(&mut job);
			job.acceptances = job.acceptances.saturating_add(1);
		}
		let work = Self::commit_running(id, job, provider, payout, root, units)?;
		Ok((Pays::No, work))
	}

	/// Moves a job that has a lane on to its challenge window.
	fn commit_running(
		id: JobId,
		mut job: JobOf<T>,
		provider: ProviderId,
		payout: T::AccountId,
		root: H256,
		units: u64,
	) -> Result<Work, DispatchError> {
		let escrow = job.target_escrow();
		T::Providers::move_job(provider, Some(JobPhase::Running), Some(JobPhase::Committed), escrow)?;
		let window_end = Self::now().saturating_add(job.terms.window);
		job.state = JobState::Committed {
			provider,
			payout,
			root,
			units,
			at: Self::now(),
			window: Window::Open { end: window_end },
		};
		Self::schedule(id, &mut job);
		Jobs::<T>::insert(id, &job);
		Self::deposit_event(Event::JobCommitted {
			job: id,
			provider,
			root,
			units,
			window_end,
		});
		let ticks = Self::measured_ticks(&job);
		Self::tell_measured(id, &job, Measurement::Committed { ticks });
		let work = Self::room_made(provider)?;
		Ok(work.max(Work::more_if(T::Providers::heard(provider))))
	}
}
