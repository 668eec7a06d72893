//! Who enrols which device, what it is known by, and what it brings where nothing is asked of it. What is asked is in
//! `measure`, and how often in `idle`.

use super::{fraud, signed};
use crate::{
	mock::*,
	types::{MAX_DEVICES, MAX_MODEL},
	Device, DeviceFacts, DeviceIds, DeviceState, Devices, DevicesViewFunction, Error, Event, IneligibleViewFunction,
	ProviderTerms, Reachable, RequestQueue, Requests, Workers,
};
use millrace_primitives::Minima;
use millrace_primitives::{
	traits::{Ineligible, JobPhase, Measurement, Providers as _},
	ClassTask, DeviceClass, EnrolmentRules, Price, ProviderId, Tick,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::DispatchResult, view_functions::ViewFunction},
	sp_core::H256,
};

/// Ticks from a request to its draw.
pub(super) const DRAW_TICKS: Tick = 4;
/// Ticks between two requests for one place.
pub(super) const RETRY_TICKS: Tick = 31;

/// A device with a UUID of its own.
pub(super) fn device(number: u8) -> DeviceFacts {
	DeviceFacts {
		model: b"NVIDIA H200".to_vec().try_into().unwrap(),
		memory: 150_754_820_096,
		compute_capability: Some((9, 0)),
		driver: b"CUDA 12.8".to_vec().try_into().unwrap(),
		uuid_hash: H256::repeat_byte(number),
	}
}

/// A worker enrols a device.
pub(super) fn enrol(worker: u64, slot: u8, facts: DeviceFacts) -> DispatchResult {
	Providers::enrol_device(signed(worker), slot, facts)
}

/// From now on there are two tasks for devices of class `Cpu4`, one for those of `Cpu32`, and none for others. Whoever is
/// sampled has all the time of the world to answer.
pub(super) fn measure_classes() {
	let mut rules = EnrolmentRules {
		draw_ticks: DRAW_TICKS,
		retry_ticks: RETRY_TICKS,
		..EnrolmentRules::OFF
	};
	rules.tasks[0] = [Some(task(1)), Some(task(2))];
	rules.tasks[1] = [None, Some(task(3))];
	EnrolmentNow::set(rules);
	LivenessNow::mutate(|liveness| liveness.answer_ticks = 1_000_000);
}

/// A device that must be there.
pub(super) fn at(id: ProviderId, slot: u8) -> Device {
	Devices::<Test>::get(id, slot).expect("a device is enrolled there")
}

/// The tasks that were given, in order.
pub(super) fn given() -> Vec<(ProviderId, ClassTask, H256)> {
	let given = Given::get().into_iter();
	given.map(|(id, _, task, seed)| (id, task, seed)).collect()
}

/// Enrols a device and lets ticks pass until its task is drawn; returns the number of the job.
pub(super) fn begin(worker: u64, slot: u8, facts: DeviceFacts) -> usize {
	let number = given().len();
	assert_ok!(enrol(worker, slot, facts));
	tick(DRAW_TICKS);
	assert_eq!(given().len(), number + 1, "its task is drawn");
	number
}

/// Has a device measured: it is of its class now. Returns the number of the job, which still is open.
pub(super) fn measure(worker: u64, slot: u8, facts: DeviceFacts) -> usize {
	let number = begin(worker, slot, facts);
	commit_measurement(Workers::<Test>::get(worker).expect("it is a worker"), number, 5);
	number
}

/// The owner's provider with two lanes and a measured device; its job has ended.
pub(super) fn measured() -> ProviderId {
	measure_classes();
	let id = registered(2 * FLOOR);
	let number = measure(WORKER, 0, device(1));
	end_measurement(id, number, JobPhase::Committed, Measurement::Stands);
	id
}

/// Whether the provider may not ask because no device has shown its class.
pub(super) fn is_unmeasured(id: ProviderId) -> bool {
	let class = provider(id).terms.class;
	Providers::may_ask(id) == Err(Ineligible::NotMeasured { class })
}

