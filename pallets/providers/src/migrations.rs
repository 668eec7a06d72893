//! From one layout of the storage to the next, as multi-block migrations. `docs/upgrades.md` says how they are run.

pub(crate) mod v1;
pub mod v2;
