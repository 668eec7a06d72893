//! Every state of the chain against every state of the journal that matters.

use super::*;
use crate::journal::{Anchor, Intent, Outcome};
use millrace_client::chain::{
	AccountId, DeviceClass, InputRef, JobId, JobSpec, KernelHash, Minima, Pool, Price, Target, Terms, H256, MEASURER,
};

const UNTIL: Tick = 100;
const ROOT: [u8; 32] = [9; 32];

fn job(state: JobState, inputs: usize) -> JobView {
	JobView {
		id: JobId([1; 32]),
		requester: AccountId([2; 32]),
		spec: JobSpec {
			kernel: KernelHash([3; 32]),
			params: Vec::new(),
			inputs: vec![
				InputRef {
					root: H256([4; 32]),
					len: 10
				};
				inputs
			],
			items: 8,
			max_units: 100,
			data_key: [5; 32],
			terms: Terms {
				target: Target::Provider {
					provider: 7,
					price: Price(64),
					minima: Minima::default(),
				},
				public: false,
				run_ticks: 50,
				window: 1_200,
				expires: 1_000,
			},
		},
		pool: Pool {
			class: DeviceClass::Cpu4,
			region: 0,
		},
		submitted: 0,
		price: Price(64),
		fee_rate: 50_000_000,
		items_per_leaf: 4,
		item_size: 4,
		data_units: 0,
		escrow: 0,
		fees: 3,
		fees_left: 2,
		job_fee: 1,
		deposit: 0,
		assignments: 1,
		acceptances: 0,
		lapse_max: 300,
		lapses_by: None,
		state,
	}
}

fn assigned_job() -> JobView {
	job(
		JobState::Assigned {
			provider: 7,
			until: UNTIL,
		},
		1,
	)
}

fn running_job() -> JobView {
	job(
		JobState::Running {
			provider: 7,
			payout: AccountId([6; 32]),
			deadline: 500,
		},
		1,
	)
}

fn committed_job() -> JobView {
	committed_in(Window::Open { end: 900 })
}

fn committed_in(window: Window) -> JobView {
	let payout = AccountId([6; 32]);
	job(
		JobState::Committed {
			provider: 7,
			payout,
			root: H256(ROOT),
			units: 77,
			at: 20,
			window,
		},
		1,
	)
}

/// A committed job of which leaves are demanded.
fn demanded_job() -> JobView {
	committed_in(Window::Demanded {
		left: 880,
		until: Some(UNTIL),
	})
}

fn entry(step: Step) -> Entry {
	let mut entry = Entry {
		step,
		..Entry::seen(Anchor {
			number: 10,
			hash: [0; 32],
		})
	};
	if (Step::Computed..=Step::Providing).contains(&step) {
		entry.outcome = Some(Outcome {
			root: ROOT,
			units: 77,
			bundle_len: 56,
		});
	}
	entry
}

fn with_intent(step: Step, call: CallKind) -> Entry {
	Entry {
		intent: Some(Intent {
			call,
			nonce: 5,
			valid_until: 73,
			bytes: vec![1],
		}),
		..entry(step)
	}
}

fn facts<'a>(job: Option<&'a JobView>, entry: Option<&'a Entry>) -> Facts<'a> {
	Facts {
		job,
		entry,
		gone: false,
		tick: 20,
		best: 30,
		nonce: 5,
		free_lanes: 1,
		busy: false,
		files: Files::Complete,
		verdict: None,
		sent: true,
		stopping: false,
		missing: &[],
		convicted: false,
		outdated: false,
	}
}

#[test]
fn a_job_goes_its_way() {
	let (assigned, running, committed) = (assigned_job(), running_job(), committed_job());
	for (job, step, action) in [
		(&assigned, Step::Seen, Action::Prepare),
		(&assigned, Step::InputsReady, Action::Accept),
		(&running, Step::Accepting, Action::Note(Step::Accepted)),
		(&running, Step::Accepted, Action::Run),
		(&running, Step::Computed, Action::Commit),
		(&committed, Step::Committing, Action::Note(Step::Committed)),
		(&committed, Step::Committed, Action::Wait),
	] {
		assert_eq!(
			decide(&facts(Some(job), Some(&entry(step)))),
			action,
			"{step:?} {}",
			job.state.name()
		);
	}
	assert_eq!(decide(&facts(Some(&assigned), None)), Action::See);
	let gone = Facts {
		gone: true,
		..facts(None, None)
	};
	for step in Step::ALL {
		let expected = if step == Step::Ended { Action::Wait } else { Action::End };
		assert_eq!(
			decide(&Facts {
				entry: Some(&entry(step)),
				..gone
			}),
			expected
		);
	}
}

