//! The run of a job, from the file to the commitment.

use super::{
	batch::Batch,
	inputs::{read_inputs, Input},
	observer::{Observer, Stage},
	plan::read_program,
	record::{Record, Records},
	report::{Report, Seconds},
	turns::Turns,
	JobError, Route,
};
use crate::{
	amount::Balance,
	chain::{to_hex, Chain, JobId, Price, ProviderId},
	job_file::{Buy, JobFile, Kernel, MAX_INPUT_BYTES},
	keys::Key,
};
use millrace_kernel::program::Program;
use std::{
	path::Path,
	sync::Arc,
	time::{Duration, Instant},
};

/// Which leaves to re-run before paying.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CheckWish {
	/// Every leaf.
	All,
	/// This many random ones, the first and the last.
	Sample(u32),
	/// None: only the commitment is rebuilt.
	None,
}

/// Who is asked to do a job.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Whom {
	/// Whom the job file names, or the book.
	#[default]
	AsFiled,
	/// One provider.
	Provider {
		/// Which.
		provider: ProviderId,
		/// What it is offered; its owner's least price where there is none.
		price: Option<Price>,
	},
	/// Whoever comes first by this measure, then the next ones, then the book.
	Routed {
		/// The measure.
		route: Route,
		/// The most to pay; the job file's limit where there is none.
		limit: Option<Price>,
	},
}

/// How to run a job.
#[derive(Clone, Copy, Debug)]
pub struct Options {
	/// Who is asked to do it.
	pub whom: Whom,
	/// Register the kernel if it is unknown.
	pub register: bool,
	/// Wait for the result, check it and pay. Otherwise the run ends once the provider has what it needs.
	pub wait: bool,
	/// How long to wait.
	pub wait_timeout: Option<Duration>,
	/// What to re-run before paying.
	pub check: CheckWish,
	/// The most that the worst case may cost, in planck; of several jobs together.
	pub max_cost: Option<Balance>,
	/// Whether a provider may be at a private address.
	pub allow_private: bool,
	/// Whether a result that is wrong is refuted; otherwise it is only not settled.
	pub refute: bool,
}

/// How a run ended well.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
	/// The job is on its way; [`Buyer::fetch`] goes on.
	Submitted(JobId),
	/// Checked, settled, final.
	Done(Box<Report>),
}

/// Buys work.
pub struct Buyer<'a> {
	/// Where.
	pub chain: &'a Chain,
	/// With whose money.
	pub key: &'a Key,
	/// Where jobs are remembered.
	pub records: &'a Records,
	/// How.
	pub options: Options,
	/// Who is told.
	pub observer: &'a dyn Observer,
}

/// A job under way, with all that is needed to go on.
pub(super) struct Work {
	pub(super) record: Record,
	pub(super) file: JobFile,
	pub(super) program: Program,
	pub(super) inputs: Vec<Input>,
	pub(super) started: Instant,
	pub(super) deadline: Option<Instant>,
	pub(super) seconds: Seconds,
	/// What was seen that may explain a bad end.
	pub(super) problem: Option<String>,
	/// Whether the run goes on until a provider has accepted, also where it does not wait for the result.
	pub(super) until_accepted: bool,
	/// Those of all jobs that are followed beside it.
	pub(super) turns: Arc<Turns>,
}

impl Work {
	pub(super) fn elapsed(&self) -> f64 {
		// Milliseconds are as exact as anyone reads them.
		(self.started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
	}

	pub(super) fn job(&self) -> JobId {
		self.record.job
	}

	/// What is left of the time to wait.
	pub(super) fn remaining(&self) -> Duration {
		const EVER: Duration = Duration::from_secs(365 * 86_400);
		self.deadline
			.map_or(EVER, |deadline| deadline.saturating_duration_since(Instant::now()))
	}
}

impl Buyer<'_> {
	/// Runs the job that a job file describes.
	///
	/// # Errors
	/// [`JobError`]. After the job was submitted, [`Observer::submitted`] has its id and [`Buyer::fetch`] goes on.
	pub async fn run(&self, path: &Path) -> Result<Outcome, JobError> {
		let started = Instant::now();
		let file = JobFile::read(path)?;
		self.observer.stage(&Stage::Planning);
		if let Whom::Routed { route, limit } = self.options.whom {
			return self.run_routed(file, route, limit, started).await;
		}
		let works = self.enter(vec![file], started).await?;
		self.go_on(only(works)?).await
	}

