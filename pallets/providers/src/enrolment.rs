//! Devices, and how they show what they are.
//!
//! A worker enrols the device that it computes with. If the class is one that is measured, the chain draws a task after
//! that: a public, exact job that pays nothing, whose seed nobody knew before. A result in time makes the device one of its
//! class; it is measured again and again, at random times at which it has nothing else to do. Claims earn nothing: without a
//! measured device there is no ask and no targeted job.

use crate::{
	outage::QueueEnds,
	types::{Device, DeviceFacts, DeviceState, MeasureRequest, Status, MAX_DEVICES},
	weights::WeightInfo,
	*,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use millrace_primitives::{
	traits::{Measurement, Measurements},
	ClassTask, DeviceClass, JobId,
};
use polkadot_sdk::{
	frame_support::{
		defensive,
		dispatch::DispatchResult,
		ensure,
		storage::with_storage_layer,
		traits::Get,
		weights::{Weight, WeightMeter},
	},
	sp_core::H256,
	sp_io::hashing::blake2_256,
	sp_runtime::DispatchError,
};

impl<T: Config> Pallet<T> {
	/// See [`Pallet::enrol_device`].
	pub(crate) fn do_enrol_device(worker: &T::AccountId, slot: u8, facts: DeviceFacts) -> DispatchResult {
		let id = Workers::<T>::get(worker).ok_or(Error::<T>::NotWorker)?;
		let mut provider = Providers::<T>::get(id).ok_or(Error::<T>::UnknownProvider)?;
		ensure!(slot < MAX_DEVICES, Error::<T>::NoSuchSlot);
		ensure!(facts.is_valid(), Error::<T>::InvalidDevice);
		ensure!(provider.status == Status::Active, Error::<T>::NotActive);
		ensure!(
			provider.ledger.active >= Self::floor(&provider.terms),
			Error::<T>::StakeTooLow
		);
		let holder = DeviceIds::<T>::get(facts.uuid_hash);
		ensure!(
			holder.is_none_or(|holder| holder == (id, slot)),
			Error::<T>::DeviceTaken
		);
		let now = T::Clock::now();
		let rules = T::Enrolment::get();
		if let Some(known) = Devices::<T>::get(id, slot) {
			Self::ensure_may_ask_again(&known, &facts, provider.terms.class)?;
			Self::forget_device(id, slot, &mut provider, &known);
		}

		let is_measured = rules.measures(provider.terms.class);
		let state = if is_measured {
			Self::queue_request(MeasureRequest {
				provider: id,
				slot,
				at: now,
			});
			DeviceState::Waiting
		} else {
			DeviceState::Unmeasured
		};
		provider.devices = provider.devices.saturating_add(1);
		DeviceIds::<T>::insert(facts.uuid_hash, (id, slot));
		Devices::<T>::insert(
			id,
			slot,
			Device {
				facts: facts.clone(),
				requested: now,
				state,
				job: None,
			},
		);
		Self::note_heard(id);
		Self::deposit_event(Event::DeviceEnrolled {
			provider: id,
			slot,
			facts,
			state,
		});
		Self::put_standing(id, provider);
		Ok(())
	}

	/// Whether a place that has a device already takes a request for it, or for another one.
	fn ensure_may_ask_again(known: &Device, facts: &DeviceFacts, class: DeviceClass) -> DispatchResult {
		let rules = T::Enrolment::get();
		ensure!(!known.is_busy(), Error::<T>::DeviceBusy);
		let stands = known.is_measured_as(class) || known.state == DeviceState::Unmeasured && !rules.measures(class);
		ensure!(!(stands && known.facts == *facts), Error::<T>::AlreadyEnrolled);
		Self::ensure_rested(known)
	}

	/// Fails if the place was asked for not long ago.
	fn ensure_rested(device: &Device) -> DispatchResult {
		let free_from = device.requested.saturating_add(T::Enrolment::get().retry_ticks);
		ensure!(T::Clock::now() >= free_from, Error::<T>::TooSoon);
		Ok(())
	}

	/// See [`Pallet::remove_device`].
	pub(crate) fn do_remove_device(who: &T::AccountId, id: ProviderId, slot: u8) -> DispatchResult {
		let mut provider = Self::controlled(who, id)?;
		let device = Devices::<T>::get(id, slot).ok_or(Error::<T>::NoSuchDevice)?;
		ensure!(!device.is_busy(), Error::<T>::DeviceBusy);
		// Else the place could be asked for again at once.
		Self::ensure_rested(&device)?;
		Self::forget_device(id, slot, &mut provider, &device);
		Self::deposit_event(Event::DeviceRemoved { provider: id, slot });
		Self::put_standing(id, provider);
		Ok(())
	}

	/// Writes a provider whose devices have changed. Its asks leave if they may not stand any more.
	fn put_standing(id: ProviderId, provider: ProviderOf<T>) {
		let lost = provider.load.asks > 0 && Self::check_ask(&provider).is_err();
		Self::put(id, provider);
		// Last, because the market comes back from here to lower the count of asks.
		if lost {
			T::Events::lost_eligibility(id);
		}
	}

	/// Takes a device that is not being measured out of its place.
	fn forget_device(id: ProviderId, slot: u8, provider: &mut ProviderOf<T>, device: &Device) {
		Devices::<T>::remove(id, slot);
		DeviceIds::<T>::remove(device.facts.uuid_hash);
		provider.devices = provider.devices.saturating_sub(1);
		if device.is_measured_as(provider.terms.class) {
			provider.measured = provider.measured.saturating_sub(1);
		}
	}

	/// Takes all devices of a provider that leaves.
	pub(crate) fn forget_devices(id: ProviderId, provider: &mut ProviderOf<T>) {
		for slot in 0..MAX_DEVICES {
			if provider.devices == 0 {
				break;
			}
			if let Some(device) = Devices::<T>::get(id, slot) {
				Self::forget_device(id, slot, provider, &device);
			}
		}
	}

	/// How many devices of a provider have shown that they are of this class.
	pub(crate) fn count_measured(id: ProviderId, class: DeviceClass) -> u8 {
		let devices = Devices::<T>::iter_prefix_values(id);
		let measured = devices.filter(|device| device.is_measured_as(class)).count();
		u8::try_from(measured).unwrap_or(MAX_DEVICES)
	}

	/// Whether the provider's class is one that must be shown, and no device has shown it.
	pub(crate) fn lacks_measurement(provider: &ProviderOf<T>) -> bool {
		provider.measured == 0 && T::Enrolment::get().measures(provider.terms.class)
	}

	fn queue_request(request: MeasureRequest) {
		let mut ends = RequestQueue::<T>::get();
		Requests::<T>::insert(ends.tail, request);
		ends.tail = ends.tail.wrapping_add(1);
		RequestQueue::<T>::put(ends);
	}

	/// The part of the hook that measures: one task a tick, for who asked first, or else for who is drawn.
	pub(crate) fn poll_enrolment(now: Tick, seed: &H256, meter: &mut WeightMeter) {
		if meter.try_consume(Self::measure_weight()).is_err() {
			return;
		}
		let entropy = Self::mixed(seed);
		Entropy::<T>::put(entropy);
		if !Self::serve_request(now, &entropy) {
			Self::draw_idle(now, &entropy);
		}
	}

	/// The randomness of every tick so far and of this one.
	pub(crate) fn mixed(seed: &H256) -> H256 {
		H256(blake2_256(&(Entropy::<T>::get(), seed).encode()))
	}

	/// The place among the reachable of the one who is drawn.
	pub(crate) fn drawn_by(entropy: &H256) -> Option<u32> {
		draw(entropy, &b"idle"[..], ReachableCount::<T>::get())
	}

	/// What it takes to look for somebody to measure, and to draw the task.
	pub(crate) fn measure_weight() -> Weight {
		T::WeightInfo::serve_request().saturating_add(T::WeightInfo::draw_idle())
	}

	/// Draws the task of the device that was enrolled first, if that is long enough ago. Says whether that was all for
	/// this tick: who waits because it works keeps nobody else from being measured.
	pub(crate) fn serve_request(now: Tick, entropy: &H256) -> bool {
		let mut ends = RequestQueue::<T>::get();
		let Some(request) = Requests::<T>::get(ends.head).filter(|_| ends.head != ends.tail) else {
			return false;
		};
		if now < request.at.saturating_add(T::Enrolment::get().draw_ticks) {
			return false;
		}
		Requests::<T>::remove(ends.head);
		ends.head = ends.head.wrapping_add(1);
		if ends.head == ends.tail {
			ends = QueueEnds::default();
		}
		RequestQueue::<T>::put(ends);

		let MeasureRequest { provider: id, slot, at } = request;
		let device = Devices::<T>::get(id, slot);
		let Some(device) = device.filter(|device| device.state == DeviceState::Waiting && device.requested == at)
		else {
			// Its provider has left.
			return true;
		};
		let Some(provider) = Providers::<T>::get(id) else {
			defensive!("a device belongs to a provider");
			return true;
		};
		if provider.status == Status::Active && Self::is_occupied(&provider) {
			// It has other devices, and they work. It is asked again when others were.
			Self::queue_request(request);
			return false;
		}
		Self::begin(id, slot, provider, device, now, entropy);
		true
	}

	/// Draws one of the reachable providers, and measures anew the device of it that was measured longest ago, if it has
	/// nothing else to do, and has had its rest since any of its devices was measured.
	pub(crate) fn draw_idle(now: Tick, entropy: &H256) {
		let Some(index) = Self::drawn_by(entropy) else {
			return;
		};
		let Some(id) = ReachableAt::<T>::get(index) else {
			defensive!("the list of reachable providers has no holes");
			return;
		};
		let Some(provider) = Providers::<T>::get(id) else {
			defensive!("who is sampled is registered");
			return;
		};
		if provider.status != Status::Active || provider.measured == 0 || Self::is_occupied(&provider) {
			return;
		}
		let rules = T::Enrolment::get();
		let Some(longest) = rules.tasks_of(provider.terms.class).map(|task| task.ticks).max() else {
			return;
		};
		let rest = longest.saturating_mul(rules.rest);
		let measured: Vec<_> = Devices::<T>::iter_prefix(id)
			.filter_map(|(slot, device)| match device.state {
				DeviceState::Measured { at, .. } => Some((at, slot, device)),
				_ => None,
			})
			.collect();
		let latest = measured.iter().map(|(at, ..)| *at).max();
		if latest.is_none_or(|at| now < at.saturating_add(rest)) {
			return;
		}
		let oldest = measured.into_iter().min_by_key(|(at, slot, _)| (*at, *slot));
		if let Some((_, slot, device)) = oldest {
			Self::begin(id, slot, provider, device, now, entropy);
		}
	}

	/// Whether the provider computes something, or is measured already.
	fn is_occupied(provider: &ProviderOf<T>) -> bool {
		provider.measuring || provider.load.is_computing()
	}

	/// Draws a task for a device and has it done.
	fn begin(id: ProviderId, slot: u8, provider: ProviderOf<T>, device: Device, now: Tick, entropy: &H256) {
		let waited = device.state == DeviceState::Waiting;
		let seed = H256(blake2_256(&(entropy, id, slot).encode()));
		let Some(task) = Self::draw_task(provider.terms.class, &seed) else {
			// The class is not measured any more.
			if waited {
				let state = DeviceState::Unmeasured;
				Devices::<T>::insert(id, slot, Device { state, ..device });
			}
			return;
		};
		let begun = with_storage_layer(|| Self::open_job(id, slot, provider, device, &task, &seed));
		match begun {
			Ok(job) => Self::deposit_event(Event::MeasurementBegun {
				provider: id,
				slot,
				job,
				until: now.saturating_add(task.ticks),
			}),
			Err(error) => {
				log::warn!(target: "runtime::providers", "device {slot} of {id:?} is not measured: {error:?}");
				// Who was measured has not failed because the next task cannot be given.
				if waited {
					Self::fail_device(id, slot, now);
				}
			}
		}
	}

	/// One of the tasks of a class.
	fn draw_task(class: DeviceClass, seed: &H256) -> Option<ClassTask> {
		let rules = T::Enrolment::get();
		let count = u32::try_from(rules.tasks_of(class).count()).ok()?;
		let index = usize::try_from(draw(seed, &b"task"[..], count)?).ok()?;
		let task = rules.tasks_of(class).nth(index);
		task
	}

	fn open_job(
		id: ProviderId,
		slot: u8,
		mut provider: ProviderOf<T>,
		mut device: Device,
		task: &ClassTask,
		seed: &H256,
	) -> Result<JobId, DispatchError> {
		let can_work = provider.status == Status::Active && provider.worker.is_some();
		ensure!(can_work, Error::<T>::NotActive);
		let owner = provider.owner.clone();
		// Before the market looks: from now on the provider has no room.
		provider.measuring = true;
		Self::put(id, provider);
		let job = T::Measurements::measure(id, &owner, task, seed)?;
		device.job = Some(job);
		if device.state == DeviceState::Waiting {
			device.state = DeviceState::Measuring;
		}
		Devices::<T>::insert(id, slot, device);
		MeasurementSlots::<T>::insert(job, slot);
		Ok(job)
	}

	/// See [`millrace_primitives::traits::Providers::measured`].
	pub(crate) fn do_measured(id: ProviderId, job: JobId, what: Measurement) {
		let slot = match what {
			Measurement::Committed { .. } => MeasurementSlots::<T>::get(job),
			Measurement::Stands | Measurement::Failed => MeasurementSlots::<T>::take(job),
		};
		let Some(slot) = slot else {
			defensive!("a measurement that nobody began");
			return;
		};
		let now = T::Clock::now();
		match what {
			Measurement::Committed { ticks } => Self::pass_device(id, slot, job, ticks, now),
			Measurement::Stands => (),
			Measurement::Failed => {
				let concerns = |device: &Device| {
					device.job == Some(job)
						|| matches!(device.state, DeviceState::Measured { job: proof, .. } if proof == job)
				};
				// What was enrolled there since stands for itself.
				if Devices::<T>::get(id, slot).is_some_and(|device| concerns(&device)) {
					Self::fail_device(id, slot, now);
				}
			}
		}
	}

	/// A device has committed a result in time.
	fn pass_device(id: ProviderId, slot: u8, job: JobId, ticks: Tick, now: Tick) {
		let device = Devices::<T>::get(id, slot).filter(|device| device.job == Some(job));
		let (Some(mut provider), Some(mut device)) = (Providers::<T>::get(id), device) else {
			// An earlier result of it was refuted meanwhile. What is enrolled there since stands for itself.
			return;
		};
		let class = provider.terms.class;
		provider.measuring = false;
		if !device.is_measured_as(class) {
			provider.measured = provider.measured.saturating_add(1);
		}
		device.job = None;
		device.state = DeviceState::Measured {
			class,
			at: now,
			ticks,
			job,
		};
		Devices::<T>::insert(id, slot, device);
		Self::put(id, provider);
		Self::deposit_event(Event::DeviceMeasured {
			provider: id,
			slot,
			class,
			job,
			ticks,
		});
	}

	/// A device has not shown what it should. It may be enrolled again before long.
	fn fail_device(id: ProviderId, slot: u8, now: Tick) {
		let (Some(mut provider), Some(mut device)) = (Providers::<T>::get(id), Devices::<T>::get(id, slot)) else {
			return;
		};
		if device.is_measured_as(provider.terms.class) {
			provider.measured = provider.measured.saturating_sub(1);
		}
		if device.job.take().is_some() {
			provider.measuring = false;
		}
		device.state = DeviceState::Failed { at: now };
		Devices::<T>::insert(id, slot, device);
		Self::deposit_event(Event::DeviceFailed { provider: id, slot });
		Self::put_standing(id, provider);
	}
}

/// A number below `count`: the first eight bytes of a hash, little-endian. None where there is none.
pub(crate) fn draw(seed: &H256, label: impl Encode, count: u32) -> Option<u32> {
	let random = u64::decode(&mut blake2_256(&(seed, label).encode()).as_slice()).ok()?;
	u32::try_from(random.checked_rem(u64::from(count))?).ok()
}
