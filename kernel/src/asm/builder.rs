//! A builder of programs for tests and front ends, over the same encoding and the same validator as the text.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::encode::{registers_used, Arg, Pair, D, W};
use crate::{
	opcode,
	program::{Header, Instruction, Program, ProgramError, MAX_AREA, MAX_D, MAX_W},
};

/// An open block, loop or if: where branches go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(usize);

/// Why a builder gives no program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildError {
	/// An instruction cannot be encoded.
	Instruction {
		/// Its number, from 0.
		at: usize,
		/// What was expected.
		message: String,
	},
	/// All registers of a file are taken.
	Registers,
	/// The validator refuses the program.
	Program(ProgramError),
}

impl fmt::Display for BuildError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			BuildError::Instruction { at, message } => write!(f, "instruction {at}: {message}"),
			BuildError::Registers => write!(f, "there are only {MAX_W} w and {MAX_D} d registers"),
			BuildError::Program(error) => write!(f, "{error}"),
		}
	}
}

impl core::error::Error for BuildError {}

/// Collects the parts of a program. The first error is kept and given by [`Builder::build`], so that code which emits
/// instructions stays free of error handling.
///
/// ```
/// use millrace_kernel::asm::{Address, Builder};
///
/// let mut b = Builder::new(16, 100);
/// let (index, zero) = (b.w(), b.w());
/// b.emit("index", &[index.into()]);
/// b.emit("mul", &[index.into(), index.into(), 3u32.into()]);
/// let out = Address { register: zero, offset: 0, load: None };
/// b.emit("sto32", &[out.into(), index.into()]);
/// assert_eq!(b.build().map(|program| program.code().len()), Ok(3));
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
	header: Header,
	w: u16,
	d: u16,
	open: usize,
	code: Vec<Instruction>,
	constants: Vec<u8>,
	error: Option<BuildError>,
}

impl Builder {
	/// A program without instructions whose items have `item_size` bytes and at most `max_units` units, and no inputs,
	/// parameters, constants or scratch.
	pub fn new(item_size: u16, max_units: u32) -> Builder {
		Builder {
			header: Header {
				features: 0,
				code_len: 0,
				item_size,
				scratch_size: 0,
				const_size: 0,
				w_count: 0,
				d_count: 0,
				inputs: 0,
				params: 0,
				max_units,
				max_faults: 0,
			},
			w: 0,
			d: 0,
			open: 0,
			code: Vec::new(),
			constants: Vec::new(),
			error: None,
		}
	}

	/// Declares `count` inputs, and the faults that an item may have.
	pub fn inputs(&mut self, count: u8, max_faults: u16) -> &mut Builder {
		self.header.inputs = count;
		self.header.max_faults = max_faults;
		self
	}

	/// Declares `count` parameters.
	pub fn params(&mut self, count: u8) -> &mut Builder {
		self.header.params = count;
		self
	}

	/// Declares `bytes` of scratch: 0 or a power of two.
	pub fn scratch(&mut self, bytes: u16) -> &mut Builder {
		self.header.scratch_size = bytes;
		self
	}

	/// Appends constants; [`Builder::build`] fills their area with zeros up to a power of two. Gives the offset of the
	/// first in bytes.
	pub fn constants(&mut self, bytes: &[u8]) -> usize {
		let offset = self.constants.len();
		self.constants.extend_from_slice(bytes);
		offset
	}

	/// Takes a 32-bit register that no one has taken.
	pub fn w(&mut self) -> W {
		self.take_w(1)
	}

	/// Takes four consecutive 32-bit registers, for 128-bit loads and stores; gives the first.
	pub fn w4(&mut self) -> W {
		self.take_w(4)
	}

	fn take_w(&mut self, count: u16) -> W {
		let next = self.w.saturating_add(count);
		match u8::try_from(self.w) {
			Ok(first) if next <= MAX_W => {
				self.w = next;
				W(first)
			}
			_ => {
				self.fail(BuildError::Registers);
				W(0)
			}
		}
	}

