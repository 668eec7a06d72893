//! The process that computes, and what the worker does when it fails.
//!
//! ```text
//!   worker (keys, journal, chain)                      backend (kernels, driver; no key, no connection)
//!   ┌───────────┐ lease  ┌─────────┐  requests, stdin  ┌────────┐      ┌──────────────────┐
//!   │ jobs      │───────▶│ Process │──────────────────▶│ listen │─────▶│ Runner: CUDA,    │
//!   │ self-check│◀───────│ watchdog│◀──────────────────│ serve  │◀─────│ CPU or reference │
//!   └───────────┘        └─────────┘  answers, stdout  └────────┘      └──────────────────┘
//!                             ▲ kill -9                    reads inputs, writes the bundle
//! ```
//!
//! A driver can hang, and after some errors only a new process can use a device again; a kernel that cannot be run
//! safely must end a process that holds nothing. So the worker starts its own program a second time, with a cleared
//! environment, and speaks to it in [frames](frame) of [messages](message). Whatever it answers is bounded and checked:
//! the bundle it wrote is read again, its root is built again, and some of its leaves are re-run by the interpreter in
//! the worker's own process.
//!
//! There are two processes at most: one runs jobs, one at a time; the other tries kernels of jobs that are offered
//! meanwhile, and is the warm spare. When one breaks down, the next request starts a fresh one. It exits by itself once
//! its standard input closes, so a worker that was killed leaves nothing behind.

pub mod frame;
pub mod message;
pub mod serve;

mod error;
mod fallback;
mod handle;
mod limits;
mod link;
mod process;
mod quarantine;
mod state;

pub use error::BackendError;
pub use handle::{Backend, Finished};
pub use limits::Limits;
pub use link::{spawn, Launch, Life, Link, OwnProgram};
pub use process::Ready;
pub use quarantine::{Quarantine, QuarantineError, Quarantined, FILE as QUARANTINE_FILE};
pub(crate) use serve::free_memory;
pub use state::RUNS_AT_ONCE;
