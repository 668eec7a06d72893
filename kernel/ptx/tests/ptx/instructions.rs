//! How instructions look whose operands PTX would not take as they are, and how memory is accessed.

use crate::expectation::{assert_has, count, text};

#[test]
fn counts_of_shifts_are_masked() {
	let ptx = text(
		"shl w1, w2, w3\nshru w1, w2, w3\nshrs w1, w2, w3\nshl w1, w2, 33\n\
		 shl.d d1, d2, d3\nshru.d d1, d2, d3\nshrs.d d1, d2, d3\nshrs.d d1, d2, 65\n",
	);
	for (name, shown) in [("shl.b32", "shl"), ("shr.u32", "shru"), ("shr.s32", "shrs")] {
		assert_has(&ptx, &["and.b32 %t0, %w3, 31;", &format!("{name} %w1, %w2, %t0;")]);
		assert!(!ptx.contains(&format!("{name} %w1, %w2, %w3")), "{shown}");
	}
	for name in ["shl.b64", "shr.u64", "shr.s64"] {
		assert_has(
			&ptx,
			&[
				"cvt.u32.u64 %t0, %d3;",
				"and.b32 %t0, %t0, 63;",
				&format!("{name} %d1, %d2, %t0;"),
			],
		);
	}
	assert_has(&ptx, &["shl.b32 %w1, %w2, 1;"]);
	assert_has(&ptx, &["shr.s64 %d1, %d2, 1;"]);

	let ptx = text("rotl w1, w2, w3\nrotl w1, w2, 33\nfshr w1, w2, w3, w4\nfshr w1, w2, 40, w4\nrotl.d d1, d2, 64\n");
	assert_has(&ptx, &["shf.l.wrap.b32 %w1, %w2, %w2, %w3;"]);
	assert_has(&ptx, &["shf.l.wrap.b32 %w1, %w2, %w2, 1;"]);
	// The low word comes first.
	assert_has(&ptx, &["shf.r.wrap.b32 %w1, %w2, %w4, %w3;"]);
	assert_has(&ptx, &["shf.r.wrap.b32 %w1, %w2, %w4, 8;"]);
	assert_has(
		&ptx,
		&["shl.b64 %x0, %d2, 0;", "shr.u64 %x1, %d2, 0;", "or.b64 %d1, %x0, %x1;"],
	);
}

#[test]
fn divisors_are_replaced_before_the_division() {
	let ptx = text("divu w1, w2, w3\nrems w1, w2, w3\ndivs.d d1, d2, d3\nremu.d d1, d2, d3\n");
	assert_has(
		&ptx,
		&[
			"setp.eq.u32 %p0, %w3, 0;",
			"selp.b32 %t0, 1, %w3, %p0;",
			"div.u32 %w1, %w2, %t0;",
			"setp.eq.s32 %p0, %w2, -2147483648;",
			"setp.eq.and.s32 %p0, %w3, -1, %p0;",
			"setp.eq.or.s32 %p0, %w3, 0, %p0;",
			"selp.b32 %t0, 1, %w3, %p0;",
			"rem.s32 %w1, %w2, %t0;",
			"setp.eq.s64 %p0, %d2, -9223372036854775808;",
			"setp.eq.and.s64 %p0, %d3, -1, %p0;",
			"setp.eq.or.s64 %p0, %d3, 0, %p0;",
			"selp.b64 %x0, 1, %d3, %p0;",
			"div.s64 %d1, %d2, %x0;",
			"setp.eq.u64 %p0, %d3, 0;",
			"selp.b64 %x0, 1, %d3, %p0;",
			"rem.u64 %d1, %d2, %x0;",
		],
	);
	// A divisor that is known needs no check, and never makes an undefined division.
	let ptx = text(
		"divu w1, w2, 0\nremu w1, w2, 0\ndivs w1, w2, -1\nrems w1, w2, -1\ndivu w1, w2, -1\ndivs w1, w2, 10\n\
		 rems.d d1, d2, -1\ndivs.d d1, d2, 1\n",
	);
	assert_has(
		&ptx,
		&[
			"mov.b32 %w1, %w2;",
			"mov.b32 %w1, 0;",
			"neg.s32 %w1, %w2;",
			"mov.b32 %w1, 0;",
			"div.u32 %w1, %w2, -1;",
			"div.s32 %w1, %w2, 10;",
			"mov.b64 %d1, 0;",
			"mov.b64 %d1, %d2;",
		],
	);
}

