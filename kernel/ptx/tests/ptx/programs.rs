//! Programs to emit: those that ship, and some with every instruction.

use std::{
	fs,
	path::{Path, PathBuf},
};

use millrace_kernel::{
	asm::assemble,
	opcode::{self as op, Area, Field, OpInfo, TABLE},
	program::{Header, Instruction, Program},
};

/// The program of a text.
pub(crate) fn program(source: &str) -> Program {
	assemble(source).unwrap_or_else(|error| panic!("{error} in\n{source}"))
}

/// Every kernel under `examples/kernels`, by the name of its file.
pub(crate) fn shipped() -> Vec<(String, Program)> {
	let mut paths = Vec::new();
	sources(
		&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/kernels"),
		&mut paths,
	);
	paths.sort();
	let kernels: Vec<_> = paths
		.iter()
		.map(|path| {
			let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
			(name, program(&fs::read_to_string(path).unwrap()))
		})
		.collect();
	for expected in ["kmer", "mandelbrot"] {
		assert!(
			kernels.iter().any(|(name, _)| name == expected),
			"{expected} is not there"
		);
	}
	kernels
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
	for entry in fs::read_dir(folder).unwrap() {
		let path = entry.unwrap().path();
		if path.is_dir() {
			sources(&path, found);
		} else if path.extension().is_some_and(|extension| extension == "mk") {
			found.push(path);
		}
	}
}

/// The index register of accesses that vary, which is written, and that of those that do not.
const VARIES: u8 = 0;
const FIXED: u8 = 31;

/// A value for each field of `row`; addresses use the register `index`.
fn word(row: &OpInfo, index: u8, zero: bool) -> Instruction {
	let fields = row.form.fields();
	let small = |field: Field, w: u8, d: u8| match field {
		Field::W => w,
		Field::D => d,
		Field::W4 => 12,
		Field::Input => 1 | (3 << 3) | (u8::from(zero) << 7),
		_ => 0,
	};
	let imm = match fields.imm {
		Field::Value | Field::SignedValue => 0x8000_0005,
		Field::ThirdW | Field::ThirdD => 3,
		Field::Shift => 28,
		Field::Selector => 0x7531,
		Field::BitField => 5 | (11 << 8),
		Field::InputIndex | Field::ParamIndex => 1,
		Field::Element => 0xffff_fff1,
		_ => 0,
	};
	Instruction {
		op: row.code,
		dst: small(fields.dst, 8, 4),
		a: if row.access().is_some() {
			index
		} else {
			small(fields.a, 1, 1)
		},
		b: small(fields.b, 2, 2),
		imm,
	}
}

fn control(code: u8, a: u8, imm: u32) -> Instruction {
	Instruction {
		op: code,
		a,
		imm,
		..Instruction::default()
	}
}

/// Every form of control flow, around the given body.
fn wrapped(body: Vec<Instruction>) -> Vec<Instruction> {
	let mut code = vec![
		Instruction {
			op: op::INDEX,
			dst: VARIES,
			..Instruction::default()
		},
		control(op::BLOCK, 0, 0),
		control(op::LOOP, 0, 0),
		control(op::IF, 1, 0),
		control(op::BR, 0, 2),
		control(op::ELSE, 0, 0),
		control(op::BR_IF, 2, 0),
		control(op::TRAP, 0, 0),
		control(op::END, 0, 0),
	];
	code.extend(body);
	code.extend([
		control(op::BR_IFZ, 8, 0),
		control(op::END, 0, 0),
		control(op::RETURN, 0, 0),
		control(op::END, 0, 0),
	]);
	code
}

fn valid(code: Vec<Instruction>, item_size: u16, area: u16) -> Program {
	let header = Header {
		features: 0,
		code_len: u16::try_from(code.len()).unwrap(),
		item_size,
		scratch_size: area,
		const_size: area,
		w_count: 32,
		d_count: 16,
		inputs: 2,
		params: 4,
		max_units: 1 << 20,
		max_faults: 64,
	};
	let constants = (0..area).map(|offset| offset.to_le_bytes()[0]).collect();
	Program::new(header, code, constants).unwrap()
}

/// A program with every instruction of the table, of which memory is accessed at offsets that vary, or that do not.
pub(crate) fn every_opcode(varies: bool) -> Program {
	let index = if varies { VARIES } else { FIXED };
	let mut body = Vec::new();
	for row in TABLE.iter().filter(|row| row.code > op::TRAP) {
		body.push(word(row, index, false));
		if row.access().is_some_and(|access| access.area == Area::Input) {
			body.push(word(row, index, true));
		}
	}
	let program = valid(wrapped(body), 64, 64);
	for row in TABLE {
		assert!(
			program.code().iter().any(|word| word.op == row.code),
			"{}",
			row.mnemonic
		);
	}
	program
}

/// A program of 4,096 instructions of the kind that takes the most text.
pub(crate) fn longest() -> Program {
	let index = Instruction {
		op: op::INDEX,
		dst: VARIES,
		..Instruction::default()
	};
	let mut code = vec![index];
	code.resize(4096, word(op::info(op::LD128).unwrap(), VARIES, true));
	valid(code, 16, 16)
}
