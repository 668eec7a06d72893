//! Comparisons, selections and logic of predicates. Expected values are computed from the pseudo-code of the PTX ISA by
//! another program; NVIDIA's assembler, folding the same constants, agrees.

use super::{check_all, words};

#[test]
fn comparisons_of_32_bits() {
	check_all(
		"
		setp.eq.u32 w:0xfffffff0 w:16 = p:0
		setp.eq.u32 w:16 w:0xfffffff0 = p:0
		setp.eq.u32 w:7 w:7 = p:1
		setp.ne.u32 w:0xfffffff0 w:16 = p:1
		setp.ne.u32 w:16 w:0xfffffff0 = p:1
		setp.ne.u32 w:7 w:7 = p:0
		setp.lt.u32 w:0xfffffff0 w:16 = p:0
		setp.lt.u32 w:16 w:0xfffffff0 = p:1
		setp.lt.u32 w:7 w:7 = p:0
		setp.le.u32 w:0xfffffff0 w:16 = p:0
		setp.le.u32 w:16 w:0xfffffff0 = p:1
		setp.le.u32 w:7 w:7 = p:1
		setp.gt.u32 w:0xfffffff0 w:16 = p:1
		setp.gt.u32 w:16 w:0xfffffff0 = p:0
		setp.gt.u32 w:7 w:7 = p:0
		setp.ge.u32 w:0xfffffff0 w:16 = p:1
		setp.ge.u32 w:16 w:0xfffffff0 = p:0
		setp.ge.u32 w:7 w:7 = p:1
		setp.lo.u32 w:0xfffffff0 w:16 = p:0
		setp.lo.u32 w:16 w:0xfffffff0 = p:1
		setp.lo.u32 w:7 w:7 = p:0
		setp.ls.u32 w:0xfffffff0 w:16 = p:0
		setp.ls.u32 w:16 w:0xfffffff0 = p:1
		setp.ls.u32 w:7 w:7 = p:1
		setp.hi.u32 w:0xfffffff0 w:16 = p:1
		setp.hi.u32 w:16 w:0xfffffff0 = p:0
		setp.hi.u32 w:7 w:7 = p:0
		setp.hs.u32 w:0xfffffff0 w:16 = p:1
		setp.hs.u32 w:16 w:0xfffffff0 = p:0
		setp.hs.u32 w:7 w:7 = p:1
		setp.eq.s32 w:0xfffffff0 w:16 = p:0
		setp.eq.s32 w:16 w:0xfffffff0 = p:0
		setp.eq.s32 w:7 w:7 = p:1
		setp.ne.s32 w:0xfffffff0 w:16 = p:1
		setp.ne.s32 w:16 w:0xfffffff0 = p:1
		setp.ne.s32 w:7 w:7 = p:0
		setp.lt.s32 w:0xfffffff0 w:16 = p:1
		setp.lt.s32 w:16 w:0xfffffff0 = p:0
		setp.lt.s32 w:7 w:7 = p:0
		setp.le.s32 w:0xfffffff0 w:16 = p:1
		setp.le.s32 w:16 w:0xfffffff0 = p:0
		setp.le.s32 w:7 w:7 = p:1
		setp.gt.s32 w:0xfffffff0 w:16 = p:0
		setp.gt.s32 w:16 w:0xfffffff0 = p:1
		setp.gt.s32 w:7 w:7 = p:0
		setp.ge.s32 w:0xfffffff0 w:16 = p:0
		setp.ge.s32 w:16 w:0xfffffff0 = p:1
		setp.ge.s32 w:7 w:7 = p:1
		setp.eq.b32 w:5 w:5 = p:1
		setp.ne.b32 w:5 w:5 = p:0
		",
	);
}

