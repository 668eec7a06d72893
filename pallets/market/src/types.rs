//! What the market stores: its rules, jobs, asks and records.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use millrace_kernel::proof::JudgeError;
use millrace_primitives::{
	job::{MAX_INPUTS, MAX_PARAMS},
	refutation::LeafSet,
	traits::Ineligible,
	Balance, InputRef, JobId, KernelHash, Level, Pool, Price, ProviderId, Target, Terms, Tick,
};
use polkadot_sdk::{
	frame_support::PalletError,
	sp_core::{ConstU32, H256},
	sp_runtime::{BoundedVec, Perbill},
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

pub use crate::{
	book::{LevelSet, Link, OrderRef, PoolLevels, Queue, Side},
	history::{Closing, EraState, MarketTotals, PoolEra, PoolTally},
};

/// Most times that one job is assigned before it counts as unserved. As many job fees are held with its escrow.
pub const MAX_ASSIGNMENTS: u8 = 3;
/// Most times that one job is accepted before it counts as unserved.
pub const MAX_ACCEPTANCES: u8 = 2;
/// Most asks of one provider.
pub const MAX_ASKS: u8 = 4;
/// Most jobs of one batch.
pub const MAX_BATCH: u32 = 100;

/// The governed figures of the market. Everything that a job depends on is copied into it when it is submitted, so a
/// change touches new jobs only.
#[derive(
	Clone, Debug, Decode, DecodeWithMemTracking, Deserialize, Encode, Eq, MaxEncodedLen, PartialEq, Serialize, TypeInfo,
)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MarketRules {
	/// Ticks to accept an assignment, before what the inputs add.
	pub accept_ticks: Tick,
	/// Bytes of inputs that add one tick to the accept window, counted from the first byte.
	pub bytes_per_accept_tick: u64,
	/// Ticks that the shortest deadline leaves beyond the pure computing time.
	pub run_slack: Tick,
	/// Ticks of the longest deadline.
	pub run_max: Tick,
	/// Ticks of the standard challenge window; the only one in the book.
	pub window: Tick,
	/// Ticks of the shortest window of a targeted job.
	pub window_min: Tick,
	/// Ticks of the longest window of a targeted job.
	pub window_max: Tick,
	/// Ticks that a job's expiry may lie ahead.
	pub expiry_max: Tick,
	/// Ticks that an ask stands before its worker may take it back.
	pub ask_life_min: Tick,
	/// Ticks that the asks of a provider pause after it rejected a job of the book.
	pub reject_pause: Tick,
	/// Ticks that a provider is barred from the book after its first no-show; each one in a row doubles them.
	pub no_show_base: Tick,
	/// Most ticks that a no-show bars.
	pub no_show_cap: Tick,
	/// Ticks between two splits of the collected fees.
	pub fee_era: Tick,
	/// Prepaid for each assignment, in planck.
	pub job_fee: Balance,
	/// The least escrow of a job, in planck.
	pub min_job: Balance,
	/// Part of a payment that is the protocol's.
	pub protocol_fee: Perbill,
	/// Part of the collected fees that is burned; the rest, rounded down, goes to the treasury.
	pub fee_burn: Perbill,
	/// Part of the escrow that a late provider owes the requester.
	pub late_share: Perbill,
	/// Most job fees that a late provider owes the requester.
	pub late_fees: u32,
	/// Most bytes of all inputs of a job.
	pub inputs_max: u64,
	/// Most bytes of a job's output.
	pub output_max: u64,
	/// Most bytes of the output of a job in the book.
	pub book_output_max: u64,
	/// Ticks in which a provider must bring the leaves that a requester demands.
	pub demand_ticks: Tick,
	/// Ticks by which a window is extended at a time while its provider cannot be reached.
	pub lapse_retry: Tick,
	/// Ticks by which it is extended in all, at most.
	pub lapse_max: Tick,
	/// Held for the items of storage that a live job takes, in planck.
	pub job_deposit: Balance,
	/// Held for each byte of a live job, in planck.
	pub byte_deposit: Balance,
	/// The regions that are open: bit `n` is region `n`.
	pub regions: u16,
}

