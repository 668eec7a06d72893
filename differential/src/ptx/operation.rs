//! The decoded form of an entry: names are slots, labels are indices, immediates lie in slots like registers.

use super::{
	arithmetic::{Binary, Carrying, Comparison, Division, Field, Ternary, Unary},
	space::Space,
	syntax::Limits,
};

/// Where a value lies in a thread's table of values.
pub(super) type Slot = u32;

/// The special registers, which have the first slots in this order.
pub(super) const SPECIAL: [(&str, &str); 4] = [("%tid", "x"), ("%ntid", "x"), ("%ctaid", "x"), ("%nctaid", "x")];

/// An entry that can be launched.
#[derive(Clone, Debug)]
pub(super) struct Entry {
	/// Its name.
	pub(super) name: String,
	/// Its instructions.
	pub(super) code: Vec<Instruction>,
	/// Line of the end of its body.
	pub(super) end: u32,
	/// What each slot is called, for messages.
	pub(super) names: Vec<String>,
	/// Slots of immediates and addresses, with their values.
	pub(super) constants: Vec<(Slot, u64)>,
	/// Its local variables.
	pub(super) locals: Vec<LocalVariable>,
	/// Bytes of its parameter area.
	pub(super) parameter_bytes: usize,
	/// Shapes that its launches may have.
	pub(super) limits: Limits,
}

/// A local variable. Its address is that of its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalVariable {
	/// Its bytes.
	pub(super) size: usize,
	/// What its address is known to be a multiple of.
	pub(super) align: u64,
}

/// A predicate as a source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition {
	/// The predicate.
	pub(super) predicate: Slot,
	/// Whether its opposite is meant.
	pub(super) negated: bool,
}

/// How a predicate joins a comparison, or two predicates each other.
#[derive(Clone, Copy, Debug)]
pub(super) enum Combine {
	/// `.and`
	And,
	/// `.or`
	Or,
	/// `.xor`
	Xor,
}

impl Combine {
	/// The combination that a modifier names.
	pub(super) fn parse(text: &str) -> Option<Combine> {
		match text {
			"and" => Some(Combine::And),
			"or" => Some(Combine::Or),
			"xor" => Some(Combine::Xor),
			_ => None,
		}
	}

	/// The combination of two truth values.
	pub(super) fn apply(self, a: bool, b: bool) -> bool {
		match self {
			Combine::And => a && b,
			Combine::Or => a || b,
			Combine::Xor => a != b,
		}
	}
}

/// A comparison and what is combined with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relation {
	/// The comparison.
	pub(super) function: Comparison,
	/// What it compares.
	pub(super) a: Slot,
	/// What it compares with.
	pub(super) b: Slot,
	/// What joins it.
	pub(super) combine: Option<(Combine, Condition)>,
}

/// A number of bits and what stands above them in something wider.
#[derive(Clone, Copy, Debug)]
pub(super) struct Width {
	/// The bits.
	pub(super) bits: u32,
	/// Whether copies of the highest bit stand above; else zeros.
	pub(super) signed: bool,
}

/// The elements of an access and their registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
	/// Where the elements come from or go to, as many as `count` says.
	pub(super) registers: [Slot; 4],
	/// Elements: 1, 2 or 4.
	pub(super) count: usize,
	/// What an element is in memory.
	pub(super) element: Width,
	/// Bits of each of the registers, at least the element's.
	pub(super) register_bits: u32,
}

impl Transfer {
	/// Bytes of an element.
	pub(super) fn element_bytes(&self) -> usize {
		(self.element.bits / 8) as usize
	}

	/// Bytes of all elements.
	pub(super) fn bytes(&self) -> usize {
		self.element_bytes() * self.count
	}
}

/// An address: a base and an offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address {
	/// The state space.
	pub(super) space: Space,
	/// The base.
	pub(super) base: Slot,
	/// Added to the base.
	pub(super) offset: i32,
}

/// An instruction with its guard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instruction {
	/// Its line.
	pub(super) line: u32,
	/// It is executed only where this holds.
	pub(super) guard: Option<Condition>,
	/// What it does.
	pub(super) operation: Operation,
}

/// What an instruction does. Sources are read before a destination is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
	/// Copies a value.
	Move { to: Slot, from: Slot },
	/// Computes from one value.
	Unary { function: Unary, to: Slot, from: [Slot; 1] },
	/// Computes from two values.
	Binary {
		function: Binary,
		to: Slot,
		from: [Slot; 2],
	},
	/// Computes from three values.
	Ternary {
		function: Ternary,
		to: Slot,
		from: [Slot; 3],
	},
	/// `bfe` or `bfi`, or fails.
	Field { function: Field, to: Slot, from: [Slot; 4] },
	/// Computes from two values, or fails.
	Divide {
		function: Division,
		to: Slot,
		from: [Slot; 2],
	},
	/// Computes with the carry flag.
	Carry {
		function: Carrying,
		to: Slot,
		from: [Slot; 3],
		reads: bool,
		writes: bool,
	},
	/// `lop3`
	Lop3 { table: u8, to: Slot, from: [Slot; 3] },
	/// `cvt`: reads a value as `from_width`, cuts it to `to_width`, and fills a register of `register_bits` with it.
	Convert {
		to: Slot,
		from: Slot,
		from_width: Width,
		to_width: Width,
		register_bits: u32,
	},
	/// `mov` of several registers of `bits` each to one.
	Pack {
		to: Slot,
		from: [Slot; 4],
		count: usize,
		bits: u32,
	},
	/// `mov` of one register to several of `bits` each.
	Unpack {
		to: [Option<Slot>; 4],
		from: Slot,
		bits: u32,
	},
	/// `setp`: the relation, and the same with the opposite of the comparison.
	Test { relation: Relation, to: [Option<Slot>; 2] },
	/// `set`: 32 ones or zeros.
	Set { relation: Relation, to: Slot },
	/// `selp`
	Select {
		to: Slot,
		from: [Slot; 2],
		condition: Condition,
	},
	/// Copies a predicate.
	Truth { to: Slot, from: Condition },
	/// Combines two predicates.
	Logic {
		combine: Combine,
		to: Slot,
		from: [Condition; 2],
	},
	/// `ld`; `cached` is through the read-only cache.
	Load {
		transfer: Transfer,
		address: Address,
		cached: bool,
	},
	/// `ld.param` from this offset.
	Parameter { transfer: Transfer, offset: usize },
	/// `st`
	Store { transfer: Transfer, address: Address },
	/// `bra` to the instruction of this index.
	Branch { to: u32 },
	/// `ret`, `exit`
	End,
	/// `trap`
	Trap,
}
