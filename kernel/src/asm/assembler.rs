//! The assembler: one pass over the lines, names declared before they are used.

use alloc::{
	collections::BTreeMap,
	format,
	rc::Rc,
	string::{String, ToString},
	vec::Vec,
};

use super::{
	directive::{Setting, Settings, Table},
	encode::{registers_used, Fault, Pair},
	macros::{invocations, Expansion, Macro},
	operand::Named,
	parser::{Line, Operand, Scalar},
	AsmError, Hint, MAX_SOURCE_BYTES,
};
use crate::{
	opcode::{self, Area},
	program::{Header, Instruction, Program, ProgramError, MAX_INSTRUCTIONS, MAX_NESTING},
};

/// A block, loop or if without its `end` so far.
pub(super) struct Open<'a> {
	/// The label, and the expansion of a macro that it belongs to; 0 outside of macros.
	pub(super) label: Option<(&'a str, usize)>,
	mnemonic: &'static str,
	line: u32,
}

impl Open<'_> {
	/// The error of a missing `end`.
	pub(super) fn unclosed(&self) -> AsmError {
		let message = format!("expected an `end` that closes this `{}`", self.mnemonic);
		AsmError::new(self.line, 1, message, None)
	}
}

/// The state after some lines.
#[derive(Default)]
pub(super) struct Assembler<'a> {
	pub(super) settings: Settings,
	/// Registers and numbers.
	pub(super) names: BTreeMap<&'a str, Named>,
	pub(super) inputs: Vec<&'a str>,
	pub(super) params: Vec<&'a str>,
	pub(super) tables: BTreeMap<&'a str, Table>,
	pub(super) constants: Vec<u8>,
	/// Registers that have a name.
	pub(super) named: (u16, u16),
	/// Registers to declare: by names, uses and `.registers`.
	pub(super) registers: (u16, u16),
	pub(super) open: Vec<Open<'a>>,
	pub(super) macros: BTreeMap<&'a str, Rc<Macro<'a>>>,
	/// The macro whose `.endmacro` is still to come.
	pub(super) defining: Option<Macro<'a>>,
	/// All expansions so far; number n is at n - 1.
	pub(super) expansions: Vec<Expansion>,
	/// The expansion that is under way; 0 outside of macros.
	pub(super) scope: usize,
	/// What was open when it began.
	pub(super) floor: usize,
	pub(super) code: Vec<Instruction>,
	/// The line of each instruction, and its expansion.
	lines: Vec<(u32, usize)>,
	hints: Vec<Hint>,
}

impl<'a> Assembler<'a> {
	/// Assembles a whole source.
	pub(super) fn run(source: &'a str) -> Result<(Program, Vec<Hint>), AsmError> {
		if source.len() > MAX_SOURCE_BYTES {
			let message = format!(
				"expected at most {MAX_SOURCE_BYTES} bytes of text, found {}",
				source.len()
			);
			return Err(AsmError::new(1, 1, message, None));
		}
		let mut assembler = Assembler::default();
		let mut last = 1u32;
		for (number, text) in (1u32..).zip(source.lines()) {
			last = number;
			let line = Line::new(text, number)?;
			// After an error `scope` is still that of the expansion that failed.
			assembler.line(line).map_err(|error| AsmError {
				invoked: invocations(&assembler.expansions, assembler.scope),
				..error
			})?;
		}
		assembler.finish(last)
	}

	/// One line of the source.
	fn line(&mut self, mut line: Line<'a>) -> Result<(), AsmError> {
		if line.is_empty() {
			return Ok(());
		}
		match self.defining.take() {
			Some(open) => self.define(open, line),
			None => self.statement(&mut line),
		}
	}

	/// A directive, an instruction or the invocation of a macro.
	pub(super) fn statement(&mut self, line: &mut Line<'a>) -> Result<(), AsmError> {
		let column = line.column();
		let word = line.word("a directive or an instruction")?;
		if word.starts_with('.') {
			return self.directive(line, word, column);
		}
		match self.macros.get(word).cloned() {
			Some(invoked) => self.expand(&invoked, line, column),
			None => self.instruction(line, word, column),
		}
	}

