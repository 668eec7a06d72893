//! The filter that ships: the bytes of native code, for the units that its page derives.

use millrace_client::job_file::{read_input, JobFile, MAX_INPUT_BYTES};
use millrace_kernel::{
	asm::{assemble_with_warnings, disassemble},
	eval::{eval_item, Machine, Outcome, Slices, Task},
	leaf::{eval_leaf, leaf_count},
	program::Program,
};
use millrace_tests::native;
use std::path::Path;

const TEXT: &str = include_str!("../../examples/kernels/filter/filter.mk");
/// Units of an item before its faults, and of a fault.
const ITEM_UNITS: u32 = 267;
const FAULT_UNITS: u32 = 128;

fn program() -> Program {
	let (program, hints) = assemble_with_warnings(TEXT).expect("the kernel that ships");
	assert!(hints.is_empty(), "{hints:?}");
	program
}

/// Bytes that look random; the generator is that of Numerical Recipes.
fn random(seed: u32, bytes: usize) -> Vec<u8> {
	let mut state = seed;
	let mut next = || {
		state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
		(state >> 24) as u8
	};
	(0..bytes).map(|_| next()).collect()
}

/// What a job over the whole of `picture`, `width` pixels in a row, gives: bytes, units, traps.
fn run(program: &Program, picture: &[u8], width: usize, max_units: u32) -> (Vec<u8>, u64, u32) {
	let items = u32::try_from(picture.len() / 16).expect("a small picture");
	let task = Task {
		items,
		max_units,
		params: &[(width / 16) as u64],
	};
	task.check(program, 1).expect("a task of this program");
	let mut machine = Machine::new(program);
	let (mut bytes, mut units, mut traps) = (Vec::new(), 0, 0);
	for leaf in 0..leaf_count(program.items_per_leaf(), items) {
		let leaf = eval_leaf(program, &task, &Slices(&[picture]), leaf, &mut machine).expect("the picture is there");
		bytes.extend(leaf.bytes);
		units += leaf.units;
		traps += leaf.traps;
	}
	(bytes, units, traps)
}

/// One item of such a job, of `items`.
fn run_item(program: &Program, picture: &[u8], width: usize, items: u32, index: u32) -> ([u8; 16], Outcome) {
	let task = Task {
		items,
		max_units: program.header().max_units,
		params: &[(width / 16) as u64],
	};
	let mut machine = Machine::new(program);
	let mut out = [0xaa; 16];
	let outcome =
		eval_item(program, &task, &Slices(&[picture]), index, &mut machine, &mut out).expect("the picture is there");
	(out, outcome)
}

#[test]
fn the_text_is_the_program() {
	let program = program();
	let (again, _) = assemble_with_warnings(&disassemble(&program)).expect("what was disassembled");
	assert_eq!(again, program);
	// 16 bytes an item: a leaf of 1,024 holds 64.
	assert_eq!(program.items_per_leaf(), 64);
}

#[test]
fn small_pictures_are_those_of_native_code() {
	let program = program();
	let most = program.header().max_units;
	for seed in 0..8 {
		println!("seed {seed}");
		for (width, height) in [
			(16, 1),
			(16, 2),
			(16, 3),
			(32, 2),
			(48, 5),
			(16, 70),
			(1008, 3),
			(2048, 3),
		] {
			let noise = random(seed, width * height);
			// Only the extremes, where a sum that ran into its neighbour would show.
			let contrast: Vec<u8> = noise.iter().map(|byte| if *byte < 128 { 0 } else { 255 }).collect();
			for picture in [noise, contrast, vec![255; width * height]] {
				let (bytes, _, traps) = run(&program, &picture, width, most);
				assert_eq!(traps, 0);
				assert!(
					bytes == native::smooth(&picture, width),
					"{width} x {height}, seed {seed}: differs from native code"
				);
			}
		}
	}
}

#[test]
fn an_edge_is_not_the_other_edge() {
	// The last pixel of each row is white. The first ones, which follow it in memory, must stay black.
	let program = program();
	let row = [[0u8; 31].as_slice(), &[255]].concat();
	let (bytes, _, _) = run(&program, &row.repeat(3), 32, program.header().max_units);
	for row in bytes.chunks(32) {
		assert_eq!(row[..30], [0; 30]);
		// 255 / 4 = 63.75, and 255 × 3 / 4 = 191.25.
		assert_eq!(row[30..], [64, 191]);
	}
}

#[test]
fn its_bound_is_tight() {
	let program = program();
	// Rows of two chunks. The item at the start of the second one looks back into the first, in each of three rows.
	let picture = random(1, 3 * 2048);
	let (out, outcome) = run_item(&program, &picture, 2048, 384, 128 + 64);
	assert_eq!(
		outcome,
		Outcome {
			units: ITEM_UNITS + 6 * FAULT_UNITS,
			trapped: false
		}
	);
	assert_eq!(outcome.units, program.header().max_units);
	assert_eq!(out, native::smooth(&picture, 2048)[2048 + 1024..][..16]);
	// One chunk, whatever is in it.
	let (_, outcome) = run_item(&program, &[0; 16], 16, 1, 0);
	assert_eq!(outcome.units, ITEM_UNITS + FAULT_UNITS);
}

#[test]
fn what_reads_beyond_the_input_traps() {
	// The last pixel of three rows is missing: the last row lacks it, and the row above needs that row.
	let program = program();
	let picture = random(2, 47);
	let most = program.header().max_units;
	let whole = [picture.as_slice(), &[0]].concat();
	for (index, trapped) in [(0, false), (1, true), (2, true)] {
		let (out, outcome) = run_item(&program, &picture, 16, 3, index);
		assert_eq!(outcome.trapped, trapped, "item {index}");
		if trapped {
			assert_eq!((out, outcome.units), ([0; 16], most));
		} else {
			assert_eq!(out, native::smooth(&whole, 16)[..16]);
		}
	}
}

#[test]
fn the_photograph_is_that_of_native_code() {
	let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kernels/filter/filter.toml");
	let job = JobFile::read(&path).expect("the job file that ships");
	let [(source, format)] = job.inputs.as_slice() else {
		panic!("one input");
	};
	let photograph = read_input(source, *format, MAX_INPUT_BYTES).expect("the photograph that ships");
	assert_eq!(photograph.len(), 512 * 512);
	assert_eq!(
		(u64::from(job.items), job.params.as_slice()),
		(512 * 512 / 16, &[512 / 16][..])
	);

	let bound = job.max_units.expect("the job lowers the bound");
	let (bytes, units, traps) = run(&program(), &photograph, 512, bound);
	assert!(
		bytes == native::smooth(&photograph, 512),
		"the picture differs from native code"
	);
	// Three rows lie in two chunks; the first and the last row have only one neighbour, in the same chunk.
	assert_eq!(bound, ITEM_UNITS + 2 * FAULT_UNITS);
	assert_eq!(traps, 0);
	assert_eq!(
		units,
		u64::from(job.items) * u64::from(bound) - 2 * 32 * u64::from(FAULT_UNITS)
	);

	let output = job.output.expect("the job keeps its output");
	assert!(output.file.ends_with("camera-smooth.png"));
	output.format.check(bytes.len() as u64).expect("the picture's size");
}
