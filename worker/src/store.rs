//! The bytes of jobs, under the state directory: inputs as they arrive, and the bundle that is served.
//!
//! ```text
//! jobs/<job id>/<k>.data     bytes of input k, at their final offsets
//! jobs/<job id>/<k>.leaves   leaf hashes of input k, checked against its root
//! jobs/<job id>/bundle       output bytes and leaf figures, written by the backend's process
//! ```
//!
//! Names are made of numbers and of a job id, never of anything a peer sent. Space is *taken* before a job is touched:
//! every file is written full of zeros at its final size, so a disk that cannot hold the job says so before the
//! worker is liable for it, and not in the middle of a run. Which chunks are there is not stored: after a restart the
//! files are hashed again, so a chunk that did not reach the disk is simply missing. Everything stays until the job is
//! gone from finalised state: whoever checks a result needs the inputs, and a bundle that is lost is computed again.

mod input;
mod space;

pub use input::{GetError, InputProgress, LeafList, PutError};
pub(crate) use space::write_whole;
pub use space::write_zeros;

use input::Input;
use millrace_client::chain::{InputRef, JobId};
use space::sync_dir;
use std::{
	collections::{BTreeSet, HashMap},
	fs::{self, File},
	io::{self, Read},
	path::{Path, PathBuf},
	sync::{Arc, Mutex, PoisonError},
};

const JOBS_DIR: &str = "jobs";
const BUNDLE_FILE: &str = "bundle";

/// What the store can fail with.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
	/// The job does not fit into what the operator gave.
	#[error("the job needs {needed} bytes and {free} of the quota of {quota} are free")]
	Quota {
		/// Bytes of the job's files.
		needed: u64,
		/// Bytes of the quota that no job holds.
		free: u64,
		/// The quota.
		quota: u64,
	},
	/// The disk is full.
	#[error("the disk that holds {0} is full")]
	Full(PathBuf),
	/// A file cannot be read or written.
	#[error("{path} cannot be read or written")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why not.
		#[source]
		source: io::Error,
	},
	/// What is on the disk does not belong to the root that the job names.
	#[error("input {0} is not complete")]
	Incomplete(usize),
}

impl StoreError {
	pub(crate) fn io(path: &Path, source: io::Error) -> Self {
		match source.kind() {
			io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(path.to_path_buf()),
			_ => Self::Io {
				path: path.to_path_buf(),
				source,
			},
		}
	}
}

/// Files of every job at hand.
pub struct Store {
	dir: PathBuf,
	quota: u64,
	jobs: Mutex<HashMap<JobId, Arc<JobFiles>>>,
}

impl Store {
	/// Opens the store in a state directory. `quota` bounds the bytes of all jobs' files.
	pub fn open(state: &Path, quota: u64) -> Result<Self, StoreError> {
		let dir = state.join(JOBS_DIR);
		space::create_dir(&dir).map_err(|error| StoreError::io(&dir, error))?;
		Ok(Self {
			dir,
			quota,
			jobs: Mutex::new(HashMap::new()),
		})
	}

	/// The files of a job, taking the space for them at the first call. After a restart this hashes what is on the
	/// disk: up to a second for each GiB.
	///
	/// # Errors
	/// [`StoreError::Quota`] and [`StoreError::Full`] leave nothing behind.
	pub fn take(&self, job: &JobId, inputs: &[InputRef], bundle_len: u64) -> Result<Arc<JobFiles>, StoreError> {
		if let Some(files) = self.get(job) {
			return Ok(files);
		}
		let needed = inputs
			.iter()
			.map(|input| u64::from(input.len))
			.sum::<u64>()
			.saturating_add(bundle_len);
		let dir = self.job_dir(job);
		let others = self.bytes_of_others(job)?;
		if others.saturating_add(needed) > self.quota {
			return Err(StoreError::Quota {
				needed,
				free: self.quota.saturating_sub(others),
				quota: self.quota,
			});
		}
		let existed = dir.exists();
		match JobFiles::open(&dir, inputs, bundle_len) {
			Ok(files) => {
				let files = Arc::new(files);
				let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
				Ok(jobs.entry(*job).or_insert(files).clone())
			}
			Err(error) => {
				if !existed {
					let _ = fs::remove_dir_all(&dir);
				}
				Err(error)
			}
		}
	}

