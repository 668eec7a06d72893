//! Coming and going.

use super::signed;
use crate::{mock::*, Count, Endpoint, Error, Event, NextProvider, Providers as Records, Status, Workers};
use millrace_primitives::{
	traits::{JobPhase, Providers as _},
	ProviderId,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, traits::fungible::Mutate};

#[test]
fn registers_with_stake_and_float() {
	build_and_execute(|| {
		assert_ok!(Providers::register(
			signed(OWNER),
			WORKER,
			PAYOUT,
			endpoint(),
			terms(2),
			2_500
		));

		let record = provider(ProviderId(0));
		assert_eq!(
			(record.owner, record.worker, record.payout),
			(OWNER, Some(WORKER), PAYOUT)
		);
		assert_eq!((record.endpoint, record.terms), (endpoint(), terms(2)));
		assert_eq!((record.status, record.registered), (Status::Active, 5_000));
		assert_eq!((record.ledger.active, record.ledger.held()), (2_500, 2_500));
		assert_eq!(staked(OWNER), 2_500);
		assert_eq!(Balances::free_balance(WORKER), 50);
		assert_eq!(Balances::free_balance(OWNER), 1_000_000 - 2_500 - 50);
		assert_eq!(Workers::<Test>::get(WORKER), Some(ProviderId(0)));
		assert_eq!(
			last_event(),
			Event::ProviderRegistered {
				provider: ProviderId(0),
				owner: OWNER,
				worker: WORKER,
				bond: 2_500
			}
		);
		assert_eq!(event_count(), 1);
	});
}

#[test]
fn an_owner_has_many_and_ids_are_not_reused() {
	build_and_execute(|| {
		let first = registered(2_000);
		assert_ok!(Providers::register(
			signed(OWNER),
			WORKER_2,
			PAYOUT,
			endpoint(),
			terms(1),
			1_500
		));
		assert_eq!((NextProvider::<Test>::get(), Count::<Test>::get()), (ProviderId(2), 2));
		assert_eq!(staked(OWNER), 3_500);

		assert_ok!(Providers::deregister(signed(OWNER), first));
		Now::set(5_700);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), first));
		assert_eq!((NextProvider::<Test>::get(), Count::<Test>::get()), (ProviderId(2), 1));
		assert_eq!(staked(OWNER), 1_500);

		// The key of the provider that left is free again.
		assert_ok!(Providers::register(
			signed(OWNER),
			WORKER,
			PAYOUT,
			endpoint(),
			terms(1),
			1_000
		));
		assert_eq!(Workers::<Test>::get(WORKER), Some(ProviderId(2)));
	});
}