#[test]
fn plain_loads_do_not_branch() {
	let ptx = text("index w1\nld128 w4, x[w1 + 2]\nld64 d1, x[w1]:3\nld16s w1, y[w1]\n");
	// One branch, to how the item ends.
	assert_eq!(count(&ptx, "bra "), 1);
	assert_eq!(count(&ptx, "@!%p0 bra DONE;"), 1);
	assert_has(
		&ptx,
		&[
			"add.s32 %t0, %w1, 2;",
			"shr.u32 %t1, %t0, 6;",
			"setp.ne.s32 %p0, %chunk0, %t1;",
			"@%p0 add.s32 %faults0, %faults0, 1;",
			"mov.b32 %chunk0, %t1;",
			"setp.ge.or.u32 %bad0, %t0, %count1, %bad0;",
			"mad.wide.u32 %x0, %t0, 16, %in0;",
			"@!%bad0 ld.global.nc.v4.u32 {%w4, %w5, %w6, %w7}, [%x0];",
		],
	);
	// Another cursor remembers another chunk; each width of an input has its own count.
	assert_has(
		&ptx,
		&[
			"shr.u32 %t1, %w1, 7;",
			"setp.ne.s32 %p0, %chunk2, %t1;",
			"@%p0 add.s32 %faults0, %faults0, 1;",
			"mov.b32 %chunk2, %t1;",
			"setp.ge.or.u32 %bad0, %w1, %count0, %bad0;",
			"mad.wide.u32 %x0, %w1, 8, %in0;",
			"@!%bad0 ld.global.nc.u64 %d1, [%x0];",
		],
	);
	assert_has(
		&ptx,
		&[
			"mad.wide.u32 %x0, %w1, 2, %in1;",
			"@!%bad0 ld.global.nc.s16 %w1, [%x0];",
		],
	);
	assert_has(&ptx, &["setp.gt.or.u32 %p0, %faults0, 7, %p0;"]);
}

#[test]
fn loads_that_read_zero_clear_their_destination_after_the_address() {
	let ptx = text("index w4\nld128.z w3, x[w4]\n");
	assert_has(
		&ptx,
		&[
			"setp.lt.u32 %p0, %w4, %count0;",
			"mad.wide.u32 %x0, %w4, 16, %in0;",
			"mov.b32 %w3, 0;",
			"mov.b32 %w4, 0;",
			"mov.b32 %w5, 0;",
			"mov.b32 %w6, 0;",
			"@%p0 ld.global.nc.v4.u32 {%w3, %w4, %w5, %w6}, [%x0];",
		],
	);
	assert!(!ptx.contains("%bad"), "no plain load, no flag");
	assert!(!text("add w1, w2, w3\n").contains("%faults"), "no load, no faults");
}

#[test]
fn a_register_that_nothing_writes_is_zero() {
	let ptx = text("ld32 w1, x[w0 + 300]\nld32.z w2, x[w0 + 0xffffffff]\nsto32 [w0 + 9], w1\nconst32 w3, [w0 + 1]\n");
	assert_has(
		&ptx,
		&[
			"setp.ne.s32 %p0, %chunk0, 1;",
			"@%p0 add.s32 %faults0, %faults0, 1;",
			"mov.b32 %chunk0, 1;",
			"setp.le.or.u32 %bad0, %count0, 300, %bad0;",
			"@!%bad0 ld.global.nc.u32 %w1, [%in0+1200];",
		],
	);
	// An offset beyond 31 bits is added.
	assert_has(
		&ptx,
		&[
			"setp.gt.u32 %p0, %count0, 4294967295;",
			"add.s64 %x0, %in0, 17179869180;",
			"mov.b32 %w2, 0;",
			"@%p0 ld.global.nc.u32 %w2, [%x0];",
		],
	);
	// 9 × 4 modulo 32.
	assert_has(&ptx, &["st.global.u32 [%out0+4], %w1;"]);
	// The constant itself; then no table is needed.
	assert_has(&ptx, &["mov.b32 %w3, -2147483648;"]);
	assert!(!ptx.contains(".global .align"));
}

