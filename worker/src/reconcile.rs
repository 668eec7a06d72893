//! What to do next with one assignment: a pure function of what the chain shows and what the journal says.
//!
//! ```text
//!                 inputs checked         accept_job                run, self-check        commit_result
//! (chain shows it) ──▶ Seen ──▶ InputsReady ──▶ Accepting ──▶ Accepted ──▶ Computed ──▶ Committing ──▶ Committed ──▶ Ended
//!                                    └───────────── short job without inputs ──▲                          │    ▲
//!                                                                            leaves are demanded: provide ▼    │
//!                                                                                                       Providing
//! ```
//!
//! The chain decides where a job stands; the journal only adds what this worker has and has sent. So it does not
//! matter when the process died or what it missed: the next call goes on from whichever is further.

use crate::journal::{CallKind, Entry, Step};
use millrace_client::chain::{JobState, JobView, RejectReason, Tick, Window, SECONDS_PER_TICK};

/// Ticks before the end of an accept window at which a job that cannot be accepted is turned down.
pub const REJECT_MARGIN: Tick = 6;
/// Ticks before that end at which an assignment takes a lane that the chain has free, whatever this worker meant it for.
pub const LAST_TICKS: Tick = 2;
/// A job without inputs whose run is estimated to take at most this long is computed and committed at once; the
/// commitment implies acceptance.
pub const DIRECT_MS: u64 = 3_000;
/// After so many included and failed extrinsics the worker stops trying and says so.
pub const MAX_FAILURES: u8 = 8;

/// What is on the disk for a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Files {
	/// Space was not taken since the start.
	Untaken,
	/// Some input is not complete.
	Incomplete,
	/// Every chunk of every input arrived.
	Complete,
}

/// Everything that a decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
	/// The job at the best block, if this attempt is this provider's.
	pub job: Option<&'a JobView>,
	/// The journal's record.
	pub entry: Option<&'a Entry>,
	/// Whether finalised state, too, shows this attempt as none of this provider's. Only read where `job` is `None`.
	pub gone: bool,
	/// The protocol clock.
	pub tick: Tick,
	/// The best block's number.
	pub best: u64,
	/// The worker account's nonce at the best block.
	pub nonce: u64,
	/// Lanes that neither the chain nor an extrinsic under way holds.
	pub free_lanes: u16,
	/// Whether every lane runs a job, as the chain counts. Only then does it take `Busy` for an answer.
	pub busy: bool,
	/// What is on the disk.
	pub files: Files,
	/// Why this worker will not do the job, once it knows.
	pub verdict: Option<RejectReason>,
	/// Whether this process sent the record's extrinsic, not long ago.
	pub sent: bool,
	/// Whether it was signed for a runtime that the chain has left since.
	pub outdated: bool,
	/// Whether the worker is stopping.
	pub stopping: bool,
	/// The leaves of its result that the chain still misses, ascending. Empty where none are demanded.
	pub missing: &'a [u32],
	/// Whether the provider is convicted of a wrong result: the chain then takes no acceptance and no commitment of it.
	pub convicted: bool,
}

/// What to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
	/// Nothing until something changes.
	Wait,
	/// Write down that the assignment was seen.
	See,
	/// Take the space for its files.
	Take,
	/// Check the inputs, fetch and try the kernel.
	Prepare,
	/// Send `accept_job`.
	Accept,
	/// Send `reject_job`.
	Reject(RejectReason),
	/// Compute, self-check, store.
	Run,
	/// Send `commit_result`.
	Commit,
	/// Send `abandon_job`.
	Abandon,
	/// Send `provide`, with the first of the missing leaves.
	Provide,
	/// Send the record's extrinsic again, byte for byte.
	Resend,
	/// The chain is further than the journal: write it down.
	Note(Step),
	/// The record's extrinsic was included and changed nothing.
	Failed,
	/// The record's extrinsic can no longer be included: its time is over, or the runtime that it was signed for.
	Expired,
	/// The chain shows a result that is not this worker's.
	Conflict,
	/// What was committed is not here any more and cannot be computed again.
	Lost,
	/// Demanded leaves were not provided in time.
	Silent,
	/// The job is over: delete its files.
	End,
}

