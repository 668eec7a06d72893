//! One input: leaf hashes first, then chunks, each checked as it arrives.

use super::{space, StoreError};
use millrace_client::chain::InputRef;
use millrace_kernel::tree::{input_chunks, input_leaf, input_leaves, input_root_of_leaves, Blake2b, Digest};
use serde::Serialize;
use std::{
	fs::{self, File},
	io::{self, Read},
	os::unix::fs::FileExt,
	path::{Path, PathBuf},
	sync::Arc,
};

/// Bytes of a chunk.
const CHUNK: usize = 1_024;
/// Chunks read at once when files are hashed, and given at once.
const CHUNKS_AT_ONCE: usize = 1_024;
/// Most ranges of missing chunks that are reported.
const RANGES: usize = 64;

/// Why bytes of an input were not taken.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
	/// The job has fewer inputs.
	#[error("the job has no input {0}")]
	NoSuchInput(usize),
	/// A leaf list of the wrong length.
	#[error("the leaf list of this input has {expected} bytes, there are {actual}")]
	LeavesLength {
		/// Bytes that it has.
		expected: u64,
		/// Bytes that came.
		actual: u64,
	},
	/// A leaf list that makes another root.
	#[error("these leaf hashes do not make the input's root")]
	Root,
	/// Chunks before the leaf list.
	#[error("the leaf list must come first")]
	NoLeaves,
	/// Chunks that the input does not have, or not of this length.
	#[error("the bytes do not end at a chunk's end inside the input")]
	Bounds,
	/// A chunk that is not the one committed to.
	#[error("chunk {0} does not match its leaf hash")]
	Chunk(u64),
	/// The disk.
	#[error(transparent)]
	Store(#[from] StoreError),
}

/// Why bytes of an input are not given.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
	/// The job has fewer inputs.
	#[error("the job has no input {0}")]
	NoSuchInput(usize),
	/// The input has fewer chunks.
	#[error("input {input} has {chunks} chunks and no chunk {chunk}")]
	NoSuchChunk {
		/// The input.
		input: usize,
		/// The chunk that was asked for.
		chunk: u64,
		/// Chunks that it has.
		chunks: usize,
	},
	/// Chunks of it are missing, or were damaged on the disk.
	#[error("input {0} is not complete here")]
	Incomplete(usize),
	/// The disk.
	#[error(transparent)]
	Store(#[from] StoreError),
}

/// The hashes of an input's chunks, one after another, without a copy.
#[derive(Clone, Debug)]
pub struct LeafList(Arc<[Digest]>);

impl AsRef<[u8]> for LeafList {
	fn as_ref(&self) -> &[u8] {
		self.0.as_flattened()
	}
}

/// What has arrived of an input.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct InputProgress {
	/// Bytes of the input.
	pub len: u32,
	/// Whether the leaf list is there.
	pub leaves: bool,
	/// Chunks that are missing, as (first, count), at most 64 ranges.
	pub missing: Vec<(u32, u32)>,
}

/// One input's files, and what is in them.
pub(super) struct Input {
	reference: InputRef,
	data: PathBuf,
	leaves_path: PathBuf,
	file: File,
	/// Empty until the list came.
	leaves: Arc<[Digest]>,
	/// Whether a chunk is there, one for each chunk.
	have: Vec<bool>,
	missing: usize,
}

