//! Three assignments in a row without a word are an outage, whatever the worker answers; work ends it.

use super::{asking, closed, gone_at_work, no_samples, no_shows, outages, resume, signed, taken};
use crate::{mock::*, Event, Outages, Status};
use millrace_primitives::traits::{JobPhase, Outcome, Providers as _};
use polkadot_sdk::frame_support::assert_ok;

#[test]
fn three_no_shows_in_a_row_are_an_outage_whatever_the_worker_answers() {
	build_and_execute(|| {
		let id = asking(2_000);
		no_samples();
		no_shows(id, 2);
		assert_eq!((provider(id).status, provider(id).no_shows), (Status::Active, 2));
		// Other ends of an assignment neither count nor help.
		Providers::record(id, Outcome::InputsMissing);
		Providers::record(id, Outcome::Abandoned);
		Now::set(5_003);
		no_shows(id, 1);
		assert_eq!(
			last_event(),
			Event::ProviderUnreachable {
				provider: id,
				since: 5_003,
				outage: 5_003
			}
		);
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![id], 0));
		assert_eq!((provider(id).no_shows, provider(id).record.no_show), (3, 3));
		// It answers, and takes jobs again; its outage goes on.
		resume(id);
		assert_eq!(
			(provider(id).status, last_event()),
			(
				Status::Active,
				Event::ProviderReturned {
					provider: id,
					draining: false
				}
			)
		);
		assert_eq!(outages(id), [(5_003, None)]);
		// One more, and it is unreachable again, of the same outage.
		tick_to(5_100);
		no_shows(id, 1);
		assert_eq!(
			last_event(),
			Event::ProviderUnreachable {
				provider: id,
				since: 5_100,
				outage: 5_003
			}
		);
		assert_eq!((provider(id).record.outages, outages(id)), (1, vec![(5_003, None)]));
		tick_to(5_204);
		assert_eq!(taken(id), [(5_204, 2)]);
	});
}

/// It is asked for nothing any more but the assignments that it has.
#[test]
fn a_draining_provider_without_jobs_cannot_fail_to_show_up() {
	for (phase, is_gone) in [
		(None, false),
		(Some(JobPhase::Committed), false),
		(Some(JobPhase::Assigned), true),
		(Some(JobPhase::Running), true),
	] {
		build_and_execute(|| {
			let id = registered(2_000);
			no_samples();
			if phase.is_some() {
				assert_ok!(Providers::move_job(id, None, phase, None));
			}
			assert_ok!(Providers::drain(signed(WORKER), id));
			no_shows(id, 3);
			assert_eq!(
				(provider(id).no_shows, provider(id).is_unreachable()),
				(3, is_gone),
				"{phase:?}"
			);
		});
	}
}

/// Its asks have left by then, as the market takes them out with the assignment.
#[test]
fn an_outage_of_silence_costs_what_the_lanes_need() {
	build_and_execute(|| {
		let id = registered(2_000);
		no_samples();
		no_shows(id, 3);
		assert_eq!(Outages::<Test>::get(id, 5_000).unwrap().required, 2_000);
		tick_to(5_201);
		assert_eq!(taken(id), [(5_201, 2)]);
	});
}

#[test]
fn a_committed_job_ends_the_row_of_no_shows() {
	build_and_execute(|| {
		let id = asking(2_000);
		no_samples();
		for _ in 0..3 {
			no_shows(id, 2);
			assert_ok!(Providers::move_job(id, None, Some(JobPhase::Running), None));
			assert_eq!(provider(id).no_shows, 2);
			assert_ok!(Providers::move_job(
				id,
				Some(JobPhase::Running),
				Some(JobPhase::Committed),
				None
			));
			assert_eq!((provider(id).no_shows, provider(id).status), (0, Status::Active));
		}
		no_shows(id, 3);
		assert!(provider(id).is_unreachable());
	});
}

#[test]
fn a_committed_job_ends_an_outage_of_silence() {
	build_and_execute(|| {
		let id = asking(2_000);
		no_samples();
		no_shows(id, 3);
		resume(id);
		tick_to(5_150);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Running), None));
		assert_eq!(outages(id), [(5_000, None)]);
		assert_ok!(Providers::move_job(
			id,
			Some(JobPhase::Running),
			Some(JobPhase::Committed),
			None
		));
		assert_eq!(
			last_event(),
			Event::OutageEnded {
				provider: id,
				began: 5_000,
				ticks: 150
			}
		);
		assert_eq!((outages(id), provider(id).no_shows), (vec![(5_000, Some(5_150))], 0));
		tick_to(5_200);
		assert_eq!(last_event(), closed(id, 5_000, 150, 0, 0));
	});
	// While it is unreachable work alone is no return.
	build_and_execute(|| {
		let id = asking(2_000);
		no_samples();
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Running), None));
		no_shows(id, 3);
		assert_ok!(Providers::move_job(
			id,
			Some(JobPhase::Running),
			Some(JobPhase::Committed),
			None
		));
		assert_eq!((provider(id).no_shows, outages(id)), (0, vec![(5_000, None)]));
		tick_to(5_010);
		resume(id);
		assert_eq!(outages(id), [(5_000, Some(5_010))]);
	});
	// Of a provider that was merely not reached a job ends nothing.
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		assert_ok!(Providers::move_job(
			id,
			Some(JobPhase::Running),
			Some(JobPhase::Committed),
			None
		));
		assert_eq!(outages(id), [(5_001, None)]);
	});
}

#[test]
fn a_drain_ends_an_outage_of_silence_until_the_provider_sells_again() {
	for (later, expected) in [
		(17, vec![(5_000, None)]),
		(18, vec![(5_000, Some(5_010)), (5_028, None)]),
	] {
		build_and_execute(|| {
			let id = asking(2_000);
			no_samples();
			no_shows(id, 3);
			tick_to(5_010);
			assert_ok!(Providers::drain(signed(WORKER), id));
			assert_eq!(outages(id), [(5_000, Some(5_010))]);
			tick(later);
			resume(id);
			assert_eq!(provider(id).status, Status::Active);
			assert_eq!(outages(id), expected, "{later} ticks later");
		});
	}
}

/// An outage of silence goes on while the provider stands in the book.
#[test]
fn asks_leave_when_an_outage_takes_the_stake_behind_them() {
	build_and_execute(|| {
		let id = asking(2_000);
		no_samples();
		no_shows(id, 3);
		resume(id);
		Providers::set_asks(id, 2);
		Lost::set(vec![]);
		tick_to(5_200);
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![], 2));
		// 1,998 do not back two lanes.
		tick_to(5_201);
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![id], 0));
	});
	build_and_execute(|| {
		let id = asking(5_000);
		no_samples();
		no_shows(id, 3);
		resume(id);
		Providers::set_asks(id, 2);
		Lost::set(vec![]);
		tick_to(8_000);
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![], 2));
		tick_to(8_001);
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![id], 0));
		assert_eq!(provider(id).status, Status::Chilled { until: 8_451 });
	});
}
