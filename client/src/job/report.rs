//! What a job cost and what its check proves.

use crate::{
	amount::{self, Balance},
	chain::{JobId, KernelHash, Price},
};
use millrace_compute::CheckReport;
use serde::Serialize;
use std::path::PathBuf;

/// What re-running leaves showed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CheckSummary {
	/// Leaves of the job.
	pub leaves: u64,
	/// Leaves that were re-run.
	pub checked: u64,
	/// Whether every leaf was re-run and came out as committed.
	pub verified: bool,
	/// What that proves, in one sentence.
	pub proves: String,
}

impl CheckSummary {
	/// Of a check that agreed.
	pub fn of(report: &CheckReport) -> CheckSummary {
		CheckSummary {
			leaves: u64::from(report.total),
			checked: u64::from(report.checked),
			verified: report.is_complete() && report.agrees(),
			proves: report.proves(),
		}
	}

	/// Of no check.
	pub fn none(leaves: u64) -> CheckSummary {
		CheckSummary {
			leaves,
			checked: 0,
			verified: false,
			proves: "no leaf was re-run; the bytes are those that were committed, and that is all this shows"
				.to_owned(),
		}
	}
}

/// Seconds from the beginning of the run, or of `job fetch`, until a stage was over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seconds {
	/// The job was in a block.
	pub submitted: f64,
	/// The provider had all inputs.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub pushed: Option<f64>,
	/// The commitment was seen.
	pub committed: f64,
	/// The result was here.
	pub fetched: f64,
	/// The commitment was rebuilt and leaves were re-run.
	pub checked: f64,
	/// The payment was final.
	pub settled: f64,
}

/// What a job cost and what its check proves. Money in planck.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
	/// The job.
	pub job: JobId,
	/// What was run.
	pub kernel: KernelHash,
	/// Who did it.
	pub provider: u32,
	/// On how many items.
	pub items: u32,
	/// How many of them trapped.
	pub traps: u64,
	/// Units that moving the bytes was worth.
	#[serde(with = "amount::text")]
	pub data_units: u128,
	/// Units that were computed.
	pub units: u64,
	/// The price that was paid, for 2³⁰ units.
	pub price: Price,
	/// What was held for the payment.
	#[serde(with = "amount::text")]
	pub escrow: Balance,
	/// What was paid of it.
	#[serde(with = "amount::text")]
	pub payment: Balance,
	/// The protocol's part of the payment.
	#[serde(with = "amount::text")]
	pub protocol_fee: Balance,
	/// What was freed of the escrow.
	#[serde(with = "amount::text")]
	pub refund: Balance,
	/// Job fees that were held.
	#[serde(with = "amount::text")]
	pub job_fees: Balance,
	/// Job fees that were freed.
	#[serde(with = "amount::text")]
	pub job_fees_returned: Balance,
	/// Transaction fees of this run.
	#[serde(with = "amount::text")]
	pub transaction_fees: Balance,
	/// All money of the requester before.
	#[serde(with = "amount::text")]
	pub balance_before: Balance,
	/// All money of the requester when the payment was final.
	#[serde(with = "amount::text")]
	pub balance_after: Balance,
	/// Whether the window ended before the requester settled.
	pub lapsed: bool,
	/// The final block with the payment.
	pub block: u64,
	/// What re-running leaves showed.
	pub check: CheckSummary,
	/// The file that was written.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub output: Option<PathBuf>,
	/// The sums of the output's columns.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	pub sums: Vec<u64>,
	/// When each stage was over.
	pub seconds: Seconds,
}

impl Report {
	/// Job fees that were used up.
	pub fn job_fees_paid(&self) -> Balance {
		self.job_fees.saturating_sub(self.job_fees_returned)
	}
}
