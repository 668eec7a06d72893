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
	/// The pixels of an 8-bit greyscale PNG that is neither transparent nor animated, row after row.
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

/// The pixels of an 8-bit greyscale PNG; `None` if they, or what it takes to decode them, exceed `limit` bytes.
fn png_gray8(bytes: &[u8], limit: u64) -> Result<Option<Vec<u8>>, String> {
	let limits = png::Limits {
		bytes: usize::try_from(limit).unwrap_or(usize::MAX),
	};
	let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
	// What is said about the pixels is not kept, so it is not unpacked either.
	decoder.set_ignore_text_chunk(true);
	decoder.set_ignore_iccp_chunk(true);
	// The header alone says what the picture is and how large; nothing of its size is allocated before that is judged.
	let header = decoder.read_header_info().map_err(|error| error.to_string())?;
	if (header.color_type, header.bit_depth) != (png::ColorType::Grayscale, png::BitDepth::Eight) {
		let pixels = match header.color_type {
			png::ColorType::Grayscale => "grey",
			png::ColorType::GrayscaleAlpha => "grey with alpha",
			png::ColorType::Rgb => "colour",
			png::ColorType::Rgba => "colour with alpha",
			png::ColorType::Indexed => "numbers of a palette",
		};
		return Err(format!(
			"its pixels are {}-bit {pixels}, and only 8-bit grey without alpha is read",
			header.bit_depth as u8
		));
	}
	let (width, height) = header.size();
	if u64::from(width) * u64::from(height) > limit {
		return Ok(None);
	}
	let mut reader = match decoder.read_info() {
		Ok(reader) => reader,
		Err(png::DecodingError::LimitsExceeded) => return Ok(None),
		Err(error) => return Err(error.to_string()),
	};
	let info = reader.info();
	if info.trns.is_some() {
		return Err("one of its greys is transparent, and only grey without alpha is read".to_owned());
	}
	if info.animation_control.is_some() || info.frame_control.is_some() {
		return Err("it is animated, and only a single picture is read".to_owned());
	}
	let size = reader
		.output_buffer_size()
		.ok_or_else(|| "it is larger than memory".to_owned())?;
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

	/// A PNG with these frames; grey unless `change`d.
	fn png(change: impl FnOnce(&mut png::Encoder<'_, &mut Vec<u8>>), size: (u32, u32), frames: &[&[u8]]) -> Vec<u8> {
		let mut file = Vec::new();
		let mut encoder = png::Encoder::new(&mut file, size.0, size.1);
		encoder.set_color(png::ColorType::Grayscale);
		encoder.set_depth(png::BitDepth::Eight);
		change(&mut encoder);
		let mut writer = encoder.write_header().unwrap();
		for frame in frames {
			writer.write_image_data(frame).unwrap();
		}
		// Dropped, not finished: a file without pixels has an end, too.
		drop(writer);
		file
	}

	fn pixels(file: Vec<u8>, limit: u64) -> Result<Vec<u8>, JobFileError> {
		read_input(&InputSource::Bytes(file), InputFormat::PngGray8, limit)
	}

	#[test]
	fn png_is_pixels_row_by_row() {
		let file = png(|_| (), (3, 2), &[&[1, 2, 3, 4, 5, 6]]);
		assert_eq!(pixels(file, 1 << 20).unwrap(), [1, 2, 3, 4, 5, 6]);
	}

	#[test]
	fn only_one_grey_picture_is_pixels() {
		type Change = fn(&mut png::Encoder<'_, &mut Vec<u8>>);
		let cases: [(Change, &[&[u8]], &str); 7] = [
			(|png| png.set_color(png::ColorType::Rgb), &[&[0; 18]], "8-bit colour,"),
			(
				|png| png.set_color(png::ColorType::Rgba),
				&[&[0; 24]],
				"8-bit colour with alpha,",
			),
			(
				|png| png.set_color(png::ColorType::GrayscaleAlpha),
				&[&[0; 12]],
				"8-bit grey with alpha,",
			),
			(|png| png.set_depth(png::BitDepth::Sixteen), &[&[0; 12]], "16-bit grey,"),
			(|png| png.set_depth(png::BitDepth::One), &[&[0; 2]], "1-bit grey,"),
			(|png| png.set_trns(vec![0, 7]), &[&[0; 6]], "transparent"),
			(
				|png| png.set_animated(2, 0).unwrap(),
				&[&[0; 6], &[1; 6]],
				"it is animated",
			),
		];
		for (change, frames, part) in cases {
			let error = pixels(png(change, (3, 2), frames), 1 << 20).unwrap_err();
			let is_format = matches!(
				error,
				JobFileError::Format {
					format: "png-gray8",
					..
				}
			);
			assert!(is_format && error.to_string().contains(part), "{part}: {error}");
		}
	}

	#[test]
	fn broken_png_is_refused() {
		let file = png(|_| (), (64, 64), &[&[9; 64 * 64]]);
		// No PNG at all, nothing, a header cut off, pixels cut off, and a file without pixels.
		let cases = [
			b"no png".to_vec(),
			Vec::new(),
			file[..20].to_vec(),
			file[..file.len() / 2].to_vec(),
			png(|_| (), (3, 2), &[]),
		];
		for (number, case) in cases.into_iter().enumerate() {
			let error = pixels(case, 1 << 20).unwrap_err();
			let is_format = matches!(
				error,
				JobFileError::Format {
					format: "png-gray8",
					..
				}
			);
			assert!(is_format, "case {number}: {error}");
		}
	}

	#[test]
	fn large_png_is_refused_by_its_header() {
		// A few bytes that would unpack to more than the limit.
		let file = png(|_| (), (64, 64), &[&[0; 64 * 64]]);
		assert!(file.len() < 1024);
		assert!(matches!(
			pixels(file.clone(), 64 * 64 - 1),
			Err(JobFileError::TooLarge { limit: 4095, .. })
		));
		assert_eq!(pixels(file, 64 * 64).unwrap(), [0; 64 * 64]);
		// And one that is only a claim: 2^62 pixels.
		let claim = png(|_| (), (1 << 31, 1 << 31), &[]);
		assert!(matches!(pixels(claim, 1 << 30), Err(JobFileError::TooLarge { .. })));
	}
}
