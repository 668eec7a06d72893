//! Runs many cases on several backends and keeps what differs.

use std::{
	any::Any,
	fmt,
	panic::{catch_unwind, AssertUnwindSafe},
	sync::{
		atomic::{AtomicU64, Ordering},
		Mutex, PoisonError,
	},
	thread,
	time::{Duration, Instant},
};

use millrace_kernel::{asm::disassemble, leaf::Leaf};

use crate::{
	backend::{Backend, Reference},
	case::Case,
	executed::Executed,
	generate,
	report::{Report, Tally},
	shrink::shrink,
};

/// After so many differences nothing new is learnt.
const ENOUGH: usize = 4;

/// What to compare.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
	/// The seed of the first case; the next ones follow.
	pub seed: u64,
	/// How many cases.
	pub programs: u64,
	/// When to stop, though not all are done.
	pub time: Option<Duration>,
}

/// How a backend and the reference differ on a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
	/// The backend failed, or panicked.
	Failed(String),
	/// Another number of leaves.
	Leaves {
		/// Leaves of the reference.
		expected: usize,
		/// Leaves of the backend.
		actual: usize,
	},
	/// A leaf is another.
	Leaf {
		/// Its number.
		leaf: usize,
		/// The leaf of the reference.
		expected: Leaf,
		/// The leaf of the backend.
		actual: Leaf,
	},
}

impl fmt::Display for Mismatch {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Mismatch::Failed(why) => write!(f, "it failed: {why}"),
			Mismatch::Leaves { expected, actual } => write!(f, "{actual} leaves, there are {expected}"),
			Mismatch::Leaf { leaf, expected, actual } => {
				write!(f, "leaf {leaf}: ")?;
				let mut bytes = expected.bytes.iter().zip(&actual.bytes);
				if expected.bytes.len() != actual.bytes.len() {
					write!(f, "{} bytes for {}; ", actual.bytes.len(), expected.bytes.len())?;
				} else if let Some(at) = bytes.position(|(expected, actual)| expected != actual) {
					let (expected, actual) = (expected.bytes[at], actual.bytes[at]);
					write!(f, "byte {at} is {actual:#04x} for {expected:#04x}; ")?;
				}
				write!(f, "units {} for {}; ", actual.units, expected.units)?;
				write!(f, "traps {} for {}", actual.traps, expected.traps)
			}
		}
	}
}

/// A difference, with all that it takes to see it again.
#[derive(Clone, Debug)]
pub struct Difference {
	/// The backend that differs.
	pub backend: String,
	/// How it differs on the case that the seed names.
	pub mismatch: Mismatch,
	/// That case.
	pub case: Case,
	/// As few instructions and items as were found.
	pub shrunk: Case,
}

impl fmt::Display for Difference {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Difference {
			backend,
			mismatch,
			case,
			shrunk,
		} = self;
		writeln!(
			f,
			"{backend} differs from the reference on seed {}: {mismatch}",
			case.seed
		)?;
		writeln!(
			f,
			"again: millrace-differential --programs 1 --seed {} --backends {backend}",
			case.seed
		)?;
		writeln!(
			f,
			"shrunk from {} to {} instructions: {} items, max_units {}, params {:?}, {} items a leaf",
			case.program.code().len(),
			shrunk.program.code().len(),
			shrunk.items,
			shrunk.max_units,
			shrunk.params,
			shrunk.program.items_per_leaf()
		)?;
		for (number, input) in shrunk.inputs.iter().enumerate() {
			writeln!(f, "input {number}: {} bytes", input.len())?;
		}
		f.write_str(&disassemble(&shrunk.program))
	}
}

/// How `backend` differs from the reference on `case`; `None` where it does not.
pub fn mismatch(backend: &dyn Backend, case: &Case, expected: &[Leaf]) -> Option<Mismatch> {
	// An emitter or a device that panics is a difference with a seed like any other.
	let actual = match catch_unwind(AssertUnwindSafe(|| backend.run(case))) {
		Ok(Ok(actual)) => actual,
		Ok(Err(why)) => return Some(Mismatch::Failed(why)),
		Err(panic) => return Some(Mismatch::Failed(format!("panicked: {}", message(&*panic)))),
	};
	first_mismatch(expected, &actual)
}

