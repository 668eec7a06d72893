//! The state directory's secrets: the worker's account key, and the TLS key of its endpoint.
//!
//! The directory has mode 0700, secret files 0600; files that others can read are refused. The owner's key is never
//! here: a machine that is broken into loses the worker key, which its owner revokes in one call.

use crate::{
	endpoint::tls::{TlsError, TlsIdentity},
	store::create_private_dir,
};
use millrace_client::{
	chain::AccountId,
	keys::{write_secret, Key, KeyError},
};
use std::{
	fs, io,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
};

/// The worker's key file.
pub const WORKER_KEY: &str = "worker-key.json";
/// The endpoint's key, PEM.
pub const TLS_KEY: &str = "tls-key.pem";
/// The endpoint's certificate, PEM.
pub const TLS_CERTIFICATE: &str = "tls-certificate.pem";

/// Who this worker is.
pub struct Identity {
	/// Signs extrinsics.
	pub key: Key,
	/// Answers for the endpoint.
	pub tls: TlsIdentity,
}

/// What reading or making keys can fail with.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
	/// The directory holds no keys.
	#[error("{0} holds no worker's keys")]
	NotInitialised(PathBuf),
	/// The directory cannot be made or entered.
	#[error("the state directory {path} cannot be used")]
	Directory {
		/// The directory.
		path: PathBuf,
		/// Why not.
		#[source]
		source: io::Error,
	},
	/// The worker's key.
	#[error("the worker's key cannot be used")]
	Key(#[from] KeyError),
	/// A TLS file cannot be read or written.
	#[error("{path} cannot be read or written")]
	TlsFile {
		/// The file.
		path: PathBuf,
		/// Why not.
		#[source]
		source: io::Error,
	},
	/// The TLS key is readable by others.
	#[error("others can read {path} (its mode is {mode:04o})")]
	Exposed {
		/// The file.
		path: PathBuf,
		/// Its permission bits.
		mode: u32,
	},
	/// The TLS key or certificate.
	#[error("the endpoint's key cannot be used")]
	Tls(#[from] TlsError),
}

impl IdentityError {
	/// What to do about it.
	pub fn hint(&self) -> String {
		match self {
			Self::NotInitialised(path) => format!("millrace-worker init --state {}", path.display()),
			Self::Directory { .. } | Self::TlsFile { .. } => {
				"look at the directory's rights and the free space".to_owned()
			}
			Self::Key(error) => error.hint(),
			Self::Exposed { path, .. } => format!("chmod 600 {}", path.display()),
			Self::Tls(_) => format!(
				"move {TLS_KEY} and {TLS_CERTIFICATE} away, run init again, and tell the owner the new TLS key hash"
			),
		}
	}
}

impl Identity {
	/// Makes what is missing in `state` and opens it. Returns whether anything was made.
	pub fn init(state: &Path) -> Result<(Self, bool), IdentityError> {
		create_private_dir(state).map_err(|source| IdentityError::Directory {
			path: state.to_path_buf(),
			source,
		})?;
		let mut made = false;
		let key_path = state.join(WORKER_KEY);
		if !key_path.exists() {
			Key::create(&key_path)?;
			made = true;
		}
		if !state.join(TLS_KEY).exists() {
			let identity = TlsIdentity::generate()?;
			// The certificate first: a certificate without its key is replaced, a key without certificate is not.
			let certificate_path = state.join(TLS_CERTIFICATE);
			write_new(&certificate_path, identity.certificate_pem.as_bytes())?;
			write_new(&state.join(TLS_KEY), identity.key_pem.as_bytes())?;
			made = true;
		}
		Ok((Self::open(state)?, made))
	}

	/// Reads the keys of a state directory.
	pub fn open(state: &Path) -> Result<Self, IdentityError> {
		let key_path = state.join(WORKER_KEY);
		let (tls_key, certificate) = (state.join(TLS_KEY), state.join(TLS_CERTIFICATE));
		if !key_path.exists() || !tls_key.exists() {
			return Err(IdentityError::NotInitialised(state.to_path_buf()));
		}
		let key = Key::read(&key_path)?;
		let mode = fs::metadata(&tls_key)
			.map_err(|source| IdentityError::TlsFile {
				path: tls_key.clone(),
				source,
			})?
			.permissions()
			.mode() & 0o777;
		if mode & 0o077 != 0 {
			return Err(IdentityError::Exposed { path: tls_key, mode });
		}
		let tls = TlsIdentity {
			key_pem: read(&tls_key)?,
			certificate_pem: read(&certificate)?,
		};
		Ok(Self { key, tls })
	}

	/// The worker's account.
	pub fn account(&self) -> AccountId {
		self.key.account()
	}
}

fn read(path: &Path) -> Result<String, IdentityError> {
	fs::read_to_string(path).map_err(|source| IdentityError::TlsFile {
		path: path.to_path_buf(),
		source,
	})
}

fn write_new(path: &Path, content: &[u8]) -> Result<(), IdentityError> {
	let failed = |source| IdentityError::TlsFile {
		path: path.to_path_buf(),
		source,
	};
	match fs::remove_file(path) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
		_ => {}
	}
	write_secret(path, content).map_err(failed)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn init_makes_keys_once_and_for_the_owner_only() {
		let dir = tempfile::tempdir().unwrap();
		let state = dir.path().join("state");
		assert!(matches!(Identity::open(&state), Err(IdentityError::NotInitialised(_))));
		let (first, made) = Identity::init(&state).unwrap();
		assert!(made);
		let (second, made) = Identity::init(&state).unwrap();
		assert!(!made);
		assert_eq!(first.account(), second.account());
		assert_eq!(first.tls.key_hash().unwrap(), second.tls.key_hash().unwrap());

		let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
		assert_eq!(mode(&state), 0o700);
		for file in [WORKER_KEY, TLS_KEY, TLS_CERTIFICATE] {
			assert_eq!(mode(&state.join(file)), 0o600, "{file}");
		}
		fs::set_permissions(state.join(TLS_KEY), fs::Permissions::from_mode(0o644)).unwrap();
		assert!(matches!(
			Identity::open(&state),
			Err(IdentityError::Exposed { mode: 0o644, .. })
		));
	}
}
