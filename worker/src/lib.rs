//! The worker of a provider: sees its assigned jobs, runs them, commits the results and serves them.
//!
//! ```text
//!              best block ┌────────────┐ actions  ┌───────────────┐
//!   node ────────────────▶│ actor      │─────────▶│ long steps    │ prepare, compute ───▶ backend, a process
//!     ▲                   │ reconcile  │◀─────────│ self-check    │ (one at a time for each job)
//!     │   signed calls    └─────┬──────┘ finished └──────┬────────┘
//!   wire ◀──────────────────────┤  journal before all    │
//!                               ▼                        ▼
//!   requester ◀── TLS ──▶ endpoint (table)  ◀────▶  store (inputs, bundles)
//! ```
//!
//! | module | what it is |
//! |---|---|
//! | [`cli`], [`config`], [`log`](mod@log), [`report`] | the program's face |
//! | [`supervisor`] | starts and stops everything |
//! | [`actor`] | looks at the chain and acts |
//! | [`reconcile`] | what to do next with one assignment: a pure function |
//! | [`jobs`] | the long steps |
//! | [`backend`] | the process that computes, and what is done when it fails |
//! | [`selfcheck`] | what is re-run before a commitment |
//! | [`journal`], [`halt`] | what survives a crash, and how that is tested |
//! | [`store`] | inputs and bundles on the disk |
//! | [`tree`] | the output tree over a bundle, without holding it whole |
//! | [`answer`] | leaves of a result that its requester demands on the chain |
//! | [`endpoint`], [`table`] | HTTPS for requesters |
//! | [`asks`] | presets of rules, what they ask at one moment, and the next change of the book: pure functions |
//! | [`view`], [`wire`], [`standing`] | reading the chain, signing and sending, keeping the asks in the book |
//! | [`capacity`] | whether the machine can do what the lanes promise |
//! | [`liveness`] | answering samples, and coming back after an outage |
//! | [`device`], [`enrolment`] | what computes, in the chain's words, and having it measured |
//! | [`keys`] | the worker's key and the TLS key |

pub mod actor;
pub mod answer;
pub mod asks;
pub mod backend;
pub mod capacity;
pub mod cli;
pub mod config;
pub mod device;
pub mod endpoint;
pub mod enrolment;
pub mod halt;
pub mod jobs;
pub mod journal;
pub mod keys;
pub mod liveness;
pub mod log;
pub mod reconcile;
pub mod report;
pub mod selfcheck;
pub mod standing;
pub mod store;
pub mod supervisor;
pub mod table;
pub mod tree;
pub mod view;
pub mod wire;
