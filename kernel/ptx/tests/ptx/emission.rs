//! What every module contains, and how its control flow and its ends look.

use std::mem::offset_of;

use millrace_kernel_ptx::{emit, Launch, BLOCK, EMITTER_VERSION, ITEMS, LEAVES, LEAVES_PTX};

use crate::{
	expectation::{assert_has, count, text},
	programs::{every_opcode, longest, program, shipped},
};

#[test]
fn the_launch_has_the_offsets_that_the_text_reads() {
	assert_eq!((size_of::<Launch>(), align_of::<Launch>()), (256, 8));
	assert_eq!(offset_of!(Launch, out), 0);
	assert_eq!(offset_of!(Launch, figures), 8);
	assert_eq!(offset_of!(Launch, inputs), 16);
	assert_eq!(offset_of!(Launch, lengths), 80);
	assert_eq!(offset_of!(Launch, params), 112);
	assert_eq!(offset_of!(Launch, first), 240);
	assert_eq!(offset_of!(Launch, count), 244);
	assert_eq!(offset_of!(Launch, items), 248);
	assert_eq!(offset_of!(Launch, max_units), 252);
	let ptx = text("items w0\nlen w1, y\nparam d0, q\nindex w2\nld32 w3, y[w2]\n");
	assert_has(&ptx, &["ld.param.u32 %w0, [launch+248];"]);
	assert_has(&ptx, &["ld.param.u32 %w1, [launch+84];"]);
	assert_has(&ptx, &["ld.param.u64 %d0, [launch+120];"]);
	assert_has(&ptx, &["mov.b32 %w2, %index0;"]);
	assert_has(
		&ptx,
		&[
			"ld.param.u64 %in1, [launch+24];",
			"ld.param.u32 %count0, [launch+84];",
			"shr.u32 %count0, %count0, 2;",
		],
	);
}

#[test]
fn modules_begin_and_end_as_agreed() {
	assert_eq!((ITEMS, LEAVES, BLOCK, EMITTER_VERSION), ("items", "leaves", 128, 1));
	for (name, program) in shipped() {
		let ptx = emit(&program);
		assert!(
			ptx.starts_with(".version 6.3\n.target sm_75\n.address_size 64\n\n"),
			"{name}"
		);
		let entry = ".visible .entry items(\n\t.param .align 8 .b8 launch[256]\n)\n.maxntid 128, 1, 1\n{\n\t.reg";
		assert!(ptx.contains(entry), "{name}");
		assert!(ptx.ends_with("\tst.global.u32 [%x0], %t0;\n\tret;\n}\n"), "{name}");
	}
	assert!(LEAVES_PTX.contains(".visible .entry leaves(\n\t.param .u64 figures,\n\t.param .u64 units,\n"));
}

