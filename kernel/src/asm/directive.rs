//! Directives: what a program declares.

use alloc::{format, string::ToString};

use super::{
	assembler::Assembler,
	operand::{is_plain_register, Named},
	parser::{Line, Scalar},
	AsmError,
};
use crate::program::{MAX_AREA, MAX_D, MAX_INPUTS, MAX_PARAMS, MAX_W};

/// All of them, for a hint.
const DIRECTIVES: &str =
	".item, .scratch, .inputs, .params, .max_units, .max_faults, .w, .d, .registers, .equ, .const, .macro";

/// A number that a directive sets once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
	pub(super) value: u32,
	pub(super) line: u32,
}

/// The numbers that directives set.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Settings {
	pub(super) item: Option<Setting>,
	pub(super) scratch: Option<Setting>,
	pub(super) max_units: Option<Setting>,
	pub(super) max_faults: Option<Setting>,
}

/// Named constants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
	/// The offset of the first, in elements.
	pub(super) element: u32,
	/// The base-2 logarithm of the bytes of an element.
	pub(super) width_log2: u32,
}

impl<'a> Assembler<'a> {
	/// Reads the rest of a line that begins with `name`.
	pub(super) fn directive(&mut self, line: &mut Line<'a>, name: &'a str, column: u32) -> Result<(), AsmError> {
		match name {
			".item" | ".scratch" | ".max_units" | ".max_faults" => self.setting(line, name, column)?,
			".inputs" | ".params" => self.list(line, name)?,
			".w" | ".d" => self.named_registers(line, name)?,
			".registers" => {
				let w = self.bounded(line, "a number of w registers", u32::from(MAX_W))?;
				let d = self.bounded(line, "a number of d registers", u32::from(MAX_D))?;
				let (w, d) = (
					u16::try_from(w).unwrap_or(MAX_W),
					u16::try_from(d).unwrap_or(u16::from(MAX_D)),
				);
				self.registers = (self.registers.0.max(w), self.registers.1.max(d));
			}
			".equ" => {
				let at = line.column();
				let name = line.new_name("a name")?;
				let place = line.column();
				let scalar = line.scalar("a number")?;
				let number = self
					.number(&scalar, "a number")
					.map_err(|(message, hint)| line.error(place, message, hint))?;
				self.declare(line, at, name, Named::Number(number))?;
			}
			".const" => self.constants(line)?,
			".macro" => self.begin_macro(line)?,
			".endmacro" => {
				let message = "expected no `.endmacro` here: no macro is open".to_string();
				return Err(line.error(column, message, None));
			}
			_ => {
				let hint = format!("there are {DIRECTIVES}");
				return Err(line.error(column, format!("expected a directive, found `{name}`"), Some(hint)));
			}
		}
		line.end()
	}

	/// `.item N` and the like.
	fn setting(&mut self, line: &mut Line<'a>, name: &str, column: u32) -> Result<(), AsmError> {
		let most = if name == ".max_units" {
			u32::MAX
		} else {
			u32::from(u16::MAX)
		};
		let value = self.bounded(line, "a number", most)?;
		let setting = match name {
			".item" => &mut self.settings.item,
			".scratch" => &mut self.settings.scratch,
			".max_units" => &mut self.settings.max_units,
			_ => &mut self.settings.max_faults,
		};
		if let Some(first) = setting {
			return Err(line.error(
				column,
				format!("expected `{name}` once: line {} has it", first.line),
				None,
			));
		}
		*setting = Some(Setting {
			value,
			line: line.number(),
		});
		Ok(())
	}

	/// A number from 0 to `most`.
	fn bounded(&mut self, line: &mut Line<'a>, expected: &str, most: u32) -> Result<u32, AsmError> {
		let column = line.column();
		let scalar = line.scalar(expected)?;
		let number = self
			.number(&scalar, expected)
			.map_err(|(message, hint)| line.error(column, message, hint))?;
		u32::try_from(number)
			.ok()
			.filter(|number| *number <= most)
			.ok_or_else(|| {
				line.error(
					column,
					format!("expected {expected} from 0 to {most}, found {number}"),
					None,
				)
			})
	}