	fn instruction(&mut self, line: &mut Line<'a>, mnemonic: &'a str, column: u32) -> Result<(), AsmError> {
		if self.code.len() >= usize::from(MAX_INSTRUCTIONS) {
			return Err(line.error(
				column,
				format!("expected at most {MAX_INSTRUCTIONS} instructions"),
				None,
			));
		}
		let (pair, zero) = find(mnemonic).map_err(|fault| line.error(column, fault.message, fault.hint))?;
		let slots = pair.slots();
		let mut operands = line.operands()?;
		let label = self.label(line, &pair, slots.len(), &mut operands)?;
		let mut args = Vec::with_capacity(operands.len());
		for (at, (operand, place)) in operands.iter().enumerate() {
			let slot = slots.get(at).copied();
			let arg = self
				.resolve(&pair, operand, slot, at, zero)
				.map_err(|(message, hint)| line.error(*place, message, hint))?;
			args.push(arg);
		}
		let word = pair.encode(&args).map_err(|fault: Fault| {
			let place = fault
				.operand
				.and_then(|at| operands.get(at))
				.map_or(column, |(_, place)| *place);
			line.error(place, fault.message, fault.hint)
		})?;
		match word.op {
			opcode::BLOCK | opcode::LOOP | opcode::IF => {
				if self.open.len() >= MAX_NESTING {
					let message = format!("expected at most {MAX_NESTING} blocks, loops and ifs inside one another");
					return Err(line.error(column, message, None));
				}
				self.open.push(Open {
					label,
					mnemonic: pair.plain.mnemonic,
					line: line.number(),
				});
			}
			opcode::END | opcode::ELSE if self.scope > 0 && self.open.len() <= self.floor => {
				let message = format!("expected no `{mnemonic}` here: nothing is open in this macro");
				return Err(line.error(column, message, None));
			}
			opcode::END if self.open.pop().is_none() => {
				return Err(line.error(column, "expected no `end` here: nothing is open".to_string(), None));
			}
			_ => {}
		}
		let used = registers_used(&word);
		self.registers = (self.registers.0.max(used.0), self.registers.1.max(used.1));
		self.hints.extend(cheaper(&word).map(|message| Hint {
			line: line.number(),
			message,
		}));
		self.code.push(word);
		self.lines.push((line.number(), self.scope));
		Ok(())
	}

