//! What this runtime does to the state that the one before it leaves behind. `docs/upgrades.md` says how the next is written.

use crate::Runtime;

/// In the first block of the new runtime, before anything else reads the state. For what every block reads.
#[cfg(not(feature = "rehearsal"))]
pub type SingleBlock = pallet_market::migrations::v4::MigrateToV4<Runtime>;
/// The rehearsed one begins with the state that this release leaves.
#[cfg(feature = "rehearsal")]
pub type SingleBlock = ();

/// From that block on, over as many as it takes; transactions and the protocol's clock wait meanwhile.
#[cfg(not(feature = "rehearsal"))]
pub type MultiBlock = (pallet_providers::migrations::v4::MigrateToV4<Runtime>,);
/// The same of the rehearsed runtime: one live job a block.
#[cfg(feature = "rehearsal")]
pub type MultiBlock = (pallet_market::migrations::rehearsal::MigrateToV5<Runtime>,);
