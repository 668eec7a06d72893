//! The job's files: inputs in, the bundle out.

use crate::backend::message::InputFile;
use millrace_compute::{Computed, FIGURES_BYTES};
use std::{
	fs::File,
	io::{self, Read, Write},
	path::Path,
};

/// Bytes that are read or written between two signs of life.
const BLOCK: usize = 4 << 20;

/// Reads an input whole. Calls `alive` as it comes.
pub(super) fn read(input: &InputFile, alive: &dyn Fn()) -> Result<Vec<u8>, String> {
	let path = input.path.path();
	let failed = |error: io::Error| format!("{}: {error}", path.display());
	let mut file = File::open(&path).map_err(failed)?;
	let actual = file.metadata().map_err(failed)?.len();
	if actual != u64::from(input.len) {
		return Err(format!("{} has {actual} bytes, not {}", path.display(), input.len));
	}
	// Below 2^32.
	let mut bytes = vec![0u8; usize::try_from(input.len).unwrap_or_default()];
	for block in bytes.chunks_mut(BLOCK) {
		file.read_exact(block).map_err(failed)?;
		alive();
	}
	Ok(bytes)
}

/// Writes the bundle over what is in the file: the output, then the figures of each leaf. The worker took the space for
/// it, reads it again and makes it durable.
pub(super) fn write(path: &Path, computed: &Computed, alive: &dyn Fn()) -> Result<(), String> {
	let write = || -> io::Result<()> {
		let mut file = File::options().write(true).create(true).truncate(false).open(path)?;
		for block in computed.output.chunks(BLOCK) {
			file.write_all(block)?;
			alive();
		}
		for leaves in computed.leaves.chunks(BLOCK / FIGURES_BYTES) {
			let mut figures = Vec::with_capacity(leaves.len() * FIGURES_BYTES);
			for leaf in leaves {
				figures.extend_from_slice(&leaf.units.to_le_bytes());
				figures.extend_from_slice(&leaf.traps.to_le_bytes());
			}
			file.write_all(&figures)?;
			alive();
		}
		let length = computed.output.len() + computed.leaves.len() * FIGURES_BYTES;
		file.set_len(length as u64)
	};
	write().map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::backend::message::FilePath;
	use millrace_compute::{Options, Runner};
	use millrace_kernel::{asm::assemble, eval::Task};
	use std::fs;

	#[test]
	fn the_bundle_is_written_over_the_space_taken() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("bundle");
		fs::write(&path, [7; 10_000]).unwrap();
		let program = assemble(".item 4\n.max_units 100\n.w i zero\n  index i\n  sto32 [zero + 0], i\n").unwrap();
		let task = Task {
			items: 700,
			max_units: 100,
			params: &[],
		};
		let computed = Runner::reference()
			.run(&program, &task, &[], &Options::default())
			.unwrap();
		write(&path, &computed, &|| {}).unwrap();
		assert_eq!(fs::read(&path).unwrap(), computed.bundle());
	}

	#[test]
	fn an_input_of_another_length_is_an_error() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("0.data");
		fs::write(&path, [1, 2, 3]).unwrap();
		let input = |len| InputFile {
			path: FilePath::new(&path),
			len,
		};
		assert_eq!(read(&input(3), &|| {}).unwrap(), [1, 2, 3]);
		assert!(read(&input(2), &|| {}).is_err());
		assert!(read(&input(4), &|| {}).is_err());
		fs::remove_file(&path).unwrap();
		assert!(read(&input(3), &|| {}).is_err());
	}
}
