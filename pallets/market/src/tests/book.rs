//! The book: its structure against a naive one, and who is matched with whom at what price.

mod life;
mod machine;
mod naive;
mod operations;
mod same;

use crate::{
	book::{Book, LevelSet, OrderRef, Side},
	mock::*,
	Asks, Error, Event, JobState, Links, Queues,
};
use millrace_primitives::{JobId, Level, Pool, Price, ProviderId, Region};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A small generator of pseudo-random numbers (xorshift64*), so that a seed says everything.
pub(super) struct Random(u64);

impl Random {
	pub(super) fn new(seed: u64) -> Self {
		Self(seed.max(1))
	}

	pub(super) fn next(&mut self) -> u64 {
		self.0 ^= self.0 >> 12;
		self.0 ^= self.0 << 25;
		self.0 ^= self.0 >> 27;
		self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
	}

	pub(super) fn below(&mut self, bound: u64) -> u64 {
		(self.next() >> 11) % bound
	}
}

#[test]
fn level_sets_are_sets() {
	let mut random = Random::new(7);
	let (mut set, mut naive) = (LevelSet::default(), BTreeSet::new());
	for _ in 0..20_000 {
		let level = Level(random.below(256) as u8);
		// Mostly removals half of the time, so that the set also runs empty.
		if random.below(2) == 0 {
			set.insert(level);
			naive.insert(level);
		} else {
			for _ in 0..3 {
				let level = Level(random.below(256) as u8);
				set.remove(level);
				naive.remove(&level);
			}
			set.remove(level);
			naive.remove(&level);
		}
		assert_eq!(set.lowest(), naive.first().copied());
		assert_eq!(set.highest(), naive.last().copied());
		assert_eq!(set.is_empty(), naive.is_empty());
		assert_eq!(set.contains(level), naive.contains(&level));
	}
}

#[test]
fn queues_agree_with_a_naive_model() {
	ExtBuilder::build().execute_with(|| {
		let mut random = Random::new(11);
		let mut naive: BTreeMap<(Pool, Side, Level), VecDeque<OrderRef>> = BTreeMap::new();
		let mut standing: Vec<((Pool, Side, Level), OrderRef)> = Vec::new();
		for step in 0..5_000u32 {
			let insert = standing.is_empty() || random.below(100) < 52;
			if insert {
				let pool = Pool {
					region: Region(random.below(2) as u8),
					..POOL
				};
				let side = if random.below(2) == 0 { Side::Ask } else { Side::Bid };
				let level = Level((random.below(4) * 85) as u8);
				let order = match side {
					Side::Ask => OrderRef::Ask {
						provider: ProviderId(step),
						slot: (step % 4) as u8,
					},
					Side::Bid => OrderRef::Bid(JobId(H256::from_low_u64_be(step.into()))),
				};
				Book::<Test>::push(pool, side, level, order);
				naive.entry((pool, side, level)).or_default().push_back(order);
				standing.push(((pool, side, level), order));
			} else {
				let (key, order) = standing.swap_remove(random.below(standing.len() as u64) as usize);
				assert_ok!(Book::<Test>::remove(key.0, key.1, key.2, order));
				let queue = naive.get_mut(&key).expect("a queue");
				queue.retain(|other| *other != order);
				if queue.is_empty() {
					naive.remove(&key);
				}
			}
			for region in [Region(0), Region(1)] {
				let pool = Pool { region, ..POOL };
				let levels = |side| {
					naive
						.keys()
						.filter(move |key| key.0 == pool && key.1 == side)
						.map(|key| key.2)
				};
				assert_eq!(Book::<Test>::best(pool, Side::Ask), levels(Side::Ask).min());
				assert_eq!(Book::<Test>::best(pool, Side::Bid), levels(Side::Bid).max());
			}
			if step % 50 == 0 {
				assert_queues(&naive);
			}
		}
		assert_queues(&naive);
		for (key, order) in standing {
			assert_ok!(Book::<Test>::remove(key.0, key.1, key.2, order));
		}
		assert_eq!(Links::<Test>::iter().count(), 0);
		assert_eq!(Queues::<Test>::iter().count(), 0);
		assert_eq!(crate::Levels::<Test>::iter().count(), 0);
		let gone = OrderRef::Ask {
			provider: ProviderId(1),
			slot: 0,
		};
		assert!(Book::<Test>::remove(POOL, Side::Ask, Level(0), gone).is_err());
	});
}

