//! The hook, and everything that is due.
//!
//! Each live job has exactly one entry among the deadlines: the last tick of its state. An entry is due once the clock
//! has passed it. Guards compare the clock themselves, so a hook with a backlog makes nobody early or late; it only
//! collects, in order of ticks, within its part of a block. Anyone may `touch` a job to have it served at once.

use crate::{
	weights::WeightInfo, Config, DeadlineCursor, Deadlines, Error, Event, JobOf, JobState, Jobs, Pallet, Stuck, Wakes,
	Window,
};
use millrace_primitives::{price::ladder_increases, traits::ProtocolClock, JobId, ProviderId, Tick};
use polkadot_sdk::{
	frame_support::{
		ensure,
		storage::with_storage_layer,
		traits::Get,
		weights::{Weight, WeightMeter},
	},
	sp_runtime::{DispatchError, DispatchResult, Perbill},
};

/// Part of a block that the hook may take for what is due. With those of the providers, one each for slashes and for
/// liveness, hooks take 5 % at most.
const HOOK_SHARE: Perbill = Perbill::from_percent(3);

impl<T: Config> Pallet<T> {
	/// The whole of `on_poll`. The clock advances whatever the meter says; the rest keeps within it.
	pub(crate) fn do_poll(meter: &mut WeightMeter) {
		meter.consume(T::WeightInfo::on_poll().min(meter.remaining()));
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
	/// Serving an entry adds none to a tick that has passed, and removes none but its own, so the iterators stay valid.
	fn serve_tick(tick: Tick, meter: &mut WeightMeter) -> bool {
		if meter.try_consume(T::WeightInfo::serve_tick()).is_err() {
			return false;
		}
		for id in Deadlines::<T>::iter_key_prefix(tick) {
			if meter.try_consume(Self::deadline_weight()).is_err() {
				return false;
			}
			Self::serve_deadline(tick, id);
		}
		for provider in Wakes::<T>::iter_key_prefix(tick) {
			if meter.try_consume(T::WeightInfo::serve_wake()).is_err() {
				return false;
			}
			Self::serve_wake(tick, provider);
		}
		true
	}

	/// Of one entry, whatever is due.
	fn deadline_weight() -> Weight {
		T::WeightInfo::serve_deadline()
			.max(T::WeightInfo::serve_no_show())
			.max(T::WeightInfo::serve_silence())
	}

	/// Serves one entry in a layer of its own. What fails is put out of the way.
	pub(crate) fn serve_deadline(tick: Tick, id: JobId) {
		if let Err(error) = with_storage_layer(|| Self::run_due(id)) {
			log::error!(target: crate::LOG_TARGET, "{id:?}, due at {tick}, cannot be served: {error:?}");
			// A record that does not decode cannot say that it is stuck, and no call could do anything about it.
			Jobs::<T>::mutate_extant(id, |job| {
				job.stuck = true;
				Stuck::<T>::insert(id, ());
			});
			Self::deposit_event(Event::JobStuck { job: id, error });
		}
		Deadlines::<T>::remove(tick, id);
	}

	/// Lets a provider's parked asks look for work again.
	pub(crate) fn serve_wake(tick: Tick, provider: ProviderId) {
		if let Err(error) = with_storage_layer(|| Self::wake(provider)) {
			log::error!(target: crate::LOG_TARGET, "{provider:?} cannot be woken: {error:?}");
		}
		Wakes::<T>::remove(tick, provider);
	}

	/// Does what is due for a job.
	fn run_due(id: JobId) -> DispatchResult {
		let job = Jobs::<T>::get(id).ok_or(DispatchError::Corruption)?;
		match job.state.provider() {
			Some(provider) if Self::is_void(&job) => Self::end_void(id, job, provider),
			_ => {
				let due = job.due_tick().is_some_and(|tick| tick < Self::now());
				ensure!(due, Error::<T>::NothingDue);
				Self::end_state(id, job)
			}
		}
	}

	/// What the end of each state's time brings.
	fn end_state(id: JobId, job: JobOf<T>) -> DispatchResult {
		match job.state {
			JobState::Pending => Self::expire(id, job),
			JobState::Assigned { provider, .. } => Self::end_accept_window(id, job, provider),
			JobState::Running { provider, .. } => Self::end_late(id, job, provider),
			JobState::Committed {
				provider,
				window: Window::Open { end },
				..
			} => Self::lapse(id, job, provider, end),
			JobState::Committed {
				provider,
				window: Window::Demanded { .. },
				..
			} => Self::end_silent(id, job, provider),
		}
	}

	pub(crate) fn do_touch(id: JobId) -> DispatchResult {
		ensure!(Jobs::<T>::contains_key(id), Error::<T>::UnknownJob);
		Self::run_due(id)
	}

	/// What must hold of the configuration for the pallet to work at all.
	pub(crate) fn check_config() {
		let rules = T::Rules::get();
		let classes = T::ClassTable::get();
		let dearest = T::WeightInfo::serve_tick()
			.saturating_add(T::WeightInfo::close_pool())
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
