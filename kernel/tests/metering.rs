//! Units, faults, traps and leaves: every figure is computed by hand in a comment beside it.

use millrace_kernel::{
	eval::{eval_item, EvalError, InputReader, Machine, MissingChunk, Outcome, Slices, Task, TaskError},
	leaf::{eval_leaf, leaf_count, leaf_items, Leaf},
	opcode::*,
	program::{Header, Instruction, Program},
};

/// Item cost: 16 + 0 / 4 + 4 / 8 + (8 + 2 × 2) / 16 = 16.
const ITEM_COST: u32 = 16;

fn header() -> Header {
	Header {
		features: 0,
		code_len: 0,
		item_size: 4,
		scratch_size: 0,
		const_size: 0,
		w_count: 8,
		d_count: 2,
		inputs: 2,
		params: 1,
		max_units: 2000,
		max_faults: 3,
	}
}

fn op(op: u8, fields: [u8; 3], imm: u32) -> Instruction {
	let [dst, a, b] = fields;
	Instruction { op, dst, a, b, imm }
}

fn plain(code: u8) -> Instruction {
	op(code, [0; 3], 0)
}

/// `ld8u w1, input[offset]` with a cursor; `w7` is never written, so it is 0.
fn load(input: u8, cursor: u8, z: u8, offset: u32) -> Instruction {
	op(LD8U, [1, 7, input | (cursor << 3) | (z << 7)], offset)
}

/// `sto32 [0], w1`
fn store() -> Instruction {
	op(STO32, [0, 7, 1], 0)
}

fn build(header: Header, code: &[Instruction]) -> Program {
	let constants = vec![0; usize::from(header.const_size)];
	Program::new(
		Header {
			code_len: code.len() as u16,
			..header
		},
		code.to_vec(),
		constants,
	)
	.unwrap()
}

fn run_in(header: Header, max_units: u32, code: &[Instruction]) -> (Outcome, [u8; 4]) {
	let program = build(header, code);
	let (first, second) = ([1u8; 5000], [2u8; 10]);
	let task = Task {
		items: 4,
		max_units,
		params: &[0],
	};
	task.check(&program, 2).unwrap();
	let mut out = [9; 4];
	let inputs: [&[u8]; 2] = [&first, &second];
	let outcome = eval_item(
		&program,
		&task,
		&Slices(&inputs),
		3,
		&mut Machine::new(&program),
		&mut out,
	)
	.unwrap();
	(outcome, out)
}

fn run(code: &[Instruction]) -> (Outcome, [u8; 4]) {
	run_in(header(), 2000, code)
}

fn ends(units: u32) -> Outcome {
	Outcome { units, trapped: false }
}

fn traps(units: u32) -> Outcome {
	Outcome { units, trapped: true }
}

#[test]
fn the_item_cost_floors_each_division() {
	assert_eq!(run(&[]), (ends(ITEM_COST), [0; 4]));
	for (scratch_size, item_size, w_count, d_count, cost) in [
		(0, 1, 0, 0, 16),
		(2, 4, 15, 0, 16),            // 2 / 4, 4 / 8 and 15 / 16 are 0
		(4, 8, 14, 1, 19),            // 1 + 1 + (14 + 2) / 16 = 1
		(256, 16, 30, 1, 84),         // 64 + 2 + 32 / 16 = 2
		(4096, 1024, 256, 128, 1200), // 1,024 + 128 + 512 / 16 = 32
	] {
		let header = Header {
			scratch_size,
			item_size,
			w_count,
			d_count,
			..header()
		};
		assert_eq!(header.item_cost(), cost);
		let program = build(header, &[]);
		assert_eq!(program.item_cost(), cost);
		let mut out = vec![0; usize::from(item_size)];
		let task = Task {
			items: 1,
			max_units: 2000,
			params: &[0],
		};
		let got = eval_item(&program, &task, &Slices(&[]), 0, &mut Machine::new(&program), &mut out);
		assert_eq!(got, Ok(ends(cost)));
	}
}

