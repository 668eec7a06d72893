//! How long the backend's process may be silent, and how often it may fail.

use super::message::Stage;
use std::time::Duration;

/// Bounds of the watchdog. Tests make them short.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
	/// From the start of a process until it is ready: a driver takes seconds to wake a device.
	pub start: Duration,
	/// Between two signs of life while it reads, compiles or writes: none of that shows how far it is.
	pub quiet: Duration,
	/// Until the first leaves are done: inputs go to the device, and the first launch loads the code.
	pub first: Duration,
	/// Between two signs of life while leaves are run, at least. A launch takes 50 ms, a leaf less.
	pub step: Duration,
	/// So many times the estimate for one step of progress may pass, where that is more.
	pub patience: u32,
	/// From a cancellation to the answer.
	pub cancel: Duration,
	/// From a kill until the process is gone. One that a driver holds may never be.
	pub end: Duration,
	/// Breakdowns in a row, by different kernels, after which the device is not used any more.
	pub strikes: usize,
	/// How long a kernel that broke the backend down is not tried again.
	pub ban: Duration,
}

impl Default for Limits {
	fn default() -> Self {
		Self {
			start: Duration::from_secs(30),
			quiet: Duration::from_secs(30),
			first: Duration::from_secs(10),
			step: Duration::from_secs(2),
			patience: 5,
			cancel: Duration::from_secs(5),
			end: Duration::from_secs(5),
			strikes: 3,
			ban: Duration::from_secs(3_600),
		}
	}
}

impl Limits {
	/// How long silence may last after a sign of life. `step` is the estimate for one step of progress.
	pub(super) fn silence(&self, stage: Stage, done: u32, leaves: u32, step: Duration) -> Duration {
		let running = self.step.max(step.saturating_mul(self.patience));
		match stage {
			Stage::Running if done == 0 => self.first.max(running),
			Stage::Running if done < leaves => running,
			// All leaves are done: what is left is the tree above them.
			Stage::Loading | Stage::Preparing | Stage::Running | Stage::Writing => self.quiet,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn silence_is_short_only_while_leaves_are_run() {
		let limits = Limits::default();
		let of = |stage, done, step_ms| limits.silence(stage, done, 10, Duration::from_millis(step_ms));
		assert_eq!(of(Stage::Running, 3, 50), Duration::from_secs(2));
		// Five times 900 ms.
		assert_eq!(of(Stage::Running, 3, 900), Duration::from_millis(4_500));
		assert_eq!(of(Stage::Running, 0, 50), Duration::from_secs(10));
		assert_eq!(of(Stage::Running, 10, 50), Duration::from_secs(30));
		assert_eq!(of(Stage::Preparing, 0, 50), Duration::from_secs(30));
	}
}
