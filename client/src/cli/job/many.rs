//! `millrace job run` with several job files.

use super::super::{
	print::{pairs, table},
	progress::Progress,
	Session,
};
use crate::{
	amount::{self, Balance},
	chain::{JobId, JobView, ProviderId, MAX_BATCH},
	exit::{Code, Failure},
	job::{BatchError, Buyer, JobError, Options, Outcome, Ran, Records, Report},
};
use serde_json::{json, Value};
use std::path::PathBuf;

/// Submits the jobs by one call and goes on with each.
pub(super) async fn run(
	session: &Session<'_>,
	options: Options,
	id_only: bool,
	files: &[PathBuf],
) -> Result<(), Failure> {
	at_once(files)?;
	let key = session.key()?;
	let records = Records::of_user();
	let progress = Progress::of_many(session.printer, files.len(), id_only);
	let work = async {
		let chain = session.chain().await?;
		let buyer = Buyer {
			chain: &chain,
			key: &key,
			records: &records,
			options,
			observer: &progress,
		};
		let jobs = buyer.run_many(files).await;
		jobs.map_err(Failure::from)
	};
	let result = tokio::select! {
		result = work => result,
		_ = tokio::signal::ctrl_c() => Err(interrupted(progress.jobs().len())),
	};
	progress.finish();
	let jobs = match result {
		Ok(jobs) => jobs,
		Err(failure) => return Err(with_jobs(failure, &progress.jobs())),
	};
	let batch = Several {
		jobs: jobs.into_iter().map(Row::of).collect(),
	};
	match batch.failure() {
		None if id_only => {}
		None => session.printer.show(&batch.object(), || batch.text()),
		Some(failure) => {
			if !id_only {
				session.printer.show_people(|| batch.text());
			}
			return Err(failure);
		}
	}
	Ok(())
}

/// Refuses more files than jobs go into one call, before anything is read.
pub(super) fn at_once(files: &[PathBuf]) -> Result<(), Failure> {
	if files.len() > MAX_BATCH {
		return Err(JobError::from(BatchError::Size(files.len())).into());
	}
	Ok(())
}

fn interrupted(jobs: usize) -> Failure {
	match jobs {
		0 => Failure::new(
			Code::Interrupted,
			"interrupted before a job was seen on the chain",
			"`millrace job list` shows whether they were submitted all the same",
		),
		jobs => Failure::new(
			Code::Interrupted,
			format!("interrupted; the {jobs} jobs go on"),
			"`millrace job fetch ID` goes on with one, `millrace job cancel ID` takes it back; `millrace job list` shows them",
		),
	}
}

/// Whoever reads the failure goes on with the jobs that are on the chain.
fn with_jobs(failure: Failure, jobs: &[JobId]) -> Failure {
	if jobs.is_empty() {
		return failure;
	}
	let jobs: Vec<Value> = jobs.iter().map(|job| json!({ "job": job })).collect();
	failure.with_details(json!({ "jobs": jobs }))
}

/// One of several jobs, once its run is over.
struct Row {
	job: JobId,
	file: PathBuf,
	state: &'static str,
	provider: Option<ProviderId>,
	escrow: Balance,
	transaction_fees: Balance,
	/// The report, where the job was waited for and paid; or why it did not get as far as was asked.
	end: Result<Option<Box<Report>>, Failure>,
}

impl Row {
	fn of(ran: Ran) -> Row {
		let view = ran.view.as_ref();
		let state = state(&ran.outcome, view);
		let provider = view.and_then(|view| view.state.provider());
		let mut row = Row {
			job: ran.job,
			file: ran.file,
			state,
			provider,
			escrow: ran.escrow,
			transaction_fees: ran.transaction_fees,
			end: Ok(None),
		};
		match ran.outcome {
			Ok(Outcome::Submitted(_)) => {}
			Ok(Outcome::Done(report)) => {
				row.provider = Some(report.provider);
				row.transaction_fees = report.transaction_fees;
				row.end = Ok(Some(report));
			}
			Err(error) => row.end = Err(error.into()),
		}
		row
	}

	fn object(&self) -> Value {
		let mut object = json!({
			"job": self.job,
			"file": self.file.display().to_string(),
			"state": self.state,
			"provider": self.provider,
			"escrow": self.escrow.to_string(),
			"transaction_fees": self.transaction_fees.to_string(),
		});
		let more = match &self.end {
			Ok(None) => None,
			Ok(Some(report)) => Some(("report", serde_json::to_value(report).unwrap_or(Value::Null))),
			Err(failure) => Some(("error", failure.object())),
		};
		if let (Some(object), Some((name, value))) = (object.as_object_mut(), more) {
			object.insert(name.to_owned(), value);
		}
		object
	}

	fn cells(&self) -> Vec<String> {
		let paid = match &self.end {
			Ok(Some(report)) => amount::print(report.payment),
			_ => "-".to_owned(),
		};
		vec![
			self.job.to_string(),
			self.file.display().to_string(),
			self.state.to_owned(),
			self.provider
				.map_or_else(|| "none".to_owned(), |provider| provider.to_string()),
			amount::print(self.escrow),
			paid,
		]
	}
}

/// Where a job stands.
fn state(outcome: &Result<Outcome, JobError>, view: Option<&JobView>) -> &'static str {
	match (outcome, view) {
		(Ok(Outcome::Done(_)), _) => "settled",
		(_, Some(view)) => view.state.name(),
		(Err(JobError::Ended { .. } | JobError::Refuted { .. } | JobError::Gone(_)), None) => "ended",
		(_, None) => "unknown",
	}
}

/// Jobs that were submitted by one call, once all runs are over.
struct Several {
	jobs: Vec<Row>,
}