#[test]
fn nothing_is_deleted_before_finality() {
	for step in Step::ALL {
		assert_eq!(decide(&facts(None, Some(&entry(step)))), Action::Wait, "{step:?}");
	}
}

#[test]
fn a_short_job_without_inputs_is_committed_at_once() {
	let job = job(
		JobState::Assigned {
			provider: 7,
			until: UNTIL,
		},
		0,
	);
	let mut ready = entry(Step::InputsReady);
	ready.estimate_ms = Some(DIRECT_MS);
	assert_eq!(decide(&facts(Some(&job), Some(&ready))), Action::Run);
	ready.estimate_ms = Some(DIRECT_MS + 1);
	assert_eq!(decide(&facts(Some(&job), Some(&ready))), Action::Accept);
	assert_eq!(decide(&facts(Some(&job), Some(&entry(Step::Computed)))), Action::Commit);
	ready.estimate_ms = Some(1);
	assert_eq!(
		decide(&facts(Some(&assigned_job()), Some(&ready))),
		Action::Accept,
		"with inputs: accept first"
	);
}

#[test]
fn extrinsics_are_sent_once_unless_they_cannot_count_any_more() {
	let job = assigned_job();
	for (step, call) in [
		(Step::Accepting, CallKind::Accept),
		(Step::Committing, CallKind::Commit),
	] {
		let entry = with_intent(step, call);
		let facts = facts(Some(&job), Some(&entry));
		assert_eq!(decide(&facts), Action::Wait);
		assert_eq!(
			decide(&Facts { sent: false, ..facts }),
			Action::Resend,
			"a new process sends the same bytes"
		);
		assert_eq!(decide(&Facts { best: 73, ..facts }), Action::Wait);
		assert_eq!(decide(&Facts { best: 74, ..facts }), Action::Expired);
		assert_eq!(decide(&Facts { nonce: 6, ..facts }), Action::Failed);
		let outdated = Facts {
			outdated: true,
			..facts
		};
		assert_eq!(decide(&outdated), Action::Expired);
		assert_eq!(
			decide(&Facts { nonce: 6, ..outdated }),
			Action::Failed,
			"the old runtime had it included"
		);
	}
	let entry = with_intent(Step::Committing, CallKind::Commit);
	let running = running_job();
	assert_eq!(decide(&facts(Some(&running), Some(&entry))), Action::Wait);
	assert_eq!(
		decide(&Facts {
			sent: false,
			..facts(Some(&running), Some(&entry))
		}),
		Action::Resend
	);
	assert_eq!(
		decide(&Facts {
			nonce: 6,
			..facts(Some(&running), Some(&entry))
		}),
		Action::Failed
	);
}

#[test]
fn after_a_restart_the_further_side_counts() {
	// The chain is further: whatever the journal holds, nothing is sent twice.
	for step in [Step::Seen, Step::InputsReady, Step::Accepting] {
		let entry = with_intent(step, CallKind::Accept);
		assert_eq!(
			decide(&facts(Some(&running_job()), Some(&entry))),
			Action::Note(Step::Accepted)
		);
	}
	for step in [Step::Computed, Step::Committing] {
		let entry = with_intent(step, CallKind::Commit);
		assert_eq!(
			decide(&facts(Some(&committed_job()), Some(&entry))),
			Action::Note(Step::Committed)
		);
	}
	// The journal is further, after a reorganisation: the same call and the same root again.
	assert_eq!(
		decide(&facts(Some(&assigned_job()), Some(&entry(Step::Accepted)))),
		Action::Accept
	);
	assert_eq!(
		decide(&facts(Some(&running_job()), Some(&entry(Step::Committed)))),
		Action::Commit
	);
	assert_eq!(
		decide(&facts(Some(&assigned_job()), Some(&entry(Step::Committed)))),
		Action::Commit
	);
	for job in [running_job(), assigned_job()] {
		let providing = with_intent(Step::Providing, CallKind::Provide { first: 3 });
		assert_eq!(
			decide(&facts(Some(&job), Some(&providing))),
			Action::Commit,
			"leaves are of no use where nothing is committed"
		);
	}
	assert_eq!(
		decide(&facts(Some(&assigned_job()), Some(&entry(Step::Ended)))),
		Action::See
	);
}

