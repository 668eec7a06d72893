//! Kernels on the CPU: as WebAssembly, compiled by wasmtime.
//!
//! ```text
//! CpuEngine ─ load ─▶ CpuKernel ─ job ─▶ CpuJob ─ thread ─▶ CpuThread ─ leaf ─▶ bytes, units, traps
//! compiler, cache     native code        inputs, in shared     an instance, for
//!                                        memories              one thread
//! ```
//!
//! Each input is copied once, into a memory that all threads share; a thread has a small memory of its own. The compiler
//! runs without its optimiser: on long straight code that made kernels slower as well as the compilation. A bound on
//! addresses costs nothing: 4 GiB of address space behind each memory are reserved, and guarded where they are not used.
//!
//! The results are those of the reference interpreter, for every program and task.

mod cache;
mod engine;
mod error;
mod inputs;
mod job;
mod thread;

pub use engine::{CpuEngine, CpuKernel};
pub use error::CpuError;
pub use job::CpuJob;
pub use thread::CpuThread;
