//! Enrolling the device that this worker computes with.
//!
//! Where the provider's class is one that is measured, the chain takes no ask of it before its device has done a task
//! that is drawn once it is enrolled. The task comes as a job and is done like any other; all that is decided here is
//! when to enrol. Nothing is journalled: the next view shows whether it came through, and a second call costs a fee at
//! most.

use crate::{
	backend::Ready,
	device::{facts, MachineId},
	journal::Intent,
	view::View,
	wire::{Wire, WireError},
};
use millrace_client::chain::{
	Call, DeviceClass, DeviceFacts, DeviceState, DeviceView, EnrolmentRulesView, JobId, Status, Tick, H256,
};
use std::{fmt, sync::Arc};

/// The place of this worker's device.
pub const SLOT: u8 = 0;
/// Blocks after which it is tried again where the node could not be asked.
const RETRY_BLOCKS: u64 = 4;
/// Memory is the same up to this part of it: what a system keeps for itself differs from start to start.
const MEMORY_PART: u64 = 32;

/// Everything that decides whether the device is enrolled now.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
	/// What the chain shows in this worker's place.
	pub enrolled: Option<&'a DeviceView>,
	/// What this worker computes with; none while that is not known.
	pub here: Option<&'a DeviceFacts>,
	/// The class in the provider's terms.
	pub class: DeviceClass,
	/// Whether devices of that class are measured.
	pub measures: bool,
	/// Ticks between two requests.
	pub retry_ticks: Tick,
	/// Whether the provider takes jobs.
	pub status: Status,
	/// Whether its stake backs its lanes.
	pub has_stake: bool,
	/// Whether nothing new is taken: the worker stops, or cannot serve.
	pub stopping: bool,
	/// The protocol clock.
	pub tick: Tick,
	/// The best block's number.
	pub best: u64,
	/// The worker account's nonce at the best block.
	pub nonce: u64,
	/// Nonce and last block of the call that was sent last.
	pub sent: Option<(u64, u64)>,
	/// After a refusal, the tick from which it is tried again.
	pub not_before: Option<Tick>,
	/// The best block when the node could not be asked.
	pub unsent: Option<u64>,
}

/// What to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
	/// Nothing until something changes.
	Nothing,
	/// Send `enrol_device`.
	Enrol,
}

/// Decides.
pub fn decide(facts: &Facts<'_>) -> Action {
	let Some(here) = facts.here else {
		return Action::Nothing;
	};
	let under_way = facts
		.sent
		.is_some_and(|(nonce, valid_until)| facts.nonce <= nonce && facts.best <= valid_until);
	let may = facts.status == Status::Active && facts.has_stake && !facts.stopping;
	let refused = facts.not_before.is_some_and(|tick| facts.tick < tick);
	let just_tried = facts
		.unsent
		.is_some_and(|at| facts.best < at.saturating_add(RETRY_BLOCKS));
	if under_way || !may || refused || just_tried {
		return Action::Nothing;
	}
	let Some(device) = facts.enrolled else {
		return Action::Enrol;
	};
	let stands = match device.state {
		DeviceState::Waiting | DeviceState::Measuring => true,
		DeviceState::Measured { class, .. } => class == facts.class,
		DeviceState::Failed { .. } => false,
		DeviceState::Unmeasured => !facts.measures,
	};
	let is_early = facts.tick < device.requested.saturating_add(facts.retry_ticks);
	if device.is_busy() || is_early || (stands && is_same(&device.facts, here)) {
		Action::Nothing
	} else {
		Action::Enrol
	}
}

/// Whether what is enrolled is what computes here.
fn is_same(enrolled: &DeviceFacts, here: &DeviceFacts) -> bool {
	let most = enrolled.memory.max(here.memory);
	let memory = enrolled.memory.abs_diff(here.memory) <= most / MEMORY_PART;
	let here = DeviceFacts {
		memory: enrolled.memory,
		..here.clone()
	};
	memory && *enrolled == here
}

