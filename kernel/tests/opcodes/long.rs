//! The 64-bit file.

use crate::{
	probe::{code, probe, run, word, Named, Random, EDGES_D, EDGES_W},
	Seen,
};

type Two = fn(u64, u64) -> u64;

/// A divisor of 0, and of −1 under the least number, acts as 1.
fn signed_divisor(a: u64, b: u64) -> i128 {
	match (a as i64, b as i64) {
		(_, 0) | (i64::MIN, -1) => 1,
		(_, divisor) => i128::from(divisor),
	}
}

fn unsigned_divisor(b: u64) -> u128 {
	if b == 0 {
		1
	} else {
		u128::from(b)
	}
}

fn signed(a: u64) -> i128 {
	i128::from(a as i64)
}

/// Pairs whose result is a `d` register. Shift counts come from the low bits of a `d` register.
const BINARY: &[(&str, Two)] = &[
	("add.d", |a, b| (u128::from(a) + u128::from(b)) as u64),
	("sub.d", |a, b| (i128::from(a) - i128::from(b)) as u64),
	("and.d", |a, b| bits(a, b, |x, y| x && y)),
	("or.d", |a, b| bits(a, b, |x, y| x || y)),
	("xor.d", |a, b| bits(a, b, |x, y| x != y)),
	("shl.d", |a, b| (u128::from(a) << (b % 64)) as u64),
	("shru.d", |a, b| (u128::from(a) / 2u128.pow((b % 64) as u32)) as u64),
	("shrs.d", |a, b| signed(a).div_euclid(2i128.pow((b % 64) as u32)) as u64),
	("rotl.d", |a, b| {
		let wide = u128::from(a) << (b % 64);
		(wide as u64) | ((wide >> 64) as u64)
	}),
	("minu.d", |a, b| if a < b { a } else { b }),
	("mins.d", |a, b| if signed(a) < signed(b) { a } else { b }),
	("maxu.d", |a, b| if a < b { b } else { a }),
	("maxs.d", |a, b| if signed(a) < signed(b) { b } else { a }),
	("mul.d", |a, b| u128::from(a).wrapping_mul(u128::from(b)) as u64),
	("divu.d", |a, b| (u128::from(a) / unsigned_divisor(b)) as u64),
	("divs.d", |a, b| (signed(a) / signed_divisor(a, b)) as u64),
	("remu.d", |a, b| (u128::from(a) % unsigned_divisor(b)) as u64),
	("rems.d", |a, b| (signed(a) % signed_divisor(a, b)) as u64),
];

type Compare = fn(u64, u64) -> bool;
type Unary = fn(u64) -> u64;

/// Pairs whose result is a `w` register.
const COMPARE: &[Named<Compare>] = &[
	("eq.d", |a, b| a == b),
	("ne.d", |a, b| a != b),
	("ltu.d", |a, b| a < b),
	("lts.d", |a, b| signed(a) < signed(b)),
	("leu.d", |a, b| a <= b),
	("les.d", |a, b| signed(a) <= signed(b)),
];

/// Without an immediate form.
const HIGH: &[(&str, Two)] = &[
	("mulhiu.d", |a, b| ((u128::from(a) * u128::from(b)) >> 64) as u64),
	("mulhis.d", |a, b| ((signed(a) * signed(b)) >> 64) as u64),
];

const UNARY: &[Named<Unary>] = &[
	("mov.d", |a| a),
	("clz.d", |a| {
		bit_list(a).iter().rev().take_while(|bit| !**bit).count() as u64
	}),
	("ctz.d", |a| bit_list(a).iter().take_while(|bit| !**bit).count() as u64),
	("popcnt.d", |a| bit_list(a).iter().filter(|bit| **bit).count() as u64),
	("brev.d", |a| {
		bit_list(a).iter().fold(0, |sum, bit| sum * 2 + u64::from(*bit))
	}),
];

fn bits(a: u64, b: u64, f: fn(bool, bool) -> bool) -> u64 {
	(0..64)
		.filter(|i| f(a >> i & 1 == 1, b >> i & 1 == 1))
		.map(|i| 1 << i)
		.sum()
}

fn bit_list(a: u64) -> Vec<bool> {
	(0..64u32).map(|i| (a >> i) & 1 == 1).collect()
}

fn operands() -> Vec<(u64, u64)> {
	let mut random = Random::new(5);
	let edges = EDGES_D.iter().flat_map(|a| EDGES_D.iter().map(move |b| (*a, *b)));
	let mut all: Vec<(u64, u64)> = edges.collect();
	all.extend((0..400).map(|_| (random.long(), random.long())));
	all
}