/// The protocol's clock and what decides whether it advances.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct ClockState {
	/// The current tick.
	pub tick: Tick,
	/// The slot of the block that last reached the clock.
	pub last_slot: u64,
	/// Whether the last finished block was too full for everyone to be heard in it.
	pub busy: bool,
	/// Whether the market is halted: no new jobs, no asks, no tick.
	pub halted: bool,
	/// The hash of the genesis block, kept here because every job's id needs it; zero before the first tick.
	pub genesis: H256,
	/// The number of the fee era that runs.
	pub era: u32,
	/// The protocol's part of all payments of that era, in planck. Here, because a payment then writes no item that the block
	/// would not write without it.
	pub payment_fees: Balance,
}

/// A live job: everything that was agreed, and where it stands.
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Job<AccountId> {
	/// Who pays and whose account holds the escrow.
	pub requester: AccountId,
	/// The job's own id, by which a record says itself whose it is. No release has it: `docs/upgrades.md` says what it is
	/// rehearsed with.
	#[cfg(feature = "rehearsal")]
	pub id: JobId,
	/// What is run on each item.
	pub kernel: KernelHash,
	/// Items to compute.
	pub items: u32,
	/// The kernel's parameters.
	pub params: BoundedVec<u64, ConstU32<MAX_PARAMS>>,
	/// The kernel's inputs.
	pub inputs: BoundedVec<InputRef, ConstU32<MAX_INPUTS>>,
	/// Bound of units for one item.
	pub max_units: u32,
	/// sr25519 key that signs requests to the provider's endpoint.
	pub data_key: [u8; 32],
	/// How it is bought, as submitted.
	pub terms: Terms,
	/// The market that it counts in; of a job that names its provider, the one that this served.
	pub pool: Pool,
	/// When it was submitted.
	pub submitted: Tick,
	/// The agreed price; the bid's own until a match.
	pub price: Price,
	/// The protocol's part of the payment.
	pub fee_rate: Perbill,
	/// Items in one leaf of the output tree.
	pub items_per_leaf: u32,
	/// Bytes of one item's output.
	pub item_size: u16,
	/// Units that moving the job's bytes is worth.
	pub data_units: u128,
	/// Held for the payment, in planck.
	pub escrow: Balance,
	/// Job fees that are held until it ends, used up or not.
	pub fees: u8,
	/// Those of them that its assignments have not used up.
	pub fees_left: u8,
	/// One job fee, in planck.
	pub job_fee: Balance,
	/// The least escrow when the job was submitted, in planck.
	pub min_job: Balance,
	/// Held for its storage, in planck; freed when it ends.
	pub deposit: Balance,
	/// Ticks that each assignment may wait for its acceptance.
	pub accept_ticks: Tick,
	/// Part of the escrow that a late provider owes.
	pub late_share: Perbill,
	/// Most job fees that a late provider owes.
	pub late_fees: u32,
	/// Times it was assigned.
	pub assignments: u8,
	/// Times it was accepted.
	pub acceptances: u8,
	/// Ticks in which demanded leaves must come.
	pub demand_ticks: Tick,
	/// Ticks that the challenge window runs on after demanded leaves have come, at least.
	pub window_min: Tick,
	/// Leaves that were demanded so far.
	pub demanded: u32,
	/// Ticks by which its window is extended at most while its provider cannot be reached.
	pub lapse_max: Tick,
	/// The last tick that its window can be extended to, once it has been extended.
	pub lapses_by: Option<Tick>,
	/// Its entry among the deadlines.
	pub entry: Entry,
	/// Where it stands.
	pub state: JobState<AccountId>,
}

