//! The compiler, and what it makes of a program.

use super::{cache::Cache, inputs::Filler, CpuError, CpuJob};
use millrace_kernel::{
	eval::Task,
	program::{Header, Program},
	tree::Blake2b,
};
use millrace_kernel_wasm::{emit, Features, Layout};
use std::sync::Arc;
use wasmtime::{Config, Engine, Module, OptLevel};

/// Address space behind each memory: every address of 32 bits lies in it.
const RESERVATION: u64 = 1 << 32;
/// Guarded behind that. Constant offsets of accesses stay far below.
const GUARD: u64 = 1 << 20;

/// Compiles kernels, and keeps those used last. One serves a whole process, from any number of threads.
pub struct CpuEngine {
	engine: Engine,
	features: Features,
	filler: Filler,
	cache: Cache,
}

impl CpuEngine {
	/// Sets up the compiler.
	///
	/// # Errors
	/// [`CpuError::Engine`] where wasmtime does not support the machine.
	pub fn new() -> Result<CpuEngine, CpuError> {
		CpuEngine::with(Features { wide_arithmetic: true })
	}

	/// The same with modules as they would run in a browser: slower, and the same results.
	///
	/// # Errors
	/// As [`CpuEngine::new`].
	pub fn portable() -> Result<CpuEngine, CpuError> {
		CpuEngine::with(Features::default())
	}

	fn with(features: Features) -> Result<CpuEngine, CpuError> {
		let mut config = Config::new();
		config
			.cranelift_opt_level(OptLevel::None)
			.wasm_simd(true)
			.wasm_bulk_memory(true)
			.wasm_multi_memory(true)
			.wasm_threads(true)
			.wasm_wide_arithmetic(features.wide_arithmetic)
			.memory_reservation(RESERVATION)
			.memory_guard_size(GUARD)
			.guard_before_linear_memory(false)
			// Nobody reads a backtrace of generated code.
			.wasm_backtrace(false)
			.generate_address_map(false)
			.native_unwind_info(cfg!(windows))
			// The constants are a few kilobytes, copied once a thread.
			.memory_init_cow(false);
		let engine = Engine::new(&config).map_err(CpuError::Engine)?;
		let filler = Filler::new(&engine)?;
		Ok(CpuEngine {
			engine,
			features,
			filler,
			cache: Cache::default(),
		})
	}

	/// The compiled form of `program`. A program that was loaded lately is not compiled again.
	///
	/// # Errors
	/// [`CpuError::Compile`], for instance where there is no memory for the code.
	pub fn load(&self, program: &Program) -> Result<CpuKernel, CpuError> {
		let hash = program.hash::<Blake2b>();
		if let Some(kernel) = self.cache.get(&hash) {
			return Ok(kernel);
		}
		let emitted = emit(program, self.features);
		let module = Module::new(&self.engine, &emitted.bytes).map_err(CpuError::Compile)?;
		let kernel = CpuKernel(Arc::new(Compiled {
			engine: self.engine.clone(),
			filler: self.filler.clone(),
			module,
			layout: emitted.layout,
			header: *program.header(),
			items_per_leaf: program.items_per_leaf(),
		}));
		self.cache.insert(hash, kernel.clone());
		Ok(kernel)
	}
}

/// A compiled kernel. Copies share it.
#[derive(Clone)]
pub struct CpuKernel(pub(super) Arc<Compiled>);

/// What a kernel's jobs need of it.
pub(super) struct Compiled {
	pub(super) engine: Engine,
	pub(super) filler: Filler,
	pub(super) module: Module,
	pub(super) layout: Layout,
	pub(super) header: Header,
	pub(super) items_per_leaf: u32,
}

impl CpuKernel {
	/// Prepares a job: copies its inputs to where all threads reach them.
	///
	/// The task should have passed [`Task::check`]. As in the reference interpreter, its bound is lowered to the
	/// header's, and what it lacks is 0: a parameter, the length of an input.
	///
	/// # Errors
	/// An input is too long, or there is no memory for it.
	pub fn job(&self, task: &Task<'_>, inputs: &[&[u8]]) -> Result<CpuJob, CpuError> {
		CpuJob::new(self, task, inputs)
	}
}