/// Where the device stands, for people.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
	/// There is none in this worker's place.
	Absent,
	/// Its task is still to be drawn.
	Waiting {
		/// The tick from which it may be drawn.
		from: Tick,
	},
	/// It does its first task.
	Measuring {
		/// The job.
		job: Option<JobId>,
	},
	/// It has shown that it is of a class.
	Measured {
		/// The class.
		class: DeviceClass,
		/// Ticks that it took.
		ticks: Tick,
		/// When it had shown it.
		at: Tick,
		/// The job that measures it again, while one does.
		again: Option<JobId>,
	},
	/// It has not shown it.
	Failed {
		/// When that was found.
		at: Tick,
		/// The tick from which it can be enrolled again.
		again: Tick,
	},
	/// Nothing is asked of its class.
	Unmeasured,
}

impl Stage {
	/// As the chain shows it.
	pub fn of(enrolled: Option<&DeviceView>, rules: &EnrolmentRulesView) -> Self {
		let Some(device) = enrolled else {
			return Self::Absent;
		};
		match device.state {
			DeviceState::Waiting => Self::Waiting {
				from: device.requested.saturating_add(rules.draw_ticks),
			},
			DeviceState::Measuring => Self::Measuring { job: device.job },
			DeviceState::Measured { class, at, ticks, .. } => Self::Measured {
				class,
				ticks,
				at,
				again: device.job,
			},
			DeviceState::Failed { at } => Self::Failed {
				at,
				again: device.requested.saturating_add(rules.retry_ticks).max(at),
			},
			DeviceState::Unmeasured => Self::Unmeasured,
		}
	}
}

impl fmt::Display for Stage {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Absent => f.write_str("not enrolled"),
			Self::Waiting { from } => write!(f, "enrolled; waits for its task, drawn at tick {from} or later"),
			Self::Measuring { job: Some(job) } => write!(f, "being measured, by job {job}"),
			Self::Measuring { job: None } => f.write_str("being measured"),
			Self::Measured {
				class,
				ticks,
				at,
				again,
			} => {
				write!(f, "measured as {class} in {ticks} ticks, at tick {at}")?;
				match again {
					Some(job) => write!(f, "; being measured again, by job {job}"),
					None => Ok(()),
				}
			}
			Self::Failed { at, again } => write!(f, "failed at tick {at}; tried again from tick {again}"),
			Self::Unmeasured => f.write_str("enrolled; devices of its class are not measured"),
		}
	}
}

/// A call on its way.
struct Sent {
	intent: Intent,
	/// The best block then.
	from: u64,
	/// The protocol's clock then.
	tick: Tick,
}

/// Why a call was refused.
struct Refusal {
	reason: String,
	/// The tick from which it is tried again.
	until: Tick,
}

/// Keeps the device enrolled.
pub struct Enrolment {
	wire: Arc<Wire>,
	genesis: H256,
	machine: MachineId,
	sent: Option<Sent>,
	refusal: Option<Refusal>,
	unsent: Option<u64>,
	/// Where the device stood at the last look, so that each change is told once.
	told: Stage,
	/// What computes, at the last look.
	here: Option<DeviceFacts>,
}

impl Enrolment {
	/// One that has enrolled nothing.
	pub fn new(wire: Arc<Wire>, genesis: H256, machine: MachineId) -> Self {
		Self {
			wire,
			genesis,
			machine,
			sent: None,
			refusal: None,
			unsent: None,
			told: Stage::Absent,
			here: None,
		}
	}

	/// What computes here, in the chain's words, once that is known.
	pub fn here(&self) -> Option<&DeviceFacts> {
		self.here.as_ref()
	}

	/// Why the last call was refused, if it was, and the tick from which it is tried again.
	pub fn refusal(&self) -> Option<(&str, Tick)> {
		let refusal = self.refusal.as_ref()?;
		Some((&refusal.reason, refusal.until))
	}

	/// Forgets a call on its way that the chain's new runtime does not take.
	pub fn sign_anew(&mut self) {
		self.sent = None;
	}

