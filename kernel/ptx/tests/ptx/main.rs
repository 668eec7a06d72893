//! The emitted text: what it must contain, what it must not, and whether it assembles.

mod emission;
mod expectation;
mod instructions;
mod lint;
mod programs;
mod ptxas;
