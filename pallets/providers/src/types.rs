//! What a provider is, as stored.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use alloc::vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use millrace_primitives::{
	traits::JobPhase, Balance, DeviceClass, JobId, JobKind, Pool, Price, ProviderId, Region, Tick,
};
use polkadot_sdk::{
	sp_core::{ConstU32, H256},
	sp_runtime::BoundedVec,
};
use scale_info::TypeInfo;

/// Most bytes of a host name, as in the domain name system.
pub const MAX_HOST: u32 = 253;
/// Most parts of stake that unbond at a time.
pub const MAX_UNBONDING: u32 = 8;
/// Most late jobs that a record remembers by their ticks.
pub const MAX_LATES: u32 = 8;
/// Steps of what an outage costs.
pub const STEPS: usize = 4;
/// Hours of which it is remembered what became unreachable. Three are compared; the others are for a hook that is behind.
pub const MAX_DROPS: u32 = 8;
/// Most providers that are sampled in a tick.
pub const MAX_SAMPLES: u32 = 8;
/// Most providers that become unreachable in a tick for a missed sample.
pub const MAX_MISSES: u32 = 2;
/// Assignments in a row without a word after which a provider counts as unreachable, whatever it answers.
pub const NO_SHOW_LIMIT: u8 = 3;

/// Most devices of a provider.
pub const MAX_DEVICES: u8 = 8;
/// Most bytes of a device's name.
pub const MAX_MODEL: u32 = 64;
/// Most bytes of the name and version of what drives a device.
pub const MAX_DRIVER: u32 = 32;

/// Where the worker answers, over HTTPS.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Endpoint {
	/// A host name, an IPv4 address, or an IPv6 address without brackets; ASCII.
	pub host: BoundedVec<u8, ConstU32<MAX_HOST>>,
	/// The TCP port.
	pub port: u16,
	/// BLAKE2b-256 of the certificate's SubjectPublicKeyInfo in DER. Clients trust this key and no other.
	pub tls_key: H256,
}

impl Endpoint {
	/// Whether a client could dial it.
	pub fn is_valid(&self) -> bool {
		self.port != 0
			&& !self.host.is_empty()
			&& self
				.host
				.iter()
				.all(|byte| byte.is_ascii_alphanumeric() || matches!(*byte, b'-' | b'.' | b':'))
	}
}

/// What the owner signs for. The worker key works only inside it.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct ProviderTerms {
	/// What the device can do.
	pub class: DeviceClass,
	/// Where it is.
	pub region: Region,
	/// Jobs that it runs at once.
	pub lanes: u16,
	/// The least price of any job, in the book or targeted.
	pub min_price: Price,
	/// Whether jobs may name this provider.
	pub takes_targets: bool,
}

impl ProviderTerms {
	/// The market that these terms serve.
	pub fn pool(&self) -> Pool {
		Pool {
			kind: JobKind::Map,
			class: self.class,
			region: self.region,
		}
	}
}

/// Whether a provider takes jobs.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum Status {
	/// It takes jobs.
	Active,
	/// It takes no new jobs: its owner, its worker or, after too many late jobs, the chain said so.
	Draining,
	/// It missed a sample, or three assignments in a row: its asks left, it gets no jobs, and the ones that it has keep
	/// their deadlines. Its owner or its worker resumes it.
	Unreachable {
		/// Whether it was draining before, and will be again.
		draining: bool,
	},
	/// It takes no new jobs: a result of it was refuted, or it was unreachable for days. Its owner may reactivate it.
	Chilled {
		/// The tick from which it can be reactivated.
		until: Tick,
	},
	/// It is leaving. Its record changes only by withdrawals.
	Exiting,
}