fn remove(who: u64, id: ProviderId, slot: u8) -> DispatchResult {
	Providers::remove_device(signed(who), id, slot)
}

fn counts(id: ProviderId) -> (u8, u8) {
	let provider = provider(id);
	(provider.devices, provider.measured)
}

fn of_class(class: DeviceClass) -> ProviderTerms {
	ProviderTerms { class, ..terms(2) }
}

#[test]
fn a_device_of_a_class_without_tasks_is_taken_at_its_word() {
	build_and_execute(|| {
		let id = registered(2 * FLOOR);
		assert_ok!(enrol(WORKER, 3, device(1)));
		assert_eq!(
			last_event(),
			Event::DeviceEnrolled {
				provider: id,
				slot: 3,
				facts: device(1),
				state: DeviceState::Unmeasured
			}
		);
		let expected = Device {
			facts: device(1),
			requested: 5_000,
			state: DeviceState::Unmeasured,
			job: None,
		};
		assert_eq!(at(id, 3), expected);
		assert_eq!(DeviceIds::<Test>::get(device(1).uuid_hash), Some((id, 3)));
		assert_eq!(counts(id), (1, 0));
		assert_eq!(Providers::may_ask(id), Ok(()));
		assert_eq!(Providers::takes_target(id, 1, Price(70), &Minima::default()), Ok(()));
		tick(100);
		assert!(given().is_empty());
		assert_eq!(at(id, 3), expected);
		// Nor is anybody asked for a device there.
		assert_ok!(remove(WORKER, id, 3));
		assert_eq!(Providers::may_ask(id), Ok(()));
	});
}

#[test]
fn without_a_measured_device_there_is_no_ask_and_no_targeted_job() {
	build_and_execute(|| {
		measure_classes();
		let id = registered(2 * FLOOR);
		let refused = Err(Ineligible::NotMeasured {
			class: DeviceClass::Cpu4,
		});
		let check = || {
			assert_eq!(Providers::may_ask(id), refused);
			assert_eq!(Providers::takes_target(id, 1, Price(70), &Minima::default()), refused);
			assert_eq!(IneligibleViewFunction::<Test>::new(id).invoke(), refused.err());
		};
		check();
		assert_ok!(enrol(WORKER, 0, device(1)));
		assert_eq!(at(id, 0).state, DeviceState::Waiting);
		check();
		tick(DRAW_TICKS);
		assert_eq!(at(id, 0).state, DeviceState::Measuring);
		check();
		commit_measurement(id, 0, 5);
		assert_eq!(Providers::may_ask(id), Ok(()));
		assert_eq!(Providers::takes_target(id, 1, Price(70), &Minima::default()), Ok(()));
		assert_eq!(IneligibleViewFunction::<Test>::new(id).invoke(), None);
		// Another class is asked for something else, and one without tasks for nothing.
		end_measurement(id, 0, JobPhase::Committed, Measurement::Stands);
		assert_ok!(Providers::bond(signed(OWNER), id, 100_000));
		assert_ok!(Providers::set_terms(signed(OWNER), id, of_class(DeviceClass::Cpu32)));
		assert!(is_unmeasured(id));
		assert_ok!(Providers::set_terms(signed(OWNER), id, of_class(DeviceClass::GpuH)));
		assert_eq!(Providers::may_ask(id), Ok(()));
	});
}

#[test]
fn the_worker_enrols_and_nobody_else() {
	build_and_execute(|| {
		let id = registered(2 * FLOOR);
		for who in [OWNER, PAYOUT, STRANGER, NOBODY] {
			assert_noop!(enrol(who, 0, device(1)), Error::<Test>::NotWorker);
		}
		assert_ok!(Providers::set_worker(signed(OWNER), id, Some(WORKER_2)));
		assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::NotWorker);
		assert_ok!(enrol(WORKER_2, 0, device(1)));
		// What is enrolled outlives the key.
		assert_ok!(Providers::set_worker(signed(OWNER), id, None));
		assert_noop!(enrol(WORKER_2, 1, device(2)), Error::<Test>::NotWorker);
		assert_eq!(at(id, 0).facts, device(1));
		tick(100);
		assert_noop!(remove(WORKER_2, id, 0), Error::<Test>::NotOwnerOrWorker);
		assert_ok!(remove(OWNER, id, 0));
	});
}

