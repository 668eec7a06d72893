//! A task is drawn for each device that was enrolled, and what comes of it.

use super::{
	devices::{
		at, begin, device, enrol, given, is_unmeasured, measure, measure_classes, measured, DRAW_TICKS, RETRY_TICKS,
	},
	fraud, signed,
};
use crate::{mock::*, DeviceState, Error, Event, Load, MeasurementSlots, ProviderTerms, Requests, Status};
use millrace_primitives::Minima;
use millrace_primitives::{
	traits::{Ineligible, JobPhase, Measurement, Providers as _},
	DeviceClass, EnrolmentRules, Price, ProviderId,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
};
use std::collections::BTreeSet;

/// Whether the device at the first place has failed.
fn has_failed(id: ProviderId) -> bool {
	matches!(at(id, 0).state, DeviceState::Failed { .. })
}

/// Providers of others, with a device that waits each.
fn waiting(count: u8) -> Vec<ProviderId> {
	let enrolled = (0..count).map(|_| {
		let id = of_another(FLOOR);
		assert_ok!(enrol(worker_of(id), 0, device(100 + id.0 as u8)));
		id
	});
	enrolled.collect()
}

#[test]
fn the_task_is_drawn_some_ticks_after_it_was_asked_for() {
	build_and_execute(|| {
		measure_classes();
		let id = registered(2 * FLOOR);
		assert_ok!(enrol(WORKER, 2, device(1)));
		tick(DRAW_TICKS - 1);
		assert!(given().is_empty());
		assert_eq!((at(id, 2).state, provider(id).measuring), (DeviceState::Waiting, false));
		tick(1);
		let (whose, owner, drawn, _) = Given::get()[0];
		assert_eq!((whose, owner, given().len()), (id, OWNER, 1));
		assert!([task(1), task(2)].contains(&drawn));
		assert_eq!(
			last_event(),
			Event::MeasurementBegun {
				provider: id,
				slot: 2,
				job: measurement(0),
				until: 5_004 + drawn.ticks
			}
		);
		let device = at(id, 2);
		assert_eq!(
			(device.state, device.job),
			(DeviceState::Measuring, Some(measurement(0)))
		);
		assert_eq!((device.requested, provider(id).measuring), (5_000, true));
		assert_eq!(MeasurementSlots::<Test>::get(measurement(0)), Some(2));
		assert_eq!(Requests::<Test>::iter().count(), 0);
	});
}

#[test]
fn who_asked_first_is_served_first_and_one_in_a_tick() {
	build_and_execute(|| {
		measure_classes();
		let ids = waiting(3);
		assert_ok!(enrol(worker_of(ids[1]), 1, device(1)));
		tick(1);
		let late = waiting(1)[0];
		let begun = || given().into_iter().map(|(id, ..)| id).collect::<Vec<_>>();
		tick_to(5_004);
		assert_eq!(begun(), ids[..1]);
		tick(1);
		assert_eq!(begun(), ids[..2]);
		tick(1);
		assert_eq!(begun(), ids);
		// The second device of a provider that computes for the first one goes behind.
		tick(1);
		assert_eq!(begun(), ids);
		tick(1);
		assert_eq!(begun(), [ids[0], ids[1], ids[2], late]);
		tick(3);
		assert_eq!(begun().len(), 4);
		assert_eq!(at(ids[1], 1).state, DeviceState::Waiting);
		commit_measurement(ids[1], 1, 5);
		tick(1);
		assert_eq!(begun().last(), Some(&ids[1]));
		assert_eq!(at(ids[1], 1).job, Some(measurement(4)));
	});
}

/// The seed that a provider gets whose device asked at tick 5,000, if these are the random bytes of the ticks since.
fn seed_after(ticks: [u8; 4]) -> H256 {
	let mut seed = H256::zero();
	build_and_execute(|| {
		measure_classes();
		registered(2 * FLOOR);
		assert_ok!(enrol(WORKER, 0, device(1)));
		for random in ticks {
			SeedNow::set(Some(H256::repeat_byte(random)));
			tick(1);
		}
		seed = given()[0].2;
	});
	seed
}

#[test]
fn every_tick_since_the_request_goes_into_the_seed() {
	let same = [1, 2, 3, 4];
	assert_eq!(seed_after(same), seed_after(same));
	let mut seen = BTreeSet::from([seed_after(same), seed_after([2, 1, 3, 4])]);
	for place in 0..4 {
		let mut ticks = same;
		ticks[place] = 9;
		seen.insert(seed_after(ticks));
	}
	assert_eq!(seen.len(), 6);
}

