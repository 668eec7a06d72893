//! Makes a case that shows a difference small enough to read.

use millrace_kernel::{
	opcode,
	program::{Header, Instruction, Program},
};

use crate::case::Case;

/// Most cases that are tried: a slow backend should not hold up the others for minutes.
const TRIES: u32 = 3_000;

/// The least case found that still `differs`, by leaving out items and instructions.
pub fn shrink(case: &Case, differs: &dyn Fn(&Case) -> bool) -> Case {
	let mut search = Search {
		best: case.clone(),
		differs,
		tries: TRIES,
	};
	search.items();
	while search.runs() || search.pairs() {}
	search.items();
	search.best
}

struct Search<'a> {
	best: Case,
	differs: &'a dyn Fn(&Case) -> bool,
	tries: u32,
}

impl Search<'_> {
	/// Keeps `candidate` where it still differs.
	fn keep(&mut self, candidate: Option<Case>) -> bool {
		let Some(candidate) = candidate.filter(|_| self.tries > 0) else {
			return false;
		};
		self.tries -= 1;
		let better = (self.differs)(&candidate);
		if better {
			self.best = candidate;
		}
		better
	}

	/// Leaves out items from the end.
	fn items(&mut self) {
		let mut fewer = 1;
		while fewer < self.best.items {
			let candidate = Case {
				items: fewer,
				..self.best.clone()
			};
			if self.keep(Some(candidate)) {
				return;
			}
			fewer *= 2;
		}
	}

	/// Leaves out instructions that stand in a row: half of them, a quarter, down to single ones.
	fn runs(&mut self) -> bool {
		let mut shorter = false;
		let mut length = self.best.program.code().len() / 2;
		while length > 0 {
			let mut at = 0;
			while at < self.best.program.code().len() {
				let end = (at + length).min(self.best.program.code().len());
				if self.keep(without(&self.best, |index| (at..end).contains(&index))) {
					shorter = true;
				} else {
					at += length;
				}
			}
			length /= 2;
		}
		shorter
	}

	/// Leaves out what opens and closes a block, but not what is inside.
	fn pairs(&mut self) -> bool {
		let mut shorter = false;
		let mut at = 0;
		while at < self.best.program.code().len() {
			let parts = parts(self.best.program.code(), at);
			if !parts.is_empty() && self.keep(without(&self.best, |index| parts.contains(&index))) {
				shorter = true;
			} else {
				at += 1;
			}
		}
		shorter
	}
}

/// The case without the instructions whose numbers are `left_out`, where that is a valid program.
fn without(case: &Case, left_out: impl Fn(usize) -> bool) -> Option<Case> {
	let code: Vec<Instruction> = case
		.program
		.code()
		.iter()
		.enumerate()
		.filter(|(index, _)| !left_out(*index))
		.map(|(_, word)| *word)
		.collect();
	let header = Header {
		code_len: code.len() as u16,
		..*case.program.header()
	};
	let program = Program::new(header, code, case.program.constants().to_vec()).ok()?;
	Some(Case {
		program,
		..case.clone()
	})
}

/// The numbers of an opening instruction, its `end`, and its `else`; nothing where none stands at `open`.
fn parts(code: &[Instruction], open: usize) -> Vec<usize> {
	let mut parts = Vec::new();
	let mut depth = 0;
	for (index, word) in code.iter().enumerate().skip(open) {
		match word.op {
			opcode::BLOCK | opcode::LOOP | opcode::IF => depth += 1,
			opcode::END => depth -= 1,
			opcode::ELSE if depth == 1 => parts.push(index),
			_ => {}
		}
		if depth <= 0 {
			// Either no block stands at `open`, or its `end` is here.
			if index > open && word.op == opcode::END {
				parts.extend([open, index]);
				return parts;
			}
			return Vec::new();
		}
	}
	Vec::new()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::generate;

	#[test]
	fn what_does_not_matter_is_left_out() {
		// The difference is a multiplication inside of something.
		let has = |case: &Case, op: u8| case.program.code().iter().any(|word| word.op == op);
		let case = (0..)
			.map(generate::case)
			.find(|case| has(case, opcode::MUL) && has(case, opcode::IF) && case.program.code().len() > 60)
			.expect("seeds do not end");
		let shrunk = shrink(&case, &|case| has(case, opcode::MUL));
		assert_eq!(shrunk.program.code().len(), 1);
		assert_eq!(shrunk.items, 1);
	}

	#[test]
	fn a_case_that_does_not_shrink_stays() {
		let case = generate::case(5);
		let same = shrink(&case, &|candidate| {
			candidate.items == case.items && candidate.program == case.program
		});
		assert_eq!(same.program, case.program);
	}
}
