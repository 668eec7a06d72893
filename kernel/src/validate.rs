//! The validator: one pass over header and code, which also resolves every jump.
//!
//! Control flow is structured, so a jump's target is known when its block's `end` is met. Until then the forward jumps
//! of a block form a chain through the very field that will hold their target, so nothing but a stack of at most
//! [`MAX_NESTING`] frames is kept.

use alloc::vec::Vec;
use core::mem;

use crate::{
	opcode::{self, Area, Field, OpInfo},
	program::{
		Header, Instruction, Problem, ProgramError, MAX_AREA, MAX_CURSORS, MAX_D, MAX_INPUTS, MAX_INSTRUCTIONS,
		MAX_ITEM, MAX_NESTING, MAX_PARAMS, MAX_W, REFUTE_FAULTS, REFUTE_UNITS,
	},
	words::to_usize,
};

/// The end of a chain of jumps, and an `if` whose jump is resolved. No instruction has this number.
const NONE: u32 = u32::MAX;

/// An instruction as the interpreter runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
	pub(crate) op: u8,
	pub(crate) dst: u8,
	pub(crate) a: u8,
	pub(crate) b: u8,
	/// The immediate; for `if`, `else` and the branches the number of the instruction to jump to.
	pub(crate) imm: u32,
	/// What one execution costs.
	pub(crate) units: u8,
}

/// What the interpreter needs beyond header and constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
	pub(crate) steps: Vec<Step>,
	/// The (input, cursor) pairs that loads name, each as `input | cursor << 3`, ascending.
	pub(crate) cursors: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
	Block,
	Loop,
	/// The first arm of an `if`.
	Then,
	/// The second arm.
	Else,
}

/// An open block.
struct Frame {
	kind: Kind,
	/// The first instruction of the body: where a branch to a loop goes.
	start: u32,
	/// The newest of the jumps that go to the end.
	chain: u32,
	/// The `if` whose target is still open.
	condition: u32,
}

/// Whether `size` is a power of two from 1 to `most`.
fn power_of_two(size: u16, most: u16) -> bool {
	size.is_power_of_two() && size <= most
}

/// Checks all that does not depend on the code.
pub(crate) fn header(header: &Header) -> Result<(), ProgramError> {
	if header.features != 0 {
		return Err(ProgramError::Features(header.features));
	}
	if header.code_len > MAX_INSTRUCTIONS {
		return Err(ProgramError::CodeLen(header.code_len));
	}
	if !power_of_two(header.item_size, MAX_ITEM) {
		return Err(ProgramError::ItemSize(header.item_size));
	}
	if header.scratch_size != 0 && !power_of_two(header.scratch_size, MAX_AREA) {
		return Err(ProgramError::ScratchSize(header.scratch_size));
	}
	if header.const_size != 0 && !power_of_two(header.const_size, MAX_AREA) {
		return Err(ProgramError::ConstSize(header.const_size));
	}
	if header.w_count > MAX_W {
		return Err(ProgramError::WCount(header.w_count));
	}
	if header.d_count > MAX_D {
		return Err(ProgramError::DCount(header.d_count));
	}
	if header.inputs > MAX_INPUTS {
		return Err(ProgramError::Inputs(header.inputs));
	}
	if header.params > MAX_PARAMS {
		return Err(ProgramError::Params(header.params));
	}
	let item_cost = header.item_cost();
	if header.max_units < item_cost || header.max_units > REFUTE_UNITS {
		return Err(ProgramError::MaxUnits {
			item_cost,
			max_units: header.max_units,
		});
	}
	if u32::from(header.max_faults) > REFUTE_FAULTS {
		return Err(ProgramError::MaxFaults(header.max_faults));
	}
	Ok(())
}

/// Checks the code under a valid header. `code` has as many instructions as the header declares.
pub(crate) fn code(header: &Header, code: &[Instruction]) -> Result<Resolved, ProgramError> {
	let mut control = Control {
		steps: Vec::with_capacity(code.len()),
		open: Vec::new(),
	};
	let mut named = 0u128;
	for (at, word) in (0u16..).zip(code) {
		instruction(header, word, &mut named)
			.and_then(|info| control.push(u32::from(at), info, word))
			.map_err(|problem| ProgramError::Instruction { at, problem })?;
	}
	if !control.open.is_empty() {
		return Err(ProgramError::Unclosed);
	}
	if named.count_ones() > MAX_CURSORS {
		return Err(ProgramError::Cursors);
	}
	if named != 0 && header.max_faults == 0 {
		return Err(ProgramError::NoFaults);
	}
	let cursors = (0u8..128)
		.filter(|pair| named & 1u128.wrapping_shl(u32::from(*pair)) != 0)
		.collect();
	Ok(Resolved {
		steps: control.steps,
		cursors,
	})
}

