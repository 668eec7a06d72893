//! Integer arithmetic. Expected values are computed from the pseudo-code of the PTX ISA by another program; where
//! NVIDIA's assembler folds the same constants, it agrees.

use super::{check_all, doubles, fault, run, words};
use crate::ptx::Fault;

#[test]
fn sums_and_differences_wrap() {
	check_all(
		"
		add.u32 w:0xffffffff w:2 = w:1
		add.s32 w:0x7fffffff w:1 = w:0x80000000
		add.u16 h:0xfffe h:5 = h:3
		add.u64 d:0xffffffffffffffff d:0x100000003 = d:0x100000002
		add.s64 d:0x7fffffffffffffff d:0x1234 = d:0x8000000000001233
		sub.u32 w:3 w:0x1005 = w:0xffffeffe
		sub.s16 h:0x8000 h:0x1235 = h:0x6dcb
		sub.u64 d:5 d:0x123456789 = d:0xfffffffedcba987c
		",
	);
}

#[test]
fn products() {
	check_all(
		"
		mul.lo.u32 w:0x12345678 w:0x9abcdef1 = w:0x366176f8
		mul.lo.s32 w:0xfffffffd w:0x12345 = w:0xfffc9631
		mul.lo.u16 h:0x1234 h:0xfedc = h:0x3cb0
		mul.lo.u64 d:0x123456789abcdef1 d:0xfedcba9876543211 = d:0x347e9a0f6729e001
		mul.lo.s64 d:0xfffffffffffffff9 d:0x123456789ab = d:0xfffff8091a2b3c53
		mul.hi.u32 w:0xffffffff w:0xfffffff0 = w:0xffffffef
		mul.hi.s32 w:0x80000000 w:0x7ffffff1 = w:0xc0000007
		mul.hi.u16 h:0xfffe h:0xff12 = h:0xff10
		mul.hi.s16 h:0x8001 h:0x7ff2 = h:0xc007
		mul.hi.u64 d:0xffffffffffffffff d:0xfffffffffffff123 = d:0xfffffffffffff122
		mul.hi.s64 d:0x8000000000000001 d:0x7123456789abcdef = d:0xc76e5d4c3b2a1908
		mul.hi.s64 d:0xffffffffffffffff d:0x1234 = d:0xffffffffffffffff
		mul.wide.u16 h:0xffff h:0xfffe = w:0xfffd0002
		mul.wide.s16 h:0xffff h:0x7ffe = w:0xffff8002
		mul.wide.u32 w:0xffffffff w:0xfffffffe = d:0xfffffffd00000002
		mul.wide.s32 w:0xffffffff w:0x7ffffffe = d:0xffffffff80000002
		mul.wide.s32 w:0x80000000 w:0x80000000 = d:0x4000000000000000
		",
	);
}

#[test]
fn products_with_a_sum() {
	check_all(
		"
		mad.lo.u32 w:0x12345678 w:0x9abcdef1 w:0xfedcba98 = w:0x353e3190
		mad.lo.s32 w:0xffffffff w:0x1234 w:16 = w:0xffffeddc
		mad.lo.u16 h:0x1234 h:0xfedc h:0x4321 = h:0x7fd1
		mad.lo.u64 d:0x123456789abcdef1 d:0xfedcba9876543211 d:0x1111111111111111 = d:0x458fab20783af112
		mad.hi.u32 w:0xffffffff w:0xfffffff0 w:32 = w:15
		mad.hi.s32 w:0xffffffff w:0x1234 w:0x10001 = w:0x10000
		mad.hi.u16 h:0xfffe h:0xff12 h:0x1234 = h:0x1144
		mad.hi.u64 d:0xffffffffffffffff d:0xfffffffffffff123 d:0x1000 = d:290
		mad.hi.s64 d:0xffffffffffffffff d:0x1234 d:0x10001 = d:0x10000
		mad.wide.u16 h:0xffff h:0xffff w:0xffffffff = w:0xfffe0000
		mad.wide.s16 h:0xffff h:0x1234 w:0x1233 = w:0xffffffff
		mad.wide.u32 w:0xffffffff w:0xffffffff d:0xffffffffffffffff = d:0xfffffffe00000000
		mad.wide.s32 w:0xffffffff w:0x1234 d:0x12345678 = d:0x12344444
		mad.wide.s32 w:0x80000000 w:0x7fffffff d:0xfedcba9876543210 = d:0xbedcba98f6543210
		",
	);
}

