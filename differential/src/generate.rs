//! Random valid programs, with tasks and inputs.
//!
//! A program is written as a person would write a bad one: registers are filled with edge values, inputs and
//! parameters; statements compute, load, store, branch and loop; at the end every register is folded into the output,
//! so that a wrong bit anywhere shows. Most loops are counted and most loads stay in range, or nearly every item would
//! end in a trap. The bounds of units and faults are chosen last, from what the items take on the reference: exactly
//! what they need, one less, or plenty.

use millrace_kernel::program::Instruction;

use self::{plan::Plan, writer::Writer};
use crate::{case::Case, random::Random};

mod bounds;
mod dot;
mod flow;
mod load;
mod operand;
mod plan;
mod state;
mod straight;
mod writer;

/// The case that `seed` names.
///
/// # Panics
/// Where the generator writes an invalid program, which is a defect of this crate.
pub fn case(seed: u64) -> Case {
	let mut random = Random::new(seed);
	let plan = Plan::new(&mut random);
	let code = code(&mut random, &plan);
	bounds::case(&mut random, seed, plan, code)
}

fn code(random: &mut Random, plan: &Plan) -> Vec<Instruction> {
	if plan.is_empty {
		return Vec::new();
	}
	let mut writer = Writer::new(random, plan);
	writer.fill();
	writer.program();
	writer.fold();
	writer.code
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_seed_names_a_case_that_fits_its_program() {
		for seed in 0..300 {
			let (one, two) = (case(seed), case(seed));
			assert_eq!(one.program, two.program, "seed {seed}");
			assert_eq!(
				(one.items, one.max_units, &one.params, &one.inputs),
				(two.items, two.max_units, &two.params, &two.inputs),
				"seed {seed}"
			);
			assert_eq!(one.task().check(&one.program, one.inputs.len()), Ok(()), "seed {seed}");
		}
	}

	#[test]
	fn shapes_vary() {
		let cases: Vec<Case> = (0..400).map(case).collect();
		let any = |what: &str, holds: &dyn Fn(&Case) -> bool| {
			let count = cases.iter().filter(|case| holds(case)).count();
			assert!(count > 0 && count < cases.len(), "{what}: {count} of {}", cases.len());
		};
		any("no 64-bit registers", &|case| case.program.header().d_count == 0);
		any("all registers", &|case| case.program.header().w_count == 256);
		any("no inputs", &|case| case.inputs.is_empty());
		any("eight inputs", &|case| case.inputs.len() == 8);
		any("an empty input", &|case| case.inputs.iter().any(Vec::is_empty));
		any("an input of more chunks", &|case| {
			case.inputs.iter().any(|input| input.len() > 1024)
		});
		any("items of one byte", &|case| case.program.header().item_size == 1);
		any("items of 1,024 bytes", &|case| case.program.header().item_size == 1024);
		any("several leaves", &|case| case.leaves() > 2);
		any("a short last leaf", &|case| {
			case.leaves() > 1 && !case.items.is_multiple_of(case.program.items_per_leaf())
		});
		any("more items than one block of threads has", &|case| case.items > 128);
		any("a job's bound below the header's", &|case| {
			case.max_units < case.program.header().max_units
		});
	}
}
