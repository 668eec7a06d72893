//! Jobs of one kernel that are submitted by one call, all or none. Mostly it is one job.

mod error;

pub use self::error::BatchError;
use super::{
	inputs::Shelf,
	plan::{load_kernel, open_market, Parts, Plan, WorstCost},
	JobError,
};
use crate::{
	amount::{self, Balance},
	chain::{At, Call, Chain, JobId, JobSpec, KernelHash, MAX_BATCH},
	job_file::JobFile,
	keys::Key,
};
use futures::future::join_all;
use std::{
	fmt,
	path::{Path, PathBuf},
};

/// Most bytes of all jobs' inputs: those of a batch are in memory until its jobs are over.
const MOST_INPUT_BYTES: u64 = 4 << 30;

/// A job file, and the job that it makes.
#[derive(Clone, Debug)]
pub struct Planned {
	/// The file.
	pub file: JobFile,
	/// The job.
	pub plan: Plan,
}

/// Jobs of one kernel that are submitted by one call, all or none.
#[derive(Clone, Debug)]
pub struct Batch {
	/// The jobs, in the order in which they are submitted.
	pub jobs: Vec<Planned>,
	/// Whether their kernel must be registered first.
	pub registers: bool,
}

impl Batch {
	/// Reads what the job files name, checks it against the kernel and the chain's rules at `at`, and computes the worst
	/// costs.
	///
	/// # Errors
	/// [`JobError`]; whatever the chain would refuse is refused here, with the numbers. What is wrong with one of several jobs
	/// names its file.
	pub async fn make(chain: &Chain, at: &At, files: Vec<JobFile>, key: &Key) -> Result<Batch, JobError> {
		let plans = plan_all(at, &files).await?;
		let jobs = files.into_iter().zip(plans);
		let jobs = jobs.map(|(file, plan)| Planned { file, plan }).collect();
		Batch::price(chain, at, jobs, key).await
	}

	/// The batch of these jobs, each with its share of what the transactions should cost.
	pub(super) async fn price(chain: &Chain, at: &At, mut jobs: Vec<Planned>, key: &Key) -> Result<Batch, JobError> {
		let specs = jobs.iter().map(|job| job.plan.spec.clone()).collect();
		let mut fees = chain.estimate_fee(at, &submission(specs), key.pair()).await?;
		// Free when it succeeds, but its fee is withdrawn first.
		let settle = Call::SettleNow { job: JobId::default() };
		let settle = chain.estimate_fee(at, &settle, key.pair()).await?;
		fees = fees.saturating_add(settle.saturating_mul(jobs.len() as Balance));
		let unregistered = jobs.iter().find(|job| job.plan.registers);
		let registers = unregistered.is_some();
		if let Some(job) = unregistered {
			let call = Call::RegisterKernel {
				bytecode: job.plan.program.encode(),
			};
			fees = fees.saturating_add(chain.estimate_fee(at, &call, key.pair()).await?);
		}
		let shares = shares(fees, jobs.len());
		for (job, share) in jobs.iter_mut().zip(shares) {
			job.plan.cost.transaction_fees = share;
		}
		Ok(Batch { jobs, registers })
	}

	/// What all jobs hold and cost together in the worst case.
	pub fn cost(&self) -> BatchCost {
		let costs = self.jobs.iter().map(|job| &job.plan.cost);
		costs.fold(BatchCost::default(), BatchCost::with)
	}
}

/// What the jobs of a batch hold and cost together in the worst case. Money in planck.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct BatchCost {
	/// How many jobs.
	pub jobs: usize,
	/// Held for the payments.
	pub escrow: Balance,
	/// Held for the job fees.
	pub job_fees: Balance,
	/// Held for the storage that the jobs take, at most. All of it returns, so it is no part of the cost.
	pub deposit: Balance,
	/// An estimate of the transaction fees of all calls of this run.
	pub transaction_fees: Balance,
}

impl BatchCost {
	fn with(self, job: &WorstCost) -> BatchCost {
		BatchCost {
			jobs: self.jobs.saturating_add(1),
			escrow: self.escrow.saturating_add(job.escrow),
			job_fees: self.job_fees.saturating_add(job.job_fees),
			deposit: self.deposit.saturating_add(job.deposit),
			transaction_fees: self.transaction_fees.saturating_add(job.transaction_fees),
		}
	}

	/// All of it but the deposit.
	pub fn total(&self) -> Balance {
		self.escrow
			.saturating_add(self.job_fees)
			.saturating_add(self.transaction_fees)
	}

