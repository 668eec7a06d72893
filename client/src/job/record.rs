//! What is remembered of a job, so that an interruption loses nothing: above all the secret data key, without which the
//! provider gives nobody the result.
//!
//! One JSON file a job, mode 0600, in `$MILLRACE_STATE/jobs`, else `$XDG_STATE_HOME/millrace/jobs`, else
//! `~/.local/state/millrace/jobs`; the fetched bundle lies beside it until the output is written.

use super::JobError;
use crate::{
	amount::Balance,
	chain::{hash_from_hex, to_hex, AccountId, JobId, JobView, KernelHash, H256},
	keys::{write_secret, Key},
};
use serde::{Deserialize, Serialize};
use std::{
	env, fs, io,
	path::{Path, PathBuf},
};

/// The only version of records.
const VERSION: u32 = 1;

/// What was committed for a job, as far as this machine saw it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Commitment {
	/// By whom.
	pub provider: u32,
	/// Root of the output tree, `0x…`.
	pub root: String,
	/// Units of all items.
	pub units: u64,
	/// The last tick of the window.
	pub window_end: u32,
	/// Where the output tree is cut.
	pub items_per_leaf: u32,
	/// Bytes of one item.
	pub item_size: u16,
	/// The agreed price, in planck for 2³⁰ units.
	pub price: u64,
	/// Units that moving the bytes is worth.
	#[serde(with = "crate::amount::text")]
	pub data_units: u128,
}

impl Commitment {
	/// Bytes of the output of so many items.
	pub fn output_bytes(&self, items: u32) -> u64 {
		u64::from(items) * u64::from(self.item_size)
	}
}

/// What is remembered of a job.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Record {
	version: u32,
	/// The job.
	pub job: JobId,
	/// The chain's first block, `0x…`.
	pub genesis: String,
	/// Who pays.
	pub requester: String,
	/// The secret half of the data key: a seed, `0x…`.
	data_key: String,
	/// The job file's path.
	pub job_file: PathBuf,
	/// The job file's text when the job was submitted.
	pub job_text: String,
	/// The kernel.
	pub kernel: KernelHash,
	/// The block at which the job was planned.
	pub first_block: u64,
	/// The account's money before, all of it, in planck.
	#[serde(with = "crate::amount::text")]
	pub balance_before: Balance,
	/// Transaction fees paid so far, in planck.
	#[serde(with = "crate::amount::text")]
	pub fees_paid: Balance,
	/// The escrow that was held, in planck.
	#[serde(with = "crate::amount::text")]
	pub escrow: Balance,
	/// The job fees that were held, in planck.
	#[serde(with = "crate::amount::text")]
	pub job_fees: Balance,
	/// What was committed, once it was seen.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub commitment: Option<Commitment>,
}

impl Record {
	/// A record of a job that is about to be submitted.
	pub fn new(job: JobId, genesis: H256, requester: AccountId, data_key_seed: [u8; 32]) -> Record {
		Record {
			version: VERSION,
			job,
			genesis: to_hex(&genesis.0),
			requester: requester.to_string(),
			data_key: to_hex(&data_key_seed),
			job_file: PathBuf::new(),
			job_text: String::new(),
			kernel: KernelHash::default(),
			first_block: 0,
			balance_before: 0,
			fees_paid: 0,
			escrow: 0,
			job_fees: 0,
			commitment: None,
		}
	}

	/// The key pair that signs requests to the provider.
	///
	/// # Errors
	/// The record was edited.
	pub fn data_key(&self, path: &Path) -> Result<Key, JobError> {
		let broken = |reason: String| JobError::Record {
			path: path.to_owned(),
			doing: "read",
			source: io::Error::new(io::ErrorKind::InvalidData, reason),
		};
		let seed = hash_from_hex(&self.data_key, "seed").map_err(|_| broken("its data key is no seed".to_owned()))?;
		Key::from_seed(seed).map_err(|error| broken(error.to_string()))
	}

	/// Notes what was committed.
	pub fn note_commitment(&mut self, job: &JobView, provider: u32, root: H256, units: u64, window_end: u32) {
		self.commitment = Some(Commitment {
			provider,
			root: to_hex(&root.0),
			units,
			window_end,
			items_per_leaf: job.items_per_leaf,
			item_size: job.item_size,
			price: job.price.0,
			data_units: job.data_units,
		});
	}
}

