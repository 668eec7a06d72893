//! Files of a given size, really written, and directories for their owner only.

use std::{
	fs::{self, DirBuilder, File, Permissions},
	io::{self, Write},
	os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
	path::Path,
};

/// Directories are for their owner only.
pub(super) const DIR_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
const BLOCK: usize = 1 << 20;

/// Creates a directory and its parents, mode 0700; an existing one gets that mode.
pub(super) fn create_dir(path: &Path) -> io::Result<()> {
	DirBuilder::new().recursive(true).mode(DIR_MODE).create(path)?;
	fs::set_permissions(path, Permissions::from_mode(DIR_MODE))
}

/// Makes `path` a file of `len` bytes of which every block is allocated. A file of that length is left as it is.
pub(super) fn ensure_len(path: &Path, len: u64) -> io::Result<()> {
	match fs::metadata(path) {
		Ok(meta) if meta.len() == len => Ok(()),
		_ => write_zeros(path, len),
	}
}

/// Writes a file of `len` zero bytes, mode 0600, durable when this returns. A sparse file would not take the space.
pub fn write_zeros(path: &Path, len: u64) -> io::Result<()> {
	let mut file = File::options()
		.write(true)
		.create(true)
		.truncate(true)
		.mode(FILE_MODE)
		.open(path)?;
	let zeros = vec![0u8; BLOCK];
	let mut left = len;
	while left > 0 {
		let part = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
		file.write_all(zeros.get(..part).unwrap_or(&zeros))?;
		left -= part as u64;
	}
	file.sync_all()
}

/// Writes a file whole, durable when this returns: under another name first, so that no half of it is ever seen.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let partial = path.with_extension("partial");
	let mut file = File::options()
		.write(true)
		.create(true)
		.truncate(true)
		.mode(FILE_MODE)
		.open(&partial)?;
	file.write_all(bytes)?;
	file.sync_all()?;
	fs::rename(&partial, path)?;
	path.parent().map_or(Ok(()), sync_dir)
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
	File::open(path)?.sync_all()
}

/// Bytes of the files in a directory, not of those below it.
pub(super) fn dir_bytes(path: &Path) -> u64 {
	let Ok(entries) = fs::read_dir(path) else { return 0 };
	entries
		.flatten()
		.filter_map(|entry| entry.metadata().ok())
		.filter(|meta| meta.is_file())
		.map(|meta| meta.len())
		.sum()
}
