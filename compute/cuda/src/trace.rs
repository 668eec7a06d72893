//! Where the time of a run went.

use std::time::Duration;

/// What a device did in a run, and for how long. Times of stages are sums over all slices; stages overlap.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Trace {
	/// Launches, one for each slice.
	pub launches: u32,
	/// The longest of them.
	pub longest_launch: Duration,
	/// The device copied inputs, by its events.
	pub upload: Duration,
	/// The device ran kernels and zeroed their output, by its events.
	pub compute: Duration,
	/// The device copied results, by its events.
	pub download: Duration,
	/// The caller's sink ran: it hashes.
	pub sink: Duration,
	/// Before the first input was copied: the memory was found and allocated.
	pub setup: Duration,
	/// From the first launch until the sink had returned from the last slice.
	pub pipeline: Duration,
	/// From the first copy of an input until the sink had returned from the last slice.
	pub wall: Duration,
	/// After that: the memory was wiped.
	pub wipe: Duration,
}

impl Trace {
	/// How much of what could overlap did, from 0 to 1, over the whole of [`Trace::wall`].
	///
	/// With S the sum of `upload`, `compute`, `download` and `sink` and L the longest of them: (S − wall) / (S − L),
	/// at least 0 and at most 1. It is 1 where the run took no longer than its longest stage, and 0 where one stage
	/// ran after another. Where only one stage took any time there was nothing to hide, and it is 1.
	///
	/// An item may read any byte of any input, so nothing is computed before the last is there: the upload of a job
	/// overlaps with nothing, and a job with large inputs stays below 1. [`Trace::pipeline_overlap`] leaves it out.
	pub fn overlap(&self) -> f64 {
		hidden(&[self.upload, self.compute, self.download, self.sink], self.wall)
	}

	/// As [`Trace::overlap`], of `compute`, `download` and `sink` over [`Trace::pipeline`].
	pub fn pipeline_overlap(&self) -> f64 {
		hidden(&[self.compute, self.download, self.sink], self.pipeline)
	}
}

fn hidden(stages: &[Duration], wall: Duration) -> f64 {
	let sum: Duration = stages.iter().sum();
	let longest = stages.iter().copied().max().unwrap_or_default();
	let shorter = sum - longest;
	if shorter.is_zero() {
		return 1.0;
	}
	(sum.saturating_sub(wall).as_secs_f64() / shorter.as_secs_f64()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn trace(stages: [u64; 4], wall: u64, pipeline: u64) -> Trace {
		let [upload, compute, download, sink] = stages.map(Duration::from_millis);
		Trace {
			upload,
			compute,
			download,
			sink,
			wall: Duration::from_millis(wall),
			pipeline: Duration::from_millis(pipeline),
			..Trace::default()
		}
	}

	fn near(value: f64, expected: f64) -> bool {
		(value - expected).abs() < 1e-9
	}

	#[test]
	fn overlap_is_what_was_hidden_of_the_shorter_stages() {
		// Stages of 10, 4 and 6 ms: 10 of 20 ms can be hidden.
		assert!(near(trace([0, 10, 4, 6], 10, 10).overlap(), 1.0));
		assert!(near(trace([0, 10, 4, 6], 11, 11).overlap(), 0.9));
		assert!(near(trace([0, 10, 4, 6], 20, 20).overlap(), 0.0));
		// Slower than one after another, or quicker than the longest stage (clocks differ): still a share.
		assert!(near(trace([0, 10, 4, 6], 25, 25).overlap(), 0.0));
		assert!(near(trace([0, 10, 4, 6], 9, 9).overlap(), 1.0));
	}

	#[test]
	fn an_upload_counts_in_the_whole_and_not_in_the_pipeline() {
		// 5 ms of upload before a perfect pipeline of 10: of 15 ms that could be hidden, 10 were.
		let trace = trace([5, 10, 4, 6], 15, 10);
		assert!(near(trace.overlap(), 10.0 / 15.0));
		assert!(near(trace.pipeline_overlap(), 1.0));
	}

	#[test]
	fn one_stage_has_nothing_to_hide() {
		assert!(near(trace([0, 10, 0, 0], 12, 12).overlap(), 1.0));
		assert!(near(Trace::default().overlap(), 1.0));
	}
}
