//! Loads, cursors, constants, scratch, output.

use crate::harness::{compare, program, run, word, Random};
use millrace_kernel::{eval::Task, program::Instruction};

const LOADS: [(&str, u32); 7] = [
	("ld8u", 1),
	("ld8s", 1),
	("ld16u", 2),
	("ld16s", 2),
	("ld32", 4),
	("ld64", 8),
	("ld128", 16),
];

/// What an item of the programs here ends with: d4 and w4..w8, where a load put something, mixed into 16 bytes.
fn epilogue(code: &mut Vec<Instruction>, wide: bool) {
	if wide {
		code.push(word("sto128", false, [0, 255, 4], 0));
	} else {
		code.push(word("sto64", false, [0, 255, 4], 0));
		code.push(word("sto32", false, [0, 255, 4], 2));
	}
}

#[test]
fn loads_agree_around_the_ends_of_inputs() {
	let data = Random(1).bytes(3000);
	for (name, width) in LOADS {
		for (z, cursor) in [(0u8, 0u8), (128, 15)] {
			for offset in [0u32, 7, u32::MAX, 1 << 31] {
				// Item i reads element i + base of input 2.
				for base in [
					0u32,
					u32::MAX,
					u32::MAX - 3000,
					0x0fff_ffff,
					0x1fff_ffff,
					0x3fff_ffff,
					0x7fff_ffff,
				] {
					let mut code = vec![
						word("index", false, [0, 0, 0], 0),
						word("add", true, [0, 0, 0], base.wrapping_sub(offset)),
						word(name, false, [4, 0, 2 + 8 * cursor + z], offset),
					];
					epilogue(&mut code, width == 16);
					let program = program(code, 4);
					let task = Task {
						items: 3000 / width + 2,
						max_units: 1000,
						params: &[0, 0],
					};
					for len in [0usize, 1, 15, 16, 17, 1024, 1025, 2999, 3000] {
						if base != 0 && len != 3000 {
							continue;
						}
						let ran = compare(name, &program, &task, &[&[], &[], &data[..len]]);
						let elements = len as u32 / width;
						// Elements from 2^32 − 1 on lie outside, then 0 and the following inside.
						let inside = match base {
							0 => elements,
							u32::MAX => elements.min(task.items - 1),
							_ => 0,
						};
						let outside = task.items - inside;
						let traps = if z == 0 { outside } else { 0 };
						if base == 0 || base == u32::MAX || base < 1 << 31 {
							assert_eq!(ran.traps(), traps, "{name} {base} {len}");
						}
					}
				}
			}
		}
	}
}

#[test]
fn loads_give_the_bytes() {
	let data = [
		0x01u8, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88, 9, 10, 11, 12, 13, 14, 15, 0x90,
	];
	let text = "
.item 64
.inputs data
.max_units 1000
.max_faults 1
.w z a b c e f g h
.d d
  mov z, 1
  ld8s a, data[z]
  ld16s b, data[z]
  ld16u c, data[z + 2]
  ld32 e, data[z]
  ld64 d, data[z - 1]
  ld8u f, data[z + 14]
  sto32 [z - 1], a
  sto32 [z], b
  sto32 [z + 1], c
  sto32 [z + 2], e
  sto64 [z + 1], d
  sto32 [z + 5], f
  ld128 a, data[z - 1]
  sto128 [z + 1], a
";
	// The registers a, b, c, e are consecutive.
	let ran = run(text, 1, &[], &[&data]);
	let expected = [
		0xffff_ff82,
		0xffff_8403,
		0x8807,
		0x8807_8605,
		0x8403_8201,
		0x8807_8605,
		0x90,
		0,
		0x8403_8201,
		0x8807_8605,
		0x0c0b_0a09,
		0x900f_0e0d,
		0,
		0,
		0,
		0,
	];
	assert_eq!(ran.words(), expected);
}

#[test]
fn each_cursor_remembers_its_chunk() {
	// Two streams, eight chunks apart, through one cursor and through two.
	let text = |cursor: u32| {
		format!(
			".item 4\n.inputs data\n.max_units 20000\n.max_faults 64\n.w i a b t zero\n  index i\n  \
			            loop again\n    \
			 ld32 a, data[t]:3\n    ld32 b, data[t + 2048]:{cursor}\n    add t, t, 16\n    ltu a, t, 512\n    \
			 br_if a, again\n  end\n  sto32 [zero], b\n"
		)
	};
	let data = Random(2).bytes(16 << 10);
	// 16 + 1; 32 rounds of 8 + 8 + 1 + 1 + 1; 4.
	let rounds = 17 + 32 * 19 + 4;
	// 512 words are two chunks.
	assert_eq!(run(&text(4), 1, &[], &[&data]).units(), rounds + 4 * 128);
	assert_eq!(run(&text(3), 1, &[], &[&data]).units(), rounds + 64 * 128);
}

