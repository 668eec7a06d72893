//! The worker's standing in the market: its asks are kept in the book, a stop is announced, a start takes it back.
//!
//! One extrinsic at a time, each followed until its effect shows in state or it can no longer have one. What fails is
//! tried again ever more rarely, so that a provider without stake, say, does not pay for a fee each block. Whether the
//! provider is drained or resumed is decided in [`crate::liveness`], what is asked in [`crate::asks`].

use crate::{
	asks::{next_step, wanted_asks, AskRules, AskStep, NoAsk, WantedAsk},
	journal::{Intent, Journal, JournalError},
	liveness::{Stand, Turn},
	view::View,
	wire::{Wire, WireError},
};
use jiff::Timestamp;
use millrace_client::{
	chain::{Call, Level, Status},
	endpoint::auth::unix_now,
};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// The mark that says that this worker, not its owner, set the provider draining.
const DRAINED: &str = "drained";
/// The mark of the last extrinsic that concerned no job: when it was signed.
const SIGNED: &str = "standing-signed";
const FIRST_WAIT: Duration = Duration::from_secs(6);
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// What should be asked, or why nothing.
type Wanted = Result<Vec<WantedAsk>, NoAsk>;

/// Keeps the asks.
pub struct Standing {
	wire: Arc<Wire>,
	journal: Arc<Journal>,
	rules: Option<AskRules>,
	pending: Option<Intent>,
	wait: Duration,
	not_before: Option<Instant>,
	/// The call that was sent last, or was to be: another one need not wait for it.
	last: Option<Call>,
	/// What should have been asked at the last look, so that each change is told once.
	told: Option<Wanted>,
	/// Whether it was told that the owner's least price raises an ask.
	told_raised: bool,
}

impl Standing {
	/// Keeps the asks that the rules want, or none.
	pub fn new(wire: Arc<Wire>, journal: Arc<Journal>, rules: Option<AskRules>) -> Self {
		Self {
			wire,
			journal,
			rules,
			pending: None,
			wait: FIRST_WAIT,
			not_before: None,
			last: None,
			told: None,
			told_raised: false,
		}
	}

	/// Whether nothing of this provider waits in the book, no outage of it goes on that draining would end, and no
	/// extrinsic is under way.
	pub fn is_withdrawn(&self, view: &View) -> bool {
		self.pending.is_none() && stand(view, false, true).turn().is_none()
	}

	/// What the rules ask now, or why nothing; none where there are no rules.
	pub fn wanted(&self, view: &View) -> Option<(&AskRules, Wanted)> {
		let rules = self.rules.as_ref()?;
		Some((rules, wanted_asks(rules, &view.provider.terms, Timestamp::now())))
	}

	/// Forgets an extrinsic on its way that the chain's new runtime does not take.
	pub fn sign_anew(&mut self) {
		self.pending = None;
		self.not_before = None;
	}

	/// Does the next thing that is due, if any.
	///
	/// # Errors
	/// Only the journal's: everything else is logged and tried again later.
	pub async fn tend(&mut self, view: &View, stopping: bool) -> Result<(), JournalError> {
		if let Some(intent) = &self.pending {
			if view.nonce <= intent.nonce && view.best.number <= intent.valid_until {
				return Ok(());
			}
			self.pending = None;
		}
		let Some(call) = self.due(view, stopping)? else {
			self.wait = FIRST_WAIT;
			self.not_before = None;
			self.last = None;
			return Ok(());
		};
		if self.last.replace(call.clone()).as_ref() != Some(&call) {
			self.wait = FIRST_WAIT;
			self.not_before = None;
		}
		if self.not_before.is_some_and(|at| at > Instant::now()) {
			return Ok(());
		}
		// The next try, if this one has no effect.
		self.not_before = Some(Instant::now() + self.wait);
		self.wait = (self.wait * 2).min(LONGEST_WAIT);
		match call {
			Call::Drain { .. } => self.journal.set_mark(DRAINED, Some(1))?,
			Call::Resume { provider } if view.provider.is_unreachable() => {
				tracing::warn!(
					provider,
					since = view.outage(),
					"taking the provider back, which was unreachable"
				);
			}
			_ => {}
		}
		let journal = self.journal.clone();
		match self
			.wire
			.submit(&call, &view.ground(), |_| journal.set_mark(SIGNED, Some(unix_now())))
			.await
		{
			Ok(intent) => {
				tracing::info!(call = call.name(), "sent");
				self.pending = Some(intent);
				Ok(())
			}
			Err(WireError::Journal(error)) => Err(error),
			Err(error) => {
				tracing::warn!(call = call.name(), %error, "not sent; will be tried again");
				Ok(())
			}
		}
	}

