//! Frames on a stream of bytes: a length (u32, little-endian), then that many bytes of one encoded message.

use codec::{DecodeAll, Encode};
use std::io::{self, Read, Write};

/// Most bytes of a message. The longest, a run of the longest program with every input, has less than 80,000.
pub const MAX_FRAME: u32 = 128 << 10;

/// A message that can be read from a frame.
pub trait Message: DecodeAll + Encode {
	/// Checks what its type does not: lengths and orders. The error says what is wrong.
	fn check(&self) -> Result<(), &'static str>;
}

/// Why no message could be read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
	/// The other side closed the connection between two frames.
	#[error("the connection was closed")]
	Closed,
	/// The other side closed the connection inside a frame.
	#[error("the connection was closed inside a frame")]
	Cut,
	/// The length is above the bound. Nothing was allocated for it.
	#[error("a frame of {length} bytes was announced, at most {most} are allowed", most = MAX_FRAME)]
	TooLong {
		/// The length that was announced.
		length: u32,
	},
	/// The bytes are no message.
	#[error("a frame of {length} bytes does not decode")]
	Malformed {
		/// Bytes of the frame.
		length: usize,
		/// What the decoder says.
		#[source]
		source: codec::Error,
	},
	/// The message breaks a bound.
	#[error("a message breaks the protocol: {0}")]
	Broken(&'static str),
	/// The connection failed.
	#[error("the connection failed")]
	Io(#[from] io::Error),
}

/// The bytes of a frame.
///
/// # Errors
/// The message is longer than [`MAX_FRAME`].
pub fn frame(message: &impl Message) -> io::Result<Vec<u8>> {
	let body = message.encode();
	let length = u32::try_from(body.len()).ok().filter(|length| *length <= MAX_FRAME);
	let length = length.ok_or_else(|| {
		io::Error::new(
			io::ErrorKind::InvalidInput,
			format!("a message of {} bytes fits no frame", body.len()),
		)
	})?;
	let mut bytes = length.to_le_bytes().to_vec();
	bytes.extend_from_slice(&body);
	Ok(bytes)
}

/// Writes one message.
///
/// # Errors
/// The message is too long, or the other side is gone.
pub fn write_frame(to: &mut (impl Write + ?Sized), message: &impl Message) -> io::Result<()> {
	to.write_all(&frame(message)?)?;
	to.flush()
}

/// Reads one message.
///
/// # Errors
/// [`FrameError::Closed`] at an orderly end; everything else is a defect on the other side.
pub fn read_frame<M: Message>(from: &mut (impl Read + ?Sized)) -> Result<M, FrameError> {
	let mut length = [0u8; 4];
	let (first, rest) = length.split_at_mut(1);
	loop {
		match from.read(first) {
			Ok(0) => return Err(FrameError::Closed),
			Ok(_) => break,
			Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
			Err(error) => return Err(error.into()),
		}
	}
	from.read_exact(rest).map_err(cut)?;
	let length = u32::from_le_bytes(length);
	if length > MAX_FRAME {
		return Err(FrameError::TooLong { length });
	}
	// At most MAX_FRAME, which fits every usize.
	let mut body = vec![0u8; usize::try_from(length).unwrap_or_default()];
	from.read_exact(&mut body).map_err(cut)?;
	let message = M::decode_all(&mut body.as_slice()).map_err(|source| FrameError::Malformed {
		length: body.len(),
		source,
	})?;
	message.check().map_err(FrameError::Broken)?;
	Ok(message)
}

fn cut(error: io::Error) -> FrameError {
	match error.kind() {
		io::ErrorKind::UnexpectedEof => FrameError::Cut,
		_ => FrameError::Io(error),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::backend::message::{Answer, Request, PROTOCOL};

	#[test]
	fn messages_come_out_as_they_went_in() {
		let mut bytes = Vec::new();
		write_frame(&mut bytes, &Request::Hello { protocol: PROTOCOL }).unwrap();
		write_frame(&mut bytes, &Request::Cancel { id: 7 }).unwrap();
		// Length 5: the variant's number and four bytes of the version.
		assert_eq!(bytes[..5], [5, 0, 0, 0, 0]);
		let mut stream = bytes.as_slice();
		assert!(matches!(
			read_frame(&mut stream),
			Ok(Request::Hello { protocol: PROTOCOL })
		));
		assert!(matches!(read_frame(&mut stream), Ok(Request::Cancel { id: 7 })));
		assert!(matches!(read_frame::<Request>(&mut stream), Err(FrameError::Closed)));
	}

	#[test]
	fn what_is_no_frame_is_an_error() {
		let read = |mut bytes: &[u8]| read_frame::<Answer>(&mut bytes);
		assert!(matches!(read(&[1, 0]), Err(FrameError::Cut)));
		assert!(matches!(read(&[9, 0, 0, 0, 1]), Err(FrameError::Cut)));
		assert!(matches!(
			read(&[255, 255, 255, 255]),
			Err(FrameError::TooLong { length: u32::MAX })
		));
		// 128 KiB and one byte.
		assert!(matches!(
			read(&[1, 0, 2, 0]),
			Err(FrameError::TooLong { length: 131_073 })
		));
		assert!(matches!(
			read(&[1, 0, 0, 0, 200]),
			Err(FrameError::Malformed { length: 1, .. })
		));
		assert!(matches!(
			read(&[0, 0, 0, 0]),
			Err(FrameError::Malformed { length: 0, .. })
		));
		// A message and one byte more.
		let mut longer = frame(&Answer::Unusable { message: "no".into() }).unwrap();
		longer.push(0);
		longer[0] += 1;
		assert!(matches!(read(&longer), Err(FrameError::Malformed { .. })));
		// Progress beyond the end.
		let mut bytes = Vec::new();
		let beyond = Answer::Progress {
			id: 1,
			stage: crate::backend::message::Stage::Running,
			done: 3,
			leaves: 2,
		};
		write_frame(&mut bytes, &beyond).unwrap();
		assert!(matches!(read(&bytes), Err(FrameError::Broken(_))));
	}

	#[test]
	fn a_message_that_fits_no_frame_is_not_written() {
		let long = Answer::Unusable {
			message: "x".repeat(200_000),
		};
		assert!(frame(&long).is_err());
	}
}
