//! How the pallets see each other. Each pallet is tested alone with a mock of the others.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use crate::{
	Balance, ClassFigures, ClassTask, DeviceClass, JobId, KernelHash, Minima, Pool, Price, ProviderId, SlashId, Tick,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
	sp_core::H256,
	sp_runtime::{DispatchError, DispatchResult},
};
use scale_info::TypeInfo;

/// The protocol's one clock.
pub trait ProtocolClock {
	/// The current tick.
	fn now() -> Tick;
	/// The number of the fee era that runs.
	fn era() -> u32;
	/// Moves the clock, for benchmarks.
	#[cfg(feature = "runtime-benchmarks")]
	fn set_now(tick: Tick);
	/// Lets another era run, for benchmarks.
	#[cfg(feature = "runtime-benchmarks")]
	fn set_era(era: u32);
}

/// The governed table of device classes.
pub trait Classes {
	/// The figures of a class today. A live job keeps those it was submitted with.
	fn figures(class: DeviceClass) -> ClassFigures;
	/// Whether there is such a market: its region is one of those that are open. What stands in it when its region is
	/// closed goes on.
	fn is_open(pool: Pool) -> bool;
}

/// What the market must know of a kernel. Static, derived once when the kernel is registered.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct KernelFacts {
	/// Bytes of one item's output.
	pub item_size: u16,
	/// Inputs that a job must bring.
	pub inputs: u8,
	/// Parameters that a job must bring.
	pub params: u8,
	/// Units that the emptiest item costs.
	pub item_cost: u32,
	/// The kernel's own bound of units for one item.
	pub max_units: u32,
	/// The kernel's bound of faults for one item.
	pub max_faults: u16,
	/// Items in one leaf of the output tree.
	pub items_per_leaf: u32,
	/// Whether new jobs are refused.
	pub retired: bool,
}

/// Looks up validated programs.
pub trait Kernels {
	/// The facts of a registered kernel.
	fn facts(hash: &KernelHash) -> Option<KernelFacts>;
	/// The encoding of a registered kernel, retired or not. Live jobs keep theirs from being removed.
	fn bytecode(hash: &KernelHash) -> Option<Vec<u8>>;
	/// Registers a kernel that takes as many inputs and parameters as a job can have, for benchmarks.
	#[cfg(feature = "runtime-benchmarks")]
	fn bench_kernel() -> KernelHash;
	/// Registers this kernel, for benchmarks.
	#[cfg(feature = "runtime-benchmarks")]
	fn bench_register(bytecode: Vec<u8>) -> KernelHash;
}

/// Where a job of a provider stands. A lane is taken by [`JobPhase::Running`].
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum JobPhase {
	/// Offered or matched; the provider has not signed and is not liable.
	Assigned,
	/// Accepted: the provider is liable.
	Running,
	/// Committed; the challenge window runs.
	Committed,
}

/// How an assignment ended without a payment, for the provider's record.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum Outcome {
	/// The deadline passed.
	Late,
	/// The provider gave the job up.
	Abandoned,
	/// The accept window passed with lanes free and no word.
	NoShow,
	/// The requester never brought the inputs.
	InputsMissing,
}

/// What a provider's stake is slashed for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Offence<AccountId> {
	/// It committed to a result that was refuted. It is convicted: its other open jobs are void, and it is chilled.
	Fraud {
		/// Who showed it.
		refuter: AccountId,
		/// Whose job it was.
		requester: AccountId,
		/// What the job held for its payment, in planck: the most that the requester gets of the slash.
		escrow: Balance,
	},
	/// It did not provide leaves that its requester demanded.
	Silence {
		/// What the job held for its payment, in planck.
		escrow: Balance,
	},
}

/// A slash that waits. It is paid after a while, unless it is cancelled.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SetAside {
	/// The slash; none where there was no stake to take.
	pub slash: Option<SlashId>,
	/// How much was set aside, in planck.
	pub amount: Balance,
}

/// The first rule that keeps a provider from serving, with its numbers.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum Ineligible {
	/// No such provider.
	Unknown,
	/// The provider is draining, chilled or leaving.
	NotActive,
	/// The provider does not answer.
	Unreachable,
	/// The owner has revoked the worker key.
	NoWorker,
	/// Too little active stake, in planck.
	StakeTooLow {
		/// What is bonded and not leaving.
		have: Balance,
		/// What the rule asks for.
		need: Balance,
	},
	/// The owner takes no targeted jobs.
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
	/// No device of the provider has shown that it is of its class.
	NotMeasured {
		/// The class.
		class: DeviceClass,
	},
	/// The provider was paid for fewer jobs than the job asks for.
	TooFewPaid {
		/// Jobs that it was paid for.
		have: u32,
		/// What the job asks for.
		need: u32,
	},
	/// The provider failed more of its jobs than the job allows, in percent.
	TooManyFailed {
		/// What it failed, rounded up.
		have: u8,
		/// What the job allows.
		need: u8,
	},
}

