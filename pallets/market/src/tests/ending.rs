//! The endings without payment, each to the last planck.

use crate::{mock::*, Error, Event, JobState, Jobs, Requesters};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, dispatch::Pays};

fn stake(provider: millrace_primitives::ProviderId) -> u128 {
	MockProviders::stake(&MockProviders::get(provider).unwrap())
}

#[test]
fn a_pending_job_is_cancelled_for_free() {
	ExtBuilder::build_and_execute(|| {
		let id = submit(ALICE, book_spec(10, 0));
		assert_noop!(Market::cancel_job(signed(BOB), id), Error::<Test>::NotRequester);
		assert_ok!(Market::cancel_job(signed(ALICE), id));
		assert_eq!(
			last_event(),
			Event::JobCancelled {
				job: id,
				requester: ALICE,
				refund: 650,
				fees_returned: 60,
				fees_paid: 0,
				deposit: 0,
			}
		);
		assert_eq!((free(ALICE), held(ALICE)), (FUNDS, 0));
		assert_eq!(Requesters::<Test>::get(ALICE).cancelled, 1);
		assert_noop!(Market::cancel_job(signed(ALICE), id), Error::<Test>::UnknownJob);
	});
}

#[test]
fn an_assigned_job_is_cancelled_for_one_fee_and_makes_room() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let jobs: Vec<_> = (0..3).map(|_| submit(ALICE, book_spec(10, 0))).collect();
		assert_eq!(job(jobs[2]).state, JobState::Pending);
		assert_ok!(Market::cancel_job(signed(ALICE), jobs[0]));
		assert_eq!(job(jobs[2]).state.provider(), Some(provider));
		assert_eq!((free(ALICE), held(ALICE), fees()), (FUNDS - 20 - 2 * 710, 2 * 710, 20));
	});
}

#[test]
fn a_job_that_somebody_works_on_is_not_cancelled() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::accept_job(signed(worker(provider)), id));
		assert_noop!(Market::cancel_job(signed(ALICE), id), Error::<Test>::NotCancellable);
		commit(provider, id, G);
		assert_noop!(Market::cancel_job(signed(ALICE), id), Error::<Test>::NotCancellable);
	});
}

#[test]
fn a_bid_expires_with_a_full_refund() {
	ExtBuilder::build_and_execute(|| {
		let mut spec = book_spec(10, 0);
		spec.terms.expires = 5;
		let id = submit(ALICE, spec);
		blocks(4);
		assert_eq!(now(), 5);
		assert_eq!(job(id).state, JobState::Pending);
		blocks(1);
		assert_eq!(
			last_event(),
			Event::JobExpired {
				job: id,
				requester: ALICE,
				refund: 650,
				fees_returned: 60,
				fees_paid: 0,
				deposit: 0,
			}
		);
		assert_eq!((free(ALICE), Requesters::<Test>::get(ALICE).expired), (FUNDS, 1));
	});
}

#[test]
fn a_bid_is_matched_in_its_last_tick() {
	ExtBuilder::build_and_execute(|| {
		let mut spec = book_spec(10, 0);
		spec.terms.expires = 5;
		let id = submit(ALICE, spec);
		blocks(4);
		let provider = asking(1, 0);
		assert_eq!(job(id).state, JobState::Assigned { provider, until: 12 });
	});
}

