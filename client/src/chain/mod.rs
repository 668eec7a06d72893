//! The chain, as the programs see it: connect, read state at a block, follow blocks, submit calls.
//!
//! Everything that touches the chain client or the generated types stays in this folder; what leaves it is plain data.
//!
//! ```no_run
//! # async fn example() -> Result<(), millrace_client::chain::ChainError> {
//! use millrace_client::chain::Chain;
//! let chain = Chain::connect("ws://127.0.0.1:9944", std::time::Duration::from_secs(5)).await?;
//! let at = chain.finalised().await?;
//! println!("tick {} at block {}", at.tick().await?, at.block().number);
//! # Ok(()) }
//! ```

mod accounts;
mod by_name;
mod call;
mod connect;
mod convert;
mod council;
mod devices;
mod endings;
mod error;
mod events;
mod generated;
mod ids;
mod inclusion;
mod jobs;
mod market;
mod node;
mod outages;
mod pools;
mod price;
mod providers;
mod refutation;
mod rewards;
mod session;
mod submit;
mod unfit;
mod upgrade;
mod validators;
mod view;
#[cfg(test)]
mod wire;

pub use accounts::{AccountBalance, Block};
pub use call::{Call, MAX_BATCH};
pub use connect::{BestBlocks, Chain, Follow, RECONNECT_AFTER};
pub use council::{Council, Motion, MotionCall};
pub use devices::{
	device_id, ClassTaskView, DeviceFacts, DeviceState, DeviceView, EnrolmentRulesView, DEVICES, MAX_DRIVER, MAX_MODEL,
};
pub use endings::{RefusedDelivery, Refutation, Settlement, Silence};
pub use error::{ChainError, Rejection};
pub use events::JobEvent;
pub use ids::{hash_from_hex, to_hex, BadId, JobId, KernelHash, ProviderId};
pub use inclusion::Included;
pub use jobs::{
	InputRef, JobSpec, JobState, JobView, KernelView, Minima, RejectReason, Target, Terms, DEMANDABLE_OUTPUT, MEASURER,
};
pub use market::{
	BookLevel, BookView, JobFilter, NetworkStats, OfferFilter, OfferView, PaidPrices, PoolEra, PoolStats, Quote,
	Quoted, Start, StateName, Waits, HISTORY_ERAS, ORDERS_COUNTED,
};
pub use node::{NodeView, RotatedKeys};
pub use outages::{DowntimePreview, Outage, PreviewStep, ProviderFilter};
pub use pools::{BadPool, ClassFigures, DeviceClass, Pool, Rules};
pub use price::{BadPrice, Level, Price, LEVELS, UNITS_PER_PRICE};
pub use providers::{AskView, Endpoint, ProviderTerms, ProviderView, Record, Status, Unbonding};
pub use refutation::{Demand, Fraud, ProvidedLeaf, SlashCause, SlashId, SlashShares, SlashView, Window};
pub use rewards::{ClaimedReward, EarningState, EraEarning, EraReward};
pub use session::{SessionKeys, SessionView};
pub use submit::{account_of, job_id, Signed, Submitted, MORTALITY};
pub use subxt::utils::{AccountId32 as AccountId, H256};
pub use unfit::{Ineligible, Unfit};
pub use validators::{
	Backing, Candidacy, EraPoints, PaidStaker, Payee, PendingSlash, StakingRules, StashBond, StashUnbonding,
	UnclaimedEra, ValidatorView, POINTS_PER_BLOCK,
};
pub use view::At;

/// A reading of the protocol clock.
pub type Tick = u32;
/// Seconds of one tick when blocks come on time.
pub const SECONDS_PER_TICK: u64 = 3;

/// BLAKE2b-256, the hash of the protocol.
pub fn blake2_256(bytes: &[u8]) -> [u8; 32] {
	use millrace_kernel::tree::{Blake2b, Hasher};
	Blake2b::hash(&[bytes])
}

#[cfg(test)]
mod tests {
	/// The vector of RFC 7693's reference program for an empty message at 32 bytes.
	#[test]
	fn blake2_of_nothing() {
		assert_eq!(
			super::to_hex(&super::blake2_256(b"")),
			"0x0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
		);
	}
}