impl Input {
	/// Opens or creates the files of input `k`, taking their space, and hashes what is there.
	pub(super) fn open(dir: &Path, k: usize, reference: InputRef) -> Result<Self, StoreError> {
		let data = dir.join(format!("{k}.data"));
		let leaves_path = dir.join(format!("{k}.leaves"));
		space::ensure_len(&data, u64::from(reference.len)).map_err(|error| StoreError::io(&data, error))?;
		let file = File::options()
			.read(true)
			.write(true)
			.open(&data)
			.map_err(|error| StoreError::io(&data, error))?;
		let chunks = index(input_chunks(reference.len));
		let mut input = Self {
			reference,
			data,
			leaves_path,
			file,
			leaves: Arc::default(),
			have: vec![false; chunks],
			missing: chunks,
		};
		let stored = match fs::read(&input.leaves_path) {
			Ok(stored) => stored,
			Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
			Err(error) => return Err(StoreError::io(&input.leaves_path, error)),
		};
		if let Some(leaves) = input.leaves_of(&stored) {
			input.leaves = leaves.into();
		} else if reference.len == 0 {
			// There is nothing to send: the one leaf of an empty input is known.
			input.leaves = Some(vec![input_leaf::<Blake2b>(&[])])
				.filter(|leaves| input.makes_root(leaves))
				.unwrap_or_default()
				.into();
		}
		input.hash_file(&mut |_| {})?;
		Ok(input)
	}

	pub(super) fn leaf_list_len(&self) -> usize {
		self.have.len() * 32
	}

	/// How many chunks it has.
	pub(super) fn count(&self) -> usize {
		self.have.len()
	}

	/// The hashes of all chunks, once all chunks are there.
	pub(super) fn leaf_list(&self) -> Option<LeafList> {
		self.is_complete().then(|| LeafList(self.leaves.clone()))
	}

	/// At most 1,024 chunks from number `first` on, which exists. `None` when one is not what its hash says; it then counts
	/// as missing.
	pub(super) fn chunks(&mut self, first: usize) -> Result<Option<Vec<u8>>, StoreError> {
		let start = first.saturating_mul(CHUNK);
		let len = index(self.reference.len)
			.saturating_sub(start)
			.min(CHUNK * CHUNKS_AT_ONCE);
		let mut bytes = vec![0u8; len];
		self.file
			.read_exact_at(&mut bytes, start as u64)
			.map_err(|error| StoreError::io(&self.data, error))?;
		let mut sound = true;
		for (chunk, hash) in (first..).zip(input_leaves::<Blake2b>(&bytes)) {
			if self.leaves.get(chunk) != Some(&hash) {
				self.mark(chunk, false);
				sound = false;
			}
		}
		Ok(sound.then_some(bytes))
	}

	pub(super) fn put_leaves(&mut self, hashes: &[u8]) -> Result<(), PutError> {
		let expected = self.leaf_list_len() as u64;
		let actual = hashes.len() as u64;
		if actual != expected {
			return Err(PutError::LeavesLength { expected, actual });
		}
		if !self.leaves.is_empty() {
			// The list that is there made the root, so another one that does is the same.
			return if self.leaves.as_flattened() == hashes {
				Ok(())
			} else {
				Err(PutError::Root)
			};
		}
		let leaves = self.leaves_of(hashes).ok_or(PutError::Root)?;
		space::write_whole(&self.leaves_path, hashes).map_err(|error| StoreError::io(&self.leaves_path, error))?;
		self.leaves = leaves.into();
		if self.reference.len == 0 {
			self.mark(0, true);
		}
		Ok(())
	}

	pub(super) fn put_chunks(&mut self, first: u64, bytes: &[u8]) -> Result<(), PutError> {
		if self.leaves.is_empty() {
			return Err(PutError::NoLeaves);
		}
		let start = first.checked_mul(CHUNK as u64).ok_or(PutError::Bounds)?;
		let end = start.checked_add(bytes.len() as u64).ok_or(PutError::Bounds)?;
		let len = u64::from(self.reference.len);
		let whole = bytes.len().is_multiple_of(CHUNK) || end == len;
		if bytes.is_empty() || end > len || !whole {
			return Err(PutError::Bounds);
		}
		let chunks = (first..).zip(bytes.chunks(CHUNK));
		for (chunk, bytes) in chunks {
			let leaf = usize::try_from(chunk)
				.ok()
				.and_then(|chunk| self.leaves.get(chunk))
				.ok_or(PutError::Bounds)?;
			if input_leaf::<Blake2b>(bytes) != *leaf {
				return Err(PutError::Chunk(chunk));
			}
		}
		self.file
			.write_all_at(bytes, start)
			.map_err(|error| StoreError::io(&self.data, error))?;
		let count = bytes.len().div_ceil(CHUNK);
		for chunk in 0..count {
			self.mark(usize::try_from(first).unwrap_or(usize::MAX).saturating_add(chunk), true);
		}
		Ok(())
	}

