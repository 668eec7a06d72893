//! How long the node is waited for. A request to a node that is gone waits until it is back, for hours if need be, and
//! meanwhile this worker would not hear that it is to stop.

use std::{future::Future, time::Duration};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long the node may take for an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
	/// While the worker works.
	pub(super) usual: Duration,
	/// Once it is to stop.
	pub(super) last: Duration,
}

/// How long the node may take to show the chain.
pub(super) const PATIENCE: Patience = Patience {
	usual: Duration::from_secs(30),
	last: Duration::from_secs(5),
};

impl Patience {
	/// What the node answers; `None` if it takes too long. An order to stop cuts a wait short that is under way.
	pub(super) async fn ask<T>(self, question: impl Future<Output = T>, stop: &CancellationToken) -> Option<T> {
		let too_late = async {
			stop.cancelled().await;
			sleep(self.last).await;
		};
		tokio::select! {
			answer = timeout(self.usual, question) => answer.ok(),
			() = too_late => None,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{future, time::Instant};

	const LONG: Duration = Duration::from_secs(600);
	const SHORT: Duration = Duration::from_millis(20);

	#[tokio::test]
	async fn a_silent_node_is_waited_for_no_longer_than_allowed() {
		let (go_on, stop) = (CancellationToken::new(), CancellationToken::new());
		stop.cancel();
		let patience = |usual, last| Patience { usual, last };
		let silent = || future::pending::<()>();
		assert_eq!(patience(SHORT, LONG).ask(silent(), &go_on).await, None);
		assert_eq!(patience(LONG, SHORT).ask(silent(), &stop).await, None);
		assert_eq!(patience(SHORT, LONG).ask(silent(), &stop).await, None);
		assert_eq!(patience(LONG, LONG).ask(async { 7 }, &stop).await, Some(7));
	}

	#[tokio::test]
	async fn an_order_to_stop_cuts_a_wait_short() {
		let stop = CancellationToken::new();
		let order = stop.clone();
		tokio::spawn(async move {
			sleep(SHORT).await;
			order.cancel();
		});
		let start = Instant::now();
		let patience = Patience {
			usual: LONG,
			last: SHORT,
		};
		assert_eq!(patience.ask(future::pending::<()>(), &stop).await, None);
		assert!(start.elapsed() < Duration::from_secs(60));
	}
}
