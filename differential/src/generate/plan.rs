//! What a program declares, and how its registers are used: fixed before its first instruction is written.

use std::ops::Range;

use super::operand;
use crate::random::Random;

/// Registers that only the frame of a program writes: counters, and one that stays 0.
const RESERVED: u16 = 5;

/// The declarations of a program, its inputs, and what it is about.
pub(super) struct Plan {
	/// Has no instruction at all.
	pub(super) is_empty: bool,
	/// About how many instructions its statements have.
	pub(super) length: usize,
	pub(super) item_size: u16,
	pub(super) scratch_size: u16,
	pub(super) constants: Vec<u8>,
	pub(super) w_count: u16,
	pub(super) d_count: u8,
	pub(super) params: Vec<u64>,
	pub(super) inputs: Vec<Vec<u8>>,
	/// What its loads name: `input | cursor << 3`, at most 32.
	pub(super) pairs: Vec<u8>,
	/// The `w` registers that statements write; they read all.
	pub(super) free: Range<u16>,
	/// Counters of nested loops; at the end, sums and temporaries.
	pub(super) counters: [u8; 4],
	/// A register that is 0.
	pub(super) zero: u8,
	/// Scratch is only ever indexed by `zero`, so that every offset is known to a compiler.
	pub(super) constant_scratch: bool,
	/// Plain loads may leave the input.
	pub(super) misses: bool,
	/// Some items execute `trap`.
	pub(super) traps: bool,
	/// Some items never end.
	pub(super) runs_away: bool,
	/// Opens nearly as many blocks as there may be.
	pub(super) tower: bool,
	/// The register that is 0 is also written, always with 0.
	pub(super) writes_zero: bool,
}

impl Plan {
	pub(super) fn new(random: &mut Random) -> Plan {
		if random.chance(1) {
			return Plan::empty(random);
		}
		let w_count: u16 = random.pick(&[9, 10, 12, 14, 16, 20, 24, 28, 32, 33, 48, 64, 100, 256]);
		let reserved = if random.chance(50) { 0 } else { w_count - RESERVED };
		let free = if reserved == 0 { RESERVED..w_count } else { 0..reserved };
		let number = |at: u16| (reserved + at) as u8;
		let input_count = match random.below(20) {
			0..=2 => 0,
			3 => 8,
			_ => random.between(1, 3),
		};
		let inputs = (0..input_count)
			.map(|_| {
				let len = operand::length(random);
				operand::bytes(random, len)
			})
			.collect();
		let param_count = if random.chance(5) { 16 } else { random.below(5) };
		let scratch_size = area(random, 40);
		let const_size = area(random, 35);
		Plan {
			is_empty: false,
			length: if random.chance(2) {
				random.between(600, 1_500) as usize
			} else {
				random.between(15, 110) as usize
			},
			item_size: 1 << random.below(11),
			scratch_size,
			constants: operand::bytes(random, usize::from(const_size)),
			w_count,
			d_count: random.pick(&[0, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 40, 128]),
			params: (0..param_count).map(|_| operand::long(random)).collect(),
			inputs,
			pairs: pairs(random, input_count),
			free,
			counters: [number(0), number(1), number(2), number(3)],
			zero: number(4),
			constant_scratch: random.chance(40),
			misses: random.chance(6),
			traps: random.chance(12),
			runs_away: random.chance(3),
			tower: random.chance(4),
			writes_zero: random.chance(15),
		}
	}

	/// Nothing but an output item.
	fn empty(random: &mut Random) -> Plan {
		Plan {
			is_empty: true,
			length: 0,
			item_size: 1 << random.below(11),
			scratch_size: area(random, 50),
			constants: Vec::new(),
			w_count: random.pick(&[0, 1, 256]),
			d_count: random.pick(&[0, 1, 128]),
			params: Vec::new(),
			inputs: Vec::new(),
			pairs: Vec::new(),
			free: 0..0,
			counters: [0; 4],
			zero: 0,
			constant_scratch: false,
			misses: false,
			traps: false,
			runs_away: false,
			tower: false,
			writes_zero: false,
		}
	}

	/// The `d` registers that statements write.
	pub(super) fn free_d(&self) -> u8 {
		self.d_count.saturating_sub(1)
	}

	/// The last `d` register: a sum at the end, and a source all along.
	pub(super) fn sum_d(&self) -> u8 {
		self.d_count.saturating_sub(1)
	}

	/// Elements of 2^`width_log2` bytes that input number `input` holds.
	pub(super) fn elements(&self, input: u8, width_log2: u32) -> u32 {
		self.inputs
			.get(usize::from(input))
			.map_or(0, |bytes| (bytes.len() as u32) >> width_log2)
	}
}

/// The size of scratch or constants: `without` times in a hundred none, mostly a small one.
fn area(random: &mut Random, without: u32) -> u16 {
	if random.chance(without) {
		0
	} else if random.chance(85) {
		1 << random.below(9)
	} else {
		1 << random.between(9, 12)
	}
}

/// The (input, cursor) pairs of a program: a few, and now and then as many as there may be.
fn pairs(random: &mut Random, inputs: u32) -> Vec<u8> {
	if inputs == 0 {
		return Vec::new();
	}
	let wanted = if random.chance(6) { 32 } else { random.between(1, 6) };
	let wanted = wanted.min(inputs * 16) as usize;
	let mut pairs = Vec::new();
	while pairs.len() < wanted {
		let pair = (random.below(inputs) | (random.below(16) << 3)) as u8;
		if !pairs.contains(&pair) {
			pairs.push(pair);
		}
	}
	pairs
}
