//! From errors to exit codes, in one place. `docs/cli.md` lists the codes.

use crate::{
	amount::AmountError,
	chain::{BadId, ChainError, Rejection},
	check::CheckError,
	endpoint::EndpointError,
	job::{BatchError, Ending, JobError},
	job_file::{JobFileError, OutputError},
	keys::KeyError,
	local::LocalError,
};
use millrace_compute::{with_causes, BackendError};
use serde::Serialize;
use serde_json::{json, Value};
use std::fmt;

/// The exit codes, beside 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
	/// Nothing below.
	Unexpected,
	/// The command line makes no sense.
	Usage,
	/// Configuration, key or job file.
	Config,
	/// The chain cannot be reached or read.
	Chain,
	/// A transaction was rejected.
	Rejected,
	/// Too little balance or stake, or a limit of one's own.
	Funds,
	/// Nobody offers what was asked for.
	NoSupply,
	/// The time to wait is over; the job goes on.
	TimedOut,
	/// The result is wrong, or not what was committed: nothing was settled.
	CheckFailed,
	/// The job waits in the book, and goes on by itself.
	Waits,
	/// The job will not start as things stand.
	WillNotStart,
	/// Several jobs are not done, each for a reason with a code of its own.
	Mixed,
	/// A check of a validator's machine or node failed.
	Unsound,
	/// The stash is not among the validators of this session.
	NotActive,
	/// The job failed.
	JobFailed,
	/// The job was cancelled or expired.
	JobEnded,
	/// Interrupted; the job goes on.
	Interrupted,
}

impl Code {
	/// The process's exit code.
	pub fn number(self) -> u8 {
		match self {
			Code::Unexpected => 1,
			Code::Usage => 2,
			Code::Config => 3,
			Code::Chain => 4,
			Code::Rejected => 5,
			Code::Funds => 6,
			Code::NoSupply => 7,
			Code::TimedOut => 8,
			Code::CheckFailed => 9,
			Code::Waits => 10,
			Code::WillNotStart => 11,
			Code::Mixed => 12,
			Code::Unsound => 13,
			Code::NotActive => 14,
			Code::JobFailed => 100,
			Code::JobEnded => 103,
			Code::Interrupted => 130,
		}
	}
}

/// Why a command ends without success: a code, a sentence and a hint.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Failure {
	/// What kind of failure.
	pub code: Code,
	/// What happened, in one sentence.
	pub message: String,
	/// What to do about it.
	pub hint: String,
	/// What programs may want to know beside it.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub details: Option<Value>,
}

impl Failure {
	/// A failure in these words.
	pub fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Failure {
		Failure {
			code,
			message: message.into(),
			hint: hint.into(),
			details: None,
		}
	}

	/// The same with something for programs.
	pub fn with_details(self, details: Value) -> Failure {
		Failure {
			details: Some(details),
			..self
		}
	}

	/// The failure as programs read it, with its exit code.
	pub fn object(&self) -> Value {
		let mut object = serde_json::to_value(self).unwrap_or(Value::Null);
		if let Some(object) = object.as_object_mut() {
			object.insert("exit".to_owned(), Value::from(self.code.number()));
		}
		object
	}

	/// A command line that makes no sense.
	pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Failure {
		Failure::new(Code::Usage, message, hint)
	}
}

impl fmt::Display for Failure {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "error: {}", self.message)?;
		if !self.hint.is_empty() {
			write!(f, "\nhint: {}", self.hint)?;
		}
		Ok(())
	}
}

impl From<&ChainError> for Code {
	fn from(error: &ChainError) -> Code {
		match error {
			ChainError::CannotPayFee { .. } => Code::Funds,
			ChainError::Rejected(rejection) => code_of(rejection),
			ChainError::Refused { .. } | ChainError::NotIncluded { .. } => Code::Rejected,
			_ => Code::Chain,
		}
	}
}

impl From<ChainError> for Failure {
	fn from(error: ChainError) -> Failure {
		Failure::new(Code::from(&error), error.to_string(), error.hint())
	}
}

