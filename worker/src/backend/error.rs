//! What asking the backend can fail with, and whose fault it is.

use super::{
	frame::FrameError,
	message::{FailedKind, Stage},
};
use millrace_client::chain::RejectReason;
use std::{io, time::Duration};

/// Why the backend gave no result.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
	/// No process can be started.
	#[error("the backend's process cannot be started")]
	Start(#[source] io::Error),
	/// It was silent for too long and was killed.
	#[error("the backend was silent for {after:.1?} while {doing}, and was killed")]
	Silent {
		/// How long.
		after: Duration,
		/// What it was doing.
		doing: &'static str,
	},
	/// Its process ended.
	#[error("the backend's process ended by itself: {status}")]
	Died {
		/// How.
		status: String,
	},
	/// It sent what makes no sense, and was killed.
	#[error("the backend broke the protocol, and was killed: {0}")]
	Protocol(String),
	/// It says it is done, and the bundle is not what it says.
	#[error("the backend's bundle is not what it says: {0}")]
	WrongBundle(String),
	/// It was killed and does not end: a driver holds it.
	#[error("the backend's process {0} was killed and does not end")]
	Unkillable(String),
	/// The device failed.
	#[error("the device failed: {0}")]
	Device(String),
	/// The backend that the settings name cannot be used here.
	#[error("the backend cannot be used: {0}")]
	Unusable(String),
	/// No backend is left that may be used.
	#[error("nothing is computed any more: {0}")]
	Stopped(String),
	/// This kernel broke the backend down not long ago.
	#[error("this kernel broke the backend down {0:.0?} ago, so it is not tried again yet")]
	Banned(Duration),
	/// The run was cancelled.
	#[error("the run was cancelled")]
	Cancelled,
	/// The job does not fit its kernel.
	#[error("the job cannot be computed: {0}")]
	Task(String),
	/// The job needs more memory than there is.
	#[error("the job needs more memory than there is: {0}")]
	TooLarge(String),
	/// A file of the job cannot be read or written.
	#[error("a file of the job failed: {0}")]
	Files(String),
	/// Anything else.
	#[error("the backend failed: {0}")]
	Other(String),
}

impl BackendError {
	pub(super) fn failed(kind: FailedKind, message: String) -> Self {
		match kind {
			FailedKind::Task => Self::Task(message),
			FailedKind::TooLarge => Self::TooLarge(message),
			FailedKind::Cancelled => Self::Cancelled,
			FailedKind::Device { .. } => Self::Device(message),
			FailedKind::Files => Self::Files(message),
			FailedKind::Other => Self::Other(message),
		}
	}

	pub(super) fn silent(after: Duration, stage: Option<Stage>) -> Self {
		Self::Silent {
			after,
			doing: stage.map_or("starting", Stage::name),
		}
	}

	/// Whether the process is of no more use. A fresh one may do better.
	pub fn is_breakdown(&self) -> bool {
		match self {
			Self::Start(_)
			| Self::Silent { .. }
			| Self::Died { .. }
			| Self::Protocol(_)
			| Self::WrongBundle(_)
			| Self::Unkillable(_)
			| Self::Device(_)
			| Self::Unusable(_) => true,
			Self::Stopped(_)
			| Self::Banned(_)
			| Self::Cancelled
			| Self::Task(_)
			| Self::TooLarge(_)
			| Self::Files(_)
			| Self::Other(_) => false,
		}
	}

	/// What the chain is told when a job is turned down for this. `None`: try again.
	pub fn reason(&self) -> Option<RejectReason> {
		match self {
			Self::Cancelled | Self::Files(_) => None,
			Self::Task(_) | Self::TooLarge(_) | Self::Banned(_) => Some(RejectReason::Unsupported),
			_ => Some(RejectReason::Other),
		}
	}

	/// What to do about it.
	pub fn hint(&self) -> String {
		match self {
			Self::Unusable(_) => "choose another backend with --backend, or `--backend auto`".to_owned(),
			Self::Stopped(_) => {
				"look at the device, then lift the quarantine with `millrace-worker release`".to_owned()
			}
			_ => "look at the log above and at the device's driver; `--backend cpu` does without a device".to_owned(),
		}
	}
}

impl From<FrameError> for BackendError {
	fn from(error: FrameError) -> Self {
		let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
		Self::Protocol(format!("{error}{}", cause.unwrap_or_default()))
	}
}
