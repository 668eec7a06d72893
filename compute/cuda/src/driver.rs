//! Contexts, streams and events: the driver's handles, each owned by a value that gives it back.
//!
//! The bindings' own owners of buffers make two events for each buffer and order all streams by them; here the order
//! is written down by hand, slice by slice, so the handles are held directly and no event is made but those of the
//! rings. It also keeps every error with the call that returned it.

use crate::error::{failed, CudaError};
use cudarc::driver::{result, sys};
use std::{ffi::c_void, sync::Arc, time::Duration};

/// A device's primary context, retained.
#[derive(Debug)]
pub(crate) struct Context {
	device: sys::CUdevice,
	raw: sys::CUcontext,
}

// SAFETY: the driver may be called from any thread, and a context may be current on several at once.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
	/// Retains the context of `device`, which comes from [`crate::probe::handle`], and makes it current.
	pub(crate) fn retain(device: sys::CUdevice) -> Result<Arc<Context>, CudaError> {
		// SAFETY: `device` is a handle of the driver.
		let raw = unsafe { result::primary_ctx::retain(device) }.map_err(failed("open the device"))?;
		let context = Arc::new(Context { device, raw });
		context.bind()?;
		Ok(context)
	}

	/// Makes this the context that calls of this thread refer to.
	pub(crate) fn bind(&self) -> Result<(), CudaError> {
		// SAFETY: the context stays retained as long as `self` lives.
		unsafe { result::ctx::set_current(self.raw) }.map_err(failed("switch to the device"))
	}

	/// Waits for everything that was queued on any stream.
	pub(crate) fn settle(&self) -> Result<(), CudaError> {
		self.bind()?;
		result::ctx::synchronize().map_err(failed("finish what is queued"))
	}

	/// Bytes of device memory that are free now.
	pub(crate) fn free_memory(&self) -> Result<u64, CudaError> {
		self.bind()?;
		let (free, _total) = result::mem_get_info().map_err(failed("tell how much memory is free"))?;
		Ok(free as u64)
	}
}

impl Drop for Context {
	fn drop(&mut self) {
		// SAFETY: retained once in `retain`; all that was made in it holds an `Arc` of it and is gone. An error has
		// nobody left to hear it.
		let _ = unsafe { result::primary_ctx::release(self.device) };
	}
}

/// A queue of work on a device. Work of different streams may overlap; none waits for the default stream.
#[derive(Debug)]
pub(crate) struct Stream {
	raw: sys::CUstream,
	context: Arc<Context>,
}

// SAFETY: a stream may be used from any thread in which its context is current.
unsafe impl Send for Stream {}
// SAFETY: as above.
unsafe impl Sync for Stream {}

impl Stream {
	pub(crate) fn new(context: &Arc<Context>) -> Result<Stream, CudaError> {
		context.bind()?;
		let raw = result::stream::create(result::stream::StreamKind::NonBlocking).map_err(failed("make a stream"))?;
		Ok(Stream {
			raw,
			context: context.clone(),
		})
	}

	/// What is queued here from now on waits for `event` as it was recorded last.
	pub(crate) fn wait(&self, event: &Event) -> Result<(), CudaError> {
		let flags = sys::CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT;
		// SAFETY: both handles live as long as their owners.
		unsafe { result::stream::wait_event(self.raw, event.raw, flags) }.map_err(failed("make a stream wait"))
	}

	/// Queues zeros for `bytes` bytes from the device address `to`.
	///
	/// # Safety
	/// The range belongs to one device buffer, and nothing else uses it until this is done.
	pub(crate) unsafe fn zero(&self, to: u64, bytes: usize) -> Result<(), CudaError> {
		if bytes == 0 {
			return Ok(());
		}
		// SAFETY: the caller vouches for the range.
		unsafe { result::memset_d8_async(to, 0, bytes, self.raw) }.map_err(failed("zero device memory"))
	}

