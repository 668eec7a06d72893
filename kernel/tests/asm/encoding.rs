//! What each kind of line encodes.

use millrace_kernel::{asm::assemble_with_warnings, opcode, program::Instruction};

use crate::{program, with_head};

#[test]
fn encodes_each_kind_of_operand() {
	let cases: [(&str, [u8; 4], u32); 27] = [
		("add x, y, z", [0x12, 0, 1, 2], 0),
		("add x, y, -1", [0x13, 0, 1, 0], 0xffff_ffff),
		("add x, y, 0xffffffff", [0x13, 0, 1, 0], 0xffff_ffff),
		("mov z, 7", [0x11, 2, 0, 0], 7),
		("mad x, y, z, w3", [0x18, 0, 1, 2], 3),
		("mad x, y, 4, z", [0x19, 0, 1, 2], 4),
		("fshr x, y, 8, z", [0x3d, 0, 1, 2], 8),
		("sel x, y, z, w3", [0x46, 0, 1, 2], 3),
		("prmt x, y, z, 0x3210", [0x47, 0, 1, 2], 0x3210),
		("dp4a.us x, y, z, x", [0x49, 0, 1, 2], 0),
		("bfes x, y, 4, 8", [0x4c, 0, 1, 0], 0x0804),
		("mulshrs x, y, z, 28", [0x4e, 0, 1, 2], 28),
		("clz x, y", [0x4f, 0, 1, 0], 0),
		("add.d p, q, -2", [0x63, 0, 1, 0], 0xffff_fffe),
		("ltu.d x, p, q", [0x80, 0, 0, 1], 0),
		("mad.d p, q, 3, p", [0x8b, 0, 1, 0], 3),
		("sel.d p, p, q, z", [0x94, 0, 0, 1], 2),
		("pack p, x, y", [0xa2, 0, 0, 1], 0),
		("len x, b", [0xa7, 0, 0, 0], 1),
		("param q, k", [0xa8, 1, 0, 0], 0),
		("madwu p, x, y, q", [0xab, 0, 0, 1], 1),
		("ld32.z x, a[y + 3]:2", [0xb4, 0, 1, 0x90], 3),
		("ld64 p, b[y - 1]", [0xb5, 0, 1, 0x01], 0xffff_ffff),
		("ld128 w0, b[y]:15", [0xb6, 0, 1, 0x79], 0),
		("const32 x, t[y + 1]", [0xb8, 0, 1, 0], 2),
		("sto8 [y + N], x", [0xc0, 0, 1, 0], 5),
		("sto128 [y], w0", [0xc4, 0, 1, 0], 0),
	];
	for (text, [op, dst, a, b], imm) in cases {
		// The table begins at byte 4: after one byte and three for its alignment.
		let source = with_head(&format!(
			".equ N 5\n.const u8 1\n.const u32 t: 2, N\n  {text} ; comment"
		));
		assert_eq!(program(&source).code(), [Instruction { op, dst, a, b, imm }], "{text}");
	}
}

#[test]
fn counts_registers_by_names_and_uses() {
	let counts = |source: &str| {
		let program = program(&format!(
			".item 16\n.max_units 1000\n.max_faults 1\n.inputs a\n{source}"
		));
		(program.header().w_count, program.header().d_count)
	};
	assert_eq!(counts(""), (0, 0));
	assert_eq!(counts(".w x y\n.d p"), (2, 1));
	assert_eq!(counts("mov w7, 1"), (8, 0));
	assert_eq!(counts("mov.d d127, 1"), (0, 128));
	assert_eq!(counts("ld128 w252, a[w0]"), (256, 0));
	assert_eq!(counts("sel w0, w0, w0, w9"), (10, 0));
	assert_eq!(counts(".registers 5 6\n.w x"), (5, 6));
}

#[test]
fn constants_are_aligned_named_and_filled_up() {
	let source = with_head(".const u8 bytes: 1, -1\n.const u32 0x01020304\n.const u64 long: -2\nconst64 p, long[x]");
	let aligned = program(&source);
	let expected = [1, 255, 0, 0, 4, 3, 2, 1, 254, 255, 255, 255, 255, 255, 255, 255];
	assert_eq!(aligned.constants(), expected);
	assert_eq!(aligned.code().first().map(|word| word.imm), Some(1));
	let short = with_head(".const u8 1, 2, 3");
	assert_eq!(program(&short).constants(), [1, 2, 3, 0]);
}

#[test]
fn branches_name_labels_or_depths() {
	let source = with_head("block out\nloop top\nif x, arm\nbr out\nbr_if y, top\nbr arm\nbr 1\nelse\nend\nend\nend");
	let depths: Vec<(u8, u32)> = program(&source).code().iter().map(|word| (word.op, word.imm)).collect();
	let expected = [
		(opcode::BLOCK, 0),
		(opcode::LOOP, 0),
		(opcode::IF, 0),
		(opcode::BR, 2),
		(opcode::BR_IF, 1),
		(opcode::BR, 0),
		(opcode::BR, 1),
		(opcode::ELSE, 0),
		(opcode::END, 0),
		(opcode::END, 0),
		(opcode::END, 0),
	];
	assert_eq!(depths, expected);
	// A closed label may be used again.
	program(&with_head("loop l\nend\nloop l\nbr l\nend"));
}

#[test]
fn hints_at_cheaper_forms() {
	let hints = |source: &str| -> Vec<String> {
		let (_, hints) = assemble_with_warnings(source).expect(source);
		hints.iter().map(ToString::to_string).collect()
	};
	let body = "divu x, y, 8\nremu x, y, 1024\ndivu.d p, q, 2\nremu.d p, q, 16";
	assert_eq!(
		hints(&with_head(body)),
		[
			"line 8: `divu` by 8 costs 20 units, `shru` by 3 gives the same for 1",
			"line 9: `remu` by 1024 costs 20 units, `and` by 1023 gives the same for 1",
			"line 10: `divu.d` by 2 costs 96 units, `shru.d` by 1 gives the same for 2",
			"line 11: `remu.d` by 16 costs 96 units, `and.d` by 15 gives the same for 2",
		]
	);
	let none = "divu x, y, 3\ndivu x, y, z\ndivs x, y, 8\ndivu.d p, q, -2147483648\nremu x, y, 0";
	assert_eq!(hints(&with_head(none)), [""; 0]);
	assert_eq!(
		hints(".max_units 100\n.item 8\ndivu w0, w0, 4"),
		[
			"line 2: items of 8 bytes make small leaves that hash slowly: use >= 16 bytes an item",
			"line 3: `divu` by 4 costs 20 units, `shru` by 2 gives the same for 1",
		]
	);
}
