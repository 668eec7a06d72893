//! Inputs in shared memories.

use super::CpuError;
use millrace_kernel_wasm::{filler, FILL, MEMORY, WINDOW_BYTES};
use wasmtime::{Engine, Error, Extern, Instance, MemoryType, Module, SharedMemory, Store};

/// Bytes of a page of WebAssembly.
const PAGE: usize = 1 << 16;

/// Copies inputs. A small WebAssembly module does it, because a shared memory cannot be written in safe Rust.
#[derive(Clone)]
pub(super) struct Filler {
	module: Module,
}

impl Filler {
	pub(super) fn new(engine: &Engine) -> Result<Filler, CpuError> {
		let module = Module::new(engine, filler()).map_err(CpuError::Engine)?;
		Ok(Filler { module })
	}

	/// A shared memory that begins with `bytes`, those of input number `input`, and has at least one page.
	pub(super) fn share(&self, engine: &Engine, input: usize, bytes: &[u8]) -> Result<SharedMemory, CpuError> {
		if u32::try_from(bytes.len()).is_err() {
			return Err(CpuError::InputTooLong {
				input,
				bytes: bytes.len(),
			});
		}
		self.fill(engine, bytes).map_err(|source| CpuError::Memory {
			input,
			bytes: bytes.len(),
			source,
		})
	}

	fn fill(&self, engine: &Engine, bytes: &[u8]) -> Result<SharedMemory, Error> {
		let pages = bytes.len().div_ceil(PAGE).max(1) as u64;
		let ty = MemoryType::builder().shared(true).min(pages).max(Some(pages)).build()?;
		let memory = SharedMemory::new(engine, ty)?;
		if bytes.is_empty() {
			return Ok(memory);
		}
		let mut store = Store::new(engine, ());
		let instance = Instance::new(&mut store, &self.module, &[Extern::SharedMemory(memory.clone())])?;
		let window = instance
			.get_memory(&mut store, MEMORY)
			.ok_or_else(|| Error::msg("the filler has no memory"))?;
		let fill = instance.get_typed_func::<(i32, i32), ()>(&mut store, FILL)?;
		let mut to = 0u32;
		for part in bytes.chunks(WINDOW_BYTES) {
			window.write(&mut store, 0, part)?;
			// A part is a window at most; the input is shorter than 2^32.
			let len = part.len() as u32;
			fill.call(&mut store, (to.cast_signed(), len.cast_signed()))?;
			to = to.saturating_add(len);
		}
		Ok(memory)
	}
}