	/// `.inputs NAME…` and `.params NAME…`
	fn list(&mut self, line: &mut Line<'a>, directive: &str) -> Result<(), AsmError> {
		let (names, most, expected) = if directive == ".inputs" {
			(&mut self.inputs, MAX_INPUTS, "the name of an input")
		} else {
			(&mut self.params, MAX_PARAMS, "the name of a parameter")
		};
		loop {
			let column = line.column();
			let name = line.new_name(expected)?;
			if names.contains(&name) {
				return Err(line.error(column, format!("expected a new name: `{name}` is declared"), None));
			}
			if names.len() >= usize::from(most) {
				return Err(line.error(
					column,
					format!("expected at most {most} names after `{directive}`"),
					None,
				));
			}
			names.push(name);
			if line.is_empty() {
				return Ok(());
			}
		}
	}

	/// `.w NAME…` and `.d NAME…`
	fn named_registers(&mut self, line: &mut Line<'a>, directive: &str) -> Result<(), AsmError> {
		let is_w = directive == ".w";
		loop {
			let column = line.column();
			let name = line.new_name("the name of a register")?;
			let (count, most) = if is_w {
				(self.named.0, MAX_W)
			} else {
				(self.named.1, u16::from(MAX_D))
			};
			let number = u8::try_from(count).ok().filter(|_| count < most).ok_or_else(|| {
				line.error(
					column,
					format!("expected at most {most} names of registers after `{directive}`"),
					None,
				)
			})?;
			let next = count.saturating_add(1);
			if is_w {
				self.declare(line, column, name, Named::W(number))?;
				self.named.0 = next;
				self.registers.0 = self.registers.0.max(next);
			} else {
				self.declare(line, column, name, Named::D(number))?;
				self.named.1 = next;
				self.registers.1 = self.registers.1.max(next);
			}
			if line.is_empty() {
				return Ok(());
			}
		}
	}

	/// Puts a name into the common name space.
	fn declare(&mut self, line: &Line<'a>, column: u32, name: &'a str, named: Named) -> Result<(), AsmError> {
		if is_plain_register(name) {
			return Err(line.error(column, format!("expected a new name: `{name}` is a register"), None));
		}
		if self.names.contains_key(name) {
			return Err(line.error(column, format!("expected a new name: `{name}` is declared"), None));
		}
		self.names.insert(name, named);
		Ok(())
	}

	/// `.const u8 NAME: NUMBER, …`
	fn constants(&mut self, line: &mut Line<'a>) -> Result<(), AsmError> {
		let column = line.column();
		let (width, width_log2) = match line.word("u8, u32 or u64")? {
			"u8" => (1usize, 0u32),
			"u32" => (4, 2),
			"u64" => (8, 3),
			other => return Err(line.error(column, format!("expected u8, u32 or u64, found `{other}`"), None)),
		};
		let aligned = self.constants.len().next_multiple_of(width);
		self.constants.resize(aligned, 0);
		let at = line.column();
		let mut first = line.accept_word();
		if let Some(name) = first.filter(|_| line.accept(':')) {
			if self.tables.contains_key(name) || name.contains('.') {
				return Err(line.error(at, format!("expected a new name of a table, found `{name}`"), None));
			}
			let element = u32::try_from(aligned).unwrap_or(u32::MAX).wrapping_shr(width_log2);
			self.tables.insert(name, Table { element, width_log2 });
			first = None;
		}
		loop {
			let place = if first.is_some() { at } else { line.column() };
			let scalar = match first.take() {
				Some(name) => Scalar::Name(name, 0),
				None => line.scalar("a number")?,
			};
			let number = self
				.number(&scalar, "a number")
				.map_err(|(message, hint)| line.error(place, message, hint))?;
			let bits = 8u32.wrapping_shl(width_log2);
			let least = 1i128.wrapping_shl(bits.saturating_sub(1)).saturating_neg();
			let most = 1i128.wrapping_shl(bits).saturating_sub(1);
			if number < least || number > most {
				let message = format!("expected a number from {least} to {most}, found {number}");
				return Err(line.error(place, message, None));
			}
			self.constants.extend(number.to_le_bytes().iter().take(width));
			if self.constants.len() > usize::from(MAX_AREA) {
				return Err(line.error(place, format!("expected at most {MAX_AREA} bytes of constants"), None));
			}
			if !line.accept(',') {
				return Ok(());
			}
		}
	}
}
