//! `millrace job events`: what happened to a job, read block by block.

use super::{
	super::{arguments::EventsArguments, Session},
	event::{figures, name, sentence},
};
use crate::{
	chain::{AccountId, At, Chain, ChainError, Follow, JobEvent, JobFilter, JobId},
	exit::{Code, Failure},
	job::Records,
};
use futures::TryStreamExt;
use serde_json::{json, Value};
use std::collections::{BTreeMap, HashSet};

/// Blocks that are looked through where nobody says from where: what a node that prunes keeps.
const LOOK_BACK: u64 = 240;
/// Blocks whose hashes are remembered, to see which of them a fork undid.
const REMEMBERED: usize = 100;

pub(super) async fn run(session: &Session<'_>, arguments: EventsArguments) -> Result<(), Failure> {
	let whose = match arguments.mine {
		true => Some(session.key()?.account()),
		false => None,
	};
	let chain = session.chain().await?;
	let last = newest(&chain, arguments.best).await?;
	let from = arguments
		.from
		.unwrap_or_else(|| first_block(&chain, arguments.job, last));
	let jobs = match (arguments.job, whose) {
		(Some(job), _) => Jobs::One(job),
		(None, Some(account)) => Jobs::Of(account, live(&chain, account, from).await?),
		(None, None) => return Err(Failure::usage("no job was named", "give a job's id, or --mine")),
	};
	let mut reader = Reader {
		session,
		chain: &chain,
		jobs,
		best: arguments.best,
		next: from,
		printed: BTreeMap::new(),
		lines: 0,
		over: false,
	};
	reader.read_to(last).await?;
	if !arguments.follow {
		return reader.end(from, last);
	}
	tokio::select! {
		result = reader.follow() => result,
		// Whoever follows ends it.
		_ = tokio::signal::ctrl_c() => Ok(()),
	}
}

/// The number of the last block to be read now.
async fn newest(chain: &Chain, best: bool) -> Result<u64, ChainError> {
	let at = match best {
		true => chain.best().await?,
		false => chain.finalised().await?,
	};
	Ok(at.block().number)
}

/// Where to begin: at the block at which the job was planned, if that was here.
fn first_block(chain: &Chain, job: Option<JobId>, last: u64) -> u64 {
	let genesis = crate::chain::to_hex(&chain.genesis().0);
	let record = job.and_then(|job| Records::of_user().load(job).ok());
	record
		.filter(|record| record.genesis == genesis)
		.map_or(last.saturating_sub(LOOK_BACK), |record| record.first_block)
}

/// The jobs of an account that were there before a block.
async fn live(chain: &Chain, account: AccountId, from: u64) -> Result<HashSet<JobId>, ChainError> {
	let at = chain.at_number(from.saturating_sub(1)).await?;
	let filter = JobFilter {
		requester: Some(account),
		..JobFilter::default()
	};
	at.jobs_where(&filter).map_ok(|job| job.id).try_collect().await
}

/// Which jobs are asked for.
enum Jobs {
	One(JobId),
	/// Those of an account, as far as they were seen.
	Of(AccountId, HashSet<JobId>),
}

impl Jobs {
	/// Whether an event is about one of them.
	fn take(&mut self, job: JobId, event: &JobEvent) -> bool {
		match self {
			Jobs::One(wanted) => *wanted == job,
			Jobs::Of(account, known) => {
				if matches!(event, JobEvent::Submitted { requester, .. } if requester == account) {
					known.insert(job);
				}
				known.contains(&job)
			}
		}
	}

	/// Whether nothing can come after this event.
	fn ends_with(&self, event: &JobEvent) -> bool {
		matches!(self, Jobs::One(_)) && event.ends_the_job()
	}
}

struct Reader<'a> {
	session: &'a Session<'a>,
	chain: &'a Chain,
	jobs: Jobs,
	best: bool,
	/// The next block to be read.
	next: u64,
	/// The hashes of the blocks that were read last.
	printed: BTreeMap<u64, [u8; 32]>,
	lines: u64,
	/// Whether the job has ended.
	over: bool,
}

