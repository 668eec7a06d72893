//! Kernels on this machine: what a job would compute, how fast, and what an item may cost. No chain is asked.

mod estimate;
mod job;

pub use estimate::{estimate, Estimate, LoopEstimate};
pub use job::{LocalError, LocalJob, Measured};
