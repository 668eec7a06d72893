//! What a provider serves of a job: the bundle, the output tree, the inputs.
//!
//! Nothing is believed: the length of every answer is known beforehand, and no more is kept; inputs are checked against
//! their root as they arrive. What has arrived stays, so the same call goes on where an earlier one failed.

use super::{
	session::{header_text, Session, MAX_CHUNK_BYTES},
	EndpointError,
};
use crate::chain::InputRef;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{header, Method, StatusCode};
use millrace_kernel::{
	program::CHUNK,
	tree::{input_chunks, input_leaf, input_root_of_leaves, Blake2b, SumNode},
};
use std::{
	io,
	path::Path,
	time::{Duration, Instant},
};
use tokio::{
	fs::File,
	io::{AsyncSeekExt, AsyncWriteExt},
};

/// Most nodes of an output tree in one answer.
pub const MAX_NODES: u32 = 4_096;
/// The least that a provider must send a second, once it had time to begin: a byte a minute would bind a client for ever.
const LEAST_SPEED: u64 = 4 << 10;
/// Time that does not count.
const HEAD_START: Duration = Duration::from_secs(30);
/// Bytes of a node in an answer: the hash, then the units.
const NODE_BYTES: usize = 40;
/// Bytes of the hash of a chunk.
const HASH_BYTES: usize = 32;

/// Where an answer goes.
enum Store<'a> {
	File(&'a mut File),
	Memory(&'a mut Vec<u8>),
}

impl Store<'_> {
	/// How many bytes are there. More than `expected` are those of something else, and are dropped.
	async fn begin(&mut self, expected: u64) -> io::Result<u64> {
		let have = match self {
			Store::File(file) => file.metadata().await?.len(),
			Store::Memory(bytes) => bytes.len() as u64,
		};
		if have > expected {
			self.clear().await?;
			return Ok(0);
		}
		if let Store::File(file) = self {
			file.seek(io::SeekFrom::Start(have)).await?;
		}
		Ok(have)
	}

	async fn clear(&mut self) -> io::Result<()> {
		match self {
			Store::File(file) => {
				file.set_len(0).await?;
				file.seek(io::SeekFrom::Start(0)).await.map(drop)
			}
			Store::Memory(bytes) => {
				bytes.clear();
				Ok(())
			}
		}
	}

	async fn append(&mut self, data: &[u8]) -> io::Result<()> {
		match self {
			Store::File(file) => file.write_all(data).await,
			Store::Memory(bytes) => {
				bytes.extend_from_slice(data);
				Ok(())
			}
		}
	}

	async fn finish(&mut self) -> io::Result<()> {
		match self {
			Store::File(file) => {
				file.flush().await?;
				file.sync_all().await
			}
			Store::Memory(_) => Ok(()),
		}
	}
}

/// An input as far as it has been fetched. Everything in it was checked.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
	/// The bytes, from the first chunk on.
	pub bytes: Vec<u8>,
	/// The hashes of all chunks; empty until they are known.
	pub leaves: Vec<[u8; 32]>,
}

impl Session {
	/// Fetches the bundle of `expected` bytes into the file at `path`. What an earlier attempt left there is kept and
	/// the rest asked for. `progress` is told how many bytes are there.
	///
	/// # Errors
	/// [`EndpointError`]; what has arrived stays in the file.
	pub async fn fetch_bundle(
		&mut self,
		path: &Path,
		expected: u64,
		progress: &mut (dyn FnMut(u64) + Send),
	) -> Result<(), EndpointError> {
		let mut file = tokio::fs::OpenOptions::new()
			.create(true)
			.write(true)
			.truncate(false)
			.open(path)
			.await
			.map_err(EndpointError::Disk)?;
		self.download("bundle", expected, Store::File(&mut file), progress)
			.await
	}