#[test]
fn lateness_is_paid_for_and_the_job_goes_on_once() {
	ExtBuilder::build_and_execute(|| {
		let (first, second) = (asking(1, 0), asking(1, 0));
		let before = (stake(first), stake(second));
		let mut spec = book_spec(10, 0);
		spec.terms.expires = 200;
		let id = submit(ALICE, spec);
		assert_ok!(Market::accept_job(signed(worker(first)), id));
		assert_ok!(Market::place_ask(
			signed(worker(first)),
			1,
			millrace_primitives::Level(200)
		));
		// The deadline is 1 + 30; late from tick 32 on. Credit: 4 % of 650 = 26, less than nine fees.
		blocks(31);
		assert_eq!(now(), 32);
		assert_eq!(stake(first), before.0 - 26);
		assert!(events().contains(&Event::JobLate {
			job: id,
			provider: first,
			credit: 26
		}));
		assert_eq!(MockProviders::get(first).unwrap().late, 1);
		assert_eq!(free(ALICE), FUNDS - 650 - 60 + 26);
		// The first provider's own ask at this level came before the second's, and it may try again.
		assert_eq!(
			job(id).state,
			JobState::Assigned {
				provider: first,
				until: 39
			}
		);

		assert_ok!(Market::accept_job(signed(worker(first)), id));
		assert_eq!((job(id).acceptances, job(id).fees_left), (2, 1));
		blocks(31);
		// Two acceptances are the end: 650 and the last fee return.
		assert!(!Jobs::<Test>::contains_key(id));
		assert!(events().contains(&Event::JobUnserved {
			job: id,
			requester: ALICE,
			refund: 650,
			fees_returned: 20,
			fees_paid: 40,
			deposit: 0,
			assignments: 2,
			acceptances: 2,
		}));
		assert_eq!(free(ALICE), FUNDS - 40 + 52);
		assert_eq!((stake(first), stake(second)), (before.0 - 52, before.1));
	});
}

#[test]
fn the_late_credit_is_capped_by_fees_and_by_what_is_there() {
	ExtBuilder::build_and_execute(|| {
		use polkadot_sdk::frame_support::traits::fungible::Mutate;
		let provider = asking(2, 0);
		// 100 items at level 0: 6,500; 4 % are 260; nine fees are 180. The output of 1,600 bytes needs a target.
		let one = submit(ALICE, target_spec(100, provider, 64));
		assert_ok!(Market::accept_job(signed(worker(provider)), one));
		skip_ticks(200);
		assert_ok!(Market::touch(signed(BOB), one));
		assert_eq!(free(ALICE), FUNDS - 20 + 180);

		let two = submit(ALICE, target_spec(100, provider, 64));
		assert_ok!(Market::accept_job(signed(worker(provider)), two));
		Balances::set_balance(&MockProviders::get(provider).unwrap().stake, ED + 33);
		skip_ticks(200);
		assert_ok!(Market::touch(signed(BOB), two));
		assert!(events().contains(&Event::JobLate {
			job: two,
			provider,
			credit: 33
		}));
		assert_eq!(free(ALICE), FUNDS - 40 + 180 + 33);
		// Without stake it has no ask.
		assert_eq!(MockProviders::get(provider).unwrap().asks, 0);
	});
}

#[test]
fn abandoning_costs_half() {
	ExtBuilder::build_and_execute(|| {
		let (provider, other) = (asking(1, 0), asking(1, 1));
		let before = stake(provider);
		let id = submit(ALICE, book_spec(10, 9));
		assert_noop!(
			Market::abandon_job(signed(worker(provider)), id),
			Error::<Test>::NotRunning
		);
		assert_ok!(Market::accept_job(signed(worker(provider)), id));
		assert_noop!(
			Market::abandon_job(signed(worker(other)), id),
			Error::<Test>::NotAssignee
		);
		let taken = Market::abandon_job(signed(worker(provider)), id).unwrap();
		assert_eq!(taken.pays_fee, Pays::No);
		assert!(events().contains(&Event::JobAbandoned {
			job: id,
			provider,
			credit: 13
		}));
		assert_eq!(stake(provider), before - 13);
		assert_eq!(MockProviders::get(provider).unwrap().abandoned, 1);
		assert_eq!(
			job(id).state.provider(),
			Some(provider),
			"the best ask is still its own"
		);
		assert_eq!((job(id).assignments, job(id).acceptances, job(id).fees_left), (2, 1, 2));
	});
}

#[test]
fn a_provider_that_is_late_too_often_leaves_the_book() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(3, 0);
		let jobs: Vec<_> = (0..3).map(|_| submit(ALICE, book_spec(10, 0))).collect();
		for id in &jobs {
			assert_ok!(Market::accept_job(signed(worker(provider)), *id));
		}
		blocks(31);
		assert_eq!(MockProviders::get(provider).unwrap().late, 3);
		assert_eq!(MockProviders::get(provider).unwrap().asks, 0);
		assert_noop!(
			Market::place_ask(signed(worker(provider)), 0, millrace_primitives::Level(0)),
			Error::<Test>::ProviderNotActive
		);
	});
}
