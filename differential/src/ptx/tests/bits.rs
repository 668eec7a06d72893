//! Instructions on bits. Expected values are computed from the pseudo-code of the PTX ISA by another program; where
//! NVIDIA's assembler folds the same constants, it agrees.

use super::{check_all, words};

#[test]
fn shifts_of_32_bits_clamp_their_counts() {
	check_all(
		"
		shl.b32 w:0x9abcdef1 w:0 = w:0x9abcdef1
		shr.b32 w:0x9abcdef1 w:0 = w:0x9abcdef1
		shr.u32 w:0x9abcdef1 w:0 = w:0x9abcdef1
		shr.s32 w:0x9abcdef1 w:0 = w:0x9abcdef1
		shl.b32 w:0x9abcdef1 w:1 = w:0x3579bde2
		shr.b32 w:0x9abcdef1 w:1 = w:0x4d5e6f78
		shr.u32 w:0x9abcdef1 w:1 = w:0x4d5e6f78
		shr.s32 w:0x9abcdef1 w:1 = w:0xcd5e6f78
		shl.b32 w:0x9abcdef1 w:31 = w:0x80000000
		shr.b32 w:0x9abcdef1 w:31 = w:1
		shr.u32 w:0x9abcdef1 w:31 = w:1
		shr.s32 w:0x9abcdef1 w:31 = w:0xffffffff
		shl.b32 w:0x9abcdef1 w:32 = w:0
		shr.b32 w:0x9abcdef1 w:32 = w:0
		shr.u32 w:0x9abcdef1 w:32 = w:0
		shr.s32 w:0x9abcdef1 w:32 = w:0xffffffff
		shl.b32 w:0x9abcdef1 w:33 = w:0
		shr.b32 w:0x9abcdef1 w:33 = w:0
		shr.u32 w:0x9abcdef1 w:33 = w:0
		shr.s32 w:0x9abcdef1 w:33 = w:0xffffffff
		shl.b32 w:0x9abcdef1 w:63 = w:0
		shr.b32 w:0x9abcdef1 w:63 = w:0
		shr.u32 w:0x9abcdef1 w:63 = w:0
		shr.s32 w:0x9abcdef1 w:63 = w:0xffffffff
		shl.b32 w:0x9abcdef1 w:64 = w:0
		shr.b32 w:0x9abcdef1 w:64 = w:0
		shr.u32 w:0x9abcdef1 w:64 = w:0
		shr.s32 w:0x9abcdef1 w:64 = w:0xffffffff
		shl.b32 w:0x9abcdef1 w:0x80000001 = w:0
		shr.b32 w:0x9abcdef1 w:0x80000001 = w:0
		shr.u32 w:0x9abcdef1 w:0x80000001 = w:0
		shr.s32 w:0x9abcdef1 w:0x80000001 = w:0xffffffff
		shl.b32 w:0x9abcdef1 w:0xffffffff = w:0
		shr.b32 w:0x9abcdef1 w:0xffffffff = w:0
		shr.u32 w:0x9abcdef1 w:0xffffffff = w:0
		shr.s32 w:0x9abcdef1 w:0xffffffff = w:0xffffffff
		",
	);
}

#[test]
fn shifts_of_64_and_16_bits_clamp_their_counts() {
	check_all(
		"
		shl.b64 d:0x9abcdef123456789 w:0 = d:0x9abcdef123456789
		shr.b64 d:0x9abcdef123456789 w:0 = d:0x9abcdef123456789
		shr.s64 d:0x9abcdef123456789 w:0 = d:0x9abcdef123456789
		shl.b64 d:0x9abcdef123456789 w:1 = d:0x3579bde2468acf12
		shr.b64 d:0x9abcdef123456789 w:1 = d:0x4d5e6f7891a2b3c4
		shr.s64 d:0x9abcdef123456789 w:1 = d:0xcd5e6f7891a2b3c4
		shl.b64 d:0x9abcdef123456789 w:32 = d:0x2345678900000000
		shr.b64 d:0x9abcdef123456789 w:32 = d:0x9abcdef1
		shr.s64 d:0x9abcdef123456789 w:32 = d:0xffffffff9abcdef1
		shl.b64 d:0x9abcdef123456789 w:63 = d:0x8000000000000000
		shr.b64 d:0x9abcdef123456789 w:63 = d:1
		shr.s64 d:0x9abcdef123456789 w:63 = d:0xffffffffffffffff
		shl.b64 d:0x9abcdef123456789 w:64 = d:0
		shr.b64 d:0x9abcdef123456789 w:64 = d:0
		shr.s64 d:0x9abcdef123456789 w:64 = d:0xffffffffffffffff
		shl.b64 d:0x9abcdef123456789 w:65 = d:0
		shr.b64 d:0x9abcdef123456789 w:65 = d:0
		shr.s64 d:0x9abcdef123456789 w:65 = d:0xffffffffffffffff
		shl.b64 d:0x9abcdef123456789 w:256 = d:0
		shr.b64 d:0x9abcdef123456789 w:256 = d:0
		shr.s64 d:0x9abcdef123456789 w:256 = d:0xffffffffffffffff
		shl.b64 d:0x9abcdef123456789 w:0xffffffff = d:0
		shr.b64 d:0x9abcdef123456789 w:0xffffffff = d:0
		shr.s64 d:0x9abcdef123456789 w:0xffffffff = d:0xffffffffffffffff
		shr.u64 d:0x9abcdef123456789 w:4 = d:0x9abcdef12345678
		shr.s64 d:0x1abcdef123456789 w:70 = d:0
		shl.b16 h:0x9abc w:4 = h:0xabc0
		shl.b16 h:0x9abc w:16 = h:0
		shr.u16 h:0x9abc w:4 = h:0x9ab
		shr.s16 h:0x9abc w:4 = h:0xf9ab
		shr.s16 h:0x9abc w:17 = h:0xffff
		shr.b16 h:0x9abc w:17 = h:0
		",
	);
}

