//! Re-checking a committed result, and proving to the chain what is wrong with it.
//!
//! A check of job J: read what was committed ([`Subject`]), get inputs and bundle ([`data`]), compare leaves with what
//! they are ([`examine()`]); [`Looker::look`] does all of it. What differs becomes a proof that is judged here first ([`Case`]) and then filed
//! ([`Claimant::refute`]). Where the provider hides the leaves, the requester demands them ([`Claimant::demand`]).

mod case;
pub mod data;
mod demand;
mod error;
mod examine;
#[cfg(test)]
mod fixture;
mod found;
mod levels;
mod look;
mod mend;
mod provide;
mod refute;
mod rerun;
mod subject;
mod tree;
mod way;

pub use case::{Case, CaseError};
pub use demand::Demanded;
pub use error::CheckError;
pub use examine::examine;
pub use found::{Delivery, Examined, Found};
pub use levels::Levels;
pub use look::{Looked, Looker};
pub use provide::Provided;
pub use refute::{Amounts, Claimant, Redress};
pub use rerun::Rerun;
pub use subject::Subject;
pub use tree::{Source, Tree, TreeError, Unserved};
