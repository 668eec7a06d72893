//! The lint accepts what is emitted and refuses everything that is forbidden.

use millrace_kernel_ptx::{emit, lint, LEAVES_PTX};

use crate::programs::{every_opcode, longest, shipped};

#[test]
fn emitted_modules_pass() {
	for (name, program) in shipped() {
		assert_eq!(lint(&emit(&program)), Ok(()), "{name}");
	}
	for program in [every_opcode(true), every_opcode(false), longest()] {
		assert_eq!(lint(&emit(&program)), Ok(()));
	}
	assert_eq!(lint(LEAVES_PTX), Ok(()));
}

/// A module whose line 12 is `line`.
fn module(line: &str) -> String {
	format!(
		".version 6.3\n.target sm_75\n.address_size 64\n\n\
		 .visible .entry items(\n\t.param .align 8 .b8 launch[256]\n)\n.maxntid 128, 1, 1\n{{\n\
		 \t.reg .pred %p<2>;\n\t.reg .b32 %t<2>;\n{line}\n\t.reg .b64 %x<2>;\nEND:\n\tret;\n}}\n"
	)
}

#[test]
fn what_a_kernel_needs_passes() {
	for line in [
		"",
		"\t// a comment",
		"HEAD7:",
		"\tmov.u32 %t0, %tid.x;",
		"\tmov.u32 %t0, %ctaid.x;",
		"\tadd.s32 %t0, %t1, -5;",
		"\t@!%p1 bra END;",
		"\t@%p0 ld.global.nc.v4.u32 {%t0, %t1, %t0, %t1}, [%x0+16];",
		"\tld.param.u64 %x0, [launch+8];",
		"\tmov.b64 {%t0, %t1}, %x0;",
		"\tdp4a.u32.s32 %t0, %t1, %t0, %t0;",
		"\t.local .align 16 .b8 scratch[64];",
	] {
		assert_eq!(lint(&module(line)), Ok(()), "{line}");
	}
}

#[test]
fn what_is_forbidden_is_refused_with_its_line() {
	for line in [
		// Floats and approximations.
		"add.f32 %t0, %t1, %t1;",
		"add.rn.f64 %x0, %x1, %x1;",
		"fma.rn.f16 %t0, %t0, %t0, %t0;",
		"mul.bf16 %t0, %t0, %t0;",
		"ex2.approx.f32 %t0, %t1;",
		"div.approx.f32 %t0, %t1, %t1;",
		"rcp.approx.ftz.f64 %x0, %x1;",
		"cvt.rn.f32.u32 %t0, %t1;",
		"mov.f32 %t0, 0f3F800000;",
		"mov.b32 %t0, 0f3F800000;",
		"mov.b32 %t0, 1.5;",
		".reg .f32 %f<2>;",
		// Between threads.
		"atom.global.add.u32 %t0, [%x0], %t1;",
		"red.global.add.u32 [%x0], %t1;",
		"shfl.sync.bfly.b32 %t0, %t1, 1, 31, -1;",
		"vote.sync.all.pred %p0, %p1, -1;",
		"match.any.sync.b32 %t0, %t1, -1;",
		"activemask.b32 %t0;",
		"bar.sync 0;",
		"barrier.sync 0;",
		"membar.gl;",
		"fence.acq_rel.gpu;",
		"ld.global.u32 %t0, [%x0];",
		"ld.volatile.global.u32 %t0, [%x0];",
		"ld.shared.u32 %t0, [%x0];",
		"ld.u32 %t0, [%x0];",
		"st.u32 [%x0], %t0;",
		"st.shared.u32 [%x0], %t0;",
		"st.release.gpu.global.u32 [%x0], %t0;",
		".shared .align 16 .b8 tile[64];",
		"cp.async.wait_all;",
		// What a thread may not know.
		"mov.u32 %t0, %clock;",
		"mov.u32 %t0, %clock_hi;",
		"mov.u64 %x0, %clock64;",
		"mov.b64 %x0, %clock64;",
		"mov.b32 %t0, %smid;",
		"mov.b32 %t0, %nsmid;",
		"mov.b32 %t0, %warpid;",
		"mov.b32 %t0, %nwarpid;",
		"mov.b32 %t0, %laneid;",
		"mov.b32 %t0, %lanemask_lt;",
		"mov.b64 %x0, %globaltimer;",
		"mov.b32 %t0, %globaltimer_lo;",
		"mov.b32 %t0, %pm0;",
		"mov.b64 %x0, %gridid;",
		"mov.b32 %t0, %envreg3;",
		"mov.b32 %t0, %nctaid.x;",
		"mov.b32 %t0, WARP_SZ;",
		".reg .b32 %clock<1>;",
		".reg .b32 %pm<4>;",
		// Elsewhere.
		"call helper;",
		"trap;",
		"exit;",
		"nanosleep.u32 20;",
		"tex.1d.v4.s32.s32 {%t0, %t0, %t0, %t0}, [launch, {%t1}];",
		".extern .func helper;",
		".pragma \"nounroll\";",
		".target sm_90",
		".version 8.0",
		// What is no declared register, name or line.
		"add.s32 %t0, %t1, %t2;",
		"add.s32 %t0, %t1, %w0;",
		"add.s32 %t0, %t1, elsewhere;",
		"@%p2 bra END;",
		"@%p0 atom.global.add.u32 %t0, [%x0], %t1;",
		"add.s32 %t0, %t1, 1; bar.sync 0;",
		"add.s32 %t0, %t1, 1",
		"/* bar.sync 0; */",
		"add.s32 %t0, %t1, 1 ? 2 : 3;",
	] {
		let error = lint(&module(&format!("\t{line}"))).expect_err(line);
		assert!(error.starts_with("line 12: "), "{line}: {error}");
	}
}

#[test]
fn a_planted_instruction_is_found_wherever_it_stands() {
	let ptx = emit(&every_opcode(true));
	let lines: Vec<&str> = ptx.lines().collect();
	let body = lines
		.iter()
		.position(|line| line.contains("%ctaid.x"))
		.expect("the first instruction");
	for at in (body..lines.len()).step_by(37) {
		let mut planted = lines.clone();
		planted.insert(at, "\tmov.u32 %t0, %clock;");
		let error = lint(&planted.join("\n")).expect_err("a planted clock");
		assert!(error.starts_with(&format!("line {}: ", at + 1)), "{error}");
	}
}
