//! How a kernel ends.

use crate::*;
use polkadot_sdk::{
	frame_support::{
		dispatch::DispatchResult,
		ensure,
		traits::{Consideration, Get},
	},
	sp_runtime::DispatchError,
};

impl<T: Config> Pallet<T> {
	/// See [`Pallet::retire_kernel`].
	pub(crate) fn do_retire(owner: &T::AccountId, kernel: KernelHash) -> DispatchResult {
		let mut record = Self::owned(owner, kernel)?;
		ensure!(record.retired.is_none(), Error::<T>::AlreadyRetired);
		let now = T::Clock::now();
		record.retired = Some(now);
		record.facts.retired = true;
		Kernels::<T>::insert(kernel, record);
		let removable = now.saturating_add(T::RemoveAfter::get());
		Self::deposit_event(Event::KernelRetired { kernel, removable });
		Ok(())
	}

	/// See [`Pallet::remove_kernel`].
	pub(crate) fn do_remove(owner: &T::AccountId, kernel: KernelHash) -> DispatchResult {
		let record = Self::owned(owner, kernel)?;
		let retired = record.retired.ok_or(Error::<T>::NotRetired)?;
		ensure!(
			T::Clock::now() >= retired.saturating_add(T::RemoveAfter::get()),
			Error::<T>::TooEarly
		);

		record.ticket.drop(owner)?;
		Kernels::<T>::remove(kernel);
		Bytecode::<T>::remove(kernel);
		Self::deposit_event(Event::KernelRemoved { kernel });
		Ok(())
	}

	/// The kernel, if `who` registered it.
	fn owned(who: &T::AccountId, kernel: KernelHash) -> Result<KernelRecordOf<T>, DispatchError> {
		let record = Kernels::<T>::get(kernel).ok_or(Error::<T>::UnknownKernel)?;
		ensure!(record.owner == *who, Error::<T>::NotOwner);
		Ok(record)
	}
}