#[test]
fn each_instruction_charges_what_the_table_says() {
	let wide = Header {
		item_size: 16,
		scratch_size: 16,
		const_size: 16,
		..header()
	};
	// 16 + 16 / 4 + 16 / 8 + 12 / 16
	let item_cost = 22;
	for row in TABLE.iter().filter(|row| row.code > TRAP) {
		let imm = if matches!(row.code, BFEU | BFES) { 0x0100 } else { 0 };
		let load = row.access().is_some_and(|access| access.area == Area::Input);
		let program = build(wide, &[op(row.code, [0; 3], imm)]);
		let task = Task {
			items: 1,
			max_units: 2000,
			params: &[0],
		};
		let inputs: [&[u8]; 2] = [&[0; 16], &[]];
		let got = eval_item(
			&program,
			&task,
			&Slices(&inputs),
			0,
			&mut Machine::new(&program),
			&mut [0; 16],
		);
		let expected = item_cost + u32::from(row.units) + if load { 128 } else { 0 };
		assert_eq!(got, Ok(ends(expected)), "{}", row.mnemonic);
	}
}

#[test]
fn control_flow_charges_what_is_executed() {
	let [yes, no] = [1, 0].map(|value| op(MOV_I, [0; 3], value));
	let (condition, otherwise, end) = (plain(IF), plain(ELSE), plain(END));
	let work = op(CLZ, [2, 0, 0], 0);
	// mov 1 + if 1 + clz 4 + else 1, reached from above
	assert_eq!(
		run(&[yes, condition, work, otherwise, work, work, end]).0,
		ends(ITEM_COST + 7)
	);
	// mov 1 + if 1 + two clz 8: a skipped else is not executed
	assert_eq!(
		run(&[no, condition, work, otherwise, work, work, end]).0,
		ends(ITEM_COST + 10)
	);
	assert_eq!(run(&[no, condition, work, end]).0, ends(ITEM_COST + 2));
	// block, loop and end are free; what a branch skips is too
	assert_eq!(
		run(&[plain(BLOCK), plain(LOOP), end, plain(BR), work, end]).0,
		ends(ITEM_COST + 1)
	);
	assert_eq!(
		run(&[plain(BLOCK), yes, plain(BR_IF), work, end]).0,
		ends(ITEM_COST + 2)
	);
	assert_eq!(
		run(&[plain(BLOCK), yes, plain(BR_IFZ), work, end]).0,
		ends(ITEM_COST + 6)
	);
	assert_eq!(
		run(&[plain(BLOCK), no, plain(BR_IFZ), work, end]).0,
		ends(ITEM_COST + 2)
	);
	assert_eq!(run(&[plain(RETURN), work]).0, ends(ITEM_COST + 1));
	// Three rounds of add 1, ltu 1, br_if 1, inside two rounds that add mov 1, add 1, ltu 1, br_if 1:
	// 2 × (1 + 3 × 3 + 3) = 26
	let nested = [
		plain(LOOP),
		op(MOV_I, [1, 0, 0], 0),
		plain(LOOP),
		op(ADD_I, [1, 1, 0], 1),
		op(LTU_I, [2, 1, 0], 3),
		op(BR_IF, [0, 2, 0], 0),
		end,
		op(ADD_I, [3, 3, 0], 1),
		op(LTU_I, [2, 3, 0], 2),
		op(BR_IF, [0, 2, 0], 0),
		end,
	];
	assert_eq!(run(&nested).0, ends(ITEM_COST + 26));
}

/// A load costs 8, a fault 128.
#[test]
fn faults_count_changes_of_chunk_per_input_and_cursor() {
	let cost = |loads: u32, faults: u32| ends(ITEM_COST + 8 * loads + 128 * faults);
	assert_eq!(run(&[load(0, 0, 0, 0)]).0, cost(1, 1));
	assert_eq!(run(&[load(0, 0, 0, 0), load(0, 0, 0, 1023)]).0, cost(2, 1));
	assert_eq!(run(&[load(0, 0, 0, 1023), load(0, 0, 0, 1024)]).0, cost(2, 2));
	assert_eq!(
		run(&[load(0, 0, 0, 0), load(0, 0, 0, 1024), load(0, 0, 0, 0)]).0,
		cost(3, 3)
	);
	// Another cursor remembers for itself, and so does another input.
	let alternating = [
		load(0, 0, 0, 0),
		load(0, 1, 0, 1024),
		load(0, 0, 0, 1),
		load(0, 1, 0, 1025),
	];
	assert_eq!(run(&alternating).0, cost(4, 2));
	assert_eq!(run(&[load(0, 0, 0, 0), load(1, 0, 0, 0)]).0, cost(2, 2));
	// The zero form shares the cursor of the plain form.
	assert_eq!(run(&[load(0, 5, 0, 0), load(0, 5, 1, 1)]).0, cost(2, 1));
	// Out of range too the chunk is remembered: 1 GiB lies in chunk 2^20 whether or not it is there.
	assert_eq!(
		run(&[load(0, 0, 1, 1 << 30), load(0, 0, 1, (1 << 30) + 5)]).0,
		cost(2, 1)
	);
	assert_eq!(
		run(&[load(0, 0, 0, 0), load(0, 0, 1, 1 << 30), load(0, 0, 0, 0)]).0,
		cost(3, 3)
	);
	// A chunk is 1 KiB of bytes at every width: 256 elements of 4 bytes.
	let word = |index: u32| op(LD32, [1, 7, 0], index);
	assert_eq!(run(&[word(0), word(255)]).0, cost(2, 1));
	assert_eq!(run(&[word(255), word(256)]).0, cost(2, 2));
	// The last complete element of 5,000 bytes ends the range: byte 4,999 is there, a word at 1,250 is not.
	assert_eq!(run(&[load(0, 0, 0, 4999)]).0, cost(1, 1));
	assert_eq!(run(&[word(1249)]).0, cost(1, 1));
	assert_eq!(run(&[word(1250)]).0, traps(2000));
}

