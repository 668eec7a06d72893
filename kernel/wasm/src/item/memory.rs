//! Loads of inputs; constants, scratch and output.

use super::{operand::Push, Emitter, Operand, OUT};
use crate::layout::LAYOUT;
use millrace_kernel::{
	opcode::{self, Area},
	program::{Instruction, CHUNK},
};
use wasm_encoder::{BlockType, InstructionSink, MemArg, ValType};

/// The bit of a load's `b` that lets a read out of range give 0.
const Z: u8 = 0x80;
/// The bits of a load's `b` that name the input.
const INPUT: u8 = 0x07;

impl Emitter<'_> {
	/// Pushes the number of the element that a memory instruction names.
	fn push_element(&mut self, word: &Instruction) {
		let a = self.w(word.a);
		let mut sink = self.sink();
		sink.operand(a);
		if word.imm != 0 {
			sink.operand(Operand::Word(word.imm)).i32_add();
		}
	}

	/// Emits a load of an input.
	pub(super) fn load(&mut self, word: &Instruction) {
		let ty = match word.op {
			opcode::LD64 => ValType::I64,
			opcode::LD128 => ValType::V128,
			_ => ValType::I32,
		};
		let width_log2 = width_log2(word.op);
		let input = word.b & INPUT;
		let count = self.locals.count(input, width_log2);
		let element = self.locals.temporary(ValType::I32, 0);
		self.push_element(word);
		self.sink().local_set(element);
		self.count_fault(word.b & !Z, element, width_log2);

		let place = MemArg {
			offset: 0,
			align: width_log2,
			memory_index: u32::from(input),
		};
		let bound = self.bound_label();
		let mut sink = self.sink();
		sink.local_get(element).local_get(count);
		if word.b & Z == 0 {
			sink.i32_ge_u().br_if(bound);
			fetch(&mut sink, word.op, element, place);
		} else {
			sink.i32_lt_u().if_(BlockType::Result(ty));
			fetch(&mut sink, word.op, element, place);
			sink.else_();
			match ty {
				ValType::I64 => sink.i64_const(0),
				ValType::V128 => sink.v128_const(0),
				_ => sink.i32_const(0),
			};
			sink.end();
		}
		match word.op {
			opcode::LD64 => self.set_d(word.dst),
			opcode::LD128 => self.set_quad(word.dst),
			_ => self.set_w(word.dst),
		}
	}

	/// Counts a fault where the chunk of `element` is not the one that `pair` remembers.
	fn count_fault(&mut self, pair: u8, element: u32, width_log2: u32) {
		// A program that loads has the counter.
		let Some(faults) = self.faults else { return };
		let remembered = self.locals.cursor(pair);
		let chunk = self.locals.temporary(ValType::I32, 1);
		let shift = Operand::Word(CHUNK.trailing_zeros() - width_log2);
		self.sink()
			.local_get(element)
			.operand(shift)
			.i32_shr_u()
			.local_tee(chunk)
			.local_get(remembered)
			.i32_ne()
			.local_get(faults)
			.i32_add()
			.local_set(faults)
			.local_get(chunk)
			.local_set(remembered);
	}

	/// Moves the vector on the stack to four `w` registers, and remembers that they hold it. Where nobody reads a
	/// register, its word is not taken out of the vector by the compiler.
	fn set_quad(&mut self, first: u8) {
		let vector = self.quads.insert(first, &mut self.locals);
		self.sink().local_set(vector);
		for lane in 0..4u8 {
			let local = self.locals.w(first.wrapping_add(lane));
			self.sink().local_get(vector).i32x4_extract_lane(lane).local_set(local);
		}
	}

	/// Pushes a read of constants or scratch.
	pub(super) fn read(&mut self, word: &Instruction) {
		let place = self.push_place(word);
		let mut sink = self.sink();
		match word.op {
			opcode::CONST64 | opcode::LDS64 => sink.i64_load(place),
			opcode::CONST32 | opcode::LDS32 => sink.i32_load(place),
			_ => sink.i32_load8_u(place),
		};
	}

	/// Emits a write to scratch or output.
	pub(super) fn write(&mut self, word: &Instruction) {
		let place = self.push_place(word);
		if word.op == opcode::STO128 {
			return self.write_quad(word.b, place);
		}
		let value = match word.op {
			opcode::STS64 | opcode::STO64 => self.d(word.b),
			_ => self.w(word.b),
		};
		let mut sink = self.sink();
		sink.operand(value);
		match word.op {
			opcode::STS64 | opcode::STO64 => sink.i64_store(place),
			opcode::STS32 | opcode::STO32 => sink.i32_store(place),
			opcode::STO16 => sink.i32_store16(place),
			_ => sink.i32_store8(place),
		};
	}

	/// Writes four registers to the address on the stack.
	fn write_quad(&mut self, first: u8, place: MemArg) {
		let address = self.locals.temporary(ValType::I32, 0);
		self.sink().local_set(address);
		for lane in 0..4u8 {
			let value = self.w(first.wrapping_add(lane));
			let place = MemArg {
				offset: place.offset + 4 * u64::from(lane),
				align: 2,
				..place
			};
			self.sink().local_get(address).operand(value).i32_store(place);
		}
	}

	/// Pushes the address of an element of constants, scratch or output, which wraps at the area's size; gives what the
	/// instruction adds to it.
	fn push_place(&mut self, word: &Instruction) -> MemArg {
		let header = self.program.header();
		let area = opcode::info(word.op)
			.and_then(|info| info.access())
			.map(|access| access.area);
		let (size, base) = match area {
			Some(Area::Constants) => (header.const_size, LAYOUT.constants),
			Some(Area::Scratch) => (header.scratch_size, LAYOUT.scratch),
			_ => (header.item_size, 0),
		};
		let size = u32::from(size);
		let width_log2 = width_log2(word.op);
		let is_output = area == Some(Area::Output);
		if size == 1 << width_log2 {
			// The area has one element.
			let mut sink = self.sink();
			if is_output {
				sink.local_get(OUT);
			} else {
				sink.i32_const(0);
			}
		} else {
			self.push_element(word);
			let mut sink = self.sink();
			if width_log2 > 0 {
				sink.operand(Operand::Word(width_log2)).i32_shl();
			}
			sink.operand(Operand::Word(size.saturating_sub(1))).i32_and();
			if is_output {
				sink.local_get(OUT).i32_add();
			}
		}
		MemArg {
			offset: u64::from(base),
			align: width_log2,
			memory_index: self.memory,
		}
	}
}

/// The base-2 logarithm of the width of a memory instruction.
fn width_log2(op: u8) -> u32 {
	opcode::info(op)
		.and_then(|info| info.access())
		.map_or(0, |access| access.width_log2)
}

/// Pushes the element of an input, which is in range.
fn fetch(sink: &mut InstructionSink<'_>, op: u8, element: u32, place: MemArg) {
	sink.local_get(element);
	if place.align > 0 {
		sink.operand(Operand::Word(place.align)).i32_shl();
	}
	match op {
		opcode::LD8U => sink.i32_load8_u(place),
		opcode::LD8S => sink.i32_load8_s(place),
		opcode::LD16U => sink.i32_load16_u(place),
		opcode::LD16S => sink.i32_load16_s(place),
		opcode::LD64 => sink.i64_load(place),
		opcode::LD128 => sink.v128_load(place),
		_ => sink.i32_load(place),
	};
}
