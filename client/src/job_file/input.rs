//! How files become input bytes. The commitment covers the decoded bytes.

use super::JobFileError;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use std::{
	fs::File,
	io::{self, BufReader, Cursor, Read},
	path::{Path, PathBuf},
};

/// Most bytes of one input: what version 1 of the protocol allows for all inputs together.
pub const MAX_INPUT_BYTES: u64 = 1 << 30;

/// How an input's text or file becomes bytes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum InputFormat {
	/// As it is.
	#[default]
	Raw,
	/// The sequences of a FASTA file: header lines and white space dropped, letters upper-cased.
	Fasta,
	/// The pixels of an 8-bit greyscale PNG, row after row.
	PngGray8,
}

impl InputFormat {
	/// The format's name in job files.
	pub fn name(self) -> &'static str {
		match self {
			InputFormat::Raw => "raw",
			InputFormat::Fasta => "fasta",
			InputFormat::PngGray8 => "png-gray8",
		}
	}
}

/// Where an input comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InputSource {
	/// A file; one whose name ends in `.gz` is decompressed first.
	File(PathBuf),
	/// These bytes.
	Bytes(Vec<u8>),
}

/// Reads an input and decodes it. Never holds more than `limit` bytes of it.
///
/// # Errors
/// The file cannot be read, is not of this format, or has more than `limit` bytes, decoded or not.
pub fn read_input(source: &InputSource, format: InputFormat, limit: u64) -> Result<Vec<u8>, JobFileError> {
	let (name, bytes) = match source {
		InputSource::File(path) => (path.display().to_string(), read_file(path, limit)?),
		InputSource::Bytes(bytes) => ("the input".to_owned(), bytes.clone()),
	};
	let too_large = || JobFileError::TooLarge {
		name: name.clone(),
		limit,
	};
	if bytes.len() as u64 > limit {
		return Err(too_large());
	}
	let wrong = |problem: String| JobFileError::Format {
		name: name.clone(),
		format: format.name(),
		problem,
	};
	match format {
		InputFormat::Raw => Ok(bytes),
		InputFormat::Fasta => fasta(&bytes).map_err(wrong),
		InputFormat::PngGray8 => match png_gray8(&bytes, limit) {
			Ok(Some(pixels)) => Ok(pixels),
			Ok(None) => Err(too_large()),
			Err(problem) => Err(wrong(problem)),
		},
	}
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, JobFileError> {
	let read_error = |source: io::Error| JobFileError::Read {
		path: path.to_owned(),
		source,
	};
	let too_large = || JobFileError::TooLarge {
		name: path.display().to_string(),
		limit,
	};
	let file = File::open(path).map_err(read_error)?;
	let compressed = path
		.extension()
		.is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
	// What cannot fit is not read at all. Pipes say nothing of their length, and are bounded below.
	if !compressed && file.metadata().map_err(read_error)?.len() > limit {
		return Err(too_large());
	}
	let file = BufReader::new(file);
	let mut bytes = Vec::new();
	// One byte more than allowed tells a full file from one that is too large.
	let most = limit.saturating_add(1);
	let read = if compressed {
		MultiGzDecoder::new(file).take(most).read_to_end(&mut bytes)
	} else {
		file.take(most).read_to_end(&mut bytes)
	};
	match read {
		Ok(_) if bytes.len() as u64 > limit => Err(too_large()),
		Ok(_) => Ok(bytes),
		Err(error) if compressed && error.kind() != io::ErrorKind::NotFound => Err(JobFileError::Format {
			name: path.display().to_string(),
			format: "gzip",
			problem: error.to_string(),
		}),
		Err(error) => Err(read_error(error)),
	}
}

/// The sequences of a FASTA text, one after another. Letters, `*` (stop) and `-` (gap) are what the format allows.
fn fasta(text: &[u8]) -> Result<Vec<u8>, String> {
	let mut sequence = Vec::with_capacity(text.len());
	for (number, line) in (1u64..).zip(text.split(|byte| *byte == b'\n')) {
		if line.first() == Some(&b'>') {
			continue;
		}
		for byte in line.iter().filter(|byte| !byte.is_ascii_whitespace()) {
			let letter = byte.to_ascii_uppercase();
			if !letter.is_ascii_uppercase() && !matches!(letter, b'*' | b'-') {
				let shown = char::from(*byte).escape_default();
				return Err(format!("line {number} has `{shown}`, which is no letter of a sequence"));
			}
			sequence.push(letter);
		}
	}
	if sequence.is_empty() {
		return Err("it has no sequence".to_owned());
	}
	Ok(sequence)
}

/// The pixels of an 8-bit greyscale PNG; `None` if there are more than `limit`.
fn png_gray8(bytes: &[u8], limit: u64) -> Result<Option<Vec<u8>>, String> {
	let limits = png::Limits {
		bytes: usize::try_from(limit).unwrap_or(usize::MAX),
	};
	let decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
	let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
	let info = reader.info();
	if info.color_type != png::ColorType::Grayscale || info.bit_depth != png::BitDepth::Eight {
		return Err(format!(
			"its pixels are {:?} of {:?} bits",
			info.color_type, info.bit_depth
		));
	}
	let size = reader
		.output_buffer_size()
		.ok_or_else(|| "it is larger than memory".to_owned())?;
	if size as u64 > limit {
		return Ok(None);
	}
	let mut pixels = vec![0u8; size];
	reader.next_frame(&mut pixels).map_err(|error| error.to_string())?;
	Ok(Some(pixels))
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::io::Write;

	fn bytes(text: &str) -> InputSource {
		InputSource::Bytes(text.as_bytes().to_vec())
	}

	#[test]
	fn fasta_is_letters_only() {
		let text = ">phage\r\nacgt ACGT\r\nNn-\n\n>second\nRY*\n";
		assert_eq!(
			read_input(&bytes(text), InputFormat::Fasta, 100).unwrap(),
			b"ACGTACGTNN-RY*"
		);
		for (text, part) in [
			("ACGT\nAC!T", "line 2 has `!`"),
			(">only a header\n", "no sequence"),
			("ACG\u{e9}", "line 1"),
		] {
			let error = read_input(&bytes(text), InputFormat::Fasta, 100)
				.unwrap_err()
				.to_string();
			assert!(error.contains(part), "{error}");
		}
	}

	#[test]
	fn gzip_is_decoded_first_and_bounded() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("a.fa.gz");
		let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
		encoder.write_all(b">x\nacgt\n").unwrap();
		std::fs::write(&path, encoder.finish().unwrap()).unwrap();
		let source = InputSource::File(path.clone());
		assert_eq!(read_input(&source, InputFormat::Fasta, 100).unwrap(), b"ACGT");
		assert!(matches!(
			read_input(&source, InputFormat::Raw, 7),
			Err(JobFileError::TooLarge { limit: 7, .. })
		));
		assert_eq!(read_input(&source, InputFormat::Raw, 8).unwrap().len(), 8);

		std::fs::write(&path, b"not gzip").unwrap();
		assert!(matches!(
			read_input(&source, InputFormat::Raw, 100),
			Err(JobFileError::Format { format: "gzip", .. })
		));
		let missing = InputSource::File(dir.path().join("none"));
		assert!(matches!(
			read_input(&missing, InputFormat::Raw, 100),
			Err(JobFileError::Read { .. })
		));
	}

	#[test]
	fn only_greyscale_png_is_pixels() {
		let png = |color: png::ColorType, data: &[u8]| {
			let mut out = Vec::new();
			let mut encoder = png::Encoder::new(&mut out, 3, 2);
			encoder.set_color(color);
			encoder.set_depth(png::BitDepth::Eight);
			let mut writer = encoder.write_header().unwrap();
			writer.write_image_data(data).unwrap();
			writer.finish().unwrap();
			InputSource::Bytes(out)
		};
		let gray = png(png::ColorType::Grayscale, &[1, 2, 3, 4, 5, 6]);
		assert_eq!(
			read_input(&gray, InputFormat::PngGray8, 1 << 20).unwrap(),
			[1, 2, 3, 4, 5, 6]
		);
		let colour = png(png::ColorType::Rgb, &[0; 18]);
		let error = read_input(&colour, InputFormat::PngGray8, 1 << 20).unwrap_err();
		assert!(error.to_string().contains("Rgb"), "{error}");
		assert!(matches!(
			read_input(&bytes("no png"), InputFormat::PngGray8, 100),
			Err(JobFileError::Format {
				format: "png-gray8",
				..
			})
		));
	}
}
