//! From storage version 4 to version 5, which is rehearsed: a record gets its job's id behind the requester, nothing else of
//! it changes, and it can be stopped and begun anew at any record.

use crate::{
	migrations::rehearsal::{Agreed, MigrateToV5, Old},
	mock::*,
	JobOf, JobState, Jobs,
};
use codec::{DecodeAll, Encode};
use millrace_primitives::JobId;
use polkadot_sdk::{
	frame_support::{
		assert_ok,
		migrations::{SteppedMigration, SteppedMigrationError},
		storage::unhashed,
		traits::{GetStorageVersion, StorageVersion},
		weights::WeightMeter,
	},
	sp_core::H256,
	sp_io,
	sp_runtime::StateVersion,
};
use std::collections::BTreeMap;

/// A job as version 5 stores it.
type New = (AccountId, JobId, Agreed<AccountId>);
/// Bytes of the requester's account.
const REQUESTER: usize = 8;

fn key(id: JobId) -> Vec<u8> {
	Jobs::<Test>::hashed_key_for(id)
}

fn records() -> BTreeMap<JobId, Vec<u8>> {
	let record = |id| (id, unhashed::get_raw(&key(id)).expect("it is there"));
	Jobs::<Test>::iter_keys().map(record).collect()
}

/// What version 5 makes of a record of version 4, by its bytes.
fn expected(id: JobId, old: &[u8]) -> Vec<u8> {
	[&old[..REQUESTER], id.0.as_bytes(), &old[REQUESTER..]].concat()
}

/// Puts records back as version 4 had them.
fn restore(records: &BTreeMap<JobId, Vec<u8>>) {
	for (id, bytes) in records {
		unhashed::put_raw(&key(*id), bytes);
	}
	StorageVersion::new(4).put::<Market>();
}

/// One step, with weight for no more.
fn step(cursor: Option<JobId>) -> Option<JobId> {
	let mut meter = WeightMeter::with_limit(MigrateToV5::<Test>::required());
	MigrateToV5::<Test>::transactional_step(cursor, &mut meter).expect("it goes on")
}

/// Migrates; returns how many steps that took.
fn migrate() -> usize {
	let (mut cursor, mut steps) = (None, 0);
	loop {
		cursor = step(cursor);
		steps += 1;
		let is_done = Market::on_chain_storage_version() == StorageVersion::new(5);
		assert_eq!(is_done, cursor.is_none());
		if is_done {
			return steps;
		}
	}
}

fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

/// A job in each state: it waits, is assigned, runs and brings inputs, is committed.
fn populate() -> BTreeMap<JobId, Vec<u8>> {
	let pending = submit(ALICE, book_spec(10, 0));
	let provider = asking(4, 9);
	let running = submit(BOB, with_inputs(book_spec(10, 9)));
	assert_ok!(Market::accept_job(signed(worker(provider)), running));
	let committed = submit(ALICE, book_spec(20, 9));
	commit(provider, committed, 10 * G);
	let assigned = submit(BOB, book_spec(30, 9));
	assert!(matches!(job(pending).state, JobState::Pending));
	assert!(matches!(job(running).state, JobState::Running { .. }));
	assert!(matches!(job(committed).state, JobState::Committed { .. }));
	assert!(matches!(job(assigned).state, JobState::Assigned { .. }));
	let records = records();
	assert_eq!(records.len(), 4);
	records
}

/// Runs a test whose end is a layout that this version does not read.
fn rehearse(test: impl FnOnce(BTreeMap<JobId, Vec<u8>>)) {
	ExtBuilder::build_and_execute(|| {
		let old = populate();
		StorageVersion::new(4).put::<Market>();
		test(old.clone());
		restore(&old);
	});
}

/// So that the rehearsal is one of what is stored: where a release changes the layout, its migration takes this one's place.
#[test]
fn the_old_layout_is_what_this_version_stores() {
	ExtBuilder::build_and_execute(|| {
		for (id, bytes) in populate() {
			let old = Old::<AccountId>::decode_all(&mut bytes.as_slice()).expect("of the old layout");
			assert_eq!(old.encode(), bytes);
			assert_eq!(job(id).encode(), bytes);
		}
	});
}

