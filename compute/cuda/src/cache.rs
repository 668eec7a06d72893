//! Compiled kernels, kept: the newest in memory, more of them in files.
//!
//! A file is only as good as its hash: one that is cut short, altered, or made for another kernel, emitter, driver or
//! device is as good as none, and is replaced. That keeps accidents out, not enemies: who can write here can have the
//! device run anything, so the folder is made for its owner alone.

use millrace_kernel::tree::{Blake2b, Digest, Hasher};
use std::{
	fs::{self, File},
	io::{self, Write},
	path::{Path, PathBuf},
	sync::atomic::{AtomicU32, Ordering},
	time::{Duration, SystemTime},
};

const MAGIC: [u8; 8] = *b"MRCUBIN1";
/// Magic, kernel, emitter, driver, compute capability, length, hash.
const HEADER: usize = 8 + 32 + 4 + 8 + 8 + 8 + 32;
/// No cubin comes near; longer files are not even read.
const MAX_FILE: u64 = 64 << 20;
const EXTENSION: &str = "cubin";
/// A file in the making that is older was left behind by a process that died.
const ABANDONED: Duration = Duration::from_secs(3_600);

/// What a compiled kernel depends on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Key {
	/// The program's hash.
	pub(crate) kernel: Digest,
	/// The version of what turned it into text.
	pub(crate) emitter: u32,
	/// The driver whose compiler made machine code of the text.
	pub(crate) driver: (u32, u32),
	/// The compute capability that it was made for.
	pub(crate) capability: (u32, u32),
}

impl Key {
	/// A name that tells people what the file is.
	fn file_name(&self) -> String {
		let kernel: String = self.kernel.iter().map(|byte| format!("{byte:02x}")).collect();
		let (driver, capability) = (self.driver, self.capability);
		format!(
			"{kernel}-{}-{}.{}-sm{}{}.{EXTENSION}",
			self.emitter, driver.0, driver.1, capability.0, capability.1
		)
	}

	/// The header of a file, up to the hash.
	fn header(&self, length: usize) -> Vec<u8> {
		let mut header = Vec::with_capacity(HEADER);
		header.extend_from_slice(&MAGIC);
		header.extend_from_slice(&self.kernel);
		let numbers = [
			self.emitter,
			self.driver.0,
			self.driver.1,
			self.capability.0,
			self.capability.1,
		];
		for number in numbers {
			header.extend_from_slice(&number.to_le_bytes());
		}
		header.extend_from_slice(&(length as u64).to_le_bytes());
		header
	}
}

/// A file that holds `image` under `key`.
fn encode(key: &Key, image: &[u8]) -> Vec<u8> {
	let mut file = key.header(image.len());
	file.extend_from_slice(&Blake2b::hash(&[&file, image]));
	file.extend_from_slice(image);
	file
}

/// The image in a file, where it is whole and was made for `key`.
fn decode(key: &Key, file: &[u8]) -> Option<Vec<u8>> {
	let (header, image) = file.split_at_checked(HEADER)?;
	let (header, hash) = header.split_at_checked(HEADER - 32)?;
	let whole = header == key.header(image.len()) && hash == Blake2b::hash(&[header, image]);
	whole.then(|| image.to_vec())
}

/// A folder of compiled kernels.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
	folder: PathBuf,
	/// Most bytes of all its files.
	limit: u64,
}

impl Disk {
	pub(crate) fn new(folder: PathBuf, limit: u64) -> Disk {
		Disk { folder, limit }
	}

	/// What was stored under `key`, if it is still there and whole.
	pub(crate) fn load(&self, key: &Key) -> Option<Vec<u8>> {
		let path = self.folder.join(key.file_name());
		if fs::metadata(&path).ok()?.len() > MAX_FILE {
			return None;
		}
		let image = decode(key, &fs::read(&path).ok()?)?;
		// Used now: the oldest files go first. On a read-only folder nothing goes, so nothing is lost.
		let _ = File::options()
			.append(true)
			.open(&path)
			.and_then(|file| file.set_modified(SystemTime::now()));
		Some(image)
	}

	/// Stores `image`, all of it or nothing, and makes room for it.
	pub(crate) fn store(&self, key: &Key, image: &[u8]) -> io::Result<()> {
		make_folder(&self.folder)?;
		let path = self.folder.join(key.file_name());
		let making = self.folder.join(temporary_name());
		let written = File::create_new(&making).and_then(|mut file| {
			file.write_all(&encode(key, image))?;
			file.sync_all()
		});
		if let Err(error) = written.and_then(|()| fs::rename(&making, &path)) {
			let _ = fs::remove_file(&making);
			return Err(error);
		}
		self.prune(&path)
	}

