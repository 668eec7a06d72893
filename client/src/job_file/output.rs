//! What becomes of output bytes.

use std::{
	fmt::Write as _,
	fs,
	io::{self, BufWriter, Write},
	path::{Path, PathBuf},
};

/// How output bytes become a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OutputFormat {
	/// As they are.
	Raw,
	/// An 8-bit greyscale PNG.
	PngGray8 {
		/// Pixels in a row.
		width: u32,
		/// Rows.
		height: u32,
	},
	/// A text table of little-endian 32-bit numbers, tabs between columns.
	U32Table {
		/// Numbers in a row.
		columns: u32,
		/// Whether the columns' sums are reported.
		sum: bool,
	},
}

/// Where the output goes, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutputSpec {
	/// The file.
	pub file: PathBuf,
	/// How.
	pub format: OutputFormat,
}

/// What can go wrong with an output.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
	/// The job's output does not have the size of the format.
	#[error("the output has {actual} bytes, and {format} needs {needed}")]
	Size {
		/// Bytes of the output.
		actual: u64,
		/// The format.
		format: String,
		/// What it needs.
		needed: String,
	},
	/// The file cannot be written.
	#[error("cannot write {path}: {source}")]
	Write {
		/// Where.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
}

impl OutputFormat {
	/// Whether an output of this many bytes fits; asked before anything is bought.
	///
	/// # Errors
	/// [`OutputError::Size`].
	pub fn check(&self, bytes: u64) -> Result<(), OutputError> {
		match self {
			OutputFormat::Raw => Ok(()),
			OutputFormat::PngGray8 { width, height } => {
				let needed = u64::from(*width) * u64::from(*height);
				if bytes == needed {
					return Ok(());
				}
				Err(OutputError::Size {
					actual: bytes,
					format: format!("a picture of {width} × {height} pixels"),
					needed: format!("{needed}"),
				})
			}
			OutputFormat::U32Table { columns, .. } => {
				let row = u64::from(*columns) * 4;
				if row > 0 && bytes.is_multiple_of(row) {
					return Ok(());
				}
				Err(OutputError::Size {
					actual: bytes,
					format: format!("a table of {columns} columns"),
					needed: format!("a multiple of {row}"),
				})
			}
		}
	}

	/// The file's bytes.
	///
	/// # Errors
	/// [`OutputError::Size`].
	pub fn encode(&self, output: &[u8]) -> Result<Vec<u8>, OutputError> {
		self.check(output.len() as u64)?;
		match self {
			OutputFormat::Raw => Ok(output.to_vec()),
			OutputFormat::PngGray8 { width, height } => {
				png(output, *width, *height).map_err(|error| OutputError::Write {
					path: PathBuf::from("the picture"),
					source: io::Error::other(error),
				})
			}
			OutputFormat::U32Table { columns, .. } => Ok(table(output, *columns).into_bytes()),
		}
	}

	/// The sum of each column; empty unless the format asks for them.
	pub fn sums(&self, output: &[u8]) -> Vec<u64> {
		let OutputFormat::U32Table { columns, sum: true } = self else {
			return Vec::new();
		};
		let mut sums = vec![0u64; columns_of(*columns)];
		for row in output.chunks_exact(columns_of(*columns) * 4) {
			for (sum, value) in sums.iter_mut().zip(numbers(row)) {
				*sum = sum.saturating_add(u64::from(value));
			}
		}
		sums
	}
}

fn numbers(row: &[u8]) -> impl Iterator<Item = u32> + '_ {
	row.chunks_exact(4)
		.map(|bytes| bytes.try_into().map_or(0, u32::from_le_bytes))
}

/// As a count for slices, at least 1.
fn columns_of(columns: u32) -> usize {
	usize::try_from(columns.max(1)).unwrap_or(usize::MAX / 4)
}

fn table(output: &[u8], columns: u32) -> String {
	let mut text = String::new();
	for row in output.chunks_exact(columns_of(columns) * 4) {
		for (column, value) in numbers(row).enumerate() {
			let gap = if column == 0 { "" } else { "\t" };
			// Writing to a string cannot fail.
			let _ = write!(text, "{gap}{value}");
		}
		text.push('\n');
	}
	text
}

fn png(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
	let mut bytes = Vec::new();
	let mut encoder = png::Encoder::new(&mut bytes, width, height);
	encoder.set_color(png::ColorType::Grayscale);
	encoder.set_depth(png::BitDepth::Eight);
	let mut writer = encoder.write_header()?;
	writer.write_image_data(pixels)?;
	writer.finish()?;
	Ok(bytes)
}

/// Writes a file so that it is either there in full or not at all: a new file beside it, then a rename.
///
/// # Errors
/// [`OutputError::Write`]; the unfinished file is removed, and what was at `path` before stays.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<(), OutputError> {
	let mut name = path.file_name().unwrap_or_default().to_os_string();
	name.push(format!(".{}.part", std::process::id()));
	let part = path.with_file_name(name);
	let write = || -> io::Result<()> {
		let mut file = BufWriter::new(fs::File::create(&part)?);
		file.write_all(content)?;
		file.flush()?;
		file.get_ref().sync_all()?;
		fs::rename(&part, path)
	};
	write().map_err(|source| {
		let _ = fs::remove_file(&part);
		OutputError::Write {
			path: path.to_owned(),
			source,
		}
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn tables_and_sums() {
		let format = OutputFormat::U32Table { columns: 2, sum: true };
		let output: Vec<u8> = [1u32, 2, 3, 4_000_000_000]
			.iter()
			.flat_map(|number| number.to_le_bytes())
			.collect();
		assert_eq!(format.encode(&output).unwrap(), b"1\t2\n3\t4000000000\n");
		assert_eq!(format.sums(&output), [4, 4_000_000_002]);
		assert!(matches!(format.check(12), Err(OutputError::Size { actual: 12, .. })));
		let silent = OutputFormat::U32Table { columns: 1, sum: false };
		assert!(silent.sums(&output).is_empty());
	}

	#[test]
	fn pictures_hold_the_pixels() {
		let format = OutputFormat::PngGray8 { width: 3, height: 2 };
		let file = format.encode(&[9, 8, 7, 6, 5, 4]).unwrap();
		let mut reader = png::Decoder::new(io::Cursor::new(file)).read_info().unwrap();
		let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
		reader.next_frame(&mut pixels).unwrap();
		assert_eq!(pixels, [9, 8, 7, 6, 5, 4]);
		assert!(format.encode(&[0; 5]).unwrap_err().to_string().contains("3 × 2"));
	}

	#[test]
	fn files_appear_in_full_or_not_at_all() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("out.bin");
		write_atomically(&path, b"first").unwrap();
		write_atomically(&path, b"second").unwrap();
		assert_eq!(fs::read(&path).unwrap(), b"second");
		assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
		let nowhere = dir.path().join("no/such/folder/out.bin");
		assert!(matches!(
			write_atomically(&nowhere, b"x"),
			Err(OutputError::Write { .. })
		));
	}
}
