//! What can go wrong while a result is re-checked.

use super::CaseError;
use crate::{
	amount::{self, Balance},
	chain::{AccountId, ChainError, JobId, KernelHash, Tick, DEMANDABLE_OUTPUT},
	endpoint::EndpointError,
	job::JobError,
	job_file::JobFileError,
};
use std::path::PathBuf;

fn named(file: &Option<PathBuf>) -> String {
	file.as_ref()
		.map(|file| format!(" ({})", file.display()))
		.unwrap_or_default()
}

/// What can go wrong while a result is re-checked. None of it says anything about the result.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
	/// The chain.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// The job file, or a file that was named.
	#[error(transparent)]
	File(#[from] JobFileError),
	/// The record of a job.
	#[error(transparent)]
	Record(Box<JobError>),
	/// No such job.
	#[error("job {0} is not on the chain: it never was, or it has ended")]
	Unknown(JobId),
	/// There is nothing to check yet.
	#[error("job {job} is {state}: nothing was committed yet")]
	NotCommitted {
		/// Which job.
		job: JobId,
		/// Where it stands.
		state: &'static str,
	},
	/// The job's kernel cannot be used here.
	#[error("the kernel {kernel} cannot be run: {reason}")]
	Kernel {
		/// Which.
		kernel: KernelHash,
		/// Why.
		reason: String,
	},
	/// What the provider has may be fetched by the data key only, and it is not here.
	#[error("job {0} is not public, and this machine does not hold its data key")]
	NoDataKey(JobId),
	/// Another number of inputs than the job has.
	#[error("the job has {expected} inputs, and {actual} were given")]
	InputCount {
		/// Inputs of the job.
		expected: usize,
		/// Inputs given.
		actual: usize,
	},
	/// An input is another one.
	#[error("input {input}{} is not the one that job {job} names", named(.file))]
	OtherInput {
		/// Which job.
		job: JobId,
		/// Which input, from 0.
		input: usize,
		/// The file that was given.
		file: Option<PathBuf>,
	},
	/// The inputs are not here, and the provider does not give them.
	#[error("input {input} cannot be fetched: {source}")]
	Inputs {
		/// Which input, from 0.
		input: usize,
		/// Why.
		source: EndpointError,
	},
	/// The provider cannot be asked at all.
	#[error("the provider cannot be asked: {0}")]
	Provider(EndpointError),
	/// Leaves cannot be re-run on this machine.
	#[error("the leaves cannot be re-run here: {0}")]
	Here(String),
	/// A proof cannot be built.
	#[error(transparent)]
	Case(#[from] CaseError),
	/// Compiled code and the interpreter disagree on this machine.
	#[error("compiled code and the interpreter disagree here about leaf {leaf}, and the interpreter decides: it is as committed")]
	Backend {
		/// Which leaf.
		leaf: u32,
	},
	/// Only the requester may demand leaves.
	#[error("only the requester of job {job}, {requester}, may demand its leaves")]
	NotRequester {
		/// Which job.
		job: JobId,
		/// Who.
		requester: AccountId,
	},
	/// The output is too large for the chain.
	#[error(
		"an output of {bytes} bytes cannot be demanded through the chain, which carries at most {}",
		DEMANDABLE_OUTPUT
	)]
	TooLarge {
		/// Which job.
		job: JobId,
		/// Bytes of the output.
		bytes: u64,
		/// The tick at which the window ends.
		window_end: Tick,
	},
	/// The transaction's fee cannot be paid, or is above what was allowed.
	#[error("the fee of the transaction is {}, and {} can be spent on it", amount::print(*.needs), amount::print(*.has))]
	Fee {
		/// The fee, in planck.
		needs: Balance,
		/// What may be spent, in planck.
		has: Balance,
	},
	/// The window ended before anything was filed.
	#[error("the window of job {0} is over")]
	WindowOver(JobId),
	/// The job ended before anything was filed.
	#[error("job {job} ended meanwhile: {how}")]
	Ended {
		/// Which job.
		job: JobId,
		/// How.
		how: &'static str,
	},
	/// Nothing is demanded of the job.
	#[error("no leaf of job {0} is demanded")]
	NothingDemanded(JobId),
	/// A bundle is not the committed one.
	#[error("{path} is not the committed result of job {job}: {reason}")]
	OtherBundle {
		/// The file.
		path: PathBuf,
		/// Which job.
		job: JobId,
		/// Why not.
		reason: String,
	},
	/// The time to wait is over.
	#[error("the time to wait is over, and {missing} demanded leaves of job {job} are still missing")]
	TimedOut {
		/// Which job.
		job: JobId,
		/// How many leaves.
		missing: u32,
	},
	/// A thread of this program failed.
	#[error("the check could not be finished: {0}")]
	Broken(String),
}

