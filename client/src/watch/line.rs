//! What a watcher says of a job: one line.

use crate::{
	chain::{JobId, ProviderId},
	check::{Delivery, Examined, Found, Redress},
};
use serde::Serialize;

/// What was found of a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
	/// Every leaf that was re-run is as committed.
	Agrees,
	/// The result is wrong.
	Wrong,
	/// The result is wrong, and the chain knows it.
	Refuted,
	/// The provider shows nothing that could be compared.
	Withheld,
	/// It was not looked at: the budget does not allow it.
	Skipped,
	/// It could not be looked at.
	Failed,
}

impl Verdict {
	/// The word for it.
	pub fn name(self) -> &'static str {
		match self {
			Verdict::Agrees => "agrees",
			Verdict::Wrong => "WRONG",
			Verdict::Refuted => "REFUTED",
			Verdict::Withheld => "withheld",
			Verdict::Skipped => "skipped",
			Verdict::Failed => "failed",
		}
	}

	/// Whether the result was found to be wrong.
	pub fn is_wrong(self) -> bool {
		matches!(self, Verdict::Wrong | Verdict::Refuted)
	}
}

/// What a watcher says of a job.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Line {
	/// Seconds since 1970.
	pub time: u64,
	/// The job.
	pub job: JobId,
	/// Who committed.
	pub provider: ProviderId,
	/// What was found.
	pub verdict: Verdict,
	/// Leaves of the job.
	pub leaves: u32,
	/// Leaves that were re-run.
	pub checked: u32,
	/// Units that were re-run.
	pub units: u64,
	/// What that means, in one sentence.
	pub says: String,
	/// What came of the proof, where one was filed.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub redress: Option<Redress>,
}

impl Line {
	/// Takes over what an examination found, and what it took.
	pub(super) fn found(mut self, examined: &Examined, checked: u32, units: u64) -> Line {
		self.checked = checked;
		self.units = units;
		match &examined.found {
			Found::Agrees(report) => {
				self.verdict = Verdict::Agrees;
				self.says = match &examined.delivery {
					Delivery::AsCommitted => report.proves(),
					delivery => format!("{}; {delivery}", report.proves()),
				};
			}
			Found::Wrong(case) => {
				self.verdict = Verdict::Wrong;
				self.says = format!("leaf {} of {}: {}", case.leaf(), self.leaves, case.fraud);
			}
			Found::Unproven { reason, .. } => {
				self.verdict = Verdict::Wrong;
				self.says = format!("a run of one's own has another root, and the provider hides the leaf: {reason}");
			}
			Found::Withheld { reason } => {
				self.verdict = Verdict::Withheld;
				self.says = format!("{}; {reason}", examined.delivery);
			}
		}
		self
	}
}

impl std::fmt::Display for Line {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(
			f,
			"{}  {}  provider {}  {}: {}",
			clock(self.time),
			self.job,
			self.provider,
			self.verdict.name(),
			self.says
		)?;
		if let Some(redress) = &self.redress {
			write!(f, "; {redress}")?;
		}
		Ok(())
	}
}

/// The time of day in UTC.
fn clock(unix: u64) -> String {
	let of_day = unix % 86_400;
	format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
	use super::*;
	use millrace_compute::CheckReport;

	fn line() -> Line {
		Line {
			time: 86_400 + 3_600 + 2 * 60 + 3,
			job: JobId([7; 32]),
			provider: 4,
			verdict: Verdict::Failed,
			leaves: 100,
			checked: 0,
			units: 0,
			says: String::new(),
			redress: None,
		}
	}

	#[test]
	fn lines_are_for_people_and_for_programs() {
		let examined = Examined {
			found: Found::Agrees(CheckReport {
				checked: 66,
				random: 64,
				total: 100,
				mismatches: Vec::new(),
			}),
			delivery: Delivery::Missing("nobody answers".to_owned()),
			bundle: None,
		};
		let line = line().found(&examined, 66, 1_234);
		let text = line.to_string();
		assert!(text.starts_with("01:02:03  0x0707"), "{text}");
		assert!(text.contains("provider 4  agrees: 64 of 100 leaves re-run"), "{text}");
		assert!(!text.contains("verified"), "{text}");
		assert!(text.contains("not delivered: nobody answers"), "{text}");
		let object = serde_json::to_value(&line).unwrap();
		assert_eq!(object["verdict"], "agrees");
		assert_eq!(object["checked"], 66);
		assert!(object.get("redress").is_none());
	}
}
