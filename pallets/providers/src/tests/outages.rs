//! When an outage begins, goes on, ends and is closed, and what else counts for it.

use super::{asking, closed, fraud, gone, gone_at_work, no_samples, outages, resume, signed, silence, taken};
use crate::{mock::*, DowntimeStep, Error, Event, OutageChecks, Outages, Providers as Records, Status};
use millrace_primitives::{
	traits::{JobPhase, Providers as _},
	ProviderId, SlashId, Tick,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

/// Returned at 5,020, and listed again so that the next sample is drawn in the tick after `listed`; missed too.
fn missing_again(listed: Tick) -> ProviderId {
	let id = gone(2_000);
	tick_to(5_020);
	resume(id);
	tick_to(listed);
	Providers::set_asks(id, 1);
	tick_to(listed + 7);
	assert!(provider(id).is_unreachable());
	id
}

#[test]
fn a_miss_soon_after_a_return_continues_the_outage_and_the_gap_counts() {
	build_and_execute(|| {
		// Sampled at 5,037: 17 ticks after the return.
		let id = missing_again(5_036);
		assert_eq!(
			last_event(),
			Event::ProviderUnreachable {
				provider: id,
				since: 5_037,
				outage: 5_001
			}
		);
		assert_eq!(outages(id), [(5_001, None)]);
		assert_eq!((provider(id).outage, provider(id).record.outages), (Some(5_001), 1));
		tick_to(6_002);
		assert_eq!(taken(id), [(5_202, 2), (6_002, 18)]);
		no_samples();
		resume(id);
		tick(18);
		// 1,001 ticks, the 17 in between included.
		assert_eq!(last_event(), closed(id, 5_001, 1_001, 20, 0));
	});
}

#[test]
fn a_miss_later_is_another_outage() {
	build_and_execute(|| {
		// Sampled at 5,038: 18 ticks after the return.
		let id = missing_again(5_037);
		assert_eq!(
			last_event(),
			Event::ProviderUnreachable {
				provider: id,
				since: 5_038,
				outage: 5_038
			}
		);
		assert_eq!(outages(id), [(5_001, Some(5_020)), (5_038, None)]);
		assert_eq!((provider(id).outage, provider(id).record.outages), (Some(5_038), 2));
		tick_to(5_200);
		assert!(events().contains(&closed(id, 5_001, 19, 0, 0)));
		assert_eq!(outages(id), [(5_038, None)]);
		assert_eq!(
			(provider(id).outage, provider(id).record.unreachable),
			(Some(5_038), 19)
		);
		tick_to(5_238);
		assert!(taken(id).is_empty());
		tick(1);
		assert_eq!(taken(id), [(5_239, 2)]);
	});
}

#[test]
fn other_penalties_of_the_outage_count_as_paid() {
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		tick_to(5_100);
		// A late job's credit.
		assert_eq!(Providers::take_stake(id, 30, Some(&RECEIVER)), 30);
		tick_to(5_300);
		// Twelve escrows of 2.
		assert_eq!(silence(id, 2).amount, 24);
		tick_to(8_002);
		// 10 are less than 30; 80 − 30; 300 − 50 − 54; 500 − 246 − 54.
		assert_eq!(taken(id), [(5_202, 50), (6_002, 196), (8_002, 200)]);
		assert_eq!(last_event(), closed(id, 5_001, 3_001, 446, 54));
		assert_eq!(provider(id).ledger.active, 1_500);
	});
	// They may be more than the outage costs, which is no credit.
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		assert_eq!(Providers::take_stake(id, 600, Some(&RECEIVER)), 600);
		tick_to(8_002);
		assert!(taken(id).is_empty());
		assert_eq!(last_event(), closed(id, 5_001, 3_001, 0, 600));
		assert_eq!(provider(id).status, Status::Chilled { until: 8_452 });
	});
}

