//! What can go wrong with a device, and whether the process survives it.

use cudarc::driver::DriverError;
use millrace_kernel::eval::TaskError;

/// Why CUDA cannot be used, in one line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unavailable {
	/// There is no NVIDIA driver on this machine, or not where libraries are looked for.
	#[error("the CUDA driver library (libcuda) is not installed")]
	NoLibrary,
	/// The library is not a whole driver.
	#[error("the CUDA driver library has no function {name}: it is too old, or no driver")]
	NoFunction {
		/// The first function that is missing.
		name: &'static str,
	},
	/// The library is the one for linking without a driver.
	#[error(
		"the CUDA driver library is the toolkit's stub: put the driver's own libcuda before it in the search path"
	)]
	Stub,
	/// The driver is older than what this crate calls.
	#[error("the driver supports CUDA {}.{}, at least {}.{} is needed", .found.0, .found.1, .needed.0, .needed.1)]
	DriverTooOld {
		/// The newest CUDA version that the driver supports: major, minor.
		found: (u32, u32),
		/// The oldest that will do.
		needed: (u32, u32),
	},
	/// The driver sees no device.
	#[error("the CUDA driver sees no device{}", hidden_hint(.hidden))]
	NoDevice {
		/// Whether `CUDA_VISIBLE_DEVICES` is set.
		hidden: bool,
	},
	/// There is no device of this number.
	#[error("there is no CUDA device {ordinal}, only {count} in all")]
	NoSuchDevice {
		/// The number asked for.
		ordinal: u32,
		/// Devices that the driver sees.
		count: u32,
	},
	/// The device is older than what kernels are compiled for.
	#[error(
		"{name} has compute capability {}.{}, at least {}.{} is needed",
		.found.0, .found.1, .needed.0, .needed.1
	)]
	DeviceTooOld {
		/// The device's name.
		name: String,
		/// Its compute capability: major, minor.
		found: (u32, u32),
		/// The least that will do.
		needed: (u32, u32),
	},
	/// The driver does not start, or does not answer a question about a device.
	#[error("the CUDA driver cannot {what}: {text} (error {code})")]
	Driver {
		/// What was asked of it.
		what: &'static str,
		/// The driver's number for the error.
		code: u32,
		/// The driver's words for it.
		text: String,
	},
}

/// Why a device did not do what it was asked to.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CudaError {
	/// CUDA, or this device, cannot be used at all.
	#[error("CUDA cannot be used: {0}")]
	Unavailable(#[from] Unavailable),
	/// The task does not fit the program.
	#[error("the task does not fit the kernel: {0}")]
	Task(#[from] TaskError),
	/// An input has 2^32 bytes or more, which no job has.
	#[error("input {input} has {bytes} bytes; an input is below 2^32")]
	Input {
		/// The input's number.
		input: usize,
		/// Its length.
		bytes: u64,
	},
	/// The driver's compiler refused the text. Ours is made from valid programs, so this is a defect or a broken
	/// driver.
	#[error("the CUDA driver cannot {what}: {text} (error {code}){}{log}", separator(.log))]
	Compile {
		/// What was asked of it.
		what: &'static str,
		/// The driver's number for the error; 0 where the text did not get to it.
		code: u32,
		/// The driver's words for it.
		text: String,
		/// What its compiler wrote.
		log: String,
	},
	/// The job needs more memory than the device can give without running full.
	#[error("the job needs {needed} bytes of device memory, {free} are free, of which 90 % may be used")]
	Memory {
		/// Bytes that the job needs.
		needed: u64,
		/// Bytes that were free.
		free: u64,
	},
	/// The driver reported an error: of this call, or of work that was queued before it.
	#[error("the CUDA driver cannot {what}: {text} (error {code})")]
	Driver {
		/// What was asked of it.
		what: &'static str,
		/// The driver's number for the error.
		code: u32,
		/// The driver's words for it.
		text: String,
	},
	/// [`Control::cancel`](crate::Control::cancel) was set.
	#[error("the run was cancelled")]
	Cancelled,
}

fn hidden_hint(hidden: &bool) -> &'static str {
	if *hidden {
		"; CUDA_VISIBLE_DEVICES is set"
	} else {
		""
	}
}

fn separator(log: &str) -> &'static str {
	if log.is_empty() {
		""
	} else {
		": "
	}
}

impl CudaError {
	/// Whether every later call of this process will fail too, so that only a new process can use the device again.
	///
	/// The driver's documentation says of these errors that they leave the process in an inconsistent state; an error
	/// that it cannot name counts with them.
	pub fn is_sticky(&self) -> bool {
		match self {
			Self::Driver { code, .. } | Self::Compile { code, .. } => STICKY.contains(code),
			Self::Unavailable(Unavailable::Driver { code, .. }) => STICKY.contains(code),
			_ => false,
		}
	}

