//! What the end-to-end tests share: real processes on loopback, each with its own folder, ended when dropped.

pub mod audit;
pub mod cheat;
pub mod client;
pub mod native;
pub mod network;
pub mod process;
pub mod raw;
pub mod rpc;
pub mod tls;

pub use client::{Answer, Client};
pub use network::{Ledger, Network};
pub use process::{binary, free_port, Node, Process};
