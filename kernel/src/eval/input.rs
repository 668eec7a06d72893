//! Where an item's loads read from.

use crate::words::to_usize;

/// A chunk that a reader does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingChunk {
	/// The input.
	pub input: u8,
	/// The number of the chunk: byte offset / 1,024.
	pub chunk: u32,
}

/// The inputs of a job: whole buffers, files, or the chunks that a proof opens.
pub trait InputReader {
	/// Bytes of input number `input`, as committed; 0 for an input that does not exist.
	fn len(&self, input: u8) -> u32;

	/// Fills `buf` with the bytes of input number `input` from byte `offset` on.
	///
	/// The evaluator guarantees `offset + buf.len() <= len(input)`, and that the access is aligned to its width and so
	/// lies in one 1 KiB chunk.
	fn read(&self, input: u8, offset: u32, buf: &mut [u8]) -> Result<(), MissingChunk>;
}

/// Inputs that lie in memory. Bytes from 2^32 − 1 on, which no job has, are not seen.
#[derive(Clone, Copy, Debug)]
pub struct Slices<'a>(pub &'a [&'a [u8]]);

impl InputReader for Slices<'_> {
	#[inline]
	fn len(&self, input: u8) -> u32 {
		self.0
			.get(usize::from(input))
			.map_or(0, |bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX))
	}

	#[inline]
	fn read(&self, input: u8, offset: u32, buf: &mut [u8]) -> Result<(), MissingChunk> {
		let start = to_usize(offset);
		let bytes = self
			.0
			.get(usize::from(input))
			.and_then(|bytes| bytes.get(start..start.saturating_add(buf.len())));
		match bytes {
			Some(bytes) => {
				buf.copy_from_slice(bytes);
				Ok(())
			}
			None => Err(MissingChunk {
				input,
				chunk: offset / 1024,
			}),
		}
	}
}