impl Several {
	/// What whoever wanted all of them done must hear, where some are not.
	fn failure(&self) -> Option<Failure> {
		let failed = self.jobs.iter().filter_map(|row| row.end.as_ref().err());
		let codes: Vec<Code> = failed.map(|failure| failure.code).collect();
		let first = *codes.first()?;
		let code = match codes.iter().all(|code| *code == first) {
			true => first,
			false => Code::Mixed,
		};
		let failure = Failure::new(
			code,
			format!(
				"{} of {} jobs did not get as far as was asked",
				codes.len(),
				self.jobs.len()
			),
			"each has its reason; `millrace job fetch ID` goes on with one that is on the chain",
		);
		Some(failure.with_details(self.object()))
	}

	fn transaction_fees(&self) -> Balance {
		self.jobs.iter().map(|row| row.transaction_fees).sum()
	}

	fn object(&self) -> Value {
		let jobs: Vec<Value> = self.jobs.iter().map(Row::object).collect();
		json!({ "jobs": jobs, "transaction_fees": self.transaction_fees().to_string() })
	}

	fn text(&self) -> String {
		let rows = self.jobs.iter().map(Row::cells);
		let jobs = table(&["job", "file", "state", "provider", "escrow", "paid"], rows);
		let fees = pairs([("transaction fees", amount::print(self.transaction_fees()))]);
		let mut parts = vec![jobs, fees];
		for row in &self.jobs {
			if let Err(failure) = &row.end {
				parts.push(format!("{}: {failure}", row.file.display()));
			}
		}
		parts.join("\n\n")
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		amount::MILL,
		chain::JobState,
		job::{fixture::to_one, Ending},
	};

	fn ran(byte: u8, view: Option<JobView>, outcome: Result<Outcome, JobError>) -> Ran {
		Ran {
			job: JobId([byte; 32]),
			file: format!("{byte}.toml").into(),
			escrow: MILL,
			transaction_fees: Balance::from(byte),
			view,
			outcome,
		}
	}

	fn submitted(byte: u8) -> Ran {
		let job = JobId([byte; 32]);
		let mut view = to_one();
		view.state = JobState::Assigned { provider: 4, until: 99 };
		ran(byte, Some(view), Ok(Outcome::Submitted(job)))
	}

	fn late(byte: u8) -> Ran {
		let job = JobId([byte; 32]);
		let state = "pending";
		ran(byte, Some(to_one()), Err(JobError::TimedOut { job, state }))
	}

	fn ended(byte: u8) -> Ran {
		let error = JobError::Ended {
			job: JobId([byte; 32]),
			ending: Ending::Unserved,
			cause: None,
		};
		ran(byte, None, Err(error))
	}

	fn several(jobs: Vec<Ran>) -> Several {
		Several {
			jobs: jobs.into_iter().map(Row::of).collect(),
		}
	}

	#[test]
	fn jobs_that_are_all_done_are_no_failure() {
		let batch = several(vec![submitted(1), submitted(2)]);
		assert!(batch.failure().is_none());
		let object = batch.object();
		assert_eq!(object["transaction_fees"], "3");
		let first = &object["jobs"][0];
		assert_eq!(first["job"], JobId([1; 32]).to_string());
		assert_eq!(first["file"], "1.toml");
		assert_eq!(first["state"], "assigned");
		assert_eq!(first["provider"], 4);
		assert_eq!(first["escrow"], MILL.to_string());
		assert!(first.get("error").is_none() && first.get("report").is_none());
	}

	#[test]
	fn what_all_that_failed_have_in_common_is_the_exit_code() {
		let code = |jobs| several(jobs).failure().map(|failure| failure.code.number());
		assert_eq!(code(vec![late(1), submitted(2), late(3)]), Some(8));
		assert_eq!(code(vec![submitted(1), ended(2)]), Some(100));
		assert_eq!(code(vec![late(1), ended(2)]), Some(12));
	}

	#[test]
	fn each_job_has_its_own_reason() {
		let batch = several(vec![submitted(1), late(2), ended(3)]);
		let failure = batch.failure().unwrap();
		assert_eq!(failure.message, "2 of 3 jobs did not get as far as was asked");
		let details = failure.details.unwrap();
		assert_eq!(details["jobs"][1]["state"], "pending");
		assert_eq!(details["jobs"][1]["error"]["exit"], 8);
		assert_eq!(details["jobs"][2]["state"], "ended");
		assert_eq!(details["jobs"][2]["error"]["exit"], 100);
		assert!(details["jobs"][2]["provider"].is_null());
		let text = batch.text();
		for part in [
			"1.toml",
			"assigned",
			"2.toml: error: job 0x0202",
			"3.toml: error: job 0x0303",
			"hint: nothing is lost",
		] {
			assert!(text.contains(part), "{part}: {text}");
		}
	}

	#[test]
	fn more_than_a_hundred_files_are_no_command_line() {
		let files = |count| vec![PathBuf::from("a.toml"); count];
		assert!(at_once(&files(MAX_BATCH)).is_ok());
		let failure = at_once(&files(MAX_BATCH + 1)).unwrap_err();
		assert_eq!(failure.code, Code::Usage);
		assert!(failure.message.contains("1 to 100"), "{failure}");
	}

	#[test]
	fn an_interrupt_and_a_late_failure_keep_the_ids() {
		let failure = with_jobs(interrupted(2), &[JobId([1; 32]), JobId([2; 32])]);
		assert!(failure.message.contains("the 2 jobs go on"), "{failure}");
		let details = failure.details.unwrap();
		assert_eq!(details["jobs"][1]["job"], JobId([2; 32]).to_string());
		let early = with_jobs(interrupted(0), &[]);
		assert!(early.details.is_none() && early.message.contains("before"), "{early}");
	}
}