/// Where a live job stands. Every tick named here is the last one at which the state may still be left in time.
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum JobState<AccountId> {
	/// Waits in the book as a bid, until its terms expire.
	Pending,
	/// Matched or offered. The provider has not signed and is not liable.
	Assigned {
		/// The provider.
		provider: ProviderId,
		/// Last tick to accept.
		until: Tick,
	},
	/// Accepted: the provider is liable.
	Running {
		/// The provider.
		provider: ProviderId,
		/// Where the payment goes, as it was at acceptance.
		payout: AccountId,
		/// Last tick to commit.
		deadline: Tick,
	},
	/// The result is committed and its challenge window runs.
	Committed {
		/// The provider.
		provider: ProviderId,
		/// Where the payment goes, as it was at acceptance.
		payout: AccountId,
		/// Root of the output tree.
		root: H256,
		/// Units that the result claims, of all items.
		units: u64,
		/// When it was committed.
		at: Tick,
		/// Its challenge window.
		window: Window,
	},
}

/// Where the entry of a job stands that brings its deadline to the hook's notice.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum Entry {
	/// There is none: nothing of the job can be due.
	#[default]
	None,
	/// Among the deadlines of this tick, which is no later than the job's own. An entry that comes too early is moved on by
	/// the hook, so a job that moves fast leaves it where it was.
	At(Tick),
	/// Among those that could not be served.
	Stuck,
}

/// The time in which a committed result can be refuted.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum Window {
	/// It runs.
	Open {
		/// Its last tick.
		end: Tick,
	},
	/// It waits for leaves that the requester demanded.
	Demanded {
		/// Ticks that are left of it when they have come.
		left: Tick,
		/// Last tick to bring them; none while the demand queues behind others of the provider.
		until: Option<Tick>,
	},
}

impl Window {
	/// Whether the result can still be refuted, and leaves be demanded or brought.
	pub fn is_open_at(&self, now: Tick) -> bool {
		match self {
			Self::Open { end } => now <= *end,
			Self::Demanded { until, .. } => until.is_none_or(|until| now <= until),
		}
	}
}

/// Leaves that a requester demanded and that have not come.
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Demand {
	/// Who must bring them.
	pub provider: ProviderId,
	/// The leaves that are still missing.
	pub leaves: LeafSet,
	/// Bytes of all that were demanded, as the provider's open ones are counted.
	pub bytes: u32,
	/// The job before this one in the provider's queue.
	pub prev: Option<JobId>,
	/// The job after this one in the provider's queue.
	pub next: Option<JobId>,
}

/// What is demanded of a provider.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct ProviderDemands {
	/// Bytes of the demands whose time runs.
	pub open_bytes: u32,
	/// The first job that queues.
	pub head: Option<JobId>,
	/// The last job that queues.
	pub tail: Option<JobId>,
}

/// Why a proof shows nothing. `millrace_kernel::proof` says more; on chain a class must do.
#[derive(
	Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PalletError, PartialEq, TypeInfo,
)]
pub enum ProofFlaw {
	/// More units or chunks are declared than a leaf can take.
	Declared,
	/// The job has no such leaf.
	Leaf,
	/// The pairs are not the way from the committed root to the leaf.
	Path,
	/// An opening has not the form that the job's inputs give it, or does not lead to the input's root.
	Opening,
	/// More chunks are opened, or more units evaluated, than were declared.
	Understated,
	/// Evaluation reads a chunk that is not opened.
	ChunkMissing,
}

impl From<JudgeError> for ProofFlaw {
	fn from(error: JudgeError) -> Self {
		match error {
			JudgeError::Declared { .. } => Self::Declared,
			JudgeError::Task(_) | JudgeError::Position { .. } => Self::Leaf,
			JudgeError::Path(_) => Self::Path,
			JudgeError::Openings { .. } | JudgeError::Opening { .. } => Self::Opening,
			JudgeError::Chunks { .. } | JudgeError::Units { .. } => Self::Understated,
			JudgeError::Missing { .. } => Self::ChunkMissing,
		}
	}
}

impl<AccountId> JobState<AccountId> {
	/// The provider that has the job.
	pub fn provider(&self) -> Option<ProviderId> {
		match self {
			Self::Pending => None,
			Self::Assigned { provider, .. } | Self::Running { provider, .. } | Self::Committed { provider, .. } => {
				Some(*provider)
			}
		}
	}
}

