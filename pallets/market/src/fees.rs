//! The fee pot: job fees and protocol fees collect on one account and are split once an era.

use crate::{Config, Event, FeeEra, FeeTally, Pallet};
use millrace_primitives::{traits::ProtocolClock, Balance};
use polkadot_sdk::{
	frame_support::traits::{
		fungible::Mutate,
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
	sp_runtime::PerThing,
};

impl<T: Config> Pallet<T> {
	/// Whether an era of fees is over.
	pub(crate) fn fees_are_due() -> bool {
		Self::now().saturating_sub(FeeEra::<T>::get().started) >= T::Rules::get().fee_era
	}

	/// Sends the treasury its part of what was counted, rounded down, and burns the rest. Money that somebody else sent
	/// to the pot is not counted and stays, as does its existential deposit.
	pub(crate) fn split_fees() {
		let collected = FeeEra::<T>::get().collected;
		FeeEra::<T>::put(FeeTally {
			started: Self::now(),
			collected: 0,
		});
		if collected == 0 {
			return;
		}
		let kept = T::Rules::get().fee_burn.left_from_one();
		let treasury = Self::give_treasury(kept.mul_floor(collected));
		let burned = Self::burn_fees(collected.saturating_sub(treasury));
		Self::deposit_event(Event::FeesSplit { burned, treasury });
	}

	/// What cannot reach the treasury, because it has no existential deposit yet, is burned with the rest.
	fn give_treasury(amount: Balance) -> Balance {
		if amount == 0 {
			return 0;
		}
		T::Currency::transfer(&Self::pot(), &T::Treasury::get(), amount, Preservation::Preserve).unwrap_or_else(
			|error| {
				log::warn!(target: crate::LOG_TARGET, "the treasury cannot take {amount}: {error:?}");
				0
			},
		)
	}

	fn burn_fees(amount: Balance) -> Balance {
		T::Currency::burn_from(
			&Self::pot(),
			amount,
			Preservation::Preserve,
			Precision::BestEffort,
			Fortitude::Force,
		)
		.unwrap_or_else(|error| {
			log::error!(target: crate::LOG_TARGET, "{amount} of fees cannot be burned: {error:?}");
			0
		})
	}
}
