//! Instructions that move and convert: `mov`, `cvt`, `cvta`.

use super::{expect_width, operand_error, operands, Decoder, Symbol};
use crate::ptx::{
	error::Error,
	operation::{Operation, Slot, Width},
	space::Space,
	syntax::{Instruction, Operand},
	types::{Kind, Type},
};

impl Decoder<'_> {
	pub(super) fn data(
		&mut self,
		i: &Instruction<'_>,
		qualifiers: &[&str],
		ty: Type,
	) -> Result<Option<Operation>, Error> {
		let is_address = ty
			== Type {
				kind: Kind::Unsigned,
				bits: 64,
			};
		match (i.opcode, qualifiers) {
			("mov", []) if ty.bits >= 16 => self.mov(i, ty).map(Some),
			("cvt", [to]) => match Type::parse(to) {
				Some(to) if to.is_integer() && ty.is_integer() => self.cvt(i, to, ty).map(Some),
				_ => Ok(None),
			},
			// Generic addresses of the global space are the same as its own.
			("cvta", ["global"]) if is_address => {
				let [to, from] = operands(i)?;
				let from = match from {
					Operand::Name(name) if self.register(i.line, name).is_err() => self.global_address(i, name, 0)?,
					Operand::Offset(name, offset) => self.global_address(i, name, *offset)?,
					_ => self.source(i.line, from, 64)?,
				};
				Ok(Some(Operation::Move {
					to: self.destination(i.line, to, 64)?,
					from,
				}))
			}
			("cvta", ["to", "global"]) if is_address => {
				let [to, from] = operands(i)?;
				let from = self.source(i.line, from, 64)?;
				Ok(Some(Operation::Move {
					to: self.destination(i.line, to, 64)?,
					from,
				}))
			}
			_ => Ok(None),
		}
	}

	fn global_address(&mut self, i: &Instruction<'_>, name: &str, offset: u64) -> Result<Slot, Error> {
		match self.variable(i.line, name, offset)? {
			(Space::Global, slot) => Ok(slot),
			_ => operand_error(i.line, format!("`{name}` is not in the global space")),
		}
	}

	fn mov(&mut self, i: &Instruction<'_>, ty: Type) -> Result<Operation, Error> {
		let line = i.line;
		let [to, from] = operands(i)?;
		let from = match (to, from) {
			(Operand::Vector(elements), _) => return self.unpack(i, elements, from, ty),
			(_, Operand::Vector(elements)) => return self.pack(i, to, elements, ty),
			(_, Operand::Special(name, component)) => {
				let slot = self.special(line, name, component)?;
				expect_width(line, &format!("{name}.{component}"), ty.bits, 32)?;
				slot
			}
			(_, Operand::Offset(name, offset)) => self.moved_address(line, name, *offset, ty)?,
			(_, Operand::Name(name)) if self.is_variable(line, name)? => self.moved_address(line, name, 0, ty)?,
			_ => self.source(line, from, ty.bits)?,
		};
		Ok(Operation::Move {
			to: self.destination(line, to, ty.bits)?,
			from,
		})
	}

	fn is_variable(&self, line: u32, name: &str) -> Result<bool, Error> {
		Ok(matches!(self.symbol(line, name)?, Symbol::Variable { .. }))
	}

	/// Addresses have 64 bits. Those of the small spaces fit 32.
	fn moved_address(&mut self, line: u32, name: &str, offset: u64, ty: Type) -> Result<Slot, Error> {
		let (space, slot) = self.variable(line, name, offset)?;
		if !(ty.bits == 32 && space.is_small()) {
			expect_width(line, name, ty.bits, 64)?;
		}
		Ok(slot)
	}

	fn pack(
		&mut self,
		i: &Instruction<'_>,
		to: &Operand<'_>,
		elements: &[Operand<'_>],
		ty: Type,
	) -> Result<Operation, Error> {
		let (count, bits) = element_bits(i, elements, ty)?;
		let mut from = [0; 4];
		for (slot, element) in from.iter_mut().zip(elements) {
			*slot = self.source(i.line, element, bits)?;
		}
		Ok(Operation::Pack {
			to: self.destination(i.line, to, ty.bits)?,
			from,
			count,
			bits,
		})
	}

	fn unpack(
		&mut self,
		i: &Instruction<'_>,
		elements: &[Operand<'_>],
		from: &Operand<'_>,
		ty: Type,
	) -> Result<Operation, Error> {
		let (_, bits) = element_bits(i, elements, ty)?;
		let Operand::Name(name) = from else {
			return operand_error(i.line, "what is unpacked is no register");
		};
		let register = self.register(i.line, name)?;
		expect_width(i.line, name, ty.bits, register.bits)?;
		let mut to = [None; 4];
		let mut written = Vec::new();
		for (slot, element) in to.iter_mut().zip(elements) {
			if !matches!(element, Operand::Name("_")) {
				let register = self.destination(i.line, element, bits)?;
				written.push(register);
				*slot = Some(register);
			}
		}
		if written.is_empty() {
			return operand_error(i.line, "the result of a `mov` goes nowhere");
		}
		self.expect_distinct(i.line, &written)?;
		Ok(Operation::Unpack {
			to,
			from: register.slot,
			bits,
		})
	}

	/// `cvt.to.from`: both registers may be wider than their types.
	fn cvt(&mut self, i: &Instruction<'_>, to_type: Type, from_type: Type) -> Result<Operation, Error> {
		let line = i.line;
		let [to, from] = operands(i)?;
		let from = match from {
			Operand::Special(name, component) if from_type.bits <= 32 => self.special(line, name, component)?,
			_ => self.wide_source(line, from, from_type.bits)?,
		};
		let Operand::Name(name) = to else {
			return operand_error(line, "the destination is no register");
		};
		let register = self.wide_register(line, name, to_type.bits)?;
		Ok(Operation::Convert {
			to: register.slot,
			from,
			from_width: Width {
				bits: from_type.bits,
				signed: from_type.is_signed(),
			},
			to_width: Width {
				bits: to_type.bits,
				signed: to_type.is_signed(),
			},
			register_bits: register.bits,
		})
	}
}

/// How many elements a register of a type is packed from, and their bits. The type is of bits alone, an element has at
/// least 8.
fn element_bits(i: &Instruction<'_>, elements: &[Operand<'_>], ty: Type) -> Result<(usize, u32), Error> {
	let count = elements.len();
	let bits = match count {
		2 => ty.bits / 2,
		4 => ty.bits / 4,
		_ => 0,
	};
	if ty.kind != Kind::Bits || bits < 8 {
		return operand_error(i.line, format!("`{}` does not take {count} elements", i.name()));
	}
	Ok((count, bits))
}
