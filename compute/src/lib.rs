//! Runs kernels on all cores or on a GPU, packs results into bundles, checks them. Knows no chain.
//!
//! A provider calls [`Runner::run`] and sends [`Computed::bundle`]; whoever receives it calls [`parse_bundle`], compares
//! [`Bundle::root`] with the root that was committed, and re-runs leaves with [`check_leaves`]. Which backend runs a
//! kernel changes how long it takes and nothing else: the reference interpreter of `millrace-kernel` says what is
//! right, and every other backend is tested against it.
//!
//! ```
//! use millrace_compute::{check_leaves, parse_bundle, Check, Choice, Options, Runner};
//! use millrace_kernel::{asm::assemble, eval::Task};
//!
//! let program = assemble(".item 4\n.max_units 100\n.w i zero\n  index i\n  sto32 [zero + 0], i\n").unwrap();
//! let task = Task { items: 1_000, max_units: 100, params: &[] };
//! let fast = Runner::new(Choice::Auto, None).unwrap();
//! let computed = fast.run(&program, &task, &[], &Options::default()).unwrap();
//!
//! let header = program.header();
//! let bundle = parse_bundle(&computed.bundle(), task.items, header.item_size, program.items_per_leaf()).unwrap();
//! assert_eq!(bundle.root(), computed.root);
//! let report = check_leaves(&Runner::reference(), &program, &task, &[], &bundle, Check::All).unwrap();
//! assert!(report.agrees() && report.is_complete());
//! ```

mod bundle;
mod check;
mod choose;
mod commit;
mod cpu;
mod error;
mod evaluate;
mod hardware;
mod leaves;
mod memory;
mod probe;
mod run;
mod runner;

pub use bundle::{bundle_len, encode as encode_bundle, parse_bundle, Bundle, BundleError, LeafFigures, FIGURES_BYTES};
pub use check::{check_leaves, check_within, self_check, CheckReport, Mismatch, SELF_CHECK_LEAVES};
pub use choose::Check;
pub use cpu::{CpuEngine, CpuError, CpuJob, CpuKernel, CpuThread};
pub use error::{with_causes, ComputeError};
pub use hardware::Hardware;
pub use leaves::eval_leaves;
pub use millrace_cuda as cuda;
pub use probe::{probe, Probe};
pub use run::{Computed, Options, Progress, Times};
pub use runner::{BackendError, BackendKind, Choice, Runner, UnknownBackend};
