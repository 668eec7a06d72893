//! Where a text is refused, and what the message says was expected there.

use millrace_kernel::{
	asm::{assemble, MAX_SOURCE_BYTES},
	program::MAX_NESTING,
};

use crate::with_head;

/// Asserts that `source` is refused at `line` with a message that begins with `message`.
fn refused(source: &str, line: u32, message: &str) {
	let error = assemble(source).expect_err(source);
	assert!(
		error.line == line && error.message.starts_with(message),
		"{source}\n{error}"
	);
	assert!(error.to_string().starts_with(&format!("line {line}: {message}")));
}

#[test]
fn says_what_it_expected_in_an_instruction() {
	let cases = [
		("add x, y", "expected 3 operands of `add`, found 2"),
		("add x, y, z, z", "expected 3 operands of `add`, found 4"),
		("end x", "expected 0 operands of `end`, found 1"),
		("addd x, y, z", "expected an instruction, found `addd`"),
		(
			"add x, y, p",
			"expected a w register or a number, found the register d0",
		),
		(
			"add x, y, nothing",
			"expected a w register or a number, found `nothing`",
		),
		("add x, 1, z", "expected a w register, found the number 1"),
		(
			"add x, y, 0x100000000",
			"expected a number from -2147483648 to 4294967295, found the number 4294967296",
		),
		(
			"add.d p, p, 0xffffffff",
			"expected a number from -2147483648 to 2147483647",
		),
		("add x, y, 0x8000000000000000", "expected a w register or a number"),
		("mov w256, 1", "expected a w register, found `w256`"),
		("mov w01, 1", "expected a w register, found `w01`"),
		("mov.d d128, 1", "expected a d register, found `d128`"),
		("add x, [y], z", "expected a w register, found an address"),
		(
			"ld32 x, y",
			"expected an element of an input, `input[register + 1]`, found the register w1",
		),
		("ld32 x, c[y]", "expected an input, found `c`"),
		("ld32 x, [y]", "expected an element of an input"),
		("ld32 x, a[y]:16", "expected a cursor from 0 to 15, found 16"),
		("ld32 x, a[3]", "expected an index register, found the number 3"),
		("ld32 x, a[p]", "expected a w register as the index, found `p`"),
		("ld32 x, a[y + 0x100000000]", "expected an offset of 32 bits"),
		("ld32 x, a[y + z]", "expected an offset, found the register `z`"),
		("ld32 x, a[y", "expected `]`, found the end of the line"),
		(
			"ld128 w253, a[x]",
			"expected the first of four w registers, found the register w253",
		),
		("sto32 a[x], y", "expected an address"),
		(
			"sto32 [x]:1, y",
			"expected an address, `[register + 1]`: only inputs have cursors",
		),
		(
			"sto32.z [x], y",
			"expected a load from an input before `.z`, found `sto32`",
		),
		("const32 x, t[y]", "expected a table of constants, found `t`"),
		("const32 x, [y]", "the access is wider than the memory it goes to"),
		("len x, c", "expected an input, found `c`"),
		("param p, c", "expected a parameter, found `c`"),
		("bfeu x, y, 32, 1", "expected a bit position from 0 to 31"),
		("bfeu x, y, 0, 33", "expected a number of bits from 1 to 32"),
		("bfeu x, y, 30, 4", "the bit field is empty or leaves the 32 bits"),
		("mulshrs x, y, z, 64", "expected a shift from 0 to 63"),
		("prmt x, y, z, 0x8000", "expected a selector"),
		("br 0", "the branch names no open block"),
		(
			"br top",
			"expected the label or the depth of an open block, found `top`",
		),
		("end", "expected no `end` here"),
		("else", "the else does not follow the first arm of an if"),
		("loop", "expected an `end` that closes this `loop`"),
		("loop 3\nend", "expected a label"),
		("add x y, z", "expected `,` or the end of the line, found `y`"),
		("add x, y,", "expected an operand, found the end of the line"),
		(
			"add x, y, ?",
			"expected a name, a number or one of `, : [ ] + -`, found `?`",
		),
		("add x, y, 12ab", "expected a number below 2^64, found `12ab`"),
		("add x, y, 18446744073709551616", "expected a number below 2^64"),
		("add x, y, - z", "expected an operand, found `z`"),
		("5", "expected a directive or an instruction, found the number 5"),
	];
	for (text, message) in cases {
		refused(&with_head(text), 8, message);
	}
	refused(
		&with_head("block l\nblock l\nend\nend"),
		9,
		"expected a new label: `l` names the block of line 8",
	);
}

