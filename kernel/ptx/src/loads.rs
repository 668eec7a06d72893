//! Loads from the inputs: the fault, the range, the bytes.
//!
//! No load branches, so that the assembler may move it ahead of others. A plain load that is out of range sets `%bad0`,
//! which stays set: such an item ends as a bound trap whatever it still computes, so from there on its loads need only
//! do no harm, and do nothing.

use std::fmt::Display;

use millrace_kernel::{
	opcode,
	program::{Instruction, CHUNK},
};

use crate::{
	emitter::Emitter,
	operand::{Operand, Quad},
	text::ptx,
};

/// The greatest constant offset of an address: offsets have 32 bits and a sign.
const MAX_OFFSET: u64 = 0x7fff_ffff;

impl Emitter<'_> {
	/// Writes a load of 2^`width_log2` bytes. The address is complete before a destination changes.
	pub(crate) fn load(&mut self, word: &Instruction, width_log2: u32) {
		let (input, pair, zero) = (word.b & 7, word.b & 0x7f, word.b & 0x80 != 0);
		let (chunk, count) = (self.survey.chunk(pair), self.survey.elements(input, width_log2));
		// Elements a chunk, as a logarithm.
		let shift = CHUNK.trailing_zeros() - width_log2;
		let width = 1u32 << width_log2;
		let address = match self.survey.fixed_element(word) {
			Some(element) => {
				self.fault(chunk, element >> shift);
				if zero {
					ptx!(self.text, "setp.gt.u32 %p0, %count{count}, {element}");
				} else {
					ptx!(self.text, "setp.le.or.u32 %bad0, %count{count}, {element}, %bad0");
				}
				let offset = u64::from(element) << width_log2;
				if offset <= MAX_OFFSET {
					format!("%in{input}+{offset}")
				} else {
					ptx!(self.text, "add.s64 %x0, %in{input}, {offset}");
					"%x0".to_owned()
				}
			}
			None => {
				let mut element = Operand::W(word.a);
				if word.imm != 0 {
					ptx!(self.text, "add.s32 %t0, {element}, {}", word.imm.cast_signed());
					element = Operand::Temporary;
				}
				ptx!(self.text, "shr.u32 %t1, {element}, {shift}");
				self.fault(chunk, "%t1");
				if zero {
					ptx!(self.text, "setp.lt.u32 %p0, {element}, %count{count}");
				} else {
					ptx!(self.text, "setp.ge.or.u32 %bad0, {element}, %count{count}, %bad0");
				}
				ptx!(self.text, "mad.wide.u32 %x0, {element}, {width}, %in{input}");
				"%x0".to_owned()
			}
		};
		let guard = if zero {
			self.clear_destination(word);
			"@%p0"
		} else {
			"@!%bad0"
		};
		let (w, d, quad) = (Operand::W(word.dst), Operand::D(word.dst), Quad(word.dst));
		match word.op {
			opcode::LD8U => ptx!(self.text, "{guard} ld.global.nc.u8 {w}, [{address}]"),
			opcode::LD8S => ptx!(self.text, "{guard} ld.global.nc.s8 {w}, [{address}]"),
			opcode::LD16U => ptx!(self.text, "{guard} ld.global.nc.u16 {w}, [{address}]"),
			opcode::LD16S => ptx!(self.text, "{guard} ld.global.nc.s16 {w}, [{address}]"),
			opcode::LD32 => ptx!(self.text, "{guard} ld.global.nc.u32 {w}, [{address}]"),
			opcode::LD64 => ptx!(self.text, "{guard} ld.global.nc.u64 {d}, [{address}]"),
			_ => ptx!(self.text, "{guard} ld.global.nc.v4.u32 {quad}, [{address}]"),
		}
	}

	/// Counts a fault where the chunk of this load is not the one remembered, and remembers it.
	fn fault(&mut self, remembered: usize, chunk: impl Display) {
		ptx!(self.text, "setp.ne.s32 %p0, %chunk{remembered}, {chunk}");
		ptx!(self.text, "@%p0 add.s32 %faults0, %faults0, 1");
		ptx!(self.text, "mov.b32 %chunk{remembered}, {chunk}");
	}

	/// What a load that reads 0 out of range leaves there.
	fn clear_destination(&mut self, word: &Instruction) {
		match word.op {
			opcode::LD64 => ptx!(self.text, "mov.b64 %d{}, 0", word.dst),
			opcode::LD128 => {
				for number in Quad(word.dst).numbers() {
					ptx!(self.text, "mov.b32 %w{number}, 0");
				}
			}
			_ => ptx!(self.text, "mov.b32 %w{}, 0", word.dst),
		}
	}
}
