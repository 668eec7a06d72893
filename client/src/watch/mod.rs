//! A watcher: re-checks every committed job that it may look into, as they come, and refutes what is wrong.
//!
//! ```text
//! follow ─ committed jobs ─▶ waiting ─ drawn at random, within the budget ─▶ up to 4 looks at once ─▶ one line each
//!                               ▲                                                     │
//!                               └──────────── the provider or the node failed ────────┘
//! ```
//!
//! Which of several waiting jobs comes next is drawn, so that nobody can arrange to be left out when the budget is short.

mod budget;
mod follow;
mod line;
mod state;

pub use budget::{Budget, Ticket};
pub use line::{Line, Verdict};

use self::{
	follow::{follow, Seen},
	state::{State, Waiting},
};
use crate::{
	amount::Balance,
	chain::{Chain, JobId},
	check::{CheckError, Claimant, Found, Looker, Subject},
	endpoint::auth::unix_now,
	job::{CheckWish, Records, Unobserved},
	keys::Key,
};
use futures::{
	future::LocalBoxFuture,
	stream::{FuturesUnordered, StreamExt},
};
use serde::Serialize;
use std::{
	future::Future,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant},
};
use tokio::{sync::mpsc, time::timeout};

/// Looks at once: one that waits for its provider must not hold up the others.
const AT_ONCE: usize = 4;
/// The longest look.
const LOOK: Duration = Duration::from_secs(900);
/// How long a provider that does not answer is asked again within one look.
const PATIENCE: Duration = Duration::from_secs(10);
/// When a look that failed is repeated; after the last one it is given up.
const AGAIN: [Duration; 5] = [
	Duration::from_secs(5),
	Duration::from_secs(20),
	Duration::from_secs(60),
	Duration::from_secs(300),
	Duration::from_secs(900),
];
/// Most leaves that were delivered wrong and are looked at.
const MOST_MENDED: u32 = 64;

/// How to watch.
#[derive(Clone, Copy, Debug)]
pub struct Options {
	/// Which leaves of each job are re-run.
	pub wish: CheckWish,
	/// Most units that are re-run in an hour.
	pub units_per_hour: Option<u64>,
	/// Most jobs that are looked at in an hour.
	pub jobs_per_hour: Option<u32>,
	/// Most transaction fees in all, in planck.
	pub max_fees: Balance,
	/// Whether to end once every job that is there was looked at.
	pub once: bool,
	/// Whether providers may be at private addresses.
	pub allow_private: bool,
}

/// What a watcher has done.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Summary {
	/// Jobs that were looked at.
	pub jobs: u64,
	/// Of these, those whose result is wrong.
	pub wrong: u64,
	/// Of these, those that this watcher refuted.
	pub refuted: u64,
	/// Units that were re-run.
	pub units: u64,
	/// Transaction fees that were paid, in planck.
	#[serde(with = "crate::amount::text")]
	pub fees: Balance,
}

/// Watches the chain.
pub struct Watcher<'a> {
	/// Where.
	pub chain: &'a Chain,
	/// Signs refutations; where there is none, nothing is refuted.
	pub key: Option<&'a Key>,
	/// Where data keys are.
	pub records: &'a Records,
	/// How.
	pub options: Options,
	/// Is given each line.
	pub tell: &'a (dyn Fn(&Line) + Sync),
	/// Is told what else happens.
	pub note: &'a (dyn Fn(&str) + Sync),
}

/// What came of a look.
enum Looked {
	/// It is done, with a line unless the job is none of this watcher's.
	Done(Option<Box<Line>>),
	/// There is no budget for this long.
	Later(Duration, Box<Line>),
	/// It failed, and may not fail again.
	Again(Box<Line>),
}