	/// The files of a job, if its space was taken since the start.
	pub fn get(&self, job: &JobId) -> Option<Arc<JobFiles>> {
		self.jobs
			.lock()
			.unwrap_or_else(PoisonError::into_inner)
			.get(job)
			.cloned()
	}

	/// Deletes the files of a job. Downloads under way keep theirs until they end.
	pub fn remove(&self, job: &JobId) -> Result<(), StoreError> {
		self.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(job);
		let dir = self.job_dir(job);
		match fs::remove_dir_all(&dir) {
			Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(&dir, error)),
			_ => Ok(()),
		}
	}

	/// Deletes the files of every job that is not in `keep`.
	pub fn retain(&self, keep: &BTreeSet<JobId>) -> Result<(), StoreError> {
		for job in self.on_disk()? {
			if !keep.contains(&job) {
				self.remove(&job)?;
			}
		}
		Ok(())
	}

	/// Bytes that all jobs' files hold.
	pub fn used(&self) -> Result<u64, StoreError> {
		let jobs = self.on_disk()?;
		Ok(jobs.iter().map(|job| space::dir_bytes(&self.job_dir(job))).sum())
	}

	fn bytes_of_others(&self, job: &JobId) -> Result<u64, StoreError> {
		let jobs = self.on_disk()?;
		Ok(jobs
			.iter()
			.filter(|other| *other != job)
			.map(|other| space::dir_bytes(&self.job_dir(other)))
			.sum())
	}

	fn on_disk(&self) -> Result<Vec<JobId>, StoreError> {
		let list = || -> io::Result<Vec<JobId>> {
			let mut jobs = Vec::new();
			for entry in fs::read_dir(&self.dir)? {
				if let Some(job) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) {
					jobs.push(job);
				}
			}
			Ok(jobs)
		};
		list().map_err(|error| StoreError::io(&self.dir, error))
	}

	fn job_dir(&self, job: &JobId) -> PathBuf {
		self.dir.join(job.to_string())
	}
}

/// The files of one job.
pub struct JobFiles {
	dir: PathBuf,
	bundle_len: u64,
	inputs: Vec<Mutex<Input>>,
}

impl JobFiles {
	fn open(dir: &Path, inputs: &[InputRef], bundle_len: u64) -> Result<Self, StoreError> {
		space::create_dir(dir).map_err(|error| StoreError::io(dir, error))?;
		let bundle = dir.join(BUNDLE_FILE);
		space::ensure_len(&bundle, bundle_len).map_err(|error| StoreError::io(&bundle, error))?;
		let inputs = inputs
			.iter()
			.enumerate()
			.map(|(k, input)| Input::open(dir, k, *input).map(Mutex::new))
			.collect::<Result<Vec<_>, _>>()?;
		sync_dir(dir).map_err(|error| StoreError::io(dir, error))?;
		Ok(Self {
			dir: dir.to_path_buf(),
			bundle_len,
			inputs,
		})
	}

	/// Number of inputs.
	pub fn inputs(&self) -> usize {
		self.inputs.len()
	}

	/// Bytes of the leaf list of input `k`: 32 for each chunk.
	pub fn leaf_list_len(&self, k: usize) -> Result<usize, PutError> {
		Ok(self
			.input(k)?
			.lock()
			.unwrap_or_else(PoisonError::into_inner)
			.leaf_list_len())
	}

	/// Stores the leaf hashes of input `k`: 32 bytes for each chunk, which must make the root that the job names.
	pub fn put_leaves(&self, k: usize, hashes: &[u8]) -> Result<(), PutError> {
		self.input(k)?
			.lock()
			.unwrap_or_else(PoisonError::into_inner)
			.put_leaves(hashes)
	}

