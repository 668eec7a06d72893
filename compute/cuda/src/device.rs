//! A device that is kept ready: its context, streams, rings, and the kernels that were compiled for it.

use crate::{
	cache::{Disk, Key, Recent},
	driver::{Context, Stream},
	error::CudaError,
	module::{compile, Function},
	plan::{launch_units, slot_capacity, Limits},
	probe::{self, DeviceInfo},
	ring::Rings,
};
use cudarc::driver::sys;
use millrace_kernel::{
	program::Program,
	tree::{Blake2b, Digest, Hasher},
};
use millrace_kernel_ptx::{emit, EMITTER_VERSION, ITEMS, LEAVES, LEAVES_PTX};
use std::{
	fmt,
	path::PathBuf,
	sync::{Arc, Mutex, PoisonError},
	time::{Duration, Instant},
};

/// Kernels that are kept loaded.
const KERNELS: usize = 64;
/// Fewer slots would let a stage wait: one slice is computed, one copied and one hashed.
const LEAST_SLOTS: usize = 3;
/// A leaf fits a slot.
const LEAST_SLOT_BYTES: u32 = 1_024;
/// More than any launch needs: 1 GiB.
const MOST_SLOT_BYTES: u32 = 1 << 30;

/// Below this, queueing a launch takes longer than the launch.
const SHORTEST_LAUNCH: Duration = Duration::from_millis(1);
/// A launch cannot be stopped, and a desktop that shares the device freezes for as long.
const LONGEST_LAUNCH: Duration = Duration::from_millis(50);

/// How to open a device.
#[derive(Clone, Debug)]
pub struct OpenOptions {
	/// A folder for compiled kernels. Without one they are kept in memory only.
	pub cache: Option<PathBuf>,
	/// Most bytes of that folder; the kernels that were not used for longest go first.
	pub cache_bytes: u64,
	/// Most bytes of output of a slice, at least 1,024. Each slot pins as much host memory.
	pub slot_bytes: u32,
	/// Slots, at least 3: so many slices are under way at once.
	pub slots: usize,
	/// How long a launch should take, 1 to 50 ms. Between launches a run can be cancelled.
	pub launch_time: Duration,
}

impl Default for OpenOptions {
	fn default() -> OpenOptions {
		OpenOptions {
			cache: None,
			cache_bytes: 256 << 20,
			slot_bytes: 16 << 20,
			slots: 4,
			launch_time: Duration::from_millis(25),
		}
	}
}

/// Where a kernel came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
	/// It was loaded already.
	Memory,
	/// It had been compiled by an earlier process.
	Disk,
	/// The driver compiled it now.
	Compiled,
}

/// A kernel that is ready to run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Loaded {
	/// Where it came from.
	pub source: Source,
	/// How long that took.
	pub time: Duration,
	/// Registers of a thread.
	pub registers: u32,
	/// Bytes of local memory of a thread: scratch whose indices are computed, and registers that did not fit.
	pub local_bytes: u32,
	/// Why it could not be stored in the cache's folder. It runs all the same.
	pub not_stored: Option<String>,
}

/// The streams of a device, one for each stage.
#[derive(Debug)]
pub(crate) struct Streams {
	pub(crate) upload: Stream,
	pub(crate) compute: Stream,
	pub(crate) download: Stream,
}

/// Turns PTX into functions.
#[derive(Debug)]
struct Loader {
	context: Arc<Context>,
	disk: Option<Disk>,
	driver: (u32, u32),
	capability: (u32, u32),
}

/// A function, and how it came to be.
struct Fresh {
	function: Function,
	source: Source,
	not_stored: Option<String>,
}

impl Loader {
	/// The function `entry` of the text that `ptx` writes, from the folder where it is there.
	fn load(&self, kernel: Digest, entry: &str, ptx: impl FnOnce() -> String) -> Result<Fresh, CudaError> {
		let key = Key {
			kernel,
			emitter: EMITTER_VERSION,
			driver: self.driver,
			capability: self.capability,
		};
		if let Some(image) = self.disk.as_ref().and_then(|disk| disk.load(&key)) {
			match Function::load(&self.context, &image, entry) {
				Ok(function) => {
					return Ok(Fresh {
						function,
						source: Source::Disk,
						not_stored: None,
					})
				}
				Err(error) if error.is_sticky() => return Err(error),
				// The driver does not like its own work of another day: it is asked again.
				Err(_) => {}
			}
		}
		let image = compile(&self.context, &ptx())?;
		let function = Function::load(&self.context, &image, entry)?;
		let stored = self.disk.as_ref().map_or(Ok(()), |disk| disk.store(&key, &image));
		Ok(Fresh {
			function,
			source: Source::Compiled,
			not_stored: stored.err().map(|error| error.to_string()),
		})
	}
}