/// What became of a job that measures a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Measurement {
	/// A result was committed.
	Committed {
		/// Ticks since the task was drawn.
		ticks: Tick,
	},
	/// The job has ended, and its result stands.
	Stands,
	/// The job has ended without a result, or its result is void.
	Failed,
}

/// What the market sees of a provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderView<AccountId> {
	/// The cold key.
	pub owner: AccountId,
	/// The hot key, by which [`Providers::by_worker`] finds it. None is a revoked one.
	pub worker: Option<AccountId>,
	/// Where earnings go.
	pub payout: AccountId,
	/// The market it serves.
	pub pool: Pool,
	/// Jobs that it runs at once.
	pub lanes: u16,
	/// Jobs assigned and not accepted.
	pub assigned: u16,
	/// Jobs accepted and not committed.
	pub running: u16,
	/// Whether a device of it is being measured: until then it gets no other job.
	pub measuring: bool,
	/// Whether it is reachable, and has been for long enough that whoever waited for its results could get them.
	pub answers: bool,
	/// The least price that its owner signed.
	pub min_price: Price,
	/// Asks that it has in the book, parked or not.
	pub asks: u8,
	/// Jobs of it that were settled and paid.
	pub completed: u32,
	/// When a result of it was refuted, until its owner reactivates it. Jobs that it had open then are void.
	pub fraud_clock: Option<Tick>,
	/// Whether its owner wants earnings to refill its stake.
	pub refills: bool,
}

impl<AccountId> ProviderView<AccountId> {
	/// Whether another job may be assigned: assigned + running < 2 × lanes, and no device is being measured.
	pub fn has_room(&self) -> bool {
		let taken = u32::from(self.assigned).saturating_add(u32::from(self.running));
		!self.measuring && taken < u32::from(self.lanes).saturating_mul(2)
	}

	/// Whether every lane is taken: the only state in which `Busy` is a valid answer.
	pub fn is_busy(&self) -> bool {
		self.running >= self.lanes
	}
}

/// Who may compute: all that the market needs of the providers.
pub trait Providers<AccountId> {
	/// The provider whose worker key this is.
	fn by_worker(worker: &AccountId) -> Option<ProviderId>;
	/// A provider.
	fn view(provider: ProviderId) -> Option<ProviderView<AccountId>>;
	/// Whether the provider may stand in the book: active, with a worker key and stake for all its lanes.
	fn may_ask(provider: ProviderId) -> Result<(), Ineligible>;
	/// A provider, as [`Self::view`] shows it, and whether it [may ask](Self::may_ask) where a lane needs a stake of `floor`, in
	/// planck: that of its class, which who matches jobs of the class knows.
	fn standing(provider: ProviderId, floor: Balance) -> Option<(ProviderView<AccountId>, Result<(), Ineligible>)>;
	/// Whether the provider takes a targeted job with this escrow at this price, and has the record that the job asks for.
	fn takes_target(provider: ProviderId, escrow: Balance, price: Price, minima: &Minima) -> Result<(), Ineligible>;
	/// Moves one job of the provider from a phase to another; `None` is "not this provider's". Entering
	/// [`JobPhase::Running`] takes a lane and fails when none is free. `target_escrow` is given for targeted jobs, whose
	/// escrow raises the stake that must stay. Returns the provider as it is then.
	fn move_job(
		provider: ProviderId,
		from: Option<JobPhase>,
		to: Option<JobPhase>,
		target_escrow: Option<Balance>,
	) -> Result<ProviderView<AccountId>, DispatchError> {
		Self::move_job_if(provider, from, to, target_escrow, |_| Ok(()))
	}
	/// The same, where `check` has nothing against the provider as it was before: who checks it first need not have its record
	/// read twice.
	fn move_job_if(
		provider: ProviderId,
		from: Option<JobPhase>,
		to: Option<JobPhase>,
		target_escrow: Option<Balance>,
		check: impl FnOnce(&ProviderView<AccountId>) -> DispatchResult,
	) -> Result<ProviderView<AccountId>, DispatchError>;
	/// Notes how many asks the provider has; stake for them must stay.
	fn set_asks(provider: ProviderId, asks: u8);
	/// Moves up to `amount` of the provider's stake to `to`, or burns it where that is none, and returns what was there to
	/// move or burn. Never fails: what is there is taken.
	fn take_stake(provider: ProviderId, amount: Balance, to: Option<&AccountId>) -> Balance;
	/// Sets aside what the offence costs, of the stake that is there, and notes it in the provider's record. Called while
	/// the job still counts among its load. Never fails.
	fn slash(provider: ProviderId, offence: Offence<AccountId>) -> SetAside;
	/// The provider's worker has made a call that succeeded: whatever was asked of it to show that it lives is answered. Says
	/// whether anything was.
	fn heard(provider: ProviderId) -> bool;
	/// What of the provider's next earnings should go to its stake, in planck.
	fn refill_wanted(provider: ProviderId) -> Balance;
	/// Stakes earnings that have arrived on the owner's account.
	fn refill(provider: ProviderId, amount: Balance);
	/// Writes an outcome into the provider's record. Three late jobs in an hour set the provider draining.
	fn record(provider: ProviderId, outcome: Outcome);
	/// Writes a payment into the provider's record: of `payment` the protocol kept `fee`. Says whether this was the first one
	/// in its era, so that what the record had gathered in an earlier era was filed.
	fn paid(provider: ProviderId, payment: Balance, fee: Balance) -> bool;
	/// Ends a committed job that was paid: [`Self::move_job`] and [`Self::paid`] in one. Where the job cannot be moved nothing is
	/// changed. Returns the provider as it is then, and what [`Self::paid`] says.
	fn settle_job(
		provider: ProviderId,
		target_escrow: Option<Balance>,
		payment: Balance,
		fee: Balance,
	) -> Result<(ProviderView<AccountId>, bool), DispatchError>;
	/// Something became of a job that measures a device of the provider.
	fn measured(provider: ProviderId, job: JobId, what: Measurement);
	/// Registers an eligible provider with this many lanes, for benchmarks; returns it with its worker key.
	#[cfg(feature = "runtime-benchmarks")]
	fn bench_provider(seed: u32, lanes: u16) -> (ProviderId, AccountId);
	/// Lets a provider that has an ask or a job owe an answer, for benchmarks of what answers.
	#[cfg(feature = "runtime-benchmarks")]
	fn bench_sample(provider: ProviderId);
	/// Lets a provider have been silent on so many assignments in a row, with the outage that too many of them are, for
	/// benchmarks.
	#[cfg(feature = "runtime-benchmarks")]
	fn bench_silent(provider: ProviderId, no_shows: u8);
	/// Lets a provider want some of its next earnings for its stake, for benchmarks.
	#[cfg(feature = "runtime-benchmarks")]
	fn bench_refill(provider: ProviderId);
	/// Lets a provider have been paid in era 0 and not since, for benchmarks of what files that.
	#[cfg(feature = "runtime-benchmarks")]
	fn bench_earned(provider: ProviderId);
}

