//! Slashing for downtime: automatic, graduated, and forgiven where the network failed rather than the provider.
//!
//! What an outage costs is a total by its length. It is taken in steps, each at its tick, each only the difference to what
//! the outage cost before, and less what its provider paid for it otherwise. The first look comes when it is known how
//! much else became unreachable at the same time.

use crate::{
	outage::{DowntimePreview, Outage, PreviewStep},
	types::{Slash, SlashCause, NO_SHOW_LIMIT},
	weights::WeightInfo,
	*,
};
use polkadot_sdk::{
	frame_support::{dispatch::DispatchResult, ensure, traits::Get, weights::WeightMeter},
	sp_runtime::{DispatchError, Perbill},
};

impl<T: Config> Pallet<T> {
	/// Begins an outage at `since`, or continues the one before; returns when it began. The record is the caller's to
	/// write, and still says how the provider was.
	pub(crate) fn start_outage(id: ProviderId, provider: &mut ProviderOf<T>, since: Tick) -> Tick {
		let (rules, now) = (T::Liveness::get(), T::Clock::now());
		if let Some(began) = provider.outage {
			if let Some(mut outage) = Outages::<T>::get(id, began) {
				if outage.covers(&rules, since) {
					outage.ended = None;
					Self::reschedule(id, began, outage, now);
					return began;
				}
			}
		}
		let hour = rules.hour_of(now);
		let own = OwnerStakes::<T>::get(&provider.owner).unwrap_or_default();
		let others = ReachableStake::<T>::get()
			.saturating_sub(own.reachable)
			.saturating_add(Self::of_others(|drops| drops.until(hour), &own));
		// Whoever did not show up has lost its asks already.
		let required = Self::required_in_use(&provider.terms, &provider.load);
		let outage = Outage::new(since, required, provider.load.running > 0, hour, others);
		let is_veteran = now.saturating_sub(provider.registered) >= rules.veteran_ticks;
		if is_veteran {
			let stake = provider.ledger.active;
			Self::drop_of(&provider.owner, hour, stake, provider.dropped.replace((hour, stake)));
		}
		provider.record.outages = provider.record.outages.saturating_add(1);
		provider.outage = Some(since);
		Self::reschedule(id, since, outage, now);
		since
	}

	/// Ends the outage of a provider that answers again, or that sells no time any more.
	pub(crate) fn stop_outage(id: ProviderId, provider: &mut ProviderOf<T>) {
		let now = T::Clock::now();
		let Some(began) = provider.outage else { return };
		let Some(mut outage) = Outages::<T>::get(id, began).filter(|outage| outage.ended.is_none()) else {
			return;
		};
		outage.ended = Some(now);
		provider.returned = Some(now);
		let ticks = outage.ticks(began, now);
		Self::reschedule(id, began, outage, now);
		Self::deposit_event(Event::OutageEnded {
			provider: id,
			began,
			ticks,
		});
	}

	/// Writes an outage with its place among the checks.
	fn reschedule(id: ProviderId, began: Tick, mut outage: Outage, now: Tick) {
		if let Some(tick) = outage.check.take() {
			OutageChecks::<T>::remove(tick, (id, began));
		}
		outage.check = outage.next_check(&T::Liveness::get(), began, now);
		if let Some(tick) = outage.check {
			OutageChecks::<T>::insert(tick, (id, began), ());
		}
		Outages::<T>::insert(id, began, outage);
	}

	/// Counts another penalty of the provider to its outage, if there is one.
	pub(crate) fn note_penalty(id: ProviderId, provider: &ProviderOf<T>, amount: Balance) {
		let Some(began) = provider.outage.filter(|_| amount > 0) else {
			return;
		};
		let Some(mut outage) = Outages::<T>::get(id, began) else {
			return;
		};
		if outage.covers(&T::Liveness::get(), T::Clock::now()) {
			outage.deducted = outage.deducted.saturating_add(amount);
			Outages::<T>::insert(id, began, outage);
		}
	}