	/// Tells what has changed, and enrols the device if that is due.
	pub async fn tend(&mut self, view: &View, ready: Option<&Ready>, stopping: bool) {
		self.here = ready.map(|ready| facts(ready, &self.machine, &self.genesis));
		self.tell(Stage::of(view.device.as_ref(), &view.enrolment));
		self.follow(view).await;
		let action = decide(&Facts {
			enrolled: view.device.as_ref(),
			here: self.here.as_ref(),
			class: view.provider.terms.class,
			measures: view.measures(),
			retry_ticks: view.enrolment.retry_ticks,
			status: view.provider.status,
			has_stake: view.has_stake,
			stopping,
			tick: view.tick,
			best: view.best.number,
			nonce: view.nonce,
			sent: self
				.sent
				.as_ref()
				.map(|sent| (sent.intent.nonce, sent.intent.valid_until)),
			not_before: self.refusal.as_ref().map(|refusal| refusal.until),
			unsent: self.unsent,
		});
		if let (Action::Enrol, Some(facts)) = (action, self.here.clone()) {
			self.enrol(view, facts).await;
		}
	}

	async fn enrol(&mut self, view: &View, facts: DeviceFacts) {
		let (model, driver) = (facts.model.clone(), facts.driver.clone());
		let call = Call::EnrolDevice { slot: SLOT, facts };
		match self.wire.submit(&call, &view.ground(), |_| Ok(())).await {
			Ok(intent) => {
				tracing::info!(
					model,
					driver,
					tick = view.tick,
					nonce = intent.nonce,
					"enrolling the device"
				);
				self.unsent = None;
				self.sent = Some(Sent {
					intent,
					from: view.best.number,
					tick: view.tick,
				});
			}
			Err(WireError::Refused(reason)) => self.refuse(view, reason),
			Err(error) => {
				tracing::warn!(model, %error, "the device is not enrolled: nothing was sent; will be tried again");
				self.unsent = Some(view.best.number);
			}
		}
	}

	/// Sees what became of the call that was sent.
	async fn follow(&mut self, view: &View) {
		let Some(sent) = &self.sent else { return };
		if view.nonce <= sent.intent.nonce {
			if view.best.number > sent.intent.valid_until {
				self.sent = None;
			}
			return;
		}
		let came_through = view.device.as_ref().is_some_and(|device| device.requested >= sent.tick);
		if came_through {
			self.refusal = None;
		} else {
			let reason = match self.wire.refusal(&sent.intent, sent.from, &view.best).await {
				Ok(Some(reason)) => reason,
				Ok(None) => "the chain included the call, and it changed nothing".to_owned(),
				Err(error) => format!("the chain refused the call; why cannot be read: {error}"),
			};
			self.refuse(view, reason);
		}
		self.sent = None;
	}

	/// Notes a refusal; tells it unless it was the last one's.
	fn refuse(&mut self, view: &View, reason: String) {
		let until = view.tick.saturating_add(view.enrolment.retry_ticks);
		if self.refusal.as_ref().is_none_or(|refusal| refusal.reason != reason) {
			tracing::error!(
				reason,
				until,
				hint = hint(&reason),
				"the device is not enrolled; tried again from tick `until`"
			);
		}
		self.refusal = Some(Refusal { reason, until });
	}

	/// Tells where the device stands, if that has changed.
	fn tell(&mut self, stage: Stage) {
		let before = std::mem::replace(&mut self.told, stage);
		match stage {
			_ if before == stage => {}
			Stage::Absent => tracing::warn!("the device was removed"),
			Stage::Failed { .. } => tracing::warn!(
				"the device {stage}: it did not commit the result of its task in time, or that was refuted; until it is \
				 measured its provider places no ask and gets no jobs"
			),
			_ => tracing::info!("the device: {stage}"),
		}
	}
}

/// What to do about a refusal.
fn hint(reason: &str) -> Option<&'static str> {
	let hints = [
		(
			"DeviceTaken",
			"another provider, or another place of this one, has enrolled this device: its owner or worker removes it there \
			 with `millrace provider remove-device`; if this state directory was copied from another machine that still \
			 works, delete `device-id` here and start again",
		),
		(
			"StakeTooLow",
			"its stake does not back its lanes: the owner adds some with `millrace provider bond`",
		),
		("NotWorker", "the owner names this key with `millrace provider set-worker`"),
		("pay some fees", "send the worker's account some money for fees"),
	];
	let found = hints.iter().find(|(part, _)| reason.contains(part));
	found.map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests;
