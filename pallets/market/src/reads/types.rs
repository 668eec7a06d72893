//! What the reads of the market ask for and answer.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use crate::types::{Job, JobState, MarketTotals, PoolEra};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use millrace_primitives::{Balance, DeviceClass, JobId, Level, Pool, Price, ProviderId, Region, Tick};
use scale_info::TypeInfo;

/// Most entries of an answer that comes in pages.
pub const PAGE: u32 = 100;
/// Most records that are looked at for a page. A page may be short, or empty, and yet not be the last one.
pub const PAGE_LOOKS: u32 = 1_000;
/// Most orders that are looked at for one answer about the book.
pub const ORDER_LOOKS: u32 = 1_000;
/// Most records that are counted for a figure of the statistics.
pub const COUNT_LOOKS: u32 = 10_000;

/// What a job would cost, and when it would start, if it were submitted now.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
pub struct Quote {
	/// When it would start.
	pub start: Start,
	/// What it would pay for 2³⁰ units: of the ask that it would be matched with, or else its own limit.
	pub price: Price,
	/// Held for the payment when it is submitted, in planck: the worst case at its own limit.
	pub escrow: Balance,
	/// Held for its assignments, in planck: three job fees. What is not used returns.
	pub fees: Balance,
	/// Held for the storage that it takes while it lives, in planck. It returns at the end.
	pub deposit: Balance,
	/// The most that it can cost in the end, in planck: all units that it may take at its own limit, for an assignment that
	/// led nowhere may be followed by one at that, and all job fees.
	pub worst: Balance,
	/// What it would cost at `price` if its items took the part of their bound that those of the pool's jobs take on average,
	/// and it were assigned once, in planck; if they took all of it, where the pool has paid for nothing yet.
	pub expected: Balance,
}

/// When a job would start.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
pub enum Start {
	/// It is assigned in the block that includes it.
	Now {
		/// To this provider.
		provider: ProviderId,
	},
	/// An ask crosses it, but it waits behind others that bid as much or more.
	Behind {
		/// How many stand there before it comes, counted up to [`ORDER_LOOKS`]. None where only asks are in its way whose
		/// providers cannot serve any more: matches put them aside, two at a time.
		ahead: u32,
	},
	/// It waits until somebody asks for no more than it bids.
	NoAsk {
		/// What the cheapest ask of the pool wants that could take a job now; none where there is no such ask.
		cheapest: Option<Price>,
	},
}

/// The orders of one level.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
pub struct BookLevel {
	/// The level.
	pub level: Level,
	/// Its price.
	pub price: Price,
	/// Orders that stand there; at least so many, where not all were counted.
	pub orders: u32,
}

/// The best levels of a pool.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, PartialEq, TypeInfo)]
pub struct BookView {
	/// Asks, cheapest first.
	pub asks: Vec<BookLevel>,
	/// Bids, dearest first.
	pub bids: Vec<BookLevel>,
	/// Whether all orders of these levels were counted. At most [`ORDER_LOOKS`] are, half of them on each side.
	pub complete: bool,
}

/// Which offers one asks for.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, PartialEq, TypeInfo)]
pub struct OfferFilter {
	/// Those of this provider.
	pub provider: Option<ProviderId>,
	/// Those of this class.
	pub class: Option<DeviceClass>,
	/// Those of this region.
	pub region: Option<Region>,
	/// Those at this price or below.
	pub price_at_most: Option<Price>,
	/// Only those that could take a job now.
	pub queued: bool,
}

/// An ask, and what stands behind it.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
pub struct Offer {
	/// Whose.
	pub provider: ProviderId,
	/// Which of its asks.
	pub slot: u8,
	/// The market.
	pub pool: Pool,
	/// The least price, as a level.
	pub level: Level,
	/// The least price.
	pub price: Price,
	/// When it was placed.
	pub placed: Tick,
	/// Whether it is out of the queue until an event of its provider brings it back.
	pub parked: bool,
	/// Jobs that the provider runs at once.
	pub lanes: u16,
	/// Jobs that may still be assigned to it now.
	pub room: u32,
}

/// Which jobs one asks for.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
pub struct JobFilter<AccountId> {
	/// Those of this requester.
	pub requester: Option<AccountId>,
	/// Those that this provider has.
	pub provider: Option<ProviderId>,
	/// Those that count in this pool; of a job that names its provider, the one that this served.
	pub pool: Option<Pool>,
	/// Those in this state.
	pub state: Option<StateName>,
}

