//! How much a watcher re-runs in an hour.

use std::{
	collections::VecDeque,
	time::{Duration, Instant},
};

/// The time that a budget is for.
const HOUR: Duration = Duration::from_secs(3_600);

/// Units and jobs of the last hour. What is begun counts as what it may take, what is done as what it took.
#[derive(Clone, Debug, Default)]
pub struct Budget {
	units: Option<u64>,
	jobs: Option<u32>,
	next: u64,
	/// When, which, and how many units.
	spent: VecDeque<(Instant, Ticket, u64)>,
}

/// Names something that was reserved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ticket(u64);

impl Budget {
	/// Most units and most jobs an hour; none is no limit.
	pub fn new(units: Option<u64>, jobs: Option<u32>) -> Budget {
		Budget {
			units,
			jobs,
			..Budget::default()
		}
	}

	/// How many random leaves of up to `leaf_units` units each fit one hour, beside the first and the last; `wanted` at
	/// most. `None` where not one does.
	pub fn fit(&self, leaf_units: u64, wanted: u32) -> Option<u32> {
		let Some(units) = self.units else { return Some(wanted) };
		let leaves = units / leaf_units.max(1);
		let random = u32::try_from(leaves).unwrap_or(u32::MAX).checked_sub(2)?;
		(random > 0).then_some(random.min(wanted))
	}

	/// Sets units aside for one job, or says how long to wait for them.
	///
	/// # Errors
	/// The time after which there is room.
	pub fn reserve(&mut self, now: Instant, units: u64) -> Result<Ticket, Duration> {
		while self
			.spent
			.front()
			.is_some_and(|(at, _, _)| now.saturating_duration_since(*at) >= HOUR)
		{
			self.spent.pop_front();
		}
		let mut used: u64 = self
			.spent
			.iter()
			.fold(0, |sum, (_, _, units)| sum.saturating_add(*units));
		let mut jobs = self.spent.len();
		let fits = |used: u64, jobs: usize| {
			self.units.is_none_or(|most| used.saturating_add(units) <= most)
				&& self
					.jobs
					.is_none_or(|most| jobs < usize::try_from(most).unwrap_or(usize::MAX))
		};
		if fits(used, jobs) {
			let ticket = Ticket(self.next);
			self.next = self.next.wrapping_add(1);
			self.spent.push_back((now, ticket, units));
			return Ok(ticket);
		}
		for (at, _, units) in &self.spent {
			used = used.saturating_sub(*units);
			jobs = jobs.saturating_sub(1);
			if fits(used, jobs) {
				return Err((*at + HOUR).saturating_duration_since(now));
			}
		}
		Err(HOUR)
	}

	/// What was reserved took only so many units.
	pub fn settle(&mut self, ticket: Ticket, units: u64) {
		if let Some((_, _, reserved)) = self.spent.iter_mut().find(|(_, known, _)| *known == ticket) {
			*reserved = units;
		}
	}

	/// What was reserved was not used at all.
	pub fn release(&mut self, ticket: Ticket) {
		self.spent.retain(|(_, known, _)| *known != ticket);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_hour_holds_so_many_units() {
		let start = Instant::now();
		let minute = Duration::from_secs(60);
		let mut budget = Budget::new(Some(1_000), None);
		let first = budget.reserve(start, 600).unwrap();
		assert_eq!(budget.reserve(start + minute, 500), Err(HOUR - minute));
		budget.settle(first, 300);
		budget.reserve(start + minute, 700).unwrap();
		assert_eq!(budget.reserve(start + 2 * minute, 1), Err(HOUR - 2 * minute));
		// The first one's hour is over, the second one's is not.
		budget.reserve(start + HOUR, 300).unwrap();
		assert_eq!(budget.reserve(start + HOUR, 1), Err(minute));
		assert_eq!(budget.reserve(start, 2_000), Err(HOUR));
	}

	#[test]
	fn an_hour_holds_so_many_jobs() {
		let start = Instant::now();
		let mut budget = Budget::new(None, Some(2));
		let first = budget.reserve(start, u64::MAX).unwrap();
		budget.reserve(start, u64::MAX).unwrap();
		assert_eq!(budget.reserve(start, 0), Err(HOUR));
		budget.release(first);
		budget.reserve(start, 0).unwrap();
	}

	#[test]
	fn samples_shrink_to_what_fits() {
		let budget = Budget::new(Some(1_000), None);
		assert_eq!(budget.fit(10, 64), Some(64));
		assert_eq!(budget.fit(100, 64), Some(8));
		assert_eq!(budget.fit(333, 64), Some(1));
		assert_eq!(budget.fit(334, 64), None);
		assert_eq!(Budget::default().fit(u64::MAX, 64), Some(64));
	}
}