	/// Stores bytes of input `k` that begin at chunk `first`; each chunk is checked against its leaf hash, and nothing is
	/// stored unless all agree.
	pub fn put_chunks(&self, k: usize, first: u64, bytes: &[u8]) -> Result<(), PutError> {
		self.input(k)?
			.lock()
			.unwrap_or_else(PoisonError::into_inner)
			.put_chunks(first, bytes)
	}

	/// The hashes of all chunks of input `k`, once all chunks are there.
	pub fn leaf_list(&self, k: usize) -> Result<LeafList, GetError> {
		let input = self.inputs.get(k).ok_or(GetError::NoSuchInput(k))?;
		let input = input.lock().unwrap_or_else(PoisonError::into_inner);
		input.leaf_list().ok_or(GetError::Incomplete(k))
	}

	/// At most 1 MiB of input `k` from chunk `first` on, once all chunks are there. Each is compared with its hash again.
	pub fn chunks(&self, k: usize, first: u64) -> Result<Vec<u8>, GetError> {
		let input = self.inputs.get(k).ok_or(GetError::NoSuchInput(k))?;
		let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
		let chunks = input.count();
		if !input.is_complete() {
			return Err(GetError::Incomplete(k));
		}
		let at = usize::try_from(first).ok().filter(|at| *at < chunks);
		let at = at.ok_or(GetError::NoSuchChunk {
			input: k,
			chunk: first,
			chunks,
		})?;
		input.chunks(at)?.ok_or(GetError::Incomplete(k))
	}

	/// What is there and what is missing, one for each input.
	pub fn progress(&self) -> Vec<InputProgress> {
		self.inputs
			.iter()
			.map(|input| input.lock().unwrap_or_else(PoisonError::into_inner).progress())
			.collect()
	}

	/// Whether every chunk of every input has arrived.
	pub fn is_complete(&self) -> bool {
		self.inputs
			.iter()
			.all(|input| input.lock().unwrap_or_else(PoisonError::into_inner).is_complete())
	}

	/// Every input, read from the disk, hashed and compared with the job's root once more. Chunks that differ count as
	/// missing from then on.
	///
	/// # Errors
	/// [`StoreError::Incomplete`] names the first input that does not make its root.
	pub fn load(&self) -> Result<Vec<Vec<u8>>, StoreError> {
		let load = |(k, input): (usize, &Mutex<Input>)| {
			let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
			input.sync()?;
			input.load()?.ok_or(StoreError::Incomplete(k))
		};
		self.inputs.iter().enumerate().map(load).collect()
	}

	/// Where the inputs are, and how long each is.
	pub fn input_files(&self) -> Vec<(PathBuf, u32)> {
		self.inputs
			.iter()
			.map(|input| input.lock().unwrap_or_else(PoisonError::into_inner).data_file())
			.collect()
	}

	/// Makes what is in the bundle's file durable and reads it, one byte beyond its length at most. Only meaningful once
	/// somebody wrote it.
	pub fn read_bundle(&self) -> Result<Vec<u8>, StoreError> {
		let path = self.bundle_path();
		let read = || -> io::Result<Vec<u8>> {
			let file = File::open(&path)?;
			file.sync_all()?;
			let mut bytes = Vec::new();
			// One byte more than there should be shows that there are too many.
			file.take(self.bundle_len.saturating_add(1)).read_to_end(&mut bytes)?;
			Ok(bytes)
		};
		read().map_err(|error| StoreError::io(&path, error))
	}

	/// Where the bundle is.
	pub fn bundle_path(&self) -> PathBuf {
		self.dir.join(BUNDLE_FILE)
	}

	/// Bytes of the bundle.
	pub fn bundle_len(&self) -> u64 {
		self.bundle_len
	}

	fn input(&self, k: usize) -> Result<&Mutex<Input>, PutError> {
		self.inputs.get(k).ok_or(PutError::NoSuchInput(k))
	}
}

/// Creates a directory that only its owner can enter, and checks one that is there.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
	space::create_dir(path)
}
