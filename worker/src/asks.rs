//! What this worker asks for its time: presets of rules, what they say at one moment, and how the book is made to show it.
//!
//! ```text
//! configuration ──▶ Preset ──▶ wanted_asks(rules, terms, now) ──▶ levels ──▶ next_step(levels, book) ──▶ one call at most
//!                               what the owner signed: class, region, least price        what stands on the chain
//! ```
//!
//! Both decisions are pure functions; [`standing`](crate::standing) sends what they say.

mod book;
mod flaw;
mod hours;
mod preset;
mod price;
mod step;
mod wanted;

pub use book::{AskBook, StandingAsk, SLOTS};
pub(crate) use book::{AsksRecord, RulesRecord};
pub use flaw::{Flaw, PresetError};
pub use hours::{BadHours, Days, HourRule, Rate, TimeOfDay};
pub use preset::{Listed, PoolRule, Preset, PresetTable, Presets, RawPrice};
pub use price::{reference_price, AskPrice, BadAskPrice, MOST_PERCENT};
pub use step::{next_step, AskStep};
pub use wanted::{next_change, pool_of, wanted_asks, AskRules, NoAsk, WantedAsk};
