//! When a provider takes jobs, and what happened to those it took.

use crate::*;
use millrace_primitives::traits::Outcome;
use polkadot_sdk::{
	frame_support::{dispatch::DispatchResult, ensure, traits::Get},
	sp_runtime::DispatchError,
};

impl<T: Config> Pallet<T> {
	/// See [`Pallet::drain`].
	pub(crate) fn do_drain(who: &T::AccountId, id: ProviderId) -> DispatchResult {
		let mut provider = Self::controlled(who, id)?;
		ensure!(provider.status == Status::Active, Error::<T>::NotActive);
		provider.status = Status::Draining;
		Providers::<T>::insert(id, provider);
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
		ensure!(provider.status == Status::Draining, Error::<T>::NotDraining);
		if Self::is_suspended(&provider) {
			ensure!(provider.owner == *who, Error::<T>::OwnerMustResume);
			provider.lates.clear();
		}
		provider.status = Status::Active;
		Providers::<T>::insert(id, provider);
		Self::deposit_event(Event::ProviderResumed { provider: id });
		Ok(())
	}

	/// Writes an outcome into the provider's record; sets the provider draining at one late job too many.
	pub(crate) fn do_record(id: ProviderId, outcome: Outcome) {
		let Some(mut provider) = Providers::<T>::get(id) else {
			return;
		};
		let record = &mut provider.record;
		let mut suspended = false;
		match outcome {
			Outcome::Paid(amount) => {
				record.completed = record.completed.saturating_add(1);
				record.paid = record.paid.saturating_add(amount);
			}
			Outcome::Late => {
				record.late = record.late.saturating_add(1);
				suspended = Self::note_late(&mut provider);
			}
			Outcome::Abandoned => record.abandoned = record.abandoned.saturating_add(1),
			Outcome::NoShow => record.no_show = record.no_show.saturating_add(1),
			Outcome::InputsMissing => record.inputs_missing = record.inputs_missing.saturating_add(1),
		}
		Providers::<T>::insert(id, provider);
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
	fn controlled(who: &T::AccountId, id: ProviderId) -> Result<ProviderOf<T>, DispatchError> {
		let provider = Providers::<T>::get(id).ok_or(Error::<T>::UnknownProvider)?;
		ensure!(provider.is_owner_or_worker(who), Error::<T>::NotOwnerOrWorker);
		Ok(provider)
	}
}
