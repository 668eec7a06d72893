//! Traps of every kind, in bytes, units and number.

use crate::harness::{compare, run, Ran};
use millrace_kernel::{asm::assemble, eval::Task};

/// Runs under a bound of the job's own.
fn bounded(text: &str, items: u32, max_units: u32, inputs: &[&[u8]]) -> Ran {
	let program = assemble(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
	let task = Task {
		items,
		max_units,
		params: &[],
	};
	compare(text, &program, &task, inputs)
}

#[test]
fn a_loop_that_never_ends_takes_all_its_units() {
	for body in [
		"loop again\n    br again\n  end",
		"loop again\n    add i, i, 1\n    br_if z, again\n    br again\n  end",
		"loop outer\n    loop inner\n      br outer\n    end\n  end",
		"mov t, 1\n  loop again\n    if t\n      br again\n    end\n  end",
	] {
		let text = format!(".item 4\n.max_units 1000\n.w i z t\n  mov i, 7\n  sto32 [z], i\n  {body}\n");
		let ran = run(&text, 300, &[], &[]);
		assert_eq!((ran.units(), ran.traps()), (300 * 1000, 300), "{body}");
		assert_eq!(ran.words(), vec![0; 300]);
	}
}

#[test]
fn the_bound_itself_is_not_passed() {
	let text = ".item 4\n.max_units 100\n.w i zero\n  index i\n  sto32 [zero], i\n";
	// 16 + 1 + 4.
	let ran = bounded(text, 5, 21, &[]);
	assert_eq!((ran.units(), ran.traps(), ran.words()), (105, 0, vec![0, 1, 2, 3, 4]));
	let ran = bounded(text, 5, 20, &[]);
	assert_eq!((ran.units(), ran.traps(), ran.words()), (100, 5, vec![0; 5]));
	// A bound above the header's is lowered to it; below the item's cost nothing runs.
	let ran = bounded(text, 5, 1 << 30, &[]);
	assert_eq!((ran.units(), ran.traps()), (105, 0));
	let ran = bounded(text, 5, 3, &[]);
	assert_eq!((ran.units(), ran.traps()), (15, 5));
}

#[test]
fn each_bound_on_units_is_met_exactly() {
	let text = ".item 4\n.inputs data\n.max_units 700\n.max_faults 4\n.w i t a zero\n  index i\n  mov t, 3\n  \
	            loop again\n    \
	            shl a, t, 8\n    ld32.z a, data[a]\n    add i, i, a\n    sub t, t, 1\n    br_if t, again\n  end\n  \
	            sto32 [zero], i\n";
	let data = vec![1; 2048];
	for max_units in 17..450 {
		let ran = bounded(text, 2, max_units, &[&data]);
		// 16 + 2, three rounds of 12 and a fault, 4.
		let all = 18 + 3 * (12 + 128) + 4;
		assert_eq!(ran.traps(), if max_units < all { 2 } else { 0 }, "{max_units}");
		assert_eq!(ran.units(), 2 * u64::from(max_units.min(all)));
	}
}

#[test]
fn too_many_faults_trap() {
	// Item i opens i chunks of a plain and of a forgiving load each.
	for z in ["", ".z"] {
		let text = format!(
			".item 4\n.inputs data\n.max_units 3000\n.max_faults 5\n.w i t a zero\n  index i\n  block out\n    \
			            loop again\n      \
			 eq a, t, i\n      br_if a, out\n      shl a, t, 8\n      ld32{z} a, data[a]\n      \
			 add t, t, 1\n      br again\n    \
			 end\n  end\n  sto32 [zero], t\n"
		);
		let data = vec![1; 20 << 10];
		let ran = run(&text, 10, &[], &[&data]);
		assert_eq!(ran.words(), [0, 1, 2, 3, 4, 5, 0, 0, 0, 0]);
		// 16 + 1, 13 and a fault a round, 2 for the last look, 4.
		let ended: u64 = (0..6).map(|i| 23 + 141 * i).sum();
		assert_eq!((ran.traps(), ran.units()), (4, ended + 4 * 3000));
	}
}

#[test]
fn a_load_out_of_range_traps_with_all_units() {
	let text = ".item 4\n.inputs data\n.max_units 500\n.max_faults 1\n.w i a zero\n  index i\n  \
	            sto32 [zero], i\n  ld16u a, data[i]\n  \
	            sto32 [zero], a\n";
	for len in 0..7usize {
		let data = [3u8; 7];
		let ran = run(text, 5, &[], &[&data[..len]]);
		let whole = len as u32 / 2;
		let expected: Vec<u32> = (0..5).map(|i| if i < whole { 0x0303 } else { 0 }).collect();
		assert_eq!(ran.words(), expected);
		assert_eq!(ran.traps(), 5 - whole);
		// 16 + 1 + 4 + 8 + 128 + 4.
		assert_eq!(ran.units(), u64::from(whole) * 161 + u64::from(5 - whole) * 500);
	}
}

#[test]
fn an_executed_trap_takes_the_units_so_far() {
	let text = ".item 4\n.max_units 100\n.w i t zero\n  index i\n  sto32 [zero], i\n  and t, i, 1\n  if t\n    \
	            trap\n  end\n";
	let ran = run(text, 600, &[], &[]);
	// 16 + 1 + 4 + 1 + 1, and the trap's own.
	assert_eq!((ran.traps(), ran.units()), (300, 300 * 23 + 300 * 24));
	let expected: Vec<u32> = (0..600).map(|i| if i % 2 == 1 { 0 } else { i }).collect();
	assert_eq!(ran.words(), expected);
}

#[test]
fn a_bound_trap_before_an_executed_one_wins() {
	let text = ".item 4\n.max_units 100\n.w i zero\n  index i\n  mul i, i, 3\n  trap\n";
	// With its own unit the trap is at 19.
	let ran = bounded(text, 2, 19, &[]);
	assert_eq!((ran.traps(), ran.units()), (2, 38));
	let ran = bounded(text, 2, 18, &[]);
	assert_eq!((ran.traps(), ran.units()), (2, 36));
	let ran = bounded(text, 2, 17, &[]);
	assert_eq!((ran.traps(), ran.units()), (2, 34));
	// Faults, units and range, passed before the trap.
	let text = ".item 4\n.inputs data\n.max_units 900\n.max_faults 1\n.w i a zero\n  index i\n  \
	            ld8u.z a, data[i]\n  \
	            ld8u.z a, data[i + 1024]\n  trap\n";
	assert_eq!(run(text, 3, &[], &[&[1; 2000]]).units(), 3 * 900);
	let text = ".item 4\n.inputs data\n.max_units 900\n.max_faults 1\n.w i a zero\n  index i\n  \
	            ld8u a, data[i]\n  trap\n";
	// Items 0 and 1: 16 + 1 + 8 + 128 + 1.
	let ran = run(text, 3, &[], &[&[1; 2]]);
	assert_eq!((ran.traps(), ran.units()), (3, 2 * 154 + 900));
}

#[test]
fn a_load_behind_a_trap_or_a_return_is_not_executed() {
	let text = ".item 4\n.inputs data\n.max_units 900\n.max_faults 1\n.w i a zero\n  index i\n  if i\n    \
	            return\n  end\n  trap\n  \
	            ld8u a, data[i]\n";
	let ran = run(text, 3, &[], &[&[]]);
	assert_eq!((ran.traps(), ran.units()), (1, 19 + 2 * 19));
}

#[test]
fn items_of_all_sizes_are_cleared_after_a_trap() {
	for size in (0..=10).map(|log2| 1u32 << log2) {
		// Fills its bytes, then traps where the index is odd.
		let text = format!(
			".item {size}\n.max_units 20000\n.w i t x\n  index i\n  loop fill\n    add x, i, 1\n    \
			            or x, x, 0x80\n    sto8 [t], x\n    \
			 add t, t, 1\n    ltu x, t, {size}\n    br_if x, fill\n  end\n  and t, i, 1\n  if t\n    trap\n  end\n"
		);
		let ran = run(&text, 9, &[], &[]);
		assert_eq!(ran.traps(), 4);
		for (item, bytes) in ran.output.chunks(size as usize).enumerate() {
			let expected = if item % 2 == 1 { 0 } else { (item as u8 + 1) | 0x80 };
			assert!(
				bytes.iter().all(|byte| *byte == expected),
				"item {item} of {size} bytes"
			);
		}
	}
}
