//! Dot products of bytes, several at a time.
//!
//! The dot products of a straight run are collected before any is emitted. Each adds to a sum; addition modulo 2^32 may
//! be done in any order, so those of one sum whose sources are word i of one loaded vector and word i of another, for
//! all four i, are computed as the product of the two vectors. What is left over is computed one by one.
//!
//! Bytes are widened to 16 bits, signed or not: each product is then exact in the 32-bit sums of `i32x4.dot_i16x8_s`.

use super::{operand::Push, quads::Halves, Emitter};
use millrace_kernel::{opcode, program::Instruction};
use std::collections::BTreeMap;
use wasm_encoder::{InstructionSink, ValType};

/// A set of registers.
#[derive(Clone, Copy, Default)]
struct Registers([u128; 2]);

impl Registers {
	fn insert(&mut self, register: u8) {
		self.0[usize::from(register >> 7)] |= 1 << (register & 127);
	}

	fn contains(&self, register: u8) -> bool {
		(self.0[usize::from(register >> 7)] >> (register & 127)) & 1 == 1
	}
}

/// Dot products of one kind that add to one sum and take their sources from the same two loads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
	dst: u8,
	op: u8,
	/// The load of the first sources.
	a: u8,
	/// The load of the second sources.
	b: u8,
}

/// Up to four dot products with one key, by the word that they take.
struct Term {
	key: Key,
	words: [Option<Instruction>; 4],
}

/// Dot products that may be emitted in any order: none reads what another writes, but for the sum that it adds to.
#[derive(Default)]
pub(super) struct Dots {
	/// Sums.
	written: Registers,
	/// Sources.
	read: Registers,
	terms: Vec<Term>,
	/// For each key the term that is not complete.
	open: BTreeMap<Key, usize>,
	/// Those that belong to no term.
	singles: Vec<Instruction>,
}

impl Dots {
	/// Whether `word` must wait until those collected so far are emitted. `third` is its third source.
	fn conflicts(&self, word: &Instruction, third: u8) -> bool {
		let moves = third != word.dst && (self.written.contains(word.dst) || self.written.contains(third));
		moves || self.written.contains(word.a) || self.written.contains(word.b) || self.read.contains(word.dst)
	}
}

/// Bytes 0 to 3 of the first words of two vectors, then of the second words.
const LOW_WORDS: [u8; 16] = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
/// The same for the third and fourth words.
const HIGH_WORDS: [u8; 16] = [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31];
/// The low halves of two vectors.
const LOW_HALVES: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
/// The high halves of two vectors.
const HIGH_HALVES: [u8; 16] = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];
/// The halves of a vector exchanged.
const OTHER_HALF: [u8; 16] = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
/// The first two words of a vector exchanged.
const OTHER_WORD: [u8; 16] = [4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15];

/// Whether the bytes of the first and of the second source are signed.
fn signs(op: u8) -> (bool, bool) {
	(op == opcode::DP4A_SS, op != opcode::DP4A_UU)
}

/// Widens the low half of the bytes on the stack.
fn widen_low(sink: &mut InstructionSink<'_>, signed: bool) {
	if signed {
		sink.i16x8_extend_low_i8x16_s();
	} else {
		sink.i16x8_extend_low_i8x16_u();
	}
}

/// Widens the high half of the bytes on the stack.
fn widen_high(sink: &mut InstructionSink<'_>, signed: bool) {
	if signed {
		sink.i16x8_extend_high_i8x16_s();
	} else {
		sink.i16x8_extend_high_i8x16_u();
	}
}

