//! Loads: mostly in range, or nearly every item would trap; around the end, and anywhere, where that gives 0.

use millrace_kernel::opcode::{self as op, Field, OpInfo};

use super::{operand, writer::Writer};

/// The bit of a load's source that makes it read 0 out of range.
const ZERO: u8 = 0x80;

impl Writer<'_> {
	/// A load of 2^`width_log2` bytes, into `dst` where that is asked for.
	pub(super) fn load(&mut self, row: &OpInfo, width_log2: u32, dst: Option<u8>) {
		let pair = self.random.pick(&self.plan.pairs);
		let count = self.plan.elements(pair & 7, width_log2);
		let field = row.form.fields().dst;
		let dst = dst.unwrap_or_else(|| self.destination(field));
		// The address may lie in the destination.
		let at = match field {
			Field::W if self.random.chance(30) => dst,
			Field::W4 if self.random.chance(50) => dst + self.random.below(4) as u8,
			_ => self.free(),
		};
		let zero = self.random.chance(40) || (count == 0 && !self.plan.misses);
		let (address, element) = if zero {
			self.anywhere(at, count)
		} else if count == 0 || (self.plan.misses && self.random.chance(15)) {
			self.around_the_end(at, count)
		} else {
			self.inside(at, count)
		};
		let source = if zero { pair | ZERO } else { pair };
		self.emit(row.code, dst, address, source, element);
	}

	/// An address in range; `count` is at least 1.
	fn inside(&mut self, at: u8, count: u32) -> (u8, u32) {
		// The greatest mask that keeps a number below `count`; often less, so that items stay in a chunk.
		let mut mask = (1u32 << count.ilog2()) - 1;
		if self.random.chance(50) {
			mask = mask.min(31);
		}
		let from = self.any();
		let element = self.random.below(count - mask);
		match self.random.below(12) {
			0 | 1 => return (self.plan.zero, self.random.below(count)),
			2 => {
				self.emit(op::REMU_I, at, from, 0, count);
				return (at, 0);
			}
			3 | 4 => {
				self.emit(op::INDEX, at, 0, 0, 0);
				self.emit(op::AND_I, at, at, 0, mask);
			}
			5 => {
				// The sum of register and offset wraps.
				let away = operand::word(self.random);
				self.emit(op::AND_I, at, from, 0, mask);
				self.emit(op::SUB_I, at, at, 0, away);
				return (at, element.wrapping_add(away));
			}
			_ => self.emit(op::AND_I, at, from, 0, mask),
		}
		(at, element)
	}

	/// One of the last elements, or one of the first behind them.
	fn around_the_end(&mut self, at: u8, count: u32) -> (u8, u32) {
		let from = self.any();
		self.emit(op::AND_I, at, from, 0, 3);
		(at, count.saturating_sub(self.random.between(1, 4)))
	}

	/// In range, around the end, or anywhere.
	fn anywhere(&mut self, at: u8, count: u32) -> (u8, u32) {
		match self.random.below(10) {
			0..=4 if count > 0 => self.inside(at, count),
			5..=7 => self.around_the_end(at, count),
			8 => (self.plan.zero, operand::word(self.random)),
			_ => (self.any(), operand::word(self.random)),
		}
	}
}
