//! From the book to a provider: matching, accepting, rejecting, not showing up, and what comes after.
//!
//! A bid that is matched when it arrives pays the ask's price; one that has waited in the book pays its own. Either way
//! the order that rested names the price.

use crate::{
	book::{Book, OrderRef, Side},
	types::{Entry, Unfit, Work},
	Config, Deadlines, Error, Event, JobOf, JobState, Jobs, Levels, Pallet, PoolLevels, ProviderJobs, RejectReason,
	Requesters, Stuck, MAX_ACCEPTANCES, MAX_ASSIGNMENTS,
};
use millrace_primitives::{
	traits::{Classes, Ineligible, JobPhase, Outcome, ProtocolClock, ProviderView, Providers},
	Balance, ClassFigures, JobId, Level, Pool, Price, ProviderId, Target, Tick,
};
use polkadot_sdk::{
	frame_support::{dispatch::Pays, ensure, storage::with_storage_layer},
	sp_runtime::{DispatchError, DispatchResult},
};

/// Providers at which one match looks, at most: an ask whose provider cannot serve after all is put aside.
pub(crate) const MATCH_TRIES: u8 = 2;

/// What a job of the book meets there.
pub(crate) struct Met {
	/// A provider that can serve it, and the level of the ask.
	pub(crate) ask: Option<(ProviderId, Level)>,
	/// Whether older bids go first.
	outranked: bool,
	/// How much had to be touched to see that.
	work: Work,
}

impl<T: Config> Pallet<T> {
	/// A worker's call has succeeded, so it lives.
	pub(crate) fn heard(worker: &T::AccountId) -> Work {
		Work::more_if(T::Providers::by_worker(worker).is_some_and(T::Providers::heard))
	}

	/// Finds a provider for a job of the book, or lets it wait as a bid. `class` are the figures of its class, where they have
	/// been read.
	pub(crate) fn enter_book(id: JobId, job: JobOf<T>, class: Option<ClassFigures>) -> Result<Work, DispatchError> {
		let met = Self::meet(&job, class)?;
		Self::take_place(id, job, met)
	}

	/// Looks for a provider for a job of the book.
	pub(crate) fn meet(job: &JobOf<T>, class: Option<ClassFigures>) -> Result<Met, DispatchError> {
		let (pool, level) = job.bid().ok_or(DispatchError::Corruption)?;
		let levels = Levels::<T>::get(pool);
		// After a call that left some of them, older bids may wait that cross an ask. They go first.
		let outranked = levels.best(Side::Bid).is_some_and(|best| best >= level);
		let (ask, work) = if outranked {
			(None, Work::Ordinary)
		} else {
			Self::serving_ask(pool, level, levels, class)?
		};
		Ok(Met { ask, outranked, work })
	}

	/// Gives a job of the book, for which all is held, to the provider that it met, or lets it wait as a bid.
	pub(crate) fn take_place(id: JobId, mut job: JobOf<T>, met: Met) -> Result<Work, DispatchError> {
		let Met { ask, outranked, work } = met;
		if let Some((provider, ask)) = ask {
			return Ok(work.max(Self::assign(id, job, provider, ask.price())?));
		}
		let (pool, level) = job.bid().ok_or(DispatchError::Corruption)?;
		let mut work = work.max(Work::Queued);
		job.state = JobState::Pending;
		Self::schedule(id, &mut job);
		Jobs::<T>::insert(id, &job);
		Book::<T>::push(pool, Side::Bid, level, OrderRef::Bid(id));
		Self::deposit_event(Event::JobQueued { job: id, pool, level });
		if outranked {
			work = work.max(Self::try_cross(pool).1);
		}
		Ok(work)
	}

	/// Matches the best bid of a pool with the best ask if they cross; says whether it did, and how much it had to touch.
	/// What goes wrong with other people's orders is logged, and must not stop the call that came by.
	pub(crate) fn try_cross(pool: Pool) -> (bool, Work) {
		let levels = Levels::<T>::get(pool);
		let Some(level) = levels.best(Side::Bid) else {
			return (false, Work::Ordinary);
		};
		with_storage_layer(|| Self::cross(pool, level, levels)).unwrap_or_else(|error: DispatchError| {
			log::error!(target: crate::LOG_TARGET, "the best orders of {pool:?} cannot be matched: {error:?}");
			(false, Work::More)
		})
	}

