//! Committing: from both states, once, in time, and only what can be paid.

use crate::{mock::*, Error, Event, JobState, Window};
use millrace_primitives::JobId;
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::Pays},
	sp_core::H256,
};

const ROOT: H256 = H256([6; 32]);

#[test]
fn a_commitment_implies_the_acceptance() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		let info = Market::commit_result(signed(worker(provider)), id, ROOT, 10 * G).unwrap();
		assert_eq!(info.pays_fee, Pays::No);
		assert_eq!(
			job(id).state,
			JobState::Committed {
				provider,
				payout: payout(provider),
				root: ROOT,
				units: 10 * G,
				at: 1,
				window: Window::Open { end: 31 }
			}
		);
		assert_eq!(
			last_event(),
			Event::JobCommitted {
				job: id,
				provider,
				root: ROOT,
				units: 10 * G,
				window_end: 31
			}
		);
		assert_eq!((job(id).acceptances, job(id).fees_left, fees()), (1, 2, 0));
		let record = MockProviders::get(provider).unwrap();
		assert_eq!((record.assigned, record.running, record.committed), (0, 0, 1));
	});
}

#[test]
fn one_fee_prepays_acceptance_and_commitment() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::accept_job(signed(worker(provider)), id));
		blocks(2);
		let info = Market::commit_result(signed(worker(provider)), id, ROOT, 5).unwrap();
		assert_eq!(info.pays_fee, Pays::No);
		assert_eq!((job(id).fees_left, fees()), (2, 0));
		assert!(matches!(
			job(id).state,
			JobState::Committed {
				window: Window::Open { end: 33 },
				units: 5,
				..
			}
		));
	});
}

#[test]
fn an_equal_repeat_succeeds_and_a_different_one_does_not() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		let worker = || signed(worker(provider));
		assert_ok!(Market::commit_result(worker(), id, ROOT, 5));
		let before = job(id);
		let info = Market::commit_result(worker(), id, ROOT, 5).unwrap();
		assert_eq!(info.pays_fee, Pays::Yes);
		assert_eq!(job(id), before);
		assert_noop!(
			Market::commit_result(worker(), id, ROOT, 6),
			Error::<Test>::AlreadyCommitted
		);
		assert_noop!(
			Market::commit_result(worker(), id, H256::zero(), 5),
			Error::<Test>::AlreadyCommitted
		);
		assert_noop!(
			Market::commit_result(signed(ALICE), id, ROOT, 5),
			Error::<Test>::NotAssignee
		);
	});
}

#[test]
fn commitments_are_bounded_and_in_time() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(2, 0);
		let worker = || signed(worker(provider));
		let assigned = submit(ALICE, book_spec(10, 0));
		let running = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::accept_job(worker(), running));
		for id in [assigned, running] {
			assert_noop!(
				Market::commit_result(worker(), id, ROOT, 10 * G + 1),
				Error::<Test>::TooManyUnits
			);
			assert_noop!(
				Market::commit_result(signed(BOB), id, ROOT, 1),
				Error::<Test>::NotAssignee
			);
		}
		let unknown = JobId(H256::zero());
		assert_noop!(
			Market::commit_result(worker(), unknown, ROOT, 1),
			Error::<Test>::UnknownJob
		);
		let pending = submit(ALICE, {
			let mut spec = book_spec(10, 0);
			spec.terms.target = millrace_primitives::Target::Book {
				pool: millrace_primitives::Pool {
					region: millrace_primitives::Region(9),
					..POOL
				},
				level: millrace_primitives::Level(0),
			};
			spec
		});
		assert_noop!(
			Market::commit_result(worker(), pending, ROOT, 1),
			Error::<Test>::NotCommittable
		);

		skip_ticks(7);
		polkadot_sdk::frame_support::hypothetically!(commit(provider, assigned, 1));
		skip_ticks(1);
		assert_noop!(
			Market::commit_result(worker(), assigned, ROOT, 1),
			Error::<Test>::AcceptWindowOver
		);
		// The deadline is tick 31.
		skip_ticks(22);
		assert_eq!(now(), 31);
		polkadot_sdk::frame_support::hypothetically!(commit(provider, running, 1));
		skip_ticks(1);
		assert_noop!(
			Market::commit_result(worker(), running, ROOT, 1),
			Error::<Test>::DeadlinePassed
		);
		assert_noop!(Market::abandon_job(worker(), running), Error::<Test>::DeadlinePassed);
	});
}

#[test]
fn a_result_of_no_units_is_paid_for_its_bytes() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		commit(provider, id, 0);
		assert_eq!(job(id).payment(0), 10);
	});
}
