//! Settlement: what was used is paid, the rest is freed, and nothing of the job remains but counters.

use crate::{
	deadlines::Served, types::Work, Config, Error, Event, Freed, JobOf, JobState, Jobs, Pallet, ProviderJobs,
	Requesters, Window,
};
use alloc::vec::Vec;
use millrace_primitives::{
	traits::{JobPhase, Measurement, ProtocolClock, ProviderView, Providers},
	Balance, JobId, ProviderId, Tick,
};
use polkadot_sdk::{
	frame_support::{dispatch::Pays, ensure, storage::with_storage_layer, traits::Get},
	sp_runtime::DispatchError,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_settle_now(who: &T::AccountId, id: JobId) -> Result<Work, DispatchError> {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		ensure!(job.requester == *who, Error::<T>::NotRequester);
		let JobState::Committed { window, .. } = job.state else {
			return Err(Error::<T>::NotCommitted.into());
		};
		ensure!(matches!(window, Window::Open { .. }), Error::<T>::DemandOpen);
		Self::pay_out(id, job, false)
	}

	/// Settles each of the jobs that can be: those of the signer at once, others if their window is over. Free where all of
	/// them could; returns what each weighed, and whether all are the signer's.
	pub(crate) fn do_settle_jobs(who: &T::AccountId, jobs: &[JobId]) -> (Pays, Vec<Work>, bool) {
		let mut pays = Pays::No;
		let mut works = Vec::new();
		let mut all_own = true;
		for job in jobs {
			let own = Jobs::<T>::get(job).is_some_and(|job| job.requester == *who);
			all_own &= own;
			let settled = with_storage_layer(|| {
				if own {
					Self::do_settle_now(who, *job)
				} else {
					Self::do_settle(*job)
				}
			});
			works.push(settled.unwrap_or_else(|error| {
				pays = Pays::Yes;
				Self::deposit_event(Event::JobNotSettled { job: *job, error });
				Work::Ordinary
			}));
		}
		(pays, works, all_own)
	}

	pub(crate) fn do_settle(id: JobId) -> Result<Work, DispatchError> {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let JobState::Committed { provider, window, .. } = job.state else {
			return Err(Error::<T>::NotCommitted.into());
		};
		let Window::Open { end } = window else {
			return Err(Error::<T>::DemandOpen.into());
		};
		ensure!(Self::now() > end, Error::<T>::WindowOpen);
		if Self::is_void(&job) {
			Self::end_void(id, job, provider)?;
			return Ok(Work::More);
		}
		ensure!(
			Self::extended_window(&job, provider, end).is_none(),
			Error::<T>::ProviderUnreachable
		);
		Self::pay_out(id, job, true)
	}

	/// The window of a committed job is over: pays, unless its provider cannot be reached, for then nobody could look at
	/// the result.
	pub(crate) fn lapse(
		id: JobId,
		mut job: JobOf<T>,
		provider: ProviderId,
		end: Tick,
	) -> Result<Served, DispatchError> {
		let Some(window_end) = Self::extended_window(&job, provider, end) else {
			return Self::pay_out(id, job, true).map(Served::Lapsed);
		};
		job.lapses_by = job.lapses_by.or(Some(end.saturating_add(job.lapse_max)));
		if let JobState::Committed { window, .. } = &mut job.state {
			*window = Window::Open { end: window_end };
		}
		Self::schedule(id, &mut job);
		Jobs::<T>::insert(id, job);
		Self::deposit_event(Event::WindowExtended {
			job: id,
			provider,
			window_end,
		});
		Ok(Served::Any)
	}

	/// Until when the window of a job is extended that would lapse now; none where it lapses.
	fn extended_window(job: &JobOf<T>, provider: ProviderId, end: Tick) -> Option<Tick> {
		let now = Self::now();
		let latest = job.lapses_by.unwrap_or(end.saturating_add(job.lapse_max));
		let waits = T::Providers::view(provider).is_some_and(|view| !view.answers) && now <= latest;
		waits.then(|| now.saturating_add(T::Rules::get().lapse_retry).min(latest))
	}

	/// Pays a committed job and removes it. No account, however small or frozen, and nothing in the provider's record
	/// can make this fail.
	pub(crate) fn pay_out(id: JobId, job: JobOf<T>, lapsed: bool) -> Result<Work, DispatchError> {
		let JobState::Committed {
			provider,
			payout,
			units,
			at,
			..
		} = &job.state
		else {
			return Err(DispatchError::Corruption);
		};
		let (provider, units) = (*provider, *units);
		let ticks = at.saturating_sub(job.submitted);
		let payment = job.payment(units);
		let fee = job.fee_rate.mul_floor(payment);

		let measures = Self::is_measurement(&job);
		let (view, filed) = if measures {
			(Self::leave_committed(id, &job, provider), false)
		} else {
			Self::leave_paid(id, &job, provider, payment, fee)
		};
		Self::remove_job(id, &job);

		let refills = view.as_ref().is_some_and(|view| view.refills);
		let at_once = (!refills).then(|| Self::free_and_pay(&job, payment, fee, payout));
		let (freed, refilled, paid_to) = match at_once.flatten() {
			Some(freed) => (freed, 0, Some(payout.clone())),
			None => Self::free_then_pay(&job, (provider, view.as_ref()), payout, payment, fee),
		};
		// Without an ask, this may have been the last thing for which its provider must answer samples.
		let stands = view.is_some_and(|view| view.asks > 0);
		let work = Work::more_if(filed || refilled > 0 || paid_to.as_ref() != Some(payout) || !stands);

		if measures {
			Self::tell_measured(id, &job, Measurement::Stands);
			Requesters::<T>::mutate(&job.requester, |known| known.live = known.live.saturating_sub(1));
		} else {
			Self::count_payment(&job.requester, payment, lapsed);
			Self::tally_payment(&job, units, ticks, payment, fee, lapsed);
		}
		Self::deposit_event(Event::JobSettled {
			job: id,
			provider,
			requester: job.requester,
			payout: paid_to,
			units,
			payment,
			fee,
			refund: freed.refund,
			fees_returned: freed.fees_returned,
			fees_paid: freed.fees_paid,
			deposit: freed.deposit,
			lapsed,
		});
		Ok(work)
	}

	/// Frees what a job did not use, and pays: into the provider's stake where that wants some, then to the first of the accounts
	/// that can take it. Returns what was freed, what refilled the stake, and who was paid.
	fn free_then_pay(
		job: &JobOf<T>,
		(provider, view): (ProviderId, Option<&ProviderView<T::AccountId>>),
		payout: &T::AccountId,
		payment: Balance,
		fee: Balance,
	) -> (Freed, Balance, Option<T::AccountId>) {
		let net = payment.saturating_sub(fee);
		let freed = Self::free(job, payment, fee);
		let refilled = view.map_or(0, |view| Self::refill_stake(&job.requester, provider, view, net));
		let left = net.saturating_sub(refilled);
		let paid_to = if left > 0 {
			let owner = view.map(|view| view.owner.clone());
			let payees = [Some(payout.clone()), owner, Some(T::Treasury::get())];
			Self::pay(&job.requester, payees.into_iter().flatten(), left)
		} else {
			Some(payout.clone())
		};
		(freed, refilled, paid_to)
	}

	/// Lets earnings refill the provider's stake where its owner wants that, and returns how much of them.
	fn refill_stake(
		requester: &T::AccountId,
		provider: ProviderId,
		view: &ProviderView<T::AccountId>,
		net: Balance,
	) -> Balance {
		if !view.refills {
			return 0;
		}
		let amount = T::Providers::refill_wanted(provider).min(net);
		if amount == 0 || !Self::can_take(&view.owner, amount) {
			return 0;
		}
		if Self::pay(requester, [view.owner.clone()], amount).is_some() {
			T::Providers::refill(provider, amount);
		}
		amount
	}

	/// Takes a committed job away from its provider, which was paid for it; returns that if it is there, and whether what it had
	/// been paid in an earlier era was filed. Cannot fail, as [`Self::leave_committed`].
	fn leave_paid(
		id: JobId,
		job: &JobOf<T>,
		provider: ProviderId,
		payment: Balance,
		fee: Balance,
	) -> (Option<ProviderView<T::AccountId>>, bool) {
		ProviderJobs::<T>::remove(provider, id);
		match T::Providers::settle_job(provider, job.target_escrow(), payment, fee) {
			Ok((view, filed)) => (Some(view), filed),
			Err(error) => {
				log::error!(target: crate::LOG_TARGET, "{provider:?} does not count {id:?}: {error:?}");
				let filed = T::Providers::paid(provider, payment, fee);
				(T::Providers::view(provider), filed)
			}
		}
	}

	/// Takes a committed job away from its provider, which it returns if it is there. Cannot fail: a result must be able to
	/// end, whatever the record says.
	pub(crate) fn leave_committed(
		id: JobId,
		job: &JobOf<T>,
		provider: ProviderId,
	) -> Option<ProviderView<T::AccountId>> {
		ProviderJobs::<T>::remove(provider, id);
		T::Providers::move_job(provider, Some(JobPhase::Committed), None, job.target_escrow())
			.inspect_err(|error| {
				log::error!(target: crate::LOG_TARGET, "{provider:?} does not count {id:?}: {error:?}");
			})
			.ok()
			.or_else(|| T::Providers::view(provider))
	}

	fn count_payment(requester: &T::AccountId, payment: Balance, lapsed: bool) {
		Requesters::<T>::mutate(requester, |known| {
			known.live = known.live.saturating_sub(1);
			known.paid_jobs = known.paid_jobs.saturating_add(1);
			known.lapsed = known.lapsed.saturating_add(u32::from(lapsed));
			known.paid = known.paid.saturating_add(payment);
		});
	}
}
