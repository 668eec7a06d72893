//! Dot products of bytes: alone, in runs that become vectors, and in runs that must not.

use crate::harness::{compare, program, run, word, Random};
use millrace_kernel::{eval::Task, program::Instruction};

const KINDS: [&str; 3] = ["dp4a.ss", "dp4a.us", "dp4a.uu"];

/// A byte as a factor of a kind: the first source, or the second.
fn factor(kind: &str, second: bool, byte: u8) -> i32 {
	let signed = kind == "dp4a.ss" || (second && kind == "dp4a.us");
	if signed {
		i32::from(byte.cast_signed())
	} else {
		i32::from(byte)
	}
}

fn dot(kind: &str, a: &[u8], b: &[u8]) -> i32 {
	a.iter().zip(b).fold(0i32, |sum, (a, b)| {
		sum.wrapping_add(factor(kind, false, *a).wrapping_mul(factor(kind, true, *b)))
	})
}

/// One sum over 16 bytes of two inputs, in four steps.
fn one_run(kind: &str, between: &str) -> String {
	format!(
		".item 16\n.inputs x y\n.max_units 1000\n.max_faults 2\n.w a0 a1 a2 a3 b0 b1 b2 b3 sum t zero\n  mov sum, 1000\n  \
		 ld128 a0, x[zero]\n  ld128 b0, y[zero]\n  {kind} sum, a0, b0, sum\n  {kind} sum, a1, b1, sum\n{between}\n  \
		 {kind} sum, a2, b2, sum\n  {kind} sum, a3, b3, sum\n  sto32 [zero], sum\n  sto32 [zero + 1], a2\n"
	)
}

#[test]
fn extremes_are_exact() {
	for (kind, a, b, expected) in [
		("dp4a.ss", 0x80, 0x80, 16 * 16_384),
		("dp4a.ss", 0x80, 0x7f, 16 * -16_256),
		("dp4a.ss", 0xff, 0xff, 16),
		("dp4a.us", 0xff, 0x80, 16 * -32_640),
		("dp4a.us", 0xff, 0x7f, 16 * 32_385),
		("dp4a.us", 0x80, 0xff, 16 * -128),
		("dp4a.uu", 0xff, 0xff, 16 * 65_025),
		("dp4a.uu", 0x80, 0xff, 16 * 32_640),
	] {
		let (x, y) = ([a; 16], [b; 16]);
		assert_eq!(dot(kind, &x, &y), expected);
		for between in ["", "  mov t, 3", "  add sum, sum, 0"] {
			let ran = run(&one_run(kind, between), 1, &[], &[&x, &y]);
			assert_eq!(ran.words()[0].cast_signed(), expected + 1000, "{kind} {a} {b}");
		}
	}
}

#[test]
fn a_register_that_was_written_counts() {
	let mut random = Random(11);
	let (x, y) = (random.bytes(16), random.bytes(16));
	for kind in KINDS {
		let all = dot(kind, &x, &y) + 1000;
		let without = |lane: usize| all - dot(kind, &x[4 * lane..][..4], &y[4 * lane..][..4]);
		for (between, expected) in [
			("  mov a2, 0", without(2)),
			("  mov b2, 0", without(2)),
			("  mov b3, 0", without(3)),
			("  sub a2, a2, a2", without(2)),
			("  block\n    mov a2, 0\n  end", without(2)),
			("  if zero\n    mov a2, 0\n  end", all),
			("  block\n    br 0\n  end\n", all),
			("  loop\n    mov a2, 0\n    br_if zero, 0\n  end", without(2)),
			("  mov a0, 0\n  mov a1, 5\n  mov b1, 6", all),
			("  mov t, a2\n  mov a2, t", all),
			("  ld128 t, x[zero]\n", all),
		] {
			// `t`, `zero` and two more are not part of the sums; the last line needs four registers from `t` on.
			let text = one_run(kind, between).replace("sum t zero", "sum zero t t1 t2 t3");
			let ran = run(&text, 1, &[], &[&x, &y]);
			assert_eq!(ran.words()[0].cast_signed(), expected, "{kind} {between}");
		}
	}
}

