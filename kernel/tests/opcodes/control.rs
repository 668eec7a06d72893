//! Control flow, against the same flow in Rust.

use millrace_kernel::program::Instruction;

use crate::{
	probe::{code, probe, run, run_at, word},
	Seen,
};

fn plain(name: &str) -> Instruction {
	word(name, false, [0; 3], 0)
}

fn on(name: &str, register: u8, depth: u32) -> Instruction {
	word(name, false, [0, register, 0], depth)
}

fn set(register: u8, value: u32) -> Instruction {
	word("mov", true, [register, 0, 0], value)
}

fn add(register: u8, value: u32) -> Instruction {
	word("add", true, [register, register, 0], value)
}

pub(crate) fn all(seen: &mut Seen) {
	arms();
	loops();
	nests();
	ends();
	let names = [
		"block", "loop", "if", "else", "end", "br", "br_if", "br_ifz", "return", "trap",
	];
	seen.extend(names.map(|name| code(name, false)));
}

fn arms() {
	let both = probe(&[
		on("if", 0, 0),
		add(8, 1),
		plain("else"),
		add(8, 2),
		plain("end"),
		add(8, 4),
	]);
	let one = probe(&[on("if", 0, 0), add(8, 1), plain("end"), add(8, 4)]);
	let empty = probe(&[on("if", 0, 0), plain("else"), plain("end"), add(8, 4)]);
	let inner = probe(&[
		on("if", 0, 0),
		on("if", 1, 0),
		add(8, 1),
		plain("else"),
		add(8, 2),
		plain("end"),
		plain("else"),
		on("if", 1, 0),
		add(8, 8),
		plain("end"),
		plain("end"),
	]);
	for a in [0u32, 1, 2, 0x8000_0000, u32::MAX] {
		let taken = a != 0;
		assert_eq!(run(&both, [a.into(), 0, 0, 0]).word(), if taken { 5 } else { 6 });
		assert_eq!(run(&one, [a.into(), 0, 0, 0]).word(), if taken { 5 } else { 4 });
		assert_eq!(run(&empty, [a.into(), 0, 0, 0]).word(), 4);
		for b in [0u32, 1] {
			let expected = match (taken, b) {
				(true, 1) => 1,
				(true, _) => 2,
				(false, 1) => 8,
				(false, _) => 0,
			};
			assert_eq!(run(&inner, [a.into(), b.into(), 0, 0]).word(), expected);
		}
	}
}

fn loops() {
	// do { sum += n; n -= 1 } while n != 0
	let down = probe(&[
		plain("loop"),
		word("add", false, [8, 8, 0], 0),
		add(0, u32::MAX),
		on("br_if", 0, 0),
		plain("end"),
	]);
	// while n != 0, left through the block around it, and by an unconditional branch back
	let wide = probe(&[
		plain("block"),
		plain("loop"),
		on("br_ifz", 0, 1),
		word("add", false, [8, 8, 0], 0),
		add(0, u32::MAX),
		plain_br(0),
		plain("end"),
		add(8, 1000),
		plain("end"),
	]);
	for n in 0u32..50 {
		assert_eq!(run(&wide, [n.into(), 0, 0, 0]).word(), (0..=n).sum::<u32>());
		if n > 0 {
			assert_eq!(run(&down, [n.into(), 0, 0, 0]).word(), (0..=n).sum::<u32>());
		}
	}
}

fn plain_br(depth: u32) -> Instruction {
	word("br", false, [0; 3], depth)
}

/// A branch of every depth out of nested blocks, over code that must not run.
fn nests() {
	for depth in 0..8u32 {
		let mut body = vec![plain("block"); 8];
		body.push(plain_br(depth));
		body.push(set(8, 1 << 20));
		for level in 0..8 {
			body.push(plain("end"));
			body.push(add(8, 1 << level));
		}
		// The branch skips what stands behind the ends of the blocks inside the one it leaves.
		let expected: u32 = (depth..8).map(|level| 1u32 << level).sum();
		assert_eq!(run(&probe(&body), [0; 4]).word(), expected);
	}
	// A branch inside an arm leaves the arm, whichever it is; a branch to an outer loop repeats it.
	let arm = probe(&[
		on("if", 0, 0),
		on("br_if", 1, 0),
		add(8, 1),
		plain("else"),
		on("br_ifz", 1, 0),
		add(8, 2),
		plain("end"),
		add(8, 4),
	]);
	for (a, b, expected) in [(1, 0, 5), (1, 1, 4), (0, 0, 4), (0, 1, 6)] {
		assert_eq!(run(&arm, [a, b, 0, 0]).word(), expected);
	}
	let mut table = 0;
	for x in 0..5u32 {
		for y in 0..4u32 {
			table += x * y + 1;
		}
	}
	let nested = probe(&[
		plain("loop"),
		set(5, 0),
		plain("loop"),
		word("mad", false, [8, 4, 5], 8),
		add(8, 1),
		add(5, 1),
		word("ltu", true, [6, 5, 0], 4),
		on("br_if", 6, 0),
		add(4, 1),
		word("ltu", true, [6, 4, 0], 5),
		on("br_if", 6, 1),
		plain("end"),
		plain("end"),
	]);
	assert_eq!(run(&nested, [0; 4]).word(), table);
}

fn ends() {
	// The probe's stores come after the body, so a return leaves the output as it is: zero, or what was stored.
	let returned = probe(&[
		set(8, 7),
		word("sto32", false, [0, 31, 8], 0),
		plain("return"),
		set(8, 9),
	]);
	let item = run(&returned, [0; 4]);
	assert_eq!((item.word(), item.long()), (0, 7));
	let trapped = probe(&[set(8, 7), word("sto32", false, [0, 31, 8], 0), plain("trap")]);
	let item = run_at(&trapped, [0; 4], &[&[], &[]], 1, 0);
	assert!(item.outcome.trapped);
	assert_eq!(item.bytes, [0; 16]);
}
