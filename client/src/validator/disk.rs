//! The disk under a node's data: what is free, and how fast it writes.

use super::{at_least, at_most, bytes, Finding, Verdict};
use crate::keys::random;
use std::{
	fs::{self, File, OpenOptions},
	io::{self, Seek, SeekFrom, Write},
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

/// Percent of the disk that is free with which nothing is to be done.
const FREE_PERCENT: u64 = 10;
/// Percent below which it is critical, as for the alert `MillraceDiskFull`.
const LEAST_FREE_PERCENT: u64 = 5;
/// Bytes that are free with which nothing is to be done.
const FREE: u64 = 10 << 30;
/// Bytes below which a node may stop any day.
const LEAST_FREE: u64 = 1 << 30;

/// Bytes that are written to measure the disk.
const WRITTEN: usize = 64 << 20;
/// Bytes of one write.
const BLOCK: usize = 1 << 20;
/// Bytes of one write that must be safe before the next.
const PAGE: usize = 4 << 10;
/// How many of these there are.
const PAGES: usize = 21;
/// The longest that either takes, unless a single write takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes a second with which nothing is to be done: a full block has 5 MiB, and a database writes every byte several times.
const SPEED: u64 = 50_000_000;
/// Bytes a second below which a full chain may outrun the disk.
const LEAST_SPEED: u64 = 10_000_000;
/// Time until a small write is safe: a hundredth of a slot.
const SYNC: Duration = Duration::from_millis(30);
/// A tenth of a slot.
const LONGEST_SYNC: Duration = Duration::from_millis(300);

/// The disk under a folder, in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Space {
	/// All of it.
	pub total: u64,
	/// What this user may still write.
	pub free: u64,
}

impl Space {
	/// Of the disk under `folder`; none where that is not told.
	#[cfg(unix)]
	pub fn of(folder: &Path) -> Option<Space> {
		let found = rustix::fs::statvfs(folder).ok()?;
		Some(Space {
			total: found.f_blocks.saturating_mul(found.f_frsize),
			free: found.f_bavail.saturating_mul(found.f_frsize),
		})
	}

	/// Of the disk under `folder`; none where that is not told.
	#[cfg(not(unix))]
	pub fn of(_: &Path) -> Option<Space> {
		None
	}
}

/// Judges what is free.
pub fn space(found: Option<Space>) -> Finding {
	let Some(Space { total, free }) = found else {
		return Finding::warn(
			"space",
			"this system does not tell how much of the disk is free",
			"see that some gigabytes are",
		);
	};
	let percent = free.saturating_mul(100).checked_div(total).unwrap_or(0);
	let verdict = at_least(percent, FREE_PERCENT, LEAST_FREE_PERCENT).max(at_least(free, FREE, LEAST_FREE));
	Finding::new(
		"space",
		verdict,
		format!("{} of {} are free, {percent} %", bytes(free), bytes(total)),
		"what may be deleted is in docs/operations.md under MillraceDiskFull; --blocks-pruning keeps fewer blocks",
	)
}

/// How fast a disk writes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Writes {
	/// Bytes a second of a long write, until it is safe.
	pub bytes_per_second: u64,
	/// Time until a write of 4 KiB is safe; the median of some.
	pub sync: Duration,
}

/// A file that is removed when it is no longer needed, whatever happens meanwhile.
struct Scratch {
	path: PathBuf,
	file: File,
}

impl Scratch {
	fn create(folder: &Path) -> io::Result<Scratch> {
		let suffix: [u8; 8] = random();
		let path = folder.join(format!(".millrace-doctor-{}", hex::encode(suffix)));
		let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
		Ok(Scratch { path, file })
	}
}

impl Drop for Scratch {
	fn drop(&mut self) {
		let _ = fs::remove_file(&self.path);
	}
}

