//! How much memory this machine can still give.

use std::fs;

/// Bytes that can be allocated without pushing anybody out, as the kernel estimates them (`MemAvailable` of
/// `/proc/meminfo`). `None` where the system does not say.
pub(crate) fn available() -> Option<u64> {
	parse(&fs::read_to_string("/proc/meminfo").ok()?)
}

fn parse(text: &str) -> Option<u64> {
	let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
	let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
	kib.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_line_is_read() {
		assert_eq!(
			parse("MemTotal:  8 kB\nMemAvailable:      5 kB\nBuffers: 1 kB\n"),
			Some(5 * 1_024)
		);
		assert_eq!(parse("MemTotal: 8 kB\n"), None);
		assert_eq!(parse("MemAvailable: many kB\n"), None);
	}
}
