//! The write-ahead journal: what this worker was about to do, durable before it does it.
//!
//! One redb file in the state directory. Every write is one transaction that is on the disk when the call returns. A
//! record stands for one assignment, under the key (job, attempt, provider); its value starts with a version. The
//! second table holds single marks of the worker itself.
//!
//! A disk that fills up must not lose a running job: the journal keeps a *reserve*, a file of zeros. When a write finds
//! no space, the reserve is deleted, the file is opened anew (after a failed write redb refuses to go on) and the write
//! is repeated. Without a reserve no new job is taken; see [`Journal::refill_reserve`].

mod entry;

pub use entry::{Anchor, CallKind, Entry, Intent, Key, Outcome, Step};

use crate::{
	halt::HaltPoint,
	store::{write_zeros, StoreError},
};
use codec::{Decode, DecodeAll, Encode};
use millrace_client::endpoint::auth::unix_now;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::{
	fs, io,
	path::{Path, PathBuf},
	sync::{Mutex, MutexGuard, PoisonError},
};

/// The journal's file in the state directory.
pub const FILE: &str = "journal.redb";
/// The file of zeros that is given up when the disk is full.
pub const RESERVE_FILE: &str = "reserve";
/// Bytes of the reserve: room for tens of thousands of journal writes.
pub const RESERVE_BYTES: u64 = 16 << 20;
/// Seconds after which a record that has ended is forgotten: 30 days.
const KEEP_ENDED_SECS: u64 = 30 * 24 * 3_600;

const JOBS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("jobs");
const MARKS: TableDefinition<'static, &str, u64> = TableDefinition::new("marks");

/// The value as stored: a new shape is a new variant.
#[derive(Decode, Encode)]
enum Stored {
	#[codec(index = 1)]
	V1(Entry),
}

/// What the journal can fail with.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
	/// Another process has the file open.
	#[error("the journal {0} is in use by another worker")]
	InUse(PathBuf),
	/// No space is left, not even after the reserve was given up.
	#[error("the disk that holds {0} is full")]
	Full(PathBuf),
	/// The database failed.
	#[error("the journal {path} cannot be read or written")]
	Database {
		/// The file.
		path: PathBuf,
		/// What the database says.
		#[source]
		source: Box<redb::Error>,
	},
	/// A record does not decode.
	#[error("the journal {0} holds a record that this version cannot read")]
	UnknownRecord(PathBuf),
}

/// The open journal.
pub struct Journal {
	path: PathBuf,
	reserve: PathBuf,
	halt: HaltPoint,
	/// `None` only inside a write, while the file is being opened anew.
	database: Mutex<Option<Database>>,
}

/// A key and a value as they are stored.
type Row = (Vec<u8>, Vec<u8>);

impl Journal {
	/// Opens or creates the journal in a state directory.
	pub fn open(state: &Path, halt: HaltPoint) -> Result<Self, JournalError> {
		let path = state.join(FILE);
		let database = open_database(&path)?;
		let journal = Self {
			path,
			reserve: state.join(RESERVE_FILE),
			halt,
			database: Mutex::new(Some(database)),
		};
		let now = unix_now();
		drop(journal.write(&|transaction| {
			drop(transaction.open_table(MARKS)?);
			let mut jobs = transaction.open_table(JOBS)?;
			jobs.retain(|_, value| match Stored::decode_all(&mut &*value) {
				Ok(Stored::V1(entry)) => {
					entry.step != Step::Ended || entry.written.saturating_add(KEEP_ENDED_SECS) > now
				}
				Err(_) => true,
			})?;
			Ok(())
		})?);
		Ok(journal)
	}

	/// Writes the reserve if it is not there. Fails with [`StoreError::Full`] when there is no room for it; then no new
	/// job may be taken.
	pub fn refill_reserve(&self) -> Result<(), StoreError> {
		if fs::metadata(&self.reserve).is_ok_and(|meta| meta.len() == RESERVE_BYTES) {
			return Ok(());
		}
		write_zeros(&self.reserve, RESERVE_BYTES).map_err(|error| {
			let _ = fs::remove_file(&self.reserve);
			StoreError::io(&self.reserve, error)
		})
	}

	/// The record of an assignment.
	pub fn get(&self, key: &Key) -> Result<Option<Entry>, JournalError> {
		let guard = self.lock();
		let database = guard.as_ref().ok_or_else(|| JournalError::Full(self.path.clone()))?;
		let read = || -> Result<Option<Vec<u8>>, redb::Error> {
			let table = database.begin_read()?.open_table(JOBS)?;
			let value = table.get(key.encode().as_slice())?;
			Ok(value.map(|value| value.value().to_vec()))
		};
		read()
			.map_err(|error| self.error(error))?
			.map(|value| self.decode(&value))
			.transpose()
	}

