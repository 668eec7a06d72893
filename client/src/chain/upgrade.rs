//! A chain that is being brought to another runtime.
//!
//! From the block in which the code is replaced until everything that the new one keeps in another form is rewritten, state is
//! of two layouts, and the metadata tells of one of them. No transaction is taken then and no tick passes, so there is nothing
//! to do but to wait: [`Chain::best`] and [`Chain::finalised`] do.

use super::{error::ChainError, generated::api, view::At, Chain};
use std::time::Duration;
use tokio::time::{sleep, Instant};

/// How often it is looked whether an upgrade is over.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long it is waited for. One that has failed does not end by itself.
const PATIENCE: Duration = Duration::from_secs(600);

impl At {
	/// The version of the runtime that this block leaves in force, as its metadata and the transactions after it have it.
	pub fn specification(&self) -> u32 {
		self.client.spec_version()
	}

	/// The specification that the chain is being brought to, while its state is not whole.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn upgrading(&self) -> Result<Option<u32>, ChainError> {
		const WHAT: &str = "an upgrade";
		let specification = self.specification();
		let last = self
			.stored(WHAT, api::storage().system().last_runtime_upgrade(), ())
			.await?;
		// None before the first block: nothing was of another layout.
		let is_new = last.is_some_and(|last| last.spec_version != specification);
		let is_migrating = is_new || self.is_stored(WHAT, api::storage().migrations().cursor(), ()).await?;
		Ok(is_migrating.then_some(specification))
	}

	/// The same, but for what only looks like another runtime's: a record that a new one has not come to yet.
	pub(super) async fn or_upgrading<T>(&self, read: Result<T, ChainError>) -> Result<T, ChainError> {
		if !matches!(&read, Err(ChainError::OtherRuntime { .. })) {
			return read;
		}
		match self.upgrading().await? {
			Some(specification) => Err(ChainError::Upgrading { specification }),
			None => read,
		}
	}
}

impl Chain {
	/// The best block: what the node would build on. It may still be undone. Waits while the chain is being upgraded.
	///
	/// # Errors
	/// The node cannot be asked, or an upgrade takes too long.
	pub async fn best(&self) -> Result<At, ChainError> {
		self.whole(false).await
	}

	/// The last finalised block, which is never undone. Waits while the chain is being upgraded.
	///
	/// # Errors
	/// As [`Chain::best`].
	pub async fn finalised(&self) -> Result<At, ChainError> {
		self.whole(true).await
	}

	/// Looks until the state of the last block is whole.
	async fn whole(&self, finalised: bool) -> Result<At, ChainError> {
		let start = Instant::now();
		let mut told = false;
		loop {
			let at = match finalised {
				true => self.finalised_now().await?,
				false => self.best_now().await?,
			};
			let Some(specification) = at.upgrading().await? else {
				return Ok(at);
			};
			if start.elapsed() >= PATIENCE {
				return Err(ChainError::Upgrading { specification });
			}
			if !std::mem::replace(&mut told, true) {
				tracing::info!(
					specification,
					"the chain is being upgraded; waiting until its state is whole"
				);
			}
			sleep(LOOK_EVERY).await;
		}
	}
}
