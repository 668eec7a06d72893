//! A module that copies bytes into a shared memory.
//!
//! A host in safe Rust can write to the private memory of an instance but not to a shared memory. So it writes a window
//! at a time to this module's private memory, and lets the module copy it.

use crate::module::{private_memory, shared_memory, MEMORY, NAMESPACE};
use wasm_encoder::{
	CodeSection, ExportKind, ExportSection, Function, FunctionSection, ImportSection, MemorySection, Module,
	TypeSection, ValType,
};

/// The function that [`filler`] exports: `fill(to: i32, bytes: i32)` copies so many bytes from the start of its private
/// memory to address `to` of the shared memory.
pub const FILL: &str = "fill";
/// Bytes of the private memory of [`filler`]: small enough to stay in a cache.
pub const WINDOW_BYTES: usize = 1 << 18;

/// The module: imports the shared memory as `millrace.input0`, exports its private memory as [`MEMORY`] and [`FILL`].
pub fn filler() -> Vec<u8> {
	const SHARED: u32 = 0;
	const PRIVATE: u32 = 1;
	let mut types = TypeSection::new();
	types.ty().function([ValType::I32, ValType::I32], []);
	let mut imports = ImportSection::new();
	imports.import(NAMESPACE, "input0", shared_memory());
	let mut functions = FunctionSection::new();
	functions.function(0);
	let mut memories = MemorySection::new();
	memories.memory(private_memory((WINDOW_BYTES >> 16) as u64));
	let mut exports = ExportSection::new();
	exports
		.export(MEMORY, ExportKind::Memory, PRIVATE)
		.export(FILL, ExportKind::Func, 0);
	let mut fill = Function::new([]);
	fill.instructions()
		.local_get(0)
		.i32_const(0)
		.local_get(1)
		.memory_copy(SHARED, PRIVATE)
		.end();
	let mut code = CodeSection::new();
	code.function(&fill);

	let mut module = Module::new();
	module
		.section(&types)
		.section(&imports)
		.section(&functions)
		.section(&memories)
		.section(&exports)
		.section(&code);
	module.finish()
}
