//! The hook: in order, within its budget, one record never in the way of another.

use crate::{
	mock::*, types::Entry, weights::WeightInfo, DeadlineCursor, Deadlines, Error, Event, JobState, Jobs, Stuck,
};
use millrace_primitives::JobId;
use polkadot_sdk::{
	frame_support::{
		assert_noop, assert_ok,
		weights::{Weight, WeightMeter},
	},
	sp_core::H256,
	sp_runtime::DispatchError,
};

fn expiring(count: u32, tick: u32) -> Vec<JobId> {
	(0..count)
		.map(|_| {
			let mut spec = book_spec(1, 0);
			spec.terms.expires = tick;
			submit(ALICE, spec)
		})
		.collect()
}

fn left(jobs: &[JobId]) -> usize {
	jobs.iter().filter(|id| Jobs::<Test>::contains_key(id)).count()
}

#[test]
fn what_is_due_is_served_in_order_within_the_budget() {
	ExtBuilder::build_and_execute(|| {
		let (first, second) = (expiring(20, 3), expiring(20, 4));
		skip_ticks(10);
		// 3 % of 40·10⁹ are 1.2·10⁹: less the empty ticks before, seven entries of 150·10⁶ fit into a block.
		assert_eq!(entries_per_block(), 7);
		let mut meter = WeightMeter::with_limit(Weight::from_parts(BLOCK, u64::MAX));
		Market::do_poll(&mut meter);
		assert_eq!((left(&first), left(&second)), (13, 20));
		assert!(meter.consumed().ref_time() <= BLOCK * 3 / 100 + 1_000_000);
		assert_eq!(DeadlineCursor::<Test>::get(), 3);
		blocks(1);
		assert_eq!((left(&first), left(&second)), (6, 20));
		blocks(1);
		assert_eq!((left(&first), left(&second)), (0, 19), "six, then one of the next tick");
		assert_eq!(DeadlineCursor::<Test>::get(), 4);
		blocks(3);
		assert_eq!(left(&second), 0);
		assert_eq!(DeadlineCursor::<Test>::get(), now());
		assert_eq!(Deadlines::<Test>::iter().count(), 0);
		assert_eq!(free(ALICE), FUNDS);
	});
}

#[test]
fn a_hook_without_weight_serves_nothing_and_forgets_nothing() {
	ExtBuilder::build_and_execute(|| {
		let jobs = expiring(1, 3);
		skip_ticks(5);
		Market::serve_due(&mut WeightMeter::with_limit(Weight::zero()));
		assert_eq!((left(&jobs), DeadlineCursor::<Test>::get()), (1, 1));
		Market::serve_due(&mut WeightMeter::new());
		assert_eq!((left(&jobs), DeadlineCursor::<Test>::get()), (0, 6));
	});
}

#[test]
fn a_record_that_fails_stops_no_other_and_can_be_touched() {
	ExtBuilder::build_and_execute(|| {
		let broken = MockProviders::register(1);
		let sound = MockProviders::register(1);
		let bad = submit(ALICE, target_spec(10, broken, 64));
		let good = submit(ALICE, target_spec(10, sound, 64));
		MockProviders::change(broken, |record| record.broken = true);
		blocks(8);
		assert!(!Jobs::<Test>::contains_key(good));
		assert!(Jobs::<Test>::contains_key(bad) && Stuck::<Test>::contains_key(bad));
		// The text of such an error is not encoded.
		assert!(events().contains(&Event::JobStuck {
			job: bad,
			error: DispatchError::Other("")
		}));
		assert_eq!(
			job(bad).state,
			JobState::Assigned {
				provider: broken,
				until: 8
			}
		);

		assert!(Market::touch(signed(BOB), bad).is_err());
		MockProviders::change(broken, |record| record.broken = false);
		assert_ok!(Market::touch(signed(BOB), bad));
		assert!(!Jobs::<Test>::contains_key(bad) && !Stuck::<Test>::contains_key(bad));
		assert_eq!(free(ALICE), FUNDS - 40);
	});
}

/// Where the entries stand.
fn entries() -> Vec<(u32, JobId)> {
	Deadlines::<Test>::iter_keys().collect()
}

