//! Backends that fail: what the worker makes of it, and that the next job runs.

use crate::{
	fake::{fake, Broken, Conduct},
	fixture::{counting, finish, item_units, limits, refused, work, Fixture, PROGRAM},
	LONG, NEVER,
};
use millrace_compute::{BackendKind, Choice, Options, Runner};
use millrace_kernel::{asm::assemble, eval::Task};
use millrace_worker::{
	backend::{BackendError, Limits, OwnProgram, Quarantine},
	jobs::{self, JobError},
};
use std::{
	thread,
	time::{Duration, Instant},
};

#[test]
fn a_broken_process_is_replaced_and_the_job_runs() {
	let cases: [(&str, &[&str]); 6] = [
		("silent", &["sleep", "1000"]),
		("dead", &["false"]),
		("closed", &["sh", "-c", "exec sleep 1000 >/dev/null"]),
		("text", &["sh", "-c", "echo this is no frame; exec sleep 1000"]),
		// One byte that is no message.
		(
			"nonsense",
			&["sh", "-c", "printf '\\001\\000\\000\\000\\310'; exec sleep 1000"],
		),
		// Four GiB.
		(
			"oversized",
			&["sh", "-c", "printf '\\377\\377\\377\\377'; exec sleep 1000"],
		),
	];
	thread::scope(|scope| {
		for (name, stub) in cases {
			scope.spawn(move || {
				let program = counting(10);
				// Once: the same job is tried again.
				let fixture = Fixture::new();
				let backend = fixture.backend(Broken::new(&fixture.state, stub, 1), Choice::Cpu, limits());
				let start = Instant::now();
				assert_eq!(
					finish(&fixture, &backend, &program, 64).unwrap(),
					64 * item_units(&program)
				);
				assert!(start.elapsed() < LONG, "{name}");

				// Twice: the job is given up, and the next one runs.
				let fixture = Fixture::new();
				let backend = fixture.backend(Broken::new(&fixture.state, stub, 2), Choice::Cpu, limits());
				let error = refused(&fixture, &backend, &program, 64);
				match name {
					"silent" => assert!(matches!(error, BackendError::Silent { .. }), "{name}: {error}"),
					"dead" => assert_eq!(
						error.to_string(),
						"the backend's process ended by itself: exit status: 1"
					),
					"closed" => assert!(matches!(error, BackendError::Died { .. }), "{name}: {error}"),
					_ => assert!(matches!(error, BackendError::Protocol(_)), "{name}: {error}"),
				}
				assert!(matches!(
					refused(&fixture, &backend, &program, 64),
					BackendError::Banned(_)
				));
				let other = counting(11);
				assert_eq!(finish(&fixture, &backend, &other, 64).unwrap(), 64 * item_units(&other));
				assert_eq!(backend.stopped(), None);
			});
		}
	});
}

#[test]
fn silence_in_a_run_is_noticed_and_work_is_not_silence() {
	let fixture = Fixture::new();
	let program = counting(10);
	let quick = Limits {
		step: Duration::from_millis(400),
		..limits()
	};
	let backend = fixture.backend(fake(Conduct::HangsInARun), Choice::Cpu, quick);
	let start = Instant::now();
	let error = refused(&fixture, &backend, &program, 64);
	assert!(
		matches!(error, BackendError::Silent { doing: "running", .. }),
		"{error}"
	);
	// Two tries of a step's limit each.
	assert!(start.elapsed() >= quick.step * 2 && start.elapsed() < LONG);

	// Five times as long as silence may last, with signs of life.
	let backend = fixture.backend(fake(Conduct::WorksSlowly(quick.step * 5)), Choice::Cpu, quick);
	let error = refused(&fixture, &backend, &program, 64);
	assert!(matches!(error, BackendError::Other(_)), "{error}");
}

#[test]
fn a_wrong_root_is_not_believed() {
	let fixture = Fixture::new();
	let program = counting(10);
	let (job, files) = fixture.job(1, &program, 64, &[]);
	for conduct in [Conduct::LiesOnceAboutTheRoot, Conduct::LiesOnceAboutTheLength] {
		let tools = fixture.tools(fake(conduct), Choice::Cpu);
		let outcome = jobs::compute(&job, &program, &files, &tools, fixture.time(), &NEVER).unwrap();
		assert_eq!(outcome.units, 64 * item_units(&program));
		assert!(tools.backend.quarantined().is_empty());
	}
	let tools = fixture.tools(fake(Conduct::LiesAboutTheRoot), Choice::Cpu);
	let error = jobs::compute(&job, &program, &files, &tools, fixture.time(), &NEVER).unwrap_err();
	assert!(
		matches!(error, JobError::Backend(BackendError::WrongBundle(_))),
		"{error}"
	);
}

