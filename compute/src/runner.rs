//! Backends behind one interface: which one runs a kernel, and why not another.

use crate::{
	cpu::{CpuEngine, CpuError},
	error::{with_causes, ComputeError},
	evaluate::Evaluator,
	hardware::Hardware,
	run::{on_device, on_threads, Computed, Options},
};
use millrace_cuda::{CudaError, Device, OpenOptions, Unavailable};
use millrace_kernel::{eval::Task, program::Program};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::{
	fmt,
	path::{Path, PathBuf},
	str::FromStr,
	sync::{Arc, Mutex, PoisonError},
	time::Instant,
};

/// What runs a kernel. All give the same bytes and the same units.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum BackendKind {
	/// The interpreter that defines what a kernel means.
	Reference,
	/// WebAssembly, compiled for this processor.
	Cpu,
	/// PTX, compiled by the driver of an NVIDIA device.
	Cuda,
}

impl fmt::Display for BackendKind {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Reference => "reference",
			Self::Cpu => "cpu",
			Self::Cuda => "cuda",
		})
	}
}

/// Which backend somebody wants: `auto`, `reference`, `cpu`, `cuda` or `cuda:N`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Choice {
	/// The first CUDA device that can be used, else the CPU.
	#[default]
	Auto,
	/// The interpreter.
	Reference,
	/// The CPU.
	Cpu,
	/// A CUDA device, by its number; without one the first that can be used.
	Cuda(Option<u32>),
}

impl fmt::Display for Choice {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Auto => f.write_str("auto"),
			Self::Reference => f.write_str("reference"),
			Self::Cpu => f.write_str("cpu"),
			Self::Cuda(None) => f.write_str("cuda"),
			Self::Cuda(Some(ordinal)) => write!(f, "cuda:{ordinal}"),
		}
	}
}

/// A text that names no backend.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is no backend: auto, reference, cpu, cuda, or cuda:N with the number of a device")]
pub struct UnknownBackend(String);

impl FromStr for Choice {
	type Err = UnknownBackend;

	fn from_str(text: &str) -> Result<Self, UnknownBackend> {
		match text {
			"auto" => Ok(Self::Auto),
			"reference" => Ok(Self::Reference),
			"cpu" => Ok(Self::Cpu),
			"cuda" => Ok(Self::Cuda(None)),
			_ => text
				.strip_prefix("cuda:")
				.and_then(|ordinal| ordinal.parse().ok())
				.map(|ordinal| Self::Cuda(Some(ordinal)))
				.ok_or_else(|| UnknownBackend(text.to_owned())),
		}
	}
}

