//! What this runtime does to the state that the one before it leaves behind. `docs/upgrades.md` says how the next is written.

use crate::Runtime;

/// In the first block of the new runtime, before anything else reads the state. For what every block reads.
pub type SingleBlock = pallet_market::migrations::v4::MigrateToV4<Runtime>;

/// From that block on, over as many as it takes; transactions and the protocol's clock wait meanwhile.
pub type MultiBlock = (pallet_providers::migrations::v4::MigrateToV4<Runtime>,);