#[test]
fn faults_are_counted_out_of_range_too() {
	let text = ".item 4\n.inputs data\n.max_units 2000\n.max_faults 8\n.w i a zero\n  index i\n  \
	            ld32.z a, data[i + 5000]\n  \
	            ld32.z a, data[i + 5001]\n  ld32.z a, data[i + 9000]\n  sto32 [zero], a\n";
	// Items have 16 + 1 + 3 × 8 + 4 and two chunks, none of them there: 20,000 / 1,024 and 36,000 / 1,024. Words 5,119
	// and 5,120 lie in two chunks, and 9,000 + 119 in the one of 9,000.
	let ran = run(text, 120, &[], &[&[1, 2, 3, 4]]);
	assert_eq!(ran.units(), 120 * (45 + 256) + 128);
}

#[test]
fn constants_scratch_and_output_wrap() {
	let mut random = Random(3);
	for (name, width, store) in [
		("const8u", 1, ""),
		("const32", 4, ""),
		("const64", 8, ""),
		("lds8u", 1, "sts8"),
		("lds32", 4, "sts32"),
		("lds64", 8, "sts64"),
		("", 1, "sto8"),
		("", 2, "sto16"),
		("", 4, "sto32"),
		("", 8, "sto64"),
		("", 16, "sto128"),
	] {
		for _ in 0..6 {
			let (offset, factor) = (random.next() as u32, random.next() as u32 | 1);
			let mut code = vec![
				word("index", false, [0, 0, 0], 0),
				word("mul", true, [1, 0, 0], factor),
				word("mul", true, [4, 0, 0], 0x9e37_79b1),
				word("mul", true, [5, 0, 0], 0x85eb_ca77),
				word("mul", true, [6, 0, 0], 0xc2b2_ae3d),
				word("mul", true, [7, 0, 0], 0x27d4_eb2f),
				word("pack", false, [4, 4, 5], 0),
			];
			if store.starts_with("sto") {
				code.push(word(store, false, [0, 1, 4], offset));
			} else {
				if !store.is_empty() {
					code.push(word(store, false, [0, 1, 4], offset));
					// What is next to it must still be 0.
					code.push(word("lds32", false, [8, 1, 0], offset ^ 5));
				}
				code.push(word(name, false, [4, 1, 0], offset));
				code.push(word("add", false, [4, 4, 8], 0));
				epilogue(&mut code, false);
			}
			let program = program(code, 0);
			let task = Task {
				items: 200,
				max_units: 500,
				params: &[0, 0],
			};
			let ran = compare(&format!("{name}{store} {width}"), &program, &task, &[&[], &[], &[]]);
			assert_eq!(ran.traps(), 0);
			assert!(ran.output.iter().any(|byte| *byte != 0));
		}
	}
}

#[test]
fn scratch_is_zero_where_an_item_begins() {
	for size in (0..=12).map(|log2| 1u32 << log2) {
		// Every item adds up its scratch, then fills it.
		let text = format!(
			".item 4\n.scratch {size}\n.max_units 200000\n.w i t s x zero\n  index i\n  loop read\n    \
			            lds8u x, [t]\n    \
			 add s, s, x\n    add t, t, 1\n    ltu x, t, {size}\n    br_if x, read\n  end\n  sto32 [zero], s\n  \
			 mov t, 0\n  \
			 loop fill\n    add x, i, 255\n    sts8 [t], x\n    add t, t, 1\n    ltu x, t, {size}\n    \
			 br_if x, fill\n  end\n"
		);
		let ran = run(&text, 40, &[], &[]);
		assert_eq!((ran.traps(), ran.words()), (0, vec![0; 40]), "{size} bytes");
	}
}

#[test]
fn the_constants_are_the_programs() {
	let text = ".item 8\n.max_units 100\n.const u8 1, 2, 3, 4, 0xff\n.w i a b zero\n  index i\n  \
	            const8u a, [i]\n  const32 b, [i]\n  \
	            sto32 [zero], a\n  sto32 [zero + 1], b\n";
	let ran = run(text, 3, &[], &[]);
	// The area has eight bytes: items 0 and 2 read the same word.
	assert_eq!(ran.words(), [1, 0x0403_0201, 2, 0xff, 3, 0x0403_0201]);
}

#[test]
fn small_items_lie_next_to_each_other() {
	for (size, store) in [(1, "sto8"), (2, "sto16"), (4, "sto32")] {
		let text = format!(
			".item {size}\n.max_units 30\n.w i x zero\n  index i\n  mul x, i, 0x01030507\n  \
		            {store} [zero], x\n"
		);
		let ran = run(&text, 3000, &[], &[]);
		let expected: Vec<u8> = (0..3000u32)
			.flat_map(|i| i.wrapping_mul(0x0103_0507).to_le_bytes().into_iter().take(size))
			.collect();
		assert_eq!(ran.output, expected);
	}
}
