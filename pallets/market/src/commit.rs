//! Committing a result: from an assignment, which it accepts at once, or from a running job.

use crate::{types::Work, Config, Error, Event, JobOf, JobState, Jobs, Pallet, Window};
use millrace_primitives::{
	traits::{JobPhase, Measurement, ProtocolClock, ProviderView, Providers},
	JobId, Tick,
};
use polkadot_sdk::{
	frame_support::{dispatch::Pays, ensure},
	sp_core::H256,
	sp_runtime::{DispatchError, DispatchResult},
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_commit(
		who: &T::AccountId,
		id: JobId,
		root: H256,
		units: u64,
	) -> Result<(Pays, Work), DispatchError> {
		let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let (provider, from) = match &job.state {
			JobState::Pending => return Err(Error::<T>::NotCommittable.into()),
			JobState::Assigned { provider, .. } => (*provider, JobPhase::Assigned),
			JobState::Running { provider, .. } => (*provider, JobPhase::Running),
			JobState::Committed {
				provider,
				root: first,
				units: claimed,
				..
			} => {
				ensure!(T::Providers::by_worker(who) == Some(*provider), Error::<T>::NotAssignee);
				ensure!(*first == root && *claimed == units, Error::<T>::AlreadyCommitted);
				return Ok((Pays::Yes, Self::heard(who)));
			}
		};

		let now = Self::now();
		let (to, escrow) = (Some(JobPhase::Committed), job.target_escrow());
		let view = T::Providers::move_job_if(provider, Some(from), to, escrow, |view| {
			Self::check_commit(who, &job, view, units, now)
		})?;
		let payout = match &job.state {
			JobState::Running { payout, .. } => payout.clone(),
			_ => view.payout.clone(),
		};
		if from == JobPhase::Assigned {
			Self::use_fee(&mut job);
			job.acceptances = job.acceptances.saturating_add(1);
		}
		let window_end = now.saturating_add(job.terms.window);
		job.state = JobState::Committed {
			provider,
			payout,
			root,
			units,
			at: now,
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
		let work = if Self::is_measurement(&job) {
			let ticks = Self::measured_ticks(&job);
			Self::tell_measured(id, &job, Measurement::Committed { ticks });
			Self::room_made(provider)?
		} else {
			Self::room_made_by(provider, &view)?
		};
		Ok((Pays::No, work.max(Work::more_if(T::Providers::heard(provider)))))
	}

	/// Whether the signer may commit so many units of a job that the provider has assigned or running.
	fn check_commit(
		who: &T::AccountId,
		job: &JobOf<T>,
		view: &ProviderView<T::AccountId>,
		units: u64,
		now: Tick,
	) -> DispatchResult {
		Self::ensure_worker(who, view)?;
		match &job.state {
			JobState::Assigned { until, .. } => ensure!(now <= *until, Error::<T>::AcceptWindowOver),
			JobState::Running { deadline, .. } => ensure!(now <= *deadline, Error::<T>::DeadlinePassed),
			JobState::Pending | JobState::Committed { .. } => return Err(Error::<T>::NotCommittable.into()),
		}
		ensure!(units <= job.units_max(), Error::<T>::TooManyUnits);
		Self::ensure_unconvicted(view)?;
		// An assigned job is accepted on the way, for which a lane must be free.
		let has_lane = matches!(job.state, JobState::Running { .. }) || !view.is_busy();
		ensure!(has_lane, Error::<T>::NoLane);
		Ok(())
	}
}