fn assert_queues(naive: &BTreeMap<(Pool, Side, Level), VecDeque<OrderRef>>) {
	assert_eq!(Queues::<Test>::iter().count(), naive.len());
	for (key, expected) in naive {
		let mut found = VecDeque::new();
		let mut next = Queues::<Test>::get(key).map(|queue| queue.head);
		while let Some(order) = next {
			found.push_back(order);
			next = Links::<Test>::get(order).expect("links").next;
		}
		assert_eq!(&found, expected);
	}
}

#[test]
fn the_lowest_ask_serves_and_its_price_is_paid() {
	ExtBuilder::build_and_execute(|| {
		let _dear = asking(1, 9);
		let cheap = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 9));
		// Bid at level 9: 10 × (128 + 2) = 1,300 held; matched at level 0: 10 × (64 + 1) = 650. Three fees of 20 beside it.
		assert_eq!(job(id).price, Price(64));
		assert_eq!(job(id).escrow, 650);
		assert_eq!(held(ALICE), 650 + 60);
		assert_eq!(free(ALICE), FUNDS - 710);
		assert_eq!(
			job(id).state,
			JobState::Assigned {
				provider: cheap,
				until: now() + 7
			}
		);
		assert_eq!(
			last_event(),
			Event::JobAssigned {
				job: id,
				provider: cheap,
				price: Price(64),
				until: 8
			}
		);
	});
}

#[test]
fn a_waiting_bid_pays_its_own_price() {
	ExtBuilder::build_and_execute(|| {
		let id = submit(ALICE, book_spec(10, 9));
		assert_eq!(
			last_event(),
			Event::JobQueued {
				job: id,
				pool: POOL,
				level: Level(9)
			}
		);
		let provider = asking(1, 0);
		assert_eq!(job(id).state, JobState::Assigned { provider, until: 8 });
		assert_eq!(job(id).price, Price(128));
		assert_eq!(held(ALICE), 1_300 + 60);
	});
}

#[test]
fn an_ask_above_the_bid_does_not_serve() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 9);
		let id = submit(ALICE, book_spec(10, 8));
		assert_eq!(job(id).state, JobState::Pending);
		assert_ok!(Market::place_ask(signed(worker(provider)), 1, Level(8)));
		assert!(matches!(job(id).state, JobState::Assigned { .. }));
	});
}

#[test]
fn first_come_first_served_inside_a_level() {
	ExtBuilder::build_and_execute(|| {
		let (first, second) = (asking(1, 3), asking(1, 3));
		// One lane has room for two jobs: the first provider takes both before the second gets any.
		let jobs: Vec<_> = (0..4).map(|_| submit(ALICE, book_spec(2, 3))).collect();
		let providers: Vec<_> = jobs.iter().map(|id| job(*id).state.provider()).collect();
		assert_eq!(providers, [Some(first), Some(first), Some(second), Some(second)]);

		// Bids: the highest level first, then the oldest.
		let low = submit(BOB, book_spec(2, 3));
		let old = submit(BOB, book_spec(2, 5));
		let new = submit(BOB, book_spec(2, 5));
		let third = asking(1, 0);
		assert_eq!(job(old).state.provider(), Some(third));
		assert_eq!(job(new).state.provider(), Some(third));
		assert_eq!(job(low).state, JobState::Pending);
	});
}

#[test]
fn an_ask_without_room_is_parked_and_comes_back_at_the_tail() {
	ExtBuilder::build_and_execute(|| {
		let first = asking(1, 3);
		let one = submit(ALICE, book_spec(2, 3));
		assert!(!Asks::<Test>::get(first).slots[0].unwrap().parked);
		submit(ALICE, book_spec(2, 3));
		assert!(Asks::<Test>::get(first).slots[0].unwrap().parked);
		assert_eq!(
			last_event(),
			Event::AskParked {
				provider: first,
				slot: 0
			}
		);

		let second = asking(1, 3);
		commit(first, one, G);
		assert_eq!(
			last_event(),
			Event::AskQueued {
				provider: first,
				slot: 0
			}
		);
		// The first provider has room again, but now stands behind the second.
		let next = submit(BOB, book_spec(2, 3));
		assert_eq!(job(next).state.provider(), Some(second));
	});
}

#[test]
fn room_takes_one_waiting_bid() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 3);
		let jobs: Vec<_> = (0..5).map(|_| submit(ALICE, book_spec(2, 3))).collect();
		assert_eq!(job(jobs[2]).state, JobState::Pending);
		commit(provider, jobs[0], G);
		assert_eq!(job(jobs[2]).state.provider(), Some(provider));
		assert_eq!(job(jobs[3]).state, JobState::Pending);
		assert!(Asks::<Test>::get(provider).slots[0].unwrap().parked, "full again");
	});
}

