//! Openings: several chunks of one input, shown together against its root, with every shared node left out.

use alloc::{vec, vec::Vec};
use core::fmt;

use super::InputCommitment;
use crate::{
	eval::{InputReader, MissingChunk},
	program::CHUNK,
	tree::{input_chunk_len, input_chunks, input_leaves, input_parents, Digest, Hasher},
	words::to_usize,
};

/// Chunks of one input and what connects them to its root. No chunks need no siblings and show nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
	/// The numbers of the chunks, strictly ascending.
	pub chunks: Vec<u32>,
	/// Their bytes, one after another.
	pub bytes: Vec<u8>,
	/// The nodes that cannot be computed from the chunks, level by level from the leaves up, from left to right.
	pub siblings: Vec<Digest>,
}

impl Opening {
	/// Opens `chunks` of `input`, whose chunks have the hashes `leaves`, as [`input_leaves`] gives them.
	///
	/// # Errors
	/// [`OpeningError::Order`] and [`OpeningError::Position`], where these are no chunks of the input in order.
	pub fn new<H: Hasher>(input: &[u8], leaves: &[Digest], chunks: &[u32]) -> Result<Opening, OpeningError> {
		let len = u32::try_from(input.len()).unwrap_or(u32::MAX);
		check_chunks(len, chunks)?;
		let mut bytes = Vec::with_capacity(chunks.len().saturating_mul(CHUNK));
		for chunk in chunks {
			bytes.extend_from_slice(chunk_of(input, to_usize(*chunk)).unwrap_or_default());
		}
		Ok(Opening {
			chunks: chunks.to_vec(),
			bytes,
			siblings: siblings::<H>(leaves, chunks),
		})
	}

	/// The same, borrowed.
	pub fn view(&self) -> OpeningView<'_> {
		OpeningView {
			chunks: &self.chunks,
			bytes: &self.bytes,
			siblings: &self.siblings,
		}
	}
}

/// An [`Opening`] whose parts lie elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpeningView<'a> {
	/// The numbers of the chunks, strictly ascending.
	pub chunks: &'a [u32],
	/// Their bytes, one after another.
	pub bytes: &'a [u8],
	/// The nodes that cannot be computed from the chunks, level by level from the leaves up, from left to right.
	pub siblings: &'a [Digest],
}

impl OpeningView<'_> {
	/// The form, which shows without a hash: order and existence of the chunks in an input of `len` bytes, the number of
	/// bytes, the number of siblings. For each set of chunks one form passes.
	///
	/// # Errors
	/// All of [`OpeningError`] but [`OpeningError::Root`].
	pub fn check_form(&self, len: u32) -> Result<(), OpeningError> {
		check_chunks(len, self.chunks)?;
		let lengths = self.chunks.iter().filter_map(|chunk| input_chunk_len(len, *chunk));
		let expected = lengths.fold(0usize, |sum, len| sum.saturating_add(to_usize(len)));
		if self.bytes.len() != expected {
			return Err(OpeningError::Bytes {
				expected,
				actual: self.bytes.len(),
			});
		}
		let expected = sibling_count(len, self.chunks);
		if self.siblings.len() != expected {
			return Err(OpeningError::Siblings {
				expected,
				actual: self.siblings.len(),
			});
		}
		Ok(())
	}

	/// Checks that these are chunks of the input: the form, then the root.
	///
	/// # Errors
	/// Those of [`OpeningView::check_form`], and [`OpeningError::Root`].
	pub fn verify<H: Hasher>(&self, input: &InputCommitment) -> Result<(), OpeningError> {
		self.check_form(input.len)?;
		self.check_root::<H>(input)
	}

	/// The root to which the chunks and siblings lead in an input of `len` bytes, whichever it is. `None` where the form
	/// is not right, and of no chunks, which lead nowhere.
	pub fn root<H: Hasher>(&self, len: u32) -> Option<Digest> {
		self.check_form(len).ok()?;
		self.climb::<H>(len)
	}

	/// The rest of [`OpeningView::verify`] after [`OpeningView::check_form`].
	pub(super) fn check_root<H: Hasher>(&self, input: &InputCommitment) -> Result<(), OpeningError> {
		if self.chunks.is_empty() || self.climb::<H>(input.len) == Some(input.root) {
			Ok(())
		} else {
			Err(OpeningError::Root)
		}
	}

	fn climb<H: Hasher>(&self, len: u32) -> Option<Digest> {
		// Only the last chunk of an input may be shorter, and no chunk stands behind it: the bytes are cut as an input is.
		let leaves = input_leaves::<H>(self.bytes);
		let mut siblings = self.siblings.iter().copied();
		climb(
			input_chunks(len),
			self.chunks,
			leaves,
			|_, _| siblings.next(),
			input_parents::<H>,
		)
	}
}

