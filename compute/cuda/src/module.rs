//! From PTX text to a function on the device: the driver's compiler, whose output can be kept, and its loader.

use crate::{
	driver::Context,
	error::{describe, failed, CudaError},
};
use cudarc::driver::{
	result::{self, DriverError},
	sys,
};
use std::{
	ffi::{c_void, CStr, CString},
	ptr, slice,
	sync::Arc,
};

/// Bytes of what the driver's compiler may say about a text that it refuses.
const LOG_BYTES: usize = 16 * 1024;

/// Where the driver writes its complaints.
struct Log {
	text: Vec<u8>,
	options: [sys::CUjit_option; 2],
	values: [*mut c_void; 2],
}

impl Log {
	/// On the heap, and not to be touched between the first call that gets the pointers and the last: the driver keeps
	/// them, and writes the length that it used into the second value.
	fn new() -> Box<Log> {
		let mut log = Box::new(Log {
			text: vec![0; LOG_BYTES],
			options: [
				sys::CUjit_option::CU_JIT_ERROR_LOG_BUFFER,
				sys::CUjit_option::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
			],
			values: [ptr::null_mut(); 2],
		});
		log.values = [
			log.text.as_mut_ptr().cast::<c_void>(),
			ptr::without_provenance_mut(LOG_BYTES),
		];
		log
	}

	fn error(&self, what: &'static str, error: DriverError) -> CudaError {
		let (code, text) = describe(error);
		CudaError::Compile {
			what,
			code,
			text,
			log: first_text(&self.text),
		}
	}
}

/// The text before the first zero byte, in one line.
fn first_text(bytes: &[u8]) -> String {
	let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
	let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
	text.lines()
		.map(str::trim)
		.filter(|line| !line.is_empty())
		.collect::<Vec<_>>()
		.join("; ")
}

/// Compiles `ptx` for the device of `context`: the bytes of a cubin.
pub(crate) fn compile(context: &Context, ptx: &str) -> Result<Vec<u8>, CudaError> {
	let what = "compile a kernel";
	let text = CString::new(ptx).map_err(|_| CudaError::Compile {
		what,
		code: 0,
		text: "the text holds a zero byte".to_owned(),
		log: String::new(),
	})?;
	context.bind()?;
	let mut log = Log::new();
	link(&text, &mut log).map_err(|error| log.error(what, error))
}

/// The driver's linker, with one input.
struct Link(sys::CUlinkState);

impl Drop for Link {
	fn drop(&mut self) {
		// SAFETY: made by `cuLinkCreate`, destroyed once.
		let _ = unsafe { sys::cuLinkDestroy(self.0) };
	}
}

fn link(text: &CStr, log: &mut Log) -> Result<Vec<u8>, DriverError> {
	let mut state: sys::CUlinkState = ptr::null_mut();
	// SAFETY: a context is current; the options and their values are two each, and outlive the state.
	unsafe { sys::cuLinkCreate_v2(2, log.options.as_mut_ptr(), log.values.as_mut_ptr(), &mut state) }.result()?;
	let link = Link(state);
	let bytes = text.to_bytes_with_nul();
	// SAFETY: the state is live. The text ends in a zero, which its length includes; it is read, not written, and not
	// kept. There is no name and no further option.
	unsafe {
		sys::cuLinkAddData_v2(
			link.0,
			sys::CUjitInputType::CU_JIT_INPUT_PTX,
			bytes.as_ptr().cast_mut().cast::<c_void>(),
			bytes.len(),
			ptr::null(),
			0,
			ptr::null_mut(),
			ptr::null_mut(),
		)
	}
	.result()?;
	let mut image: *mut c_void = ptr::null_mut();
	let mut length = 0;
	// SAFETY: the state is live; the driver writes an address and a length.
	unsafe { sys::cuLinkComplete(link.0, &mut image, &mut length) }.result()?;
	if image.is_null() {
		return Err(DriverError(sys::CUresult::CUDA_ERROR_INVALID_IMAGE));
	}
	// SAFETY: the image belongs to the state, which is live until the end of this function; it is copied.
	Ok(unsafe { slice::from_raw_parts(image.cast::<u8>(), length) }.to_vec())
}

/// A function on the device, with the module that holds it.
#[derive(Debug)]
pub(crate) struct Function {
	module: sys::CUmodule,
	raw: sys::CUfunction,
	/// Registers of a thread.
	pub(crate) registers: u32,
	/// Bytes of local memory of a thread: scratch, and registers that did not fit.
	pub(crate) local_bytes: u32,
	context: Arc<Context>,
}

// SAFETY: modules and functions may be used from any thread in which their context is current.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

impl Function {
	/// Loads `image`, a cubin, and finds `entry` in it.
	pub(crate) fn load(context: &Arc<Context>, image: &[u8], entry: &str) -> Result<Function, CudaError> {
		let name = CString::new(entry).map_err(|_| CudaError::Compile {
			what: "find a kernel",
			code: 0,
			text: "its name holds a zero byte".to_owned(),
			log: String::new(),
		})?;
		context.bind()?;
		let mut log = Log::new();
		let mut module: sys::CUmodule = ptr::null_mut();
		let Log { options, values, .. } = &mut *log;
		// SAFETY: a context is current. A cubin carries its own length; this one came from the driver's compiler, or
		// from a file whose hash says that it did. The options and their values are two each and outlive the call.
		let loaded = unsafe {
			sys::cuModuleLoadDataEx(
				&mut module,
				image.as_ptr().cast::<c_void>(),
				2,
				options.as_mut_ptr(),
				values.as_mut_ptr(),
			)
		}
		.result();
		loaded.map_err(|error| log.error("load a kernel", error))?;
		let mut function = Function {
			module,
			raw: ptr::null_mut(),
			registers: 0,
			local_bytes: 0,
			context: context.clone(),
		};
		// SAFETY: the module is loaded.
		function.raw = unsafe { result::module::get_function(module, name) }.map_err(failed("find a kernel"))?;
		function.registers = function.attribute(sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_NUM_REGS)?;
		function.local_bytes = function.attribute(sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES)?;
		Ok(function)
	}

	/// The driver's handle, for [`crate::driver::Stream::launch`].
	pub(crate) fn raw(&self) -> sys::CUfunction {
		self.raw
	}

	fn attribute(&self, attribute: sys::CUfunction_attribute) -> Result<u32, CudaError> {
		// SAFETY: the function belongs to a module that is loaded.
		let value = unsafe { result::function::get_function_attribute(self.raw, attribute) };
		value
			.map(|value| u32::try_from(value).unwrap_or(0))
			.map_err(failed("describe a kernel"))
	}
}

impl Drop for Function {
	fn drop(&mut self) {
		// A launch that is still queued would run code that is gone.
		if self.context.settle().is_ok() {
			// SAFETY: loaded in `load`, unloaded once, and nothing that was queued uses it now.
			let _ = unsafe { result::module::unload(self.module) };
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_log_ends_at_its_first_zero_and_fits_a_line() {
		assert_eq!(
			first_text(b"ptxas fatal\n  line 3: no\n\0garbage"),
			"ptxas fatal; line 3: no"
		);
		assert_eq!(first_text(b"full"), "full");
		assert_eq!(first_text(&[0; 8]), "");
	}
}
