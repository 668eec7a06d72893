#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::panic,
		clippy::indexing_slicing,
		clippy::as_conversions,
		clippy::arithmetic_side_effects
	)
)]

extern crate alloc;

pub mod api;
pub mod enrolment;
pub mod ids;
pub mod job;
pub mod pool;
pub mod price;
pub mod refutation;
pub mod traits;

pub use enrolment::{ClassTask, EnrolmentRules};
pub use ids::{JobId, KernelHash, ProviderId, SlashId};
pub use job::{data_units, InputRef, JobSpec, Minima, Target, Terms};
pub use pool::{ClassFigures, DeviceClass, JobKind, Pool, Region};
pub use price::{Level, Price};

/// Money, in planck: 10⁻¹² MILL.
pub type Balance = u128;
/// One MILL in planck.
pub const MILL: Balance = 1_000_000_000_000;
/// A reading of the protocol clock. Every window of the protocol counts ticks, never blocks: a full, halted or stalled
/// chain makes nobody late.
pub type Tick = u32;
/// Ticks in an hour at one tick per 3 s block.
pub const HOUR: Tick = 1_200;
/// Ticks in a day.
pub const DAY: Tick = 28_800;
/// Ticks in a year of 365 days.
pub const YEAR: Tick = DAY.saturating_mul(365);
/// Fee eras that are remembered, of pools and of what providers have earned in them.
pub const HISTORY_ERAS: u32 = 84;