/// Where records are.
#[derive(Clone, Debug)]
pub struct Records {
	folder: PathBuf,
}

impl Records {
	/// The records of this user.
	pub fn of_user() -> Records {
		let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
		let state = folder("MILLRACE_STATE")
			.or_else(|| folder("XDG_STATE_HOME").map(|state| state.join("millrace")))
			.or_else(|| folder("HOME").map(|home| home.join(".local/state/millrace")))
			.unwrap_or_else(|| PathBuf::from("."));
		Records {
			folder: state.join("jobs"),
		}
	}

	/// The records in another folder.
	pub fn in_folder(folder: PathBuf) -> Records {
		Records { folder }
	}

	/// The file of a job's record.
	pub fn path(&self, job: JobId) -> PathBuf {
		self.folder.join(format!("{job}.json"))
	}

	/// The file of a job's bundle.
	pub fn bundle(&self, job: JobId) -> PathBuf {
		self.folder.join(format!("{job}.bundle"))
	}

	/// Writes a record, durably, over an older one of the same job.
	///
	/// # Errors
	/// [`JobError::Record`].
	pub fn save(&self, record: &Record) -> Result<(), JobError> {
		let path = self.path(record.job);
		let save = || -> io::Result<()> {
			create_private_folder(&self.folder)?;
			let text = serde_json::to_string_pretty(record)?;
			let part = path.with_extension("json.part");
			match fs::remove_file(&part) {
				Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
				_ => {}
			}
			write_secret(&part, text.as_bytes())?;
			fs::rename(&part, &path)
		};
		save().map_err(|source| JobError::Record {
			path: path.clone(),
			doing: "written",
			source,
		})
	}

	/// Reads the record of a job.
	///
	/// # Errors
	/// [`JobError::NoRecord`], [`JobError::Record`].
	pub fn load(&self, job: JobId) -> Result<Record, JobError> {
		let path = self.path(job);
		let text = match fs::read_to_string(&path) {
			Ok(text) => text,
			Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(JobError::NoRecord(job)),
			Err(source) => {
				return Err(JobError::Record {
					path,
					doing: "read",
					source,
				})
			}
		};
		let record: Record = serde_json::from_str(&text).map_err(|error| JobError::Record {
			path: path.clone(),
			doing: "read",
			source: error.into(),
		})?;
		if record.version != VERSION {
			let source = io::Error::new(io::ErrorKind::InvalidData, format!("its version is {}", record.version));
			return Err(JobError::Record {
				path,
				doing: "read",
				source,
			});
		}
		Ok(record)
	}

	/// Forgets a job that was never on the chain.
	pub fn forget(&self, job: JobId) {
		let _ = fs::remove_file(self.path(job));
		let _ = fs::remove_file(self.bundle(job));
	}
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
	let mut builder = fs::DirBuilder::new();
	builder.recursive(true);
	#[cfg(unix)]
	{
		use std::os::unix::fs::DirBuilderExt;
		builder.mode(0o700);
	}
	builder.create(folder)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn records_survive_and_stay_private() {
		let dir = tempfile::tempdir().unwrap();
		let records = Records::in_folder(dir.path().join("state/jobs"));
		let job = JobId([7; 32]);
		assert!(matches!(records.load(job), Err(JobError::NoRecord(_))));
		let mut record = Record::new(job, H256([1; 32]), AccountId([2; 32]), [3; 32]);
		record.balance_before = u128::MAX;
		records.save(&record).unwrap();
		record.fees_paid = 5;
		records.save(&record).unwrap();
		assert_eq!(records.load(job).unwrap(), record);
		assert_eq!(
			record.data_key(&records.path(job)).unwrap().public(),
			Key::from_seed([3; 32]).unwrap().public()
		);
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			assert_eq!(
				fs::metadata(records.path(job)).unwrap().permissions().mode() & 0o777,
				0o600
			);
		}
		fs::write(records.path(job), "{}").unwrap();
		assert!(matches!(records.load(job), Err(JobError::Record { doing: "read", .. })));
		records.forget(job);
		assert!(matches!(records.load(job), Err(JobError::NoRecord(_))));
	}
}
