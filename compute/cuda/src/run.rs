//! A whole job on a device: upload, launches, download, and the caller's work, all at once.
//!
//! ```text
//! upload    ▒▒▒▒
//! compute       ████████████████████
//! download          ░░  ░░  ░░  ░░  ░░
//! sink                 ▓▓  ▓▓  ▓▓  ▓▓  ▓▓
//! ```
//!
//! What orders it: launches wait for the event after the last upload; a copy home waits for the event after its launch;
//! the host waits for the event after the copy, hands the slice to the sink, and only then queues a new launch for that
//! slot. The other slots' launches are queued by then, so the device never waits for the sink while it has work.

use crate::{
	control::Control,
	device::Device,
	driver::Stream,
	error::CudaError,
	memory::JobMemory,
	module::Function,
	pace::Pace,
	plan::{fits, Layout, Part, Shape},
	ring::{Rings, Slot},
	trace::Trace,
};
use millrace_kernel::{eval::Task, program::Program};
use millrace_kernel_ptx::{Launch, BLOCK};
use std::{collections::VecDeque, ffi::c_void, sync::PoisonError, time::Instant};

// The kernels declare one parameter of this size.
const _: () = assert!(size_of::<Launch>() == 256);

/// Consecutive leaves of a result. The memory belongs to the device's ring and holds the next slice later.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a> {
	/// The number of the first leaf.
	pub first_leaf: u32,
	/// The bytes of the leaves, one after another.
	pub output: &'a [u8],
	/// The units of each leaf.
	pub units: &'a [u64],
	/// The traps of each leaf.
	pub traps: &'a [u32],
}

impl Device {
	/// Runs every item of `task` over `inputs`. `sink` gets the leaves slice by slice, in order, on this thread.
	///
	/// The job's device memory is zero when this returns, also where it fails, unless the device itself has failed.
	/// After an error what `sink` has got is worth nothing.
	///
	/// # Errors
	/// The task does not fit the program; the kernel cannot be compiled; the job needs too much memory; it was
	/// cancelled; or the driver failed: see [`CudaError::is_sticky`] for whether this process can go on.
	pub fn run(
		&self,
		program: &Program,
		task: &Task<'_>,
		inputs: &[&[u8]],
		control: &mut Control<'_>,
		sink: &mut dyn FnMut(Slice<'_>),
	) -> Result<Trace, CudaError> {
		task.check(program, inputs.len())?;
		let lengths = lengths(inputs)?;
		let (function, _, _) = self.kernel(program)?;
		control.beat();
		// A run that unwound has wiped its memory and waited for the device on its way out, so the rings are usable.
		let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
		self.context.bind()?;
		rings.upload.settle()?;

		let begun = Instant::now();
		let shape = Shape::new(program, task);
		let most_leaves = shape.most_leaves(&self.limits);
		let layout = Layout::new(&lengths, &shape, most_leaves, rings.slots.len());
		// The driver allocates local memory for all threads that the device can hold when the kernel is first launched.
		let local = u64::from(function.local_bytes) * self.resident_threads;
		let needed = layout.bytes.saturating_add(local);
		let free = self.context.free_memory()?;
		let full = || CudaError::Memory { needed, free };
		if !fits(needed, free) {
			return Err(full());
		}
		let bytes = usize::try_from(layout.bytes).map_err(|_| full())?;
		let mut memory = JobMemory::new(&self.context, bytes, &self.streams.compute).map_err(|error| {
			if error.is_out_of_memory() {
				full()
			} else {
				error
			}
		})?;
		let trace = Trace {
			setup: begun.elapsed(),
			..Trace::default()
		};

		let mut job = Job {
			device: self,
			function: &function,
			control,
			template: template(task, &lengths, &layout, memory.address()),
			base: memory.address(),
			pace: Pace::new(shape.items_per_leaf, most_leaves, self.launch_time),
			shape,
			layout: &layout,
			rings: &mut rings,
			trace,
		};
		let outcome = job.run(inputs, sink);
		let mut trace = job.trace;
		let wiping = Instant::now();
		let wiped = memory.wipe();
		outcome.and(wiped)?;
		trace.wipe = wiping.elapsed();
		Ok(trace)
	}
}

fn lengths(inputs: &[&[u8]]) -> Result<Vec<u32>, CudaError> {
	let length = |(input, bytes): (usize, &&[u8])| {
		u32::try_from(bytes.len()).map_err(|_| CudaError::Input {
			input,
			bytes: bytes.len() as u64,
		})
	};
	inputs.iter().enumerate().map(length).collect()
}

/// What all launches of a job have in common.
fn template(task: &Task<'_>, lengths: &[u32], layout: &Layout, base: u64) -> Launch {
	let mut launch = Launch {
		items: task.items,
		max_units: task.max_units,
		figures: base + layout.figures.at,
		..Launch::default()
	};
	for (to, region) in launch.inputs.iter_mut().zip(&layout.inputs) {
		*to = base + region.at;
	}
	for (to, length) in launch.lengths.iter_mut().zip(lengths) {
		*to = *length;
	}
	for (to, param) in launch.params.iter_mut().zip(task.params) {
		*to = *param;
	}
	launch
}

struct Job<'a> {
	device: &'a Device,
	function: &'a Function,
	control: &'a Control<'a>,
	template: Launch,
	/// The device address of the job's memory, which outlives the job.
	base: u64,
	shape: Shape,
	layout: &'a Layout,
	pace: Pace,
	rings: &'a mut Rings,
	trace: Trace,
}

