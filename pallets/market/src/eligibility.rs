//! Why a provider does not serve a job: the first rule that fails, with its numbers.

use crate::{
	types::{Ask, Unfit},
	Asks, Config, JobOf, JobState, Jobs, Pallet, ProviderAsks,
};
use millrace_primitives::{
	traits::{Classes, Ineligible, ProtocolClock, Providers},
	Balance, JobId, Level, Pool, ProviderId, Target,
};
use polkadot_sdk::frame_support::ensure;

impl<T: Config> Pallet<T> {
	/// Whether the provider serves the job, or would now, if that were up for assignment and nobody else were there; none
	/// where there is no such job.
	pub fn explain_eligibility(provider: ProviderId, id: JobId) -> Option<Result<(), Unfit>> {
		let job = Jobs::<T>::get(id)?;
		if job.state.provider() == Some(provider) && !Self::is_void(&job) {
			return Some(Ok(()));
		}
		Some(match job.terms.target {
			Target::Provider { provider: named, .. } if named != provider => Err(Unfit::OtherTarget { target: named }),
			Target::Provider { price, minima, .. } => {
				T::Providers::takes_target(provider, job.escrow, price, &minima).map_err(Unfit::Provider)
			}
			Target::Book { pool, level } => Self::serves_bid(provider, &job, pool, level),
		})
	}

	/// The rules of the book, in the order in which a match applies them.
	fn serves_bid(provider: ProviderId, job: &JobOf<T>, pool: Pool, limit: Level) -> Result<(), Unfit> {
		let asks = Asks::<T>::get(provider);
		let Some(best) = best_ask(&asks, pool, |_| true) else {
			return Err(Self::asks_nothing(provider, &asks, pool));
		};
		// A job that is pending bids what it holds; one that is assigned anew first tries its limit.
		let limit = match job.bid() {
			Some((_, bid)) if job.state == JobState::Pending => bid,
			_ => limit,
		};
		ensure!(
			best <= limit,
			Unfit::AskTooDear {
				have: best.price(),
				need: limit.price(),
			}
		);
		let Some(queued) = best_ask(&asks, pool, |ask| !ask.parked && ask.level <= limit) else {
			return Err(Self::waits_aside(provider, &asks));
		};
		let floor = <Self as Classes>::figures(pool.class).floor;
		Self::check_ask(provider, pool, queued, floor)?;
		let expires = job.terms.expires;
		ensure!(expires >= Self::now(), Unfit::Expired { expires });
		Ok(())
	}

	/// The first rule by which a match passes over an ask that stands at this level of a pool's book: that it is no longer
	/// what its provider's owner stands for, or not backed by what the class needs today, `floor` for each lane; last, that there
	/// is no room.
	pub(crate) fn check_ask(provider: ProviderId, pool: Pool, level: Level, floor: Balance) -> Result<(), Unfit> {
		let (view, may_ask) = T::Providers::standing(provider, floor).ok_or(Unfit::Provider(Ineligible::Unknown))?;
		ensure!(view.pool == pool, Unfit::OtherPool { pool: view.pool });
		ensure!(
			level.price() >= view.min_price,
			Unfit::Provider(Ineligible::PriceTooLow {
				have: level.price(),
				need: view.min_price,
			})
		);
		may_ask.map_err(Unfit::Provider)?;
		ensure!(view.has_room(), Unfit::Provider(Ineligible::Full));
		Ok(())
	}

	/// Why the provider has no ask in a pool: it may not place one there, or has not.
	fn asks_nothing(provider: ProviderId, asks: &ProviderAsks, pool: Pool) -> Unfit {
		let Some(view) = T::Providers::view(provider) else {
			return Unfit::Provider(Ineligible::Unknown);
		};
		if view.pool != pool {
			return Unfit::OtherPool { pool: view.pool };
		}
		match T::Providers::may_ask(provider) {
			Err(rule) => Unfit::Provider(rule),
			Ok(()) => Unfit::NoAsk {
				barred_until: (asks.barred_until > Self::now()).then_some(asks.barred_until),
			},
		}
	}

	/// Why the provider's asks are not in the queue: what an event that could bring them back looks at first.
	fn waits_aside(provider: ProviderId, asks: &ProviderAsks) -> Unfit {
		if Self::now() < asks.paused_until {
			let until = asks.paused_until;
			return Unfit::Paused { until };
		}
		match T::Providers::view(provider) {
			None => Unfit::Provider(Ineligible::Unknown),
			Some(view) if !view.has_room() => Unfit::Provider(Ineligible::Full),
			Some(_) => Unfit::Parked,
		}
	}
}

/// The lowest level at which a provider asks in a pool, of the asks that count.
fn best_ask(asks: &ProviderAsks, pool: Pool, counts: impl Fn(&Ask) -> bool) -> Option<Level> {
	let there = asks.slots.iter().flatten();
	there
		.filter(|ask| ask.pool == pool && counts(ask))
		.map(|ask| ask.level)
		.min()
}
