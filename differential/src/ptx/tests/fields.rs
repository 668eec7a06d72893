//! Bit fields. Expected values of the tables are computed from the pseudo-code of the PTX ISA by another program;
//! NVIDIA's assembler, folding the same constants, agrees.

use super::{check_all, fault, words};
use crate::ptx::{
	bits::{bfe, bfi},
	Fault,
};

#[test]
fn fields_are_extracted() {
	check_all(
		"
		bfe.u32 w:0x9abcdef1 w:0 w:8 = w:241
		bfe.u32 w:0x9abcdef1 w:4 w:12 = w:0xdef
		bfe.u32 w:0x9abcdef1 w:8 w:0 = w:0
		bfe.u32 w:0x9abcdef1 w:28 w:8 = w:9
		bfe.u32 w:0x9abcdef1 w:60 w:8 = w:0
		bfe.u32 w:0x9abcdef1 w:31 w:1 = w:1
		bfe.u32 w:0x9abcdef1 w:32 w:4 = w:0
		bfe.u32 w:0x9abcdef1 w:64 w:3 = w:0
		bfe.u32 w:0x9abcdef1 w:255 w:255 = w:0
		bfe.u32 w:0x9abcdef1 w:0 w:64 = w:0x9abcdef1
		bfe.u32 w:0x9abcdef1 w:16 w:255 = w:0x9abc
		bfe.s32 w:0x9abcdef1 w:0 w:8 = w:0xfffffff1
		bfe.s32 w:0x9abcdef1 w:4 w:12 = w:0xfffffdef
		bfe.s32 w:0x9abcdef1 w:8 w:0 = w:0
		bfe.s32 w:0x9abcdef1 w:28 w:8 = w:0xfffffff9
		bfe.s32 w:0x9abcdef1 w:60 w:8 = w:0xffffffff
		bfe.s32 w:0x9abcdef1 w:31 w:1 = w:0xffffffff
		bfe.s32 w:0x9abcdef1 w:32 w:4 = w:0xffffffff
		bfe.s32 w:0x9abcdef1 w:64 w:3 = w:0xffffffff
		bfe.s32 w:0x9abcdef1 w:255 w:255 = w:0xffffffff
		bfe.s32 w:0x9abcdef1 w:0 w:64 = w:0x9abcdef1
		bfe.s32 w:0x9abcdef1 w:16 w:255 = w:0xffff9abc
		bfe.u64 d:0x9abcdef123456789 w:0 w:8 = d:137
		bfe.u64 d:0x9abcdef123456789 w:4 w:12 = d:0x678
		bfe.u64 d:0x9abcdef123456789 w:8 w:0 = d:0
		bfe.u64 d:0x9abcdef123456789 w:28 w:8 = d:18
		bfe.u64 d:0x9abcdef123456789 w:60 w:8 = d:9
		bfe.u64 d:0x9abcdef123456789 w:31 w:1 = d:0
		bfe.u64 d:0x9abcdef123456789 w:32 w:4 = d:1
		bfe.u64 d:0x9abcdef123456789 w:64 w:3 = d:0
		bfe.u64 d:0x9abcdef123456789 w:255 w:255 = d:0
		bfe.u64 d:0x9abcdef123456789 w:0 w:64 = d:0x9abcdef123456789
		bfe.u64 d:0x9abcdef123456789 w:16 w:255 = d:0x9abcdef12345
		bfe.s64 d:0x9abcdef123456789 w:0 w:8 = d:0xffffffffffffff89
		bfe.s64 d:0x9abcdef123456789 w:4 w:12 = d:0x678
		bfe.s64 d:0x9abcdef123456789 w:8 w:0 = d:0
		bfe.s64 d:0x9abcdef123456789 w:28 w:8 = d:18
		bfe.s64 d:0x9abcdef123456789 w:60 w:8 = d:0xfffffffffffffff9
		bfe.s64 d:0x9abcdef123456789 w:31 w:1 = d:0
		bfe.s64 d:0x9abcdef123456789 w:32 w:4 = d:1
		bfe.s64 d:0x9abcdef123456789 w:64 w:3 = d:0xffffffffffffffff
		bfe.s64 d:0x9abcdef123456789 w:255 w:255 = d:0xffffffffffffffff
		bfe.s64 d:0x9abcdef123456789 w:0 w:64 = d:0x9abcdef123456789
		bfe.s64 d:0x9abcdef123456789 w:16 w:255 = d:0xffff9abcdef12345
		",
	);
}

