//! Keys: files that only their owner can read, and development keys.
//!
//! A key file is JSON, mode 0600: `{"version": 1, "scheme": "sr25519", "secret_phrase": "twelve words …",
//! "address": "5…"}`, or `secret_uri` instead of `secret_phrase` for a phrase with a derivation path.

use crate::chain::{account_of, AccountId};
use serde::{Deserialize, Serialize};
use std::{
	fmt,
	fs::{self, OpenOptions},
	io::{self, Write},
	path::{Path, PathBuf},
	str::FromStr,
};
use subxt_signer::{bip39::Mnemonic, sr25519::Keypair, SecretUri};

/// The only version of key files.
const VERSION: u32 = 1;
/// The only kind of keys.
const SCHEME: &str = "sr25519";

/// What can be wrong with a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
	/// The file cannot be read.
	#[error("cannot read the key file {path}: {source}")]
	Read {
		/// Where.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// The file is there already, and a key is never overwritten.
	#[error("{0} exists already, and a key file is never overwritten")]
	Exists(PathBuf),
	/// The file cannot be written.
	#[error("cannot write the key file {path}: {source}")]
	Write {
		/// Where.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// Others than the owner may read the file.
	#[error("others can read the key file {path} (its mode is {mode:04o})")]
	Exposed {
		/// Where.
		path: PathBuf,
		/// The permission bits.
		mode: u32,
	},
	/// The file is no key file.
	#[error("{path} is no key file: {reason}")]
	Malformed {
		/// Where.
		path: PathBuf,
		/// What is wrong.
		reason: String,
	},
	/// The words or the derivation path are wrong. The secret itself is not repeated.
	#[error("the secret is not valid: {0}")]
	Secret(String),
	/// The secret does not belong to the address beside it.
	#[error("the secret in {path} belongs to {actual}, not to the address {written} beside it")]
	OtherAddress {
		/// Where.
		path: PathBuf,
		/// What the secret gives.
		actual: AccountId,
		/// What the file says.
		written: String,
	},
	/// No key was named.
	#[error("no key was named")]
	None,
}

impl KeyError {
	/// What to do about it.
	pub fn hint(&self) -> String {
		match self {
			KeyError::Read { .. } | KeyError::None => {
				"name a key file with --key or MILLRACE_KEY; `millrace key new FILE` makes one".to_owned()
			}
			KeyError::Exists(_) => "choose another name, or move the file away".to_owned(),
			KeyError::Write { .. } => "look at the folder's rights and the free space".to_owned(),
			KeyError::Exposed { path, .. } => format!("chmod 600 {}", path.display()),
			KeyError::Malformed { .. } => "`millrace key import FILE` makes a key file from a phrase".to_owned(),
			KeyError::Secret(_) => "a phrase has 12, 15, 18, 21 or 24 words of the BIP-39 list".to_owned(),
			KeyError::OtherAddress { .. } => "the file was edited: import the phrase anew".to_owned(),
		}
	}
}

/// What a key file holds.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
	version: u32,
	scheme: String,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	secret_phrase: Option<String>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	secret_uri: Option<String>,
	address: String,
}

/// A key pair that can sign.
#[derive(Clone)]
pub struct Key {
	pair: Keypair,
}

impl fmt::Debug for Key {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_tuple("Key").field(&self.account().to_string()).finish()
	}
}

impl Key {
	/// The key that `name` means: a development key such as `//Alice` (never a secret: the phrase behind it is public),
	/// or the path of a key file.
	///
	/// # Errors
	/// [`KeyError`].
	pub fn open(name: &str) -> Result<Key, KeyError> {
		if name.starts_with("//") {
			return Key::from_uri(name);
		}
		Key::read(Path::new(name))
	}

	/// The key behind a secret URI: a phrase, a seed or nothing (the development phrase), then derivations.
	///
	/// # Errors
	/// [`KeyError::Secret`].
	pub fn from_uri(uri: &str) -> Result<Key, KeyError> {
		let uri = SecretUri::from_str(uri).map_err(|error| KeyError::Secret(error.to_string()))?;
		let pair = Keypair::from_uri(&uri).map_err(|error| KeyError::Secret(error.to_string()))?;
		Ok(Key { pair })
	}

