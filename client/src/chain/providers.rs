//! Providers and what they offer, as the chain knows them.

use super::{AccountId, DeviceClass, Level, Price, ProviderId, Tick, H256};
use crate::amount::Balance;
use serde::{Serialize, Serializer};

/// Where a provider answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoint {
	/// A DNS name or an address.
	pub host: String,
	/// The TCP port.
	pub port: u16,
	/// BLAKE2b-256 of the certificate's SubjectPublicKeyInfo.
	pub tls_key: H256,
}

/// What a provider's owner has signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProviderTerms {
	/// What the device can do.
	pub class: DeviceClass,
	/// Where it says it is.
	pub region: u8,
	/// Jobs at once.
	pub lanes: u16,
	/// The least price.
	pub min_price: Price,
	/// Whether jobs may name this provider.
	pub takes_targets: bool,
}

/// Whether a provider serves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
	/// It does.
	Active,
	/// It finishes what it has and takes nothing new.
	Draining,
	/// It does not answer: its asks are gone and it gets no jobs.
	Unreachable {
		/// Whether it was draining before, and will be again once it is back.
		draining: bool,
	},
	/// A result of it was refuted, or it was unreachable for days.
	Chilled {
		/// The tick from which its owner can reactivate it.
		until: Tick,
	},
	/// It is leaving.
	Exiting,
}

impl Status {
	/// The status's name.
	pub fn name(self) -> &'static str {
		match self {
			Status::Active => "active",
			Status::Draining => "draining",
			Status::Unreachable { .. } => "unreachable",
			Status::Chilled { .. } => "chilled",
			Status::Exiting => "exiting",
		}
	}
}

impl Serialize for Status {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(self.name())
	}
}

/// A part of a provider's stake on its way out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unbonding {
	/// How much, in planck.
	pub amount: Balance,
	/// The tick from which it can be withdrawn.
	pub release: Tick,
}

/// What became of a provider's assignments.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Record {
	/// Jobs settled.
	pub completed: u32,
	/// Deadlines missed.
	pub late: u32,
	/// Assignments without a word.
	pub no_show: u32,
	/// Jobs given up.
	pub abandoned: u32,
	/// Results refuted.
	pub refuted: u32,
	/// Jobs whose demanded leaves never came.
	pub silent: u32,
	/// Jobs whose inputs never came.
	pub inputs_missing: u32,
	/// Outages.
	pub outages: u32,
	/// Ticks of all outages that are over.
	pub unreachable: u64,
	/// Paid in all, in planck, before the protocol fee.
	pub paid: Balance,
}

impl Record {
	/// Assignments that ended badly by the provider's own doing.
	pub fn failures(&self) -> u64 {
		[self.late, self.no_show, self.abandoned, self.refuted, self.silent]
			.into_iter()
			.map(u64::from)
			.sum()
	}

	/// Assignments that ended well or badly.
	pub fn ended(&self) -> u64 {
		u64::from(self.completed) + self.failures()
	}

	/// Percent of them that ended badly; 0 where none has ended.
	pub fn failed_percent(&self) -> f64 {
		match self.ended() {
			0 => 0.0,
			ended => self.failures() as f64 * 100.0 / ended as f64,
		}
	}

	/// The least share of good ends that so many good and bad ones speak for, with 95 %: the lower end of Wilson's interval.
	/// 0 where none has ended, so that a short record counts for less than a long one.
	pub fn success_bound(&self) -> f64 {
		/// Standard deviations of a normal distribution that 95 % lie within.
		const Z: f64 = 1.959_964;
		let ended = self.ended() as f64;
		if ended == 0.0 {
			return 0.0;
		}
		let share = f64::from(self.completed) / ended;
		let middle = share + Z * Z / (2.0 * ended);
		let spread = Z * (share * (1.0 - share) / ended + Z * Z / (4.0 * ended * ended)).sqrt();
		((middle - spread) / (1.0 + Z * Z / ended)).max(0.0)
	}
}

