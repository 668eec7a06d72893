//! Commitments: the tree over an input's chunks, and the summing tree over a job's output leaves.
//!
//! Both are binary and padded with nothing: a level of an odd number of nodes promotes its last one unchanged. The
//! shape of a tree, and so of every path, follows from the number of leaves and the position alone ([`shape`]); nothing
//! in a proof can change it. Leaves and inner nodes are hashed in different domains. Integers are little-endian.

use alloc::vec::Vec;
use core::marker::PhantomData;

pub(crate) use self::input::parents as input_parents;
pub use self::{
	input::{
		input_chunk_len, input_chunks, input_leaf, input_leaves, input_node, input_path, input_root,
		input_root_of_leaves, verify_input_chunk,
	},
	output::{
		output_leaf, output_leaves, output_node, output_parents, output_path, output_root, verify_output_path, Claim,
		Pair, SumNode, SumOverflow,
	},
};

mod input;
mod output;

/// A BLAKE2b-256 hash.
pub type Digest = [u8; 32];

/// The hash function of every commitment: BLAKE2b-256. The runtime brings the host's, others [`Blake2b`].
pub trait Hasher {
	/// The hash of the concatenated parts.
	fn hash(parts: &[&[u8]]) -> Digest;

	/// The hash of each of several messages of `len` bytes that lie one after another. Where several can be hashed at
	/// once, in the lanes of wide registers, that is several times as fast.
	fn hash_each(messages: &[u8], len: usize) -> Vec<Digest> {
		messages
			.chunks_exact(len.max(1))
			.map(|message| Self::hash(&[message]))
			.collect()
	}
}

/// BLAKE2b-256 in software, with the instructions that the machine has.
#[cfg(feature = "hash")]
#[derive(Clone, Copy, Debug)]
pub struct Blake2b;

#[cfg(feature = "hash")]
impl Hasher for Blake2b {
	fn hash(parts: &[&[u8]]) -> Digest {
		let mut state = blake2b_simd::Params::new().hash_length(32).to_state();
		for part in parts {
			state.update(part);
		}
		// 32 bytes were asked for, so the conversion cannot fail.
		Digest::try_from(state.finalize().as_bytes()).unwrap_or_default()
	}

	fn hash_each(messages: &[u8], len: usize) -> Vec<Digest> {
		let mut params = blake2b_simd::Params::new();
		params.hash_length(32);
		let mut jobs: Vec<blake2b_simd::many::HashManyJob<'_>> = messages
			.chunks_exact(len.max(1))
			.map(|message| blake2b_simd::many::HashManyJob::new(&params, message))
			.collect();
		blake2b_simd::many::hash_many(jobs.iter_mut());
		jobs.iter()
			.map(|job| Digest::try_from(job.to_hash().as_bytes()).unwrap_or_default())
			.collect()
	}
}

/// Messages that are hashed at once: a multiple of the lanes of every machine, and little enough to stay in its cache.
const BATCH: usize = 16;

/// Collects messages of one length and hashes them [`BATCH`] at a time.
struct Batch<H> {
	len: usize,
	messages: Vec<u8>,
	hashes: Vec<Digest>,
	hasher: PhantomData<H>,
}

impl<H: Hasher> Batch<H> {
	/// A batch of messages of `len` bytes, of which about `count` will come.
	fn new(len: usize, count: usize) -> Self {
		Batch {
			len,
			messages: Vec::with_capacity(len.saturating_mul(BATCH.min(count))),
			hashes: Vec::with_capacity(count),
			hasher: PhantomData,
		}
	}

	/// Appends a message. The parts have `len` bytes together.
	fn push(&mut self, parts: &[&[u8]]) {
		for part in parts {
			self.messages.extend_from_slice(part);
		}
		if self.messages.len() >= self.len.saturating_mul(BATCH) {
			self.flush();
		}
	}

	fn flush(&mut self) {
		self.hashes.extend(H::hash_each(&self.messages, self.len));
		self.messages.clear();
	}

	/// The hashes, in the order of the messages.
	fn finish(mut self) -> Vec<Digest> {
		self.flush();
		self.hashes
	}
}

/// One level of the way from a leaf to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
	/// The node is a left child; its sibling stands to its right.
	Left,
	/// The node is a right child.
	Right,
	/// The node is the last of an odd number: it moves up unchanged, without a sibling.
	Promoted,
}

/// The way from the leaf at `position` to the root of a tree of `count` leaves, level by level. Empty where the leaf is
/// the root, and where there is no such leaf.
pub fn shape(count: u32, position: u32) -> impl Iterator<Item = Step> {
	let mut level = if position < count { count } else { 0 };
	let mut at = position;
	core::iter::from_fn(move || {
		if level <= 1 {
			return None;
		}
		let step = if at % 2 == 1 {
			Step::Right
		} else if at == level.saturating_sub(1) {
			Step::Promoted
		} else {
			Step::Left
		};
		at /= 2;
		level = level.div_ceil(2);
		Some(step)
	})
}

/// Why a path proves nothing. It says nothing about what it was meant to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
	/// The tree has no leaf at this position.
	Position,
	/// The path is shorter or longer than the tree's shape asks for.
	Length,
	/// A chunk has not the length that the input's length gives it.
	ChunkLength,
	/// A hash differs from the one above it.
	Hash,
}

impl core::fmt::Display for PathError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(match self {
			PathError::Position => "the tree has no such leaf",
			PathError::Length => "the path has not the length that the tree's shape asks for",
			PathError::ChunkLength => "the chunk has not the length that the input's length gives it",
			PathError::Hash => "the path does not lead to the root",
		})
	}
}

impl core::error::Error for PathError {}