#[test]
fn a_provider_has_eight_places() {
	build_and_execute(|| {
		let id = registered(2 * FLOOR);
		for slot in (0..MAX_DEVICES).rev() {
			assert_ok!(enrol(WORKER, slot, device(slot)));
		}
		assert_noop!(enrol(WORKER, 8, device(8)), Error::<Test>::NoSuchSlot);
		assert_noop!(enrol(WORKER, u8::MAX, device(8)), Error::<Test>::NoSuchSlot);
		assert_eq!(counts(id), (8, 0));
		let devices = DevicesViewFunction::<Test>::new(id).invoke();
		let facts: Vec<_> = devices.into_iter().map(|(slot, device)| (slot, device.facts)).collect();
		assert_eq!(facts, (0..8).map(|slot| (slot, device(slot))).collect::<Vec<_>>());
		assert!(DevicesViewFunction::<Test>::new(ProviderId(9)).invoke().is_empty());
	});
}

#[test]
fn the_texts_are_there_and_can_be_printed() {
	build_and_execute(|| {
		registered(2 * FLOOR);
		for (text, fits) in [
			(&b""[..], false),
			(b" ", true),
			(b"~", true),
			(b"a\x1f", false),
			(b"a\x7f", false),
			(b"\x80a", false),
			(&[b'x'; 32], true),
		] {
			let mut model = device(1);
			model.model = text.to_vec().try_into().unwrap();
			let mut driver = device(2);
			driver.driver = text.to_vec().try_into().unwrap();
			for facts in [model, driver] {
				assert_eq!(facts.is_valid(), fits, "{text:?}");
				if fits {
					tick(100);
					assert_ok!(enrol(WORKER, 0, facts));
				} else {
					assert_noop!(enrol(WORKER, 0, facts), Error::<Test>::InvalidDevice);
				}
			}
		}
		tick(100);
		let mut longest = device(1);
		longest.model = vec![b'x'; MAX_MODEL as usize].try_into().unwrap();
		assert_ok!(enrol(WORKER, 0, longest));
	});
}

#[test]
fn only_who_could_serve_enrols() {
	build_and_execute(|| {
		let id = registered(2 * FLOOR);
		assert_ok!(Providers::unbond(signed(OWNER), id, 1));
		assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::StakeTooLow);
		assert_ok!(Providers::bond(signed(OWNER), id, 1));
		assert_ok!(Providers::drain(signed(WORKER), id));
		assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::NotActive);
		assert_ok!(Providers::resume(signed(WORKER), id));
		Providers::set_asks(id, 1);
		tick_to(5_007);
		assert!(provider(id).is_unreachable());
		assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::NotActive);
		assert_ok!(Providers::resume(signed(WORKER), id));
		fraud(id, 1);
		assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::NotActive);
		assert!(Devices::<Test>::iter().next().is_none());
	});
}

