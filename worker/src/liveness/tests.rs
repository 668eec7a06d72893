//! Every state of a sample and of the provider that matters.

use super::*;
use millrace_client::{amount::MILL, chain::PreviewStep};

const UNTIL: Tick = 100;

/// An open sample, nothing sent.
fn sample() -> Sample {
	Sample {
		until: Some(UNTIL),
		best: 30,
		nonce: 5,
		sent: None,
		tried: None,
	}
}

#[test]
fn a_sample_is_answered_once() {
	assert!(sample().wants_answer());
	let none = Sample {
		until: None,
		..sample()
	};
	assert!(!none.wants_answer());

	let sent = Sample {
		sent: Some((5, 93)),
		tried: Some((UNTIL, 30)),
		..sample()
	};
	for best in [30, 31, 93] {
		assert!(!Sample { best, ..sent }.wants_answer(), "on its way at block {best}");
	}
	let expired = Sample { best: 94, ..sent };
	assert!(expired.wants_answer(), "it can no longer be included");
}

#[test]
fn an_answer_that_changed_nothing_is_repeated_after_a_pause() {
	let included = Sample {
		nonce: 6,
		sent: Some((5, 93)),
		tried: Some((UNTIL, 30)),
		..sample()
	};
	for (best, again) in [(30, false), (33, false), (34, true)] {
		assert_eq!(Sample { best, ..included }.wants_answer(), again, "block {best}");
	}
	// The same where the node could not be asked.
	let unsent = Sample {
		tried: Some((UNTIL, 30)),
		..sample()
	};
	for (best, again) in [(30, false), (33, false), (34, true)] {
		assert_eq!(Sample { best, ..unsent }.wants_answer(), again, "block {best}");
	}
}

#[test]
fn the_next_sample_is_answered_at_once() {
	let next = Sample {
		until: Some(UNTIL + 120),
		best: 31,
		nonce: 6,
		sent: Some((5, 93)),
		tried: Some((UNTIL, 30)),
	};
	assert!(next.wants_answer());
	// Unless an answer is still on its way, which answers this one.
	assert!(!Sample { nonce: 5, ..next }.wants_answer());
}

fn stand(status: Status) -> Stand {
	Stand {
		status,
		drained: false,
		suspended: false,
		stopping: false,
		asks: false,
		outage: false,
	}
}

const STATUSES: [Status; 6] = [
	Status::Active,
	Status::Draining,
	Status::Unreachable { draining: false },
	Status::Unreachable { draining: true },
	Status::Chilled { until: 9 },
	Status::Exiting,
];

#[test]
fn an_unreachable_provider_is_taken_back() {
	let expected = [None, None, Some(Turn::Resume), Some(Turn::Resume), None, None];
	for (status, turn) in STATUSES.into_iter().zip(expected) {
		for (asks, outage, suspended) in [(false, false, false), (true, true, false), (false, true, true)] {
			let stand = Stand {
				asks,
				outage,
				suspended,
				..stand(status)
			};
			assert_eq!(stand.turn(), turn, "{stand:?}");
		}
	}
}

#[test]
fn what_stops_sells_no_time_and_stays_what_its_owner_made_it() {
	let expected = [
		Some(Turn::Drain),
		None,
		Some(Turn::Drain),
		Some(Turn::Resume),
		None,
		None,
	];
	for (status, turn) in STATUSES.into_iter().zip(expected) {
		for (asks, outage) in [(true, false), (false, true), (true, true)] {
			let stand = Stand {
				stopping: true,
				asks,
				outage,
				..stand(status)
			};
			assert_eq!(stand.turn(), turn, "{stand:?}");
		}
	}
	let idle = Stand {
		stopping: true,
		..stand(Status::Active)
	};
	assert_eq!(idle.turn(), None, "nothing stands in the book");
}

#[test]
fn only_this_workers_own_drain_is_taken_back() {
	let drained = Stand {
		drained: true,
		..stand(Status::Draining)
	};
	assert_eq!(drained.turn(), Some(Turn::Resume));
	for other in [
		stand(Status::Draining),
		Stand {
			suspended: true,
			..drained
		},
		Stand {
			stopping: true,
			..drained
		},
	] {
		assert_eq!(other.turn(), None, "{other:?}");
	}
}

#[test]
fn what_is_said_follows_the_outage_that_goes_on() {
	for (status, outage, reach) in [
		(Status::Active, None, Reach::Well),
		(Status::Active, Some(7), Reach::Silent(7)),
		(Status::Draining, None, Reach::Well),
		(Status::Unreachable { draining: false }, Some(7), Reach::Gone(Some(7))),
		(Status::Unreachable { draining: true }, None, Reach::Gone(None)),
		(Status::Chilled { until: 9 }, None, Reach::Well),
		(Status::Exiting, None, Reach::Well),
	] {
		assert_eq!(Reach::of(status, outage), reach, "{status:?}");
	}
}

#[test]
fn costs_are_told_with_their_times() {
	let mut preview = DowntimePreview {
		now: 1_000,
		began: 900,
		outage: None,
		required: 336 * MILL,
		running: true,
		steps: Vec::new(),
	};
	assert_eq!(costs(&preview), "nothing");
	preview.steps = vec![
		PreviewStep {
			tick: 1_200,
			amount: 2 * MILL,
			chills: false,
		},
		PreviewStep {
			tick: 3_400,
			amount: 5 * MILL,
			chills: true,
		},
	];
	assert_eq!(
		costs(&preview),
		"2 MILL at tick 1200 (in about 10 min); 5 MILL at tick 3400 (in about 120 min), and the provider is chilled"
	);
}