#[test]
fn says_what_it_expected_in_a_directive() {
	let cases = [
		(".foo 1", "expected a directive, found `.foo`"),
		(".item 16", "expected `.item` once: line 1 has it"),
		(".scratch", "expected a number, found the end of the line"),
		(".scratch -1", "expected a number from 0 to 65535, found -1"),
		(".scratch 1 2", "expected the end of the line, found the number 2"),
		(".w x", "expected a new name: `x` is declared"),
		(".w w3", "expected a new name: `w3` is a register"),
		(".w n.m", "expected the name of a register, found `n.m`"),
		(".w", "expected the name of a register, found the end of the line"),
		(".d 3", "expected the name of a register, found the number 3"),
		(".inputs a", "expected a new name: `a` is declared"),
		(".inputs c d e f g h i", "expected at most 8 names after `.inputs`"),
		(".equ n x", "expected a number, found the register `x`"),
		(".equ x 1", "expected a new name: `x` is declared"),
		(
			".registers 257 0",
			"expected a number of w registers from 0 to 256, found 257",
		),
		(".const u16 1", "expected u8, u32 or u64, found `u16`"),
		(".const u8", "expected a number, found the end of the line"),
		(".const u8 256", "expected a number from -128 to 255, found 256"),
		(".const u32 1,", "expected a number, found the end of the line"),
	];
	for (text, message) in cases {
		refused(&with_head(text), 8, message);
	}
	refused(
		&with_head(".const u8 t: 1\n.const u8 t: 2"),
		9,
		"expected a new name of a table, found `t`",
	);
	refused(
		&with_head(".const u8 t: 1\nconst32 x, t[y]"),
		9,
		"expected a table of the width of `const32`",
	);
	let long = format!(".const u64 {}", ["1"; 513].join(", "));
	refused(&with_head(&long), 8, "expected at most 4096 bytes of constants");
	let names = |count: usize| (0..count).map(|i| format!(" n{i}")).collect::<String>();
	refused(
		&with_head(&format!(".w{}", names(254))),
		8,
		"expected at most 256 names of registers after `.w`",
	);
}

#[test]
fn says_what_is_missing_or_out_of_bounds() {
	refused("", 1, "expected `.item N`");
	refused(".item 16\n; nothing", 2, "expected `.max_units N`");
	refused(".item 3\n.max_units 100", 1, "item size 3 is not a power of two");
	refused(
		".item 16\n.scratch 3\n.max_units 100",
		2,
		"scratch size 3 is not 0 or a power of two",
	);
	refused(
		".item 16\n.max_units 17\n",
		2,
		"max_units 17 is not between the item cost 18 and 2097152",
	);
	refused(
		".max_faults 513\n.item 16\n.max_units 100",
		1,
		"max_faults 513 is above 512",
	);
	refused(
		".item 16\n.max_units 500\n.inputs a\nld32 w0, a[w0]",
		4,
		"max_faults is 0, yet the program loads",
	);
	let deep = "block\n".repeat(MAX_NESTING + 1);
	refused(
		&with_head(&deep),
		8 + 64,
		"expected at most 64 blocks, loops and ifs inside one another",
	);
	refused(
		&with_head(&"trap\n".repeat(4097)),
		8 + 4096,
		"expected at most 4096 instructions",
	);
	refused(
		&" ".repeat(MAX_SOURCE_BYTES + 1),
		1,
		"expected at most 1048576 bytes of text",
	);
}

#[test]
fn an_error_names_its_column_and_a_way_out() {
	let error = assemble(&with_head("  add x, y, foo")).expect_err("foo is not declared");
	assert_eq!((error.line, error.column), (8, 13));
	assert_eq!(
		error.hint.as_deref(),
		Some("`foo` is not declared, by .w, .d or .equ, above this line")
	);
	let error = assemble(&with_head("lt x, y, z")).expect_err("lt does not exist");
	assert_eq!(error.hint.as_deref(), Some("there are `ltu`, `lts`, `ltu.d`, `lts.d`"));
	assert_eq!(
		error.to_string(),
		"line 8: expected an instruction, found `lt` (there are `ltu`, `lts`, `ltu.d`, `lts.d`)"
	);
}
