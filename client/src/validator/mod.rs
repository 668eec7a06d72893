//! The machine and the node of a validator, judged: each check comes to `ok`, `warn` or `fail`, with a sentence about what was
//! found and a hint.
//!
//! Reading and judging are apart. What can be read only on the machine itself is read here; what the node and the chain say
//! comes from [`chain`](crate::chain). A judgement is a function of what was read, and claims no more than that shows.

mod clock;
mod disk;
mod machine;
mod node;
mod sockets;

pub use clock::{clock, is_synchronised, Clock};
pub use disk::{space, writes, Space, Writes};
pub use machine::{cores, memory, processor, verification_time, Memory, REFERENCE_VERIFICATION};
pub use node::{exposure, finality, keystore, peers, reached, registered, release, role, runtime, sync, Exposure};
pub use sockets::listeners;

use serde::Serialize;

/// What a check comes to; the later the worse.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
	/// Nothing is to be done.
	Ok,
	/// It works, but not for sure or not for ever; or it could not be looked at.
	Warn,
	/// A validator does not work like that, or is at risk.
	Fail,
}

impl Verdict {
	/// The word for it.
	pub fn name(self) -> &'static str {
		match self {
			Verdict::Ok => "ok",
			Verdict::Warn => "warn",
			Verdict::Fail => "fail",
		}
	}
}

/// What a check has found.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
	/// What was looked at.
	pub check: &'static str,
	/// What it comes to.
	pub verdict: Verdict,
	/// What was found, in a sentence.
	pub says: String,
	/// What can be done; empty where nothing is.
	pub advice: String,
}

impl Finding {
	/// Nothing is to be done.
	pub fn ok(check: &'static str, says: impl Into<String>) -> Finding {
		Finding::new(check, Verdict::Ok, says, "")
	}

	/// Something may become a problem, or could not be looked at.
	pub fn warn(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Finding {
		Finding::new(check, Verdict::Warn, says, advice)
	}

	/// Something is a problem.
	pub fn fail(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Finding {
		Finding::new(check, Verdict::Fail, says, advice)
	}

	/// The hint counts only where something is to be done.
	fn new(check: &'static str, verdict: Verdict, says: impl Into<String>, advice: impl Into<String>) -> Finding {
		Finding {
			check,
			verdict,
			says: says.into(),
			advice: match verdict {
				Verdict::Ok => String::new(),
				Verdict::Warn | Verdict::Fail => advice.into(),
			},
		}
	}
}

/// `Ok` up to `good`, `Warn` up to `bearable`, else `Fail`.
fn at_most<T: PartialOrd>(value: T, good: T, bearable: T) -> Verdict {
	if value <= good {
		Verdict::Ok
	} else if value <= bearable {
		Verdict::Warn
	} else {
		Verdict::Fail
	}
}

/// `Ok` from `good` on, `Warn` from `bearable` on, else `Fail`.
fn at_least<T: PartialOrd>(value: T, good: T, bearable: T) -> Verdict {
	if value >= good {
		Verdict::Ok
	} else if value >= bearable {
		Verdict::Warn
	} else {
		Verdict::Fail
	}
}

/// Bytes for people: `512 MiB`, `1.5 GiB`.
fn bytes(count: u64) -> String {
	const MIB: u64 = 1 << 20;
	const GIB: u64 = 1 << 30;
	if count < GIB {
		return format!("{} MiB", count / MIB);
	}
	let tenths = count / (GIB / 10);
	format!("{}.{} GiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_worse_comes_later() {
		assert!(Verdict::Ok < Verdict::Warn && Verdict::Warn < Verdict::Fail);
		for (value, verdict) in [
			(1, Verdict::Ok),
			(2, Verdict::Ok),
			(3, Verdict::Warn),
			(4, Verdict::Warn),
			(5, Verdict::Fail),
		] {
			assert_eq!(at_most(value, 2, 4), verdict, "{value}");
		}
		for (value, verdict) in [
			(5, Verdict::Ok),
			(4, Verdict::Ok),
			(3, Verdict::Warn),
			(2, Verdict::Warn),
			(1, Verdict::Fail),
		] {
			assert_eq!(at_least(value, 4, 2), verdict, "{value}");
		}
	}

	#[test]
	fn only_what_is_to_be_done_is_advised() {
		let finding = Finding::new("cores", Verdict::Ok, "2 cores", "more");
		assert_eq!(finding, Finding::ok("cores", "2 cores"));
		assert_eq!(Finding::new("cores", Verdict::Warn, "1 core", "more").advice, "more");
	}

	#[test]
	fn bytes_are_printed_short() {
		for (count, text) in [
			(0, "0 MiB"),
			((1 << 30) - 1, "1023 MiB"),
			(1 << 30, "1.0 GiB"),
			(3 << 29, "1.5 GiB"),
			(1 << 40, "1024.0 GiB"),
		] {
			assert_eq!(bytes(count), text);
		}
	}
}
