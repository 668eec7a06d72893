//! Operands to slots. Except where memory is accessed or types are converted, a register has exactly the width that the
//! instruction's type says; an immediate is cut to it.

use super::{expect_width, operand_error, Decoder, Register, Symbol};
use crate::ptx::{
	error::Error,
	operation::{Condition, Slot, SPECIAL},
	space::Space,
	syntax::Operand,
	types::mask,
};

impl Decoder<'_> {
	/// What a name stands for.
	pub(super) fn symbol(&self, line: u32, name: &str) -> Result<Symbol, Error> {
		match self.symbols.get(name).or_else(|| self.module.get(name)) {
			Some(symbol) => Ok(*symbol),
			None => Err(Error::Undeclared {
				line,
				name: name.to_owned(),
			}),
		}
	}

	/// The register of a name.
	pub(super) fn register(&self, line: u32, name: &str) -> Result<Register, Error> {
		match self.symbol(line, name)? {
			Symbol::Register(register) => Ok(register),
			_ => operand_error(line, format!("`{name}` is no register")),
		}
	}

	/// The slot of a special register.
	pub(super) fn special(&self, line: u32, name: &str, component: &str) -> Result<Slot, Error> {
		match SPECIAL.iter().position(|special| *special == (name, component)) {
			Some(slot) => Ok(slot as Slot),
			None => operand_error(
				line,
				format!("`{name}.{component}` is no special register of this subset"),
			),
		}
	}

	/// The slot of a value that is known here.
	pub(super) fn constant(&mut self, value: u64) -> Slot {
		if let Some(slot) = self.constant_slots.get(&value) {
			return *slot;
		}
		let slot = self.new_slot(format!("{value:#x}"));
		self.constants.push((slot, value));
		self.constant_slots.insert(value, slot);
		slot
	}

	/// A register to write, of this width.
	pub(super) fn destination(&self, line: u32, operand: &Operand<'_>, bits: u32) -> Result<Slot, Error> {
		let Operand::Name(name) = operand else {
			return operand_error(line, "the destination is no register");
		};
		let register = self.register(line, name)?;
		expect_width(line, name, bits, register.bits)?;
		Ok(register.slot)
	}

	/// A predicate to write, or `None` for `_`.
	pub(super) fn predicate_or_sink(&self, line: u32, name: &str) -> Result<Option<Slot>, Error> {
		match name {
			"_" => Ok(None),
			_ => self.destination(line, &Operand::Name(name), 1).map(Some),
		}
	}

	/// A register that may be wider than this, as a memory access or a conversion takes them.
	pub(super) fn wide_register(&self, line: u32, name: &str, bits: u32) -> Result<Register, Error> {
		let register = self.register(line, name)?;
		if register.bits < bits {
			expect_width(line, name, bits, register.bits)?;
		}
		Ok(register)
	}

	/// A register of this width or an immediate.
	pub(super) fn source(&mut self, line: u32, operand: &Operand<'_>, bits: u32) -> Result<Slot, Error> {
		match operand {
			Operand::Name(name) => {
				let register = self.register(line, name)?;
				expect_width(line, name, bits, register.bits)?;
				Ok(register.slot)
			}
			Operand::Number(value) => Ok(self.constant(*value & mask(bits))),
			_ => operand_error(line, "a source is neither a register nor an integer"),
		}
	}

	/// Several sources, each with its width.
	pub(super) fn sources<const N: usize>(
		&mut self,
		line: u32,
		operands: [&Operand<'_>; N],
		bits: [u32; N],
	) -> Result<[Slot; N], Error> {
		let mut slots = [0; N];
		for (slot, (operand, bits)) in slots.iter_mut().zip(operands.into_iter().zip(bits)) {
			*slot = self.source(line, operand, bits)?;
		}
		Ok(slots)
	}

	/// A register that may be wider than this, or an immediate.
	pub(super) fn wide_source(&mut self, line: u32, operand: &Operand<'_>, bits: u32) -> Result<Slot, Error> {
		match operand {
			Operand::Name(name) => Ok(self.wide_register(line, name, bits)?.slot),
			_ => self.source(line, operand, bits),
		}
	}

	/// A predicate as a source: negated or not, or an integer, of which all but 0 are true.
	pub(super) fn condition(&mut self, line: u32, operand: &Operand<'_>) -> Result<Condition, Error> {
		let (name, negated) = match operand {
			Operand::Name(name) => (name, false),
			Operand::Not(name) => (name, true),
			Operand::Number(value) => {
				let predicate = self.constant(u64::from(*value != 0));
				return Ok(Condition {
					predicate,
					negated: false,
				});
			}
			_ => return operand_error(line, "a source is no predicate"),
		};
		self.guard(line, name, negated)
	}

	/// The address of a variable with an offset, as a slot.
	pub(super) fn variable(&mut self, line: u32, name: &str, offset: u64) -> Result<(Space, Slot), Error> {
		match self.symbol(line, name)? {
			Symbol::Variable { space, address } => Ok((space, self.constant(address.wrapping_add(offset)))),
			_ => operand_error(line, format!("`{name}` is no variable")),
		}
	}

	/// Checks that the result does not depend on an order among destinations.
	pub(super) fn expect_distinct(&self, line: u32, slots: &[Slot]) -> Result<(), Error> {
		for (nth, slot) in slots.iter().enumerate() {
			if slots[..nth].contains(slot) {
				let name = &self.names[*slot as usize];
				return operand_error(line, format!("`{name}` is written twice"));
			}
		}
		Ok(())
	}
}