/// What rests on a provider now.
#[derive(
	Clone, Copy, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo,
)]
pub struct Load {
	/// Jobs assigned and not accepted.
	pub assigned: u16,
	/// Jobs accepted and not committed: lanes taken.
	pub running: u16,
	/// Jobs committed and not ended.
	pub committed: u32,
	/// Asks in the book.
	pub asks: u8,
	/// Targeted jobs among the above.
	pub targets: u32,
	/// The largest escrow since there were targeted jobs without a break, in planck; 0 while there are none. A
	/// high-water mark needs no list of escrows.
	pub largest_target: Balance,
}

impl Load {
	/// Jobs that are not ended.
	pub fn live(&self) -> u32 {
		u32::from(self.assigned)
			.saturating_add(u32::from(self.running))
			.saturating_add(self.committed)
	}

	/// Whether jobs are assigned or running.
	pub fn is_computing(&self) -> bool {
		self.assigned > 0 || self.running > 0
	}

	/// Whether stake must stay.
	pub fn is_engaged(&self) -> bool {
		self.asks > 0 || self.live() > 0
	}

	/// Whether this much fits on so many lanes: running ≤ lanes, and assigned + running ≤ 2 × lanes.
	pub fn fits(&self, lanes: u16) -> bool {
		let taken = u32::from(self.assigned).saturating_add(u32::from(self.running));
		self.running <= lanes && taken <= u32::from(lanes).saturating_mul(2)
	}

	/// Whether one more job may be assigned: assigned + running < 2 × lanes.
	pub fn has_room(&self, lanes: u16) -> bool {
		let taken = u32::from(self.assigned).saturating_add(u32::from(self.running));
		taken < u32::from(lanes).saturating_mul(2)
	}

	/// Counts a job into a phase. `None` where the counter is full.
	pub fn enter(&mut self, phase: JobPhase) -> Option<()> {
		match phase {
			JobPhase::Assigned => self.assigned = self.assigned.checked_add(1)?,
			JobPhase::Running => self.running = self.running.checked_add(1)?,
			JobPhase::Committed => self.committed = self.committed.checked_add(1)?,
		}
		Some(())
	}

	/// Counts a job out of a phase. `None` where there is none.
	pub fn leave(&mut self, phase: JobPhase) -> Option<()> {
		match phase {
			JobPhase::Assigned => self.assigned = self.assigned.checked_sub(1)?,
			JobPhase::Running => self.running = self.running.checked_sub(1)?,
			JobPhase::Committed => self.committed = self.committed.checked_sub(1)?,
		}
		Some(())
	}

	/// Counts a targeted job in. `None` where the counter is full.
	pub fn add_target(&mut self, escrow: Balance) -> Option<()> {
		self.targets = self.targets.checked_add(1)?;
		self.largest_target = self.largest_target.max(escrow);
		Some(())
	}

	/// Counts a targeted job out. `None` where there is none.
	pub fn remove_target(&mut self) -> Option<()> {
		self.targets = self.targets.checked_sub(1)?;
		if self.targets == 0 {
			self.largest_target = 0;
		}
		Some(())
	}
}

/// Stake on its way out. It backs nothing and can still be taken.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Unbonding {
	/// How much, in planck.
	pub amount: Balance,
	/// The tick from which it can be withdrawn.
	pub release: Tick,
}

/// A provider's stake. What is held on the owner's account is the sum of all its providers' ledgers.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Ledger {
	/// What backs asks and jobs, in planck.
	pub active: Balance,
	/// What is leaving, soonest release first.
	pub unbonding: BoundedVec<Unbonding, ConstU32<MAX_UNBONDING>>,
	/// What a slash has set aside and not yet paid, in planck. It backs nothing and cannot be withdrawn.
	pub set_aside: Balance,
}

/// What a slash is for.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum SlashCause {
	/// A refuted result.
	Fraud,
	/// Demanded leaves that never came.
	Silence,
	/// An outage.
	Downtime,
}

/// Who gets parts of a slash; the rest is burned.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct SlashShares<AccountId> {
	/// Who refuted the result.
	pub refuter: AccountId,
	/// What it gets, in planck.
	pub refuter_amount: Balance,
	/// Whose job it was.
	pub requester: AccountId,
	/// What it gets, in planck.
	pub requester_amount: Balance,
}

