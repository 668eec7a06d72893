//! Accepting, rejecting, not showing up, and what becomes of the job.

use crate::{mock::*, Asks, Error, Event, JobState, RejectReason, Requesters};
use millrace_primitives::{JobId, Level, Price, ProviderId};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::Pays},
	sp_core::H256,
};

fn accept(provider: ProviderId, id: JobId) {
	let info = Market::accept_job(signed(worker(provider)), id).expect("accepted");
	assert_eq!(info.pays_fee, Pays::No);
}

fn reject(provider: ProviderId, id: JobId, reason: RejectReason) -> Pays {
	Market::reject_job(signed(worker(provider)), id, reason)
		.expect("rejected")
		.pays_fee
}

#[test]
fn accepting_takes_a_lane_and_the_fee() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		accept(provider, id);
		// Deadline: now 1 and run_ticks 30.
		assert_eq!(
			job(id).state,
			JobState::Running {
				provider,
				payout: payout(provider),
				deadline: 31
			}
		);
		assert_eq!(
			last_event(),
			Event::JobAccepted {
				job: id,
				provider,
				deadline: 31
			}
		);
		assert_eq!((job(id).assignments, job(id).acceptances, job(id).fees_left), (1, 1, 2));
		// The fee is used up; like the others it is held until the job ends.
		assert_eq!((held(ALICE), job(id).fees_used(), fees()), (650 + 60, 20, 0));
		let record = MockProviders::get(provider).unwrap();
		assert_eq!((record.assigned, record.running), (0, 1));
		assert_noop!(
			Market::accept_job(signed(worker(provider)), id),
			Error::<Test>::NotAssigned
		);
	});
}

#[test]
fn only_the_assigned_worker_accepts_and_only_in_time() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let other = MockProviders::register(1);
		let id = submit(ALICE, book_spec(10, 0));
		for stranger in [worker(other), owner(provider), payout(provider), ALICE] {
			assert_noop!(Market::accept_job(signed(stranger), id), Error::<Test>::NotAssignee);
			assert_noop!(
				Market::reject_job(signed(stranger), id, RejectReason::Other),
				Error::<Test>::NotAssignee
			);
		}
		assert_noop!(
			Market::accept_job(signed(worker(provider)), JobId(H256::zero())),
			Error::<Test>::UnknownJob
		);
		// The last tick of the window is 8. The hook has not run, and the guard holds all the same.
		skip_ticks(7);
		assert_eq!(now(), 8);
		polkadot_sdk::frame_support::hypothetically!(accept(provider, id));
		skip_ticks(1);
		assert_noop!(
			Market::accept_job(signed(worker(provider)), id),
			Error::<Test>::AcceptWindowOver
		);
		assert_noop!(
			Market::reject_job(signed(worker(provider)), id, RejectReason::Other),
			Error::<Test>::AcceptWindowOver
		);
	});
}

#[test]
fn a_lane_holds_one_job() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let (one, two) = (submit(ALICE, book_spec(10, 0)), submit(ALICE, book_spec(10, 0)));
		accept(provider, one);
		assert_noop!(Market::accept_job(signed(worker(provider)), two), Error::<Test>::NoLane);
		assert_noop!(
			Market::commit_result(signed(worker(provider)), two, H256::zero(), 1),
			Error::<Test>::NoLane
		);
		commit(provider, one, G);
		accept(provider, two);
	});
}

#[test]
fn busy_is_free_and_only_true_when_it_is() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let (one, two) = (submit(ALICE, book_spec(10, 0)), submit(ALICE, book_spec(10, 0)));
		assert_noop!(
			Market::reject_job(signed(worker(provider)), two, RejectReason::Busy),
			Error::<Test>::NotBusy
		);
		accept(provider, one);
		assert_eq!(reject(provider, two, RejectReason::Busy), Pays::Yes);
		// Nothing but the acceptance of the first is used up; the job waits for another.
		assert_eq!((job(one).fees_used(), job(two).fees_used()), (20, 0));
		assert_eq!(
			(job(two).state, job(two).fees_left, job(two).assignments),
			(JobState::Pending, 3, 1)
		);
		assert!(
			Asks::<Test>::get(provider).slots[0].unwrap().parked,
			"else it would draw the job again"
		);
		assert_eq!(Asks::<Test>::get(provider).paused_until, 0);
		// A free lane brings the ask back, and the ask the job.
		commit(provider, one, G);
		assert_eq!(job(two).state.provider(), Some(provider));
	});
}

