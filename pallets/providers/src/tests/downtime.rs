//! What an outage is and what it costs: totals by its length, of the 2,000 that two lanes need. After 20 ticks nothing or
//! 0.5 %, after 200 ticks 0.1 % or 4 %, after 1,000 ticks 1 % or 15 %, after 3,000 ticks 2 % or 25 %: idle 0, 2, 20 and 40
//! planck, and at work 10, 80, 300 and 500.

use super::{asking, closed, gone, gone_at_work, no_samples, outages, resume, signed, taken};
use crate::{mock::*, Error, Event, Outage, OutageChecks, Outages, Pallet, SlashCause, Slashes, Status};
use millrace_primitives::{
	traits::{JobPhase, Providers as _},
	Balance, ProviderId, SlashId, Tick,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, traits::fungible::Mutate},
	sp_runtime::Perbill,
};

/// What is taken, and at which ticks.
type Taken = &'static [(Tick, Balance)];

#[test]
fn an_idle_provider_pays_in_steps_and_is_chilled_beyond_the_last() {
	build_and_execute(|| {
		let id = gone(2_000);
		// The first step, which costs nothing, came at 5,022; the outage is looked at from 5,200 on.
		for (now, expected) in [
			(5_200, vec![]),
			(5_201, vec![]),
			(5_202, vec![(5_202, 2)]),
			(6_001, vec![(5_202, 2)]),
			(6_002, vec![(5_202, 2), (6_002, 18)]),
			(8_001, vec![(5_202, 2), (6_002, 18)]),
			(8_002, vec![(5_202, 2), (6_002, 18), (8_002, 20)]),
		] {
			tick_to(now);
			assert_eq!(taken(id), expected, "at {now}");
			assert_eq!(provider(id).is_unreachable(), now < 8_002);
		}
		let record = provider(id);
		assert_eq!((record.ledger.active, record.ledger.set_aside), (1_960, 20));
		assert_eq!(record.status, Status::Chilled { until: 8_452 });
		assert_eq!((record.outage, record.record.unreachable), (None, 3_001));
		assert_eq!(last_event(), closed(id, 5_001, 3_001, 40, 0));
		assert!(events().contains(&Event::ProviderChilled {
			provider: id,
			until: 8_452
		}));
		// That is all.
		assert_eq!(
			(Outages::<Test>::iter().count(), OutageChecks::<Test>::iter().count()),
			(0, 0)
		);
		tick(3_000);
		assert_eq!(taken(id).len(), 3);
	});
}

#[test]
fn a_provider_at_work_pays_more() {
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		tick_to(5_199);
		assert!(taken(id).is_empty());
		assert_noop!(Providers::touch(signed(STRANGER), id, 5_001), Error::<Test>::NothingDue);
		tick_to(8_002);
		assert_eq!(taken(id), [(5_200, 10), (5_202, 70), (6_002, 220), (8_002, 200)]);
		assert_eq!(last_event(), closed(id, 5_001, 3_001, 500, 0));
		// Whether a job was running when it began counts, not what became of it.
		assert_eq!(provider(id).load.running, 1);
	});
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		assert_ok!(Providers::move_job(id, Some(JobPhase::Running), None, None));
		tick_to(5_202);
		assert_eq!(taken(id), [(5_200, 10), (5_202, 70)]);
	});
	// A job that is assigned or committed does not run.
	for phase in [JobPhase::Assigned, JobPhase::Committed] {
		build_and_execute(|| {
			let id = registered(2_000);
			assert_ok!(Providers::move_job(id, None, Some(phase), None));
			tick_to(5_202);
			assert_eq!(taken(id), [(5_202, 2)]);
		});
	}
}

#[test]
fn what_it_costs_is_a_part_of_the_stake_that_was_required() {
	// Twelve times an escrow of 500, of a provider that has bonded more.
	build_and_execute(|| {
		let id = registered(9_000);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Running), Some(500)));
		tick_to(5_007);
		assert_ok!(Providers::move_job(id, Some(JobPhase::Running), None, Some(500)));
		assert_eq!(Outages::<Test>::get(id, 5_001).unwrap().required, 6_000);
		tick_to(6_002);
		assert_eq!(taken(id), [(5_200, 30), (5_202, 210), (6_002, 660)]);
	});
}