	pub(super) fn progress(&self) -> InputProgress {
		let mut missing: Vec<(u32, u32)> = Vec::new();
		for (chunk, _) in (0u32..).zip(&self.have).filter(|(_, have)| !**have) {
			let extends = missing.last().is_some_and(|(first, count)| first + count == chunk);
			if !extends {
				if missing.len() == RANGES {
					break;
				}
				missing.push((chunk, 0));
			}
			if let Some((_, count)) = missing.last_mut() {
				*count += 1;
			}
		}
		InputProgress {
			len: self.reference.len,
			leaves: !self.leaves.is_empty(),
			missing,
		}
	}

	pub(super) fn is_complete(&self) -> bool {
		self.missing == 0
	}

	/// The file that holds the bytes, and how many they are.
	pub(super) fn data_file(&self) -> (PathBuf, u32) {
		(self.data.clone(), self.reference.len)
	}

	/// Makes what was written durable.
	pub(super) fn sync(&self) -> Result<(), StoreError> {
		self.file.sync_data().map_err(|error| StoreError::io(&self.data, error))
	}

	/// Reads and hashes the whole input. `None` when it does not make the root; what differs then counts as missing.
	pub(super) fn load(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
		let mut bytes = Vec::with_capacity(index(self.reference.len));
		self.hash_file(&mut |block| bytes.extend_from_slice(block))?;
		let complete = self.is_complete() && bytes.len() == index(self.reference.len);
		Ok(complete.then_some(bytes))
	}

	/// Hashes the data file, block by block, and notes which chunks match their leaves.
	fn hash_file(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<(), StoreError> {
		if self.leaves.is_empty() {
			self.have.fill(false);
			self.missing = self.have.len();
			return Ok(());
		}
		let mut file = File::open(&self.data).map_err(|error| StoreError::io(&self.data, error))?;
		let mut block = vec![0u8; CHUNK * CHUNKS_AT_ONCE];
		let mut left = index(self.reference.len);
		let mut chunk = 0usize;
		if left == 0 {
			self.mark(0, true);
		}
		while left > 0 {
			let part = left.min(block.len());
			let Some(bytes) = block.get_mut(..part) else { break };
			file.read_exact(bytes)
				.map_err(|error| StoreError::io(&self.data, error))?;
			for bytes in bytes.chunks(CHUNK) {
				let matches = self
					.leaves
					.get(chunk)
					.is_some_and(|leaf| input_leaf::<Blake2b>(bytes) == *leaf);
				self.mark(chunk, matches);
				chunk += 1;
			}
			each(bytes);
			left -= part;
		}
		Ok(())
	}

	fn mark(&mut self, chunk: usize, here: bool) {
		if let Some(have) = self.have.get_mut(chunk).filter(|have| **have != here) {
			*have = here;
			if here {
				self.missing -= 1;
			} else {
				self.missing += 1;
			}
		}
	}

	/// The hashes in a leaf list, if it has the right length and makes the root.
	fn leaves_of(&self, bytes: &[u8]) -> Option<Vec<Digest>> {
		let leaves: Vec<Digest> = bytes.chunks_exact(32).filter_map(|hash| hash.try_into().ok()).collect();
		(bytes.len() == self.leaf_list_len() && self.makes_root(&leaves)).then_some(leaves)
	}

	fn makes_root(&self, leaves: &[Digest]) -> bool {
		input_root_of_leaves::<Blake2b>(leaves) == self.reference.root.0
	}
}

fn index(number: u32) -> usize {
	usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