	/// The key with this 32-byte seed.
	///
	/// # Errors
	/// [`KeyError::Secret`].
	pub fn from_seed(seed: [u8; 32]) -> Result<Key, KeyError> {
		let pair = Keypair::from_secret_key(seed).map_err(|error| KeyError::Secret(error.to_string()))?;
		Ok(Key { pair })
	}

	/// Reads a key file.
	///
	/// # Errors
	/// [`KeyError`]; also when others than the owner can read it.
	pub fn read(path: &Path) -> Result<Key, KeyError> {
		let read_error = |source| KeyError::Read {
			path: path.to_owned(),
			source,
		};
		let malformed = |reason: String| KeyError::Malformed {
			path: path.to_owned(),
			reason,
		};
		check_mode(path, &fs::metadata(path).map_err(read_error)?)?;
		let text = fs::read_to_string(path).map_err(read_error)?;
		// The parser's message could quote a part of the secret, so only the place is repeated.
		let file: KeyFile = serde_json::from_str(&text)
			.map_err(|error| malformed(format!("line {}, column {}", error.line(), error.column())))?;
		if file.version != VERSION || file.scheme != SCHEME {
			return Err(malformed(format!(
				"version {} of scheme {} is unknown",
				file.version, file.scheme
			)));
		}
		let key = match (&file.secret_phrase, &file.secret_uri) {
			(Some(phrase), None) => Key::from_phrase(phrase)?,
			(None, Some(uri)) => Key::from_uri(uri)?,
			_ => return Err(malformed("it must have either secret_phrase or secret_uri".to_owned())),
		};
		let actual = key.account();
		if file.address.parse::<AccountId>().ok() != Some(actual) {
			return Err(KeyError::OtherAddress {
				path: path.to_owned(),
				actual,
				written: file.address,
			});
		}
		Ok(key)
	}

	/// The key of a BIP-39 phrase.
	///
	/// # Errors
	/// [`KeyError::Secret`].
	pub fn from_phrase(phrase: &str) -> Result<Key, KeyError> {
		let words: Vec<&str> = phrase.split_whitespace().collect();
		let mnemonic =
			Mnemonic::parse_normalized(&words.join(" ")).map_err(|error| KeyError::Secret(error.to_string()))?;
		let pair = Keypair::from_phrase(&mnemonic, None).map_err(|error| KeyError::Secret(error.to_string()))?;
		Ok(Key { pair })
	}

	/// Makes a new key from the operating system's randomness and writes it to a new file.
	///
	/// # Errors
	/// [`KeyError::Exists`], [`KeyError::Write`].
	pub fn create(path: &Path) -> Result<Key, KeyError> {
		let entropy: [u8; 16] = random();
		let mnemonic = Mnemonic::from_entropy(&entropy).map_err(|error| KeyError::Secret(error.to_string()))?;
		Key::import(path, &mnemonic.to_string())
	}

	/// Writes the key of a phrase, or of a phrase with derivations (`word … word//path`), to a new file.
	///
	/// # Errors
	/// [`KeyError::Secret`], [`KeyError::Exists`], [`KeyError::Write`].
	pub fn import(path: &Path, secret: &str) -> Result<Key, KeyError> {
		let secret = secret.trim();
		let is_uri = secret.contains('/') || secret.starts_with("0x");
		let key = if is_uri {
			Key::from_uri(secret)?
		} else {
			Key::from_phrase(secret)?
		};
		let file = KeyFile {
			version: VERSION,
			scheme: SCHEME.to_owned(),
			secret_phrase: (!is_uri).then(|| secret.split_whitespace().collect::<Vec<_>>().join(" ")),
			secret_uri: is_uri.then(|| secret.to_owned()),
			address: key.account().to_string(),
		};
		let write_error = |source: io::Error| match source.kind() {
			io::ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
			_ => KeyError::Write {
				path: path.to_owned(),
				source,
			},
		};
		let mut text = serde_json::to_string_pretty(&file).map_err(|error| write_error(error.into()))?;
		text.push('\n');
		write_secret(path, text.as_bytes()).map_err(write_error)?;
		Ok(key)
	}