	/// Every record, ordered by key.
	pub fn entries(&self) -> Result<Vec<(Key, Entry)>, JournalError> {
		let guard = self.lock();
		let database = guard.as_ref().ok_or_else(|| JournalError::Full(self.path.clone()))?;
		let read = || -> Result<Vec<Row>, redb::Error> {
			let table = database.begin_read()?.open_table(JOBS)?;
			let mut rows = Vec::new();
			for row in table.iter()? {
				let (key, value) = row?;
				rows.push((key.value().to_vec(), value.value().to_vec()));
			}
			Ok(rows)
		};
		let rows = read().map_err(|error| self.error(error))?;
		rows.iter()
			.map(|(key, value)| {
				let key = Key::decode(key).ok_or_else(|| JournalError::UnknownRecord(self.path.clone()))?;
				Ok((key, self.decode(value)?))
			})
			.collect()
	}

	/// Writes a record; it is durable when this returns. If the record enters the step at which the process is to stop,
	/// this does not return.
	pub fn put(&self, key: &Key, entry: &Entry) -> Result<(), JournalError> {
		let before = self.get(key)?.map(|entry| entry.step);
		let entry = Entry {
			written: unix_now(),
			..entry.clone()
		};
		let step = entry.step;
		let key = key.encode();
		let value = Stored::V1(entry).encode();
		let guard = self.write(&|transaction| {
			let mut jobs = transaction.open_table(JOBS)?;
			jobs.insert(key.as_slice(), value.as_slice())?;
			Ok(())
		})?;
		if before != Some(step) {
			self.halt.reached(step);
		}
		drop(guard);
		Ok(())
	}

	/// A mark of the worker itself.
	pub fn mark(&self, name: &str) -> Result<Option<u64>, JournalError> {
		let guard = self.lock();
		let database = guard.as_ref().ok_or_else(|| JournalError::Full(self.path.clone()))?;
		let read = || -> Result<Option<u64>, redb::Error> {
			let table = database.begin_read()?.open_table(MARKS)?;
			let value = table.get(name)?;
			Ok(value.map(|value| value.value()))
		};
		read().map_err(|error| self.error(error))
	}

	/// Sets a mark, or removes it with `None`.
	pub fn set_mark(&self, name: &str, value: Option<u64>) -> Result<(), JournalError> {
		drop(self.write(&|transaction| {
			let mut table = transaction.open_table(MARKS)?;
			match value {
				Some(value) => drop(table.insert(name, value)?),
				None => drop(table.remove(name)?),
			}
			Ok(())
		})?);
		Ok(())
	}

	fn lock(&self) -> MutexGuard<'_, Option<Database>> {
		self.database.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Runs one durable transaction and returns still holding the journal.
	fn write(
		&self,
		change: &dyn Fn(&redb::WriteTransaction) -> Result<(), redb::Error>,
	) -> Result<MutexGuard<'_, Option<Database>>, JournalError> {
		let mut guard = self.lock();
		if let Some(database) = guard.as_ref() {
			match transact(database, change) {
				Ok(()) => return Ok(guard),
				Err(error) if is_full(&error) => {}
				Err(error) => return Err(self.error(error)),
			}
		}
		tracing::error!(path = %self.path.display(), "the disk is full; giving up the reserve");
		*guard = None;
		let _ = fs::remove_file(&self.reserve);
		let database = open_database(&self.path)?;
		let result = transact(&database, change).map_err(|error| self.error(error));
		*guard = Some(database);
		result.map(|()| guard)
	}

	fn decode(&self, value: &[u8]) -> Result<Entry, JournalError> {
		match Stored::decode_all(&mut &*value) {
			Ok(Stored::V1(entry)) => Ok(entry),
			Err(_) => Err(JournalError::UnknownRecord(self.path.clone())),
		}
	}

	fn error(&self, error: redb::Error) -> JournalError {
		error_of(&self.path, error)
	}
}

fn transact(
	database: &Database,
	change: &dyn Fn(&redb::WriteTransaction) -> Result<(), redb::Error>,
) -> Result<(), redb::Error> {
	let transaction = database.begin_write()?;
	change(&transaction)?;
	transaction.commit()?;
	Ok(())
}

fn open_database(path: &Path) -> Result<Database, JournalError> {
	Database::create(path).map_err(|error| error_of(path, error.into()))
}

fn is_full(error: &redb::Error) -> bool {
	match error {
		redb::Error::Io(error) => {
			matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
		}
		// What every call answers after one failed write.
		redb::Error::PreviousIo => true,
		_ => false,
	}
}

fn error_of(path: &Path, error: redb::Error) -> JournalError {
	match error {
		redb::Error::DatabaseAlreadyOpen => JournalError::InUse(path.to_path_buf()),
		error if is_full(&error) => JournalError::Full(path.to_path_buf()),
		error => JournalError::Database {
			path: path.to_path_buf(),
			source: Box::new(error),
		},
	}
}
