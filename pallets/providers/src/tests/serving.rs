//! What the market sees and does.

use crate::{mock::*, Error, Load, ProviderTerms};
use millrace_primitives::Minima;
use millrace_primitives::{
	traits::{
		Ineligible,
		JobPhase::{Assigned, Committed, Running},
		ProviderView, Providers as _,
	},
	DeviceClass, JobKind, Pool, Price, ProviderId, Region,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError,
};

#[test]
fn shows_a_provider() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Providers::move_job(id, None, Some(Assigned), None));
		assert_eq!(
			Providers::view(id),
			Some(ProviderView {
				owner: OWNER,
				worker: Some(WORKER),
				payout: PAYOUT,
				pool: Pool {
					kind: JobKind::Map,
					class: DeviceClass::Cpu4,
					region: Region(0)
				},
				lanes: 2,
				assigned: 1,
				running: 0,
				measuring: false,
				answers: true,
				min_price: Price(70),
				asks: 0,
				completed: 0,
				fraud_clock: None,
				refills: false,
			})
		);
		assert_eq!(Providers::view(ProviderId(9)), None);
		assert_eq!(Providers::by_worker(&WORKER), Some(id));
		assert_eq!(Providers::by_worker(&OWNER), None);
	});
}

#[test]
fn a_target_is_taken_by_the_terms() {
	build_and_execute(|| {
		let id = registered(2_412);
		assert_eq!(
			Providers::takes_target(ProviderId(9), 1, Price(70), &Minima::default()),
			Err(Ineligible::Unknown)
		);
		assert_eq!(Providers::may_ask(ProviderId(9)), Err(Ineligible::Unknown));
		// 12 × 201 = 2,412.
		assert_eq!(Providers::takes_target(id, 201, Price(70), &Minima::default()), Ok(()));
		assert_eq!(
			Providers::takes_target(id, 202, Price(70), &Minima::default()),
			Err(Ineligible::StakeTooLow {
				have: 2_412,
				need: 2_424
			})
		);
		assert_eq!(
			Providers::takes_target(id, 201, Price(69), &Minima::default()),
			Err(Ineligible::PriceTooLow {
				have: Price(69),
				need: Price(70)
			})
		);
		for _ in 0..4 {
			assert_ok!(Providers::move_job(id, None, Some(Assigned), None));
		}
		assert_eq!(
			Providers::takes_target(id, 201, Price(70), &Minima::default()),
			Err(Ineligible::Full)
		);
		// Room is the book's own question.
		assert_eq!(Providers::may_ask(id), Ok(()));
		let terms = ProviderTerms {
			takes_targets: false,
			..terms(2)
		};
		assert_ok!(Providers::set_terms(super::signed(OWNER), id, terms));
		assert_eq!(
			Providers::takes_target(id, 201, Price(70), &Minima::default()),
			Err(Ineligible::TakesNoTargets)
		);
	});
}

#[test]
fn jobs_take_room_and_lanes() {
	build_and_execute(|| {
		let id = registered(2_000);
		let step = |from, to| Providers::move_job(id, from, to, None);
		for _ in 0..4 {
			assert_ok!(step(None, Some(Assigned)));
		}
		assert_noop!(step(None, Some(Assigned)), Error::<Test>::Full);
		assert_noop!(step(None, Some(Running)), Error::<Test>::Full);
		assert_ok!(step(Some(Assigned), Some(Running)));
		assert_ok!(step(Some(Assigned), Some(Running)));
		assert_noop!(step(Some(Assigned), Some(Running)), Error::<Test>::NoFreeLane);
		// A commitment implies acceptance and needs no lane; one from a lane frees it.
		assert_ok!(step(Some(Assigned), Some(Committed)));
		assert_ok!(step(Some(Running), Some(Committed)));
		assert_ok!(step(Some(Assigned), Some(Running)));
		assert_eq!(
			provider(id).load,
			Load {
				running: 2,
				committed: 2,
				..Load::default()
			}
		);
		for _ in 0..2 {
			assert_ok!(step(Some(Running), None));
			assert_ok!(step(Some(Committed), None));
		}
		assert_eq!(provider(id).load, Load::default());
		assert_noop!(
			Providers::move_job(ProviderId(9), None, Some(Assigned), None),
			Error::<Test>::UnknownProvider
		);
	});
}

#[test]
fn the_largest_target_is_a_high_water_mark() {
	build_and_execute(|| {
		let id = registered(20_000);
		let marks = || (provider(id).load.targets, provider(id).load.largest_target);
		assert_ok!(Providers::move_job(id, None, Some(Assigned), Some(300)));
		assert_ok!(Providers::move_job(id, None, Some(Assigned), Some(100)));
		assert_ok!(Providers::move_job(id, None, Some(Assigned), None));
		assert_eq!(marks(), (2, 300));
		// Steps between phases count nothing twice.
		assert_ok!(Providers::move_job(id, Some(Assigned), Some(Running), Some(300)));
		assert_eq!(marks(), (2, 300));
		assert_ok!(Providers::move_job(id, Some(Running), None, Some(300)));
		assert_eq!(marks(), (1, 300));
		assert_eq!(
			Providers::takes_target(id, 1_667, Price(70), &Minima::default()),
			Err(Ineligible::StakeTooLow {
				have: 20_000,
				need: 20_004
			})
		);
		assert_ok!(Providers::move_job(id, Some(Assigned), None, Some(100)));
		assert_eq!(marks(), (0, 0));
	});
}

#[test]
fn a_job_that_is_not_there_cannot_move() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_noop!(
			Providers::move_job(id, Some(Running), None, None),
			DispatchError::Corruption
		);
		assert_ok!(Providers::move_job(id, None, Some(Running), None));
		assert_noop!(
			Providers::move_job(id, Some(Running), None, Some(1)),
			DispatchError::Corruption
		);
	});
}
