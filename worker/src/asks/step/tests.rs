use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use AskStep::{Place, Reprice, Withdraw};

const LIFE: Tick = 20;

/// A book of asks, each a slot, a level, and when it was placed.
fn book(asks: &[(u8, u8, Tick)], barred_until: Tick) -> AskBook {
	let asks = asks.iter().map(|(slot, level, placed)| StandingAsk {
		slot: *slot,
		level: Level(*level),
		placed: *placed,
	});
	AskBook {
		asks: asks.collect(),
		barred_until,
		life_min: LIFE,
	}
}

fn place(slot: u8, level: u8) -> Option<AskStep> {
	let level = Level(level);
	Some(Place { slot, level })
}

fn reprice(slot: u8, level: u8) -> Option<AskStep> {
	let level = Level(level);
	Some(Reprice { slot, level })
}

fn withdraw(slot: u8) -> Option<AskStep> {
	Some(Withdraw { slot })
}

#[test]
fn each_book_has_one_next_step() {
	const NOW: Tick = 100;
	// Placed in the last tick in which an ask is old enough now, and in the next one.
	const OLD: Tick = NOW - LIFE;
	const YOUNG: Tick = OLD + 1;
	// What is wanted; what stands; until when the provider is barred; the step.
	type Case<'a> = (&'a [u8], &'a [(u8, u8, Tick)], Tick, Option<AskStep>);
	let cases: [Case<'_>; 20] = [
		(&[], &[], 0, None),
		(&[5], &[], 0, place(0, 5)),
		(&[5], &[], NOW, place(0, 5)),
		(&[5], &[], NOW + 1, None),
		(&[5], &[(0, 5, OLD)], 0, None),
		(&[5], &[(3, 5, OLD)], 0, None),
		(&[5, 7], &[(1, 7, OLD)], 0, place(0, 5)),
		(&[5, 7], &[(0, 7, OLD)], 0, place(1, 5)),
		(&[6], &[(0, 5, OLD)], 0, reprice(0, 6)),
		(&[6], &[(0, 5, YOUNG)], 0, None),
		(&[6], &[(0, 5, OLD)], NOW + 1, None),
		(&[5, 6], &[(0, 4, OLD)], 0, place(1, 5)),
		(&[6, 7], &[(0, 4, YOUNG), (2, 5, OLD)], 0, reprice(2, 6)),
		(&[], &[(2, 5, OLD)], 0, withdraw(2)),
		(&[], &[(2, 5, OLD)], NOW + 1, withdraw(2)),
		(&[], &[(2, 5, YOUNG)], 0, None),
		(&[5], &[(0, 5, OLD), (1, 5, OLD)], 0, withdraw(1)),
		(&[5], &[(0, 4, OLD), (1, 6, OLD)], 0, reprice(0, 5)),
		(&[5], &[(0, 4, OLD), (1, 6, OLD)], NOW + 1, withdraw(0)),
		(
			&[1, 2, 3, 4],
			&[(0, 4, OLD), (1, 9, OLD), (2, 2, OLD), (3, 1, YOUNG)],
			0,
			reprice(1, 3),
		),
	];
	for (wanted, standing, barred_until, step) in cases {
		let levels: Vec<Level> = wanted.iter().copied().map(Level).collect();
		let found = next_step(&levels, &book(standing, barred_until), NOW);
		assert_eq!(
			found, step,
			"wanted {wanted:?}, standing {standing:?}, barred until {barred_until}"
		);
	}
}

/// What the chain does with a step; the second half of a new price is a step of its own, as long as the chain has no call
/// for it.
fn apply(book: &mut AskBook, step: AskStep, tick: Tick) {
	let slot = match step {
		Place { slot, level } => {
			assert!(tick >= book.barred_until && book.asks.iter().all(|ask| ask.slot != slot));
			let placed = tick;
			book.asks.push(StandingAsk { slot, level, placed });
			book.asks.sort_by_key(|ask| ask.slot);
			assert!(book.asks.len() <= usize::from(SLOTS));
			return;
		}
		Withdraw { slot } | Reprice { slot, .. } => slot,
	};
	let at = book.asks.iter().position(|ask| ask.slot == slot).expect("it stands");
	let gone = book.asks.remove(at);
	assert!(
		tick >= gone.placed + book.life_min,
		"the chain refuses what is too young"
	);
}

proptest! {
	#[test]
	fn any_book_comes_to_show_what_is_wanted_and_then_rests(
		wanted in proptest::collection::btree_set(0u8..12, 0..=4),
		standing in proptest::collection::btree_map(0u8..4, (0u8..12, 0u32..120), 0..=4),
		barred_until in 0u32..200,
	) {
		let levels: Vec<Level> = wanted.iter().copied().map(Level).collect();
		let asks: Vec<(u8, u8, Tick)> = standing.into_iter().map(|(slot, (level, placed))| (slot, level, placed)).collect();
		let mut book = book(&asks, barred_until);
		let mut calls = 0;
		for tick in 120..320 {
			if let Some(step) = next_step(&levels, &book, tick) {
				apply(&mut book, step, tick);
				calls += 1;
			}
		}
		let shown: BTreeSet<u8> = book.asks.iter().map(|ask| ask.level.0).collect();
		prop_assert_eq!(book.asks.len(), wanted.len());
		prop_assert_eq!(shown, wanted);
		// At worst each of four asks goes, and comes back at another level.
		prop_assert!(calls <= 8, "{} calls", calls);
	}

	#[test]
	fn a_price_that_changes_all_the_time_is_sent_once_in_an_asks_life(levels in proptest::collection::vec(0u8..4, 200)) {
		let mut book = book(&[], 0);
		let mut left: Option<Tick> = None;
		for (tick, level) in (0..).zip(levels) {
			let Some(step) = next_step(&[Level(level)], &book, tick) else { continue };
			if let Place { .. } = step {
				prop_assert!(left.is_none_or(|left| tick > left));
			} else {
				prop_assert!(left.is_none_or(|left| tick >= left + LIFE));
				left = Some(tick);
			}
			apply(&mut book, step, tick);
		}
		prop_assert!(book.asks.len() <= 1);
	}
}
