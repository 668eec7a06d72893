//! A shipped kernel beside the same algorithm in CUDA C: one launch of all items of a job, over the same buffers and in
//! the same grid, timed by the device's events.

use super::{
	compile::{compile, NoPtx},
	BY_HAND,
};
use crate::{
	cases::{Case, Kernel},
	report::{median, Report},
};
use millrace_compute::cuda::{
	bench_support::{emit, Argument, Buffer, Entry, Launch, BLOCK, ITEMS},
	CudaError, Device, MIN_COMPUTE_CAPABILITY,
};
use std::{error::Error, time::Duration};

/// Launches of each before the first that counts: the clock rises, the code is loaded.
const WARM_UP: usize = 3;
/// Launches of each that count.
const ROUNDS: usize = 15;
/// What inputs are padded to.
const WIDEST: usize = 16;

/// Medians, in seconds, and what each entry needs.
struct Compared {
	ours: f64,
	by_hand: f64,
	our_entry: Entry,
	their_entry: Entry,
}

pub(super) fn measure(report: &mut Report, device: &Device, kernel: &Kernel) {
	let name = format!("W2 {}", kernel.name);
	let case = (kernel.case)(kernel.device_scale);
	let compared = match compare(device, kernel.name, &case) {
		Ok(compared) => compared,
		Err(why) => return report.not_measured(&name, BY_HAND.0, &why.to_string()),
	};
	let ratio = compared.ours / compared.by_hand;
	report.goal(&name, &format!("{ratio:.2} x"), BY_HAND.0, ratio <= BY_HAND.1);
	let entry = |entry: &Entry| format!("{} registers, {} bytes local", entry.registers(), entry.local_bytes());
	report.note(&format!(
		"{} items: {:.3} ms by hand ({}), {:.3} ms by the kernel ({})",
		case.items,
		compared.by_hand * 1e3,
		entry(&compared.their_entry),
		compared.ours * 1e3,
		entry(&compared.our_entry),
	));
}

fn compare(device: &Device, name: &str, case: &Case) -> Result<Compared, Box<dyn Error>> {
	let our_entry = device.load_ptx(&emit(&case.program), ITEMS)?;
	let their_entry = device.load_ptx(&cuda_c(device, case)?, "items")?;
	let mut job = Job::new(device, case)?;
	// The emitted text relies on zeros; CUDA C has to write every byte itself.
	job.fill_output(device, 0)?;
	job.run_emitted(device, &our_entry)?;
	let ours = job.output(device)?;
	job.fill_output(device, 0xff)?;
	job.run_cuda_c(device, &their_entry)?;
	assert!(
		job.output(device)? == ours,
		"{name}: CUDA C gives other bytes than the kernel"
	);

	let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
	// Taking turns, so that a change of the clock rate meets both.
	for round in 0..WARM_UP + ROUNDS {
		let ours = job.run_emitted(device, &our_entry)?;
		let theirs = job.run_cuda_c(device, &their_entry)?;
		if round >= WARM_UP {
			our_times.push(ours.as_secs_f64());
			their_times.push(theirs.as_secs_f64());
		}
	}
	Ok(Compared {
		ours: median(our_times),
		by_hand: median(their_times),
		our_entry,
		their_entry,
	})
}

/// The PTX of the case's CUDA C: for the device, or, where the compiler is older than that, for the oldest that runs
/// kernels.
fn cuda_c(device: &Device, case: &Case) -> Result<String, NoPtx> {
	compile(case.cuda_c, device.info().compute_capability)
		.or_else(|first| compile(case.cuda_c, MIN_COMPUTE_CAPABILITY).map_err(|_| first))
}

/// A job whose inputs are on the device.
struct Job {
	launch: Launch,
	output: Buffer,
	/// What else `launch` names.
	_buffers: Vec<Buffer>,
}

impl Job {
	fn new(device: &Device, case: &Case) -> Result<Self, CudaError> {
		let items = case.items as usize;
		let output = device.buffer(items * usize::from(case.program.header().item_size))?;
		let figures = device.buffer(items * size_of::<u32>())?;
		let mut launch = Launch {
			out: output.address(),
			figures: figures.address(),
			count: case.items,
			items: case.items,
			max_units: case.max_units,
			..Launch::default()
		};
		let mut buffers = vec![figures];
		let places = launch.inputs.iter_mut().zip(&mut launch.lengths);
		for (bytes, (address, length)) in case.inputs.iter().zip(places) {
			let mut buffer = device.buffer(bytes.len().next_multiple_of(WIDEST).max(WIDEST))?;
			device.write(&mut buffer, bytes)?;
			*address = buffer.address();
			*length = bytes.len() as u32;
			buffers.push(buffer);
		}
		for (to, param) in launch.params.iter_mut().zip(&case.params) {
			*to = *param;
		}
		Ok(Self {
			launch,
			output,
			_buffers: buffers,
		})
	}

	fn fill_output(&mut self, device: &Device, byte: u8) -> Result<(), CudaError> {
		let bytes = vec![byte; self.output.bytes()];
		device.write(&mut self.output, &bytes).map(drop)
	}

	fn output(&self, device: &Device) -> Result<Vec<u8>, CudaError> {
		device.read(&self.output, self.output.bytes()).map(|(bytes, _)| bytes)
	}

	fn run_emitted(&self, device: &Device, entry: &Entry) -> Result<Duration, CudaError> {
		device.launch_emitted(entry, &self.launch)
	}

	/// The entry `items` of the texts in `tests/cuda`, which all declare the same parameters.
	fn run_cuda_c(&self, device: &Device, entry: &Entry) -> Result<Duration, CudaError> {
		let launch = &self.launch;
		let mut arguments = vec![
			Argument::Buffer(&self.output),
			Argument::U64(launch.inputs[0]),
			Argument::U64(launch.inputs[1]),
			Argument::U64(launch.lengths[0].into()),
			Argument::U64(launch.lengths[1].into()),
		];
		arguments.extend(launch.params[..5].iter().map(|param| Argument::U64(*param)));
		arguments.extend([Argument::U32(launch.items), Argument::U32(launch.count)]);
		device.launch(entry, launch.count.div_ceil(BLOCK), BLOCK, &arguments)
	}
}
