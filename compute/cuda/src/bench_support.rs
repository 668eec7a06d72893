//! Running kernels that are not ours, for comparison: the benchmarks set the generated text against CUDA C written by
//! hand, compiled by NVRTC and launched here over the same bytes.
//!
//! This is no way to run work. It launches whatever text it is given, with whatever arguments: a text that is wrong can
//! read and write all memory that the device sees, pinned host memory of this process included, and no type can say
//! otherwise. Give it only texts from your own source tree.

use crate::{
	device::Device,
	driver::{Event, Stream},
	error::CudaError,
	memory::{DeviceMemory, Direction, Pinned},
	module::{compile, Function},
	run::launch_items,
};
use cudarc::nvrtc::{self, compile_ptx_with_opts, CompileError, CompileOptions};
use std::{
	ffi::c_void,
	time::{Duration, Instant},
};

pub use millrace_kernel_ptx::{emit, Launch, BLOCK, ITEMS};

/// A loaded entry of some text.
#[derive(Debug)]
pub struct Entry {
	function: Function,
	/// How long the driver took to compile and load it.
	pub time: Duration,
}

impl Entry {
	/// Registers of a thread.
	pub fn registers(&self) -> u32 {
		self.function.registers
	}

	/// Bytes of local memory of a thread.
	pub fn local_bytes(&self) -> u32 {
		self.function.local_bytes
	}
}

/// Device memory. It is not wiped when it is dropped.
#[derive(Debug)]
pub struct Buffer(DeviceMemory);

impl Buffer {
	/// Its device address, a multiple of 256.
	pub fn address(&self) -> u64 {
		self.0.address()
	}

	/// Its length.
	pub fn bytes(&self) -> usize {
		self.0.bytes()
	}
}

/// One parameter of an entry.
#[derive(Clone, Copy, Debug)]
pub enum Argument<'a> {
	/// The device address of a buffer.
	Buffer(&'a Buffer),
	/// A 32-bit number.
	U32(u32),
	/// A 64-bit number.
	U64(u64),
}

/// Why NVRTC did not compile a source.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NvrtcError {
	/// The library is not on this machine.
	#[error("NVRTC (libnvrtc of the CUDA toolkit) is not installed")]
	NoLibrary,
	/// The library is not a whole one.
	#[error("the NVRTC library has no function {0}")]
	NoFunction(&'static str),
	/// The source holds a zero byte.
	#[error("the source holds a zero byte")]
	ZeroByte,
	/// It was refused.
	#[error("NVRTC refuses the source: {0}")]
	Refused(String),
}

/// What the bindings call to compile a source.
static NVRTC_FUNCTIONS: [&str; 7] = [
	"nvrtcCompileProgram",
	"nvrtcCreateProgram",
	"nvrtcDestroyProgram",
	"nvrtcGetPTX",
	"nvrtcGetPTXSize",
	"nvrtcGetProgramLog",
	"nvrtcGetProgramLogSize",
];

/// Compiles CUDA C to PTX for `arch`, such as `compute_75`. Needs the toolkit's NVRTC, but no device.
///
/// # Errors
/// There is no NVRTC, or it refuses the source; then with its log.
pub fn nvrtc(source: &str, arch: &str) -> Result<String, NvrtcError> {
	if source.contains('\0') || arch.contains('\0') {
		return Err(NvrtcError::ZeroByte);
	}
	// SAFETY: opening a library runs its initialisers; NVRTC's ask nothing of us.
	if !unsafe { nvrtc::sys::is_culib_present() } {
		return Err(NvrtcError::NoLibrary);
	}
	// SAFETY: as above; the library was opened a moment ago, so this finds it.
	let library = unsafe { nvrtc::sys::culib() };
	// SAFETY: the addresses are looked at, not called; any function fits a pointer.
	let missing = |name: &&&'static str| unsafe { library.get::<*const c_void>(**name) }.is_err();
	if let Some(&name) = NVRTC_FUNCTIONS.iter().find(missing) {
		return Err(NvrtcError::NoFunction(name));
	}
	let options = CompileOptions {
		options: vec![format!("--gpu-architecture={arch}")],
		..CompileOptions::default()
	};
	let ptx = compile_ptx_with_opts(source, options).map_err(|error| match error {
		CompileError::CompileError { log, .. } => NvrtcError::Refused(log.to_string_lossy().into_owned()),
		other => NvrtcError::Refused(other.to_string()),
	})?;
	let text = ptx.as_bytes().unwrap_or_default();
	Ok(String::from_utf8_lossy(text).trim_end_matches('\0').to_owned())
}

impl Device {
	/// Compiles `ptx` and loads `entry` of it. Nothing is kept or looked up: this measures the driver's compiler.
	///
	/// # Errors
	/// The driver refuses the text, or there is no such entry.
	pub fn load_ptx(&self, ptx: &str, entry: &str) -> Result<Entry, CudaError> {
		let start = Instant::now();
		let image = compile(&self.context, ptx)?;
		let function = Function::load(&self.context, &image, entry)?;
		Ok(Entry {
			function,
			time: start.elapsed(),
		})
	}

