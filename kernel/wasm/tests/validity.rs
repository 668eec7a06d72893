//! Every module is valid, and has the imports and exports that the README names.

use millrace_kernel::{
	asm::assemble,
	opcode::{self, Field, OpInfo},
	program::{Header, Instruction, Program},
};
use millrace_kernel_wasm::{filler, Features, Layout, FILL, LEAF, MEMORY, NAMESPACE, WINDOW_BYTES};
use std::{fs, path::Path};
use wasmtime::{Config, Engine, ExternType, Module, OptLevel};

/// A machine without anything beyond what every module needs.
fn engine() -> Engine {
	let mut config = Config::new();
	config.cranelift_opt_level(OptLevel::None);
	Engine::new(&config).unwrap()
}

/// A machine with all features.
fn wide_engine() -> Engine {
	let mut config = Config::new();
	config.cranelift_opt_level(OptLevel::None).wasm_wide_arithmetic(true);
	Engine::new(&config).unwrap()
}

/// What such a machine runs.
fn emit(program: &Program) -> millrace_kernel_wasm::Module {
	millrace_kernel_wasm::emit(program, Features::default())
}

/// Compiles, which validates: with all features, and as given without any.
fn compile(engine: &Engine, name: &str, program: &Program) -> Module {
	let valid =
		|engine: &Engine, bytes: &[u8]| Module::new(engine, bytes).unwrap_or_else(|error| panic!("{name}: {error:?}"));
	let wide = millrace_kernel_wasm::emit(program, Features { wide_arithmetic: true });
	valid(&wide_engine(), &wide.bytes);
	valid(engine, &emit(program).bytes)
}

/// Registers, areas and inputs enough for any instruction.
fn header(code: &[Instruction]) -> Header {
	Header {
		features: 0,
		code_len: code.len() as u16,
		item_size: 16,
		scratch_size: 16,
		const_size: 16,
		w_count: 256,
		d_count: 128,
		inputs: 8,
		params: 16,
		max_units: 1 << 21,
		max_faults: 512,
	}
}

fn program(code: Vec<Instruction>) -> Program {
	Program::new(header(&code), code, vec![7; 16]).unwrap()
}

fn op(op: u8) -> Instruction {
	Instruction {
		op,
		..Instruction::default()
	}
}

/// An instruction with its fields set to something valid that depends on `seed`. `None` for control flow.
fn some(info: &OpInfo, seed: u32) -> Option<Instruction> {
	if info.code <= opcode::TRAP {
		return None;
	}
	let value = |field: Field, salt: u32| {
		let seed = seed.wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(40_503)) >> 8;
		match field {
			Field::Zero | Field::Depth => 0,
			Field::W | Field::ThirdW => seed % 256,
			Field::W4 => seed % 253,
			Field::D | Field::ThirdD => seed % 128,
			Field::Value | Field::SignedValue | Field::Element => seed.wrapping_mul(77_777) ^ seed,
			Field::Shift => seed % 64,
			Field::Selector => seed & 0x7777,
			Field::BitField => {
				let position = seed % 32;
				position | ((1 + (seed >> 8) % (32 - position)) << 8)
			}
			// At most 32 pairs: eight inputs with two cursors each.
			Field::Input => seed & 0x8f,
			Field::InputIndex => seed % 8,
			Field::ParamIndex => seed % 16,
		}
	};
	let fields = info.form.fields();
	Some(Instruction {
		op: info.code,
		dst: value(fields.dst, 1) as u8,
		a: value(fields.a, 2) as u8,
		b: value(fields.b, 3) as u8,
		imm: value(fields.imm, 4),
	})
}

#[test]
fn every_instruction_alone_is_valid() {
	let engine = engine();
	for info in opcode::TABLE {
		for seed in 0..3 {
			let Some(word) = some(info, seed) else { continue };
			compile(&engine, info.mnemonic, &program(vec![word]));
		}
	}
}