/// What all looks share.
struct Shared {
	budget: Mutex<Budget>,
	fees: Mutex<Balance>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watcher<'_> {
	/// Watches until `stop` is ready, or with [`Options::once`] until every job that is there was looked at. Failures of
	/// providers and of the node are waited out.
	pub async fn run(&self, stop: impl Future<Output = ()>) -> Summary {
		let (to, mut seen) = mpsc::channel(64);
		let follower = tokio::spawn(follow(self.chain.clone(), to));
		let shared = Shared {
			budget: Mutex::new(Budget::new(self.options.units_per_hour, self.options.jobs_per_hour)),
			fees: Mutex::default(),
		};
		let mut state = State::default();
		let mut looks: FuturesUnordered<LocalBoxFuture<'_, (JobId, Waiting, Looked)>> = FuturesUnordered::new();
		tokio::pin!(stop);
		loop {
			while looks.len() < AT_ONCE {
				let Some((job, waiting)) = state.draw(Instant::now()) else {
					break;
				};
				let shared = &shared;
				looks.push(Box::pin(async move {
					let looked = timeout(LOOK, self.look(job, shared))
						.await
						.unwrap_or_else(|_| Looked::Again(Box::new(blank(job, "it took too long"))));
					(job, waiting, looked)
				}));
			}
			if self.options.once && state.scanned && looks.is_empty() && state.waiting.is_empty() {
				break;
			}
			let wake = state.next().unwrap_or(Duration::from_secs(60));
			tokio::select! {
				() = &mut stop => break,
				Some(event) = seen.recv() => self.see(&mut state, event),
				Some((job, waiting, looked)) = looks.next(), if !looks.is_empty() => {
					self.take(&mut state, job, waiting, looked);
				}
				() = tokio::time::sleep(wake) => {}
			}
		}
		follower.abort();
		state.summary.fees = *lock(&shared.fees);
		state.summary
	}

	fn see(&self, state: &mut State, seen: Seen) {
		match seen {
			Seen::Committed { job, root } => {
				if state.trouble {
					state.trouble = false;
					(self.note)("the node answers again");
				}
				state.add(job, root);
			}
			Seen::Scanned(live) => {
				state.trouble = false;
				state.scanned = true;
				state.done.retain(|job, _| live.contains(job));
			}
			Seen::Trouble(reason) => {
				// Once for each time that it goes away.
				if !state.trouble {
					(self.note)(&format!("the node cannot be asked now: {reason}"));
				}
				state.trouble = true;
			}
		}
	}

	fn take(&self, state: &mut State, job: JobId, waiting: Waiting, looked: Looked) {
		state.looking.remove(&job);
		let line = match looked {
			Looked::Later(wait, line) if self.options.once => Some(Box::new(Line {
				verdict: Verdict::Skipped,
				says: format!("the budget is used up for {} s", wait.as_secs()),
				..*line
			})),
			Looked::Later(wait, _) => {
				let not_before = Instant::now() + wait.max(Duration::from_secs(1));
				state.waiting.insert(job, Waiting { not_before, ..waiting });
				return;
			}
			Looked::Again(line) => match AGAIN.get(waiting.failures).filter(|_| !self.options.once) {
				Some(pause) => {
					tracing::debug!(%job, says = line.says, "looked at again later");
					let again = Waiting {
						failures: waiting.failures + 1,
						not_before: Instant::now() + *pause,
						..waiting
					};
					state.waiting.insert(job, again);
					return;
				}
				None => Some(line),
			},
			Looked::Done(line) => line,
		};
		state.done.insert(job, waiting.root);
		if let Some(line) = line {
			state.count(&line);
			(self.tell)(&line);
		}
	}