	/// `bytes` bytes of device memory, with anything in them.
	///
	/// # Errors
	/// There is not as much.
	pub fn buffer(&self, bytes: usize) -> Result<Buffer, CudaError> {
		DeviceMemory::new(&self.context, bytes).map(Buffer)
	}

	/// Fills the start of `buffer` with `bytes`, as many as fit, and the rest with zeros. Returns the time of the copy.
	///
	/// # Errors
	/// What the driver says.
	pub fn write(&self, buffer: &mut Buffer, bytes: &[u8]) -> Result<Duration, CudaError> {
		self.context.bind()?;
		let stream = &self.streams.upload;
		let count = bytes.len().min(buffer.bytes());
		let mut pinned = Pinned::new(&self.context, count, Direction::Upload)?;
		// SAFETY: no copy is queued yet.
		let from = unsafe { pinned.bytes_mut(count) };
		from.copy_from_slice(&bytes[..count]);
		self.timed(stream, || {
			// SAFETY: both ranges live until `timed` has waited, and nothing else uses them.
			unsafe {
				stream.upload(buffer.address(), from)?;
				stream.zero(buffer.address() + count as u64, buffer.bytes() - count)
			}
		})
	}

	/// The first `count` bytes of `buffer`, or all of it, and the time of the copy.
	///
	/// # Errors
	/// What the driver says.
	pub fn read(&self, buffer: &Buffer, count: usize) -> Result<(Vec<u8>, Duration), CudaError> {
		self.context.bind()?;
		let stream = &self.streams.download;
		let count = count.min(buffer.bytes());
		let mut pinned = Pinned::new(&self.context, count, Direction::Download)?;
		let time = self.timed(stream, || {
			// SAFETY: both ranges live until `timed` has waited, and nothing else uses them.
			unsafe { stream.download(pinned.bytes_mut(count), buffer.address()) }
		})?;
		// SAFETY: the copy is over.
		let bytes = unsafe { pinned.values::<u8>(0, count) };
		Ok((bytes.to_vec(), time))
	}

	/// Launches `entry` with `blocks` blocks of `threads` threads and waits for it. Returns how long the device took.
	/// The arguments must be those that the entry declares.
	///
	/// # Errors
	/// What the driver says.
	pub fn launch(
		&self,
		entry: &Entry,
		blocks: u32,
		threads: u32,
		arguments: &[Argument<'_>],
	) -> Result<Duration, CudaError> {
		// A parameter of 32 bits is read from the first four bytes of a number of 64: this is a little-endian host.
		let mut values: Vec<u64> = arguments
			.iter()
			.map(|argument| match argument {
				Argument::Buffer(buffer) => buffer.address(),
				Argument::U32(value) => u64::from(*value),
				Argument::U64(value) => *value,
			})
			.collect();
		let mut pointers: Vec<*mut c_void> = values
			.iter_mut()
			.map(|value| std::ptr::from_mut(value).cast())
			.collect();
		let stream = &self.streams.compute;
		self.context.bind()?;
		self.timed(stream, || {
			// SAFETY: the function is loaded. That the arguments are right, and that the text keeps to its buffers,
			// is up to the caller, as this module says.
			unsafe { stream.launch(entry.function.raw(), blocks, threads, &mut pointers) }
		})
	}

	/// Launches the entry `items` of an emitted text, and waits for it. Returns how long the device took. The addresses
	/// in `launch` must be those of buffers that are as long as it says.
	///
	/// # Errors
	/// What the driver says.
	pub fn launch_emitted(&self, entry: &Entry, launch: &Launch) -> Result<Duration, CudaError> {
		let stream = &self.streams.compute;
		self.context.bind()?;
		self.timed(stream, || {
			// SAFETY: as in `launch`.
			unsafe { launch_items(stream, &entry.function, *launch) }
		})
	}

	/// How long the device takes for what `work` queues on `stream`; it is over when this returns.
	fn timed(&self, stream: &Stream, work: impl FnOnce() -> Result<(), CudaError>) -> Result<Duration, CudaError> {
		let (start, end) = (Event::new(&self.context)?, Event::new(&self.context)?);
		let queued = start
			.record(stream)
			.and_then(|()| work())
			.and_then(|()| end.record(stream));
		// Also where only a part was queued: what it uses goes when the caller returns.
		self.context.settle()?;
		queued?;
		end.since(&start)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn nvrtc_compiles_or_says_why_not() {
		let source = "extern \"C\" __global__ void twice(unsigned *x) { x[threadIdx.x] *= 2; }";
		match nvrtc(source, "compute_75") {
			Ok(ptx) => {
				assert!(ptx.contains(".visible .entry twice"), "{ptx}");
				assert!(!ptx.contains('\0'));
				assert!(matches!(nvrtc("int main(", "compute_75"), Err(NvrtcError::Refused(_))));
			}
			Err(why) => println!("NVRTC not tested: {why}"),
		}
		assert_eq!(nvrtc("a\0b", "compute_75"), Err(NvrtcError::ZeroByte));
	}
}