	/// Checks that the account can pay the worst case, and that this is not above `most`.
	///
	/// # Errors
	/// [`JobError::AboveMaxCost`], [`JobError::TooPoor`].
	pub async fn check_money(&self, at: &At, key: &Key, most: Option<Balance>) -> Result<(), JobError> {
		let (jobs, worst) = (self.jobs, self.total());
		if let Some(most) = most.filter(|most| worst > *most) {
			return Err(JobError::AboveMaxCost { jobs, worst, most });
		}
		let needs = worst.saturating_add(self.deposit);
		let has = at.balance(key.account()).await?.spendable(at.existential_deposit()?);
		if has < needs {
			return Err(JobError::TooPoor {
				jobs,
				account: key.account(),
				needs,
				has,
			});
		}
		Ok(())
	}
}

impl fmt::Display for BatchCost {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(
			f,
			"{} jobs cost {} in the worst case: {} for the work, {} of job fees, about {} of transaction fees; beside that {} are \
			 held until they end",
			self.jobs,
			amount::print(self.total()),
			amount::print(self.escrow),
			amount::print(self.job_fees),
			amount::print(self.transaction_fees),
			amount::print(self.deposit)
		)
	}
}

/// The call that submits these jobs. One alone goes by the call for one, so that a refusal is that call's own.
pub(super) fn submission(specs: Vec<JobSpec>) -> Call {
	match <[JobSpec; 1]>::try_from(specs) {
		Ok([spec]) => Call::SubmitJob { spec },
		Err(specs) => Call::SubmitJobs { specs },
	}
}

/// An amount in `count` equal parts; where it does not come out even, the first ones have a planck more.
pub(super) fn shares(amount: Balance, count: usize) -> impl Iterator<Item = Balance> {
	let count = (count as Balance).max(1);
	let (each, more) = (amount / count, amount % count);
	(0..count).map(move |at| each + Balance::from(at < more))
}

/// The jobs of these files, one after the other; what the transactions cost is still to be said.
async fn plan_all(at: &At, files: &[JobFile]) -> Result<Vec<Plan>, JobError> {
	let (first, others) = match files.split_first() {
		Some(split) if files.len() <= MAX_BATCH => split,
		_ => return Err(BatchError::Size(files.len()).into()),
	};
	let named = |file: &JobFile, error: JobError| match others {
		[] => error,
		_ => error.in_file(&file.path),
	};
	check_outputs(files)?;
	let rules = open_market(at).await?;
	let kernel = load_kernel(at, &first.kernel).await;
	let kernel = kernel.map_err(|error| named(first, error))?;
	for file in others.iter().filter(|file| file.kernel != first.kernel) {
		let other = load_kernel(at, &file.kernel).await;
		let other = other.map_err(|error| named(file, error))?;
		same_kernel((first, kernel.hash), (file, other.hash))?;
	}

	let mut shelf = Shelf::default();
	let mut parts = Vec::with_capacity(files.len());
	for file in files {
		let of_file = Parts::of(file, rules, kernel.clone(), &mut shelf);
		parts.push(of_file.map_err(|error| named(file, error))?);
		// A single job has a limit of its own.
		if !others.is_empty() && shelf.bytes() > MOST_INPUT_BYTES {
			let jobs = parts.len();
			return Err(BatchError::TooMuchInput {
				jobs,
				most: MOST_INPUT_BYTES,
			}
			.into());
		}
	}
	let drafts = parts.iter().zip(files);
	let drafts = drafts.map(|(parts, file)| parts.draft(at, file, &file.offer.buy));
	let drafts = join_all(drafts).await;
	let drafts = files.iter().zip(drafts);
	drafts
		.map(|(file, draft)| draft.map_err(|error| named(file, error)))
		.collect()
}

/// The chain takes jobs of one kernel only.
fn same_kernel(
	(first, expected): (&JobFile, KernelHash),
	(file, kernel): (&JobFile, KernelHash),
) -> Result<(), BatchError> {
	if kernel == expected {
		return Ok(());
	}
	Err(BatchError::OtherKernel {
		path: file.path.clone(),
		kernel,
		first: first.path.clone(),
		expected,
	})
}

/// Of two jobs that write the same file, one would leave no result.
fn check_outputs(files: &[JobFile]) -> Result<(), BatchError> {
	let mut seen: Vec<(PathBuf, &Path)> = Vec::with_capacity(files.len());
	for file in files {
		let Some(output) = &file.output else { continue };
		let place = place_of(&output.file);
		if let Some((_, first)) = seen.iter().find(|(taken, _)| *taken == place) {
			return Err(BatchError::SameOutput {
				first: (*first).to_owned(),
				second: file.path.clone(),
				output: output.file.clone(),
			});
		}
		seen.push((place, &file.path));
	}
	Ok(())
}

/// A file's path, the same however its folder is written.
fn place_of(file: &Path) -> PathBuf {
	let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
	let folder = absolute.parent().and_then(|folder| folder.canonicalize().ok());
	match (folder, absolute.file_name()) {
		(Some(folder), Some(name)) => folder.join(name),
		_ => absolute,
	}
}

#[cfg(test)]
mod tests;
