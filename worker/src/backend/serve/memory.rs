//! How much memory a job may take, and who goes first when there is none.

use std::fs;

/// Of what is free, a job may take so much: nine tenths.
const SHARE: (u64, u64) = (9, 10);

/// Tells the system to end this process, and not the worker, when memory runs out. Only a hint.
pub(super) fn go_first() {
	let _ = fs::write("/proc/self/oom_score_adj", "500");
}

/// Checks that a job of these input and bundle bytes fits: the backend holds inputs twice, once as read and once where
/// kernels read them, and the worker holds the bundle twice while it checks it.
///
/// # Errors
/// A sentence with both figures.
pub(super) fn check(inputs: u64, bundle: u64) -> Result<(), String> {
	let needed = inputs.saturating_add(bundle).saturating_mul(2);
	match available() {
		Some(free) if needed > free / SHARE.1 * SHARE.0 => Err(format!(
			"it needs {needed} bytes and {free} are free, of which nine tenths may be used"
		)),
		_ => Ok(()),
	}
}

/// Bytes that can be taken without pushing anybody out: of the machine, and of the control group where that has less.
pub(crate) fn available() -> Option<u64> {
	let read = |path: &str| fs::read_to_string(path).ok();
	let machine = read("/proc/meminfo").and_then(|text| of_machine(&text));
	let group = read("/sys/fs/cgroup/memory.max")
		.zip(read("/sys/fs/cgroup/memory.stat"))
		.zip(read("/sys/fs/cgroup/memory.current"))
		.and_then(|((max, stat), current)| of_group(&max, &current, &stat));
	match (machine, group) {
		(Some(machine), Some(group)) => Some(machine.min(group)),
		(machine, group) => machine.or(group),
	}
}

fn of_machine(meminfo: &str) -> Option<u64> {
	let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
	line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1_024)
}

/// What a control group may still take: pages of files that it reads are given up when they are needed.
fn of_group(max: &str, current: &str, stat: &str) -> Option<u64> {
	let max: u64 = max.trim().parse().ok()?;
	let current: u64 = current.trim().parse().ok()?;
	let files = stat.lines().find_map(|line| line.strip_prefix("inactive_file "));
	let files = files.and_then(|files| files.trim().parse().ok()).unwrap_or(0);
	Some(max.saturating_sub(current.saturating_sub(files)))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_the_system_says_is_read() {
		assert_eq!(of_machine("MemTotal: 9 kB\nMemAvailable:   4 kB\n"), Some(4_096));
		assert_eq!(of_machine("MemTotal: 9 kB\n"), None);
		assert_eq!(of_group("1000\n", "700\n", "anon 600\ninactive_file 50\n"), Some(350));
		assert_eq!(of_group("max\n", "700\n", ""), None);
		assert_eq!(of_group("500\n", "700\n", ""), Some(0));
	}

	#[test]
	fn what_no_machine_has_is_refused() {
		assert!(check(0, 0).is_ok());
		// 4 EiB.
		if available().is_some() {
			assert!(check(1 << 61, 1 << 61).is_err());
		}
	}
}
