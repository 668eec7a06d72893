//! The two ends of a program: registers filled with something, and every register folded into the output.

use millrace_kernel::opcode::{self as op, Field};

use super::{operand, writer::Writer};

/// An odd factor: multiplying a sum by it loses nothing.
const FACTOR: u32 = 0x9e37_79b1;
/// Most registers of a file that are filled.
const FILLED: u32 = 24;
/// Most words of scratch that are folded.
const FOLDED_SCRATCH: u32 = 16;

impl Writer<'_> {
	/// Fills many of the registers.
	pub(super) fn fill(&mut self) {
		let free = u32::from(self.plan.free.end - self.plan.free.start);
		for _ in 0..free.min(FILLED) {
			self.fresh();
		}
	}

	/// Gives one register a value that differs between items, or between inputs, or stands at an edge.
	pub(super) fn fresh(&mut self) {
		let dst = self.free();
		let row = match self.random.below(12) {
			0 | 1 => {
				let other = self.any();
				self.emit(op::INDEX, dst, 0, 0, 0);
				return self.emit(op::MAD_I, dst, dst, other, FACTOR);
			}
			2 => op::INDEX,
			3 | 4 => op::LD32,
			5 => self.random.pick(&[op::LD8S, op::LD16S, op::LD128]),
			6 => self.random.pick(&[op::CONST32, op::CONST8U]),
			7 => self.random.pick(&[op::ITEMS, op::LEN]),
			8 => self.random.pick(&[op::LD64, op::PARAM, op::CONST64]),
			9 => self.random.pick(&[op::PACK, op::SEXT, op::MULWU, op::MOV_D_I]),
			_ => op::MOV_I,
		};
		let row = Self::row(row);
		if self.can(row) {
			self.instruction(row, None);
		} else {
			let value = operand::word(self.random);
			self.emit(op::MOV_I, dst, 0, 0, value);
		}
	}

	/// Stores some registers as they are, and then a sum of all.
	pub(super) fn fold(&mut self) {
		let mixed = self.random.chance(92);
		let [sum, temporary, ..] = self.plan.counters;
		if mixed {
			self.sum_registers(sum, temporary);
			self.sum_scratch(sum, temporary);
		}
		for _ in 0..self.random.below(5) {
			let row = Self::row(
				self.random
					.pick(&[op::STO8, op::STO16, op::STO32, op::STO64, op::STO128]),
			);
			if self.can(row) {
				self.instruction(row, None);
			}
		}
		if mixed {
			self.store_sum(sum, temporary);
		}
	}

	fn sum_registers(&mut self, sum: u8, temporary: u8) {
		for register in self.plan.free.clone() {
			self.emit(op::MAD_I, sum, sum, register as u8, FACTOR);
		}
		if self.plan.d_count > 1 {
			let sum_d = self.plan.sum_d();
			for register in 0..self.plan.free_d() {
				self.emit(op::MAD_D_I, sum_d, sum_d, register, FACTOR);
			}
			for half in [op::LO, op::HI] {
				self.emit(half, temporary, sum_d, 0, 0);
				self.emit(op::MAD_I, sum, sum, temporary, FACTOR);
			}
		}
	}

	fn sum_scratch(&mut self, sum: u8, temporary: u8) {
		let (read, elements) = match self.plan.scratch_size {
			0 => return,
			size @ 1..4 => (op::LDS8U, size),
			size => (op::LDS32, size / 4),
		};
		for element in 0..u32::from(elements).min(FOLDED_SCRATCH) {
			self.emit(read, temporary, self.plan.zero, 0, element);
			self.emit(op::MAD_I, sum, sum, temporary, FACTOR);
		}
	}

	/// Stores the sum last, so that nothing covers it. An item that is narrower gets all of its bits folded.
	fn store_sum(&mut self, sum: u8, temporary: u8) {
		let (store, width_log2, folds): (u8, u32, &[u32]) = match self.plan.item_size {
			1 => (op::STO8, 0, &[16, 8]),
			2 => (op::STO16, 1, &[16]),
			_ => (op::STO32, 2, &[]),
		};
		for shift in folds {
			self.emit(op::SHRU_I, temporary, sum, 0, *shift);
			self.emit(op::XOR, sum, sum, temporary, 0);
		}
		let element = self.random.below(u32::from(self.plan.item_size) >> width_log2);
		self.emit(store, 0, self.plan.zero, sum, element);
		if self.plan.item_size >= 16 && self.plan.d_count > 1 {
			// The 8 bytes before or behind the half in which the sum lies.
			let other = (element / 2) ^ 1;
			self.emit(op::STO64, 0, self.plan.zero, self.plan.sum_d(), other);
		}
	}

	/// Writes 0 to the register that is 0.
	pub(super) fn write_zero(&mut self) {
		let zero = self.plan.zero;
		match self.random.below(3) {
			0 => self.emit(op::MOV_I, zero, 0, 0, 0),
			1 => self.emit(op::XOR, zero, zero, zero, 0),
			_ => {
				let from = self.any();
				self.edge(Field::W, from);
				self.emit(op::AND_I, zero, from, 0, 0);
			}
		}
	}
}
