//! The text form of programs: assembler, disassembler, and a builder for code that writes code.
//!
//! # The text
//!
//! One directive or instruction a line; `;` begins a comment. A program that adds the words of two inputs:
//!
//! ```text
//! .item 4                        ; bytes of output an item
//! .inputs left right             ; names of the inputs, in order
//! .max_units 294
//! .max_faults 2
//! .w zero i x y                  ; names of w registers: zero is w0, i is w1
//!
//!   index  i
//!   ld32.z x, left[i]            ; .z: out of range reads 0
//!   ld32.z y, right[i + 1]:2     ; cursor 2 of this input
//!   add    x, x, y
//!   sto32  [zero], x
//! ```
//!
//! | directive | meaning |
//! |---|---|
//! | `.item N` | bytes of one output item; required |
//! | `.scratch N` | bytes of scratch |
//! | `.inputs NAME…`, `.params NAME…` | inputs and parameters, in order; repeated directives append |
//! | `.max_units N` | the bound on the units of an item; required |
//! | `.max_faults N` | the bound on the faults of an item; required where the program loads |
//! | `.w NAME…`, `.d NAME…` | names registers, counting from `w0` and `d0` |
//! | `.registers W D` | declares at least so many; otherwise the counts follow from names and uses |
//! | `.equ NAME NUMBER` | names a number |
//! | `.const u8 [NAME:] NUMBER, …` | appends constants, also `u32`, `u64`, aligned to their width; names the first |
//! | `.macro NAME PARAMETER…` … `.endmacro` | names a sequence of instructions |
//!
//! Names are declared before they are used. Inputs, parameters, tables of constants, labels, and registers with
//! numbers are five separate name spaces. Registers may also be written `w0`, `d3`. Numbers are decimal or `0x…`, and
//! may be negative.
//!
//! Operands stand in the order that [`Form`](crate::opcode::Form) shows. Where an instruction has a register and an
//! immediate form, writing a number chooses the immediate one: the last operand, or the middle one of `mad` and `fshr`.
//! `block`, `loop` and `if` take an optional label after their operands (`loop top`, `if c, found`), and branches name
//! a label or a depth (`br_if c, top`).
//!
//! # Macros
//!
//! A macro stands where an instruction may stand, with its arguments behind it: names and numbers, as many as it has
//! parameters. Each takes the place of its parameter in the operands of the macro's instructions. What a macro opens
//! it closes, and labels written in it are its own: it takes one from outside as an argument. Its instructions may be
//! macros that were defined before. 16 macros may be inside one another, and a program has 4,096 instructions with all
//! macros expanded.
//!
//! ```text
//! .item 4
//! .max_units 25
//! .w zero t x y
//!
//! .macro SWAP a b
//!   mov t, a
//!   mov a, b
//!   mov b, t
//! .endmacro
//!
//!   index x
//!   items y
//!   SWAP  x, y
//!   sto32 [zero], x
//! ```
//!
//! Program and text correspond: [`disassemble`] writes text that [`assemble`] turns into the same bytes.

use alloc::{string::String, vec::Vec};
use core::fmt;

pub use self::{
	builder::{BuildError, Builder, Label},
	disassembler::disassemble,
	encode::{Address, Arg, Load, D, W},
};
use crate::program::Program;

mod assembler;
mod builder;
mod directive;
mod disassembler;
mod encode;
mod lexer;
mod macros;
mod operand;
mod parser;
mod slots;

/// Most bytes of a source text. The longest program disassembles to less.
pub const MAX_SOURCE_BYTES: usize = 1 << 20;

/// Why a text is no program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsmError {
	/// The line, from 1.
	pub line: u32,
	/// The character in the line, from 1.
	pub column: u32,
	/// What was expected.
	pub message: String,
	/// What to do about it.
	pub hint: Option<String>,
	/// Where `line` belongs to a macro, the lines of the invocations that led there, the innermost first.
	pub invoked: Vec<u32>,
}

impl AsmError {
	/// An error outside of macros.
	fn new(line: u32, column: u32, message: String, hint: Option<String>) -> AsmError {
		AsmError {
			line,
			column,
			message,
			hint,
			invoked: Vec::new(),
		}
	}
}

impl fmt::Display for AsmError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "line {}", self.line)?;
		for line in &self.invoked {
			write!(f, ", invoked in line {line}")?;
		}
		write!(f, ": {}", self.message)?;
		match &self.hint {
			Some(hint) => write!(f, " ({hint})"),
			None => Ok(()),
		}
	}
}

impl core::error::Error for AsmError {}

/// A valid place that has a cheaper form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
	/// The line, from 1.
	pub line: u32,
	/// What to write instead, and why.
	pub message: String,
}

impl fmt::Display for Hint {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "line {}: {}", self.line, self.message)
	}
}

/// Turns text into a program.
///
/// # Errors
/// The first line that is wrong, with what was expected there. Work and memory are bounded by the length of `source`,
/// which is at most [`MAX_SOURCE_BYTES`].
pub fn assemble(source: &str) -> Result<Program, AsmError> {
	assemble_with_warnings(source).map(|(program, _)| program)
}

/// Turns text into a program, and lists the places where a cheaper form exists, in the order of their lines.
///
/// # Errors
/// As [`assemble`].
pub fn assemble_with_warnings(source: &str) -> Result<(Program, Vec<Hint>), AsmError> {
	assembler::Assembler::run(source)
}
