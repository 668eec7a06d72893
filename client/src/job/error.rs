//! What can go wrong while buying work.

use super::BatchError;
use crate::{
	amount::{self, Balance},
	chain::{AccountId, ChainError, JobEvent, JobId, KernelHash, Pool, ProviderId, Tick, DEMANDABLE_OUTPUT},
	check::Redress,
	endpoint::EndpointError,
	job_file::{JobFileError, OutputError},
};
use std::{
	io,
	path::{Path, PathBuf},
};

/// How a job ended without a result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
	/// Its requester took it back.
	Cancelled,
	/// Nobody had it before it expired.
	Expired,
	/// Providers had it and none served.
	Unserved,
	/// Its result was shown to be wrong.
	Refuted,
	/// Its provider was convicted of another wrong result.
	Voided,
	/// Leaves that were demanded never came.
	Silent,
	/// Its requester said that its output was not delivered. The payment was burned.
	DeliveryRefused,
}

impl Ending {
	/// The ending that an event means which ends a job and is no payment.
	pub fn of(event: &JobEvent) -> Ending {
		match event {
			JobEvent::Cancelled => Ending::Cancelled,
			JobEvent::Expired => Ending::Expired,
			JobEvent::Refuted(_) => Ending::Refuted,
			JobEvent::Voided { .. } => Ending::Voided,
			JobEvent::Silent(_) => Ending::Silent,
			JobEvent::DeliveryRefused(_) => Ending::DeliveryRefused,
			_ => Ending::Unserved,
		}
	}

	/// The ending's name.
	pub fn name(self) -> &'static str {
		match self {
			Ending::Cancelled => "cancelled",
			Ending::Expired => "expired",
			Ending::Unserved => "unserved",
			Ending::Refuted => "refuted, as its result was wrong",
			Ending::Voided => "void, as its provider was convicted of another wrong result",
			Ending::Silent => "void, as leaves that were demanded never came",
			Ending::DeliveryRefused => "refused, as its output was not delivered; its payment was burned",
		}
	}
}

fn mill(planck: &Balance) -> String {
	amount::print(*planck)
}

fn because(cause: &Option<String>) -> String {
	cause.as_ref().map(|cause| format!(" ({cause})")).unwrap_or_default()
}

/// So many jobs, as the subject of a sentence.
fn the(jobs: &usize) -> String {
	match jobs {
		1 => "the job".to_owned(),
		jobs => format!("the {jobs} jobs together"),
	}
}

fn need(jobs: &usize) -> String {
	format!("{} need{}", the(jobs), if *jobs == 1 { "s" } else { "" })
}

/// What the protocol offers where an output is not delivered.
fn recourse(job: JobId, output_bytes: u64, window_end: Tick) -> String {
	if output_bytes <= DEMANDABLE_OUTPUT {
		return format!(
			"until tick {window_end} `millrace check {job} --demand --refute` makes the provider show its leaves on the chain"
		);
	}
	format!(
		"the output is too large to be demanded on the chain; until tick {window_end} `millrace job refuse-delivery {job}` \
		 keeps the payment from the provider: it is burned, and nobody gets it"
	)
}