/// All tasks that are drawn for so many providers of a class, with their seeds.
fn drawn(class: DeviceClass, count: u8) -> Vec<(u32, H256)> {
	let mut drawn = Vec::new();
	build_and_execute(|| {
		measure_classes();
		for number in 0..count {
			let id = of_another(10 * FLOOR);
			Providers::set_asks(id, 0);
			let terms = ProviderTerms { class, ..terms(1) };
			assert_ok!(Providers::set_terms(signed(owner_of(id)), id, terms));
			assert_ok!(enrol(worker_of(id), 0, device(number)));
		}
		tick(DRAW_TICKS + u32::from(count));
		drawn.extend(given().into_iter().map(|(_, task, seed)| (task.items, seed)));
	});
	drawn
}

#[test]
fn a_task_is_one_of_the_class_and_each_is_drawn() {
	let tasks = drawn(DeviceClass::Cpu4, 100);
	let first = tasks.iter().filter(|(items, _)| *items == task(1).items).count();
	assert_eq!(tasks.len(), 100);
	assert!(tasks.iter().all(|(items, _)| [11, 12].contains(items)));
	assert!((30..=70).contains(&first), "{first}");
	let seeds: BTreeSet<H256> = tasks.iter().map(|(_, seed)| *seed).collect();
	assert_eq!(seeds.len(), 100);
	assert!(drawn(DeviceClass::Cpu32, 20).iter().all(|(items, _)| *items == 13));
	assert!(drawn(DeviceClass::GpuH, 5).is_empty());
}

#[test]
fn who_commits_in_time_has_its_class() {
	build_and_execute(|| {
		measure_classes();
		let id = registered(2 * FLOOR);
		begin(WORKER, 1, device(1));
		tick(5);
		commit_measurement(id, 0, 5);
		assert_eq!(
			last_event(),
			Event::DeviceMeasured {
				provider: id,
				slot: 1,
				class: DeviceClass::Cpu4,
				job: measurement(0),
				ticks: 5
			}
		);
		let state = DeviceState::Measured {
			class: DeviceClass::Cpu4,
			at: 5_009,
			ticks: 5,
			job: measurement(0),
		};
		assert_eq!((at(id, 1).state, at(id, 1).job), (state, None));
		let record = provider(id);
		assert_eq!((record.devices, record.measured, record.measuring), (1, 1, false));
		assert_eq!(Providers::may_ask(id), Ok(()));
		// That the result stands changes nothing, and nothing of the job is left.
		tick(30);
		let before = event_count();
		end_measurement(id, 0, JobPhase::Committed, Measurement::Stands);
		assert_eq!((at(id, 1).state, event_count()), (state, before));
		assert!(MeasurementSlots::<Test>::iter().next().is_none());
	});
}

#[test]
fn until_it_has_shown_something_it_gets_no_other_job() {
	build_and_execute(|| {
		let id = measured();
		begin(WORKER, 1, device(2));
		assert_eq!(Providers::may_ask(id), Ok(()));
		assert_eq!(
			Providers::takes_target(id, 1, Price(70), &Minima::default()),
			Err(Ineligible::Full)
		);
		let view = Providers::view(id).expect("it is registered");
		assert!(view.measuring && !view.has_room() && view.lanes == 2 && view.assigned == 1);
		commit_measurement(id, 1, 5);
		assert_eq!(Providers::takes_target(id, 1, Price(70), &Minima::default()), Ok(()));
		assert!(Providers::view(id).is_some_and(|view| !view.measuring && view.has_room()));
	});
}

#[test]
fn who_does_not_show_it_in_time_has_failed_and_loses_nothing_else() {
	for phase in [JobPhase::Assigned, JobPhase::Running] {
		build_and_execute(|| {
			measure_classes();
			let id = registered(2 * FLOOR);
			let before = provider(id);
			begin(WORKER, 0, device(1));
			if phase == JobPhase::Running {
				assert_ok!(Providers::move_job(id, Some(JobPhase::Assigned), Some(phase), Some(0)));
			}
			tick(9);
			end_measurement(id, 0, phase, Measurement::Failed);
			assert_eq!(last_event(), Event::DeviceFailed { provider: id, slot: 0 });
			let device = at(id, 0);
			assert_eq!((device.state, device.job), (DeviceState::Failed { at: 5_013 }, None));
			let after = provider(id);
			assert_eq!((after.record, &after.ledger), (before.record, &before.ledger));
			assert_eq!(
				(after.lates.len(), after.no_shows, after.status),
				(0, 0, Status::Active)
			);
			assert_eq!((after.devices, after.measured, after.measuring), (1, 0, false));
			assert_eq!((after.load, staked(OWNER)), (Load::default(), 2 * FLOOR));
			assert!(is_unmeasured(id));
			assert!(MeasurementSlots::<Test>::iter().next().is_none());
		});
	}
}

