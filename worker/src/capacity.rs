//! Whether this machine can do what its provider's lanes promise: so many jobs at once, each as large as the book allows.
//!
//! Nothing is refused for it: a job that does not fit is turned down by itself. But each that is turned down takes the
//! asks out of the book for a while, and each that waits for another may be late, so the owner is told.

use crate::backend::RUNS_AT_ONCE;
use millrace_client::chain::{ProviderId, Rules};
use millrace_compute::FIGURES_BYTES;

/// Of the memory that is free, jobs may take so much: nine tenths.
const MEMORY_SHARE: (u64, u64) = (9, 10);
/// A job's inputs and its bundle are held so many times while it is computed.
const COPIES: u64 = 2;

/// The largest job that the book allows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LargestJob {
	/// Bytes of its inputs.
	pub inputs: u64,
	/// Bytes of its output.
	pub output: u64,
}

impl From<&Rules> for LargestJob {
	fn from(rules: &Rules) -> Self {
		Self {
			inputs: rules.inputs_max,
			output: rules.book_output_max,
		}
	}
}

/// What the machine has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Machine {
	/// Memory that is free, in bytes, where the system says so.
	pub memory: Option<u64>,
	/// Memory of a device that has its own, in bytes.
	pub device_memory: Option<u64>,
	/// Bytes that all jobs' files may take.
	pub quota: u64,
}

/// What the lanes promise and the machine does not keep.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Shortfall {
	/// Jobs would wait for each other.
	#[error("{lanes} lanes are registered, and this worker runs {RUNS_AT_ONCE} job at a time: the others wait, and may be late")]
	Lanes {
		/// The provider.
		provider: ProviderId,
		/// Its lanes.
		lanes: u16,
	},
	/// The largest jobs do not fit into the memory.
	#[error("the largest jobs of the book need {needed} bytes of memory, and jobs may take {usable}")]
	Memory {
		/// For all lanes.
		needed: u64,
		/// Nine tenths of what is free.
		usable: u64,
	},
	/// The largest jobs do not fit into the device's memory.
	#[error("the largest jobs of the book need {needed} bytes of the device's memory, and it has {there}")]
	DeviceMemory {
		/// For all lanes that run at once.
		needed: u64,
		/// What the device has.
		there: u64,
	},
	/// The largest jobs do not fit into the quota.
	#[error("the largest jobs of the book need {needed} bytes of disk for {lanes} lanes, and the quota is {quota}")]
	Quota {
		/// The provider's lanes.
		lanes: u16,
		/// For all of them.
		needed: u64,
		/// The quota.
		quota: u64,
	},
}

impl Shortfall {
	/// What to do about it.
	pub fn hint(&self) -> String {
		match self {
			Self::Lanes { provider, .. } => {
				format!("the owner corrects it with `millrace provider set-terms {provider} --lanes {RUNS_AT_ONCE}`")
			}
			Self::Memory { .. } => {
				"jobs that do not fit are turned down; stop other programs, or give the machine more memory".to_owned()
			}
			Self::DeviceMemory { .. } => {
				"jobs that do not fit are turned down; a device with more memory takes them".to_owned()
			}
			Self::Quota { needed, .. } => format!("give at least --quota {needed}, if the disk has as much"),
		}
	}
}

/// Everything that the machine does not keep of what `lanes` promise.
pub fn shortfalls(provider: ProviderId, lanes: u16, largest: LargestJob, machine: &Machine) -> Vec<Shortfall> {
	// An item has a byte at least, and a leaf an item.
	let bundle = largest.output.saturating_mul(FIGURES_BYTES as u64 + 1);
	let job = largest.inputs.saturating_add(bundle);
	let at_once = u64::from(lanes.min(RUNS_AT_ONCE));
	let mut found = Vec::new();
	if lanes > RUNS_AT_ONCE {
		found.push(Shortfall::Lanes { provider, lanes });
	}
	let needed = job.saturating_mul(COPIES).saturating_mul(at_once);
	if let Some(free) = machine.memory {
		let usable = free / MEMORY_SHARE.1 * MEMORY_SHARE.0;
		if needed > usable {
			found.push(Shortfall::Memory { needed, usable });
		}
	}
	let needed = job.saturating_mul(at_once);
	if let Some(there) = machine.device_memory.filter(|there| needed > *there) {
		found.push(Shortfall::DeviceMemory { needed, there });
	}
	// Inputs of every lane wait on the disk, whatever runs.
	let needed = job.saturating_mul(lanes.into());
	let quota = machine.quota;
	if needed > quota {
		found.push(Shortfall::Quota { lanes, needed, quota });
	}
	found
}

#[cfg(test)]
mod tests {
	use super::*;

	const MIB: u64 = 1 << 20;

	/// 1,024 MiB of inputs, and 13 MiB for its bundle: a byte of output has twelve of figures at worst.
	const LARGEST: LargestJob = LargestJob {
		inputs: 1 << 30,
		output: 1 << 20,
	};

	fn found(lanes: u16, memory: u64, device: Option<u64>, quota: u64) -> Vec<Shortfall> {
		let machine = Machine {
			memory: Some(memory * MIB),
			device_memory: device.map(|device| device * MIB),
			quota: quota * MIB,
		};
		shortfalls(3, lanes, LARGEST, &machine)
	}

	#[test]
	fn one_lane_needs_a_job_on_the_disk_and_twice_that_in_memory() {
		// 2,074 MiB are nine tenths of 2,305 MiB, as good as.
		assert_eq!(found(1, 2_305, Some(1_037), 1_037), []);
		let needed = 2_074 * MIB;
		let usable = 2_304 * MIB / 10 * 9;
		assert_eq!(found(1, 2_304, None, 1_037), [Shortfall::Memory { needed, usable }]);
		let (needed, there) = (1_037 * MIB, 1_036 * MIB);
		assert_eq!(
			found(1, 9_000, Some(1_036), 1_037),
			[Shortfall::DeviceMemory { needed, there }]
		);
		let (lanes, quota) = (1, 1_036 * MIB);
		assert_eq!(
			found(1, 9_000, None, 1_036),
			[Shortfall::Quota { lanes, needed, quota }]
		);
	}

	#[test]
	fn lanes_that_do_not_run_at_once_are_told_and_need_their_disk() {
		let (provider, lanes) = (3, 4);
		let told = Shortfall::Lanes { provider, lanes };
		assert_eq!(found(4, 2_305, Some(1_037), 4 * 1_037), [told]);
		assert!(told.hint().ends_with("`millrace provider set-terms 3 --lanes 1`"));
		let (needed, quota) = (4 * 1_037 * MIB, 1_037 * MIB);
		let disk = Shortfall::Quota { lanes, needed, quota };
		assert_eq!(found(4, 2_305, None, 1_037), [told, disk]);
		assert!(disk.hint().contains("--quota 4349493248"));
	}

	#[test]
	fn what_the_system_does_not_say_is_no_shortfall() {
		let machine = Machine {
			memory: None,
			device_memory: None,
			quota: u64::MAX,
		};
		assert_eq!(shortfalls(3, 1, LARGEST, &machine), []);
	}
}
