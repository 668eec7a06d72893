//! What an outage is, what it costs, and how much of that is forgiven.
//!
//! Pure figures: nothing here reads or writes storage.

use crate::types::{MAX_DROPS, STEPS};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use millrace_primitives::{Balance, ProviderId, Tick};
use polkadot_sdk::{
	sp_core::ConstU32,
	sp_runtime::{BoundedVec, Perbill},
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// What an outage that is longer than this costs in all, as a part of the required stake.
#[derive(
	Clone,
	Copy,
	Debug,
	Decode,
	DecodeWithMemTracking,
	Deserialize,
	Encode,
	Eq,
	MaxEncodedLen,
	PartialEq,
	Serialize,
	TypeInfo,
)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DowntimeStep {
	/// Ticks that the outage lasts longer than.
	pub after: Tick,
	/// What it costs where no job was running when it began.
	pub idle: Perbill,
	/// What it costs where one was.
	pub running: Perbill,
}

/// The governed figures of liveness.
#[derive(
	Clone,
	Copy,
	Debug,
	Decode,
	DecodeWithMemTracking,
	Deserialize,
	Encode,
	Eq,
	MaxEncodedLen,
	PartialEq,
	Serialize,
	TypeInfo,
)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LivenessRules {
	/// Ticks in which a sample must be answered.
	pub answer_ticks: Tick,
	/// Ticks between two samples of a provider, at least.
	pub sample_gap: Tick,
	/// Reachable providers for which one sample a tick is drawn.
	pub providers_per_sample: u32,
	/// Ticks after a return in which a miss continues the outage, and no job of the provider lapses into payment.
	pub return_ticks: Tick,
	/// Ticks of the hours in which outages are compared with each other.
	pub hour: Tick,
	/// Ticks since its registration after which a provider's outage speaks for those of others.
	pub veteran_ticks: Tick,
	/// Part of other owners' stake from which on an outage costs nothing if so much became unreachable with it.
	pub forgiven_share: Perbill,
	/// What outages cost, shortest first. Beyond the last the provider is chilled.
	pub steps: [DowntimeStep; STEPS],
}

impl LivenessRules {
	/// Stops whoever sets figures under which liveness would not work, or not fairly.
	pub fn check(&self) {
		assert!(self.hour > 0, "Liveness: an hour has ticks");
		assert!(
			self.providers_per_sample > 0,
			"Liveness: samples are drawn for some number of providers"
		);
		assert!(
			self.sample_gap > self.answer_ticks,
			"Liveness: a sample is over before the next"
		);
		assert!(
			!self.forgiven_share.is_zero(),
			"Liveness: some share of the stake is forgiven"
		);
		let pairs = self.steps.iter().zip(self.steps.iter().skip(1));
		assert!(
			pairs
				.into_iter()
				.all(|(a, b)| a.after < b.after && a.idle <= b.idle && a.running <= b.running),
			"Liveness: longer outages come later and cost more"
		);
	}

	/// What an outage of so many ticks costs in all, as a part of the required stake.
	pub fn cost(&self, ticks: Tick, running: bool) -> Perbill {
		let step = self.steps.iter().rev().find(|step| ticks > step.after);
		step.map_or(Perbill::zero(), |step| if running { step.running } else { step.idle })
	}

	/// Whether an outage of so many ticks chills.
	pub fn chills(&self, ticks: Tick) -> bool {
		self.steps.last().is_some_and(|step| ticks > step.after)
	}

	/// The hour of a tick.
	pub fn hour_of(&self, tick: Tick) -> u32 {
		tick.checked_div(self.hour).unwrap_or(0)
	}

	/// The first tick at which it is known what became unreachable in an hour and in its neighbours.
	pub fn known_from(&self, hour: u32) -> Tick {
		hour.saturating_add(2).saturating_mul(self.hour)
	}

