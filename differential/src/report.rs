//! What was compared, and what differed.

use std::{fmt, time::Duration};

use millrace_kernel::leaf::Leaf;

use crate::{backend::Backend, case::Case, compare::Difference, executed::Executed};

/// What one backend has run, and agreed on with the reference.
#[derive(Clone, Debug, Default)]
pub struct Tally {
	/// Programs.
	pub programs: u64,
	/// Their items.
	pub items: u64,
	/// Their leaves.
	pub leaves: u64,
	/// Items that trapped.
	pub traps: u64,
	/// Instructions that the items executed.
	pub executed: Executed,
}

impl Tally {
	/// What `case` adds to each backend that agrees with the reference.
	pub(crate) fn of(case: &Case, leaves: &[Leaf], executed: Executed) -> Tally {
		Tally {
			programs: 1,
			items: u64::from(case.items),
			leaves: leaves.len() as u64,
			traps: leaves.iter().map(|leaf| u64::from(leaf.traps)).sum(),
			executed,
		}
	}

	pub(crate) fn add(&mut self, other: &Tally) {
		self.programs += other.programs;
		self.items += other.items;
		self.leaves += other.leaves;
		self.traps += other.traps;
		self.executed.add(&other.executed);
	}

	/// Items that ended without a trap, in percent of all.
	pub fn ended_percent(&self) -> f64 {
		100.0 * (self.items - self.traps) as f64 / self.items.max(1) as f64
	}
}

impl fmt::Display for Tally {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(
			f,
			"{} programs, {} items in {} leaves, {:.1} % of the items without a trap, {} instructions",
			self.programs,
			self.items,
			self.leaves,
			self.ended_percent(),
			self.executed.total()
		)?;
		match self.executed.least() {
			Some((row, count)) => write!(f, ", least executed {} ({:#04x}): {count}", row.mnemonic, row.code),
			None => Ok(()),
		}
	}
}

/// A whole comparison.
#[derive(Clone, Debug)]
pub struct Report {
	/// The seed of its first case.
	pub seed: u64,
	/// What the reference ran.
	pub reference: Tally,
	/// What each other backend ran and agreed on, with its name.
	pub backends: Vec<(String, Tally)>,
	/// What differs.
	pub differences: Vec<Difference>,
	/// How long it took.
	pub time: Duration,
}

impl Report {
	/// Nothing yet.
	pub(crate) fn new(seed: u64, backends: &[Box<dyn Backend>]) -> Report {
		Report {
			seed,
			reference: Tally::default(),
			backends: backends
				.iter()
				.map(|backend| (backend.name(), Tally::default()))
				.collect(),
			differences: Vec::new(),
			time: Duration::ZERO,
		}
	}

	/// Every backend with its tally, the reference first.
	pub fn tallies(&self) -> impl Iterator<Item = (&str, &Tally)> {
		let others = self.backends.iter().map(|(name, tally)| (name.as_str(), tally));
		[("reference", &self.reference)].into_iter().chain(others)
	}
}

impl fmt::Display for Report {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		for (name, tally) in self.tallies() {
			writeln!(f, "{name:<9} {tally}")?;
		}
		for difference in &self.differences {
			writeln!(f, "\n{difference}")?;
		}
		let found = self.differences.len();
		write!(f, "{found} differences in {:.1} s", self.time.as_secs_f64())
	}
}
