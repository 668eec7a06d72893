//! The worker's standing in the market: its ask is kept in the book, a stop is announced, a start takes it back.
//!
//! One extrinsic at a time, each followed until its effect shows in state or it can no longer have one. What fails is
//! tried again ever more rarely, so that a provider without stake, say, does not pay for a fee each block. Whether the
//! provider is drained or resumed is decided in [`crate::liveness`].

use crate::{
	journal::{Intent, Journal, JournalError},
	liveness::{Stand, Turn},
	view::View,
	wire::{Wire, WireError},
};
use millrace_client::{
	chain::{Call, Level, Status},
	endpoint::auth::unix_now,
};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// The slot of this worker's ask.
const SLOT: u8 = 0;
/// The mark that says that this worker, not its owner, set the provider draining.
const DRAINED: &str = "drained";
/// The mark of the last extrinsic that concerned no job: when it was signed.
const SIGNED: &str = "standing-signed";
const FIRST_WAIT: Duration = Duration::from_secs(6);
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Keeps the ask.
pub struct Standing {
	wire: Arc<Wire>,
	journal: Arc<Journal>,
	ask: Option<Level>,
	pending: Option<Intent>,
	wait: Duration,
	not_before: Option<Instant>,
	/// The call that was sent last, or was to be: another one need not wait for it.
	last: Option<&'static str>,
	warned: bool,
}

impl Standing {
	/// Keeps an ask at a level, or none.
	pub fn new(wire: Arc<Wire>, journal: Arc<Journal>, ask: Option<Level>) -> Self {
		Self {
			wire,
			journal,
			ask,
			pending: None,
			wait: FIRST_WAIT,
			not_before: None,
			last: None,
			warned: false,
		}
	}

	/// Whether nothing of this provider waits in the book, no outage of it goes on that draining would end, and no
	/// extrinsic is under way.
	pub fn is_withdrawn(&self, view: &View) -> bool {
		self.pending.is_none() && stand(view, false, true).turn().is_none()
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
		if self.last.replace(call.name()) != Some(call.name()) {
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
			.submit(&call, &view.best, |_| journal.set_mark(SIGNED, Some(unix_now())))
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
		// The chain takes no ask of a convicted provider; trying would only cost fees.
		let Some(level) = self.ask.filter(|_| active && !view.is_convicted()) else {
			return Ok(None);
		};
		// Nor one of a provider whose device is still to be measured. It is placed once that is done.
		if view.lacks_measurement() {
			return Ok(None);
		}
		if level.price() < view.provider.terms.min_price {
			if !self.warned {
				self.warned = true;
				tracing::error!(
					level = level.0,
					price = level.price().0,
					min_price = view.provider.terms.min_price.0,
					"the ask is below the price that the provider's owner signed, so none is placed; raise --ask-level"
				);
			}
			return Ok(None);
		}
		Ok(match view.asks.iter().find(|ask| ask.slot == SLOT) {
			Some(ask) if ask.level == level => None,
			Some(_) => Some(Call::WithdrawAsk { slot: SLOT }),
			None => Some(Call::PlaceAsk { slot: SLOT, level }),
		})
	}
}

fn stand(view: &View, drained: bool, stopping: bool) -> Stand {
	Stand {
		status: view.provider.status,
		drained,
		suspended: view.suspended,
		stopping,
		asks: !view.asks.is_empty(),
		outage: view.outage().is_some(),
	}
}
