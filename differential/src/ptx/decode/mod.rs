//! A parsed entry to its decoded form: names are resolved, types checked, operations chosen.

mod arithmetic;
mod data;
mod memory;
mod operands;
mod predicates;

use super::{
	error::Error,
	operation::{Condition, Entry, Instruction, LocalVariable, Operation, Slot, SPECIAL},
	space::{variable_address, Space},
	syntax::{self, Operand, Statement},
	types::Type,
};
use std::collections::HashMap;

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Symbol {
	/// A register.
	Register(Register),
	/// A variable, by its address.
	Variable {
		/// The state space.
		space: Space,
		/// The address in it.
		address: u64,
	},
	/// A parameter.
	Parameter {
		/// Where it begins in the parameter area.
		offset: u64,
		/// What its address is known to be a multiple of.
		align: u64,
		/// Its bytes.
		size: u64,
	},
}

/// A register.
#[derive(Clone, Copy, Debug)]
pub(super) struct Register {
	slot: Slot,
	/// 1 for a predicate.
	bits: u32,
}

/// Names and what they stand for.
pub(super) type Symbols = HashMap<String, Symbol>;

/// Adds a name to those of its scope.
pub(super) fn declare(symbols: &mut Symbols, line: u32, name: String, symbol: Symbol) -> Result<(), Error> {
	match symbols.insert(name.clone(), symbol) {
		None => Ok(()),
		Some(_) => Err(Error::Redeclared { line, name }),
	}
}

/// Decodes an entry. `module` holds the names of the module, which the entry's own names hide.
pub(super) fn decode(text: &syntax::Entry<'_>, module: &Symbols) -> Result<Entry, Error> {
	let mut decoder = Decoder {
		module,
		symbols: HashMap::new(),
		labels: labels(&text.statements)?,
		constant_slots: HashMap::new(),
		code: Vec::new(),
		names: SPECIAL
			.iter()
			.map(|(name, component)| format!("{name}.{component}"))
			.collect(),
		constants: Vec::new(),
		locals: Vec::new(),
	};
	let mut parameter_bytes = 0;
	for parameter in &text.parameters {
		let syntax::Parameter {
			line,
			name,
			offset,
			align,
			size,
		} = *parameter;
		let symbol = Symbol::Parameter { offset, align, size };
		declare(&mut decoder.symbols, line, name.to_owned(), symbol)?;
		parameter_bytes = (offset + size) as usize;
	}
	for statement in &text.statements {
		decoder.statement(statement)?;
	}
	Ok(Entry {
		name: text.name.to_owned(),
		code: decoder.code,
		end: text.end,
		names: decoder.names,
		constants: decoder.constants,
		locals: decoder.locals,
		parameter_bytes,
		limits: text.limits,
	})
}

/// The index of the instruction behind each label.
fn labels<'a>(statements: &[Statement<'a>]) -> Result<HashMap<&'a str, u32>, Error> {
	let mut labels = HashMap::new();
	let mut next = 0;
	for statement in statements {
		match statement {
			Statement::Label { line, name } => {
				if labels.insert(*name, next).is_some() {
					return Err(Error::Redeclared {
						line: *line,
						name: (*name).to_owned(),
					});
				}
			}
			Statement::Instruction(_) => next += 1,
			Statement::Registers { .. } | Statement::Variable(_) => {}
		}
	}
	Ok(labels)
}

struct Decoder<'a> {
	module: &'a Symbols,
	symbols: Symbols,
	labels: HashMap<&'a str, u32>,
	constant_slots: HashMap<u64, Slot>,
	code: Vec<Instruction>,
	names: Vec<String>,
	constants: Vec<(Slot, u64)>,
	locals: Vec<LocalVariable>,
}

