//! The real program as a backend: jobs, and how processes end.

use crate::{
	fixture::{counting, finish, item_units, limits, look, looping, work, Fixture, Real, PROGRAM},
	LONG, NEVER,
};
use millrace_compute::{parse_bundle, BackendKind, Choice};
use millrace_kernel::asm::assemble;
use millrace_worker::{
	backend::{
		frame::{read_frame, write_frame},
		message::{Answer, FilePath, Request, Stage, PROTOCOL},
		Backend, BackendError,
	},
	jobs::{self, Tools},
	selfcheck::SelfCheck,
};
use std::{
	fs,
	path::Path,
	process::{Command, Stdio},
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc, Mutex,
	},
	thread,
	time::{Duration, Instant},
};

/// The real program on the CPU, and the numbers of its processes.
fn real(fixture: &Fixture) -> (Backend, Arc<Mutex<Vec<u32>>>) {
	let pids = Arc::new(Mutex::new(Vec::new()));
	let launch = Real::new(&fixture.state, pids.clone());
	(fixture.backend(launch, Choice::Cpu, limits()), pids)
}

fn is_alive(pid: u32) -> bool {
	Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn a_whole_job_is_prepared_computed_and_checked() {
	let fixture = Fixture::new();
	let (backend, pids) = real(&fixture);
	let tools = Tools {
		backend,
		checks: SelfCheck::open(&fixture.state),
	};
	// Adds an item's number to each of its 16 bytes.
	let program = assemble(
		"
.item       16
.inputs     data
.max_units  1000
.max_faults 1
.w i at j x t
  index   i
  shl     at, i, 4
  loop each
    ld8u.z  x, data[at]
    add     x, x, i
    sto8    [j], x
    add     at, at, 1
    add     j, j, 1
    ltu     t, j, 16
    br_if   t, each
  end
",
	)
	.unwrap();
	let input: Vec<u8> = (0..300 * 16).map(|at| (at * 7) as u8).collect();
	let expected: Vec<u8> = input
		.iter()
		.enumerate()
		.map(|(at, byte)| byte.wrapping_add((at / 16) as u8))
		.collect();
	let (job, files) = fixture.job(1, &program, 300, &[&input]);

	jobs::prepare(&job, &program, &files, &tools, &NEVER).unwrap();
	let outcome = jobs::compute(&job, &program, &files, &tools, fixture.time(), &NEVER).unwrap();
	let bytes = files.read_bundle().unwrap();
	assert_eq!(bytes.len() as u64, outcome.bundle_len);
	let bundle = parse_bundle(&bytes, 300, 16, job.items_per_leaf).unwrap();
	assert_eq!(bundle.output(), expected);
	assert_eq!((bundle.root().hash, bundle.root().units), (outcome.root, outcome.units));
	assert_eq!(pids.lock().unwrap().len(), 1, "one process does all");
	assert_eq!(tools.backend.ready().unwrap().kind, BackendKind::Cpu);
}

#[test]
fn a_process_that_is_killed_in_a_run_is_replaced() {
	let fixture = Fixture::new();
	let (backend, pids) = real(&fixture);
	let program = looping(60_000);
	backend.start().unwrap();
	let first = pids.lock().unwrap()[0];
	let mut killed = false;
	let mut kill = |done: u32, leaves: u32| {
		if !killed && (1..leaves).contains(&done) {
			killed = true;
			let status = Command::new("kill").args(["-9", &first.to_string()]).status();
			assert!(status.unwrap().success());
		}
	};
	// A second at least, on two cores.
	let items = 30_000;
	let output = fixture.state.join("bundle");
	let (finished, root) = backend
		.run(
			&work(&program, items),
			&output,
			Duration::ZERO,
			&NEVER,
			&mut kill,
			&mut |_| {
				let bytes = fs::read(&output).unwrap();
				Ok(parse_bundle(&bytes, items, 4, program.items_per_leaf()).unwrap().root())
			},
		)
		.unwrap();
	assert!(killed);
	assert_eq!((finished.root, finished.units), (root.hash, root.units));
	assert_eq!(finished.units, u64::from(items) * item_units(&program));
	assert_eq!(pids.lock().unwrap().len(), 2);
	assert!(!is_alive(first));
}

#[test]
fn a_cancellation_ends_a_run_and_keeps_the_process() {
	let fixture = Fixture::new();
	let (backend, pids) = real(&fixture);
	let cancel = Arc::new(AtomicBool::new(false));
	let canceller = thread::spawn({
		let cancel = cancel.clone();
		move || {
			thread::sleep(Duration::from_millis(500));
			cancel.store(true, Ordering::Relaxed);
			Instant::now()
		}
	});
	// Hours.
	let endless = work(&looping(60_000), 20_000_000);
	let error = backend
		.run(
			&endless,
			&fixture.state.join("bundle"),
			LONG,
			&cancel,
			&mut |_, _| {},
			&mut |_| Ok(()),
		)
		.map(|_| ())
		.unwrap_err();
	assert!(matches!(error, BackendError::Cancelled), "{error}");
	let cancelled = canceller.join().unwrap();
	// A leaf takes milliseconds; the rest is a busy machine's.
	assert!(
		cancelled.elapsed() < Duration::from_secs(2),
		"{:?}",
		cancelled.elapsed()
	);
	let program = counting(10);
	finish(&fixture, &backend, &program, 64).unwrap();
	assert_eq!(pids.lock().unwrap().len(), 1);
}

#[test]
fn trying_a_kernel_does_not_wait_for_a_run() {
	let fixture = Fixture::new();
	let (backend, pids) = real(&fixture);
	let cancel = AtomicBool::new(false);
	let endless = work(&looping(60_000), 20_000_000);
	thread::scope(|scope| {
		let run = scope.spawn(|| {
			let output = fixture.state.join("endless");
			backend
				.run(&endless, &output, LONG, &cancel, &mut |_, _| {}, &mut |_| Ok(()))
				.map(|_| ())
		});
		look("the run", || (!pids.lock().unwrap().is_empty()).then_some(()));
		thread::sleep(Duration::from_millis(200));
		let probed = backend.probe(&work(&counting(10), 64), 16, &NEVER).unwrap();
		assert!((1..=16).contains(&probed.leaves) && probed.of == 1, "{probed:?}");
		assert_eq!(pids.lock().unwrap().len(), 2);
		cancel.store(true, Ordering::Relaxed);
		assert!(matches!(run.join().unwrap(), Err(BackendError::Cancelled)));
	});
}

#[test]
fn a_kernel_that_loops_for_ever_traps_at_its_bound() {
	let fixture = Fixture::new();
	let (backend, _) = real(&fixture);
	let program =
		assemble(".item 4\n.max_units 5000\n.w one\n  mov one, 1\n  loop again\n    br_if one, again\n  end\n")
			.unwrap();
	assert_eq!(finish(&fixture, &backend, &program, 64).unwrap(), 64 * 5_000);
	let bytes = fs::read(fixture.state.join("bundle")).unwrap();
	let bundle = parse_bundle(&bytes, 64, 4, program.items_per_leaf()).unwrap();
	assert_eq!(bundle.traps(), 64);
	assert!(bundle.output().iter().all(|byte| *byte == 0));
}

#[test]
fn what_cannot_be_computed_is_refused_and_the_process_goes_on() {
	let fixture = Fixture::new();
	let (backend, pids) = real(&fixture);
	let program = assemble(".item 1024\n.max_units 1000\n.w i zero\n  index i\n  sto32 [zero + 0], i\n").unwrap();
	// Four TiB.
	let huge = work(&program, u32::MAX);
	let error = backend.probe(&huge, 16, &NEVER).unwrap_err();
	assert!(matches!(error, BackendError::TooLarge(_)), "{error}");

	let mut other = work(&program, 64);
	other.params = vec![1];
	let error = backend.probe(&other, 16, &NEVER).unwrap_err();
	assert!(matches!(error, BackendError::Task(_)), "{error}");

	let mut other = work(&program, 64);
	other.kernel.truncate(50);
	let error = backend.probe(&other, 16, &NEVER).unwrap_err();
	assert!(matches!(error, BackendError::Task(_)), "{error}");

	let nowhere = fixture.state.join("no/such/folder/bundle");
	let error = backend
		.run(&work(&program, 64), &nowhere, LONG, &NEVER, &mut |_, _| {}, &mut |_| {
			Ok(())
		})
		.map(|_| ())
		.unwrap_err();
	assert!(matches!(error, BackendError::Files(_)), "{error}");

	finish(&fixture, &backend, &counting(10), 64).unwrap();
	assert_eq!(pids.lock().unwrap().len(), 1, "none of this is the process's fault");
}

#[test]
fn no_process_outlives_the_handle() {
	let fixture = Fixture::new();
	let (backend, pids) = real(&fixture);
	backend.start().unwrap();
	let pid = pids.lock().unwrap()[0];
	assert!(is_alive(pid));
	drop(backend);
	assert!(!is_alive(pid));
}

/// What happens when the worker is killed: its end of the pipe closes.
#[test]
fn no_process_outlives_the_worker() {
	let fixture = Fixture::new();
	for stage in ["idle", "running"] {
		let mut child = Command::new(PROGRAM)
			.args(["backend", "--backend", "cpu", "--threads", "2"])
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.spawn()
			.unwrap();
		let (mut requests, mut answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
		write_frame(&mut requests, &Request::Hello { protocol: PROTOCOL }).unwrap();
		assert!(matches!(read_frame(&mut answers), Ok(Answer::Ready { .. })));
		if stage == "running" {
			let run = Request::Run {
				id: 1,
				work: work(&looping(60_000), 20_000_000),
				output: FilePath::new(&fixture.state.join("bundle")),
			};
			write_frame(&mut requests, &run).unwrap();
			loop {
				match read_frame(&mut answers).unwrap() {
					Answer::Progress {
						stage: Stage::Running, ..
					} => break,
					Answer::Progress { .. } => {}
					other => panic!("{other:?}"),
				}
			}
			thread::sleep(Duration::from_millis(200));
		}
		drop(requests);
		let status = look("its end", || child.try_wait().unwrap());
		assert!(status.success(), "{stage}: {status}");
	}
}

#[test]
fn what_is_no_request_ends_the_process() {
	let mut child = Command::new(PROGRAM)
		.args(["backend", "--backend", "reference"])
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.stderr(Stdio::piped())
		.spawn()
		.unwrap();
	let mut requests = child.stdin.take().unwrap();
	std::io::Write::write_all(&mut requests, &[255; 8]).unwrap();
	let output = child.wait_with_output().unwrap();
	assert_eq!(output.status.code(), Some(2));
	let message = String::from_utf8(output.stderr).unwrap();
	assert!(message.contains("at most 131072 are allowed"), "{message}");
	assert!(output.stdout.is_empty());
	drop(requests);
}
