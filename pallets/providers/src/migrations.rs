//! From one layout of the storage to the next, as multi-block migrations. `docs/upgrades.md` says how they are run.
//!
//! A runtime migrates from the one before it. A chain that is further behind goes through the releases between.

pub mod v4;
