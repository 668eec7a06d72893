//! What a live job waits for.

use super::types::Waits;
use crate::{
	book::{Book, OrderRef},
	Config, JobOf, JobState, Jobs, Pallet, Window,
};
use millrace_primitives::{
	traits::{ProtocolClock, Providers},
	JobId,
};

impl<T: Config> Pallet<T> {
	/// What a live job waits for; none where there is no such job.
	pub fn explain_job(id: JobId) -> Option<Waits> {
		let job = Jobs::<T>::get(id)?;
		if let Some(provider) = job.state.provider().filter(|_| Self::is_void(&job)) {
			return Some(Waits::Void { provider });
		}
		if let Some(due) = job.due_tick().filter(|due| *due < Self::now()) {
			return Some(Waits::Touch { due });
		}
		match job.state {
			JobState::Pending => Self::explain_pending(id, &job),
			JobState::Assigned { provider, until } => Some(Waits::Acceptance {
				provider,
				until,
				busy: T::Providers::view(provider).is_some_and(|view| view.is_busy()),
			}),
			JobState::Running { provider, deadline, .. } => Some(Waits::Result { provider, deadline }),
			JobState::Committed { provider, window, .. } => Some(match window {
				Window::Open { end } => Waits::Window { provider, end },
				Window::Demanded { until, .. } => Waits::Leaves { provider, until },
			}),
		}
	}

	/// The first rule that keeps a pending job from being assigned: there must be an ask, it must cross, and the job must be
	/// the first of the bids.
	fn explain_pending(id: JobId, job: &JobOf<T>) -> Option<Waits> {
		let (pool, level) = job.bid()?;
		let expires = job.terms.expires;
		let Some(ask) = Self::best_serving_ask(pool) else {
			return Some(Waits::NoAsk { expires });
		};
		if ask.level > level {
			return Some(Waits::AsksTooDear {
				cheapest: ask.level.price(),
				bid: job.price,
				expires,
			});
		}
		Some(match Book::<T>::bids_before(pool, level, OrderRef::Bid(id)) {
			0 => Waits::Match { expires },
			ahead => Waits::Behind { ahead, expires },
		})
	}
}
