//! Texts that are not PTX, or not of the subset: nothing is skipped.

use super::{refused, run, BODY_LINE, HEADER};
use crate::ptx::{Error, Module};

#[test]
fn instructions_that_ptx_does_not_have() {
	for instruction in [
		// Types that an instruction does not take.
		"and.u32 %w0, %w1, %w2",
		"or.s32 %w0, %w1, %w2",
		"xor.b8 %w0, %w1, %w2",
		"not.u32 %w0, %w1",
		"cnot.pred %p0, %p1",
		"shl.u32 %w0, %w1, %w2",
		"shl.s64 %d0, %d1, %w2",
		"add.b32 %w0, %w1, %w2",
		"add.u8 %w0, %w1, %w2",
		"min.b32 %w0, %w1, %w2",
		"div.b32 %w0, %w1, %w2",
		"neg.u32 %w0, %w1",
		"abs.u32 %w0, %w1",
		"popc.u32 %w0, %w1",
		"popc.b16 %w0, %h1",
		"clz.b8 %w0, %w1",
		"bfind.b32 %w0, %w1",
		"bfind.u16 %w0, %h1",
		"bfe.b32 %w0, %w1, 1, 2",
		"bfi.u32 %w0, %w1, %w2, 1, 2",
		"mul.wide.u64 %d0, %d1, %d2",
		"mad.wide.u64 %d0, %d1, %d2, %d3",
		"prmt.u32 %w0, %w1, %w2, 0",
		"lop3.b64 %d0, %d1, %d2, %d3, 0",
		"dp4a.b32.u32 %w0, %w1, %w2, %w3",
		"dp4a.u64.u32 %w0, %w1, %w2, %w3",
		"slct.b32.u32 %w0, %w1, %w2, %w3",
		"selp.pred %p0, %p1, %p2, %p3",
		"selp.b8 %w0, %w1, %w2, %p3",
		"setp.lt.b32 %p0, %w1, %w2",
		"setp.lo.s32 %p0, %w1, %w2",
		"setp.ltu.u32 %p0, %w1, %w2",
		"setp.eq.u8 %p0, %w1, %w2",
		"setp.lt.nand.u32 %p0, %w1, %w2, %p1",
		"set.lt.u64.u64 %d0, %d1, %d2",
		"set.lt.b32.u32 %w0, %w1, %w2",
		"cvt.u32.b32 %w0, %w1",
		"cvt.b64.u32 %d0, %w1",
		"cvt.rzi.u8.u32 %w0, %w1",
		"mov.u8 %w0, %w1",
		"ld.global.pred %p0, [%d9]",
		"cvta.to.global.b64 %d0, %d1",
		"add.cc.u16 %h0, %h1, %h2",
		// Modifiers that are missing, unknown or out of order.
		"mul.u32 %w0, %w1, %w2",
		"mad.u32 %w0, %w1, %w2, %w3",
		"shf.l.b32 %w0, %w1, %w2, %w3",
		"shf.wrap.l.b32 %w0, %w1, %w2, %w3",
		"mul.lo.cc.u32 %w0, %w1, %w2",
		"mad.cc.lo.u32 %w0, %w1, %w2, %w3",
		"mad.wide.cc.u32 %d0, %w1, %w2, %d3",
		"add.u32.cc %w0, %w1, %w2",
		"add %w0, %w1, %w2",
		"ld.global.v4.nc.u32 {%w0, %w1, %w2, %w3}, [%d9]",
		"ld.global.v3.u32 {%w0, %w1, %w2}, [%d9]",
		"ld.global.v4.u64 {%d0, %d1, %d2, %d3}, [%d9]",
		"ld.local.nc.u32 %w0, [%d9]",
		"st.const.u32 [%d9], 1",
		"st.param.u64 [result], 1",
		"exit.uni",
		"trap.uni",
		"bra.all L",
		// Outside the subset.
		"add.sat.s32 %w0, %w1, %w2",
		"cvt.sat.u8.u32 %w0, %w1",
		"add.f32 %w0, %w1, %w2",
		"ld.u32 %w0, [%d9]",
		"ld.volatile.global.u32 %w0, [%d9]",
		"ld.shared.u32 %w0, [%d9]",
		"atom.global.add.u32 %w0, [%d9], 1",
		"red.global.add.u32 [%d9], 1",
		"bar.sync 0",
		"membar.gl",
		"shfl.sync.idx.b32 %w0, %w1, 0, 31, -1",
		"prmt.b32.f4e %w0, %w1, %w2, 0",
		"cvta.local.u64 %d0, %d1",
		"mul24.lo.u32 %w0, %w1, %w2",
		"call f",
		"nop",
	] {
		let name = instruction.split(' ').next().unwrap().to_owned();
		let expected = Error::UnknownInstruction {
			line: BODY_LINE,
			instruction: name,
		};
		assert_eq!(refused(&format!("{instruction};")), expected, "{instruction}");
	}
}