#[test]
fn a_tile_is_the_product_of_matrices() {
	// 8 rows of one matrix by 8 rows of another, each of 64 bytes; the rows of an input lie one after another. The sums
	// are w0..w64, a row is w64..w68, the other rows are w68..w100, w100 counts, w101 stays 0.
	let mut random = Random(12);
	let (x, y) = (random.bytes(512), random.bytes(512));
	for (number, kind) in KINDS.iter().enumerate() {
		for interleaved in [false, true] {
			let mut code = vec![word("loop", false, [0; 3], 0)];
			for column in 0..8u8 {
				code.push(word("ld128", false, [68 + 4 * column, 100, 1], 4 * u32::from(column)));
			}
			for row in 0..8u8 {
				code.push(word("ld128", false, [64, 100, 0], 4 * u32::from(row)));
				for step in 0..32u8 {
					let (column, lane) = if interleaved {
						(step % 8, step / 8)
					} else {
						(step / 4, step % 4)
					};
					let sum = 8 * row + column;
					code.push(word(kind, false, [sum, 64 + lane, 68 + 4 * column + lane], sum.into()));
				}
			}
			code.push(word("add", true, [100, 100, 0], 1));
			code.push(word("ltu", true, [102, 100, 0], 4));
			code.push(word("br_if", false, [0, 102, 0], 0));
			code.push(word("end", false, [0; 3], 0));
			// One item cannot hold all: item i gives four sums, chosen by its index.
			code.push(word("index", false, [103, 0, 0], 0));
			for quarter in 0..16u8 {
				code.push(word("eq", true, [104, 103, 0], quarter.into()));
				code.push(word("if", false, [0, 104, 0], 0));
				code.push(word("sto128", false, [0, 101, 4 * quarter], 0));
				code.push(word("end", false, [0; 3], 0));
			}
			let program = program(code, 8);
			let task = Task {
				items: 16,
				max_units: 10_000,
				params: &[0, 0],
			};
			let ran = compare(&format!("{number} {interleaved}"), &program, &task, &[&x, &y, &[]]);
			let expected: Vec<u32> = (0..64)
				.map(|at| dot(kind, &x[64 * (at / 8)..][..64], &y[64 * (at % 8)..][..64]).cast_unsigned())
				.collect();
			assert_eq!(ran.words(), expected, "{kind} {interleaved}");
		}
	}
}

#[test]
fn any_number_of_sums_is_added_up() {
	let mut random = Random(13);
	let (x, y) = (random.bytes(64), random.bytes(64));
	for sums in 1..10u8 {
		// Sum s takes one to three pairs of vectors, and a word of a fourth.
		let mut code = Vec::new();
		for vector in 0..4u8 {
			code.push(word("ld128", false, [32 + 4 * vector, 255, 0], vector.into()));
			code.push(word("ld128", false, [64 + 4 * vector, 255, 1], vector.into()));
		}
		let mut expected = vec![0u32; 16];
		for sum in 0..sums {
			let kind = KINDS[usize::from(sum) % 3];
			let vectors = 1 + sum % 3;
			for lane in 0..4 * vectors + 1 {
				code.push(word(kind, false, [sum, 32 + lane, 64 + lane], sum.into()));
			}
			let bytes = usize::from(4 * vectors + 1) * 4;
			expected[usize::from(sum)] = dot(kind, &x[..bytes], &y[..bytes]).cast_unsigned();
		}
		code.push(word("index", false, [103, 0, 0], 0));
		for quarter in 0..4u8 {
			code.push(word("eq", true, [104, 103, 0], quarter.into()));
			code.push(word("if", false, [0, 104, 0], 0));
			code.push(word("sto128", false, [0, 255, 4 * quarter], 0));
			code.push(word("end", false, [0; 3], 0));
		}
		let program = program(code, 2);
		let task = Task {
			items: 4,
			max_units: 5000,
			params: &[0, 0],
		};
		let ran = compare("sums", &program, &task, &[&x, &y, &[]]);
		assert_eq!(ran.words(), expected, "{sums} sums");
	}
}

