//! What the figures were measured on.

use millrace_client::validator::{verification_time, REFERENCE_VERIFICATION};
use millrace_compute::cuda;
use std::{fs, process::Command};

/// Prints date, processor, device and `k`.
pub(crate) fn describe() {
	let date = Command::new("date")
		.args(["-u", "+%Y-%m-%d"])
		.output()
		.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
		.unwrap_or_default();
	let processor = fs::read_to_string("/proc/cpuinfo")
		.ok()
		.and_then(|text| {
			let line = text.lines().find(|line| line.starts_with("model name"))?;
			Some(line.split_once(':')?.1.trim().to_owned())
		})
		.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
	let cores = std::thread::available_parallelism().map_or(1, usize::from);
	println!("date  {date}");
	println!("processor  {processor}, {cores} cores");
	match cuda::devices() {
		Ok(devices) => {
			for device in devices {
				let ((major, minor), (driver, sub)) = (device.compute_capability, device.driver);
				println!(
					"device  {}, compute capability {major}.{minor}, driver for CUDA {driver}.{sub}",
					device.name
				);
			}
		}
		Err(why) => println!("device  none: {why}"),
	}
	println!("k  {:.2}", factor());
}

/// `k`: how long this machine takes for a verification, as a part of what the reference machine takes.
pub(crate) fn factor() -> f64 {
	verification_time().as_secs_f64() / REFERENCE_VERIFICATION.as_secs_f64()
}
