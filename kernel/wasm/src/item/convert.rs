//! Instructions between the register files, and what an item knows of its job.

use super::{operand::Push, Emitter, Operand, INDEX};
use crate::layout::LAYOUT;
use millrace_kernel::{
	opcode::{HI, INDEX as OP_INDEX, ITEMS, LEN, MADWS, MADWU, MULWS, MULWU, PACK, PARAM, SEXT},
	program::Instruction,
};
use wasm_encoder::{InstructionSink, MemArg};

impl Emitter<'_> {
	/// Pushes a half of a `d` register.
	pub(super) fn narrow(&mut self, op: u8, a: Operand) {
		let mut sink = self.sink();
		sink.operand(a);
		if op == HI {
			sink.i64_const(32).i64_shr_u();
		}
		sink.i32_wrap_i64();
	}

	/// Pushes a 64-bit word made of `w` registers; `third` is a `d` register.
	pub(super) fn widen(&mut self, word: &Instruction, third: u8) {
		let a = self.w(word.a);
		match word.op {
			PACK => {
				let high = self.w(word.b);
				let mut sink = self.sink();
				sink.operand(high).i64_extend_i32_u().i64_const(32).i64_shl();
				sink.operand(a).i64_extend_i32_u().i64_or();
			}
			MULWU | MULWS | MADWU | MADWS => {
				let b = self.w(word.b);
				let c = matches!(word.op, MADWU | MADWS).then(|| self.d(third));
				let signed = matches!(word.op, MULWS | MADWS);
				let mut sink = self.sink();
				extended(&mut sink, a, signed);
				extended(&mut sink, b, signed);
				sink.i64_mul();
				if let Some(c) = c {
					sink.operand(c).i64_add();
				}
			}
			op => extended(&mut self.sink(), a, op == SEXT),
		}
	}

	/// Pushes what the host or the caller set: index, items, length of an input, parameter.
	pub(super) fn setting(&mut self, word: &Instruction) {
		let memory_index = self.memory;
		let at = |offset: u32, align: u32| MemArg {
			offset: u64::from(offset),
			align,
			memory_index,
		};
		let mut sink = self.sink();
		match word.op {
			OP_INDEX => sink.local_get(INDEX),
			ITEMS => sink.i32_const(0).i32_load(at(LAYOUT.items, 2)),
			LEN => sink.i32_const(0).i32_load(at(LAYOUT.lengths + 4 * word.imm, 2)),
			PARAM => sink.i32_const(0).i64_load(at(LAYOUT.params + 8 * word.imm, 3)),
			_ => sink.unreachable(),
		};
	}
}

/// Pushes a `w` register as a 64-bit word.
fn extended(sink: &mut InstructionSink<'_>, operand: Operand, signed: bool) {
	sink.operand(operand);
	if signed {
		sink.i64_extend_i32_s();
	} else {
		sink.i64_extend_i32_u();
	}
}