	/// The same for the best level with a bid, of the levels in use.
	fn cross(pool: Pool, level: Level, levels: PoolLevels) -> Result<(bool, Work), DispatchError> {
		let (found, looked) = Self::serving_ask(pool, level, levels, None)?;
		let Some((provider, _)) = found else {
			return Ok((false, looked));
		};
		let Some(OrderRef::Bid(id)) = Book::<T>::head(pool, Side::Bid, level) else {
			return Err(DispatchError::Corruption);
		};
		let job = Jobs::<T>::get(id).ok_or(DispatchError::Corruption)?;
		if job.terms.expires < Self::now() {
			// The hook is about to collect it; look again when it has.
			Self::wake_after(provider, Self::now());
			return Ok((false, Work::More));
		}
		Self::leave_book(id, &job)?;
		let price = job.price;
		Self::assign(id, job, provider, price)?;
		Ok((true, Work::More))
	}

	/// Takes a pending job out of the book.
	pub(crate) fn leave_book(id: JobId, job: &JobOf<T>) -> DispatchResult {
		let (pool, level) = job.bid().ok_or(DispatchError::Corruption)?;
		Book::<T>::remove(pool, Side::Bid, level, OrderRef::Bid(id))
	}

	/// The best ask of a pool at `limit` or below whose provider can serve. Asks are parked in time as their provider's
	/// room goes; what its owner changed since (lanes, pool, minimum) shows only here. Says also whether any was put aside.
	/// `levels` are those in use, and `class` the figures of the pool's class, where they have been read.
	fn serving_ask(
		pool: Pool,
		limit: Level,
		mut levels: PoolLevels,
		mut class: Option<ClassFigures>,
	) -> Result<(Option<(ProviderId, Level)>, Work), DispatchError> {
		let mut work = Work::Ordinary;
		for _ in 0..MATCH_TRIES {
			let Some(level) = levels.best(Side::Ask).filter(|level| *level <= limit) else {
				break;
			};
			let Some(OrderRef::Ask { provider, .. }) = Book::<T>::head(pool, Side::Ask, level) else {
				return Err(DispatchError::Corruption);
			};
			let floor = class
				.get_or_insert_with(|| <Self as Classes>::figures(pool.class))
				.floor;
			match Self::check_ask(provider, pool, level, floor) {
				Ok(()) => return Ok((Some((provider, level)), work)),
				Err(Unfit::Provider(Ineligible::Full)) => {
					Self::park_all(provider)?;
				}
				Err(_) => Self::withdraw_all(provider)?,
			}
			levels = Levels::<T>::get(pool);
			work = Work::More;
		}
		Ok((None, work))
	}

	/// Gives a job that is in no queue to a provider that has room.
	pub(crate) fn assign(
		id: JobId,
		mut job: JobOf<T>,
		provider: ProviderId,
		price: Price,
	) -> Result<Work, DispatchError> {
		let view = T::Providers::move_job(provider, None, Some(JobPhase::Assigned), job.target_escrow())?;
		let saved = Self::agree(&mut job, price)?;
		Self::release(&job.requester, saved);
		let until = Self::now().saturating_add(job.accept_ticks);
		job.assignments = job.assignments.saturating_add(1);
		job.state = JobState::Assigned { provider, until };
		ProviderJobs::<T>::insert(provider, id, ());
		Self::schedule(id, &mut job);
		Jobs::<T>::insert(id, job);
		Self::deposit_event(Event::JobAssigned {
			job: id,
			provider,
			price,
			until,
		});
		if view.has_room() {
			// Without an ask, only from this job on it must answer samples.
			Ok(Work::more_if(view.asks == 0))
		} else {
			Self::park_all(provider)
		}
	}

	/// Agrees on a price at or below the job's own. Returns by how much its escrow falls, which is to be freed where it is held.
	pub(crate) fn agree(job: &mut JobOf<T>, price: Price) -> Result<Balance, DispatchError> {
		if price >= job.price {
			return Ok(0);
		}
		let escrow = job.escrow_at(price).ok_or(DispatchError::Corruption)?;
		let saved = job.escrow.saturating_sub(escrow);
		job.price = price;
		job.escrow = escrow;
		Ok(saved)
	}

