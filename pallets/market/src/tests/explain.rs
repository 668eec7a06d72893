//! What a job waits for, by real calls, and what then happens.

mod unfit;

use super::{demand::demand, refute::refute};
use crate::{
	mock::*, reads::types::Waits, Error, Event, JobState, Jobs, MarketRules, RejectReason, Window, DEMANDABLE_OUTPUT,
};
use millrace_primitives::{JobId, Level, Price, ProviderId};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, assert_storage_noop};

/// The explanation, which must change nothing.
#[expect(clippy::needless_late_init, reason = "the macro takes a statement")]
fn explain(id: JobId) -> Waits {
	let waits;
	assert_storage_noop!(waits = Market::explain_job(id));
	Option::expect(waits, "it is live")
}

fn accept(provider: ProviderId, id: JobId) {
	assert_ok!(Market::accept_job(signed(worker(provider)), id));
}

/// An event of the pool: somebody comes who wants more than anybody bids.
fn pool_event() {
	asking(1, 200);
}

#[test]
fn a_job_waits_for_an_ask() {
	ExtBuilder::build_and_execute(|| {
		let id = submit(ALICE, book_spec(2, 5));
		assert_eq!(explain(id), Waits::NoAsk { expires: 41 });
		// One that cannot serve is none.
		let measured = MockProviders::register(1);
		MockProviders::change(measured, |record| record.measuring = true);
		assert_ok!(Market::place_ask(signed(worker(measured)), 0, Level(0)));
		assert_eq!(explain(id), Waits::NoAsk { expires: 41 });
		// 64 × 1.08⁵ = 94.04.
		pool_event();
		let cheapest = Level(200).price();
		assert_eq!(
			explain(id),
			Waits::AsksTooDear {
				cheapest,
				bid: Price(94),
				expires: 41
			}
		);
		pool_event();
		assert_eq!(job(id).state, JobState::Pending);
		let provider = asking(1, 5);
		assert_eq!(job(id).state.provider(), Some(provider));
		assert_ok!(Market::withdraw_all(measured));
	});
}

#[test]
fn the_last_tick_of_a_job_that_waits_is_the_one_that_is_said() {
	ExtBuilder::build_and_execute(|| {
		let id = submit(ALICE, book_spec(2, 5));
		skip_ticks(40);
		assert_eq!((now(), explain(id)), (41, Waits::NoAsk { expires: 41 }));
		skip_ticks(1);
		assert_eq!(explain(id), Waits::Touch { due: 41 });
		// An ask does not help any more.
		asking(1, 0);
		assert_eq!(explain(id), Waits::Touch { due: 41 });
		assert_ok!(Market::touch(signed(BOB), id));
		assert!(matches!(last_event(), Event::JobExpired { job, .. } if job == id));
		assert_eq!(Market::explain_job(id), None);
	});
}

#[test]
fn jobs_of_a_level_wait_for_those_that_came_before() {
	ExtBuilder::build_and_execute(|| {
		let jobs: Vec<_> = (0..7).map(|_| submit(ALICE, book_spec(2, 3))).collect();
		// One ask takes four bids when it comes.
		let provider = asking(4, 3);
		let behind = |ahead| Waits::Behind { ahead, expires: 41 };
		assert_eq!(explain(jobs[4]), Waits::Match { expires: 41 });
		assert_eq!((explain(jobs[5]), explain(jobs[6])), (behind(1), behind(2)));
		pool_event();
		// It took the first, and then all others, for they cross too.
		let states = |from: usize| {
			jobs[from..]
				.iter()
				.map(|id| job(*id).state.provider())
				.collect::<Vec<_>>()
		};
		assert_eq!(states(4), [Some(provider); 3]);
		// One more has room, and then those that bid most go first.
		let late = [3, 4, 3].map(|level| submit(BOB, book_spec(2, level)));
		assert_eq!(job(late[0]).state.provider(), Some(provider));
		assert_eq!(explain(late[1]), too_dear(4));
		assert_eq!(explain(late[2]), too_dear(3));
	});
}

/// Where the cheapest ask is the one of [`pool_event`].
fn too_dear(level: u8) -> Waits {
	Waits::AsksTooDear {
		cheapest: Level(200).price(),
		bid: Level(level).price(),
		expires: 41,
	}
}

