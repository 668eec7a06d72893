//! Draining, resuming, and the record.

use super::signed;
use crate::{mock::*, Error, Event, Record, Status};
use millrace_primitives::{
	traits::{Ineligible, Outcome, Providers as _},
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
			assert_eq!(Providers::takes_target(id, 1, Price(70)), Err(Ineligible::NotActive));
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
		for outcome in [
			Outcome::Paid(1_000),
			Outcome::Paid(234),
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
