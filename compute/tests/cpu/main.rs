//! The CPU backend against the reference interpreter, and against results worked out by hand.

mod control;
mod dots;
mod harness;
mod jobs;
mod memory;
mod opcodes;
mod traps;