	/// Looks at the outages whose tick has come, oldest first, within the meter.
	pub(crate) fn serve_checks(now: Tick, meter: &mut WeightMeter) {
		let start = CheckCursor::<T>::get();
		let mut cursor = start;
		'ticks: while cursor <= now {
			if meter.try_consume(T::WeightInfo::serve_tick()).is_err() {
				break;
			}
			for (id, began) in OutageChecks::<T>::iter_key_prefix(cursor) {
				if meter.try_consume(T::WeightInfo::check_outage()).is_err() {
					break 'ticks;
				}
				Self::check_outage(id, began);
			}
			cursor = cursor.saturating_add(1);
		}
		if cursor != start {
			CheckCursor::<T>::put(cursor);
		}
	}

	/// See [`Pallet::touch`].
	pub(crate) fn do_touch(id: ProviderId, began: Tick) -> DispatchResult {
		let outage = Outages::<T>::get(id, began).ok_or(Error::<T>::UnknownOutage)?;
		let due = outage.check.is_some_and(|tick| tick <= T::Clock::now());
		ensure!(due, Error::<T>::NothingDue);
		Self::check_outage(id, began);
		Ok(())
	}

	/// Takes what an outage costs by now, and decides when to look again, if at all.
	pub(crate) fn check_outage(id: ProviderId, began: Tick) {
		let (rules, now) = (T::Liveness::get(), T::Clock::now());
		let Some(mut outage) = Outages::<T>::get(id, began) else {
			return;
		};
		let Some(mut provider) = Providers::<T>::get(id) else {
			// Its owner has left; nothing is staked any more.
			Self::remove_outage(id, began, &outage);
			return;
		};
		if outage.scale.is_none() && now >= rules.known_from(outage.hour) {
			let own = OwnerStakes::<T>::get(&provider.owner).unwrap_or_default();
			let dropped = Self::of_others(|drops| drops.around(outage.hour), &own);
			outage.scale = Some(rules.scale(dropped, outage.others));
		}
		let is_known = outage.scale.is_some();
		let owed = outage.left_of(outage.cost(&rules, began, now));
		let amount = if is_known { provider.ledger.set_aside(owed) } else { 0 };
		outage.looked = now;
		outage.charged = outage.charged.saturating_add(amount);
		if amount > 0 {
			Self::queue_slash(Slash {
				provider: id,
				amount,
				cause: SlashCause::Downtime,
				since: now,
				due: now.saturating_add(T::SlashTicks::get()),
				shares: None,
			});
		}
		let ticks = outage.ticks(began, now);
		let serves = matches!(provider.status, Status::Active | Status::Unreachable { .. });
		let goes_on = outage.ended.is_none();
		let chills = is_known && goes_on && serves && rules.chills(ticks) && !outage.is_forgiven();
		if chills {
			let until = now.saturating_add(T::ChillTicks::get());
			provider.status = Status::Chilled { until };
			Self::deposit_event(Event::ProviderChilled { provider: id, until });
		}
		let lost = Self::check_ask(&provider).is_err() && provider.load.asks > 0;
		let is_over = is_known && !outage.covers(&rules, now);
		if is_over || chills {
			if provider.outage == Some(began) {
				provider.outage = None;
			}
			provider.record.unreachable = provider.record.unreachable.saturating_add(u64::from(ticks));
			Self::deposit_event(Event::OutageClosed {
				provider: id,
				began,
				ticks,
				scale: outage.scale.unwrap_or_default(),
				charged: outage.charged,
				deducted: outage.deducted,
			});
			Self::remove_outage(id, began, &outage);
			Self::forget_drops(&provider.owner, rules.hour_of(now));
		} else {
			Self::reschedule(id, began, outage, now);
		}
		Self::put(id, provider);
		if lost {
			T::Events::lost_eligibility(id);
		}
	}

	/// Removes an outage with its place among the checks.
	fn remove_outage(id: ProviderId, began: Tick, outage: &Outage) {
		if let Some(tick) = outage.check {
			OutageChecks::<T>::remove(tick, (id, began));
		}
		Outages::<T>::remove(id, began);
	}

	/// An assignment ended without a word, though there were lanes free. Too many in a row are an outage, whatever the
	/// worker answers. Says whether this was the one too many.
	pub(crate) fn note_no_show(provider: &mut ProviderOf<T>) -> bool {
		provider.no_shows = provider.no_shows.saturating_add(1);
		// Who drains and has nothing left to compute sells no time.
		let sells = match provider.status {
			Status::Active => true,
			Status::Draining => provider.load.is_computing(),
			Status::Unreachable { .. } | Status::Chilled { .. } | Status::Exiting => false,
		};
		provider.no_shows >= NO_SHOW_LIMIT && sells
	}

	/// The provider did work: assignments that it missed before do not count against it any more.
	pub(crate) fn note_work(id: ProviderId, provider: &mut ProviderOf<T>) {
		let was_silent = provider.no_shows >= NO_SHOW_LIMIT;
		provider.no_shows = 0;
		if was_silent && !provider.is_unreachable() {
			Self::stop_outage(id, provider);
		}
	}

	/// What it would cost the provider to be gone from now on; or, where an outage goes on, to stay gone.
	pub(crate) fn preview(id: ProviderId) -> Result<DowntimePreview, DispatchError> {
		let provider = Providers::<T>::get(id).ok_or(Error::<T>::UnknownProvider)?;
		let (rules, now) = (T::Liveness::get(), T::Clock::now());
		let known = provider
			.outage
			.and_then(|began| Some((began, Outages::<T>::get(id, began)?)));
		// A miss soon after its end continues an outage.
		let current = known.filter(|(_, outage)| outage.covers(&rules, now));
		let going_on = current.map(|(began, outage)| (began, Outage { ended: None, ..outage }));
		let (began, mut outage) = going_on.unwrap_or((
			now,
			Outage::new(
				now,
				Self::required(&provider.terms, &provider.load),
				provider.load.running > 0,
				rules.hour_of(now.saturating_add(rules.answer_ticks)),
				0,
			),
		));
		let required = outage.required;
		let costs = provider.is_unreachable() || provider.is_sampled();
		let mut steps = alloc::vec::Vec::new();
		// What is still due of the steps behind, then each step ahead.
		let is_over = current.is_none_or(|(_, outage)| outage.ended.is_some());
		let mut next = match outage.check.filter(|_| !is_over) {
			Some(check) => Some(check.max(now)),
			None => outage.next_check(&rules, began, now).filter(|_| costs),
		};
		while let Some(tick) = next {
			let amount = outage.left_of(outage.cost(&rules, began, tick));
			let chills = !outage.is_forgiven() && rules.chills(tick.saturating_sub(began));
			if amount > 0 || chills {
				steps.push(PreviewStep { tick, amount, chills });
			}
			outage.charged = outage.charged.saturating_add(amount);
			outage.scale = outage.scale.or(Some(Perbill::one()));
			outage.looked = tick;
			next = outage.next_check(&rules, began, tick);
		}
		Ok(DowntimePreview {
			now,
			began,
			outage: current.map(|(_, outage)| outage),
			required,
			running: outage.running,
			steps,
		})
	}
}