/// Stake that was set aside, until it is paid or the slash is cancelled.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Slash<AccountId> {
	/// Whose stake.
	pub provider: ProviderId,
	/// How much, in planck.
	pub amount: Balance,
	/// What for.
	pub cause: SlashCause,
	/// When it was set aside.
	pub since: Tick,
	/// The tick from which it can be paid.
	pub due: Tick,
	/// Who gets parts of it, decided when it was set aside; none where all is burned.
	pub shares: Option<SlashShares<AccountId>>,
}

/// As many parts unbond as a ledger keeps.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooManyParts;

impl Ledger {
	/// Everything held for this provider, in planck.
	pub fn held(&self) -> Balance {
		let rest = self.active.saturating_add(self.set_aside);
		self.unbonding
			.iter()
			.fold(rest, |sum, part| sum.saturating_add(part.amount))
	}

	/// Moves `amount` of the active stake, or what there is, to what unbonds, and returns the tick of its release: the
	/// given one, or that of the last part where it is later, so that a shortened period overtakes nothing.
	pub fn unbond(&mut self, amount: Balance, release: Tick) -> Result<Tick, TooManyParts> {
		let amount = amount.min(self.active);
		if amount == 0 {
			return Ok(release);
		}
		let release = match self.unbonding.last_mut() {
			Some(last) if last.release >= release => {
				last.amount = last.amount.saturating_add(amount);
				last.release
			}
			_ => {
				self.unbonding
					.try_push(Unbonding { amount, release })
					.map_err(|_| TooManyParts)?;
				release
			}
		};
		self.active = self.active.saturating_sub(amount);
		Ok(release)
	}

	/// Moves all active stake to what unbonds: to the last part, or if there is none to one that is released at `now`.
	pub fn unbond_all(&mut self, now: Tick) {
		let amount = core::mem::take(&mut self.active);
		match self.unbonding.last_mut() {
			Some(last) => last.amount = last.amount.saturating_add(amount),
			None if amount > 0 => self.unbonding = BoundedVec::truncate_from(vec![Unbonding { amount, release: now }]),
			None => (),
		}
	}

	/// Moves up to `amount` of what can be taken, see [`Self::take`], to what is set aside, and returns how much it was.
	pub fn set_aside(&mut self, amount: Balance) -> Balance {
		let taken = self.take(amount);
		self.set_aside = self.set_aside.saturating_add(taken);
		taken
	}

	/// Moves up to `amount` of what unbonds, latest release first, back to the active stake, and returns how much it was.
	pub fn rebond(&mut self, amount: Balance) -> Balance {
		let mut left = amount;
		for part in self.unbonding.iter_mut().rev() {
			let moved = left.min(part.amount);
			part.amount = part.amount.saturating_sub(moved);
			left = left.saturating_sub(moved);
		}
		self.unbonding.retain(|part| part.amount > 0);
		let moved = amount.saturating_sub(left);
		self.active = self.active.saturating_add(moved);
		moved
	}

	/// Drops the parts that are due at `now` and returns their sum.
	pub fn release_due(&mut self, now: Tick) -> Balance {
		let mut due: Balance = 0;
		self.unbonding.retain(|part| {
			let stays = part.release > now;
			if !stays {
				due = due.saturating_add(part.amount);
			}
			stays
		});
		due
	}

	/// Takes up to `amount`, first of the active stake, then of what unbonds, soonest release first, and returns what
	/// was there.
	pub fn take(&mut self, amount: Balance) -> Balance {
		let mut left = amount;
		let mut take_from = |pot: &mut Balance| {
			let taken = left.min(*pot);
			*pot = pot.saturating_sub(taken);
			left = left.saturating_sub(taken);
		};
		take_from(&mut self.active);
		for part in self.unbonding.iter_mut() {
			take_from(&mut part.amount);
		}
		self.unbonding.retain(|part| part.amount > 0);
		amount.saturating_sub(left)
	}
}

