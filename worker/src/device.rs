//! The device that the worker computes with, in the words that go on the chain.
//!
//! A CUDA device has a UUID. A processor has none, so the state directory keeps a random id for it, made once.

use crate::{backend::Ready, store::write_whole};
use millrace_client::chain::{blake2_256, device_id, DeviceFacts, H256, MAX_DRIVER, MAX_MODEL};
use std::{
	fs, io,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
};

/// The file in the state directory.
pub const FILE: &str = "device-id";
/// Bytes of the id.
const ID_BYTES: usize = 16;
/// Printed instead of what cannot be.
const UNPRINTABLE: u8 = b'?';

/// What reading or making the id can fail with.
#[derive(Debug, thiserror::Error)]
pub enum DeviceIdError {
	/// The file cannot be read or written.
	#[error("{path} cannot be read or written")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why not.
		#[source]
		source: io::Error,
	},
	/// The file holds something else.
	#[error("{0} is damaged: it should hold 32 hexadecimal digits")]
	Damaged(PathBuf),
	/// Others can read the file.
	#[error("others can read {path} (its mode is {mode:04o})")]
	Exposed {
		/// The file.
		path: PathBuf,
		/// Its permission bits.
		mode: u32,
	},
}

impl DeviceIdError {
	/// What to do about it.
	pub fn hint(&self) -> String {
		match self {
			Self::Io { .. } => "look at the directory's rights and the free space".to_owned(),
			Self::Damaged(path) => format!(
				"restore {} from a copy, or delete it: a new one is made, and the device is enrolled and measured anew",
				path.display()
			),
			Self::Exposed { path, .. } => format!("chmod 600 {}", path.display()),
		}
	}
}

/// The random id of a machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MachineId([u8; ID_BYTES]);

impl MachineId {
	/// Reads the id of a state directory, or makes it.
	///
	/// # Errors
	/// The file is damaged, others can read it, or the disk fails. It is never made anew over one that is there.
	pub fn open(state: &Path) -> Result<Self, DeviceIdError> {
		let path = state.join(FILE);
		let failed = |source| DeviceIdError::Io {
			path: path.clone(),
			source,
		};
		let bytes = match fs::read(&path) {
			Ok(bytes) => bytes,
			Err(error) if error.kind() == io::ErrorKind::NotFound => {
				let id = rand::random::<[u8; ID_BYTES]>();
				write_whole(&path, format!("{}\n", hex::encode(id)).as_bytes()).map_err(failed)?;
				return Ok(Self(id));
			}
			Err(error) => return Err(failed(error)),
		};
		let mode = fs::metadata(&path).map_err(failed)?.permissions().mode() & 0o777;
		if mode & 0o077 != 0 {
			return Err(DeviceIdError::Exposed { path, mode });
		}
		let mut id = [0; ID_BYTES];
		let digits = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
		match hex::decode_to_slice(digits, &mut id) {
			Ok(()) => Ok(Self(id)),
			Err(_) => Err(DeviceIdError::Damaged(path)),
		}
	}

	/// The UUID of a device of this machine whose hardware has none.
	fn uuid_of(&self, device: &str) -> [u8; ID_BYTES] {
		let mut message = self.0.to_vec();
		message.extend_from_slice(device.as_bytes());
		let mut uuid = [0; ID_BYTES];
		for (to, from) in uuid.iter_mut().zip(blake2_256(&message)) {
			*to = from;
		}
		uuid
	}
}

/// What the chain is told of the device that a backend named.
pub fn facts(ready: &Ready, machine: &MachineId, genesis: &H256) -> DeviceFacts {
	let hardware = &ready.hardware;
	let part = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
	let uuid = hardware.uuid.unwrap_or_else(|| machine.uuid_of(&ready.device));
	DeviceFacts {
		model: printable(&hardware.model, MAX_MODEL),
		memory: hardware.memory,
		compute_capability: hardware
			.compute_capability
			.map(|(major, minor)| (part(major), part(minor))),
		driver: printable(&hardware.driver, MAX_DRIVER),
		uuid_hash: device_id(genesis, &uuid),
	}
}

