//! What becomes of the other jobs of a provider after one of its results was refuted. No loop goes through them: each is
//! looked at when it is touched.

use super::refute::refute;
use crate::{mock::*, Error, Event, JobState, Jobs, Requesters};
use millrace_primitives::{JobId, Level, Price, ProviderId, Tick};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, dispatch::Pays};

/// Commits a lie of the provider's, whose ask must be the best, to a job of BOB's.
fn lie(provider: ProviderId) -> (Work, Tree, JobId) {
	let work = Work::triples();
	let tree = work.wrong_byte(0);
	let id = committed(BOB, provider, &work, &tree);
	(work, tree, id)
}

fn convict(provider: ProviderId) {
	let (work, tree, id) = lie(provider);
	assert_ok!(refute(CHARLIE, id, work.proof(&tree, 0)));
}

/// An honest result of the provider's, for ALICE.
fn honest(provider: ProviderId) -> JobId {
	let work = Work::triples();
	committed(ALICE, provider, &work, &work.honest())
}

fn touch(id: JobId) {
	assert_ok!(Market::touch(signed(CHARLIE), id));
}

fn voided(id: JobId, provider: ProviderId) -> Event<Test> {
	Event::JobVoided {
		job: id,
		provider,
		requester: ALICE,
		refund: 100,
		fees_returned: 40,
		fees_paid: 20,
		deposit: 0,
	}
}

fn is_gone(id: JobId) -> bool {
	!Jobs::<Test>::contains_key(id)
}

#[test]
fn what_was_final_before_is_paid_and_what_was_open_is_not() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		// Windows end with ticks 31, 32 and 40.
		let (final_before, open_until) = (honest(provider), {
			skip_ticks(1);
			honest(provider)
		});
		skip_ticks(8);
		let (work, tree, id) = lie(provider);
		skip_ticks(22);
		assert_eq!(now(), 32);
		assert_ok!(refute(CHARLIE, id, work.proof(&tree, 0)));

		touch(final_before);
		// 40 planck for the bytes, of which 2 are the protocol's.
		assert!(matches!(
			last_event(),
			Event::JobSettled {
				job,
				payment: 40,
				fee: 2,
				refund: 60,
				fees_returned: 40,
				fees_paid: 20,
				deposit: 0,
				lapsed: true,
				..
			} if job == final_before
		));
		assert_eq!(free(payout(provider)), 10_038);
		// The refutation came in its last tick.
		touch(open_until);
		assert_eq!(last_event(), voided(open_until, provider));
		assert_eq!((free(ALICE), held(ALICE)), (FUNDS - 40 - 2 * 20, 0));
		let known = Requesters::<Test>::get(ALICE);
		assert_eq!((known.live, known.paid_jobs, known.voided, known.refuted), (0, 1, 1, 0));
		assert_eq!(MockProviders::get(provider).unwrap().committed, 0);
	});
}

#[test]
fn a_final_result_is_paid_by_the_hook_and_by_settle_too() {
	for by_hook in [true, false] {
		ExtBuilder::build_and_execute(|| {
			let provider = asking(1, 0);
			let id = honest(provider);
			skip_ticks(31);
			convict(provider);
			assert_eq!(now(), 32);
			if by_hook {
				blocks(1);
			} else {
				assert_ok!(Market::settle(signed(BOB), id));
			}
			assert_eq!(free(payout(provider)), 10_038);
		});
	}
}

#[test]
fn an_open_result_is_void_by_touch_by_settle_and_by_the_hook() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let jobs = [honest(provider), honest(provider), honest(provider)];
		convict(provider);
		touch(jobs[0]);
		assert_eq!(last_event(), voided(jobs[0], provider));
		assert_noop!(Market::settle(signed(BOB), jobs[1]), Error::<Test>::WindowOpen);
		skip_ticks(30);
		assert_noop!(Market::settle(signed(BOB), jobs[1]), Error::<Test>::WindowOpen);
		skip_ticks(1);
		let info = Market::settle(signed(BOB), jobs[1]).unwrap();
		assert_eq!(info.pays_fee, Pays::No);
		assert_eq!(last_event(), voided(jobs[1], provider));
		assert!(!is_gone(jobs[2]));
		blocks(1);
		assert!(is_gone(jobs[2]) && events().contains(&voided(jobs[2], provider)));
		// Each used one job fee; nothing was paid.
		assert_eq!((free(ALICE), held(ALICE)), (FUNDS - 3 * 20, 0));
		assert_eq!(free(payout(provider)), 10_000);
		assert_eq!(Requesters::<Test>::get(ALICE).voided, 3);
	});
}

