//! The 32-bit file.

use crate::{
	probe::{code, probe, run, word, Named, Random, EDGES_W},
	Seen,
};

type Two = fn(u32, u32) -> u32;
type Three = fn(u32, u32, u32) -> u32;

/// A divisor of 0, and of −1 under the least number, acts as 1.
fn signed_divisor(a: u32, b: u32) -> i64 {
	match (a as i32, b as i32) {
		(_, 0) | (i32::MIN, -1) => 1,
		(_, divisor) => i64::from(divisor),
	}
}

fn unsigned_divisor(b: u32) -> u64 {
	if b == 0 {
		1
	} else {
		u64::from(b)
	}
}

const BINARY: &[(&str, Two)] = &[
	("add", |a, b| (u64::from(a) + u64::from(b)) as u32),
	("sub", |a, b| (i64::from(a) - i64::from(b)) as u32),
	("mul", |a, b| (u64::from(a) * u64::from(b)) as u32),
	("and", |a, b| bits(a, b, |x, y| x && y)),
	("or", |a, b| bits(a, b, |x, y| x || y)),
	("xor", |a, b| bits(a, b, |x, y| x != y)),
	("shl", |a, b| (u64::from(a) * 2u64.pow(b % 32)) as u32),
	("shru", |a, b| (u64::from(a) / 2u64.pow(b % 32)) as u32),
	("shrs", |a, b| i64::from(a as i32).div_euclid(2i64.pow(b % 32)) as u32),
	("rotl", |a, b| {
		let wide = u64::from(a) << (b % 32);
		(wide as u32) | ((wide >> 32) as u32)
	}),
	("minu", |a, b| if a < b { a } else { b }),
	("mins", |a, b| if (a as i32) < (b as i32) { a } else { b }),
	("maxu", |a, b| if a < b { b } else { a }),
	("maxs", |a, b| if (a as i32) < (b as i32) { b } else { a }),
	("eq", |a, b| if a == b { 1 } else { 0 }),
	("ne", |a, b| if a == b { 0 } else { 1 }),
	("ltu", |a, b| if a < b { 1 } else { 0 }),
	("lts", |a, b| if (a as i32) < (b as i32) { 1 } else { 0 }),
	("leu", |a, b| if a > b { 0 } else { 1 }),
	("les", |a, b| if (a as i32) > (b as i32) { 0 } else { 1 }),
	("divu", |a, b| (u64::from(a) / unsigned_divisor(b)) as u32),
	("divs", |a, b| (i64::from(a as i32) / signed_divisor(a, b)) as u32),
	("remu", |a, b| (u64::from(a) % unsigned_divisor(b)) as u32),
	("rems", |a, b| (i64::from(a as i32) % signed_divisor(a, b)) as u32),
];

/// Written a, b, third source; of these `mad` and `fshr` have an immediate form, in which b is the immediate.
const TERNARY: &[(&str, bool, Three)] = &[
	("mad", true, |a, b, c| {
		(u128::from(a) * u128::from(b) + u128::from(c)) as u32
	}),
	("fshr", true, |low, n, high| {
		((u64::from(high) * (1 << 32) + u64::from(low)) >> (n % 32)) as u32
	}),
	("sel", false, |a, b, c| if c == 0 { b } else { a }),
	("dp4a.ss", false, |a, b, c| dot(a, b, c, i64::from, i64::from)),
	("dp4a.us", false, |a, b, c| {
		dot(a, b, c, |x| i64::from(x as u8), i64::from)
	}),
	("dp4a.uu", false, |a, b, c| {
		dot(a, b, c, |x| i64::from(x as u8), |x| i64::from(x as u8))
	}),
];

fn bits(a: u32, b: u32, f: fn(bool, bool) -> bool) -> u32 {
	(0..32)
		.filter(|i| f(a >> i & 1 == 1, b >> i & 1 == 1))
		.map(|i| 1 << i)
		.sum()
}

fn dot(a: u32, b: u32, c: u32, from_a: fn(i8) -> i64, from_b: fn(i8) -> i64) -> u32 {
	let sum: i64 = (0..4)
		.map(|i| from_a((a >> (8 * i)) as i8) * from_b((b >> (8 * i)) as i8))
		.sum();
	(sum + i64::from(c)) as u32
}

fn bit_list(a: u32) -> Vec<bool> {
	(0..32u32).map(|i| (a >> i) & 1 == 1).collect()
}

type Unary = fn(u32) -> u32;

const UNARY: &[Named<Unary>] = &[
	("mov", |a| a),
	("clz", |a| {
		bit_list(a).iter().rev().take_while(|bit| !**bit).count() as u32
	}),
	("ctz", |a| bit_list(a).iter().take_while(|bit| !**bit).count() as u32),
	("popcnt", |a| bit_list(a).iter().filter(|bit| **bit).count() as u32),
	("brev", |a| {
		bit_list(a).iter().fold(0, |sum, bit| sum * 2 + u32::from(*bit))
	}),
];

/// Edge operands among themselves, then random ones.
fn operands() -> Vec<(u32, u32)> {
	let mut random = Random::new(1);
	let edges = EDGES_W.iter().flat_map(|a| EDGES_W.iter().map(move |b| (*a, *b)));
	let mut all: Vec<(u32, u32)> = edges.collect();
	all.extend((0..400).map(|_| (random.word(), random.word())));
	all
}

