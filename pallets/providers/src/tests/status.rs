//! Draining, resuming, and the record.

use super::{asking, gone, gone_at_work, signed};
use crate::{mock::*, Error, Event, Record, Status};
use millrace_primitives::Minima;
use millrace_primitives::{
	traits::{Ineligible, JobPhase, Outcome, Providers as _},
	Price, ProviderId,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

#[test]
fn drains_and_resumes_by_either_key() {
	build_and_execute(|| {
		let id = registered(2_000);
		for who in [OWNER, WORKER] {
			Providers::set_asks(id, 4);
			Lost::set(vec![]);
			assert_noop!(Providers::resume(signed(who), id), Error::<Test>::NotDraining);
			assert_ok!(Providers::drain(signed(who), id));
			assert_eq!(
				last_event(),
				Event::ProviderDraining {
					provider: id,
					suspended: false
				}
			);
			assert_eq!((Lost::get(), provider(id).load.asks), (vec![id], 0));
			assert_eq!(Providers::may_ask(id), Err(Ineligible::NotActive));
			assert_eq!(
				Providers::takes_target(id, 1, Price(70), &Minima::default()),
				Err(Ineligible::NotActive)
			);
			assert_noop!(Providers::drain(signed(who), id), Error::<Test>::NotActive);
			assert_ok!(Providers::resume(signed(who), id));
			assert_eq!(last_event(), Event::ProviderResumed { provider: id });
			assert_eq!((provider(id).status, Providers::may_ask(id)), (Status::Active, Ok(())));
		}
		assert_noop!(Providers::drain(signed(STRANGER), id), Error::<Test>::NotOwnerOrWorker);
		assert_noop!(Providers::resume(signed(STRANGER), id), Error::<Test>::NotOwnerOrWorker);
	});
}

#[test]
fn counts_outcomes() {
	build_and_execute(|| {
		let id = registered(2_000);
		Providers::paid(id, 1_000, 50);
		Providers::paid(id, 234, 11);
		for outcome in [
			Outcome::Late,
			Outcome::Abandoned,
			Outcome::NoShow,
			Outcome::NoShow,
			Outcome::NoShow,
			Outcome::InputsMissing,
		] {
			Providers::record(id, outcome);
		}
		assert_eq!(
			provider(id).record,
			Record {
				completed: 2,
				late: 1,
				no_show: 3,
				abandoned: 1,
				refuted: 0,
				silent: 0,
				inputs_missing: 1,
				// Three assignments in a row without a word.
				outages: 1,
				unreachable: 0,
				paid: 1_234
			}
		);
		// Of a provider that is gone nothing is kept.
		Providers::record(ProviderId(9), Outcome::Late);
	});
}

#[test]
fn three_late_jobs_within_the_window_suspend() {
	build_and_execute(|| {
		let id = registered(2_000);
		Providers::set_asks(id, 4);
		let late_at = |tick| {
			Now::set(tick);
			Providers::record(id, Outcome::Late);
		};
		// 6,200 is the first tick that no longer sees 5,000, and 6,300 no longer sees 5,100.
		late_at(5_000);
		late_at(5_100);
		late_at(6_200);
		assert_eq!(provider(id).status, Status::Active);
		late_at(6_300);
		assert_eq!((provider(id).status, Lost::get()), (Status::Active, vec![]));
		late_at(7_399);
		assert_eq!((provider(id).status, Lost::get()), (Status::Draining, vec![id]));
		assert_eq!(
			last_event(),
			Event::ProviderDraining {
				provider: id,
				suspended: true
			}
		);
		assert_eq!(provider(id).load.asks, 0);

		// More of them change nothing but the record, and time heals nothing: the owner must act.
		let events = event_count();
		late_at(7_400);
		assert_eq!((event_count(), provider(id).record.late), (events, 6));
		Now::set(90_000);
		assert_noop!(Providers::resume(signed(WORKER), id), Error::<Test>::OwnerMustResume);
		assert_ok!(Providers::resume(signed(OWNER), id));
		assert_eq!((provider(id).status, provider(id).lates.len()), (Status::Active, 0));

		// It starts afresh.
		late_at(90_001);
		late_at(90_002);
		assert_eq!(provider(id).status, Status::Active);
		late_at(90_003);
		assert_eq!(provider(id).status, Status::Draining);
	});
}

#[test]
fn a_drain_does_not_escape_suspension() {
	build_and_execute(|| {
		let id = registered(2_000);
		Providers::record(id, Outcome::Late);
		Providers::record(id, Outcome::Late);
		assert_ok!(Providers::drain(signed(WORKER), id));
		// Resuming keeps the two.
		assert_ok!(Providers::resume(signed(OWNER), id));
		assert_ok!(Providers::drain(signed(WORKER), id));
		Providers::record(id, Outcome::Late);
		assert_noop!(Providers::resume(signed(WORKER), id), Error::<Test>::OwnerMustResume);
		assert_ok!(Providers::resume(signed(OWNER), id));
	});
}

/// What it is worth is a matter of `downtime.rs`; here it is what the provider may do.
#[test]
fn an_unreachable_provider_gets_no_jobs_until_either_key_resumes_it() {
	for who in [OWNER, WORKER] {
		build_and_execute(|| {
			let id = gone(2_000);
			assert_eq!(provider(id).status, Status::Unreachable { draining: false });
			assert_eq!((Lost::get(), provider(id).load.asks), (vec![id], 0));
			assert_eq!(Providers::may_ask(id), Err(Ineligible::Unreachable));
			assert_eq!(
				Providers::takes_target(id, 1, Price(70), &Minima::default()),
				Err(Ineligible::Unreachable)
			);
			assert_noop!(Providers::resume(signed(STRANGER), id), Error::<Test>::NotOwnerOrWorker);
			assert_noop!(Providers::reactivate(signed(OWNER), id), Error::<Test>::NotChilled);
			assert_ok!(Providers::resume(signed(who), id));
			assert_eq!(
				last_event(),
				Event::ProviderReturned {
					provider: id,
					draining: false
				}
			);
			assert_eq!((provider(id).status, Providers::may_ask(id)), (Status::Active, Ok(())));
			assert_noop!(Providers::resume(signed(who), id), Error::<Test>::NotDraining);
		});
	}
}

/// A provider that drains must still answer while it has something to compute.
#[test]
fn a_draining_provider_returns_as_one() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Assigned), None));
		assert_ok!(Providers::drain(signed(WORKER), id));
		tick_to(5_007);
		assert_eq!(provider(id).status, Status::Unreachable { draining: true });
		assert_ok!(Providers::resume(signed(WORKER), id));
		assert_eq!(
			last_event(),
			Event::ProviderReturned {
				provider: id,
				draining: true
			}
		);
		assert_eq!(provider(id).status, Status::Draining);
		assert_ok!(Providers::resume(signed(WORKER), id));
		assert_eq!(
			(provider(id).status, last_event()),
			(Status::Active, Event::ProviderResumed { provider: id })
		);
	});
}