	/// Removes the oldest files until all fit the limit, but never `keep`.
	fn prune(&self, keep: &Path) -> io::Result<()> {
		let mut files = Vec::new();
		let mut total = 0u64;
		for entry in fs::read_dir(&self.folder)? {
			let path = entry?.path();
			// Another process may prune too: what is gone needs no room.
			let Ok(metadata) = fs::metadata(&path) else { continue };
			let modified = metadata.modified()?;
			let extension = path.extension().and_then(|extension| extension.to_str());
			let abandoned = || modified.elapsed().is_ok_and(|age| age > ABANDONED);
			match extension {
				Some(EXTENSION) => {}
				Some(MAKING) if abandoned() => {}
				_ => continue,
			}
			total = total.saturating_add(metadata.len());
			files.push((modified, metadata.len(), path));
		}
		files.sort();
		for (_, length, path) in files {
			if total <= self.limit {
				break;
			}
			if path == keep {
				continue;
			}
			match fs::remove_file(&path) {
				Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
				_ => total = total.saturating_sub(length),
			}
		}
		Ok(())
	}
}

const MAKING: &str = "making";

/// A name that no other store uses, of this process or another.
fn temporary_name() -> String {
	static COUNT: AtomicU32 = AtomicU32::new(0);
	let count = COUNT.fetch_add(1, Ordering::Relaxed);
	let now = SystemTime::now()
		.duration_since(SystemTime::UNIX_EPOCH)
		.unwrap_or_default();
	format!("{}-{count}-{}.{MAKING}", std::process::id(), now.as_nanos())
}

fn make_folder(folder: &Path) -> io::Result<()> {
	let mut builder = fs::DirBuilder::new();
	builder.recursive(true);
	#[cfg(unix)]
	std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
	builder.create(folder)
}

/// The kernels that were used last. A handful, so a walk over them is quicker than any table.
#[derive(Debug)]
pub(crate) struct Recent<T> {
	most: usize,
	/// The newest last.
	entries: Vec<(Digest, T)>,
}

impl<T: Clone> Recent<T> {
	/// Room for `most` values, at least 1.
	pub(crate) fn new(most: usize) -> Recent<T> {
		Recent {
			most: most.max(1),
			entries: Vec::new(),
		}
	}

	/// The value of `key`, which is now the newest.
	pub(crate) fn get(&mut self, key: &Digest) -> Option<T> {
		let at = self.entries.iter().position(|(known, _)| known == key)?;
		let entry = self.entries.remove(at);
		let value = entry.1.clone();
		self.entries.push(entry);
		Some(value)
	}

	/// Keeps `value`. Returns what has to go: what was kept under this key, or the oldest.
	pub(crate) fn put(&mut self, key: Digest, value: T) -> Option<T> {
		let known = self.entries.iter().position(|(known, _)| *known == key);
		let oldest = (self.entries.len() >= self.most).then_some(0);
		let gone = known.or(oldest).map(|at| self.entries.remove(at).1);
		self.entries.push((key, value));
		gone
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use tempfile::TempDir;

	fn key(kernel: u8) -> Key {
		Key {
			kernel: [kernel; 32],
			emitter: 3,
			driver: (12, 4),
			capability: (8, 6),
		}
	}

	fn age(folder: &Path, key: &Key, seconds: u64) {
		let file = File::options().append(true).open(folder.join(key.file_name())).unwrap();
		file.set_modified(SystemTime::now() - Duration::from_secs(seconds))
			.unwrap();
	}

	#[test]
	fn the_format_is_as_documented() {
		let file = encode(&key(7), b"machine code");
		assert_eq!(HEADER, 100);
		assert_eq!(&file[..8], b"MRCUBIN1");
		assert_eq!(&file[8..40], &[7; 32]);
		let numbers: Vec<u8> = [3u32, 12, 4, 8, 6].iter().flat_map(|n| n.to_le_bytes()).collect();
		assert_eq!(&file[40..60], &numbers[..]);
		assert_eq!(&file[60..68], &12u64.to_le_bytes());
		let mut hashed = file[..68].to_vec();
		hashed.extend_from_slice(b"machine code");
		assert_eq!(&file[68..100], &Blake2b::hash(&[&hashed]));
		assert_eq!(&file[100..], b"machine code");
		assert_eq!(decode(&key(7), &file).as_deref(), Some(&b"machine code"[..]));
	}

	#[test]
	fn every_damaged_byte_is_noticed() {
		let file = encode(&key(7), b"machine code");
		for at in 0..file.len() {
			let mut damaged = file.clone();
			damaged[at] ^= 0x10;
			assert_eq!(decode(&key(7), &damaged), None, "byte {at}");
		}
		for length in 0..file.len() {
			assert_eq!(decode(&key(7), &file[..length]), None, "{length} bytes");
		}
		let mut longer = file;
		longer.push(0);
		assert_eq!(decode(&key(7), &longer), None);
	}

	#[test]
	fn a_file_of_another_key_is_foreign() {
		let file = encode(&key(7), b"machine code");
		let others = [
			key(8),
			Key { emitter: 4, ..key(7) },
			Key {
				driver: (12, 5),
				..key(7)
			},
			Key {
				capability: (8, 9),
				..key(7)
			},
		];
		for other in others {
			assert_eq!(decode(&other, &file), None, "{other:?}");
			assert_ne!(other.file_name(), key(7).file_name());
		}
	}

	#[test]
	fn what_is_stored_is_found_again() {
		let folder = TempDir::new().unwrap();
		let disk = Disk::new(folder.path().join("a/b"), 1 << 20);
		assert_eq!(disk.load(&key(1)), None);
		disk.store(&key(1), b"one").unwrap();
		disk.store(&key(2), b"two").unwrap();
		assert_eq!(disk.load(&key(1)).as_deref(), Some(&b"one"[..]));
		assert_eq!(disk.load(&key(2)).as_deref(), Some(&b"two"[..]));
		disk.store(&key(1), b"other").unwrap();
		assert_eq!(disk.load(&key(1)).as_deref(), Some(&b"other"[..]));
		// Nothing is left of the making.
		assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 2);
	}

