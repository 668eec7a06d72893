//! The bytes, units and traps that a device computes.

use crate::{
	assert_same, computed, expected,
	kernels::{task, BYTES, MIX, SPARSE, TRAPS},
	program, small_slots, turn, Random,
};
use millrace_cuda::{CudaError, Device, OpenOptions};
use millrace_kernel::eval::Task;
use millrace_kernel_ptx::{emit, Launch, ITEMS};
use std::{fs, path::Path, time::Duration};

#[test]
fn many_slices_and_a_short_last_leaf() {
	let Some((_turn, ordinal)) = turn() else { return };
	let device = Device::open(ordinal, &small_slots()).unwrap();
	let (program, task) = (program(MIX), task(100_003, 200));
	let (figures, trace) = computed(&device, &program, &task, &[]).unwrap();
	// 390 full leaves and one of 163 items; four leaves a slice.
	assert_eq!(figures.1.len(), 391);
	assert_eq!((figures.1[0], figures.1[390]), (256 * 24, 163 * 24));
	assert!(trace.launches >= 98, "{trace:?}");
	assert_same("mix", &figures, &expected(&program, &task, &[]));
	// With the slots of every day it is one slice, and the same.
	drop(device);
	let device = Device::open(ordinal, &OpenOptions::default()).unwrap();
	let (again, _) = computed(&device, &program, &task, &[]).unwrap();
	assert_same("one slice", &again, &figures);
	// A run follows another on a warm device, also of one item.
	let one = Task { items: 1, ..task };
	let (single, _) = computed(&device, &program, &one, &[]).unwrap();
	assert_eq!(single, (vec![0; 4], vec![24], vec![0]));
}

#[test]
fn traps_are_counted_and_leave_zeros() {
	let Some((_turn, ordinal)) = turn() else { return };
	let device = Device::open(ordinal, &small_slots()).unwrap();
	let (program, task) = (program(TRAPS), task(1_000, 300));
	let (figures, _) = computed(&device, &program, &task, &[]).unwrap();
	// Three full leaves of 64 × 4 items, and 58 × 4.
	assert_eq!(figures.1, [24_000, 24_000, 24_000, 21_750]);
	assert_eq!(figures.2, [128, 128, 128, 116]);
	assert_eq!(
		figures.0[..20],
		[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]
	);
	assert_same("traps", &figures, &expected(&program, &task, &[]));
}

#[test]
fn inputs_of_every_length_end_where_they_end() {
	let Some((_turn, ordinal)) = turn() else { return };
	let device = Device::open(ordinal, &OpenOptions::default()).unwrap();
	let mut random = Random(0x6d69_6c6c);
	let bytes = program(BYTES);
	for length in [0, 1, 15, 16, 17, 1_000, 1_200] {
		let data = random.bytes(length);
		let task = task(1_200, 200);
		let (figures, _) = computed(&device, &bytes, &task, &[&data]).unwrap();
		assert_eq!(figures.2.iter().sum::<u32>(), 1_200 - length as u32);
		assert_same("bytes", &figures, &expected(&bytes, &task, &[&data]));
	}
	// Longer than all pieces of the upload ring together.
	let sparse = program(SPARSE);
	let data = random.bytes((41 << 20) + 3);
	let task = task(12_000, 200);
	let (figures, trace) = computed(&device, &sparse, &task, &[&data]).unwrap();
	assert!(trace.upload > Duration::ZERO);
	assert_same("sparse", &figures, &expected(&sparse, &task, &[&data]));
}

#[test]
fn shipped_kernels_agree_with_the_interpreter() {
	let Some((_turn, ordinal)) = turn() else { return };
	let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/kernels"));
	let Ok(kernels) = fs::read_dir(folder) else {
		println!("shipped kernels not tested: {} is not here", folder.display());
		return;
	};
	let device = Device::open(ordinal, &small_slots()).unwrap();
	let seed = 0x1234_5678_9abc_def1;
	println!("seed {seed:#x}");
	let mut random = Random(seed);
	let mut tested = 0;
	for kernel in kernels {
		for file in fs::read_dir(kernel.unwrap().path()).into_iter().flatten() {
			let path = file.unwrap().path();
			if path.extension().is_none_or(|extension| extension != "mk") {
				continue;
			}
			let name = path.display().to_string();
			let program = program(&fs::read_to_string(&path).unwrap());
			let header = *program.header();
			// About a second of the interpreter.
			let items = (50_000_000 / header.max_units).clamp(3, 3_001);
			for (length, mask) in [(0, 0xff), (70_001, 0xff), (4_096, u64::MAX)] {
				let inputs: Vec<Vec<u8>> = (0..header.inputs).map(|_| random.bytes(length)).collect();
				let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
				let params: Vec<u64> = (0..header.params).map(|_| random.word() & mask).collect();
				let task = Task {
					items,
					max_units: header.max_units,
					params: &params,
				};
				let (figures, _) = computed(&device, &program, &task, &inputs).unwrap();
				assert_same(&name, &figures, &expected(&program, &task, &inputs));
			}
			tested += 1;
		}
	}
	assert!(tested > 0);
}

#[test]
fn an_emitted_text_can_be_launched_alone() {
	let Some((_turn, ordinal)) = turn() else { return };
	let device = Device::open(ordinal, &OpenOptions::default()).unwrap();
	let (program, task) = (program(TRAPS), task(777, 300));
	let entry = device.load_ptx(&emit(&program), ITEMS).unwrap();
	assert!(entry.registers() > 0);
	let mut out = device.buffer(777 * 4).unwrap();
	let mut figures = device.buffer(777 * 4).unwrap();
	device.write(&mut out, &[]).unwrap();
	device.write(&mut figures, &[]).unwrap();
	let launch = Launch {
		out: out.address(),
		figures: figures.address(),
		count: 777,
		items: 777,
		max_units: 300,
		..Launch::default()
	};
	device.launch_emitted(&entry, &launch).unwrap();
	let (bytes, _) = device.read(&out, usize::MAX).unwrap();
	assert_eq!(bytes, expected(&program, &task, &[]).0);
	let (bytes, _) = device.read(&figures, usize::MAX).unwrap();
	let trapped = 1 << 31;
	for (item, figure) in bytes.chunks_exact(4).enumerate() {
		let figure = u32::from_le_bytes(figure.try_into().unwrap());
		assert_eq!(figure, [27, 21 | trapped, 300 | trapped, 27][item % 4], "item {item}");
	}
	let wrong = device.load_ptx("this is no PTX", ITEMS);
	assert!(matches!(wrong, Err(CudaError::Compile { .. })), "{wrong:?}");
}