/// Most providers on a page.
pub const PAGE: usize = 100;
/// Most records that are looked at for a page.
pub const PAGE_LOOKS: usize = 1_000;

/// Which providers one asks for.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
pub struct ProviderFilter<AccountId> {
	/// Those of this owner.
	pub owner: Option<AccountId>,
	/// Those of this class.
	pub class: Option<DeviceClass>,
	/// Those of this region.
	pub region: Option<Region>,
	/// Those that may stand in the book.
	pub eligible: bool,
}

/// What a worker says of its device. The chain cannot look at it; it only sees that nobody else says the same.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct DeviceFacts {
	/// What it is called; printable ASCII.
	pub model: BoundedVec<u8, ConstU32<MAX_MODEL>>,
	/// Its memory, in bytes.
	pub memory: u64,
	/// Compute capability, major and minor; none where it is no CUDA device.
	pub compute_capability: Option<(u8, u8)>,
	/// What drives it, and which version of that; printable ASCII.
	pub driver: BoundedVec<u8, ConstU32<MAX_DRIVER>>,
	/// `H(0x20 ‖ genesis ‖ UUID)`: the same device has the same, and no other; as [`millrace_primitives::ids::device_id`] gives it.
	pub uuid_hash: H256,
}

impl DeviceFacts {
	/// Whether the texts are there and can be printed.
	pub fn is_valid(&self) -> bool {
		let prints = |text: &[u8]| !text.is_empty() && text.iter().all(|byte| (b' '..=b'~').contains(byte));
		prints(&self.model) && prints(&self.driver)
	}
}

/// Where a device stands.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum DeviceState {
	/// Its task is still to be drawn.
	Waiting,
	/// Its task is drawn, and it has not shown anything yet.
	Measuring,
	/// It has shown that it is of a class.
	Measured {
		/// The class.
		class: DeviceClass,
		/// When it showed it last.
		at: Tick,
		/// Ticks that it took, from the draw to the commitment.
		ticks: Tick,
		/// The job by which it did.
		job: JobId,
	},
	/// It did not show it in time, or what it showed was wrong.
	Failed {
		/// When that was found.
		at: Tick,
	},
	/// Nothing is asked of devices of its class.
	Unmeasured,
}

/// A device of a provider.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Device {
	/// What its worker says of it.
	pub facts: DeviceFacts,
	/// When its worker last asked to have it measured.
	pub requested: Tick,
	/// Where it stands. While it is measured anew, it stands as before.
	pub state: DeviceState,
	/// The job that measures it, until that has a result.
	pub job: Option<JobId>,
}

impl Device {
	/// Whether it waits for its task, or for the result.
	pub fn is_busy(&self) -> bool {
		self.job.is_some() || self.state == DeviceState::Waiting
	}

	/// Whether it has shown that it is of this class.
	pub fn is_measured_as(&self, of: DeviceClass) -> bool {
		matches!(self.state, DeviceState::Measured { class, .. } if class == of)
	}
}

/// A device that waits for its task.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct MeasureRequest {
	/// Its provider.
	pub provider: ProviderId,
	/// Its place there.
	pub slot: u8,
	/// When it was asked for. A place whose device asked later has another request.
	pub at: Tick,
}

/// A provider's history, for clients to weigh. Counters never go back.
#[derive(
	Clone, Copy, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo,
)]
pub struct Record {
	/// Jobs settled and paid.
	pub completed: u32,
	/// Jobs whose deadline passed.
	pub late: u32,
	/// Assignments that ended with lanes free and no word.
	pub no_show: u32,
	/// Jobs given up after they were accepted.
	pub abandoned: u32,
	/// Jobs whose result was refuted.
	pub refuted: u32,
	/// Jobs of which it did not provide leaves that were demanded.
	pub silent: u32,
	/// Assignments that ended because the requester brought no inputs.
	pub inputs_missing: u32,
	/// Outages.
	pub outages: u32,
	/// Ticks of all outages that are over.
	pub unreachable: u64,
	/// Payments for completed jobs, before the protocol fee, in planck.
	pub paid: Balance,
}