/// The worked example of the specification, written out by hand.
#[test]
fn the_worked_example_is_exact() {
	let example = program(
		".item 4\n.inputs x\n.max_units 200\n.max_faults 1\n\
		 index w0\nld8u w1, x[w0]\nmad w1, w1, 3, w0\nsto32 [w2], w1\n",
	);
	let expected = "\
.version 6.3
.target sm_75
.address_size 64

.visible .entry items(
	.param .align 8 .b8 launch[256]
)
.maxntid 128, 1, 1
{
	.reg .pred %p<1>;
	.reg .pred %bad<1>;
	.reg .b32 %t<2>;
	.reg .b64 %x<2>;
	.reg .b32 %units<1>;
	.reg .b32 %faults<1>;
	.reg .b32 %max<1>;
	.reg .b32 %n<1>;
	.reg .b32 %index<1>;
	.reg .b64 %out<1>;
	.reg .b64 %in<1>;
	.reg .b32 %count<1>;
	.reg .b32 %chunk<1>;
	.reg .b32 %w<3>;

	mov.u32 %t0, %ctaid.x;
	mov.u32 %t1, %tid.x;
	mad.lo.s32 %n0, %t0, 128, %t1;
	ld.param.u32 %t0, [launch+244];
	setp.ge.u32 %p0, %n0, %t0;
	@%p0 ret;
	ld.param.u32 %t0, [launch+240];
	add.s32 %index0, %n0, %t0;
	ld.param.u32 %max0, [launch+252];
	ld.param.u64 %x0, [launch+0];
	mad.wide.u32 %out0, %n0, 4, %x0;
	ld.param.u64 %in0, [launch+16];
	ld.param.u32 %count0, [launch+80];
	mov.b32 %units0, 16;
	mov.b32 %faults0, 0;
	setp.ne.s32 %bad0, %n0, %n0;
	mov.b32 %chunk0, -1;
	mov.b32 %w0, 0;
	mov.b32 %w1, 0;
	mov.b32 %w2, 0;
	mov.b32 %w0, %index0;
	shr.u32 %t1, %w0, 10;
	setp.ne.s32 %p0, %chunk0, %t1;
	@%p0 add.s32 %faults0, %faults0, 1;
	mov.b32 %chunk0, %t1;
	setp.ge.or.u32 %bad0, %w0, %count0, %bad0;
	mad.wide.u32 %x0, %w0, 1, %in0;
	@!%bad0 ld.global.nc.u8 %w1, [%x0];
	mad.lo.s32 %w1, %w1, 3, %w0;
	st.global.u32 [%out0], %w1;
	add.s32 %units0, %units0, 14;
END:
	mad.lo.s32 %t0, %faults0, 128, %units0;
	setp.gt.or.u32 %p0, %t0, %max0, %bad0;
	setp.gt.or.u32 %p0, %faults0, 1, %p0;
	@!%p0 bra DONE;
BOUND:
	or.b32 %t0, %max0, -2147483648;
	mov.b32 %t1, 0;
	st.global.u32 [%out0], %t1;
DONE:
	ld.param.u64 %x0, [launch+8];
	mad.wide.u32 %x0, %n0, 4, %x0;
	st.global.u32 [%x0], %t0;
	ret;
}
";
	assert_eq!(emit(&example), expected);
}

#[test]
fn the_text_is_the_same_each_time() {
	for program in [every_opcode(true), every_opcode(false)] {
		assert_eq!(emit(&program), emit(&program.clone()));
	}
}

#[test]
fn the_longest_program_has_a_text_of_a_few_megabytes() {
	let ptx = emit(&longest());
	assert_eq!(count(&ptx, "ld.global.nc.v4.u32"), 4095);
	assert!(ptx.len() < 3 << 20, "{} bytes", ptx.len());
}

#[test]
fn units_are_added_before_control_goes_and_checked_at_the_head_of_a_loop() {
	// Instructions 0 to 9, then the end.
	let ptx = text(
		"add w1, w1, 1\nloop top\nadd w2, w2, 1\nif w2\nsub w2, w2, 1\nelse\nclz w3, w2\nend\nbr_if w3, top\n\
		 end\n",
	);
	assert_has(
		&ptx,
		&[
			"add.s32 %w1, %w1, 1;",
			"add.s32 %units0, %units0, 1;",
			"HEAD1:",
			"setp.gt.u32 %p0, %units0, %max0;",
			"@%p0 bra BOUND;",
			"add.s32 %w2, %w2, 1;",
			"add.s32 %units0, %units0, 2;",
			"setp.eq.s32 %p0, %w2, 0;",
			"@%p0 bra ELSE3;",
			"sub.s32 %w2, %w2, 1;",
			"add.s32 %units0, %units0, 2;",
			"bra BEHIND3;",
			"ELSE3:",
			"clz.b32 %w3, %w2;",
			"add.s32 %units0, %units0, 4;",
			"BEHIND3:",
			"add.s32 %units0, %units0, 1;",
			"setp.ne.s32 %p0, %w3, 0;",
			"@%p0 bra HEAD1;",
			"END:",
			"mov.b32 %t0, %units0;",
			"setp.gt.u32 %p0, %t0, %max0;",
			"@!%p0 bra DONE;",
			"BOUND:",
		],
	);
	// Faults count at the head of a loop too.
	let ptx = text("loop top\nld32 w1, x[w1]\nbr_ifz w1, top\nend\n");
	assert_has(
		&ptx,
		&[
			"HEAD0:",
			"mad.lo.s32 %t0, %faults0, 128, %units0;",
			"setp.gt.u32 %p0, %t0, %max0;",
			"@%p0 bra BOUND;",
		],
	);
	assert_has(
		&ptx,
		&[
			"add.s32 %units0, %units0, 9;",
			"setp.eq.s32 %p0, %w1, 0;",
			"@%p0 bra HEAD0;",
		],
	);
	// A loop that nothing repeats, and a block that nothing leaves, are straight lines.
	let ptx = text("block\nloop\nadd w1, w1, 1\nend\nend\nadd w1, w1, 1\n");
	assert_has(
		&ptx,
		&[
			"add.s32 %w1, %w1, 1;",
			"add.s32 %w1, %w1, 1;",
			"add.s32 %units0, %units0, 2;",
			"END:",
		],
	);
}

