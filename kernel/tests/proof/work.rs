//! Evaluated units: every figure by hand.

use millrace_kernel::{
	asm::assemble,
	eval::{eval_item_within, EvalError, Machine, Metered, Outcome, Slices, Task},
	leaf::{eval_leaf, eval_leaf_within},
};

/// Item cost 16. Item 1 executes a trap, 2 loads out of range, 3 has a third fault, 4 never ends.
const KERNEL: &str = "
.item 4
.inputs a
.max_units 500
.max_faults 2
.w zero i x
  index  i
  eq     x, i, 1
  if x
    trap
  end
  eq     x, i, 2
  if x
    ld8u x, a[zero + 5000]
  end
  eq     x, i, 3
  if x
    ld8u x, a[zero]
    ld8u x, a[zero + 1024]
    ld8u x, a[zero + 2048]
  end
  eq     x, i, 4
  if x
    loop top
      br top
    end
  end
";

const TASK: Task<'static> = Task {
	items: 6,
	max_units: 400,
	params: &[],
};

fn ends(units: u32) -> Metered {
	Metered {
		outcome: Outcome { units, trapped: false },
		charged: units,
	}
}

fn traps(units: u32, charged: u32) -> Metered {
	Metered {
		outcome: Outcome { units, trapped: true },
		charged,
	}
}

/// Of each item. `index` 1, then `eq` and `if` 2 for each case that is looked at.
fn figures() -> [Metered; 6] {
	[
		ends(16 + 1 + 4 * 2),
		traps(16 + 1 + 2 + 1, 16 + 1 + 2 + 1),
		// The load 8, its fault 128.
		traps(400, 16 + 1 + 2 * 2 + 8 + 128),
		// Two loads with their faults, and the third load, whose fault is not charged.
		traps(400, 16 + 1 + 3 * 2 + 2 * (8 + 128) + 8),
		traps(400, 400),
		ends(16 + 1 + 4 * 2),
	]
}

#[test]
fn an_item_is_charged_until_it_ends_and_a_budget_of_that_is_just_enough() {
	let program = assemble(KERNEL).unwrap();
	let input = [1u8; 3000];
	let inputs: [&[u8]; 1] = [&input];
	let mut machine = Machine::new(&program);
	for (expected, index) in figures().into_iter().zip(0..) {
		let mut run = |budget: u32| {
			let mut out = [7; 4];
			eval_item_within(&program, &TASK, &Slices(&inputs), index, &mut machine, &mut out, budget)
		};
		for budget in 0..expected.charged {
			assert_eq!(run(budget), Err(EvalError::Budget), "item {index} with {budget}");
		}
		for budget in [expected.charged, expected.charged + 1, 399, 400, 401, u32::MAX] {
			if budget >= expected.charged {
				assert_eq!(run(budget), Ok(expected), "item {index} with {budget}");
			}
		}
	}
}

#[test]
fn a_leaf_is_charged_what_its_items_are() {
	let program = assemble(KERNEL).unwrap();
	let input = [1u8; 3000];
	let inputs: [&[u8]; 1] = [&input];
	let mut machine = Machine::new(&program);
	let mut run = |budget: u32| eval_leaf_within(&program, &TASK, &Slices(&inputs), 0, &mut machine, budget);
	// 25 + 20 + 157 + 303 + 400 + 25, and 25 + 20 + 3 × 400 + 25 units.
	let (leaf, charged) = run(930).unwrap();
	assert_eq!((charged, leaf.units, leaf.traps), (930, 1270, 4));
	assert_eq!(run(u32::MAX), Ok((leaf.clone(), 930)));
	for budget in [929, 906, 905, 904, 400, 25, 24, 0] {
		assert_eq!(run(budget), Err(EvalError::Budget), "{budget}");
	}
	let plain = eval_leaf(&program, &TASK, &Slices(&inputs), 0, &mut Machine::new(&program));
	assert_eq!(plain, Ok(leaf));
}
