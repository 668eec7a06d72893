//! The encoding of a kernel: header, instructions, constants; decoded and validated in one pass.

use alloc::vec::Vec;

pub use self::error::{Problem, ProgramError};
use crate::{
	tree::{Digest, Hasher},
	validate::{self, Resolved, Step},
};

mod error;

/// The first four bytes of every program.
pub const MAGIC: [u8; 4] = *b"MILL";
/// The version of the encoding, the semantics, the cost table and the two refutation bounds.
pub const VERSION: u16 = 1;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 40;
/// Bytes of one instruction.
pub const INSTRUCTION_BYTES: usize = 8;
/// Most instructions of a program.
pub const MAX_INSTRUCTIONS: u16 = 4096;
/// Most bytes of constants, and most bytes of scratch.
pub const MAX_AREA: u16 = 4096;
/// Most bytes of an encoded program: 40 + 8 × 4,096 + 4,096.
pub const MAX_PROGRAM_BYTES: usize = 36_904;
/// Most bytes of one output item, and of one output leaf.
pub const MAX_ITEM: u16 = 1024;
/// Most `w` registers.
pub const MAX_W: u16 = 256;
/// Most `d` registers.
pub const MAX_D: u8 = 128;
/// Most inputs.
pub const MAX_INPUTS: u8 = 8;
/// Most parameters.
pub const MAX_PARAMS: u8 = 16;
/// Cursors of each input.
pub const CURSORS_PER_INPUT: u8 = 16;
/// Most distinct (input, cursor) pairs that the loads of a program may name.
pub const MAX_CURSORS: u32 = 32;
/// Most blocks, loops and ifs that are open at one place.
pub const MAX_NESTING: usize = 64;
/// Units that one fault costs.
pub const FAULT_UNITS: u32 = 128;
/// Most units that evaluating one leaf may take.
pub const REFUTE_UNITS: u32 = 1 << 21;
/// Most chunks that evaluating one leaf may open.
pub const REFUTE_FAULTS: u32 = 512;
/// Bytes of an input chunk: the unit of faults, of the input tree and of what a proof opens.
pub const CHUNK: usize = 1024;

/// The declarations of a program. The encoding also holds [`MAGIC`], [`VERSION`] and the counts of float registers,
/// which are 0 in version 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
	/// Feature bits: 0 in version 1.
	pub features: u32,
	/// Instructions, at most [`MAX_INSTRUCTIONS`].
	pub code_len: u16,
	/// Bytes of one output item: a power of two, 1 to [`MAX_ITEM`].
	pub item_size: u16,
	/// Bytes of scratch: 0 or a power of two, at most [`MAX_AREA`].
	pub scratch_size: u16,
	/// Bytes of constants: 0 or a power of two, at most [`MAX_AREA`].
	pub const_size: u16,
	/// `w` registers, at most [`MAX_W`].
	pub w_count: u16,
	/// `d` registers, at most [`MAX_D`].
	pub d_count: u8,
	/// Inputs, at most [`MAX_INPUTS`].
	pub inputs: u8,
	/// Parameters, at most [`MAX_PARAMS`].
	pub params: u8,
	/// Most units of one item: at least the item cost, at most [`REFUTE_UNITS`].
	pub max_units: u32,
	/// Most faults of one item: at least 1 where the program loads, at most [`REFUTE_FAULTS`].
	pub max_faults: u16,
}

impl Header {
	/// Units that every item costs before its first instruction: 16 + scratch / 4 + item_size / 8 + (w + 2 d) / 16,
	/// each division floored.
	pub fn item_cost(&self) -> u32 {
		let registers = u32::from(self.w_count).saturating_add(u32::from(self.d_count).saturating_mul(2));
		16u32
			.saturating_add(u32::from(self.scratch_size) / 4)
			.saturating_add(u32::from(self.item_size) / 8)
			.saturating_add(registers / 16)
	}