	#[test]
	fn a_damaged_file_is_replaced() {
		let folder = TempDir::new().unwrap();
		let disk = Disk::new(folder.path().to_owned(), 1 << 20);
		disk.store(&key(1), b"good").unwrap();
		fs::write(folder.path().join(key(1).file_name()), b"MRCUBIN1 and then nothing").unwrap();
		assert_eq!(disk.load(&key(1)), None);
		disk.store(&key(1), b"good").unwrap();
		assert_eq!(disk.load(&key(1)).as_deref(), Some(&b"good"[..]));
	}

	#[test]
	fn the_oldest_files_make_room() {
		let folder = TempDir::new().unwrap();
		// Two files of 100 + 50 bytes fit, three do not.
		let disk = Disk::new(folder.path().to_owned(), 300);
		let image = [9; 50];
		fs::write(folder.path().join("notes.txt"), [0; 1000]).unwrap();
		disk.store(&key(1), &image).unwrap();
		disk.store(&key(2), &image).unwrap();
		age(folder.path(), &key(1), 300);
		age(folder.path(), &key(2), 200);
		// Used again, so the second is now the oldest.
		assert!(disk.load(&key(1)).is_some());
		disk.store(&key(3), &image).unwrap();
		assert!(disk.load(&key(1)).is_some());
		assert!(disk.load(&key(2)).is_none());
		assert!(disk.load(&key(3)).is_some());
		assert!(folder.path().join("notes.txt").exists(), "not ours");
		// One that alone is over the limit stays until the next comes.
		disk.store(&key(4), &[9; 400]).unwrap();
		assert!(disk.load(&key(4)).is_some());
		assert!(disk.load(&key(1)).is_none());
	}

	#[test]
	fn a_folder_that_cannot_be_made_is_an_error_not_a_panic() {
		let folder = TempDir::new().unwrap();
		let file = folder.path().join("file");
		fs::write(&file, b"").unwrap();
		let disk = Disk::new(file.join("below"), 1 << 20);
		assert!(disk.store(&key(1), b"one").is_err());
		assert_eq!(disk.load(&key(1)), None);
	}

	#[test]
	fn the_least_recent_goes_first() {
		let mut recent = Recent::new(2);
		assert_eq!(recent.put([1; 32], 'a'), None);
		assert_eq!(recent.put([2; 32], 'b'), None);
		assert_eq!(recent.get(&[1; 32]), Some('a'));
		assert_eq!(recent.put([3; 32], 'c'), Some('b'));
		assert_eq!(recent.get(&[2; 32]), None);
		assert_eq!(recent.put([1; 32], 'd'), Some('a'));
		assert_eq!(recent.get(&[1; 32]), Some('d'));
		assert_eq!(recent.get(&[3; 32]), Some('c'));
	}
}
