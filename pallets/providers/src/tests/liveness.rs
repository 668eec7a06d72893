//! Who is sampled and how often, what answers a sample, and how the list of those that are sampled is kept.

use super::{asking, fraud, missed, places, sampled, set_seed, signed};
use crate::{
	mock::*,
	outage::{QueueEnds, SampleBatch, Sampled},
	Error, LivenessRules, Reachable, SampleQueue, Samples,
};
use millrace_primitives::{
	traits::{JobPhase, Outcome, Providers as _},
	ProviderId,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, dispatch::Pays, traits::Hooks, weights::WeightMeter};

/// What somebody does with a provider.
type Doing<'a> = &'a dyn Fn(ProviderId);

#[test]
fn a_sample_is_open_for_five_ticks_and_the_next_comes_thirteen_later() {
	build_and_execute(|| {
		let id = asking(2_000);
		for _ in 0..40 {
			tick(1);
			if Providers::sampled_until(id).is_some() {
				assert_ok!(Providers::heartbeat(signed(WORKER)));
			}
		}
		// Drawn at 5,001, 5,014, 5,027 and 5,040.
		assert_eq!(sampled(), [(id, 5_006), (id, 5_019), (id, 5_032), (id, 5_045)]);
	});
}

#[test]
fn one_sample_is_open_at_a_time() {
	build_and_execute(|| {
		// Under figures that would allow two.
		LivenessNow::set(LivenessRules {
			answer_ticks: 30,
			..default_liveness()
		});
		let id = asking(2_000);
		tick_to(5_030);
		assert_eq!(sampled(), [(id, 5_031)]);
		assert_ok!(Providers::heartbeat(signed(WORKER)));
		tick(1);
		assert_eq!(sampled(), [(id, 5_031), (id, 5_061)]);
	});
}

#[test]
fn a_sample_is_drawn_for_every_three_and_at_most_eight() {
	let cases = [
		(1, 1),
		(3, 1),
		(4, 2),
		(6, 2),
		(7, 3),
		(21, 7),
		(22, 8),
		(24, 8),
		(25, 8),
		(40, 8),
	];
	for (count, draws) in cases {
		for seed in 0..5 {
			build_and_execute(|| {
				for _ in 0..count {
					of_another(1_000);
				}
				set_seed(seed);
				tick(1);
				let expected = places(seed, draws, count);
				let told: Vec<_> = expected.iter().map(|id| (*id, 5_006)).collect();
				assert_eq!(sampled(), told, "{count} providers, seed {seed}");
				assert_eq!(
					Samples::<Test>::get(0),
					Some(SampleBatch {
						drawn: 5_001,
						until: 5_006,
						providers: expected.try_into().expect("at most eight"),
					})
				);
				assert_eq!(SampleQueue::<Test>::get(), QueueEnds { head: 0, tail: 1 });
			});
		}
	}
}

#[test]
fn without_randomness_nobody_is_sampled() {
	build_and_execute(|| {
		let id = asking(2_000);
		SeedNow::set(None);
		tick(50);
		assert_eq!((sampled(), Samples::<Test>::iter().count()), (vec![], 0));
		// It comes back with the randomness.
		set_seed(1);
		tick(1);
		assert_eq!(sampled(), [(id, 5_056)]);
	});
}

#[test]
fn a_clock_that_stands_still_asks_nobody_and_makes_nobody_late() {
	build_and_execute(|| {
		let id = asking(2_000);
		let poll = || Providers::on_poll(1, &mut WeightMeter::new());
		poll();
		assert_eq!(sampled(), []);
		tick_to(5_006);
		for _ in 0..20 {
			poll();
		}
		assert_eq!((sampled().len(), missed()), (1, vec![]));
		assert_ok!(Providers::heartbeat(signed(WORKER)));
		tick_to(5_014);
		poll();
		assert_eq!(sampled(), [(id, 5_006), (id, 5_019)]);
	});
}

/// A job of the provider, in this phase.
fn job(id: ProviderId, phase: JobPhase) {
	assert_ok!(Providers::move_job(id, None, Some(phase), None));
}

/// Who drains has nothing to sell but what it still computes.
#[test]
fn only_who_sells_time_is_sampled() {
	let drain = |id| {
		assert_ok!(Providers::drain(signed(OWNER), id));
	};
	let cases: [(&str, bool, Doing); 12] = [
		("with nothing", false, &|_| ()),
		("with an ask", true, &|id| Providers::set_asks(id, 1)),
		("with an assignment", true, &|id| job(id, JobPhase::Assigned)),
		("with a running job", true, &|id| job(id, JobPhase::Running)),
		("with a committed job", true, &|id| job(id, JobPhase::Committed)),
		("draining with an assignment", true, &|id| {
			job(id, JobPhase::Assigned);
			drain(id);
		}),
		("draining with a running job", true, &|id| {
			job(id, JobPhase::Running);
			drain(id);
		}),
		("draining with a committed job", false, &|id| {
			job(id, JobPhase::Committed);
			drain(id);
		}),
		("draining with nothing", false, &|id| {
			Providers::set_asks(id, 1);
			drain(id);
		}),
		("draining until it has committed", false, &|id| {
			job(id, JobPhase::Running);
			drain(id);
			let (from, to) = (Some(JobPhase::Running), Some(JobPhase::Committed));
			assert_ok!(Providers::move_job(id, from, to, None));
		}),
		("convicted with a job", false, &|id| {
			job(id, JobPhase::Running);
			fraud(id, 1);
		}),
		("unreachable with a job", false, &|id| {
			job(id, JobPhase::Running);
			(0..3).for_each(|_| Providers::record(id, Outcome::NoShow));
		}),
	];
	for (name, is_sampled, arrange) in cases {
		build_and_execute(|| {
			let id = registered(5_000);
			arrange(id);
			assert_eq!(Reachable::<Test>::contains_key(id), is_sampled, "{name}");
			tick(1);
			assert_eq!(Providers::sampled_until(id), is_sampled.then_some(5_006), "{name}");
		});
	}
}

