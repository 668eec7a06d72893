//! The protocol's one clock on the real runtime: blocks that are full of work or of bytes, missed slots, a halt and a
//! running migration make nobody late and let no lie lapse. Each window of the protocol is played twice, undisturbed
//! and with all of these inside, and lasts as many ticks either time. Every block of every play checks that the clock
//! advanced by exactly one, or stood still for a reason.

// Under benchmarks the runtime has migrations of the benchmarks' own.
#![cfg(not(feature = "runtime-benchmarks"))]

mod chain;
mod clock {
	pub(crate) mod lab;
	pub(crate) mod windows;
}

use chain::world::{CHECKER, VICTIM};
use clock::{
	lab::Lab,
	windows::{begin_challenge, Window, WINDOWS},
};
use frame_support::assert_err;
use millrace_runtime::Runtime;
use pallet_market::{Call as MarketCall, Error};
use polkadot_sdk::*;

/// Blocks after which every window is over.
const ENOUGH: u32 = 3_000;

/// Ticks that a window lasts, and blocks that are none.
fn play(window: &Window, disturbed: bool) -> (u32, u32) {
	let mut lab = Lab::new();
	(window.begin)(&mut lab);
	lab.events.clear();
	let (tick, blocks) = (lab.clock(), lab.blocks);
	// The first of them must not be a tick itself: there are windows of two.
	let mut kind = 2;
	while !(window.is_over)(&mut lab) {
		assert!(lab.blocks - blocks < ENOUGH, "{} never ends", window.name);
		lab.empty_block();
		// Not all at once: the window must end between two of them, too.
		if disturbed && (lab.blocks - blocks) % 2 == 1 && !(window.is_over)(&mut lab) {
			lab.disturb(kind);
			kind += 1;
		}
	}
	let ticks = lab.clock() - tick;
	(ticks, lab.blocks - blocks - ticks)
}

#[test]
fn no_window_shrinks_by_blocks_in_which_not_everybody_is_heard() {
	for window in &WINDOWS {
		let (calm, idle) = play(window, false);
		assert_eq!((calm, idle), (window.ticks, 0), "{}, undisturbed", window.name);
		let (ticks, lost) = play(window, true);
		let sooner = u32::from(window.looks_first);
		assert!(
			(window.ticks - sooner..=window.ticks).contains(&ticks),
			"{}, disturbed: {ticks} of {}",
			window.name,
			window.ticks
		);
		assert!(lost > 0, "{} was disturbed", window.name);
		println!("{:44} {ticks:>4} ticks, also with {lost:>3} blocks more", window.name);
	}
}

/// Every kind of block that is no tick between the commitment and the end of its window: the lie is refuted at the last
/// tick.
#[test]
fn no_lie_lapses_while_not_everybody_is_heard() {
	for kind in 0..Lab::KINDS {
		let mut lab = Lab::new();
		let job = begin_challenge(&mut lab);
		let (end, begun) = (lab.clock() + 8, lab.blocks);
		while lab.clock() + 1 < end {
			lab.disturb(kind);
			// The first block after a migration is none either.
			for _ in 0..2 {
				if lab.clock() + 1 < end {
					lab.empty_block();
				}
			}
		}
		assert!(lab.blocks - begun > 8, "more blocks than ticks");
		// A full block puts the one after it into the same tick, the last in which the lie can be shown.
		lab.calm();
		lab.fill_by_weight();
		let proof = lab.proof();
		let outcome = lab.send(CHECKER, MarketCall::refute { job, proof });
		assert_eq!(lab.clock(), end);
		outcome.expect("its time is not over");
		// And not a tick later.
		let mut lab = Lab::new();
		let job = begin_challenge(&mut lab);
		let end = lab.clock() + 8;
		while lab.clock() < end {
			lab.empty_block();
		}
		let proof = lab.proof();
		let outcome = lab.send(CHECKER, MarketCall::refute { job, proof });
		assert_err!(outcome, Error::<Runtime>::UnknownJob);
	}
}

/// The same the other way round: what a requester may do in its window it may do in all of it.
#[test]
fn a_requester_has_all_of_its_window_however_full_the_chain_is() {
	for kind in 0..Lab::KINDS {
		let mut lab = Lab::new();
		let job = begin_challenge(&mut lab);
		let end = lab.clock() + 7;
		while lab.clock() < end {
			lab.disturb(kind);
			for _ in 0..2 {
				if lab.clock() < end {
					lab.empty_block();
				}
			}
		}
		let leaves = vec![0].try_into().expect("one leaf");
		let outcome = lab.send(VICTIM, MarketCall::demand { job, leaves });
		outcome.expect("the window is open");
	}
}

#[test]
fn the_clock_counts_every_block_but_these() {
	let mut lab = Lab::new();
	let (tick, blocks) = (lab.clock(), lab.blocks);
	for _ in 0..30 {
		lab.empty_block();
	}
	assert_eq!((lab.clock() - tick, lab.blocks - blocks), (30, 30));
	for kind in 0..Lab::KINDS {
		// One tick for the block that is full or halts the market; none for those that follow it.
		let tick = lab.clock();
		let blocks = lab.blocks;
		lab.disturb(kind);
		lab.empty_block();
		let (ticks, blocks) = (lab.clock() - tick, lab.blocks - blocks);
		assert_eq!(
			(kind, ticks, blocks),
			(kind, Lab::TICKS_OF[kind].0, Lab::TICKS_OF[kind].1)
		);
	}
}
