//! Keys, accounts, endpoint, terms.

use super::signed;
use crate::{mock::*, Endpoint, Error, Event, ProviderTerms, Workers};
use millrace_primitives::Minima;
use millrace_primitives::{
	traits::{Ineligible, JobPhase, Providers as _},
	DeviceClass, Price, Region,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

#[test]
fn replaces_the_worker_key() {
	build_and_execute(|| {
		let id = registered(2_000);
		Providers::set_asks(id, 2);
		assert_noop!(
			Providers::set_worker(signed(OWNER), id, Some(WORKER)),
			Error::<Test>::WorkerTaken
		);
		assert_ok!(Providers::set_worker(signed(OWNER), id, Some(WORKER_2)));
		assert_eq!(
			last_event(),
			Event::WorkerSet {
				provider: id,
				worker: Some(WORKER_2)
			}
		);
		assert_eq!(
			(Workers::<Test>::get(WORKER), Workers::<Test>::get(WORKER_2)),
			(None, Some(id))
		);
		assert_eq!(Providers::by_worker(&WORKER_2), Some(id));
		assert_eq!(Balances::free_balance(WORKER_2), 50);
		assert_eq!(Balances::free_balance(OWNER), 1_000_000 - 2_000 - 2 * 50);
		// The provider still serves: its asks stay.
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![], 2));
	});
}

#[test]
fn revokes_the_worker_key_in_one_call() {
	build_and_execute(|| {
		let id = registered(2_000);
		Providers::set_asks(id, 2);
		assert_ok!(Providers::set_worker(signed(OWNER), id, None));
		assert_eq!(
			last_event(),
			Event::WorkerSet {
				provider: id,
				worker: None
			}
		);
		assert_eq!(Providers::by_worker(&WORKER), None);
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![id], 0));
		assert_eq!(Providers::may_ask(id), Err(Ineligible::NoWorker));
		assert_eq!(
			Providers::takes_target(id, 1, Price(70), &Minima::default()),
			Err(Ineligible::NoWorker)
		);
		assert_noop!(Providers::set_worker(signed(OWNER), id, None), Error::<Test>::NoWorker);
		assert_ok!(Providers::set_worker(signed(OWNER), id, Some(WORKER)));
		assert_eq!(Providers::may_ask(id), Ok(()));
	});
}

#[test]
fn a_float_that_cannot_be_paid_changes_nothing() {
	build_and_execute(|| {
		let id = registered(2_000);
		// 997,950 are free; 59 stay, one short of the float and the existential deposit.
		assert_ok!(Providers::bond(signed(OWNER), id, 997_891));
		assert_noop!(
			Providers::set_worker(signed(OWNER), id, Some(WORKER_2)),
			Error::<Test>::InsufficientFunds
		);
		// Revoking costs nothing.
		assert_ok!(Providers::set_worker(signed(OWNER), id, None));
	});
}

#[test]
fn replaces_payout_and_endpoint() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_noop!(
			Providers::set_payout(signed(OWNER), id, NOBODY),
			Error::<Test>::PayoutTooPoor
		);
		assert_ok!(Providers::set_payout(signed(OWNER), id, STRANGER));
		assert_eq!(
			last_event(),
			Event::PayoutSet {
				provider: id,
				payout: STRANGER
			}
		);
		assert_eq!(Providers::view(id).unwrap().payout, STRANGER);

		let other = Endpoint {
			host: b"10.0.0.7".to_vec().try_into().unwrap(),
			port: 9_443,
			..endpoint()
		};
		assert_ok!(Providers::set_endpoint(signed(OWNER), id, other.clone()));
		assert_eq!(
			last_event(),
			Event::EndpointSet {
				provider: id,
				endpoint: other.clone()
			}
		);
		assert_eq!(provider(id).endpoint, other);
		let unreachable = Endpoint { port: 0, ..other };
		assert_noop!(
			Providers::set_endpoint(signed(OWNER), id, unreachable),
			Error::<Test>::InvalidEndpoint
		);
	});
}

#[test]
fn terms_change_freely_while_nothing_rests_on_them() {
	build_and_execute(|| {
		let id = registered(2_000);
		let new = ProviderTerms {
			class: DeviceClass::GpuH,
			region: Region(3),
			lanes: 16,
			min_price: Price(9),
			takes_targets: false,
		};
		// Idle, so too little stake for them is no obstacle; it is one to serving: 16 × 6,011.
		assert_ok!(Providers::set_terms(signed(OWNER), id, new));
		assert_eq!(
			last_event(),
			Event::TermsSet {
				provider: id,
				terms: new
			}
		);
		assert_eq!(provider(id).terms, new);
		assert_eq!(
			Providers::may_ask(id),
			Err(Ineligible::StakeTooLow {
				have: 2_000,
				need: 96_176
			})
		);
		assert_noop!(
			Providers::set_terms(signed(OWNER), id, terms(0)),
			Error::<Test>::InvalidLanes
		);
		assert_noop!(
			Providers::set_terms(signed(OWNER), id, terms(17)),
			Error::<Test>::InvalidLanes
		);
	});
}

#[test]
fn asks_and_jobs_bind_the_terms() {
	build_and_execute(|| {
		let id = registered(3_500);
		Providers::set_asks(id, 1);
		let class = ProviderTerms {
			class: DeviceClass::Gpu8g,
			..terms(1)
		};
		let region = ProviderTerms {
			region: Region(1),
			..terms(2)
		};
		assert_noop!(Providers::set_terms(signed(OWNER), id, class), Error::<Test>::PoolInUse);
		assert_noop!(
			Providers::set_terms(signed(OWNER), id, region),
			Error::<Test>::PoolInUse
		);
		// Four lanes would need 4,000, three need 3,000.
		assert_noop!(
			Providers::set_terms(signed(OWNER), id, terms(4)),
			Error::<Test>::StakeTooLow
		);
		assert_ok!(Providers::set_terms(signed(OWNER), id, terms(3)));

		Providers::set_asks(id, 0);
		for _ in 0..3 {
			assert_ok!(Providers::move_job(id, None, Some(JobPhase::Assigned), None));
		}
		assert_noop!(
			Providers::set_terms(signed(OWNER), id, region),
			Error::<Test>::PoolInUse
		);
		// Three assigned jobs fit on two lanes, not on one.
		assert_noop!(
			Providers::set_terms(signed(OWNER), id, terms(1)),
			Error::<Test>::LanesInUse
		);
		assert_ok!(Providers::set_terms(signed(OWNER), id, terms(2)));
		for _ in 0..2 {
			assert_ok!(Providers::move_job(
				id,
				Some(JobPhase::Assigned),
				Some(JobPhase::Running),
				None
			));
		}
		assert_noop!(
			Providers::set_terms(signed(OWNER), id, terms(1)),
			Error::<Test>::LanesInUse
		);
	});
}

#[test]
fn a_higher_minimum_takes_the_asks_out() {
	build_and_execute(|| {
		let id = registered(2_000);
		Providers::set_asks(id, 4);
		let lower = ProviderTerms {
			min_price: Price(69),
			..terms(2)
		};
		assert_ok!(Providers::set_terms(signed(OWNER), id, lower));
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![], 4));
		assert_ok!(Providers::set_terms(signed(OWNER), id, terms(2)));
		assert_eq!((Lost::get(), provider(id).load.asks), (vec![id], 0));
		// With no ask there is none to take out.
		let higher = ProviderTerms {
			min_price: Price(71),
			..terms(2)
		};
		assert_ok!(Providers::set_terms(signed(OWNER), id, higher));
		assert_eq!(Lost::get(), vec![id]);
	});
}
