//! What the journal promises: a write that returned survives anything, a write that did not leaves no trace.

use codec::Encode;
use millrace_client::chain::JobId;
use millrace_worker::{
	halt::HaltPoint,
	journal::{Anchor, CallKind, Entry, Intent, Journal, JournalError, Key, Outcome, Step, FILE, RESERVE_FILE},
};
use proptest::prelude::*;
use std::{collections::BTreeMap, fs, path::Path};

fn open(state: &Path) -> Journal {
	Journal::open(state, HaltPoint::never()).unwrap()
}

fn key(job: u8, attempt: u8) -> Key {
	Key {
		job: JobId([job; 32]),
		attempt,
		provider: 7,
	}
}

fn entry(step: Step) -> Entry {
	let mut entry = Entry::seen(Anchor {
		number: 12,
		hash: [3; 32],
	})
	.at(step);
	if matches!(step, Step::Accepting | Step::Committing | Step::Providing) {
		entry.intent = Some(Intent {
			call: match step {
				Step::Accepting => CallKind::Accept,
				Step::Committing => CallKind::Commit,
				_ => CallKind::Provide { first: 70_000 },
			},
			nonce: 4,
			valid_until: 75,
			bytes: vec![step as u8; 140],
		});
	}
	if step >= Step::Computed {
		entry.outcome = Some(Outcome {
			root: [9; 32],
			units: 1 << 40,
			bundle_len: 1_000,
		});
	}
	entry
}

/// The journal without the time of writing, which differs from run to run.
fn contents(journal: &Journal) -> BTreeMap<Key, Entry> {
	journal
		.entries()
		.unwrap()
		.into_iter()
		.map(|(key, entry)| (key, Entry { written: 0, ..entry }))
		.collect()
}

#[test]
fn every_step_is_read_back_after_a_crash() {
	let dir = tempfile::tempdir().unwrap();
	let journal = open(dir.path());
	for step in Step::ALL {
		journal.put(&key(1, 1), &entry(step)).unwrap();
		// What a power cut right now would leave: the file as it is, with nobody to close it.
		let after = tempfile::tempdir().unwrap();
		fs::copy(dir.path().join(FILE), after.path().join(FILE)).unwrap();
		let reopened = open(after.path());
		assert_eq!(
			contents(&reopened),
			BTreeMap::from([(key(1, 1), entry(step))]),
			"{step:?}"
		);
		reopened.put(&key(2, 1), &entry(Step::Seen)).unwrap();
		assert_eq!(contents(&reopened).len(), 2, "the journal goes on after {step:?}");
	}
}

/// A journal is older than the program that reads it: a step keeps its number for ever.
#[test]
fn steps_keep_their_numbers() {
	let numbers: Vec<Vec<u8>> = Step::ALL.iter().map(Encode::encode).collect();
	assert_eq!(numbers, [[0], [1], [2], [3], [4], [5], [6], [8], [7]]);
	assert!(Step::ALL.is_sorted(), "the order is that of a job's life");
	let calls = [CallKind::Accept, CallKind::Commit, CallKind::Resume].map(|call| call.encode());
	assert_eq!(calls, [[0], [2], [7]]);
	assert_eq!(CallKind::Provide { first: 258 }.encode(), [8, 2, 1, 0, 0]);
}

#[test]
fn attempts_and_jobs_are_apart() {
	let dir = tempfile::tempdir().unwrap();
	let journal = open(dir.path());
	journal.put(&key(1, 1), &entry(Step::Ended)).unwrap();
	journal.put(&key(1, 2), &entry(Step::Seen)).unwrap();
	journal.put(&key(2, 1), &entry(Step::Computed)).unwrap();
	assert_eq!(
		journal.get(&key(1, 1)).unwrap().map(|entry| entry.step),
		Some(Step::Ended)
	);
	assert_eq!(
		journal.get(&key(1, 2)).unwrap().map(|entry| entry.step),
		Some(Step::Seen)
	);
	assert_eq!(journal.get(&key(1, 3)).unwrap(), None);
	drop(journal);
	assert_eq!(contents(&open(dir.path())).len(), 3);
}

#[test]
fn one_process_at_a_time() {
	let dir = tempfile::tempdir().unwrap();
	let journal = open(dir.path());
	assert!(matches!(
		Journal::open(dir.path(), HaltPoint::never()),
		Err(JournalError::InUse(_))
	));
	drop(journal);
	open(dir.path());
}

#[test]
fn marks_come_and_go() {
	let dir = tempfile::tempdir().unwrap();
	let journal = open(dir.path());
	assert_eq!(journal.mark("drained").unwrap(), None);
	journal.set_mark("drained", Some(1)).unwrap();
	drop(journal);
	let journal = open(dir.path());
	assert_eq!(journal.mark("drained").unwrap(), Some(1));
	journal.set_mark("drained", None).unwrap();
	assert_eq!(journal.mark("drained").unwrap(), None);
}

#[test]
fn the_reserve_is_really_there() {
	let dir = tempfile::tempdir().unwrap();
	let journal = open(dir.path());
	journal.refill_reserve().unwrap();
	let path = dir.path().join(RESERVE_FILE);
	let written = fs::metadata(&path).unwrap();
	assert_eq!(written.len(), millrace_worker::journal::RESERVE_BYTES);
	journal.refill_reserve().unwrap();
	fs::remove_file(&path).unwrap();
	journal.refill_reserve().unwrap();
	assert!(path.exists());
}

#[test]
fn a_broken_file_is_an_error_and_stays_as_it_is() {
	let dir = tempfile::tempdir().unwrap();
	let path = dir.path().join(FILE);
	fs::write(&path, b"this is no journal").unwrap();
	assert!(matches!(
		Journal::open(dir.path(), HaltPoint::never()),
		Err(JournalError::Database { .. })
	));
	assert_eq!(fs::read(&path).unwrap(), b"this is no journal");
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

	/// Any history, cut off anywhere: the file holds exactly what was written before the cut.
	#[test]
	fn replay_gives_what_was_written(
		writes in proptest::collection::vec((0u8..3, 1u8..3, 0..Step::ALL.len()), 1..16),
		cut: prop::sample::Index,
	) {
		let dir = tempfile::tempdir().unwrap();
		let after = tempfile::tempdir().unwrap();
		let cut = cut.index(writes.len());
		let mut expected = BTreeMap::new();
		let journal = open(dir.path());
		for (at, (job, attempt, step)) in writes.into_iter().enumerate() {
			journal.put(&key(job, attempt), &entry(Step::ALL[step])).unwrap();
			if at <= cut {
				expected.insert(key(job, attempt), entry(Step::ALL[step]));
			}
			if at == cut {
				fs::copy(dir.path().join(FILE), after.path().join(FILE)).unwrap();
			}
		}
		prop_assert_eq!(contents(&open(after.path())), expected);
	}
}