	/// Moves a waiting job to another level of its book, at the tail, and matches it if it can be now.
	pub(crate) fn do_reprice_job(who: &T::AccountId, id: JobId, level: Level) -> Result<Work, DispatchError> {
		ensure!(!Self::is_halted(), Error::<T>::Halted);
		let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		ensure!(job.requester == *who, Error::<T>::NotRequester);
		ensure!(job.state == JobState::Pending, Error::<T>::NotPending);
		ensure!(Self::now() <= job.terms.expires, Error::<T>::ExpiryPassed);
		let escrow = job.escrow_at(level.price()).ok_or(Error::<T>::CostOverflow)?;
		let figures = <Self as Classes>::figures(job.pool.class);
		ensure!(escrow <= figures.book_job_max(), Error::<T>::EscrowTooLarge);

		Self::leave_book(id, &job)?;
		if escrow > job.escrow {
			Self::hold_or_explain(who, escrow.saturating_sub(job.escrow))?;
		} else {
			Self::release(who, job.escrow.saturating_sub(escrow));
		}
		job.escrow = escrow;
		job.price = level.price();
		job.terms.target = Target::Book { pool: job.pool, level };
		Self::deposit_event(Event::JobRepriced { job: id, level, escrow });
		Self::enter_book(id, job, Some(figures))
	}

	/// Goes back to the limit that the requester signed, if its account still can hold what that takes. If not, the job
	/// bids what it holds.
	fn raise_price(job: &mut JobOf<T>) {
		let Target::Book { level, .. } = job.terms.target else {
			return;
		};
		let price = level.price();
		let Some(escrow) = job.escrow_at(price).filter(|_| price > job.price) else {
			return;
		};
		let more = escrow.saturating_sub(job.escrow);
		if more == 0 || Self::hold(&job.requester, more).is_ok() {
			job.price = price;
			job.escrow = escrow;
		}
	}

	/// Lets the end of a job's state be noticed. An entry that is looked at before then stays where it is: most jobs are done
	/// before their first deadline, and moving it each time would be half of what a short step writes. To be called before
	/// the job is written.
	pub(crate) fn schedule(id: JobId, job: &mut JobOf<T>) {
		let due = job.due_tick();
		if let (Entry::At(tick), Some(due)) = (job.entry, due) {
			if tick <= due {
				return;
			}
		}
		Self::unschedule(id, core::mem::take(&mut job.entry));
		if let Some(due) = due {
			Deadlines::<T>::insert(due, id, ());
			job.entry = Entry::At(due);
		}
	}

	/// Removes the entry of a job.
	pub(crate) fn unschedule(id: JobId, entry: Entry) {
		match entry {
			Entry::None => {}
			Entry::At(tick) => Deadlines::<T>::remove(tick, id),
			Entry::Stuck => Stuck::<T>::remove(id),
		}
	}

	/// Removes a job and its entry among the deadlines.
	pub(crate) fn remove_job(id: JobId, job: &JobOf<T>) {
		Self::unschedule(id, job.entry);
		Jobs::<T>::remove(id);
	}

	/// Takes a job away from its provider, which has it in `phase`. Its entry among the deadlines stays for what comes next.
	pub(crate) fn unassign(id: JobId, job: &JobOf<T>, provider: ProviderId, phase: JobPhase) -> DispatchResult {
		T::Providers::move_job(provider, Some(phase), None, job.target_escrow())?;
		ProviderJobs::<T>::remove(provider, id);
		Ok(())
	}

	/// What comes after an assignment that led nowhere: the next one, through the book, or the end.
	pub(crate) fn next_assignment(id: JobId, mut job: JobOf<T>) -> Result<Work, DispatchError> {
		let again = !job.is_targeted()
			&& job.assignments < MAX_ASSIGNMENTS
			&& job.acceptances < MAX_ACCEPTANCES
			&& Self::now() <= job.terms.expires;
		if !again {
			Self::end_unserved(id, job)?;
			return Ok(Work::More);
		}
		Self::raise_price(&mut job);
		Self::enter_book(id, job, None)
	}

	/// Uses up the job fee that prepaid the current assignment. It is taken when the job ends, with all else that is: until
	/// then it costs no look at anybody's account.
	pub(crate) fn use_fee(job: &mut JobOf<T>) {
		job.fees_left = job.fees_left.saturating_sub(1);
	}

	/// The assigned job, its provider, and the end of its accept window.
	fn assigned(id: JobId) -> Result<(JobOf<T>, ProviderId, Tick), DispatchError> {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let JobState::Assigned { provider, until } = job.state else {
			return Err(Error::<T>::NotAssigned.into());
		};
		Ok((job, provider, until))
	}

	/// Fails if the signer is not the worker of the provider. The record says what the index of workers does, and is read anyway.
	pub(crate) fn ensure_worker(who: &T::AccountId, view: &ProviderView<T::AccountId>) -> DispatchResult {
		ensure!(view.worker.as_ref() == Some(who), Error::<T>::NotAssignee);
		Ok(())
	}