impl<AccountId> Job<AccountId> {
	/// Units that all items may take.
	pub fn units_max(&self) -> u64 {
		u64::from(self.items).saturating_mul(u64::from(self.max_units))
	}

	/// What the job must hold at `price`. `None` on overflow, which `submit_job` refuses.
	pub fn escrow_at(&self, price: Price) -> Option<Balance> {
		let worst = self.data_units.checked_add(u128::from(self.units_max()))?;
		Some(price.ceil(worst)?.max(self.min_job))
	}

	/// What the job pays for `units` committed units: the price of these and of moving its bytes, rounded down. Never
	/// above the escrow as long as `units` is at most [`Self::units_max`].
	pub fn payment(&self, units: u64) -> Balance {
		let worth = self.data_units.saturating_add(u128::from(units));
		self.price.floor(worth).unwrap_or(self.escrow).min(self.escrow)
	}

	/// Held job fees, in planck, used up or not.
	pub fn fees_held(&self) -> Balance {
		self.job_fee.saturating_mul(Balance::from(self.fees))
	}

	/// Job fees that its assignments have used up, in planck.
	pub fn fees_used(&self) -> Balance {
		let used = self.fees.saturating_sub(self.fees_left);
		self.job_fee.saturating_mul(Balance::from(used))
	}

	/// All that the requester's account holds for this job, in planck.
	pub fn held(&self) -> Balance {
		self.escrow
			.saturating_add(self.fees_held())
			.saturating_add(self.deposit)
	}

	/// What a provider owes when it is late: min(share of the escrow, so many job fees), in planck.
	pub fn late_credit(&self) -> Balance {
		self.late_share
			.mul_floor(self.escrow)
			.min(self.job_fee.saturating_mul(Balance::from(self.late_fees)))
	}

	/// The last tick of the state that the job is in. None while its demand queues: then it has no entry among the deadlines.
	pub fn due_tick(&self) -> Option<Tick> {
		match &self.state {
			JobState::Pending => Some(self.terms.expires),
			JobState::Assigned { until, .. } => Some(*until),
			JobState::Running { deadline, .. } => Some(*deadline),
			JobState::Committed { window, .. } => match window {
				Window::Open { end } => Some(*end),
				Window::Demanded { until, .. } => *until,
			},
		}
	}

	/// Leaves of the output tree. The shape of every path follows from this number.
	pub fn leaves(&self) -> u32 {
		self.items.div_ceil(self.items_per_leaf.max(1))
	}

	/// Bytes of a leaf's output; the last one may have fewer items. `None` where the job has no such leaf.
	pub fn leaf_bytes(&self, leaf: u32) -> Option<u32> {
		let per_leaf = self.items_per_leaf.max(1);
		let first = leaf.checked_mul(per_leaf)?;
		let items = self.items.checked_sub(first).filter(|left| *left > 0)?.min(per_leaf);
		items.checked_mul(u32::from(self.item_size))
	}

	/// Bytes of all items' outputs.
	pub fn output_bytes(&self) -> u64 {
		u64::from(self.items).saturating_mul(u64::from(self.item_size))
	}

	/// Whether the job named its provider.
	pub fn is_targeted(&self) -> bool {
		matches!(self.terms.target, Target::Provider { .. })
	}

	/// The escrow, if the job named its provider: it raises the stake that must stay.
	pub fn target_escrow(&self) -> Option<Balance> {
		self.is_targeted().then_some(self.escrow)
	}

	/// Where the job stands in the book while it is pending: its pool, and the level that its escrow covers.
	pub fn bid(&self) -> Option<(Pool, Level)> {
		match self.terms.target {
			Target::Book { pool, .. } => Some((pool, Level::at_most(self.price)?)),
			Target::Provider { .. } => None,
		}
	}
}

/// A provider's standing offer: it takes any job of the pool at this level, as often as it has room.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Ask {
	/// The market.
	pub pool: Pool,
	/// The least price.
	pub level: Level,
	/// When it was placed.
	pub placed: Tick,
	/// Whether it is out of the queue until its provider has room again.
	pub parked: bool,
}

