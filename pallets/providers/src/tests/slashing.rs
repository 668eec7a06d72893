//! What an offence costs: how much is set aside, of which stake, and what that does to the provider. How it is paid or
//! given back is in `payment.rs`.

use super::{fraud, signed, silence};
use crate::{
	mock::*, types::Unbonding, Error, Event, Ledger, NextSlash, Slash, SlashCause, SlashShares, Slashes, Status,
};
use millrace_primitives::Minima;
use millrace_primitives::{
	traits::{Ineligible, JobPhase, Outcome, Providers as _, SetAside},
	Balance, DeviceClass, Price, ProviderId, SlashId, Tick,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

fn set_aside(slash: u32, amount: Balance) -> SetAside {
	SetAside {
		slash: Some(SlashId(slash)),
		amount,
	}
}

/// The active stake, the parts that unbond, what is set aside.
fn parts(id: ProviderId) -> (Balance, Vec<(Balance, Tick)>, Balance) {
	let Ledger {
		active,
		unbonding,
		set_aside,
	} = provider(id).ledger;
	let unbonding = unbonding
		.into_iter()
		.map(|Unbonding { amount, release }| (amount, release));
	(active, unbonding.collect(), set_aside)
}

#[test]
fn fraud_convicts_and_sets_the_floor_of_the_class_aside() {
	build_and_execute(|| {
		let id = registered(5_000);
		Providers::set_asks(id, 3);
		let issuance = Balances::total_issuance();
		let events = event_count();
		assert_eq!(fraud(id, 77), set_aside(0, 1_000));

		assert_eq!(parts(id), (4_000, vec![], 1_000));
		assert_eq!((staked(OWNER), Balances::total_issuance()), (5_000, issuance));
		let record = provider(id);
		assert_eq!(record.status, Status::Chilled { until: 5_450 });
		assert_eq!(
			(record.fraud_clock, record.record.refuted, record.record.silent),
			(Some(5_000), 1, 0)
		);
		assert_eq!(Providers::view(id).unwrap().fraud_clock, Some(5_000));
		// Its asks have left, though the stake would back them.
		assert_eq!((Lost::get(), record.load.asks), (vec![id], 0));
		assert_eq!(
			Slashes::<Test>::get(SlashId(0)),
			Some(Slash {
				provider: id,
				amount: 1_000,
				cause: SlashCause::Fraud,
				since: 5_000,
				due: 5_210,
				// 5 % of 1,000; 10 % would be 100, but the job held 77.
				shares: Some(SlashShares {
					refuter: STRANGER,
					refuter_amount: 50,
					requester: RECEIVER,
					requester_amount: 77,
				}),
			})
		);
		assert_eq!(event_count(), events + 2);
		assert_eq!(
			last_event(),
			Event::ProviderChilled {
				provider: id,
				until: 5_450
			}
		);
		let told = RuntimeEvent::Providers(Event::SlashSetAside {
			slash: SlashId(0),
			provider: id,
			cause: SlashCause::Fraud,
			amount: 1_000,
			due: 5_210,
		});
		assert!(System::events().iter().any(|record| record.event == told));
	});
}

/// Class floor or twelve times the largest live targeted escrow, whichever is more; of one lane, however many there are.
#[test]
fn fraud_costs_the_floor_or_twelve_times_the_largest_target() {
	// 12 × 83 = 996, 12 × 84 = 1,008, 12 × 201 = 2,412.
	for (target, price) in [(None, 1_000), (Some(83), 1_000), (Some(84), 1_008), (Some(201), 2_412)] {
		for phase in [JobPhase::Assigned, JobPhase::Running, JobPhase::Committed] {
			build_and_execute(|| {
				let id = registered(5_000);
				assert_ok!(Providers::move_job(id, None, Some(phase), target));
				assert_eq!(fraud(id, 1), set_aside(0, price));
				assert_eq!(parts(id), (5_000 - price, vec![], price));
			});
		}
	}
	// The floor is that of the class.
	build_and_execute(|| {
		let terms = crate::ProviderTerms {
			class: DeviceClass::Gpu8g,
			..terms(2)
		};
		let id = Providers::do_register(OWNER, WORKER, PAYOUT, endpoint(), terms, 9_000).unwrap();
		assert_eq!(fraud(id, 1), set_aside(0, 2_003));
	});
	// Targets count while they live.
	build_and_execute(|| {
		let id = registered(5_000);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Committed), Some(300)));
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Committed), Some(90)));
		assert_ok!(Providers::move_job(id, Some(JobPhase::Committed), None, Some(300)));
		// A high-water mark: 12 × 300 until no target is left.
		assert_eq!(fraud(id, 1), set_aside(0, 3_600));
	});
}

