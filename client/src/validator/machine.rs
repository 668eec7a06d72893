//! Processor and memory.

use super::{at_least, at_most, bytes, Finding};
use std::{
	fs,
	time::{Duration, Instant},
};
use subxt_signer::sr25519;

/// Cores with which nothing waits: one makes or imports a block, another serves the network.
const CORES: usize = 2;
/// Memory that is left with which nothing is to be done.
const MEMORY: u64 = 1 << 30;
/// Memory that is left with which a node may just start: it is meant to stay under 300 MB.
const LEAST_MEMORY: u64 = 300_000_000;

/// Time of one sr25519 verification on the machine in whose time weights are counted.
pub const REFERENCE_VERIFICATION: Duration = Duration::from_micros(49);
/// How many times as slow a machine may be: a full block is a second of the reference machine's time, and its author has half
/// of a slot of three seconds to make it.
const GOOD_FACTOR: f64 = 1.5;
/// The same for whoever only imports it, before the next one comes.
const BEARABLE_FACTOR: f64 = 3.0;

/// Judges how many cores this machine gives.
pub fn cores(count: usize) -> Finding {
	if count >= CORES {
		return Finding::ok("cores", format!("{count} cores"));
	}
	Finding::warn(
		"cores",
		"a single core makes blocks, checks those of others and serves the network",
		format!("{CORES} or more leave none of them waiting; a worker on this machine must leave the node one, too"),
	)
}

/// Memory of this machine, in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Memory {
	/// All of it.
	pub total: u64,
	/// What programs may still take without swapping, as the kernel counts.
	pub available: u64,
}

impl Memory {
	/// What this machine has now; none where that is not told.
	pub fn read() -> Option<Memory> {
		Memory::parse(&fs::read_to_string("/proc/meminfo").ok()?)
	}

	fn parse(text: &str) -> Option<Memory> {
		let kib = |name: &str| -> Option<u64> {
			let line = text.lines().find_map(|line| line.strip_prefix(name))?;
			line.split_whitespace().next()?.parse().ok()
		};
		Some(Memory {
			total: kib("MemTotal:")?.saturating_mul(1_024),
			available: kib("MemAvailable:")?.saturating_mul(1_024),
		})
	}
}

/// Judges the memory of this machine. What a node that runs here takes is not available any more.
pub fn memory(found: Option<Memory>) -> Finding {
	let Some(Memory { total, available }) = found else {
		return Finding::warn(
			"memory",
			"this system does not tell how much memory is left",
			"a node takes up to 300 MB, and more while it catches up",
		);
	};
	Finding::new(
		"memory",
		at_least(available, MEMORY, LEAST_MEMORY),
		format!("{} of {} are left", bytes(available), bytes(total)),
		"give the machine more memory, or move other programs; a lower --trie-cache-size saves a little",
	)
}

/// How long this machine takes for one sr25519 verification: the median of some hundred.
pub fn verification_time() -> Duration {
	const ROUNDS: u32 = 31;
	const EACH: u32 = 20;
	let pair = sr25519::dev::alice();
	let signature = pair.sign(b"millrace");
	let public = pair.public_key();
	let round = || {
		let start = Instant::now();
		let right = (0..EACH).filter(|_| sr25519::verify(&signature, b"millrace", &public));
		// Whoever does not count them need not verify them.
		let right = u32::try_from(right.count()).unwrap_or(EACH);
		start.elapsed() / right.max(1)
	};
	let mut times: Vec<Duration> = (0..ROUNDS).map(|_| round()).collect();
	times.sort_unstable();
	times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Judges the processor by the time of one verification.
pub fn processor(time: Duration) -> Finding {
	let factor = time.as_nanos() as f64 / REFERENCE_VERIFICATION.as_nanos() as f64;
	let rate = 1.0 / time.as_secs_f64().max(1e-9);
	Finding::new(
		"processor",
		at_most(factor, GOOD_FACTOR, BEARABLE_FACTOR),
		format!(
			"{rate:.0} signatures a second on one core, {} µs each: {factor:.2} times the reference machine's {} µs",
			time.as_micros(),
			REFERENCE_VERIFICATION.as_micros()
		),
		format!(
			"above {GOOD_FACTOR} a full block takes longer than half of its slot to make, above {BEARABLE_FACTOR} longer than a \
			 slot to import: stop what else runs here, or take a faster machine"
		),
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::validator::Verdict;

	#[test]
	fn one_core_is_few() {
		assert_eq!(cores(1).verdict, Verdict::Warn);
		assert_eq!(cores(2), Finding::ok("cores", "2 cores"));
	}

	#[test]
	fn memory_is_read_as_linux_tells_it() {
		let text =
			"MemTotal:       32612345 kB\nMemFree:          200000 kB\nMemAvailable:   16000000 kB\nBuffers: 1 kB\n";
		let found = Memory {
			total: 32_612_345 * 1_024,
			available: 16_000_000 * 1_024,
		};
		assert_eq!(Memory::parse(text), Some(found));
		for bad in ["", "MemTotal: 5 kB\n", "MemTotal: x kB\nMemAvailable: 1 kB\n"] {
			assert_eq!(Memory::parse(bad), None, "{bad}");
		}
	}

	#[test]
	fn memory_that_is_left_counts() {
		let with = |available| {
			memory(Some(Memory {
				total: 8 << 30,
				available,
			}))
		};
		assert_eq!(with(1 << 30).verdict, Verdict::Ok);
		assert_eq!(with((1 << 30) - 1).verdict, Verdict::Warn);
		assert_eq!(with(300_000_000).verdict, Verdict::Warn);
		assert_eq!(with(299_999_999).verdict, Verdict::Fail);
		assert_eq!(with(3 << 30).says, "3.0 GiB of 8.0 GiB are left");
		assert_eq!(memory(None).verdict, Verdict::Warn);
	}

	#[test]
	fn a_slower_machine_is_late_with_full_blocks() {
		for (micros, verdict) in [
			(20, Verdict::Ok),
			(49, Verdict::Ok),
			(73, Verdict::Ok),
			(74, Verdict::Warn),
			(147, Verdict::Warn),
			(148, Verdict::Fail),
		] {
			assert_eq!(processor(Duration::from_micros(micros)).verdict, verdict, "{micros} µs");
		}
		let found = processor(Duration::from_micros(98));
		assert!(found.says.contains("10204 signatures a second"), "{}", found.says);
		assert!(found.says.contains("2.00 times"), "{}", found.says);
	}

	#[test]
	fn a_verification_takes_time() {
		let time = verification_time();
		assert!(
			time > Duration::from_micros(1) && time < Duration::from_millis(100),
			"{time:?}"
		);
	}
}
