//! The jobs that the endpoint serves, as the last view of the chain shows them.

use crate::{
	endpoint::{JobSource, Phase, ServedJob},
	store::Store,
	tree::OutputShape,
};
use millrace_client::chain::{JobId, JobState, JobView};
use std::{
	collections::HashMap,
	sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::Notify;

/// One job's part in the answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Row {
	/// Where the job stands.
	pub phase: Phase,
	/// The key that signs requests.
	pub data_key: [u8; 32],
	/// Whether anyone may fetch the result and the inputs.
	pub public: bool,
	/// What the output looks like.
	pub output: OutputShape,
	/// Whether the bundle on the disk is whole.
	pub bundle: bool,
	/// Whether there is no space for the job.
	pub no_space: bool,
}

impl Row {
	/// The row of a job. `None` for a job that nobody has yet.
	pub fn of(job: &JobView, bundle: bool, no_space: bool) -> Option<Self> {
		let phase = match job.state {
			JobState::Pending => return None,
			JobState::Assigned { .. } => Phase::Assigned,
			JobState::Running { .. } => Phase::Running,
			JobState::Committed { root, .. } => Phase::Committed { root: root.0 },
		};
		Some(Self {
			phase,
			data_key: job.spec.data_key,
			public: job.spec.terms.public,
			output: OutputShape::of(job),
			bundle,
			no_space,
		})
	}
}

/// The table, shared by the actor that writes it and the endpoint that reads it.
pub struct JobTable {
	store: Arc<Store>,
	rows: RwLock<HashMap<JobId, Row>>,
	complete: Notify,
}

impl JobTable {
	/// An empty table over a store.
	pub fn new(store: Arc<Store>) -> Self {
		Self {
			store,
			rows: RwLock::default(),
			complete: Notify::new(),
		}
	}

	/// Replaces all rows.
	pub fn publish(&self, rows: HashMap<JobId, Row>) {
		*self.rows.write().unwrap_or_else(PoisonError::into_inner) = rows;
	}

	/// The row of a job.
	pub fn row(&self, id: &JobId) -> Option<Row> {
		self.rows
			.read()
			.unwrap_or_else(PoisonError::into_inner)
			.get(id)
			.copied()
	}

	/// Waits until the inputs of some job have become complete.
	pub async fn inputs_complete(&self) {
		self.complete.notified().await;
	}
}

impl JobSource for JobTable {
	fn job(&self, id: &JobId) -> Option<ServedJob> {
		let Row {
			phase,
			data_key,
			public,
			output,
			bundle,
			no_space,
		} = self.row(id)?;
		Some(ServedJob {
			phase,
			data_key,
			public,
			output,
			bundle,
			no_space,
			files: self.store.get(id),
		})
	}

	fn arrived(&self, id: &JobId) {
		if self.store.get(id).is_some_and(|files| files.is_complete()) {
			self.complete.notify_one();
		}
	}
}
