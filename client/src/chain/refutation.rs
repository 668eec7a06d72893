//! Refutations, demanded leaves and slashes, as the chain knows them.

use super::{AccountId, ProviderId, Tick};
use crate::amount::Balance;
use millrace_kernel::tree::{Pair, SumNode};
use serde::Serialize;
use std::fmt;

/// A slash's number, given out in order.
pub type SlashId = u32;

/// The challenge window of a committed job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Window {
	/// The result can be refuted, and leaves demanded, until `end`.
	Open {
		/// The last tick.
		end: Tick,
	},
	/// Leaves are demanded; meanwhile the window stands still.
	Demanded {
		/// Ticks of the window that were left.
		left: Tick,
		/// The last tick to provide the leaves; none while the demand waits for others of the same provider.
		until: Option<Tick>,
	},
}

impl Window {
	/// The tick at which the window ends if nothing else happens; `now` is the clock.
	pub fn end(&self, now: Tick) -> Tick {
		match *self {
			Window::Open { end } => end,
			Window::Demanded { left, until } => until.unwrap_or(now).max(now).saturating_add(left),
		}
	}

	/// Whether it is over: the result can no longer be refuted, nor leaves be demanded or brought.
	pub fn is_over(&self, now: Tick) -> bool {
		match *self {
			Window::Open { end } => now > end,
			Window::Demanded { until, .. } => until.is_some_and(|until| now > until),
		}
	}
}

/// What was wrong with a refuted result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fraud {
	/// The units of two children do not sum to what their parent claims.
	InconsistentPair {
		/// The number of the pair on the path, from the root.
		pair: u32,
	},
	/// Evaluating the leaf gives something else than was committed.
	WrongLeaf {
		/// What was committed.
		claimed: SumNode,
		/// What it is.
		evaluated: SumNode,
	},
}

impl fmt::Display for Fraud {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Fraud::InconsistentPair { pair } => {
				write!(f, "the units of pair {pair} do not sum to what its parent claims")
			}
			Fraud::WrongLeaf { claimed, evaluated } if claimed.units != evaluated.units => write!(
				f,
				"the leaf takes {} units, and {} were committed",
				evaluated.units, claimed.units
			),
			Fraud::WrongLeaf { .. } => {
				f.write_str("evaluating the leaf gives other bytes or traps than were committed")
			}
		}
	}
}

/// A leaf of a committed result as its preimage, with its way from the root.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProvidedLeaf {
	/// The number of the leaf.
	pub leaf: u32,
	/// The output of its items.
	pub bytes: Vec<u8>,
	/// How many of them trapped.
	pub traps: u32,
	/// The pairs from the root to the leaf. The last one claims its units.
	pub pairs: Vec<Pair>,
}

/// An open or waiting demand for leaves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Demand {
	/// Who is to provide them.
	pub provider: ProviderId,
	/// Those that are still missing, ascending.
	pub leaves: Vec<u32>,
}

/// What a slash is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SlashCause {
	/// A refuted result.
	Fraud,
	/// Demanded leaves that never came.
	Silence,
	/// An outage.
	Downtime,
}

impl SlashCause {
	/// The cause's name.
	pub fn name(self) -> &'static str {
		match self {
			SlashCause::Fraud => "fraud",
			SlashCause::Silence => "silence",
			SlashCause::Downtime => "downtime",
		}
	}
}

/// Who gets parts of a slash; the rest is burned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SlashShares {
	/// Who refuted the result.
	pub refuter: AccountId,
	/// What it gets, in planck.
	pub refuter_amount: Balance,
	/// Whose job it was.
	pub requester: AccountId,
	/// What it gets, in planck.
	pub requester_amount: Balance,
}

/// Stake that was set aside, until it is paid or the slash is cancelled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SlashView {
	/// Its number.
	pub id: SlashId,
	/// Whose stake.
	pub provider: ProviderId,
	/// How much, in planck.
	pub amount: Balance,
	/// What for.
	pub cause: SlashCause,
	/// The tick from which it can be paid.
	pub due: Tick,
	/// Who gets parts of it; none where nobody does: then the treasury gets it if it is for downtime, else it is burned.
	pub shares: Option<SlashShares>,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_window_stands_still_while_leaves_are_demanded() {
		let open = Window::Open { end: 100 };
		assert_eq!(open.end(40), 100);
		assert!(!open.is_over(100) && open.is_over(101));
		let demanded = Window::Demanded {
			left: 30,
			until: Some(200),
		};
		assert_eq!(demanded.end(150), 230);
		assert!(!demanded.is_over(200) && demanded.is_over(201));
		let queued = Window::Demanded { left: 30, until: None };
		assert!(!queued.is_over(10_000));
		assert_eq!(queued.end(150), 180);
	}

	#[test]
	fn fraud_has_words() {
		let node = |units| SumNode { hash: [0; 32], units };
		let units = Fraud::WrongLeaf {
			claimed: node(9),
			evaluated: node(7),
		};
		assert_eq!(units.to_string(), "the leaf takes 7 units, and 9 were committed");
		let bytes = Fraud::WrongLeaf {
			claimed: node(7),
			evaluated: node(7),
		};
		assert!(bytes.to_string().contains("other bytes or traps"), "{bytes}");
		assert!(Fraud::InconsistentPair { pair: 3 }.to_string().contains("pair 3"));
	}
}