#[test]
fn a_device_is_enrolled_once_wherever_that_is() {
	build_and_execute(|| {
		let (id, other) = (registered(2 * FLOOR), of_another(FLOOR));
		let worker = worker_of(other);
		Providers::set_asks(other, 0);
		assert_ok!(enrol(WORKER, 0, device(1)));
		for slot in [1, 7] {
			assert_noop!(enrol(WORKER, slot, device(1)), Error::<Test>::DeviceTaken);
		}
		// Whatever else is said of it.
		let renamed = DeviceFacts {
			memory: 1,
			compute_capability: None,
			..device(1)
		};
		for slot in [0, 1] {
			assert_noop!(enrol(worker, slot, renamed.clone()), Error::<Test>::DeviceTaken);
		}
		// Free again when it was removed.
		tick(100);
		assert_ok!(remove(WORKER, id, 0));
		assert_ok!(enrol(worker, 5, device(1)));
		assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::DeviceTaken);
		// When another one has taken its place.
		tick(100);
		assert_ok!(enrol(worker, 5, device(2)));
		assert_ok!(enrol(WORKER, 0, device(1)));
		// When its provider has left.
		assert_ok!(enrol(WORKER, 3, device(3)));
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_eq!(counts(id), (0, 0));
		assert_eq!(Devices::<Test>::iter_prefix(id).count(), 0);
		assert_ok!(enrol(worker, 0, device(1)));
		assert_ok!(enrol(worker, 3, device(3)));
		assert_eq!(counts(other), (3, 0));
		assert_noop!(remove(WORKER, id, 0), Error::<Test>::NotOwnerOrWorker);
		assert_noop!(remove(OWNER, id, 0), Error::<Test>::NoSuchDevice);
		assert_noop!(remove(OWNER, ProviderId(9), 0), Error::<Test>::UnknownProvider);
	});
}

#[test]
fn who_leaves_takes_all_its_devices_and_its_requests_come_to_nothing() {
	build_and_execute(|| {
		let id = measured();
		for slot in 1..MAX_DEVICES {
			assert_ok!(enrol(WORKER, slot, device(10 + slot)));
		}
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_eq!(counts(id), (0, 0));
		assert!(Devices::<Test>::iter().next().is_none() && DeviceIds::<Test>::iter().next().is_none());
		assert_eq!(Requests::<Test>::iter().count(), 7);
		let before = event_count();
		tick(DRAW_TICKS + 7);
		assert_eq!((given().len(), event_count()), (1, before));
		assert_eq!(Requests::<Test>::iter().count(), 0);
		assert!(!RequestQueue::<Test>::exists() || RequestQueue::<Test>::get() == Default::default());
	});
}

#[test]
fn a_device_that_is_measured_stays_in_its_place() {
	build_and_execute(|| {
		measure_classes();
		let id = registered(2 * FLOOR);
		assert_ok!(enrol(WORKER, 0, device(1)));
		let refused = || {
			for who in [OWNER, WORKER] {
				assert_noop!(remove(who, id, 0), Error::<Test>::DeviceBusy);
			}
			for facts in [device(1), device(2)] {
				assert_noop!(enrol(WORKER, 0, facts), Error::<Test>::DeviceBusy);
			}
		};
		refused();
		tick(DRAW_TICKS);
		refused();
		tick(RETRY_TICKS);
		refused();
		commit_measurement(id, 0, 5);
		assert_ok!(remove(WORKER, id, 0));
		assert_eq!(last_event(), Event::DeviceRemoved { provider: id, slot: 0 });
		assert_noop!(remove(WORKER, id, 0), Error::<Test>::NoSuchDevice);
		// Nothing is left of it to harm when the job ends.
		end_measurement(id, 0, JobPhase::Committed, Measurement::Stands);
	});
}

/// Else its place could be asked for again at once, and it at another place or provider.
#[test]
fn a_device_is_not_removed_right_after_it_was_enrolled() {
	build_and_execute(|| {
		let id = measured();
		tick_to(5_000 + RETRY_TICKS - 1);
		for who in [OWNER, WORKER] {
			assert_noop!(remove(who, id, 0), Error::<Test>::TooSoon);
		}
		tick(1);
		assert_ok!(remove(WORKER, id, 0));
	});
}

#[test]
fn with_the_last_measured_device_the_asks_leave() {
	build_and_execute(|| {
		let id = measured();
		let number = measure(WORKER, 1, device(2));
		end_measurement(id, number, JobPhase::Committed, Measurement::Stands);
		assert_ok!(enrol(WORKER, 2, device(3)));
		assert_eq!(counts(id), (3, 2));
		Providers::set_asks(id, 2);
		tick(RETRY_TICKS);
		assert_ok!(remove(OWNER, id, 0));
		assert_eq!((counts(id), Lost::get()), ((2, 1), vec![]));
		assert_ok!(remove(OWNER, id, 1));
		assert_eq!((counts(id), Lost::get()), ((1, 0), vec![id]));
		assert_eq!(provider(id).load.asks, 0);
		assert!(is_unmeasured(id));
	});
}

