//! Every instruction that computes, over edge operands, with its destination apart and on a source.

use crate::harness::{compare, program, word};
use millrace_kernel::{
	eval::Task,
	opcode::{self, Field, Form, OpInfo},
	program::Instruction,
};
use std::collections::BTreeSet;

/// Operands at which arithmetic changes its ways; their low halves are those of the 32-bit file.
const EDGES: [u64; 25] = [
	0,
	1,
	2,
	3,
	31,
	32,
	33,
	63,
	64,
	65,
	0x7f,
	0x80,
	0x7fff_ffff,
	0x8000_0000,
	0x8000_0001,
	0xffff_fffe,
	0xffff_ffff,
	0x1_0000_0000,
	0x0123_4567_89ab_cdef,
	0x80ff_7f01_ff80_017f,
	0x7fff_ffff_ffff_ffff,
	0x8000_0000_0000_0000,
	0x8000_0000_0000_0001,
	0xffff_ffff_8000_0000,
	0xffff_ffff_ffff_ffff,
];
const COUNT: u32 = EDGES.len() as u32;

/// Loads the three operands that an item's index chooses into `w0..w3` and `d0..d3`. `w255` stays 0.
fn prelude() -> Vec<Instruction> {
	let mut code = vec![word("index", false, [10, 0, 0], 0)];
	for k in 0..3u8 {
		code.push(word("remu", true, [11, 10, 0], COUNT));
		code.push(word("divu", true, [10, 10, 0], COUNT));
		code.push(word("ld64", false, [k, 11, 8 * k], 0));
		code.push(word("lo", false, [k, k, 0], 0));
	}
	code
}

/// Runs `body` on every choice of `operands` operands; the item is `d[dst]` and `w[dst]`.
fn over_edges(name: &str, body: &[Instruction], dst: u8, operands: u32) {
	let mut code = prelude();
	code.extend_from_slice(body);
	code.push(word("sto64", false, [0, 255, dst], 0));
	code.push(word("sto32", false, [0, 255, dst], 2));
	let program = program(code, 3);
	let task = Task {
		items: COUNT.pow(operands),
		max_units: program.header().max_units,
		params: &[0x0123_4567_89ab_cdef, u64::MAX],
	};
	let data: Vec<u8> = EDGES.iter().flat_map(|edge| edge.to_le_bytes()).collect();
	let ran = compare(name, &program, &task, &[&data, &[1, 2, 3], &[]]);
	assert_eq!(ran.traps(), 0, "{name}");
}

/// Values for the immediate field of an instruction.
fn immediates(field: Field) -> Vec<u32> {
	match field {
		Field::Value | Field::SignedValue => {
			vec![
				0,
				1,
				2,
				31,
				32,
				33,
				63,
				64,
				0x7fff_ffff,
				0x8000_0000,
				0xffff_fffe,
				0xffff_ffff,
			]
		}
		Field::ThirdW | Field::ThirdD => vec![2],
		Field::Shift => vec![0, 1, 27, 31, 32, 33, 63],
		Field::Selector => vec![0x3210, 0x7654, 0x0000, 0x7777, 0x0123, 0x5432, 0x6420, 0x2103, 0x1032],
		Field::BitField => [(0, 1), (0, 8), (0, 32), (5, 20), (8, 8), (24, 8), (31, 1)]
			.map(|(position, length)| position | (length << 8))
			.to_vec(),
		Field::InputIndex => vec![0, 1, 2],
		Field::ParamIndex => vec![0, 1],
		_ => vec![0],
	}
}

/// Whether the instruction computes from registers and settings alone.
fn computes(info: &OpInfo) -> bool {
	!matches!(
		info.form,
		Form::None | Form::Condition | Form::Depth | Form::ConditionDepth
	) && info.access().is_none()
}

#[test]
fn all_that_compute_agree_over_edges() {
	let mut tested = BTreeSet::new();
	for info in opcode::TABLE.iter().filter(|info| computes(info)) {
		let fields = info.form.fields();
		let third = matches!(fields.imm, Field::ThirdW | Field::ThirdD);
		let operands = match (fields.b, third) {
			(_, true) => 3,
			(Field::Zero, false) => 1,
			(_, false) => 2,
		};
		for (number, imm) in immediates(fields.imm).into_iter().enumerate() {
			// A register of its own, and each of the sources.
			let places: &[u8] = if number == 0 { &[4, 0, 1] } else { &[0] };
			for dst in places {
				let body = [Instruction {
					op: info.code,
					dst: *dst,
					a: 0,
					b: u8::from(fields.b != Field::Zero),
					imm,
				}];
				over_edges(info.mnemonic, &body, *dst, operands);
			}
		}
		tested.insert(info.code);
	}
	let control = 10;
	let memory = opcode::TABLE.iter().filter(|info| info.access().is_some()).count();
	assert_eq!(tested.len() + control + memory, opcode::TABLE.len());
}

#[test]
fn sources_may_be_one_register() {
	for info in opcode::TABLE.iter().filter(|info| computes(info)) {
		let fields = info.form.fields();
		if matches!(fields.b, Field::W | Field::D) {
			let imm = match fields.imm {
				Field::ThirdW | Field::ThirdD => 0,
				other => immediates(other).last().copied().unwrap_or(0),
			};
			let body = [Instruction {
				op: info.code,
				imm,
				..Instruction::default()
			}];
			over_edges(info.mnemonic, &body, 0, 1);
		}
	}
}

#[test]
fn all_selectors_agree() {
	let all: Vec<u32> = (0..8u32.pow(4))
		.map(|n| (0..4).map(|i| ((n >> (3 * i)) & 7) << (4 * i)).sum())
		.collect();
	for part in all.chunks(1024) {
		let body: Vec<Instruction> = part
			.iter()
			.flat_map(|selector| {
				[
					word("prmt", false, [5, 0, 1], *selector),
					word("mad", true, [4, 4, 5], 31),
				]
			})
			.collect();
		over_edges("prmt", &body, 4, 2);
	}
}

#[test]
fn all_bit_fields_agree() {
	for name in ["bfeu", "bfes"] {
		let fields = (0..32u32).flat_map(|position| (1..=32 - position).map(move |length| position | (length << 8)));
		let body: Vec<Instruction> = fields
			.flat_map(|field| [word(name, false, [5, 0, 0], field), word("mad", true, [4, 4, 5], 31)])
			.collect();
		over_edges(name, &body, 4, 1);
	}
}

#[test]
fn all_constant_shifts_agree() {
	for name in ["shl", "shru", "shrs", "rotl"] {
		let body: Vec<Instruction> = (0..70)
			.flat_map(|n| [word(name, true, [5, 0, 0], n), word("mad", true, [4, 4, 5], 31)])
			.collect();
		over_edges(name, &body, 4, 1);
		let body: Vec<Instruction> = (0..70)
			.flat_map(|n| {
				[
					word(&format!("{name}.d"), true, [5, 0, 0], n),
					word("mad.d", true, [4, 4, 5], 31),
				]
			})
			.collect();
		over_edges(name, &body, 4, 1);
	}
	let body: Vec<Instruction> = (0..70)
		.flat_map(|n| [word("fshr", true, [5, 0, 1], n), word("mad", true, [4, 4, 5], 31)])
		.collect();
	over_edges("fshr", &body, 4, 2);
}