	/// Whether the device had no memory left.
	pub(crate) fn is_out_of_memory(&self) -> bool {
		matches!(
			self,
			Self::Driver {
				code: OUT_OF_MEMORY,
				..
			}
		)
	}
}

/// `CUDA_ERROR_OUT_OF_MEMORY`
const OUT_OF_MEMORY: u32 = 2;
/// `CUDA_ERROR_STUB_LIBRARY`
pub(crate) const STUB_LIBRARY: u32 = 34;
/// `CUDA_ERROR_NO_DEVICE`
pub(crate) const NO_DEVICE: u32 = 100;

/// Numbers from `cuda.h`; some are younger than the bindings that this crate is built with.
const STICKY: [u32; 18] = [
	4,   // DEINITIALIZED
	214, // ECC_UNCORRECTABLE
	220, // NVLINK_UNCORRECTABLE
	226, // CONTAINED
	700, // ILLEGAL_ADDRESS
	702, // LAUNCH_TIMEOUT
	709, // CONTEXT_IS_DESTROYED
	710, // ASSERT
	714, // HARDWARE_STACK_ERROR
	715, // ILLEGAL_INSTRUCTION
	716, // MISALIGNED_ADDRESS
	717, // INVALID_ADDRESS_SPACE
	718, // INVALID_PC
	719, // LAUNCH_FAILED
	721, // TENSOR_MEMORY_LEAK
	810, // MPS_CLIENT_TERMINATED
	911, // EXTERNAL_DEVICE
	999, // UNKNOWN
];

/// The driver's number for an error, and its words.
pub(crate) fn describe(error: DriverError) -> (u32, String) {
	let text = |found: Result<&std::ffi::CStr, DriverError>| found.ok().map(|text| text.to_string_lossy().into_owned());
	let words = match (text(error.error_name()), text(error.error_string())) {
		(Some(name), Some(words)) => format!("{words} ({name})"),
		(Some(name), None) => name,
		_ => "an error that this driver does not know".to_owned(),
	};
	(error.0 as u32, words)
}

/// Turns the driver's error into ours: `call().map_err(failed("do this"))`.
pub(crate) fn failed(what: &'static str) -> impl FnOnce(DriverError) -> CudaError {
	move |error| {
		let (code, text) = describe(error);
		CudaError::Driver { what, code, text }
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn driver(code: u32) -> CudaError {
		CudaError::Driver {
			what: "wait for a launch",
			code,
			text: "words".to_owned(),
		}
	}

	#[test]
	fn only_errors_of_the_device_are_sticky() {
		// By their names in cuda.h: an illegal address, a launch that failed or timed out, and memory that lost bits.
		for code in [700, 719, 702, 214, 715, 716] {
			assert!(driver(code).is_sticky(), "{code}");
		}
		// A bad argument, no memory, a missing symbol, not ready, no permission.
		for code in [1, 2, 500, 600, 800] {
			assert!(!driver(code).is_sticky(), "{code}");
		}
		assert!(!CudaError::Cancelled.is_sticky());
		assert!(!CudaError::Memory { needed: 700, free: 719 }.is_sticky());
	}

	#[test]
	fn running_full_is_told_apart() {
		assert!(driver(2).is_out_of_memory());
		assert!(!driver(700).is_out_of_memory());
	}

	#[test]
	fn reasons_are_one_line() {
		let reasons = [
			Unavailable::NoLibrary,
			Unavailable::NoFunction { name: "cuInit" },
			Unavailable::Stub,
			Unavailable::DriverTooOld {
				found: (10, 2),
				needed: (11, 0),
			},
			Unavailable::NoDevice { hidden: true },
			Unavailable::NoSuchDevice { ordinal: 3, count: 1 },
			Unavailable::DeviceTooOld {
				name: "Tesla P100".to_owned(),
				found: (6, 0),
				needed: (7, 5),
			},
		];
		for reason in &reasons {
			let line = reason.to_string();
			assert!(!line.is_empty() && !line.contains('\n'), "{line:?}");
		}
		assert_eq!(
			reasons[3].to_string(),
			"the driver supports CUDA 10.2, at least 11.0 is needed"
		);
		assert_eq!(
			reasons[6].to_string(),
			"Tesla P100 has compute capability 6.0, at least 7.5 is needed"
		);
		assert_eq!(
			Unavailable::NoDevice { hidden: false }.to_string(),
			"the CUDA driver sees no device"
		);
	}

	#[test]
	fn a_compiler_log_is_shown_where_there_is_one() {
		let refused = |log: &str| CudaError::Compile {
			what: "compile a kernel",
			code: 218,
			text: "bad PTX".to_owned(),
			log: log.to_owned(),
		};
		assert_eq!(
			refused("line 7: unknown opcode").to_string(),
			"the CUDA driver cannot compile a kernel: bad PTX (error 218): line 7: unknown opcode"
		);
		assert_eq!(
			refused("").to_string(),
			"the CUDA driver cannot compile a kernel: bad PTX (error 218)"
		);
	}
}
