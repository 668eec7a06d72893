//! The code so far, and the choice of registers.

use millrace_kernel::{
	opcode::{self as op, OpInfo},
	program::Instruction,
};

use super::plan::Plan;
use crate::random::Random;

/// Where a branch to an open block goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
	/// Behind its end; opened by `block`, or by an `if` that is in its second arm.
	Forward,
	/// Behind its end; opened by an `if` in whose first arm we are.
	Then,
	/// To its start.
	Loop {
		/// The loop counts before its body, so that branching to it ends some time.
		counted: bool,
	},
}

/// Writes one program.
pub(super) struct Writer<'a> {
	pub(super) random: &'a mut Random,
	pub(super) plan: &'a Plan,
	pub(super) code: Vec<Instruction>,
	pub(super) frames: Vec<Frame>,
	/// Counted loops that are open: each has its own counter.
	pub(super) loops: usize,
	/// How often a statement here is executed at most, by the counted loops.
	pub(super) weight: u32,
}

impl<'a> Writer<'a> {
	pub(super) fn new(random: &'a mut Random, plan: &'a Plan) -> Writer<'a> {
		Writer {
			random,
			plan,
			code: Vec::new(),
			frames: Vec::new(),
			loops: 0,
			weight: 1,
		}
	}

	/// Appends one instruction.
	pub(super) fn emit(&mut self, op: u8, dst: u8, a: u8, b: u8, imm: u32) {
		self.code.push(Instruction { op, dst, a, b, imm });
	}

	pub(super) fn open_block(&mut self) {
		self.emit(op::BLOCK, 0, 0, 0, 0);
		self.frames.push(Frame::Forward);
	}

	pub(super) fn open_loop(&mut self, counted: bool) {
		self.emit(op::LOOP, 0, 0, 0, 0);
		self.frames.push(Frame::Loop { counted });
	}

	pub(super) fn open_if(&mut self, condition: u8) {
		self.emit(op::IF, 0, condition, 0, 0);
		self.frames.push(Frame::Then);
	}

	/// Begins the second arm of the innermost `if`.
	pub(super) fn second_arm(&mut self) {
		self.emit(op::ELSE, 0, 0, 0, 0);
		if let Some(frame) = self.frames.last_mut() {
			*frame = Frame::Forward;
		}
	}

	pub(super) fn close(&mut self) {
		self.emit(op::END, 0, 0, 0, 0);
		self.frames.pop();
	}

	/// Any `w` register, to read.
	pub(super) fn any(&mut self) -> u8 {
		self.random.below(u32::from(self.plan.w_count)) as u8
	}

	/// A `w` register that statements may write.
	pub(super) fn free(&mut self) -> u8 {
		let free = &self.plan.free;
		free.start as u8 + self.random.below(u32::from(free.end - free.start)) as u8
	}

	/// The first of four `w` registers that statements may write.
	pub(super) fn free_quad(&mut self) -> u8 {
		let free = &self.plan.free;
		free.start as u8 + self.random.below(u32::from(free.end - free.start) - 3) as u8
	}

	/// The first of any four `w` registers.
	pub(super) fn any_quad(&mut self) -> u8 {
		self.random.below(u32::from(self.plan.w_count) - 3) as u8
	}

	pub(super) fn is_free(&self, register: u8) -> bool {
		self.plan.free.contains(&u16::from(register))
	}

	/// Any `d` register; the program has some.
	pub(super) fn any_d(&mut self) -> u8 {
		self.random.below(u32::from(self.plan.d_count)) as u8
	}

	/// A `d` register that statements may write; the program has some.
	pub(super) fn free_d(&mut self) -> u8 {
		self.random.below(u32::from(self.plan.free_d())) as u8
	}

	/// The row of an opcode that this crate names.
	pub(super) fn row(code: u8) -> &'static OpInfo {
		op::info(code).unwrap_or_else(|| panic!("{code:#04x} is no opcode"))
	}
}
