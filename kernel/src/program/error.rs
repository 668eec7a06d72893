//! Why bytes, or parts, are no program.

use core::fmt;

use super::{
	HEADER_BYTES, MAX_AREA, MAX_CURSORS, MAX_D, MAX_INPUTS, MAX_INSTRUCTIONS, MAX_ITEM, MAX_NESTING, MAX_PARAMS, MAX_W,
	REFUTE_FAULTS, REFUTE_UNITS, VERSION,
};

/// Why bytes are no program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramError {
	/// Fewer bytes than a header.
	NoHeader,
	/// The first four bytes are not [`MAGIC`](super::MAGIC).
	Magic,
	/// A version that this crate does not know.
	Version(u16),
	/// Feature bits that this version does not define.
	Features(u32),
	/// A reserved byte of the header is not 0.
	Reserved,
	/// More instructions than [`MAX_INSTRUCTIONS`].
	CodeLen(u16),
	/// Not a power of two from 1 to [`MAX_ITEM`].
	ItemSize(u16),
	/// Neither 0 nor a power of two up to [`MAX_AREA`].
	ScratchSize(u16),
	/// Neither 0 nor a power of two up to [`MAX_AREA`].
	ConstSize(u16),
	/// More `w` registers than [`MAX_W`].
	WCount(u16),
	/// More `d` registers than [`MAX_D`].
	DCount(u8),
	/// More inputs than [`MAX_INPUTS`].
	Inputs(u8),
	/// More parameters than [`MAX_PARAMS`].
	Params(u8),
	/// `max_units` is below the item cost or above [`REFUTE_UNITS`].
	MaxUnits {
		/// The least valid value: the item cost.
		item_cost: u32,
		/// What the header says.
		max_units: u32,
	},
	/// `max_faults` is above [`REFUTE_FAULTS`].
	MaxFaults(u16),
	/// `max_faults` is 0, yet the program loads from an input.
	NoFaults,
	/// The bytes are not as many as the header announces.
	Length {
		/// Bytes that the header announces.
		expected: usize,
		/// Bytes given.
		actual: usize,
	},
	/// [`Program::new`](super::Program::new): the header declares another number of instructions.
	CodeMismatch {
		/// Instructions that the header declares.
		declared: u16,
		/// Instructions given.
		actual: usize,
	},
	/// [`Program::new`](super::Program::new): the header declares another number of bytes of constants.
	ConstantsMismatch {
		/// Bytes that the header declares.
		declared: u16,
		/// Bytes given.
		actual: usize,
	},
	/// Loads name more than [`MAX_CURSORS`] distinct (input, cursor) pairs.
	Cursors,
	/// A block, loop or if has no `end`.
	Unclosed,
	/// An instruction is invalid.
	Instruction {
		/// Its number, from 0.
		at: u16,
		/// What is wrong with it.
		problem: Problem,
	},
}

/// Why an instruction is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
	/// The version does not define this opcode.
	Opcode(u8),
	/// A field that the instruction does not use is not 0.
	UnusedField,
	/// A register is not declared.
	Register,
	/// An input is not declared.
	Input,
	/// A parameter is not declared.
	Parameter,
	/// A branch names no open block.
	Depth,
	/// A shift of a product is above 63.
	Shift,
	/// A selector has a nibble above 7, or bits above 16.
	Selector,
	/// A bit field is empty or does not lie inside 32 bits.
	BitField,
	/// The access is wider than the constants, the scratch or the output.
	AreaTooSmall,
	/// More than [`MAX_NESTING`] blocks, loops and ifs are open.
	Nesting,
	/// An `else` that does not follow the first arm of an `if`.
	Else,
	/// An `end` with nothing open.
	End,
}

impl fmt::Display for Problem {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Problem::Opcode(code) => write!(f, "opcode {code:#04x} does not exist"),
			Problem::UnusedField => f.write_str("a field that the instruction does not use is not 0"),
			Problem::Register => f.write_str("a register is not declared in the header"),
			Problem::Input => f.write_str("an input is not declared in the header"),
			Problem::Parameter => f.write_str("a parameter is not declared in the header"),
			Problem::Depth => f.write_str("the branch names no open block"),
			Problem::Shift => f.write_str("the shift is above 63"),
			Problem::Selector => f.write_str("the selector is not four nibbles of 0 to 7"),
			Problem::BitField => f.write_str("the bit field is empty or leaves the 32 bits"),
			Problem::AreaTooSmall => f.write_str("the access is wider than the memory it goes to"),
			Problem::Nesting => write!(f, "more than {MAX_NESTING} blocks are open"),
			Problem::Else => f.write_str("the else does not follow the first arm of an if"),
			Problem::End => f.write_str("the end closes nothing"),
		}
	}
}

impl fmt::Display for ProgramError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			ProgramError::NoHeader => write!(f, "a program has at least {HEADER_BYTES} bytes"),
			ProgramError::Magic => f.write_str("not a program: it does not begin with MILL"),
			ProgramError::Version(version) => write!(f, "version {version} is unknown, {VERSION} is supported"),
			ProgramError::Features(bits) => write!(f, "feature bits {bits:#x} are unknown"),
			ProgramError::Reserved => f.write_str("a reserved byte of the header is not 0"),
			ProgramError::CodeLen(n) => write!(f, "{n} instructions, at most {MAX_INSTRUCTIONS} are allowed"),
			ProgramError::ItemSize(n) => write!(f, "item size {n} is not a power of two from 1 to {MAX_ITEM}"),
			ProgramError::ScratchSize(n) => write!(f, "scratch size {n} is not 0 or a power of two up to {MAX_AREA}"),
			ProgramError::ConstSize(n) => write!(f, "constant size {n} is not 0 or a power of two up to {MAX_AREA}"),
			ProgramError::WCount(n) => write!(f, "{n} w registers, at most {MAX_W} are allowed"),
			ProgramError::DCount(n) => write!(f, "{n} d registers, at most {MAX_D} are allowed"),
			ProgramError::Inputs(n) => write!(f, "{n} inputs, at most {MAX_INPUTS} are allowed"),
			ProgramError::Params(n) => write!(f, "{n} parameters, at most {MAX_PARAMS} are allowed"),
			ProgramError::MaxUnits { item_cost, max_units } => {
				write!(
					f,
					"max_units {max_units} is not between the item cost {item_cost} and {REFUTE_UNITS}"
				)
			}
			ProgramError::MaxFaults(n) => write!(f, "max_faults {n} is above {REFUTE_FAULTS}"),
			ProgramError::NoFaults => f.write_str("max_faults is 0, yet the program loads from an input"),
			ProgramError::Length { expected, actual } => {
				write!(f, "the header announces {expected} bytes, there are {actual}")
			}
			ProgramError::CodeMismatch { declared, actual } => {
				write!(f, "the header declares {declared} instructions, there are {actual}")
			}
			ProgramError::ConstantsMismatch { declared, actual } => {
				write!(
					f,
					"the header declares {declared} bytes of constants, there are {actual}"
				)
			}
			ProgramError::Cursors => write!(f, "loads name more than {MAX_CURSORS} pairs of input and cursor"),
			ProgramError::Unclosed => f.write_str("a block, loop or if has no end"),
			ProgramError::Instruction { at, problem } => write!(f, "instruction {at}: {problem}"),
		}
	}
}

impl core::error::Error for ProgramError {}