/// 2,735 leaves, one of which has one wrong bit: what a sample would overlook.
#[test]
fn a_planted_wrong_leaf_is_found_and_never_committed() {
	const ITEMS: u32 = 700_000;
	let program = assemble(".item 4\n.max_units 100\n.w i zero\n  index i\n  sto32 [zero + 0], i\n").unwrap();
	let task = Task {
		items: ITEMS,
		max_units: 100,
		params: &[],
	};
	let right = Runner::reference()
		.run(&program, &task, &[], &Options::default())
		.unwrap()
		.root;

	// Automatic: the job is run again on the CPU, and so is everything after it.
	let fixture = Fixture::new();
	let (job, files) = fixture.job(1, &program, ITEMS, &[]);
	let tools = fixture.tools(fake(Conduct::OneWrongBitOnCuda), Choice::Auto);
	let outcome = jobs::compute(&job, &program, &files, &tools, fixture.time(), &NEVER).unwrap();
	assert_eq!((outcome.root, outcome.units), (right.hash, right.units));
	assert_eq!(tools.backend.ready().unwrap().kind, BackendKind::Cpu);
	assert_eq!(tools.backend.stopped(), None);
	let quarantined = tools.backend.quarantined();
	let [entry] = &quarantined[..] else {
		panic!("one device is in quarantine: {quarantined:?}");
	};
	assert_eq!(entry.device, "fake cuda");
	assert!(entry.reason.contains("leaf 1000 has wrong bytes"), "{}", entry.reason);
	drop(tools);

	// After a restart the device is not used; released, it is.
	let tools = fixture.tools(fake(Conduct::OneWrongBitOnCuda), Choice::Auto);
	assert_eq!(tools.backend.start().unwrap().kind, BackendKind::Cpu);
	assert!(
		tools.backend.describe().contains("in quarantine"),
		"{}",
		tools.backend.describe()
	);
	drop(tools);
	assert_eq!(Quarantine::release(&fixture.state, Some("fake cuda")).unwrap().len(), 1);
	let tools = fixture.tools(fake(Conduct::OneWrongBitOnCuda), Choice::Auto);
	assert_eq!(tools.backend.start().unwrap().kind, BackendKind::Cuda);
	drop(tools);

	// Named: the job at hand is finished, and no new ones are taken.
	let fixture = Fixture::new();
	let (job, files) = fixture.job(1, &program, ITEMS, &[]);
	let tools = fixture.tools(fake(Conduct::OneWrongBitOnCuda), Choice::Cuda(None));
	let outcome = jobs::compute(&job, &program, &files, &tools, fixture.time(), &NEVER).unwrap();
	assert_eq!(outcome.root, right.hash);
	assert!(tools.backend.stopped().unwrap().contains("cuda is not used"));
	drop(tools);
	let tools = fixture.tools(fake(Conduct::OneWrongBitOnCuda), Choice::Cuda(None));
	tools.backend.start().unwrap();
	assert!(tools.backend.stopped().is_some(), "also after a restart");

	// No time is left to run it again: nothing is committed.
	let fixture = Fixture::new();
	let (job, files) = fixture.job(1, &program, ITEMS, &[]);
	let tools = fixture.tools(fake(Conduct::OneWrongBitOnCuda), Choice::Auto);
	let now = jobs::Time {
		deadline: Instant::now(),
		estimate: Duration::ZERO,
	};
	// Without time the check takes a second, which is enough for all leaves.
	let error = jobs::compute(&job, &program, &files, &tools, now, &NEVER).unwrap_err();
	assert!(matches!(error, JobError::SelfCheck(_)), "{error}");
}

#[test]
fn a_device_that_breaks_down_for_every_kernel_is_not_used_any_more() {
	let strikes = limits().strikes as u32;
	for wanted in [Choice::Auto, Choice::Cuda(None)] {
		let fixture = Fixture::new();
		let backend = fixture.backend(fake(Conduct::DiesOnCuda), wanted, limits());
		for number in 0..strikes {
			assert_eq!(backend.stopped(), None);
			assert!(backend.quarantined().is_empty());
			let program = counting(number + 1);
			// That it can try a kernel does not make up for it.
			backend.probe(&work(&program, 64), 16, &NEVER).unwrap();
			let error = refused(&fixture, &backend, &program, 64);
			assert!(matches!(error, BackendError::Died { .. }), "{error}");
		}
		assert_eq!(backend.quarantined()[0].device, "fake cuda");
		assert_eq!(backend.stopped().is_some(), wanted != Choice::Auto);
		// What was at hand goes on, on the CPU.
		let program = counting(100);
		assert_eq!(
			finish(&fixture, &backend, &program, 64).unwrap(),
			64 * item_units(&program)
		);
		assert_eq!(backend.ready().unwrap().kind, BackendKind::Cpu);
	}
}

#[test]
fn one_kernel_alone_does_not_condemn_a_device() {
	let fixture = Fixture::new();
	let short = Limits {
		ban: Duration::ZERO,
		..limits()
	};
	let backend = fixture.backend(fake(Conduct::DiesOnCuda), Choice::Auto, short);
	let program = counting(1);
	for _ in 0..2 * short.strikes {
		let error = refused(&fixture, &backend, &program, 64);
		assert!(matches!(error, BackendError::Died { .. }), "{error}");
	}
	assert!(backend.quarantined().is_empty());
}

#[test]
fn an_automatic_choice_starts_without_a_driver_that_hangs() {
	let fixture = Fixture::new();
	// Only the first process hangs: the one that looks for CUDA devices.
	let backend = fixture.backend(
		Broken::new(&fixture.state, &["sleep", "1000"], 1),
		Choice::Auto,
		limits(),
	);
	assert_eq!(backend.start().unwrap().kind, BackendKind::Cpu);
	assert!(
		backend.describe().contains("cuda is not used"),
		"{}",
		backend.describe()
	);
	assert_eq!(backend.stopped(), None);

	let named = Choice::Cuda(None);
	let backend = fixture.backend(Broken::new(&fixture.state, &["sleep", "1000"], 1), named, limits());
	assert!(matches!(backend.start(), Err(BackendError::Silent { .. })));
}

#[test]
fn a_device_that_is_not_there_is_named() {
	let fixture = Fixture::new();
	let launch = OwnProgram::at(PROGRAM.into(), 1, fixture.state.join("kernels"));
	let backend = fixture.backend(launch, Choice::Cuda(Some(4_000_000_000)), Limits::default());
	match backend.start() {
		Err(BackendError::Unusable(why)) => assert!(why.contains("CUDA"), "{why}"),
		other => panic!("{other:?}"),
	}
}
