//! What is asked of the chain beside its runtime: where blocks stand, what is stored at them, and when there are new ones.

use crate::service::{FullBackend, FullClient};
use futures::{stream::BoxStream, StreamExt};
use millrace_runtime::{opaque::Block, BlockNumber, Hash};
use polkadot_sdk::{
	sc_client_api::{BlockchainEvents, StorageProvider},
	sp_blockchain::{tree_route, Error, HeaderBackend},
	sp_core::storage::{well_known_keys::CODE, StorageKey},
};

/// A block and its number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Place {
	/// Its hash.
	pub(crate) hash: Hash,
	/// Its number.
	pub(crate) number: BlockNumber,
}

/// The way from one block to another.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Route {
	/// Blocks that are left behind, the newest first.
	pub(crate) retracted: Vec<Place>,
	/// Blocks that are come through, the last one included, the oldest first.
	pub(crate) enacted: Vec<Place>,
}

/// The chain's blocks and what is stored at them.
pub(crate) trait Blocks: Send + Sync + 'static {
	/// The first block.
	fn genesis(&self) -> Hash;
	/// The head of the best chain, or the last block that is final.
	fn head(&self, finalised: bool) -> Place;
	/// The number of a block and its parent; none where the node does not have it.
	fn find(&self, block: Hash) -> Result<Option<(BlockNumber, Hash)>, Error>;
	/// What is stored at a block under a key.
	fn stored(&self, at: Hash, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;
	/// The hash of the runtime's code at a block: where that cannot be read, the state is not there.
	fn code(&self, at: Hash) -> Result<Option<Hash>, Error>;
	/// The way from one block to another.
	fn route(&self, from: Hash, to: Hash) -> Result<Route, Error>;
	/// Wakes whenever the head may have moved. What it is then is asked with [`Blocks::head`], so nothing queues up.
	fn changes(&self, finalised: bool) -> BoxStream<'static, ()>;
}

impl Blocks for FullClient {
	fn genesis(&self) -> Hash {
		self.info().genesis_hash
	}

	fn head(&self, finalised: bool) -> Place {
		let info = self.info();
		if finalised {
			Place {
				hash: info.finalized_hash,
				number: info.finalized_number,
			}
		} else {
			Place {
				hash: info.best_hash,
				number: info.best_number,
			}
		}
	}

	fn find(&self, block: Hash) -> Result<Option<(BlockNumber, Hash)>, Error> {
		let header = HeaderBackend::<Block>::header(self, block)?;
		Ok(header.map(|header| (header.number, header.parent_hash)))
	}

	fn stored(&self, at: Hash, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
		let data = StorageProvider::<Block, FullBackend>::storage(self, at, &StorageKey(key.to_vec()))?;
		Ok(data.map(|data| data.0))
	}

	fn code(&self, at: Hash) -> Result<Option<Hash>, Error> {
		StorageProvider::<Block, FullBackend>::storage_hash(self, at, &StorageKey(CODE.to_vec()))
	}

	fn route(&self, from: Hash, to: Hash) -> Result<Route, Error> {
		let route = tree_route::<Block, _>(self, from, to)?;
		let places = |blocks: &[polkadot_sdk::sp_blockchain::HashAndNumber<Block>]| {
			let places = blocks.iter().map(|block| Place {
				hash: block.hash,
				number: block.number,
			});
			places.collect()
		};
		Ok(Route {
			retracted: places(route.retracted()),
			enacted: places(route.enacted()),
		})
	}

	fn changes(&self, finalised: bool) -> BoxStream<'static, ()> {
		if finalised {
			BlockchainEvents::<Block>::finality_notification_stream(self)
				.map(drop)
				.boxed()
		} else {
			BlockchainEvents::<Block>::import_notification_stream(self)
				.map(drop)
				.boxed()
		}
	}
}