impl Record {
	/// Jobs that ended with it without being paid, by its own fault.
	pub fn failed(&self) -> u64 {
		[self.late, self.no_show, self.abandoned, self.refuted, self.silent]
			.into_iter()
			.fold(0, |sum, count| sum.saturating_add(u64::from(count)))
	}

	/// Which part these are of all that ended with it, in percent, rounded up; 0 where none has.
	pub fn failed_percent(&self) -> u8 {
		let failed = self.failed();
		let ended = failed.saturating_add(u64::from(self.completed));
		let percent = failed.saturating_mul(100).div_ceil(ended.max(1));
		u8::try_from(percent).unwrap_or(100)
	}
}

/// What payments have brought in fees, the protocol's part of them: by this a provider is rewarded.
#[derive(
	Clone, Copy, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo,
)]
pub struct Usage {
	/// The fee era of the last payment.
	pub era: u32,
	/// What the payments of that era have brought, in planck. None of it is filed or claimed.
	pub fees: Balance,
}

/// Who may compute: one record, one host.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Provider<AccountId> {
	/// The cold key: stake, terms, keys.
	pub owner: AccountId,
	/// The hot key: asks and jobs. None is a revoked one.
	pub worker: Option<AccountId>,
	/// Where earnings go.
	pub payout: AccountId,
	/// Where the worker answers.
	pub endpoint: Endpoint,
	/// What the owner signs for.
	pub terms: ProviderTerms,
	/// Whether it takes jobs.
	pub status: Status,
	/// What rests on it now.
	pub load: Load,
	/// Its stake.
	pub ledger: Ledger,
	/// Its history.
	pub record: Record,
	/// Ticks of recent late jobs, oldest first. When there are as many as the limit the chain has set the provider
	/// draining; they then stay until the owner resumes.
	pub lates: BoundedVec<Tick, ConstU32<MAX_LATES>>,
	/// The tick of registration.
	pub registered: Tick,
	/// When a result was refuted, until the provider is reactivated. Jobs that were open then are void.
	pub fraud_clock: Option<Tick>,
	/// Whether its earnings refill its stake where a penalty took some.
	pub refill: bool,
	/// Its active stake as it counts among the reachable, in planck; none while it is not sampled.
	pub sampled_stake: Option<Balance>,
	/// Assignments in a row that ended with lanes free and no word; a committed job ends the row.
	pub no_shows: u8,
	/// When its outage began, while that may still go on.
	pub outage: Option<Tick>,
	/// When it last returned from being unreachable.
	pub returned: Option<Tick>,
	/// The hour in which its stake last counted among what became unreachable, and how much that was, in planck.
	pub dropped: Option<(u32, Balance)>,
	/// Devices that are enrolled.
	pub devices: u8,
	/// Those of them that have shown that they are of its class.
	pub measured: u8,
	/// Whether a device is being measured: until then it gets no other job.
	pub measuring: bool,
	/// What it has earned rewards by, and is not filed.
	pub usage: Usage,
}

impl<AccountId: PartialEq> Provider<AccountId> {
	/// Whether it must answer samples: it has an ask or a live job, and has not been told to be gone. Who drains may go
	/// once nothing is left to compute; what it has committed can still be demanded of it.
	pub fn is_sampled(&self) -> bool {
		match self.status {
			Status::Active => self.load.is_engaged(),
			Status::Draining => self.load.is_computing(),
			Status::Unreachable { .. } | Status::Chilled { .. } | Status::Exiting => false,
		}
	}

	/// Whether it is unreachable.
	pub fn is_unreachable(&self) -> bool {
		matches!(self.status, Status::Unreachable { .. })
	}

	/// Whether `who` may drain and resume.
	pub fn is_owner_or_worker(&self, who: &AccountId) -> bool {
		self.owner == *who || self.worker.as_ref() == Some(who)
	}
}
