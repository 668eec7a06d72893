//! Device memory that is wiped before it is given back, and pinned host memory.

use crate::{
	driver::{Context, Stream},
	error::{failed, CudaError},
};
use cudarc::driver::{result, sys};
use std::{ffi::c_void, ptr::NonNull, slice, sync::Arc};

/// One allocation of device memory.
#[derive(Debug)]
pub(crate) struct DeviceMemory {
	address: u64,
	bytes: usize,
	context: Arc<Context>,
}

impl DeviceMemory {
	/// `bytes` bytes, at least 1, with anything in them. The address is a multiple of 256.
	pub(crate) fn new(context: &Arc<Context>, bytes: usize) -> Result<DeviceMemory, CudaError> {
		context.bind()?;
		// SAFETY: device memory is never seen as a Rust value, so that it holds anything is fine.
		let address = unsafe { result::malloc_sync(bytes.max(1)) }.map_err(failed("allocate device memory"))?;
		Ok(DeviceMemory {
			address,
			bytes,
			context: context.clone(),
		})
	}

	/// The device address of its first byte.
	pub(crate) fn address(&self) -> u64 {
		self.address
	}

	/// Its length.
	pub(crate) fn bytes(&self) -> usize {
		self.bytes
	}
}

impl Drop for DeviceMemory {
	fn drop(&mut self) {
		// What is queued may still use the memory. After a sticky error nothing runs any more, and freeing fails too.
		let _ = self.context.settle();
		// SAFETY: allocated in `new`, not freed before, and nothing that was queued uses it now.
		let _ = unsafe { result::free_sync(self.address) };
	}
}

/// The device memory of one job: whatever way the job ends, it is zero before anybody else gets it.
#[derive(Debug)]
pub(crate) struct JobMemory<'a> {
	memory: DeviceMemory,
	stream: &'a Stream,
	wiped: bool,
}

impl<'a> JobMemory<'a> {
	/// `bytes` bytes, wiped by way of `stream` in the end.
	pub(crate) fn new(context: &Arc<Context>, bytes: usize, stream: &'a Stream) -> Result<JobMemory<'a>, CudaError> {
		Ok(JobMemory {
			memory: DeviceMemory::new(context, bytes)?,
			stream,
			wiped: false,
		})
	}

	/// The device address of its first byte.
	pub(crate) fn address(&self) -> u64 {
		self.memory.address()
	}

	/// Waits for all that is queued, then zeroes everything.
	pub(crate) fn wipe(&mut self) -> Result<(), CudaError> {
		if self.wiped {
			return Ok(());
		}
		self.wiped = true;
		let context = &self.memory.context;
		context.settle()?;
		// SAFETY: the whole of one buffer, which nothing uses any more.
		unsafe { self.stream.zero(self.memory.address, self.memory.bytes) }?;
		context.settle()
	}
}

impl Drop for JobMemory<'_> {
	fn drop(&mut self) {
		// Reached without a wipe only when somebody unwinds through the job; a failure has nobody left to hear it.
		let _ = self.wipe();
	}
}

/// How pinned memory will be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Direction {
	/// Written by the host, read by the device: write-combined, which is very slow to read.
	Upload,
	/// Written by the device, read by the host.
	Download,
}

/// Host memory that the device copies from and to by itself.
#[derive(Debug)]
pub(crate) struct Pinned {
	start: NonNull<u8>,
	bytes: usize,
	context: Arc<Context>,
}

// SAFETY: plain memory with one owner.
unsafe impl Send for Pinned {}

/// What pinned memory may be read as.
pub(crate) trait Plain {}
impl Plain for u8 {}
impl Plain for u32 {}
impl Plain for u64 {}

impl Pinned {
	/// `bytes` zeros.
	pub(crate) fn new(context: &Arc<Context>, bytes: usize, direction: Direction) -> Result<Pinned, CudaError> {
		let flags = match direction {
			Direction::Upload => sys::CU_MEMHOSTALLOC_WRITECOMBINED,
			Direction::Download => 0,
		};
		context.bind()?;
		// SAFETY: it is initialised below, before anybody sees it.
		let start = unsafe { result::malloc_host(bytes.max(1), flags) }.map_err(failed("pin host memory"))?;
		let Some(start) = NonNull::new(start.cast::<u8>()) else {
			return Err(CudaError::Driver {
				what: "pin host memory",
				code: 0,
				text: "it gave none".to_owned(),
			});
		};
		// SAFETY: the driver has just allocated so many bytes there.
		unsafe { start.write_bytes(0, bytes) };
		Ok(Pinned {
			start,
			bytes,
			context: context.clone(),
		})
	}

	/// `count` values from byte `at` on; fewer where the memory ends before.
	///
	/// # Safety
	/// No copy to this memory is queued. `at` is a multiple of the size of `T`.
	pub(crate) unsafe fn values<T: Plain>(&self, at: usize, count: usize) -> &[T] {
		let room = self.bytes.saturating_sub(at) / size_of::<T>();
		if room == 0 {
			return &[];
		}
		// SAFETY: the range lies in the allocation, whose start is aligned to a page; every bit pattern is a `T`; and
		// the caller vouches that nothing writes there.
		unsafe { slice::from_raw_parts(self.start.as_ptr().add(at).cast::<T>(), count.min(room)) }
	}

	/// The first `count` bytes, for writing; fewer where the memory ends before.
	///
	/// # Safety
	/// No copy from or to this memory is queued.
	pub(crate) unsafe fn bytes_mut(&mut self, count: usize) -> &mut [u8] {
		// SAFETY: the range lies in the allocation, and the caller vouches that nothing else uses it.
		unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), count.min(self.bytes)) }
	}
}

impl Drop for Pinned {
	fn drop(&mut self) {
		// A copy that is still queued would write into freed memory.
		let _ = self.context.settle();
		// SAFETY: allocated in `new`, not freed before, and no copy uses it now.
		let _ = unsafe { result::free_host(self.start.as_ptr().cast::<c_void>()) };
	}
}
