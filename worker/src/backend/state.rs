//! What the handle remembers between requests.

use super::{
	fallback::expected,
	process::{Process, Ready},
};
use millrace_compute::{BackendKind, Choice};
use std::{collections::HashMap, time::Instant};

/// Jobs that a worker runs at once: see [`Lane::Run`].
pub const RUNS_AT_ONCE: u16 = 1;

/// What is done at most once at a time.
#[derive(Clone, Copy)]
pub(super) enum Lane {
	/// Trying kernels: must not wait for a run that takes minutes, or offers would lapse meanwhile.
	Trial,
	/// Running jobs: two at once would only share the device.
	Run,
}

/// Processes that wait, and what is known of the backend.
#[derive(Default)]
pub(super) struct State {
	/// Whether somebody tries a kernel.
	pub(super) trying: bool,
	/// Whether somebody runs a job.
	pub(super) running: bool,
	/// Processes that wait.
	pub(super) idle: Vec<Process>,
	/// What processes are started on.
	pub(super) choice: Choice,
	/// What the last process that was started said of itself.
	pub(super) ready: Option<Ready>,
	/// Why it is not what was wanted.
	pub(super) note: Option<String>,
	/// Kernels that broke the backend down since it last finished a run.
	pub(super) strikes: Vec<[u8; 32]>,
	/// Kernels that did so in the last time.
	pub(super) banned: HashMap<[u8; 32], Instant>,
	/// Why no new jobs are taken.
	pub(super) stopped: Option<String>,
	/// Whether nothing at all may compute any more.
	pub(super) exhausted: bool,
}

impl State {
	/// The backend, or the fastest that it can be before a process says so.
	pub(super) fn kind(&self) -> BackendKind {
		self.ready
			.as_ref()
			.map_or_else(|| expected(self.choice), |ready| ready.kind)
	}

	pub(super) fn lane(&mut self, lane: Lane) -> &mut bool {
		match lane {
			Lane::Trial => &mut self.trying,
			Lane::Run => &mut self.running,
		}
	}
}