#[test]
fn another_device_in_the_place_loses_the_measurement_and_the_asks() {
	// Whether it is another device, or only said to be another.
	let renamed = DeviceFacts {
		driver: b"CUDA 13.0".to_vec().try_into().unwrap(),
		..device(1)
	};
	for facts in [device(2), renamed] {
		build_and_execute(|| {
			let id = measured();
			Providers::set_asks(id, 2);
			tick_to(5_000 + RETRY_TICKS - 1);
			assert_noop!(enrol(WORKER, 0, facts.clone()), Error::<Test>::TooSoon);
			assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::AlreadyEnrolled);
			tick(1);
			// As it is, it has nothing to show, however long ago that was.
			assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::AlreadyEnrolled);
			assert_ok!(enrol(WORKER, 0, facts.clone()));
			assert_eq!((counts(id), Lost::get()), ((1, 0), vec![id]));
			assert!(is_unmeasured(id));
			let expected = Device {
				facts: facts.clone(),
				requested: 5_000 + RETRY_TICKS,
				state: DeviceState::Waiting,
				job: None,
			};
			assert_eq!(at(id, 0), expected);
			tick(DRAW_TICKS);
			commit_measurement(id, 1, 6);
			assert_eq!((counts(id), Providers::may_ask(id)), ((1, 1), Ok(())));
		});
	}
}

#[test]
fn an_unmeasured_device_is_enrolled_anew_where_its_class_is_measured_now() {
	build_and_execute(|| {
		let id = registered(2 * FLOOR);
		assert_ok!(enrol(WORKER, 0, device(1)));
		assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::AlreadyEnrolled);
		Providers::set_asks(id, 1);
		measure_classes();
		assert!(is_unmeasured(id));
		assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::TooSoon);
		Now::set(5_000 + RETRY_TICKS);
		assert_ok!(enrol(WORKER, 0, device(1)));
		assert_eq!((at(id, 0).state, counts(id)), (DeviceState::Waiting, (1, 0)));
		assert_eq!(Lost::get(), [id]);
	});
}

#[test]
fn another_class_counts_what_was_measured_for_it() {
	build_and_execute(|| {
		let id = measured();
		assert_ok!(Providers::bond(signed(OWNER), id, 100_000));
		let set_class = |class| {
			assert_ok!(Providers::set_terms(signed(OWNER), id, of_class(class)));
		};
		set_class(DeviceClass::Cpu32);
		assert_eq!(counts(id), (1, 0));
		assert!(is_unmeasured(id));
		// There is something to show again, for the same device too.
		assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::TooSoon);
		let number = measure(WORKER, 1, device(2));
		end_measurement(id, number, JobPhase::Committed, Measurement::Stands);
		assert_eq!(counts(id), (2, 1));
		set_class(DeviceClass::Cpu4);
		assert_eq!((counts(id), Providers::may_ask(id)), ((2, 1), Ok(())));
		set_class(DeviceClass::GpuH);
		assert_eq!((counts(id), Providers::may_ask(id)), ((2, 0), Ok(())));
		set_class(DeviceClass::Cpu32);
		assert_eq!(counts(id), (2, 1));
		tick(RETRY_TICKS);
		assert_ok!(remove(WORKER, id, 0));
		assert_eq!(counts(id), (1, 1));
	});
}

/// Like any call of the worker's, it shows that it lives.
#[test]
fn enrolling_answers_a_sample() {
	build_and_execute(|| {
		let id = registered(2 * FLOOR);
		Providers::set_asks(id, 1);
		tick(1);
		let until = || Reachable::<Test>::get(id).expect("it is listed").until;
		assert_eq!(until(), Some(5_006));
		assert_ok!(enrol(WORKER, 0, device(1)));
		assert_eq!(until(), None);
	});
}
