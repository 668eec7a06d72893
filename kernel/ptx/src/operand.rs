//! What the fields of an instruction word are called in PTX.

use std::fmt;

use millrace_kernel::{
	opcode::{Field, Form},
	program::Instruction,
};

/// A source or a destination of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
	/// A 32-bit register of the program.
	W(u8),
	/// A 64-bit register of the program.
	D(u8),
	/// The 32-bit temporary `%t0`.
	Temporary,
	/// The 64-bit temporary `%x0`.
	WideTemporary,
	/// An immediate. PTX converts it to the type of the instruction: it is taken modulo 2^32 by 32-bit instructions,
	/// and sign-extended by 64-bit ones, which is what a kernel's immediates mean.
	Number(i32),
}

impl fmt::Display for Operand {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Operand::W(number) => write!(f, "%w{number}"),
			Operand::D(number) => write!(f, "%d{number}"),
			Operand::Temporary => f.write_str("%t0"),
			Operand::WideTemporary => f.write_str("%x0"),
			Operand::Number(number) => write!(f, "{number}"),
		}
	}
}

/// Four consecutive `w` registers from this one on, as a vector operand. The validator keeps the last below 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quad(pub(crate) u8);

impl Quad {
	/// The numbers of the four.
	pub(crate) fn numbers(self) -> impl Iterator<Item = usize> {
		let first = usize::from(self.0);
		first..first + 4
	}
}

impl fmt::Display for Quad {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let first = u16::from(self.0);
		write!(f, "{{%w{}, %w{}, %w{}, %w{}}}", first, first + 1, first + 2, first + 3)
	}
}

/// The operands of an instruction under the names that the specification gives them: the result goes to `dst`, the
/// sources are a, b and c, wherever the form keeps them. What a form does not have is the number 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operands {
	pub(crate) dst: Operand,
	pub(crate) a: Operand,
	pub(crate) b: Operand,
	pub(crate) c: Operand,
}

impl Operands {
	/// The operands of `word`, whose form is `form`.
	pub(crate) fn of(word: &Instruction, form: Form) -> Operands {
		let fields = form.fields();
		let register = |field: Field, number: u8| match field {
			Field::W | Field::W4 | Field::ThirdW => Operand::W(number),
			Field::D | Field::ThirdD => Operand::D(number),
			_ => Operand::Number(0),
		};
		let [third, ..] = word.imm.to_le_bytes();
		let in_b = register(fields.b, word.b);
		let in_imm = match fields.imm {
			Field::Value | Field::SignedValue => Operand::Number(word.imm.cast_signed()),
			field => register(field, third),
		};
		// The immediate form takes its number for b, and keeps a third source in the field that b left.
		let (b, c) = if form.is_immediate() {
			(in_imm, in_b)
		} else {
			(in_b, in_imm)
		};
		Operands {
			dst: register(fields.dst, word.dst),
			a: register(fields.a, word.a),
			b,
			c,
		}
	}
}
