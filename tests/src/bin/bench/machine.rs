//! What the figures were measured on.

use crate::report::median;
use millrace_compute::cuda;
use std::{
	fs,
	process::Command,
	time::{Duration, Instant},
};
use subxt_signer::sr25519;

/// Time of one sr25519 verification on the reference machine.
const REFERENCE_VERIFY: Duration = Duration::from_micros(49);

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
	let pair = sr25519::dev::alice();
	let signature = pair.sign(b"millrace");
	let public = pair.public_key();
	let times = (0..31)
		.map(|_| {
			let start = Instant::now();
			for _ in 0..20 {
				assert!(sr25519::verify(&signature, b"millrace", &public));
			}
			start.elapsed().as_secs_f64() / 20.0
		})
		.collect();
	median(times) / REFERENCE_VERIFY.as_secs_f64()
}
