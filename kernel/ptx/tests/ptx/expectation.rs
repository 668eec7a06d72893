//! Texts of small programs, and what is expected in them.

use millrace_kernel_ptx::emit;

use crate::programs::program;

/// The text of `body` with some declarations around it.
pub(crate) fn text(body: &str) -> String {
	emit(&program(&format!(
		".item 32\n.scratch 64\n.inputs x y\n.params p q\n.max_units 100000\n.max_faults 7\n.registers 16 8\n\
		 .const u32 3, 0x80000000, 5, 7\n{body}"
	)))
}

/// The lines, without the blanks around them.
fn lines(ptx: &str) -> Vec<&str> {
	ptx.lines().map(str::trim).collect()
}

/// Asserts that `expected` occurs in `ptx` as consecutive lines.
pub(crate) fn assert_has(ptx: &str, expected: &[&str]) {
	assert!(
		lines(ptx).windows(expected.len()).any(|window| window == expected),
		"expected\n{}\nin\n{ptx}",
		expected.join("\n")
	);
}

/// How many lines hold `part`.
pub(crate) fn count(ptx: &str, part: &str) -> usize {
	ptx.lines().filter(|line| line.contains(part)).count()
}
