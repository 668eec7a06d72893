//! Re-running leaves of a result, and saying what that proves.

use crate::{
	bundle::{Bundle, LeafFigures},
	choose::{Check, SplitMix},
	error::ComputeError,
	evaluate::Evaluator,
	leaves::eval_one,
	runner::Runner,
};
use millrace_kernel::{
	eval::Task,
	leaf::{leaf_count, Leaf},
	program::Program,
};
use rayon::{prelude::*, ThreadPool};
use std::{
	fmt,
	sync::Arc,
	time::{Duration, Instant},
};

/// Random leaves that a provider re-runs before it commits; the first and the last come on top.
pub const SELF_CHECK_LEAVES: u32 = 32;

/// A leaf that came out otherwise than claimed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mismatch {
	/// The leaf's number.
	pub leaf: u32,
	/// What the bundle claims.
	pub claimed: Leaf,
	/// What it is. `None` where the bundle is so unlike the job that the leaf cannot be evaluated.
	pub actual: Option<Leaf>,
}

impl fmt::Display for Mismatch {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Some(actual) = &self.actual else {
			return write!(f, "leaf {} does not belong to this job", self.leaf);
		};
		write!(f, "leaf {}", self.leaf)?;
		if self.claimed.bytes != actual.bytes {
			let at = self
				.claimed
				.bytes
				.iter()
				.zip(&actual.bytes)
				.position(|(claimed, actual)| claimed != actual);
			write!(
				f,
				" has wrong bytes from byte {}",
				at.unwrap_or(actual.bytes.len().min(self.claimed.bytes.len()))
			)?;
		}
		if self.claimed.units != actual.units {
			write!(f, " claims {} units and takes {}", self.claimed.units, actual.units)?;
		}
		if self.claimed.traps != actual.traps {
			write!(f, " claims {} traps and has {}", self.claimed.traps, actual.traps)?;
		}
		Ok(())
	}
}

/// What re-running leaves showed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckReport {
	/// Leaves re-run.
	pub checked: u32,
	/// Of these, how many were drawn at random. As many as `checked` where all were re-run.
	pub random: u32,
	/// Leaves of the job.
	pub total: u32,
	/// Leaves that differ, in order.
	pub mismatches: Vec<Mismatch>,
}

impl CheckReport {
	/// Whether every leaf that was re-run came out as claimed.
	pub fn agrees(&self) -> bool {
		self.mismatches.is_empty()
	}

	/// Whether every leaf was re-run. Only then, and if it agrees, is a result *verified*.
	pub fn is_complete(&self) -> bool {
		self.total > 0 && self.checked == self.total
	}

	/// The share of wrong leaves above which this check would have found one with 95 % probability: 1 − 0.05^(1/n) for
	/// n random leaves, 0 for all leaves, 1 for none.
	pub fn bound(&self) -> f64 {
		if self.is_complete() {
			0.0
		} else if self.random == 0 {
			1.0
		} else {
			1.0 - 0.05f64.powf(1.0 / f64::from(self.random))
		}
	}

	/// One sentence that says what the check proves, no more.
	pub fn proves(&self) -> String {
		let (checked, total) = (thousands(self.checked), thousands(self.total));
		match self.mismatches.as_slice() {
			[] if self.is_complete() => format!("all {total} leaves re-run and equal: verified"),
			[] if self.random == 0 => {
				format!("{checked} of {total} leaves re-run and equal; this proves nothing of the others")
			}
			[] => format!(
				"{} of {total} leaves re-run; a wrong share above {:.1} % would have been seen with 95 %",
				thousands(self.random),
				// Rounded up: the sentence must not promise more than the bound.
				(self.bound() * 1000.0).ceil() / 10.0
			),
			[first, ..] => format!(
				"{} of {checked} leaves re-run differ; {first}",
				thousands_of(self.mismatches.len())
			),
		}
	}
}

/// Re-runs leaves of `bundle` by `runner` on all cores and compares bytes, units and traps. `task` and `inputs` are the
/// job's; the task should fit the program.
///
/// # Errors
/// The leaves cannot be evaluated here. That says nothing about the bundle.
pub fn check_leaves(
	runner: &Runner,
	program: &Program,
	task: &Task<'_>,
	inputs: &[&[u8]],
	bundle: &Bundle,
	which: Check,
) -> Result<CheckReport, ComputeError> {
	let total = leaf_count(program.items_per_leaf(), task.items);
	let (leaves, random) = which.leaves(total);
	let mismatches = Comparison::new(runner, program, task, inputs, bundle)?.run(&leaves)?;
	Ok(CheckReport {
		checked: u32::try_from(leaves.len()).unwrap_or(u32::MAX),
		random,
		total,
		mismatches,
	})
}

