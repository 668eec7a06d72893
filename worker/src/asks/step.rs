//! The next change of the book, so that it shows the levels that are wanted: one slot at a time.
//!
//! | of the asks that stand | does |
//! |---|---|
//! | fewer than are wanted | places one in a free slot, unless the provider is barred after a no-show |
//! | one at a level that is not wanted, old enough | moves it to one that is; not while barred: it could not come back |
//! | more than are wanted, one old enough | withdraws one |
//!
//! An ask that is too young is left alone, so that a level changes once in an ask's life at most; and so is one at a level
//! that is wanted, whatever its slot.

use super::book::{AskBook, StandingAsk, SLOTS};
use millrace_client::chain::{Level, Tick};

/// A change of the book.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AskStep {
	/// A new ask.
	Place {
		/// A free slot.
		slot: u8,
		/// Its level.
		level: Level,
	},
	/// One ask less.
	Withdraw {
		/// Its slot.
		slot: u8,
	},
	/// The same ask at another level.
	Reprice {
		/// Its slot.
		slot: u8,
		/// The new level.
		level: Level,
	},
}

/// What to do next, if anything. Of `wanted` no two are the same.
pub fn next_step(wanted: &[Level], book: &AskBook, tick: Tick) -> Option<AskStep> {
	let mut missing: Vec<Level> = wanted.to_vec();
	let mut surplus: Vec<&StandingAsk> = Vec::new();
	for ask in &book.asks {
		match missing.iter().position(|level| *level == ask.level) {
			Some(at) => {
				missing.remove(at);
			}
			None => surplus.push(ask),
		}
	}
	let is_barred = tick < book.barred_until;
	let missing = missing.first().copied().filter(|_| !is_barred);
	if let Some(level) = missing.filter(|_| book.asks.len() < wanted.len()) {
		let is_free = |slot: &u8| book.asks.iter().all(|ask| ask.slot != *slot);
		return (0..SLOTS).find(is_free).map(|slot| AskStep::Place { slot, level });
	}
	let is_old = |ask: &&&StandingAsk| tick >= ask.placed.saturating_add(book.life_min);
	let ask = surplus.iter().find(is_old)?;
	match missing {
		Some(level) => Some(AskStep::Reprice { slot: ask.slot, level }),
		None if book.asks.len() > wanted.len() => Some(AskStep::Withdraw { slot: ask.slot }),
		None => None,
	}
}

#[cfg(test)]
mod tests;
