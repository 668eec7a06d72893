//! W2 and W5: the CUDA backend beside CUDA C written by hand and beside a bare loop; how much of a job overlaps.

mod bare_loop;
mod by_hand;
mod compile;
mod overlap;

use crate::{cases::KERNELS, report::Report};
use millrace_compute::cuda::{self, CudaError, Device, OpenOptions};

// Each goal: how it is printed, and the ratio or share that it asks for.
const BY_HAND: (&str, f64) = ("<= 1.3 x", 1.3);
const BARE_LOOP: (&str, f64) = ("<= 1.03 x", 1.03);
const OVERLAP: (&str, f64) = (">= 90 %", 0.9);

pub(crate) fn measure(report: &mut Report) {
	let device = match open() {
		Ok(device) => device,
		Err(why) => return nothing(report, &why.to_string()),
	};
	for kernel in KERNELS {
		by_hand::measure(report, &device, &kernel);
	}
	bare_loop::measure(report, &device);
	overlap::measure(report);
}

/// The first device.
fn open() -> Result<Device, CudaError> {
	let devices = cuda::devices()?;
	let ordinal = devices.first().map_or(0, |info| info.ordinal);
	Device::open(ordinal, &OpenOptions::default())
}

fn nothing(report: &mut Report, why: &str) {
	for kernel in KERNELS {
		report.not_measured(&format!("W2 {}", kernel.name), BY_HAND.0, why);
	}
	report.not_measured("W2 loop", BARE_LOOP.0, why);
	report.not_measured("W5", OVERLAP.0, why);
}