impl Reader<'_> {
	/// Reads and prints up to this block.
	async fn read_to(&mut self, last: u64) -> Result<(), Failure> {
		while self.next <= last && !self.over {
			let at = match self.chain.at_number(self.next).await {
				Ok(at) => at,
				// The best chain has become shorter meanwhile.
				Err(ChainError::NoBlock { .. }) if self.best => return Ok(()),
				Err(error) => return Err(error.into()),
			};
			self.print(&at).await?;
			self.printed.insert(self.next, at.block().hash.0);
			if self.printed.len() > REMEMBERED {
				self.printed.pop_first();
			}
			self.next = self.next.saturating_add(1);
		}
		Ok(())
	}

	async fn print(&mut self, at: &At) -> Result<(), Failure> {
		let block = at.block().number;
		for (job, event) in at.job_events().await? {
			if self.jobs.take(job, &event) {
				let object = object(block, !self.best, job, &event);
				self.session.printer.show(&object, || line(block, job, &event));
				self.lines = self.lines.saturating_add(1);
				self.over |= self.jobs.ends_with(&event);
			}
		}
		Ok(())
	}

	/// Goes on with new blocks.
	async fn follow(&mut self) -> Result<(), Failure> {
		let mut blocks = self.chain.best_blocks(Follow::Subscribe);
		while !self.over || (self.best && !self.is_final().await?) {
			blocks.next().await?;
			if self.best {
				self.step_back().await?;
			}
			let last = newest(self.chain, self.best).await?;
			self.read_to(last).await?;
		}
		Ok(())
	}

	/// Whether what was read last can no longer be undone.
	async fn is_final(&self) -> Result<bool, ChainError> {
		Ok(newest(self.chain, false).await? >= self.next.saturating_sub(1))
	}

	/// Goes back to the first block that a fork has put another in the place of.
	async fn step_back(&mut self) -> Result<(), Failure> {
		let from = self.next;
		while let Some((number, hash)) = self.printed.last_key_value().map(|(number, hash)| (*number, *hash)) {
			let now = match self.chain.at_number(number).await {
				Ok(at) => Some(at.block().hash.0),
				Err(ChainError::NoBlock { .. }) => None,
				Err(error) => return Err(error.into()),
			};
			if now == Some(hash) {
				break;
			}
			self.printed.pop_last();
			self.next = number;
			self.over = false;
		}
		if self.next < from {
			let note = format!(
				"a fork undid the blocks from {} on: what follows holds instead",
				self.next
			);
			self.session.printer.note(&note);
		}
		Ok(())
	}

	/// Nothing found is no success for whoever asked for one job.
	fn end(&self, from: u64, last: u64) -> Result<(), Failure> {
		match self.jobs {
			Jobs::One(job) if self.lines == 0 => Err(Failure::new(
				Code::JobEnded,
				format!("nothing happened to job {job} in the blocks {from} to {last}"),
				"give --from with an earlier block; a node that prunes knows the last 256 only",
			)),
			_ => Ok(()),
		}
	}
}

fn line(block: u64, job: JobId, event: &JobEvent) -> String {
	format!("{block}  {job}  {}", sentence(event))
}

fn object(block: u64, is_final: bool, job: JobId, event: &JobEvent) -> Value {
	let mut object = json!({ "block": block, "final": is_final, "job": job, "event": name(event) });
	if let (Some(object), Value::Object(figures)) = (object.as_object_mut(), figures(event)) {
		object.extend(figures);
	}
	object
}

#[cfg(test)]
mod tests {
	use super::*;

	fn submitted(by: u8) -> JobEvent {
		JobEvent::Submitted {
			requester: AccountId([by; 32]),
			escrow: 5,
			fees: 3,
			deposit: 1,
		}
	}

	#[test]
	fn ones_own_jobs_are_those_that_were_there_and_those_that_come() {
		let (old, new, foreign) = (JobId([1; 32]), JobId([2; 32]), JobId([3; 32]));
		let mut mine = Jobs::Of(AccountId([7; 32]), HashSet::from([old]));
		assert!(mine.take(old, &JobEvent::Late));
		assert!(!mine.take(new, &JobEvent::Queued), "not seen yet");
		assert!(mine.take(new, &submitted(7)));
		assert!(mine.take(new, &JobEvent::Queued));
		assert!(!mine.take(foreign, &submitted(8)) && !mine.take(foreign, &JobEvent::Queued));
		assert!(!mine.ends_with(&JobEvent::Expired), "others may follow");
		let mut one = Jobs::One(new);
		assert!(one.take(new, &JobEvent::Late) && !one.take(old, &JobEvent::Late));
		assert!(one.ends_with(&JobEvent::Expired) && !one.ends_with(&JobEvent::Late));
	}

	#[test]
	fn an_event_is_a_line_and_an_object() {
		let job = JobId([1; 32]);
		assert_eq!(
			line(12, job, &JobEvent::Late),
			format!("12  {job}  the provider missed the deadline")
		);
		let object = object(12, true, job, &submitted(7));
		assert_eq!(object["block"], 12);
		assert_eq!(object["final"], true);
		assert_eq!(object["event"], "submitted");
		assert_eq!(object["escrow"], "5");
	}
}
