//! The store's promises about space and about what is deleted.

use millrace_client::chain::{InputRef, JobId, H256};
use millrace_kernel::tree::{input_root, Blake2b};
use millrace_worker::store::{Store, StoreError};
use std::{collections::BTreeSet, fs};

fn input(bytes: &[u8]) -> InputRef {
	InputRef {
		root: H256(input_root::<Blake2b>(bytes)),
		len: bytes.len() as u32,
	}
}

#[test]
fn the_quota_is_kept_and_freed() {
	let dir = tempfile::tempdir().unwrap();
	let store = Store::open(dir.path(), 10_000).unwrap();
	let (one, two) = (JobId([1; 32]), JobId([2; 32]));
	store.take(&one, &[input(&[7; 4_000])], 2_000).unwrap();
	assert_eq!(store.used().unwrap(), 6_000);
	match store.take(&two, &[input(&[7; 4_000])], 1) {
		Err(StoreError::Quota {
			needed: 4_001,
			free: 4_000,
			quota: 10_000,
		}) => {}
		other => panic!("{:?}", other.map(|_| ())),
	}
	assert_eq!(store.used().unwrap(), 6_000, "nothing is left of the refused job");
	store.take(&two, &[input(&[7; 4_000])], 0).unwrap();
	store.remove(&one).unwrap();
	assert_eq!(store.used().unwrap(), 4_000);
	assert!(store.get(&one).is_none() && store.get(&two).is_some());
}

#[test]
fn space_is_written_and_not_only_promised() {
	use std::os::unix::fs::MetadataExt;
	let dir = tempfile::tempdir().unwrap();
	let store = Store::open(dir.path(), 1 << 30).unwrap();
	let job = JobId([1; 32]);
	let files = store.take(&job, &[], 3 << 20).unwrap();
	let meta = fs::metadata(files.bundle_path()).unwrap();
	assert_eq!(meta.len(), 3 << 20);
	assert!(meta.blocks() * 512 >= 3 << 20, "the file is sparse");
}

#[test]
fn a_bundle_survives_and_orphans_do_not() {
	let dir = tempfile::tempdir().unwrap();
	let (one, two) = (JobId([1; 32]), JobId([2; 32]));
	let store = Store::open(dir.path(), 1 << 30).unwrap();
	let files = store.take(&one, &[], 5).unwrap();
	fs::write(files.bundle_path(), b"hello").unwrap();
	store.take(&two, &[], 5).unwrap();
	drop(store);

	let store = Store::open(dir.path(), 1 << 30).unwrap();
	assert!(store.get(&one).is_none(), "space is taken anew after a start");
	let files = store.take(&one, &[], 5).unwrap();
	assert_eq!(files.read_bundle().unwrap(), b"hello");
	store.retain(&BTreeSet::from([one])).unwrap();
	assert_eq!(files.read_bundle().unwrap(), b"hello");
	assert_eq!(store.used().unwrap(), 5);
	store.remove(&one).unwrap();
	store.remove(&one).unwrap();
	assert_eq!(store.used().unwrap(), 0);
}
