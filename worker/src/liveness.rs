//! Being reachable: samples are answered, and a provider that was found unreachable is taken back.
//!
//! The chain asks providers at random whether they are there. An answer moves no money, so it is not journalled: the next
//! view shows whether it came, and a second one costs a fee and changes nothing.

use crate::{journal::Intent, view::View, wire::Wire};
use millrace_client::{
	amount,
	chain::{Call, DowntimePreview, Status, Tick, SECONDS_PER_TICK},
};
use std::sync::Arc;

/// Blocks after which a sample that is still open, although an answer was sent and is not on its way any more, is answered
/// again.
const RETRY_BLOCKS: u64 = 4;

/// Everything that decides whether a sample is answered now.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
	/// The last tick to answer it, if there is one. Later the chain may still take an answer.
	pub until: Option<Tick>,
	/// The best block's number.
	pub best: u64,
	/// The worker account's nonce at the best block.
	pub nonce: u64,
	/// Nonce and last block of the answer that was sent last.
	pub sent: Option<(u64, u64)>,
	/// The sample that was answered last, and the best block then.
	pub tried: Option<(Tick, u64)>,
}

impl Sample {
	/// Whether to send an answer.
	pub fn wants_answer(&self) -> bool {
		let Some(until) = self.until else { return false };
		let under_way = self
			.sent
			.is_some_and(|(nonce, valid_until)| self.nonce <= nonce && self.best <= valid_until);
		let just_tried = self
			.tried
			.is_some_and(|(tried, at)| tried == until && self.best < at.saturating_add(RETRY_BLOCKS));
		!under_way && !just_tried
	}
}

/// Answers samples: one answer at a time.
pub struct Heart {
	wire: Arc<Wire>,
	sent: Option<Intent>,
	tried: Option<(Tick, u64)>,
}

impl Heart {
	/// One that has answered nothing.
	pub fn new(wire: Arc<Wire>) -> Self {
		Self {
			wire,
			sent: None,
			tried: None,
		}
	}

	/// Forgets an answer on its way that the chain's new runtime does not take.
	pub fn sign_anew(&mut self) {
		self.sent = None;
		self.tried = None;
	}

	/// Answers the sample in this view, if there is one.
	pub async fn tend(&mut self, view: &View) {
		let sample = Sample {
			until: view.sampled_until,
			best: view.best.number,
			nonce: view.nonce,
			sent: self.sent.as_ref().map(|intent| (intent.nonce, intent.valid_until)),
			tried: self.tried,
		};
		let Some(until) = sample.until.filter(|_| sample.wants_answer()) else {
			return;
		};
		self.tried = Some((until, view.best.number));
		match self.wire.submit(&Call::Heartbeat, &view.ground(), |_| Ok(())).await {
			Ok(intent) => {
				tracing::info!(until, tick = view.tick, nonce = intent.nonce, "sampled, and answered");
				self.sent = Some(intent);
			}
			Err(error) => {
				tracing::warn!(until, tick = view.tick, %error, "sampled, and the answer was not sent; will be tried again");
			}
		}
	}
}

/// Everything that decides whether the provider is drained or resumed.
#[derive(Clone, Copy, Debug)]
pub struct Stand {
	/// Whether it takes jobs.
	pub status: Status,
	/// Whether this worker set it draining.
	pub drained: bool,
	/// Whether late jobs have suspended it, so that only its owner resumes it.
	pub suspended: bool,
	/// Whether nothing new is taken: the worker stops, or cannot serve.
	pub stopping: bool,
	/// Whether asks of it stand in the book.
	pub asks: bool,
	/// Whether an outage of it goes on.
	pub outage: bool,
}

/// What to do about the provider's status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Turn {
	/// Take nothing new: who sells no time owes none, so this ends an outage too.
	Drain,
	/// Be what it was before.
	Resume,
}

impl Stand {
	/// Decides. A provider that its owner has set draining stays so: where it was found unreachable, resuming it makes it
	/// draining again.
	pub fn turn(&self) -> Option<Turn> {
		match self.status {
			Status::Active if self.stopping && (self.asks || self.outage) => Some(Turn::Drain),
			Status::Unreachable { draining: false } if self.stopping => Some(Turn::Drain),
			Status::Unreachable { .. } => Some(Turn::Resume),
			Status::Draining if self.drained && !self.stopping && !self.suspended => Some(Turn::Resume),
			Status::Active | Status::Draining | Status::Chilled { .. } | Status::Exiting => None,
		}
	}
}

/// How the provider stands with those who wait for it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Reach {
	/// It answers.
	#[default]
	Well,
	/// It was found unreachable, in the outage that began at this tick.
	Gone(Option<Tick>),
	/// It answers, but was silent on assignments: the outage that began at this tick goes on until it commits a result.
	Silent(Tick),
}

impl Reach {
	/// By the provider's status, and its outage if that goes on.
	pub fn of(status: Status, outage: Option<Tick>) -> Self {
		match (status, outage) {
			(Status::Unreachable { .. }, began) => Self::Gone(began),
			(Status::Active | Status::Draining, Some(began)) => Self::Silent(began),
			_ => Self::Well,
		}
	}
}

/// What an outage costs and when, for people.
pub fn costs(preview: &DowntimePreview) -> String {
	let steps = preview.steps.iter().map(|step| {
		let minutes = u64::from(step.tick.saturating_sub(preview.now)).saturating_mul(SECONDS_PER_TICK) / 60;
		let chills = if step.chills {
			", and the provider is chilled"
		} else {
			""
		};
		format!(
			"{} at tick {} (in about {minutes} min){chills}",
			amount::print(step.amount),
			step.tick
		)
	});
	let steps: Vec<String> = steps.collect();
	if steps.is_empty() {
		"nothing".to_owned()
	} else {
		steps.join("; ")
	}
}

#[cfg(test)]
mod tests;