impl Decoder<'_> {
	fn statement(&mut self, statement: &Statement<'_>) -> Result<(), Error> {
		match statement {
			Statement::Registers { line, ty, name, count } => match count {
				None => self.declare_register(*line, (*name).to_owned(), *ty),
				Some(count) => {
					(0..*count).try_for_each(|nth| self.declare_register(*line, format!("{name}{nth}"), *ty))
				}
			},
			Statement::Variable(variable) => {
				let address = variable_address(Space::Local, self.locals.len(), variable.line)?;
				self.locals.push(LocalVariable {
					size: variable.bytes.len(),
					align: variable.align,
				});
				let symbol = Symbol::Variable {
					space: Space::Local,
					address,
				};
				declare(&mut self.symbols, variable.line, variable.name.to_owned(), symbol)
			}
			Statement::Label { .. } => Ok(()),
			Statement::Instruction(instruction) => {
				let guard = match instruction.guard {
					None => None,
					Some((name, negated)) => Some(self.guard(instruction.line, name, negated)?),
				};
				let operation = self.operation(instruction)?;
				self.code.push(Instruction {
					line: instruction.line,
					guard,
					operation,
				});
				Ok(())
			}
		}
	}

	fn declare_register(&mut self, line: u32, name: String, ty: Type) -> Result<(), Error> {
		let register = Register {
			slot: self.new_slot(name.clone()),
			bits: ty.bits,
		};
		declare(&mut self.symbols, line, name, Symbol::Register(register))
	}

	fn new_slot(&mut self, name: String) -> Slot {
		self.names.push(name);
		(self.names.len() - 1) as Slot
	}

	fn operation(&mut self, i: &syntax::Instruction<'_>) -> Result<Operation, Error> {
		if let Some(operation) = self.control(i)? {
			return Ok(operation);
		}
		if let Some((last, qualifiers)) = i.modifiers.split_last() {
			if let Some(ty) = Type::parse(last) {
				for decode in [Self::arithmetic, Self::predicates, Self::data, Self::memory] {
					if let Some(operation) = decode(self, i, qualifiers, ty)? {
						return Ok(operation);
					}
				}
			}
		}
		Err(Error::UnknownInstruction {
			line: i.line,
			instruction: i.name(),
		})
	}

	/// Branches and ends. A predicated `.uni` promises what threads that run one after another cannot check: it is
	/// refused.
	fn control(&self, i: &syntax::Instruction<'_>) -> Result<Option<Operation>, Error> {
		let is_uniform = match i.modifiers.as_slice() {
			[] => false,
			["uni"] => true,
			_ => return Ok(None),
		};
		let operation = match (i.opcode, is_uniform) {
			("bra", _) => match operands(i)? {
				[Operand::Name(label)] => match self.labels.get(label) {
					Some(to) => Operation::Branch { to: *to },
					None => {
						return Err(Error::Undeclared {
							line: i.line,
							name: (*label).to_owned(),
						})
					}
				},
				[_] => return operand_error(i.line, "a branch goes to a label"),
			},
			("ret", _) => {
				let [] = operands(i)?;
				Operation::End
			}
			("exit", false) => {
				let [] = operands(i)?;
				Operation::End
			}
			("trap", false) => {
				let [] = operands(i)?;
				Operation::Trap
			}
			_ => return Ok(None),
		};
		if is_uniform && i.guard.is_some() {
			return operand_error(i.line, "whether a predicated `.uni` holds cannot be checked here");
		}
		Ok(Some(operation))
	}

	fn guard(&self, line: u32, name: &str, negated: bool) -> Result<Condition, Error> {
		let register = self.register(line, name)?;
		expect_width(line, name, 1, register.bits)?;
		Ok(Condition {
			predicate: register.slot,
			negated,
		})
	}
}

/// The operands of an instruction that takes so many.
fn operands<'i, 'a, const N: usize>(i: &'i syntax::Instruction<'a>) -> Result<&'i [Operand<'a>; N], Error> {
	i.operands.as_slice().try_into().map_err(|_| Error::OperandCount {
		line: i.line,
		instruction: i.name(),
		expected: N,
		found: i.operands.len(),
	})
}

fn operand_error<T>(line: u32, text: impl Into<String>) -> Result<T, Error> {
	Err(Error::Operand {
		line,
		text: text.into(),
	})
}

fn expect_width(line: u32, register: &str, expected: u32, found: u32) -> Result<(), Error> {
	if expected == found {
		return Ok(());
	}
	Err(Error::Width {
		line,
		register: register.to_owned(),
		expected,
		found,
	})
}
