//! Windows of results that nobody could look at: while its provider does not answer a window is extended by 9 ticks at a
//! time, and by 55 in all.

use super::{
	demand::{demand, provide, window, Honest},
	refute::refute,
};
use crate::{mock::*, Deadlines, Error, Event, Jobs, MarketRules, Requesters, Window};
use millrace_primitives::{JobId, ProviderId, Tick};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, hypothetically},
	sp_runtime::DispatchError,
};

/// A result of 650 planck, committed at tick 1, so that its window ends with tick 31.
fn waiting() -> (ProviderId, JobId) {
	let provider = asking(1, 0);
	let id = submit(ALICE, book_spec(10, 0));
	commit(provider, id, 10 * G);
	(provider, id)
}

fn set_answers(provider: ProviderId, answers: bool) {
	MockProviders::change(provider, |record| record.answers = answers);
}

/// A result as above whose provider does not answer.
fn out_of_reach() -> (ProviderId, JobId) {
	let (provider, id) = waiting();
	set_answers(provider, false);
	(provider, id)
}

/// The ends to which the window of a job was extended.
fn extensions(id: JobId) -> Vec<Tick> {
	let ends = events().into_iter().filter_map(|event| match event {
		Event::WindowExtended { job, window_end, .. } if job == id => Some(window_end),
		_ => None,
	});
	ends.collect()
}

#[test]
fn a_window_is_extended_while_nobody_could_look_and_then_pays() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = out_of_reach();
		blocks(30);
		assert_eq!(
			(now(), window(id), job(id).lapses_by),
			(31, Window::Open { end: 31 }, None)
		);
		blocks(1);
		assert_eq!(
			last_event(),
			Event::WindowExtended {
				job: id,
				provider,
				window_end: 41
			}
		);
		assert_eq!((window(id), job(id).lapses_by), (Window::Open { end: 41 }, Some(86)));
		assert_eq!(Deadlines::<Test>::iter_keys().collect::<Vec<_>>(), [(41, id)]);
		blocks(86 - now());
		// 82 + 9 would be more than 31 + 55.
		assert_eq!(extensions(id), [41, 51, 61, 71, 81, 86]);
		assert_eq!(job(id).lapses_by, Some(86));
		assert_eq!(free(payout(provider)), 10_000);
		blocks(1);
		assert!(!Jobs::<Test>::contains_key(id));
		assert!(matches!(
			last_event(),
			Event::JobSettled {
				payment: 650,
				lapsed: true,
				..
			}
		));
		// 5 % of 650 is the protocol's.
		assert_eq!(free(payout(provider)), 10_618);
		assert_eq!(Requesters::<Test>::get(ALICE).lapsed, 1);
	});
}

#[test]
fn nobody_settles_a_result_that_nobody_could_look_at() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = out_of_reach();
		let settle = || Market::settle(signed(BOB), id);
		skip_ticks(30);
		assert_noop!(settle(), Error::<Test>::WindowOpen);
		// Whether the hook has come by yet or not.
		for tick in [32, 41, 86] {
			skip_ticks(tick - now());
			assert_noop!(settle(), Error::<Test>::ProviderUnreachable);
		}
		hypothetically!({
			set_answers(provider, true);
			assert_ok!(settle());
		});
		skip_ticks(1);
		assert_ok!(settle());
		assert!(matches!(last_event(), Event::JobSettled { lapsed: true, .. }));
		assert!(extensions(id).is_empty());
	});
}

#[test]
fn a_touch_extends_as_the_hook_does() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = out_of_reach();
		let touch = || Market::touch(signed(BOB), id);
		skip_ticks(30);
		assert_noop!(touch(), Error::<Test>::NothingDue);
		skip_ticks(1);
		assert_ok!(touch());
		assert_eq!(extensions(id), [41]);
		assert_noop!(touch(), Error::<Test>::NothingDue);
		assert_noop!(Market::settle(signed(BOB), id), Error::<Test>::WindowOpen);
		// From the tick at which it is touched on, and no later than the first end allows.
		skip_ticks(18);
		assert_ok!(touch());
		skip_ticks(36);
		assert_eq!(now(), 86);
		assert_ok!(touch());
		assert_eq!(extensions(id), [41, 59, 86]);
		assert_noop!(touch(), Error::<Test>::NothingDue);
		skip_ticks(1);
		assert_ok!(touch());
		assert!(matches!(last_event(), Event::JobSettled { lapsed: true, .. }));
		assert_eq!(free(payout(provider)), 10_618);
	});
}

/// A hook that came late does not extend what has lapsed by now.
#[test]
fn a_late_hook_pays_what_cannot_be_extended_any_more() {
	ExtBuilder::build_and_execute(|| {
		let (_, id) = out_of_reach();
		skip_ticks(86);
		assert_ok!(Market::touch(signed(BOB), id));
		assert!(matches!(last_event(), Event::JobSettled { lapsed: true, .. }));
		assert!(extensions(id).is_empty());
	});
}

#[test]
fn the_requester_settles_whenever_it_likes() {
	for ticks in [0, 40, 50] {
		ExtBuilder::build_and_execute(|| {
			let (provider, id) = out_of_reach();
			skip_ticks(31);
			assert_ok!(Market::touch(signed(BOB), id));
			skip_ticks(ticks);
			assert_noop!(Market::settle_now(signed(BOB), id), Error::<Test>::NotRequester);
			assert_ok!(Market::settle_now(signed(ALICE), id));
			assert!(matches!(last_event(), Event::JobSettled { lapsed: false, .. }));
			assert_eq!(free(payout(provider)), 10_618);
		});
	}
}

