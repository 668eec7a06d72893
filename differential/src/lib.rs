//! Every backend against the reference.
//!
//! A kernel has one meaning, that of the interpreter in `millrace-kernel`. This crate looks for places where something
//! faster means something else: [`generate`] writes random valid programs, [`backend`] runs them everywhere,
//! [`compare`] says what differs and shrinks it. The generated PTX runs without a GPU in [`ptx`], an interpreter of PTX
//! text that shares no code with the generator of that text. [`plant`] makes errors on purpose and shows that they are
//! found.
//!
//! The program `millrace-differential` is all of it in one file, to be copied to a machine with a GPU.

pub mod backend;
pub mod case;
pub mod compare;
pub mod executed;
pub mod generate;
pub mod plant;
pub mod ptx;
pub mod random;
pub mod report;
pub mod shrink;

use std::time::{SystemTime, UNIX_EPOCH};

/// A seed that no earlier run had: the time. Whoever uses it prints it.
pub fn seed_of_now() -> u64 {
	let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	// Cases have consecutive seeds, so two runs share cases only where they begin within a fraction of a second.
	now.as_micros() as u64
}
