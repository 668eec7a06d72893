//! Taking turns, where several jobs are followed side by side: neither the line nor the memory of this machine is for all of
//! them at once.

use std::time::Duration;
use tokio::{
	sync::{Semaphore, SemaphorePermit},
	time::timeout,
};

/// Jobs whose inputs or results are on their way at once.
const TRANSFERS: usize = 8;
/// How long to wait for a turn to transfer. An accept window is two minutes, and shorter on chains for tests.
const TRANSFER_PATIENCE: Duration = Duration::from_secs(10);
/// Results that are in memory and re-run at once: each takes every core.
const CHECKS: usize = 1;
/// How long to wait for a turn to check. The shortest challenge window is five minutes.
const CHECK_PATIENCE: Duration = Duration::from_secs(60);

/// Turns of one kind.
struct Line {
	permits: Semaphore,
	patience: Duration,
}

impl Line {
	fn new(permits: usize, patience: Duration) -> Line {
		Line {
			permits: Semaphore::new(permits),
			patience,
		}
	}

	/// Waits for a turn, which ends when what is returned is dropped. Whoever has waited long goes ahead without one: a
	/// provider that answers slowly must not keep other jobs from theirs.
	async fn turn(&self) -> Option<SemaphorePermit<'_>> {
		timeout(self.patience, self.permits.acquire()).await.ok()?.ok()
	}
}

/// The turns of jobs that are followed side by side.
pub(super) struct Turns {
	transfers: Line,
	checks: Line,
}

impl Default for Turns {
	fn default() -> Turns {
		Turns {
			transfers: Line::new(TRANSFERS, TRANSFER_PATIENCE),
			checks: Line::new(CHECKS, CHECK_PATIENCE),
		}
	}
}

impl Turns {
	/// A turn to send inputs or to fetch a result.
	pub(super) async fn transfer(&self) -> Option<SemaphorePermit<'_>> {
		self.transfers.turn().await
	}

	/// A turn to check a result and to write it.
	pub(super) async fn check(&self) -> Option<SemaphorePermit<'_>> {
		self.checks.turn().await
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::time::Instant;

	#[tokio::test]
	async fn a_turn_is_passed_on_and_not_waited_for_for_ever() {
		let line = Line::new(1, Duration::from_millis(50));
		let first = line.turn().await;
		assert!(first.is_some());
		let started = Instant::now();
		assert!(line.turn().await.is_none(), "it is taken");
		assert!(started.elapsed() >= Duration::from_millis(50));
		drop(first);
		assert!(line.turn().await.is_some(), "it is free again");
	}

	#[tokio::test]
	async fn whoever_waits_has_the_turn_that_ends() {
		let line = Line::new(1, Duration::from_secs(30));
		let first = line.turn().await;
		let second = line.turn();
		let release = async {
			tokio::task::yield_now().await;
			drop(first);
		};
		let (second, ()) = tokio::join!(second, release);
		assert!(second.is_some());
	}
}
