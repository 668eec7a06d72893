//! The endpoint's certificate: self-signed, made once, known to the chain by the hash of its key.
//!
//! Clients do not look at names, dates or issuers. They compare BLAKE2b-256 of the certificate's SubjectPublicKeyInfo
//! with what the provider's owner wrote on the chain.

use millrace_kernel::tree::{Blake2b, Hasher};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PublicKeyData};
use rustls::{
	pki_types::{pem::PemObject, CertificateDer, PrivateKeyDer},
	ServerConfig,
};
use std::sync::Arc;

/// A key and its certificate, as PEM.
pub struct TlsIdentity {
	/// PKCS #8, PEM.
	pub key_pem: String,
	/// X.509, PEM.
	pub certificate_pem: String,
}

/// A key or certificate that cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
	/// No key or certificate could be made.
	#[error("cannot make a TLS key")]
	Make(#[source] rcgen::Error),
	/// The key file holds no key.
	#[error("the TLS key is unreadable")]
	Key(#[source] rcgen::Error),
	/// A PEM file is unreadable.
	#[error("the TLS files are unreadable: {0}")]
	Pem(String),
	/// The library refuses them.
	#[error("the TLS files cannot be used")]
	Config(#[from] rustls::Error),
}

impl TlsIdentity {
	/// Makes a new ECDSA P-256 key and a certificate for it.
	pub fn generate() -> Result<Self, TlsError> {
		let key = KeyPair::generate().map_err(TlsError::Make)?;
		let mut params = CertificateParams::new(vec!["millrace-worker".to_string()]).map_err(TlsError::Make)?;
		let mut name = DistinguishedName::new();
		name.push(DnType::CommonName, "millrace-worker");
		params.distinguished_name = name;
		let certificate = params.self_signed(&key).map_err(TlsError::Make)?;
		Ok(Self {
			key_pem: key.serialize_pem(),
			certificate_pem: certificate.pem(),
		})
	}

	/// BLAKE2b-256 of the SubjectPublicKeyInfo: what the provider's record on the chain holds.
	pub fn key_hash(&self) -> Result<[u8; 32], TlsError> {
		let key = KeyPair::from_pem(&self.key_pem).map_err(TlsError::Key)?;
		Ok(Blake2b::hash(&[&key.subject_public_key_info()]))
	}

	/// A server's configuration: TLS 1.2 and 1.3, HTTP/1.1, no client certificates.
	pub fn server_config(&self) -> Result<Arc<ServerConfig>, TlsError> {
		let certificate = CertificateDer::from_pem_slice(self.certificate_pem.as_bytes())
			.map_err(|error| TlsError::Pem(error.to_string()))?;
		let key =
			PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).map_err(|error| TlsError::Pem(error.to_string()))?;
		let provider = Arc::new(rustls::crypto::ring::default_provider());
		let mut config = ServerConfig::builder_with_provider(provider)
			.with_safe_default_protocol_versions()?
			.with_no_client_auth()
			.with_single_cert(vec![certificate], key)?;
		config.alpn_protocols = vec![b"http/1.1".to_vec()];
		Ok(Arc::new(config))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_hash_is_of_the_key_that_the_certificate_shows() {
		let identity = TlsIdentity::generate().unwrap();
		identity.server_config().unwrap();
		let key = KeyPair::from_pem(&identity.key_pem).unwrap();
		let info = key.subject_public_key_info();
		let certificate = CertificateDer::from_pem_slice(identity.certificate_pem.as_bytes()).unwrap();
		// A SubjectPublicKeyInfo stands in the certificate byte for byte.
		assert!(certificate.as_ref().windows(info.len()).any(|window| window == info));
		assert_ne!(
			identity.key_hash().unwrap(),
			TlsIdentity::generate().unwrap().key_hash().unwrap()
		);
	}
}
