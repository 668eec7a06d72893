//! Each call of a worker that succeeds says that it lives, once; nothing else does.

use crate::{mock::*, Error, RejectReason};
use millrace_primitives::{Level, ProviderId};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
};

/// How often the provider made itself heard.
fn heard(provider: ProviderId) -> u32 {
	MockProviders::get(provider).expect("registered").heard
}

#[test]
fn placing_and_withdrawing_asks_is_heard() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let place = |slot| Market::place_ask(signed(worker(provider)), slot, Level(0));
		let withdraw = |slot| Market::withdraw_ask(signed(worker(provider)), slot);
		assert_ok!(place(0));
		assert_eq!(heard(provider), 1);
		assert_noop!(place(0), Error::<Test>::SlotTaken);
		assert_noop!(place(4), Error::<Test>::NoSuchSlot);
		assert_noop!(withdraw(0), Error::<Test>::AskTooYoung);
		assert_noop!(withdraw(1), Error::<Test>::SlotEmpty);
		assert_eq!(heard(provider), 1);
		// That an ask takes a bid at once makes no difference.
		let id = submit(ALICE, book_spec(10, 0));
		assert_eq!(job(id).state.provider(), Some(provider));
		submit(ALICE, book_spec(10, 0));
		let waiting = submit(ALICE, book_spec(10, 0));
		let second = MockProviders::register(1);
		assert_ok!(Market::place_ask(signed(worker(second)), 0, Level(0)));
		assert_eq!(job(waiting).state.provider(), Some(second));
		assert_eq!((heard(provider), heard(second)), (1, 1));
		skip_ticks(4);
		assert_ok!(withdraw(0));
		assert_eq!((heard(provider), heard(second)), (2, 1));
	});
}

#[test]
fn every_call_about_a_job_is_heard_once() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let by_worker = || signed(worker(provider));
		let root = H256([6; 32]);
		let id = submit(ALICE, book_spec(10, 0));
		let waiting = submit(ALICE, book_spec(10, 0));
		assert_eq!(heard(provider), 1, "its ask");

		assert_noop!(
			Market::reject_job(by_worker(), id, RejectReason::Busy),
			Error::<Test>::NotBusy
		);
		assert_noop!(
			Market::commit_result(by_worker(), id, root, 10 * G + 1),
			Error::<Test>::TooManyUnits
		);
		assert_noop!(Market::abandon_job(by_worker(), id), Error::<Test>::NotRunning);
		assert_eq!(heard(provider), 1);
		assert_ok!(Market::accept_job(by_worker(), id));
		assert_eq!(heard(provider), 2);
		assert_noop!(Market::accept_job(by_worker(), id), Error::<Test>::NotAssigned);
		assert_noop!(Market::accept_job(by_worker(), waiting), Error::<Test>::NoLane);
		assert_eq!(heard(provider), 2);
		// Free of consequences, and an answer all the same.
		assert_ok!(Market::reject_job(by_worker(), waiting, RejectReason::Busy));
		assert_eq!(heard(provider), 3);
		assert_ok!(Market::abandon_job(by_worker(), id));
		assert_eq!(heard(provider), 4);
		assert_noop!(Market::abandon_job(by_worker(), id), Error::<Test>::NotRunning);
		// It takes the next, which it had rejected, as the book has nobody else; and then the one that it gave up.
		assert_eq!(job(waiting).state.provider(), Some(provider));
		assert_ok!(Market::commit_result(by_worker(), waiting, root, 5));
		assert_eq!(heard(provider), 5);
		// A worker that is not sure whether it was heard says it again.
		assert_ok!(Market::commit_result(by_worker(), waiting, root, 5));
		assert_eq!(heard(provider), 6);
		assert_noop!(
			Market::commit_result(by_worker(), waiting, root, 6),
			Error::<Test>::AlreadyCommitted
		);
		assert_eq!(heard(provider), 6);
		assert_eq!(job(id).state.provider(), Some(provider));
		assert_ok!(Market::reject_job(by_worker(), id, RejectReason::TooSlow));
		assert_eq!(heard(provider), 7);
	});
}

#[test]
fn what_others_do_with_its_jobs_is_not_heard() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let paid = submit(ALICE, book_spec(10, 0));
		commit(provider, paid, G);
		assert_eq!(heard(provider), 2);
		assert_ok!(Market::settle_now(signed(ALICE), paid));
		let cancelled = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::cancel_job(signed(ALICE), cancelled));
		let missed = submit(ALICE, book_spec(10, 0));
		for who in [ALICE, owner(provider), payout(provider)] {
			assert_noop!(Market::accept_job(signed(who), missed), Error::<Test>::NotAssignee);
		}
		// Nor is what the hook does, or anyone who touches a job.
		skip_ticks(8);
		assert_ok!(Market::touch(signed(worker(provider)), missed));
		assert_eq!(MockProviders::get(provider).unwrap().no_show, 1);
		assert_eq!(heard(provider), 2);
	});
}

#[test]
fn one_provider_does_not_speak_for_another() {
	ExtBuilder::build_and_execute(|| {
		let (first, second) = (asking(1, 0), asking(1, 1));
		let id = submit(ALICE, book_spec(10, 0));
		assert_noop!(
			Market::accept_job(signed(worker(second)), id),
			Error::<Test>::NotAssignee
		);
		assert_ok!(Market::accept_job(signed(worker(first)), id));
		assert_eq!((heard(first), heard(second)), (2, 1));
	});
}
