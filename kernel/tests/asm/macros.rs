//! Macros: what they expand to, where they are refused, and that they cannot make the assembler work for long.

use millrace_kernel::{
	asm::{assemble, assemble_with_warnings, AsmError},
	program::MAX_INSTRUCTIONS,
};

use crate::{program, with_head};

/// Why `body`, which begins on line 8, is refused.
fn refusal(body: &str) -> AsmError {
	let source = with_head(body);
	match assemble(&source) {
		Ok(_) => panic!("assembles:\n{source}"),
		Err(error) => error,
	}
}

#[test]
fn an_expansion_is_what_one_would_write_by_hand() {
	let macros = "
		.equ FAR 5
		.macro ADVANCE x by                  ; hides the register x
			add x, x, by
		.endmacro
		.macro READ to from at cursor done
			loop again
				ld32.z to, from[y + at]:cursor
				br_ifz to, done
				ADVANCE y, 1
				ADVANCE to, -7
				br_if  to, again
			end
		.endmacro
		block out
			READ x, a, FAR, 2, out
			loop again
				READ w9, b, -3, 0, again         ; this `again` is not the macro's
				ADVANCE x, z
				br_if  x, again
			end
		end";
	let by_hand = "
		block
			loop
				ld32.z x, a[y + 5]:2
				br_ifz x, 1
				add    y, y, 1
				add    x, x, -7
				br_if  x, 0
			end
			loop
				loop
					ld32.z w9, b[y - 3]
					br_ifz w9, 1
					add    y, y, 1
					add    w9, w9, -7
					br_if  w9, 0
				end
				add    x, x, z
				br_if  x, 0
			end
		end";
	assert_eq!(program(&with_head(macros)), program(&with_head(by_hand)));
}

#[test]
fn a_label_may_be_an_argument_where_it_is_opened() {
	let macros = ".macro FOREVER name\nloop name\nbr name\nend\n.endmacro\nloop l\nFOREVER m\nFOREVER m\nbr l\nend";
	let by_hand = "loop\nloop\nbr 0\nend\nloop\nbr 0\nend\nbr 0\nend";
	assert_eq!(program(&with_head(macros)), program(&with_head(by_hand)));
	let taken = refusal(".macro FOREVER name\nloop name\nbr name\nend\n.endmacro\nloop l\nFOREVER l\nend");
	assert_eq!((taken.line, taken.invoked), (9, vec![14]));
	assert_eq!(taken.message, "expected a new label: `l` names the loop of line 13");
}

#[test]
fn says_what_it_expected_in_a_definition() {
	let parameters: String = (0..33).map(|number| format!(" s{number}")).collect();
	let many = format!(".macro M{parameters}");
	let cases = [
		(".macro", 8, "expected the name of a macro, found the end of the line"),
		(".macro add s", 8, "expected a new name: `add` is an instruction"),
		(".macro m.n", 8, "expected the name of a macro, found `m.n`"),
		(
			".macro M\nadd x, y, z\n.endmacro\n.macro M",
			11,
			"expected a new name: `M` is a macro",
		),
		(".macro M 3", 8, "expected the name of a parameter, found the number 3"),
		(".macro M w3", 8, "expected a new name: `w3` is a register"),
		(".macro M s s", 8, "expected a new name: `s` is a parameter"),
		(many.as_str(), 8, "expected at most 32 parameters of a macro"),
		(
			".macro M\nadd x, y, z",
			8,
			"expected an `.endmacro` that closes this `.macro`",
		),
		(".endmacro", 8, "expected no `.endmacro` here: no macro is open"),
		(".macro M\n\n.endmacro", 10, "expected an instruction in the macro `M`"),
		(
			".macro M\nadd x, y, z\n.endmacro 1",
			10,
			"expected the end of the line, found the number 1",
		),
		(
			".macro M\n.equ n 1\n.endmacro",
			9,
			"expected an instruction, a macro or `.endmacro`, found `.equ`",
		),
		(
			".macro M\n.macro N",
			9,
			"expected an instruction, a macro or `.endmacro`, found `.macro`",
		),
		(
			".macro M\n3",
			9,
			"expected an instruction, a macro or `.endmacro`, found the number 3",
		),
		(".macro M\nfoo x\n.endmacro", 9, "expected an instruction, found `foo`"),
		(
			".macro M\nM\n.endmacro",
			9,
			"expected no `M` here: a macro cannot invoke itself",
		),
		// A round of two: the first does not know the second.
		(
			".macro M\nN\n.endmacro\n.macro N\nM\n.endmacro",
			9,
			"expected an instruction, found `N`",
		),
	];
	for (body, line, message) in cases {
		let error = refusal(body);
		assert_eq!((error.line, error.message.as_str()), (line, message), "{body}");
		assert!(error.invoked.is_empty(), "{body}");
	}
}