#[test]
fn an_assignment_waits_for_its_acceptance_or_for_a_lane() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let jobs = [(); 2].map(|()| submit(ALICE, book_spec(10, 0)));
		let waits = |busy| Waits::Acceptance {
			provider,
			until: 8,
			busy,
		};
		assert_eq!(jobs.map(explain), [waits(false), waits(false)]);
		assert_noop!(
			Market::reject_job(signed(worker(provider)), jobs[1], RejectReason::Busy),
			Error::<Test>::NotBusy
		);
		accept(provider, jobs[0]);
		assert_eq!(explain(jobs[0]), Waits::Result { provider, deadline: 31 });
		assert_eq!(explain(jobs[1]), waits(true));
		assert_noop!(
			Market::accept_job(signed(worker(provider)), jobs[1]),
			Error::<Test>::NoLane
		);
		// The last tick is over, and busy is no no-show.
		skip_ticks(7);
		assert_eq!(explain(jobs[1]), waits(true));
		skip_ticks(1);
		assert_eq!(explain(jobs[1]), Waits::Touch { due: 8 });
		assert_ok!(Market::touch(signed(BOB), jobs[1]));
		assert_eq!(explain(jobs[1]), Waits::NoAsk { expires: 41 });
		assert_eq!(MockProviders::get(provider).unwrap().no_show, 0);
	});
}

#[test]
fn a_result_and_then_its_window_are_waited_for() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		accept(provider, id);
		skip_ticks(30);
		assert_eq!(explain(id), Waits::Result { provider, deadline: 31 });
		polkadot_sdk::frame_support::hypothetically!({
			skip_ticks(1);
			assert_eq!(explain(id), Waits::Touch { due: 31 });
			assert_ok!(Market::touch(signed(BOB), id));
			assert!(events().iter().any(|event| matches!(event, Event::JobLate { .. })));
		});
		commit(provider, id, 10 * G);
		assert_eq!(explain(id), Waits::Window { provider, end: 61 });
		skip_ticks(30);
		assert_eq!(explain(id), Waits::Window { provider, end: 61 });
		assert_noop!(Market::settle(signed(BOB), id), Error::<Test>::WindowOpen);
		skip_ticks(1);
		assert_eq!(explain(id), Waits::Touch { due: 61 });
		assert_ok!(Market::settle(signed(BOB), id));
		assert!(!Jobs::<Test>::contains_key(id));
	});
}

#[test]
fn leaves_are_waited_for_and_those_that_queue_have_no_time() {
	ExtBuilder::build_and_execute(|| {
		RulesNow::set(&MarketRules {
			output_max: DEMANDABLE_OUTPUT,
			book_output_max: DEMANDABLE_OUTPUT,
			..default_rules()
		});
		let provider = asking(1, 0);
		let work = Work::new(BLOCKS, 64, vec![]);
		let tree = work.honest();
		// Four times 64 KiB are open at once.
		let jobs = [(); 5].map(|()| committed(ALICE, provider, &work, &tree));
		let leaves: Vec<u32> = (0..64).collect();
		for id in jobs {
			assert_ok!(demand(ALICE, id, &leaves));
		}
		let waits = |until| Waits::Leaves { provider, until };
		assert_eq!(explain(jobs[0]), waits(Some(24)));
		assert_eq!(explain(jobs[4]), waits(None));
		skip_ticks(24);
		assert_eq!(explain(jobs[0]), Waits::Touch { due: 24 });
		assert_eq!(explain(jobs[4]), waits(None), "its time has not begun");
		assert_noop!(Market::touch(signed(BOB), jobs[4]), Error::<Test>::NothingDue);
		assert_ok!(Market::touch(signed(BOB), jobs[0]));
		assert!(matches!(
			job(jobs[4]).state,
			JobState::Committed {
				window: Window::Demanded { until: Some(48), .. },
				..
			}
		));
		assert_eq!(explain(jobs[4]), waits(Some(48)));
	});
}

#[test]
fn jobs_of_a_convicted_provider_are_void_unless_their_window_was_over() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(2, 0);
		let work = Work::triples();
		let tree = work.honest();
		// The windows of the first end with tick 31.
		let over = committed(ALICE, provider, &work, &tree);
		skip_ticks(1);
		let open = committed(ALICE, provider, &work, &tree);
		let lie = work.wrong_byte(0);
		let refuted = committed(BOB, provider, &work, &lie);
		let (running, assigned) = (submit(ALICE, work.spec()), submit(ALICE, work.spec()));
		accept(provider, running);
		skip_ticks(30);
		assert_eq!(now(), 32);
		assert_eq!(explain(over), Waits::Touch { due: 31 });
		assert_ok!(refute(CHARLIE, refuted, work.proof(&lie, 0)));

		assert_eq!(explain(over), Waits::Touch { due: 31 });
		for id in [open, running, assigned] {
			assert_eq!(explain(id), Waits::Void { provider });
			assert_ok!(Market::touch(signed(BOB), id));
		}
		assert!(!Jobs::<Test>::contains_key(open), "it is refunded");
		for id in [running, assigned] {
			assert_eq!(explain(id), Waits::NoAsk { expires: 42 });
		}
		assert_ok!(Market::touch(signed(BOB), over));
		assert!(matches!(last_event(), Event::JobSettled { .. }));
	});
}
