//! What can go wrong between this program and a provider's endpoint.

use super::address::AddressError;
use std::{io, net::SocketAddr};

/// What can go wrong between this program and a provider's endpoint.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
	/// The provider's address is not used.
	#[error(transparent)]
	Address(#[from] AddressError),
	/// Nobody answers there.
	#[error("the provider does not answer at {address}: {source}")]
	Connect {
		/// The last address tried.
		address: SocketAddr,
		/// Why not.
		source: io::Error,
	},
	/// Somebody else answers there.
	#[error("whoever answers at {address} does not hold the TLS key that the provider has on the chain")]
	OtherKey {
		/// Where.
		address: SocketAddr,
	},
	/// The TLS library cannot be set up.
	#[error("TLS cannot be set up: {0}")]
	Tls(#[from] rustls::Error),
	/// The connection broke.
	#[error("the connection to the provider broke: {0}")]
	Broken(String),
	/// The provider was silent for too long.
	#[error("the provider was silent for {0} s")]
	Silent(u64),
	/// The provider sends, but so little at a time that it might as well be silent.
	#[error("the provider sends less than {0} bytes a second")]
	Slow(u64),
	/// The provider refused the request.
	#[error("the provider refused {object}: {message} ({status} {code})")]
	Refused {
		/// What was asked for.
		object: String,
		/// The HTTP status.
		status: u16,
		/// The provider's name for the reason.
		code: String,
		/// The provider's words.
		message: String,
		/// What the provider advises.
		hint: String,
	},
	/// The provider's answer makes no sense.
	#[error("the provider's answer to {object} makes no sense: {reason}")]
	Nonsense {
		/// What was asked for.
		object: String,
		/// What is wrong.
		reason: String,
	},
	/// What came could not be stored.
	#[error("the result cannot be stored: {0}")]
	Disk(#[source] io::Error),
}

impl EndpointError {
	/// Whether the same request may succeed a little later: the provider has not seen the block yet, is overloaded, or
	/// the network failed.
	pub fn may_pass(&self) -> bool {
		match self {
			EndpointError::Connect { .. }
			| EndpointError::Broken(_)
			| EndpointError::Silent(_)
			| EndpointError::Slow(_) => true,
			EndpointError::Address(AddressError::Unresolved { .. }) => true,
			EndpointError::Refused { status, .. } => matches!(status, 404 | 408 | 409 | 425 | 429 | 500..=599),
			_ => false,
		}
	}

	/// Whether the provider has too much to do, and a moment later may not.
	pub fn is_busy(&self) -> bool {
		matches!(self, EndpointError::Refused { status: 429, .. })
	}

	/// What to do about it.
	pub fn hint(&self) -> String {
		match self {
			EndpointError::Address(AddressError::Private { .. }) => {
				"give --allow-private if you trust this provider with a way into your network, as on a development chain"
					.to_owned()
			},
			EndpointError::Address(_) => "the provider's owner must correct its endpoint; take another provider".to_owned(),
			EndpointError::OtherKey { .. } => {
				"the provider's owner must put the endpoint's key on the chain; nothing was sent".to_owned()
			},
			EndpointError::Refused { hint, .. } if !hint.is_empty() => hint.clone(),
			EndpointError::Disk(_) => "free some space, then go on with `millrace job fetch`".to_owned(),
			_ => "go on later with `millrace job fetch`".to_owned(),
		}
	}
}
