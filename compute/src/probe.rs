//! How long a job will take, from a few of its leaves.

use crate::{bundle::leaf_bytes, error::ComputeError, runner::Runner};
use millrace_kernel::{
	eval::Task,
	leaf::{leaf_count, leaf_items},
	program::Program,
};
use std::time::{Duration, Instant};

/// A probe stops once it took this long; one leaf takes a few hundredths of a second at most.
const BUDGET: Duration = Duration::from_millis(300);

/// What a few leaves took on one thread.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Probe {
	/// Leaves that were run.
	pub leaves: u32,
	/// Leaves of the job.
	pub of: u32,
	/// Their units.
	pub units: u64,
	/// The time they took.
	pub elapsed: Duration,
}

/// Runs up to `leaves` leaves of a job, spread evenly from the first to the last, on the calling thread, for about
/// three tenths of a second at most. At least one leaf is run. A device's leaves are run on the CPU, so for one the
/// probe is an upper bound; what it says about units holds everywhere.
///
/// # Errors
/// As [`Runner::run`].
pub fn probe(
	runner: &Runner,
	program: &Program,
	task: &Task<'_>,
	inputs: &[&[u8]],
	leaves: u32,
) -> Result<Probe, ComputeError> {
	task.check(program, inputs.len())?;
	let per_leaf = program.items_per_leaf();
	let of = leaf_count(per_leaf, task.items);
	let count = leaves.clamp(1, of.max(1));
	let item_size = program.header().item_size;
	let mut out = vec![0; leaf_bytes(per_leaf, item_size)];
	let evaluator = runner.evaluator(program, task, inputs)?;
	let mut thread = evaluator.thread()?;
	let start = Instant::now();
	let mut probe = Probe {
		leaves: 0,
		of,
		units: 0,
		elapsed: Duration::ZERO,
	};
	for step in 0..count {
		// The first leaf, then on by an even stride; the last one where more than one is asked for.
		let leaf = u64::from(step) * u64::from(of.saturating_sub(1)) / u64::from(count.saturating_sub(1).max(1));
		let leaf = u32::try_from(leaf).unwrap_or(u32::MAX);
		let items = leaf_items(per_leaf, task.items, leaf).map_or(0, |items| items.len());
		let here = out.get_mut(..items * usize::from(item_size)).unwrap_or_default();
		let figures = thread.leaf(leaf, here)?;
		probe.leaves += 1;
		probe.units = probe.units.saturating_add(figures.units);
		probe.elapsed = start.elapsed();
		if probe.elapsed >= BUDGET {
			break;
		}
	}
	Ok(probe)
}

impl Probe {
	/// How long the whole job should take on `threads` threads (0 is one for each core), if the leaves that were run are
	/// like the others.
	pub fn estimate(&self, threads: usize) -> Duration {
		let threads = match threads {
			0 => std::thread::available_parallelism().map_or(1, usize::from),
			threads => threads,
		};
		let one = self.elapsed.as_secs_f64() * f64::from(self.of) / f64::from(self.leaves.max(1));
		let parallel = threads.min(usize::try_from(self.of).unwrap_or(usize::MAX)).max(1);
		Duration::try_from_secs_f64(one / parallel as f64).unwrap_or(Duration::MAX)
	}

	/// Units a second on one thread; 0 where the clock saw no time pass.
	pub fn units_per_second(&self) -> f64 {
		let seconds = self.elapsed.as_secs_f64();
		if seconds > 0.0 {
			self.units as f64 / seconds
		} else {
			0.0
		}
	}
}
