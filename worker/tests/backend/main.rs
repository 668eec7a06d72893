//! The backend's process: whole jobs in the real one, and stand-ins that die, hang, lie and talk nonsense.

mod fake;
mod fixture;
mod process;
mod stand_ins;

use std::{sync::atomic::AtomicBool, time::Duration};

/// Nobody cancels.
static NEVER: AtomicBool = AtomicBool::new(false);
/// How long anything in these tests may take.
const LONG: Duration = Duration::from_secs(60);
