//! What an item of a kernel may cost, from its text alone.

use millrace_kernel::{
	opcode::{self, Area},
	program::{Program, FAULT_UNITS},
};

/// Units of the paths through a program, each loop taken once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Estimate {
	/// Of the cheapest path, the item's own cost included.
	pub least: u32,
	/// Of the dearest path, faults not included.
	pub most: u32,
	/// Most loads on a path, each at most one fault.
	pub loads: u32,
	/// The loops that something branches back to, in order.
	pub loops: Vec<LoopEstimate>,
}

/// A round of a loop.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LoopEstimate {
	/// The number of its `loop` among the program's instructions, from 0.
	pub instruction: usize,
	/// Units of the cheapest way back.
	pub least: u32,
	/// Units of the dearest way back, faults not included.
	pub most: u32,
}

impl Estimate {
	/// The exact bound of a program without loops: what `max_units` may be set to.
	pub fn bound(&self, max_faults: u16) -> Option<u32> {
		let faults = self.loads.min(u32::from(max_faults));
		self.loops
			.is_empty()
			.then(|| self.most.saturating_add(faults.saturating_mul(FAULT_UNITS)))
	}
}

/// The costs of the ways that lead to a place; absent where none does.
#[derive(Clone, Copy)]
struct Ways {
	least: u32,
	most: u32,
	loads: u32,
}

fn join(one: Option<Ways>, other: Option<Ways>) -> Option<Ways> {
	match (one, other) {
		(Some(one), Some(other)) => Some(Ways {
			least: one.least.min(other.least),
			most: one.most.max(other.most),
			loads: one.loads.max(other.loads),
		}),
		(one, other) => one.or(other),
	}
}

/// An open block.
struct Frame {
	/// Where a branch to it goes: its own number for a loop, behind its end for the others.
	head: Option<usize>,
	/// The ways into it.
	entry: Option<Ways>,
	/// The ways that skip the rest of the first arm of an `if`.
	skipped: Option<Ways>,
	/// The ways that branch behind its end.
	left: Option<Ways>,
	/// The cheapest and the dearest way back.
	round: Option<(u32, u32)>,
}

/// Walks all paths of a program at once; control flow is structured, so one pass is enough.
pub fn estimate(program: &Program) -> Estimate {
	let start = program.item_cost();
	let mut here = Some(Ways {
		least: start,
		most: start,
		loads: 0,
	});
	let mut ended = None;
	let mut open: Vec<Frame> = Vec::new();
	let mut loops = Vec::new();
	for (number, word) in program.code().iter().enumerate() {
		let Some(info) = opcode::info(word.op) else { continue };
		let load = info.access().is_some_and(|access| access.area == Area::Input);
		if let Some(ways) = &mut here {
			ways.least += u32::from(info.units);
			ways.most += u32::from(info.units);
			ways.loads += u32::from(load);
		}
		match word.op {
			opcode::BLOCK | opcode::LOOP | opcode::IF => open.push(Frame {
				head: (word.op == opcode::LOOP).then_some(number),
				entry: here,
				skipped: here.filter(|_| word.op == opcode::IF),
				left: None,
				round: None,
			}),
			opcode::ELSE => {
				if let Some(frame) = open.last_mut() {
					frame.left = join(frame.left, here);
					here = frame.skipped.take();
				}
			}
			opcode::END => {
				if let Some(frame) = open.pop() {
					here = join(here, join(frame.left, frame.skipped));
					if let (Some(instruction), Some((least, most))) = (frame.head, frame.round) {
						loops.push(LoopEstimate {
							instruction,
							least,
							most,
						});
					}
				}
			}
			opcode::BR | opcode::BR_IF | opcode::BR_IFZ => {
				let depth = usize::try_from(word.imm).unwrap_or(usize::MAX);
				if let Some(frame) = open.iter_mut().rev().nth(depth) {
					match (frame.head, frame.entry, here) {
						(Some(_), Some(entry), Some(ways)) => {
							let (least, most) = (ways.least - entry.least, ways.most - entry.most);
							frame.round = Some(match frame.round {
								Some((lower, upper)) => (lower.min(least), upper.max(most)),
								None => (least, most),
							});
						}
						_ => frame.left = join(frame.left, here),
					}
				}
				if word.op == opcode::BR {
					here = None;
				}
			}
			opcode::RETURN | opcode::TRAP => {
				ended = join(ended, here);
				here = None;
			}
			_ => {}
		}
	}
	let Ways { least, most, loads } = join(ended, here).unwrap_or(Ways {
		least: start,
		most: start,
		loads: 0,
	});
	loops.sort_by_key(|one| one.instruction);
	Estimate {
		least,
		most,
		loads,
		loops,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use millrace_kernel::asm::assemble;

	fn of(body: &str) -> Estimate {
		let text = format!(".item 4\n.inputs in\n.max_units 100000\n.max_faults 9\n.w a b\n{body}");
		estimate(&assemble(&text).unwrap())
	}

	#[test]
	fn a_straight_line_costs_its_sum() {
		// 16 for the item, mov 1, ld32 8, sto32 4.
		let line = of("mov a, 1\nld32 b, in[a]\nsto32 [a], b\n");
		assert_eq!((line.least, line.most, line.loads), (29, 29, 1));
		assert_eq!(line.bound(9), Some(29 + 128));
		assert_eq!(line.bound(0), Some(29));
	}

	#[test]
	fn arms_are_alternatives() {
		// if 1; first arm divu 20 and else 1; second arm add 1.
		let arms = of("if a\ndivu a, a, b\nelse\nadd a, a, 1\nend\n");
		assert_eq!((arms.least, arms.most), (18, 38));
		let one = of("if a\ndivu a, a, b\nend\n");
		assert_eq!((one.least, one.most), (17, 37));
	}

	#[test]
	fn branches_leave_and_returns_end() {
		// br_if 1 leaves the block before mul 1; then add 1.
		let block = of("block out\nbr_if a, out\nmul a, a, a\nend\nadd a, a, 1\n");
		assert_eq!((block.least, block.most), (18, 19));
		let early = of("if a\nreturn\nend\ndivu a, a, b\n");
		assert_eq!((early.least, early.most), (18, 37));
		// Behind a branch that is always taken nothing costs.
		let dead = of("block out\nbr out\ndivu a, a, b\nend\n");
		assert_eq!((dead.least, dead.most), (17, 17));
	}

	#[test]
	fn rounds_of_loops_are_told_apart() {
		// outer round: mov 1, the inner round once 3, add 1, br_if 1; the inner one: add 1, ltu 1, br_if 1.
		let nested = of(
			"loop outer\nmov a, 0\nloop inner\nadd a, a, 1\nltu b, a, 9\nbr_if b, inner\nend\nadd b, b, 1\n\
			br_if b, outer\nend\n",
		);
		assert_eq!(
			nested.loops,
			[
				LoopEstimate {
					instruction: 0,
					least: 6,
					most: 6
				},
				LoopEstimate {
					instruction: 2,
					least: 3,
					most: 3
				},
			]
		);
		assert_eq!(nested.bound(9), None);
	}
}