#[test]
fn quotients_round_towards_zero() {
	check_all(
		"
		div.u32 w:0xffffffff w:10 = w:0x19999999
		div.s32 w:0xfffffff9 w:2 = w:0xfffffffd
		div.s32 w:0x80000000 w:3 = w:0xd5555556
		div.u16 h:0xffff h:7 = h:0x2492
		div.s16 h:0xff85 h:10 = h:0xfff4
		div.u64 d:0xffffffffffffffff d:0x3e8 = d:0x4189374bc6a7ef
		div.s64 d:0xfffffffffffffc18 d:7 = d:0xffffffffffffff72
		div.s64 d:0x8000000000000000 d:0xfffffffffffffffe = d:0x4000000000000000
		",
	);
}

#[test]
fn remainders_have_the_sign_of_the_dividend() {
	check_all(
		"
		rem.u32 w:0xffffffff w:0x12345 = w:0x5aff
		rem.s32 w:0xfffffff9 w:4 = w:0xfffffffd
		rem.s32 w:7 w:0xfffffffc = w:3
		rem.u64 d:0xffffffffffffffff d:0x123456789 = d:0x96ffffff
		rem.s64 d:0xfffffffffffffc17 d:10 = d:0xffffffffffffffff
		rem.s16 h:0x8000 h:19 = h:0xfff4
		",
	);
}

#[test]
fn least_and_greatest() {
	check_all(
		"
		min.u32 w:0xffffffff w:0x1234 = w:0x1234
		min.s32 w:0xffffffff w:0x1234 = w:0xffffffff
		max.u32 w:0xfffffff0 w:0x1234 = w:0xfffffff0
		max.s32 w:0xfffffff0 w:0x1234 = w:0x1234
		min.u64 d:0xffffffffffffffff d:0x123400001234 = d:0x123400001234
		min.s64 d:0xffffffff00001234 d:0x1234 = d:0xffffffff00001234
		max.u64 d:0xffffffff00001234 d:0x1234 = d:0xffffffff00001234
		max.s64 d:0xffffffff00001234 d:0x123400001234 = d:0x123400001234
		min.s16 h:0x8001 h:3 = h:0x8001
		max.u16 h:0x8001 h:3 = h:0x8001
		",
	);
}

#[test]
fn signs() {
	check_all(
		"
		abs.s32 w:0xffffedcc = w:0x1234
		abs.s32 w:0x80000000 = w:0x80000000
		abs.s16 h:0xff00 = h:256
		abs.s64 d:0xffffffff00000001 = d:0xffffffff
		neg.s32 w:0x1234 = w:0xffffedcc
		neg.s32 w:0x80000000 = w:0x80000000
		neg.s64 d:0x100000000 = d:0xffffffff00000000
		neg.s16 h:1 = h:0xffff
		",
	);
}

#[test]
fn sums_of_distances() {
	check_all(
		"
		sad.u32 w:0x1000 w:0xffffffff w:16 = w:0xfffff00f
		sad.s32 w:0x1000 w:0xffffffff w:16 = w:0x1011
		sad.s32 w:0x80000000 w:0x7fffffff w:0x12345 = w:0x12344
		sad.u16 h:3 h:0xfff0 h:291 = h:272
		sad.u64 d:3 d:0xffffffffffff0000 d:0x1234 = d:0xffffffffffff1231
		sad.s64 d:3 d:0xffffffffffff0000 d:0x1234 = d:0x11237
		",
	);
}

#[test]
fn dot_products_of_bytes() {
	check_all(
		"
		dp4a.u32.u32 w:0x1ff80fe w:0xff7f02fd w:0x10000 = w:0x27b86
		dp4a.s32.s32 w:0x1ff80fe w:0xff7f02fd w:0x10000 = w:0xfe86
		dp4a.u32.s32 w:0x1ff80fe w:0xff7f02fd w:0x10000 = w:0x17c86
		dp4a.s32.u32 w:0x1ff80fe w:0xff7f02fd w:0x10000 = w:0xfd86
		dp4a.s32.s32 w:0x80808080 w:0x80808080 w:0x7fffffff = w:0x8000ffff
		",
	);
}