	/// What is left of a step where so much of the other owners' stake became unreachable: all of it where nothing did,
	/// nothing from [`LivenessRules::forgiven_share`] on, and in proportion between.
	pub fn scale(&self, dropped: Balance, others: Balance) -> Perbill {
		let full = self.forgiven_share.mul_floor(others);
		if dropped == 0 {
			Perbill::one()
		} else {
			Perbill::from_rational(full.saturating_sub(dropped), full.max(1))
		}
	}

	/// The next tick after `looked` at which an outage that began at `began` costs more.
	pub fn next_step(&self, began: Tick, looked: Tick) -> Option<Tick> {
		let ticks = self
			.steps
			.iter()
			.map(|step| began.saturating_add(step.after).saturating_add(1));
		ticks.into_iter().find(|tick| *tick > looked)
	}
}

/// Stake that became unreachable, by hour; the latest hours only.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Drops(pub BoundedVec<(u32, Balance), ConstU32<MAX_DROPS>>);

impl Drops {
	/// Adds stake to an hour, which is not before any that is there, and forgets those that no outage needs.
	pub fn add(&mut self, hour: u32, stake: Balance) {
		self.forget_before(hour.saturating_sub(MAX_DROPS.saturating_sub(1)));
		match self.0.last_mut() {
			Some((last, sum)) if *last >= hour => *sum = sum.saturating_add(stake),
			_ => {
				// At most as many hours as there is room for are left.
				let _ = self.0.try_push((hour, stake));
			}
		}
	}

	/// Takes stake back that was added to an hour, if that is still known.
	pub fn take_back(&mut self, hour: u32, stake: Balance) {
		for (known, sum) in &mut self.0 {
			if *known == hour {
				*sum = sum.saturating_sub(stake);
			}
		}
		self.0.retain(|(_, sum)| *sum > 0);
	}

	/// Forgets earlier hours.
	pub fn forget_before(&mut self, hour: u32) {
		self.0.retain(|(known, _)| *known >= hour);
	}

	/// The stake of an hour and the one before.
	pub fn until(&self, hour: u32) -> Balance {
		self.sum(hour.saturating_sub(1), hour)
	}

	/// The stake of an hour and its two neighbours.
	pub fn around(&self, hour: u32) -> Balance {
		self.sum(hour.saturating_sub(1), hour.saturating_add(1))
	}

	fn sum(&self, first: u32, last: u32) -> Balance {
		self.0
			.iter()
			.filter(|(hour, _)| (first..=last).contains(hour))
			.fold(0, |sum: Balance, (_, stake)| sum.saturating_add(*stake))
	}
}

/// What an owner's providers have among the reachable, and what of theirs became unreachable.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct OwnerStake {
	/// Stake of the owner's reachable providers, in planck.
	pub reachable: Balance,
	/// What became unreachable.
	pub drops: Drops,
}

/// A sampled provider: it is reachable, and may be asked whether it is.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Sampled {
	/// Its place in the list of all that are.
	pub index: u32,
	/// When it was sampled last.
	pub last: Option<Tick>,
	/// Last tick to answer, while it has not.
	pub until: Option<Tick>,
}

/// The samples of one tick.
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct SampleBatch {
	/// When they were drawn.
	pub drawn: Tick,
	/// Last tick to answer them.
	pub until: Tick,
	/// Who was drawn and was not yet found to have missed it.
	pub providers: BoundedVec<ProviderId, ConstU32<{ crate::types::MAX_SAMPLES }>>,
}

/// A queue's ends: the first number that is taken, and the first that is free.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct QueueEnds {
	/// The oldest entry.
	pub head: u32,
	/// One past the newest entry.
	pub tail: u32,
}

