//! The book and the figures as a whole.

use super::wander;
use crate::{
	book::{Book, OrderRef, Side},
	mock::*,
	reads::types::{BookLevel, BookView, COUNT_LOOKS, ORDER_LOOKS},
	tests::book::Random,
	Asks, JobState, Jobs,
};
use millrace_primitives::{JobId, Level, Pool, Region};
use polkadot_sdk::{frame_support::assert_ok, sp_core::H256};
use std::collections::BTreeMap;

/// Orders of a pool by level, from the asks and the jobs alone.
fn naive(pool: Pool) -> (BTreeMap<Level, u32>, BTreeMap<Level, u32>) {
	let (mut asks, mut bids) = (BTreeMap::new(), BTreeMap::new());
	let standing = Asks::<Test>::iter_values().flat_map(|asks| asks.slots).flatten();
	for ask in standing.filter(|ask| !ask.parked && ask.pool == pool) {
		*asks.entry(ask.level).or_default() += 1;
	}
	for job in Jobs::<Test>::iter_values().filter(|job| job.state == JobState::Pending) {
		if let Some((_, level)) = job.bid().filter(|(wanted, _)| *wanted == pool) {
			*bids.entry(level).or_default() += 1;
		}
	}
	(asks, bids)
}

fn view<'a>(levels: impl Iterator<Item = (&'a Level, &'a u32)>, depth: u8) -> Vec<BookLevel> {
	levels
		.take(usize::from(depth))
		.map(|(level, orders)| BookLevel {
			level: *level,
			price: level.price(),
			orders: *orders,
		})
		.collect()
}

#[test]
fn the_book_shows_the_best_levels_of_both_sides() {
	let mut most = (0, 0, 0);
	for seed in 100..130 {
		ExtBuilder::build().execute_with(|| {
			wander(&mut Random::new(seed), 150);
			for pool in [Region(0), Region(1)].map(|region| Pool { region, ..POOL }) {
				let (asks, bids) = naive(pool);
				for depth in [0, 1, 3, 255] {
					let expected = BookView {
						asks: view(asks.iter(), depth),
						bids: view(bids.iter().rev(), depth),
						complete: true,
					};
					assert_eq!(Market::book_view(pool, depth), expected);
				}
				let orders: u32 = asks.values().chain(bids.values()).sum();
				most = (most.0.max(asks.len()), most.1.max(bids.len()), most.2.max(orders));
			}
		});
	}
	assert!(most.0 > 1 && most.1 > 3 && most.2 > 10, "{most:?}");
}

/// Puts so many bids of no job into a level.
fn fill(level: u8, count: u32) {
	for number in 0..count {
		let id = JobId(H256::from_low_u64_be(u64::from(level) << 32 | u64::from(number)));
		Book::<Test>::push(POOL, Side::Bid, Level(level), OrderRef::Bid(id));
	}
}

#[test]
fn half_of_the_looks_are_for_each_side() {
	let most = ORDER_LOOKS / 2;
	for (over, complete) in [(0, true), (1, false)] {
		ExtBuilder::build().execute_with(|| {
			fill(7, most - 10);
			fill(5, 10 + over);
			let counted = |depth| {
				let view = Market::book_view(POOL, depth);
				let orders: Vec<u32> = view.bids.iter().map(|bids| bids.orders).collect();
				(orders, view.complete)
			};
			assert_eq!(counted(1), (vec![most - 10], true));
			assert_eq!(counted(2), (vec![most - 10, 10], complete));
			// Of a level that is not looked at it is known that it has an order.
			fill(2, 3);
			assert_eq!(counted(3), (vec![most - 10, 10, 1], false));
			// The other side is counted all the same.
			asking(1, 200);
			let asks = Market::book_view(POOL, 3).asks;
			assert_eq!(asks, view([(&Level(200), &1)].into_iter(), 1));
		});
	}
}

#[test]
fn the_statistics_count_what_is_there() {
	ExtBuilder::build_and_execute(|| {
		let empty = Market::network_stats();
		assert_eq!((empty.tick, empty.halted, empty.live_jobs), (1, false, 0));
		assert_eq!((empty.asking_providers, empty.pools.len()), (0, 0));

		let provider = asking(1, 0);
		asking(1, 9);
		let other = MockProviders::register(1);
		let elsewhere = Pool {
			region: Region(3),
			..POOL
		};
		MockProviders::change(other, |record| record.pool = elsewhere);
		assert_ok!(Market::place_ask(signed(worker(other)), 0, Level(1)));
		let jobs = [(); 3].map(|()| submit(ALICE, book_spec(10, 0)));
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), true));
		commit(provider, jobs[0], 10 * G);
		assert_ok!(Market::settle_now(signed(ALICE), jobs[0]));

		let stats = Market::network_stats();
		assert_eq!((stats.tick, stats.halted), (1, true));
		// The first provider took the third job when it had committed the first, and has an ask all the same.
		assert_eq!((stats.live_jobs, stats.asking_providers), (2, 3));
		// 650 planck, of which 5 % are 32.
		let totals = (stats.totals.settled, stats.totals.paid, stats.totals.fees);
		assert_eq!(totals, (1, 650, 32));
		let pools: Vec<_> = stats
			.pools
			.iter()
			.map(|stats| (stats.pool, stats.best_ask, stats.best_bid))
			.collect();
		let expected = [
			(POOL, Some(Level(9).price()), None),
			(elsewhere, Some(Level(1).price()), None),
		];
		assert_eq!(pools, expected);
		assert_eq!(
			(stats.pools[0].totals, stats.pools[0].running.paid_jobs),
			(stats.totals, 1)
		);
		assert_eq!(stats.pools[1].totals, Default::default());
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), false));
		submit(ALICE, book_spec(2, 3));
		submit(ALICE, book_spec(2, 4));
		assert_eq!(Market::network_stats().pools[0].best_bid, Some(Level(4).price()));
	});
}

#[test]
fn the_statistics_count_no_further_than_they_say() {
	ExtBuilder::build().execute_with(|| {
		let job = job(submit(ALICE, book_spec(2, 3)));
		for number in 0..COUNT_LOOKS - 2 {
			Jobs::<Test>::insert(JobId(H256::from_low_u64_be(number.into())), &job);
		}
		assert_eq!(Market::network_stats().live_jobs, COUNT_LOOKS - 1);
		for number in 0..2 {
			Jobs::<Test>::insert(JobId(H256::repeat_byte(200 + number)), &job);
		}
		assert_eq!(Market::network_stats().live_jobs, COUNT_LOOKS);
	});
}
