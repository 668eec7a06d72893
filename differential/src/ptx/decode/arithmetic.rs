//! Instructions that are a function of their sources.

use super::{operand_error, operands, Decoder};
use crate::ptx::{
	arithmetic::Field,
	error::Error,
	operation::Operation,
	select,
	syntax::{Instruction, Operand},
	types::{Kind, Type},
};

impl Decoder<'_> {
	pub(super) fn arithmetic(
		&mut self,
		i: &Instruction<'_>,
		qualifiers: &[&str],
		ty: Type,
	) -> Result<Option<Operation>, Error> {
		let line = i.line;
		if let Some(form) = select::binary(i.opcode, qualifiers, ty) {
			let [to, a, b] = operands(i)?;
			let from = self.sources(line, [a, b], form.from)?;
			let to = self.destination(line, to, form.to)?;
			return Ok(Some(Operation::Binary {
				function: form.function,
				to,
				from,
			}));
		}
		if let Some(form) = select::unary(i.opcode, qualifiers, ty) {
			let [to, a] = operands(i)?;
			let from = self.sources(line, [a], form.from)?;
			let to = self.destination(line, to, form.to)?;
			return Ok(Some(Operation::Unary {
				function: form.function,
				to,
				from,
			}));
		}
		if let Some(form) = select::ternary(i.opcode, qualifiers, ty) {
			let [to, a, b, c] = operands(i)?;
			let from = self.sources(line, [a, b, c], form.from)?;
			let to = self.destination(line, to, form.to)?;
			return Ok(Some(Operation::Ternary {
				function: form.function,
				to,
				from,
			}));
		}
		if let Some(form) = select::field(i.opcode, qualifiers, ty) {
			return self.field(i, form).map(Some);
		}
		if let Some(form) = select::division(i.opcode, qualifiers, ty) {
			let [to, a, b] = operands(i)?;
			let from = self.sources(line, [a, b], form.from)?;
			let to = self.destination(line, to, form.to)?;
			return Ok(Some(Operation::Divide {
				function: form.function,
				to,
				from,
			}));
		}
		if let Some(form) = select::carrying(i.opcode, qualifiers, ty) {
			return self.carrying(i, form).map(Some);
		}
		let is_word = ty
			== Type {
				kind: Kind::Bits,
				bits: 32,
			};
		if i.opcode == "lop3" && qualifiers.is_empty() && is_word {
			return self.lop3(i).map(Some);
		}
		Ok(None)
	}

	fn field(&mut self, i: &Instruction<'_>, form: select::Form<Field, 4>) -> Result<Operation, Error> {
		let unused = Operand::Number(0);
		let (to, sources) = if i.opcode == "bfe" {
			let [to, a, position, length] = operands(i)?;
			(to, [a, &unused, position, length])
		} else {
			let [to, a, b, position, length] = operands(i)?;
			(to, [a, b, position, length])
		};
		for source in &sources[2..] {
			if matches!(source, Operand::Number(256..)) {
				return operand_error(i.line, "position and length of a bit field are at most 255");
			}
		}
		let from = self.sources(i.line, sources, form.from)?;
		Ok(Operation::Field {
			function: form.function,
			to: self.destination(i.line, to, form.to)?,
			from,
		})
	}

	fn carrying(&mut self, i: &Instruction<'_>, form: select::CarryForm) -> Result<Operation, Error> {
		let (to, from) = if form.has_third {
			let [to, a, b, c] = operands(i)?;
			(to, self.sources(i.line, [a, b, c], [form.bits; 3])?)
		} else {
			let [to, a, b] = operands(i)?;
			let [a, b] = self.sources(i.line, [a, b], [form.bits; 2])?;
			(to, [a, b, self.constant(0)])
		};
		let to = self.destination(i.line, to, form.bits)?;
		Ok(Operation::Carry {
			function: form.function,
			to,
			from,
			reads: form.reads,
			writes: form.writes,
		})
	}

	fn lop3(&mut self, i: &Instruction<'_>) -> Result<Operation, Error> {
		let [to, a, b, c, table] = operands(i)?;
		let table = match table {
			Operand::Number(value) => u8::try_from(*value).ok(),
			_ => None,
		};
		let Some(table) = table else {
			return operand_error(i.line, "the table of `lop3` is no integer from 0 to 255");
		};
		let from = self.sources(i.line, [a, b, c], [32; 3])?;
		Ok(Operation::Lop3 {
			table,
			to: self.destination(i.line, to, 32)?,
			from,
		})
	}
}