/// A time in which a provider did not answer, or answered and did no work.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Outage {
	/// When it ended; none while it goes on. A miss soon after continues it.
	pub ended: Option<Tick>,
	/// Stake that was required when it began, in planck: what its cost is a part of.
	pub required: Balance,
	/// Whether a job was running when it began.
	pub running: bool,
	/// The hour in which it was found.
	pub hour: u32,
	/// Reachable stake of other owners then, in planck.
	pub others: Balance,
	/// What is left of its cost after forgiveness; none until that is known.
	pub scale: Option<Perbill>,
	/// What was slashed for it so far, in planck.
	pub charged: Balance,
	/// Other penalties that its provider paid meanwhile, in planck. They count as paid.
	pub deducted: Balance,
	/// When it was looked at last; at first, when it began.
	pub looked: Tick,
	/// When it is looked at next; none where it costs the most it can and goes on.
	pub check: Option<Tick>,
}

impl Outage {
	/// One that begins now, of a provider of which this much stake is required, and on which nothing is known yet of what
	/// became unreachable in the same hour.
	pub fn new(began: Tick, required: Balance, running: bool, hour: u32, others: Balance) -> Self {
		Self {
			ended: None,
			required,
			running,
			hour,
			others,
			scale: None,
			charged: 0,
			deducted: 0,
			looked: began,
			check: None,
		}
	}

	/// Whether a miss at this tick belongs to it: it goes on, or has ended a short while before.
	pub fn covers(&self, rules: &LivenessRules, tick: Tick) -> bool {
		self.ended
			.is_none_or(|ended| tick <= ended.saturating_add(rules.return_ticks))
	}

	/// Whether nothing of its cost is left.
	pub fn is_forgiven(&self) -> bool {
		self.scale.is_some_and(|scale| scale.is_zero())
	}

	/// How long it has lasted.
	pub fn ticks(&self, began: Tick, now: Tick) -> Tick {
		self.ended.unwrap_or(now).saturating_sub(began)
	}

	/// What it costs in all by now, in planck.
	pub fn cost(&self, rules: &LivenessRules, began: Tick, now: Tick) -> Balance {
		let cost = rules
			.cost(self.ticks(began, now), self.running)
			.mul_floor(self.required);
		self.scale.unwrap_or(Perbill::one()).mul_floor(cost)
	}

	/// What of a cost is still to be paid, in planck.
	pub fn left_of(&self, cost: Balance) -> Balance {
		cost.saturating_sub(self.charged).saturating_sub(self.deducted)
	}

	/// When it must be looked at next: at the first step since it was looked at last, or at once where that has passed
	/// meanwhile, because it was found late or has been continued.
	pub fn next_check(&self, rules: &LivenessRules, began: Tick, now: Tick) -> Option<Tick> {
		let next = match self.ended {
			Some(ended) => Some(ended.saturating_add(rules.return_ticks).saturating_add(1)),
			None => rules
				.next_step(began, self.looked)
				.map(|tick| tick.max(now.saturating_add(1))),
		};
		match self.scale {
			// The first look is also the one at which forgiveness becomes known.
			None => next.map(|tick| tick.max(rules.known_from(self.hour))),
			Some(_) => next,
		}
	}
}

/// A cost that an outage will have.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct PreviewStep {
	/// The tick at which it is taken, if the provider does not return before.
	pub tick: Tick,
	/// What is taken at that tick, in planck, if nothing is forgiven that is not known yet.
	pub amount: Balance,
	/// Whether the provider is chilled.
	pub chills: bool,
}

/// What it costs a provider to be gone from now on, or to stay gone.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
pub struct DowntimePreview {
	/// The tick of the preview.
	pub now: Tick,
	/// When the outage began; `now` where there is none.
	pub began: Tick,
	/// The outage, if there is one.
	pub outage: Option<Outage>,
	/// Stake that is or would be required, in planck.
	pub required: Balance,
	/// Whether a job is running, or was when the outage began.
	pub running: bool,
	/// What is taken and when, soonest first. Empty where being gone costs nothing.
	pub steps: alloc::vec::Vec<PreviewStep>,
}
