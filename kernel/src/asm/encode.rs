//! From a mnemonic and its operands to an instruction word: what the assembler and the builder share.

use alloc::{
	format,
	string::{String, ToString},
	vec::Vec,
};

use super::slots::{expected, slots, Place, Slot};
use crate::{
	opcode::{by_name, info, Field, OpInfo, TABLE},
	program::{Instruction, CURSORS_PER_INPUT, MAX_D, MAX_INPUTS},
	words::low8,
};

/// A 32-bit register, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct W(pub u8);

/// A 64-bit register, by number from 0 to 127.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct D(pub u8);

/// Which input a load reads, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
	/// The input, from 0.
	pub input: u8,
	/// The cursor, 0 to 15.
	pub cursor: u8,
	/// Whether a read out of range gives 0 instead of trapping.
	pub zero: bool,
}

/// An element of memory: of an input where `load` is given, otherwise of the constants, the scratch or the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
	/// The index register.
	pub register: W,
	/// Added to it modulo 2^32, in units of the access width.
	pub offset: u32,
	/// The input of a load.
	pub load: Option<Load>,
}

/// An operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
	/// A 32-bit register, or the first of four.
	W(W),
	/// A 64-bit register.
	D(D),
	/// A number: an immediate operand, a branch depth, a shift, the number of an input or a parameter.
	Number(i64),
	/// An element of memory.
	Address(Address),
}

impl From<W> for Arg {
	fn from(register: W) -> Arg {
		Arg::W(register)
	}
}

impl From<D> for Arg {
	fn from(register: D) -> Arg {
		Arg::D(register)
	}
}

impl From<i32> for Arg {
	fn from(number: i32) -> Arg {
		Arg::Number(i64::from(number))
	}
}

impl From<u32> for Arg {
	fn from(number: u32) -> Arg {
		Arg::Number(i64::from(number))
	}
}

impl From<Address> for Arg {
	fn from(address: Address) -> Arg {
		Arg::Address(address)
	}
}

impl Arg {
	fn shown(&self) -> String {
		match self {
			Arg::W(W(number)) => format!("the register w{number}"),
			Arg::D(D(number)) => format!("the register d{number}"),
			Arg::Number(number) => format!("the number {number}"),
			Arg::Address(Address { load: Some(_), .. }) => "an element of an input".to_string(),
			Arg::Address(_) => "an address".to_string(),
		}
	}
}

/// Why an instruction cannot be encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
	/// The operand that is wrong; `None` for the instruction as a whole.
	pub(super) operand: Option<usize>,
	/// What was expected.
	pub(super) message: String,
	/// What to do about it.
	pub(super) hint: Option<String>,
}

/// The one or two rows of a mnemonic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
	/// The register form, or the only one.
	pub(super) plain: &'static OpInfo,
	/// The immediate form, and which operand is its number.
	immediate: Option<(&'static OpInfo, usize)>,
}

impl Pair {
	/// The rows of `mnemonic`.
	pub(super) fn find(mnemonic: &str) -> Result<Pair, Fault> {
		let plain = by_name(mnemonic, false).ok_or_else(|| unknown(mnemonic))?;
		let immediate = by_name(mnemonic, true).and_then(|row| {
			let number_at = slots(row.form)
				.iter()
				.position(|slot| matches!(slot, Slot::Field(Place::Imm, _)))?;
			Some((row, number_at))
		});
		Ok(Pair { plain, immediate })
	}

	/// The operands, of the register form where there are two.
	pub(super) fn slots(&self) -> Vec<Slot> {
		slots(self.plain.form)
	}

	/// What operand `at` takes, for messages.
	pub(super) fn expected(&self, slot: Slot, at: usize) -> &'static str {
		let or_number = self.immediate.is_some_and(|(_, number_at)| number_at == at);
		expected(self.plain, slot, or_number)
	}

	/// The word that `args` make; a number where the pair takes one chooses the immediate form.
	pub(super) fn encode(&self, args: &[Arg]) -> Result<Instruction, Fault> {
		let row = match self.immediate {
			Some((row, at)) if matches!(args.get(at), Some(Arg::Number(_))) => row,
			_ => self.plain,
		};
		let slots = slots(row.form);
		if args.len() != slots.len() {
			return Err(self.arity(args.len()));
		}
		let mut word = Instruction {
			op: row.code,
			..Instruction::default()
		};
		for (at, (slot, arg)) in slots.iter().zip(args).enumerate() {
			put(&mut word, *slot, arg).ok_or_else(|| Fault {
				operand: Some(at),
				message: format!(
					"expected {}, found {}",
					if row.is_immediate() {
						expected(row, *slot, false)
					} else {
						self.expected(*slot, at)
					},
					arg.shown()
				),
				hint: matches!(slot, Slot::Field(_, Field::SignedValue))
					.then(|| "a wider constant is made with `pack`, or read with `const64`".to_string()),
			})?;
		}
		Ok(word)
	}

	/// The fault of `found` operands.
	fn arity(&self, found: usize) -> Fault {
		let slots = self.slots();
		let list: Vec<&str> = slots
			.iter()
			.enumerate()
			.map(|(at, slot)| self.expected(*slot, at))
			.collect();
		let (count, name) = (slots.len(), self.plain.mnemonic);
		let plural = if count == 1 { "" } else { "s" };
		Fault {
			operand: None,
			message: format!("expected {count} operand{plural} of `{name}`, found {found}"),
			hint: (!list.is_empty()).then(|| format!("it takes {}", list.join(", "))),
		}
	}
}