/// A provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderView {
	/// Its number.
	pub id: ProviderId,
	/// The cold key.
	pub owner: AccountId,
	/// The hot key; none while revoked.
	pub worker: Option<AccountId>,
	/// Where earnings go.
	pub payout: AccountId,
	/// Where it answers.
	pub endpoint: Endpoint,
	/// What its owner has signed.
	pub terms: ProviderTerms,
	/// Whether it serves.
	pub status: Status,
	/// Jobs assigned and not accepted.
	pub assigned: u16,
	/// Jobs running.
	pub running: u16,
	/// Jobs committed and not settled.
	pub committed: u32,
	/// Stake that backs work, in planck.
	pub active: Balance,
	/// Stake on its way out.
	pub unbonding: Vec<Unbonding>,
	/// Stake that a pending slash has put aside, in planck.
	pub set_aside: Balance,
	/// When a result was refuted, until the provider is reactivated. Jobs that were open then are void.
	pub fraud_clock: Option<Tick>,
	/// Late jobs that count towards a suspension, or have led to one.
	pub lates: u32,
	/// Whether its earnings refill its stake where a penalty took some.
	pub refill: bool,
	/// Assignments in a row that ended without a word; a committed job ends the row.
	pub no_shows: u8,
	/// When its outage began, while that may still go on.
	pub outage: Option<Tick>,
	/// When it last returned from being unreachable.
	pub returned: Option<Tick>,
	/// Devices that are enrolled.
	pub devices: u8,
	/// Those of them that have shown that they are of its class.
	pub measured: u8,
	/// Whether a device is being measured: until then it gets no other job.
	pub measuring: bool,
	/// What became of its assignments.
	pub record: Record,
}

impl ProviderView {
	/// Whether it does not answer.
	pub fn is_unreachable(&self) -> bool {
		matches!(self.status, Status::Unreachable { .. })
	}

	/// Lanes on which another job would start at once.
	pub fn free_lanes(&self) -> u16 {
		if self.measuring {
			return 0;
		}
		let taken = self.assigned.saturating_add(self.running);
		self.terms.lanes.saturating_sub(taken)
	}

	/// Whether another job may be assigned to it: up to twice its lanes, and none while a device is measured.
	pub fn has_room(&self) -> bool {
		let taken = u32::from(self.assigned).saturating_add(u32::from(self.running));
		!self.measuring && taken < u32::from(self.terms.lanes).saturating_mul(2)
	}
}

/// A standing offer in the book.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AskView {
	/// Which of the provider's four.
	pub slot: u8,
	/// The price level.
	pub level: Level,
}

#[cfg(test)]
mod tests {
	use super::*;

	fn record(completed: u32, late: u32) -> Record {
		Record {
			completed,
			late,
			..Record::default()
		}
	}

	#[test]
	fn a_record_is_judged_by_what_it_speaks_for() {
		// Wilson's interval, from a table.
		for (completed, late, least) in [
			(10, 0, 0.7225),
			(50, 50, 0.4038),
			(0, 10, 0.0),
			(1, 0, 0.2065),
			(0, 0, 0.0),
		] {
			let bound = record(completed, late).success_bound();
			assert!(
				(bound - least).abs() < 0.0001,
				"{completed} of {}: {bound}",
				completed + late
			);
		}
		assert!(record(95, 5).success_bound() > record(2, 0).success_bound());
	}

	#[test]
	fn what_the_requester_or_the_network_failed_is_no_failure() {
		let mixed = Record {
			completed: 15,
			late: 1,
			no_show: 1,
			abandoned: 1,
			refuted: 1,
			silent: 1,
			inputs_missing: 100,
			outages: 100,
			..Record::default()
		};
		assert_eq!((mixed.failures(), mixed.ended()), (5, 20));
		assert_eq!(mixed.failed_percent(), 25.0);
		assert_eq!(record(0, 0).failed_percent(), 0.0);
	}
}