/// Registers of the random programs: w0..w24.
const POOL: u32 = 24;

/// A random mix of loads, whole runs, single dot products and writes, on few registers, so that they get in each
/// other's way.
fn random_code(random: &mut Random) -> Vec<Instruction> {
	let mut code = vec![word("index", false, [250, 0, 0], 0)];
	let mut open = 0;
	let any = |random: &mut Random| random.below(POOL) as u8;
	let quad = |random: &mut Random| random.below(POOL - 3) as u8;
	let mut bases = [0u8, 4];
	while code.len() < 150 {
		let kind = KINDS[random.below(3) as usize];
		match random.below(16) {
			0..=3 => {
				let first = quad(random);
				// The second input ends before some elements.
				let input = random.below(2) as u8;
				let z = if input == 1 || random.below(2) == 0 { 128 } else { 0 };
				let offset = random.below(40);
				code.push(word("ld128", false, [first, 250, input + z], offset));
				bases = [bases[1], first];
			}
			4..=9 => {
				// A run, now and then of several sums, out of order, onto its own sources or from elsewhere.
				let sums = 1 + random.below(5) as u8;
				let [a, b] = if random.below(5) == 0 { [bases[1]; 2] } else { bases };
				let start = any(random);
				let turn = random.below(4) as u8;
				let first = random.below(4) == 0;
				for lane in 0..4u8 {
					let lane = (lane + turn) % 4;
					for sum in 0..sums {
						let dst = ((u32::from(start) + u32::from(sum)) % POOL) as u8;
						let third = if first && lane == turn { any(random) } else { dst };
						code.push(word(kind, false, [dst, a + lane, b + lane], third.into()));
					}
				}
			}
			10..=11 => {
				let (dst, a, b, third) = (any(random), any(random), any(random), any(random));
				code.push(word(kind, false, [dst, a, b], third.into()));
			}
			12 => code.push(word("mov", true, [any(random), 0, 0], random.next() as u32)),
			13 => code.push(word("add", false, [any(random), any(random), any(random)], 0)),
			14 if open < 4 => {
				open += 1;
				match random.below(3) {
					0 => code.push(word("block", false, [0; 3], 0)),
					1 => code.push(word("if", false, [0, any(random), 0], 0)),
					_ => {
						code.push(word("block", false, [0; 3], 0));
						code.push(word("br_if", false, [0, any(random), 0], 0));
					}
				}
			}
			_ if open > 0 => {
				open -= 1;
				code.push(word("end", false, [0; 3], 0));
			}
			_ => {}
		}
	}
	code.extend((0..open).map(|_| word("end", false, [0; 3], 0)));
	for register in 0..POOL as u8 {
		code.push(word("mad", true, [251, 251, register], 0x0100_0193));
	}
	code.push(word("sto128", false, [0, 255, 0], 0));
	code.push(word("sto32", false, [0, 255, 251], 3));
	code
}

#[test]
fn random_runs_agree() {
	let seed = 20_261_123;
	for number in 0..400 {
		let mut random = Random(seed + number);
		let code = random_code(&mut random);
		let (x, y) = (random.bytes(1024), random.bytes(700));
		let program = program(code, 200);
		let task = Task {
			items: 24,
			max_units: 1 << 14,
			params: &[0, 0],
		};
		let ran = compare(&format!("seed {seed} + {number}"), &program, &task, &[&x, &y, &[]]);
		assert_eq!((ran.leaves.len(), ran.traps()), (12, 0));
	}
}