#[test]
fn files_come_before_promises() {
	let untaken = |job: &JobView, entry: &Entry| {
		decide(&Facts {
			files: Files::Untaken,
			..facts(Some(job), Some(entry))
		})
	};
	assert_eq!(untaken(&assigned_job(), &entry(Step::Seen)), Action::Take);
	assert_eq!(untaken(&assigned_job(), &entry(Step::InputsReady)), Action::Take);
	assert_eq!(untaken(&running_job(), &entry(Step::Accepted)), Action::Take);
	assert_eq!(untaken(&committed_job(), &entry(Step::Committed)), Action::Take);

	let waiting = Facts {
		files: Files::Incomplete,
		..facts(None, None)
	};
	let (job, entry) = (assigned_job(), entry(Step::Seen));
	let waiting = Facts {
		job: Some(&job),
		entry: Some(&entry),
		..waiting
	};
	assert_eq!(decide(&waiting), Action::Wait);
	let late = Facts {
		tick: UNTIL - REJECT_MARGIN,
		..waiting
	};
	assert_eq!(decide(&late), Action::Reject(RejectReason::InputsMissing));
	let running = running_job();
	assert_eq!(
		decide(&Facts {
			job: Some(&running),
			..waiting
		}),
		Action::Abandon
	);
}

#[test]
fn a_full_worker_waits_and_says_busy_at_the_end() {
	let (job, ready) = (assigned_job(), entry(Step::InputsReady));
	let full = Facts {
		free_lanes: 0,
		busy: true,
		..facts(Some(&job), Some(&ready))
	};
	assert_eq!(decide(&full), Action::Wait);
	assert_eq!(
		decide(&Facts { tick: UNTIL, ..full }),
		Action::Reject(RejectReason::Busy)
	);
}

#[test]
fn a_worker_that_only_means_to_use_its_lanes_never_says_busy() {
	let (job, ready) = (assigned_job(), entry(Step::InputsReady));
	let at = |tick: Tick, files: Files| {
		decide(&Facts {
			free_lanes: 0,
			tick,
			files,
			..facts(Some(&job), Some(&ready))
		})
	};
	assert_eq!(at(UNTIL - REJECT_MARGIN, Files::Complete), Action::Wait);
	assert_eq!(at(UNTIL - LAST_TICKS - 1, Files::Complete), Action::Wait);
	assert_eq!(at(UNTIL - LAST_TICKS, Files::Complete), Action::Accept);
	assert_eq!(at(UNTIL, Files::Complete), Action::Accept);
	assert_eq!(at(UNTIL, Files::Untaken), Action::Take);
}

#[test]
fn a_verdict_ends_the_assignment() {
	let (job, seen) = (assigned_job(), entry(Step::Seen));
	let verdict = Some(RejectReason::TooSlow);
	assert_eq!(
		decide(&Facts {
			verdict,
			..facts(Some(&job), Some(&seen))
		}),
		Action::Reject(RejectReason::TooSlow)
	);
	let (running, accepted) = (running_job(), entry(Step::Accepted));
	assert_eq!(
		decide(&Facts {
			verdict,
			..facts(Some(&running), Some(&accepted))
		}),
		Action::Abandon
	);
}

#[test]
fn a_stopping_worker_hands_back_and_finishes() {
	let stop = |job: &JobView, step: Step| {
		let entry = entry(step);
		decide(&Facts {
			stopping: true,
			..facts(Some(job), Some(&entry))
		})
	};
	let other = Action::Reject(RejectReason::Other);
	assert_eq!(stop(&assigned_job(), Step::Seen), other);
	assert_eq!(stop(&assigned_job(), Step::InputsReady), other);
	assert_eq!(stop(&assigned_job(), Step::Computed), Action::Commit);
	assert_eq!(stop(&running_job(), Step::Accepted), Action::Run);
	assert_eq!(stop(&running_job(), Step::Computed), Action::Commit);
}

#[test]
fn a_foreign_result_is_never_answered() {
	let mut other = entry(Step::Committing);
	other.outcome = Some(Outcome {
		root: [8; 32],
		units: 77,
		bundle_len: 56,
	});
	assert_eq!(decide(&facts(Some(&committed_job()), Some(&other))), Action::Conflict);
}

#[test]
fn failing_extrinsics_end() {
	let mut ready = entry(Step::InputsReady);
	ready.failures = MAX_FAILURES;
	assert_eq!(decide(&facts(Some(&assigned_job()), Some(&ready))), Action::Wait);
	let mut computed = entry(Step::Computed);
	computed.failures = MAX_FAILURES;
	assert_eq!(decide(&facts(Some(&running_job()), Some(&computed))), Action::Wait);
}