/// Decides.
pub fn decide(facts: &Facts<'_>) -> Action {
	let Some(job) = facts.job else {
		return match facts.entry {
			Some(entry) if entry.step != Step::Ended && facts.gone => Action::End,
			_ => Action::Wait,
		};
	};
	// A record that ended comes back when a reorganisation brings the assignment back.
	let Some(entry) = facts.entry.filter(|entry| entry.step != Step::Ended) else {
		return Action::See;
	};
	match &job.state {
		JobState::Pending => Action::Wait,
		// Whatever is sent for them, the chain refuses; it gives them to another provider, or refunds them.
		JobState::Assigned { .. } | JobState::Running { .. } if facts.convicted => Action::Wait,
		JobState::Assigned { until, .. } => assigned(facts, job, entry, *until),
		JobState::Running { .. } => running(facts, entry),
		JobState::Committed { root, window, .. } => committed(facts, entry, &root.0, *window),
	}
}

fn assigned(facts: &Facts<'_>, job: &JobView, entry: &Entry, until: Tick) -> Action {
	// Leaves of a result that a reorganisation has undone are no reason to wait.
	if let Some(action) = under_way(facts, entry).filter(|_| provided_from(entry).is_none()) {
		return action;
	}
	if entry.failures >= MAX_FAILURES {
		return Action::Wait;
	}
	if let Some(reason) = facts.verdict {
		return Action::Reject(reason);
	}
	let closing = facts.tick.saturating_add(REJECT_MARGIN) >= until;
	match entry.step {
		// After a reorganisation the chain may ask for a second time what was done before.
		Step::Computed | Step::Committing | Step::Committed | Step::Providing => Action::Commit,
		_ if facts.stopping => Action::Reject(RejectReason::Other),
		Step::Seen => match facts.files {
			Files::Untaken => Action::Take,
			Files::Complete => Action::Prepare,
			Files::Incomplete if closing => Action::Reject(RejectReason::InputsMissing),
			Files::Incomplete => Action::Wait,
		},
		_ if facts.free_lanes == 0 => full(facts, until, closing),
		_ if facts.files == Files::Untaken => Action::Take,
		_ if is_direct(job, entry) => Action::Run,
		_ => Action::Accept,
	}
}

/// Waits for a lane. A provider that runs a job in each says so in time; one that only means to does not: what is not
/// running yet can wait for the next free lane, as nobody is to blame where all are taken when a window ends.
fn full(facts: &Facts<'_>, until: Tick, closing: bool) -> Action {
	let last = facts.tick.saturating_add(LAST_TICKS) >= until;
	match facts.files {
		_ if facts.busy && closing => Action::Reject(RejectReason::Busy),
		_ if facts.busy || !last => Action::Wait,
		Files::Untaken => Action::Take,
		Files::Incomplete | Files::Complete => Action::Accept,
	}
}

fn running(facts: &Facts<'_>, entry: &Entry) -> Action {
	match entry.step {
		Step::Computed | Step::Committing | Step::Committed | Step::Providing => {
			under_way_of(facts, entry, CallKind::Commit).unwrap_or(match entry.failures {
				MAX_FAILURES.. => Action::Wait,
				_ => Action::Commit,
			})
		}
		step => match (facts.files, facts.verdict) {
			(Files::Untaken, _) => Action::Take,
			// No input can arrive any more: half the late credit now is better than all of it at the deadline.
			(Files::Incomplete, _) | (_, Some(_)) => {
				under_way_of(facts, entry, CallKind::Abandon).unwrap_or(match entry.failures {
					MAX_FAILURES.. => Action::Wait,
					_ => Action::Abandon,
				})
			}
			(Files::Complete, None) if step < Step::Accepted => Action::Note(Step::Accepted),
			(Files::Complete, None) => Action::Run,
		},
	}
}