impl Job<'_> {
	fn run(&mut self, inputs: &[&[u8]], sink: &mut dyn FnMut(Slice<'_>)) -> Result<(), CudaError> {
		let begun = Instant::now();
		self.upload(inputs)?;
		let uploaded = Instant::now();
		self.pipeline(sink)?;
		self.trace.pipeline = uploaded.elapsed();
		self.trace.wall = begun.elapsed();
		// Over long since: every launch waited for it.
		self.trace.upload = self.rings.upload.settle()?;
		Ok(())
	}

	/// Queues the inputs and their padding, and makes the launches wait for them.
	fn upload(&mut self, inputs: &[&[u8]]) -> Result<(), CudaError> {
		let stream = &self.device.streams.upload;
		let control = self.control;
		let mut between = || {
			control.beat();
			control.check()
		};
		for (input, region) in inputs.iter().zip(&self.layout.inputs) {
			let to = self.base + region.at;
			let padding = region.bytes as usize - input.len();
			// SAFETY: the region lies in the job's memory, is as long as the padded input, and is used by launches
			// only, which wait for `uploaded`.
			unsafe {
				self.rings.upload.send(stream, to, input, &mut between)?;
				stream.zero(to + input.len() as u64, padding)?;
			}
		}
		self.rings.uploaded.record(stream)?;
		self.device.streams.compute.wait(&self.rings.uploaded)
	}

	/// Launches slice after slice, and gives each to the sink while others run.
	fn pipeline(&mut self, sink: &mut dyn FnMut(Slice<'_>)) -> Result<(), CudaError> {
		let leaves = self.shape.leaves();
		let slots = self.rings.slots.len();
		let mut queued = VecDeque::with_capacity(slots);
		let (mut next_leaf, mut next_slot) = (0, 0);
		loop {
			while queued.len() < slots && next_leaf < leaves {
				self.control.check()?;
				let part = self.shape.part(next_leaf, self.pace.leaves());
				self.launch(&part, next_slot)?;
				queued.push_back((part, next_slot));
				next_leaf += part.leaves;
				next_slot = (next_slot + 1) % slots;
			}
			let Some((part, slot)) = queued.pop_front() else {
				return Ok(());
			};
			self.finish(&part, slot, sink)?;
		}
	}

	/// Queues all that a slice needs of the device. Its slot is free: the sink is done with what it held.
	fn launch(&mut self, part: &Part, slot: usize) -> Result<(), CudaError> {
		let streams = &self.device.streams;
		let at = self.base + self.layout.slots[slot].at;
		let launch = Launch {
			out: at,
			first: part.first_item,
			count: part.items,
			..self.template
		};
		let slot = &mut self.rings.slots[slot];
		slot.begun.record(&streams.compute)?;
		// SAFETY: the slot's region lies in the job's memory and holds `part.bytes` bytes: output, units and traps.
		// Nothing but this stream uses it until `computed`, and then nothing but the download, which the host waits
		// for before it comes here again for this slot.
		unsafe {
			streams.compute.zero(at, part.output)?;
			launch_items(&streams.compute, self.function, launch)?;
			launch_leaves(
				&streams.compute,
				&self.device.leaves,
				&launch,
				part,
				self.shape.items_per_leaf,
			)?;
		}
		slot.computed.record(&streams.compute)?;
		streams.download.wait(&slot.computed)?;
		slot.copying.record(&streams.download)?;
		// SAFETY: the pinned memory is not touched until `copied` has been waited for, and the device's is not written.
		unsafe { streams.download.download(slot.memory.bytes_mut(part.bytes), at) }?;
		slot.copied.record(&streams.download)
	}

	/// Waits for a slice, learns from it, and gives it to the sink.
	fn finish(&mut self, part: &Part, slot: usize, sink: &mut dyn FnMut(Slice<'_>)) -> Result<(), CudaError> {
		let slot: &Slot = &self.rings.slots[slot];
		slot.copied.wait()?;
		self.control.beat();
		let took = slot.computed.since(&slot.begun)?;
		self.pace.observe(part.leaves, took);
		self.trace.launches += 1;
		self.trace.longest_launch = self.trace.longest_launch.max(took);
		self.trace.compute += took;
		self.trace.download += slot.copied.since(&slot.copying)?;
		let leaves = part.leaves as usize;
		// SAFETY: the copy is over and no other is queued for this slot; units begin at a multiple of 16, traps of 8.
		let slice = unsafe {
			Slice {
				first_leaf: part.first_leaf,
				output: slot.memory.values(0, part.output),
				units: slot.memory.values(part.units_at, leaves),
				traps: slot.memory.values(part.traps_at, leaves),
			}
		};
		let begun = Instant::now();
		sink(slice);
		self.trace.sink += begun.elapsed();
		Ok(())
	}
}

/// Queues the kernel, a thread an item.
///
/// # Safety
/// `function` is the entry `items` of a text that `millrace_kernel_ptx::emit` wrote, and the buffers of `launch` are as
/// that crate demands, until `stream` is done.
pub(crate) unsafe fn launch_items(stream: &Stream, function: &Function, launch: Launch) -> Result<(), CudaError> {
	let mut launch = launch;
	let blocks = launch.count.div_ceil(BLOCK);
	let mut arguments = [argument(&mut launch)];
	// SAFETY: the one parameter is a `Launch`; the caller vouches for what it points to. The addresses that a program
	// computes are masked or compared with the lengths before they are used.
	unsafe { stream.launch(function.raw(), blocks, BLOCK, &mut arguments) }
}

/// Queues the summing of figures, a thread a leaf.
///
/// # Safety
/// `function` is the entry `leaves` of `millrace_kernel_ptx::LEAVES_PTX`; `launch` was queued on this stream before,
/// and its slot has room for the units and traps of `part`, until `stream` is done.
unsafe fn launch_leaves(
	stream: &Stream,
	function: &Function,
	launch: &Launch,
	part: &Part,
	items_per_leaf: u32,
) -> Result<(), CudaError> {
	let mut figures = launch.figures;
	let mut units = launch.out + part.units_at as u64;
	let mut traps = launch.out + part.traps_at as u64;
	let mut count = launch.count;
	let mut items_per_leaf = items_per_leaf;
	let mut arguments = [
		argument(&mut figures),
		argument(&mut units),
		argument(&mut traps),
		argument(&mut count),
		argument(&mut items_per_leaf),
	];
	// SAFETY: three addresses and two counts of 32 bits, as the entry declares; the caller vouches for the buffers.
	unsafe { stream.launch(function.raw(), part.leaves.div_ceil(BLOCK), BLOCK, &mut arguments) }
}

fn argument<T>(value: &mut T) -> *mut c_void {
	std::ptr::from_mut(value).cast()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_launch_names_every_buffer_of_the_job() {
		let shape = Shape {
			items: 130,
			items_per_leaf: 64,
			item_size: 16,
			max_units: 99,
		};
		let layout = Layout::new(&[5, 300], &shape, 2, 3);
		let task = Task {
			items: 130,
			max_units: 99,
			params: &[7, u64::MAX],
		};
		let launch = template(&task, &[5, 300], &layout, 1 << 40);
		// 5 bytes lie at 0, 300 bytes at 256, with 304 of them the figures at 768.
		assert_eq!(launch.inputs[..3], [1 << 40, (1 << 40) + 256, 0]);
		assert_eq!(launch.lengths, [5, 300, 0, 0, 0, 0, 0, 0]);
		assert_eq!(launch.params[..3], [7, u64::MAX, 0]);
		assert_eq!(launch.figures, (1 << 40) + 768);
		assert_eq!((launch.items, launch.max_units), (130, 99));
		assert_eq!((launch.out, launch.first, launch.count), (0, 0, 0));
	}

	#[test]
	fn lengths_are_those_of_the_inputs() {
		assert_eq!(lengths(&[b"", b"abc"]), Ok(vec![0, 3]));
	}
}
