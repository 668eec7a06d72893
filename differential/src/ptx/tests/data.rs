//! Moves, packing, conversions and addresses of variables.

use super::{doubles, fault, module, words, HEADER};
use crate::ptx::{Fault, Memory, Module};

#[test]
fn immediates_are_cut_to_the_width() {
	let body = "mov.b16 %h1, -2; cvt.u32.u16 %w1, %h1; mov.s32 %w2, -1; mov.u32 %w3, 0xfffffffffU; mov.u32 %w4, 017;
		st.global.v4.b32 [%d9], {%w1, %w2, %w3, %w4};";
	assert_eq!(words(body), [0xfffe, 0xffff_ffff, 0xffff_ffff, 15]);
	let body = "mov.s64 %d1, -9223372036854775808; mov.u64 %d2, 0b101; st.global.v2.u64 [%d9], {%d1, %d2};";
	assert_eq!(doubles(body), [1 << 63, 5]);
	// A wide product extends its immediates from the width of its sources.
	let body = "mov.b32 %w1, 2; mul.wide.u32 %d1, %w1, -1; mul.wide.s32 %d2, %w1, 0xffffffff;
		st.global.v2.u64 [%d9], {%d1, %d2};";
	assert_eq!(doubles(body), [0x1_ffff_fffe, u64::MAX - 1]);
}

#[test]
fn packing_begins_with_the_lowest() {
	assert_eq!(
		doubles("mov.b32 %w1, 0x11112222; mov.b64 %d0, {%w1, 0x33334444}; st.global.b64 [%d9], %d0;")[0],
		0x3333_4444_1111_2222
	);
	let four = "mov.b16 %h1, 0x1111; mov.b16 %h2, 0x2222; mov.b16 %h3, 0x3333; mov.b16 %h4, 0xffff;";
	assert_eq!(
		doubles(&format!(
			"{four} mov.b64 %d0, {{%h1, %h2, %h3, %h4}}; st.global.b64 [%d9], %d0;"
		))[0],
		0xffff_3333_2222_1111
	);
	assert_eq!(
		words(&format!("{four} mov.b32 %w0, {{%h1, %h4}}; st.global.b32 [%d9], %w0;"))[0],
		0xffff_1111
	);
	assert_eq!(
		words(
			"mov.b64 %d0, 0x3333444411112222; mov.b64 {%w1, %w2}, %d0; mov.b64 {_, %w3}, %d0; mov.b64 {%w4, _}, %d0;
			st.global.v4.b32 [%d9], {%w1, %w2, %w3, %w4};"
		),
		[0x1111_2222, 0x3333_4444, 0x3333_4444, 0x1111_2222]
	);
	let body = "mov.b64 %d0, 0x4444333322221111; mov.b64 {%h1, %h2, _, %h4}, %d0; st.global.v2.b16 [%d9], {%h1, %h2};
		st.global.b16 [%d9+4], %h4;";
	assert_eq!(words(body)[..2], [0x2222_1111, 0x4444]);
	// A destination may be the source.
	let body = "mov.b64 %d0, 0x3333444411112222; mov.b64 {%w1, %w2}, %d0; mov.b64 %d0, {%w2, %w1};
		st.global.b64 [%d9], %d0;";
	assert_eq!(doubles(body)[0], 0x1111_2222_3333_4444);
}