fn committed(facts: &Facts<'_>, entry: &Entry, root: &[u8; 32], window: Window) -> Action {
	match &entry.outcome {
		Some(outcome) if outcome.root != *root => Action::Conflict,
		Some(_) if facts.files == Files::Untaken => Action::Take,
		Some(_) if entry.step < Step::Committed => Action::Note(Step::Committed),
		Some(_) => demanded(facts, entry, window),
		// The journal was lost, or the bundle. What was committed can be computed again, as long as the inputs are here.
		None => match facts.files {
			Files::Untaken => Action::Take,
			Files::Complete if facts.verdict.is_none() => Action::Run,
			Files::Complete | Files::Incomplete => Action::Lost,
		},
	}
}

/// Answers a demand for leaves while its time runs; one that queues behind others of this provider is answered later.
///
/// Failures do not end this, as they end other calls: nothing costs more than to be silent.
fn demanded(facts: &Facts<'_>, entry: &Entry, window: Window) -> Action {
	let missing = match window {
		Window::Demanded { until: Some(until), .. } if facts.tick > until => {
			return if facts.missing.is_empty() {
				Action::Wait
			} else {
				Action::Silent
			};
		}
		Window::Demanded { until: Some(_), .. } => facts.missing,
		Window::Demanded { until: None, .. } | Window::Open { .. } => &[],
	};
	let signed = provided_from(entry);
	let had_effect = signed.is_some_and(|first| !missing.contains(&first));
	match entry.step {
		Step::Providing if missing.is_empty() || had_effect => Action::Note(Step::Committed),
		_ if missing.is_empty() => Action::Wait,
		_ => signed.and_then(|_| under_way(facts, entry)).unwrap_or(Action::Provide),
	}
}

/// The lowest leaf in the record's extrinsic, if that provides leaves.
fn provided_from(entry: &Entry) -> Option<u32> {
	match entry.intent.as_ref()?.call {
		CallKind::Provide { first } => Some(first),
		_ => None,
	}
}

/// What an extrinsic of the record that has not had its effect asks for. `None` when a new one may be signed.
fn under_way(facts: &Facts<'_>, entry: &Entry) -> Option<Action> {
	let intent = entry.intent.as_ref()?;
	if facts.nonce > intent.nonce {
		return Some(Action::Failed);
	}
	if facts.best > intent.valid_until || facts.outdated {
		return Some(Action::Expired);
	}
	Some(if facts.sent { Action::Wait } else { Action::Resend })
}

/// The same, where only one kind of extrinsic can still have an effect.
fn under_way_of(facts: &Facts<'_>, entry: &Entry, kind: CallKind) -> Option<Action> {
	if entry.intent.as_ref().is_some_and(|intent| intent.call == kind) {
		under_way(facts, entry)
	} else {
		None
	}
}

/// Whether the job is computed before it is accepted. So is every measurement: accepting one takes a block and moves no
/// deadline.
pub fn is_direct(job: &JobView, entry: &Entry) -> bool {
	let is_short = entry.estimate_ms.is_some_and(|estimate| estimate <= DIRECT_MS);
	job.spec.inputs.is_empty() && (is_short || job.is_measurement())
}

/// Whether a job that takes `estimate_ms` would be late: a fifth of the time from acceptance to deadline is kept for
/// blocks and checks. Not asked of a measurement, whose deadline does not move when it is accepted.
pub fn is_too_slow(job: &JobView, estimate_ms: u64) -> bool {
	!job.is_measurement() && estimate_ms > milliseconds(job.spec.terms.run_ticks) / 5 * 4
}

/// Whether a measurement that takes `estimate_ms` cannot end in time any more. Nothing is kept for blocks and checks: to
/// be late with it costs no more than not to try.
pub fn is_hopeless(job: &JobView, estimate_ms: u64, tick: Tick) -> bool {
	match job.state {
		JobState::Assigned { until, .. } if job.is_measurement() => {
			estimate_ms > milliseconds(until.saturating_sub(tick))
		}
		_ => false,
	}
}

fn milliseconds(ticks: Tick) -> u64 {
	u64::from(ticks).saturating_mul(SECONDS_PER_TICK).saturating_mul(1_000)
}

#[cfg(test)]
mod tests;