#[test]
fn offsets_into_areas_are_masked() {
	let ptx = text(
		"index w1\nsto16 [w1 + 18], w2\nsto128 [w1], w4\nconst32 w3, [w1 + 5]\nlds64 d1, [w1]\n\
		 sts8 [w1], w2\n",
	);
	assert_has(
		&ptx,
		&[
			"add.s32 %t0, %w1, 2;",
			"and.b32 %t0, %t0, 15;",
			"mad.wide.u32 %x0, %t0, 2, %out0;",
			"st.global.u16 [%x0], %w2;",
			"and.b32 %t0, %w1, 1;",
			"mad.wide.u32 %x0, %t0, 16, %out0;",
			"st.global.v4.u32 [%x0], {%w4, %w5, %w6, %w7};",
			"add.s32 %t0, %w1, 1;",
			"and.b32 %t0, %t0, 3;",
			"mad.wide.u32 %x0, %t0, 4, %table0;",
			"ld.global.nc.u32 %w3, [%x0];",
			"and.b32 %t0, %w1, 7;",
			"mad.wide.u32 %x0, %t0, 8, %scratch0;",
			"ld.local.u64 %d1, [%x0];",
			"and.b32 %t0, %w1, 63;",
			"mad.wide.u32 %x0, %t0, 1, %scratch0;",
			"st.local.u8 [%x0], %w2;",
		],
	);
	assert_has(&ptx, &[".local .align 16 .b8 scratch[64];"]);
	assert_has(
		&ptx,
		&[
			"mov.b64 %scratch0, scratch;",
			"mov.b32 %t1, 0;",
			"st.local.v4.u32 [%scratch0+0], {%t1, %t1, %t1, %t1};",
			"st.local.v4.u32 [%scratch0+16], {%t1, %t1, %t1, %t1};",
			"st.local.v4.u32 [%scratch0+32], {%t1, %t1, %t1, %t1};",
			"st.local.v4.u32 [%scratch0+48], {%t1, %t1, %t1, %t1};",
		],
	);
	let table = "constants[16] = {3, 0, 0, 0, 0, 0, 0, 128, 5, 0, 0, 0, 7, 0, 0, 0};";
	assert_has(&ptx, &[&format!(".global .align 16 .b8 {table}")]);
}

#[test]
fn scratch_at_fixed_offsets_lies_in_registers() {
	let ptx = text(
		"sts8 [w0 + 70], w1\nlds8u w2, [w0 + 3]\nsts32 [w0 + 5], w1\nlds32 w2, [w0 + 1]\nsts64 [w0], d1\n\
		 lds64 d2, [w0 + 2]\n",
	);
	assert_has(
		&ptx,
		&[
			"bfi.b32 %cell1, %w1, %cell1, 16, 8;",
			"bfe.u32 %w2, %cell0, 24, 8;",
			"mov.b32 %cell5, %w1;",
			"mov.b32 %w2, %cell1;",
			"mov.b64 {%cell0, %cell1}, %d1;",
			"mov.b64 %d2, {%cell4, %cell5};",
		],
	);
	assert_has(&ptx, &[".reg .b32 %cell<6>;"]);
	assert_has(
		&ptx,
		&[
			"mov.b32 %cell0, 0;",
			"mov.b32 %cell1, 0;",
			"mov.b32 %cell4, 0;",
			"mov.b32 %cell5, 0;",
		],
	);
	assert!(!ptx.contains("local"));
}