#[test]
fn funnel_shifts_wrap_or_clamp() {
	check_all(
		"
		shf.l.wrap.b32 w:0x89abcdef w:0x1234567 w:0 = w:0x1234567
		shf.l.clamp.b32 w:0x89abcdef w:0x1234567 w:0 = w:0x1234567
		shf.r.wrap.b32 w:0x89abcdef w:0x1234567 w:0 = w:0x89abcdef
		shf.r.clamp.b32 w:0x89abcdef w:0x1234567 w:0 = w:0x89abcdef
		shf.l.wrap.b32 w:0x89abcdef w:0x1234567 w:1 = w:0x2468acf
		shf.l.clamp.b32 w:0x89abcdef w:0x1234567 w:1 = w:0x2468acf
		shf.r.wrap.b32 w:0x89abcdef w:0x1234567 w:1 = w:0xc4d5e6f7
		shf.r.clamp.b32 w:0x89abcdef w:0x1234567 w:1 = w:0xc4d5e6f7
		shf.l.wrap.b32 w:0x89abcdef w:0x1234567 w:31 = w:0xc4d5e6f7
		shf.l.clamp.b32 w:0x89abcdef w:0x1234567 w:31 = w:0xc4d5e6f7
		shf.r.wrap.b32 w:0x89abcdef w:0x1234567 w:31 = w:0x2468acf
		shf.r.clamp.b32 w:0x89abcdef w:0x1234567 w:31 = w:0x2468acf
		shf.l.wrap.b32 w:0x89abcdef w:0x1234567 w:32 = w:0x1234567
		shf.l.clamp.b32 w:0x89abcdef w:0x1234567 w:32 = w:0x89abcdef
		shf.r.wrap.b32 w:0x89abcdef w:0x1234567 w:32 = w:0x89abcdef
		shf.r.clamp.b32 w:0x89abcdef w:0x1234567 w:32 = w:0x1234567
		shf.l.wrap.b32 w:0x89abcdef w:0x1234567 w:33 = w:0x2468acf
		shf.l.clamp.b32 w:0x89abcdef w:0x1234567 w:33 = w:0x89abcdef
		shf.r.wrap.b32 w:0x89abcdef w:0x1234567 w:33 = w:0xc4d5e6f7
		shf.r.clamp.b32 w:0x89abcdef w:0x1234567 w:33 = w:0x1234567
		shf.l.wrap.b32 w:0x89abcdef w:0x1234567 w:64 = w:0x1234567
		shf.l.clamp.b32 w:0x89abcdef w:0x1234567 w:64 = w:0x89abcdef
		shf.r.wrap.b32 w:0x89abcdef w:0x1234567 w:64 = w:0x89abcdef
		shf.r.clamp.b32 w:0x89abcdef w:0x1234567 w:64 = w:0x1234567
		shf.l.wrap.b32 w:0x89abcdef w:0x1234567 w:0xffffffff = w:0xc4d5e6f7
		shf.l.clamp.b32 w:0x89abcdef w:0x1234567 w:0xffffffff = w:0x89abcdef
		shf.r.wrap.b32 w:0x89abcdef w:0x1234567 w:0xffffffff = w:0x2468acf
		shf.r.clamp.b32 w:0x89abcdef w:0x1234567 w:0xffffffff = w:0x1234567
		",
	);
}