	/// The key pair.
	pub fn pair(&self) -> &Keypair {
		&self.pair
	}

	/// The account.
	pub fn account(&self) -> AccountId {
		account_of(&self.pair)
	}

	/// The public key.
	pub fn public(&self) -> [u8; 32] {
		self.pair.public_key().0
	}
}

/// Bytes of the operating system's randomness.
pub fn random<const N: usize>() -> [u8; N] {
	use rand::RngCore;
	let mut bytes = [0u8; N];
	rand::rngs::OsRng.fill_bytes(&mut bytes);
	bytes
}

/// Writes a new file that only its owner can read. An unfinished file is removed.
///
/// # Errors
/// The file exists, or the disk refuses.
pub fn write_secret(path: &Path, content: &[u8]) -> io::Result<()> {
	let mut options = OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	{
		use std::os::unix::fs::OpenOptionsExt;
		options.mode(0o600);
	}
	let mut file = options.open(path)?;
	let written = file.write_all(content).and_then(|()| file.sync_all());
	if written.is_err() {
		let _ = fs::remove_file(path);
	}
	written
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &fs::Metadata) -> Result<(), KeyError> {
	use std::os::unix::fs::PermissionsExt;
	let mode = metadata.permissions().mode() & 0o777;
	if mode & 0o077 != 0 {
		return Err(KeyError::Exposed {
			path: path.to_owned(),
			mode,
		});
	}
	Ok(())
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &fs::Metadata) -> Result<(), KeyError> {
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	/// The best-known address of all development chains.
	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

	#[test]
	fn development_keys() {
		assert_eq!(Key::open("//Alice").unwrap().account().to_string(), ALICE);
		assert!(!format!("{:?}", Key::open("//Alice").unwrap()).contains("bottom drive"));
	}

	#[test]
	fn a_key_file_keeps_its_key_and_its_mode() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("key.json");
		let made = Key::create(&path).unwrap();
		assert_eq!(Key::open(path.to_str().unwrap()).unwrap().account(), made.account());
		assert!(matches!(Key::create(&path), Err(KeyError::Exists(_))));
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
			fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
			assert!(matches!(Key::read(&path), Err(KeyError::Exposed { mode: 0o640, .. })));
		}
	}

	#[test]
	fn phrases_and_derivations_import() {
		let dir = tempfile::tempdir().unwrap();
		let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
		let plain = Key::import(&dir.path().join("a"), &format!("  {}\n", phrase.replace(' ', "  "))).unwrap();
		let derived = Key::import(&dir.path().join("b"), &format!("{phrase}//Alice")).unwrap();
		assert_eq!(derived.account().to_string(), ALICE);
		assert_ne!(plain.account(), derived.account());
		assert_eq!(Key::read(&dir.path().join("b")).unwrap().account(), derived.account());
		assert!(matches!(
			Key::import(&dir.path().join("c"), "one two three"),
			Err(KeyError::Secret(_))
		));
		assert!(!dir.path().join("c").exists());
	}

	#[test]
	fn broken_files_do_not_leak_the_secret() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("key.json");
		let good = r#"{"version":1,"scheme":"sr25519","secret_uri":"//Alice","address":"ADDRESS"}"#;
		for (text, part) in [
			("not json".to_owned(), "line 1"),
			(good.replace("ADDRESS", "5Wrong"), "not to the address"),
			(good.replace("ADDRESS", ALICE).replace(":1,", ":2,"), "version 2"),
			(
				good.replace("ADDRESS", ALICE).replace("secret_uri", "secret_url"),
				"line 1",
			),
			(
				good.replace("ADDRESS", ALICE)
					.replace("\"secret_uri\":\"//Alice\",", ""),
				"either",
			),
		] {
			let _ = fs::remove_file(&path);
			write_secret(&path, text.as_bytes()).unwrap();
			let error = Key::read(&path).unwrap_err().to_string();
			assert!(error.contains(part), "{error}");
			assert!(!error.contains("//Alice"), "{error}");
		}
		assert!(matches!(
			Key::read(&dir.path().join("none")),
			Err(KeyError::Read { .. })
		));
	}
}