#[test]
fn a_load_out_of_range_traps_or_reads_zero() {
	let set = op(MOV_I, [1, 0, 0], 77);
	// mov 1 + ld 8 + fault 128 + sto 4
	assert_eq!(
		run(&[set, load(1, 0, 0, 9), store()]),
		(ends(ITEM_COST + 141), [2, 0, 0, 0])
	);
	assert_eq!(run(&[set, load(1, 0, 1, 10), store()]), (ends(ITEM_COST + 141), [0; 4]));
	assert_eq!(run(&[set, store(), load(1, 0, 0, 10), store()]), (traps(2000), [0; 4]));
	// The register and the offset are added modulo 2^32.
	let far = op(MOV_I, [2, 0, 0], u32::MAX);
	assert_eq!(
		run(&[far, op(LD8U, [1, 2, 1], 1), store()]),
		(ends(ITEM_COST + 141), [2, 0, 0, 0])
	);
}

#[test]
fn a_bound_trap_tells_nothing_but_the_bound() {
	// mov 1 + sto 4 + clz 4
	let code = [op(MOV_I, [1, 0, 0], 77), store(), op(CLZ, [2, 0, 0], 0)];
	assert_eq!(
		run_in(header(), ITEM_COST + 9, &code),
		(ends(ITEM_COST + 9), [77, 0, 0, 0])
	);
	for max_units in ITEM_COST..ITEM_COST + 9 {
		assert_eq!(run_in(header(), max_units, &code), (traps(max_units), [0; 4]));
	}
	// Three faults are allowed, a fourth is not; the units are the job's bound, not the header's.
	let loads: Vec<Instruction> = (0..4).map(|chunk| load(0, 0, 0, chunk * 1024)).collect();
	assert_eq!(run_in(header(), 1500, &loads[..3]).0, ends(ITEM_COST + 3 * 136));
	assert_eq!(run_in(header(), 1500, &loads), (traps(1500), [0; 4]));
	// The units of a fault count against the bound: 16 + 8 + 128 = 152
	assert_eq!(run_in(header(), 152, &loads[..1]).0, ends(152));
	assert_eq!(run_in(header(), 151, &loads[..1]).0, traps(151));
	// A loop without end: the bound ends it.
	assert_eq!(run(&[plain(LOOP), plain(BR), plain(END)]).0, traps(2000));
}

#[test]
fn an_explicit_trap_reports_the_units_so_far() {
	let set = op(MOV_I, [1, 0, 0], 77);
	// mov 1 + sto 4 + trap 1
	assert_eq!(run(&[set, store(), plain(TRAP), set]), (traps(ITEM_COST + 6), [0; 4]));
	// At the bound exactly it is still explicit; past it, and after any bound trap, it is not.
	assert_eq!(run_in(header(), ITEM_COST + 1, &[plain(TRAP)]).0, traps(ITEM_COST + 1));
	assert_eq!(run_in(header(), ITEM_COST, &[plain(TRAP)]).0, traps(ITEM_COST));
	assert_eq!(run(&[load(1, 0, 0, 10), plain(TRAP)]).0, traps(2000));
	assert_eq!(run(&[load(1, 0, 1, 10), plain(TRAP)]).0, traps(ITEM_COST + 8 + 128 + 1));
}

/// Holds nothing.
struct Nothing;