#[test]
fn registers_of_another_width() {
	for (instruction, register, expected, found) in [
		("add.u64 %d0, %d1, %w2", "%w2", 64, 32),
		("add.u32 %w0, %d1, %w2", "%d1", 32, 64),
		("add.u32 %d0, %w1, %w2", "%d0", 32, 64),
		("add.u16 %h0, %h1, %w2", "%w2", 16, 32),
		("mov.b32 %w0, %h1", "%h1", 32, 16),
		("shl.b64 %d0, %d1, %d2", "%d2", 32, 64),
		("shr.u64 %d0, %d1, %d2", "%d2", 32, 64),
		("bfe.u64 %d0, %d1, %d2, 3", "%d2", 32, 64),
		("bfi.b64 %d0, %d1, %w2, 3, 4", "%w2", 64, 32),
		("popc.b64 %d0, %d1", "%d0", 32, 64),
		("clz.b64 %d0, %d1", "%d0", 32, 64),
		("bfind.u64 %d0, %d1", "%d0", 32, 64),
		("brev.b64 %w0, %d1", "%w0", 64, 32),
		("mul.wide.u32 %w0, %w1, %w2", "%w0", 64, 32),
		("mad.wide.u32 %d0, %w1, %w2, %w3", "%w3", 64, 32),
		("mul.lo.u32 %d0, %w1, %w2", "%d0", 32, 64),
		("dp4a.u32.u32 %w0, %w1, %w2, %d3", "%d3", 32, 64),
		("slct.b64.s32 %d0, %d1, %d2, %d3", "%d3", 32, 64),
		("selp.b64 %d0, %d1, %w2, %p1", "%w2", 64, 32),
		("selp.b32 %w0, %w1, %w2, %w3", "%w3", 1, 32),
		("setp.eq.u32 %w0, %w1, %w2", "%w0", 1, 32),
		("setp.eq.u64 %p0, %w1, %d2", "%w1", 64, 32),
		("setp.eq.and.u32 %p0, %w1, %w2, %w3", "%w3", 1, 32),
		("set.eq.u32.u64 %d0, %d1, %d2", "%d0", 32, 64),
		("and.pred %p0, %p1, %w2", "%w2", 1, 32),
		("mov.pred %w0, %p1", "%w0", 1, 32),
		("mov.b32 %w0, %p1", "%p1", 32, 1),
		("@%w1 mov.b32 %w0, 1", "%w1", 1, 32),
		("mov.b64 %d0, {%w1, %d1}", "%d1", 32, 64),
		("mov.b64 {%w1, %h1}, %d0", "%h1", 32, 16),
		("mov.b64 {%w1, %w2}, %w3", "%w3", 64, 32),
		("mov.u64 %d0, %tid.x", "%tid.x", 64, 32),
		("cvt.u64.u32 %w0, %w1", "%w0", 64, 32),
		("cvt.u32.u64 %w0, %w1", "%w1", 64, 32),
		("ld.global.u64 %w0, [%d9]", "%w0", 64, 32),
		("ld.global.u32 %w0, [%w1]", "%w1", 64, 32),
		("ld.local.u32 %w0, [%h1]", "%h1", 64, 16),
		("ld.global.u8 %p0, [%d9]", "%p0", 8, 1),
		("st.global.u64 [%d9], %w0", "%w0", 64, 32),
		("addc.u64 %d0, %d1, %w2", "%w2", 64, 32),
		("lop3.b32 %w0, %w1, %w2, %d3, 1", "%d3", 32, 64),
		(".local .b64 area; mov.u16 %h0, area", "area", 16, 64),
	] {
		let register = register.to_owned();
		let error = Error::Width {
			line: BODY_LINE,
			register,
			expected,
			found,
		};
		assert_eq!(refused(&format!("{instruction};")), error, "{instruction}");
	}
}

