//! The hook, and everything that is due.
//!
//! Each live job has exactly one entry among the deadlines, at the last tick of its state or before. It is served once the
//! clock has passed it; where the job has moved on since, that means to move it to where it belongs. Guards compare the
//! clock themselves, so a hook with a backlog makes nobody early or late; it only collects, in order of ticks, within its
//! part of a block. Anyone may `touch` a job to have it served at once.

use crate::{
	types::{Entry, Work},
	weights::WeightInfo,
	Config, DeadlineCursor, Deadlines, Error, Event, JobOf, JobState, Jobs, Pallet, Stuck, Wakes, Window,
};
use millrace_primitives::{price::ladder_increases, traits::ProtocolClock, JobId, ProviderId, Tick};
use polkadot_sdk::{
	frame_support::{
		storage::with_storage_layer,
		traits::Get,
		weights::{Weight, WeightMeter},
	},
	sp_runtime::{DispatchError, DispatchResult, Perbill},
};

/// Part of a block that the hook may take for what is due. With those of the providers, one each for slashes and for
/// liveness, hooks take 5 % at most.
const HOOK_SHARE: Perbill = Perbill::from_percent(3);

/// What is due for a job.
enum Due {
	/// It is void: another result of this provider was refuted.
	Void(ProviderId),
	/// The time of its state is over.
	State,
}

/// What serving an entry came to, for its weight.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Served {
	/// The job is not due yet: its entry was moved on.
	Moved,
	/// The window of a result is over, and it was paid.
	Lapsed(Work),
	/// A bid that nobody took in time left the book.
	Expired,
	/// Anything else, or nothing at all.
	Any,
}

impl<T: Config> Pallet<T> {
	/// The whole of `on_poll`. The clock advances whatever the meter says; the rest keeps within it.
	pub(crate) fn do_poll(meter: &mut WeightMeter) {
		// The benchmarks leave out the clock, which is read and written here, once a block.
		let clock = T::DbWeight::get().reads_writes(1, 1);
		meter.consume(T::WeightInfo::on_poll().saturating_add(clock).min(meter.remaining()));
		Self::advance_clock();
		let mut own = WeightMeter::with_limit(Self::hook_budget().min(meter.remaining()));
		Self::poll_era(&mut own);
		Self::serve_due(&mut own);
		meter.consume(own.consumed());
	}

	/// What the hook may take of one block.
	pub(crate) fn hook_budget() -> Weight {
		let block = T::BlockWeights::get().max_block;
		Weight::from_parts(
			HOOK_SHARE.mul_floor(block.ref_time()),
			HOOK_SHARE.mul_floor(block.proof_size()),
		)
	}

	/// Serves what is due, oldest tick first, until the meter is used up.
	pub(crate) fn serve_due(meter: &mut WeightMeter) {
		let now = Self::now();
		let start = DeadlineCursor::<T>::get();
		let mut cursor = start;
		while cursor < now && Self::serve_tick(cursor, meter) {
			cursor = cursor.saturating_add(1);
		}
		if cursor != start {
			DeadlineCursor::<T>::put(cursor);
		}
	}

	/// Serves the entries of one tick; says whether it came through all of them.
	///
	/// Serving an entry adds none to a tick that has passed, and removes none but its own, so the iterators stay valid. What
	/// an entry takes shows only when it has been served, so there must be room for the worst; it is charged what it took.
	fn serve_tick(tick: Tick, meter: &mut WeightMeter) -> bool {
		if meter.try_consume(T::WeightInfo::serve_tick()).is_err() {
			return false;
		}
		for id in Deadlines::<T>::iter_key_prefix(tick) {
			if !meter.can_consume(Self::deadline_weight()) {
				return false;
			}
			let served = Self::serve_deadline(tick, id);
			meter.consume(Self::served_weight(served));
		}
		for provider in Wakes::<T>::iter_key_prefix(tick) {
			if meter.try_consume(T::WeightInfo::serve_wake()).is_err() {
				return false;
			}
			Self::serve_wake(tick, provider);
		}
		true
	}

	/// Of one entry, once it has been served.
	fn served_weight(served: Served) -> Weight {
		let took = match served {
			Served::Moved => T::WeightInfo::serve_moved(),
			Served::Expired => T::WeightInfo::serve_expired(),
			Served::Lapsed(Work::Ordinary) => T::WeightInfo::serve_lapsed(),
			Served::Lapsed(Work::Queued | Work::More) | Served::Any => return Self::deadline_weight(),
		};
		took.min(Self::deadline_weight())
	}

	/// Of one entry, whatever is due.
	fn deadline_weight() -> Weight {
		T::WeightInfo::serve_deadline()
			.max(T::WeightInfo::serve_no_show())
			.max(T::WeightInfo::serve_silence())
	}