#[test]
fn blocks_end_where_branches_go() {
	let ptx = text("block out\nif w1\nbr out\nend\nreturn\nend\nadd w1, w1, 1\n");
	assert_has(
		&ptx,
		&[
			"add.s32 %units0, %units0, 1;",
			"setp.eq.s32 %p0, %w1, 0;",
			"@%p0 bra ELSE1;",
			"add.s32 %units0, %units0, 1;",
			"bra BEHIND0;",
			"ELSE1:",
			"add.s32 %units0, %units0, 1;",
			"bra END;",
			"BEHIND0:",
			"add.s32 %w1, %w1, 1;",
			"add.s32 %units0, %units0, 1;",
			"END:",
		],
	);
}

#[test]
fn an_explicit_trap_yields_to_a_bound_trap() {
	let ptx = text("index w1\nld32 w2, x[w1]\nif w2\ntrap\nend\n");
	assert_has(&ptx, &["add.s32 %units0, %units0, 1;", "bra TRAP;", "ELSE2:"]);
	assert_has(
		&ptx,
		&[
			"END:",
			"mad.lo.s32 %t0, %faults0, 128, %units0;",
			"setp.gt.or.u32 %p0, %t0, %max0, %bad0;",
			"setp.gt.or.u32 %p0, %faults0, 7, %p0;",
			"@!%p0 bra DONE;",
			"bra BOUND;",
			"TRAP:",
			"mad.lo.s32 %t0, %faults0, 128, %units0;",
			"setp.gt.or.u32 %p0, %t0, %max0, %bad0;",
			"setp.gt.or.u32 %p0, %faults0, 7, %p0;",
			"or.b32 %t0, %t0, -2147483648;",
			"@!%p0 bra ZERO;",
			"BOUND:",
			"or.b32 %t0, %max0, -2147483648;",
			"ZERO:",
			"mov.b32 %t1, 0;",
			"st.global.v4.u32 [%out0+0], {%t1, %t1, %t1, %t1};",
			"st.global.v4.u32 [%out0+16], {%t1, %t1, %t1, %t1};",
			"DONE:",
		],
	);
}

#[test]
fn a_trap_clears_items_of_every_size() {
	for (size, expected) in [
		(1, "st.global.u8 [%out0], %t1;"),
		(2, "st.global.u16 [%out0], %t1;"),
		(4, "st.global.u32 [%out0], %t1;"),
		(8, "st.global.u64 [%out0], %x0;"),
		(1024, "st.global.v4.u32 [%out0+1008], {%t1, %t1, %t1, %t1};"),
	] {
		let ptx = emit(&program(&format!(
			".item {size}\n.max_units 1000\n.w zero\nsto8 [zero], zero\n"
		)));
		assert_has(&ptx, &[expected, "DONE:"]);
		assert_eq!(count(&ptx, "st.global.v4"), if size == 1024 { 64 } else { 0 });
	}
}
