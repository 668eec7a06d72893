//! What holds after every block.

use crate::*;
use alloc::collections::BTreeMap;
use polkadot_sdk::{frame_support::ensure, sp_runtime::TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks the invariants of the storage; the numbers are those of the README.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let running = T::Clock::era();
		let cursor = ClearCursor::<T>::get();
		let mut filed: BTreeMap<u32, Balance> = BTreeMap::new();
		for (era, _, usage) in Points::<T>::iter() {
			// 4. Points are of something, and the hook has not passed them.
			ensure!(usage.fees > 0, "points of nothing");
			ensure!(era <= running, "points of an era that is still to come");
			ensure!(
				cursor.is_none_or(|cursor| cursor <= era),
				"points that the hook has passed"
			);
			let sum = filed.entry(era).or_default();
			*sum = sum.checked_add(usage.fees).ok_or("the points of an era overflow")?;
		}
		for (era, reward) in Eras::<T>::iter() {
			// 1. No era pays more than its pool.
			ensure!(reward.claimed <= reward.pool, "more was claimed than the era pays");
			// 2. A closed era is over, and it is remembered for as long as it can be claimed.
			ensure!(era < running, "an era is closed that is not over");
			if Self::is_expired(era) {
				continue;
			}
			// 3. What is not claimed, filed or not, is what was gathered less what was claimed for.
			let unclaimed = filed.get(&era).copied().unwrap_or(0);
			let unclaimed = unclaimed
				.checked_add(T::Providers::unfiled(era))
				.ok_or("what was gathered in an era overflows")?;
			let gone = reward
				.fees
				.checked_sub(unclaimed)
				.ok_or("providers have gathered more than payments brought")?;
			ensure!(
				reward.claimed <= reward.reward(gone),
				"more was claimed than was gathered for it"
			);
			ensure!(
				reward.claimed > 0 || gone == 0,
				"what was gathered is gone, and nobody has claimed it"
			);
		}
		Ok(())
	}
}
