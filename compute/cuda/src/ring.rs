//! The pinned memory through which everything passes, and the events that tell when a piece of it may be used again.
//!
//! Made once for a device: pinning memory costs more than a small job.

use crate::{
	driver::{Context, Event, Stream},
	error::CudaError,
	memory::{Direction, Pinned},
};
use std::{sync::Arc, time::Duration};

/// Pieces under way at once: one is filled while others are copied.
const UPLOAD_PIECES: usize = 3;
/// Bytes of a piece.
const UPLOAD_BYTES: usize = 8 << 20;

/// Brings inputs to the device, piece by piece.
#[derive(Debug)]
pub(crate) struct Upload {
	pieces: Vec<Piece>,
	next: usize,
	/// Time of the copies that are known to be over.
	busy: Duration,
}

#[derive(Debug)]
struct Piece {
	memory: Pinned,
	start: Event,
	end: Event,
	/// Whether a copy was queued and nobody has waited for it since.
	queued: bool,
}

impl Piece {
	/// Waits for the copy that was queued last, if any. Returns how long it took.
	fn settle(&mut self) -> Result<Duration, CudaError> {
		if !self.queued {
			return Ok(Duration::ZERO);
		}
		self.end.wait()?;
		self.queued = false;
		self.end.since(&self.start)
	}
}

impl Upload {
	pub(crate) fn new(context: &Arc<Context>) -> Result<Upload, CudaError> {
		let piece = |_: usize| -> Result<Piece, CudaError> {
			Ok(Piece {
				memory: Pinned::new(context, UPLOAD_BYTES, Direction::Upload)?,
				start: Event::new(context)?,
				end: Event::new(context)?,
				queued: false,
			})
		};
		Ok(Upload {
			pieces: (0..UPLOAD_PIECES).map(piece).collect::<Result<_, _>>()?,
			next: 0,
			busy: Duration::ZERO,
		})
	}

	/// Queues copies of `bytes` to the device address `to`; `between` is called after each piece and may stop it all.
	/// Most of it is on its way when this returns, and none of it refers to `bytes` any more.
	///
	/// # Safety
	/// The range at `to` belongs to one device buffer that lives, and that nothing else uses, until `stream` is done.
	pub(crate) unsafe fn send(
		&mut self,
		stream: &Stream,
		to: u64,
		bytes: &[u8],
		between: &mut dyn FnMut() -> Result<(), CudaError>,
	) -> Result<(), CudaError> {
		let mut to = to;
		for chunk in bytes.chunks(UPLOAD_BYTES) {
			let piece = &mut self.pieces[self.next];
			self.next = (self.next + 1) % UPLOAD_PIECES;
			self.busy += piece.settle()?;
			// SAFETY: the last copy from this piece is over. A chunk is not longer than a piece.
			let pinned = unsafe { piece.memory.bytes_mut(chunk.len()) };
			pinned.copy_from_slice(chunk);
			piece.start.record(stream)?;
			piece.queued = true;
			// SAFETY: the piece is not touched until `settle` has waited for its end; the caller vouches for the range.
			unsafe { stream.upload(to, pinned) }?;
			piece.end.record(stream)?;
			to += chunk.len() as u64;
			between()?;
		}
		Ok(())
	}

	/// Waits for all copies. Returns the time that they took since the last call.
	pub(crate) fn settle(&mut self) -> Result<Duration, CudaError> {
		for piece in &mut self.pieces {
			self.busy += piece.settle()?;
		}
		Ok(std::mem::take(&mut self.busy))
	}
}

/// Where a slice comes home to.
#[derive(Debug)]
pub(crate) struct Slot {
	/// Output, units and traps, as in the device's slot.
	pub(crate) memory: Pinned,
	/// The launch begins.
	pub(crate) begun: Event,
	/// Output, units and traps are there.
	pub(crate) computed: Event,
	/// The copy begins.
	pub(crate) copying: Event,
	/// The copy is over.
	pub(crate) copied: Event,
}

impl Slot {
	fn new(context: &Arc<Context>, bytes: usize) -> Result<Slot, CudaError> {
		Ok(Slot {
			memory: Pinned::new(context, bytes, Direction::Download)?,
			begun: Event::new(context)?,
			computed: Event::new(context)?,
			copying: Event::new(context)?,
			copied: Event::new(context)?,
		})
	}
}

/// What a run passes its bytes through.
#[derive(Debug)]
pub(crate) struct Rings {
	pub(crate) upload: Upload,
	/// The last input is there.
	pub(crate) uploaded: Event,
	pub(crate) slots: Vec<Slot>,
}

impl Rings {
	/// With `slots` slots of `slot_bytes` bytes.
	pub(crate) fn new(context: &Arc<Context>, slots: usize, slot_bytes: usize) -> Result<Rings, CudaError> {
		Ok(Rings {
			upload: Upload::new(context)?,
			uploaded: Event::new(context)?,
			slots: (0..slots)
				.map(|_| Slot::new(context, slot_bytes))
				.collect::<Result<_, CudaError>>()?,
		})
	}
}