#[test]
fn says_what_it_expected_in_an_invocation() {
	let cases = [
		("M x", "expected 2 arguments of `M`, found 1"),
		("M", "expected 2 arguments of `M`, found 0"),
		("M x, y, z", "expected 2 arguments of `M`, found 3"),
		("M x y", "expected `,` or the end of the line, found `y`"),
		(
			"M x, [y]",
			"expected an argument, which is a name or a number, found `[`",
		),
		(
			"M x, -y",
			"expected an argument, which is a name or a number, found `y`",
		),
		(
			"M x,",
			"expected an argument, which is a name or a number, found the end of the line",
		),
		("m x, y", "expected an instruction, found `m`"),
	];
	for (invocation, message) in cases {
		let error = refusal(&format!(".macro M s t\nadd s, t, 1\n.endmacro\n{invocation}"));
		assert_eq!((error.line, error.message.as_str()), (11, message), "{invocation}");
		assert!(error.invoked.is_empty(), "{invocation}");
	}
	let error = refusal("M\n.macro M\ntrap\n.endmacro");
	assert_eq!(
		(error.line, error.message.as_str()),
		(8, "expected an instruction, found `M`")
	);
	assert_eq!(
		error.hint.as_deref(),
		Some("a macro is defined, by .macro, above the line that names it")
	);
}

#[test]
fn an_error_in_an_expansion_names_the_line_and_where_it_was_invoked() {
	let error = refusal(
		".macro INNER s\n  add s, s, t\n.endmacro\n.macro OUTER s\nadd s, s, 1\nINNER s\n.endmacro\nOUTER x\ntrap",
	);
	assert_eq!(
		(error.line, error.column, error.invoked.as_slice()),
		(9, 13, &[13, 15][..])
	);
	assert!(
		error.to_string().starts_with(
			"line 9, invoked in line 13, invoked in line 15: expected a w register or a number, found `t`"
		),
		"{error}"
	);
	let cases = [
		// The argument does not fit; the column is the parameter's.
		(
			".macro M s\nadd x, y, s\n.endmacro\nM p",
			11,
			"expected a w register or a number, found the register d0",
		),
		// The validator finds it, after the last line.
		(
			".macro M\nbr 3\n.endmacro\nloop\nM\nend",
			12,
			"the branch names no open block",
		),
		(
			".macro M\nloop\n.endmacro\nM\ntrap",
			11,
			"expected an `end` that closes this `loop`",
		),
		(
			".macro M\nend\n.endmacro\nloop\nM",
			12,
			"expected no `end` here: nothing is open in this macro",
		),
		(
			".macro M\nelse\n.endmacro\nif x\nM\nend",
			12,
			"expected no `else` here: nothing is open in this macro",
		),
		(
			".macro M\nbr top\n.endmacro\nloop top\nM\nend",
			12,
			"expected the label or the depth of an open block, found `top`",
		),
		(
			".macro M s\nadd s, s\n.endmacro\nM x",
			11,
			"expected 3 operands of `add`, found 2",
		),
	];
	for (body, invoked, message) in cases {
		let error = refusal(body);
		assert_eq!((error.line, error.message.as_str()), (9, message), "{body}");
		assert_eq!(error.invoked, [invoked], "{body}");
	}
	let error = refusal(".macro M s\nadd x, y, s\n.endmacro\nM p");
	assert_eq!(error.column, 11);
	// Behind a whole expansion lines are again those of the text.
	let error = refusal(".macro M\ntrap\n.endmacro\nM\nfoo");
	assert_eq!((error.line, error.invoked.len()), (12, 0));
	// An invocation in a macro is a line like any other.
	let error = refusal(".macro M s\nadd s, s, 1\n.endmacro\n.macro N\nM\n.endmacro\nN");
	assert_eq!((error.line, error.invoked.as_slice()), (12, &[14][..]));
	assert_eq!(error.message, "expected 1 argument of `M`, found 0");
}

/// Macros of which each invokes the one before `times` times; `M0` is one instruction.
fn tower(times: usize, last: usize) -> String {
	let mut text = ".macro M0\nadd x, x, y\n.endmacro\n".to_string();
	for level in 1..=last {
		let body = format!("M{}\n", level - 1).repeat(times);
		text.push_str(&format!(".macro M{level}\n{body}.endmacro\n"));
	}
	text
}

#[test]
fn an_expansion_that_fits_no_program_is_refused_before_it_begins() {
	// 2^12 instructions are as many as a program has.
	let whole = with_head(&format!("{}M12\n", tower(2, 12)));
	assert_eq!(program(&whole).code().len(), usize::from(MAX_INSTRUCTIONS));
	let error = refusal(&format!("{}M0\nM12\n", tower(2, 12)));
	// The head's 7 lines, 3 of M0, 12 times 4 of the others, and M0.
	assert_eq!((error.line, error.invoked.len()), (60, 0));
	assert_eq!(
		error.message,
		"expected at most 4096 instructions: `M12` comes after 1 and makes more than fit"
	);
	// 100^15 instructions: a test that expands them does not end.
	let error = refusal(&format!("{}M15\n", tower(100, 15)));
	assert_eq!(
		error.message,
		"expected at most 4096 instructions: `M15` comes after 0 and makes more than fit"
	);
	// A macro is no deeper than 16, invoked or not.
	let error = refusal(&tower(1, 16));
	assert_eq!(error.message, "expected at most 16 macros inside one another");
	program(&with_head(&format!("{}M15\n", tower(1, 15))));
}

#[test]
fn a_hint_comes_once_for_all_expansions() {
	let body = ".macro M s\ndivu s, s, 8\nremu s, s, 4\n.endmacro\nM x\nM y\nM x";
	let (_, hints) = assemble_with_warnings(&with_head(body)).expect("a program");
	let lines: Vec<u32> = hints.iter().map(|hint| hint.line).collect();
	assert_eq!(lines, [9, 10]);
}