/// Writes one operand into its fields; `None` if it does not fit there.
fn put(word: &mut Instruction, slot: Slot, arg: &Arg) -> Option<()> {
	match (slot, arg) {
		(Slot::Field(place, Field::W | Field::ThirdW), Arg::W(W(number))) => set(word, place, u32::from(*number)),
		(Slot::Field(place, Field::W4), Arg::W(W(number))) if *number <= 252 => set(word, place, u32::from(*number)),
		(Slot::Field(place, Field::D | Field::ThirdD), Arg::D(D(number))) if *number < MAX_D => {
			set(word, place, u32::from(*number));
		}
		(Slot::Field(place, field), Arg::Number(number)) => set(word, place, immediate(field, *number)?),
		(Slot::Position, Arg::Number(number)) => word.imm |= u32::try_from(*number).ok().filter(|bit| *bit < 32)?,
		(Slot::Length, Arg::Number(number)) => {
			let length = u32::try_from(*number).ok().filter(|bits| (1..=32).contains(bits))?;
			word.imm |= length.wrapping_shl(8);
		}
		(Slot::Address(field), Arg::Address(address)) => {
			word.a = address.register.0;
			word.imm = address.offset;
			match (field, address.load) {
				(Field::Input, Some(load)) if load.input < MAX_INPUTS && load.cursor < CURSORS_PER_INPUT => {
					word.b = load.input | load.cursor.wrapping_shl(3) | u8::from(load.zero).wrapping_shl(7);
				}
				(Field::Zero, None) => {}
				_ => return None,
			}
		}
		_ => return None,
	}
	Some(())
}

/// A field's value; the 8-bit fields are only given what fits.
fn set(word: &mut Instruction, place: Place, value: u32) {
	match place {
		Place::Dst => word.dst = low8(value),
		Place::A => word.a = low8(value),
		Place::B => word.b = low8(value),
		Place::Imm => word.imm = value,
	}
}

/// How `number` stands in a field; `None` if it does not fit, or the field takes no number.
fn immediate(field: Field, number: i64) -> Option<u32> {
	let signed = || i32::try_from(number).ok().map(i32::cast_unsigned);
	let unsigned = u32::try_from(number).ok();
	match field {
		Field::Value => unsigned.or_else(signed),
		Field::SignedValue => signed(),
		Field::Depth | Field::InputIndex | Field::ParamIndex => unsigned,
		Field::Shift => unsigned.filter(|shift| *shift < 64),
		Field::Selector => unsigned.filter(|selector| selector & !0x7777 == 0),
		_ => None,
	}
}

/// How many `w` and `d` registers must be declared for `word`.
pub(super) fn registers_used(word: &Instruction) -> (u16, u16) {
	let Some(row) = info(word.op) else {
		return (0, 0);
	};
	let fields = row.form.fields();
	let places = [
		(fields.dst, word.dst),
		(fields.a, word.a),
		(fields.b, word.b),
		(fields.imm, low8(word.imm)),
	];
	let (mut w, mut d) = (0u16, 0u16);
	for (field, number) in places {
		let number = u16::from(number);
		match field {
			Field::W | Field::ThirdW => w = w.max(number.saturating_add(1)),
			Field::W4 => w = w.max(number.saturating_add(4)),
			Field::D | Field::ThirdD => d = d.max(number.saturating_add(1)),
			_ => {}
		}
	}
	(w, d)
}

/// The fault of a mnemonic that does not exist, with those that begin like it.
fn unknown(mnemonic: &str) -> Fault {
	let near: Vec<String> = TABLE
		.iter()
		.filter(|row| !row.is_immediate() && row.mnemonic.starts_with(mnemonic))
		.take(6)
		.map(|row| format!("`{}`", row.mnemonic))
		.collect();
	Fault {
		operand: None,
		message: format!("expected an instruction, found `{mnemonic}`"),
		hint: Some(if near.is_empty() {
			"a macro is defined, by .macro, above the line that names it".to_string()
		} else {
			format!("there are {}", near.join(", "))
		}),
	}
}