#[test]
fn a_step_is_first_taken_when_it_is_known_what_else_became_unreachable() {
	build_and_execute(|| {
		// Sampled at 5,094 and found at 5,100, in hour 51: that and its neighbours are over at 5,300, the step is at 5,295.
		Now::set(5_093);
		let id = asking(2_000);
		tick_to(5_100);
		assert_eq!(
			Outages::<Test>::get(id, 5_094).map(|outage| (outage.hour, outage.check)),
			Some((51, Some(5_300)))
		);
		tick_to(5_299);
		assert_eq!(
			(taken(id), Outages::<Test>::get(id, 5_094).unwrap().scale),
			(vec![], None)
		);
		tick_to(6_095);
		assert_eq!(taken(id), [(5_300, 2), (6_095, 18)]);
	});
}

/// A hook that was away takes what the outage costs by now, and no more.
#[test]
fn steps_that_were_missed_are_taken_together() {
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		Now::set(6_002);
		assert_ok!(Providers::touch(signed(NOBODY), id, 5_001));
		assert_eq!(taken(id), [(6_002, 300)]);
		assert_eq!(
			Outages::<Test>::get(id, 5_001),
			Some(Outage {
				ended: None,
				required: 2_000,
				running: true,
				hour: 50,
				others: 0,
				scale: Some(Perbill::one()),
				charged: 300,
				deducted: 0,
				looked: 6_002,
				check: Some(8_002),
			})
		);
		Now::set(9_000);
		tick(1);
		assert_eq!(taken(id), [(6_002, 300), (9_001, 200)]);
	});
}

/// As where many became unreachable at once, and were told a few at a time.
#[test]
fn steps_that_passed_before_an_outage_was_found_are_taken_as_soon_as_any() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Running), None));
		Pallet::<Test>::miss(id, 4_700);
		assert_eq!(Providers::outages(id)[0].1.check, Some(5_200));
		tick_to(5_701);
		assert_eq!(taken(id), [(5_200, 80), (5_701, 220)]);
	});
}

#[test]
fn anyone_has_an_outage_looked_at_that_is_due() {
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		let touch = |who, began| Providers::touch(signed(who), id, began);
		assert_noop!(touch(STRANGER, 5_002), Error::<Test>::UnknownOutage);
		assert_noop!(
			Providers::touch(signed(STRANGER), ProviderId(9), 5_001),
			Error::<Test>::UnknownOutage
		);
		Now::set(5_199);
		assert_noop!(touch(STRANGER, 5_001), Error::<Test>::NothingDue);
		Now::set(5_200);
		assert_ok!(touch(STRANGER, 5_001));
		assert_eq!(taken(id), [(5_200, 10)]);
		// Neither a second call nor the hook takes it again.
		assert_noop!(touch(OWNER, 5_001), Error::<Test>::NothingDue);
		Now::set(5_199);
		tick(1);
		assert_eq!(taken(id), [(5_200, 10)]);
		assert_noop!(touch(OWNER, 5_001), Error::<Test>::NothingDue);
		Now::set(5_202);
		assert_ok!(touch(NOBODY, 5_001));
		assert_eq!(taken(id), [(5_200, 10), (5_202, 70)]);
	});
}

