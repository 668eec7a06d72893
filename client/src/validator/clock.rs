//! The clock of this machine, against blocks that others have made.

use super::{Finding, Verdict};
use std::{path::Path, time::Duration};

/// Where systemd-timesyncd keeps its state while it runs.
const TIMESYNC: &str = "/run/systemd/timesync";

/// How much older than the clock a new block may be: it is dated to the beginning of its slot, made within half of that, and
/// sent.
const GOOD_AGE: Duration = Duration::from_millis(4_500);
/// Two slots more than nothing: from then on others take blocks of such a clock for ones from the future.
const BEARABLE_AGE: Duration = Duration::from_secs(9);
/// How much younger than the clock it may be: clocks differ by that.
const GOOD_LEAD: Duration = Duration::from_secs(1);
/// A whole slot: a block made by such a clock comes when its slot is over.
const BEARABLE_LEAD: Duration = Duration::from_secs(3);

/// What is known of a clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Clock {
	/// Milliseconds from the time of a new block to the time of this clock when the block had just come; none where no new
	/// block came, or where the node still catches up, so that its blocks are old.
	pub block_age: Option<i64>,
	/// Whether the system says that its clock is synchronised; none where it does not say.
	pub synchronised: Option<bool>,
}

/// Whether systemd-timesyncd has synchronised the clock since it was started; none where it does not run. Other services say
/// so elsewhere.
pub fn is_synchronised() -> Option<bool> {
	let state = Path::new(TIMESYNC);
	state.is_dir().then(|| state.join("synchronized").exists())
}

/// Judges a clock.
pub fn clock(clock: Clock) -> Finding {
	let service = match clock.synchronised {
		Some(true) => "; systemd-timesyncd says that it is synchronised",
		Some(false) => "; systemd-timesyncd has not synchronised it yet",
		None => "",
	};
	let advice = "`timedatectl` shows whether the clock is synchronised; `timedatectl set-ntp true` has it so";
	let Some(age) = clock.block_age else {
		let says = format!("no new block came by which the clock could be told{service}");
		return Finding::warn("clock", says, advice);
	};
	let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
	let between = |lead: Duration, longest: Duration| age >= -millis(lead) && age <= millis(longest);
	let by_blocks = if between(GOOD_LEAD, GOOD_AGE) {
		Verdict::Ok
	} else if between(BEARABLE_LEAD, BEARABLE_AGE) {
		Verdict::Warn
	} else {
		Verdict::Fail
	};
	let by_system = match clock.synchronised {
		Some(false) => Verdict::Warn,
		Some(true) | None => Verdict::Ok,
	};
	let seconds = format!("{}.{} s", age.unsigned_abs() / 1_000, age.unsigned_abs() / 100 % 10);
	let is_early = age < 0;
	let why = match (by_blocks, is_early) {
		(Verdict::Ok, _) => "",
		(_, true) => ", so this clock is slow, or that of the block's author fast",
		(_, false) => ", so this clock is fast, or blocks come late",
	};
	let what = match is_early {
		true => format!("a new block was dated {seconds} ahead of this clock"),
		false => format!("a new block was {seconds} old by this clock"),
	};
	Finding::new(
		"clock",
		by_blocks.max(by_system),
		format!("{what}{why}{service}"),
		advice,
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn judged(block_age: Option<i64>, synchronised: Option<bool>) -> Finding {
		clock(Clock {
			block_age,
			synchronised,
		})
	}

	#[test]
	fn a_clock_may_differ_by_less_than_a_slot() {
		for (age, verdict) in [
			(0, Verdict::Ok),
			(300, Verdict::Ok),
			(4_500, Verdict::Ok),
			(4_501, Verdict::Warn),
			(9_000, Verdict::Warn),
			(9_001, Verdict::Fail),
			(3_600_000, Verdict::Fail),
			(-1_000, Verdict::Ok),
			(-1_001, Verdict::Warn),
			(-3_000, Verdict::Warn),
			(-3_001, Verdict::Fail),
			(i64::MIN, Verdict::Fail),
		] {
			assert_eq!(judged(Some(age), None).verdict, verdict, "{age} ms");
		}
		assert!(judged(Some(-12_340), None).says.contains("12.3 s ahead of this clock"));
		assert!(judged(Some(12_340), None).says.contains("12.3 s old"));
	}

	#[test]
	fn a_clock_that_is_not_synchronised_may_be_right_by_chance() {
		assert_eq!(judged(Some(300), Some(false)).verdict, Verdict::Warn);
		assert_eq!(judged(Some(300), Some(true)).verdict, Verdict::Ok);
		assert_eq!(
			judged(Some(60_000), Some(true)).verdict,
			Verdict::Fail,
			"blocks tell more than a service"
		);
	}

	#[test]
	fn without_a_new_block_nothing_is_known() {
		for synchronised in [None, Some(false), Some(true)] {
			assert_eq!(judged(None, synchronised).verdict, Verdict::Warn);
		}
	}
}
