//! How a provider comes and goes.

use crate::{types::TooManyParts, *};
use polkadot_sdk::{
	frame_support::{
		dispatch::DispatchResult,
		ensure,
		traits::{
			fungible::{Mutate, MutateHold},
			tokens::Preservation,
			Get,
		},
	},
	sp_runtime::{ArithmeticError, BoundedVec, DispatchError},
};

impl<T: Config> Pallet<T> {
	/// See [`Pallet::register`]. Returns the new provider's id.
	pub(crate) fn do_register(
		owner: T::AccountId,
		worker: T::AccountId,
		payout: T::AccountId,
		endpoint: Endpoint,
		terms: ProviderTerms,
		bond: Balance,
	) -> Result<ProviderId, DispatchError> {
		Self::ensure_worker_free(&worker)?;
		Self::ensure_payout_exists(&payout)?;
		ensure!(endpoint.is_valid(), Error::<T>::InvalidEndpoint);
		Self::ensure_lanes(&terms)?;
		ensure!(T::Classes::is_open(terms.pool()), Error::<T>::UnknownRegion);
		ensure!(bond >= Self::floor(&terms), Error::<T>::StakeTooLow);
		Self::ensure_affordable(&owner, bond, T::WorkerFloat::get())?;
		let id = NextProvider::<T>::get();
		let next = id.0.checked_add(1).ok_or(ArithmeticError::Overflow)?;
		let count = Count::<T>::get().checked_add(1).ok_or(ArithmeticError::Overflow)?;

		T::Currency::transfer(&owner, &worker, T::WorkerFloat::get(), Preservation::Preserve)?;
		T::Currency::hold(&HoldReason::Stake.into(), &owner, bond)?;
		NextProvider::<T>::put(ProviderId(next));
		Count::<T>::put(count);
		Workers::<T>::insert(&worker, id);
		let provider = Provider {
			owner: owner.clone(),
			worker: Some(worker.clone()),
			payout,
			endpoint,
			terms,
			status: Status::Active,
			load: Load::default(),
			ledger: Ledger {
				active: bond,
				..Ledger::default()
			},
			record: Record::default(),
			lates: BoundedVec::default(),
			registered: T::Clock::now(),
			fraud_clock: None,
			refill: false,
			sampled_stake: None,
			no_shows: 0,
			outage: None,
			returned: None,
			dropped: None,
			devices: 0,
			measured: 0,
			measuring: false,
			usage: Usage::default(),
		};
		Self::put(id, provider);
		Self::deposit_event(Event::ProviderRegistered {
			provider: id,
			owner,
			worker,
			bond,
		});
		Ok(id)
	}

	/// See [`Pallet::deregister`].
	pub(crate) fn do_deregister(owner: &T::AccountId, id: ProviderId) -> DispatchResult {
		let mut provider = Self::changeable(owner, id)?;
		ensure!(provider.load.asks == 0, Error::<T>::HasAsks);
		ensure!(provider.load.live() == 0, Error::<T>::HasLiveJobs);
		let amount = provider.ledger.active;
		let release = provider
			.ledger
			.unbond(amount, T::Clock::now().saturating_add(T::UnbondTicks::get()))
			.map_err(|TooManyParts| Error::<T>::TooManyUnbondings)?;

		if let Some(worker) = provider.worker.take() {
			Workers::<T>::remove(worker);
		}
		Self::stop_outage(id, &mut provider);
		Self::forget_devices(id, &mut provider);
		provider.status = Status::Exiting;
		Self::put(id, provider);
		Self::deposit_event(Event::ProviderExiting {
			provider: id,
			amount,
			release,
		});
		Ok(())
	}

	/// The provider, if `who` owns it.
	pub(crate) fn owned(who: &T::AccountId, id: ProviderId) -> Result<ProviderOf<T>, DispatchError> {
		let provider = Providers::<T>::get(id).ok_or(Error::<T>::UnknownProvider)?;
		ensure!(provider.owner == *who, Error::<T>::NotOwner);
		Ok(provider)
	}

	/// The provider, if `who` owns it and it is not leaving.
	pub(crate) fn changeable(who: &T::AccountId, id: ProviderId) -> Result<ProviderOf<T>, DispatchError> {
		let provider = Self::owned(who, id)?;
		ensure!(provider.status != Status::Exiting, Error::<T>::Exiting);
		Ok(provider)
	}
}