	/// Serves one entry in a layer of its own. What fails is put out of the way.
	pub(crate) fn serve_deadline(tick: Tick, id: JobId) -> Served {
		with_storage_layer(|| Self::run_entry(tick, id)).unwrap_or_else(|error: DispatchError| {
			log::error!(target: crate::LOG_TARGET, "{id:?}, due at {tick}, cannot be served: {error:?}");
			Deadlines::<T>::remove(tick, id);
			// A record that does not decode cannot say that it is stuck, and no call could do anything about it.
			Jobs::<T>::mutate_extant(id, |job| {
				job.entry = Entry::Stuck;
				Stuck::<T>::insert(id, ());
			});
			Self::deposit_event(Event::JobStuck { job: id, error });
			Served::Any
		})
	}

	fn run_entry(tick: Tick, id: JobId) -> Result<Served, DispatchError> {
		let mut job = Jobs::<T>::get(id).ok_or(DispatchError::Corruption)?;
		Deadlines::<T>::remove(tick, id);
		job.entry = Entry::None;
		match Self::due(&job) {
			Some(due) => Self::run_due(id, job, due),
			None => {
				Self::schedule(id, &mut job);
				Jobs::<T>::insert(id, job);
				Ok(Served::Moved)
			}
		}
	}

	/// Lets a provider's parked asks look for work again.
	pub(crate) fn serve_wake(tick: Tick, provider: ProviderId) {
		if let Err(error) = with_storage_layer(|| Self::wake(provider)) {
			log::error!(target: crate::LOG_TARGET, "{provider:?} cannot be woken: {error:?}");
		}
		Wakes::<T>::remove(tick, provider);
	}

	/// What is due for a job, if anything is.
	fn due(job: &JobOf<T>) -> Option<Due> {
		match job.state.provider() {
			Some(provider) if Self::is_void(job) => Some(Due::Void(provider)),
			_ => job
				.due_tick()
				.is_some_and(|tick| tick < Self::now())
				.then_some(Due::State),
		}
	}

	fn run_due(id: JobId, job: JobOf<T>, due: Due) -> Result<Served, DispatchError> {
		match due {
			Due::Void(provider) => Self::end_void(id, job, provider).map(|()| Served::Any),
			Due::State => Self::end_state(id, job),
		}
	}

	/// What the end of each state's time brings.
	fn end_state(id: JobId, job: JobOf<T>) -> Result<Served, DispatchError> {
		match job.state {
			JobState::Pending => {
				Self::expire(id, job)?;
				return Ok(Served::Expired);
			}
			JobState::Assigned { provider, .. } => Self::end_accept_window(id, job, provider)?,
			JobState::Running { provider, .. } => Self::end_late(id, job, provider)?,
			JobState::Committed {
				provider,
				window: Window::Open { end },
				..
			} => return Self::lapse(id, job, provider, end),
			JobState::Committed {
				provider,
				window: Window::Demanded { .. },
				..
			} => Self::end_silent(id, job, provider)?,
		}
		Ok(Served::Any)
	}

	pub(crate) fn do_touch(id: JobId) -> DispatchResult {
		let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let due = Self::due(&job).ok_or(Error::<T>::NothingDue)?;
		Self::unschedule(id, core::mem::take(&mut job.entry));
		Self::run_due(id, job, due).map(|_| ())
	}

	/// What must hold of the configuration for the pallet to work at all.
	pub(crate) fn check_config() {
		let rules = T::Rules::get();
		let classes = T::ClassTable::get();
		let dearest = T::WeightInfo::serve_tick()
			.saturating_add(T::WeightInfo::close_pool())
			.saturating_add(T::WeightInfo::close_era())
			.saturating_add(Self::deadline_weight().max(T::WeightInfo::serve_wake()));
		assert!(ladder_increases(), "every price level is above the one below");
		assert!(
			dearest.all_lte(Self::hook_budget()),
			"the hook can always serve an entry"
		);
		assert!(
			classes.iter().all(|class| class.units_per_tick > 0 && class.floor > 0),
			"the figures of a class are positive"
		);
		assert!(
			rules.accept_ticks > 0 && rules.reject_pause > 0 && rules.fee_era > 0,
			"windows are not empty"
		);
		assert!(rules.bytes_per_accept_tick > 0, "inputs add a finite window");
		assert!(
			rules.window_min > 0 && rules.window_min <= rules.window_max,
			"targeted windows make a range"
		);
		assert!(rules.run_slack < rules.run_max, "some job can be run");
		assert!(rules.demand_ticks > 0, "demanded leaves have time to come");
		assert!(rules.lapse_retry > 0, "a window is extended by something");
		assert!(
			rules.no_show_base > 0 && rules.no_show_base <= rules.no_show_cap,
			"the bar grows to its cap"
		);
		assert!(
			rules.min_job > 0 && rules.book_output_max <= rules.output_max,
			"the book is the stricter market"
		);
		assert!(
			classes.iter().all(|class| class.book_job_max() >= rules.min_job),
			"the smallest job fits the book of every class"
		);
	}
}