/// A conversion reads the low bits of its source, cuts to its type, and fills what its destination has above.
#[test]
fn conversions_extend_and_truncate() {
	let source = 0x89ab_cdef_8182_fff4_u64;
	for (instruction, expected) in [
		("cvt.u32.u64 %w0, %d1", 0x8182_fff4),
		("cvt.s32.s64 %w0, %d1", 0x8182_fff4),
		("cvt.u64.u64 %d0, %d1", source),
		("cvt.u64.u32 %d0, %w1", 0x8182_fff4),
		("cvt.s64.s32 %d0, %w1", 0xffff_ffff_8182_fff4),
		("cvt.u64.s32 %d0, %w1", 0xffff_ffff_8182_fff4),
		("cvt.s64.u32 %d0, %w1", 0x8182_fff4),
		("cvt.u64.u32 %d0, %d1", 0x8182_fff4),
		("cvt.s64.s32 %d0, %d1", 0xffff_ffff_8182_fff4),
		("cvt.u32.u8 %w0, %w1", 0xf4),
		("cvt.s32.s8 %w0, %w1", 0xffff_fff4),
		("cvt.u32.s8 %w0, %w1", 0xffff_fff4),
		("cvt.u32.u16 %w0, %w1", 0xfff4),
		("cvt.s32.s16 %w0, %w1", 0xffff_fff4),
		("cvt.u64.s8 %d0, %w1", 0xffff_ffff_ffff_fff4),
		("cvt.u64.u8 %d0, %d1", 0xf4),
		("cvt.s64.s16 %d0, %h1", 0xffff_ffff_ffff_fff4),
		("cvt.u32.u16 %w0, %h1", 0xfff4),
		("cvt.u32.u8 %w0, %h1", 0xf4),
		("cvt.u16.u32 %h0, %w1", 0xfff4),
		("cvt.u8.u32 %w0, %w1", 0xf4),
		("cvt.s8.u32 %w0, %w1", 0xffff_fff4),
		("cvt.s8.s32 %d0, %w1", 0xffff_ffff_ffff_fff4),
		("cvt.u8.s32 %d0, %w1", 0xf4),
		("cvt.s16.u64 %w0, %d1", 0xffff_fff4),
		("cvt.u16.u8 %h0, %h1", 0xf4),
		("cvt.s16.s8 %h0, %h1", 0xfff4),
		("cvt.u32.u32 %d0, %w1", 0x8182_fff4),
		("cvt.s32.s32 %d0, %w1", 0xffff_ffff_8182_fff4),
		("cvt.u64.u32 %d0, 0xfffffffff", 0xffff_ffff),
		("cvt.s64.s8 %d0, 0x180", 0xffff_ffff_ffff_ff80),
	] {
		let set = format!("mov.b64 %d1, {source:#x}; mov.b64 {{%w1, _}}, %d1; mov.b16 %h1, 0xfff4;");
		let store = match &instruction[instruction.find('%').unwrap()..][..2] {
			"%h" => "st.global.b16 [%d9], %h0;",
			"%w" => "st.global.b32 [%d9], %w0;",
			_ => "st.global.b64 [%d9], %d0;",
		};
		assert_eq!(
			doubles(&format!("{set} {instruction}; {store}"))[0],
			expected,
			"{instruction}"
		);
	}
}

#[test]
fn special_registers_tell_the_place_of_a_thread() {
	let text = module(
		"mov.u32 %w1, %tid.x; mov.b32 %w2, %ntid.x; mov.s32 %w3, %ctaid.x; cvt.u64.u32 %d1, %nctaid.x;
		cvt.u32.u64 %w4, %d1; mad.lo.u32 %w0, %w3, %w2, %w1; mul.wide.u32 %d2, %w0, 16; add.u64 %d2, %d2, %d9;
		st.global.v4.u32 [%d2], {%w1, %w2, %w3, %w4};",
	);
	let module = Module::parse(&text).unwrap();
	let mut memory = Memory::new();
	let result = memory.allocate(vec![0; 16 * 6]);
	let stats = module.launch(&mut memory, "test", 2, 3, &result.to_le_bytes()).unwrap();
	assert_eq!((stats.threads, stats.instructions), (6, 6 * 11));
	let mut expected = Vec::new();
	for block in 0..2_u32 {
		for thread in 0..3_u32 {
			expected.extend([thread, 3, block, 2].map(u32::to_le_bytes).concat());
		}
	}
	assert_eq!(memory.read(result, 16 * 6).unwrap(), expected);
}