impl Emitter<'_> {
	/// Takes note of a dot product.
	pub(super) fn collect_dot(&mut self, word: &Instruction) {
		let third = word.imm.to_le_bytes()[0];
		if self.dots.conflicts(word, third) || word.dst == word.a || word.dst == word.b {
			self.flush_dots();
		}
		if word.dst == word.a || word.dst == word.b {
			return self.single_dot(word, third);
		}
		if third != word.dst {
			let c = self.w(third);
			self.sink().operand(c);
			self.set_w(word.dst);
		}
		self.quads.forget(word.dst);
		let sources = (self.quads.word(word.a), self.quads.word(word.b));
		let dots = &mut self.dots;
		dots.written.insert(word.dst);
		dots.read.insert(word.a);
		dots.read.insert(word.b);
		let (key, lane) = match sources {
			(Some((a, i)), Some((b, j))) if i == j => {
				let (dst, op) = (word.dst, word.op);
				(Key { dst, op, a, b }, usize::from(i))
			}
			_ => return dots.singles.push(*word),
		};
		let at = *dots.open.entry(key).or_insert_with(|| {
			dots.terms.push(Term { key, words: [None; 4] });
			dots.terms.len() - 1
		});
		let words = &mut dots.terms[at].words;
		if words[lane].is_some() {
			return dots.singles.push(*word);
		}
		words[lane] = Some(*word);
		if words.iter().all(Option::is_some) {
			dots.open.remove(&key);
		}
	}

	/// Emits the dot products collected so far.
	pub(super) fn flush_dots(&mut self) {
		if self.dots.terms.is_empty() && self.dots.singles.is_empty() {
			return;
		}
		let Dots { terms, mut singles, .. } = std::mem::take(&mut self.dots);
		let mut sums: BTreeMap<u8, Vec<Key>> = BTreeMap::new();
		for Term { key, words } in terms {
			if words.iter().all(Option::is_some) {
				sums.entry(key.dst).or_default().push(key);
			} else {
				singles.extend(words.into_iter().flatten());
			}
		}
		let sums: Vec<(u8, Vec<Key>)> = sums.into_iter().collect();
		for four in sums.chunks(4) {
			let vectors: Vec<u32> = (0u32..)
				.zip(four)
				.map(|(number, (_, keys))| self.products(number, keys))
				.collect();
			match *vectors.as_slice() {
				[a, b, c] => self.add_across(four, [a, b, c, c]),
				[a, b, c, d] => self.add_across(four, [a, b, c, d]),
				_ => {
					for ((register, _), vector) in four.iter().zip(&vectors) {
						self.add_words(*register, *vector);
					}
				}
			}
		}
		for word in singles {
			self.single_dot(&word, word.dst);
		}
	}

	/// The vector of four partial sums over all `keys`, in temporary number `number`.
	fn products(&mut self, number: u32, keys: &[Key]) -> u32 {
		let vector = self.locals.temporary(ValType::V128, number);
		for (at, key) in keys.iter().enumerate() {
			let (signed_a, signed_b) = signs(key.op);
			let (a_low, a_high) = self.widened(key.a, signed_a);
			let (b_low, b_high) = self.widened(key.b, signed_b);
			let mut sink = self.sink();
			if at > 0 {
				sink.local_get(vector);
			}
			sink.local_get(a_low).local_get(b_low).i32x4_dot_i16x8_s();
			sink.local_get(a_high).local_get(b_high).i32x4_dot_i16x8_s();
			sink.i32x4_add();
			if at > 0 {
				sink.i32x4_add();
			}
			sink.local_set(vector);
		}
		vector
	}

	/// The locals of the widened halves of a load, which are set where nothing did before.
	fn widened(&mut self, quad: u8, signed: bool) -> (u32, u32) {
		match self.quads.halves(quad, signed, &mut self.locals) {
			Halves::Ready(low, high) => (low, high),
			Halves::Needed { vector, low, high } => {
				let mut sink = self.sink();
				sink.local_get(vector);
				widen_low(&mut sink, signed);
				sink.local_set(low).local_get(vector);
				widen_high(&mut sink, signed);
				sink.local_set(high);
				(low, high)
			}
		}
	}

	/// Adds the four words of each vector to a register: a transposition by halves, with an addition after each step.
	/// Where there are three sums, the last vector stands twice.
	fn add_across(&mut self, sums: &[(u8, Vec<Key>)], [a, b, c, d]: [u32; 4]) {
		let mut sink = self.sink();
		for (x, y) in [(a, b), (c, d)] {
			sink.local_get(x).local_get(y).i8x16_shuffle(LOW_WORDS);
			sink.local_get(x).local_get(y).i8x16_shuffle(HIGH_WORDS);
			sink.i32x4_add().local_set(x);
		}
		sink.local_get(a).local_get(c).i8x16_shuffle(LOW_HALVES);
		sink.local_get(a).local_get(c).i8x16_shuffle(HIGH_HALVES);
		sink.i32x4_add().local_set(a);
		for (lane, (register, _)) in (0u8..).zip(sums) {
			let sum = self.locals.w(*register);
			self.sink()
				.local_get(sum)
				.local_get(a)
				.i32x4_extract_lane(lane)
				.i32_add()
				.local_set(sum);
		}
	}

	/// Adds the four words of a vector to a register.
	fn add_words(&mut self, register: u8, vector: u32) {
		let sum = self.locals.w(register);
		let mut sink = self.sink();
		for other in [OTHER_HALF, OTHER_WORD] {
			sink.local_get(vector).local_get(vector).local_get(vector);
			sink.i8x16_shuffle(other).i32x4_add().local_set(vector);
		}
		sink.local_get(sum)
			.local_get(vector)
			.i32x4_extract_lane(0)
			.i32_add()
			.local_set(sum);
	}

	/// Emits one dot product; `third` is what it adds to.
	fn single_dot(&mut self, word: &Instruction, third: u8) {
		let (a, b, c) = (self.w(word.a), self.w(word.b), self.w(third));
		let vector = self.locals.temporary(ValType::V128, 0);
		let (signed_a, signed_b) = signs(word.op);
		let mut sink = self.sink();
		sink.operand(a).i32x4_splat();
		widen_low(&mut sink, signed_a);
		sink.operand(b).i32x4_splat();
		widen_low(&mut sink, signed_b);
		sink.i32x4_dot_i16x8_s().local_tee(vector).i32x4_extract_lane(0);
		sink.local_get(vector).i32x4_extract_lane(1).i32_add();
		sink.operand(c).i32_add();
		self.set_w(word.dst);
	}
}
