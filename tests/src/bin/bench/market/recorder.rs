//! Which items of the state something reads and writes, as the database counters of a benchmark see it.

use frame_support::{
	storage::transactional::TRANSACTION_LEVEL_KEY,
	traits::{StorageInfo, StorageInfoTrait, WhitelistedStorageKeys},
};
use millrace_runtime::AllPalletsWithSystem;
use polkadot_sdk::*;
use sp_core::storage::{ChildInfo, StateVersion, TrackedStorageKey};
use sp_externalities::{Error, Extension, ExtensionStore, Externalities, MultiRemovalResults};
use std::{
	any::{Any, TypeId},
	collections::{BTreeMap, BTreeSet},
};

/// The names of the storages, such as `Market::Jobs`.
pub(crate) struct Names(Vec<StorageInfo>);

impl Names {
	pub(crate) fn new() -> Names {
		Names(AllPalletsWithSystem::storage_info())
	}

	/// Of which storage a key is; the key itself if of none.
	pub(crate) fn of(&self, key: &[u8]) -> String {
		let text = String::from_utf8_lossy;
		self.0.iter().find(|info| key.starts_with(&info.prefix)).map_or_else(
			|| text(key).into_owned(),
			|info| format!("{}::{}", text(&info.pallet_name), text(&info.storage_name)),
		)
	}
}

/// Keys of the state, each counted once.
#[derive(Debug, Default)]
pub(crate) struct Touched {
	reads: BTreeSet<Vec<u8>>,
	writes: BTreeSet<Vec<u8>>,
}

/// How many items of one storage are read and written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counts {
	pub(crate) reads: usize,
	pub(crate) writes: usize,
}

/// Counts by the name of a storage, such as `Market::Jobs`.
pub(crate) type Storages = BTreeMap<String, Counts>;

impl Touched {
	/// The number of items by the name of the storage that they are of. What every benchmark leaves out is left out: it is
	/// read and written in every block anyway.
	pub(crate) fn by_storage(&self) -> Storages {
		let names = Names::new();
		let left_out: BTreeSet<Vec<u8>> = AllPalletsWithSystem::whitelisted_storage_keys()
			.into_iter()
			.map(|tracked| tracked.key)
			.chain([TRANSACTION_LEVEL_KEY.to_vec()])
			.collect();
		let mut counts = Storages::new();
		for key in self.reads.difference(&left_out) {
			counts.entry(names.of(key)).or_default().reads += 1;
		}
		for key in self.writes.difference(&left_out) {
			counts.entry(names.of(key)).or_default().writes += 1;
		}
		counts
	}

	/// An item that was written before is at hand when it is read.
	fn read(&mut self, key: &[u8]) {
		if !self.writes.contains(key) {
			self.reads.insert(key.to_vec());
		}
	}

	fn write(&mut self, key: &[u8]) {
		self.writes.insert(key.to_vec());
	}
}

/// Notes what is touched, and passes everything on. What is rolled back later has been touched all the same; child tries
/// are not noted.
pub(crate) struct Recorder<'a> {
	inner: &'a mut dyn Externalities,
	touched: Touched,
}

impl<'a> Recorder<'a> {
	/// Runs `action` on the state, and tells what it touched.
	pub(crate) fn record<R>(inner: &'a mut dyn Externalities, action: impl FnOnce() -> R) -> (R, Touched) {
		let mut recorder = Recorder {
			inner,
			touched: Touched::default(),
		};
		let result = sp_externalities::set_and_run_with_externalities(&mut recorder, action);
		(result, recorder.touched)
	}
}

impl ExtensionStore for Recorder<'_> {
	fn extension_by_type_id(&mut self, type_id: TypeId) -> Option<&mut dyn Any> {
		self.inner.extension_by_type_id(type_id)
	}

	fn register_extension_with_type_id(&mut self, type_id: TypeId, extension: Box<dyn Extension>) -> Result<(), Error> {
		self.inner.register_extension_with_type_id(type_id, extension)
	}

	fn deregister_extension_by_type_id(&mut self, type_id: TypeId) -> Result<(), Error> {
		self.inner.deregister_extension_by_type_id(type_id)
	}
}

