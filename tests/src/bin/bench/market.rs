//! C1, C2, C4 and C6: what a job weighs, what the market touches of the state, what hooks take of a block, and what jobs
//! leave. All of it is counted on the real runtime in memory, so no figure depends on the machine.

pub(crate) mod chain;
mod hooks;
mod leftovers;
mod lives;
mod recorder;
pub(crate) mod state;
mod touches;
mod whole_job;
mod work;

use crate::report::Report;

pub(crate) fn measure(report: &mut Report) {
	whole_job::measure(report);
	touches::measure(report);
	hooks::measure(report);
	leftovers::measure(report);
}

/// A number with a comma before every third digit.
pub(crate) fn grouped(number: usize) -> String {
	let digits = number.to_string();
	let mut text = String::new();
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
	use super::grouped;

	#[test]
	fn numbers_are_grouped_by_three() {
		let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
		for (number, text) in cases {
			assert_eq!(grouped(number), text);
		}
	}
}
