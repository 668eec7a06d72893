//! What can be wrong with a preset, and what to do about it.

use super::{
	hours::{BadHours, TimeOfDay},
	price::{AskPrice, BadAskPrice, MOST_PERCENT},
	SLOTS,
};
use millrace_client::chain::BadPool;

/// Where in a preset something is wrong, and what.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{at}` of preset `{preset}`: {flaw}")]
pub struct PresetError {
	/// The preset.
	pub preset: String,
	/// The key.
	pub at: String,
	/// What is wrong.
	pub flaw: Flaw,
}

/// What can be wrong with a preset.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Flaw {
	/// A price.
	#[error(transparent)]
	Price(#[from] BadAskPrice),
	/// A pool.
	#[error(transparent)]
	Pool(#[from] BadPool),
	/// A time.
	#[error(transparent)]
	Hours(#[from] BadHours),
	/// A factor.
	#[error("{0} is no factor: there are 1 to {MOST_PERCENT} hundredths")]
	Factor(i64),
	/// Nothing is ever asked.
	#[error("nothing is ever asked")]
	Nothing,
	/// A list of asks is empty.
	#[error("the list is empty")]
	Empty,
	/// There are more asks than a provider may have.
	#[error("there are {0} asks, and a provider has {SLOTS} at most")]
	TooMany(usize),
	/// Two asks are at one level.
	#[error("`{0}` and `{1}` are the same level")]
	Twice(AskPrice, AskPrice),
	/// A price is above the ladder.
	#[error("no price level reaches {factor} % of `{price}`")]
	TooHigh {
		/// The price.
		price: AskPrice,
		/// The factor, in hundredths.
		factor: u32,
	},
	/// A rule for some hours does not say one thing.
	#[error("it needs exactly one of `factor`, `asks` and `off = true`")]
	Action,
	/// Two rules hold at once.
	#[error("it holds together with rule {other}, first on {day} at {time}")]
	Overlap {
		/// The other rule, counted from 1.
		other: usize,
		/// The day.
		day: &'static str,
		/// The time.
		time: TimeOfDay,
	},
}

impl PresetError {
	/// What to do about it.
	pub fn hint(&self) -> &'static str {
		match &self.flaw {
			Flaw::Price(_) => {
				"write planck for 2^30 units, or a text like \"0.00003 MILL\", \"level 170\" or \"115 %\""
			}
			Flaw::Pool(_) => "write a class, or a class and a region: \"gpu-24g\" or \"gpu-24g/7\"",
			Flaw::Hours(_) => {
				"write for example { from = \"22:00\", to = \"06:00\", days = \"weekdays\", factor = 80 }"
			}
			Flaw::Factor(_) => "a factor of 80 makes prices a fifth lower, one of 100 changes nothing",
			Flaw::Nothing => "say what is asked with `asks`, `by_pool` or `floor`",
			Flaw::Empty => "leave the key out, or use `off = true` for hours at which nothing is asked",
			Flaw::TooMany(_) => "keep the four that matter",
			Flaw::Twice(..) => "leave one of them out: a second ask at a level brings no other jobs",
			Flaw::TooHigh { .. } => "give a lower price: level 255 is the highest",
			Flaw::Action => "split it in two, or leave out what does not belong",
			Flaw::Overlap { .. } => "let one rule end when the other begins: a rule holds until just before its end",
		}
	}
}
