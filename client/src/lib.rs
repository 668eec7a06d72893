//! The library and the command line for those who buy, offer or check work.
//!
//! - [`chain`]: typed access to the chain: connect, read state at a block, follow blocks, submit calls.
//! - [`job`]: buy work: plan, submit, push inputs, fetch, check, settle.
//! - [`check`], [`watch`]: re-check committed results, and refute what is wrong.
//! - [`offers`]: find offers by what they and their providers are.
//! - [`job_file`]: job files, input and output formats.
//! - [`validator`]: the machine and the node of a validator, judged.
//! - [`local`]: run, measure and estimate on this machine, without a chain.
//! - [`endpoint`]: requests to a provider over TLS with a pinned key.
//! - [`keys`], [`amount`]: keys and money.
//! - [`cli`], [`exit`]: the program `millrace` and its exit codes.

pub mod amount;
pub mod chain;
pub mod check;
pub mod cli;
pub mod endpoint;
pub mod exit;
pub mod job;
pub mod job_file;
pub mod keys;
pub mod local;
pub mod offers;
pub mod validator;
pub mod watch;