/// A text as the chain takes it: printable ASCII, of `most` bytes at most, and something.
fn printable(text: &str, most: usize) -> String {
	let printable = |character: char| match character {
		' '..='~' => character,
		_ => char::from(UNPRINTABLE),
	};
	let text: String = text.trim().chars().map(printable).take(most).collect();
	match text.trim_end() {
		"" => "unknown".to_owned(),
		text => text.to_owned(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use millrace_compute::{BackendKind, Hardware};

	const GENESIS: H256 = H256([1; 32]);

	fn ready(device: &str, uuid: Option<[u8; 16]>) -> Ready {
		Ready {
			kind: BackendKind::Cpu,
			device: device.to_owned(),
			description: String::new(),
			hardware: Hardware {
				model: "Prozeß 9".to_owned(),
				memory: 1 << 34,
				compute_capability: uuid.map(|_| (9, 300)),
				driver: "wasmtime 36".to_owned(),
				uuid,
			},
		}
	}

	#[test]
	fn texts_on_the_chain_are_printable_bounded_and_never_empty() {
		assert_eq!(printable(" NVIDIA H200 ", 64), "NVIDIA H200");
		assert_eq!(printable("a\u{7f}\tüb\n", 64), "a???b");
		assert_eq!(printable(&"x".repeat(65), 64), "x".repeat(64));
		// Four bytes each, one character on the chain.
		assert_eq!(printable(&"🦀".repeat(40), 32), "?".repeat(32));
		assert_eq!(printable("abc  def", 5), "abc");
		for nothing in ["", " \n"] {
			assert_eq!(printable(nothing, 32), "unknown");
		}
	}

	#[test]
	fn an_id_is_made_once_and_for_the_owner_only() {
		let dir = tempfile::tempdir().unwrap();
		let made = MachineId::open(dir.path()).unwrap();
		assert_eq!(MachineId::open(dir.path()).unwrap(), made);
		let path = dir.path().join(FILE);
		assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
		assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
		let other = tempfile::tempdir().unwrap();
		assert_ne!(MachineId::open(other.path()).unwrap(), made);

		fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
		let error = MachineId::open(dir.path()).unwrap_err();
		assert!(matches!(error, DeviceIdError::Exposed { mode: 0o640, .. }));
	}

	#[test]
	fn a_damaged_id_is_an_error_and_is_left_as_it_is() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join(FILE);
		for damaged in ["", "\n", "00", &"0".repeat(31), &"0".repeat(33), &"g".repeat(32)] {
			write_whole(&path, damaged.as_bytes()).unwrap();
			let error = MachineId::open(dir.path()).unwrap_err();
			assert!(matches!(error, DeviceIdError::Damaged(_)), "{damaged:?}");
			assert!(error.hint().contains("delete it"));
			assert_eq!(fs::read(&path).unwrap(), damaged.as_bytes());
		}
		// A hand that edits it may leave out the line's end.
		write_whole(&path, "0f".repeat(16).as_bytes()).unwrap();
		assert_eq!(MachineId::open(dir.path()).unwrap(), MachineId([15; 16]));
	}

	#[test]
	fn the_hardwares_own_uuid_comes_first() {
		let (one, two) = (MachineId([1; 16]), MachineId([2; 16]));
		let cuda = ready("cuda", Some([7; 16]));
		let told = facts(&cuda, &one, &GENESIS);
		assert_eq!(told, facts(&cuda, &two, &GENESIS));
		assert_eq!(told.uuid_hash, device_id(&GENESIS, &[7; 16]));
		assert_eq!(told.compute_capability, Some((9, 255)));
		assert_eq!(told.model, "Proze? 9");
	}

	#[test]
	fn without_one_the_machine_and_the_backend_make_it() {
		let (one, two) = (MachineId([1; 16]), MachineId([2; 16]));
		let hash = |device: &str, machine: &MachineId| facts(&ready(device, None), machine, &GENESIS).uuid_hash;
		assert_eq!(hash("cpu", &one), hash("cpu", &one));
		assert_ne!(hash("cpu", &one), hash("cpu", &two));
		assert_ne!(hash("cpu", &one), hash("reference", &one));
		let elsewhere = facts(&ready("cpu", None), &one, &H256([2; 32])).uuid_hash;
		assert_ne!(hash("cpu", &one), elsewhere);
	}
}
