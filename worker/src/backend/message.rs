//! What the worker asks of the backend's process, and what that answers.
//!
//! One request at a time is under way. Its answer is `Probed`, `Done` or `Failed`; before it come any number of
//! `Progress`, and `Cancel` may be sent meanwhile.

use super::frame::Message;
use codec::{Decode, Encode};
use millrace_client::chain::{blake2_256, JobSpec};
use millrace_compute::BackendKind;
use millrace_kernel::program::{Program, MAX_INPUTS, MAX_PARAMS, MAX_PROGRAM_BYTES};
use std::{
	ffi::OsString,
	os::unix::ffi::{OsStrExt, OsStringExt},
	path::{Path, PathBuf},
};

/// The version of these messages. Both sides are the same program, so they only differ where somebody mixed them up.
pub const PROTOCOL: u32 = 2;
/// Most bytes of a text.
pub const MAX_TEXT: usize = 2_048;
/// Most bytes of a path: Linux takes no longer ones.
const MAX_PATH: usize = 4_096;

/// A path, as its bytes.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct FilePath(Vec<u8>);

impl FilePath {
	/// The message's form of a path.
	pub fn new(path: &Path) -> Self {
		Self(path.as_os_str().as_bytes().to_vec())
	}

	/// The path.
	pub fn path(&self) -> PathBuf {
		PathBuf::from(OsString::from_vec(self.0.clone()))
	}

	fn is_valid(&self) -> bool {
		!self.0.is_empty() && self.0.len() <= MAX_PATH && !self.0.contains(&0)
	}
}

/// A file that holds an input.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct InputFile {
	/// Where it is.
	pub path: FilePath,
	/// Bytes of the input.
	pub len: u32,
}

/// A job as a backend sees it.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Work {
	/// The encoded program.
	pub kernel: Vec<u8>,
	/// Items of the job.
	pub items: u32,
	/// The job's bound on the units of one item.
	pub max_units: u32,
	/// The parameters.
	pub params: Vec<u64>,
	/// The inputs, in order.
	pub inputs: Vec<InputFile>,
}

impl Work {
	/// A job of `program`, whose inputs are in these files.
	pub fn new(program: &Program, spec: &JobSpec, inputs: &[(PathBuf, u32)]) -> Self {
		Self {
			kernel: program.encode(),
			items: spec.items,
			max_units: spec.max_units,
			params: spec.params.clone(),
			inputs: inputs
				.iter()
				.map(|(path, len)| InputFile {
					path: FilePath::new(path),
					len: *len,
				})
				.collect(),
		}
	}

	/// The kernel's hash.
	pub fn kernel_hash(&self) -> [u8; 32] {
		blake2_256(&self.kernel)
	}

	fn check(&self) -> Result<(), &'static str> {
		if self.kernel.len() > MAX_PROGRAM_BYTES {
			return Err("a program that is longer than programs are");
		}
		if self.params.len() > usize::from(MAX_PARAMS) {
			return Err("more parameters than a program takes");
		}
		if self.inputs.len() > usize::from(MAX_INPUTS) {
			return Err("more inputs than a program takes");
		}
		if !self.inputs.iter().all(|input| input.path.is_valid()) {
			return Err("a path that is none");
		}
		Ok(())
	}
}

/// What the worker asks.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub enum Request {
	/// Start the backend; comes first, once. Answered by `Ready` or `Unusable`.
	Hello {
		/// [`PROTOCOL`].
		protocol: u32,
	},
	/// Compile the kernel, run a few leaves, and estimate the whole run.
	Probe {
		/// The request's number.
		id: u64,
		/// The job.
		work: Work,
		/// How many leaves.
		leaves: u32,
	},
	/// Run the whole job and write its bundle.
	Run {
		/// The request's number.
		id: u64,
		/// The job.
		work: Work,
		/// Where the bundle goes: over the bytes of the file that is there, whose space was taken before.
		output: FilePath,
	},
	/// End a request early; it then fails as cancelled. Says nothing of other requests.
	Cancel {
		/// That request's number.
		id: u64,
	},
}

impl Message for Request {
	fn check(&self) -> Result<(), &'static str> {
		match self {
			Self::Hello { protocol } if *protocol != PROTOCOL => Err("another version of the protocol"),
			Self::Hello { .. } | Self::Cancel { .. } => Ok(()),
			Self::Probe { work, .. } => work.check(),
			Self::Run { work, output, .. } => {
				if !output.is_valid() {
					return Err("a path that is none");
				}
				work.check()
			}
		}
	}
}

/// A backend, in messages.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub enum Kind {
	/// The interpreter.
	Reference,
	/// WebAssembly, compiled for this processor.
	Cpu,
	/// An NVIDIA device.
	Cuda,
}

impl From<BackendKind> for Kind {
	fn from(kind: BackendKind) -> Self {
		match kind {
			BackendKind::Reference => Self::Reference,
			BackendKind::Cpu => Self::Cpu,
			BackendKind::Cuda => Self::Cuda,
		}
	}
}