	/// Items of a full leaf: the largest power of two `n` with `n × item_size` ≤ 1,024, `n × max_units` ≤
	/// [`REFUTE_UNITS`] and `n × max_faults` ≤ [`REFUTE_FAULTS`].
	pub fn items_per_leaf(&self) -> u32 {
		let within = |n: u32| {
			n.saturating_mul(u32::from(self.item_size)) <= u32::from(MAX_ITEM)
				&& u64::from(n).saturating_mul(u64::from(self.max_units)) <= u64::from(REFUTE_UNITS)
				&& n.saturating_mul(u32::from(self.max_faults)) <= REFUTE_FAULTS
		};
		let mut items = 1u32;
		while items < u32::from(MAX_ITEM) && within(items.saturating_mul(2)) {
			items = items.saturating_mul(2);
		}
		items
	}

	/// Bytes of the encoded program that this header announces.
	fn program_bytes(&self) -> usize {
		HEADER_BYTES
			.saturating_add(usize::from(self.code_len).saturating_mul(INSTRUCTION_BYTES))
			.saturating_add(usize::from(self.const_size))
	}

	fn encode(&self) -> [u8; HEADER_BYTES] {
		let [m0, m1, m2, m3] = MAGIC;
		let [v0, v1] = VERSION.to_le_bytes();
		let [f0, f1, f2, f3] = self.features.to_le_bytes();
		let [n0, n1] = self.code_len.to_le_bytes();
		let [i0, i1] = self.item_size.to_le_bytes();
		let [s0, s1] = self.scratch_size.to_le_bytes();
		let [c0, c1] = self.const_size.to_le_bytes();
		let [w0, w1] = self.w_count.to_le_bytes();
		let [u0, u1, u2, u3] = self.max_units.to_le_bytes();
		let [q0, q1] = self.max_faults.to_le_bytes();
		let (d, inputs, params) = (self.d_count, self.inputs, self.params);
		[
			m0, m1, m2, m3, v0, v1, f0, f1, f2, f3, n0, n1, i0, i1, s0, s1, c0, c1, w0, w1, d, 0, 0, inputs, params,
			u0, u1, u2, u3, q0, q1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		]
	}

	/// Reads the fields; of their values only magic, version and the zeros are checked here.
	fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Header, ProgramError> {
		let [m0, m1, m2, m3, v0, v1, f0, f1, f2, f3, n0, n1, i0, i1, s0, s1, c0, c1, w0, w1, rest @ ..] = *bytes;
		let [d, f, g, inputs, params, u0, u1, u2, u3, q0, q1, zeros @ ..] = rest;
		if [m0, m1, m2, m3] != MAGIC {
			return Err(ProgramError::Magic);
		}
		let version = u16::from_le_bytes([v0, v1]);
		if version != VERSION {
			return Err(ProgramError::Version(version));
		}
		if f != 0 || g != 0 || zeros != [0u8; 9] {
			return Err(ProgramError::Reserved);
		}
		Ok(Header {
			features: u32::from_le_bytes([f0, f1, f2, f3]),
			code_len: u16::from_le_bytes([n0, n1]),
			item_size: u16::from_le_bytes([i0, i1]),
			scratch_size: u16::from_le_bytes([s0, s1]),
			const_size: u16::from_le_bytes([c0, c1]),
			w_count: u16::from_le_bytes([w0, w1]),
			d_count: d,
			inputs,
			params,
			max_units: u32::from_le_bytes([u0, u1, u2, u3]),
			max_faults: u16::from_le_bytes([q0, q1]),
		})
	}
}

/// One instruction word. [`crate::opcode::Form`] says what the fields hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instruction {
	/// The opcode.
	pub op: u8,
	/// The destination register.
	pub dst: u8,
	/// The first source.
	pub a: u8,
	/// The second source.
	pub b: u8,
	/// The immediate.
	pub imm: u32,
}

/// A valid program. Its encoding is unique, so its hash names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
	header: Header,
	code: Vec<Instruction>,
	constants: Vec<u8>,
	/// Derived from the three above: jumps as instruction numbers, costs beside the instructions.
	resolved: Resolved,
	items_per_leaf: u32,
	item_cost: u32,
}