	/// The same into memory, which grows only as bytes arrive.
	///
	/// # Errors
	/// [`EndpointError`]; what has arrived stays in `bytes`.
	pub async fn read_bundle(
		&mut self,
		bytes: &mut Vec<u8>,
		expected: u64,
		progress: &mut (dyn FnMut(u64) + Send),
	) -> Result<(), EndpointError> {
		self.download("bundle", expected, Store::Memory(bytes), progress).await
	}

	/// `count` nodes of the output tree, at most [`MAX_NODES`], from number `first` of `level` on; level 0 are the leaves.
	///
	/// # Errors
	/// [`EndpointError`]. What the nodes say is not checked.
	pub async fn tree(&mut self, level: u32, first: u32, count: u32) -> Result<Vec<SumNode>, EndpointError> {
		let object = format!("tree/{level}/{first}/{count}");
		let answer = self.exchange(Method::GET, &object, Bytes::new()).await?;
		let expected = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(NODE_BYTES);
		if answer.len() != expected {
			return Err(EndpointError::Nonsense {
				object,
				reason: format!("{} bytes for {count} nodes of {NODE_BYTES}", answer.len()),
			});
		}
		Ok(answer.chunks_exact(NODE_BYTES).map(node).collect())
	}

	/// Fetches input number `number`, whose commitment is `wanted`, or what is missing of it. Chunks are checked as they
	/// arrive. `progress` is told how many bytes are there.
	///
	/// # Errors
	/// [`EndpointError`]; what has arrived and is right stays in `fetched`.
	pub async fn read_input(
		&mut self,
		number: usize,
		wanted: InputRef,
		fetched: &mut Fetched,
		progress: &mut (dyn FnMut(u64) + Send),
	) -> Result<(), EndpointError> {
		let chunks = usize::try_from(input_chunks(wanted.len)).unwrap_or(usize::MAX);
		if fetched.leaves.len() != chunks {
			fetched.leaves = self.input_leaves(number, wanted, chunks).await?;
		}
		let len = usize::try_from(wanted.len).unwrap_or(usize::MAX);
		while fetched.bytes.len() < len {
			let first = fetched.bytes.len() / CHUNK;
			let object = format!("inputs/{number}/chunks/{first}");
			let answer = self.exchange(Method::GET, &object, Bytes::new()).await?;
			let left = len.saturating_sub(fetched.bytes.len());
			let nonsense = |reason: String| EndpointError::Nonsense {
				object: object.clone(),
				reason,
			};
			let whole = answer.len() == left || answer.len().is_multiple_of(CHUNK);
			if answer.is_empty() || answer.len() > left.min(MAX_CHUNK_BYTES) || !whole {
				return Err(nonsense(format!("{} bytes, where {left} are left", answer.len())));
			}
			let hashes = fetched.leaves.iter().skip(first);
			for ((chunk, hash), at) in answer.chunks(CHUNK).zip(hashes).zip(first..) {
				if input_leaf::<Blake2b>(chunk) != *hash {
					return Err(nonsense(format!("chunk {at} is not the one that the job names")));
				}
			}
			fetched.bytes.extend_from_slice(&answer);
			progress(fetched.bytes.len() as u64);
		}
		Ok(())
	}

	/// The hashes of all chunks of an input, checked against its root.
	async fn input_leaves(
		&mut self,
		number: usize,
		wanted: InputRef,
		chunks: usize,
	) -> Result<Vec<[u8; 32]>, EndpointError> {
		let object = format!("inputs/{number}/leaves");
		let mut bytes = Vec::new();
		let expected = chunks.saturating_mul(HASH_BYTES) as u64;
		self.download(&object, expected, Store::Memory(&mut bytes), &mut |_| ())
			.await?;
		let leaves: Vec<[u8; 32]> = bytes
			.chunks_exact(HASH_BYTES)
			.map(|hash| hash.try_into().unwrap_or_default())
			.collect();
		if input_root_of_leaves::<Blake2b>(&leaves) != wanted.root.0 {
			return Err(EndpointError::Nonsense {
				object,
				reason: "the hashes do not lead to the root that the job names".to_owned(),
			});
		}
		Ok(leaves)
	}