/// Which rejections mean too little money or stake.
fn code_of(rejection: &Rejection) -> Code {
	match rejection.error.as_str() {
		"InsufficientFunds"
		| "InsufficientBalance"
		| "StakeTooLow"
		| "InsufficientBond"
		| "FundsUnavailable"
		| "NotExpendable"
		| "BelowMinimum"
		| "CannotCreateHold"
		| "ExistentialDeposit" => Code::Funds,
		_ => Code::Rejected,
	}
}

impl From<KeyError> for Failure {
	fn from(error: KeyError) -> Failure {
		Failure::new(Code::Config, error.to_string(), error.hint())
	}
}

impl From<JobFileError> for Failure {
	fn from(error: JobFileError) -> Failure {
		Failure::new(Code::Config, error.to_string(), error.hint())
	}
}

impl From<LocalError> for Failure {
	fn from(error: LocalError) -> Failure {
		let code = match &error {
			LocalError::File(_) | LocalError::NoProgram(_) | LocalError::Task(_) => Code::Config,
			LocalError::Compute(_) => Code::Unexpected,
		};
		Failure::new(code, with_causes(&error), error.hint())
	}
}

impl From<BackendError> for Failure {
	fn from(error: BackendError) -> Failure {
		Failure::new(
			Code::Config,
			with_causes(&error),
			"`--backend cpu` works everywhere; `--backend auto` takes what there is",
		)
	}
}

impl From<BadId> for Failure {
	fn from(error: BadId) -> Failure {
		Failure::usage(error.to_string(), "`millrace job list` shows ids")
	}
}

impl From<AmountError> for Failure {
	fn from(error: AmountError) -> Failure {
		Failure::usage(error.to_string(), "")
	}
}

impl From<JobError> for Failure {
	fn from(error: JobError) -> Failure {
		let hint = error.hint();
		let message = error.to_string();
		if let JobError::Refuted { job, redress, .. } = &error {
			let details = json!({ "job": job, "redress": redress });
			return Failure::new(Code::CheckFailed, message, hint).with_details(details);
		}
		let code = match error {
			JobError::InFile { source, .. } => {
				return Failure {
					message,
					..Failure::from(*source)
				}
			}
			JobError::Chain(error) => return error.into(),
			JobError::File(error) => return error.into(),
			JobError::Batch(BatchError::Size(_) | BatchError::Routed) => Code::Usage,
			JobError::Batch(_) => Code::Config,
			JobError::UnknownKernel(_)
			| JobError::NotRegistered(_)
			| JobError::Retired(_)
			| JobError::BadKernel { .. }
			| JobError::WrongCount { .. }
			| JobError::MaxUnits { .. }
			| JobError::TooLarge { .. }
			| JobError::TooExpensiveForBook { .. }
			| JobError::Time { .. }
			| JobError::RouteWithoutPool(_)
			| JobError::RouteWithoutLimit
			| JobError::NoRecord(_)
			| JobError::ForeignRecord { .. }
			| JobError::InputChanged { .. }
			| JobError::Output(OutputError::Size { .. }) => Code::Config,
			JobError::AboveMaxCost { .. } | JobError::TooPoor { .. } => Code::Funds,
			JobError::NoSupply(_) | JobError::NotEligible { .. } | JobError::Halted => Code::NoSupply,
			JobError::TimedOut { .. } => Code::TimedOut,
			JobError::NotAsCommitted { .. }
			| JobError::Wrong { .. }
			| JobError::Refuted { .. }
			| JobError::Ended {
				ending: Ending::Refuted,
				..
			} => Code::CheckFailed,
			JobError::NotDelivered {
				source: EndpointError::Disk(_),
				..
			} => Code::Unexpected,
			JobError::NotDelivered { .. } => Code::JobFailed,
			JobError::Ended {
				ending: Ending::Unserved | Ending::Voided | Ending::Silent | Ending::DeliveryRefused,
				..
			} => Code::JobFailed,
			JobError::Ended { .. } | JobError::Gone(_) => Code::JobEnded,
			JobError::Output(OutputError::Write { .. }) | JobError::Record { .. } | JobError::Broken(_) => {
				Code::Unexpected
			}
		};
		Failure::new(code, message, hint)
	}
}

