//! A whole job, and its commitment.

use crate::{
	bundle::{encode, leaf_bytes, LeafFigures},
	commit,
	error::ComputeError,
	evaluate::Evaluator,
	memory,
};
use millrace_cuda::{Control, Device, Slice, Trace};
use millrace_kernel::{
	eval::Task,
	leaf::leaf_count,
	program::Program,
	tree::{output_leaves, Blake2b, SumNode},
};
use rayon::{prelude::*, ThreadPool};
use std::{
	sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
	time::{Duration, Instant},
};

/// Progress is reported about this often in a run.
const REPORTS: u32 = 256;
/// And at least this often, where leaves take long: who watches takes silence for a standstill.
const REPORT_PAUSE: Duration = Duration::from_millis(100);
/// Most leaves that one task of the thread pool runs and hashes.
const LEAVES_A_TASK: u32 = 256;
/// Tasks for each thread, so that threads which were given light leaves find more.
const TASKS_A_THREAD: u32 = 16;

/// How far a run has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
	/// Leaves done.
	pub done: u32,
	/// Leaves in all.
	pub leaves: u32,
}

/// How to run.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
	/// Threads to use; 0 is one for each core.
	pub threads: usize,
	/// Set to stop: the run then ends within one leaf of each thread, or one launch.
	pub cancel: Option<&'a AtomicBool>,
	/// Called when work was done and never without, from any thread. So it also shows that a run is alive.
	pub progress: Option<&'a (dyn Fn(Progress) + Sync)>,
}

/// Where the time of a run went.
#[derive(Clone, Debug, Default)]
pub struct Times {
	/// Compiling the kernel and bringing the inputs to where it reads them.
	pub prepare: Duration,
	/// From the first leaf to the root.
	pub run: Duration,
	/// Hashing leaves, summed over all threads; it overlaps with the rest.
	pub hash: Duration,
	/// What a CUDA device did when.
	pub trace: Option<Trace>,
}

/// A finished run.
#[derive(Clone, Debug)]
pub struct Computed {
	/// The items' bytes, one item after another.
	pub output: Vec<u8>,
	/// The figures of each leaf.
	pub leaves: Vec<LeafFigures>,
	/// The root of the output tree: what is committed, with the units of all leaves.
	pub root: SumNode,
	/// Where the time went.
	pub times: Times,
}

impl Computed {
	/// What the requester receives: the output, then units (u64) and traps (u32) of each leaf, little-endian.
	pub fn bundle(&self) -> Vec<u8> {
		encode(&self.output, &self.leaves)
	}
}

/// The shape of a job's output.
#[derive(Clone, Copy)]
struct Shape {
	leaves: u32,
	leaf_bytes: usize,
	output_bytes: u64,
}

impl Shape {
	fn of(program: &Program, task: &Task<'_>) -> Self {
		let item_size = program.header().item_size;
		Shape {
			leaves: leaf_count(program.items_per_leaf(), task.items),
			leaf_bytes: leaf_bytes(program.items_per_leaf(), item_size),
			output_bytes: u64::from(task.items) * u64::from(item_size),
		}
	}
}

/// Reports progress, but not every leaf.
struct Reporter<'a> {
	options: &'a Options<'a>,
	leaves: u32,
	done: AtomicU32,
	begun: Instant,
	/// When the last report was made: nanoseconds after `begun`.
	reported: AtomicU64,
}

impl<'a> Reporter<'a> {
	fn new(options: &'a Options<'a>, leaves: u32) -> Self {
		Reporter {
			options,
			leaves,
			done: AtomicU32::new(0),
			begun: Instant::now(),
			reported: AtomicU64::new(0),
		}
	}

	fn is_cancelled(&self) -> bool {
		self.options.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed))
	}

	/// `count` more leaves are done.
	fn done(&self, count: u32) {
		let before = self.done.fetch_add(count, Ordering::Relaxed);
		let now = before.saturating_add(count);
		let every = (self.leaves / REPORTS).max(1);
		let time = nanoseconds(self.begun.elapsed());
		let silent = time.saturating_sub(self.reported.load(Ordering::Relaxed));
		if now / every != before / every || now == self.leaves || silent >= nanoseconds(REPORT_PAUSE) {
			self.reported.store(time, Ordering::Relaxed);
			self.report(now);
		}
	}

	fn report(&self, done: u32) {
		if let Some(progress) = self.options.progress {
			progress(Progress {
				done,
				leaves: self.leaves,
			});
		}
	}
}