/// What can go wrong while buying work. Unless it says otherwise, nothing was paid but transaction fees.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
	/// The job file, or a file that it names.
	#[error(transparent)]
	File(#[from] JobFileError),
	/// The chain.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// The output.
	#[error(transparent)]
	Output(#[from] OutputError),
	/// Jobs that cannot be submitted at once.
	#[error(transparent)]
	Batch(#[from] BatchError),
	/// One of several jobs.
	#[error("{path}: {source}")]
	InFile {
		/// Its job file.
		path: PathBuf,
		/// What went wrong with it.
		source: Box<JobError>,
	},
	/// The kernel is not registered, and only its hash is known.
	#[error("no kernel is registered as {0}")]
	UnknownKernel(KernelHash),
	/// The kernel is not registered, and registering it was not asked for.
	#[error("the kernel {0} is not registered yet")]
	NotRegistered(KernelHash),
	/// The kernel takes no new jobs.
	#[error("the kernel {0} was retired and takes no new jobs")]
	Retired(KernelHash),
	/// The kernel on the chain cannot be decoded by this program.
	#[error("the kernel {kernel} cannot be decoded: {reason}")]
	BadKernel {
		/// Which.
		kernel: KernelHash,
		/// Why.
		reason: String,
	},
	/// The job does not bring what the kernel declares.
	#[error("the number of {what} is {has} in the job file, and the kernel takes {needs}")]
	WrongCount {
		/// `parameters` or `inputs`.
		what: &'static str,
		/// How many the kernel declares.
		needs: usize,
		/// How many there are.
		has: usize,
	},
	/// `max_units` is out of range.
	#[error("max_units is {has}, and this kernel allows {least} to {most}")]
	MaxUnits {
		/// The value.
		has: u32,
		/// The least: what the emptiest item costs.
		least: u32,
		/// The most: the kernel's own bound.
		most: u32,
	},
	/// Something is larger than the rules allow.
	#[error("{what} would have {has} bytes, and {rule} at most {most}")]
	TooLarge {
		/// `the inputs` or `the output`.
		what: &'static str,
		/// How many bytes.
		has: u64,
		/// The limit.
		most: u64,
		/// Whose limit it is, with a verb.
		rule: &'static str,
	},
	/// The job holds more than an ask of the pool can back.
	#[error("the job would hold {}, and a job in the book holds at most {}", mill(.escrow), mill(.most))]
	TooExpensiveForBook {
		/// The escrow, in planck.
		escrow: Balance,
		/// The limit, in planck.
		most: Balance,
	},
	/// A time is out of range.
	#[error("`{key}` is {has} ticks, and must be {least} to {most}")]
	Time {
		/// The key in the job file.
		key: &'static str,
		/// The value.
		has: u64,
		/// The least.
		least: u64,
		/// The most.
		most: u64,
	},
	/// The worst case costs more than was allowed.
	#[error("{} would hold {} in the worst case, and at most {} was allowed", the(.jobs), mill(.worst), mill(.most))]
	AboveMaxCost {
		/// How many jobs.
		jobs: usize,
		/// The worst case, in planck: escrow, job fees and transaction fees.
		worst: Balance,
		/// The limit, in planck.
		most: Balance,
	},
	/// The account cannot pay the worst case.
	#[error("{} {} in the worst case, and {account} can spend {}", need(.jobs), mill(.needs), mill(.has))]
	TooPoor {
		/// How many jobs.
		jobs: usize,
		/// Who was to pay.
		account: AccountId,
		/// The worst case, in planck: escrow, job fees and transaction fees.
		needs: Balance,
		/// What can be spent, in planck.
		has: Balance,
	},
	/// Nobody offers this.
	#[error("nobody offers work in the pool {0} now")]
	NoSupply(Pool),
	/// The named provider cannot take the job.
	#[error("provider {provider} cannot take this job: {reason}")]
	NotEligible {
		/// Which.
		provider: u32,
		/// Why.
		reason: String,
	},
	/// A route chooses among the providers of a pool, and the job file names one.
	#[error("the job file names provider {0}, and a route chooses one")]
	RouteWithoutPool(ProviderId),
	/// A route without a limit could end at any price.
	#[error("a route needs to know the most that you would pay")]
	RouteWithoutLimit,
	/// The market is halted.
	#[error("the market is halted and takes no new jobs")]
	Halted,
	/// The record of the job cannot be read or written.
	#[error("the record {path} cannot be {doing}: {source}")]
	Record {
		/// Where.
		path: PathBuf,
		/// `read` or `written`.
		doing: &'static str,
		/// Why.
		source: io::Error,
	},
	/// There is no record of the job.
	#[error("this machine did not submit job {0}: it has no record of it")]
	NoRecord(JobId),
	/// The record belongs to another chain or account.
	#[error("the record of job {job} belongs to another {what}")]
	ForeignRecord {
		/// Which job.
		job: JobId,
		/// `chain` or `account`.
		what: &'static str,
	},
	/// The inputs are not those that the job was submitted with.
	#[error("input {input} has changed since job {job} was submitted")]
	InputChanged {
		/// Which job.
		job: JobId,
		/// Which input, from 0.
		input: usize,
	},
	/// The time to wait is over. The job goes on.
	#[error("job {job} was still {state} when the time to wait was over")]
	TimedOut {
		/// Which job.
		job: JobId,
		/// Where it stood.
		state: &'static str,
	},
	/// The result could not be fetched. Nothing was settled.
	#[error("the result of job {job} could not be fetched: {source}")]
	NotDelivered {
		/// Which job.
		job: JobId,
		/// Why.
		source: EndpointError,
		/// Bytes of its output.
		output_bytes: u64,
		/// The last tick of the challenge window.
		window_end: Tick,
	},
	/// What was delivered is not what was committed. Nothing was settled.
	#[error("provider {provider} delivered something else than it committed for job {job}: {found}")]
	NotAsCommitted {
		/// Which job.
		job: JobId,
		/// Who.
		provider: u32,
		/// What was found.
		found: String,
		/// Bytes of its output.
		output_bytes: u64,
		/// The last tick of the challenge window.
		window_end: Tick,
		/// Where the delivered bytes are.
		evidence: PathBuf,
	},
	/// What was committed is wrong. Nothing was settled.
	#[error("the result that provider {provider} committed for job {job} is wrong: {found}")]
	Wrong {
		/// Which job.
		job: JobId,
		/// Who.
		provider: u32,
		/// What was found.
		found: String,
		/// The last tick of the challenge window.
		window_end: Tick,
		/// Where the delivered bytes are.
		evidence: PathBuf,
	},
	/// The result was wrong, and that was filed.
	#[error("provider {provider} computed job {job} wrong: {found}; {redress}")]
	Refuted {
		/// Which job.
		job: JobId,
		/// Who.
		provider: u32,
		/// What was found.
		found: String,
		/// What came of it.
		redress: Box<Redress>,
		/// Where the delivered bytes are.
		evidence: PathBuf,
	},
	/// The job ended without a result.
	#[error("job {job} ended without a result: {}{}", .ending.name(), because(.cause))]
	Ended {
		/// Which job.
		job: JobId,
		/// How.
		ending: Ending,
		/// What was seen on the way that explains it.
		cause: Option<String>,
	},
	/// The job is not on the chain, and how it ended is not known any more.
	#[error("job {0} is not on the chain any more")]
	Gone(JobId),
	/// A thread of this program failed.
	#[error("the check could not be finished: {0}")]
	Broken(String),
}

impl JobError {
	/// The same, of the job that this file describes.
	pub(super) fn in_file(self, path: &Path) -> JobError {
		JobError::InFile {
			path: path.to_owned(),
			source: Box::new(self),
		}
	}

	/// What to do about it.
	pub fn hint(&self) -> String {
		match self {
			JobError::InFile { source, .. } => source.hint(),
			JobError::Batch(error) => error.hint().to_owned(),
			JobError::File(error) => error.hint(),
			JobError::Chain(error) => error.hint().to_owned(),
			JobError::Output(OutputError::Size { .. }) => {
				"correct `[output]` or `items`; nothing was bought".to_owned()
			}
			JobError::Output(OutputError::Write { .. }) => {
				"nothing is lost: make room, then go on with `millrace job fetch`".to_owned()
			}
			JobError::UnknownKernel(_) => "name the kernel's .mk file instead of its hash".to_owned(),
			JobError::NotRegistered(_) => "give --register, or run `millrace kernel register FILE` first".to_owned(),
			JobError::Retired(_) => "use its successor".to_owned(),
			JobError::BadKernel { .. } => "use a newer version of this program".to_owned(),
			JobError::WrongCount { .. } | JobError::MaxUnits { .. } => {
				"correct the job file; nothing was bought".to_owned()
			}
			JobError::TooLarge { .. } => "split the job; larger outputs need a named provider".to_owned(),
			JobError::TooExpensiveForBook { .. } => {
				"split the job, lower max_units or the price, or name a provider".to_owned()
			}
			JobError::Time { .. } => "correct `[offer]` in the job file".to_owned(),
			JobError::AboveMaxCost { .. } => "raise --max-cost, or lower items, max_units or the price".to_owned(),
			JobError::TooPoor { .. } => "send money to the account; nothing was bought".to_owned(),
			JobError::NoSupply(_) => {
				"say what you would pay (`max_price`) to wait for an offer, or look at `millrace provider list`"
					.to_owned()
			}
			JobError::NotEligible { .. } => "name another provider, or use the book".to_owned(),
			JobError::RouteWithoutPool(_) => {
				"write `pool` instead of `provider` in `[offer]`, or leave --route out".to_owned()
			}
			JobError::RouteWithoutLimit => "give --price, or write max_price or level in `[offer]`".to_owned(),
			JobError::Halted => "wait until governance opens it; live jobs go on".to_owned(),
			JobError::Record { .. } => {
				"look at the folder's rights and the free space; MILLRACE_STATE names another".to_owned()
			}
			JobError::NoRecord(_) => "fetch it where it was submitted, or copy the record from there".to_owned(),
			JobError::ForeignRecord { .. } => "give the --url and the --key that the job was submitted with".to_owned(),
			JobError::InputChanged { .. } => "put the file back as it was".to_owned(),
			JobError::TimedOut { job, .. } => format!("nothing is lost: go on with `millrace job fetch {job}`"),
			JobError::NotDelivered {
				source: source @ EndpointError::Disk(_),
				..
			} => source.hint(),
			JobError::NotDelivered {
				job,
				source,
				output_bytes,
				window_end,
			} => format!("{}; {}", source.hint(), recourse(*job, *output_bytes, *window_end)),
			JobError::NotAsCommitted {
				job,
				output_bytes,
				window_end,
				evidence,
				..
			} => format!(
				"nothing was settled; {}; the delivered bytes are in {}",
				recourse(*job, *output_bytes, *window_end),
				evidence.display()
			),
			JobError::Wrong {
				job,
				window_end,
				evidence,
				..
			} => format!(
				"nothing was settled; until tick {window_end} `millrace check {job} --refute` has the job refunded; the \
				 delivered bytes are in {}",
				evidence.display()
			),
			JobError::Refuted { evidence, .. } => {
				format!("run the job again; the delivered bytes are in {}", evidence.display())
			}
			JobError::Ended {
				ending: Ending::DeliveryRefused,
				..
			} => "what was held beside the payment is free again, less one job fee for each assignment that was used"
				.to_owned(),
			JobError::Ended { .. } => {
				"what was held is free again, less one job fee for each assignment that was used".to_owned()
			}
			JobError::Gone(_) => "an archive node or an explorer knows how it ended".to_owned(),
			JobError::Broken(_) => "nothing was settled; try `millrace job fetch`".to_owned(),
		}
	}
}

#[cfg(test)]
mod tests;