impl InputReader for Nothing {
	fn len(&self, _input: u8) -> u32 {
		5000
	}

	fn read(&self, input: u8, offset: u32, _buf: &mut [u8]) -> Result<(), MissingChunk> {
		Err(MissingChunk {
			input,
			chunk: offset / 1024,
		})
	}
}

#[test]
fn only_chunks_that_decide_the_result_are_asked_for() {
	let ask = |header: Header, max_units: u32, code: &[Instruction]| {
		let program = build(header, code);
		let task = Task {
			items: 1,
			max_units,
			params: &[0],
		};
		eval_item(&program, &task, &Nothing, 0, &mut Machine::new(&program), &mut [0; 4])
	};
	let missing = Err(EvalError::MissingChunk { input: 1, chunk: 2 });
	assert_eq!(ask(header(), 2000, &[load(1, 0, 0, 2048)]), missing);
	assert_eq!(ask(header(), 2000, &[load(1, 3, 1, 3071)]), missing);
	// Out of range, past the units, past the faults: the result is known without the chunk.
	assert_eq!(ask(header(), 2000, &[load(1, 0, 1, 5000)]), Ok(ends(152)));
	assert_eq!(ask(header(), 2000, &[load(1, 0, 0, 5000)]), Ok(traps(2000)));
	assert_eq!(ask(header(), 151, &[load(1, 0, 0, 2048)]), Ok(traps(151)));
	let outside: Vec<Instruction> = (0..3).map(|k| load(0, 0, 1, (k + 10) * 1024)).collect();
	let code = [outside.as_slice(), &[load(1, 0, 0, 2048)]].concat();
	assert_eq!(ask(header(), 2000, &code), Ok(traps(2000)));
}

#[test]
fn a_machine_keeps_nothing_from_item_to_item() {
	let header = Header {
		scratch_size: 4,
		..header()
	};
	// Adds 1 to w2, d0's low word and scratch, stores their sum, loads through a cursor.
	let code = [
		op(ADD_I, [2, 2, 0], 1),
		op(ADD_D_I, [0, 0, 0], 1),
		op(LDS32, [3, 7, 0], 0),
		op(ADD_I, [3, 3, 0], 1),
		op(STS32, [0, 7, 3], 0),
		op(LO, [4, 0, 0], 0),
		op(ADD, [1, 2, 3], 0),
		op(ADD, [1, 1, 4], 0),
		load(0, 0, 1, 0),
		op(ADD, [1, 1, 2], 0),
		op(ADD, [1, 1, 3], 0),
		op(ADD, [1, 1, 4], 0),
		store(),
	];
	let program = build(header, &code);
	let mut machine = Machine::new(&program);
	let task = Task {
		items: 2,
		max_units: 2000,
		params: &[0],
	};
	let inputs: [&[u8]; 2] = [&[10; 4], &[]];
	let mut results = Vec::new();
	for index in [0, 1, 0] {
		let mut out = [0xff; 4];
		let outcome = eval_item(&program, &task, &Slices(&inputs), index, &mut machine, &mut out).unwrap();
		// item cost 16 + 1, one fault of 128, seven at 1: adds; add.d 2; scratch 8 + 8; lo 1; load 8; sto 4
		assert_eq!(outcome, ends(17 + 128 + 7 + 2 + 16 + 1 + 8 + 4));
		results.push(out);
	}
	// 10 + 1 + 1 + 1
	assert_eq!(results, [[13, 0, 0, 0]; 3]);
}

#[test]
fn tasks_and_buffers_must_fit() {
	let program = build(header(), &[]);
	let task = Task {
		items: 2,
		max_units: 100,
		params: &[0],
	};
	assert_eq!(task.check(&program, 2), Ok(()));
	assert_eq!(Task { items: 0, ..task }.check(&program, 2), Err(TaskError::NoItems));
	for max_units in [0, 15, 2001, u32::MAX] {
		let expected = TaskError::MaxUnits {
			least: 16,
			most: 2000,
			max_units,
		};
		assert_eq!(Task { max_units, ..task }.check(&program, 2), Err(expected));
	}
	let params = TaskError::Params { declared: 1, actual: 2 };
	assert_eq!(
		Task {
			params: &[0, 0],
			..task
		}
		.check(&program, 2),
		Err(params)
	);
	assert_eq!(
		task.check(&program, 1),
		Err(TaskError::Inputs { declared: 2, actual: 1 })
	);
	let mut machine = Machine::new(&program);
	let inputs = Slices(&[]);
	assert_eq!(
		eval_item(&program, &task, &inputs, 0, &mut machine, &mut [0; 5]),
		Err(EvalError::Shape)
	);
	assert_eq!(
		eval_item(&program, &task, &inputs, 2, &mut machine, &mut [0; 4]),
		Err(EvalError::Range)
	);
	let other = build(
		Header {
			scratch_size: 8,
			..header()
		},
		&[],
	);
	assert_eq!(
		eval_item(&other, &task, &inputs, 0, &mut machine, &mut [0; 4]),
		Err(EvalError::Shape)
	);
	// An unchecked task: its bound is lowered to the header's.
	let endless = build(header(), &[plain(LOOP), plain(BR), plain(END)]);
	let task = Task {
		max_units: u32::MAX,
		..task
	};
	let got = eval_item(&endless, &task, &inputs, 0, &mut Machine::new(&endless), &mut [0; 4]);
	assert_eq!(got, Ok(traps(2000)));
}

