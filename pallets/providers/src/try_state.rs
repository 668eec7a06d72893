//! What holds after every block.

use crate::*;
use alloc::collections::BTreeMap;
use polkadot_sdk::{
	frame_support::{ensure, traits::fungible::InspectHold},
	sp_runtime::TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks the invariants of the storage; the numbers are those of the README.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut count: u32 = 0;
		let mut stakes: BTreeMap<T::AccountId, Balance> = BTreeMap::new();
		for (id, provider) in Providers::<T>::iter() {
			count = count.saturating_add(1);
			ensure!(
				id < NextProvider::<T>::get(),
				"a provider has an id that was not given out"
			);
			Self::check_ledger(&provider)?;
			Self::check_load(&provider)?;
			// 10. Nobody has earned anything in an era that is still to come.
			ensure!(
				provider.usage.era <= T::Clock::era(),
				"a provider has earned in an era that is still to come"
			);
			if let Some(worker) = &provider.worker {
				// 2. Workers and providers agree, this way.
				ensure!(
					Workers::<T>::get(worker) == Some(id),
					"a provider's worker is not in the index"
				);
			}
			let stake = stakes.entry(provider.owner.clone()).or_default();
			*stake = stake
				.checked_add(provider.ledger.held())
				.ok_or("the ledgers of an owner overflow")?;
		}

		// 1. What is held on an owner's account is the sum of its ledgers.
		for (owner, stake) in stakes {
			let held = T::Currency::balance_on_hold(&HoldReason::Stake.into(), &owner);
			ensure!(
				held == stake,
				"the hold on an owner's account is not the sum of its ledgers"
			);
		}

		// 2. Workers and providers agree, the other way.
		for (worker, id) in Workers::<T>::iter() {
			let provider = Providers::<T>::get(id).ok_or("a worker serves no provider")?;
			ensure!(
				provider.worker == Some(worker),
				"a worker serves a provider that has another"
			);
		}

		Self::check_slashes()?;
		Self::check_reachable()?;
		Self::check_outages()?;
		Self::check_devices()?;

		// 5. The counter is the number of providers.
		ensure!(Count::<T>::get() == count, "the counter is not the number of providers");
		Ok(())
	}

	/// 6. What a ledger has set aside is the sum of the provider's slashes, each of which shares no more than it has.
	fn check_slashes() -> Result<(), TryRuntimeError> {
		let mut set_aside: BTreeMap<ProviderId, Balance> = BTreeMap::new();
		for (id, slash) in Slashes::<T>::iter() {
			ensure!(
				SlashCursor::<T>::get() <= id && id < NextSlash::<T>::get(),
				"a slash has an id that the hook does not reach"
			);
			let shared = slash.shares.as_ref().map_or(0, |shares| {
				shares.refuter_amount.saturating_add(shares.requester_amount)
			});
			ensure!(
				slash.amount > 0 && shared <= slash.amount,
				"a slash shares more than it has"
			);
			let sum = set_aside.entry(slash.provider).or_default();
			*sum = sum.saturating_add(slash.amount);
		}
		for (id, provider) in Providers::<T>::iter() {
			ensure!(
				set_aside.remove(&id).unwrap_or(0) == provider.ledger.set_aside,
				"what is set aside is not the sum of the slashes"
			);
			ensure!(
				!matches!(provider.status, Status::Chilled { .. }) || provider.load.asks == 0,
				"a chilled provider has asks"
			);
		}
		ensure!(set_aside.is_empty(), "a slash of no provider");
		Ok(())
	}

	/// 7. Who must be sampled is listed once, and the list has no holes; what is counted as reachable stake is theirs, by
	///    owner and in all.
	fn check_reachable() -> Result<(), TryRuntimeError> {
		let mut listed: u32 = 0;
		let mut stakes: BTreeMap<T::AccountId, Balance> = BTreeMap::new();
		for (id, provider) in Providers::<T>::iter() {
			let stake = provider.is_sampled().then_some(provider.ledger.active);
			ensure!(
				provider.sampled_stake == stake,
				"a provider does not count as what its record says"
			);
			let place = Reachable::<T>::get(id).map(|sampled| sampled.index);
			ensure!(
				place.is_some() == stake.is_some(),
				"who is sampled is not who is listed"
			);
			if let (Some(index), Some(stake)) = (place, stake) {
				listed = listed.saturating_add(1);
				ensure!(
					ReachableAt::<T>::get(index) == Some(id),
					"the list and its reverse differ"
				);
				let sum = stakes.entry(provider.owner).or_default();
				*sum = sum.saturating_add(stake);
			}
		}
		let sum = stakes
			.values()
			.fold(0, |sum: Balance, stake| sum.saturating_add(*stake));
		ensure!(ReachableCount::<T>::get() == listed, "the list has another length");
		ensure!(
			u32::try_from(ReachableAt::<T>::iter().count()) == Ok(listed)
				&& u32::try_from(Reachable::<T>::iter().count()) == Ok(listed),
			"somebody is listed who should not be"
		);
		ensure!(ReachableStake::<T>::get() == sum, "the reachable stake is another");
		for (owner, own) in OwnerStakes::<T>::iter() {
			ensure!(
				stakes.remove(&owner).unwrap_or(0) == own.reachable,
				"an owner's reachable stake is another"
			);
		}
		ensure!(
			stakes.values().all(|stake| *stake == 0),
			"an owner's reachable stake is not counted"
		);
		Ok(())
	}

	/// 8. Each outage that goes on is its provider's only one, and the hook reaches every check.
	fn check_outages() -> Result<(), TryRuntimeError> {
		let mut checks: u32 = 0;
		for (id, began, outage) in Outages::<T>::iter() {
			if let Some(tick) = outage.check {
				checks = checks.saturating_add(1);
				ensure!(
					OutageChecks::<T>::contains_key(tick, (id, began)),
					"an outage is never looked at"
				);
				ensure!(CheckCursor::<T>::get() <= tick, "the hook has passed a check");
			}
			let provider = Providers::<T>::get(id);
			let is_current = provider.is_some_and(|provider| provider.outage == Some(began));
			ensure!(
				is_current || outage.ended.is_some(),
				"an outage goes on that its provider does not know"
			);
		}
		ensure!(
			u32::try_from(OutageChecks::<T>::iter().count()) == Ok(checks),
			"a check of no outage"
		);
		for (id, provider) in Providers::<T>::iter() {
			let goes_on = provider
				.outage
				.and_then(|began| Outages::<T>::get(id, began))
				.is_some_and(|outage| outage.ended.is_none());
			ensure!(
				!provider.is_unreachable() || goes_on,
				"an unreachable provider has no outage"
			);
		}
		Ok(())
	}

	/// 9. Devices and their index agree both ways, what is measured is counted, and each that waits is asked for once.
	fn check_devices() -> Result<(), TryRuntimeError> {
		let mut devices: u32 = 0;
		let mut waiting: u32 = 0;
		for (id, slot, device) in Devices::<T>::iter() {
			devices = devices.saturating_add(1);
			ensure!(slot < types::MAX_DEVICES, "a device has no place");
			ensure!(Providers::<T>::contains_key(id), "a device of nobody");
			ensure!(
				DeviceIds::<T>::get(device.facts.uuid_hash) == Some((id, slot)),
				"a device is not in the index"
			);
			if device.state == DeviceState::Waiting {
				waiting = waiting.saturating_add(1);
			}
			ensure!(
				device.state != DeviceState::Measuring || device.job.is_some(),
				"a device is measured by no job"
			);
			if let Some(job) = device.job {
				ensure!(
					MeasurementSlots::<T>::get(job) == Some(slot),
					"a measurement does not find its device"
				);
			}
		}
		ensure!(
			u32::try_from(DeviceIds::<T>::iter().count()) == Ok(devices),
			"the index has a device that is not enrolled"
		);
		for (id, provider) in Providers::<T>::iter() {
			ensure!(
				provider.measured == Self::count_measured(id, provider.terms.class),
				"the measured devices are miscounted"
			);
			let enrolled = Devices::<T>::iter_prefix_values(id).count();
			ensure!(enrolled == usize::from(provider.devices), "the devices are miscounted");
			let under_way = Devices::<T>::iter_prefix_values(id).filter(|device| device.job.is_some());
			ensure!(
				under_way.count() == usize::from(provider.measuring),
				"a provider does not know what is measured"
			);
		}
		let ends = RequestQueue::<T>::get();
		let queued = ends.tail.wrapping_sub(ends.head);
		ensure!(
			u32::try_from(Requests::<T>::iter().count()) == Ok(queued) && waiting <= queued,
			"a device waits for nothing"
		);
		Ok(())
	}

	/// 3. A ledger adds up, holds no empty part, and its parts leave in order.
	fn check_ledger(provider: &ProviderOf<T>) -> Result<(), TryRuntimeError> {
		let ledger = &provider.ledger;
		let mut parts = ledger
			.unbonding
			.iter()
			.map(|part| part.amount)
			.chain([ledger.set_aside]);
		let sum = parts.try_fold(ledger.active, |sum: Balance, part| sum.checked_add(part));
		ensure!(sum == Some(ledger.held()), "a ledger overflows");
		ensure!(ledger.set_aside <= ledger.held(), "more is set aside than is held");
		ensure!(ledger.unbonding.iter().all(|part| part.amount > 0), "nothing unbonds");
		ensure!(
			ledger
				.unbonding
				.iter()
				.zip(ledger.unbonding.iter().skip(1))
				.all(|(a, b)| a.release < b.release),
			"the unbonding parts are out of order"
		);
		Ok(())
	}

	/// 4. What rests on a provider fits on it.
	fn check_load(provider: &ProviderOf<T>) -> Result<(), TryRuntimeError> {
		let load = &provider.load;
		ensure!(provider.terms.lanes > 0, "a provider has no lane");
		ensure!(
			load.fits(provider.terms.lanes),
			"more jobs are assigned or running than the lanes carry"
		);
		ensure!(load.targets <= load.live(), "more jobs are targeted than live");
		ensure!(
			load.targets > 0 || load.largest_target == 0,
			"an escrow counts without a targeted job"
		);
		ensure!(load.asks <= T::Events::MAX_ASKS, "more asks than a provider can have");
		if provider.status == Status::Exiting {
			ensure!(!load.is_engaged(), "a leaving provider has asks or jobs");
			ensure!(provider.ledger.active == 0, "a leaving provider has active stake");
			ensure!(provider.worker.is_none(), "a leaving provider has a worker");
		}
		Ok(())
	}
}