/// Active stake first, then what leaves soonest: leaving saves nobody.
#[test]
fn fraud_takes_what_unbonds_too() {
	// Active stake, and what of 300, 400 and 500 in the order of their release is left when 1,000 are taken.
	let cases: [(Balance, Balance, [Balance; 3]); 5] = [
		(1_001, 1, [300, 400, 500]),
		(1_000, 0, [300, 400, 500]),
		(800, 0, [100, 400, 500]),
		(700, 0, [0, 400, 500]),
		(10, 0, [0, 0, 210]),
	];
	for (active, left, unbonding) in cases {
		build_and_execute(|| {
			let id = registered(4_000);
			for (tick, amount) in [(5_000, 300), (5_001, 400), (5_002, 500)] {
				Now::set(tick);
				assert_ok!(Providers::unbond(signed(OWNER), id, amount));
			}
			assert_eq!(
				Providers::take_stake(id, 2_800 - active, Some(&RECEIVER)),
				2_800 - active
			);
			assert_eq!(fraud(id, 1), set_aside(0, 1_000));
			let releases = [5_700, 5_701, 5_702];
			let expected = unbonding.into_iter().zip(releases).filter(|(amount, _)| *amount > 0);
			assert_eq!(parts(id), (left, expected.collect(), 1_000));
		});
	}
}

#[test]
fn what_is_there_is_set_aside_and_nothing_is_no_slash() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Providers::unbond(signed(OWNER), id, 1_500));
		assert_eq!(Providers::take_stake(id, 300, Some(&RECEIVER)), 300);
		// 200 active and 1,500 that unbond; 12 × 201 would be 2,412.
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Committed), Some(201)));
		assert_eq!(fraud(id, 77), set_aside(0, 1_700));
		assert_eq!(parts(id), (0, vec![], 1_700));
		assert_ok!(Providers::move_job(id, Some(JobPhase::Committed), None, Some(201)));
	});
	build_and_execute(|| {
		let id = registered(2_000);
		assert_eq!(Providers::take_stake(id, 2_000, Some(&RECEIVER)), 2_000);
		assert_eq!(fraud(id, 77), SetAside::default());
		assert_eq!(
			(Slashes::<Test>::iter().count(), NextSlash::<Test>::get()),
			(0, SlashId(0))
		);
		// It is convicted all the same: its other jobs are void.
		assert_eq!(provider(id).fraud_clock, Some(5_000));
		assert_eq!(provider(id).status, Status::Chilled { until: 5_450 });
		assert_eq!(silence(id, 77), SetAside::default());
	});
}

#[test]
fn silence_costs_twelve_escrows_of_the_active_stake_alone() {
	build_and_execute(|| {
		let id = registered(3_000);
		Providers::set_asks(id, 2);
		assert_ok!(Providers::unbond(signed(OWNER), id, 700));
		// 12 × 20.
		assert_eq!(silence(id, 20), set_aside(0, 240));
		assert_eq!(parts(id), (2_060, vec![(700, 5_700)], 240));
		let record = provider(id);
		assert_eq!((record.record.silent, record.record.refuted), (1, 0));
		// It is no conviction: the provider goes on.
		assert_eq!((record.status, record.fraud_clock), (Status::Active, None));
		assert_eq!((Lost::get(), record.load.asks), (vec![], 2));
		assert_eq!(
			Slashes::<Test>::get(SlashId(0)),
			Some(Slash {
				provider: id,
				amount: 240,
				cause: SlashCause::Silence,
				since: 5_000,
				due: 5_210,
				shares: None,
			})
		);
		assert_eq!(
			last_event(),
			Event::SlashSetAside {
				slash: SlashId(0),
				provider: id,
				cause: SlashCause::Silence,
				amount: 240,
				due: 5_210
			}
		);
		// 61 more, and two lanes are not backed any more.
		assert_eq!(silence(id, 5), set_aside(1, 60));
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![], 2));
		assert_eq!(silence(id, 1), set_aside(2, 12));
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![id], 0));
		// 1,988 are left active: what unbonds stays.
		assert_eq!(silence(id, 1_000), set_aside(3, 1_988));
		assert_eq!(parts(id), (0, vec![(700, 5_700)], 2_300));
	});
}

#[test]
fn what_is_set_aside_backs_nothing_and_cannot_be_withdrawn() {
	build_and_execute(|| {
		let id = registered(2_900);
		fraud(id, 1);
		assert_noop!(
			Providers::unbond(signed(OWNER), id, 1_901),
			Error::<Test>::NotEnoughBonded
		);
		// 1,900 of the 2,000 that both lanes need.
		Now::set(5_450);
		assert_noop!(Providers::reactivate(signed(OWNER), id), Error::<Test>::StakeTooLow);
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_eq!(parts(id), (0, vec![(1_900, 6_150)], 1_000));
		Now::set(9_000);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!(
			last_event(),
			Event::StakeWithdrawn {
				provider: id,
				amount: 1_900,
				removed: false
			}
		);
		assert_noop!(
			Providers::withdraw_unbonded(signed(OWNER), id),
			Error::<Test>::NothingToWithdraw
		);
		assert_eq!((staked(OWNER), parts(id)), (1_000, (0, vec![], 1_000)));
	});
}