	/// Plans the jobs of these files and submits them by one call.
	pub(super) async fn enter(&self, mut files: Vec<JobFile>, started: Instant) -> Result<Vec<Work>, JobError> {
		if let Whom::Provider { provider, price } = self.options.whom {
			let price = match price {
				Some(price) => price,
				None => self.least_price(provider).await?,
			};
			for file in &mut files {
				file.offer.buy = Buy::Provider { provider, price };
			}
		}
		let at = self.chain.finalised().await?;
		let mut batch = Batch::make(self.chain, &at, files, self.key).await?;
		if batch.jobs.len() > 1 {
			self.observer.note(&batch.cost().to_string());
		}
		self.place(at, &mut batch, started).await
	}

	/// The least price that a provider's owner takes.
	async fn least_price(&self, provider: ProviderId) -> Result<Price, JobError> {
		let view = self.chain.finalised().await?.provider(provider).await?;
		let view = view.ok_or_else(|| JobError::NotEligible {
			provider,
			reason: "there is none".to_owned(),
		})?;
		Ok(view.terms.min_price)
	}

	/// Goes on with a job that was just submitted, as far as is asked for.
	pub(super) async fn go_on(&self, work: Work) -> Result<Outcome, JobError> {
		if !self.options.wait && work.inputs.is_empty() && !work.until_accepted {
			return Ok(Outcome::Submitted(work.job()));
		}
		self.attend(work).await
	}

	/// Goes on with a job that this machine submitted.
	///
	/// # Errors
	/// [`JobError`].
	pub async fn fetch(&self, job: JobId) -> Result<Outcome, JobError> {
		let started = Instant::now();
		let record = self.records.load(job)?;
		if record.genesis != to_hex(&self.chain.genesis().0) {
			return Err(JobError::ForeignRecord { job, what: "chain" });
		}
		if record.requester != self.key.account().to_string() {
			return Err(JobError::ForeignRecord { job, what: "account" });
		}
		self.observer.submitted(job);
		self.observer.stage(&Stage::Planning);
		let file = JobFile::parse(&record.job_file, &record.job_text)?;
		let program = self.program_of(&record, &file).await?;
		let inputs = read_inputs(&file.inputs, MAX_INPUT_BYTES)?;
		let work = Work {
			record,
			file,
			program,
			inputs,
			started,
			deadline: self.options.wait_timeout.map(|timeout| started + timeout),
			seconds: Seconds::default(),
			problem: None,
			until_accepted: false,
			turns: Arc::default(),
		};
		self.attend(work).await
	}

	/// The program of a recorded job: from the chain, which may not be reinterpreted by an edited file.
	async fn program_of(&self, record: &Record, file: &JobFile) -> Result<Program, JobError> {
		let at = self.chain.finalised().await?;
		if let Some(bytes) = at.bytecode(record.kernel).await? {
			return Program::decode(&bytes).map_err(|error| JobError::BadKernel {
				kernel: record.kernel,
				reason: error.to_string(),
			});
		}
		match &file.kernel {
			Kernel::Text(path) | Kernel::Binary(path) => {
				let program = read_program(path)?;
				if super::kernel_hash(&program) == record.kernel {
					Ok(program)
				} else {
					Err(JobError::UnknownKernel(record.kernel))
				}
			}
			Kernel::Hash(hash) => Err(JobError::UnknownKernel(*hash)),
		}
	}
}

/// The work of a batch of one job.
pub(super) fn only(works: Vec<Work>) -> Result<Work, JobError> {
	let mut works = works.into_iter();
	works
		.next()
		.ok_or_else(|| JobError::Broken("no job was submitted".to_owned()))
}