#[test]
fn comparisons_of_other_widths() {
	check_all(
		"
		setp.eq.u64 d:0xfffffff000000000 d:16 = p:0
		setp.eq.u64 d:16 d:0xfffffff000000000 = p:0
		setp.ne.u64 d:0xfffffff000000000 d:16 = p:1
		setp.ne.u64 d:16 d:0xfffffff000000000 = p:1
		setp.lt.u64 d:0xfffffff000000000 d:16 = p:0
		setp.lt.u64 d:16 d:0xfffffff000000000 = p:1
		setp.le.u64 d:0xfffffff000000000 d:16 = p:0
		setp.le.u64 d:16 d:0xfffffff000000000 = p:1
		setp.gt.u64 d:0xfffffff000000000 d:16 = p:1
		setp.gt.u64 d:16 d:0xfffffff000000000 = p:0
		setp.ge.u64 d:0xfffffff000000000 d:16 = p:1
		setp.ge.u64 d:16 d:0xfffffff000000000 = p:0
		setp.eq.s64 d:0xfffffff000000000 d:16 = p:0
		setp.eq.s64 d:16 d:0xfffffff000000000 = p:0
		setp.ne.s64 d:0xfffffff000000000 d:16 = p:1
		setp.ne.s64 d:16 d:0xfffffff000000000 = p:1
		setp.lt.s64 d:0xfffffff000000000 d:16 = p:1
		setp.lt.s64 d:16 d:0xfffffff000000000 = p:0
		setp.le.s64 d:0xfffffff000000000 d:16 = p:1
		setp.le.s64 d:16 d:0xfffffff000000000 = p:0
		setp.gt.s64 d:0xfffffff000000000 d:16 = p:0
		setp.gt.s64 d:16 d:0xfffffff000000000 = p:1
		setp.ge.s64 d:0xfffffff000000000 d:16 = p:0
		setp.ge.s64 d:16 d:0xfffffff000000000 = p:1
		setp.lt.u16 h:0xffff h:1 = p:0
		setp.lt.s16 h:0xffff h:1 = p:1
		setp.eq.b64 d:5 d:0x100000005 = p:0
		setp.ne.b16 h:5 h:6 = p:1
		",
	);
}

#[test]
fn comparisons_combine_with_a_predicate() {
	check_all(
		"
		setp.lt.and.u32 w:1 w:2 p:1 = p:1
		setp.lt.and.u32 w:1 w:2 p:0 = p:0
		setp.lt.and.u32 w:2 w:2 p:1 = p:0
		setp.lt.and.u32 w:2 w:2 p:0 = p:0
		setp.lt.or.u32 w:1 w:2 p:1 = p:1
		setp.lt.or.u32 w:1 w:2 p:0 = p:1
		setp.lt.or.u32 w:2 w:2 p:1 = p:1
		setp.lt.or.u32 w:2 w:2 p:0 = p:0
		setp.lt.xor.u32 w:1 w:2 p:1 = p:0
		setp.lt.xor.u32 w:1 w:2 p:0 = p:1
		setp.lt.xor.u32 w:2 w:2 p:1 = p:1
		setp.lt.xor.u32 w:2 w:2 p:0 = p:0
		",
	);
}

#[test]
fn comparisons_as_masks() {
	check_all(
		"
		set.lt.u32.s32 w:0xffffffff w:1 = w:0xffffffff
		set.lt.u32.u32 w:0xffffffff w:1 = w:0
		set.ge.s32.u64 d:0x100000000 d:1 = w:0xffffffff
		set.eq.u32.b16 h:3 h:3 = w:0xffffffff
		set.lo.and.u32.u32 w:1 w:2 p:1 = w:0xffffffff
		set.lo.and.u32.u32 w:1 w:2 p:0 = w:0
		set.gt.xor.s32.s64 d:0xffffffffffffffff d:0 p:1 = w:0xffffffff
		",
	);
}

#[test]
fn selections_by_a_predicate() {
	check_all(
		"
		selp.b32 w:0x12345678 w:0x87654321 p:1 = w:0x12345678
		selp.u64 d:0x123456789abcdef1 d:0xfedcba9876543210 p:1 = d:0x123456789abcdef1
		selp.s16 h:0x1234 h:0x8765 p:1 = h:0x1234
		selp.b32 w:0x12345678 w:0x87654321 p:0 = w:0x87654321
		selp.u64 d:0x123456789abcdef1 d:0xfedcba9876543210 p:0 = d:0xfedcba9876543210
		selp.s16 h:0x1234 h:0x8765 p:0 = h:0x8765
		",
	);
}

