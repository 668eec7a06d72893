//! What became of calls that were sent one after the other, each for a part of what was wanted.

use crate::{
	amount::Balance,
	chain::{ChainError, Included},
	exit::{Code, Failure},
};

/// What became of one of them.
type Outcome = Result<Included, ChainError>;

/// What was paid for those that a block has, in planck.
pub(super) fn fees<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Balance {
	let included = outcomes.filter_map(|outcome| outcome.as_ref().ok());
	included.fold(0, |sum: Balance, included| sum.saturating_add(included.fee))
}

/// What whoever wanted all of them must hear, where some failed: how many of the `wanted` parts were not `done`, and the first
/// reason, with its code. `parts` names them.
pub(super) fn failure<'a>(
	outcomes: impl Iterator<Item = &'a Outcome> + Clone,
	wanted: usize,
	parts: &str,
	done: &str,
) -> Option<Failure> {
	let first = outcomes.clone().find_map(|outcome| outcome.as_ref().err())?;
	let left = wanted.saturating_sub(outcomes.filter(|outcome| outcome.is_ok()).count());
	let message = format!("{left} of {wanted} {parts} were not {done}, the first because {first}");
	Some(Failure::new(Code::from(first), message, first.hint()))
}