/// Who turns tasks into jobs: the market.
pub trait Measurements<AccountId> {
	/// Gives a provider that has room a job that measures a device, and takes the job fee from its owner, or else from its
	/// stake. The job pays nothing. It runs until `task.ticks` from now, whether it is accepted before or not.
	fn measure(provider: ProviderId, owner: &AccountId, task: &ClassTask, seed: &H256) -> Result<JobId, DispatchError>;
}

/// What the providers tell the market.
pub trait ProviderEvents {
	/// The provider no longer may stand in the book; its asks leave at once.
	fn lost_eligibility(provider: ProviderId);
	/// Most asks that one such call removes, for its weight.
	const MAX_ASKS: u8;
	/// Puts this many asks of an eligible provider into the book, for benchmarks of what removes them.
	#[cfg(feature = "runtime-benchmarks")]
	fn bench_asks(provider: ProviderId, asks: u8);
}

/// Who rewards usage. Amounts are fees: the protocol's part of settled payments, in planck.
pub trait UsageSink<AccountId> {
	/// A provider gathered `fees` in an era, all that it will: the era is over, or the provider is about to be removed. Its
	/// earnings went to `payout`. Once for each era and provider; `fees` are not zero.
	fn filed(era: u32, provider: ProviderId, payout: &AccountId, fees: Balance);
	/// An era is over that had so many ticks. All providers together gathered `fees` in it, of which `burned` stay burned.
	/// Once for each era, in order.
	fn era_closed(era: u32, fees: Balance, burned: Balance, ticks: Tick);
}

impl<AccountId> UsageSink<AccountId> for () {
	fn filed(_: u32, _: ProviderId, _: &AccountId, _: Balance) {}
	fn era_closed(_: u32, _: Balance, _: Balance, _: Tick) {}
}

/// What the rewards ask of the providers: fees that a record has gathered in an era and that were not filed.
pub trait UsageRecord<AccountId> {
	/// Takes what the record gathered in this era, for a claim: where it is paid, and the fees.
	fn take_usage(provider: ProviderId, era: u32) -> Option<(AccountId, Balance)>;
	/// What the record has gathered: in which era, where it is paid, and the fees. None where there is nothing.
	fn usage(provider: ProviderId) -> Option<(u32, AccountId, Balance)>;
	/// What all records have gathered in this era. Reads every record: for checks of the whole state.
	fn unfiled(era: u32) -> Balance;
	/// Registers a provider whose record is as large as it can be and has gathered these fees, for benchmarks.
	#[cfg(feature = "runtime-benchmarks")]
	fn bench_usage(seed: u32, era: u32, fees: Balance) -> ProviderId;
}