#[test]
fn who_has_failed_may_try_again_before_long() {
	build_and_execute(|| {
		measure_classes();
		let id = registered(2 * FLOOR);
		begin(WORKER, 0, device(1));
		end_measurement(id, 0, JobPhase::Assigned, Measurement::Failed);
		tick_to(5_000 + RETRY_TICKS - 1);
		assert_noop!(enrol(WORKER, 0, device(1)), Error::<Test>::TooSoon);
		// Another place has its own time.
		assert_ok!(enrol(WORKER, 1, device(2)));
		tick(1);
		assert_ok!(enrol(WORKER, 0, device(1)));
		assert_eq!(at(id, 0).state, DeviceState::Waiting);
		assert_eq!((provider(id).devices, Requests::<Test>::iter().count()), (2, 2));
		tick(DRAW_TICKS);
		commit_measurement(id, 1, 5);
		assert!(at(id, 1).is_measured_as(DeviceClass::Cpu4));
	});
}

#[test]
fn a_result_that_is_refuted_takes_the_class_and_the_asks() {
	build_and_execute(|| {
		measure_classes();
		let id = registered(2 * FLOOR);
		let number = measure(WORKER, 0, device(1));
		Providers::set_asks(id, 2);
		// The market slashes and tells in this order; here only what is told counts.
		end_measurement(id, number, JobPhase::Committed, Measurement::Failed);
		assert!(has_failed(id));
		assert_eq!((provider(id).measured, Lost::get()), (0, vec![id]));
		assert!(is_unmeasured(id));
	});
	build_and_execute(|| {
		measure_classes();
		let id = registered(2 * FLOOR);
		let number = measure(WORKER, 0, device(1));
		Providers::set_asks(id, 2);
		fraud(id, 0);
		assert_eq!(Lost::get(), [id]);
		end_measurement(id, number, JobPhase::Committed, Measurement::Failed);
		assert!(has_failed(id));
		// The chill has taken the asks already.
		assert_eq!((provider(id).measured, Lost::get()), (0, vec![id]));
	});
}

#[test]
fn the_end_of_an_old_job_does_not_touch_what_was_enrolled_since() {
	for what in [Measurement::Stands, Measurement::Failed] {
		build_and_execute(|| {
			measure_classes();
			let id = registered(2 * FLOOR);
			let old = measure(WORKER, 0, device(1));
			tick(RETRY_TICKS);
			let new = measure(WORKER, 0, device(2));
			let before = (at(id, 0), event_count());
			end_measurement(id, old, JobPhase::Committed, what);
			assert_eq!((at(id, 0), event_count()), before);
			assert_eq!((provider(id).measured, provider(id).measuring), (1, false));
			end_measurement(id, new, JobPhase::Committed, what);
			assert_eq!(has_failed(id), what == Measurement::Failed);
		});
		// Nor what waits or is measured there, nor the other places.
		build_and_execute(|| {
			measure_classes();
			let id = registered(2 * FLOOR);
			let jobs = [measure(WORKER, 0, device(1)), measure(WORKER, 1, device(3))];
			tick(RETRY_TICKS);
			assert_ok!(Providers::remove_device(signed(WORKER), id, 1));
			begin(WORKER, 0, device(2));
			let before = (at(id, 0), provider(id).measuring, event_count());
			for old in jobs {
				end_measurement(id, old, JobPhase::Committed, what);
			}
			assert_eq!((at(id, 0), provider(id).measuring, event_count()), before);
			assert!(before.1);
		});
	}
}