#[test]
fn the_longest_programs_of_each_instruction_are_valid_and_not_large() {
	let engine = engine();
	for info in opcode::TABLE.iter().step_by(7) {
		let Some(code) = (0..4096).map(|seed| some(info, seed)).collect::<Option<Vec<_>>>() else {
			continue;
		};
		let program = program(code);
		let bytes = emit(&program).bytes.len();
		// The longest takes some 200 bytes: reversing 64 bits.
		assert!(bytes < 4096 * 250, "{}: {bytes} bytes", info.mnemonic);
		compile(&engine, info.mnemonic, &program);
	}
}

#[test]
fn every_instruction_in_every_place_of_control_flow_is_valid() {
	let engine = engine();
	let mut seed = 0;
	let mut code = Vec::new();
	let on = |op: u8, a: u8, imm: u32| Instruction {
		op,
		a,
		imm,
		..Instruction::default()
	};
	let flow = [
		op(opcode::BLOCK),
		op(opcode::LOOP),
		on(opcode::IF, 3, 0),
		on(opcode::BR_IF, 1, 2),
		on(opcode::BR_IFZ, 2, 1),
		on(opcode::BR, 0, 0),
		op(opcode::ELSE),
		op(opcode::RETURN),
		// Dead, with flow of its own.
		op(opcode::LOOP),
		on(opcode::IF, 9, 0),
		on(opcode::BR, 0, 1),
		op(opcode::ELSE),
		op(opcode::TRAP),
		op(opcode::END),
		op(opcode::END),
		op(opcode::END),
		on(opcode::BR_IF, 4, 0),
		op(opcode::TRAP),
		op(opcode::END),
		op(opcode::END),
	];
	for word in flow {
		for info in opcode::TABLE {
			seed += 1;
			code.extend(some(info, seed));
		}
		code.push(word);
	}
	assert!(code.len() <= 4096, "{} instructions", code.len());
	compile(&engine, "flow", &program(code));
}

#[test]
fn the_deepest_nesting_is_valid() {
	let engine = engine();
	for opening in [op(opcode::BLOCK), op(opcode::LOOP), op(opcode::IF)] {
		let mut code = vec![opening; 64];
		code.extend((0..64).map(|depth| Instruction {
			op: opcode::BR_IF,
			imm: depth,
			..Instruction::default()
		}));
		code.push(op(opcode::RETURN));
		code.extend([op(opcode::END); 64]);
		compile(&engine, "nesting", &program(code));
	}
}

#[test]
fn programs_at_the_edges_are_valid() {
	let engine = engine();
	for (name, text) in [
		("no code", ".item 1\n.max_units 16\n"),
		("one trap", ".item 1\n.max_units 17\n  trap\n"),
		("one return", ".item 1\n.max_units 17\n  return\n"),
		(
			"a loop that never ends",
			".item 1\n.max_units 100\n  loop again\n    br again\n  end\n",
		),
		(
			"large areas",
			".item 1024\n.scratch 4096\n.max_units 5000\n.w z\n  sts8 [z], z\n  sto8 [z], z\n",
		),
		(
			"small areas",
			".item 1\n.scratch 1\n.max_units 5000\n.w z\n  sts8 [z], z\n  lds8u z, [z]\n  sto8 [z], z\n",
		),
	] {
		compile(&engine, name, &assemble(text).unwrap());
	}
	for scratch_size in (0..=12).map(|log2| 1 << log2) {
		let mut header = header(&[op(opcode::STS8)]);
		header.scratch_size = scratch_size;
		let program = Program::new(header, vec![op(opcode::STS8)], vec![0; 16]).unwrap();
		compile(&engine, "scratch", &program);
	}
}

