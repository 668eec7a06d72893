//! What the backend adds to the launches themselves.
//!
//! The job is the Mandelbrot kernel with every pixel inside the set: each takes 255 iterations, nothing goes up, and 16
//! bytes come home for some 40,000 instructions.
//!
//! *The backend* is the whole of `Device::run`, by the clock on the wall: finding and allocating memory, sizing slices,
//! zeroing each, launching it, summing its units and traps, copying it home, handing it to a sink that does nothing, and
//! wiping the memory.
//!
//! *The bare loop* runs the same PTX over the same items in launches of about 25 ms, one after another into one buffer.
//! What counts is the time of each by the device's events: neither the allocation, which is made before, nor the gap
//! between two launches. Of the copies home only the last one counts, to pinned memory and by events too, because a
//! loop with two buffers would hide every other behind the next launch. So no actual loop is faster, and the ratio is
//! the worst that any would show.

use super::BARE_LOOP;
use crate::{
	cases,
	report::{median, Report},
};
use millrace_compute::cuda::{
	bench_support::{emit, Launch, ITEMS},
	Control, CudaError, Device, Trace,
};
use millrace_kernel::eval::Task;
use std::{hint::black_box, time::Instant};

const WARM_UP: usize = 2;
const ROUNDS: usize = 7;
/// Launches of the bare loop.
const LAUNCHES: u32 = 8;
/// How long each should take: what the backend aims at too.
const LAUNCH_SECONDS: f64 = 0.025;
/// The goal is for jobs of at least so many seconds.
const LEAST_JOB: f64 = 0.05;
/// Items of the launch that shows how fast the device is.
const TRIAL: u32 = 1 << 20;
/// Least and most items of a launch.
const ITEMS_A_LAUNCH: (u32, u32) = (1 << 14, 1 << 24);
/// The point 0 + 0i everywhere: x0, y0, step, width, max_iter.
const INSIDE: [u64; 5] = [0, 0, 0, 1_024, 255];

struct Compared {
	items: u32,
	/// Medians, in seconds.
	backend: f64,
	bare: f64,
	/// Of the last run of the backend.
	trace: Trace,
}

pub(super) fn measure(report: &mut Report, device: &Device) {
	let compared = match compare(device) {
		Ok(compared) => compared,
		Err(why) => return report.not_measured("W2 loop", BARE_LOOP.0, &why.to_string()),
	};
	if compared.bare < LEAST_JOB {
		let why = format!("the largest job takes {:.1} ms, not 50", compared.bare * 1e3);
		return report.not_measured("W2 loop", BARE_LOOP.0, &why);
	}
	let ratio = compared.backend / compared.bare;
	report.goal("W2 loop", &format!("{ratio:.3} x"), BARE_LOOP.0, ratio <= BARE_LOOP.1);
	let trace = compared.trace;
	report.note(&format!(
		"{} items: {:.1} ms in {LAUNCHES} bare launches, {:.1} ms by the backend in {} launches, the longest {:.1} ms; \
		 setup {:.1} ms, wiping {:.1} ms",
		compared.items,
		compared.bare * 1e3,
		compared.backend * 1e3,
		trace.launches,
		trace.longest_launch.as_secs_f64() * 1e3,
		trace.setup.as_secs_f64() * 1e3,
		trace.wipe.as_secs_f64() * 1e3,
	));
}

fn compare(device: &Device) -> Result<Compared, CudaError> {
	let program = cases::mandelbrot(1).program;
	let header = program.header();
	let (item_size, max_units) = (usize::from(header.item_size), header.max_units);
	let entry = device.load_ptx(&emit(&program), ITEMS)?;
	let most = ITEMS_A_LAUNCH.1 as usize;
	let mut output = device.buffer(most * item_size)?;
	let figures = device.buffer(most * size_of::<u32>())?;
	device.write(&mut output, &[])?;
	let mut launch = Launch {
		out: output.address(),
		figures: figures.address(),
		count: TRIAL,
		items: TRIAL,
		max_units,
		..Launch::default()
	};
	launch.params[..INSIDE.len()].copy_from_slice(&INSIDE);

	device.launch_emitted(&entry, &launch)?;
	let trial = device.launch_emitted(&entry, &launch)?.as_secs_f64();
	let count = (f64::from(TRIAL) * LAUNCH_SECONDS / trial.max(1e-6)) as u32;
	launch.count = count.clamp(ITEMS_A_LAUNCH.0, ITEMS_A_LAUNCH.1);
	launch.items = launch.count * LAUNCHES;
	let (_, last_copy) = device.read(&output, launch.count as usize * item_size)?;

	let task = Task {
		items: launch.items,
		max_units,
		params: &INSIDE,
	};
	device.prepare(&program)?;
	let (mut backend, mut bare, mut last) = (Vec::new(), Vec::new(), Trace::default());
	for round in 0..WARM_UP + ROUNDS {
		let mut loop_time = last_copy;
		for number in 0..LAUNCHES {
			launch.first = number * launch.count;
			loop_time += device.launch_emitted(&entry, &launch)?;
		}
		let start = Instant::now();
		last = device.run(&program, &task, &[], &mut Control::default(), &mut |slice| {
			black_box(slice.output);
		})?;
		let run_time = start.elapsed();
		if round >= WARM_UP {
			bare.push(loop_time.as_secs_f64());
			backend.push(run_time.as_secs_f64());
		}
	}
	Ok(Compared {
		items: launch.items,
		backend: median(backend),
		bare: median(bare),
		trace: last,
	})
}