	/// What state asks for.
	fn due(&mut self, view: &View, stopping: bool) -> Result<Option<Call>, JournalError> {
		let provider = view.provider.id;
		let status = view.provider.status;
		let active = status == Status::Active;
		let drained = self.journal.mark(DRAINED)?.is_some();
		match stand(view, drained, stopping).turn() {
			Some(Turn::Drain) => return Ok(Some(Call::Drain { provider })),
			Some(Turn::Resume) => return Ok(Some(Call::Resume { provider })),
			None if stopping => return Ok(None),
			None => {}
		}
		// One that was found unreachable while draining is draining again once it is back.
		let settled = matches!(status, Status::Active | Status::Chilled { .. } | Status::Exiting);
		if drained && settled {
			self.journal.set_mark(DRAINED, None)?;
		}
		let levels = self.levels(view);
		// The chain takes no ask of a convicted provider; trying would only cost fees. Nor one of a provider whose device is
		// still to be measured: it is placed once that is done.
		if !active || view.is_convicted() || view.lacks_measurement() {
			return Ok(None);
		}
		Ok(next_step(&levels, &view.book, view.tick).map(call_of))
	}

	/// The levels that should stand; tells what has changed about them.
	fn levels(&mut self, view: &View) -> Vec<Level> {
		let Some((rules, wanted)) = self.wanted(view) else {
			return Vec::new();
		};
		if self.told.as_ref() != Some(&wanted) {
			tell(rules, &wanted);
			self.told = Some(wanted.clone());
		}
		let asks = wanted.unwrap_or_default();
		let raised = asks.iter().find_map(|ask| Some((ask.raised_from?, ask.level)));
		if let (Some((from, to)), false) = (raised, self.told_raised) {
			self.told_raised = true;
			tracing::warn!(
				level = from.0,
				raised_to = to.0,
				min_price = view.provider.terms.min_price.0,
				"the rules ask less than the least price that the provider's owner signed, so asks are raised to it"
			);
		}
		asks.iter().map(|ask| ask.level).collect()
	}
}

/// The call that does a step.
fn call_of(step: AskStep) -> Call {
	match step {
		AskStep::Place { slot, level } => Call::PlaceAsk { slot, level },
		AskStep::Withdraw { slot } => Call::WithdrawAsk { slot },
		AskStep::Reprice { slot, level } => Call::RepriceAsk { slot, level },
	}
}

fn tell(rules: &AskRules, wanted: &Wanted) {
	match wanted {
		Ok(asks) => {
			let levels: Vec<u8> = asks.iter().map(|ask| ask.level.0).collect();
			tracing::info!(preset = rules.name, ?levels, "what is asked");
		}
		Err(NoAsk::Off(_)) => tracing::info!(preset = rules.name, "nothing is asked at this hour"),
		Err(why @ (NoAsk::OtherPool(_) | NoAsk::AboveLadder(_))) => {
			tracing::warn!(preset = rules.name, %why, "nothing is asked");
		}
	}
}

fn stand(view: &View, drained: bool, stopping: bool) -> Stand {
	Stand {
		status: view.provider.status,
		drained,
		suspended: view.suspended,
		stopping,
		asks: !view.book.asks.is_empty(),
		outage: view.outage().is_some(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_new_price_is_one_call() {
		let (slot, level) = (2, Level(7));
		assert_eq!(
			call_of(AskStep::Reprice { slot, level }),
			Call::RepriceAsk { slot, level }
		);
		assert_eq!(call_of(AskStep::Withdraw { slot }), Call::WithdrawAsk { slot });
		assert_eq!(call_of(AskStep::Place { slot, level }), Call::PlaceAsk { slot, level });
	}
}
