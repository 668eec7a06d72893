//! What the owner signs for: keys, accounts, endpoint, terms.

use crate::*;
use polkadot_sdk::frame_support::{
	dispatch::DispatchResult,
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation,
		Get,
	},
};

impl<T: Config> Pallet<T> {
	/// See [`Pallet::set_worker`].
	pub(crate) fn do_set_worker(owner: &T::AccountId, id: ProviderId, worker: Option<T::AccountId>) -> DispatchResult {
		let mut provider = Self::changeable(owner, id)?;
		match &worker {
			Some(new) => {
				Self::ensure_worker_free(new)?;
				Self::ensure_affordable(owner, 0, T::WorkerFloat::get())?;
				T::Currency::transfer(owner, new, T::WorkerFloat::get(), Preservation::Preserve)?;
				Workers::<T>::insert(new, id);
			}
			None => ensure!(provider.worker.is_some(), Error::<T>::NoWorker),
		}
		if let Some(old) = provider.worker.take() {
			Workers::<T>::remove(old);
		}
		provider.worker = worker.clone();
		let lost = Self::check_ask(&provider).is_err();
		Self::put(id, provider);
		Self::deposit_event(Event::WorkerSet { provider: id, worker });
		if lost {
			T::Events::lost_eligibility(id);
		}
		Ok(())
	}

	/// See [`Pallet::set_payout`].
	pub(crate) fn do_set_payout(owner: &T::AccountId, id: ProviderId, payout: T::AccountId) -> DispatchResult {
		let mut provider = Self::changeable(owner, id)?;
		Self::ensure_payout_exists(&payout)?;
		provider.payout = payout.clone();
		Self::put(id, provider);
		Self::deposit_event(Event::PayoutSet { provider: id, payout });
		Ok(())
	}

	/// See [`Pallet::set_endpoint`].
	pub(crate) fn do_set_endpoint(owner: &T::AccountId, id: ProviderId, endpoint: Endpoint) -> DispatchResult {
		let mut provider = Self::changeable(owner, id)?;
		ensure!(endpoint.is_valid(), Error::<T>::InvalidEndpoint);
		provider.endpoint = endpoint.clone();
		Self::put(id, provider);
		Self::deposit_event(Event::EndpointSet { provider: id, endpoint });
		Ok(())
	}

	/// See [`Pallet::set_terms`].
	pub(crate) fn do_set_terms(owner: &T::AccountId, id: ProviderId, terms: ProviderTerms) -> DispatchResult {
		let mut provider = Self::changeable(owner, id)?;
		Self::ensure_lanes(&terms)?;
		let same_pool = terms.pool() == provider.terms.pool();
		ensure!(
			same_pool || T::Classes::is_open(terms.pool()),
			Error::<T>::UnknownRegion
		);
		ensure!(same_pool || !provider.load.is_engaged(), Error::<T>::PoolInUse);
		ensure!(provider.load.fits(terms.lanes), Error::<T>::LanesInUse);
		ensure!(
			provider.ledger.active >= Self::required(&terms, &provider.load),
			Error::<T>::StakeTooLow
		);

		let asks_leave = terms.min_price > provider.terms.min_price && provider.load.asks > 0;
		if terms.class != provider.terms.class {
			provider.measured = Self::count_measured(id, terms.class);
		}
		provider.terms = terms;
		Self::put(id, provider);
		Self::deposit_event(Event::TermsSet { provider: id, terms });
		if asks_leave {
			T::Events::lost_eligibility(id);
		}
		Ok(())
	}

	/// Fails if the account is some provider's worker key.
	pub(crate) fn ensure_worker_free(worker: &T::AccountId) -> DispatchResult {
		ensure!(!Workers::<T>::contains_key(worker), Error::<T>::WorkerTaken);
		Ok(())
	}

	/// Fails if a payment, however small, might not arrive.
	pub(crate) fn ensure_payout_exists(payout: &T::AccountId) -> DispatchResult {
		ensure!(
			T::Currency::balance(payout) >= T::Currency::minimum_balance(),
			Error::<T>::PayoutTooPoor
		);
		Ok(())
	}

	/// Fails unless the number of lanes is in range.
	pub(crate) fn ensure_lanes(terms: &ProviderTerms) -> DispatchResult {
		ensure!(
			(1..=T::MaxLanes::get()).contains(&terms.lanes),
			Error::<T>::InvalidLanes
		);
		Ok(())
	}
}
