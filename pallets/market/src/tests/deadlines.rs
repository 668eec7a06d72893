//! The hook: in order, within its budget, one record never in the way of another.

use crate::{mock::*, DeadlineCursor, Deadlines, Error, Event, JobState, Jobs, Stuck};
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
