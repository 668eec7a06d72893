//! What an era pays, and what providers have filed of it.

use crate::*;
use millrace_primitives::{traits::UsageSink, Tick, HISTORY_ERAS, YEAR};
use polkadot_sdk::{
	frame_support::traits::{fungible::Inspect, Get},
	sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding},
};

/// The pool of an era is what stays burned of its fees, by this: so a provider that pays itself always burns more than it gets.
const BURNED_PER_REWARD: Balance = 2;

impl<T: Config> Pallet<T> {
	/// The most that an era of so many ticks may pay: its part of what a year may add to the issuance.
	pub(crate) fn cap(ticks: Tick) -> Balance {
		let yearly = T::YearlyCap::get().mul_floor(T::Currency::total_issuance());
		let (ticks, year) = (Balance::from(ticks), Balance::from(YEAR));
		multiply_by_rational_with_rounding(yearly, ticks, year, Rounding::Down).unwrap_or(Balance::MAX)
	}

	/// What is paid for so much that stays burned, where nothing caps it.
	pub(crate) fn uncapped(burned: Balance) -> Balance {
		burned.checked_div(BURNED_PER_REWARD).unwrap_or(0)
	}
}

impl<T: Config> UsageSink<T::AccountId> for Pallet<T> {
	fn filed(era: u32, provider: ProviderId, payout: &T::AccountId, fees: Balance) {
		// What nobody could claim would never be cleared.
		if Self::is_expired(era) {
			return;
		}
		let payout = payout.clone();
		Points::<T>::insert(era, provider, FiledUsage { payout, fees });
	}

	fn era_closed(era: u32, fees: Balance, burned: Balance, ticks: Tick) {
		let pool = Self::uncapped(burned).min(Self::cap(ticks));
		let reward = EraReward { fees, pool, claimed: 0 };
		Eras::<T>::insert(era, reward);
		if let Some(expired) = era.checked_sub(HISTORY_ERAS) {
			Eras::<T>::remove(expired);
		}
		// Nothing was filed before the first era that is closed: a chain that had eras before does not look through them.
		if !ClearCursor::<T>::exists() {
			ClearCursor::<T>::put(era);
		}
		Self::deposit_event(Event::RewardsOpened { era, fees, pool });
	}
}
