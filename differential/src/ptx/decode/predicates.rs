//! Instructions that make or use predicates: `setp`, `set`, `selp`, and logic of type `.pred`.

use super::{operand_error, operands, Decoder};
use crate::ptx::{
	error::Error,
	operation::{Combine, Condition, Operation, Relation},
	select,
	syntax::{Instruction, Operand},
	types::{Kind, Type},
};

impl Decoder<'_> {
	pub(super) fn predicates(
		&mut self,
		i: &Instruction<'_>,
		qualifiers: &[&str],
		ty: Type,
	) -> Result<Option<Operation>, Error> {
		let line = i.line;
		let is_predicate = ty.kind == Kind::Predicate;
		match (i.opcode, qualifiers) {
			("setp", [relation]) => self.setp(i, relation, None, ty),
			("setp", [relation, combine]) => match Combine::parse(combine) {
				Some(combine) => self.setp(i, relation, Some(combine), ty),
				None => Ok(None),
			},
			("set", [relation, to]) if is_set_type(to) => self.set(i, relation, None, ty),
			("set", [relation, combine, to]) if is_set_type(to) => match Combine::parse(combine) {
				Some(combine) => self.set(i, relation, Some(combine), ty),
				None => Ok(None),
			},
			("selp", []) if ty.bits >= 16 => {
				let [to, a, b, condition] = operands(i)?;
				let from = self.sources(line, [a, b], [ty.bits; 2])?;
				let condition = self.condition(line, condition)?;
				Ok(Some(Operation::Select {
					to: self.destination(line, to, ty.bits)?,
					from,
					condition,
				}))
			}
			("mov", []) if is_predicate => {
				let [to, from] = operands(i)?;
				let from = self.condition(line, from)?;
				Ok(Some(Operation::Truth {
					to: self.destination(line, to, 1)?,
					from,
				}))
			}
			("not", []) if is_predicate => {
				let [to, from] = operands(i)?;
				let Condition { predicate, negated } = self.condition(line, from)?;
				let from = Condition {
					predicate,
					negated: !negated,
				};
				Ok(Some(Operation::Truth {
					to: self.destination(line, to, 1)?,
					from,
				}))
			}
			("and" | "or" | "xor", []) if is_predicate => {
				let Some(combine) = Combine::parse(i.opcode) else {
					return Ok(None);
				};
				let [to, a, b] = operands(i)?;
				let from = [self.condition(line, a)?, self.condition(line, b)?];
				Ok(Some(Operation::Logic {
					combine,
					to: self.destination(line, to, 1)?,
					from,
				}))
			}
			_ => Ok(None),
		}
	}

	fn setp(
		&mut self,
		i: &Instruction<'_>,
		relation: &str,
		combine: Option<Combine>,
		ty: Type,
	) -> Result<Option<Operation>, Error> {
		let Some((to, relation)) = self.relation(i, relation, combine, ty)? else {
			return Ok(None);
		};
		let to = match to {
			Operand::Name(p) => [self.predicate_or_sink(i.line, p)?, None],
			Operand::Pair(p, q) => [self.predicate_or_sink(i.line, p)?, self.predicate_or_sink(i.line, q)?],
			_ => return operand_error(i.line, "the destination is no predicate"),
		};
		match to {
			[None, None] => operand_error(i.line, "the result of a `setp` goes nowhere"),
			[Some(p), Some(q)] if p == q => operand_error(i.line, "both results of a `setp` go to one predicate"),
			_ => Ok(Some(Operation::Test { relation, to })),
		}
	}

	fn set(
		&mut self,
		i: &Instruction<'_>,
		relation: &str,
		combine: Option<Combine>,
		ty: Type,
	) -> Result<Option<Operation>, Error> {
		let Some((to, relation)) = self.relation(i, relation, combine, ty)? else {
			return Ok(None);
		};
		Ok(Some(Operation::Set {
			relation,
			to: self.destination(i.line, to, 32)?,
		}))
	}

	/// The destination and the relation of a `setp` or `set`, or `None` where there is no such relation of the type.
	fn relation<'i, 'a>(
		&mut self,
		i: &'i Instruction<'a>,
		relation: &str,
		combine: Option<Combine>,
		ty: Type,
	) -> Result<Option<(&'i Operand<'a>, Relation)>, Error> {
		let Some(function) = select::comparison(relation, ty) else {
			return Ok(None);
		};
		let (to, a, b, combine) = match combine {
			None => {
				let [to, a, b] = operands(i)?;
				(to, a, b, None)
			}
			Some(combine) => {
				let [to, a, b, with] = operands(i)?;
				(to, a, b, Some((combine, self.condition(i.line, with)?)))
			}
		};
		let [a, b] = self.sources(i.line, [a, b], [ty.bits; 2])?;
		Ok(Some((
			to,
			Relation {
				function,
				a,
				b,
				combine,
			},
		)))
	}
}

/// Whether a `set` can give a result of this type.
fn is_set_type(text: &str) -> bool {
	Type::parse(text).is_some_and(|ty| ty.is_integer() && ty.bits == 32)
}