#[test]
fn an_entry_stays_where_it_is_while_its_job_moves_fast() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		let JobState::Assigned { until, .. } = job(id).state else {
			panic!("there is an ask");
		};
		assert_eq!(entries(), [(until, id)]);
		assert_ok!(Market::accept_job(signed(worker(provider)), id));
		commit(provider, id, G);
		assert!(job(id).due_tick().is_some_and(|due| due > until));
		assert_eq!((entries(), job(id).entry), (vec![(until, id)], Entry::At(until)));
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(entries(), []);
	});
}

#[test]
fn an_entry_that_comes_too_early_is_moved_on_for_what_that_takes() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(64);
		let jobs: Vec<JobId> = (0..40)
			.map(|_| {
				let id = submit(ALICE, target_spec(10, provider, 64));
				assert_ok!(Market::accept_job(signed(worker(provider)), id));
				id
			})
			.collect();
		let deadline = job(jobs[0]).due_tick().expect("it runs");
		let early = entries()[0].0;
		assert!(early < deadline);
		// More than could be served at its worst, all in one block.
		assert!(u64::from(u32::try_from(jobs.len()).unwrap()) > entries_per_block());
		skip_ticks(early - now());
		blocks(1);
		assert!(entries().iter().all(|(tick, _)| *tick == deadline));
		assert_eq!(entries().len(), jobs.len());
		assert!(jobs.iter().all(|id| matches!(job(*id).state, JobState::Running { .. })));
		// And there it is served.
		skip_ticks(deadline - now());
		blocks(40);
		assert_eq!((left(&jobs), entries()), (0, vec![]));
		assert_eq!(MockProviders::get(provider).unwrap().late, 40);
	});
}

#[test]
fn a_lapse_is_charged_as_a_payment() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(64, 0);
		let jobs: Vec<JobId> = (0..15)
			.map(|_| {
				let id = submit(ALICE, book_spec(10, 0));
				commit(provider, id, G);
				id
			})
			.collect();
		let end = job(jobs[0]).due_tick().expect("its window runs");
		skip_ticks(end - now());
		let mut meter = WeightMeter::with_limit(Weight::from_parts(BLOCK, u64::MAX));
		Market::do_poll(&mut meter);
		assert_eq!(left(&jobs), 0);
		let least = 15 * <() as WeightInfo>::serve_lapsed().ref_time();
		assert!((least..2 * least).contains(&meter.consumed().ref_time()), "{meter:?}");
	});
}

#[test]
fn a_deadline_without_a_job_is_swept_away() {
	ExtBuilder::build_and_execute(|| {
		Deadlines::<Test>::insert(3, JobId(H256::repeat_byte(5)), ());
		skip_ticks(5);
		Market::serve_due(&mut WeightMeter::new());
		assert_eq!(Deadlines::<Test>::iter().count(), 0);
		assert_eq!(Stuck::<Test>::iter().count(), 0);
	});
}

#[test]
fn touching_does_only_what_is_due() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let assigned = submit(ALICE, book_spec(10, 0));
		assert_noop!(Market::touch(signed(BOB), assigned), Error::<Test>::NothingDue);
		skip_ticks(7);
		assert_noop!(Market::touch(signed(BOB), assigned), Error::<Test>::NothingDue);
		skip_ticks(1);
		assert_ok!(Market::touch(signed(BOB), assigned));
		assert_eq!(job(assigned).state, JobState::Pending);
		assert_eq!(MockProviders::get(provider).unwrap().no_show, 1);
		// Its bid expires with tick 41.
		skip_ticks(32);
		assert_eq!(now(), 41);
		assert_noop!(Market::touch(signed(BOB), assigned), Error::<Test>::NothingDue);
		skip_ticks(1);
		assert_ok!(Market::touch(signed(BOB), assigned));
		assert_noop!(Market::touch(signed(BOB), assigned), Error::<Test>::UnknownJob);
	});
}

#[test]
fn a_halted_market_makes_nobody_late() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::accept_job(signed(worker(provider)), id));
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), true));
		blocks(100);
		assert!(matches!(job(id).state, JobState::Running { .. }));
		commit(provider, id, G);
	});
}