#[test]
fn names_are_declared_once_before_their_use() {
	for (body, name) in [
		("add.u32 %w0, %w1, %nope;", "%nope"),
		("mov.u32 %w8, 1;", "%w8"),
		("ld.global.u32 %w0, [nowhere];", "nowhere"),
		("bra nowhere;", "nowhere"),
		("@%q bra L; L:", "%q"),
		("mov.u32 late, 1; .reg .b32 late;", "late"),
		("mov.u32 %w0, %tid;", "%tid"),
		("mov.u64 %d0, test;", "test"),
		("mov.b32 %w0, _;", "_"),
	] {
		assert_eq!(
			refused(body),
			Error::Undeclared {
				line: BODY_LINE,
				name: name.to_owned()
			},
			"{body}"
		);
	}
	for (body, name) in [
		(".reg .b32 %w0;", "%w0"),
		(".reg .b64 %w<3>;", "%w0"),
		(".reg .b32 a, b, a;", "a"),
		("L: L:", "L"),
		(".local .b8 result;", "result"),
	] {
		assert_eq!(
			refused(body),
			Error::Redeclared {
				line: BODY_LINE,
				name: name.to_owned()
			},
			"{body}"
		);
	}
	assert!(run(".reg .b32 a, b<2>, $c_; mov.b32 a, 1; mov.b32 b0, a; mov.b32 b1, b0; mov.b32 $c_, b1;").is_ok());
	for module in [
		".entry e() { ret; } .entry e() { ret; }",
		".global .b8 e; .entry e() { ret; }",
	] {
		let error = Module::parse(&format!("{HEADER}{module}")).unwrap_err();
		assert_eq!(
			error,
			Error::Redeclared {
				line: 4,
				name: "e".to_owned()
			}
		);
	}
	// A name of the entry hides one of the module.
	Module::parse(&format!(
		"{HEADER}.global .b8 x; .entry e() {{ .reg .b32 x; mov.b32 x, 1; ret; }}"
	))
	.unwrap();
}

#[test]
fn operands_of_another_number() {
	for (body, expected, found) in [
		("add.u32 %w0, %w1;", 3, 2),
		("add.u32 %w0, %w1, %w2, %w3;", 3, 4),
		("setp.lt.u32 %p0, %w1;", 3, 2),
		("setp.lt.and.u32 %p0, %w1, %w2;", 4, 3),
		("setp.lt.u32 %p0, %w1, %w2, %p1;", 3, 4),
		("mov.b32 %w0;", 2, 1),
		("ret %w0;", 0, 1),
		("bra;", 1, 0),
		("lop3.b32 %w0, %w1, %w2, %w3;", 5, 4),
		("bfe.u32 %w0, %w1, 1;", 4, 3),
		("bfi.b32 %w0, %w1, %w2, 1;", 5, 4),
		("ld.global.u32 %w0;", 2, 1),
		("addc.u32 %w0, %w1;", 3, 2),
	] {
		match refused(body) {
			Error::OperandCount {
				line,
				expected: e,
				found: f,
				..
			} => {
				assert_eq!((line, e, f), (BODY_LINE, expected, found), "{body}");
			}
			other => panic!("{other} of {body}"),
		}
	}
}

#[test]
fn operands_of_another_kind() {
	for body in [
		"add.u32 5, %w0, %w1;",
		"add.u32 %w0, %tid.x, 1;",
		"mov.u32 %w0, %laneid.x;",
		"mov.u32 %w0, %tid.y;",
		"mov.u32 %tid.x, %w0;",
		"add.u32 %w0, !%p1, 1;",
		"add.u32 %w0, [%d9], 1;",
		"add.u64 %d0, result, 1;",
		"mov.u64 %d0, result;",
		"mov.u64 %d0, %d1+8;",
		"selp.b32 %w0, 1, 0, {%p1, %p2};",
		"setp.eq.u32 _, 1, 2;",
		"setp.eq.u32 _|_, 1, 2;",
		"setp.eq.u32 %p1|%p1, 1, 2;",
		"setp.eq.u32 [%d9], 1, 2;",
		"lop3.b32 %w0, 1, 2, 3, 256;",
		"lop3.b32 %w0, 1, 2, 3, %w1;",
		"bfe.u32 %w0, 1, 256, 3;",
		"bfi.b64 %d0, 1, 2, 3, 256;",
		"mov.u64 %d0, {%w0, %w1};",
		"mov.b64 %d0, {%w0, %w1, %w2};",
		"mov.b16 %h0, {1, 2, 3, 4};",
		"mov.b64 {%w0, %w0}, %d0;",
		"mov.b64 {_, _}, %d0;",
		"mov.b64 {%w0, %w1}, 5;",
		"mov.b64 {%w0, 1}, %d0;",
		"ld.global.u32 %w0, %d9;",
		"ld.global.u32 5, [%d9];",
		"ld.global.u32 {%w0}, [%d9];",
		"ld.global.v2.u32 %w0, [%d9];",
		"ld.global.v4.u32 {%w0, %w1, %w2}, [%d9];",
		"ld.global.v2.u32 {%w0, %w0}, [%d9];",
		"ld.global.v2.u32 {%w0, %d0}, [%d9];",
		"ld.global.u32 %w0, [%d9+0x80000000];",
		"ld.global.u32 %w0, [result];",
		".local .b32 area; ld.global.u32 %w0, [area];",
		"ld.param.u32 %w0, [%d9];",
		"ld.param.u32 %w0, %w1;",
		"st.global.v2.u32 [%d9], %w0;",
		"st.global.u32 [%d9], {%w0, %w1};",
		"st.global.u32 %d9, %w0;",
		".local .b32 area; cvta.global.u64 %d0, area;",
		"cvta.to.global.u64 %d0, result;",
		"bra %w0+1;",
		"mov.pred %p1, 1; @%p1 bra.uni L; L:",
		"mov.pred %p1, 1; @!%p1 ret.uni;",
	] {
		let error = refused(body);
		assert!(
			matches!(error, Error::Operand { line: BODY_LINE, .. }),
			"{error:?} of {body}"
		);
	}
}