impl From<JobError> for CheckError {
	fn from(error: JobError) -> CheckError {
		CheckError::Record(Box::new(error))
	}
}

impl CheckError {
	/// What to do about it.
	pub fn hint(&self) -> String {
		match self {
			CheckError::Chain(error) => error.hint().to_owned(),
			CheckError::File(error) => error.hint(),
			CheckError::Record(error) => error.hint(),
			CheckError::Unknown(_) => "`millrace job list --all` shows the live ones".to_owned(),
			CheckError::NotCommitted { .. } => "check it again once `millrace job get` shows a root".to_owned(),
			CheckError::Kernel { .. } => "use a newer version of this program".to_owned(),
			CheckError::NoDataKey(_) => {
				"check it on the machine that submitted it: the key lies beside its record".to_owned()
			}
			CheckError::InputCount { .. } | CheckError::OtherInput { .. } => {
				"name the job file, or one file for each input in the job's order; without --inputs they are fetched \
				 from the provider"
					.to_owned()
			}
			CheckError::Inputs { .. } => "name the inputs with --inputs if you have them".to_owned(),
			CheckError::Provider(error) => error.hint(),
			CheckError::Here(_) | CheckError::Broken(_) => "nothing was sent; try again, or elsewhere".to_owned(),
			CheckError::Case(_) => "nothing was sent; please report this with the job's id".to_owned(),
			CheckError::Backend { .. } => {
				"use a sample instead of `all` here, and please report this with the kernel".to_owned()
			}
			CheckError::NotRequester { .. } => "give the requester's key with --key".to_owned(),
			CheckError::TooLarge { job, window_end, .. } => format!(
				"keep asking its endpoint; at tick {window_end} the chain pays it, unless its requester has sent `millrace job \
				 refuse-delivery {job}` before: then the payment is burned, and nobody gets it"
			),
			CheckError::Fee { .. } => {
				"send money to the account or allow more: a proof that stands costs nothing in the end, but its fee is \
				 taken first"
					.to_owned()
			}
			CheckError::WindowOver(_) => "the chain pays it, or has already; check results sooner".to_owned(),
			CheckError::Ended { .. } => "there is nothing left to do about it".to_owned(),
			CheckError::NothingDemanded(_) => "`millrace job get` shows where the job stands".to_owned(),
			CheckError::OtherBundle { .. } => "name the bundle as the worker committed it".to_owned(),
			CheckError::TimedOut { job, .. } => {
				format!("nothing is lost: go on with `millrace check {job} --demand --refute`")
			}
		}
	}

	/// Whether the same may succeed a little later.
	pub fn may_pass(&self) -> bool {
		match self {
			CheckError::Chain(error) => error.is_transport(),
			CheckError::Inputs { source, .. } | CheckError::Provider(source) => source.may_pass(),
			_ => false,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_cannot_be_demanded_can_be_refused() {
		let job = JobId([7; 32]);
		let error = CheckError::TooLarge {
			job,
			bytes: 2_000_000,
			window_end: 1_300,
		};
		assert_eq!(
			error.to_string(),
			"an output of 2000000 bytes cannot be demanded through the chain, which carries at most 1048576"
		);
		let hint = error.hint();
		let refuse = format!("`millrace job refuse-delivery {job}`");
		for part in [
			"at tick 1300 the chain pays it",
			refuse.as_str(),
			"the payment is burned, and nobody gets it",
		] {
			assert!(hint.contains(part), "{part}: {hint}");
		}
	}
}