#[test]
fn a_convicted_provider_takes_nothing_and_only_its_owner_brings_it_back() {
	build_and_execute(|| {
		let id = registered(5_000);
		fraud(id, 1);
		assert_eq!(Providers::may_ask(id), Err(Ineligible::NotActive));
		assert_eq!(
			Providers::takes_target(id, 1, Price(70), &Minima::default()),
			Err(Ineligible::NotActive)
		);
		for who in [OWNER, WORKER] {
			assert_noop!(Providers::drain(signed(who), id), Error::<Test>::NotActive);
			assert_noop!(Providers::resume(signed(who), id), Error::<Test>::NotDraining);
		}
		// Bonding more is allowed; so is leaving, which takes the usual time.
		assert_ok!(Providers::bond(signed(OWNER), id, 5));
		assert_ok!(Providers::unbond(signed(OWNER), id, 4_005));
		assert_eq!(parts(id), (0, vec![(4_005, 5_700)], 1_000));
	});
}

#[test]
fn reactivation_waits_for_time_jobs_and_stake() {
	build_and_execute(|| {
		let id = registered(2_999);
		let reactivate = || Providers::reactivate(signed(OWNER), id);
		assert_noop!(
			Providers::reactivate(signed(OWNER), ProviderId(9)),
			Error::<Test>::UnknownProvider
		);
		for who in [WORKER, PAYOUT, STRANGER] {
			assert_noop!(Providers::reactivate(signed(who), id), Error::<Test>::NotOwner);
		}
		assert_noop!(reactivate(), Error::<Test>::NotChilled);
		assert_ok!(Providers::drain(signed(OWNER), id));
		assert_noop!(reactivate(), Error::<Test>::NotChilled);
		assert_ok!(Providers::resume(signed(OWNER), id));

		let phases = [JobPhase::Assigned, JobPhase::Running, JobPhase::Committed];
		for phase in phases {
			assert_ok!(Providers::move_job(id, None, Some(phase), None));
		}
		fraud(id, 1);
		Now::set(5_449);
		assert_noop!(reactivate(), Error::<Test>::ChillNotOver);
		Now::set(5_450);
		for phase in phases {
			assert_noop!(reactivate(), Error::<Test>::HasLiveJobs);
			assert_ok!(Providers::move_job(id, Some(phase), None, None));
		}
		// 1,999 of 2,000.
		assert_noop!(reactivate(), Error::<Test>::StakeTooLow);
		assert_ok!(Providers::bond(signed(OWNER), id, 1));
		assert_ok!(reactivate());
		assert_eq!(last_event(), Event::ProviderReactivated { provider: id });
		assert_eq!((provider(id).status, provider(id).fraud_clock), (Status::Active, None));
		assert_eq!((Providers::may_ask(id), provider(id).record.refuted), (Ok(()), 1));
		assert_noop!(reactivate(), Error::<Test>::NotChilled);
		// The slash is paid or cancelled in its own time.
		assert_eq!(parts(id), (2_000, vec![], 1_000));
	});
}

#[test]
fn a_leaving_provider_is_not_reactivated() {
	build_and_execute(|| {
		let id = registered(5_000);
		fraud(id, 1);
		Now::set(5_450);
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_noop!(Providers::reactivate(signed(OWNER), id), Error::<Test>::NotChilled);
	});
}

/// A chill, however it ends, is no way around what late jobs brought.
#[test]
fn suspension_for_late_jobs_outlasts_a_cancelled_conviction_and_ends_with_a_reactivation() {
	build_and_execute(|| {
		let id = registered(5_000);
		for _ in 0..3 {
			Providers::record(id, Outcome::Late);
		}
		assert_eq!(provider(id).status, Status::Draining);
		fraud(id, 1);
		assert_ok!(Providers::cancel_slash(RuntimeOrigin::root(), SlashId(0)));
		assert_eq!(provider(id).status, Status::Draining);
		assert_noop!(Providers::resume(signed(WORKER), id), Error::<Test>::OwnerMustResume);
		assert_ok!(Providers::resume(signed(OWNER), id));

		for _ in 0..3 {
			Providers::record(id, Outcome::Late);
		}
		fraud(id, 1);
		Now::set(5_450);
		assert_ok!(Providers::reactivate(signed(OWNER), id));
		assert_eq!((provider(id).status, provider(id).lates.len()), (Status::Active, 0));
		// It starts afresh, and three are too many again.
		for status in [Status::Active, Status::Active, Status::Draining] {
			Providers::record(id, Outcome::Late);
			assert_eq!(provider(id).status, status);
		}
	});
}
