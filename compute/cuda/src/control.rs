//! How somebody outside of a run has a hold on it.

use crate::error::CudaError;
use std::sync::atomic::{AtomicBool, Ordering};

/// How to stop a run, and how it shows that it is alive.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
	/// Set to stop: no launch is queued after that, and the run ends when those that are queued have ended.
	pub cancel: Option<&'a AtomicBool>,
	/// Called after the kernel was compiled, after each piece of an input, and after each launch.
	pub heartbeat: Option<&'a (dyn Fn() + Sync)>,
}

impl Control<'_> {
	/// Work was done.
	pub(crate) fn beat(&self) {
		if let Some(heartbeat) = self.heartbeat {
			heartbeat();
		}
	}

	/// [`CudaError::Cancelled`] where somebody wants the run to stop.
	pub(crate) fn check(&self) -> Result<(), CudaError> {
		match self.cancel {
			Some(cancel) if cancel.load(Ordering::Relaxed) => Err(CudaError::Cancelled),
			_ => Ok(()),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_run_stops_when_told_to() {
		let cancel = AtomicBool::new(false);
		let control = Control {
			cancel: Some(&cancel),
			heartbeat: None,
		};
		assert_eq!(control.check(), Ok(()));
		cancel.store(true, Ordering::Relaxed);
		assert_eq!(control.check(), Err(CudaError::Cancelled));
		assert_eq!(Control::default().check(), Ok(()));
	}
}