	/// Fetches an object of `expected` bytes, or what `store` lacks of it.
	async fn download(
		&mut self,
		object: &str,
		expected: u64,
		mut store: Store<'_>,
		progress: &mut (dyn FnMut(u64) + Send),
	) -> Result<(), EndpointError> {
		let nonsense = |reason: String| EndpointError::Nonsense {
			object: object.to_owned(),
			reason,
		};
		let mut have = store.begin(expected).await.map_err(EndpointError::Disk)?;
		progress(have);
		if have == expected {
			return Ok(());
		}

		let response = self.request(Method::GET, object, Bytes::new(), Some(have)).await?;
		match response.status() {
			StatusCode::PARTIAL_CONTENT => {
				let range = header_text(&response, header::CONTENT_RANGE);
				if !range.starts_with(&format!("bytes {have}-")) {
					self.connection = None;
					return Err(nonsense(format!("asked for bytes from {have}, got `{range}`")));
				}
			}
			StatusCode::OK => {
				store.clear().await.map_err(EndpointError::Disk)?;
				have = 0;
			}
			_ => return Err(self.refusal(object, response).await),
		}
		let mut body = response.into_body();
		let (started, had) = (Instant::now(), have);
		while let Some(frame) = self.patiently(body.frame()).await? {
			let frame = frame.map_err(|error| self.broken(error.to_string()))?;
			let Ok(data) = frame.into_data() else { continue };
			have = have.saturating_add(data.len() as u64);
			if have > expected {
				self.connection = None;
				return Err(nonsense(format!("more than the {expected} bytes that it has")));
			}
			store.append(&data).await.map_err(EndpointError::Disk)?;
			progress(have);
			let counted = started.elapsed().saturating_sub(HEAD_START).as_secs();
			if have - had < counted.saturating_mul(LEAST_SPEED) {
				self.connection = None;
				return Err(EndpointError::Slow(LEAST_SPEED));
			}
		}
		store.finish().await.map_err(EndpointError::Disk)?;
		if have < expected {
			return Err(self.broken(format!("after {have} of {expected} bytes")));
		}
		Ok(())
	}
}

/// A node as it is sent: 32 bytes of hash, then the units as `u64`, little-endian.
fn node(bytes: &[u8]) -> SumNode {
	let (hash, units) = bytes.split_at(HASH_BYTES.min(bytes.len()));
	SumNode {
		hash: hash.try_into().unwrap_or_default(),
		units: units.try_into().map_or(0, u64::from_le_bytes),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn nodes_are_a_hash_and_units() {
		let mut bytes = vec![7u8; 32];
		bytes.extend([0x02, 0x01, 0, 0, 0, 0, 0, 0]);
		let expected = SumNode {
			hash: [7; 32],
			units: 0x102,
		};
		assert_eq!(node(&bytes), expected);
	}

	#[tokio::test]
	async fn a_store_keeps_what_it_has_unless_it_is_too_much() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("bundle");
		tokio::fs::write(&path, b"abc").await.unwrap();
		let mut file = tokio::fs::OpenOptions::new().write(true).open(&path).await.unwrap();
		let mut store = Store::File(&mut file);
		assert_eq!(store.begin(5).await.unwrap(), 3);
		store.append(b"de").await.unwrap();
		store.finish().await.unwrap();
		assert_eq!(tokio::fs::read(&path).await.unwrap(), b"abcde");
		assert_eq!(store.begin(4).await.unwrap(), 0);
		store.append(b"x").await.unwrap();
		store.finish().await.unwrap();
		assert_eq!(tokio::fs::read(&path).await.unwrap(), b"x");

		let mut bytes = b"abc".to_vec();
		let mut store = Store::Memory(&mut bytes);
		assert_eq!(store.begin(3).await.unwrap(), 3);
		assert_eq!(store.begin(2).await.unwrap(), 0);
		assert!(bytes.is_empty());
	}
}