#[test]
fn who_cannot_work_when_the_task_is_drawn_has_failed() {
	let cases: [fn(ProviderId); 4] = [
		|id| {
			assert_ok!(Providers::drain(signed(WORKER), id));
		},
		|id| {
			fraud(id, 1);
		},
		|id| {
			assert_ok!(Providers::set_worker(signed(OWNER), id, None));
		},
		|id| {
			Providers::set_asks(id, 1);
			LivenessNow::set(default_liveness());
			tick_to(5_007);
			assert!(provider(id).is_unreachable());
		},
	];
	for (number, spoil) in cases.into_iter().enumerate() {
		build_and_execute(|| {
			measure_classes();
			// The last case takes longer than a draw.
			EnrolmentNow::mutate(|rules| rules.draw_ticks = 10);
			let id = registered(2 * FLOOR);
			assert_ok!(enrol(WORKER, 0, device(1)));
			spoil(id);
			let before = provider(id);
			tick_to(5_010);
			assert!(given().is_empty(), "case {number}");
			assert_eq!(at(id, 0).state, DeviceState::Failed { at: 5_010 }, "case {number}");
			assert!(!provider(id).measuring && provider(id).load == before.load);
		});
	}
}

/// The market may not know the kernel any more, or may have retired it.
#[test]
fn a_task_that_the_market_refuses_leaves_no_trace_but_a_failure() {
	build_and_execute(|| {
		measure_classes();
		let id = registered(2 * FLOOR);
		assert_ok!(enrol(WORKER, 0, device(1)));
		let before = provider(id);
		Refuses::set(true);
		tick(DRAW_TICKS);
		assert_eq!(at(id, 0).state, DeviceState::Failed { at: 5_004 });
		assert_eq!(provider(id), before);
		assert_eq!(last_event(), Event::DeviceFailed { provider: id, slot: 0 });
		assert!(given().is_empty() && MeasurementSlots::<Test>::iter().next().is_none());
	});
}

#[test]
fn who_has_left_keeps_nobody_waiting_more_than_a_tick() {
	build_and_execute(|| {
		measure_classes();
		let ids = waiting(2);
		assert_ok!(Providers::deregister(signed(owner_of(ids[0])), ids[0]));
		tick(DRAW_TICKS);
		assert!(given().is_empty());
		tick(1);
		assert_eq!(given()[0].0, ids[1]);
	});
}

#[test]
fn who_is_at_work_waits_behind_the_others() {
	for phase in [JobPhase::Assigned, JobPhase::Running] {
		build_and_execute(|| {
			measure_classes();
			let ids = waiting(3);
			assert_ok!(Providers::move_job(ids[0], None, Some(phase), None));
			tick(DRAW_TICKS + 5);
			let begun: Vec<_> = given().into_iter().map(|(id, ..)| id).collect();
			assert_eq!(begun, ids[1..]);
			assert_eq!(at(ids[0], 0).state, DeviceState::Waiting);
			// What is committed is no work any more.
			assert_ok!(Providers::move_job(
				ids[0],
				Some(phase),
				Some(JobPhase::Committed),
				None
			));
			tick(1);
			assert_eq!(given()[2].0, ids[0]);
		});
	}
}

#[test]
fn a_class_that_is_not_measured_any_more_asks_for_nothing() {
	build_and_execute(|| {
		measure_classes();
		let id = registered(2 * FLOOR);
		assert_ok!(enrol(WORKER, 0, device(1)));
		EnrolmentNow::set(EnrolmentRules::OFF);
		let before = event_count();
		tick(DRAW_TICKS);
		assert_eq!((at(id, 0).state, at(id, 0).job), (DeviceState::Unmeasured, None));
		assert_eq!((given().len(), event_count()), (0, before));
		assert_eq!(Providers::may_ask(id), Ok(()));
	});
}

#[test]
fn the_task_is_of_the_class_at_the_draw() {
	build_and_execute(|| {
		measure_classes();
		let id = registered(100 * FLOOR);
		assert_ok!(enrol(WORKER, 0, device(1)));
		let terms = ProviderTerms {
			class: DeviceClass::Cpu32,
			..terms(2)
		};
		assert_ok!(Providers::set_terms(signed(OWNER), id, terms));
		tick(DRAW_TICKS);
		assert_eq!(given()[0].1, task(3));
		// Who computes for a class stays in it.
		let back = crate::mock::terms(2);
		assert_noop!(Providers::set_terms(signed(OWNER), id, back), Error::<Test>::PoolInUse);
		commit_measurement(id, 0, 5);
		assert!(at(id, 0).is_measured_as(DeviceClass::Cpu32));
		assert_eq!(provider(id).measured, 1);
	});
}

#[test]
fn nothing_is_drawn_without_randomness() {
	build_and_execute(|| {
		measure_classes();
		registered(2 * FLOOR);
		assert_ok!(enrol(WORKER, 0, device(1)));
		SeedNow::set(None);
		tick(20);
		assert!(given().is_empty());
		SeedNow::set(Some(H256::zero()));
		tick(1);
		assert_eq!(given().len(), 1);
	});
}
