//! The backend on a real device, against the interpreter and figures by hand. Without a device every test says that it
//! has tested nothing, and why. The device is used by one test at a time: some fill its memory.

mod kernels;
mod resources;
mod results;

use millrace_cuda::{devices, Control, CudaError, Device, OpenOptions, Slice, Trace, MIN_COMPUTE_CAPABILITY};
use millrace_kernel::{
	asm::assemble,
	eval::{Machine, Slices, Task},
	leaf::{eval_leaf, leaf_count},
	program::Program,
};
use std::{
	sync::{
		atomic::{AtomicU32, Ordering},
		Mutex, MutexGuard, PoisonError,
	},
	time::Duration,
};

/// The first device, until the guard is dropped.
pub(crate) fn turn() -> Option<(MutexGuard<'static, ()>, u32)> {
	static TURN: Mutex<()> = Mutex::new(());
	let guard = TURN.lock().unwrap_or_else(PoisonError::into_inner);
	match devices() {
		Ok(devices) => {
			assert!(devices[0].compute_capability >= MIN_COMPUTE_CAPABILITY);
			Some((guard, devices[0].ordinal))
		}
		Err(why) => {
			println!("CUDA not tested: {why}");
			None
		}
	}
}

/// Slots of four leaves of 1,024 bytes: many slices even of a small job.
pub(crate) fn small_slots() -> OpenOptions {
	OpenOptions {
		slot_bytes: 4_096,
		..OpenOptions::default()
	}
}

pub(crate) fn program(text: &str) -> Program {
	assemble(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Output, units and traps.
pub(crate) type Figures = (Vec<u8>, Vec<u64>, Vec<u32>);

/// What the interpreter computes.
pub(crate) fn expected(program: &Program, task: &Task<'_>, inputs: &[&[u8]]) -> Figures {
	let mut machine = Machine::new(program);
	let mut all = Figures::default();
	for leaf in 0..leaf_count(program.items_per_leaf(), task.items) {
		let leaf = eval_leaf(program, task, &Slices(inputs), leaf, &mut machine).unwrap();
		all.0.extend(leaf.bytes);
		all.1.push(leaf.units);
		all.2.push(leaf.traps);
	}
	all
}

/// What the device computes. Slices must come in order and without gaps.
pub(crate) fn computed(
	device: &Device,
	program: &Program,
	task: &Task<'_>,
	inputs: &[&[u8]],
) -> Result<(Figures, Trace), CudaError> {
	let mut all = Figures::default();
	let beats = AtomicU32::new(0);
	let heartbeat = || {
		beats.fetch_add(1, Ordering::Relaxed);
	};
	let mut control = Control {
		cancel: None,
		heartbeat: Some(&heartbeat),
	};
	let trace = device.run(program, task, inputs, &mut control, &mut |slice: Slice<'_>| {
		assert_eq!(slice.first_leaf as usize, all.1.len());
		assert_eq!(slice.units.len(), slice.traps.len());
		all.0.extend_from_slice(slice.output);
		all.1.extend_from_slice(slice.units);
		all.2.extend_from_slice(slice.traps);
	})?;
	assert!(beats.load(Ordering::Relaxed) > trace.launches, "one after each launch");
	assert!(trace.launches >= 1 && trace.compute > Duration::ZERO && trace.wall >= trace.pipeline);
	assert!(trace.longest_launch <= trace.compute);
	assert!((0.0..=1.0).contains(&trace.overlap()) && (0.0..=1.0).contains(&trace.pipeline_overlap()));
	Ok((all, trace))
}

/// Fails with the first difference, not with megabytes.
pub(crate) fn assert_same(name: &str, actual: &Figures, expected: &Figures) {
	assert_eq!(actual.0.len(), expected.0.len(), "{name}: bytes");
	let wrong = actual.0.iter().zip(&expected.0).position(|(a, b)| a != b);
	assert_eq!(wrong, None, "{name}: the first wrong byte");
	let wrong = actual.1.iter().zip(&expected.1).position(|(a, b)| a != b);
	assert_eq!(wrong, None, "{name}: the first leaf of wrong units");
	assert_eq!(actual.1.len(), expected.1.len(), "{name}: leaves");
	assert_eq!(actual.2, expected.2, "{name}: traps");
}

/// xorshift64*, seeded and printed by its users.
pub(crate) struct Random(pub(crate) u64);

impl Random {
	pub(crate) fn word(&mut self) -> u64 {
		self.0 ^= self.0 >> 12;
		self.0 ^= self.0 << 25;
		self.0 ^= self.0 >> 27;
		self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
	}

	pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
		(0..count).map(|_| (self.word() >> 56) as u8).collect()
	}
}
