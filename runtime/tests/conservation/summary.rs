//! What happened, as a table.

use super::endings::Ending;
use millrace_primitives::JobId;
use std::{
	collections::{BTreeMap, BTreeSet},
	fmt,
};

/// Endings by their names, and what else is counted.
#[derive(Default)]
pub(crate) struct Summary {
	pub(crate) jobs: BTreeSet<JobId>,
	endings: BTreeMap<&'static str, (u32, Ending)>,
	pub(crate) blocks: u32,
	pub(crate) sent: u32,
	pub(crate) failed: u32,
	/// Why transactions failed.
	pub(crate) refusals: BTreeMap<&'static str, u32>,
	pub(crate) counts: BTreeMap<&'static str, u32>,
}

impl Summary {
	pub(crate) fn count(&mut self, name: &'static str, ending: Ending) {
		let (count, sum) = self.endings.entry(name).or_default();
		*count += 1;
		sum.held += ending.held;
		sum.payment += ending.payment;
		sum.fee += ending.fee;
		sum.refund += ending.refund;
		sum.fees_returned += ending.fees_returned;
		sum.fees_paid += ending.fees_paid;
		sum.deposit += ending.deposit;
		sum.lost += ending.lost;
	}

	/// Jobs that ended so.
	pub(crate) fn ended_as(&self, name: &str) -> u32 {
		self.endings.get(name).map_or(0, |(count, _)| *count)
	}

	pub(crate) fn note(&mut self, what: &'static str) {
		*self.counts.entry(what).or_default() += 1;
	}
}

impl fmt::Display for Summary {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		writeln!(
			f,
			"{} jobs in {} blocks; {} transactions, of which {} failed: {:?}\nBeside endings: {:?}",
			self.jobs.len(),
			self.blocks,
			self.sent,
			self.failed,
			self.refusals,
			self.counts
		)?;
		writeln!(
			f,
			"{:10} {:>5} {:>19} {:>17} {:>16} {:>17} {:>16} {:>16} {:>18} {:>16}",
			"ending",
			"jobs",
			"held",
			"paid",
			"of that, fee",
			"refunded",
			"fees returned",
			"fees used",
			"deposits",
			"lost"
		)?;
		for (name, (count, sum)) in &self.endings {
			writeln!(
				f,
				"{name:10} {count:>5} {:>19} {:>17} {:>16} {:>17} {:>16} {:>16} {:>18} {:>16}",
				sum.held, sum.payment, sum.fee, sum.refund, sum.fees_returned, sum.fees_paid, sum.deposit, sum.lost
			)?;
		}
		write!(
			f,
			"All amounts in planck; lost is what no account could take, and what was paid for a refused delivery."
		)
	}
}
