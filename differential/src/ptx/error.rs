//! What can be wrong with a module, with a launch, or with what a thread does.

/// Why a module was refused, or why a launch did not finish.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
	/// The text is not PTX, or not of the subset.
	#[error("line {line}: {text}")]
	Syntax {
		/// Line of the text, from 1.
		line: u32,
		/// What is wrong.
		text: String,
	},
	/// No instruction of the subset has this name with these modifiers in this order.
	#[error("line {line}: `{instruction}` is no instruction of this subset")]
	UnknownInstruction {
		/// Line of the text, from 1.
		line: u32,
		/// The instruction with its modifiers.
		instruction: String,
	},
	/// A name that nothing declares before its use.
	#[error("line {line}: `{name}` is not declared")]
	Undeclared {
		/// Line of the text, from 1.
		line: u32,
		/// The name.
		name: String,
	},
	/// A name that was declared before.
	#[error("line {line}: `{name}` is declared twice")]
	Redeclared {
		/// Line of the text, from 1.
		line: u32,
		/// The name.
		name: String,
	},
	/// A register of another width than the instruction's type asks for.
	#[error("line {line}: `{register}` has {found} bits, the instruction takes {expected}")]
	Width {
		/// Line of the text, from 1.
		line: u32,
		/// The register.
		register: String,
		/// Bits that the instruction takes; 1 is a predicate.
		expected: u32,
		/// Bits that the register has; 1 is a predicate.
		found: u32,
	},
	/// Too many or too few operands.
	#[error("line {line}: `{instruction}` takes {expected} operands, there are {found}")]
	OperandCount {
		/// Line of the text, from 1.
		line: u32,
		/// The instruction with its modifiers.
		instruction: String,
		/// Operands that it takes.
		expected: usize,
		/// Operands that there are.
		found: usize,
	},
	/// An operand of a kind that the instruction does not take.
	#[error("line {line}: {text}")]
	Operand {
		/// Line of the text, from 1.
		line: u32,
		/// What is wrong.
		text: String,
	},
	/// A launch of an entry that the module does not have.
	#[error("the module has no entry `{entry}`")]
	NoEntry {
		/// The name asked for.
		entry: String,
	},
	/// A launch that a driver would refuse.
	#[error("launch of `{entry}`: {text}")]
	Launch {
		/// The entry.
		entry: String,
		/// What is wrong.
		text: String,
	},
	/// A thread did what is undefined, unspecified or not allowed.
	#[error("line {line}, thread {thread}: {fault}")]
	Fault {
		/// Line of the instruction, from 1.
		line: u32,
		/// Number of the thread in the launch.
		thread: u32,
		/// What it did.
		fault: Fault,
	},
	/// Bytes asked for from outside that are not all in one allocation.
	#[error("{len} bytes at {address:#x} are not in one allocation")]
	Read {
		/// The address asked for.
		address: u64,
		/// The number of bytes asked for.
		len: usize,
	},
}

/// What a thread did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
	/// A register was read that this thread had not written.
	#[error("`{register}` is read before it is written")]
	Uninitialised {
		/// The register.
		register: String,
	},
	/// The carry flag was read and this thread had not written it.
	#[error("the carry flag is read before it is written")]
	UninitialisedCarry,
	/// A byte of a local variable was read that this thread had not written.
	#[error("local memory at {address:#x} is read before it is written")]
	UninitialisedLocal {
		/// Address of the access.
		address: u64,
	},
	/// `div` or `rem` by zero: the result is unspecified.
	#[error("division by zero")]
	DivisionByZero,
	/// `div` or `rem` of the least integer by −1: the quotient does not fit.
	#[error("division of the least integer by -1")]
	DivisionOverflow,
	/// `bfe` or `bfi` of 64 bits at a position or of a length above 255. The PTX ISA restricts both to 255 and says
	/// that the low 8 bits count; compilers do not keep to that.
	#[error("a bit field at {position} of {length} bits: more than 255")]
	BitField {
		/// The position.
		position: u64,
		/// The length.
		length: u64,
	},
	/// An access where there is no allocation and no variable.
	#[error("{width} bytes at {space} address {address:#x}: nothing is there")]
	Unmapped {
		/// The state space.
		space: &'static str,
		/// Address of the access.
		address: u64,
		/// Its bytes.
		width: u32,
	},
	/// An access that begins in or behind an allocation or variable and runs over its end.
	#[error("{width} bytes at {space} address {address:#x}, which is byte {offset} of {len}: over the end")]
	OverTheEnd {
		/// The state space.
		space: &'static str,
		/// Address of the access.
		address: u64,
		/// Its bytes.
		width: u32,
		/// Where in the allocation or variable it begins.
		offset: u64,
		/// Bytes of the allocation or variable.
		len: u64,
	},
	/// An access at an address that is not known to be a multiple of all of its bytes.
	#[error("{width} bytes at {space} address {address:#x}, aligned to {align}, at byte {offset}: not aligned")]
	Misaligned {
		/// The state space.
		space: &'static str,
		/// Address of the access.
		address: u64,
		/// Its bytes, all elements of a vector together.
		width: u32,
		/// Where in the allocation or variable it begins.
		offset: u64,
		/// What the address of the allocation or variable is known to be a multiple of.
		align: u64,
	},
	/// Memory was both stored to and loaded through the read-only cache in one launch.
	#[error("the allocation of {address:#x} is both written and read through the read-only cache in this launch")]
	ReadOnlyCache {
		/// Address of the access.
		address: u64,
	},
	/// A byte that another thread of the launch stored is stored again, or loaded.
	#[error("the byte at {address:#x} was stored by thread {other} of this launch")]
	Shared {
		/// Address of the byte.
		address: u64,
		/// The thread that stored it.
		other: u32,
	},
	/// `trap` was executed.
	#[error("trap")]
	Trap,
	/// The end of the body was reached without `ret` or `exit`.
	#[error("the end of the body is reached")]
	EndOfBody,
	/// More instructions than a thread may execute.
	#[error("more than {bound} instructions")]
	Endless {
		/// The bound.
		bound: u64,
	},
}