#[test]
fn texts_of_another_syntax() {
	for body in [
		"add.u32 %w0, %w1, 1",
		"add.u32 %w0 %w1, 1;",
		"add.u32 %w0, %w1, 1+2;",
		"add.u32 %w0, %w1, (1);",
		"add.u32 %w0, %w1, ~1;",
		"add.u32 %w0, %w1, 0x1p;",
		"add.u32 %w0, %w1, 08;",
		"add.u32 %w0, %w1, 1_000;",
		"add.u32 %w0, %w1, 0f3f800000;",
		"add.u64 %d0, %d1, 18446744073709551616;",
		"add.u32 %w0, %w1, ;",
		"ld.global.u32 %w0, [%d9-4];",
		"ld.global.u32 %w0, [16];",
		"ld.global.u32 %w0, [%d9+%d8];",
		"ld.global.L1::no_allocate.u32 %w0, [%d9];",
		"mov.b64 {}, %d0;",
		"mov.b32 %w0, 'a';",
		"mov.b32 %w0, é;",
		"{ mov.b32 %w0, 1; }",
		"@ mov.b32 %w0, 1;",
		"@!!%p1 mov.b32 %w0, 1;",
		".reg .f32 %f<2>;",
		".reg .v2 .b32 %v;",
		".reg .b32 %f<70000>;",
		".reg .b32 %f",
		".shared .b8 s[4];",
		".local .b8 s[4] = {1, 2, 3, 4};",
		".local .align 3 .b8 s[4];",
		".local .b8 s[0];",
		".local .pred s;",
		".pragma nounroll;",
		".loc 1 2;",
		".section .debug",
		"/* never closed",
		". reg .b32 %x;",
	] {
		let error = refused(body);
		assert!(matches!(error, Error::Syntax { .. }), "{error:?} of {body}");
	}
	assert!(run(".pragma \"nounroll\"; .loc 1 2 3 mov.b32 %w0, 1; // the end").is_ok());
}

#[test]
fn modules_of_another_syntax() {
	let entry = ".visible .entry e() { ret; }";
	for text in [
		String::new(),
		entry.to_owned(),
		format!(".target sm_75 .version 6.3 .address_size 64 {entry}"),
		format!(".version 6.3 .target sm_75 .address_size 32 {entry}"),
		format!(".version 6 .target sm_75 .address_size 64 {entry}"),
		format!(".version 6.3 .target sm_75 {entry}"),
		format!("{HEADER}.func f() {{ ret; }}"),
		format!("{HEADER}.extern .global .b8 x[4];"),
		format!("{HEADER}.shared .b8 x[4];"),
		format!("{HEADER}.global .b8 x[2] = {{1, 2, 3}};"),
		format!("{HEADER}.global .b8 x[];"),
		format!("{HEADER}.global .b8 x[2] = 1;"),
		format!("{HEADER}.global .b8 x = {{1}};"),
		format!("{HEADER}.global .b8 x[2][2];"),
		format!("{HEADER}.global .f32 x;"),
		format!("{HEADER}.global .align 512 .b8 x;"),
		format!("{HEADER}.global .b8 x[99999999];"),
		format!("{HEADER}.entry e(.param .b8 x[]) {{ ret; }}"),
		format!("{HEADER}.entry e(.param .b8 x[5000]) {{ ret; }}"),
		format!("{HEADER}.entry e(.reg .b32 x) {{ ret; }}"),
		format!("{HEADER}.entry e(.param .u32 x .param .u32 y) {{ ret; }}"),
		format!("{HEADER}.entry e() .maxntid 0 {{ ret; }}"),
		format!("{HEADER}.entry e() .maxnreg 32 {{ ret; }}"),
		format!("{HEADER}.entry e() {{ ret; "),
		format!("{HEADER}.entry e();"),
		format!("{HEADER}{entry} ret;"),
	] {
		let result = Module::parse(&text);
		assert!(matches!(result, Err(Error::Syntax { .. })), "{result:?} of {text}");
	}
	Module::parse(&format!(
		"{HEADER}.file 1 \"a.c\"\n.file 2 \"b.c\", 3, 4\n.pragma \"x\"; {entry}"
	))
	.unwrap();
	let error = Module::parse(&format!("{HEADER}.entry e() {{\nadd.u32 a,,b;\n}}")).unwrap_err();
	assert_eq!(error.to_string(), "line 5: expected an operand, found `,`");
}
