//! Statements: blocks, loops, branches, and what lies between them.

use millrace_kernel::{opcode as op, program::MAX_NESTING};

use super::writer::{Frame, Writer};

/// Blocks that are open at most, but for a tower.
const DEEP: usize = 9;
/// How often a statement is executed at most, by the counted loops around it.
const MAX_WEIGHT: u32 = 40;

impl Writer<'_> {
	/// All statements of the program.
	pub(super) fn program(&mut self) {
		let end = self.code.len() + self.plan.length;
		let tower = self.plan.tower.then(|| self.random.below(4));
		let mut number = 0;
		while self.code.len() < end {
			self.statement(end);
			if tower == Some(number) {
				self.tower(end);
			}
			if self.plan.writes_zero && self.random.chance(10) {
				self.write_zero();
			}
			if self.plan.traps && self.random.chance(8) {
				self.trap();
			}
			number += 1;
		}
	}

	/// One statement; past instruction number `end` only short ones, so that the code stays about that long.
	fn statement(&mut self, end: usize) {
		let may_open = self.frames.len() < DEEP && self.code.len() < end;
		match self.random.below(100) {
			0..=7 if may_open => self.block(end),
			8..=15 if may_open => self.condition_and_arms(end),
			16..=22 if may_open => self.counted_loop(end),
			23 if may_open && self.plan.runs_away => self.endless_loop(end),
			24..=28 => self.branch(),
			29..=32 => self.dot(),
			33..=37 => self.any_load(),
			38..=47 => self.fresh(),
			_ => self.straight(),
		}
	}

	/// The statements of a block, and perhaps a way out of it with dead code behind.
	fn body(&mut self, end: usize) {
		for _ in 0..self.random.between(0, 5) {
			self.statement(end);
		}
		let innermost = self.frames.last().copied();
		let leaves = match innermost {
			Some(Frame::Then) if self.random.chance(3) => {
				self.emit(op::RETURN, 0, 0, 0, 0);
				true
			}
			Some(_) if self.random.chance(14) => match self.depth() {
				Some(depth) => {
					self.emit(op::BR, 0, 0, 0, depth);
					true
				}
				None => false,
			},
			_ => false,
		};
		if leaves && self.random.chance(60) {
			self.dead_code(end);
		}
	}

	/// What no item reaches: it is validated and compiled like all else.
	fn dead_code(&mut self, end: usize) {
		match self.random.below(6) {
			0 => self.emit(op::TRAP, 0, 0, 0, 0),
			1 => self.emit(op::RETURN, 0, 0, 0, 0),
			_ => {}
		}
		for _ in 0..self.random.between(1, 3) {
			self.statement(end);
		}
	}

	fn block(&mut self, end: usize) {
		self.open_block();
		self.body(end);
		self.close();
	}

	fn condition_and_arms(&mut self, end: usize) {
		let condition = self.condition();
		self.open_if(condition);
		self.body(end);
		if self.random.chance(55) {
			self.second_arm();
			self.body(end);
		}
		self.close();
	}

	/// A loop that ends.
	fn counted_loop(&mut self, end: usize) {
		let most = MAX_WEIGHT / self.weight;
		let Some(&counter) = self.plan.counters.get(self.loops).filter(|_| most >= 2) else {
			return self.straight();
		};
		let times = self.random.between(1, most.min(12));
		self.loops += 1;
		self.weight *= times;
		match self.random.below(5) {
			0 => self.count_down(end, counter, times),
			1 => self.count_down_from_a_register(end, counter, times),
			2 | 3 => self.count_up(end, counter, times),
			_ => self.count_up_in_an_if(end, counter, times),
		}
		self.weight /= times;
		self.loops -= 1;
	}

	/// Tests behind the body. A branch to this loop would not count, so nothing branches there.
	fn count_down(&mut self, end: usize, counter: u8, times: u32) {
		self.emit(op::MOV_I, counter, 0, 0, times);
		self.down(end, counter);
	}

	/// As many times as a register says, which differs between items.
	fn count_down_from_a_register(&mut self, end: usize, counter: u8, times: u32) {
		let from = self.any();
		self.emit(op::REMU_I, counter, from, 0, times);
		self.emit(op::ADD_I, counter, counter, 0, 1);
		self.down(end, counter);
	}

	fn down(&mut self, end: usize, counter: u8) {
		self.open_loop(false);
		self.body(end);
		self.emit(op::SUB_I, counter, counter, 0, 1);
		self.emit(op::BR_IF, 0, counter, 0, 0);
		self.close();
	}

	/// Tests and counts before the body.
	fn count_up(&mut self, end: usize, counter: u8, times: u32) {
		let more = self.free();
		self.emit(op::MOV_I, counter, 0, 0, 0);
		self.open_block();
		self.open_loop(true);
		if self.random.chance(50) {
			self.emit(op::LTU_I, more, counter, 0, times);
			self.emit(op::BR_IFZ, 0, more, 0, 1);
		} else {
			self.emit(op::EQ_I, more, counter, 0, times);
			self.emit(op::BR_IF, 0, more, 0, 1);
		}
		self.emit(op::ADD_I, counter, counter, 0, 1);
		self.body(end);
		self.emit(op::BR, 0, 0, 0, 0);
		self.close();
		self.close();
	}

	/// The whole body in the arm of an `if`, from which a branch goes back.
	fn count_up_in_an_if(&mut self, end: usize, counter: u8, times: u32) {
		let more = self.free();
		self.emit(op::MOV_I, counter, 0, 0, times.wrapping_neg());
		self.open_loop(true);
		self.emit(op::LTS_I, more, counter, 0, 0);
		self.open_if(more);
		self.emit(op::ADD_I, counter, counter, 0, 1);
		self.body(end);
		self.emit(op::BR, 0, 0, 0, 1);
		self.close();
		self.close();
	}

	/// A loop that only ends where its body branches out, for some of the items.
	fn endless_loop(&mut self, end: usize) {
		let condition = self.condition();
		self.open_if(condition);
		self.open_loop(true);
		self.body(end);
		self.emit(op::BR, 0, 0, 0, 0);
		self.close();
		self.close();
	}

	/// A conditional branch outwards.
	fn branch(&mut self) {
		let Some(depth) = self.depth() else {
			return self.straight();
		};
		let condition = self.condition();
		let branch = self.random.pick(&[op::BR_IF, op::BR_IFZ]);
		self.emit(branch, 0, condition, 0, depth);
	}

	/// How far out a branch may go and still end: not to a loop that counts behind its body, but for a rare time.
	fn depth(&mut self) -> Option<u32> {
		let reckless = self.plan.runs_away && self.random.chance(10);
		let open: Vec<u32> = (0u32..)
			.zip(self.frames.iter().rev())
			.filter(|(_, frame)| reckless || **frame != Frame::Loop { counted: false })
			.map(|(depth, _)| depth)
			.collect();
		(!open.is_empty()).then(|| self.random.pick(&open))
	}

	/// A register that is 0 in some items, or some of the times.
	fn condition(&mut self) -> u8 {
		let to = self.free();
		match self.random.below(10) {
			0..=3 => {
				let first = self.random.pick(&[op::EQ, op::EQ_D]);
				let row = Self::row(first + self.random.below(12) as u8);
				if self.can(row) {
					self.instruction(row, Some(to));
					return to;
				}
				self.any()
			}
			4..=6 => {
				let bit = 1 << self.random.below(3);
				self.emit(op::INDEX, to, 0, 0, 0);
				self.emit(op::AND_I, to, to, 0, bit);
				to
			}
			_ => self.any(),
		}
	}

	/// A load of any width.
	fn any_load(&mut self) {
		let row =
			Self::row(
				self.random
					.pick(&[op::LD8U, op::LD8S, op::LD16U, op::LD16S, op::LD32, op::LD64, op::LD128]),
			);
		if self.can(row) {
			self.instruction(row, None);
		} else {
			self.fresh();
		}
	}

	/// Ends some of the items as trapped.
	fn trap(&mut self) {
		let to = self.free();
		let mask: u32 = self.random.pick(&[3, 7, 15]);
		let value = self.random.below(mask + 1);
		self.emit(op::INDEX, to, 0, 0, 0);
		self.emit(op::AND_I, to, to, 0, mask);
		if self.random.chance(50) {
			self.emit(op::EQ_I, to, to, 0, value);
			self.open_if(to);
			self.emit(op::TRAP, 0, 0, 0, 0);
			if self.random.chance(40) {
				self.straight();
			}
			self.close();
		} else {
			self.emit(op::XOR_I, to, to, 0, value);
			self.open_block();
			self.emit(op::BR_IF, 0, to, 0, 0);
			self.emit(op::TRAP, 0, 0, 0, 0);
			self.close();
		}
	}

	/// Blocks in blocks, nearly as many as there may be, with branches from the innermost one outwards.
	fn tower(&mut self, end: usize) {
		let height = self.random.between(10, MAX_NESTING as u32) as usize;
		let foot = self.frames.len();
		while self.frames.len() < height {
			match self.random.below(4) {
				0 => self.open_loop(false),
				1 => {
					let condition = self
						.random
						.pick(&[self.plan.zero, self.plan.zero, self.plan.free.start as u8]);
					self.open_if(condition);
					if self.random.chance(70) {
						self.second_arm();
					}
				}
				_ => self.open_block(),
			}
			if self.random.chance(10) {
				self.straight();
			}
		}
		self.statement(end);
		while self.frames.len() > foot {
			if self.random.chance(40) {
				self.branch();
			}
			if self.random.chance(20) {
				self.straight();
			}
			self.close();
		}
	}
}
