//! Why a provider does not serve a job: the first rule that fails, with its numbers.

use crate::{types::Unfit, Asks, Config, Jobs, Pallet};
use millrace_primitives::{
	traits::{Ineligible, ProtocolClock, Providers},
	JobId, Level, Pool, ProviderId, Target,
};
use polkadot_sdk::frame_support::ensure;

impl<T: Config> Pallet<T> {
	/// Whether the provider would serve the job now, if that were up for assignment; none where there is no such job.
	pub fn explain_eligibility(provider: ProviderId, id: JobId) -> Option<Result<(), Unfit>> {
		let job = Jobs::<T>::get(id)?;
		Some(match job.terms.target {
			Target::Provider { provider: named, .. } if named != provider => Err(Unfit::OtherTarget { target: named }),
			Target::Provider { price, .. } => {
				T::Providers::takes_target(provider, job.escrow, price).map_err(Unfit::Provider)
			}
			Target::Book { pool, level } => Self::serves_bid(provider, pool, level),
		})
	}

	/// The rules of the book, in the order in which a match applies them.
	fn serves_bid(provider: ProviderId, pool: Pool, limit: Level) -> Result<(), Unfit> {
		let view = T::Providers::view(provider).ok_or(Unfit::Provider(Ineligible::Unknown))?;
		ensure!(view.pool == pool, Unfit::OtherPool { pool: view.pool });
		T::Providers::may_ask(provider).map_err(Unfit::Provider)?;
		let (asks, now) = (Asks::<T>::get(provider), Self::now());
		let Some(best) = asks.slots.iter().flatten().map(|ask| ask.level).min() else {
			return Err(Unfit::NoAsk {
				barred_until: (asks.barred_until > now).then_some(asks.barred_until),
			});
		};
		ensure!(
			best <= limit,
			Unfit::AskTooDear {
				have: best.price(),
				need: limit.price(),
			}
		);
		ensure!(
			now >= asks.paused_until,
			Unfit::Paused {
				until: asks.paused_until
			}
		);
		ensure!(view.has_room(), Unfit::Provider(Ineligible::Full));
		Ok(())
	}
}
