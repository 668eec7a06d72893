//! What comes of looking at a committed result.

use super::{Case, TreeError};
use millrace_compute::{Bundle, CheckReport};
use millrace_kernel::tree::SumNode;
use std::fmt;

/// What re-running leaves showed of a commitment.
#[derive(Debug)]
pub enum Found {
	/// Every leaf that was re-run is as committed.
	Agrees(CheckReport),
	/// A leaf is wrong, and the proof of it stands.
	Wrong(Box<Case>),
	/// The result is wrong, but the provider hides where.
	Unproven {
		/// All leaves as they are.
		own: Vec<SumNode>,
		/// How it is hidden.
		reason: TreeError,
	},
	/// Nothing could be compared: there is neither the committed bundle nor the committed tree.
	Withheld {
		/// Why not.
		reason: TreeError,
	},
}

/// What became of the delivery.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Delivery {
	/// The bytes are those that were committed.
	AsCommitted,
	/// Some leaves were not, and have been put right.
	Mended {
		/// How many.
		leaves: u32,
	},
	/// The bytes are others.
	Wrong(String),
	/// There are none.
	Missing(String),
}

impl Delivery {
	/// The same with one more reason.
	pub(super) fn because(self, reason: &str) -> Delivery {
		match self {
			Delivery::Wrong(first) => Delivery::Wrong(format!("{first}; {reason}")),
			other => other,
		}
	}

	/// What is wrong with it.
	pub fn reason(&self) -> Option<&str> {
		match self {
			Delivery::Wrong(reason) | Delivery::Missing(reason) => Some(reason),
			Delivery::AsCommitted | Delivery::Mended { .. } => None,
		}
	}

	/// The word for it.
	pub fn name(&self) -> &'static str {
		match self {
			Delivery::AsCommitted => "as committed",
			Delivery::Mended { .. } => "mended",
			Delivery::Wrong(_) => "wrong",
			Delivery::Missing(_) => "missing",
		}
	}
}

impl fmt::Display for Delivery {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Delivery::AsCommitted => f.write_str("the delivered bytes are those that were committed"),
			Delivery::Mended { leaves: 1 } => f.write_str("1 leaf was delivered wrong and computed here instead"),
			Delivery::Mended { leaves } => write!(f, "{leaves} leaves were delivered wrong and computed here instead"),
			Delivery::Wrong(reason) => write!(f, "the delivered bytes are wrong: {reason}"),
			Delivery::Missing(reason) => write!(f, "the result was not delivered: {reason}"),
		}
	}
}

/// What came of an examination.
#[derive(Debug)]
pub struct Examined {
	/// What it showed of the commitment.
	pub found: Found,
	/// What became of the delivery.
	pub delivery: Delivery,
	/// The committed bundle, where it is here and no leaf of it is known to be wrong.
	pub bundle: Option<Bundle>,
}

impl Examined {
	pub(super) fn without_bundle(found: Found, delivery: Delivery) -> Examined {
		Examined {
			found,
			delivery,
			bundle: None,
		}
	}
}