#[test]
fn an_accept_window_that_ends_while_busy_is_no_no_show() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let (one, two) = (submit(ALICE, book_spec(10, 0)), submit(ALICE, book_spec(10, 0)));
		accept(provider, one);
		let stake = MockProviders::stake(&MockProviders::get(provider).unwrap());
		blocks(8);
		assert_eq!(job(two).state, JobState::Pending);
		assert!(events().contains(&Event::JobRejected {
			job: two,
			provider,
			reason: RejectReason::Busy
		}));
		let record = MockProviders::get(provider).unwrap();
		assert_eq!((record.no_show, MockProviders::stake(&record)), (0, stake));
		assert_eq!(Asks::<Test>::get(provider).count(), 1);
	});
}

#[test]
fn any_other_reject_costs_a_fee_and_a_pause() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(2, 0);
		let id = submit(ALICE, book_spec(10, 0));
		assert_noop!(
			Market::reject_job(signed(worker(provider)), id, RejectReason::InputsMissing),
			Error::<Test>::NoInputs
		);
		assert_eq!(reject(provider, id, RejectReason::TooSlow), Pays::No);
		assert_eq!((job(id).fees_used(), held(ALICE)), (20, 650 + 60));
		assert_eq!((job(id).state, job(id).fees_left), (JobState::Pending, 2));
		assert_eq!(Asks::<Test>::get(provider).paused_until, 7);
		// A new ask of the provider waits as well.
		assert_ok!(Market::place_ask(signed(worker(provider)), 1, Level(0)));
		assert_eq!(
			last_event(),
			Event::AskPlaced {
				provider,
				slot: 1,
				pool: POOL,
				level: Level(0),
				parked: true
			}
		);
		blocks(5);
		assert_eq!((now(), job(id).state), (6, JobState::Pending));
		blocks(1);
		assert_eq!(job(id).state.provider(), Some(provider), "the pause is over");
	});
}

#[test]
fn missing_inputs_are_noted_on_both_sides() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, with_inputs(book_spec(4, 0)));
		assert_eq!(reject(provider, id, RejectReason::InputsMissing), Pays::No);
		assert_eq!(MockProviders::get(provider).unwrap().inputs_missing, 1);
		assert_eq!(Requesters::<Test>::get(ALICE).inputs_missing, 1);
	});
}

#[test]
fn three_assignments_are_the_end() {
	ExtBuilder::build_and_execute(|| {
		let providers = [asking(1, 0), asking(1, 1), asking(1, 2)];
		let id = submit(ALICE, book_spec(10, 9));
		for (nth, provider) in providers.into_iter().enumerate() {
			assert_eq!(job(id).state.provider(), Some(provider));
			assert_eq!(usize::from(job(id).assignments), nth + 1);
			reject(provider, id, RejectReason::Unsupported);
		}
		// Three job fees are gone, the escrow of the last price is free again.
		assert_eq!((held(ALICE), free(ALICE), fees()), (0, FUNDS - 60, 60));
		let refund = 750 * 65 / 64 + 1; // 10 × 75 × 65/64 = 761.7
		assert_eq!(
			last_event(),
			Event::JobUnserved {
				job: id,
				requester: ALICE,
				refund,
				fees_returned: 0,
				fees_paid: 60,
				deposit: 0,
				assignments: 3,
				acceptances: 0
			}
		);
		assert_eq!(refund, 762);
		assert_eq!(Requesters::<Test>::get(ALICE).unserved, 1);
	});
}

#[test]
fn the_next_assignment_goes_up_to_the_signed_limit_again() {
	ExtBuilder::build_and_execute(|| {
		let (cheap, dear) = (asking(1, 0), asking(1, 9));
		let id = submit(ALICE, book_spec(10, 9));
		assert_eq!((job(id).price, held(ALICE)), (Price(64), 650 + 60));
		reject(cheap, id, RejectReason::Other);
		assert_eq!(job(id).state.provider(), Some(dear));
		assert_eq!((job(id).price, held(ALICE)), (Price(128), 1_300 + 60));
	});
}