/// Re-runs random leaves, all different, until all are done or `budget` is over: what a provider does with the first
/// result of a kernel on a device. At least one round of 64 leaves is run.
///
/// # Errors
/// As [`check_leaves`].
pub fn check_within(
	runner: &Runner,
	program: &Program,
	task: &Task<'_>,
	inputs: &[&[u8]],
	bundle: &Bundle,
	seed: u64,
	budget: Duration,
) -> Result<CheckReport, ComputeError> {
	let start = Instant::now();
	let total = leaf_count(program.items_per_leaf(), task.items);
	let comparison = Comparison::new(runner, program, task, inputs, bundle)?;
	let mut order: Vec<u32> = (0..total).collect();
	let mut random = SplitMix(seed);
	let mut report = CheckReport {
		checked: 0,
		random: 0,
		total,
		mismatches: Vec::new(),
	};
	let mut round = 64usize;
	while !order.is_empty() && (report.checked == 0 || start.elapsed() < budget) {
		let mut leaves = Vec::with_capacity(round.min(order.len()));
		while leaves.len() < round {
			let Some(last) = order.len().checked_sub(1) else { break };
			let at = random.up_to(u32::try_from(last).unwrap_or(u32::MAX));
			leaves.push(order.swap_remove(usize::try_from(at).unwrap_or(last)));
		}
		report.mismatches.extend(comparison.run(&leaves)?);
		report.checked = report
			.checked
			.saturating_add(u32::try_from(leaves.len()).unwrap_or(u32::MAX));
		report.random = report.checked;
		// Rounds of a fortieth of the budget, so that it is passed by little.
		if start.elapsed() < budget / 40 {
			round = round.saturating_mul(2);
		}
	}
	report.mismatches.sort_by_key(|mismatch| mismatch.leaf);
	Ok(report)
}

/// A bundle beside what evaluates its leaves.
struct Comparison<'a> {
	program: &'a Program,
	task: &'a Task<'a>,
	bundle: &'a Bundle,
	/// `None` where the bundle has not the job's shape.
	evaluator: Option<Evaluator<'a>>,
	pool: Arc<ThreadPool>,
}

impl<'a> Comparison<'a> {
	fn new(
		runner: &Runner,
		program: &'a Program,
		task: &'a Task<'a>,
		inputs: &'a [&'a [u8]],
		bundle: &'a Bundle,
	) -> Result<Self, ComputeError> {
		let total = leaf_count(program.items_per_leaf(), task.items);
		let same_shape = task.check(program, inputs.len()).is_ok()
			&& bundle.item_size() == program.header().item_size
			&& bundle.items_per_leaf() == program.items_per_leaf()
			&& bundle.leaves().len() == usize::try_from(total).unwrap_or(usize::MAX);
		let evaluator = match same_shape {
			true => Some(runner.evaluator(program, task, inputs)?),
			false => None,
		};
		Ok(Comparison {
			program,
			task,
			bundle,
			evaluator,
			pool: runner.pool(0)?,
		})
	}

	/// Which of `leaves` differ, in order of the leaves.
	fn run(&self, leaves: &[u32]) -> Result<Vec<Mismatch>, ComputeError> {
		let mut mismatches: Vec<Mismatch> = self.pool.install(|| {
			leaves
				.par_iter()
				.filter_map(|leaf| self.leaf(*leaf).transpose())
				.collect::<Result<_, _>>()
		})?;
		mismatches.sort_by_key(|mismatch| mismatch.leaf);
		Ok(mismatches)
	}

	fn leaf(&self, leaf: u32) -> Result<Option<Mismatch>, ComputeError> {
		let claimed = claimed(self.bundle, leaf);
		let Some(evaluator) = &self.evaluator else {
			return Ok(Some(Mismatch {
				leaf,
				claimed,
				actual: None,
			}));
		};
		let actual = eval_one(evaluator, self.program, self.task, leaf)?;
		Ok((actual != claimed).then_some(Mismatch {
			leaf,
			claimed,
			actual: Some(actual),
		}))
	}
}

/// What a provider does before it commits: re-runs [`SELF_CHECK_LEAVES`] random leaves, the first and the last.
///
/// # Errors
/// As [`check_leaves`].
pub fn self_check(
	runner: &Runner,
	program: &Program,
	task: &Task<'_>,
	inputs: &[&[u8]],
	bundle: &Bundle,
	seed: u64,
) -> Result<CheckReport, ComputeError> {
	check_leaves(
		runner,
		program,
		task,
		inputs,
		bundle,
		Check::Sample {
			count: SELF_CHECK_LEAVES,
			seed,
		},
	)
}

fn claimed(bundle: &Bundle, leaf: u32) -> Leaf {
	let index = usize::try_from(leaf).unwrap_or(usize::MAX);
	let LeafFigures { units, traps } = bundle.leaves().get(index).copied().unwrap_or_default();
	Leaf {
		bytes: bundle.leaf_bytes(leaf).unwrap_or_default().to_vec(),
		units,
		traps,
	}
}

/// A number with commas between thousands.
fn thousands(number: u32) -> String {
	thousands_of(usize::try_from(number).unwrap_or(usize::MAX))
}

fn thousands_of(number: usize) -> String {
	let digits = number.to_string();
	let mut text = String::with_capacity(digits.len() + digits.len() / 3);
	for (at, digit) in digits.chars().enumerate() {
		if at > 0 && (digits.len() - at).is_multiple_of(3) {
			text.push(',');
		}
		text.push(digit);
	}
	text
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_sentence_says_what_a_sample_proves() {
		let report = |checked, random, total| CheckReport {
			checked,
			random,
			total,
			mismatches: Vec::new(),
		};
		// 1 − 0.05^(1/64) = 0.04572…
		assert_eq!(
			report(66, 64, 4_096).proves(),
			"64 of 4,096 leaves re-run; a wrong share above 4.6 % would have been seen with 95 %"
		);
		assert_eq!(
			report(4_096, 4_096, 4_096).proves(),
			"all 4,096 leaves re-run and equal: verified"
		);
		assert!(!report(66, 64, 4_096).proves().contains("verified"));
		assert!(!report(2, 0, 4_096).proves().contains("verified"));
	}
}