#[test]
fn fields_are_inserted() {
	check_all(
		"
		bfi.b32 w:0x12345678 w:0xffffffff w:0 w:8 = w:0xffffff78
		bfi.b32 w:0x12345678 w:0xffffffff w:4 w:12 = w:0xffff678f
		bfi.b32 w:0x12345678 w:0xffffffff w:8 w:0 = w:0xffffffff
		bfi.b32 w:0x12345678 w:0xffffffff w:28 w:8 = w:0x8fffffff
		bfi.b32 w:0x12345678 w:0xffffffff w:60 w:8 = w:0xffffffff
		bfi.b32 w:0x12345678 w:0xffffffff w:32 w:4 = w:0xffffffff
		bfi.b32 w:0x12345678 w:0xffffffff w:64 w:3 = w:0xffffffff
		bfi.b32 w:0x12345678 w:0xffffffff w:255 w:255 = w:0xffffffff
		bfi.b32 w:0x12345678 w:0xffffffff w:0 w:64 = w:0x12345678
		bfi.b32 w:0x12345678 w:0xffffffff w:16 w:255 = w:0x5678ffff
		bfi.b64 d:0x123456789abcdef1 d:0xffffffffffffffff w:0 w:8 = d:0xfffffffffffffff1
		bfi.b64 d:0x123456789abcdef1 d:0xffffffffffffffff w:4 w:12 = d:0xffffffffffffef1f
		bfi.b64 d:0x123456789abcdef1 d:0xffffffffffffffff w:8 w:0 = d:0xffffffffffffffff
		bfi.b64 d:0x123456789abcdef1 d:0xffffffffffffffff w:28 w:8 = d:0xffffffff1fffffff
		bfi.b64 d:0x123456789abcdef1 d:0xffffffffffffffff w:60 w:8 = d:0x1fffffffffffffff
		bfi.b64 d:0x123456789abcdef1 d:0xffffffffffffffff w:32 w:4 = d:0xfffffff1ffffffff
		bfi.b64 d:0x123456789abcdef1 d:0xffffffffffffffff w:64 w:3 = d:0xffffffffffffffff
		bfi.b64 d:0x123456789abcdef1 d:0xffffffffffffffff w:255 w:255 = d:0xffffffffffffffff
		bfi.b64 d:0x123456789abcdef1 d:0xffffffffffffffff w:0 w:64 = d:0x123456789abcdef1
		bfi.b64 d:0x123456789abcdef1 d:0xffffffffffffffff w:16 w:255 = d:0x56789abcdef1ffff
		",
	);
}

/// Only with 32 bits: elsewhere compilers do not agree with the PTX ISA.
#[test]
fn the_low_8_bits_of_a_fields_position_and_length_count() {
	let set = "mov.b32 %w1, 0x104; mov.b32 %w2, 0x10c; mov.b32 %w3, 0x9abcdef1; mov.b64 %d1, 0x9abcdef123456789;";
	let words = words(&format!(
		"{set} bfe.u32 %w4, %w3, %w1, %w2; bfe.s32 %w5, %w3, %w1, %w2; bfi.b32 %w6, 0x12345678, -1, %w1, %w2;
		st.global.v2.u32 [%d9], {{%w4, %w5}}; st.global.u32 [%d9+8], %w6;"
	));
	assert_eq!(words[..3], [0xdef, 0xffff_fdef, 0xffff_678f]);
	let expected = Fault::BitField {
		position: 0x104,
		length: 0x10c,
	};
	for instruction in ["bfe.u64 %d0, %d1", "bfe.s64 %d0, %d1", "bfi.b64 %d0, %d1, %d1"] {
		assert_eq!(fault(&format!("{set} {instruction}, %w1, %w2;")), expected);
	}
}

/// Bit by bit as the PTX ISA writes it, for every position and length.
#[test]
fn fields_agree_with_the_loops_of_their_definition() {
	for value in [
		0x9abc_def1_2345_6789_u64,
		0x1234_5678_9abc_def1,
		u64::MAX,
		0x7fff_ffff_8000_0000,
	] {
		let word = value & 0xffff_ffff;
		for position in 0..256 {
			for length in 0..256 {
				let (p, l) = (position as u64, length as u64);
				assert_eq!(
					bfe::<false, 32>(word, 0, p, l),
					Ok(extracted(word, 32, false, position, length))
				);
				assert_eq!(
					bfe::<true, 32>(word, 0, p, l),
					Ok(extracted(word, 32, true, position, length))
				);
				assert_eq!(
					bfe::<false, 64>(value, 0, p, l),
					Ok(extracted(value, 64, false, position, length))
				);
				assert_eq!(
					bfe::<true, 64>(value, 0, p, l),
					Ok(extracted(value, 64, true, position, length))
				);
				assert_eq!(
					bfi::<32>(word, !word & 0xffff_ffff, p, l),
					Ok(inserted(word, 32, position, length))
				);
				assert_eq!(
					bfi::<64>(value, !value, p, l),
					Ok(inserted(value, 64, position, length))
				);
			}
		}
	}
}

fn extracted(a: u64, bits: usize, signed: bool, position: usize, length: usize) -> u64 {
	let bit = |nth: usize| (a >> nth) & 1;
	let sign = if signed && length > 0 {
		bit((position + length - 1).min(bits - 1))
	} else {
		0
	};
	let mut result = 0;
	for nth in 0..bits {
		let of_field = nth < length && position + nth < bits;
		let bit = if of_field { bit(position + nth) } else { sign };
		result |= bit << nth;
	}
	result
}

/// Into the opposite of the same value.
fn inserted(a: u64, bits: usize, position: usize, length: usize) -> u64 {
	let mut result = !a & (u64::MAX >> (64 - bits));
	let mut nth = 0;
	while nth < length && position + nth < bits {
		result = (result & !(1 << (position + nth))) | (((a >> nth) & 1) << (position + nth));
		nth += 1;
	}
	result
}
