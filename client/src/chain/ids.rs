//! Ids as people and programs write them: `0x` and 64 hexadecimal digits.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// A text is no id.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is no {what}: expected 0x and 64 hexadecimal digits")]
pub struct BadId {
	/// What was expected.
	pub what: &'static str,
	/// What was given.
	pub text: String,
}

/// Reads `0x` and 64 hexadecimal digits.
///
/// # Errors
/// Anything else, named as `what`.
pub fn hash_from_hex(text: &str, what: &'static str) -> Result<[u8; 32], BadId> {
	let bad = || BadId {
		what,
		text: text.chars().take(80).collect(),
	};
	let digits = text.trim().strip_prefix("0x").ok_or_else(bad)?;
	let mut bytes = [0u8; 32];
	hex::decode_to_slice(digits, &mut bytes).map_err(|_| bad())?;
	Ok(bytes)
}

/// `0x` and lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

macro_rules! id {
	($(#[$doc:meta])* $name:ident, $what:literal) => {
		$(#[$doc])*
		#[derive(Clone, Copy, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
		pub struct $name(pub [u8; 32]);

		impl $name {
			/// The first eight digits, for people.
			pub fn short(&self) -> String {
				self.to_string().chars().take(10).collect()
			}
		}

		impl fmt::Display for $name {
			fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				f.write_str(&to_hex(&self.0))
			}
		}

		impl fmt::Debug for $name {
			fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				fmt::Display::fmt(self, f)
			}
		}

		impl FromStr for $name {
			type Err = BadId;

			fn from_str(text: &str) -> Result<Self, BadId> {
				hash_from_hex(text, $what).map(Self)
			}
		}

		impl Serialize for $name {
			fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
				serializer.collect_str(self)
			}
		}

		impl<'de> Deserialize<'de> for $name {
			fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
				String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
			}
		}
	};
}

id!(
	/// A job: a hash over the genesis, the requester, the requester's count of jobs and the specification.
	JobId,
	"job id"
);
id!(
	/// BLAKE2b-256 of a kernel's encoding.
	KernelHash,
	"kernel hash"
);

/// A registered provider's number, given out in order.
pub type ProviderId = u32;

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ids_are_strict_hex() {
		let text = format!("0x{}", "0f".repeat(32));
		let id: JobId = text.parse().unwrap();
		assert_eq!(id.0, [0x0f; 32]);
		assert_eq!(id.to_string(), text);
		assert_eq!(id.short(), "0x0f0f0f0f");
		for bad in ["", "0x", "0f0f", &text[2..], &text[..64], &format!("{text}00"), "0xzz"] {
			let error = bad.parse::<KernelHash>().unwrap_err();
			assert!(error.to_string().contains("no kernel hash"), "{error}");
		}
	}
}