#[test]
fn an_ask_takes_four_bids_at_once_and_the_rest_keep_their_turn() {
	ExtBuilder::build_and_execute(|| {
		let jobs: Vec<_> = (0..6).map(|_| submit(ALICE, book_spec(2, 3))).collect();
		let provider = asking(4, 3);
		let assigned = |id| job(id).state.provider() == Some(provider);
		assert_eq!(
			jobs.iter().map(|id| assigned(*id)).collect::<Vec<_>>(),
			[true, true, true, true, false, false]
		);
		// The ask still has room for four. A newcomer at the same price does not overtake those who wait.
		let newcomer = submit(BOB, book_spec(2, 3));
		assert!(assigned(jobs[4]));
		assert!(!assigned(jobs[5]) && !assigned(newcomer));
		// One that pays more does.
		let generous = submit(BOB, book_spec(2, 4));
		assert!(assigned(generous));
		assert!(!assigned(jobs[5]));
	});
}

#[test]
fn asks_live_in_slots_for_a_while() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let origin = || signed(worker(provider));
		for slot in 0..4 {
			assert_ok!(Market::place_ask(origin(), slot, Level(slot)));
		}
		assert_eq!(MockProviders::get(provider).unwrap().asks, 4);
		assert_noop!(Market::place_ask(origin(), 0, Level(9)), Error::<Test>::SlotTaken);
		assert_noop!(Market::place_ask(origin(), 4, Level(9)), Error::<Test>::NoSuchSlot);
		blocks(3);
		assert_noop!(Market::withdraw_ask(origin(), 2), Error::<Test>::AskTooYoung);
		blocks(1);
		assert_ok!(Market::withdraw_ask(origin(), 2));
		assert_eq!(last_event(), Event::AskWithdrawn { provider, slot: 2 });
		assert_eq!(MockProviders::get(provider).unwrap().asks, 3);
		assert_noop!(Market::withdraw_ask(origin(), 2), Error::<Test>::SlotEmpty);
		for slot in [0, 1, 3] {
			assert_ok!(Market::withdraw_ask(origin(), slot));
		}
		assert!(!Asks::<Test>::contains_key(provider), "nothing is left to know");
	});
}

#[test]
fn lost_eligibility_empties_the_book_at_once() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(2, 3);
		assert_ok!(Market::place_ask(signed(worker(provider)), 3, Level(5)));
		MockProviders::set_active(provider, false);
		assert_eq!(Asks::<Test>::get(provider).count(), 0);
		assert_eq!(MockProviders::get(provider).unwrap().asks, 0);
		let id = submit(ALICE, book_spec(2, 9));
		assert_eq!(job(id).state, JobState::Pending);
		assert_noop!(
			Market::place_ask(signed(worker(provider)), 0, Level(3)),
			Error::<Test>::ProviderNotActive
		);
	});
}

#[test]
fn an_ask_that_no_longer_fits_its_provider_is_put_aside() {
	ExtBuilder::build_and_execute(|| {
		// The owner raised the minimum, or moved to another pool: the ask goes.
		let dearer = asking(1, 0);
		MockProviders::change(dearer, |record| record.min_price = Price(1_000));
		let elsewhere = asking(1, 1);
		MockProviders::change(elsewhere, |record| record.pool.region = Region(1));
		let sound = asking(1, 2);
		// A match looks at two providers; the third is found by the next one.
		let waits = submit(ALICE, book_spec(2, 9));
		assert_eq!(job(waits).state, JobState::Pending);
		assert_eq!(Asks::<Test>::get(dearer).count(), 0);
		assert_eq!(Asks::<Test>::get(elsewhere).count(), 0);
		let next = submit(ALICE, book_spec(2, 9));
		assert_eq!(job(waits).state.provider(), Some(sound), "the older bid goes first");
		assert_eq!(job(next).state, JobState::Pending);
	});
}

#[test]
fn an_expired_bid_is_not_matched() {
	ExtBuilder::build_and_execute(|| {
		let old = submit(ALICE, book_spec(2, 5));
		skip_ticks(41);
		let young = submit(BOB, book_spec(2, 4));
		let provider = asking(1, 3);
		assert_eq!(job(old).state, JobState::Pending);
		assert_eq!(job(young).state, JobState::Pending);
		// The hook collects the old one; a tick later the ask looks again.
		blocks(2);
		assert!(!crate::Jobs::<Test>::contains_key(old));
		assert_eq!(job(young).state.provider(), Some(provider));
	});
}