/// The states of a job, without what belongs to them.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
pub enum StateName {
	/// It waits in the book.
	Pending,
	/// It is matched or offered.
	Assigned,
	/// It is accepted.
	Running,
	/// Its result is committed.
	Committed,
}

/// A page of jobs, and where to go on; none at the end.
pub type JobPage<AccountId> = (Vec<(JobId, Job<AccountId>)>, Option<JobId>);
/// A page of offers, and where to go on; none at the end.
pub type OfferPage = (Vec<Offer>, Option<ProviderId>);

/// What a live job waits for: for a pending one, the first rule that keeps it from being assigned, in the order in which a
/// match applies them.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
pub enum Waits {
	/// Nobody has an ask in its pool that could take a job now.
	NoAsk {
		/// The last tick at which it may be assigned.
		expires: Tick,
	},
	/// Every ask of its pool that could take a job now wants more than it bids.
	AsksTooDear {
		/// What the cheapest of them wants.
		cheapest: Price,
		/// What the job bids.
		bid: Price,
		/// The last tick at which it may be assigned.
		expires: Tick,
	},
	/// An ask crosses it, but others that bid more, or as much and came earlier, go first.
	Behind {
		/// How many, counted up to [`ORDER_LOOKS`]. One that has expired is collected instead of matched.
		ahead: u32,
		/// The last tick at which it may be assigned.
		expires: Tick,
	},
	/// It is first, and an ask crosses it; the next event of the pool matches the two. One match puts aside two asks at most
	/// whose providers cannot serve any more: where more of them stand before the ask, it takes as many events more.
	Match {
		/// The last tick at which it may be assigned.
		expires: Tick,
	},
	/// For its provider to accept it.
	Acceptance {
		/// The provider.
		provider: ProviderId,
		/// Last tick to accept.
		until: Tick,
		/// Whether every lane of the provider is taken.
		busy: bool,
	},
	/// For its result.
	Result {
		/// The provider.
		provider: ProviderId,
		/// Last tick to commit.
		deadline: Tick,
	},
	/// For its requester to check and pay, or for its window to end.
	Window {
		/// The provider.
		provider: ProviderId,
		/// Last tick at which the result can be refuted.
		end: Tick,
	},
	/// For leaves that its requester demanded.
	Leaves {
		/// The provider.
		provider: ProviderId,
		/// Last tick to bring them; none while the demand queues behind others of the provider.
		until: Option<Tick>,
	},
	/// For the hook, or for anybody to touch it: what it waited for has not come in time.
	Touch {
		/// The tick that has passed.
		due: Tick,
	},
	/// For anybody to touch it: a result of its provider was refuted, so it is void or goes on elsewhere.
	Void {
		/// The provider.
		provider: ProviderId,
	},
}

/// What the market is and has done, from the state of one block.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
pub struct NetworkStats {
	/// The protocol's clock.
	pub tick: Tick,
	/// Whether the market is halted.
	pub halted: bool,
	/// Jobs that have not ended, counted up to [`COUNT_LOOKS`].
	pub live_jobs: u32,
	/// Providers that have an ask, among the first [`COUNT_LOOKS`] that had one once.
	pub asking_providers: u32,
	/// What was done since genesis.
	pub totals: MarketTotals,
	/// The number of the running era.
	pub era: u32,
	/// Each pool that has an order, or has ever paid for a job.
	pub pools: Vec<PoolStats>,
}

/// A pool as it stands.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, PartialEq, TypeInfo)]
pub struct PoolStats {
	/// The market.
	pub pool: Pool,
	/// What the cheapest ask wants.
	pub best_ask: Option<Price>,
	/// What the dearest bid offers.
	pub best_bid: Option<Price>,
	/// What was done in it since genesis.
	pub totals: MarketTotals,
	/// What was done in it in the running era.
	pub running: PoolEra,
}

impl<AccountId> From<&JobState<AccountId>> for StateName {
	fn from(state: &JobState<AccountId>) -> Self {
		match state {
			JobState::Pending => Self::Pending,
			JobState::Assigned { .. } => Self::Assigned,
			JobState::Running { .. } => Self::Running,
			JobState::Committed { .. } => Self::Committed,
		}
	}
}