	/// Takes the label off the operands of an instruction that may have one.
	fn label(
		&self,
		line: &Line<'a>,
		pair: &Pair,
		arity: usize,
		operands: &mut Vec<(Operand<'a>, u32)>,
	) -> Result<Option<(&'a str, usize)>, AsmError> {
		let opens = matches!(pair.plain.code, opcode::BLOCK | opcode::LOOP | opcode::IF);
		if !opens || operands.len() != arity.saturating_add(1) {
			return Ok(None);
		}
		match operands.pop() {
			Some((Operand::Scalar(Scalar::Name(label, scope)), column)) => {
				if let Some(open) = self.open.iter().find(|open| open.label == Some((label, scope))) {
					let message = format!(
						"expected a new label: `{label}` names the {} of line {}",
						open.mnemonic, open.line
					);
					return Err(line.error(column, message, None));
				}
				Ok(Some((label, scope)))
			}
			Some((_, column)) => Err(line.error(column, "expected a label".to_string(), None)),
			None => Ok(None),
		}
	}

	/// The program, after the last line.
	fn finish(mut self, last: u32) -> Result<(Program, Vec<Hint>), AsmError> {
		let missing = |message: &str| AsmError::new(last, 1, message.to_string(), None);
		if let Some(open) = &self.defining {
			return Err(open.unclosed());
		}
		if let Some(open) = self.open.last() {
			return Err(open.unclosed());
		}
		let item = self
			.settings
			.item
			.ok_or_else(|| missing("expected `.item N`: the bytes of one output item"))?;
		let max_units = self
			.settings
			.max_units
			.ok_or_else(|| missing("expected `.max_units N`: the bound on the units of one item"))?;
		if !self.constants.is_empty() {
			let size = self.constants.len().next_power_of_two();
			self.constants.resize(size, 0);
		}
		if item.value < 16 {
			let line = item.line;
			let message = format!(
				"items of {} bytes make small leaves that hash slowly: use >= 16 bytes an item",
				item.value
			);
			self.hints.push(Hint { line, message });
		}
		// A macro gives the hints of its lines each time.
		self.hints
			.sort_by(|a, b| (a.line, &a.message).cmp(&(b.line, &b.message)));
		self.hints.dedup();
		let header = Header {
			features: 0,
			code_len: u16::try_from(self.code.len()).unwrap_or(u16::MAX),
			item_size: narrow(item.value),
			scratch_size: narrow(self.settings.scratch.map_or(0, |setting| setting.value)),
			const_size: u16::try_from(self.constants.len()).unwrap_or(u16::MAX),
			w_count: self.registers.0,
			d_count: u8::try_from(self.registers.1).unwrap_or(u8::MAX),
			inputs: u8::try_from(self.inputs.len()).unwrap_or(u8::MAX),
			params: u8::try_from(self.params.len()).unwrap_or(u8::MAX),
			max_units: max_units.value,
			max_faults: narrow(self.settings.max_faults.map_or(0, |setting| setting.value)),
		};
		match Program::new(header, self.code, self.constants) {
			Ok(program) => Ok((program, self.hints)),
			Err(error) => Err(explain(&error, &self.settings, &self.lines, &self.expansions, last)),
		}
	}
}

/// Settings are read as numbers below 2^16 where the header has 16 bits.
fn narrow(value: u32) -> u16 {
	u16::try_from(value).unwrap_or(u16::MAX)
}

/// The rows of a mnemonic, and whether it is a load with `.z`.
pub(super) fn find(mnemonic: &str) -> Result<(Pair, bool), Fault> {
	match mnemonic.strip_suffix(".z") {
		None => Pair::find(mnemonic).map(|pair| (pair, false)),
		Some(load) => {
			let pair = Pair::find(load)?;
			if pair.plain.access().is_some_and(|access| access.area == Area::Input) {
				return Ok((pair, true));
			}
			Err(Fault {
				operand: None,
				message: format!("expected a load from an input before `.z`, found `{load}`"),
				hint: Some("the other memories wrap around, so nothing is out of range".to_string()),
			})
		}
	}
}

/// The cheaper form of a division by a power of two.
fn cheaper(word: &Instruction) -> Option<String> {
	let (replacement, operand) = match word.op {
		opcode::DIVU_I | opcode::DIVU_D_I => (
			if word.op == opcode::DIVU_I {
				opcode::SHRU_I
			} else {
				opcode::SHRU_D_I
			},
			word.imm.trailing_zeros(),
		),
		opcode::REMU_I | opcode::REMU_D_I => (
			if word.op == opcode::REMU_I {
				opcode::AND_I
			} else {
				opcode::AND_D_I
			},
			word.imm.wrapping_sub(1),
		),
		_ => return None,
	};
	let now = opcode::info(word.op)?;
	let then = opcode::info(replacement)?;
	// The immediate of a 64-bit instruction is sign-extended: 2^31 is no power of two there.
	let wide = matches!(word.op, opcode::DIVU_D_I | opcode::REMU_D_I);
	if !word.imm.is_power_of_two() || (wide && word.imm.cast_signed() < 0) {
		return None;
	}
	Some(format!(
		"`{}` by {} costs {} units, `{}` by {operand} gives the same for {}",
		now.mnemonic, word.imm, now.units, then.mnemonic, then.units
	))
}

/// What the validator found, at the line that caused it.
fn explain(
	error: &ProgramError,
	settings: &Settings,
	lines: &[(u32, usize)],
	expansions: &[Expansion],
	last: u32,
) -> AsmError {
	let at = |setting: Option<Setting>| setting.map_or(last, |setting| setting.line);
	let mut invoked = Vec::new();
	let (line, message, hint) = match error {
		ProgramError::Instruction { at, problem } => {
			let (line, scope) = lines.get(usize::from(*at)).copied().unwrap_or((last, 0));
			invoked = invocations(expansions, scope);
			(line, problem.to_string(), None)
		}
		ProgramError::ItemSize(_) => (at(settings.item), error.to_string(), None),
		ProgramError::ScratchSize(_) => (at(settings.scratch), error.to_string(), None),
		ProgramError::MaxUnits { .. } => (at(settings.max_units), error.to_string(), None),
		ProgramError::MaxFaults(_) => (at(settings.max_faults), error.to_string(), None),
		ProgramError::NoFaults => (
			at(settings.max_faults),
			error.to_string(),
			Some("declare `.max_faults N`, the 1 KiB chunks that an item may open".to_string()),
		),
		_ => (last, error.to_string(), None),
	};
	AsmError {
		invoked,
		..AsmError::new(line, 1, message, hint)
	}
}