#[test]
fn leaves_group_as_many_items_as_all_three_bounds_allow() {
	for (item_size, max_units, max_faults, expected) in [
		(4, 2000, 3, 128), // 512 / 3 = 170 faults; 1,024 / 4 = 256; 2^21 / 2,000 = 1,048
		(4, 2000, 0, 256), // without faults the bytes bind
		(1, 2000, 0, 1024),
		(1, 2049, 0, 512), // 1,024 × 2,049 > 2^21
		(1, 2048, 0, 1024),
		(1024, 2000, 1, 1),
		(4, 1 << 21, 1, 1),
		(4, (1 << 20) + 1, 1, 1),
		(4, 1 << 20, 1, 2),
		(4, 2000, 512, 1),
		(4, 2000, 257, 1),
		(4, 2000, 256, 2),
	] {
		let header = Header {
			item_size,
			max_units,
			max_faults,
			..header()
		};
		assert_eq!(
			header.items_per_leaf(),
			expected,
			"{item_size} {max_units} {max_faults}"
		);
		assert_eq!(build(header, &[]).items_per_leaf(), expected);
	}
	assert_eq!(
		[0, 1, 127, 128, 129, u32::MAX].map(|items| leaf_count(128, items)),
		[0, 1, 1, 1, 2, 1 << 25]
	);
	assert_eq!(leaf_items(128, 129, 0), Some(0..128));
	assert_eq!(leaf_items(128, 129, 1), Some(128..129));
	assert_eq!(leaf_items(128, 129, 2), None);
	assert_eq!(leaf_items(128, 0, 0), None);
	assert_eq!(leaf_items(128, u32::MAX, (1 << 25) - 1), Some(u32::MAX - 127..u32::MAX));
	assert_eq!(leaf_items(128, u32::MAX, u32::MAX), None);
}

#[test]
fn a_leaf_sums_its_items() {
	// Item i stores i; odd ones trap. index 1 + sto 4 + and 1 + if 1 [+ trap 1]
	let code = [
		op(INDEX, [1, 0, 0], 0),
		store(),
		op(AND_I, [2, 1, 0], 1),
		op(IF, [0, 2, 0], 0),
		plain(TRAP),
		plain(END),
	];
	let program = build(header(), &code);
	let task = Task {
		items: 131,
		max_units: 2000,
		params: &[0],
	};
	let mut machine = Machine::new(&program);
	let leaf = eval_leaf(&program, &task, &Slices(&[]), 1, &mut machine).unwrap();
	// Items 128, 129, 130: two of 16 + 7, one of 16 + 8 that leaves zeros.
	let bytes = [[128, 0, 0, 0], [0; 4], [130, 0, 0, 0]].concat();
	assert_eq!(
		leaf,
		Leaf {
			bytes,
			units: 70,
			traps: 1
		}
	);
	let first = eval_leaf(&program, &task, &Slices(&[]), 0, &mut machine).unwrap();
	assert_eq!(
		(first.bytes.len(), first.units, first.traps),
		(512, 64 * 23 + 64 * 24, 64)
	);
	assert_eq!(
		eval_leaf(&program, &task, &Slices(&[]), 2, &mut machine),
		Err(EvalError::Range)
	);
	let loading = build(header(), &[load(0, 0, 0, 0)]);
	let missing = eval_leaf(&loading, &task, &Nothing, 0, &mut Machine::new(&loading));
	assert_eq!(missing, Err(EvalError::MissingChunk { input: 0, chunk: 0 }));
}
