//! What the operands of an instruction stand for: registers, numbers, labels, inputs, places in memory.

use alloc::{
	format,
	string::{String, ToString},
};

use super::{
	assembler::Assembler,
	encode::{Address, Arg, Load, Pair, D, W},
	parser::{Memory, Operand, Scalar},
	slots::Slot,
};
use crate::{
	opcode::{Area, Field},
	program::{CURSORS_PER_INPUT, MAX_D, MAX_W},
};

/// What was expected in place of an operand, and what to do about it.
pub(super) type Wrong = (String, Option<String>);

/// What a name of the common name space stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
	/// A 32-bit register.
	W(u8),
	/// A 64-bit register.
	D(u8),
	/// A number.
	Number(i128),
}

/// Whether `name` is written like `w0` or `d3`, whatever its number.
pub(super) fn is_plain_register(name: &str) -> bool {
	name.strip_prefix(['w', 'd'])
		.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// The register that `name` writes as `w0` or `d3`; `None` if there is none of that number.
fn plain_register(name: &str) -> Option<Named> {
	let digits = name.strip_prefix(['w', 'd'])?;
	if digits.len() > 1 && digits.starts_with('0') {
		return None;
	}
	let number: u8 = digits.parse().ok()?;
	if name.starts_with('w') {
		Some(Named::W(number))
	} else {
		(number < MAX_D).then_some(Named::D(number))
	}
}

impl<'a> Assembler<'a> {
	/// What an operand stands for in `slot`; `None` where the instruction has no such operand.
	pub(super) fn resolve(
		&self,
		pair: &Pair,
		operand: &Operand<'a>,
		slot: Option<Slot>,
		at: usize,
		zero: bool,
	) -> Result<Arg, Wrong> {
		let expected = slot.map_or("no operand", |slot| pair.expected(slot, at));
		match operand {
			Operand::Memory(memory) => match slot {
				Some(Slot::Address(_)) => self.address(pair, memory, expected, zero),
				_ => Err((format!("expected {expected}, found an address"), None)),
			},
			Operand::Scalar(Scalar::Number(number)) => i64::try_from(*number)
				.map(Arg::Number)
				.map_err(|_| (format!("expected {expected}, found the number {number}"), None)),
			Operand::Scalar(Scalar::Name(name, scope)) => {
				let position = |names: &[&str]| names.iter().position(|known| known == name);
				let found = match slot {
					Some(Slot::Field(_, Field::Depth)) => self
						.open
						.iter()
						.rev()
						.position(|open| open.label == Some((*name, *scope))),
					Some(Slot::Field(_, Field::InputIndex)) => position(self.inputs.as_slice()),
					Some(Slot::Field(_, Field::ParamIndex)) => position(self.params.as_slice()),
					_ => return self.lookup(name, expected).and_then(arg),
				};
				found
					.and_then(|number| i64::try_from(number).ok())
					.map(Arg::Number)
					.ok_or_else(|| {
						let outside = *scope > 0 && matches!(slot, Some(Slot::Field(_, Field::Depth)));
						let hint = outside.then(|| "a macro takes a label from outside as an argument".to_string());
						(format!("expected {expected}, found `{name}`"), hint)
					})
			}
		}
	}

	/// What a name of the common name space stands for.
	fn lookup(&self, name: &str, expected: &str) -> Result<Named, Wrong> {
		if is_plain_register(name) {
			return plain_register(name).ok_or_else(|| {
				let message = format!("expected {expected}, found `{name}`");
				let hint = format!(
					"registers are w0 to w{} and d0 to d{}",
					MAX_W.saturating_sub(1),
					MAX_D.saturating_sub(1)
				);
				(message, Some(hint))
			});
		}
		self.names.get(name).copied().ok_or_else(|| {
			let message = format!("expected {expected}, found `{name}`");
			(
				message,
				Some(format!("`{name}` is not declared, by .w, .d or .equ, above this line")),
			)
		})
	}

	/// A number, or the name of one.
	pub(super) fn number(&self, scalar: &Scalar<'a>, expected: &str) -> Result<i128, Wrong> {
		match scalar {
			Scalar::Number(number) => Ok(*number),
			Scalar::Name(name, _) => match self.lookup(name, expected)? {
				Named::Number(number) => Ok(number),
				Named::W(_) | Named::D(_) => Err((format!("expected {expected}, found the register `{name}`"), None)),
			},
		}
	}

	fn address(&self, pair: &Pair, memory: &Memory<'a>, expected: &str, zero: bool) -> Result<Arg, Wrong> {
		let register = match self.lookup(memory.register, "an index register")? {
			Named::W(number) => W(number),
			_ => {
				return Err((
					format!("expected a w register as the index, found `{}`", memory.register),
					None,
				))
			}
		};
		let written = self.number(&memory.offset, "an offset")?;
		let offset = if memory.negative {
			written.saturating_neg()
		} else {
			written
		};
		let mut offset = u32::try_from(offset)
			.ok()
			.or_else(|| i32::try_from(offset).ok().map(i32::cast_unsigned))
			.ok_or_else(|| (format!("expected an offset of 32 bits, found {offset}"), None))?;
		let access = pair.plain.access();
		let load = match (access.map(|access| access.area), memory.area) {
			(Some(Area::Input), Some(name)) => {
				let input = self
					.inputs
					.iter()
					.position(|known| *known == name)
					.and_then(|number| u8::try_from(number).ok())
					.ok_or_else(|| (format!("expected an input, found `{name}`"), None))?;
				let cursor = match &memory.cursor {
					Some(cursor) => self.number(cursor, "a cursor")?,
					None => 0,
				};
				let cursor = u8::try_from(cursor)
					.ok()
					.filter(|cursor| *cursor < CURSORS_PER_INPUT)
					.ok_or_else(|| (format!("expected a cursor from 0 to 15, found {cursor}"), None))?;
				Some(Load { input, cursor, zero })
			}
			(Some(Area::Constants), Some(name)) => {
				let table = self
					.tables
					.get(name)
					.ok_or_else(|| (format!("expected a table of constants, found `{name}`"), None))?;
				if access.map(|access| access.width_log2) != Some(table.width_log2) {
					let bits = 8u32.wrapping_shl(table.width_log2);
					let hint = format!("`{name}` is a table of u{bits}");
					return Err((
						format!("expected a table of the width of `{}`", pair.plain.mnemonic),
						Some(hint),
					));
				}
				offset = offset.wrapping_add(table.element);
				None
			}
			(Some(Area::Constants | Area::Scratch | Area::Output), None) => None,
			_ => return Err((format!("expected {expected}"), None)),
		};
		if load.is_none() && memory.cursor.is_some() {
			return Err((format!("expected {expected}: only inputs have cursors"), None));
		}
		Ok(Arg::Address(Address { register, offset, load }))
	}
}

/// The register or number as an operand.
fn arg(named: Named) -> Result<Arg, Wrong> {
	match named {
		Named::W(number) => Ok(Arg::W(W(number))),
		Named::D(number) => Ok(Arg::D(D(number))),
		Named::Number(number) => i64::try_from(number)
			.map(Arg::Number)
			.map_err(|_| (format!("expected a number of 32 bits, found {number}"), None)),
	}
}
