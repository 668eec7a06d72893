//! Measured devices are measured anew, at random times at which their provider has nothing else to do.

use super::{
	devices::{at, begin, device, enrol, given, is_unmeasured, measure, measured, DRAW_TICKS, RETRY_TICKS},
	signed,
};
use crate::{mock::*, DeviceState, Error, Event};
use millrace_primitives::Minima;
use millrace_primitives::{
	traits::{Ineligible, JobPhase, Measurement, Providers as _},
	DeviceClass, EnrolmentRules, Price, ProviderId, Tick,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

/// The measured device is left alone for 100 × 8 ticks: 8 are the most that a task of its class takes.
const REST: Tick = 800;
/// When the device of [`asking`] was measured.
const MEASURED: Tick = 5_000 + DRAW_TICKS;

/// The owner's provider with a measured device and an ask.
fn asking() -> ProviderId {
	let id = measured();
	Providers::set_asks(id, 2);
	id
}

/// Lets the clock run to the tick before this one, without the hook.
fn jump_before(tick_number: Tick) {
	Now::set(tick_number - 1);
}

fn measured_at(id: ProviderId, slot: u8) -> Option<Tick> {
	match at(id, slot).state {
		DeviceState::Measured { at, .. } => Some(at),
		_ => None,
	}
}

#[test]
fn a_measured_device_has_its_rest_and_then_shows_it_again() {
	build_and_execute(|| {
		let id = asking();
		jump_before(MEASURED + REST - 5);
		tick(5);
		assert_eq!((Now::get(), given().len()), (MEASURED + REST - 1, 1));
		tick(1);
		let (whose, drawn, seed) = given()[1];
		assert!(whose == id && [task(1), task(2)].contains(&drawn) && seed != given()[0].2);
		assert_eq!(
			last_event(),
			Event::MeasurementBegun {
				provider: id,
				slot: 0,
				job: measurement(1),
				until: MEASURED + REST + drawn.ticks
			}
		);
		// Meanwhile it is what it was, but gets no other job.
		assert_eq!(
			(at(id, 0).job, measured_at(id, 0)),
			(Some(measurement(1)), Some(MEASURED))
		);
		assert_eq!((provider(id).measured, provider(id).measuring), (1, true));
		assert_eq!((Providers::may_ask(id), Lost::get()), (Ok(()), vec![]));
		assert_eq!(
			Providers::takes_target(id, 1, Price(70), &Minima::default()),
			Err(Ineligible::Full)
		);
		assert!(Providers::view(id).is_some_and(|view| !view.has_room()));
		assert_noop!(enrol(WORKER, 0, device(2)), Error::<Test>::DeviceBusy);
		assert_noop!(
			Providers::remove_device(signed(OWNER), id, 0),
			Error::<Test>::DeviceBusy
		);

		tick(3);
		assert_eq!(given().len(), 2);
		commit_measurement(id, 1, 3);
		assert_eq!((at(id, 0).job, measured_at(id, 0)), (None, Some(MEASURED + REST + 3)));
		assert_eq!((provider(id).measured, provider(id).measuring), (1, false));
		assert!(matches!(last_event(), Event::DeviceMeasured { ticks: 3, .. }));
		// The rest begins anew.
		jump_before(MEASURED + 2 * REST);
		tick(3);
		assert_eq!(given().len(), 2);
		tick(1);
		assert_eq!(given().len(), 3);
	});
}

#[test]
fn who_fails_when_measured_anew_loses_its_class() {
	build_and_execute(|| {
		let id = asking();
		let record = provider(id).record;
		jump_before(MEASURED + REST);
		tick(1);
		end_measurement(id, 1, JobPhase::Assigned, Measurement::Failed);
		assert_eq!(last_event(), Event::DeviceFailed { provider: id, slot: 0 });
		assert_eq!((provider(id).measured, provider(id).measuring), (0, false));
		assert_eq!((Lost::get(), provider(id).record), (vec![id], record));
		assert!(is_unmeasured(id));
		// It is not drawn any more; its worker enrols it again, and need not wait for that.
		tick(20);
		assert_eq!(given().len(), 2);
		measure(WORKER, 0, device(1));
		assert_eq!((provider(id).measured, Providers::may_ask(id)), (1, Ok(())));
	});
}

#[test]
fn a_market_that_refuses_the_repeat_changes_nothing() {
	build_and_execute(|| {
		let id = asking();
		let before = provider(id);
		Refuses::set(true);
		jump_before(MEASURED + REST);
		tick(1);
		assert!(matches!(at(id, 0).state, DeviceState::Measured { at: MEASURED, .. }));
		assert_eq!(provider(id), before);
		assert!(Lost::get().is_empty());

		Refuses::set(false);
		tick(1);
		assert!(provider(id).measuring);
	});
}

#[test]
fn with_another_measured_device_the_asks_stay() {
	build_and_execute(|| {
		let id = measured();
		let number = measure(WORKER, 1, device(2));
		end_measurement(id, number, JobPhase::Committed, Measurement::Stands);
		Providers::set_asks(id, 2);
		jump_before(Now::get() + REST);
		tick(1);
		end_measurement(id, 2, JobPhase::Assigned, Measurement::Failed);
		assert_eq!((provider(id).measured, Providers::may_ask(id)), (1, Ok(())));
		assert!(Lost::get().is_empty());
	});
}

/// What is refuted of an earlier result ends the repeat too, and its end then is of no matter.
#[test]
fn an_earlier_result_is_refuted_while_the_device_is_measured_anew() {
	build_and_execute(|| {
		super::devices::measure_classes();
		let id = registered(2 * FLOOR);
		let first = measure(WORKER, 0, device(1));
		jump_before(MEASURED + REST);
		tick(1);
		assert!(provider(id).measuring);
		end_measurement(id, first, JobPhase::Committed, Measurement::Failed);
		assert_eq!(at(id, 0).state, DeviceState::Failed { at: MEASURED + REST });
		assert_eq!((provider(id).measured, provider(id).measuring), (0, false));
		let before = (at(id, 0), event_count());
		end_measurement(id, 1, JobPhase::Assigned, Measurement::Failed);
		assert_eq!((at(id, 0), event_count()), before);
	});
}

/// Such a repeat can still be committed where the conviction was lifted. It proves nothing for what is enrolled there now.
#[test]
fn a_repeat_that_was_given_up_passes_nobody() {
	for enrolled in [false, true] {
		build_and_execute(|| {
			super::devices::measure_classes();
			let id = registered(2 * FLOOR);
			let first = measure(WORKER, 0, device(1));
			jump_before(MEASURED + REST);
			tick(1);
			end_measurement(id, first, JobPhase::Committed, Measurement::Failed);
			if enrolled {
				assert_ok!(enrol(WORKER, 0, device(2)));
			} else {
				assert_ok!(Providers::remove_device(signed(WORKER), id, 0));
			}
			let before = (Providers::devices(id), provider(id).measured, event_count());
			assert_eq!(before.1, 0);
			commit_measurement(id, 1, 5);
			assert_eq!((Providers::devices(id), provider(id).measured, event_count()), before);
			end_measurement(id, 1, JobPhase::Committed, Measurement::Stands);
			assert_eq!((Providers::devices(id), provider(id).measured, event_count()), before);
		});
	}
}

/// Its rest is the provider's: what computes is one host.
#[test]
fn the_device_that_was_measured_longest_ago_is_first() {
	build_and_execute(|| {
		let id = measured();
		for (slot, number) in [(5, 2), (3, 3), (1, 4)] {
			let job = measure(WORKER, slot, device(number));
			end_measurement(id, job, JobPhase::Committed, Measurement::Stands);
		}
		Providers::set_asks(id, 1);
		for (job, slot) in (4..).zip([0, 5, 3, 1, 0]) {
			jump_before(Now::get() + REST);
			tick(1);
			assert_eq!(at(id, slot).job, Some(measurement(job)), "{slot}");
			commit_measurement(id, job, 1);
			end_measurement(id, job, JobPhase::Committed, Measurement::Stands);
			tick(20);
			assert_eq!(given().len(), job + 1);
		}
		assert_eq!(provider(id).measured, 4);
	});
}

#[test]
fn who_is_at_work_is_left_alone() {
	for phase in [JobPhase::Assigned, JobPhase::Running] {
		build_and_execute(|| {
			let id = asking();
			assert_ok!(Providers::move_job(id, None, Some(phase), None));
			jump_before(MEASURED + REST);
			tick(30);
			assert_eq!(given().len(), 1);
			assert_ok!(Providers::move_job(id, Some(phase), Some(JobPhase::Committed), None));
			tick(1);
			assert_eq!(given().len(), 2);
		});
	}
	// Or is measured: at most one device of a provider at a time.
	build_and_execute(|| {
		let id = asking();
		jump_before(MEASURED + REST - DRAW_TICKS);
		begin(WORKER, 1, device(2));
		tick(30);
		assert_eq!((given().len(), at(id, 0).job), (2, None));
		commit_measurement(id, 1, 5);
		jump_before(Now::get() + REST);
		tick(1);
		assert_eq!((given().len(), at(id, 0).job), (3, Some(measurement(2))));
	});
}

#[test]
fn only_who_sells_time_is_measured_anew() {
	// Without an ask or a job it is not reachable: nobody knows.
	build_and_execute(|| {
		let id = measured();
		jump_before(MEASURED + REST);
		tick(30);
		assert_eq!(given().len(), 1);
		Providers::set_asks(id, 1);
		tick(1);
		assert_eq!(given().len(), 2);
	});
	build_and_execute(|| {
		let id = asking();
		assert_ok!(Providers::drain(signed(OWNER), id));
		jump_before(MEASURED + REST);
		tick(30);
		assert_eq!((given().len(), measured_at(id, 0)), (1, Some(MEASURED)));
	});
	build_and_execute(|| {
		let id = asking();
		LivenessNow::set(default_liveness());
		// It does not answer what was sampled last.
		jump_before(MEASURED + 20);
		tick(10);
		assert!(provider(id).is_unreachable());
		jump_before(MEASURED + REST);
		tick(30);
		assert_eq!((given().len(), measured_at(id, 0)), (1, Some(MEASURED)));
	});
}

#[test]
fn whoever_waits_goes_first_and_one_a_tick_is_measured() {
	build_and_execute(|| {
		let id = asking();
		let other = of_another(FLOOR);
		Now::set(MEASURED + REST - DRAW_TICKS);
		assert_ok!(enrol(worker_of(other), 0, device(2)));
		tick(DRAW_TICKS);
		assert_eq!((given().len(), given()[1].0), (2, other));
		commit_measurement(other, 1, 1);
		Providers::set_asks(other, 1);
		// Now either of the two is drawn, but the other one has its rest.
		tick(40);
		assert_eq!((given().len(), given()[2].0), (3, id));
	});
}

/// A device that waits because its provider is at work keeps no other from being measured anew.
#[test]
fn who_is_at_work_and_waits_stops_nobody() {
	build_and_execute(|| {
		let id = asking();
		let other = of_another(FLOOR);
		assert_ok!(enrol(worker_of(other), 0, device(2)));
		assert_ok!(Providers::move_job(other, None, Some(JobPhase::Running), None));
		jump_before(MEASURED + REST);
		tick(60);
		assert_eq!(at(other, 0).state, DeviceState::Waiting);
		assert_eq!((given().len(), at(id, 0).job), (2, Some(measurement(1))));
	});
}

#[test]
fn each_of_many_gets_its_turn() {
	build_and_execute(|| {
		super::devices::measure_classes();
		let ids: Vec<ProviderId> = (0..12).map(|_| of_another(FLOOR)).collect();
		for (number, id) in (0..).zip(&ids) {
			let job = measure(worker_of(*id), 0, device(number));
			end_measurement(*id, job, JobPhase::Committed, Measurement::Stands);
			Providers::set_asks(*id, 1);
		}
		jump_before(MEASURED + 2 * REST);
		let mut turns = 12;
		for _ in 0..150 {
			set_random(Now::get());
			tick(1);
			let now_given = given();
			assert!(now_given.len() <= turns + 1, "one a tick");
			if let Some((id, ..)) = now_given.get(turns) {
				commit_measurement(*id, turns, 0);
				end_measurement(*id, turns, JobPhase::Committed, Measurement::Stands);
				turns += 1;
			}
		}
		assert_eq!(turns, 24, "each once");
	});
}

fn set_random(tick: Tick) {
	SeedNow::set(Some(polkadot_sdk::sp_core::H256::from_low_u64_be(tick.into())));
}

/// However slow it is, and though nothing else keeps it busy.
#[test]
fn a_device_computes_for_nothing_for_one_part_in_a_hundred_of_its_time() {
	build_and_execute(|| {
		let id = asking();
		let mut busy = 0;
		for _ in 0..20_000 {
			tick(1);
			let device = at(id, 0);
			let Some(job) = device.job else { continue };
			let number = given().len() - 1;
			assert_eq!(job, measurement(number));
			let begun = events().iter().rev().find_map(|event| match event {
				Event::MeasurementBegun { until, .. } => Some(*until),
				_ => None,
			});
			if begun == Some(Now::get()) {
				let ticks = given()[number].1.ticks;
				busy += ticks;
				commit_measurement(id, number, ticks);
				end_measurement(id, number, JobPhase::Committed, Measurement::Stands);
			}
		}
		assert!((100..=200).contains(&busy), "{busy}");
		assert_eq!(provider(id).measured, 1);
	});
}

#[test]
fn a_class_that_is_not_measured_any_more_is_left_alone() {
	build_and_execute(|| {
		let id = asking();
		EnrolmentNow::set(EnrolmentRules::OFF);
		jump_before(MEASURED + REST);
		tick(30);
		assert_eq!((given().len(), measured_at(id, 0)), (1, Some(MEASURED)));
		assert_eq!((provider(id).measured, Providers::may_ask(id)), (1, Ok(())));
		assert!(at(id, 0).is_measured_as(DeviceClass::Cpu4));
	});
}

#[test]
fn a_repeat_is_no_request() {
	build_and_execute(|| {
		let id = asking();
		jump_before(MEASURED + REST);
		tick(1);
		commit_measurement(id, 1, 1);
		assert_eq!(at(id, 0).requested, 5_000);
		assert!(Now::get() > 5_000 + RETRY_TICKS);
		assert_ok!(enrol(WORKER, 0, device(2)));
	});
}