#[test]
fn who_returns_pays_for_the_time_that_it_was_gone() {
	// Gone since 5,001; what it costs is taken 18 ticks after the return, and not before 5,200.
	let cases: [(Tick, Tick, Taken); 6] = [
		(5_021, 5_200, &[]),
		(5_022, 5_200, &[(5_200, 10)]),
		(5_150, 5_200, &[(5_200, 10)]),
		(5_190, 5_208, &[(5_208, 10)]),
		(5_201, 5_219, &[(5_200, 10)]),
		(5_300, 5_318, &[(5_200, 10), (5_202, 70)]),
	];
	for (back, end, expected) in cases {
		build_and_execute(|| {
			let id = gone_at_work(2_000);
			no_samples();
			tick_to(back);
			resume(id);
			let ticks = back - 5_001;
			assert!(events().contains(&Event::OutageEnded {
				provider: id,
				began: 5_001,
				ticks
			}));
			assert_eq!(outages(id), [(5_001, Some(back))]);
			// Its time is counted when it is over for good.
			assert_eq!(provider(id).record.unreachable, 0);
			tick_to(end - 1);
			assert_eq!(outages(id).len(), 1, "back at {back}");
			tick(1);
			let charged = expected.iter().map(|(_, amount)| amount).sum();
			assert_eq!(last_event(), closed(id, 5_001, ticks, charged, 0), "back at {back}");
			assert_eq!(taken(id), expected, "back at {back}");
			let record = provider(id);
			assert_eq!((record.outage, record.record.unreachable), (None, ticks.into()));
			assert_eq!((outages(id), OutageChecks::<Test>::iter().count()), (vec![], 0));
			tick_to(9_000);
			assert_eq!(taken(id), expected, "back at {back}");
		});
	}
}

#[test]
fn what_is_there_is_taken() {
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		tick_to(5_300);
		assert_ok!(Providers::move_job(id, Some(JobPhase::Running), None, None));
		// Of 1,920 that are left 1,900 leave, and are gone at 6,000.
		assert_ok!(Providers::unbond(signed(OWNER), id, 1_900));
		tick_to(6_000);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		tick_to(8_002);
		assert_eq!(taken(id), [(5_200, 10), (5_202, 70), (6_002, 20)]);
		assert_eq!(last_event(), closed(id, 5_001, 3_001, 100, 0));
		assert_eq!(staked(OWNER), 0);
	});
	// What unbonds can still be taken.
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		assert_ok!(Providers::move_job(id, Some(JobPhase::Running), None, None));
		assert_ok!(Providers::unbond(signed(OWNER), id, 2_000));
		tick_to(5_202);
		assert_eq!(taken(id), [(5_200, 10), (5_202, 70)]);
		assert_eq!(provider(id).ledger.unbonding[0].amount, 1_920);
	});
}

#[test]
fn the_treasury_gets_what_an_outage_costs() {
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		let issuance = Balances::total_issuance();
		tick_to(5_200);
		let slash = Slashes::<Test>::get(SlashId(0)).unwrap();
		assert_eq!(
			(slash.provider, slash.amount, slash.cause),
			(id, 10, SlashCause::Downtime)
		);
		assert_eq!((slash.since, slash.due, slash.shares), (5_200, 5_410, None));
		tick_to(5_409);
		assert_eq!(Balances::free_balance(TREASURY), EXISTENTIAL_DEPOSIT);
		tick(1);
		assert_eq!(
			last_event(),
			Event::SlashPaid {
				slash: SlashId(0),
				provider: id,
				to_refuter: 0,
				to_requester: 0,
				to_treasury: 10,
				burned: 0
			}
		);
		tick_to(9_000);
		assert_eq!(Balances::free_balance(TREASURY), EXISTENTIAL_DEPOSIT + 500);
		assert_eq!((staked(OWNER), Balances::total_issuance()), (1_500, issuance));
	});
	// A treasury that cannot take it does not save the provider.
	build_and_execute(|| {
		let id = gone(2_000);
		Balances::set_balance(&TREASURY, 0);
		let issuance = Balances::total_issuance();
		tick_to(5_412);
		assert_eq!(
			last_event(),
			Event::SlashPaid {
				slash: SlashId(0),
				provider: id,
				to_refuter: 0,
				to_requester: 0,
				to_treasury: 0,
				burned: 2
			}
		);
		assert_eq!((staked(OWNER), Balances::total_issuance()), (1_998, issuance - 2));
	});
}