/// Checked openings of a job's inputs, in their order: what an evaluation may read. It copies no bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened<'a> {
	/// The length of each input and what of it is open.
	inputs: Vec<(u32, OpeningView<'a>)>,
}

impl<'a> Opened<'a> {
	/// Nothing yet, with room for `inputs` inputs.
	pub fn with_capacity(inputs: usize) -> Opened<'a> {
		Opened {
			inputs: Vec::with_capacity(inputs),
		}
	}

	/// Checks the opening of the next input and adds it.
	///
	/// # Errors
	/// Those of [`OpeningView::verify`]; nothing was added then.
	pub fn push<H: Hasher>(&mut self, input: &InputCommitment, opening: OpeningView<'a>) -> Result<(), OpeningError> {
		opening.check_form(input.len)?;
		self.push_formed::<H>(input, opening)
	}

	/// As [`Opened::push`], of an opening whose form was checked.
	pub(super) fn push_formed<H: Hasher>(
		&mut self,
		input: &InputCommitment,
		opening: OpeningView<'a>,
	) -> Result<(), OpeningError> {
		opening.check_root::<H>(input)?;
		self.inputs.push((input.len, opening));
		Ok(())
	}

	/// The bytes of chunk number `chunk` of input number `input`; `None` where it is not open.
	pub fn chunk(&self, input: u8, chunk: u32) -> Option<&'a [u8]> {
		let (_, opening) = self.inputs.get(usize::from(input))?;
		let at = opening.chunks.binary_search(&chunk).ok()?;
		chunk_of(opening.bytes, at)
	}

	/// The open chunks of all inputs.
	pub fn chunks(&self) -> u32 {
		let counts = self
			.inputs
			.iter()
			.map(|(_, opening)| u32::try_from(opening.chunks.len()).unwrap_or(u32::MAX));
		counts.fold(0, u32::saturating_add)
	}
}

impl InputReader for Opened<'_> {
	fn len(&self, input: u8) -> u32 {
		self.inputs.get(usize::from(input)).map_or(0, |(len, _)| *len)
	}

	fn read(&self, input: u8, offset: u32, buf: &mut [u8]) -> Result<(), MissingChunk> {
		let (chunk, start) = (offset / 1024, to_usize(offset % 1024));
		let bytes = self
			.chunk(input, chunk)
			.and_then(|bytes| bytes.get(start..start.saturating_add(buf.len())));
		match bytes {
			Some(bytes) => {
				buf.copy_from_slice(bytes);
				Ok(())
			}
			None => Err(MissingChunk { input, chunk }),
		}
	}
}

/// Chunk number `at` of bytes that are cut every 1,024; the last may be shorter, and is empty where nothing is left.
fn chunk_of(bytes: &[u8], at: usize) -> Option<&[u8]> {
	let tail = bytes.get(at.saturating_mul(CHUNK)..)?;
	Some(tail.get(..CHUNK).unwrap_or(tail))
}

fn check_chunks(len: u32, chunks: &[u32]) -> Result<(), OpeningError> {
	if !chunks.is_sorted_by(|one, next| one < next) {
		return Err(OpeningError::Order);
	}
	match chunks.last() {
		Some(last) if *last >= input_chunks(len) => Err(OpeningError::Position { chunk: *last }),
		_ => Ok(()),
	}
}