#[test]
fn the_requester_may_still_pay_for_what_it_has_checked() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = honest(provider);
		convict(provider);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(free(payout(provider)), 10_038);
	});
}

/// An assigned and a running job of the book, and an offered and a running one that name the provider.
fn unfinished(provider: ProviderId) -> [JobId; 4] {
	let work = Work::triples();
	let book = || submit(ALICE, work.fill(book_spec(10, 1)));
	let named = || submit(ALICE, work.fill(target_spec(10, provider, 64)));
	let jobs = [book(), book(), named(), named()];
	for running in [jobs[1], jobs[3]] {
		assert_ok!(Market::accept_job(signed(worker(provider)), running));
	}
	jobs
}

#[test]
fn an_unfinished_job_goes_to_the_next_or_ends_with_a_refund() {
	ExtBuilder::build_and_execute(|| {
		let (provider, other) = (asking(3, 0), asking(2, 1));
		let [assigned, running, offered, named] = unfinished(provider);
		convict(provider);
		let stake = MockProviders::stake(&MockProviders::get(provider).unwrap());
		// Level 1 is 69 planck.
		for (id, fees_left) in [(assigned, 3), (running, 2)] {
			touch(id);
			let seen = events();
			assert_eq!(
				seen[seen.len() - 2..],
				[
					Event::AssignmentVoided { job: id, provider },
					Event::JobAssigned {
						job: id,
						provider: other,
						price: Price(69),
						until: 8
					}
				]
			);
			assert_eq!((job(id).assignments, job(id).fees_left), (2, fees_left));
		}
		for (id, fees_returned, acceptances) in [(offered, 60, 0), (named, 40, 1)] {
			touch(id);
			let seen = events();
			assert_eq!(
				seen[seen.len() - 2..],
				[
					Event::AssignmentVoided { job: id, provider },
					Event::JobUnserved {
						job: id,
						requester: ALICE,
						refund: 100,
						fees_returned,
						fees_paid: 60 - fees_returned,
						deposit: 0,
						assignments: 1,
						acceptances
					}
				]
			);
		}
		// It was neither late nor absent: nothing but the slash was taken.
		let record = MockProviders::get(provider).unwrap();
		assert_eq!(MockProviders::stake(&record), stake);
		assert_eq!((record.late, record.no_show, record.abandoned), (0, 0, 0));
		assert_eq!((record.assigned, record.running, record.committed), (0, 0, 0));
		// Two have ended, of which one was accepted; of those that live it is still held.
		assert_eq!(free(ALICE) + held(ALICE), FUNDS - 20);
		// The next one serves them to the end.
		let work = Work::triples();
		for id in [assigned, running] {
			commit_tree(other, id, &work.honest());
			assert_ok!(Market::settle_now(signed(ALICE), id));
		}
		assert_eq!(held(ALICE), 0);
	});
}

#[test]
fn the_hook_finds_an_unfinished_job_at_its_entry() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(3, 0);
		let [assigned, running, offered, named] = unfinished(provider);
		convict(provider);
		let stake = MockProviders::stake(&MockProviders::get(provider).unwrap());
		// Accept windows end with tick 8. The entries of those that run stand there, too, though their deadline is tick 31.
		blocks(7);
		assert!(matches!(job(running).state, JobState::Running { .. }));
		blocks(1);
		assert_eq!(now(), 9);
		assert!(is_gone(offered) && is_gone(named));
		for bid in [assigned, running] {
			assert_eq!(job(bid).state, JobState::Pending, "nobody else is there");
		}
		// Both bids expire with tick 41.
		blocks(33);
		assert!(is_gone(assigned) && is_gone(running));
		assert_eq!((free(ALICE), held(ALICE)), (FUNDS - 2 * 20, 0));
		let record = MockProviders::get(provider).unwrap();
		assert_eq!((record.late, record.no_show), (0, 0));
		assert_eq!(MockProviders::stake(&record), stake, "no credit, no fee");
	});
}