	/// Queues a copy of `from` to the device address `to`.
	///
	/// # Safety
	/// `from` is pinned; it is neither written nor freed, and the range at `to` belongs to one device buffer that
	/// nothing else uses, until this is done.
	pub(crate) unsafe fn upload(&self, to: u64, from: &[u8]) -> Result<(), CudaError> {
		// SAFETY: the caller vouches for both ranges.
		unsafe { result::memcpy_htod_async(to, from, self.raw) }.map_err(failed("copy to the device"))
	}

	/// Queues a copy from the device address `from` to `to`.
	///
	/// # Safety
	/// `to` is pinned; it is neither read, written nor freed, and the range at `from` belongs to one device buffer that
	/// nothing else writes, until this is done.
	pub(crate) unsafe fn download(&self, to: &mut [u8], from: u64) -> Result<(), CudaError> {
		// SAFETY: the caller vouches for both ranges.
		unsafe { result::memcpy_dtoh_async(to, from, self.raw) }.map_err(failed("copy from the device"))
	}

	/// Queues a launch of `blocks` blocks of `threads` threads. The arguments are copied before this returns.
	///
	/// # Safety
	/// `function` belongs to a loaded module of this context. `arguments` point to values of the types and in the order
	/// that it declares. What it reads and writes by them belongs to device buffers that live, and that nothing else
	/// uses, until this is done.
	pub(crate) unsafe fn launch(
		&self,
		function: sys::CUfunction,
		blocks: u32,
		threads: u32,
		arguments: &mut [*mut c_void],
	) -> Result<(), CudaError> {
		// SAFETY: the caller vouches for the function and its arguments.
		unsafe { result::launch_kernel(function, (blocks, 1, 1), (threads, 1, 1), 0, self.raw, arguments) }
			.map_err(failed("launch a kernel"))
	}
}

impl Drop for Stream {
	fn drop(&mut self) {
		if self.context.bind().is_ok() {
			// SAFETY: made in `new`, and not used again. Work that is still queued goes on; its buffers wait for it.
			let _ = unsafe { result::stream::destroy(self.raw) };
		}
	}
}

/// A point in a stream, with its time.
#[derive(Debug)]
pub(crate) struct Event {
	raw: sys::CUevent,
	context: Arc<Context>,
}

// SAFETY: an event may be used from any thread in which its context is current.
unsafe impl Send for Event {}
// SAFETY: as above.
unsafe impl Sync for Event {}

impl Event {
	/// An event on which a waiting thread sleeps instead of spinning: the cores are needed for hashing.
	pub(crate) fn new(context: &Arc<Context>) -> Result<Event, CudaError> {
		context.bind()?;
		let raw = result::event::create(sys::CUevent_flags::CU_EVENT_BLOCKING_SYNC).map_err(failed("make an event"))?;
		Ok(Event {
			raw,
			context: context.clone(),
		})
	}

	/// Marks the point after all that is queued on `stream` now.
	pub(crate) fn record(&self, stream: &Stream) -> Result<(), CudaError> {
		// SAFETY: both handles live as long as their owners.
		unsafe { result::event::record(self.raw, stream.raw) }.map_err(failed("record an event"))
	}

	/// Waits until the device has passed the point that was recorded last. Errors of the work before it come out here.
	pub(crate) fn wait(&self) -> Result<(), CudaError> {
		// SAFETY: the handle lives as long as its owner.
		unsafe { result::event::synchronize(self.raw) }.map_err(failed("finish its work"))
	}

	/// The time from `start` to this; the device has passed both.
	pub(crate) fn since(&self, start: &Event) -> Result<Duration, CudaError> {
		// SAFETY: both handles live as long as their owners, and both keep times.
		let milliseconds =
			unsafe { result::event::elapsed(start.raw, self.raw) }.map_err(failed("tell how long its work took"))?;
		Ok(Duration::try_from_secs_f64(f64::from(milliseconds) / 1_000.0).unwrap_or_default())
	}
}

impl Drop for Event {
	fn drop(&mut self) {
		if self.context.bind().is_ok() {
			// SAFETY: made in `new`, and not used again. The driver keeps what a stream still needs of it.
			let _ = unsafe { result::event::destroy(self.raw) };
		}
	}
}
