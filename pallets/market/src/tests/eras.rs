//! What the rewards are told of an era: the fees of its payments, all of them and nothing else, in whatever block a pool is
//! filed.

use super::enrolment::{accept, measured};
use crate::{mock::*, weights::WeightInfo, Clock, EraProgress, PoolTallies};
use millrace_primitives::{Balance, JobId, Pool, ProviderId, Region};
use polkadot_sdk::{
	frame_support::{
		assert_ok,
		weights::{Weight, WeightMeter},
	},
	sp_runtime::Perbill,
};

/// Of a payment of 650 5 % are 32.5, rounded down.
const FEE: Balance = 32;

/// A job of ten items that take all of their units, 650 planck, committed by the provider that asks.
fn committed(provider: ProviderId) -> JobId {
	let id = submit(ALICE, book_spec(10, 0));
	commit(provider, id, 10 * G);
	id
}

fn settle(provider: ProviderId) {
	let id = committed(provider);
	assert_ok!(Market::settle_now(signed(ALICE), id));
}

/// The next block is the last of its era.
fn end_era() {
	let started = EraProgress::<Test>::get().started;
	skip_ticks(started + 999 - now());
	blocks(1);
}

/// The hook, with so many picoseconds for what is due.
fn poll(time: u64) {
	Market::poll_era(&mut WeightMeter::with_limit(Weight::from_parts(time, 0)));
}

fn earned(provider: ProviderId) -> (u32, Balance) {
	MockProviders::get(provider).expect("it is registered").earned
}

fn gathered() -> Balance {
	Clock::<Test>::get().payment_fees
}

#[test]
fn the_rewards_are_told_once_what_payments_brought() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		settle(provider);
		settle(provider);
		assert_eq!((gathered(), earned(provider)), (2 * FEE, (0, 2 * FEE)));
		assert!(ErasTold::get().is_empty());
		end_era();
		// 80 % of 64 are 51.2.
		assert_eq!(ErasTold::get(), [(0, 64, 51, 1_000)]);
		assert_eq!((gathered(), running_era()), (0, 1));

		// The share that is burned is that of the moment at which the era closes.
		settle(provider);
		let mut rules = default_rules();
		rules.fee_burn = Perbill::from_percent(50);
		RulesNow::set(&rules);
		end_era();
		// An era without a payment is told as well.
		end_era();
		assert_eq!(ErasTold::get()[1..], [(1, 32, 16, 1_000), (2, 0, 0, 1_000)]);
	});
}

/// Neither what assignments use up, nor what is burned for a silence or a refusal, nor a measurement.
#[test]
fn nothing_but_payments_counts() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let cancelled = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::cancel_job(signed(ALICE), cancelled));
		// No word: a job fee of the stake.
		submit(BOB, book_spec(10, 0));
		blocks(8);
		assert!(MockProviders::get(provider).is_some_and(|record| record.no_show == 1));

		let (measured, job) = measured(1);
		accept(measured, job);
		commit(measured, job, 0);
		blocks(31);
		assert!(!crate::Jobs::<Test>::contains_key(job));
		assert!(fees() > 0);
		assert_eq!((gathered(), earned(provider), earned(measured)), (0, (0, 0), (0, 0)));
		end_era();
		assert_eq!(ErasTold::get(), [(0, 0, 0, 1_000)]);
	});
}

/// A payment between two blocks in which pools are filed is one of the new era, for the sum and for the provider.
#[test]
fn a_payment_while_pools_are_filed_belongs_to_the_new_era() {
	ExtBuilder::build_and_execute(|| {
		let elsewhere = Pool {
			region: Region(7),
			..POOL
		};
		PoolTallies::<Test>::mutate(elsewhere, |tally| tally.era.fees = 100);
		let provider = asking(1, 0);
		settle(provider);
		let (during, after) = (committed(provider), committed(provider));
		skip_ticks(999);
		let [pool, era] =
			[<() as WeightInfo>::close_pool(), <() as WeightInfo>::close_era()].map(|part| part.ref_time());

		// One pool in a block. The era has ended all the same.
		poll(pool);
		assert_eq!((running_era(), gathered(), earned(provider)), (1, 0, (0, FEE)));
		let pools = [POOL, elsewhere];
		let filed = || pools.map(|pool| Market::pool_era(pool, 0).is_some());
		assert_eq!(filed().into_iter().filter(|filed| *filed).count(), 1);
		assert_ok!(Market::settle_now(signed(ALICE), during));
		assert_eq!((gathered(), earned(provider)), (FEE, (1, FEE)));

		// The other one, and no room to tell it.
		poll(pool);
		assert_eq!((filed(), ErasTold::get()), ([true, true], vec![]));
		poll(pool + era - 1);
		assert!(ErasTold::get().is_empty());
		assert_ok!(Market::settle_now(signed(ALICE), after));
		poll(pool + era);
		assert_eq!(ErasTold::get(), [(0, 32, 25, 1_000)]);
		assert_eq!(EraProgress::<Test>::get().closing, None);

		// Began at 1,000, so it ends at 2,000.
		end_era();
		assert_eq!(ErasTold::get()[1..], [(1, 64, 51, 1_000)]);
	});
}

/// While one is closed none begins, however short they are.
#[test]
fn eras_are_closed_one_after_the_other() {
	ExtBuilder::build_and_execute(|| {
		let pool = <() as WeightInfo>::close_pool().ref_time();
		settle(asking(1, 0));
		skip_ticks(1_200);
		poll(0);
		assert_eq!(running_era(), 1);
		skip_ticks(3_000);
		poll(pool);
		assert_eq!((running_era(), ErasTold::get()), (1, vec![]));
		poll(u64::MAX);
		assert_eq!((running_era(), ErasTold::get()), (1, vec![(0, 32, 25, 1_201)]));
		poll(u64::MAX);
		assert_eq!((running_era(), ErasTold::get().len()), (2, 2));
		assert_eq!(ErasTold::get()[1], (1, 0, 0, 3_000));
	});
}

#[test]
fn a_payment_that_files_what_was_gathered_weighs_more() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let settle = |id| {
			Market::settle_now(signed(ALICE), id)
				.expect("it is committed")
				.actual_weight
		};
		let ordinary = Some(<() as WeightInfo>::settle_now_only());
		let more = Some(<() as WeightInfo>::settle_now());
		for _ in 0..2 {
			assert_eq!(settle(committed(provider)), ordinary);
		}
		end_era();
		assert_eq!(settle(committed(provider)), more);
		assert_eq!(settle(committed(provider)), ordinary);

		// In a batch, for those that do.
		end_era();
		let jobs = [0, 1].map(|_| committed(provider)).to_vec();
		let info = Market::settle_jobs(signed(ALICE), jobs.try_into().expect("few")).expect("they are committed");
		let dear = <() as WeightInfo>::settle_now().max(<() as WeightInfo>::settle());
		assert_eq!(info.actual_weight, Some(dear + <() as WeightInfo>::settle_only()));
	});
}

#[test]
fn a_payment_of_which_nothing_is_the_protocols_brings_nothing() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		// 10 for the bytes: 5 % of that are nothing.
		commit(provider, id, 0);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!((gathered(), earned(provider)), (0, (0, 0)));
	});
}
