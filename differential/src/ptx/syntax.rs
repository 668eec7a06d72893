//! What a parsed text consists of: names as they stand in the text, nothing resolved.

use super::{space::Space, types::Type};

/// A module.
#[derive(Debug, Default)]
pub(super) struct Text<'a> {
	/// Variables of the module.
	pub(super) variables: Vec<Variable<'a>>,
	/// Its entries.
	pub(super) entries: Vec<Entry<'a>>,
}

/// A variable of the module or of a thread.
#[derive(Debug)]
pub(super) struct Variable<'a> {
	/// Line of the declaration.
	pub(super) line: u32,
	/// Where it lies.
	pub(super) space: Space,
	/// Its name.
	pub(super) name: &'a str,
	/// What its address is a multiple of.
	pub(super) align: u64,
	/// Its initial value; of a local variable only the length counts.
	pub(super) bytes: Vec<u8>,
}

/// A parameter of an entry.
#[derive(Debug)]
pub(super) struct Parameter<'a> {
	/// Line of the declaration.
	pub(super) line: u32,
	/// Its name.
	pub(super) name: &'a str,
	/// Where it begins in the parameter area.
	pub(super) offset: u64,
	/// What its address is a multiple of.
	pub(super) align: u64,
	/// Its bytes.
	pub(super) size: u64,
}

/// What an entry says about the shape of its launches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
	/// `.maxntid`, as threads of a block.
	pub(super) most: Option<u64>,
	/// `.reqntid`, in each dimension.
	pub(super) exact: Option<[u64; 3]>,
}

/// An entry.
#[derive(Debug)]
pub(super) struct Entry<'a> {
	/// Line of the name.
	pub(super) line: u32,
	/// Its name.
	pub(super) name: &'a str,
	/// Its parameters.
	pub(super) parameters: Vec<Parameter<'a>>,
	/// Its directives on launches.
	pub(super) limits: Limits,
	/// Its body.
	pub(super) statements: Vec<Statement<'a>>,
	/// Line of the brace that closes the body.
	pub(super) end: u32,
}

/// A statement of a body.
#[derive(Debug)]
pub(super) enum Statement<'a> {
	/// `.reg`, one name of its list.
	Registers {
		/// Line of the name.
		line: u32,
		/// Type of the registers.
		ty: Type,
		/// The name, or what the names have in common.
		name: &'a str,
		/// `None` for the name as it stands, else names that end in 0 to below this.
		count: Option<u64>,
	},
	/// `.local`
	Variable(Variable<'a>),
	/// A label.
	Label {
		/// Its line.
		line: u32,
		/// Its name.
		name: &'a str,
	},
	/// An instruction.
	Instruction(Instruction<'a>),
}

/// An instruction.
#[derive(Debug)]
pub(super) struct Instruction<'a> {
	/// Its line.
	pub(super) line: u32,
	/// The predicate that it is executed under, and whether it is negated.
	pub(super) guard: Option<(&'a str, bool)>,
	/// Its name up to the first dot.
	pub(super) opcode: &'a str,
	/// The other parts of its name, without dots.
	pub(super) modifiers: Vec<&'a str>,
	/// Its operands.
	pub(super) operands: Vec<Operand<'a>>,
}

impl Instruction<'_> {
	/// Its full name.
	pub(super) fn name(&self) -> String {
		let mut name = self.opcode.to_owned();
		for modifier in &self.modifiers {
			name.push('.');
			name.push_str(modifier);
		}
		name
	}
}

/// An operand.
#[derive(Debug)]
pub(super) enum Operand<'a> {
	/// A register, a variable, a label or `_`.
	Name(&'a str),
	/// A variable's address and a constant.
	Offset(&'a str, u64),
	/// A special register and its component: `%tid.x`.
	Special(&'a str, &'a str),
	/// A negated predicate.
	Not(&'a str),
	/// Two destinations: `p|q`.
	Pair(&'a str, &'a str),
	/// An integer in two's complement.
	Number(u64),
	/// `[base+offset]`
	Address {
		/// A register or a variable.
		base: &'a str,
		/// A constant in two's complement.
		offset: u64,
	},
	/// `{a, b}`
	Vector(Vec<Operand<'a>>),
}
