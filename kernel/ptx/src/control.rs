//! Structured control flow as labels, and where units are counted.
//!
//! The units of a straight line are added at once, before control leaves it or another path joins. A loop that some
//! branch repeats checks them at its head. Nothing else does before the item ends: whatever an item that is over its
//! bound still does is bounded, confined to its own output, and undone.

use std::fmt;

use millrace_kernel::{opcode, program::Instruction};

use crate::{emitter::Emitter, text::ptx};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
	Block,
	Loop,
	/// The first arm of an `if`.
	Then,
	/// The second arm.
	Else,
}

/// An open block, loop or if.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
	kind: Kind,
	/// The number of the instruction that opened it, which names its labels.
	at: usize,
	/// Whether something jumps behind its end.
	ends: bool,
}

/// A place that something jumps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
	/// The head of a loop.
	Head(usize),
	/// The second arm of an `if`, or what follows one that has none.
	Else(usize),
	/// What follows an `end`.
	Behind(usize),
}

impl fmt::Display for Place {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Place::Head(at) => write!(f, "HEAD{at}"),
			Place::Else(at) => write!(f, "ELSE{at}"),
			Place::Behind(at) => write!(f, "BEHIND{at}"),
		}
	}
}

impl Emitter<'_> {
	/// Writes control instruction number `at`, whose units are pending.
	pub(crate) fn control(&mut self, at: usize, word: &Instruction) {
		match word.op {
			opcode::BLOCK => self.enter(Kind::Block, at),
			opcode::LOOP => {
				self.enter(Kind::Loop, at);
				if self.survey.targets[at] {
					self.join(Place::Head(at));
					let total = self.total();
					ptx!(self.text, "setp.gt.u32 %p0, {total}, %max0");
					ptx!(self.text, "@%p0 bra BOUND");
				}
			}
			opcode::IF => {
				self.enter(Kind::Then, at);
				self.branch_if("eq", word.a, Place::Else(at));
			}
			opcode::ELSE => {
				if let Some(frame) = self.open.last_mut() {
					frame.kind = Kind::Else;
					frame.ends = true;
					let at = frame.at;
					self.branch(Place::Behind(at));
					self.join(Place::Else(at));
				}
			}
			opcode::END => {
				if let Some(frame) = self.open.pop() {
					if frame.kind == Kind::Then {
						self.join(Place::Else(frame.at));
					}
					if frame.ends {
						self.join(Place::Behind(frame.at));
					}
				}
			}
			opcode::BR => {
				if let Some(place) = self.target(word.imm) {
					self.branch(place);
				}
			}
			opcode::BR_IF | opcode::BR_IFZ => {
				let relation = if word.op == opcode::BR_IF { "ne" } else { "eq" };
				if let Some(place) = self.target(word.imm) {
					self.branch_if(relation, word.a, place);
				}
			}
			opcode::RETURN => self.leave("END"),
			opcode::TRAP => self.leave("TRAP"),
			// Control instructions are no others.
			_ => {}
		}
	}

	/// Adds the pending units.
	pub(crate) fn flush(&mut self) {
		if self.pending > 0 {
			ptx!(self.text, "add.s32 %units0, %units0, {}", self.pending);
			self.pending = 0;
		}
	}

	fn enter(&mut self, kind: Kind, at: usize) {
		let ends = kind != Kind::Loop && self.survey.targets[at];
		self.open.push(Frame { kind, at, ends });
	}

	/// Where a branch of this depth goes. The validator lets no depth pass that has no frame.
	fn target(&self, depth: u32) -> Option<Place> {
		let frame = self.open.iter().rev().nth(usize::try_from(depth).ok()?)?;
		Some(match frame.kind {
			Kind::Loop => Place::Head(frame.at),
			Kind::Block | Kind::Then | Kind::Else => Place::Behind(frame.at),
		})
	}

	/// Marks a place at which other paths join this one.
	fn join(&mut self, place: Place) {
		self.flush();
		self.text.label(place);
	}

	fn branch(&mut self, place: Place) {
		self.flush();
		ptx!(self.text, "bra {place}");
	}

	/// Branches where w`register` is (`eq`), or is not (`ne`), zero.
	fn branch_if(&mut self, relation: &str, register: u8, place: Place) {
		self.flush();
		ptx!(self.text, "setp.{relation}.s32 %p0, %w{register}, 0");
		ptx!(self.text, "@%p0 bra {place}");
	}

	fn leave(&mut self, exit: &str) {
		self.flush();
		ptx!(self.text, "bra {exit}");
	}
}