impl Program {
	/// Decodes and validates. Work and memory are bounded by [`MAX_PROGRAM_BYTES`], whatever `bytes` holds; nothing is
	/// allocated before the header and the length are found valid.
	pub fn decode(bytes: &[u8]) -> Result<Program, ProgramError> {
		let (head, body) = bytes
			.split_first_chunk::<HEADER_BYTES>()
			.ok_or(ProgramError::NoHeader)?;
		let header = Header::decode(head)?;
		validate::header(&header)?;
		let expected = header.program_bytes();
		let code_bytes = usize::from(header.code_len).saturating_mul(INSTRUCTION_BYTES);
		let (words, constants) = match body.split_at_checked(code_bytes) {
			Some(parts) if bytes.len() == expected => parts,
			_ => {
				return Err(ProgramError::Length {
					expected,
					actual: bytes.len(),
				})
			}
		};
		let code = words
			.chunks_exact(INSTRUCTION_BYTES)
			.filter_map(|word| match *word {
				[op, dst, a, b, i0, i1, i2, i3] => Some(Instruction {
					op,
					dst,
					a,
					b,
					imm: u32::from_le_bytes([i0, i1, i2, i3]),
				}),
				_ => None,
			})
			.collect();
		Program::build(header, code, constants.to_vec())
	}

	/// A program from its parts, under the rules of [`Program::decode`]; the lengths of `code` and `constants` must be
	/// those that the header declares.
	pub fn new(header: Header, code: Vec<Instruction>, constants: Vec<u8>) -> Result<Program, ProgramError> {
		validate::header(&header)?;
		if code.len() != usize::from(header.code_len) {
			return Err(ProgramError::CodeMismatch {
				declared: header.code_len,
				actual: code.len(),
			});
		}
		if constants.len() != usize::from(header.const_size) {
			return Err(ProgramError::ConstantsMismatch {
				declared: header.const_size,
				actual: constants.len(),
			});
		}
		Program::build(header, code, constants)
	}

	/// The common end of `decode` and `new`: header and lengths are valid.
	fn build(header: Header, code: Vec<Instruction>, constants: Vec<u8>) -> Result<Program, ProgramError> {
		let resolved = validate::code(&header, &code)?;
		let (items_per_leaf, item_cost) = (header.items_per_leaf(), header.item_cost());
		Ok(Program {
			header,
			code,
			constants,
			resolved,
			items_per_leaf,
			item_cost,
		})
	}

	/// The one encoding: header (40 bytes), instructions (8 bytes each), constants.
	pub fn encode(&self) -> Vec<u8> {
		let mut bytes = Vec::with_capacity(self.header.program_bytes());
		bytes.extend_from_slice(&self.header.encode());
		for word in &self.code {
			bytes.extend_from_slice(&[word.op, word.dst, word.a, word.b]);
			bytes.extend_from_slice(&word.imm.to_le_bytes());
		}
		bytes.extend_from_slice(&self.constants);
		bytes
	}

	/// The hash of the encoding, without a domain byte: the key under which a kernel is registered.
	pub fn hash<H: Hasher>(&self) -> Digest {
		H::hash(&[&self.encode()])
	}

	/// The declarations.
	pub fn header(&self) -> &Header {
		&self.header
	}

	/// The instructions.
	pub fn code(&self) -> &[Instruction] {
		&self.code
	}

	/// The constants.
	pub fn constants(&self) -> &[u8] {
		&self.constants
	}

	/// Items of a full leaf, see [`Header::items_per_leaf`].
	pub fn items_per_leaf(&self) -> u32 {
		self.items_per_leaf
	}

	/// Units that every item costs before its first instruction, see [`Header::item_cost`].
	pub fn item_cost(&self) -> u32 {
		self.item_cost
	}

	pub(crate) fn steps(&self) -> &[Step] {
		&self.resolved.steps
	}

	/// The (input, cursor) pairs that loads name, each as `input | cursor << 3`.
	pub(crate) fn cursors(&self) -> &[u8] {
		&self.resolved.cursors
	}
}
