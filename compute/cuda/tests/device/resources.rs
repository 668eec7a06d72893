//! What a device does besides computing: it stops, refuses, remembers and forgets.

use crate::{
	assert_same, computed, expected,
	kernels::{task, MIX, SPARSE, TRAPS},
	program, small_slots, turn,
};
use millrace_cuda::{bench_support::Buffer, Control, CudaError, Device, OpenOptions, Source};
use std::{
	fs,
	sync::atomic::{AtomicBool, Ordering},
};

#[test]
fn a_cancelled_run_ends_and_the_next_one_runs() {
	let Some((_turn, ordinal)) = turn() else { return };
	let device = Device::open(ordinal, &small_slots()).unwrap();
	let program = program(MIX);
	let cancel = AtomicBool::new(false);
	let mut control = Control {
		cancel: Some(&cancel),
		heartbeat: None,
	};
	let mut slices = 0;
	let outcome = device.run(&program, &task(1 << 20, 200), &[], &mut control, &mut |_| {
		slices += 1;
		cancel.store(true, Ordering::Relaxed);
	});
	assert_eq!(outcome, Err(CudaError::Cancelled));
	assert_eq!(slices, 1);
	let task = task(5_000, 200);
	let (figures, _) = computed(&device, &program, &task, &[]).unwrap();
	assert_same("after", &figures, &expected(&program, &task, &[]));
}

#[test]
fn a_sink_that_panics_leaves_a_device_that_works() {
	let Some((_turn, ordinal)) = turn() else { return };
	let device = Device::open(ordinal, &small_slots()).unwrap();
	let (program, task) = (program(MIX), task(50_000, 200));
	let run = std::panic::AssertUnwindSafe(|| {
		device.run(&program, &task, &[], &mut Control::default(), &mut |_| {
			panic!("as planned")
		})
	});
	assert!(std::panic::catch_unwind(run).is_err());
	let (figures, _) = computed(&device, &program, &task, &[]).unwrap();
	assert_same("after", &figures, &expected(&program, &task, &[]));
}

#[test]
fn a_job_that_needs_too_much_memory_is_refused() {
	let Some((_turn, ordinal)) = turn() else { return };
	let device = Device::open(ordinal, &OpenOptions::default()).unwrap();
	let program = program(".item 4\n.inputs a b c\n.max_units 100\n");
	let free = device.free_memory().unwrap();
	let room = 1 << 30;
	if free < 2 * room {
		println!("the refusal was not tested: only {free} bytes of device memory are free");
		return;
	}
	let hog = device.buffer((free - room) as usize).unwrap();
	let input = vec![0; 400 << 20];
	let inputs: [&[u8]; 3] = [&input; 3];
	match computed(&device, &program, &task(10, 100), &inputs) {
		Err(CudaError::Memory { needed, free }) => {
			assert!(needed > 3 * (400 << 20) && free <= room, "{needed} {free}");
		}
		other => panic!("{other:?}"),
	}
	drop(hog);
	let (figures, _) = computed(&device, &program, &task(10, 100), &inputs).unwrap();
	// It does nothing: the item cost alone, 16.
	assert_eq!(figures, (vec![0; 40], vec![160], vec![0]));
}

#[test]
fn tasks_that_do_not_fit_are_refused_before_anything_runs() {
	let Some((_turn, ordinal)) = turn() else { return };
	let device = Device::open(ordinal, &OpenOptions::default()).unwrap();
	for task in [task(0, 200), task(1, 201), task(1, 15)] {
		let outcome = computed(&device, &program(MIX), &task, &[]);
		assert!(matches!(outcome, Err(CudaError::Task(_))), "{task:?}");
	}
	assert!(matches!(
		Device::open(9_999, &OpenOptions::default()),
		Err(CudaError::Unavailable(_))
	));
}

#[test]
fn compiled_kernels_survive_the_process_and_damage_does_not() {
	let Some((_turn, ordinal)) = turn() else { return };
	let folder = tempfile::tempdir().unwrap();
	let options = OpenOptions {
		cache: Some(folder.path().join("kernels")),
		..OpenOptions::default()
	};
	let (program, task) = (program(TRAPS), task(5_000, 300));
	let right = expected(&program, &task, &[]);
	let prepared = |wanted: Source| {
		let device = Device::open(ordinal, &options).unwrap();
		let loaded = device.prepare(&program).unwrap();
		assert_eq!((loaded.source, &loaded.not_stored), (wanted, &None), "{loaded:?}");
		assert!(loaded.registers > 0);
		assert_eq!(device.prepare(&program).unwrap().source, Source::Memory);
		let (figures, _) = computed(&device, &program, &task, &[]).unwrap();
		assert_same("cached", &figures, &right);
	};
	prepared(Source::Compiled);
	prepared(Source::Disk);
	let mut files = 0;
	for file in fs::read_dir(folder.path().join("kernels")).unwrap() {
		let path = file.unwrap().path();
		let mut bytes = fs::read(&path).unwrap();
		*bytes.last_mut().unwrap() ^= 1;
		fs::write(&path, bytes).unwrap();
		files += 1;
	}
	// The kernel, and the one that sums figures.
	assert_eq!(files, 2);
	prepared(Source::Compiled);
	prepared(Source::Disk);
}

#[test]
fn nothing_of_a_job_stays_in_device_memory() {
	let Some((_turn, ordinal)) = turn() else { return };
	let device = Device::open(ordinal, &OpenOptions::default()).unwrap();
	const BYTES: usize = 96 << 20;
	let full = |byte: u8, buffer: &Buffer| {
		let (bytes, _) = device.read(buffer, BYTES).unwrap();
		bytes.chunks(512).any(|chunk| chunk.iter().all(|found| *found == byte))
	};
	// Whether this driver lets anybody see what was there before: if not, this test cannot fail.
	let mut before = device.buffer(BYTES).unwrap();
	device.write(&mut before, &vec![0xab; BYTES]).unwrap();
	drop(before);
	let mut after = device.buffer(BYTES).unwrap();
	if !full(0xab, &after) {
		println!("memory that is given back was not tested: this driver clears it, or gives other memory");
	}
	device.write(&mut after, &[]).unwrap();
	drop(after);

	let data = vec![0xff; 64 << 20];
	let bytes = program(SPARSE);
	computed(&device, &bytes, &task(20_000, 200), &[&data]).unwrap();
	let after = device.buffer(BYTES).unwrap();
	assert!(!full(0xff, &after), "a buyer's input is still there");
}
