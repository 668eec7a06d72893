//! What the machine says of what computes, for whoever asks what is behind an offer.

use millrace_cuda::DeviceInfo;
use std::fs;

/// The release of the compiler that the CPU backend uses.
const WASMTIME: &str = "wasmtime 36";

/// What is known of the device that computes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Hardware {
	/// What it is called.
	pub model: String,
	/// Its memory, in bytes.
	pub memory: u64,
	/// Compute capability, major and minor; none where it is no CUDA device.
	pub compute_capability: Option<(u32, u32)>,
	/// What drives it, and which version of that.
	pub driver: String,
	/// What names it for good, if the hardware has such a name.
	pub uuid: Option<[u8; 16]>,
}

impl Hardware {
	/// A CUDA device.
	pub(crate) fn cuda(info: &DeviceInfo) -> Self {
		let (major, minor) = info.driver;
		Self {
			model: info.name.clone(),
			memory: info.memory,
			compute_capability: Some(info.compute_capability),
			driver: format!("CUDA {major}.{minor}"),
			uuid: Some(info.uuid.0),
		}
	}

	/// The CPU, by the compiler.
	pub(crate) fn cpu() -> Self {
		Self::processor(WASMTIME)
	}

	/// The CPU, by the interpreter.
	pub(crate) fn reference() -> Self {
		Self::processor("reference")
	}

	fn processor(driver: &str) -> Self {
		let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
		let cores = std::thread::available_parallelism().map_or(1, usize::from);
		Self {
			model: model(&read("/proc/cpuinfo"), cores),
			memory: memory(&read("/proc/meminfo")),
			compute_capability: None,
			driver: driver.to_owned(),
			uuid: None,
		}
	}
}

/// The processor's name, or its architecture where it has none, and the cores.
fn model(cpuinfo: &str, cores: usize) -> String {
	let name = cpuinfo
		.lines()
		.filter_map(|line| line.split_once(':'))
		.find(|(key, _)| key.trim() == "model name")
		.map(|(_, name)| name.split_whitespace().collect::<Vec<_>>().join(" "))
		.filter(|name| !name.is_empty())
		.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
	let unit = if cores == 1 { "core" } else { "cores" };
	format!("{name}, {cores} {unit}")
}

/// Bytes of memory in all; 0 where the system does not say.
fn memory(meminfo: &str) -> u64 {
	let kibibytes = meminfo
		.lines()
		.find_map(|line| line.strip_prefix("MemTotal:"))
		.and_then(|figure| figure.split_whitespace().next())
		.and_then(|figure| figure.parse::<u64>().ok());
	kibibytes.unwrap_or(0).saturating_mul(1_024)
}

#[cfg(test)]
mod tests {
	use super::*;
	use millrace_cuda::Uuid;

	#[test]
	fn what_the_system_says_of_the_processor_is_read() {
		let cpuinfo = "processor\t: 0\nmodel\t\t: 143\nmodel name\t: Some(R)  CPU @ 2.10GHz \n\nprocessor\t: 1\n";
		assert_eq!(model(cpuinfo, 4), "Some(R) CPU @ 2.10GHz, 4 cores");
		assert_eq!(model("", 1), format!("{}, 1 core", std::env::consts::ARCH));
		assert_eq!(
			model("model name\t: \n", 2),
			format!("{}, 2 cores", std::env::consts::ARCH)
		);
		assert_eq!(memory("MemTotal:       16384 kB\nMemFree: 1 kB\n"), 16_384 * 1_024);
		assert_eq!(memory("MemFree: 1 kB\n"), 0);
	}

	#[test]
	fn a_processor_has_a_name_and_no_uuid() {
		let (cpu, reference) = (Hardware::cpu(), Hardware::reference());
		assert!(!cpu.model.is_empty());
		assert_eq!((cpu.compute_capability, cpu.uuid), (None, None));
		assert_eq!((&cpu.model, cpu.memory), (&reference.model, reference.memory));
		assert_ne!(cpu.driver, reference.driver);
	}

	#[test]
	fn a_cuda_device_is_as_the_driver_describes_it() {
		let info = DeviceInfo {
			ordinal: 1,
			name: "NVIDIA H200".to_owned(),
			uuid: Uuid([7; 16]),
			compute_capability: (9, 0),
			driver: (12, 4),
			memory: 1 << 37,
		};
		let expected = Hardware {
			model: "NVIDIA H200".to_owned(),
			memory: 1 << 37,
			compute_capability: Some((9, 0)),
			driver: "CUDA 12.4".to_owned(),
			uuid: Some([7; 16]),
		};
		assert_eq!(Hardware::cuda(&info), expected);
	}

	#[test]
	fn the_release_of_the_compiler_is_the_one_that_is_locked() {
		let (name, release) = WASMTIME.split_once(' ').unwrap();
		let locked = format!("name = \"{name}\"\nversion = \"{release}.");
		assert!(include_str!("../../Cargo.lock").contains(&locked));
	}
}
