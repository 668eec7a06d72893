//! Runs kernels on all cores, packs results into bundles, checks them. Knows no chain.
//!
//! A provider calls [`run()`] and sends [`Computed::bundle`]; whoever receives it calls [`parse_bundle`], compares
//! [`Bundle::root`] with the root that was committed, and re-runs leaves with [`check_leaves`]. All of it is the
//! reference interpreter of `millrace-kernel`, one leaf at a time on each core, so the result does not depend on the
//! number of threads.
//!
//! ```
//! use millrace_compute::{check_leaves, parse_bundle, run, Check, Options};
//! use millrace_kernel::{asm::assemble, eval::Task};
//!
//! let program = assemble(".item 4\n.max_units 100\n.w i zero\n  index i\n  sto32 [zero + 0], i\n").unwrap();
//! let task = Task { items: 1_000, max_units: 100, params: &[] };
//! let computed = run(&program, &task, &[], &Options::default()).unwrap();
//!
//! let header = program.header();
//! let bundle = parse_bundle(&computed.bundle(), task.items, header.item_size, program.items_per_leaf()).unwrap();
//! assert_eq!(bundle.root(), computed.root);
//! let report = check_leaves(&program, &task, &[], &bundle, Check::All);
//! assert!(report.agrees() && report.is_complete());
//! ```

mod bundle;
mod check;
mod probe;
mod run;

pub use bundle::{bundle_len, parse_bundle, Bundle, BundleError, LeafFigures, FIGURES_BYTES};
pub use check::{check_leaves, self_check, Check, CheckReport, Mismatch, SELF_CHECK_LEAVES};
pub use probe::{probe, Probe};
pub use run::{run, ComputeError, Computed, Options, Progress};
