//! The last choices: how many items, and which bounds. Both follow from what items take on the reference, so that most
//! items end, and those that do not miss their bound by a unit or a fault as often as by many.

use millrace_kernel::{
	eval::{eval_item_observed, Machine, Slices, Task},
	opcode::{self, Field},
	program::{Header, Instruction, Program, ProgramError, FAULT_UNITS, REFUTE_FAULTS, REFUTE_UNITS},
};

use super::plan::Plan;
use crate::{case::Case, executed::Executed, random::Random};

/// Units at which an item that is measured counts as running away.
const ENDLESS: u32 = 40_000;
/// Items that are measured.
const MEASURED: u32 = 40;
/// Instructions that all items of a case execute, about.
const BUDGET: u64 = 24_000;
/// Most items of a case.
const MAX_ITEMS: u32 = 700;

/// What an item took that ended, or that executed `trap`.
#[derive(Clone, Copy)]
struct Figures {
	units: u32,
	faults: u32,
	trapped: bool,
}

/// Puts the case together.
pub(super) fn case(random: &mut Random, seed: u64, plan: Plan, code: Vec<Instruction>) -> Case {
	let mut bench = Bench::new(seed, plan, code);
	bench.items = 100;
	let longest = (0..3).map(|index| bench.measure(index).1).max().unwrap_or_default();
	bench.items = items(random, (BUDGET / longest.max(20)) as u32);
	let ended: Vec<Figures> = (0..bench.items.min(MEASURED))
		.filter_map(|index| bench.measure(index).0)
		.collect();
	let Bench {
		program, items, plan, ..
	} = bench;
	let loads = program
		.code()
		.iter()
		.filter_map(|word| opcode::info(word.op))
		.any(|row| row.form.fields().b == Field::Input);
	let (max_units, max_faults) = bounds(random, program.item_cost(), loads, &ended);
	let header = Header {
		max_units: declared_units(random, max_units, items),
		max_faults,
		..*program.header()
	};
	let program = valid(seed, Program::new(header, program.code().to_vec(), plan.constants));
	Case {
		seed,
		program,
		items,
		max_units,
		params: plan.params,
		inputs: plan.inputs,
	}
}

fn valid(seed: u64, program: Result<Program, ProgramError>) -> Program {
	program.unwrap_or_else(|error| panic!("seed {seed}: the generator wrote an invalid program: {error}"))
}

/// Runs single items under bounds that only an endless one passes.
struct Bench {
	plan: Plan,
	program: Program,
	machine: Machine,
	out: Vec<u8>,
	items: u32,
}

impl Bench {
	fn new(seed: u64, plan: Plan, code: Vec<Instruction>) -> Bench {
		let header = Header {
			features: 0,
			code_len: code.len() as u16,
			item_size: plan.item_size,
			scratch_size: plan.scratch_size,
			const_size: plan.constants.len() as u16,
			w_count: plan.w_count,
			d_count: plan.d_count,
			inputs: plan.inputs.len() as u8,
			params: plan.params.len() as u8,
			max_units: ENDLESS,
			max_faults: REFUTE_FAULTS as u16,
		};
		let program = valid(seed, Program::new(header, code, plan.constants.clone()));
		Bench {
			machine: Machine::new(&program),
			out: vec![0; usize::from(plan.item_size)],
			plan,
			program,
			items: 1,
		}
	}

	/// What item number `index` takes, `None` where it traps whatever the bounds; and how many instructions that is.
	fn measure(&mut self, index: u32) -> (Option<Figures>, u64) {
		let task = Task {
			items: self.items,
			max_units: ENDLESS,
			params: &self.plan.params,
		};
		let inputs: Vec<&[u8]> = self.plan.inputs.iter().map(Vec::as_slice).collect();
		let mut executed = Executed::default();
		let outcome = eval_item_observed(
			&self.program,
			&task,
			&Slices(&inputs),
			index,
			&mut self.machine,
			&mut self.out,
			&mut executed,
		);
		let figures = outcome
			.ok()
			.filter(|outcome| !outcome.trapped || outcome.units < ENDLESS);
		let figures = figures.map(|outcome| {
			let paid = u64::from(outcome.units);
			let instructions = executed.units() + u64::from(self.program.item_cost());
			Figures {
				units: outcome.units,
				trapped: outcome.trapped,
				faults: (paid.saturating_sub(instructions) / u64::from(FAULT_UNITS)) as u32,
			}
		});
		(figures, executed.total())
	}
}

/// How many items, at most about `most`: around the number of threads of a block too.
fn items(random: &mut Random, most: u32) -> u32 {
	let most = most.clamp(1, MAX_ITEMS);
	match random.below(10) {
		0 => random.between(1, 3),
		1 | 2 => most.min(random.pick(&[16, 31, 64, 127, 128, 129, 200, 256, 257])),
		_ => random.between(most.div_ceil(4), most),
	}
}

/// The job's bound on units and the header's on faults.
fn bounds(random: &mut Random, item_cost: u32, loads: bool, ended: &[Figures]) -> (u32, u16) {
	let most = Figures {
		units: ended.iter().map(|item| item.units).max().unwrap_or(item_cost + 500),
		faults: ended.iter().map(|item| item.faults).max().unwrap_or(4),
		trapped: false,
	};
	let trapped: Vec<Figures> = ended.iter().copied().filter(|item| item.trapped).collect();
	let one = match (ended, trapped.as_slice()) {
		([], _) => most,
		(_, []) => random.pick(ended),
		// An explicit trap is where a bound that was passed before is easily overlooked.
		(_, trapped) => random.pick(trapped),
	};
	let (plenty, spare): (u32, u32) = (random.pick(&[0, 1, 5, 200, 3_000]), random.pick(&[0, 1, 5, 100]));
	let units_at_one = (one.units + random.below(3)).saturating_sub(1);
	let faults_at_one = (one.faults + random.below(2)).saturating_sub(1);
	let choice = if trapped.is_empty() {
		random.below(100)
	} else {
		random.between(30, 99)
	};
	let (units, faults) = match choice {
		0..=54 => (most.units + plenty, most.faults + spare),
		55..=66 => (most.units, most.faults),
		67..=79 => (units_at_one, most.faults + spare),
		80..=91 => (most.units + plenty, faults_at_one),
		92..=95 => (units_at_one, faults_at_one),
		96 | 97 => (item_cost + random.below(60), most.faults + spare),
		98 => (item_cost, most.faults),
		_ => (most.units + plenty, 1),
	};
	(
		units.clamp(item_cost, REFUTE_UNITS),
		faults.clamp(u32::from(loads), REFUTE_FAULTS) as u16,
	)
}

/// The header's bound on units: it decides how many items a leaf has, so it decides how many leaves there are.
fn declared_units(random: &mut Random, max_units: u32, items: u32) -> u32 {
	if random.chance(25) {
		return (max_units + random.below(100)).min(REFUTE_UNITS);
	}
	let a_leaf = (items / random.between(1, 6)).max(1).next_power_of_two();
	(REFUTE_UNITS / a_leaf).max(max_units)
}