#[test]
fn refuses_what_could_not_serve() {
	build_and_execute(|| {
		registered(2_000);
		let register = |worker, payout, endpoint, terms, bond| {
			Providers::register(signed(STRANGER), worker, payout, endpoint, terms, bond)
		};
		assert_noop!(
			register(WORKER, PAYOUT, endpoint(), terms(1), 1_000),
			Error::<Test>::WorkerTaken
		);
		assert_noop!(
			register(WORKER_2, NOBODY, endpoint(), terms(1), 1_000),
			Error::<Test>::PayoutTooPoor
		);
		assert_noop!(
			register(WORKER_2, PAYOUT, endpoint(), terms(0), 1_000),
			Error::<Test>::InvalidLanes
		);
		assert_noop!(
			register(WORKER_2, PAYOUT, endpoint(), terms(17), 17_000),
			Error::<Test>::InvalidLanes
		);
		assert_ok!(register(WORKER_2, PAYOUT, endpoint(), terms(16), 16_000));
		// One planck below the floor of three lanes.
		assert_noop!(
			register(8, PAYOUT, endpoint(), terms(3), 2_999),
			Error::<Test>::StakeTooLow
		);
		// What is left is 1,000,000 − 16,000 − 50, of which the float and the existential deposit must stay.
		assert_noop!(
			register(8, PAYOUT, endpoint(), terms(1), 983_891),
			Error::<Test>::InsufficientFunds
		);
		assert_ok!(register(8, PAYOUT, endpoint(), terms(1), 983_890));
		assert_eq!(Balances::free_balance(STRANGER), EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn refuses_endpoints_that_no_client_could_dial() {
	build_and_execute(|| {
		let with = |host: &str, port: u16| {
			let endpoint = Endpoint {
				host: host.as_bytes().to_vec().try_into().unwrap(),
				port,
				..endpoint()
			};
			Providers::register(signed(OWNER), WORKER, PAYOUT, endpoint, terms(1), 1_000)
		};
		for (host, port) in [
			("", 443),
			("example.org", 0),
			("exa mple.org", 443),
			("example.org/x", 443),
			("user@example.org", 443),
			("bücher.example", 443),
			("[::1]", 443),
		] {
			assert_noop!(with(host, port), Error::<Test>::InvalidEndpoint);
		}
		assert_ok!(with("2001:db8::7", 443));
	});
}

#[test]
fn leaves_only_when_nothing_rests_on_it() {
	build_and_execute(|| {
		let id = registered(3_000);
		Providers::set_asks(id, 1);
		assert_noop!(Providers::deregister(signed(OWNER), id), Error::<Test>::HasAsks);
		Providers::set_asks(id, 0);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Committed), None));
		assert_noop!(Providers::deregister(signed(OWNER), id), Error::<Test>::HasLiveJobs);
		assert_ok!(Providers::move_job(id, Some(JobPhase::Committed), None, None));

		assert_ok!(Providers::unbond(signed(OWNER), id, 300));
		Now::set(5_001);
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_eq!(
			last_event(),
			Event::ProviderExiting {
				provider: id,
				amount: 2_700,
				release: 5_701
			}
		);
		let record = provider(id);
		assert_eq!(
			(record.status, record.worker, record.ledger.active),
			(Status::Exiting, None, 0)
		);
		assert_eq!(Workers::<Test>::get(WORKER), None);
		assert_eq!(staked(OWNER), 3_000);

		// The first part is due before the second, and the record stays until the last.
		Now::set(5_700);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!(
			last_event(),
			Event::StakeWithdrawn {
				provider: id,
				amount: 300,
				removed: false
			}
		);
		assert_noop!(
			Providers::withdraw_unbonded(signed(OWNER), id),
			Error::<Test>::NothingToWithdraw
		);
		Now::set(5_701);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!(
			last_event(),
			Event::StakeWithdrawn {
				provider: id,
				amount: 2_700,
				removed: true
			}
		);
		assert_eq!(Records::<Test>::get(id), None);
		assert_eq!((staked(OWNER), Count::<Test>::get()), (0, 0));
	});
}

#[test]
fn leaves_even_without_stake() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_eq!(Providers::take_stake(id, 2_000, Some(&RECEIVER)), 2_000);
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_eq!(
			last_event(),
			Event::ProviderExiting {
				provider: id,
				amount: 0,
				release: 5_700
			}
		);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!(
			last_event(),
			Event::StakeWithdrawn {
				provider: id,
				amount: 0,
				removed: true
			}
		);
	});
}

#[test]
fn a_leaving_provider_changes_no_more() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Balances::mint_into(&WORKER_2, ENDOWMENT));
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_noop!(Providers::bond(signed(OWNER), id, 1), Error::<Test>::Exiting);
		assert_noop!(Providers::unbond(signed(OWNER), id, 1), Error::<Test>::Exiting);
		assert_noop!(
			Providers::set_worker(signed(OWNER), id, Some(WORKER_2)),
			Error::<Test>::Exiting
		);
		assert_noop!(
			Providers::set_payout(signed(OWNER), id, STRANGER),
			Error::<Test>::Exiting
		);
		assert_noop!(
			Providers::set_endpoint(signed(OWNER), id, endpoint()),
			Error::<Test>::Exiting
		);
		assert_noop!(
			Providers::set_terms(signed(OWNER), id, terms(1)),
			Error::<Test>::Exiting
		);
		assert_noop!(Providers::deregister(signed(OWNER), id), Error::<Test>::Exiting);
		assert_noop!(Providers::drain(signed(OWNER), id), Error::<Test>::NotActive);
		assert_noop!(Providers::resume(signed(OWNER), id), Error::<Test>::NotDraining);
	});
}