/// Why a backend cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
	/// The CPU backend does not start.
	#[error("the CPU backend does not start")]
	Cpu(#[from] CpuError),
	/// There is no CUDA device that can be used.
	#[error("CUDA is not used: {0}")]
	Unavailable(#[from] Unavailable),
	/// The named device does not exist.
	#[error("there is no CUDA device {wanted}; there are {found}")]
	NoSuchDevice {
		/// Its number.
		wanted: u32,
		/// How many there are.
		found: usize,
	},
	/// The device does not start.
	#[error("the CUDA device does not start")]
	Device(#[source] CudaError),
}

enum Backend {
	Reference,
	Cpu(CpuEngine),
	Cuda {
		/// One job at a time: two would only share the device, and each would look slow.
		device: Box<Mutex<Device>>,
		/// Evaluates single leaves of what the device computed.
		cpu: CpuEngine,
	},
}

/// Runs kernels on one backend. Keeps what is costly to make: compiled kernels, threads, the device's context.
pub struct Runner {
	backend: Backend,
	/// Who computes, in words that change when the machinery does.
	device: String,
	description: String,
	hardware: Hardware,
	pool: Mutex<Option<Arc<ThreadPool>>>,
}

impl fmt::Debug for Runner {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Runner")
			.field("device", &self.device)
			.finish_non_exhaustive()
	}
}

impl Runner {
	/// The backend that `choice` names. `cache` is a folder for kernels that were compiled for a CUDA device; without
	/// one they are kept in memory only.
	///
	/// # Errors
	/// A backend that was named and cannot be used. `auto` falls back to the CPU, and [`Runner::describe`] says why.
	pub fn new(choice: Choice, cache: Option<&Path>) -> Result<Runner, BackendError> {
		match choice {
			Choice::Reference => Ok(Runner::reference()),
			Choice::Cpu => Runner::cpu(),
			Choice::Cuda(ordinal) => Runner::cuda(ordinal, cache),
			Choice::Auto => match Runner::cuda(None, cache) {
				Ok(runner) => Ok(runner),
				Err(why) => {
					let mut runner = Runner::cpu()?;
					runner.description = format!("{}; {}", runner.description, with_causes(&why));
					Ok(runner)
				}
			},
		}
	}

	/// The interpreter.
	pub fn reference() -> Runner {
		Runner::on(
			Backend::Reference,
			"reference".to_owned(),
			"the reference interpreter".to_owned(),
			Hardware::reference(),
		)
	}

	/// The CPU.
	///
	/// # Errors
	/// The compiler does not support this processor.
	pub fn cpu() -> Result<Runner, BackendError> {
		let engine = CpuEngine::new()?;
		let cores = std::thread::available_parallelism().map_or(1, usize::from);
		Ok(Runner::on(
			Backend::Cpu(engine),
			format!("cpu {}", std::env::consts::ARCH),
			format!("{cores} CPU cores"),
			Hardware::cpu(),
		))
	}

	fn cuda(ordinal: Option<u32>, cache: Option<&Path>) -> Result<Runner, BackendError> {
		let devices = millrace_cuda::devices()?;
		let info = match ordinal {
			None => devices.first(),
			Some(ordinal) => devices.iter().find(|info| info.ordinal == ordinal),
		}
		.ok_or(BackendError::NoSuchDevice {
			wanted: ordinal.unwrap_or_default(),
			found: devices.len(),
		})?;
		let options = OpenOptions {
			cache: cache.map(PathBuf::from),
			..OpenOptions::default()
		};
		let device = Device::open(info.ordinal, &options).map_err(BackendError::Device)?;
		let (major, minor) = info.compute_capability;
		let (driver_major, driver_minor) = info.driver;
		let identity = format!("cuda {} driver {driver_major}.{driver_minor}", info.uuid);
		let description = format!(
			"CUDA device {}: {}, compute capability {major}.{minor}, driver for CUDA {driver_major}.{driver_minor}, {} MiB, {}",
			info.ordinal,
			info.name,
			info.memory >> 20,
			info.uuid,
		);
		let hardware = Hardware::cuda(info);
		let backend = Backend::Cuda {
			device: Box::new(Mutex::new(device)),
			cpu: CpuEngine::new()?,
		};
		Ok(Runner::on(backend, identity, description, hardware))
	}

	fn on(backend: Backend, device: String, description: String, hardware: Hardware) -> Runner {
		Runner {
			backend,
			device,
			description,
			hardware,
			pool: Mutex::default(),
		}
	}

	/// Which backend this is.
	pub fn kind(&self) -> BackendKind {
		match self.backend {
			Backend::Reference => BackendKind::Reference,
			Backend::Cpu(_) => BackendKind::Cpu,
			Backend::Cuda { .. } => BackendKind::Cuda,
		}
	}

	/// The device and what drives it: what was found right on one says nothing of another.
	pub fn device(&self) -> &str {
		&self.device
	}

	/// What computes, and why not something faster, in one line for people.
	pub fn describe(&self) -> &str {
		&self.description
	}

	/// What the machine says of what computes.
	pub fn hardware(&self) -> &Hardware {
		&self.hardware
	}

	/// Compiles a kernel, so that its first run starts at once.
	///
	/// # Errors
	/// The kernel cannot be compiled.
	pub fn prepare(&self, program: &Program) -> Result<(), ComputeError> {
		match &self.backend {
			Backend::Reference => {}
			Backend::Cpu(engine) => {
				engine.load(program)?;
			}
			Backend::Cuda { device, .. } => {
				device.lock().unwrap_or_else(PoisonError::into_inner).prepare(program)?;
			}
		}
		Ok(())
	}

	/// Runs every item of `task` over `inputs`. The result is the same on every backend and for any number of threads.
	///
	/// # Errors
	/// The task does not fit the program, the machine is too small, the device failed, or the run was cancelled.
	pub fn run(
		&self,
		program: &Program,
		task: &Task<'_>,
		inputs: &[&[u8]],
		options: &Options<'_>,
	) -> Result<Computed, ComputeError> {
		task.check(program, inputs.len())?;
		let pool = self.pool(options.threads)?;
		if let Backend::Cuda { device, .. } = &self.backend {
			let device = device.lock().unwrap_or_else(PoisonError::into_inner);
			return on_device(program, task, inputs, &device, &pool, options);
		}
		let start = Instant::now();
		let evaluator = self.evaluator(program, task, inputs)?;
		let prepare = start.elapsed();
		let mut computed = on_threads(program, task, &evaluator, &pool, options)?;
		computed.times.prepare = prepare;
		Ok(computed)
	}

	/// What evaluates single leaves: the CPU where the backend is a device.
	pub(crate) fn evaluator<'a>(
		&self,
		program: &'a Program,
		task: &'a Task<'a>,
		inputs: &'a [&'a [u8]],
	) -> Result<Evaluator<'a>, ComputeError> {
		match &self.backend {
			Backend::Reference => Ok(Evaluator::reference(program, task, inputs)),
			Backend::Cpu(cpu) | Backend::Cuda { cpu, .. } => Ok(Evaluator::cpu(cpu.load(program)?.job(task, inputs)?)),
		}
	}

	/// The threads of the last run where it had as many, else new ones.
	pub(crate) fn pool(&self, threads: usize) -> Result<Arc<ThreadPool>, ComputeError> {
		let threads = match threads {
			0 => std::thread::available_parallelism().map_or(1, usize::from),
			threads => threads,
		};
		let mut kept = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
		if let Some(pool) = kept.as_ref().filter(|pool| pool.current_num_threads() == threads) {
			return Ok(pool.clone());
		}
		let pool = ThreadPoolBuilder::new()
			.num_threads(threads)
			.thread_name(|index| format!("compute-{index}"))
			.build()?;
		Ok(kept.insert(Arc::new(pool)).clone())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn choices_are_read_as_they_are_printed() {
		for text in ["auto", "reference", "cpu", "cuda", "cuda:0", "cuda:7"] {
			assert_eq!(
				text.parse::<Choice>().map(|choice| choice.to_string()),
				Ok(text.to_owned())
			);
		}
		for text in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "CPU"] {
			assert!(text.parse::<Choice>().is_err(), "{text}");
		}
	}

	#[test]
	fn automatic_choice_always_finds_something_and_says_why() {
		let runner = Runner::new(Choice::Auto, None).unwrap();
		match runner.kind() {
			BackendKind::Cuda => assert!(runner.device().starts_with("cuda ")),
			_ => assert!(runner.describe().contains("CUDA"), "{}", runner.describe()),
		}
	}

	#[test]
	fn threads_are_kept_between_runs() {
		let runner = Runner::reference();
		let first = runner.pool(2).unwrap();
		assert!(Arc::ptr_eq(&first, &runner.pool(2).unwrap()));
		assert_eq!(runner.pool(3).unwrap().current_num_threads(), 3);
	}
}
