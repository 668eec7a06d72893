//! Answers and signs of life.

use super::listen::leave;
use crate::backend::{
	frame::write_frame,
	message::{Answer, Stage},
};
use std::{
	io::stdout,
	sync::{Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant},
};

/// Signs of life are sent no more often than this.
const BEAT: Duration = Duration::from_millis(100);

/// Sends an answer. Does not return if nobody reads it.
pub(super) fn send(answer: &Answer) {
	if write_frame(&mut stdout().lock(), answer).is_err() {
		leave(0);
	}
}

/// Where one request stands. Nothing is sent without work: a device that hangs must not look alive.
pub(super) struct Reporter {
	id: u64,
	state: Mutex<(Stage, Instant)>,
}

impl Reporter {
	pub(super) fn new(id: u64) -> Self {
		Self {
			id,
			state: Mutex::new((Stage::Loading, Instant::now())),
		}
	}

	/// The next stage begins; the job has so many leaves.
	pub(super) fn enter(&self, stage: Stage, leaves: u32) {
		let mut state = self.state();
		*state = (stage, Instant::now());
		self.tell(stage, 0, leaves);
	}

	/// Work was done.
	pub(super) fn beat(&self, done: u32, leaves: u32) {
		// Held while it is sent, so that the last word is the last one heard.
		let mut state = self.state();
		let (stage, last) = *state;
		// The end always: after it the worker is more patient.
		if last.elapsed() < BEAT && done < leaves {
			return;
		}
		*state = (stage, Instant::now());
		self.tell(stage, done.min(leaves), leaves);
	}

	fn state(&self) -> MutexGuard<'_, (Stage, Instant)> {
		self.state.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn tell(&self, stage: Stage, done: u32, leaves: u32) {
		send(&Answer::Progress {
			id: self.id,
			stage,
			done,
			leaves,
		});
	}
}
