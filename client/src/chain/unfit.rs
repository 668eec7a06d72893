//! Why a provider does not serve a job, with the numbers of the first rule that fails.

use super::{DeviceClass, Pool, Price, ProviderId, Tick};
use crate::amount::{text, Balance};
use serde::Serialize;

/// The first rule by which a provider does not serve a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum Unfit {
	/// The job names another provider.
	OtherTarget {
		/// The one that it names.
		target: ProviderId,
	},
	/// The provider serves another pool.
	OtherPool {
		/// The one that it serves.
		pool: Pool,
	},
	/// The provider itself takes nothing of the kind now.
	Provider(Ineligible),
	/// The provider has no ask.
	NoAsk {
		/// Until when it may not place one, because it did not show up.
		barred_until: Option<Tick>,
	},
	/// The provider asks for more than the job bids.
	AskTooDear {
		/// Its best ask.
		have: Price,
		/// What the job bids.
		need: Price,
	},
	/// The provider has rejected a job, and its asks wait.
	Paused {
		/// The first tick at which they are queued again.
		until: Tick,
	},
	/// The provider has room, but its asks still wait for one of its jobs to end or to be committed.
	Parked,
	/// The job may not be assigned any more.
	Expired {
		/// The last tick at which it could be.
		expires: Tick,
	},
}

/// Why a provider takes no job at all, or not this one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Ineligible {
	/// There is none.
	Unknown,
	/// It is draining, chilled or leaving.
	NotActive,
	/// It does not answer.
	Unreachable,
	/// Its owner has revoked the worker key.
	NoWorker,
	/// Too little active stake, in planck.
	StakeTooLow {
		/// What is bonded and not leaving.
		#[serde(with = "text")]
		have: Balance,
		/// What the rule asks for.
		#[serde(with = "text")]
		need: Balance,
	},
	/// Its owner takes no jobs that name it.
	TakesNoTargets,
	/// The price is below the minimum that the owner signed.
	PriceTooLow {
		/// The price offered.
		have: Price,
		/// The minimum signed.
		need: Price,
	},
	/// Assigned and running jobs fill twice the lanes, or a device is being measured.
	Full,
	/// No device of it has shown that it is of its class.
	NotMeasured {
		/// The class.
		class: DeviceClass,
	},
	/// It was paid for fewer jobs than the job asks for.
	TooFewPaid {
		/// Jobs that it was paid for.
		have: u32,
		/// What the job asks for.
		need: u32,
	},
	/// It failed more of its jobs than the job allows, in percent.
	TooManyFailed {
		/// What it failed.
		have: u8,
		/// What the job allows.
		need: u8,
	},
}
