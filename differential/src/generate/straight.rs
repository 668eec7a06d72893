//! Instructions without control flow: any row of the table, its operands often at an edge.

use millrace_kernel::opcode::{self as op, Area, Field, OpInfo};

use super::{operand, writer::Writer};

/// Elements of scratch, constants and output in which most accesses meet.
const NEAR: u32 = 16;

impl Writer<'_> {
	/// Any instruction that computes or touches memory.
	pub(super) fn straight(&mut self) {
		let first = op::TABLE.partition_point(|row| row.code < op::MOV);
		loop {
			let row = &op::TABLE[first + self.random.below((op::TABLE.len() - first) as u32) as usize];
			if self.can(row) {
				return self.instruction(row, None);
			}
		}
	}

	/// Whether the program declares what `row` needs.
	pub(super) fn can(&self, row: &OpInfo) -> bool {
		let fields = row.form.fields();
		let declared = [fields.dst, fields.a, fields.b, fields.imm]
			.into_iter()
			.all(|field| match field {
				Field::D | Field::ThirdD => self.plan.d_count > 1,
				Field::Input => !self.plan.pairs.is_empty(),
				Field::InputIndex => !self.plan.inputs.is_empty(),
				Field::ParamIndex => !self.plan.params.is_empty(),
				_ => true,
			});
		declared
			&& row.access().is_none_or(|access| {
				access.area == Area::Input || u32::from(self.size(access.area)) >= 1 << access.width_log2
			})
	}

	fn size(&self, area: Area) -> u16 {
		match area {
			Area::Input => 0,
			Area::Constants => self.plan.constants.len() as u16,
			Area::Scratch => self.plan.scratch_size,
			Area::Output => self.plan.item_size,
		}
	}

	/// One instruction of `row`, into `dst` where that is asked for.
	pub(super) fn instruction(&mut self, row: &OpInfo, dst: Option<u8>) {
		match row.access() {
			Some(access) if access.area == Area::Input => self.load(row, access.width_log2, dst),
			Some(access) => self.local(row, access.area, access.width_log2, dst),
			None => self.compute(row, dst),
		}
	}

	/// A register of the kind that `field` asks for, to read; 0 for a field without a register.
	fn source(&mut self, field: Field) -> u8 {
		match field {
			Field::W | Field::ThirdW => self.any(),
			Field::D | Field::ThirdD => self.any_d(),
			Field::W4 => self.any_quad(),
			_ => 0,
		}
	}

	/// A register of the kind that `field` asks for, to write.
	pub(super) fn destination(&mut self, field: Field) -> u8 {
		match field {
			Field::W => self.free(),
			Field::D => self.free_d(),
			Field::W4 => self.free_quad(),
			_ => 0,
		}
	}

	fn compute(&mut self, row: &OpInfo, dst: Option<u8>) {
		let fields = row.form.fields();
		let (a, b) = (self.source(fields.a), self.source(fields.b));
		let imm = self.immediate(fields.imm);
		let edges = self.random.below(100);
		for (field, register) in [(fields.a, a), (fields.b, b), (fields.imm, imm as u8)] {
			// All sources at an edge, some of them, or none.
			if edges < 12 || (edges < 30 && self.random.chance(50)) {
				self.edge(field, register);
			}
		}
		let dst = match dst {
			Some(dst) => dst,
			None if fields.dst == fields.a && self.can_write(fields.a, a) && self.random.chance(20) => a,
			None => self.destination(fields.dst),
		};
		self.emit(row.code, dst, a, b, imm);
	}

	fn can_write(&self, field: Field, register: u8) -> bool {
		match field {
			Field::W => self.is_free(register),
			Field::D => register < self.plan.free_d(),
			_ => false,
		}
	}

	/// What the `imm` field holds, for instructions that touch no memory.
	fn immediate(&mut self, field: Field) -> u32 {
		match field {
			Field::Value | Field::SignedValue => operand::word(self.random),
			Field::ThirdW | Field::ThirdD => u32::from(self.source(field)),
			Field::Shift if self.random.chance(50) => self.random.pick(&[0, 1, 16, 31, 32, 33, 62, 63]),
			Field::Shift => self.random.below(64),
			Field::Selector => (0..4).fold(0u32, |all, _| (all << 4) | self.random.below(8)),
			Field::BitField => {
				let length = if self.random.chance(30) {
					self.random.pick(&[1, 8, 16, 31, 32])
				} else {
					self.random.between(1, 32)
				};
				self.random.below(33 - length) | (length << 8)
			}
			Field::InputIndex => self.random.below(self.plan.inputs.len() as u32),
			Field::ParamIndex => self.random.below(self.plan.params.len() as u32),
			_ => 0,
		}
	}

	/// Sets a source to an edge value, where statements may write it.
	pub(super) fn edge(&mut self, field: Field, register: u8) {
		match field {
			Field::W | Field::ThirdW if self.is_free(register) => {
				let value = operand::word(self.random);
				self.emit(op::MOV_I, register, 0, 0, value);
			}
			Field::D | Field::ThirdD if register < self.plan.free_d() => self.edge_d(register),
			_ => {}
		}
	}

	/// Sets a `d` register to an edge value. Immediates reach only those that fit 32 bits.
	fn edge_d(&mut self, register: u8) {
		match self.random.below(6) {
			0 if !self.plan.params.is_empty() => {
				let number = self.immediate(Field::ParamIndex);
				self.emit(op::PARAM, register, 0, 0, number);
			}
			1 if self.plan.constants.len() >= 8 => {
				let element = self.random.below(NEAR);
				self.emit(op::CONST64, register, self.plan.zero, 0, element);
			}
			2 | 3 => {
				// A power of two, 2^63 more often than others; one less is the greatest number.
				let shift = if self.random.chance(50) {
					63
				} else {
					self.random.below(64)
				};
				self.emit(op::MOV_D_I, register, 0, 0, 1);
				self.emit(op::SHL_D_I, register, register, 0, shift);
				if self.random.chance(40) {
					self.emit(op::SUB_D_I, register, register, 0, 1);
				}
			}
			_ => {
				let value = operand::word(self.random);
				self.emit(op::MOV_D_I, register, 0, 0, value);
			}
		}
	}

	/// An access to constants, scratch or the output.
	fn local(&mut self, row: &OpInfo, area: Area, width_log2: u32, dst: Option<u8>) {
		let fields = row.form.fields();
		let b = self.source(fields.b);
		let (address, element) = self.address(area, width_log2);
		let dst = dst.unwrap_or_else(|| self.destination(fields.dst));
		self.emit(row.code, dst, address, b, element);
	}

	/// A register and an offset: a known element, a near one, or any, which wraps.
	pub(super) fn address(&mut self, area: Area, width_log2: u32) -> (u8, u32) {
		let elements = u32::from(self.size(area)) >> width_log2;
		let element = if self.random.chance(80) {
			self.random.below(elements.clamp(1, NEAR))
		} else {
			operand::word(self.random)
		};
		if (area == Area::Scratch && self.plan.constant_scratch) || self.random.chance(40) {
			return (self.plan.zero, element);
		}
		if self.random.chance(60) {
			let (address, from) = (self.free(), self.any());
			self.emit(op::AND_I, address, from, 0, NEAR - 1);
			return (address, element);
		}
		(self.any(), element)
	}
}