#[test]
fn each_record_gets_its_id_and_nothing_else_changes() {
	rehearse(|old| {
		// Four jobs and the end.
		assert_eq!(migrate(), 5);
		let new = records();
		assert_eq!(new.len(), old.len());
		for (id, bytes) in &old {
			assert_eq!(new[id], expected(*id, bytes));
			let (requester, own, agreed) = New::decode_all(&mut new[id].as_slice()).expect("of the new layout");
			assert_eq!(own, *id);
			let back = (requester, agreed).encode();
			let job = JobOf::<Test>::decode_all(&mut back.as_slice()).expect("every field is there");
			assert_eq!(job.encode(), *bytes);
		}
	});
}

#[test]
fn a_step_is_one_record_whatever_the_meter_has() {
	rehearse(|old| {
		let mut meter = WeightMeter::new();
		let first = MigrateToV5::<Test>::transactional_step(None, &mut meter).expect("it goes on");
		let now = records();
		let changed: Vec<JobId> = old.keys().copied().filter(|id| now[id] != old[id]).collect();
		assert_eq!(changed, Vec::from_iter(first));
		assert!(MigrateToV5::<Test>::is_new(changed[0], &now[&changed[0]]));
	});
}

#[test]
fn it_is_done_once() {
	rehearse(|old| {
		migrate();
		let done = root();
		assert_eq!(step(None), None);
		assert_eq!(step(old.keys().next().copied()), None);
		assert_eq!(root(), done);
	});
}

#[test]
fn it_may_be_begun_anew_at_any_record() {
	rehearse(|old| {
		migrate();
		let done = root();
		for first in 0..=old.len() {
			restore(&old);
			// Some records are new already when the cursor is lost.
			let mut cursor = None;
			for _ in 0..first {
				cursor = step(cursor);
			}
			assert_eq!(migrate(), 5);
			assert_eq!(root(), done, "after {first} records");
		}
		// All of them are, and it begins with the first once more.
		StorageVersion::new(4).put::<Market>();
		migrate();
		assert_eq!(root(), done);
	});
}

#[test]
fn too_little_weight_changes_nothing_and_says_what_is_needed() {
	rehearse(|old| {
		let before = root();
		let required = MigrateToV5::<Test>::required();
		for cursor in [None, old.keys().next().copied()] {
			let mut meter = WeightMeter::with_limit(required / 2);
			assert_eq!(
				MigrateToV5::<Test>::transactional_step(cursor, &mut meter),
				Err(SteppedMigrationError::InsufficientWeight { required })
			);
		}
		assert_eq!(root(), before);
	});
}

/// Bytes that no runtime could read harm neither the others nor the chain.
#[test]
fn what_is_no_record_stays_and_stops_nothing() {
	rehearse(|old| {
		let id = JobId(H256([0xab; 32]));
		let record = old.values().next().expect("there are some");
		let garbage = [
			// One byte too few, one too many, none.
			record[..record.len() - 1].to_vec(),
			[record.as_slice(), &[0]].concat(),
			Vec::new(),
		];
		for garbage in garbage {
			restore(&old);
			unhashed::put_raw(&key(id), &garbage);
			assert_eq!(migrate(), 6);
			let mut new = records();
			assert_eq!(new.remove(&id), Some(garbage));
			let done = old.iter().map(|(id, bytes)| (*id, expected(*id, bytes))).collect();
			assert_eq!(new, done);
		}
		unhashed::kill(&key(id));
	});
}

/// What makes it safe to look at the bytes: in the place of the id an old record has the hash of a kernel.
#[test]
fn a_record_is_of_the_new_layout_by_its_own_id_alone() {
	rehearse(|old| {
		let is_new = MigrateToV5::<Test>::is_new;
		let other = JobId(H256([0xab; 32]));
		for (id, bytes) in &old {
			assert!(!is_new(*id, bytes));
			assert!(is_new(*id, &expected(*id, bytes)));
			assert!(!is_new(other, &expected(*id, bytes)));
			assert!(!is_new(*id, &expected(*id, bytes)[..REQUESTER + 31]));
		}
	});
}