#[test]
fn penalties_count_until_the_outage_cannot_go_on_any_more() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Running), None));
		// Before it was known to be gone.
		tick_to(5_006);
		assert_eq!(Providers::take_stake(id, 1, Some(&RECEIVER)), 1);
		no_samples();
		tick_to(5_100);
		assert_eq!(Providers::take_stake(id, 2, Some(&RECEIVER)), 2);
		resume(id);
		tick_to(5_117);
		assert_eq!(Providers::take_stake(id, 3, Some(&RECEIVER)), 3);
		tick(1);
		assert_eq!(Providers::take_stake(id, 4, Some(&RECEIVER)), 4);
		tick_to(5_200);
		// 10 − 2 − 3.
		assert_eq!(last_event(), closed(id, 5_001, 99, 5, 5));
		assert_eq!(provider(id).ledger.active, 2_000 - 10 - 5);
	});
}

#[test]
fn a_chilled_provider_is_reactivated_in_time_and_with_its_stake() {
	build_and_execute(|| {
		let id = gone(2_000);
		tick_to(8_002);
		let reactivate = || Providers::reactivate(signed(OWNER), id);
		for who in [OWNER, WORKER] {
			assert_noop!(Providers::resume(signed(who), id), Error::<Test>::NotDraining);
			assert_noop!(Providers::drain(signed(who), id), Error::<Test>::NotActive);
		}
		tick_to(8_451);
		assert_noop!(reactivate(), Error::<Test>::ChillNotOver);
		tick(1);
		// 1,960 of 2,000.
		assert_noop!(reactivate(), Error::<Test>::StakeTooLow);
		assert_ok!(Providers::bond(signed(OWNER), id, 40));
		assert_ok!(reactivate());
		assert_eq!(last_event(), Event::ProviderReactivated { provider: id });
		assert_eq!((provider(id).status, provider(id).fraud_clock), (Status::Active, None));
		// It starts afresh.
		Providers::set_asks(id, 1);
		tick_to(8_459);
		assert_eq!(outages(id), [(8_453, None)]);
		assert_eq!(provider(id).record.outages, 2);
	});
}

#[test]
fn a_drain_ends_an_outage_and_costs_no_more_than_was_due() {
	build_and_execute(|| {
		let id = gone(2_000);
		tick_to(5_500);
		assert_ok!(Providers::drain(signed(WORKER), id));
		assert!(events().contains(&Event::OutageEnded {
			provider: id,
			began: 5_001,
			ticks: 499
		}));
		tick_to(9_000);
		assert_eq!(taken(id), [(5_202, 2)]);
		assert_eq!((provider(id).status, outages(id)), (Status::Draining, vec![]));
		// It may come back when it likes.
		resume(id);
		assert_eq!(provider(id).record.outages, 1);
	});
	// At work too, the first ticks are free.
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		tick_to(5_015);
		assert_ok!(Providers::drain(signed(OWNER), id));
		no_samples();
		tick_to(9_000);
		assert!(taken(id).is_empty());
	});
}

#[test]
fn a_conviction_ends_an_outage() {
	build_and_execute(|| {
		let id = gone_at_work(3_000);
		tick_to(5_100);
		fraud(id, 1);
		assert_eq!(outages(id), [(5_001, Some(5_100))]);
		assert_eq!(provider(id).status, Status::Chilled { until: 5_550 });
		tick_to(5_200);
		// The floor that fraud costs is no part of what the outage costs.
		assert_eq!(
			(taken(id), last_event()),
			(vec![(5_200, 10)], closed(id, 5_001, 99, 10, 0))
		);
		assert_eq!(provider(id).ledger.active, 3_000 - 1_000 - 10);
		assert_eq!(provider(id).status, Status::Chilled { until: 5_550 });
	});
}

#[test]
fn who_leaves_pays_what_its_outage_cost_until_then() {
	build_and_execute(|| {
		// Gone since 5,094, looked at from 5,300 on.
		Now::set(5_093);
		let id = asking(2_000);
		tick_to(5_296);
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_eq!(outages(id), [(5_094, Some(5_296))]);
		tick_to(5_314);
		assert_eq!(
			(taken(id), last_event()),
			(vec![(5_314, 2)], closed(id, 5_094, 202, 2, 0))
		);
		assert_eq!(provider(id).ledger.unbonding[0].amount, 1_998);
		tick_to(5_996);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!((staked(OWNER), Records::<Test>::contains_key(id)), (0, false));
	});
}

