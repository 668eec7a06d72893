//! W4: building commitments keeps up.

use crate::report::{median, Report};
use millrace_kernel::tree::{input_leaves, output_leaves, Blake2b};
use std::{hint::black_box, time::Instant};

/// Bytes that are hashed in one measurement: more than any cache holds.
const BYTES: usize = 64 << 20;
const GOAL: f64 = 0.5;

pub(crate) fn measure(report: &mut Report) {
	let bytes: Vec<u8> = (0..BYTES).map(|at| (at * 31 + at / 256) as u8).collect();
	for (name, leaf_bytes) in [("W4", 1_024), ("W4 leaves of 256 bytes", 256)] {
		let figures = vec![(1_000u64, 0u32); BYTES / leaf_bytes];
		let rate = rate(|| {
			black_box(output_leaves::<Blake2b>(0, &bytes, leaf_bytes, &figures));
		});
		report.goal(name, &format!("{rate:.2} GB/s per core"), ">= 0.5 GB/s", rate >= GOAL);
	}
	let rate = rate(|| {
		black_box(input_leaves::<Blake2b>(&bytes));
	});
	report.goal(
		"W4 inputs",
		&format!("{rate:.2} GB/s per core"),
		">= 0.5 GB/s",
		rate >= GOAL,
	);
}

/// Gigabytes a second on this thread.
fn rate(mut hash: impl FnMut()) -> f64 {
	let seconds = (0..5)
		.map(|_| {
			let start = Instant::now();
			hash();
			start.elapsed().as_secs_f64()
		})
		.collect();
	BYTES as f64 / 1e9 / median(seconds)
}