fn immediates() -> Vec<u32> {
	let mut random = Random::new(2);
	EDGES_W.into_iter().chain((0..6).map(|_| random.word())).collect()
}

pub(crate) fn all(seen: &mut Seen) {
	unary(seen);
	binary(seen);
	ternary(seen);
	fields(seen);
}

fn unary(seen: &mut Seen) {
	for (name, expected) in UNARY {
		let program = probe(&[word(name, false, [8, 0, 0], 0)]);
		for (a, _) in operands() {
			assert_eq!(run(&program, [a.into(), 0, 0, 0]).word(), expected(a), "{name} {a:#x}");
		}
		seen.insert(code(name, false));
	}
	for imm in immediates() {
		let program = probe(&[word("mov", true, [8, 0, 0], imm)]);
		assert_eq!(run(&program, [0; 4]).word(), imm);
	}
	seen.insert(code("mov", true));
}

fn binary(seen: &mut Seen) {
	for (name, expected) in BINARY {
		let program = probe(&[word(name, false, [8, 0, 1], 0)]);
		for (a, b) in operands() {
			let got = run(&program, [a.into(), b.into(), 0, 0]).word();
			assert_eq!(got, expected(a, b), "{name} {a:#x}, {b:#x}");
		}
		for imm in immediates() {
			let program = probe(&[word(name, true, [8, 0, 0], imm)]);
			for a in EDGES_W {
				assert_eq!(
					run(&program, [a.into(), 0, 0, 0]).word(),
					expected(a, imm),
					"{name} {a:#x}, #{imm:#x}"
				);
			}
		}
		seen.extend([code(name, false), code(name, true)]);
	}
}

fn ternary(seen: &mut Seen) {
	let mut random = Random::new(3);
	for (name, immediate, expected) in TERNARY {
		let program = probe(&[word(name, false, [8, 0, 1], 2)]);
		for (a, b) in operands() {
			for c in [0, 1, 0x8000_0000, random.word()] {
				let got = run(&program, [a.into(), b.into(), c.into(), 0]).word();
				assert_eq!(got, expected(a, b, c), "{name} {a:#x}, {b:#x}, {c:#x}");
			}
		}
		seen.insert(code(name, false));
		if !immediate {
			continue;
		}
		for imm in immediates() {
			let program = probe(&[word(name, true, [8, 0, 2], imm)]);
			for a in EDGES_W {
				let c = random.word();
				let got = run(&program, [a.into(), 0, c.into(), 0]).word();
				assert_eq!(got, expected(a, imm, c), "{name} {a:#x}, #{imm:#x}, {c:#x}");
			}
		}
		seen.insert(code(name, true));
	}
}

/// Instructions with a field of their own in the immediate.
fn fields(seen: &mut Seen) {
	let mut random = Random::new(4);
	for selector in [0x3210, 0x7654, 0x0000, 0x0123, 0x7070, 0x2143, 0x6543] {
		let program = probe(&[word("prmt", false, [8, 0, 1], selector)]);
		for _ in 0..40 {
			let (a, b) = (random.word(), random.word());
			let source = [a.to_le_bytes(), b.to_le_bytes()].concat();
			let picked: Vec<u8> = (0..4u32)
				.map(|i| source[((selector >> (4 * i)) & 7) as usize])
				.collect();
			let expected = u32::from_le_bytes(picked.try_into().unwrap());
			assert_eq!(
				run(&program, [a.into(), b.into(), 0, 0]).word(),
				expected,
				"prmt {selector:#x}"
			);
		}
	}
	for (position, length) in (0..32u32).flat_map(|p| (1..=32 - p).map(move |l| (p, l))) {
		let imm = position + 256 * length;
		let unsigned = probe(&[word("bfeu", false, [8, 0, 0], imm)]);
		let signed = probe(&[word("bfes", false, [8, 0, 0], imm)]);
		for a in [0, u32::MAX, 0x8000_0001, random.word(), random.next() as u32] {
			let field = i64::from(a) / 2i64.pow(position) % 2i64.pow(length);
			let negative = field >= 2i64.pow(length - 1);
			let extended = if negative { field - 2i64.pow(length) } else { field };
			assert_eq!(
				run(&unsigned, [a.into(), 0, 0, 0]).word(),
				field as u32,
				"bfeu {position} {length}"
			);
			assert_eq!(
				run(&signed, [a.into(), 0, 0, 0]).word(),
				extended as u32,
				"bfes {position} {length}"
			);
		}
	}
	for shift in 0..64 {
		let unsigned = probe(&[word("mulshru", false, [8, 0, 1], shift)]);
		let signed = probe(&[word("mulshrs", false, [8, 0, 1], shift)]);
		for (a, b) in operands().into_iter().step_by(7) {
			let product = u128::from(a) * u128::from(b) / 2u128.pow(shift);
			let floor = (i128::from(a as i32) * i128::from(b as i32)).div_euclid(2i128.pow(shift));
			assert_eq!(
				run(&unsigned, [a.into(), b.into(), 0, 0]).word(),
				product as u32,
				"mulshru {shift}"
			);
			assert_eq!(
				run(&signed, [a.into(), b.into(), 0, 0]).word(),
				floor as u32,
				"mulshrs {shift}"
			);
		}
	}
	for name in ["prmt", "bfeu", "bfes", "mulshru", "mulshrs"] {
		seen.insert(code(name, false));
	}
}