#[test]
fn a_deadline_leaves_a_fifth_for_blocks_and_checks() {
	// 50 ticks are 150 s.
	for job in [running_job(), assigned_job()] {
		assert!(!is_too_slow(&job, 120_000));
		assert!(is_too_slow(&job, 120_001));
		assert!(!is_hopeless(&job, u64::MAX, UNTIL));
	}
}

/// A measurement: 12 ticks from its draw, whenever it is accepted.
fn measurement(state: JobState) -> JobView {
	let mut job = job(state, 0);
	job.requester = MEASURER;
	job.spec.terms.run_ticks = 12;
	job.spec.terms.public = true;
	job
}

fn drawn() -> JobView {
	measurement(JobState::Assigned {
		provider: 7,
		until: UNTIL,
	})
}

#[test]
fn a_measurement_is_turned_down_only_without_hope() {
	let job = drawn();
	assert!(job.is_measurement() && !assigned_job().is_measurement());
	// 36 s at first, 6 s two ticks before the end.
	for (tick, left) in [(UNTIL - 12, 36_000), (UNTIL - 2, 6_000), (UNTIL, 0)] {
		assert!(!is_hopeless(&job, left, tick), "tick {tick}");
		assert!(is_hopeless(&job, left + 1, tick), "tick {tick}");
	}
	assert!(!is_too_slow(&job, 36_000));
}

#[test]
fn a_measurement_is_computed_at_once_however_long_it_takes() {
	let job = drawn();
	let at = |step, files, estimate, tick| {
		let entry = Entry {
			estimate_ms: estimate,
			..entry(step)
		};
		decide(&Facts {
			files,
			tick,
			..facts(Some(&job), Some(&entry))
		})
	};
	for tick in [UNTIL - 12, UNTIL - 1] {
		assert_eq!(at(Step::Seen, Files::Untaken, None, tick), Action::Take);
		assert_eq!(at(Step::Seen, Files::Complete, None, tick), Action::Prepare);
		assert_eq!(
			at(Step::InputsReady, Files::Complete, Some(DIRECT_MS), tick),
			Action::Run
		);
		assert_eq!(at(Step::InputsReady, Files::Complete, Some(30_000), tick), Action::Run);
		assert_eq!(at(Step::Computed, Files::Complete, Some(9_000), tick), Action::Commit);
	}
	let running = measurement(JobState::Running {
		provider: 7,
		payout: AccountId([6; 32]),
		deadline: UNTIL,
	});
	let accepted = entry(Step::Accepted);
	assert_eq!(decide(&facts(Some(&running), Some(&accepted))), Action::Run);
}

#[test]
fn demanded_leaves_are_provided_and_nothing_is_sent_twice() {
	let (job, missing) = (demanded_job(), [3, 5, 8]);
	let committed = entry(Step::Committed);
	let demanded = Facts {
		missing: &missing,
		..facts(Some(&job), Some(&committed))
	};
	assert_eq!(decide(&demanded), Action::Provide);

	let providing = with_intent(Step::Providing, CallKind::Provide { first: 3 });
	let sent = Facts {
		entry: Some(&providing),
		..demanded
	};
	assert_eq!(decide(&sent), Action::Wait);
	let restarted = Facts { sent: false, ..sent };
	assert_eq!(decide(&restarted), Action::Resend, "a new process sends the same bytes");
	assert_eq!(decide(&Facts { best: 74, ..sent }), Action::Expired);
	assert_eq!(
		decide(&Facts { nonce: 6, ..sent }),
		Action::Failed,
		"included, and the leaf is still missing"
	);
	// What follows each of the two: the record without its extrinsic.
	let dropped = entry(Step::Providing);
	assert_eq!(
		decide(&Facts {
			entry: Some(&dropped),
			..demanded
		}),
		Action::Provide
	);
}

