//! Who may push inputs and pull results: requests are signed by the job's data key.
//!
//! The header is `Authorization: Millrace <expiry>:<signature>`, expiry in Unix seconds and at most ten minutes ahead,
//! the signature 64 bytes in hexadecimal: sr25519 (context `substrate`) over
//! `H(0x05 ‖ genesis ‖ provider:u32 ‖ job ‖ SCALE(method) ‖ SCALE(object) ‖ expiry:u64)`. A signature is worth nothing
//! for another chain, provider, job, method or object. The worker verifies with this same code.

use crate::chain::{blake2_256, JobId, ProviderId};
use codec::Encode;
use subxt_signer::sr25519::{self, Keypair, PublicKey, Signature};

/// The word before the credentials.
pub const SCHEME: &str = "Millrace";
/// The furthest that an expiry may lie ahead, in seconds.
pub const MAX_LIFETIME: u64 = 600;
/// How long this program's own signatures are good for, in seconds: clocks may differ by the rest.
const LIFETIME: u64 = 300;
/// The domain byte of requests.
const REQUEST: u8 = 0x05;

/// Why a request is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AuthError {
	/// The header is not of the form above.
	#[error("the Authorization header is not `Millrace <expiry>:<signature>`")]
	Malformed,
	/// The expiry has passed.
	#[error("the signature has expired")]
	Expired,
	/// The expiry lies too far ahead.
	#[error("the signature expires more than {MAX_LIFETIME} seconds ahead")]
	TooLong,
	/// The signature is not the data key's, or it is for another request.
	#[error("the signature is not that of the job's data key for this request")]
	Forged,
}

/// What a signature is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Request<'a> {
	/// The chain's first block.
	pub genesis: [u8; 32],
	/// Who is asked.
	pub provider: ProviderId,
	/// About which job.
	pub job: JobId,
	/// `PUT` or `GET`.
	pub method: &'a str,
	/// The path after the job: `inputs`, `inputs/0/leaves`, `inputs/0/chunks/16`, `bundle`.
	pub object: &'a str,
}

impl Request<'_> {
	/// The 32 bytes that are signed.
	pub fn message(&self, expiry: u64) -> [u8; 32] {
		let preimage = (
			REQUEST,
			self.genesis,
			self.provider,
			self.job.0,
			self.method,
			self.object,
			expiry,
		)
			.encode();
		blake2_256(&preimage)
	}

	/// The header's value, good for a few minutes from `now` (Unix seconds).
	pub fn sign(&self, data_key: &Keypair, now: u64) -> String {
		let expiry = now.saturating_add(LIFETIME);
		let signature = data_key.sign(&self.message(expiry));
		format!("{SCHEME} {expiry}:{}", hex::encode(signature.0))
	}

	/// Whether the header's value was made by `data_key` for this request and is still good at `now` (Unix seconds).
	///
	/// # Errors
	/// [`AuthError`].
	pub fn verify(&self, header: &str, data_key: &[u8; 32], now: u64) -> Result<(), AuthError> {
		let credentials = header
			.strip_prefix(SCHEME)
			.and_then(|rest| rest.strip_prefix(' '))
			.ok_or(AuthError::Malformed)?;
		let (expiry, signature) = credentials.trim().split_once(':').ok_or(AuthError::Malformed)?;
		if expiry.is_empty() || !expiry.bytes().all(|byte| byte.is_ascii_digit()) {
			return Err(AuthError::Malformed);
		}
		let expiry: u64 = expiry.parse().map_err(|_| AuthError::TooLong)?;
		let mut bytes = [0u8; 64];
		hex::decode_to_slice(signature, &mut bytes).map_err(|_| AuthError::Malformed)?;
		if expiry < now {
			return Err(AuthError::Expired);
		}
		if expiry - now > MAX_LIFETIME {
			return Err(AuthError::TooLong);
		}
		if sr25519::verify(&Signature(bytes), self.message(expiry), &PublicKey(*data_key)) {
			Ok(())
		} else {
			Err(AuthError::Forged)
		}
	}
}

/// Seconds since 1970.
pub fn unix_now() -> u64 {
	std::time::SystemTime::now()
		.duration_since(std::time::UNIX_EPOCH)
		.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::keys::Key;

	const NOW: u64 = 1_700_000_000;

	fn request<'a>(method: &'a str, object: &'a str) -> Request<'a> {
		Request {
			genesis: [0x11; 32],
			provider: 7,
			job: JobId([0x22; 32]),
			method,
			object,
		}
	}

	/// Computed with another implementation of BLAKE2b over the bytes as the protocol lists them.
	#[test]
	fn messages_are_those_of_the_protocol() {
		for (method, object, message) in [
			(
				"PUT",
				"inputs/0/leaves",
				"064b1c1f928a1eb8e0af9848627c99f7219e20e89b16f7090f34422e81d7e5e5",
			),
			(
				"GET",
				"bundle",
				"6c0fa4b72327beb79919d793413e14dd44529862dacf6ebf3c3e97dc24e0a335",
			),
		] {
			assert_eq!(hex::encode(request(method, object).message(NOW)), message);
		}
	}

	#[test]
	fn a_signature_is_good_for_one_request_and_a_while() {
		let key = Key::from_seed([3; 32]).unwrap();
		let asked = request("GET", "bundle");
		let header = asked.sign(key.pair(), NOW);
		let public = key.public();
		assert_eq!(asked.verify(&header, &public, NOW), Ok(()));
		assert_eq!(asked.verify(&header, &public, NOW + LIFETIME), Ok(()));
		assert_eq!(
			asked.verify(&header, &public, NOW + LIFETIME + 1),
			Err(AuthError::Expired)
		);
		assert_eq!(
			asked.verify(&header, &public, NOW - MAX_LIFETIME),
			Err(AuthError::TooLong)
		);
		for other in [
			request("PUT", "bundle"),
			request("GET", "inputs"),
			Request { provider: 8, ..asked },
			Request {
				job: JobId([0; 32]),
				..asked
			},
			Request {
				genesis: [0; 32],
				..asked
			},
		] {
			assert_eq!(other.verify(&header, &public, NOW), Err(AuthError::Forged));
		}
		let stranger = Key::from_seed([4; 32]).unwrap();
		assert_eq!(asked.verify(&header, &stranger.public(), NOW), Err(AuthError::Forged));
	}

	#[test]
	fn nonsense_is_malformed() {
		let key = Key::from_seed([3; 32]).unwrap();
		let asked = request("GET", "bundle");
		let good = asked.sign(key.pair(), NOW);
		for header in [
			String::new(),
			"Millrace".to_owned(),
			good.replace("Millrace", "Bearer"),
			good.replace(':', " "),
			good.replace("Millrace ", "Millrace +"),
			good[..good.len() - 2].to_owned(),
			format!("{good}00"),
		] {
			assert_eq!(
				asked.verify(&header, &key.public(), NOW),
				Err(AuthError::Malformed),
				"{header}"
			);
		}
		let far = format!("Millrace {}0:{}", u64::MAX, "00".repeat(64));
		assert_eq!(asked.verify(&far, &key.public(), NOW), Err(AuthError::TooLong));
	}
}
