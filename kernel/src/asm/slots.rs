//! The order of an instruction's operands in text, derived from the instruction table.

use alloc::{vec, vec::Vec};

use crate::opcode::{Area, Field, Fields, Form, OpInfo};

/// A field of the instruction word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
	/// `dst`
	Dst,
	/// `a`
	A,
	/// `b`
	B,
	/// `imm`
	Imm,
}

/// What one operand of the text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
	/// One field of the word.
	Field(Place, Field),
	/// `area[register + offset]:cursor`: `a`, `imm`, and for inputs `b`.
	Address(Field),
	/// The position of a bit field.
	Position,
	/// The length of a bit field.
	Length,
}

/// The operands of `form`, in the order of the text.
pub(super) fn slots(form: Form) -> Vec<Slot> {
	let Fields { dst, a, b, imm } = form.fields();
	let dst = Slot::Field(Place::Dst, dst);
	let first = Slot::Field(Place::A, a);
	let second = Slot::Field(Place::B, b);
	let last = Slot::Field(Place::Imm, imm);
	match imm {
		Field::Element if dst == Slot::Field(Place::Dst, Field::Zero) => vec![Slot::Address(Field::Zero), second],
		Field::Element => vec![dst, Slot::Address(b)],
		Field::BitField => vec![dst, first, Slot::Position, Slot::Length],
		// In the immediate form of a pair with three sources the third one is in `b`.
		Field::Value | Field::SignedValue => [dst, first, last, second].into_iter().filter(is_used).collect(),
		_ => [dst, first, second, last].into_iter().filter(is_used).collect(),
	}
}

fn is_used(slot: &Slot) -> bool {
	!matches!(slot, Slot::Field(_, Field::Zero))
}

/// What `slot` of `row` takes, for messages. `or_number`: the pair of `row` takes a number there.
pub(super) fn expected(row: &OpInfo, slot: Slot, or_number: bool) -> &'static str {
	let field = match slot {
		Slot::Address(_) => {
			return match row.access().map(|access| access.area) {
				Some(Area::Input) => "an element of an input, `input[register + 1]`",
				Some(Area::Constants) => "a constant, `table[register + 1]` or `[register + 1]`",
				_ => "an address, `[register + 1]`",
			}
		}
		Slot::Position => return "a bit position from 0 to 31",
		Slot::Length => return "a number of bits from 1 to 32",
		Slot::Field(_, field) => field,
	};
	match field {
		Field::W | Field::ThirdW if or_number => "a w register or a number",
		Field::D | Field::ThirdD if or_number => "a d register or a number",
		Field::W | Field::ThirdW => "a w register",
		Field::D | Field::ThirdD => "a d register",
		Field::W4 => "the first of four w registers",
		Field::Value => "a number from -2147483648 to 4294967295",
		Field::SignedValue => "a number from -2147483648 to 2147483647",
		Field::Depth => "the label or the depth of an open block",
		Field::Shift => "a shift from 0 to 63",
		Field::Selector => "a selector of four digits from 0 to 7, such as 0x3210",
		Field::InputIndex => "an input",
		Field::ParamIndex => "a parameter",
		Field::Zero | Field::BitField | Field::Input | Field::Element => "nothing",
	}
}