/// How many siblings an opening of `chunks` has, which exist in an input of `len` bytes and are strictly ascending. It
/// hashes nothing.
pub fn sibling_count(len: u32, chunks: &[u32]) -> usize {
	let mut count = 0usize;
	climb(
		input_chunks(len),
		chunks,
		vec![(); chunks.len()],
		|_, _| {
			count = count.saturating_add(1);
			Some(())
		},
		|level| vec![(); level.len().div_ceil(2)],
	);
	count
}

/// The siblings of an opening of `chunks`, which exist and are strictly ascending, in the input whose chunks have the
/// hashes `leaves`.
pub fn siblings<H: Hasher>(leaves: &[Digest], chunks: &[u32]) -> Vec<Digest> {
	if chunks.is_empty() {
		return Vec::new();
	}
	let mut levels = vec![leaves.to_vec()];
	while let Some(level) = levels.last().filter(|level| level.len() > 1) {
		let above = input_parents::<H>(level);
		levels.push(above);
	}
	let mut found = Vec::new();
	climb(
		u32::try_from(leaves.len()).unwrap_or(u32::MAX),
		chunks,
		vec![(); chunks.len()],
		|level, position| {
			let sibling = levels.get(level)?.get(to_usize(position))?;
			found.push(*sibling);
			Some(())
		},
		|level| vec![(); level.len().div_ceil(2)],
	);
	found
}

/// Joins `nodes`, which stand at the ascending `positions` among the `count` leaves of a tree, up to the root.
///
/// `sibling` gives a node that they lack by its level, counted from the leaves, and its position; the order in which it
/// is asked is the order of the siblings in an opening. `parents` gives the nodes above several, which are pairs of
/// neighbours, and after them perhaps one that moves up: a level is hashed at once. `None` where a sibling is missing,
/// and where there are no nodes.
fn climb<N: Copy>(
	mut count: u32,
	positions: &[u32],
	mut nodes: Vec<N>,
	mut sibling: impl FnMut(usize, u32) -> Option<N>,
	mut parents: impl FnMut(&[N]) -> Vec<N>,
) -> Option<N> {
	let mut positions = positions.to_vec();
	let mut level = 0usize;
	while count > 1 {
		let last = count.saturating_sub(1);
		let mut above = Vec::with_capacity(positions.len());
		let mut filled = Vec::with_capacity(nodes.len().saturating_mul(2));
		let mut rest = positions.into_iter().zip(nodes).peekable();
		while let Some((at, node)) = rest.next() {
			if at % 2 == 1 {
				// Its left neighbour would have taken it along.
				filled.push(sibling(level, at.saturating_sub(1))?);
				filled.push(node);
			} else {
				filled.push(node);
				if at != last {
					let right = at.saturating_add(1);
					match rest.next_if(|(next, _)| *next == right) {
						Some((_, other)) => filled.push(other),
						None => filled.push(sibling(level, right)?),
					}
				}
			}
			above.push(at / 2);
		}
		positions = above;
		nodes = parents(&filled);
		count = count.div_ceil(2);
		level = level.saturating_add(1);
	}
	nodes.first().copied()
}

/// Why an opening shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpeningError {
	/// The numbers of the chunks are not strictly ascending.
	Order,
	/// The input has no such chunk.
	Position {
		/// The number of the chunk.
		chunk: u32,
	},
	/// The chunks have another length together.
	Bytes {
		/// Bytes that they have.
		expected: usize,
		/// Bytes given.
		actual: usize,
	},
	/// The tree's shape asks for another number of siblings.
	Siblings {
		/// Siblings that it asks for.
		expected: usize,
		/// Siblings given.
		actual: usize,
	},
	/// Chunks and siblings do not lead to the root.
	Root,
}

impl fmt::Display for OpeningError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			OpeningError::Order => f.write_str("the chunks are not in ascending order"),
			OpeningError::Position { chunk } => write!(f, "the input has no chunk {chunk}"),
			OpeningError::Bytes { expected, actual } => {
				write!(f, "the chunks have {expected} bytes, there are {actual}")
			}
			OpeningError::Siblings { expected, actual } => {
				write!(f, "the chunks need {expected} siblings, there are {actual}")
			}
			OpeningError::Root => f.write_str("the chunks do not lead to the root of the input"),
		}
	}
}

impl core::error::Error for OpeningError {}
