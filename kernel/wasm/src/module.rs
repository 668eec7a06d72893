//! The sections of a module, and the function that runs the items of a leaf.

use crate::{
	item::item,
	layout::{Layout, LAYOUT},
};
use millrace_kernel::program::Program;
use wasm_encoder::{
	BlockType, CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection,
	ImportSection, MemorySection, MemoryType, TypeSection, ValType,
};

/// The name space of the imports: `input0` to `input7`.
pub const NAMESPACE: &str = "millrace";
/// The exported private memory.
pub const MEMORY: &str = "memory";
/// The exported function.
pub const LEAF: &str = "leaf";
/// The bit of [`LEAF`]'s result from which on it holds the traps; the units lie below. Those of a leaf are at most
/// 2^21.
pub const TRAPS_SHIFT: u32 = 40;

/// Pages that a 32-bit memory can have.
const MOST_PAGES: u64 = 1 << 16;

/// A kernel as WebAssembly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
	/// The binary module.
	pub bytes: Vec<u8>,
	/// Where its private memory holds what.
	pub layout: Layout,
}

/// What the machine that will run a module has beyond vectors, several memories and shared ones. Without any, modules run
/// in today's browsers; they compute the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
	/// The instructions of the wide-arithmetic proposal: 128-bit products at the speed of one multiplication.
	pub wide_arithmetic: bool,
}

/// Emits `program`. Work and size are linear in the length of its code.
pub fn emit(program: &Program, features: Features) -> Module {
	let header = program.header();
	let inputs = u32::from(header.inputs);

	let mut types = TypeSection::new();
	types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
	types.ty().function([ValType::I32, ValType::I32], [ValType::I64]);
	let mut imports = ImportSection::new();
	for input in 0..inputs {
		imports.import(NAMESPACE, &format!("input{input}"), shared_memory());
	}
	let mut functions = FunctionSection::new();
	functions.function(0).function(1);
	// Imported memories come first in the numbering.
	let memory = inputs;
	let mut memories = MemorySection::new();
	memories.memory(private_memory(u64::from(LAYOUT.pages)));
	let mut exports = ExportSection::new();
	exports
		.export(MEMORY, ExportKind::Memory, memory)
		.export(LEAF, ExportKind::Func, 1);
	let mut code = CodeSection::new();
	code.function(&item(program, memory, features))
		.function(&leaf(memory, i32::from(header.item_size.cast_signed())));
	let mut data = DataSection::new();
	if !program.constants().is_empty() {
		let offset = ConstExpr::i32_const(LAYOUT.constants.cast_signed());
		data.active(memory, &offset, program.constants().iter().copied());
	}

	let mut module = wasm_encoder::Module::new();
	module
		.section(&types)
		.section(&imports)
		.section(&functions)
		.section(&memories)
		.section(&exports)
		.section(&code)
		.section(&data);
	Module {
		bytes: module.finish(),
		layout: LAYOUT,
	}
}

/// The type under which an input is imported: any size.
pub(crate) fn shared_memory() -> MemoryType {
	MemoryType {
		minimum: 0,
		maximum: Some(MOST_PAGES),
		memory64: false,
		shared: true,
		page_size_log2: None,
	}
}

/// A memory of a fixed size.
pub(crate) fn private_memory(pages: u64) -> MemoryType {
	MemoryType {
		minimum: pages,
		maximum: Some(pages),
		memory64: false,
		shared: false,
		page_size_log2: None,
	}
}

/// `leaf(first, count) -> units | traps << 40`: calls the item function for one index after the other, over output that
/// it clears before. An item that trapped is cleared again.
fn leaf(memory: u32, item_size: i32) -> Function {
	const FIRST: u32 = 0;
	const COUNT: u32 = 1;
	const OUT: u32 = 2;
	const FIGURES: u32 = 3;
	const SUM: u32 = 4;
	let output = LAYOUT.output.cast_signed();

	let mut function = Function::new([(2, ValType::I32), (1, ValType::I64)]);
	function
		.instructions()
		.i32_const(output)
		.local_tee(OUT)
		.i32_const(0)
		.local_get(COUNT)
		.i32_const(item_size)
		.i32_mul()
		.memory_fill(memory)
		.block(BlockType::Empty)
		.loop_(BlockType::Empty)
		.local_get(COUNT)
		.i32_eqz()
		.br_if(1)
		.local_get(FIRST)
		.local_get(OUT)
		.call(0)
		.local_tee(FIGURES)
		.i32_const(i32::MAX)
		.i32_and()
		.i64_extend_i32_u()
		.local_get(SUM)
		.i64_add()
		.local_set(SUM)
		.local_get(FIGURES)
		.i32_const(0)
		.i32_lt_s()
		.if_(BlockType::Empty)
		.local_get(SUM)
		.i64_const(1 << TRAPS_SHIFT)
		.i64_add()
		.local_set(SUM)
		.local_get(OUT)
		.i32_const(0)
		.i32_const(item_size)
		.memory_fill(memory)
		.end()
		.local_get(FIRST)
		.i32_const(1)
		.i32_add()
		.local_set(FIRST)
		.local_get(OUT)
		.i32_const(item_size)
		.i32_add()
		.local_set(OUT)
		.local_get(COUNT)
		.i32_const(1)
		.i32_sub()
		.local_set(COUNT)
		.br(0)
		.end()
		.end()
		.local_get(SUM)
		.end();
	function
}