impl From<Kind> for BackendKind {
	fn from(kind: Kind) -> Self {
		match kind {
			Kind::Reference => Self::Reference,
			Kind::Cpu => Self::Cpu,
			Kind::Cuda => Self::Cuda,
		}
	}
}

/// What the machine says of what computes.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, PartialEq)]
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

impl From<&millrace_compute::Hardware> for Hardware {
	fn from(hardware: &millrace_compute::Hardware) -> Self {
		Self {
			model: bounded(hardware.model.clone()),
			memory: hardware.memory,
			compute_capability: hardware.compute_capability,
			driver: bounded(hardware.driver.clone()),
			uuid: hardware.uuid,
		}
	}
}

impl From<Hardware> for millrace_compute::Hardware {
	fn from(hardware: Hardware) -> Self {
		Self {
			model: hardware.model,
			memory: hardware.memory,
			compute_capability: hardware.compute_capability,
			driver: hardware.driver,
			uuid: hardware.uuid,
		}
	}
}

/// What the backend is doing.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub enum Stage {
	/// Reading the inputs.
	Loading,
	/// Compiling the kernel.
	Preparing,
	/// Running leaves.
	Running,
	/// Writing the bundle.
	Writing,
}

impl Stage {
	/// The stage in words.
	pub fn name(self) -> &'static str {
		match self {
			Self::Loading => "reading inputs",
			Self::Preparing => "compiling",
			Self::Running => "running",
			Self::Writing => "writing the bundle",
		}
	}
}

/// What trying a job showed.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Probed {
	/// Leaves that were run.
	pub leaves: u32,
	/// Leaves of the job.
	pub of: u32,
	/// Units a second on one CPU thread; 0 where the clock saw no time pass.
	pub units_per_second: u64,
	/// How long the whole run should take, in milliseconds.
	pub estimate_ms: u64,
}

/// Where the time of a run went, in microseconds.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, PartialEq)]
pub struct Spent {
	/// Reading the inputs.
	pub load: u64,
	/// Compiling.
	pub prepare: u64,
	/// From the first leaf to the root.
	pub run: u64,
	/// Hashing, summed over threads; it overlaps with the run.
	pub hash: u64,
	/// Writing the bundle.
	pub write: u64,
}

/// Why a request failed.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub enum FailedKind {
	/// The job does not fit its kernel, or the kernel is none.
	Task,
	/// The job needs more memory than there is.
	TooLarge,
	/// It was cancelled.
	Cancelled,
	/// The device.
	Device {
		/// Whether only a new process can use it again; this one then exits.
		sticky: bool,
	},
	/// A file of the job. Says nothing about the job.
	Files,
	/// Anything else.
	Other,
}

/// What the backend's process answers.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub enum Answer {
	/// It is ready.
	Ready {
		/// Which backend it is.
		kind: Kind,
		/// The device and what drives it: the name under which its reliability is remembered.
		device: String,
		/// What computes, and why not something faster.
		description: String,
		/// What the machine says of what computes.
		hardware: Hardware,
	},
	/// The backend that was asked for cannot be used; the process exits.
	Unusable {
		/// Why.
		message: String,
	},
	/// The stage changed, or work was done since the last time.
	Progress {
		/// The request's number.
		id: u64,
		/// What it does.
		stage: Stage,
		/// Leaves done.
		done: u32,
		/// Leaves in all.
		leaves: u32,
	},
	/// The answer to `Probe`.
	Probed {
		/// The request's number.
		id: u64,
		/// What it showed.
		probed: Probed,
	},
	/// The answer to `Run`: the bundle is in its file, though maybe not on the disk yet.
	Done {
		/// The request's number.
		id: u64,
		/// The root of the output tree.
		root: [u8; 32],
		/// The units of all leaves.
		units: u64,
		/// Where the time went.
		spent: Spent,
	},
	/// The request failed.
	Failed {
		/// The request's number.
		id: u64,
		/// Why.
		kind: FailedKind,
		/// For people.
		message: String,
	},
}

impl Message for Answer {
	fn check(&self) -> Result<(), &'static str> {
		let fits = |text: &str| text.len() <= MAX_TEXT;
		let texts_fit = match self {
			Self::Ready {
				device,
				description,
				hardware,
				..
			} => [device, description, &hardware.model, &hardware.driver]
				.into_iter()
				.all(|text| fits(text)),
			Self::Unusable { message } | Self::Failed { message, .. } => fits(message),
			Self::Progress { done, leaves, .. } if done > leaves => return Err("more leaves are done than there are"),
			Self::Progress { .. } | Self::Probed { .. } | Self::Done { .. } => true,
		};
		if !texts_fit {
			return Err("a text that is too long");
		}
		Ok(())
	}
}

/// A text that a message may carry: the beginning, where it is longer.
pub fn bounded(mut text: String) -> String {
	if text.len() > MAX_TEXT {
		let end = (0..=MAX_TEXT).rev().find(|end| text.is_char_boundary(*end));
		text.truncate(end.unwrap_or_default());
	}
	text
}

#[cfg(test)]
mod tests;
