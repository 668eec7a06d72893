//! The run of a job, from the file to the commitment.

use super::{
	inputs::{read_inputs, Input},
	observer::{Observer, Stage},
	plan::{read_program, Parts, Plan},
	record::{Record, Records},
	report::{Report, Seconds},
	JobError, Route,
};
use crate::{
	amount::Balance,
	chain::{job_id, to_hex, At, Call, Chain, ChainError, Included, JobEvent, JobId, Price, ProviderId, Target},
	endpoint::{address::resolve, EndpointError},
	job_file::{Buy, JobFile, JobFileError, Kernel, MAX_INPUT_BYTES},
	keys::{random, Key},
};
use millrace_kernel::program::Program;
use std::{
	path::Path,
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
	/// The most that the worst case may cost, in planck.
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

/// How things stood before a job was submitted.
#[derive(Clone, Copy)]
struct Before {
	block: u64,
	balance: Balance,
	fees_paid: Balance,
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
		let mut file = JobFile::read(path)?;
		self.observer.stage(&Stage::Planning);
		match self.options.whom {
			Whom::AsFiled => {}
			Whom::Provider { provider, price } => {
				let price = match price {
					Some(price) => price,
					None => self.least_price(provider).await?,
				};
				file.offer.buy = Buy::Provider { provider, price };
			}
			Whom::Routed { route, limit } => return self.run_routed(file, route, limit, started).await,
		}
		let at = self.chain.finalised().await?;
		let mut parts = Parts::read(&at, &file).await?;
		let buy = file.offer.buy;
		self.attempt(&mut parts, file, buy, started, false).await
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

	/// Runs a job with one way to buy it.
	pub(super) async fn attempt(
		&self,
		parts: &mut Parts,
		file: JobFile,
		buy: Buy,
		started: Instant,
		until_accepted: bool,
	) -> Result<Outcome, JobError> {
		let mut at = self.chain.finalised().await?;
		let plan = parts.plan(self.chain, &at, &file, &buy, self.key).await?;
		plan.check_money(&at, self.key, self.options.max_cost).await?;
		self.check_address(&at, &plan).await?;
		let balance_before = at.balance(self.key.account()).await?.total();

		let mut fees_paid = 0;
		if plan.registers {
			fees_paid = self.register(&plan).await?;
			parts.registers = false;
			at = self.chain.finalised().await?;
			// The kernel's deposit is held now.
			plan.check_money(&at, self.key, self.options.max_cost).await?;
		}
		let before = Before {
			block: at.block().number,
			balance: balance_before,
			fees_paid,
		};
		let record = self.submit(&plan, &file, before).await?;
		self.observer.submitted(record.job);

		let mut work = Work {
			record,
			file,
			program: plan.program,
			inputs: plan.inputs,
			started,
			deadline: self.options.wait_timeout.map(|timeout| started + timeout),
			seconds: Seconds::default(),
			problem: None,
			until_accepted,
		};
		work.seconds.submitted = work.elapsed();
		if !self.options.wait && work.inputs.is_empty() && !until_accepted {
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

	/// A named provider at an address that would be refused later is refused before anything is bought.
	async fn check_address(&self, at: &At, plan: &Plan) -> Result<(), JobError> {
		let Target::Provider { provider, .. } = plan.spec.terms.target else {
			return Ok(());
		};
		let Some(view) = at.provider(provider).await? else {
			return Ok(());
		};
		let (host, port) = (&view.endpoint.host, view.endpoint.port);
		match resolve(host, port, self.options.allow_private).await {
			Ok(_) => Ok(()),
			Err(error) => {
				let error = EndpointError::from(error);
				let reason = format!("{error}; {}", error.hint());
				Err(JobError::NotEligible { provider, reason })
			}
		}
	}

	/// Registers the plan's kernel; returns the fee.
	async fn register(&self, plan: &Plan) -> Result<Balance, JobError> {
		if !self.options.register {
			return Err(JobError::NotRegistered(plan.kernel));
		}
		self.observer.stage(&Stage::Registering);
		let call = Call::RegisterKernel {
			bytecode: plan.program.encode(),
		};
		match self.chain.call_final(&call, self.key.pair()).await {
			Ok(included) => Ok(included.fee),
			// Somebody else was faster: the kernel is there, and that is what counts.
			Err(ChainError::Rejected(rejection)) if rejection.error == "AlreadyRegistered" => Ok(0),
			Err(error) => Err(error.into()),
		}
	}

	/// Submits the plan. The record is on the disk before the job can be on the chain.
	async fn submit(&self, plan: &Plan, file: &JobFile, before: Before) -> Result<Record, JobError> {
		self.observer.stage(&Stage::Submitting);
		let seed: [u8; 32] = random();
		let data_key = Key::from_seed(seed).map_err(|error| JobError::Broken(error.to_string()))?;
		let mut spec = plan.spec.clone();
		spec.data_key = data_key.public();
		let call = Call::SubmitJob { spec };
		let account = self.key.account();
		let genesis = self.chain.genesis();

		let best = self.chain.best().await?;
		let nonce = best.job_nonce(account).await?;
		let expected = job_id(&best, &genesis, &account, nonce, &call)?;
		let mut record = Record::new(expected, genesis, account, seed);
		record.job_file = std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone());
		record.job_text = std::fs::read_to_string(&file.path).map_err(|source| JobFileError::Read {
			path: file.path.clone(),
			source,
		})?;
		record.kernel = plan.kernel;
		record.first_block = before.block;
		record.balance_before = before.balance;
		record.fees_paid = before.fees_paid;
		record.escrow = plan.cost.escrow;
		record.job_fees = plan.cost.job_fees;
		self.records.save(&record)?;

		let included = match self.send(&call).await {
			Ok(included) => included,
			Err(error) => {
				// Only when it is certain that the job never was on the chain is its key worth nothing.
				if !error.is_transport() {
					self.records.forget(expected);
				}
				return Err(error.into());
			}
		};
		let submitted = included.jobs.iter().find_map(|(job, event)| match event {
			JobEvent::Submitted { escrow, fees, .. } => Some((*job, *escrow, *fees)),
			_ => None,
		});
		if let Some((job, escrow, fees)) = submitted {
			if job != expected {
				// Another job of this account came between: the id counts them.
				self.records.forget(expected);
				record.job = job;
			}
			record.escrow = escrow;
			record.job_fees = fees;
		}
		record.fees_paid = record.fees_paid.saturating_add(included.fee);
		self.records.save(&record)?;
		Ok(record)
	}

	async fn send(&self, call: &Call) -> Result<Included, ChainError> {
		let anchor = self.chain.finalised().await?;
		self.chain.submit(&anchor, call, self.key.pair()).await?.in_best().await
	}
}