#[test]
fn it_pays_at_the_end_of_the_window_once_its_provider_answers_again() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = out_of_reach();
		blocks(34);
		assert_eq!((now(), window(id)), (35, Window::Open { end: 41 }));
		set_answers(provider, true);
		assert_noop!(Market::settle(signed(BOB), id), Error::<Test>::WindowOpen);
		blocks(6);
		assert!(Jobs::<Test>::contains_key(id));
		blocks(1);
		assert!(matches!(last_event(), Event::JobSettled { lapsed: true, .. }));
		assert_eq!(extensions(id), [41]);
	});
	// Gone again, it has what is left of the 55 ticks.
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = out_of_reach();
		blocks(34);
		set_answers(provider, true);
		blocks(2);
		set_answers(provider, false);
		blocks(86 - now());
		assert_eq!(extensions(id), [41, 51, 61, 71, 81, 86]);
		blocks(1);
		assert!(!Jobs::<Test>::contains_key(id));
	});
	// What it does while its window runs is of no matter.
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = out_of_reach();
		blocks(30);
		set_answers(provider, true);
		blocks(1);
		assert!(!Jobs::<Test>::contains_key(id));
		assert!(extensions(id).is_empty());
	});
}

#[test]
fn a_result_is_refuted_in_an_extended_window() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(2, 0);
		let work = Work::triples();
		let tree = work.wrong_byte(0);
		let id = committed(ALICE, provider, &work, &tree);
		let other = committed(BOB, provider, &work, &work.honest());
		set_answers(provider, false);
		blocks(31);
		assert_eq!(
			(window(id), window(other)),
			(Window::Open { end: 41 }, Window::Open { end: 41 })
		);
		skip_ticks(9);
		hypothetically!({
			skip_ticks(1);
			let late = refute(BOB, id, work.proof(&tree, 0)).unwrap_err().error;
			assert_eq!(late, DispatchError::from(Error::<Test>::WindowOver));
			// Until it is extended once more.
			assert_ok!(Market::touch(signed(BOB), id));
			assert_ok!(refute(BOB, id, work.proof(&tree, 0)));
		});
		assert_ok!(refute(BOB, id, work.proof(&tree, 0)));
		assert!(matches!(last_event(), Event::JobRefuted { refund: 100, .. }));
		// The other result was open too, so it is void.
		assert_ok!(Market::touch(signed(CHARLIE), other));
		assert!(matches!(last_event(), Event::JobVoided { refund: 100, .. }));
		assert_eq!(free(payout(provider)), 10_000);
	});
}

#[test]
fn leaves_are_demanded_in_an_extended_window_which_then_starts_afresh() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		let id = honest.id;
		set_answers(honest.provider, false);
		blocks(31);
		assert_eq!((window(id), job(id).lapses_by), (Window::Open { end: 41 }, Some(86)));
		assert_ok!(demand(ALICE, id, &[0]));
		// At tick 32, with 9 ticks left, and 23 to answer.
		assert_eq!(
			window(id),
			Window::Demanded {
				left: 9,
				until: Some(55)
			}
		);
		blocks(18);
		assert_ok!(provide(BOB, id, honest.answer(&[0])));
		// At tick 50; 11 ticks are the least window.
		assert_eq!((window(id), job(id).lapses_by), (Window::Open { end: 61 }, None));
		blocks(12);
		assert_eq!((window(id), job(id).lapses_by), (Window::Open { end: 71 }, Some(116)));
		blocks(116 - now());
		assert_eq!(extensions(id), [41, 71, 81, 91, 101, 111, 116]);
		blocks(1);
		assert!(!Jobs::<Test>::contains_key(id));
		assert_eq!(free(payout(honest.provider)), 10_038);
	});
}

/// Time to bring leaves is not time to look at them: anyone may bring them, so nothing waits for the provider.
#[test]
fn a_demand_waits_for_nobody() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		set_answers(honest.provider, false);
		assert_ok!(demand(ALICE, honest.id, &[0]));
		blocks(24);
		assert!(events()
			.iter()
			.any(|event| matches!(event, Event::JobSilent { refund: 100, .. })));
		assert!(extensions(honest.id).is_empty());
	});
}

#[test]
fn how_long_it_waits_in_all_was_agreed_at_the_submission() {
	ExtBuilder::build_and_execute(|| {
		let (_, id) = out_of_reach();
		RulesNow::set(&MarketRules {
			lapse_retry: 40,
			lapse_max: 1,
			..default_rules()
		});
		blocks(86);
		assert_eq!(extensions(id), [72, 86]);
		blocks(1);
		assert!(!Jobs::<Test>::contains_key(id));
	});
	// It may be nothing.
	ExtBuilder::build_and_execute(|| {
		RulesNow::set(&MarketRules {
			lapse_max: 0,
			..default_rules()
		});
		let (_, id) = out_of_reach();
		blocks(31);
		assert!(!Jobs::<Test>::contains_key(id));
		assert!(extensions(id).is_empty());
	});
}

/// A targeted job's window is its own; what it may be extended by is not.
#[test]
fn a_targeted_job_waits_too() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let id = submit(ALICE, target_spec(10, provider, 100));
		commit(provider, id, 10 * G);
		set_answers(provider, false);
		// Its window ends with tick 16.
		blocks(71 - now());
		assert_eq!(extensions(id), [26, 36, 46, 56, 66, 71]);
		blocks(1);
		assert_eq!(free(payout(provider)), 10_000 + 965);
	});
}