impl Writes {
	/// Measures the disk under `folder` with a file of at most 64 MiB, which is removed at once.
	///
	/// # Errors
	/// The file cannot be made or written.
	pub fn measure(folder: &Path) -> io::Result<Writes> {
		let mut scratch = Scratch::create(folder)?;
		// Noise, so that a disk that compresses has no less to do.
		let block: Vec<u8> = (0..BLOCK / PAGE).flat_map(|_| random::<PAGE>()).collect();
		let start = Instant::now();
		let mut written = 0usize;
		while written < WRITTEN && start.elapsed() < PATIENCE {
			scratch.file.write_all(&block)?;
			written = written.saturating_add(block.len());
		}
		scratch.file.sync_all()?;
		let seconds = start.elapsed().as_secs_f64();

		let page = random::<PAGE>();
		let start = Instant::now();
		let mut times = Vec::new();
		while times.len() < PAGES && (times.is_empty() || start.elapsed() < PATIENCE) {
			let start = Instant::now();
			scratch.file.seek(SeekFrom::Start(0))?;
			scratch.file.write_all(&page)?;
			scratch.file.sync_data()?;
			times.push(start.elapsed());
		}
		times.sort_unstable();
		Ok(Writes {
			bytes_per_second: (written as f64 / seconds.max(1e-9)) as u64,
			sync: times.get(times.len() / 2).copied().unwrap_or_default(),
		})
	}
}

/// Judges how fast the disk writes, or why it does not.
pub fn writes(found: &io::Result<Writes>) -> Finding {
	let Writes { bytes_per_second, sync } = match found {
		Ok(found) => *found,
		Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
			return Finding::warn(
				"writes",
				format!("this user may not write there, so the disk was not measured: {error}"),
				"run this as the node's user, as with `sudo -u millrace-node`",
			);
		}
		Err(error) => {
			return Finding::fail(
				"writes",
				format!("nothing can be written there: {error}"),
				"a node ends when it cannot write: look at the disk's space and at the system's log",
			);
		}
	};
	let verdict: Verdict = at_least(bytes_per_second, SPEED, LEAST_SPEED).max(at_most(sync, SYNC, LONGEST_SYNC));
	Finding::new(
		"writes",
		verdict,
		format!(
			"{} MB a second, and a small write is safe after {:.1} ms",
			bytes_per_second / 1_000_000,
			sync.as_secs_f64() * 1_000.0
		),
		format!(
			"good are {} MB a second and {} ms: use a disk of this machine, best a solid one, and see what else writes to it",
			SPEED / 1_000_000,
			SYNC.as_millis()
		),
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn share_and_amount_of_free_space_count() {
		let with = |total: u64, free: u64| space(Some(Space { total, free })).verdict;
		let gib = |count: u64| count << 30;
		assert_eq!(with(gib(100), gib(10)), Verdict::Ok);
		assert_eq!(with(gib(1_000), gib(99)), Verdict::Warn, "less than a tenth");
		assert_eq!(with(gib(50), gib(9)), Verdict::Warn, "less than 10 GiB");
		assert_eq!(with(gib(1_000), gib(49)), Verdict::Fail, "less than a twentieth");
		assert_eq!(with(gib(2), gib(1) - 1), Verdict::Fail, "less than a GiB");
		assert_eq!(with(0, 0), Verdict::Fail);
		assert_eq!(space(None).verdict, Verdict::Warn);
	}

	#[test]
	fn speed_and_delay_of_writes_count() {
		let with = |bytes_per_second, millis| {
			let sync = Duration::from_millis(millis);
			writes(&Ok(Writes { bytes_per_second, sync })).verdict
		};
		assert_eq!(with(50_000_000, 30), Verdict::Ok);
		assert_eq!(with(49_999_999, 30), Verdict::Warn);
		assert_eq!(with(50_000_000, 31), Verdict::Warn);
		assert_eq!(with(9_999_999, 1), Verdict::Fail);
		assert_eq!(with(500_000_000, 301), Verdict::Fail);
	}

	#[test]
	fn what_cannot_be_written_is_told_from_what_may_not() {
		let found = |kind: io::ErrorKind| writes(&Err(io::Error::from(kind)));
		assert_eq!(found(io::ErrorKind::PermissionDenied).verdict, Verdict::Warn);
		assert_eq!(found(io::ErrorKind::StorageFull).verdict, Verdict::Fail);
		assert_eq!(found(io::ErrorKind::ReadOnlyFilesystem).verdict, Verdict::Fail);
	}

	#[test]
	fn a_measurement_leaves_nothing_behind() {
		let folder = tempfile::tempdir().unwrap();
		let found = Writes::measure(folder.path()).unwrap();
		assert!(found.bytes_per_second > 0, "{found:?}");
		assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
		assert!(Writes::measure(&folder.path().join("none")).is_err());
		#[cfg(unix)]
		{
			let space = Space::of(folder.path()).unwrap();
			assert!(space.total > 0 && space.free <= space.total, "{space:?}");
			assert_eq!(Space::of(&folder.path().join("none")), None);
		}
	}
}