/// Runs every leaf by `evaluator` on the threads of `pool`, and hashes each while it is in the cache.
pub(crate) fn on_threads(
	program: &Program,
	task: &Task<'_>,
	evaluator: &Evaluator<'_>,
	pool: &ThreadPool,
	options: &Options<'_>,
) -> Result<Computed, ComputeError> {
	let shape = Shape::of(program, task);
	let mut output = zeros(shape.output_bytes)?;
	let threads = u32::try_from(pool.current_num_threads()).unwrap_or(u32::MAX);
	let leaves_a_task = (shape.leaves / threads.saturating_mul(TASKS_A_THREAD).max(1)).clamp(1, LEAVES_A_TASK);
	let reporter = Reporter::new(options, shape.leaves);
	let hashing = AtomicU64::new(0);
	let start = Instant::now();

	let run_task = |number: usize, output: &mut [u8]| -> Result<Vec<(LeafFigures, SumNode)>, ComputeError> {
		let mut thread = evaluator.thread()?;
		// Leaves are fewer than items, which are counted in 32 bits.
		let first = u32::try_from(number).unwrap_or(u32::MAX).saturating_mul(leaves_a_task);
		let mut figures = Vec::new();
		for (leaf, out) in (first..).zip(output.chunks_mut(shape.leaf_bytes)) {
			if reporter.is_cancelled() {
				return Err(ComputeError::Cancelled);
			}
			let LeafFigures { units, traps } = thread.leaf(leaf, out)?;
			figures.push((units, traps));
			reporter.done(1);
		}
		let before = Instant::now();
		let nodes = output_leaves::<Blake2b>(u64::from(first), output, shape.leaf_bytes, &figures);
		hashing.fetch_add(nanoseconds(before.elapsed()), Ordering::Relaxed);
		let figures = figures.into_iter().map(|(units, traps)| LeafFigures { units, traps });
		Ok(figures.zip(nodes).collect())
	};
	let task_bytes = shape
		.leaf_bytes
		.saturating_mul(usize::try_from(leaves_a_task).unwrap_or(usize::MAX));
	let (leaves, root) = pool.install(|| {
		let done: Vec<Vec<(LeafFigures, SumNode)>> = output
			.par_chunks_mut(task_bytes)
			.enumerate()
			.map(|(number, output)| run_task(number, output))
			.collect::<Result<_, _>>()?;
		let (leaves, nodes): (Vec<LeafFigures>, Vec<SumNode>) = done.into_iter().flatten().unzip();
		Ok::<_, ComputeError>((leaves, commit::root(&nodes)?))
	})?;
	Ok(Computed {
		output,
		leaves,
		root,
		times: Times {
			run: start.elapsed(),
			hash: Duration::from_nanos(hashing.into_inner()),
			..Times::default()
		},
	})
}

/// Runs every leaf on a CUDA device; what it has finished is hashed on the threads of `pool` while it goes on.
pub(crate) fn on_device(
	program: &Program,
	task: &Task<'_>,
	inputs: &[&[u8]],
	device: &Device,
	pool: &ThreadPool,
	options: &Options<'_>,
) -> Result<Computed, ComputeError> {
	let shape = Shape::of(program, task);
	let mut output = zeros(shape.output_bytes)?;
	let mut leaves = Vec::with_capacity(usize::try_from(shape.leaves).unwrap_or_default());
	let mut nodes = Vec::with_capacity(leaves.capacity());
	let mut hash = Duration::ZERO;
	let reporter = Reporter::new(options, shape.leaves);
	// Slices come in order, so the part of the output that is still to be filled is what is left of it.
	let mut rest = output.as_mut_slice();
	let mut sink = |slice: Slice<'_>| {
		let (here, after) = std::mem::take(&mut rest)
			.split_at_mut_checked(slice.output.len())
			.unwrap_or_default();
		rest = after;
		let figures: Vec<LeafFigures> = slice
			.units
			.iter()
			.zip(slice.traps)
			.map(|(units, traps)| LeafFigures {
				units: *units,
				traps: *traps,
			})
			.collect();
		let before = Instant::now();
		pool.install(|| {
			here.par_chunks_mut(shape.leaf_bytes.saturating_mul(64))
				.zip(slice.output.par_chunks(shape.leaf_bytes.saturating_mul(64)))
				.for_each(|(to, from)| to.copy_from_slice(from));
			commit::append_nodes(&mut nodes, slice.first_leaf, here, shape.leaf_bytes, &figures);
		});
		hash += before.elapsed();
		reporter.done(u32::try_from(figures.len()).unwrap_or(u32::MAX));
		leaves.extend(figures);
	};
	let start = Instant::now();
	let alive = || reporter.report(reporter.done.load(Ordering::Relaxed));
	let mut control = Control {
		cancel: options.cancel,
		heartbeat: Some(&alive),
	};
	let trace = device.run(program, task, inputs, &mut control, &mut sink)?;
	let root = pool.install(|| commit::root(&nodes))?;
	Ok(Computed {
		output,
		leaves,
		root,
		times: Times {
			prepare: Duration::ZERO,
			run: start.elapsed(),
			hash,
			trace: Some(trace),
		},
	})
}

/// That many zeros, or an error where an allocation would end the process: also where the system would promise the
/// memory now and kill somebody for it later.
fn zeros(bytes: u64) -> Result<Vec<u8>, ComputeError> {
	let too_large = || ComputeError::TooLarge { bytes };
	if memory::available().is_some_and(|available| bytes > available) {
		return Err(too_large());
	}
	let len = usize::try_from(bytes).map_err(|_| too_large())?;
	let mut zeros = Vec::new();
	zeros.try_reserve_exact(len).map_err(|_| too_large())?;
	zeros.resize(len, 0);
	Ok(zeros)
}

fn nanoseconds(duration: Duration) -> u64 {
	u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