impl Externalities for Recorder<'_> {
	fn storage(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		self.touched.read(key);
		self.inner.storage(key)
	}

	fn storage_hash(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		self.touched.read(key);
		self.inner.storage_hash(key)
	}

	fn exists_storage(&mut self, key: &[u8]) -> bool {
		self.touched.read(key);
		self.inner.exists_storage(key)
	}

	fn next_storage_key(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		self.touched.read(key);
		self.inner.next_storage_key(key)
	}

	fn place_storage(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
		self.touched.write(&key);
		self.inner.place_storage(key, value);
	}

	fn storage_append(&mut self, key: Vec<u8>, value: Vec<u8>) {
		self.touched.write(&key);
		self.inner.storage_append(key, value);
	}

	fn clear_prefix(&mut self, prefix: &[u8], limit: Option<u32>, cursor: Option<&[u8]>) -> MultiRemovalResults {
		self.touched.write(prefix);
		self.inner.clear_prefix(prefix, limit, cursor)
	}

	fn set_offchain_storage(&mut self, key: &[u8], value: Option<&[u8]>) {
		self.inner.set_offchain_storage(key, value);
	}

	fn child_storage_hash(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.inner.child_storage_hash(child, key)
	}

	fn child_storage(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.inner.child_storage(child, key)
	}

	fn next_child_storage_key(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.inner.next_child_storage_key(child, key)
	}

	fn kill_child_storage(
		&mut self,
		child: &ChildInfo,
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> MultiRemovalResults {
		self.inner.kill_child_storage(child, limit, cursor)
	}

	fn clear_child_prefix(
		&mut self,
		child: &ChildInfo,
		prefix: &[u8],
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> MultiRemovalResults {
		self.inner.clear_child_prefix(child, prefix, limit, cursor)
	}

	fn place_child_storage(&mut self, child: &ChildInfo, key: Vec<u8>, value: Option<Vec<u8>>) {
		self.inner.place_child_storage(child, key, value);
	}

	fn storage_root(&mut self, version: StateVersion) -> Vec<u8> {
		self.inner.storage_root(version)
	}

	fn child_storage_root(&mut self, child: &ChildInfo, version: StateVersion) -> Vec<u8> {
		self.inner.child_storage_root(child, version)
	}

	fn storage_start_transaction(&mut self) {
		self.inner.storage_start_transaction();
	}

	fn storage_rollback_transaction(&mut self) -> Result<(), ()> {
		self.inner.storage_rollback_transaction()
	}

	fn storage_commit_transaction(&mut self) -> Result<(), ()> {
		self.inner.storage_commit_transaction()
	}

	fn wipe(&mut self) {
		self.inner.wipe();
	}

	fn commit(&mut self) {
		self.inner.commit();
	}

	fn read_write_count(&self) -> (u32, u32, u32, u32) {
		self.inner.read_write_count()
	}

	fn reset_read_write_count(&mut self) {
		self.inner.reset_read_write_count();
	}

	fn get_whitelist(&self) -> Vec<TrackedStorageKey> {
		self.inner.get_whitelist()
	}

	fn set_whitelist(&mut self, new: Vec<TrackedStorageKey>) {
		self.inner.set_whitelist(new);
	}

	fn get_read_and_written_keys(&self) -> Vec<(Vec<u8>, u32, u32, bool)> {
		self.inner.get_read_and_written_keys()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use frame_support::storage::{unhashed, with_storage_layer};
	use millrace_primitives::{JobId, ProviderId};
	use millrace_runtime::{Runtime, System};
	use pallet_market::types::EraState;
	use sp_core::H256;
	use sp_runtime::DispatchError;

	fn record(action: impl FnOnce()) -> Touched {
		let mut state = sp_io::TestExternalities::new_empty();
		Recorder::record(&mut state.ext(), action).1
	}

	fn counted(storage: &str, reads: usize, writes: usize) -> (String, Counts) {
		(storage.to_owned(), Counts { reads, writes })
	}

	#[test]
	fn every_item_is_counted_once_under_the_name_of_its_storage() {
		let touched = record(|| {
			for _ in 0..2 {
				pallet_market::Asks::<Runtime>::get(ProviderId(1));
				pallet_market::Asks::<Runtime>::mutate(ProviderId(2), |asks| asks.no_shows += 1);
			}
			pallet_market::EraProgress::<Runtime>::put(EraState::default());
			pallet_market::Stuck::<Runtime>::contains_key(JobId(H256::zero()));
			pallet_market::Stuck::<Runtime>::remove(JobId(H256::zero()));
		});
		let expected = [
			counted("Market::Asks", 2, 1),
			counted("Market::EraProgress", 0, 1),
			counted("Market::Stuck", 1, 1),
		];
		assert_eq!(touched.by_storage(), Storages::from(expected));
	}

	#[test]
	fn what_was_written_is_not_read_from_the_state() {
		let touched = record(|| {
			unhashed::put(b"item", &1u32);
			assert_eq!(unhashed::get::<u32>(b"item"), Some(1));
			assert_eq!(unhashed::get::<u32>(b"other"), None);
		});
		let expected = [counted("item", 0, 1), counted("other", 1, 0)];
		assert_eq!(touched.by_storage(), Storages::from(expected));
	}

	#[test]
	fn what_benchmarks_leave_out_is_left_out() {
		let touched = record(|| {
			System::set_block_number(1);
			let layer = with_storage_layer(|| {
				System::deposit_event(frame_system::Event::CodeUpdated { hash: H256::zero() });
				Ok::<(), DispatchError>(())
			});
			layer.expect("nothing fails");
		});
		assert!(!touched.writes.is_empty());
		assert_eq!(touched.by_storage(), Storages::new());
	}
}
