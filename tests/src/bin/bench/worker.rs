//! W1: what a job costs that computes nothing, once everything is warm.
//!
//! The job is 1,024 items of 1,024 bytes of a program without instructions, run by the process that a worker starts for
//! its jobs. The clock runs in this process, from the request to its answer. That includes the request's frame, looking
//! the kernel up, all launches or leaves, the copy home, the hashes of 1 MiB, the root, and the answer's frame; and, as
//! with every request to a worker's backend, the bundle written to a file that is there already, without waiting for
//! the disk. It does not include what the worker does with the file afterwards: reading it again, building the root
//! again, re-running leaves, making it durable.

use crate::report::{median, percentile, Report};
use millrace_compute::{with_causes, Choice};
use millrace_kernel::asm::assemble;
use millrace_tests::binary;
use millrace_worker::backend::{
	message::{Spent, Work},
	Backend, Limits, OwnProgram, Quarantine, Ready,
};
use std::{
	error::Error,
	sync::atomic::AtomicBool,
	time::{Duration, Instant},
};

const WARM_UP: usize = 20;
const JOBS: usize = 200;
/// An item costs 16 units, and 128 for its bytes.
const NULL_KERNEL: &str = ".item 1024\n.max_units 144\n";
const ITEMS: u32 = 1_024;
const MAX_UNITS: u32 = 144;
/// Name, share of the jobs, goal in milliseconds, and the goal's text.
const GOALS: [(&str, f64, f64, &str); 2] = [("W1 p50", 0.5, 1.0, "<= 1 ms"), ("W1 p99", 0.99, 5.0, "<= 5 ms")];

pub(crate) fn measure(report: &mut Report) {
	let (ready, jobs) = match run() {
		Ok(measured) => measured,
		Err(why) => {
			for (name, _, _, goal) in GOALS {
				report.not_measured(name, goal, &with_causes(&*why));
			}
			return;
		}
	};
	let mut milliseconds: Vec<f64> = jobs.iter().map(|(took, _)| took.as_secs_f64() * 1e3).collect();
	for (name, share, most, goal) in GOALS {
		let took = percentile(&mut milliseconds, share);
		let figure = format!("{took:.2} ms on {}", ready.kind);
		report.goal(name, &figure, goal, took <= most);
	}
	report.note(&format!(
		"{}; {JOBS} jobs, of which at the median: compiling or looking up {:.2} ms, from the first leaf to the root \
		 {:.2} ms, writing the bundle's file {:.2} ms",
		ready.description,
		middle(&jobs, |spent| spent.prepare),
		middle(&jobs, |spent| spent.run),
		middle(&jobs, |spent| spent.write),
	));
}

/// The median of a part of the jobs' times, in milliseconds.
fn middle(jobs: &[(Duration, Spent)], microseconds: fn(&Spent) -> u64) -> f64 {
	median(jobs.iter().map(|(_, spent)| microseconds(spent) as f64 / 1e3).collect())
}

/// How long a job took, and what the backend says of that.
type Job = (Duration, Spent);

/// Every job that counts.
fn run() -> Result<(Ready, Vec<Job>), Box<dyn Error>> {
	let program = assemble(NULL_KERNEL)?;
	let work = Work {
		kernel: program.encode(),
		items: ITEMS,
		max_units: MAX_UNITS,
		params: Vec::new(),
		inputs: Vec::new(),
	};
	let folder = tempfile::tempdir()?;
	let bundle = folder.path().join("bundle");
	let launch = OwnProgram::at(binary("millrace-worker"), 0, folder.path().join("kernels"));
	let quarantine = Quarantine::open(folder.path())?;
	let backend = Backend::new(Box::new(launch), Choice::Auto, Limits::default(), quarantine);
	let ready = backend.start()?;
	let cancel = AtomicBool::new(false);
	let mut jobs = Vec::with_capacity(JOBS);
	for number in 0..WARM_UP + JOBS {
		let start = Instant::now();
		let (finished, ()) = backend.run(&work, &bundle, Duration::ZERO, &cancel, &mut |_, _| {}, &mut |_| Ok(()))?;
		let took = start.elapsed();
		assert_eq!(
			finished.units,
			u64::from(ITEMS) * u64::from(MAX_UNITS),
			"units of the null kernel"
		);
		if number >= WARM_UP {
			jobs.push((took, finished.spent));
		}
	}
	Ok((ready, jobs))
}
