//! The market as it stands: what a job would cost, the book, offers, and what a live job waits for.

use super::{Level, Pool, Price, ProviderId, Rejection, Tick};
use crate::{
	amount::{text, Balance},
	chain::{AccountId, DeviceClass},
};
use serde::Serialize;

mod era;
mod reads;

pub use era::{PaidPrices, PoolEra, HISTORY_ERAS};

/// What a job would cost, and when it would start, if it were submitted now. Money in planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Quote {
	/// When it would start.
	pub start: Start,
	/// What it would pay for 2³⁰ units.
	pub price: Price,
	/// Held for the payment: the worst case at its own limit.
	#[serde(with = "text")]
	pub escrow: Balance,
	/// Held for its assignments. What is not used returns.
	#[serde(with = "text")]
	pub fees: Balance,
	/// Held for the storage that it takes while it lives. It returns at the end.
	#[serde(with = "text")]
	pub deposit: Balance,
	/// The most that it can cost in the end.
	#[serde(with = "text")]
	pub worst: Balance,
	/// What it would cost if its items took the part of their bound that those of the pool's jobs take on average, and it
	/// were assigned once.
	#[serde(with = "text")]
	pub expected: Balance,
}

/// A quote, or the first rule by which the chain would refuse the job.
pub type Quoted = Result<Quote, Rejection>;

/// When a job would start.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "when")]
pub enum Start {
	/// It is assigned in the block that includes it.
	Now {
		/// To this provider.
		provider: ProviderId,
	},
	/// It waits behind others that bid as much or more.
	Behind {
		/// How many. The chain counts up to [`ORDERS_COUNTED`].
		ahead: u32,
	},
	/// It waits until somebody asks for no more than it bids.
	NoAsk {
		/// What the cheapest ask of the pool wants; none where there is no ask.
		cheapest: Option<Price>,
	},
}

/// Most orders that the chain counts for one answer.
pub const ORDERS_COUNTED: u32 = 1_000;

/// The orders of one level.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct BookLevel {
	/// The level.
	pub level: Level,
	/// Its price.
	pub price: Price,
	/// Orders that stand there.
	pub orders: u32,
}

/// The best levels of a pool.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct BookView {
	/// Asks, cheapest first.
	pub asks: Vec<BookLevel>,
	/// Bids, dearest first.
	pub bids: Vec<BookLevel>,
	/// Whether all orders of these levels were counted.
	pub complete: bool,
}

/// Which offers one asks for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct OfferFilter {
	/// Those of this provider.
	pub provider: Option<ProviderId>,
	/// Those of this class.
	pub class: Option<DeviceClass>,
	/// Those of this region.
	pub region: Option<u8>,
	/// Those at this price or below.
	pub price_at_most: Option<Price>,
	/// Those that can take a job now.
	pub queued: bool,
}

/// An ask, and what stands behind it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OfferView {
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
	/// Whether it waits until its provider has room again.
	pub parked: bool,
	/// Jobs that the provider runs at once.
	pub lanes: u16,
	/// Jobs that may still be assigned to it now.
	pub room: u32,
}

/// Which live jobs one asks for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct JobFilter {
	/// Those of this requester.
	pub requester: Option<AccountId>,
	/// Those that this provider has.
	pub provider: Option<ProviderId>,
	/// Those of this pool.
	pub pool: Option<Pool>,
	/// Those in this state.
	pub state: Option<StateName>,
}

/// The states of a job, without what belongs to them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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

/// What a live job waits for; for a pending one, the first rule that keeps it from being assigned.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Waits {
	/// Nobody has an ask in its pool that could take a job now.
	NoAsk {
		/// The last tick at which it may be assigned.
		expires: Tick,
	},
	/// Every ask of its pool wants more than it bids.
	AsksTooDear {
		/// What the cheapest ask wants.
		cheapest: Price,
		/// What the job bids.
		bid: Price,
		/// The last tick at which it may be assigned.
		expires: Tick,
	},
	/// Others that bid more, or as much and came earlier, go first.
	Behind {
		/// How many. The chain counts up to [`ORDERS_COUNTED`].
		ahead: u32,
		/// The last tick at which it may be assigned.
		expires: Tick,
	},
	/// It is first, and an ask crosses it.
	Match {
		/// The last tick at which it may be assigned.
		expires: Tick,
	},
	/// For its provider to accept it.
	Acceptance {
		/// The provider.
		provider: ProviderId,
		/// The last tick to accept.
		until: Tick,
		/// Whether every lane of the provider is taken.
		busy: bool,
	},
	/// For its result.
	Result {
		/// The provider.
		provider: ProviderId,
		/// The last tick to commit.
		deadline: Tick,
	},
	/// For its requester to check and pay, or for its window to end.
	Window {
		/// The provider.
		provider: ProviderId,
		/// The last tick at which the result can be refuted.
		end: Tick,
	},
	/// For leaves that its requester demanded.
	Leaves {
		/// The provider.
		provider: ProviderId,
		/// The last tick to bring them; none while the demand queues behind others of the provider.
		until: Option<Tick>,
	},
	/// For the chain to look at it: what it waited for has not come in time.
	Touch {
		/// The tick that has passed.
		due: Tick,
	},
	/// For the chain to look at it: a result of its provider was refuted.
	Void {
		/// The provider.
		provider: ProviderId,
	},
}

/// What the market is and has done, from the state of one block. Money in planck.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NetworkStats {
	/// The protocol's clock.
	pub tick: Tick,
	/// Whether the market is halted.
	pub halted: bool,
	/// Jobs that have not ended.
	pub live_jobs: u32,
	/// Providers that have an ask.
	pub asking_providers: u32,
	/// Jobs paid since genesis.
	pub settled: u64,
	/// Paid by requesters since genesis, protocol fee included. Paid, not verified.
	pub paid: Balance,
	/// Of that, the protocol's fee.
	pub fees: Balance,
	/// The number of the running era.
	pub era: u32,
	/// Each pool that has an order, or has ever paid for a job.
	pub pools: Vec<PoolStats>,
}

/// A pool as it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct PoolStats {
	/// The market.
	pub pool: Pool,
	/// What the cheapest ask wants.
	pub best_ask: Option<Price>,
	/// What the dearest bid offers.
	pub best_bid: Option<Price>,
	/// Jobs paid since genesis.
	pub settled: u64,
	/// Paid for them, protocol fee included, in planck.
	#[serde(with = "text")]
	pub paid: Balance,
	/// Jobs paid in the running era.
	pub era_jobs: u32,
	/// Jobs of the running era whose requester said that their output was not delivered.
	pub era_refused: u32,
	/// Fees that were burned in the running era, in planck. The treasury's part of them is minted at its end.
	#[serde(with = "text")]
	pub era_fees: Balance,
	/// The price that was paid last in the running era; none where none was.
	pub era_price: Option<Price>,
}
