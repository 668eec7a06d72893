//! One line a goal, for people and for scripts.

use std::process::ExitCode;

/// Collects whether any goal was missed.
#[derive(Default)]
pub(crate) struct Report {
	missed: bool,
}

impl Report {
	/// A figure that was measured.
	pub(crate) fn goal(&mut self, name: &str, figure: &str, goal: &str, met: bool) {
		self.missed |= !met;
		println!("{name}  {figure}  goal {goal}  {}", if met { "met" } else { "missed" });
	}

	/// A figure that could not be measured here.
	pub(crate) fn not_measured(&mut self, name: &str, goal: &str, why: &str) {
		println!("{name}  -  goal {goal}  not measured: {why}");
	}

	/// A figure without a goal, which explains another.
	pub(crate) fn note(&mut self, text: &str) {
		println!("    {text}");
	}

	/// 1 if a goal was missed.
	pub(crate) fn exit_code(&self) -> ExitCode {
		if self.missed {
			ExitCode::FAILURE
		} else {
			ExitCode::SUCCESS
		}
	}
}

/// The median: a busy moment of the machine does not decide it.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
	percentile(&mut values, 0.5)
}

/// The value below which that share of the values lies; 0 of none.
pub(crate) fn percentile(values: &mut [f64], share: f64) -> f64 {
	values.sort_by(f64::total_cmp);
	let last = values.len().saturating_sub(1);
	let at = (last as f64 * share).round() as usize;
	values.get(at).copied().unwrap_or_default()
}
