//! Every state of the device that matters.

use super::*;

const CLASS: DeviceClass = DeviceClass::Cpu4;
const JOB: JobId = JobId([8; 32]);
const RETRY: Tick = 100;

fn here() -> DeviceFacts {
	DeviceFacts {
		model: "Some CPU, 4 cores".to_owned(),
		memory: 16 << 30,
		compute_capability: None,
		driver: "wasmtime 36".to_owned(),
		uuid_hash: [5; 32],
	}
}

fn device(state: DeviceState) -> DeviceView {
	DeviceView {
		facts: here(),
		requested: 1_000,
		state,
		job: None,
	}
}

fn measured(class: DeviceClass) -> DeviceState {
	DeviceState::Measured {
		class,
		at: 1_010,
		ticks: 3,
		job: JOB,
	}
}

/// A device here, none on the chain, and nothing in the way.
fn free(here: &DeviceFacts) -> Facts<'_> {
	Facts {
		enrolled: None,
		here: Some(here),
		class: CLASS,
		measures: true,
		retry_ticks: RETRY,
		status: Status::Active,
		has_stake: true,
		stopping: false,
		tick: 5_000,
		best: 30,
		nonce: 5,
		sent: None,
		not_before: None,
		unsent: None,
	}
}

fn decide_for(device: &DeviceView, change: impl FnOnce(&mut Facts<'_>)) -> Action {
	let here = here();
	let mut facts = Facts {
		enrolled: Some(device),
		..free(&here)
	};
	change(&mut facts);
	decide(&facts)
}

#[test]
fn an_empty_place_is_filled_whether_the_class_is_measured_or_not() {
	let here = here();
	for measures in [true, false] {
		assert_eq!(
			decide(&Facts {
				measures,
				..free(&here)
			}),
			Action::Enrol
		);
	}
	let unknown = Facts {
		here: None,
		..free(&here)
	};
	assert_eq!(decide(&unknown), Action::Nothing);
}

#[test]
fn who_may_not_sell_time_does_not_enrol() {
	let here = here();
	for status in [
		Status::Draining,
		Status::Unreachable { draining: false },
		Status::Chilled { until: 9 },
		Status::Exiting,
	] {
		assert_eq!(decide(&Facts { status, ..free(&here) }), Action::Nothing, "{status:?}");
	}
	let poor = Facts {
		has_stake: false,
		..free(&here)
	};
	let stopping = Facts {
		stopping: true,
		..free(&here)
	};
	assert_eq!([decide(&poor), decide(&stopping)], [Action::Nothing; 2]);
}

#[test]
fn what_stands_is_left_alone() {
	for state in [DeviceState::Waiting, DeviceState::Measuring, measured(CLASS)] {
		assert_eq!(decide_for(&device(state), |_| {}), Action::Nothing, "{state:?}");
	}
	let unmeasured = device(DeviceState::Unmeasured);
	assert_eq!(decide_for(&unmeasured, |facts| facts.measures = false), Action::Nothing);
}

#[test]
fn what_does_not_stand_is_enrolled_again() {
	for state in [
		DeviceState::Failed { at: 1_020 },
		DeviceState::Unmeasured,
		measured(DeviceClass::Cpu32),
	] {
		assert_eq!(decide_for(&device(state), |_| {}), Action::Enrol, "{state:?}");
	}
}

#[test]
fn a_changed_device_is_enrolled_again_unless_it_is_busy() {
	let changes: [fn(&mut DeviceFacts); 5] = [
		|facts| facts.model.push('x'),
		|facts| facts.driver.push('x'),
		|facts| facts.compute_capability = Some((9, 0)),
		|facts| facts.uuid_hash[0] ^= 1,
		|facts| facts.memory /= 2,
	];
	for change in changes {
		for (state, action) in [
			(measured(CLASS), Action::Enrol),
			(DeviceState::Failed { at: 1_020 }, Action::Enrol),
			(DeviceState::Waiting, Action::Nothing),
		] {
			let mut other = device(state);
			change(&mut other.facts);
			assert_eq!(decide_for(&other, |_| {}), action, "{other:?}");
		}
		let mut again = device(measured(CLASS));
		again.job = Some(JOB);
		change(&mut again.facts);
		assert_eq!(decide_for(&again, |_| {}), Action::Nothing, "{again:?}");
	}
}

#[test]
fn another_kernel_of_the_system_is_no_other_device() {
	let mut device = device(measured(CLASS));
	for memory in [here().memory - (100 << 20), here().memory + (100 << 20)] {
		device.facts.memory = memory;
		assert_eq!(decide_for(&device, |_| {}), Action::Nothing);
	}
}

#[test]
fn the_retry_time_is_waited_for() {
	let failed = device(DeviceState::Failed { at: 1_020 });
	for (tick, action) in [
		(1_020, Action::Nothing),
		(1_099, Action::Nothing),
		(1_100, Action::Enrol),
	] {
		assert_eq!(decide_for(&failed, |facts| facts.tick = tick), action, "tick {tick}");
	}
	let here = here();
	for (tick, action) in [(5_099, Action::Nothing), (5_100, Action::Enrol)] {
		let refused = Facts {
			not_before: Some(5_100),
			tick,
			..free(&here)
		};
		assert_eq!(decide(&refused), action, "tick {tick}");
	}
}

#[test]
fn nothing_is_sent_while_a_call_is_under_way() {
	let here = here();
	let sent = Facts {
		sent: Some((5, 93)),
		..free(&here)
	};
	for (best, nonce, action) in [
		(30, 5, Action::Nothing),
		(93, 5, Action::Nothing),
		(94, 5, Action::Enrol),
		(31, 6, Action::Enrol),
	] {
		assert_eq!(
			decide(&Facts { best, nonce, ..sent }),
			action,
			"block {best}, nonce {nonce}"
		);
	}
	for (best, action) in [(33, Action::Nothing), (34, Action::Enrol)] {
		let unsent = Facts {
			unsent: Some(30),
			best,
			..free(&here)
		};
		assert_eq!(decide(&unsent), action, "block {best}");
	}
}

#[test]
fn where_it_stands_is_said_in_words() {
	let rules = EnrolmentRulesView {
		retry_ticks: RETRY,
		..EnrolmentRulesView::off()
	};
	let words = |state, job| {
		let device = DeviceView { job, ..device(state) };
		Stage::of(Some(&device), &rules).to_string()
	};
	assert_eq!(Stage::of(None, &rules).to_string(), "not enrolled");
	assert_eq!(
		words(DeviceState::Waiting, None),
		"enrolled; waits for its task, drawn at tick 1004 or later"
	);
	assert_eq!(
		words(DeviceState::Measuring, Some(JOB)),
		format!("being measured, by job {JOB}")
	);
	assert_eq!(
		words(measured(CLASS), None),
		"measured as cpu-4 in 3 ticks, at tick 1010"
	);
	assert!(words(measured(CLASS), Some(JOB)).contains("again"));
	assert_eq!(
		words(DeviceState::Failed { at: 1_020 }, None),
		"failed at tick 1020; tried again from tick 1100"
	);
	assert_eq!(
		words(DeviceState::Failed { at: 9_000 }, None),
		"failed at tick 9000; tried again from tick 9000"
	);
}

#[test]
fn a_refusal_comes_with_what_to_do() {
	let taken = "Providers::DeviceTaken: The device is enrolled elsewhere: remove it there first.";
	assert!(hint(taken).unwrap().contains("remove-device"));
	assert!(hint("Invalid Transaction: Inability to pay some fees , e.g. account balance too low").is_some());
	assert_eq!(hint("Providers::TooSoon"), None);
}
