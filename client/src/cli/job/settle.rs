//! `millrace job settle`.

use super::{
	super::{
		print::{pairs, table},
		Session,
	},
	event::{figures, name, sentence},
	not_live,
};
use crate::{
	amount::{self, Balance},
	chain::{AccountId, Call, JobEvent, JobId, JobView},
	exit::{Code, Failure},
};
use serde_json::{json, Value};

/// Pays for committed results, without a look at them: one's own at once, others once their window is over.
pub(super) async fn settle(session: &Session<'_>, jobs: Vec<JobId>) -> Result<(), Failure> {
	let key = session.key()?;
	let chain = session.chain().await?;
	let jobs = distinct(jobs);
	let call = match jobs.as_slice() {
		[id] => {
			let job = chain.best().await?.job(*id).await?.ok_or_else(|| not_live(*id))?;
			call_for(&job, key.account())
		}
		_ => Call::SettleJobs { jobs: jobs.clone() },
	};
	session
		.printer
		.note("what was committed is paid as it is; `millrace job fetch` fetches and checks it before it pays");
	let included = chain.call_final(&call, key.pair()).await?;
	let batch = Batch {
		jobs: &jobs,
		events: &included.jobs,
		fee: included.fee,
		block: included.block.number,
	};
	match batch.failure() {
		None => {
			session.printer.show(&batch.object(), || batch.text());
			Ok(())
		}
		Some(failure) => {
			session.printer.show_people(|| batch.text());
			Err(failure)
		}
	}
}

/// Each job once, in the order in which they were named: a second time the chain would not know it any more.
fn distinct(jobs: Vec<JobId>) -> Vec<JobId> {
	let mut distinct = Vec::with_capacity(jobs.len());
	for job in jobs {
		if !distinct.contains(&job) {
			distinct.push(job);
		}
	}
	distinct
}

/// The call that settles one job, so that a refusal is the call's own.
fn call_for(job: &JobView, who: AccountId) -> Call {
	match job.requester == who {
		true => Call::SettleNow { job: job.id },
		false => Call::Settle { job: job.id },
	}
}

/// What became of jobs that were to be settled by one call.
struct Batch<'a> {
	jobs: &'a [JobId],
	/// What happened by the call.
	events: &'a [(JobId, JobEvent)],
	fee: Balance,
	block: u64,
}

impl Batch<'_> {
	/// How a job ended, or why it was left out.
	fn outcome(&self, id: JobId) -> Option<&JobEvent> {
		self.events
			.iter()
			.filter(|(job, _)| *job == id)
			.map(|(_, event)| event)
			.find(|event| event.ends_the_job() || matches!(event, JobEvent::NotSettled(_)))
	}

	/// What whoever wanted all of them settled must hear, where some were not.
	fn failure(&self) -> Option<Failure> {
		let over = |job: &&JobId| self.outcome(**job).is_some_and(JobEvent::ends_the_job);
		let left_out = self.jobs.len() - self.jobs.iter().filter(over).count();
		(left_out > 0).then(|| {
			Failure::new(
				Code::Rejected,
				format!("{left_out} of {} jobs could not be settled", self.jobs.len()),
				"the others are; `millrace job get` shows where a job stands, and that of somebody else can be settled once its \
				 window is over",
			)
			.with_details(self.object())
		})
	}

	fn object(&self) -> Value {
		let jobs = self.jobs.iter().map(|job| {
			let outcome = self.outcome(*job);
			let mut object = json!({ "job": job, "event": outcome.map(name) });
			if let (Some(object), Some(Value::Object(figures))) = (object.as_object_mut(), outcome.map(figures)) {
				object.extend(figures);
			}
			object
		});
		let jobs: Vec<Value> = jobs.collect();
		json!({ "jobs": jobs, "fee": self.fee.to_string(), "block": self.block })
	}

	fn text(&self) -> String {
		let rows = self.jobs.iter().map(|job| {
			let says = self.outcome(*job).map_or_else(|| "unknown".to_owned(), sentence);
			vec![job.to_string(), says]
		});
		let jobs = table(&["job", "what became of it"], rows);
		let call = pairs([
			("transaction fee", amount::print(self.fee)),
			("final in block", self.block.to_string()),
		]);
		format!("{jobs}\n\n{call}")
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		amount::MILL,
		chain::{Rejection, Settlement},
		job::fixture::in_the_book,
	};

	const PAID: JobId = JobId([1; 32]);
	const OPEN: JobId = JobId([2; 32]);

	fn events() -> Vec<(JobId, JobEvent)> {
		let settled = JobEvent::Settled(Settlement {
			provider: 4,
			payout: Some(AccountId([1; 32])),
			units: 1_000,
			payment: 10 * MILL,
			fee: MILL / 2,
			refund: 3 * MILL,
			fees_returned: MILL,
			lapsed: false,
		});
		let open = JobEvent::NotSettled(Rejection {
			pallet: "Market".to_owned(),
			error: "WindowOpen".to_owned(),
			doc: String::new(),
		});
		vec![(PAID, settled), (OPEN, open)]
	}

	fn batch<'a>(jobs: &'a [JobId], events: &'a [(JobId, JobEvent)]) -> Batch<'a> {
		Batch {
			jobs,
			events,
			fee: MILL / 4,
			block: 12,
		}
	}

	#[test]
	fn each_job_is_reported_and_one_that_is_left_out_fails() {
		let events = events();
		let batch = batch(&[OPEN, PAID], &events);
		let text = batch.text();
		for part in ["10 MILL paid to provider 4", "Market::WindowOpen", "0.25 MILL", "12"] {
			assert!(text.contains(part), "{part}: {text}");
		}
		let object = batch.object();
		assert_eq!(object["jobs"][0]["event"], "not_settled");
		assert_eq!(object["jobs"][0]["error"], "WindowOpen");
		assert_eq!(object["jobs"][1]["event"], "settled");
		assert_eq!(object["jobs"][1]["payment"], (10 * MILL).to_string());
		let failure = batch.failure().unwrap();
		assert_eq!(failure.code, Code::Rejected);
		assert_eq!(failure.message, "1 of 2 jobs could not be settled");
		assert_eq!(failure.details, Some(object));
	}

	#[test]
	fn all_settled_is_no_failure_and_nothing_said_is_one() {
		let events = events();
		assert!(batch(&[PAID], &events).failure().is_none());
		let unsaid = [PAID, JobId([3; 32])];
		let batch = batch(&unsaid, &events);
		assert!(batch.failure().is_some());
		assert!(batch.object()["jobs"][1]["event"].is_null());
		assert!(batch.text().contains("unknown"));
	}

	#[test]
	fn a_job_is_settled_once_and_by_the_call_for_whoever_signs() {
		assert_eq!(distinct(vec![OPEN, PAID, OPEN]), [OPEN, PAID]);
		let job = in_the_book();
		assert_eq!(call_for(&job, job.requester), Call::SettleNow { job: job.id });
		assert_eq!(call_for(&job, AccountId([9; 32])), Call::Settle { job: job.id });
	}
}