#[test]
fn a_convicted_provider_takes_and_finishes_nothing() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(3, 0);
		let [assigned, running, ..] = unfinished(provider);
		let work = Work::triples();
		let root = work.honest().root();
		convict(provider);
		let by = || signed(worker(provider));
		let commit = |id: JobId| Market::commit_result(by(), id, root.hash.into(), root.units);
		assert_noop!(Market::accept_job(by(), assigned), Error::<Test>::ProviderConvicted);
		assert_noop!(commit(assigned), Error::<Test>::ProviderConvicted);
		assert_noop!(commit(running), Error::<Test>::ProviderConvicted);
		assert_noop!(Market::place_ask(by(), 0, Level(0)), Error::<Test>::ProviderNotActive);
		assert_noop!(
			Market::submit_job(signed(ALICE), work.fill(target_spec(10, provider, 64))),
			Error::<Test>::ProviderNotActive
		);
		// A job of the book passes it by.
		let id = submit(ALICE, work.spec());
		assert_eq!(job(id).state, JobState::Pending);
	});
}

/// Nine jobs in three states beside the lie: one proof ends ten jobs, and costs what a proof costs.
#[test]
fn ten_open_jobs_end_right_after_one_refutation() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(10, 0);
		let work = Work::triples();
		let jobs: Vec<_> = (0..9).map(|_| submit(ALICE, work.spec())).collect();
		for id in &jobs[..3] {
			commit_tree(provider, *id, &work.honest());
		}
		for id in &jobs[3..6] {
			assert_ok!(Market::accept_job(signed(worker(provider)), *id));
		}
		convict(provider);
		let count = || {
			let record = MockProviders::get(provider).unwrap();
			(record.assigned, record.running, record.committed)
		};
		assert_eq!(count(), (3, 3, 3), "none of them was looked at");

		blocks(60);
		assert_eq!(Jobs::<Test>::iter_keys().count(), 0);
		assert_eq!(count(), (0, 0, 0));
		let seen = events();
		let ended = |kind: fn(&Event<Test>) -> bool| seen.iter().filter(|event| kind(event)).count();
		assert_eq!(ended(|event| matches!(event, Event::JobRefuted { .. })), 1);
		assert_eq!(ended(|event| matches!(event, Event::JobVoided { .. })), 3);
		assert_eq!(ended(|event| matches!(event, Event::AssignmentVoided { .. })), 6);
		assert_eq!(ended(|event| matches!(event, Event::JobExpired { .. })), 6);
		// Six of ALICE's jobs and BOB's were accepted. All else is free again, and the provider got nothing.
		assert_eq!((free(ALICE), held(ALICE)), (FUNDS - 6 * 20, 0));
		assert_eq!((free(BOB), held(BOB)), (FUNDS - 20, 0));
		assert_eq!(fees(), 7 * 20);
		assert_eq!(free(payout(provider)), 10_000);
		let record = MockProviders::get(provider).unwrap();
		assert_eq!(MockProviders::stake(&record), 10 * 240_000 - 120_000);
	});
}

#[test]
fn when_the_conviction_is_lifted_what_nobody_touched_goes_on() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(3, 0);
		let work = Work::triples();
		let (touched, untouched) = (honest(provider), honest(provider));
		let [assigned, running, ..] = unfinished(provider);
		convict(provider);
		touch(touched);
		MockProviders::cancel_slashes(provider);
		assert_noop!(Market::touch(signed(BOB), untouched), Error::<Test>::NothingDue);
		commit_tree(provider, running, &work.honest());
		assert_ok!(Market::accept_job(signed(worker(provider)), assigned));
		commit_tree(provider, assigned, &work.honest());
		for id in [untouched, running, assigned] {
			assert_ok!(Market::settle_now(signed(ALICE), id));
		}
		// The refund stays.
		assert!(is_gone(touched));
		assert_eq!(free(payout(provider)), 10_000 + 3 * 38);
		let record = MockProviders::get(provider).unwrap();
		assert_eq!(MockProviders::stake(&record), 3 * 240_000);
		assert_ok!(Market::place_ask(signed(worker(provider)), 0, Level(0)));
	});
}

/// After a reactivation jobs are judged by themselves again.
#[test]
fn a_conviction_is_of_the_jobs_that_were_open_then() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		convict(provider);
		MockProviders::change(provider, |record| {
			record.fraud_clock = None;
			record.active = true;
		});
		assert_ok!(Market::place_ask(signed(worker(provider)), 0, Level(0)));
		let until: Tick = now() + default_rules().window;
		let id = honest(provider);
		skip_ticks(until + 1 - now());
		touch(id);
		assert!(matches!(last_event(), Event::JobSettled { payment: 40, .. }));
	});
}
