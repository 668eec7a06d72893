//! Seeing commitments as they come.

use crate::chain::{BestBlocks, Chain, ChainError, Follow, JobEvent, JobId, JobState, H256};
use std::{collections::HashSet, time::Duration};
use tokio::sync::mpsc::Sender;

/// Blocks after which all live jobs are read again: a fork may have hidden an event.
const RESCAN: u64 = 50;
/// Blocks that are read one by one after a gap; a longer one takes a scan.
const GAP: u64 = 20;
/// The pause after a node could not be asked.
const PAUSE: Duration = Duration::from_secs(2);

/// What a follower sees.
#[derive(Debug)]
pub(super) enum Seen {
	/// A committed job.
	Committed { job: JobId, root: H256 },
	/// All live jobs were read, and these are committed.
	Scanned(HashSet<JobId>),
	/// The node cannot be asked now.
	Trouble(String),
}

/// Follows the best blocks until nobody listens.
pub(super) async fn follow(chain: Chain, to: Sender<Seen>) {
	let mut follower = Follower {
		blocks: chain.best_blocks(Follow::Subscribe),
		chain,
		scanned: None,
		next: 0,
	};
	loop {
		let sent = match follower.step(&to).await {
			Ok(sent) => sent,
			Err(error) => {
				tracing::debug!(%error, "the node cannot be asked");
				let sent = to.send(Seen::Trouble(error.to_string())).await.is_ok();
				tokio::time::sleep(PAUSE).await;
				sent
			}
		};
		if !sent {
			return;
		}
	}
}

struct Follower {
	chain: Chain,
	blocks: BestBlocks,
	/// The block at which all jobs were read last.
	scanned: Option<u64>,
	/// The next block whose events are to be read.
	next: u64,
}

impl Follower {
	/// Goes on to the next best block; `false` where nobody listens any more.
	async fn step(&mut self, to: &Sender<Seen>) -> Result<bool, ChainError> {
		let at = self.blocks.next().await?;
		let number = at.block().number;
		let due = self
			.scanned
			.is_none_or(|scanned| number >= scanned.saturating_add(RESCAN));
		if due || number > self.next.saturating_add(GAP) {
			let mut live = HashSet::new();
			for view in at.jobs().await? {
				if let JobState::Committed { root, .. } = view.state {
					live.insert(view.id);
					if to.send(Seen::Committed { job: view.id, root }).await.is_err() {
						return Ok(false);
					}
				}
			}
			self.scanned = Some(number);
			self.next = number.saturating_add(1);
			return Ok(to.send(Seen::Scanned(live)).await.is_ok());
		}
		while self.next <= number {
			for (job, event) in self.chain.at_number(self.next).await?.job_events().await? {
				if let JobEvent::Committed { root, .. } = event {
					if to.send(Seen::Committed { job, root }).await.is_err() {
						return Ok(false);
					}
				}
			}
			self.next = self.next.saturating_add(1);
		}
		Ok(true)
	}
}