#[test]
fn variables_have_addresses_and_initial_values() {
	let text = format!(
		"{HEADER}.global .align 8 .b8 bytes[10] = {{1, 0x80, -1, 4}};
		.visible .global .u32 word = -2;
		.global .b16 halves[] = {{0x1234, 0x5678}};
		.const .align 16 .b32 fixed[4] = {{10, 11, 12, 13}};
		.const .b64 one = 0x123456789abcdef0;
		.entry test(.param .u64 result) {{
			.reg .b64 %d<9>; .reg .b32 %w<9>;
			ld.param.u64 %d1, [result];
			mov.u64 %d2, bytes;
			ld.global.u64 %d3, [%d2];
			st.global.u64 [%d1], %d3;
			ld.global.u32 %w1, [word];
			ld.global.u16 %w8, [bytes+8];
			st.global.v2.u32 [%d1+8], {{%w1, %w8}};
			mov.u64 %d4, halves+2;
			ld.global.u16 %w2, [%d4];
			ld.global.u16 %w3, [%d4+-2];
			st.global.v2.u32 [%d1+16], {{%w2, %w3}};
			cvta.global.u64 %d5, bytes+2;
			cvta.to.global.u64 %d5, %d5;
			ld.global.s8 %w4, [%d5];
			st.global.u32 [%d1+24], %w4;
			mov.b32 %w5, fixed;
			ld.const.v2.u32 {{%w6, %w7}}, [%w5+8];
			st.global.v2.u32 [%d1+32], {{%w6, %w7}};
			ld.const.u64 %d6, [one];
			st.global.u64 [%d1+40], %d6;
			st.global.u8 [bytes+9], 77;
			ld.global.u16 %w8, [bytes+8];
			st.global.u32 [%d1+28], %w8;
			ret;
		}}"
	);
	let module = Module::parse(&text).unwrap();
	let mut memory = Memory::new();
	let result = memory.allocate(vec![0xee; 48]);
	// The second launch finds the initial values again, also where the first one wrote.
	for _ in 0..2 {
		module.launch(&mut memory, "test", 1, 1, &result.to_le_bytes()).unwrap();
		let bytes = memory.read(result, 48).unwrap();
		let words = bytes
			.chunks_exact(4)
			.map(|word| u32::from_le_bytes(word.try_into().unwrap()));
		let words: Vec<u32> = words.collect();
		assert_eq!(words[..6], [0x04ff_8001, 0, 0xffff_fffe, 0, 0x5678, 0x1234]);
		assert_eq!(words[6..], [0xffff_ffff, 77 << 8, 12, 13, 0x9abc_def0, 0x1234_5678]);
	}
}

#[test]
fn registers_are_unknown_until_they_are_written() {
	let unknown = |register: &str| Fault::Uninitialised {
		register: register.to_owned(),
	};
	assert_eq!(fault("mov.b32 %w1, %w2;"), unknown("%w2"));
	assert_eq!(fault("add.u32 %w1, 1, %w3;"), unknown("%w3"));
	assert_eq!(fault("mad.lo.u32 %w1, 1, 2, %w1;"), unknown("%w1"));
	assert_eq!(fault("cvt.u32.u64 %w1, %d0;"), unknown("%d0"));
	assert_eq!(fault("mov.b64 %d0, {1, %w4};"), unknown("%w4"));
	assert_eq!(fault("st.global.v2.u32 [%d9], {1, %w4};"), unknown("%w4"));
	assert_eq!(fault("ld.global.u32 %w1, [%d3];"), unknown("%d3"));
	assert_eq!(fault("setp.eq.or.u32 %p1, 1, 1, %p2;"), unknown("%p2"));
	assert_eq!(fault("selp.u32 %w1, 1, %w2, 1;"), unknown("%w2"));
	assert_eq!(fault("and.pred %p1, 0, %p3;"), unknown("%p3"));
	assert_eq!(fault("lop3.b32 %w1, 1, %w2, 3, 0;"), unknown("%w2"));
	assert_eq!(fault("xor.b32 %w1, %w1, %w1;"), unknown("%w1"));
}