#[test]
fn a_large_demand_is_provided_call_by_call() {
	let (job, left) = (demanded_job(), [5, 8]);
	let providing = with_intent(Step::Providing, CallKind::Provide { first: 3 });
	// Included or not yet seen as included, by whomever: leaf 3 is on the chain.
	for (nonce, sent) in [(5, true), (6, true), (6, false), (5, false)] {
		let partly = Facts {
			missing: &left,
			nonce,
			sent,
			..facts(Some(&job), Some(&providing))
		};
		assert_eq!(decide(&partly), Action::Note(Step::Committed));
	}
	let committed = providing.at(Step::Committed);
	assert_eq!(committed.intent, None);
	let next = Facts {
		missing: &left,
		..facts(Some(&job), Some(&committed))
	};
	assert_eq!(decide(&next), Action::Provide);
	// The last of them: the demand is gone, and the window runs on.
	let job = committed_job();
	assert_eq!(
		decide(&facts(Some(&job), Some(&providing))),
		Action::Note(Step::Committed)
	);
	assert_eq!(decide(&facts(Some(&job), Some(&committed))), Action::Wait);
}

#[test]
fn only_a_demand_whose_time_runs_is_answered() {
	let (missing, committed) = ([3], entry(Step::Committed));
	let decided = |window: Window, tick: Tick| {
		let job = committed_in(window);
		decide(&Facts {
			missing: &missing,
			tick,
			..facts(Some(&job), Some(&committed))
		})
	};
	let open = Window::Demanded {
		left: 880,
		until: Some(UNTIL),
	};
	assert_eq!(decided(open, UNTIL), Action::Provide);
	assert_eq!(decided(open, UNTIL + 1), Action::Silent);
	let queued = Window::Demanded { left: 880, until: None };
	assert_eq!(decided(queued, 20), Action::Wait);
	assert_eq!(decided(Window::Open { end: 900 }, 20), Action::Wait);
}

#[test]
fn a_demand_is_answered_however_often_it_failed_and_even_while_stopping() {
	let (job, missing) = (demanded_job(), [3]);
	let mut failed = entry(Step::Providing);
	failed.failures = u8::MAX;
	for (stopping, convicted) in [(false, false), (true, false), (false, true)] {
		let facts = Facts {
			missing: &missing,
			stopping,
			convicted,
			..facts(Some(&job), Some(&failed))
		};
		assert_eq!(decide(&facts), Action::Provide);
	}
}

#[test]
fn a_demand_comes_after_what_the_journal_lacks() {
	let (job, missing) = (demanded_job(), [3]);
	let decided = |entry: &Entry, files: Files, verdict: Option<RejectReason>| {
		decide(&Facts {
			missing: &missing,
			files,
			verdict,
			..facts(Some(&job), Some(entry))
		})
	};
	let committing = with_intent(Step::Committing, CallKind::Commit);
	assert_eq!(
		decided(&committing, Files::Complete, None),
		Action::Note(Step::Committed)
	);
	assert_eq!(decided(&entry(Step::Committed), Files::Untaken, None), Action::Take);
	for step in [Step::Seen, Step::Committed, Step::Providing] {
		let lost = Entry {
			outcome: None,
			..entry(step)
		};
		assert_eq!(decided(&lost, Files::Untaken, None), Action::Take);
		assert_eq!(decided(&lost, Files::Complete, None), Action::Run);
		assert_eq!(decided(&lost, Files::Incomplete, None), Action::Lost);
		let verdict = Some(RejectReason::Other);
		assert_eq!(decided(&lost, Files::Complete, verdict), Action::Lost);
	}
	// Computed again, it goes the same way.
	assert_eq!(
		decided(&entry(Step::Computed), Files::Complete, None),
		Action::Note(Step::Committed)
	);
}

#[test]
fn a_convicted_provider_accepts_and_commits_nothing() {
	for job in [assigned_job(), running_job()] {
		for step in [Step::Seen, Step::InputsReady, Step::Accepted, Step::Computed] {
			for files in [Files::Untaken, Files::Incomplete, Files::Complete] {
				let entry = entry(step);
				let convicted = Facts {
					convicted: true,
					files,
					tick: UNTIL,
					..facts(Some(&job), Some(&entry))
				};
				assert_eq!(decide(&convicted), Action::Wait, "{step:?} {}", job.state.name());
			}
		}
		// Not even the same bytes again.
		let entry = with_intent(Step::Committing, CallKind::Commit);
		let convicted = Facts {
			convicted: true,
			sent: false,
			..facts(Some(&job), Some(&entry))
		};
		assert_eq!(decide(&convicted), Action::Wait);
	}
	// What is gone is cleaned up, and what is committed is served on.
	let entry = entry(Step::Accepted);
	let gone = Facts {
		convicted: true,
		gone: true,
		..facts(None, Some(&entry))
	};
	assert_eq!(decide(&gone), Action::End);
}