#[test]
fn logic() {
	check_all(
		"
		and.b32 w:0xff00ff0f w:0x12345678 = w:0x12005608
		or.b32 w:0xff00ff00 w:0x12345678 = w:0xff34ff78
		xor.b32 w:0xffff0000 w:0x12345678 = w:0xedcb5678
		not.b32 w:0x12345678 = w:0xedcba987
		and.b64 d:0xff00ff0000ff00ff d:0x123456789abcdef1 = d:0x1200560000bc00f1
		or.b64 d:0xff00000000000000 d:0x123456789abcdef1 = d:0xff3456789abcdef1
		xor.b64 d:0xffffffff00000000 d:0x123456789abcdef1 = d:0xedcba9879abcdef1
		not.b64 d:0x123456789abcdef1 = d:0xedcba9876543210e
		and.b16 h:0xff0f h:0x1234 = h:0x1204
		or.b16 h:0xff00 h:0x1234 = h:0xff34
		xor.b16 h:0xffff h:0x1234 = h:0xedcb
		not.b16 h:0x1234 = h:0xedcb
		cnot.b32 w:0 = w:1
		cnot.b32 w:0x80000000 = w:0
		cnot.b64 d:0 = d:1
		cnot.b64 d:0x100000000 = d:0
		cnot.b16 h:0 = h:1
		",
	);
}

#[test]
fn counts() {
	check_all(
		"
		popc.b32 w:0x12345678 = w:13
		popc.b32 w:0 = w:0
		popc.b32 w:0xffffffff = w:32
		popc.b64 d:0xffffffffffffffff = w:64
		popc.b64 d:0x8000000000000001 = w:2
		clz.b32 w:0 = w:32
		clz.b32 w:1 = w:31
		clz.b32 w:0x80000000 = w:0
		clz.b32 w:0x1234 = w:19
		clz.b64 d:0 = w:64
		clz.b64 d:1 = w:63
		clz.b64 d:0x123400000000 = w:19
		",
	);
}

#[test]
fn reversals() {
	check_all(
		"
		brev.b32 w:0x12345678 = w:0x1e6a2c48
		brev.b64 d:0x123456789abcdef1 = d:0x8f7b3d591e6a2c48
		",
	);
}

#[test]
fn highest_bits() {
	check_all(
		"
		bfind.u32 w:0 = w:0xffffffff
		bfind.u32 w:0xffffffff = w:31
		bfind.u32 w:0x1234 = w:12
		bfind.s32 w:0xffffffff = w:0xffffffff
		bfind.s32 w:0xffff1234 = w:15
		bfind.s32 w:0x7fffffff = w:30
		bfind.u64 d:0x123400000000 = w:44
		bfind.u64 d:0 = w:0xffffffff
		bfind.s64 d:0xffff123400000000 = w:47
		bfind.s64 d:0xffffffffffffffff = w:0xffffffff
		bfind.shiftamt.u32 w:0x1234 = w:19
		bfind.shiftamt.u32 w:0 = w:0xffffffff
		bfind.shiftamt.s32 w:0xffff1234 = w:16
		bfind.shiftamt.s64 d:0x1234 = w:51
		bfind.shiftamt.u64 d:0x8000000000000000 = w:0
		",
	);
}

#[test]
fn bytes_are_chosen_or_their_signs() {
	check_all(
		"
		prmt.b32 w:0x83828180 w:0x7f6f504 w:0x3210 = w:0x83828180
		prmt.b32 w:0x83828180 w:0x7f6f504 w:0x7654 = w:0x7f6f504
		prmt.b32 w:0x83828180 w:0x7f6f504 w:291 = w:0x80818283
		prmt.b32 w:0x83828180 w:0x7f6f504 w:0x1065 = w:0x8180f6f5
		prmt.b32 w:0x83828180 w:0x7f6f504 w:0xfedc = w:0xffff00
		prmt.b32 w:0x83828180 w:0x7f6f504 w:0xb8f4 = w:0xffff0004
		prmt.b32 w:0x83828180 w:0x7f6f504 w:0xabcd5432 = w:0xf5048382
		",
	);
}

/// The tables of `F(a, b, c)` are `F(0xf0, 0xcc, 0xaa)`.
#[test]
fn three_way_logic_follows_its_table() {
	let (a, b, c) = (0x1234_5678_u32, 0xff00_ff0f, 0x0f0f_3c3c);
	for (table, expected) in [
		(0x80, a & b & c),
		(0xfe, a | b | c),
		(0x96, a ^ b ^ c),
		(0x40, a & b & !c),
		(0x1a, ((a & b) | c) ^ a),
		(0xca, (a & b) | (!a & c)),
		(0xe8, (a & b) | (a & c) | (b & c)),
		(0x00, 0),
		(0xff, u32::MAX),
		(0x01, !(a | b | c)),
	] {
		let set = format!("mov.b32 %w1, {a}; mov.b32 %w2, {b};");
		let lop3 = format!("{set} lop3.b32 %w0, %w1, %w2, {c}, {table}; st.global.u32 [%d9], %w0;");
		assert_eq!(words(&lop3)[0], expected, "table {table:#x}");
	}
}