#[test]
fn a_requester_that_spent_what_was_freed_bids_what_it_holds() {
	ExtBuilder::build_and_execute(|| {
		use polkadot_sdk::frame_support::traits::fungible::Mutate;
		let (cheap, _dear) = (asking(1, 0), asking(1, 9));
		let id = submit(ALICE, book_spec(10, 9));
		Balances::set_balance(&ALICE, 100);
		reject(cheap, id, RejectReason::Other);
		assert_eq!((job(id).state, job(id).price), (JobState::Pending, Price(64)));
		assert_eq!(job(id).bid(), Some((POOL, Level(0))));
		assert_eq!(held(ALICE), 650 + 60);
	});
}

#[test]
fn a_no_show_leaves_the_book_and_is_barred_for_longer_each_time() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let stake = MockProviders::stake(&MockProviders::get(provider).unwrap());
		// Bars: 21, 42, 84, then the cap of 101.
		for (nth, bar) in [21, 42, 84, 101, 101].into_iter().enumerate() {
			let mut spec = book_spec(2, 0);
			spec.terms.expires = now() + 3;
			let id = submit(ALICE, spec);
			let (requester, collected) = (free(ALICE), fees());
			blocks(8);
			assert_eq!(Asks::<Test>::get(provider).count(), 0);
			assert!(events().contains(&Event::NoShow {
				job: id,
				provider,
				fee_taken: 20,
				barred_until: now() + bar
			}));
			// The job expired meanwhile, so all of it returns: 130 and three fees. The provider paid the job fee.
			assert_eq!(free(ALICE), requester + 130 + 60);
			assert_eq!(fees(), collected + 20);
			let record = MockProviders::get(provider).unwrap();
			assert_eq!(usize::try_from(record.no_show).unwrap(), nth + 1);
			assert_eq!(MockProviders::stake(&record), stake - 20 * (nth as u128 + 1));

			skip_ticks(bar - 1);
			let place = || Market::place_ask(signed(worker(provider)), 0, Level(0));
			assert_noop!(place(), Error::<Test>::Barred);
			blocks(1);
			assert_ok!(place());
		}
		// A settled job makes it forgotten.
		let id = submit(ALICE, book_spec(2, 0));
		commit(provider, id, G);
		assert_eq!(Asks::<Test>::get(provider).no_shows, 5);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(Market::bar(provider), now() + default_rules().no_show_base);
	});
}

#[test]
fn after_a_no_show_the_job_goes_on() {
	ExtBuilder::build_and_execute(|| {
		let (_absent, present) = (asking(1, 0), asking(1, 3));
		let id = submit(ALICE, book_spec(10, 9));
		blocks(8);
		assert_eq!(
			job(id).state,
			JobState::Assigned {
				provider: present,
				until: now() + 7
			}
		);
		assert_eq!((job(id).assignments, job(id).fees_left), (2, 3));
	});
}

#[test]
fn an_offer_obliges_to_nothing() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 5);
		let stake = MockProviders::stake(&MockProviders::get(provider).unwrap());
		let id = submit(ALICE, target_spec(10, provider, 64));
		blocks(8);
		// Refund of 650, two fees back, one used.
		assert_eq!(free(ALICE), FUNDS - 20);
		assert_eq!(fees(), 20);
		assert!(events().contains(&Event::OfferLapsed { job: id, provider }));
		let record = MockProviders::get(provider).unwrap();
		assert_eq!(
			(record.no_show, MockProviders::stake(&record), record.asks),
			(0, stake, 1)
		);
		assert!(!Asks::<Test>::get(provider).slots[0].unwrap().parked);

		let id = submit(ALICE, target_spec(10, provider, 64));
		assert_eq!(reject(provider, id, RejectReason::Other), Pays::No);
		assert!(!Asks::<Test>::get(provider).slots[0].unwrap().parked, "no pause");
		assert_eq!(free(ALICE), FUNDS - 40);
	});
}

#[test]
fn a_busy_provider_declines_an_offer_for_free() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let one = submit(ALICE, target_spec(10, provider, 64));
		accept(provider, one);
		let two = submit(BOB, target_spec(10, provider, 64));
		assert_eq!(reject(provider, two, RejectReason::Busy), Pays::Yes);
		assert_eq!(free(BOB), FUNDS);
	});
}