#[test]
fn an_answer_is_free_while_a_sample_is_open_and_refused_otherwise() {
	build_and_execute(|| {
		let id = asking(2_000);
		let heartbeat = |who| Providers::heartbeat(signed(who));
		assert_noop!(heartbeat(WORKER), Error::<Test>::NotSampled);
		for who in [OWNER, PAYOUT, STRANGER] {
			assert_noop!(heartbeat(who), Error::<Test>::NotWorker);
		}
		// In the first tick and in the last.
		for (drawn, answered) in [(5_001, 5_001), (5_014, 5_019)] {
			tick_to(answered);
			assert_noop!(heartbeat(OWNER), Error::<Test>::NotWorker);
			let open = Sampled {
				index: 0,
				last: Some(drawn),
				until: Some(drawn + 5),
			};
			assert_eq!(Reachable::<Test>::get(id), Some(open));
			assert_eq!(heartbeat(WORKER).map(|info| info.pays_fee), Ok(Pays::No));
			assert_eq!(Reachable::<Test>::get(id), Some(Sampled { until: None, ..open }));
			assert_noop!(heartbeat(WORKER), Error::<Test>::NotSampled);
		}
		tick(12);
		assert_eq!(missed(), []);
	});
}

#[test]
fn a_new_key_answers_for_the_provider_and_the_old_one_does_not() {
	build_and_execute(|| {
		asking(2_000);
		tick(1);
		assert_ok!(Providers::set_worker(signed(OWNER), ProviderId(0), Some(WORKER_2)));
		assert_noop!(Providers::heartbeat(signed(WORKER)), Error::<Test>::NotWorker);
		assert_ok!(Providers::heartbeat(signed(WORKER_2)));
	});
}

/// As the market tells of each call of a worker that succeeds.
#[test]
fn whoever_makes_itself_heard_has_answered() {
	build_and_execute(|| {
		let id = asking(2_000);
		tick(1);
		Providers::heard(id);
		assert_eq!(Providers::sampled_until(id), None);
		assert_noop!(Providers::heartbeat(signed(WORKER)), Error::<Test>::NotSampled);
		// Where nothing was asked, nothing is answered.
		for id in [id, ProviderId(9)] {
			Providers::heard(id);
		}
		tick_to(5_007);
		assert_eq!(missed(), []);
	});
}

#[test]
fn a_drain_answers() {
	for who in [OWNER, WORKER] {
		build_and_execute(|| {
			let id = asking(2_000);
			job(id, JobPhase::Running);
			tick(1);
			assert_ok!(Providers::drain(signed(who), id));
			// It still computes, so it is still sampled.
			assert_eq!(
				Reachable::<Test>::get(id),
				Some(Sampled {
					index: 0,
					last: Some(5_001),
					until: None
				})
			);
			tick_to(5_014);
			assert_eq!((sampled(), missed()), (vec![(id, 5_006), (id, 5_019)], vec![]));
		});
	}
}

#[test]
fn a_drain_that_is_refused_changes_nothing() {
	build_and_execute(|| {
		let id = asking(2_000);
		job(id, JobPhase::Running);
		assert_ok!(Providers::drain(signed(WORKER), id));
		tick(1);
		assert_noop!(Providers::drain(signed(WORKER), id), Error::<Test>::NotActive);
		assert_eq!(Providers::sampled_until(id), Some(5_006));
	});
}

#[test]
fn a_resume_answers() {
	build_and_execute(|| {
		let id = asking(2_000);
		job(id, JobPhase::Running);
		assert_ok!(Providers::drain(signed(WORKER), id));
		tick(1);
		assert_eq!(Providers::sampled_until(id), Some(5_006));
		assert_ok!(Providers::resume(signed(WORKER), id));
		assert_eq!(Providers::sampled_until(id), None);
		tick_to(5_007);
		assert_eq!(missed(), []);
	});
}

#[test]
fn who_has_nothing_to_sell_any_more_owes_no_answer() {
	build_and_execute(|| {
		let id = asking(2_000);
		tick(1);
		Providers::set_asks(id, 0);
		assert_eq!(Providers::sampled_until(id), None);
		assert_noop!(Providers::heartbeat(signed(WORKER)), Error::<Test>::NotSampled);
		// Nor does it when it sells again before the sample is looked at.
		SeedNow::set(None);
		tick_to(5_004);
		Providers::set_asks(id, 1);
		tick_to(5_010);
		assert_eq!((missed(), Samples::<Test>::iter().count()), (vec![], 0));
	});
}