#[test]
fn an_outage_of_nobody_is_forgotten() {
	build_and_execute(|| {
		let id = gone(2_000);
		assert_eq!(Providers::take_stake(id, 2_000, Some(&RECEIVER)), 2_000);
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert!(!Records::<Test>::contains_key(id));
		assert_eq!(outages(id), [(5_001, Some(5_007))]);
		let count = event_count();
		tick_to(5_200);
		assert_eq!(event_count(), count);
		assert_eq!(
			(Outages::<Test>::iter().count(), OutageChecks::<Test>::iter().count()),
			(0, 0)
		);
	});
}

#[test]
fn a_cancelled_slash_gives_back_and_lifts_the_chill_that_came_with_it() {
	build_and_execute(|| {
		// The last step comes 100 ticks after the one before, so that both slashes wait.
		let mut rules = default_liveness();
		rules.steps[3] = DowntimeStep {
			after: 1_100,
			..rules.steps[3]
		};
		LivenessNow::set(rules);
		let id = gone(2_000);
		tick_to(6_102);
		assert_eq!(taken(id), [(5_202, 2), (6_002, 18), (6_102, 20)]);
		assert_eq!(provider(id).status, Status::Chilled { until: 6_552 });
		let cancel = |slash| {
			assert_ok!(Providers::cancel_slash(RuntimeOrigin::root(), SlashId(slash)));
		};
		cancel(1);
		assert_eq!(
			(provider(id).status, provider(id).ledger.active),
			(Status::Chilled { until: 6_552 }, 1_978)
		);
		cancel(2);
		// Nobody knows whether it is back.
		assert_eq!(
			(provider(id).status, provider(id).ledger.active),
			(Status::Draining, 1_998)
		);
		resume(id);
		assert_eq!(provider(id).status, Status::Active);
	});
}

#[test]
fn a_cancelled_slash_for_anything_else_lifts_no_chill() {
	build_and_execute(|| {
		let id = gone(2_000);
		tick_to(8_002);
		// The slash for silence is as old as the chill, and is no part of it.
		silence(id, 1);
		assert_ok!(Providers::cancel_slash(RuntimeOrigin::root(), SlashId(3)));
		assert_eq!(provider(id).status, Status::Chilled { until: 8_452 });
	});
	// Nor does one for downtime lift a conviction that came later in the same tick.
	build_and_execute(|| {
		let id = gone(2_000);
		tick_to(8_002);
		fraud(id, 1);
		assert_ok!(Providers::cancel_slash(RuntimeOrigin::root(), SlashId(2)));
		assert_eq!(provider(id).status, Status::Chilled { until: 8_452 });
		assert_eq!(provider(id).fraud_clock, Some(8_002));
	});
}

/// A step that is given back is not taken again.
#[test]
fn a_cancelled_step_stays_paid() {
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		tick_to(5_300);
		for slash in [0, 1] {
			assert_ok!(Providers::cancel_slash(RuntimeOrigin::root(), SlashId(slash)));
		}
		assert_eq!(provider(id).ledger.active, 2_000);
		tick_to(6_002);
		assert_eq!(taken(id), [(5_200, 10), (5_202, 70), (6_002, 220)]);
	});
}

#[test]
fn the_outages_of_two_providers_are_two() {
	build_and_execute(|| {
		let id = asking(2_000);
		let other = of_another(1_000);
		// Both are found in the same tick.
		no_samples();
		Now::set(5_001);
		for id in [id, other] {
			Providers::miss(id, 5_001);
		}
		tick_to(5_150);
		resume(id);
		tick_to(5_202);
		// 0.1 % of 1,000.
		assert_eq!((taken(id), taken(other)), (vec![], vec![(5_202, 1)]));
		assert_eq!((outages(id), outages(other)), (vec![], vec![(5_001, None)]));
	});
}
