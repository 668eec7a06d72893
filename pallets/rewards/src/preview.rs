//! What can be claimed, and what is expected.

use crate::*;
use alloc::vec::Vec;
use millrace_primitives::HISTORY_ERAS;
use polkadot_sdk::frame_support::traits::Get;

impl<T: Config> Pallet<T> {
	/// What a provider has earned and nobody has claimed, newest era first.
	pub(crate) fn preview(provider: ProviderId) -> Vec<EraEarning> {
		let running = T::Clock::era();
		let unfiled = T::Providers::usage(provider);
		(0..=HISTORY_ERAS)
			.filter_map(|back| running.checked_sub(back))
			.filter_map(|era| {
				let fees = Self::unclaimed(provider, era, || unfiled.clone())?.fees;
				Some(Self::earning(era, fees, running))
			})
			.collect()
	}

	fn earning(era: u32, fees: Balance, running: u32) -> EraEarning {
		let (reward, state) = match Eras::<T>::get(era) {
			Some(closed) => (closed.reward(fees), EarningState::Claimable),
			None if era == running => (Self::expected(fees), EarningState::Running),
			None => (Self::expected(fees), EarningState::Closing),
		};
		EraEarning {
			era,
			fees,
			reward,
			state,
		}
	}

	/// What so much of the fees is expected to bring, before it is known whether the era is capped.
	fn expected(fees: Balance) -> Balance {
		Self::uncapped(T::FeeBurn::get().mul_floor(fees))
	}

	/// What the last eras pay that are closed, newest first.
	pub(crate) fn closed_eras(count: u32) -> Vec<(u32, EraReward)> {
		let running = T::Clock::era();
		let remembered = (1..=HISTORY_ERAS).filter_map(|back| running.checked_sub(back));
		let closed = remembered.filter_map(|era| Some((era, Eras::<T>::get(era)?)));
		(0..count).zip(closed).map(|(_, era)| era).collect()
	}
}
