//! The disassembler: text that assembles to the same bytes.

use alloc::{
	format,
	string::{String, ToString},
	vec::Vec,
};

use super::slots::{slots, Place, Slot};
use crate::{
	opcode::{self, Field, OpInfo},
	program::{Instruction, Program},
	words::low8,
};

/// Levels of nesting that are shown by indentation: deeper ones stay in line, which bounds the text.
const MAX_INDENT: usize = 16;

/// Constants on one line.
const CONSTANTS_A_LINE: usize = 8;

/// The text of `program`, with registers by number, branches by depth, and inputs and parameters called `in0` and `p0`
/// by their numbers. [`assemble`](super::assemble) turns it into the same bytes.
pub fn disassemble(program: &Program) -> String {
	let header = program.header();
	let mut lines = Vec::new();
	lines.push(format!(".item {}", header.item_size));
	if header.scratch_size != 0 {
		lines.push(format!(".scratch {}", header.scratch_size));
	}
	for (directive, prefix, count) in [(".inputs", "in", header.inputs), (".params", "p", header.params)] {
		if count != 0 {
			let names: Vec<String> = (0..count).map(|number| format!("{prefix}{number}")).collect();
			lines.push(format!("{directive} {}", names.join(" ")));
		}
	}
	lines.push(format!(".max_units {}", header.max_units));
	lines.push(format!(".max_faults {}", header.max_faults));
	lines.push(format!(".registers {} {}", header.w_count, header.d_count));
	constants(program.constants(), &mut lines);
	let mut depth = 1usize;
	for word in program.code() {
		let Some(row) = opcode::info(word.op) else {
			// A program holds no other opcodes: the validator saw to it.
			continue;
		};
		if matches!(word.op, opcode::END | opcode::ELSE) {
			depth = depth.saturating_sub(1);
		}
		let mut line = "  ".repeat(depth.min(MAX_INDENT));
		line.push_str(&instruction(row, word));
		lines.push(line);
		if matches!(word.op, opcode::BLOCK | opcode::LOOP | opcode::IF | opcode::ELSE) {
			depth = depth.saturating_add(1);
		}
	}
	let mut text = lines.join("\n");
	text.push('\n');
	text
}

/// All of the constants, so that the size of their area comes back; as words where they are whole words.
fn constants(bytes: &[u8], lines: &mut Vec<String>) {
	let (kind, width) = if bytes.len() >= 8 { ("u64", 8) } else { ("u8", 1) };
	let numbers: Vec<String> = bytes
		.chunks(width)
		.map(|word| {
			let value = word
				.iter()
				.rev()
				.fold(0u64, |value, byte| value.wrapping_shl(8) | u64::from(*byte));
			format!("{value:#x}")
		})
		.collect();
	for line in numbers.chunks(CONSTANTS_A_LINE) {
		lines.push(format!(".const {kind} {}", line.join(", ")));
	}
}

/// One instruction without indentation.
fn instruction(row: &OpInfo, word: &Instruction) -> String {
	let slots = slots(row.form);
	let is_load = slots.contains(&Slot::Address(Field::Input));
	let suffix = if is_load && word.b & 0x80 != 0 { ".z" } else { "" };
	let mut text = format!("{}{suffix}", row.mnemonic);
	for (at, slot) in slots.iter().enumerate() {
		text.push_str(if at == 0 { " " } else { ", " });
		text.push_str(&operand(*slot, word));
	}
	text
}

fn operand(slot: Slot, word: &Instruction) -> String {
	let (place, field) = match slot {
		Slot::Field(place, field) => (place, field),
		Slot::Position => return low8(word.imm).to_string(),
		Slot::Length => return low8(word.imm.wrapping_shr(8)).to_string(),
		Slot::Address(field) => {
			let offset = match word.imm.cast_signed() {
				0 => String::new(),
				ahead if ahead > 0 => format!(" + {ahead}"),
				behind => format!(" - {}", behind.unsigned_abs()),
			};
			let inside = format!("[w{}{offset}]", word.a);
			if field != Field::Input {
				return inside;
			}
			let (input, cursor) = (word.b & 7, word.b.wrapping_shr(3) & 15);
			return match cursor {
				0 => format!("in{input}{inside}"),
				_ => format!("in{input}{inside}:{cursor}"),
			};
		}
	};
	let value = match place {
		Place::Dst => u32::from(word.dst),
		Place::A => u32::from(word.a),
		Place::B => u32::from(word.b),
		Place::Imm => word.imm,
	};
	match field {
		Field::W | Field::ThirdW | Field::W4 => format!("w{value}"),
		Field::D | Field::ThirdD => format!("d{value}"),
		Field::Selector => format!("{value:#06x}"),
		Field::SignedValue => value.cast_signed().to_string(),
		Field::Value => number(value),
		Field::InputIndex => format!("in{value}"),
		Field::ParamIndex => format!("p{value}"),
		_ => value.to_string(),
	}
}

/// A 32-bit operand, which has no sign of its own: small ones in decimal, those just below 0 as negative, masks in
/// hexadecimal.
fn number(value: u32) -> String {
	match value {
		0..=0xffff => value.to_string(),
		0xffff_0000.. => value.cast_signed().to_string(),
		_ => format!("{value:#x}"),
	}
}
