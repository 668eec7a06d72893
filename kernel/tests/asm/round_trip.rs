//! Program to text and back, and texts that are no programs.

use millrace_kernel::{
	asm::{assemble, disassemble},
	opcode::{self, Field},
	program::{Header, Instruction, Program, MAX_NESTING},
};
use proptest::prelude::*;

use crate::with_head;

/// A field of a random instruction, made valid under the header of [`random_program`].
fn fit(field: Field, value: u32, open: usize) -> u32 {
	match field {
		Field::Zero => 0,
		Field::W | Field::ThirdW => value % 12,
		Field::D | Field::ThirdD => value % 4,
		Field::W4 => value % 9,
		Field::Value | Field::SignedValue | Field::Element => value,
		Field::Depth => value % u32::try_from(open.max(1)).expect("small"),
		Field::Shift => value % 64,
		Field::Selector => value & 0x7777,
		Field::BitField => {
			let position = value % 32;
			position | ((1 + (value >> 8) % (32 - position)) << 8)
		}
		Field::Input => value & 0xf9,
		Field::InputIndex | Field::ParamIndex => value % 2,
	}
}

/// A valid program from arbitrary words.
fn random_program(words: &[(u8, [u8; 3], u32)], constants: [u8; 16]) -> Program {
	let mut code = Vec::new();
	// For each open block, whether an `else` may follow.
	let mut open: Vec<bool> = Vec::new();
	for (row, [dst, a, b], imm) in words {
		let row = &opcode::TABLE[usize::from(*row) % opcode::TABLE.len()];
		match row.code {
			opcode::BLOCK | opcode::LOOP | opcode::IF if open.len() >= MAX_NESTING => continue,
			opcode::BLOCK | opcode::LOOP => open.push(false),
			opcode::IF => open.push(true),
			opcode::ELSE if open.last() == Some(&true) => *open.last_mut().expect("checked") = false,
			opcode::ELSE => continue,
			opcode::END if open.pop().is_none() => continue,
			opcode::BR | opcode::BR_IF | opcode::BR_IFZ if open.is_empty() => continue,
			_ => {}
		}
		let fields = row.form.fields();
		let byte = |field, value: u8| fit(field, u32::from(value), 1) as u8;
		code.push(Instruction {
			op: row.code,
			dst: byte(fields.dst, *dst),
			a: byte(fields.a, *a),
			b: byte(fields.b, *b),
			imm: fit(fields.imm, *imm, open.len()),
		});
	}
	code.extend(open.iter().map(|_| Instruction {
		op: opcode::END,
		..Instruction::default()
	}));
	let header = Header {
		features: 0,
		code_len: u16::try_from(code.len()).expect("short"),
		item_size: 16,
		scratch_size: 16,
		const_size: 16,
		w_count: 12,
		d_count: 4,
		inputs: 2,
		params: 2,
		max_units: 1000,
		max_faults: 4,
	};
	Program::new(header, code, constants.to_vec()).expect("made valid")
}

proptest! {
	#[test]
	fn random_programs_survive_the_round_trip(
		words in proptest::collection::vec(any::<(u8, [u8; 3], u32)>(), 0..200),
		constants in any::<[u8; 16]>(),
	) {
		let program = random_program(&words, constants);
		let text = disassemble(&program);
		let again = assemble(&text);
		prop_assert_eq!(again.as_ref(), Ok(&program), "{}", text);
		prop_assert_eq!(disassemble(&program), text);
	}

	#[test]
	fn no_text_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
		let text = String::from_utf8_lossy(&bytes);
		let _ = assemble(&text);
		let _ = assemble(&with_head(&text));
	}

	#[test]
	fn no_order_of_tokens_makes_it_panic(
		pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..200),
	) {
		let _ = assemble(&with_head(&pieces.join(" ")));
	}
}

/// What texts are made of, in no order.
const PIECES: &[&str] = &[
	"\n",
	"\n",
	"\n",
	",",
	",",
	",",
	"[",
	"]",
	"+",
	"-",
	":",
	"x",
	"y",
	"p",
	"a",
	"b",
	"k",
	"w0",
	"w255",
	"w256",
	"d127",
	"0",
	"1",
	"31",
	"0xffffffff",
	"18446744073709551615",
	"add",
	"add.d",
	"mad",
	"fshr",
	"mov",
	"ld32",
	"ld128.z",
	"sto8",
	"sto128",
	"const32",
	"prmt",
	"bfeu",
	"mulshrs",
	"len",
	"param",
	"block",
	"loop",
	"if",
	"else",
	"end",
	"br",
	"br_if",
	"return",
	".equ",
	".const",
	"u8",
	"u32",
	"u64",
	"t",
	".w",
	".d",
	".inputs",
	".registers",
	".scratch",
	"\n.macro m x\n",
	"\n.endmacro\n",
	"\nm y\n",
	".z",
	".",
	"; rest",
];