	/// Takes a 64-bit register that no one has taken.
	pub fn d(&mut self) -> D {
		match u8::try_from(self.d) {
			Ok(number) if number < MAX_D => {
				self.d = self.d.saturating_add(1);
				D(number)
			}
			_ => {
				self.fail(BuildError::Registers);
				D(0)
			}
		}
	}

	/// Appends an instruction: its operands in the order of the text form, a number where the immediate form of a pair
	/// is meant.
	pub fn emit(&mut self, mnemonic: &str, operands: &[Arg]) -> &mut Builder {
		match Pair::find(mnemonic).and_then(|pair| pair.encode(operands)) {
			Ok(word) => {
				let (w, d) = registers_used(&word);
				self.w = self.w.max(w);
				self.d = self.d.max(d);
				self.open = match word.op {
					opcode::BLOCK | opcode::LOOP | opcode::IF => self.open.saturating_add(1),
					opcode::END => self.open.saturating_sub(1),
					_ => self.open,
				};
				self.code.push(word);
			}
			Err(fault) => {
				let at = self.code.len();
				let message = fault.message;
				self.fail(BuildError::Instruction { at, message });
			}
		}
		self
	}

	/// Opens a block: a branch to its label goes to its end.
	pub fn block(&mut self) -> Label {
		self.emit("block", &[]);
		Label(self.open)
	}

	/// Opens a loop: a branch to its label goes to its start.
	pub fn repeat(&mut self) -> Label {
		self.emit("loop", &[]);
		Label(self.open)
	}

	/// Opens the arm that runs where `condition` is not 0: a branch to its label goes to its end.
	pub fn when(&mut self, condition: W) -> Label {
		self.emit("if", &[condition.into()]);
		Label(self.open)
	}

	/// Opens the other arm of the innermost open `when`.
	pub fn otherwise(&mut self) -> &mut Builder {
		self.emit("else", &[])
	}

	/// Closes what was opened last.
	pub fn end(&mut self) -> &mut Builder {
		self.emit("end", &[])
	}

	/// Branches to `label`.
	pub fn br(&mut self, label: Label) -> &mut Builder {
		let depth = self.depth(label);
		self.emit("br", &[depth])
	}

	/// Branches to `label` where `condition` is not 0.
	pub fn br_if(&mut self, condition: W, label: Label) -> &mut Builder {
		let depth = self.depth(label);
		self.emit("br_if", &[condition.into(), depth])
	}

	/// Branches to `label` where `condition` is 0.
	pub fn br_ifz(&mut self, condition: W, label: Label) -> &mut Builder {
		let depth = self.depth(label);
		self.emit("br_ifz", &[condition.into(), depth])
	}

	/// The depth of an open block; of a closed one a number that no branch takes.
	fn depth(&self, label: Label) -> Arg {
		let depth = self
			.open
			.checked_sub(label.0)
			.and_then(|depth| i64::try_from(depth).ok());
		Arg::Number(depth.unwrap_or(-1))
	}

	/// Keeps the first error.
	fn fail(&mut self, error: BuildError) {
		self.error.get_or_insert(error);
	}

	/// The program.
	///
	/// # Errors
	/// The first instruction that could not be encoded, or what the validator finds.
	pub fn build(self) -> Result<Program, BuildError> {
		if let Some(error) = self.error {
			return Err(error);
		}
		let mut constants = self.constants;
		if !constants.is_empty() && constants.len() <= usize::from(MAX_AREA) {
			constants.resize(constants.len().next_power_of_two(), 0);
		}
		let header = Header {
			code_len: u16::try_from(self.code.len()).unwrap_or(u16::MAX),
			const_size: u16::try_from(constants.len()).unwrap_or(u16::MAX),
			w_count: self.w,
			d_count: u8::try_from(self.d).unwrap_or(u8::MAX),
			..self.header
		};
		Program::new(header, self.code, constants).map_err(BuildError::Program)
	}
}