#[test]
fn divisions_without_a_result() {
	for ty in ["u16", "s16", "u32", "s32", "u64", "s64"] {
		let (bits, letter) = match &ty[1..] {
			"16" => (16, 'h'),
			"32" => (32, 'w'),
			_ => (64, 'd'),
		};
		for instruction in ["div", "rem"] {
			let divide = |a: u64, b: i64| {
				let set = format!("mov.b{bits} %{letter}1, {a}; mov.b{bits} %{letter}2, {b};");
				format!("{set} {instruction}.{ty} %{letter}0, %{letter}1, %{letter}2;")
			};
			assert_eq!(fault(&divide(7, 0)), Fault::DivisionByZero);
			assert_eq!(fault(&divide(0, 0)), Fault::DivisionByZero);
			let of_the_least = divide(1 << (bits - 1), -1);
			if ty.starts_with('s') {
				assert_eq!(fault(&of_the_least), Fault::DivisionOverflow);
			} else {
				assert!(run(&of_the_least).is_ok(), "the divisor is the greatest integer");
			}
		}
	}
}

/// 128 bits out of two 64, and 64 out of two 32.
#[test]
fn carries_pass_on() {
	let sum = "add.cc.u64 %d0, 0xffffffffffffffff, 1; addc.cc.u64 %d1, 5, 6; addc.u64 %d2, 0, 0;
		st.global.u64 [%d9], %d0; st.global.u64 [%d9+8], %d1;";
	assert_eq!(doubles(sum), [0, 12]);

	// 0x1_00000000 - 1: the borrow leaves 0 above.
	let difference = "sub.cc.u32 %w0, 0, 1; subc.cc.u32 %w1, 1, 0; subc.u32 %w2, 7, 0;
		st.global.v2.u32 [%d9], {%w0, %w1}; st.global.u32 [%d9+8], %w2;";
	assert_eq!(words(difference), [0xffff_ffff, 0, 7, 0]);

	// 0xffffffff × 0xffffffff = 0xfffffffe_00000001; + 0xffffffff carries out of the low half.
	let product = "mov.b32 %w3, 0xffffffff; mad.lo.cc.u32 %w0, %w3, %w3, %w3; madc.hi.u32 %w1, %w3, %w3, 0;
		addc.u32 %w2, 0, 0; st.global.v4.u32 [%d9], {%w0, %w1, %w2, %w3};";
	assert_eq!(words(product), [0, 0xffff_ffff, 1, 0xffff_ffff]);

	// The carry in counts too: 0xffffffff + 0 + 1 carries out.
	let carry_in = "add.cc.u32 %w0, 0xffffffff, 1; addc.cc.u32 %w1, 0xffffffff, 0; addc.u32 %w2, 0, 0;
		mad.hi.cc.s32 %w3, -1, 1, 1; addc.u32 %w4, 0, 0; st.global.v4.u32 [%d9], {%w1, %w2, %w3, %w4};";
	assert_eq!(words(carry_in), [0, 1, 0, 1]);

	// Through 0x80000000 × 2 = 0x1_00000000 and the carry: 1 + 5 + 1.
	let both = "add.cc.u32 %w0, 0xffffffff, 1; madc.lo.cc.u32 %w1, 0x80000000, 2, 0xffffffff;
		madc.hi.cc.u32 %w2, 0x80000000, 2, 5; addc.u32 %w3, 0, 0; madc.lo.u32 %w4, 3, 4, 5;
		st.global.v4.u32 [%d9], {%w1, %w2, %w3, %w4};";
	assert_eq!(words(both), [0, 7, 0, 17]);

	assert_eq!(fault("addc.u32 %w0, 1, 2;"), Fault::UninitialisedCarry);
	assert_eq!(
		fault("add.cc.u32 %w0, 1, 2; addc.u32 %w1, %w0, %w2;"),
		Fault::Uninitialised { register: "%w2".into() }
	);
}