fn message(panic: &(dyn Any + Send)) -> &str {
	let text = panic.downcast_ref::<&str>().copied();
	text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
		.unwrap_or("without a message")
}

/// The first difference between two results of one case.
pub fn first_mismatch(expected: &[Leaf], actual: &[Leaf]) -> Option<Mismatch> {
	if expected.len() != actual.len() {
		return Some(Mismatch::Leaves {
			expected: expected.len(),
			actual: actual.len(),
		});
	}
	let leaf = expected
		.iter()
		.zip(actual)
		.position(|(expected, actual)| expected != actual)?;
	Some(Mismatch::Leaf {
		leaf,
		expected: expected[leaf].clone(),
		actual: actual[leaf].clone(),
	})
}

/// Runs the cases of `extent` on every backend, on all cores, and compares them with the reference.
///
/// Threads of its own instead of a pool: a backend may wait for a pool of its own while it holds a device.
pub fn run(extent: &Extent, backends: &[Box<dyn Backend>]) -> Report {
	let start = Instant::now();
	let next = AtomicU64::new(0);
	let report = Mutex::new(Report::new(extent.seed, backends));
	let worker = || loop {
		let number = next.fetch_add(1, Ordering::Relaxed);
		let late = extent.time.is_some_and(|time| start.elapsed() >= time);
		let enough = report.lock().unwrap_or_else(PoisonError::into_inner).differences.len() >= ENOUGH;
		if number >= extent.programs || late || enough {
			return;
		}
		compare(&generate::case(extent.seed.wrapping_add(number)), backends, &report);
	};
	thread::scope(|scope| {
		for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
			scope.spawn(worker);
		}
	});
	let mut report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
	report.time = start.elapsed();
	report
}

/// Runs one case everywhere.
fn compare(case: &Case, backends: &[Box<dyn Backend>], report: &Mutex<Report>) {
	let expected = match Reference.run(case) {
		Ok(expected) => expected,
		Err(why) => {
			let difference = Difference {
				backend: Reference.name(),
				mismatch: Mismatch::Failed(why),
				case: case.clone(),
				shrunk: case.clone(),
			};
			report
				.lock()
				.unwrap_or_else(PoisonError::into_inner)
				.differences
				.push(difference);
			return;
		}
	};
	let tally = Tally::of(case, &expected, Executed::of(case));
	report
		.lock()
		.unwrap_or_else(PoisonError::into_inner)
		.reference
		.add(&tally);
	for (number, backend) in backends.iter().enumerate() {
		let found = mismatch(backend.as_ref(), case, &expected).map(|mismatch| Difference {
			backend: backend.name(),
			shrunk: shrink(case, &|case| differs(backend.as_ref(), case)),
			mismatch,
			case: case.clone(),
		});
		let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
		match found {
			Some(difference) => report.differences.push(difference),
			None => report.backends[number].1.add(&tally),
		}
	}
}

/// Whether `backend` and the reference differ on `case`.
fn differs(backend: &dyn Backend, case: &Case) -> bool {
	Reference
		.run(case)
		.is_ok_and(|expected| mismatch(backend, case, &expected).is_some())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_part_of_a_leaf_is_compared() {
		let leaf = Leaf {
			bytes: vec![1, 2],
			units: 30,
			traps: 1,
		};
		let two = [leaf.clone(), leaf.clone()];
		assert_eq!(first_mismatch(&two, &two), None);
		assert_eq!(
			first_mismatch(&two, &two[..1]),
			Some(Mismatch::Leaves { expected: 2, actual: 1 })
		);
		let changes: [fn(&mut Leaf); 3] = [|leaf| leaf.bytes[1] = 3, |leaf| leaf.units = 31, |leaf| leaf.traps = 0];
		for change in changes {
			let mut other = two.clone();
			change(&mut other[1]);
			match first_mismatch(&two, &other) {
				Some(Mismatch::Leaf {
					leaf: 1,
					expected,
					actual,
				}) => {
					assert_eq!(expected, leaf);
					assert_eq!(actual, other[1]);
				}
				found => panic!("{found:?}"),
			}
		}
	}
}
