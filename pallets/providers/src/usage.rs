//! What payments bring in fees: gathered in the record, which a settlement writes anyway, and filed once the era is another.

use crate::*;
use millrace_primitives::traits::UsageRecord;
#[cfg(feature = "runtime-benchmarks")]
use polkadot_sdk::frame_support::traits::Get;

impl<T: Config> Pallet<T> {
	/// Writes a payment into the provider's record. Says whether what it had gathered in an earlier era was filed.
	pub(crate) fn do_paid(id: ProviderId, payment: Balance, fee: Balance) -> bool {
		let Some(mut provider) = Providers::<T>::get(id) else {
			return false;
		};
		let filed = Self::note_paid(id, &mut provider, payment, fee);
		Self::put(id, provider);
		filed
	}

	/// The same, in a record that the caller writes.
	pub(crate) fn note_paid(id: ProviderId, provider: &mut ProviderOf<T>, payment: Balance, fee: Balance) -> bool {
		let record = &mut provider.record;
		record.completed = record.completed.saturating_add(1);
		record.paid = record.paid.saturating_add(payment);
		let era = T::Clock::era();
		let filed = provider.usage.era != era && Self::file_usage(id, provider);
		provider.usage = Usage {
			era,
			fees: provider.usage.fees.saturating_add(fee),
		};
		filed
	}

	/// Files what a record has gathered, and empties it; the caller writes it, or removes it. Says whether there was anything.
	pub(crate) fn file_usage(id: ProviderId, provider: &mut ProviderOf<T>) -> bool {
		let Usage { era, fees } = core::mem::take(&mut provider.usage);
		if fees > 0 {
			T::Usage::filed(era, id, &provider.payout, fees);
		}
		fees > 0
	}
}

impl<T: Config> UsageRecord<T::AccountId> for Pallet<T> {
	fn take_usage(provider: ProviderId, era: u32) -> Option<(T::AccountId, Balance)> {
		let mut record = Providers::<T>::get(provider)?;
		if record.usage.era != era || record.usage.fees == 0 {
			return None;
		}
		let fees = core::mem::take(&mut record.usage.fees);
		let payout = record.payout.clone();
		Self::put(provider, record);
		Some((payout, fees))
	}

	fn usage(provider: ProviderId) -> Option<(u32, T::AccountId, Balance)> {
		let record = Providers::<T>::get(provider)?;
		let Usage { era, fees } = record.usage;
		(fees > 0).then_some((era, record.payout, fees))
	}

	fn unfiled(era: u32) -> Balance {
		Providers::<T>::iter_values()
			.filter(|record| record.usage.era == era)
			.fold(0, |sum: Balance, record| sum.saturating_add(record.usage.fees))
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_usage(seed: u32, era: u32, fees: Balance) -> ProviderId {
		let (provider, _) = benchmarking::bench_provider::<T>(seed, T::MaxLanes::get());
		benchmarking::earned::<T>(provider, era, fees);
		provider
	}
}
