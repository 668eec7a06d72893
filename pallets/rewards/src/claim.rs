//! A claim: the reward of one provider for one era is minted, once.

use crate::*;
use polkadot_sdk::frame_support::{
	dispatch::DispatchResult,
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{DepositConsequence, Provenance},
	},
};

/// What a provider's record has gathered and not filed: era, payout account, fees.
pub(crate) type Unfiled<T> = Option<(u32, <T as frame_system::Config>::AccountId, Balance)>;

impl<T: Config> Pallet<T> {
	/// See [`Pallet::claim`].
	pub(crate) fn do_claim(provider: ProviderId, era: u32) -> DispatchResult {
		let running = T::Clock::era();
		ensure!(era < running, Error::<T>::NotClosed);
		ensure!(!Self::is_expired(era), Error::<T>::Expired);
		let mut closed = Eras::<T>::get(era).ok_or(match era.checked_add(1) {
			// The next one begins only when this one is closed.
			Some(next) if next == running => Error::<T>::NotClosed,
			_ => Error::<T>::NothingToClaim,
		})?;
		let FiledUsage { payout, fees } =
			Self::unclaimed(provider, era, || T::Providers::usage(provider)).ok_or(Error::<T>::NothingToClaim)?;
		let reward = closed.reward(fees);
		ensure!(reward > 0, Error::<T>::NothingToClaim);
		ensure!(
			T::Currency::can_deposit(&payout, reward, Provenance::Minted) == DepositConsequence::Success,
			Error::<T>::PayoutCannotReceive
		);

		if Points::<T>::take(era, provider).is_none() {
			T::Providers::take_usage(provider, era);
		}
		closed.claimed = closed.claimed.saturating_add(reward);
		Eras::<T>::insert(era, closed);
		T::Currency::mint_into(&payout, reward)?;
		Self::deposit_event(Event::RewardClaimed {
			era,
			provider,
			payout,
			fees,
			reward,
		});
		Ok(())
	}

	/// What a provider gathered in an era and nobody has claimed: what was filed of it, or else what its record has.
	pub(crate) fn unclaimed(
		provider: ProviderId,
		era: u32,
		unfiled: impl FnOnce() -> Unfiled<T>,
	) -> Option<FiledUsageOf<T>> {
		Points::<T>::get(era, provider).or_else(|| {
			let (of, payout, fees) = unfiled()?;
			(of == era).then_some(FiledUsage { payout, fees })
		})
	}
}