/// A CUDA device, opened: one context that stays warm. Runs of several threads take turns.
pub struct Device {
	info: DeviceInfo,
	pub(crate) context: Arc<Context>,
	pub(crate) streams: Streams,
	pub(crate) leaves: Function,
	kernels: Mutex<Recent<Arc<Function>>>,
	loader: Loader,
	pub(crate) rings: Mutex<Rings>,
	pub(crate) limits: Limits,
	/// How long a launch should take.
	pub(crate) launch_time: Duration,
	/// Threads that the device can hold at once: each has its local memory.
	pub(crate) resident_threads: u64,
}

impl fmt::Debug for Device {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Device")
			.field("info", &self.info)
			.finish_non_exhaustive()
	}
}

impl Device {
	/// Opens the device of this number, and pins the host memory that its runs will use.
	///
	/// # Errors
	/// [`CudaError::Unavailable`] where there is no such device or it is too old; else what the driver says.
	pub fn open(ordinal: u32, options: &OpenOptions) -> Result<Device, CudaError> {
		let info = probe::device(ordinal)?;
		let handle = probe::handle(ordinal)?;
		let context = Context::retain(handle)?;
		let ask = |attribute| probe::attribute(handle, attribute);
		let multiprocessors = ask(sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
		let kilohertz = ask(sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
		let threads = ask(sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR);
		let slot_bytes = options.slot_bytes.clamp(LEAST_SLOT_BYTES, MOST_SLOT_BYTES);
		let slots = options.slots.max(LEAST_SLOTS);
		let streams = Streams {
			upload: Stream::new(&context)?,
			compute: Stream::new(&context)?,
			download: Stream::new(&context)?,
		};
		let loader = Loader {
			context: context.clone(),
			disk: options
				.cache
				.clone()
				.map(|folder| Disk::new(folder, options.cache_bytes)),
			driver: info.driver,
			capability: info.compute_capability,
		};
		let leaves = Blake2b::hash(&[LEAVES_PTX.as_bytes()]);
		let leaves = loader.load(leaves, LEAVES, || LEAVES_PTX.to_owned())?.function;
		let rings = Rings::new(&context, slots, slot_capacity(slot_bytes))?;
		Ok(Device {
			info,
			context,
			streams,
			leaves,
			kernels: Mutex::new(Recent::new(KERNELS)),
			loader,
			rings: Mutex::new(rings),
			limits: Limits {
				slot_bytes,
				launch_units: launch_units(multiprocessors, kilohertz),
			},
			launch_time: options.launch_time.clamp(SHORTEST_LAUNCH, LONGEST_LAUNCH),
			resident_threads: u64::from(multiprocessors) * u64::from(threads),
		})
	}

	/// What the driver says of the device.
	pub fn info(&self) -> &DeviceInfo {
		&self.info
	}

	/// Bytes of the device's memory that are free now.
	///
	/// # Errors
	/// What the driver says.
	pub fn free_memory(&self) -> Result<u64, CudaError> {
		self.context.free_memory()
	}

	/// Compiles `program`, or finds it compiled, so that its next run starts at once. This takes up to two seconds, in
	/// which nothing can be cancelled; another thread may run a job meanwhile.
	///
	/// # Errors
	/// [`CudaError::Compile`] with what the driver's compiler wrote; or the driver failed.
	pub fn prepare(&self, program: &Program) -> Result<Loaded, CudaError> {
		let start = Instant::now();
		let (function, source, not_stored) = self.kernel(program)?;
		Ok(Loaded {
			source,
			time: start.elapsed(),
			registers: function.registers,
			local_bytes: function.local_bytes,
			not_stored,
		})
	}

	/// The function of `program`, where it came from, and why it could not be stored.
	pub(crate) fn kernel(&self, program: &Program) -> Result<(Arc<Function>, Source, Option<String>), CudaError> {
		let hash = program.hash::<Blake2b>();
		let known = self.kernels.lock().unwrap_or_else(PoisonError::into_inner).get(&hash);
		if let Some(function) = known {
			return Ok((function, Source::Memory, None));
		}
		// Not under the lock: who runs a kernel that is loaded need not wait for the compiler.
		let fresh = self.loader.load(hash, ITEMS, || emit(program))?;
		let function = Arc::new(fresh.function);
		let gone = self
			.kernels
			.lock()
			.unwrap_or_else(PoisonError::into_inner)
			.put(hash, function.clone());
		// Unloading waits for the device, so it is done without the lock too.
		drop(gone);
		Ok((function, fresh.source, fresh.not_stored))
	}
}
