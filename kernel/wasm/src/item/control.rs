//! Control flow, metering, and the ways in which an item ends.

use super::{Emitter, Operand, Push, TRAPPED};
use crate::layout::LAYOUT;
use millrace_kernel::{
	opcode,
	program::{Instruction, FAULT_UNITS},
};
use wasm_encoder::{BlockType, InstructionSink, MemArg, ValType};

/// Scratch up to this size is cleared by single stores, beyond it by a call of the host.
const UNROLLED_CLEAR: u32 = 512;

impl Emitter<'_> {
	/// The blocks around the program. From inside, behind the program's own: 0 is its end, 1 an executed trap, 2 a
	/// bound trap.
	pub(super) fn enter(&mut self) {
		self.sink()
			.block(BlockType::Empty)
			.block(BlockType::Empty)
			.block(BlockType::Empty);
	}

	/// The label of the end of the program.
	fn end_label(&self) -> u32 {
		self.open
	}

	/// The label of an executed trap.
	fn trap_label(&self) -> u32 {
		self.open + 1
	}

	/// The label of a bound trap.
	pub(super) fn bound_label(&self) -> u32 {
		self.open + 2
	}

	/// The ends of the blocks of [`Emitter::enter`], and of the function. The counters only grow, so it is early enough
	/// to compare them here.
	pub(super) fn leave(&mut self) {
		self.flush_dots();
		self.charge();
		let total = self.locals.temporary(ValType::I32, 0);
		let max_units = self.max_units;

		self.sink().end();
		self.check_all(total, 1);
		self.sink().local_get(total).return_().end();

		self.check_all(total, 0);
		self.sink().local_get(total).i32_const(TRAPPED).i32_or().return_().end();

		self.sink().local_get(max_units).i32_const(TRAPPED).i32_or().end();
	}

	/// Puts the units into `total`; branches to `bound` where a bound is passed.
	fn check_all(&mut self, total: u32, bound: u32) {
		self.push_units();
		let (max_units, max_faults) = (self.max_units, self.program.header().max_faults);
		self.sink()
			.local_tee(total)
			.local_get(max_units)
			.i32_gt_u()
			.br_if(bound);
		if let Some(faults) = self.faults {
			self.sink()
				.local_get(faults)
				.operand(Operand::Word(u32::from(max_faults)))
				.i32_gt_u()
				.br_if(bound);
		}
	}

	/// Pushes units and what faults cost. Between two checks at most the whole program runs once, so the sum stays
	/// below 2^31.
	fn push_units(&mut self) {
		let units = self.units;
		self.sink().local_get(units);
		if let Some(faults) = self.faults {
			let shift = Operand::Word(FAULT_UNITS.trailing_zeros());
			self.sink().local_get(faults).operand(shift).i32_shl().i32_add();
		}
	}

	/// Brings the units up to date. Needed wherever control may arrive from elsewhere or go elsewhere.
	fn charge(&mut self) {
		let (units, pending) = (self.units, std::mem::take(&mut self.pending));
		if pending > 0 {
			self.sink()
				.local_get(units)
				.operand(Operand::Word(pending))
				.i32_add()
				.local_set(units);
		}
	}

	/// In code that is never reached: whether `op` belongs to it. The end or the `else` of the block around it does not.
	pub(super) fn skips(&mut self, op: u8) -> bool {
		let depth = self.dead.unwrap_or(0);
		match op {
			opcode::BLOCK | opcode::LOOP | opcode::IF => self.dead = Some(depth + 1),
			opcode::ELSE | opcode::END if depth == 0 => {
				self.dead = None;
				return false;
			}
			opcode::END => self.dead = Some(depth - 1),
			_ => {}
		}
		true
	}

	/// Emits a control instruction, whose own units are pending.
	pub(super) fn control(&mut self, word: &Instruction) {
		// A block changes nothing for those who come from above.
		if word.op != opcode::BLOCK {
			self.charge();
		}
		let condition = match word.op {
			opcode::IF | opcode::BR_IF | opcode::BR_IFZ => self.locals.w(word.a),
			_ => 0,
		};
		match word.op {
			opcode::BLOCK => {
				self.sink().block(BlockType::Empty);
				self.open += 1;
			}
			opcode::LOOP => {
				self.sink().loop_(BlockType::Empty);
				self.open += 1;
				self.quads.clear();
				let (max_units, bound) = (self.max_units, self.bound_label());
				self.push_units();
				self.sink().local_get(max_units).i32_gt_u().br_if(bound);
			}
			opcode::IF => {
				self.sink().local_get(condition).if_(BlockType::Empty);
				self.open += 1;
			}
			opcode::ELSE => {
				self.sink().else_();
				self.quads.clear();
			}
			opcode::END => {
				self.sink().end();
				self.open -= 1;
				self.quads.clear();
			}
			opcode::BR => self.jump(word.imm),
			opcode::BR_IF => {
				self.sink().local_get(condition).br_if(word.imm);
			}
			opcode::BR_IFZ => {
				self.sink().local_get(condition).i32_eqz().br_if(word.imm);
			}
			opcode::RETURN => self.jump(self.end_label()),
			_ => self.jump(self.trap_label()),
		}
	}

	/// Branches; what follows is dead.
	fn jump(&mut self, label: u32) {
		self.sink().br(label);
		self.dead = Some(0);
	}

	/// What runs before the body: the item's cost, the job's bound, no chunk remembered, lengths of the inputs in
	/// elements, scratch cleared.
	pub(super) fn prologue(&self) -> Vec<u8> {
		let mut bytes = Vec::new();
		let mut sink = InstructionSink::new(&mut bytes);
		let setting = |offset: u32| MemArg {
			offset: u64::from(offset),
			align: 2,
			memory_index: self.memory,
		};
		sink.operand(Operand::Word(self.program.item_cost()))
			.local_set(self.units)
			.i32_const(0)
			.i32_load(setting(LAYOUT.max_units))
			.local_set(self.max_units);
		for local in self.locals.cursors() {
			// No chunk has this number.
			sink.i32_const(-1).local_set(local);
		}
		for (input, width_log2, local) in self.locals.counts() {
			sink.i32_const(0).i32_load(setting(LAYOUT.lengths + 4 * input));
			if width_log2 > 0 {
				sink.operand(Operand::Word(width_log2)).i32_shr_u();
			}
			sink.local_set(local);
		}
		let writes_scratch = |word: &Instruction| matches!(word.op, opcode::STS8 | opcode::STS32 | opcode::STS64);
		if self.program.code().iter().any(writes_scratch) {
			self.clear_scratch(&mut sink);
		}
		bytes
	}

	fn clear_scratch(&self, sink: &mut InstructionSink<'_>) {
		let size = u32::from(self.program.header().scratch_size);
		if size > UNROLLED_CLEAR {
			sink.operand(Operand::Word(LAYOUT.scratch))
				.i32_const(0)
				.operand(Operand::Word(size))
				.memory_fill(self.memory);
			return;
		}
		// The size is a power of two, so equal stores cover it.
		let width = size.clamp(1, 16);
		for offset in (0..size).step_by(width as usize) {
			let place = MemArg {
				offset: u64::from(LAYOUT.scratch + offset),
				align: width.trailing_zeros(),
				memory_index: self.memory,
			};
			sink.i32_const(0);
			match width {
				16 => sink.v128_const(0).v128_store(place),
				8 => sink.i64_const(0).i64_store(place),
				4 => sink.i32_const(0).i32_store(place),
				2 => sink.i32_const(0).i32_store16(place),
				_ => sink.i32_const(0).i32_store8(place),
			};
		}
	}
}
