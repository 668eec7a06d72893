//! Standing offers: placing and withdrawing them, and keeping them out of the queue while their provider has no room.
//!
//! An ask is *queued* or *parked*. A queued ask can take a job now; a parked one waits for an event of its own
//! provider: room that a job makes, or the end of a pause, for which there is an entry among the wakes.

use crate::{
	book::{Book, OrderRef, Side},
	types::{Ask, Work, MAX_ASKS},
	Asks, Config, Error, Event, Pallet, ProviderAsks, Wakes,
};
use millrace_primitives::{
	traits::{Classes, Ineligible, ProtocolClock, ProviderEvents, ProviderView, Providers},
	Level, Pool, ProviderId, Tick,
};
use polkadot_sdk::{
	frame_support::{ensure, traits::Get},
	sp_runtime::{DispatchError, DispatchResult},
};

/// Bids that one `place_ask` takes at most.
pub(crate) const MATCHES_PER_ASK: u8 = 4;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_place_ask(who: &T::AccountId, slot: u8, level: Level) -> DispatchResult {
		ensure!(!Self::is_halted(), Error::<T>::Halted);
		let provider = T::Providers::by_worker(who).ok_or(Error::<T>::NotWorker)?;
		let mut asks = Asks::<T>::get(provider);
		ensure!(
			asks.slots
				.get(usize::from(slot))
				.ok_or(Error::<T>::NoSuchSlot)?
				.is_none(),
			Error::<T>::SlotTaken
		);
		T::Providers::may_ask(provider).map_err(Self::refusal)?;
		let view = T::Providers::view(provider).ok_or(Error::<T>::UnknownProvider)?;
		ensure!(level.price() >= view.min_price, Error::<T>::PriceTooLow);
		let now = Self::now();
		ensure!(now >= asks.barred_until, Error::<T>::Barred);

		let pool = view.pool;
		ensure!(<Self as Classes>::is_open(pool), Error::<T>::UnknownRegion);
		if view.completed > asks.completed {
			asks.no_shows = 0;
		}
		let parked = !view.has_room() || now < asks.paused_until;
		if let Some(free) = asks.slots.get_mut(usize::from(slot)) {
			*free = Some(Ask {
				pool,
				level,
				placed: now,
				parked,
			});
		}
		let count = asks.count();
		Asks::<T>::insert(provider, asks);
		if !parked {
			Book::<T>::push(pool, Side::Ask, level, OrderRef::Ask { provider, slot });
		}
		T::Providers::set_asks(provider, count);
		Self::deposit_event(Event::AskPlaced {
			provider,
			slot,
			pool,
			level,
			parked,
		});
		if !parked {
			Self::take_bids(pool);
		}
		Ok(())
	}

	/// Matches as many bids as one call about an ask may.
	fn take_bids(pool: Pool) {
		for _ in 0..MATCHES_PER_ASK {
			if !Self::try_cross(pool).0 {
				break;
			}
		}
	}

	/// Moves an ask to the tail of another level. As withdrawing and placing it, but that its slot stays taken; it must have
	/// stood as long.
	pub(crate) fn do_reprice_ask(who: &T::AccountId, slot: u8, level: Level) -> DispatchResult {
		ensure!(!Self::is_halted(), Error::<T>::Halted);
		let provider = T::Providers::by_worker(who).ok_or(Error::<T>::NotWorker)?;
		let mut asks = Asks::<T>::get(provider);
		let place = asks.slots.get_mut(usize::from(slot)).ok_or(Error::<T>::NoSuchSlot)?;
		let ask = place.as_mut().ok_or(Error::<T>::SlotEmpty)?;
		let now = Self::now();
		ensure!(
			now >= ask.placed.saturating_add(T::Rules::get().ask_life_min),
			Error::<T>::AskTooYoung
		);
		let view = T::Providers::view(provider).ok_or(Error::<T>::UnknownProvider)?;
		ensure!(level.price() >= view.min_price, Error::<T>::PriceTooLow);

		let order = OrderRef::Ask { provider, slot };
		let (pool, parked, from) = (ask.pool, ask.parked, ask.level);
		ask.level = level;
		ask.placed = now;
		Asks::<T>::insert(provider, asks);
		if !parked {
			Book::<T>::remove(pool, Side::Ask, from, order)?;
			Book::<T>::push(pool, Side::Ask, level, order);
		}
		Self::deposit_event(Event::AskRepriced {
			provider,
			slot,
			pool,
			level,
		});
		if !parked {
			Self::take_bids(pool);
		}
		Ok(())
	}

	pub(crate) fn do_withdraw_ask(who: &T::AccountId, slot: u8) -> DispatchResult {
		let provider = T::Providers::by_worker(who).ok_or(Error::<T>::NotWorker)?;
		let mut asks = Asks::<T>::get(provider);
		let place = asks.slots.get_mut(usize::from(slot)).ok_or(Error::<T>::NoSuchSlot)?;
		let ask = place.ok_or(Error::<T>::SlotEmpty)?;
		let free_from = ask.placed.saturating_add(T::Rules::get().ask_life_min);
		ensure!(Self::now() >= free_from, Error::<T>::AskTooYoung);

		*place = None;
		if !ask.parked {
			Book::<T>::remove(ask.pool, Side::Ask, ask.level, OrderRef::Ask { provider, slot })?;
		}
		let count = asks.count();
		Self::write_asks(provider, asks);
		T::Providers::set_asks(provider, count);
		Self::deposit_event(Event::AskWithdrawn { provider, slot });
		Ok(())
	}

	/// Takes all asks of a provider out of the book for good.
	pub(crate) fn withdraw_all(provider: ProviderId) -> DispatchResult {
		let mut asks = Asks::<T>::get(provider);
		if asks.count() == 0 {
			return Ok(());
		}
		for (slot, place) in (0..MAX_ASKS).zip(asks.slots.iter_mut()) {
			if let Some(ask) = place.take() {
				if !ask.parked {
					Book::<T>::remove(ask.pool, Side::Ask, ask.level, OrderRef::Ask { provider, slot })?;
				}
				Self::deposit_event(Event::AskWithdrawn { provider, slot });
			}
		}
		Self::write_asks(provider, asks);
		T::Providers::set_asks(provider, 0);
		Ok(())
	}

	/// Takes all queued asks of a provider out of the queue until an event brings them back.
	pub(crate) fn park_all(provider: ProviderId) -> Result<Work, DispatchError> {
		let mut asks = Asks::<T>::get(provider);
		let mut changed = false;
		for (slot, ask) in Self::present(&mut asks).filter(|(_, ask)| !ask.parked) {
			Book::<T>::remove(ask.pool, Side::Ask, ask.level, OrderRef::Ask { provider, slot })?;
			ask.parked = true;
			changed = true;
			Self::deposit_event(Event::AskParked { provider, slot });
		}
		if changed {
			Asks::<T>::insert(provider, asks);
		}
		Ok(Work::more_if(changed))
	}

	/// A job of the provider ended or moved on: puts its parked asks back at the tails, and matches at most one bid.
	pub(crate) fn room_made(provider: ProviderId) -> Result<Work, DispatchError> {
		match T::Providers::view(provider) {
			Some(view) => Self::room_made_by(provider, &view),
			None => Ok(Work::Ordinary),
		}
	}

	/// The same, where the provider has been read.
	pub(crate) fn room_made_by(provider: ProviderId, view: &ProviderView<T::AccountId>) -> Result<Work, DispatchError> {
		let mut asks = Asks::<T>::get(provider);
		if asks.count() == 0 || Self::now() < asks.paused_until || !view.has_room() {
			return Ok(Work::Ordinary);
		}
		let mut changed = false;
		for (slot, ask) in Self::present(&mut asks).filter(|(_, ask)| ask.parked) {
			Book::<T>::push(ask.pool, Side::Ask, ask.level, OrderRef::Ask { provider, slot });
			ask.parked = false;
			changed = true;
			Self::deposit_event(Event::AskQueued { provider, slot });
		}
		if changed {
			Asks::<T>::insert(provider, asks);
		}
		let (_, work) = Self::try_cross(view.pool);
		Ok(work.max(Work::more_if(changed)))
	}

	/// Parks the provider's asks for the ticks that a reject costs.
	pub(crate) fn pause(provider: ProviderId) -> DispatchResult {
		Self::park_all(provider)?;
		let now = Self::now();
		let paused_until = now.saturating_add(T::Rules::get().reject_pause);
		Asks::<T>::mutate(provider, |asks| asks.paused_until = paused_until);
		Self::wake_after(provider, now.max(paused_until.saturating_sub(1)));
		Ok(())
	}

	/// Makes the hook look at the provider's asks again when the clock has passed `tick`.
	pub(crate) fn wake_after(provider: ProviderId, tick: Tick) {
		let earlier = Asks::<T>::mutate(provider, |asks| asks.wake.replace(tick));
		if let Some(earlier) = earlier {
			Wakes::<T>::remove(earlier, provider);
		}
		Wakes::<T>::insert(tick, provider, ());
	}

	/// Serves the provider's entry among the wakes.
	pub(crate) fn wake(provider: ProviderId) -> DispatchResult {
		let mut asks = Asks::<T>::get(provider);
		asks.wake = None;
		Self::write_asks(provider, asks);
		Self::room_made(provider)?;
		Ok(())
	}

	/// Bars a provider that did not show up, and returns until when. A job that was paid since the last time ends the row.
	pub(crate) fn bar(provider: ProviderId) -> Tick {
		let rules = T::Rules::get();
		let completed = T::Providers::view(provider).map_or(0, |view| view.completed);
		Asks::<T>::mutate(provider, |asks| {
			if completed > asks.completed {
				asks.no_shows = 0;
				asks.completed = completed;
			}
			let doublings = 2u32.saturating_pow(u32::from(asks.no_shows));
			let bar = rules.no_show_base.saturating_mul(doublings).min(rules.no_show_cap);
			asks.no_shows = asks.no_shows.saturating_add(1);
			asks.barred_until = Self::now().saturating_add(bar);
			asks.barred_until
		})
	}

	/// Writes the asks of a provider, or nothing where there is nothing left to know.
	fn write_asks(provider: ProviderId, mut asks: ProviderAsks) {
		let now = Self::now();
		if asks.paused_until <= now {
			asks.paused_until = 0;
		}
		if asks.barred_until <= now {
			asks.barred_until = 0;
		}
		if asks.no_shows == 0 {
			asks.completed = 0;
		}
		if asks == ProviderAsks::default() {
			Asks::<T>::remove(provider);
		} else {
			Asks::<T>::insert(provider, asks);
		}
	}

	/// The asks that there are, each with its slot.
	fn present(asks: &mut ProviderAsks) -> impl Iterator<Item = (u8, &mut Ask)> {
		(0..MAX_ASKS)
			.zip(asks.slots.iter_mut())
			.filter_map(|(slot, ask)| Some((slot, ask.as_mut()?)))
	}

	/// The error for each reason that a provider may not serve.
	pub(crate) fn refusal(reason: Ineligible) -> DispatchError {
		match reason {
			Ineligible::Unknown => Error::<T>::UnknownProvider,
			Ineligible::NotActive => Error::<T>::ProviderNotActive,
			Ineligible::Unreachable => Error::<T>::ProviderUnreachable,
			Ineligible::NoWorker => Error::<T>::ProviderHasNoWorker,
			Ineligible::StakeTooLow { .. } => Error::<T>::StakeTooLow,
			Ineligible::TakesNoTargets => Error::<T>::TakesNoTargets,
			Ineligible::PriceTooLow { .. } => Error::<T>::PriceTooLow,
			Ineligible::Full => Error::<T>::ProviderFull,
			Ineligible::NotMeasured { .. } => Error::<T>::ProviderNotMeasured,
			Ineligible::TooFewPaid { .. } => Error::<T>::TooFewPaid,
			Ineligible::TooManyFailed { .. } => Error::<T>::TooManyFailed,
		}
		.into()
	}
}

impl<T: Config> ProviderEvents for Pallet<T> {
	const MAX_ASKS: u8 = MAX_ASKS;

	fn lost_eligibility(provider: ProviderId) {
		if let Err(error) = Self::withdraw_all(provider) {
			log::error!(target: crate::LOG_TARGET, "asks of {provider:?} could not be withdrawn: {error:?}");
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_asks(provider: ProviderId, asks: u8) {
		let Some(view) = T::Providers::view(provider) else {
			return;
		};
		let least = Level::at_least(view.min_price).unwrap_or(Level(u8::MAX));
		let mut standing = ProviderAsks::default();
		for (slot, place) in (0..asks).zip(standing.slots.iter_mut()) {
			// Each on a level of its own: none is any other's neighbour.
			let level = Level(least.0.saturating_add(slot));
			*place = Some(Ask {
				pool: view.pool,
				level,
				placed: Self::now(),
				parked: false,
			});
			Book::<T>::push(view.pool, Side::Ask, level, OrderRef::Ask { provider, slot });
		}
		T::Providers::set_asks(provider, standing.count());
		Asks::<T>::insert(provider, standing);
	}
}