/// The asks of one provider and what keeps them out of the book.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct ProviderAsks {
	/// The asks, by slot.
	pub slots: [Option<Ask>; 4],
	/// No-shows in a row. A settled job ends the row; that it has is seen at the next no-show.
	pub no_shows: u8,
	/// First tick at which asks may be placed again after a no-show.
	pub barred_until: Tick,
	/// First tick at which the asks may be queued again after a reject.
	pub paused_until: Tick,
	/// Key of the provider's entry among the wakes, if it has one.
	pub wake: Option<Tick>,
	/// Jobs that the provider was paid for when it last did not show up.
	pub completed: u32,
}

impl ProviderAsks {
	/// Asks, parked or not.
	pub fn count(&self) -> u8 {
		self.slots.iter().flatten().fold(0, |sum, _| sum.saturating_add(1))
	}
}

/// The first rule by which a provider does not serve a job.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
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
	/// A rule of the providers.
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
	/// The provider has room, but its asks still wait for one of its jobs to end or to be committed: it was busy, or had no
	/// room, when they left the queue.
	Parked,
	/// The job may not be assigned any more. The hook collects it, or whoever touches it.
	Expired {
		/// The last tick at which it could be.
		expires: Tick,
	},
}

/// What is known of a requester. Never removed: its nonce keeps job ids apart.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Requester {
	/// Jobs submitted so far; the nonce of the next job.
	pub nonce: u64,
	/// Jobs not ended.
	pub live: u32,
	/// Jobs that were paid for, whoever settled them.
	pub paid_jobs: u32,
	/// Of these, jobs that lapsed into payment.
	pub lapsed: u32,
	/// Jobs that the requester cancelled.
	pub cancelled: u32,
	/// Jobs that nobody took before they expired.
	pub expired: u32,
	/// Jobs that were assigned and not served.
	pub unserved: u32,
	/// Times that a provider rejected a job because its inputs never came.
	pub inputs_missing: u32,
	/// Jobs whose result was refuted.
	pub refuted: u32,
	/// Committed jobs that were void because another result of their provider was refuted.
	pub voided: u32,
	/// Jobs whose provider did not bring demanded leaves.
	pub silent: u32,
	/// Jobs whose output, as the requester said, was not delivered.
	pub refused: u32,
	/// Paid in all, protocol fee included, in planck.
	pub paid: Balance,
}

/// What was freed and taken when a job ended, in planck. Together it is all that was held for the job, but for its payment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Freed {
	/// Of the escrow.
	pub refund: Balance,
	/// Job fees that were not used up.
	pub fees_returned: Balance,
	/// Job fees that were.
	pub fees_paid: Balance,
	/// What was held for its storage.
	pub deposit: Balance,
}

impl Freed {
	/// What the requester gets back, in planck.
	pub fn returned(&self) -> Balance {
		self.refund
			.saturating_add(self.fees_returned)
			.saturating_add(self.deposit)
	}
}

/// How much a call had to touch, in rising order, for what it weighed in the end.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Work {
	/// Nothing but what the call itself is about.
	#[default]
	Ordinary,
	/// A job that waits in the book after it.
	Queued,
	/// Orders that left the book, came back to it or were matched; an answer to a sample; stake that was refilled; a provider
	/// that has to answer samples from now on, or no more; what it was paid in an earlier era, which is filed.
	More,
}

impl Work {
	/// [`Self::More`] where there was more to do.
	pub(crate) fn more_if(more: bool) -> Self {
		if more {
			Self::More
		} else {
			Self::Ordinary
		}
	}
}

/// Why a provider rejects an assignment.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum RejectReason {
	/// Every lane runs a job. Valid only then, and free of consequences.
	Busy,
	/// The requester never brought the inputs. Only where the job has any.
	InputsMissing,
	/// A trial run says that the deadline cannot be met.
	TooSlow,
	/// The device cannot run the kernel.
	Unsupported,
	/// Any other reason.
	Other,
}