/// What it has to compute may end without it.
#[test]
fn a_draining_provider_that_is_gone_owes_no_return_once_nothing_is_left_to_compute() {
	for committed in [false, true] {
		build_and_execute(|| {
			let id = registered(2_000);
			for phase in [JobPhase::Assigned, JobPhase::Running] {
				assert_ok!(Providers::move_job(id, None, Some(phase), None));
			}
			assert_ok!(Providers::drain(signed(WORKER), id));
			tick_to(5_100);
			assert_ok!(Providers::move_job(id, Some(JobPhase::Assigned), None, None));
			assert_eq!(provider(id).status, Status::Unreachable { draining: true });
			let to = committed.then_some(JobPhase::Committed);
			assert_ok!(Providers::move_job(id, Some(JobPhase::Running), to, None));
			let told = [
				Event::OutageEnded {
					provider: id,
					began: 5_001,
					ticks: 99,
				},
				Event::ProviderReturned {
					provider: id,
					draining: true,
				},
			];
			assert_eq!(events()[event_count() - 2..], told);
			assert_eq!(
				(provider(id).status, provider(id).returned),
				(Status::Draining, Some(5_100))
			);
		});
	}
	// Who sells time is gone until it says otherwise.
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		assert_ok!(Providers::move_job(id, Some(JobPhase::Running), None, None));
		assert_eq!(provider(id).status, Status::Unreachable { draining: false });
	});
}

/// Being gone is no way around what late jobs bring.
#[test]
fn a_provider_that_was_late_too_often_while_it_was_gone_returns_suspended() {
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		for _ in 0..3 {
			Providers::record(id, Outcome::Late);
		}
		assert_eq!(provider(id).status, Status::Unreachable { draining: false });
		assert_ok!(Providers::resume(signed(WORKER), id));
		assert_eq!(
			last_event(),
			Event::ProviderReturned {
				provider: id,
				draining: true
			}
		);
		assert_noop!(Providers::resume(signed(WORKER), id), Error::<Test>::OwnerMustResume);
		assert_ok!(Providers::resume(signed(OWNER), id));
		assert_eq!(provider(id).status, Status::Active);
	});
}

#[test]
fn an_unreachable_provider_may_drain() {
	build_and_execute(|| {
		let id = gone(2_000);
		assert_noop!(Providers::drain(signed(STRANGER), id), Error::<Test>::NotOwnerOrWorker);
		assert_ok!(Providers::drain(signed(WORKER), id));
		assert_eq!(
			(provider(id).status, last_event()),
			(
				Status::Draining,
				Event::ProviderDraining {
					provider: id,
					suspended: false
				}
			)
		);
		assert_eq!(Providers::may_ask(id), Err(Ineligible::NotActive));
	});
}

/// Whoever waited for its results gets them first: 17 ticks after it is back it answers, for the market.
#[test]
fn a_provider_that_was_gone_answers_a_while_after_its_return() {
	let answers = |id| Providers::view(id).unwrap().answers;
	for drains in [false, true] {
		build_and_execute(|| {
			let id = asking(2_000);
			assert!(answers(id));
			tick_to(5_006);
			assert!(answers(id));
			tick_to(5_007);
			assert!(!answers(id));
			Now::set(5_100);
			if drains {
				assert_ok!(Providers::drain(signed(WORKER), id));
			} else {
				assert_ok!(Providers::resume(signed(WORKER), id));
			}
			for (now, expected) in [(5_100, false), (5_116, false), (5_117, true), (6_000, true)] {
				Now::set(now);
				assert_eq!(answers(id), expected, "at {now}");
			}
		});
	}
}

/// However it was found to be gone.
#[test]
fn a_provider_that_was_silent_on_assignments_answers_a_while_after_its_return_too() {
	build_and_execute(|| {
		let id = registered(2_000);
		for _ in 0..3 {
			Providers::record(id, Outcome::NoShow);
		}
		Now::set(5_100);
		assert_ok!(Providers::resume(signed(WORKER), id));
		for (now, expected) in [(5_100, false), (5_116, false), (5_117, true)] {
			Now::set(now);
			assert_eq!(Providers::view(id).unwrap().answers, expected, "at {now}");
		}
	});
}
