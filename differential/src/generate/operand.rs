//! Values at which arithmetic goes wrong.

use crate::random::Random;

/// Edges of 32-bit operands: of signs, shift counts, bytes, halves and dividends.
const EDGES: [u32; 34] = [
	0,
	1,
	2,
	3,
	4,
	7,
	8,
	15,
	16,
	31,
	32,
	33,
	63,
	64,
	65,
	127,
	128,
	255,
	256,
	0x7fff,
	0x8000,
	0xffff,
	0x1_0000,
	0x00ff_00ff,
	0x7fff_fffe,
	0x7fff_ffff,
	0x8000_0000,
	0x8000_0001,
	0x8080_8080,
	0xffff_0000,
	0xffff_ff80,
	0xffff_ffe0,
	0xffff_fffe,
	0xffff_ffff,
];

/// Lengths of inputs: around every access width and every chunk.
const LENGTHS: [u32; 36] = [
	0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 128, 255, 256, 512, 1000, 1023, 1024, 1025, 1039,
	1040, 1041, 1536, 2047, 2048, 2049, 3000, 4096, 5000,
];

/// A 32-bit operand.
pub(super) fn word(random: &mut Random) -> u32 {
	match random.below(10) {
		0..=5 => random.pick(&EDGES),
		6 => 1 << random.below(32),
		7 => (1 << random.below(32)) - 1,
		8 => random.below(300),
		_ => random.word() as u32,
	}
}

/// A 64-bit operand.
pub(super) fn long(random: &mut Random) -> u64 {
	match random.below(10) {
		0..=2 => i64::from(random.pick(&EDGES).cast_signed()).cast_unsigned(),
		3 => 1 << random.below(64),
		4 => (1 << random.below(64)) - 1,
		5 => random.pick(&[i64::MIN, i64::MIN + 1, i64::MAX, -1]).cast_unsigned(),
		6 | 7 => u64::from(word(random)) | (u64::from(word(random)) << 32),
		_ => random.word(),
	}
}

/// The length of an input.
pub(super) fn length(random: &mut Random) -> usize {
	random.pick(&LENGTHS) as usize
}

/// `len` bytes: random ones, edge values of one width, or all the same.
pub(super) fn bytes(random: &mut Random, len: usize) -> Vec<u8> {
	let mut bytes = Vec::with_capacity(len + 8);
	let style = random.below(8);
	let same = random.pick(&[0, 1, 0x7f, 0x80, 0xff]);
	while bytes.len() < len {
		match style {
			0..=2 => bytes.extend(random.word().to_le_bytes()),
			3 => bytes.push(random.pick(&[0, 1, 0x7f, 0x80, 0x81, 0xff])),
			4 | 5 => bytes.extend(word(random).to_le_bytes()),
			6 => bytes.extend(long(random).to_le_bytes()),
			_ => bytes.push(same),
		}
	}
	bytes.truncate(len);
	bytes
}
