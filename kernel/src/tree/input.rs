//! The input tree: a leaf for each chunk of 1,024 bytes.

use alloc::vec::Vec;

use super::{shape, Batch, Digest, Hasher, PathError, Step};
use crate::{program::CHUNK, words::to_usize};

const LEAF: u8 = 0x10;
const NODE: u8 = 0x11;
/// Bytes of a leaf's message before its chunk.
const LEAF_HEAD: usize = 5;
/// Bytes of a node's message.
const NODE_MESSAGE: usize = 65;

/// The hash of one chunk: H(0x10 ‖ length: u32 ‖ bytes). A chunk has at most 1,024 bytes; only an empty input has an
/// empty one.
pub fn input_leaf<H: Hasher>(chunk: &[u8]) -> Digest {
	let len = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
	H::hash(&[&[LEAF], &len.to_le_bytes(), chunk])
}

/// The parent of two nodes: H(0x11 ‖ left ‖ right).
pub fn input_node<H: Hasher>(left: &Digest, right: &Digest) -> Digest {
	H::hash(&[&[NODE], left, right])
}

/// The nodes above a level, in pairs from the left; the last of an odd number is promoted.
pub(crate) fn parents<H: Hasher>(level: &[Digest]) -> Vec<Digest> {
	let pairs = level.chunks_exact(2);
	let promoted = pairs.remainder().first().copied();
	let mut batch = Batch::<H>::new(NODE_MESSAGE, pairs.len());
	for pair in pairs {
		if let [left, right] = pair {
			batch.push(&[&[NODE], left, right]);
		}
	}
	let mut nodes = batch.finish();
	nodes.extend(promoted);
	nodes
}

/// The hashes of all chunks of `bytes`, as [`input_leaf`] gives them, several at once. One for an empty input.
pub fn input_leaves<H: Hasher>(bytes: &[u8]) -> Vec<Digest> {
	let chunks = bytes.chunks_exact(CHUNK);
	let rest = chunks.remainder();
	let len = u32::try_from(CHUNK).unwrap_or(u32::MAX).to_le_bytes();
	let mut batch = Batch::<H>::new(LEAF_HEAD.saturating_add(CHUNK), chunks.len());
	for chunk in chunks {
		batch.push(&[&[LEAF], &len, chunk]);
	}
	let mut leaves = batch.finish();
	if !rest.is_empty() || bytes.is_empty() {
		leaves.push(input_leaf::<H>(rest));
	}
	leaves
}

/// How many leaves an input of `len` bytes has: one for each chunk, and one for an empty input.
pub fn input_chunks(len: u32) -> u32 {
	len.div_ceil(1024).max(1)
}

/// Bytes of chunk number `chunk` of an input of `len` bytes; `None` where it has no such chunk.
pub fn input_chunk_len(len: u32, chunk: u32) -> Option<u32> {
	if chunk >= input_chunks(len) {
		return None;
	}
	Some(len.saturating_sub(chunk.saturating_mul(1024)).min(1024))
}

/// The root over the hashes of an input's chunks. No hashes stand for the empty input.
pub fn input_root_of_leaves<H: Hasher>(leaves: &[Digest]) -> Digest {
	let mut level = leaves.to_vec();
	loop {
		match level.as_slice() {
			[] => return input_leaf::<H>(&[]),
			[root] => return *root,
			_ => level = parents::<H>(&level),
		}
	}
}

/// The root of an input, which has less than 2^32 bytes.
pub fn input_root<H: Hasher>(bytes: &[u8]) -> Digest {
	input_root_of_leaves::<H>(&input_leaves::<H>(bytes))
}

/// The siblings on the way from the chunk at `position` to the root. Empty where there is no such chunk.
pub fn input_path<H: Hasher>(leaves: &[Digest], position: u32) -> Vec<Digest> {
	let count = u32::try_from(leaves.len()).unwrap_or(u32::MAX);
	let mut level = leaves.to_vec();
	let mut at = to_usize(position);
	let mut path = Vec::new();
	for step in shape(count, position) {
		let sibling = match step {
			Step::Left => level.get(at.saturating_add(1)),
			Step::Right => level.get(at.saturating_sub(1)),
			Step::Promoted => None,
		};
		path.extend(sibling.copied());
		level = parents::<H>(&level);
		at /= 2;
	}
	path
}

/// Checks that `bytes` are chunk number `chunk` of the input of `len` bytes whose root is `root`. `path` holds the
/// siblings from the chunk to the root, as [`input_path`] gives them.
pub fn verify_input_chunk<H: Hasher>(
	root: &Digest,
	len: u32,
	chunk: u32,
	bytes: &[u8],
	path: &[Digest],
) -> Result<(), PathError> {
	let expected = input_chunk_len(len, chunk).ok_or(PathError::Position)?;
	if bytes.len() != to_usize(expected) {
		return Err(PathError::ChunkLength);
	}
	let mut siblings = path.iter();
	let mut hash = input_leaf::<H>(bytes);
	for step in shape(input_chunks(len), chunk) {
		hash = match step {
			Step::Left => input_node::<H>(&hash, siblings.next().ok_or(PathError::Length)?),
			Step::Right => input_node::<H>(siblings.next().ok_or(PathError::Length)?, &hash),
			Step::Promoted => hash,
		};
	}
	if siblings.next().is_some() {
		return Err(PathError::Length);
	}
	if hash == *root {
		Ok(())
	} else {
		Err(PathError::Hash)
	}
}
