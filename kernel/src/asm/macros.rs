//! Macros: sequences of instructions that are written once and expanded where they are named.
//!
//! A macro is kept as the tokens of its lines. An expansion puts the tokens of the arguments in the place of the
//! parameters, and assembles the lines as if they stood in the text. Hostile text cannot make that work for long:
//! a macro names only macros that are complete, so there is no recursion, and each makes at least one instruction. So
//! the instructions that it makes in all, which are counted as it is read, bound the work of an expansion, and one that
//! would not fit into a program is refused before it begins.

use alloc::{format, rc::Rc, string::ToString, vec::Vec};

use super::{
	assembler::{find, Assembler},
	encode::Pair,
	operand::is_plain_register,
	parser::Line,
	AsmError,
};
use crate::program::MAX_INSTRUCTIONS;

/// Most parameters of a macro.
const MAX_PARAMETERS: usize = 32;

/// Most macros inside one another; each is a level of recursion in the assembler.
const MAX_DEPTH: usize = 16;

/// What may stand in a macro.
const STATEMENT: &str = "an instruction, a macro or `.endmacro`";

/// A macro.
pub(super) struct Macro<'a> {
	name: &'a str,
	parameters: Vec<&'a str>,
	/// Instructions and macros, no empty lines.
	body: Vec<Line<'a>>,
	/// Instructions of an expansion.
	size: usize,
	/// Macros inside one another, this one included.
	depth: usize,
	/// The line of its `.macro`.
	line: u32,
}

/// One use of a macro.
pub(super) struct Expansion {
	/// The expansion that holds the invocation; 0 outside of macros.
	parent: usize,
	/// The line of the invocation.
	line: u32,
}

/// The lines of the invocations that led to expansion number `scope`, the innermost first.
pub(super) fn invocations(expansions: &[Expansion], scope: usize) -> Vec<u32> {
	let mut lines = Vec::new();
	let mut at = scope;
	// An expansion has a higher number than the one that holds it.
	while let Some(expansion) = at.checked_sub(1).and_then(|place| expansions.get(place)) {
		lines.push(expansion.line);
		at = expansion.parent;
	}
	lines
}

impl Macro<'_> {
	/// The error of a missing `.endmacro`.
	pub(super) fn unclosed(&self) -> AsmError {
		let message = "expected an `.endmacro` that closes this `.macro`".to_string();
		AsmError::new(self.line, 1, message, None)
	}
}

impl<'a> Assembler<'a> {
	/// `.macro NAME PARAMETER…`
	pub(super) fn begin_macro(&mut self, line: &mut Line<'a>) -> Result<(), AsmError> {
		let column = line.column();
		let name = line.new_name("the name of a macro")?;
		let taken = if Pair::find(name).is_ok() {
			Some("an instruction")
		} else if self.macros.contains_key(name) {
			Some("a macro")
		} else {
			None
		};
		if let Some(taken) = taken {
			return Err(line.error(column, format!("expected a new name: `{name}` is {taken}"), None));
		}
		let mut parameters: Vec<&str> = Vec::new();
		while !line.is_empty() {
			let column = line.column();
			let parameter = line.new_name("the name of a parameter")?;
			let problem = if is_plain_register(parameter) {
				Some(format!("expected a new name: `{parameter}` is a register"))
			} else if parameters.contains(&parameter) {
				Some(format!("expected a new name: `{parameter}` is a parameter"))
			} else if parameters.len() >= MAX_PARAMETERS {
				Some(format!("expected at most {MAX_PARAMETERS} parameters of a macro"))
			} else {
				None
			};
			if let Some(problem) = problem {
				return Err(line.error(column, problem, None));
			}
			parameters.push(parameter);
		}
		self.defining = Some(Macro {
			name,
			parameters,
			body: Vec::new(),
			size: 0,
			depth: 1,
			line: line.number(),
		});
		Ok(())
	}

	/// A line, not empty, of the macro that is being defined.
	pub(super) fn define(&mut self, mut open: Macro<'a>, mut line: Line<'a>) -> Result<(), AsmError> {
		let column = line.column();
		let Some(first) = line.peek_word() else {
			return Err(line.expected(STATEMENT));
		};
		if first == ".endmacro" {
			line.word(STATEMENT)?;
			line.end()?;
			if open.body.is_empty() {
				let message = format!("expected an instruction in the macro `{}`", open.name);
				return Err(line.error(column, message, None));
			}
			self.macros.insert(open.name, Rc::new(open));
			return Ok(());
		}
		if first.starts_with('.') {
			let hint = "directives stand outside of macros".to_string();
			return Err(line.error(column, format!("expected {STATEMENT}, found `{first}`"), Some(hint)));
		}
		if first == open.name {
			let message = format!("expected no `{first}` here: a macro cannot invoke itself");
			return Err(line.error(column, message, None));
		}
		let (size, depth) = match self.macros.get(first) {
			Some(inner) => (inner.size, inner.depth),
			None => {
				find(first).map_err(|fault| line.error(column, fault.message, fault.hint))?;
				(1, 0)
			}
		};
		open.size = open.size.saturating_add(size);
		open.depth = open.depth.max(depth.saturating_add(1));
		if open.depth > MAX_DEPTH {
			let message = format!("expected at most {MAX_DEPTH} macros inside one another");
			return Err(line.error(column, message, None));
		}
		open.body.push(line);
		self.defining = Some(open);
		Ok(())
	}

	/// Assembles the instructions of a macro; `line` still holds the arguments.
	pub(super) fn expand(&mut self, invoked: &Macro<'a>, line: &mut Line<'a>, column: u32) -> Result<(), AsmError> {
		let (name, count) = (invoked.name, invoked.parameters.len());
		let arguments = line.arguments()?;
		if arguments.len() != count {
			let plural = if count == 1 { "" } else { "s" };
			let message = format!(
				"expected {count} argument{plural} of `{name}`, found {}",
				arguments.len()
			);
			let hint = (count > 0).then(|| format!("it takes {}", invoked.parameters.join(", ")));
			return Err(line.error(column, message, hint));
		}
		if self.code.len().saturating_add(invoked.size) > usize::from(MAX_INSTRUCTIONS) {
			let message = format!(
				"expected at most {MAX_INSTRUCTIONS} instructions: `{name}` comes after {} and makes more than fit",
				self.code.len()
			);
			return Err(line.error(column, message, None));
		}
		let outer = (self.scope, self.floor);
		self.expansions.push(Expansion {
			parent: self.scope,
			line: line.number(),
		});
		self.scope = self.expansions.len();
		self.floor = self.open.len();
		for body in &invoked.body {
			let mut statement = body.expanded(self.scope, |word| {
				let at = invoked.parameters.iter().position(|parameter| *parameter == word)?;
				arguments.get(at).map(Vec::as_slice)
			});
			self.statement(&mut statement)?;
		}
		if let Some(open) = self.open.get(self.floor..).and_then(|opened| opened.last()) {
			return Err(open.unclosed());
		}
		(self.scope, self.floor) = outer;
		Ok(())
	}
}