impl From<CheckError> for Failure {
	fn from(error: CheckError) -> Failure {
		let hint = error.hint();
		let message = error.to_string();
		let code = match error {
			CheckError::Chain(error) => return error.into(),
			CheckError::File(error) => return error.into(),
			CheckError::Record(error) => return (*error).into(),
			CheckError::Kernel { .. }
			| CheckError::NoDataKey(_)
			| CheckError::InputCount { .. }
			| CheckError::OtherInput { .. }
			| CheckError::NotRequester { .. }
			| CheckError::OtherBundle { .. } => Code::Config,
			CheckError::Fee { .. } => Code::Funds,
			CheckError::TimedOut { .. } => Code::TimedOut,
			CheckError::Inputs { .. } | CheckError::Provider(_) | CheckError::TooLarge { .. } => Code::JobFailed,
			CheckError::Unknown(_)
			| CheckError::NotCommitted { .. }
			| CheckError::WindowOver(_)
			| CheckError::Ended { .. }
			| CheckError::NothingDemanded(_) => Code::JobEnded,
			CheckError::Here(_) | CheckError::Case(_) | CheckError::Backend { .. } | CheckError::Broken(_) => {
				Code::Unexpected
			}
		};
		Failure::new(code, message, hint)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::JobId;

	#[test]
	fn codes_are_those_of_the_documents() {
		let rejected = |error: &str| {
			let rejection = Rejection {
				pallet: "Market".to_owned(),
				error: error.to_owned(),
				doc: String::new(),
			};
			Failure::from(ChainError::Rejected(rejection)).code.number()
		};
		assert_eq!(rejected("UnknownJob"), 5);
		assert_eq!(rejected("StakeTooLow"), 6);
		let unreachable = ChainError::Unreachable {
			url: "ws://x".to_owned(),
			cause: "refused".to_owned(),
		};
		assert_eq!(Failure::from(JobError::Chain(unreachable)).code.number(), 4);
		assert_eq!(Failure::from(KeyError::None).code.number(), 3);
		let job = JobId([0; 32]);
		assert_eq!(
			Failure::from(JobError::TimedOut { job, state: "running" })
				.code
				.number(),
			8
		);
		for (ending, number) in [
			(Ending::Unserved, 100),
			(Ending::Voided, 100),
			(Ending::Silent, 100),
			(Ending::DeliveryRefused, 100),
			(Ending::Refuted, 9),
			(Ending::Cancelled, 103),
			(Ending::Expired, 103),
		] {
			assert_eq!(
				Failure::from(JobError::Ended {
					job,
					ending,
					cause: None
				})
				.code
				.number(),
				number
			);
		}
	}

	#[test]
	fn one_of_several_jobs_fails_with_its_own_code_and_its_file() {
		let error = JobError::InFile {
			path: "b.toml".into(),
			source: Box::new(JobError::Halted),
		};
		let failure = Failure::from(error);
		assert_eq!(failure.code.number(), 7);
		assert!(failure.message.starts_with("b.toml: the market"), "{failure}");
		assert_eq!(failure.hint, JobError::Halted.hint());
		assert_eq!(failure.object()["exit"], 7);
		assert_eq!(Failure::from(JobError::from(BatchError::Size(101))).code.number(), 2);
		assert_eq!(Code::Mixed.number(), 12);
	}

	#[test]
	fn failures_have_a_sentence_and_a_hint() {
		let failure = Failure::from(JobError::NotRegistered(crate::chain::KernelHash([0; 32])));
		let text = failure.to_string();
		assert!(text.starts_with("error: the kernel 0x00"), "{text}");
		assert!(text.contains("\nhint: give --register"), "{text}");
		assert_eq!(serde_json::to_value(&failure).unwrap()["code"], "config");
	}
}
