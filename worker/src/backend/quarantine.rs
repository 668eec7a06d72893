//! Devices that gave a wrong result or broke down again and again: written down, so that a restart does not trust them.
//!
//! The file is small, and rewritten whole. A device that is in it is not used until its owner says so; another driver
//! makes it another device, as it does for everything that is remembered of devices.

use crate::store::write_whole;
use millrace_client::endpoint::auth::unix_now;
use serde::{Deserialize, Serialize};
use std::{
	fs, io,
	path::{Path, PathBuf},
	sync::{Mutex, MutexGuard, PoisonError},
};

/// The file in the state directory.
pub const FILE: &str = "quarantine.json";
/// Most devices in the file; the oldest is forgotten.
const DEVICES: usize = 64;

/// A device that is not used.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Quarantined {
	/// The device and what drives it.
	pub device: String,
	/// Why.
	pub reason: String,
	/// Since when, in seconds since 1970.
	pub since: u64,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be read or written")]
pub struct QuarantineError {
	/// The file.
	pub path: PathBuf,
	/// Why not.
	#[source]
	pub source: io::Error,
}

/// The file of a state directory.
pub struct Quarantine {
	path: PathBuf,
	devices: Mutex<Vec<Quarantined>>,
}

impl Quarantine {
	/// Reads the file of a state directory. One that is not there is empty; one that is damaged is an error, because it
	/// may name a device that computes wrongly.
	pub fn open(state: &Path) -> Result<Self, QuarantineError> {
		let path = state.join(FILE);
		let devices = read(&path)?;
		Ok(Self {
			path,
			devices: Mutex::new(devices),
		})
	}

	/// Every device in quarantine, the oldest first.
	pub fn list(&self) -> Vec<Quarantined> {
		self.lock().clone()
	}

	/// Why a device is not used.
	pub fn reason(&self, device: &str) -> Option<String> {
		self.lock()
			.iter()
			.find(|entry| entry.device == device)
			.map(|entry| entry.reason.clone())
	}

	/// Puts a device into quarantine. That holds in this process even if the file cannot be written.
	///
	/// # Errors
	/// The file cannot be written; after a restart the device would be trusted.
	pub fn add(&self, device: &str, reason: &str) -> Result<(), QuarantineError> {
		let mut devices = self.lock();
		devices.retain(|entry| entry.device != device);
		devices.push(Quarantined {
			device: device.to_owned(),
			reason: reason.to_owned(),
			since: unix_now(),
		});
		let surplus = devices.len().saturating_sub(DEVICES);
		devices.drain(..surplus);
		write(&self.path, &devices)
	}

	/// Trusts a device again, or all of them. Returns those that were in quarantine. A worker that runs goes on without
	/// them until it is started again.
	pub fn release(state: &Path, device: Option<&str>) -> Result<Vec<Quarantined>, QuarantineError> {
		let path = state.join(FILE);
		let (released, kept): (Vec<_>, Vec<_>) = read(&path)?
			.into_iter()
			.partition(|entry| device.is_none_or(|device| entry.device == device));
		if !released.is_empty() {
			write(&path, &kept)?;
		}
		Ok(released)
	}

	fn lock(&self) -> MutexGuard<'_, Vec<Quarantined>> {
		self.devices.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

fn read(path: &Path) -> Result<Vec<Quarantined>, QuarantineError> {
	let failed = |source| QuarantineError {
		path: path.to_owned(),
		source,
	};
	match fs::read(path) {
		Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed(error.into())),
		Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
		Err(error) => Err(failed(error)),
	}
}

fn write(path: &Path, devices: &[Quarantined]) -> Result<(), QuarantineError> {
	serde_json::to_vec_pretty(devices)
		.map_err(io::Error::from)
		.and_then(|bytes| write_whole(path, &bytes))
		.map_err(|source| QuarantineError {
			path: path.to_owned(),
			source,
		})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_in_quarantine_stays_there_until_it_is_released() {
		let dir = tempfile::tempdir().unwrap();
		let quarantine = Quarantine::open(dir.path()).unwrap();
		assert_eq!(quarantine.reason("cuda one"), None);
		quarantine.add("cuda one", "leaf 3 is wrong").unwrap();
		quarantine.add("cuda two", "died").unwrap();
		quarantine.add("cuda two", "died again").unwrap();

		let quarantine = Quarantine::open(dir.path()).unwrap();
		assert_eq!(quarantine.reason("cuda one").as_deref(), Some("leaf 3 is wrong"));
		assert_eq!(quarantine.reason("cuda two").as_deref(), Some("died again"));
		assert_eq!(quarantine.list().len(), 2);

		let released = Quarantine::release(dir.path(), Some("cuda one")).unwrap();
		assert_eq!(released.len(), 1);
		assert_eq!(Quarantine::open(dir.path()).unwrap().list().len(), 1);
		assert!(Quarantine::release(dir.path(), Some("cuda one")).unwrap().is_empty());
		assert_eq!(Quarantine::release(dir.path(), None).unwrap().len(), 1);
		assert!(Quarantine::open(dir.path()).unwrap().list().is_empty());
	}

	#[test]
	fn a_damaged_file_is_an_error_and_its_length_is_bounded() {
		let dir = tempfile::tempdir().unwrap();
		let quarantine = Quarantine::open(dir.path()).unwrap();
		for number in 0..DEVICES + 2 {
			quarantine.add(&format!("cuda {number}"), "wrong").unwrap();
		}
		assert_eq!(quarantine.list().len(), DEVICES);
		assert_eq!(quarantine.reason("cuda 1"), None);
		assert!(quarantine.reason("cuda 2").is_some());
		fs::write(dir.path().join(FILE), "[{").unwrap();
		assert!(Quarantine::open(dir.path()).is_err());
	}
}