	/// Accepts an assignment. Returns how much it had to touch.
	pub(crate) fn do_accept(who: &T::AccountId, id: JobId) -> Result<Work, DispatchError> {
		let (mut job, provider, until) = Self::assigned(id)?;
		let now = Self::now();
		let (from, to) = (Some(JobPhase::Assigned), Some(JobPhase::Running));
		let view = T::Providers::move_job_if(provider, from, to, job.target_escrow(), |view| {
			Self::ensure_worker(who, view)?;
			ensure!(now <= until, Error::<T>::AcceptWindowOver);
			Self::ensure_unconvicted(view)?;
			ensure!(!view.is_busy(), Error::<T>::NoLane);
			Ok(())
		})?;
		Self::use_fee(&mut job);
		job.acceptances = job.acceptances.saturating_add(1);
		let deadline = if Self::is_measurement(&job) {
			until
		} else {
			now.saturating_add(job.terms.run_ticks)
		};
		job.state = JobState::Running {
			provider,
			payout: view.payout,
			deadline,
		};
		Self::schedule(id, &mut job);
		Jobs::<T>::insert(id, job);
		Self::deposit_event(Event::JobAccepted {
			job: id,
			provider,
			deadline,
		});
		Ok(Work::more_if(T::Providers::heard(provider)))
	}

	pub(crate) fn do_reject(who: &T::AccountId, id: JobId, reason: RejectReason) -> Result<Pays, DispatchError> {
		let (mut job, provider, until) = Self::assigned(id)?;
		let view = T::Providers::view(provider).ok_or(Error::<T>::NotAssignee)?;
		Self::ensure_worker(who, &view)?;
		ensure!(Self::now() <= until, Error::<T>::AcceptWindowOver);
		if reason == RejectReason::Busy {
			ensure!(view.is_busy(), Error::<T>::NotBusy);
			Self::answer_busy(id, job, provider)?;
			return Ok(Pays::Yes);
		}
		ensure!(
			reason != RejectReason::InputsMissing || !job.inputs.is_empty(),
			Error::<T>::NoInputs
		);

		Self::unassign(id, &job, provider, JobPhase::Assigned)?;
		Self::use_fee(&mut job);
		if reason == RejectReason::InputsMissing {
			T::Providers::record(provider, Outcome::InputsMissing);
			Requesters::<T>::mutate(&job.requester, |known| {
				known.inputs_missing = known.inputs_missing.saturating_add(1);
			});
		}
		Self::deposit_event(Event::JobRejected {
			job: id,
			provider,
			reason,
		});
		let targeted = job.is_targeted();
		if !targeted {
			Self::pause(provider)?;
		}
		Self::next_assignment(id, job)?;
		if targeted {
			Self::room_made(provider)?;
		}
		Ok(Pays::No)
	}

	/// All lanes are taken: the job goes on at no cost to either side. The provider's asks wait until a lane is free;
	/// else they would draw the same job again.
	fn answer_busy(id: JobId, job: JobOf<T>, provider: ProviderId) -> DispatchResult {
		Self::unassign(id, &job, provider, JobPhase::Assigned)?;
		Self::deposit_event(Event::JobRejected {
			job: id,
			provider,
			reason: RejectReason::Busy,
		});
		Self::park_all(provider)?;
		Self::next_assignment(id, job)?;
		Ok(())
	}

	/// The accept window of an assignment is over.
	pub(crate) fn end_accept_window(id: JobId, mut job: JobOf<T>, provider: ProviderId) -> DispatchResult {
		if job.is_targeted() {
			// An offer, not an obligation.
			Self::unassign(id, &job, provider, JobPhase::Assigned)?;
			Self::use_fee(&mut job);
			Self::deposit_event(Event::OfferLapsed { job: id, provider });
			Self::end_unserved(id, job)?;
			Self::room_made(provider)?;
			return Ok(());
		}
		if T::Providers::view(provider).is_some_and(|view| view.is_busy()) {
			return Self::answer_busy(id, job, provider);
		}
		Self::unassign(id, &job, provider, JobPhase::Assigned)?;
		Self::withdraw_all(provider)?;
		let barred_until = Self::bar(provider);
		let fee_taken = T::Providers::take_stake(provider, job.job_fee, None);
		Self::tally_fee(job.pool, fee_taken);
		T::Providers::record(provider, Outcome::NoShow);
		Self::deposit_event(Event::NoShow {
			job: id,
			provider,
			fee_taken,
			barred_until,
		});
		Self::next_assignment(id, job)?;
		Ok(())
	}
}
