//! Errors as other programs: what a backend computes that takes one instruction for another, or a bound for a greater
//! one.

use millrace_kernel::{
	opcode::{self, Field, OpInfo},
	program::{Header, Instruction, Program},
};

use crate::case::Case;

/// An error as what a backend runs instead of the case.
pub(super) struct Alteration {
	pub(super) name: &'static str,
	/// The other case; `None` where the error cannot show.
	pub(super) apply: fn(&Case) -> Option<Case>,
}

pub(super) const ALTERATIONS: &[Alteration] = &[
	Alteration {
		name: "the bound on units is a unit late",
		apply: |case| {
			(case.max_units < case.program.header().max_units).then(|| Case {
				max_units: case.max_units + 1,
				..case.clone()
			})
		},
	},
	Alteration {
		name: "the bound on faults is a fault late",
		apply: |case| {
			let header = Header {
				max_faults: case.program.header().max_faults + 1,
				..*case.program.header()
			};
			let program = Program::new(header, case.program.code().to_vec(), case.program.constants().to_vec()).ok()?;
			same_leaves(case, program)
		},
	},
	Alteration {
		name: "a byte of the constants is another",
		apply: |case| {
			let mut constants = case.program.constants().to_vec();
			*constants.first_mut()? ^= 0x80;
			let program = Program::new(*case.program.header(), case.program.code().to_vec(), constants).ok()?;
			same_leaves(case, program)
		},
	},
	Alteration {
		name: "a load out of range traps where it should give 0",
		apply: |case| {
			edited(case, |word| {
				let is_load = opcode::info(word.op).is_some_and(|row| row.form.fields().b == Field::Input);
				(is_load && word.b & 0x80 != 0).then_some(Instruction {
					b: word.b & 0x7f,
					..word
				})
			})
		},
	},
	Alteration {
		name: "all cursors are one",
		apply: |case| {
			edited(case, |word| {
				let is_load = opcode::info(word.op).is_some_and(|row| row.form.fields().b == Field::Input);
				(is_load && word.b & 0x78 != 0).then_some(Instruction {
					b: word.b & 0x87,
					..word
				})
			})
		},
	},
	Alteration {
		name: "unsigned bytes by signed ones are taken for unsigned ones",
		apply: |case| replaced(case, opcode::DP4A_US, opcode::DP4A_UU),
	},
	Alteration {
		name: "unsigned bytes are taken for signed ones",
		apply: |case| replaced(case, opcode::DP4A_UU, opcode::DP4A_SS),
	},
	Alteration {
		name: "a signed shift lets zeros in",
		apply: |case| replaced(case, opcode::SHRS, opcode::SHRU),
	},
	Alteration {
		name: "a loaded byte is not sign-extended",
		apply: |case| replaced(case, opcode::LD8S, opcode::LD8U),
	},
	Alteration {
		name: "an immediate of a 64-bit addition is off by one",
		apply: |case| {
			edited(case, |word| {
				(word.op == opcode::ADD_D_I).then_some(Instruction {
					imm: word.imm.wrapping_add(1),
					..word
				})
			})
		},
	},
];

/// The case with another program, where its items form the same leaves.
fn same_leaves(case: &Case, program: Program) -> Option<Case> {
	(program.items_per_leaf() == case.program.items_per_leaf()).then(|| Case {
		program,
		..case.clone()
	})
}

/// The case with every instruction changed that `change` gives another for; `None` where there is none, or where the
/// program is then not valid.
fn edited(case: &Case, change: impl Fn(Instruction) -> Option<Instruction>) -> Option<Case> {
	let code: Vec<Instruction> = case
		.program
		.code()
		.iter()
		.map(|word| change(*word).unwrap_or(*word))
		.collect();
	if code == case.program.code() {
		return None;
	}
	let program = Program::new(*case.program.header(), code, case.program.constants().to_vec()).ok()?;
	same_leaves(case, program)
}

fn replaced(case: &Case, from: u8, to: u8) -> Option<Case> {
	edited(case, |word| (word.op == from).then_some(Instruction { op: to, ..word }))
}

/// The instructions that [`mutate`] knows a mistake for.
pub(super) fn mutable() -> impl Iterator<Item = &'static OpInfo> {
	opcode::TABLE
		.iter()
		.filter(|row| row.code >= opcode::MOV || matches!(row.code, opcode::BR_IF | opcode::BR_IFZ))
}

/// The case as a backend runs it that takes the instructions of `row` for the next of their form that cost the same.
/// Where there is none, it mistakes the immediate, or the first source.
pub(super) fn mutate(case: &Case, row: &OpInfo) -> Option<Case> {
	let alike = |other: &&OpInfo| other.form == row.form && other.units == row.units && other.code != row.code;
	let after = mutable().find(|other| alike(other) && other.code > row.code);
	if let Some(other) = after.or_else(|| mutable().find(alike)) {
		return replaced(case, row.code, other.code);
	}
	let has_immediate = row.form.fields().imm != Field::Zero;
	edited(case, |word| {
		(word.op == row.code).then_some(if has_immediate {
			Instruction {
				imm: word.imm ^ 1,
				..word
			}
		} else {
			Instruction { a: word.a ^ 1, ..word }
		})
	})
}