/// An immediate of the word and the operand it stands for.
fn immediates() -> Vec<(u32, u64)> {
	let mut random = Random::new(6);
	let words = EDGES_W.into_iter().chain((0..6).map(|_| random.word()));
	words
		.map(|imm| {
			(
				imm,
				if imm < 1 << 31 {
					u64::from(imm)
				} else {
					0xffff_ffff_0000_0000 + u64::from(imm)
				},
			)
		})
		.collect()
}

pub(crate) fn all(seen: &mut Seen) {
	unary(seen);
	binary(seen);
	compare(seen);
	ternary(seen);
}

fn unary(seen: &mut Seen) {
	for (name, expected) in UNARY {
		let program = probe(&[word(name, false, [8, 0, 0], 0)]);
		for (a, _) in operands() {
			assert_eq!(run(&program, [a, 0, 0, 0]).long(), expected(a), "{name} {a:#x}");
		}
		seen.insert(code(name, false));
	}
	for (imm, value) in immediates() {
		let program = probe(&[word("mov.d", true, [8, 0, 0], imm)]);
		assert_eq!(run(&program, [0; 4]).long(), value);
	}
	seen.insert(code("mov.d", true));
}

fn binary(seen: &mut Seen) {
	for (name, expected) in BINARY.iter().chain(HIGH) {
		let program = probe(&[word(name, false, [8, 0, 1], 0)]);
		for (a, b) in operands() {
			assert_eq!(
				run(&program, [a, b, 0, 0]).long(),
				expected(a, b),
				"{name} {a:#x}, {b:#x}"
			);
		}
		seen.insert(code(name, false));
	}
	for (name, expected) in BINARY {
		for (imm, value) in immediates() {
			let program = probe(&[word(name, true, [8, 0, 0], imm)]);
			for a in EDGES_D {
				assert_eq!(
					run(&program, [a, 0, 0, 0]).long(),
					expected(a, value),
					"{name} {a:#x}, #{imm:#x}"
				);
			}
		}
		seen.insert(code(name, true));
	}
}

fn compare(seen: &mut Seen) {
	for (name, expected) in COMPARE {
		let program = probe(&[word(name, false, [8, 0, 1], 0)]);
		for (a, b) in operands() {
			assert_eq!(
				run(&program, [a, b, 0, 0]).word(),
				u32::from(expected(a, b)),
				"{name} {a:#x}, {b:#x}"
			);
		}
		for (imm, value) in immediates() {
			let program = probe(&[word(name, true, [8, 0, 0], imm)]);
			for a in EDGES_D.into_iter().chain([value]) {
				assert_eq!(
					run(&program, [a, 0, 0, 0]).word(),
					u32::from(expected(a, value)),
					"{name} {a:#x}, #{imm:#x}"
				);
			}
		}
		seen.extend([code(name, false), code(name, true)]);
	}
}

fn ternary(seen: &mut Seen) {
	let mut random = Random::new(7);
	let mad = |a: u64, b: u64, c: u64| u128::from(a).wrapping_mul(u128::from(b)).wrapping_add(u128::from(c)) as u64;
	let register = probe(&[word("mad.d", false, [8, 0, 1], 2)]);
	// The condition is the w register that holds the low half of the third operand.
	let select = probe(&[word("sel.d", false, [8, 0, 1], 2)]);
	for (a, b) in operands() {
		for c in [0, 1, 1 << 32, u64::MAX, random.long()] {
			assert_eq!(
				run(&register, [a, b, c, 0]).long(),
				mad(a, b, c),
				"mad.d {a:#x}, {b:#x}, {c:#x}"
			);
			let expected = if c as u32 == 0 { b } else { a };
			assert_eq!(
				run(&select, [a, b, c, 0]).long(),
				expected,
				"sel.d {a:#x}, {b:#x}, {c:#x}"
			);
		}
	}
	for (imm, value) in immediates() {
		let program = probe(&[word("mad.d", true, [8, 0, 2], imm)]);
		for a in EDGES_D {
			let c = random.long();
			assert_eq!(
				run(&program, [a, 0, c, 0]).long(),
				mad(a, value, c),
				"mad.d {a:#x}, #{imm:#x}, {c:#x}"
			);
		}
	}
	seen.extend([code("mad.d", false), code("mad.d", true), code("sel.d", false)]);
}
