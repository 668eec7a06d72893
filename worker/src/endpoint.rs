//! The provider's HTTPS endpoint: inputs are pushed to it; results, their trees, and inputs again are pulled from it.
//!
//! It knows no chain. Which jobs there are, and in which state, it asks a [`JobSource`] at each request; the bytes lie
//! in the store.

mod error;
pub mod limits;
mod range;
pub mod routes;
pub mod server;
pub mod tls;

use crate::{store::JobFiles, tree::OutputShape};
use millrace_client::chain::JobId;
use millrace_kernel::tree::Digest;
use std::sync::Arc;

/// Where a job stands at the best block, as far as the endpoint cares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
	/// Inputs are taken.
	Assigned,
	/// Accepted: nothing to take or to give.
	Running,
	/// The result is served.
	Committed {
		/// The root of the output tree, as the chain shows it.
		root: Digest,
	},
}

/// A job that the endpoint serves.
#[derive(Clone)]
pub struct ServedJob {
	/// Where it stands.
	pub phase: Phase,
	/// The sr25519 key that signs requests.
	pub data_key: [u8; 32],
	/// Whether anyone may fetch the result and the inputs.
	pub public: bool,
	/// What the output looks like.
	pub output: OutputShape,
	/// Whether the bundle on the disk is whole.
	pub bundle: bool,
	/// Whether the worker refused the job for want of space.
	pub no_space: bool,
	/// Its files, once space for them was taken.
	pub files: Option<Arc<JobFiles>>,
}

/// Which jobs are served. The worker answers from the chain's state; tests from a table.
pub trait JobSource: Send + Sync + 'static {
	/// The job, if it is this provider's.
	fn job(&self, id: &JobId) -> Option<ServedJob>;
	/// Bytes of this job's inputs have arrived.
	fn arrived(&self, id: &JobId);
}