#[test]
fn selections_by_a_sign() {
	check_all(
		"
		slct.b32.s32 w:0x12345678 w:0x87654321 w:0 = w:0x12345678
		slct.b32.s32 w:0x12345678 w:0x87654321 w:5 = w:0x12345678
		slct.b32.s32 w:0x12345678 w:0x87654321 w:0x7fffffff = w:0x12345678
		slct.b32.s32 w:0x12345678 w:0x87654321 w:0x80000000 = w:0x87654321
		slct.b32.s32 w:0x12345678 w:0x87654321 w:0xffffffff = w:0x87654321
		slct.u64.s32 d:0x123456789abcdef1 d:0xfedcba9876543210 w:0xffffffff = d:0xfedcba9876543210
		slct.s16.s32 h:0x1234 h:0x8765 w:1 = h:0x1234
		",
	);
}

#[test]
fn predicates() {
	check_all(
		"
		not.pred p:1 = p:0
		mov.pred p:1 = p:1
		and.pred p:1 p:1 = p:1
		or.pred p:1 p:1 = p:1
		xor.pred p:1 p:1 = p:0
		and.pred p:1 p:0 = p:0
		or.pred p:1 p:0 = p:1
		xor.pred p:1 p:0 = p:1
		not.pred p:0 = p:1
		mov.pred p:0 = p:0
		and.pred p:0 p:1 = p:0
		or.pred p:0 p:1 = p:1
		xor.pred p:0 p:1 = p:1
		and.pred p:0 p:0 = p:0
		or.pred p:0 p:0 = p:0
		xor.pred p:0 p:0 = p:0
		",
	);
}

/// The second destination has the opposite of the comparison, not of the result.
#[test]
fn two_destinations() {
	for (operation, with, expected) in [
		("lt.u32", "", [1, 0]),
		("gt.u32", "", [0, 1]),
		("lt.and.u32", ", %p1", [1, 0]),
		("lt.and.u32", ", !%p1", [0, 0]),
		("gt.and.u32", ", %p1", [0, 1]),
		("lt.or.u32", ", %p1", [1, 1]),
		("gt.or.u32", ", !%p1", [0, 1]),
		("lt.xor.u32", ", %p1", [0, 1]),
		("lt.xor.u32", ", !%p1", [1, 0]),
	] {
		let set = "mov.pred %p1, 1; mov.b32 %w1, 3; mov.b32 %w2, 4;";
		let store = "selp.u32 %w0, 1, 0, %p2; selp.u32 %w1, 1, 0, %p3; st.global.v2.u32 [%d9], {%w0, %w1};";
		let body = format!("{set} setp.{operation} %p2|%p3, %w1, %w2{with}; {store}");
		assert_eq!(words(&body)[..2], expected, "{operation}{with}");
		let first = format!("{set} mov.pred %p3, 0; setp.{operation} %p2|_, %w1, %w2{with}; {store}");
		assert_eq!(words(&first)[..2], [expected[0], 0], "{operation}{with}");
		let second = format!("{set} mov.pred %p2, 0; setp.{operation} _|%p3, %w1, %w2{with}; {store}");
		assert_eq!(words(&second)[..2], [0, expected[1]], "{operation}{with}");
	}
}

/// A destination may be a source.
#[test]
fn sources_are_read_first() {
	let set = "mov.pred %p0, 1; mov.pred %p1, 0; setp.lt.and.u32 %p0|%p1, 1, 2, !%p1;";
	let store = "selp.u32 %w0, 1, 0, %p0; selp.u32 %w1, 1, 0, %p1; st.global.v2.u32 [%d9], {%w0, %w1};";
	assert_eq!(words(&format!("{set} {store}"))[..2], [1, 0]);
	let negated = "mov.pred %p0, 1; not.pred %p0, !%p0; and.pred %p1, %p0, !%p0; or.pred %p1, %p1, !%p1;";
	assert_eq!(words(&format!("{negated} {store}"))[..2], [1, 1]);
}
