//! Buying work: from a job file to a checked, settled and final result.
//!
//! The order is: plan and compute the worst case; register the kernel if asked to; write a record with the data key;
//! submit; push the inputs to whoever is assigned; wait for the commitment; pull the bundle; rebuild the commitment from
//! it; re-run leaves; write the output; settle; wait for finality. Before the last two nothing is paid but transaction
//! fees, and whatever interrupts the run, [`Buyer::fetch`] goes on from the record. A result that is wrong is refuted.
//!
//! Several jobs of one kernel go to the chain by one call ([`Batch`]), and are then followed side by side
//! ([`Buyer::run_many`]).
//!
//! Whom to ask is the job file's matter, or is chosen here among those who could do it ([`Route`]): the chain has no part in
//! that, it only checks whoever is named.

mod batch;
mod collect;
mod error;
#[cfg(test)]
pub(crate) mod fixture;
mod follow;
mod inputs;
mod many;
mod observer;
mod plan;
mod record;
mod report;
mod route;
mod routed;
mod run;
mod submit;
mod turns;
mod verify;
mod why;

pub use batch::{Batch, BatchCost, BatchError, Planned};
pub use error::{Ending, JobError};
pub use inputs::{push, read_inputs, Input};
pub use many::Ran;
pub use observer::{Observer, Stage, Unobserved};
pub(crate) use plan::short_root;
pub use plan::{kernel_hash, read_program, Plan, WorstCost, JOB_FEES};
pub use record::{Commitment, Record, Records};
pub use report::{CheckSummary, Report, Seconds};
pub use route::{rank, Candidate, Route};
pub use run::{Buyer, CheckWish, Options, Outcome, Whom};
pub use why::{Explanation, Verdict};
