//! Who does not answer a sample: a few a tick become unreachable, the others wait.

use super::{listed, missed, places, sample_all, sampled, set_seed, signed};
use crate::{
	mock::*, outage::QueueEnds, Error, Event, Outage, Outages, OwnerStakes, Pallet, ReachableStake, SampleQueue,
	Samples, Status,
};
use millrace_primitives::{
	traits::{JobPhase, Providers as _},
	ProviderId,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

#[test]
fn who_does_not_answer_is_unreachable_and_nothing_else() {
	build_and_execute(|| {
		let id = registered(2_500);
		Providers::set_asks(id, 3);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Running), None));
		tick_to(5_006);
		assert_eq!(provider(id).status, Status::Active);
		tick_to(5_007);
		assert_eq!(
			last_event(),
			Event::ProviderUnreachable {
				provider: id,
				since: 5_001,
				outage: 5_001
			}
		);
		let record = provider(id);
		assert_eq!(record.status, Status::Unreachable { draining: false });
		// Its asks have left; its job goes on, and so does its stake.
		assert_eq!((Lost::get(), record.load.asks, record.load.running), (vec![id], 0, 1));
		assert_eq!((record.ledger.active, record.outage), (2_500, Some(5_001)));
		assert_eq!((record.record.outages, record.record.unreachable), (1, 0));
		assert_eq!(Providers::view(id).unwrap().running, 1);
		assert_eq!(
			Outages::<Test>::get(id, 5_001),
			Some(Outage {
				ended: None,
				required: 2_000,
				running: true,
				hour: 50,
				others: 0,
				scale: None,
				charged: 0,
				deducted: 0,
				looked: 5_001,
				check: Some(5_200),
			})
		);
		// It is not sampled, so there is nothing to answer.
		assert_eq!(listed(), []);
		assert_eq!(
			(ReachableStake::<Test>::get(), OwnerStakes::<Test>::get(OWNER)),
			(0, None)
		);
		assert_eq!(
			(SampleQueue::<Test>::get(), Samples::<Test>::iter().count()),
			(QueueEnds::default(), 0)
		);
		assert_noop!(Providers::heartbeat(signed(WORKER)), Error::<Test>::NotSampled);
		// The job can be committed all the same; that alone does not bring it back.
		assert_ok!(Providers::move_job(
			id,
			Some(JobPhase::Running),
			Some(JobPhase::Committed),
			None
		));
		assert!(provider(id).is_unreachable());
	});
}

#[test]
fn two_become_unreachable_in_a_tick_and_the_others_may_still_answer() {
	let seed = (0..=255)
		.find(|seed| places(*seed, 8, 8).len() == 5)
		.expect("about a third of all seeds");
	let drawn = places(seed, 8, 8);
	build_and_execute(|| {
		sample_all();
		for _ in 0..8 {
			of_another(1_000);
		}
		set_seed(seed);
		tick(1);
		SeedNow::set(None);
		tick_to(5_006);
		assert_eq!(missed(), []);
		tick(1);
		assert_eq!(missed(), drawn[..2]);
		Pallet::<Test>::do_try_state().unwrap();
		// The window of the others is over, and they are still heard.
		assert_eq!(Providers::sampled_until(drawn[4]), Some(5_006));
		assert_ok!(Providers::heartbeat(signed(worker_of(drawn[4]))));
		assert_eq!(SampleQueue::<Test>::get(), QueueEnds { head: 0, tail: 1 });
		tick(1);
		assert_eq!(missed(), drawn[..4]);
		// Whenever it is found, it is known from when on nobody answered.
		assert_eq!(
			last_event(),
			Event::ProviderUnreachable {
				provider: drawn[3],
				since: 5_001,
				outage: 5_001
			}
		);
		assert_eq!(
			(SampleQueue::<Test>::get(), Samples::<Test>::iter().count()),
			(QueueEnds::default(), 0)
		);
		tick(10);
		assert_eq!((missed().len(), listed().len()), (4, 4));
	});
}

#[test]
fn the_oldest_sample_is_looked_at_first() {
	let first_seed = (0..=255)
		.find(|seed| places(*seed, 8, 8).len() == 5)
		.expect("about a third of all seeds");
	let first = places(first_seed, 8, 8);
	let next = |seed| -> Vec<ProviderId> {
		let drawn = places(seed, 8, 8).into_iter();
		drawn.filter(|id| !first.contains(id)).collect()
	};
	let next_seed = (0..=255)
		.find(|seed| next(*seed).len() == 2)
		.expect("about half of all seeds");
	let all = [first.clone(), next(next_seed)].concat();
	build_and_execute(|| {
		sample_all();
		for _ in 0..8 {
			of_another(1_000);
		}
		set_seed(first_seed);
		tick(1);
		set_seed(next_seed);
		tick(1);
		SeedNow::set(None);
		assert_eq!(sampled().len(), 7);
		// Those of tick 5,001 are five, and those of tick 5,002 two.
		for (now, found) in [(5_006, 0), (5_007, 2), (5_008, 4), (5_009, 6), (5_010, 7), (5_011, 7)] {
			tick_to(now);
			assert_eq!(missed(), all[..found], "at {now}");
		}
		assert_eq!(SampleQueue::<Test>::get(), QueueEnds::default());
	});
}