	/// Looks at one job.
	async fn look(&self, job: JobId, shared: &Shared) -> Looked {
		let at = match self.chain.best().await {
			Ok(at) => at,
			Err(error) => return Looked::Again(Box::new(blank(job, &error.to_string()))),
		};
		let subject = match Subject::read(&at, job).await {
			Ok(subject) => Arc::new(subject),
			Err(error) if error.may_pass() => return Looked::Again(Box::new(blank(job, &error.to_string()))),
			// It ended meanwhile, or is on another fork.
			Err(CheckError::Unknown(_) | CheckError::NotCommitted { .. }) => return Looked::Done(None),
			Err(error) => return Looked::Done(Some(Box::new(blank(job, &error.to_string())))),
		};
		let line = Line {
			provider: subject.provider,
			leaves: subject.leaves(),
			..blank(job, "")
		};
		let (wish, reserved) = match self.fit(&subject, shared) {
			Some(fit) => fit,
			None => {
				let says = format!(
					"three leaves of {} units each do not fit the budget",
					subject.leaf_units()
				);
				return Looked::Done(Some(Box::new(Line {
					verdict: Verdict::Skipped,
					says,
					..line
				})));
			}
		};
		let ticket = match lock(&shared.budget).reserve(Instant::now(), reserved) {
			Ok(ticket) => ticket,
			Err(wait) => return Looked::Later(wait, Box::new(line)),
		};
		let looker = Looker {
			chain: self.chain,
			records: self.records,
			observer: &Unobserved,
			allow_private: self.options.allow_private,
			patience: PATIENCE,
			most_mended: MOST_MENDED,
		};
		if !subject.public && looker.record(&subject).is_none() {
			lock(&shared.budget).release(ticket);
			return Looked::Done(None);
		}
		let looked = match looker.look(subject.clone(), &[], wish).await {
			Ok(looked) => looked,
			Err(error) => {
				lock(&shared.budget).release(ticket);
				let again = error.may_pass();
				let line = Box::new(Line {
					says: error.to_string(),
					..line
				});
				return if again {
					Looked::Again(line)
				} else {
					Looked::Done(Some(line))
				};
			}
		};
		let units = looked.rerun.units();
		lock(&shared.budget).settle(ticket, units);
		let mut line = line.found(&looked.examined, looked.rerun.evaluated(), units);
		match &looked.examined.found {
			Found::Wrong(case) => {
				if let Some(key) = self.key {
					let spent = *lock(&shared.fees);
					let claimant = Claimant {
						chain: self.chain,
						key,
						observer: &Unobserved,
						max_fee: Some(self.options.max_fees.saturating_sub(spent)),
						spent: Some(&shared.fees),
					};
					match claimant.refute(&subject, case).await {
						Ok(redress) => {
							line.verdict = Verdict::Refuted;
							line.redress = Some(redress);
						}
						Err(error) => {
							line.says = format!("{}; it was not refuted: {error}", line.says);
							if error.may_pass() {
								return Looked::Again(Box::new(line));
							}
						}
					}
				}
				Looked::Done(Some(Box::new(line)))
			}
			Found::Withheld { reason } | Found::Unproven { reason, .. } if reason.may_pass() => {
				Looked::Again(Box::new(line))
			}
			_ => Looked::Done(Some(Box::new(line))),
		}
	}

	/// What of a job is re-run within the budget, and the units that this takes at most.
	fn fit(&self, subject: &Subject, shared: &Shared) -> Option<(CheckWish, u64)> {
		let (leaf_units, leaves) = (subject.leaf_units(), subject.leaves());
		let all = leaf_units.saturating_mul(u64::from(leaves));
		let budget = lock(&shared.budget);
		let fits_whole = self.options.units_per_hour.is_none_or(|most| all <= most);
		let wanted = match self.options.wish {
			CheckWish::All if fits_whole => return Some((CheckWish::All, all)),
			CheckWish::All => u32::MAX,
			CheckWish::Sample(count) => count,
			CheckWish::None => 0,
		};
		// A small job is done whole, whatever the sample.
		if wanted >= leaves && fits_whole {
			return Some((CheckWish::Sample(wanted), all));
		}
		let count = budget.fit(leaf_units, wanted)?;
		let reserved = leaf_units.saturating_mul(u64::from(count.saturating_add(2).min(leaves)));
		Some((CheckWish::Sample(count), reserved))
	}
}

/// A line that says why a job could not be looked at.
fn blank(job: JobId, says: &str) -> Line {
	Line {
		time: unix_now(),
		job,
		provider: 0,
		verdict: Verdict::Failed,
		leaves: 0,
		checked: 0,
		units: 0,
		says: says.to_owned(),
		redress: None,
	}
}
