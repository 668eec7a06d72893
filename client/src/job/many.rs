//! Several jobs that are submitted by one call, and then followed side by side.

use super::{
	observer::{OneOf, Stage},
	run::{Buyer, Outcome, Whom, Work},
	BatchError, JobError,
};
use crate::{
	amount::Balance,
	chain::{JobId, JobView},
	job_file::{JobFile, JobFileError},
};
use futures::future::join_all;
use std::{path::PathBuf, time::Instant};

/// What became of one of several jobs. Money in planck.
#[derive(Debug)]
pub struct Ran {
	/// The job.
	pub job: JobId,
	/// The file that describes it.
	pub file: PathBuf,
	/// What was held for its payment when it was submitted.
	pub escrow: Balance,
	/// Its share of the transaction fees until it was submitted.
	pub transaction_fees: Balance,
	/// Where it stands when all runs are over; none where it is not on the chain, or the chain could not be asked.
	pub view: Option<JobView>,
	/// How its run ended.
	pub outcome: Result<Outcome, JobError>,
}

impl Buyer<'_> {
	/// Runs the jobs that these files describe: all of them are submitted by one call, or none. What becomes of one does not
	/// keep the others from going on. [`Observer::submitted`](super::Observer::submitted) has their ids in the order of the
	/// files.
	///
	/// # Errors
	/// [`JobError`], where no job was submitted, or records could not be written. What goes wrong with a job afterwards is in
	/// its [`Ran::outcome`].
	pub async fn run_many(&self, paths: &[PathBuf]) -> Result<Vec<Ran>, JobError> {
		let started = Instant::now();
		if let Whom::Routed { .. } = self.options.whom {
			return Err(BatchError::Routed.into());
		}
		self.observer.stage(&Stage::Planning);
		let files = paths.iter().map(|path| JobFile::read(path));
		let files = files.collect::<Result<Vec<JobFile>, JobFileError>>()?;
		let works = self.enter(files, started).await?;
		for work in &works {
			let (job, file) = (work.job(), work.file.path.display());
			self.observer.note(&format!("{file} is job {job}"));
		}
		let runs = works.into_iter().map(|work| self.see_through(work));
		let mut jobs = join_all(runs).await;
		// What is known is not lost where the chain cannot be asked any more.
		if let Ok(at) = self.chain.best().await {
			let views = join_all(jobs.iter().map(|ran| at.job(ran.job))).await;
			for (ran, view) in jobs.iter_mut().zip(views) {
				ran.view = view.ok().flatten();
			}
		}
		Ok(jobs)
	}

	/// Goes on with one of several jobs.
	async fn see_through(&self, work: Work) -> Ran {
		let (job, file) = (work.job(), work.file.path.clone());
		let (escrow, transaction_fees) = (work.record.escrow, work.record.fees_paid);
		let observer = OneOf {
			all: self.observer,
			job,
			file: &file,
		};
		let buyer = Buyer {
			chain: self.chain,
			key: self.key,
			records: self.records,
			options: self.options,
			observer: &observer,
		};
		let outcome = buyer.go_on(work).await;
		self.observer.over(job);
		Ran {
			job,
			file,
			escrow,
			transaction_fees,
			view: None,
			outcome,
		}
	}
}