#[test]
fn every_shipped_kernel_is_valid() {
	fn kernels(folder: &Path, found: &mut Vec<(String, Program)>) {
		for entry in fs::read_dir(folder).unwrap() {
			let path = entry.unwrap().path();
			if path.is_dir() {
				kernels(&path, found);
			} else if path.extension().is_some_and(|extension| extension == "mk") {
				let text = fs::read_to_string(&path).unwrap();
				let name = path.display().to_string();
				let program = assemble(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
				found.push((name, program));
			}
		}
	}
	let mut found = Vec::new();
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/kernels");
	kernels(&folder, &mut found);
	assert!(found.len() >= 2, "only {} kernels in {}", found.len(), folder.display());
	let engine = engine();
	for (name, program) in &found {
		compile(&engine, name, program);
	}
}

#[test]
fn imports_and_exports_are_the_ones_of_the_readme() {
	let engine = engine();
	let module = compile(&engine, "interface", &program(Vec::new()));
	let imports: Vec<String> = module
		.imports()
		.map(|import| {
			let ExternType::Memory(memory) = import.ty() else {
				panic!("not a memory")
			};
			assert!(memory.is_shared());
			assert_eq!((memory.minimum(), memory.maximum()), (0, Some(65_536)));
			format!("{}.{}", import.module(), import.name())
		})
		.collect();
	let expected: Vec<String> = (0..8).map(|input| format!("{NAMESPACE}.input{input}")).collect();
	assert_eq!(imports, expected);
	let Some(ExternType::Memory(memory)) = module.get_export(MEMORY) else {
		panic!("no memory")
	};
	let Layout { pages, output, .. } = emit(&program(Vec::new())).layout;
	assert!(!memory.is_shared());
	assert_eq!(
		(memory.minimum(), memory.maximum()),
		(u64::from(pages), Some(u64::from(pages)))
	);
	assert!(u64::from(output) + 1024 <= memory.minimum() << 16);
	let Some(ExternType::Func(leaf)) = module.get_export(LEAF) else {
		panic!("no function")
	};
	assert!(leaf.params().all(|ty| ty.is_i32()) && leaf.params().len() == 2);
	assert!(leaf.results().all(|ty| ty.is_i64()) && leaf.results().len() == 1);
}

#[test]
fn the_filler_is_valid() {
	let module = Module::new(&engine(), filler()).unwrap();
	let Some(ExternType::Memory(window)) = module.get_export(MEMORY) else {
		panic!("no memory")
	};
	assert_eq!(window.minimum() << 16, WINDOW_BYTES as u64);
	let Some(ExternType::Func(fill)) = module.get_export(FILL) else {
		panic!("no function")
	};
	assert_eq!((fill.params().len(), fill.results().len()), (2, 0));
}

#[test]
fn areas_of_the_private_memory_do_not_overlap() {
	let Layout {
		pages,
		constants,
		scratch,
		output,
		params,
		lengths,
		items,
		max_units,
	} = emit(&program(Vec::new())).layout;
	let mut areas = [
		(params, 128),
		(lengths, 32),
		(items, 4),
		(max_units, 4),
		(output, 1024),
		(scratch, 4096),
		(constants, 4096),
	];
	areas.sort_unstable();
	for pair in areas.windows(2) {
		assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{pair:?}");
	}
	let (last, size) = areas[6];
	assert!(last + size <= pages << 16);
}

#[test]
fn a_broken_module_is_refused() {
	// The engine that the tests above ask does refuse.
	let mut bytes = emit(&program(vec![op(opcode::RETURN)])).bytes;
	let last = bytes.len() - 1;
	bytes.truncate(last);
	assert!(Module::new(&engine(), &bytes).is_err());
}

/// How often a module says `i32x4.dot_i16x8_s`.
fn dots(program: &Program) -> usize {
	emit(program)
		.bytes
		.windows(3)
		.filter(|bytes| **bytes == [0xfd, 0xba, 0x01])
		.count()
}

#[test]
fn runs_of_dot_products_become_vectors() {
	let engine = engine();
	let text = |between: &str| {
		format!(
			".item 16\n.inputs x y\n.max_units 1000\n.max_faults 2\n.w a0 a1 a2 a3 b0 b1 b2 b3 sum z\n  ld128 a0, x[z]\n  \
			 ld128 b0, y[z]\n  dp4a.us sum, a3, b3, sum\n  dp4a.us sum, a1, b1, sum\n{between}  dp4a.us sum, a0, b0, sum\n  \
			 dp4a.us sum, a2, b2, sum\n  sto32 [z], sum\n"
		)
	};
	// Two for the vectors; one each for what is computed alone.
	for (between, expected) in [
		("", 2),
		("  mov z, 0\n", 4),
		("  mov a0, 1\n", 4),
		("  block\n  end\n", 4),
	] {
		let program = assemble(&text(between)).unwrap();
		assert_eq!(dots(&program), expected, "{between:?}");
		compile(&engine, between, &program);
	}
}
