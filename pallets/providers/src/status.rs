//! When a provider takes jobs, and what happened to those it took.

use crate::{types::NO_SHOW_LIMIT, *};
use millrace_primitives::traits::Outcome;
use polkadot_sdk::{
	frame_support::{dispatch::DispatchResult, ensure, traits::Get},
	sp_runtime::DispatchError,
};

impl<T: Config> Pallet<T> {
	/// See [`Pallet::drain`].
	pub(crate) fn do_drain(who: &T::AccountId, id: ProviderId) -> DispatchResult {
		let mut provider = Self::controlled(who, id)?;
		Self::note_heard(id);
		let may = provider.status == Status::Active || provider.is_unreachable();
		ensure!(may, Error::<T>::NotActive);
		// Who sells no time owes none.
		Self::stop_outage(id, &mut provider);
		provider.status = Status::Draining;
		Self::put(id, provider);
		Self::deposit_event(Event::ProviderDraining {
			provider: id,
			suspended: false,
		});
		T::Events::lost_eligibility(id);
		Ok(())
	}

	/// See [`Pallet::resume`].
	pub(crate) fn do_resume(who: &T::AccountId, id: ProviderId) -> DispatchResult {
		let mut provider = Self::controlled(who, id)?;
		Self::note_heard(id);
		if let Status::Unreachable { draining } = provider.status {
			Self::return_from_outage(id, provider, draining);
			return Ok(());
		}
		ensure!(provider.status == Status::Draining, Error::<T>::NotDraining);
		if Self::is_suspended(&provider) {
			ensure!(provider.owner == *who, Error::<T>::OwnerMustResume);
			provider.lates.clear();
		}
		provider.status = Status::Active;
		if provider.no_shows >= NO_SHOW_LIMIT {
			// It sells time again, and has not shown that it has any.
			Self::start_outage(id, &mut provider, T::Clock::now());
		}
		Self::put(id, provider);
		Self::deposit_event(Event::ProviderResumed { provider: id });
		Ok(())
	}

	/// An unreachable provider answers again, and is what it was before. Its outage ends unless it was one of silence on
	/// assignments, which only work ends.
	fn return_from_outage(id: ProviderId, mut provider: ProviderOf<T>, draining: bool) {
		let draining = draining || Self::is_suspended(&provider);
		provider.status = if draining { Status::Draining } else { Status::Active };
		provider.returned = Some(T::Clock::now());
		if draining || provider.no_shows < NO_SHOW_LIMIT {
			Self::stop_outage(id, &mut provider);
		}
		Self::put(id, provider);
		Self::deposit_event(Event::ProviderReturned { provider: id, draining });
	}

	/// Whether the provider is reachable, and has been for long enough that whoever waited for it had time to get its
	/// results.
	pub(crate) fn answers(provider: &ProviderOf<T>) -> bool {
		// Most have never been away, and need no look at the clock.
		let back = provider
			.returned
			.is_none_or(|tick| T::Clock::now() >= tick.saturating_add(T::Liveness::get().return_ticks));
		back && !provider.is_unreachable()
	}

	/// Writes an outcome into the provider's record; sets the provider draining at one late job too many. Payments are in
	/// `usage.rs`.
	pub(crate) fn do_record(id: ProviderId, outcome: Outcome) {
		let Some(mut provider) = Providers::<T>::get(id) else {
			return;
		};
		let record = &mut provider.record;
		let mut suspended = false;
		match outcome {
			Outcome::Late => {
				record.late = record.late.saturating_add(1);
				suspended = Self::note_late(&mut provider);
				if suspended {
					Self::stop_outage(id, &mut provider);
				}
			}
			Outcome::Abandoned => record.abandoned = record.abandoned.saturating_add(1),
			Outcome::NoShow => {
				record.no_show = record.no_show.saturating_add(1);
				if Self::note_no_show(&mut provider) {
					return Self::lose(id, provider, T::Clock::now());
				}
			}
			Outcome::InputsMissing => record.inputs_missing = record.inputs_missing.saturating_add(1),
		}
		Self::put(id, provider);
		if suspended {
			Self::deposit_event(Event::ProviderDraining {
				provider: id,
				suspended,
			});
			T::Events::lost_eligibility(id);
		}
	}

	/// Notes a late job and returns whether it is the one too many.
	fn note_late(provider: &mut ProviderOf<T>) -> bool {
		if Self::is_suspended(provider) {
			return false;
		}
		let now = T::Clock::now();
		provider
			.lates
			.retain(|tick| now.saturating_sub(*tick) < T::LateWindow::get());
		// Fewer than the limit are there, and the limit is at most the bound.
		let _ = provider.lates.try_push(now);
		let suspended = Self::is_suspended(provider) && matches!(provider.status, Status::Active | Status::Draining);
		if suspended {
			provider.status = Status::Draining;
		}
		suspended
	}

	/// Whether late jobs have set the provider draining, so that only its owner may resume.
	pub(crate) fn is_suspended(provider: &ProviderOf<T>) -> bool {
		u32::try_from(provider.lates.len()).unwrap_or(u32::MAX) >= T::LateLimit::get()
	}

	/// The provider, if `who` is its owner or its worker.
	pub(crate) fn controlled(who: &T::AccountId, id: ProviderId) -> Result<ProviderOf<T>, DispatchError> {
		let provider = Providers::<T>::get(id).ok_or(Error::<T>::UnknownProvider)?;
		ensure!(provider.is_owner_or_worker(who), Error::<T>::NotOwnerOrWorker);
		Ok(provider)
	}
}
