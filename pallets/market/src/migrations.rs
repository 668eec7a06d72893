//! From one layout of the storage to the next. `docs/upgrades.md` says how migrations are run.
//!
//! A runtime migrates from the one before it. A chain that is further behind goes through the releases between.

#[cfg(any(feature = "rehearsal", test))]
pub mod rehearsal;
pub(crate) mod v3;
pub mod v4;