/// Checks one word but for its part in the control flow, and notes the cursor it names.
fn instruction(header: &Header, word: &Instruction, named: &mut u128) -> Result<&'static OpInfo, Problem> {
	let info = opcode::info(word.op).ok_or(Problem::Opcode(word.op))?;
	let fields = info.form.fields();
	field(header, fields.dst, u32::from(word.dst))?;
	field(header, fields.a, u32::from(word.a))?;
	field(header, fields.b, u32::from(word.b))?;
	field(header, fields.imm, word.imm)?;
	if fields.b == Field::Input {
		*named |= 1u128.wrapping_shl(u32::from(word.b & 0x7f));
	}
	if let Some(access) = info.access() {
		let size = match access.area {
			// An input's length belongs to the job; a load outside it is defined.
			Area::Input => return Ok(info),
			Area::Constants => header.const_size,
			Area::Scratch => header.scratch_size,
			Area::Output => header.item_size,
		};
		if u32::from(size) < 1u32.wrapping_shl(access.width_log2) {
			return Err(Problem::AreaTooSmall);
		}
	}
	Ok(info)
}

/// Checks one field. A depth is checked where the open blocks are known.
fn field(header: &Header, field: Field, value: u32) -> Result<(), Problem> {
	let (valid, problem) = match field {
		Field::Zero => (value == 0, Problem::UnusedField),
		Field::W | Field::ThirdW => (value < u32::from(header.w_count), Problem::Register),
		Field::D | Field::ThirdD => (value < u32::from(header.d_count), Problem::Register),
		Field::W4 => (value.saturating_add(3) < u32::from(header.w_count), Problem::Register),
		Field::Shift => (value <= 63, Problem::Shift),
		Field::Selector => (value & !0x7777 == 0, Problem::Selector),
		Field::BitField => {
			let (position, length) = (value & 0xff, value.wrapping_shr(8));
			(length >= 1 && position.saturating_add(length) <= 32, Problem::BitField)
		}
		Field::Input => (value & 7 < u32::from(header.inputs), Problem::Input),
		Field::InputIndex => (value < u32::from(header.inputs), Problem::Input),
		Field::ParamIndex => (value < u32::from(header.params), Problem::Parameter),
		Field::Value | Field::SignedValue | Field::Element | Field::Depth => (true, Problem::UnusedField),
	};
	if valid {
		Ok(())
	} else {
		Err(problem)
	}
}

/// The steps so far and the blocks that are open.
struct Control {
	steps: Vec<Step>,
	open: Vec<Frame>,
}

impl Control {
	/// Appends instruction number `at`.
	fn push(&mut self, at: u32, info: &OpInfo, word: &Instruction) -> Result<(), Problem> {
		let next = at.saturating_add(1);
		let mut imm = word.imm;
		match word.op {
			opcode::BLOCK => self.enter(Kind::Block, next, NONE)?,
			opcode::LOOP => self.enter(Kind::Loop, next, NONE)?,
			opcode::IF => self.enter(Kind::Then, next, at)?,
			opcode::ELSE => {
				let frame = self
					.open
					.last_mut()
					.filter(|frame| frame.kind == Kind::Then)
					.ok_or(Problem::Else)?;
				frame.kind = Kind::Else;
				let condition = mem::replace(&mut frame.condition, NONE);
				imm = mem::replace(&mut frame.chain, at);
				self.resolve(condition, next);
			}
			opcode::END => {
				let frame = self.open.pop().ok_or(Problem::End)?;
				self.resolve(frame.condition, next);
				let mut link = frame.chain;
				while link != NONE {
					link = self.resolve(link, next);
				}
			}
			opcode::BR | opcode::BR_IF | opcode::BR_IFZ => {
				let depth = to_usize(word.imm);
				let frame = self.open.iter_mut().rev().nth(depth).ok_or(Problem::Depth)?;
				imm = match frame.kind {
					Kind::Loop => frame.start,
					Kind::Block | Kind::Then | Kind::Else => mem::replace(&mut frame.chain, at),
				};
			}
			_ => {}
		}
		let Instruction { op, dst, a, b, .. } = *word;
		self.steps.push(Step {
			op,
			dst,
			a,
			b,
			imm,
			units: info.units,
		});
		Ok(())
	}

	fn enter(&mut self, kind: Kind, start: u32, condition: u32) -> Result<(), Problem> {
		if self.open.len() >= MAX_NESTING {
			return Err(Problem::Nesting);
		}
		self.open.push(Frame {
			kind,
			start,
			chain: NONE,
			condition,
		});
		Ok(())
	}

	/// Lets the jump at `at` go to `target`; gives what its field held. [`NONE`] resolves nothing.
	fn resolve(&mut self, at: u32, target: u32) -> u32 {
		match self.steps.get_mut(to_usize(at)) {
			Some(step) => mem::replace(&mut step.imm, target),
			None => NONE,
		}
	}
}
