//! TLS to a provider: the key is the one on the chain, or there is no connection.
//!
//! Names, dates and issuers are not looked at: certificates are self-signed, and the chain vouches for the key. What is
//! compared is BLAKE2b-256 of the certificate's SubjectPublicKeyInfo; that the peer holds the key is shown by its
//! signature of the handshake, which is verified as in any TLS connection.

use crate::chain::{blake2_256, H256};
use rustls::{
	client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
	crypto::{ring, verify_tls12_signature, verify_tls13_signature, CryptoProvider, WebPkiSupportedAlgorithms},
	pki_types::{CertificateDer, ServerName, UnixTime},
	server::ParsedCertificate,
	CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
};
use std::sync::Arc;

/// A client's TLS configuration that accepts one key: `tls_key` is BLAKE2b-256 of its SubjectPublicKeyInfo.
///
/// # Errors
/// The TLS library supports no common version, which cannot happen with the versions built in.
pub fn client_config(tls_key: H256) -> Result<Arc<ClientConfig>, Error> {
	let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
	let algorithms = provider.signature_verification_algorithms;
	let config = ClientConfig::builder_with_provider(provider)
		.with_safe_default_protocol_versions()?
		.dangerous()
		.with_custom_certificate_verifier(Arc::new(Pin { tls_key, algorithms }))
		.with_no_client_auth();
	Ok(Arc::new(config))
}

/// Accepts one key.
#[derive(Debug)]
struct Pin {
	tls_key: H256,
	algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Pin {
	fn verify_server_cert(
		&self,
		end_entity: &CertificateDer<'_>,
		_intermediates: &[CertificateDer<'_>],
		_server_name: &ServerName<'_>,
		_ocsp_response: &[u8],
		_now: UnixTime,
	) -> Result<ServerCertVerified, Error> {
		let certificate = ParsedCertificate::try_from(end_entity)?;
		if blake2_256(&certificate.subject_public_key_info()) == self.tls_key.0 {
			Ok(ServerCertVerified::assertion())
		} else {
			Err(Error::InvalidCertificate(
				CertificateError::ApplicationVerificationFailure,
			))
		}
	}

	fn verify_tls12_signature(
		&self,
		message: &[u8],
		cert: &CertificateDer<'_>,
		dss: &DigitallySignedStruct,
	) -> Result<HandshakeSignatureValid, Error> {
		verify_tls12_signature(message, cert, dss, &self.algorithms)
	}

	fn verify_tls13_signature(
		&self,
		message: &[u8],
		cert: &CertificateDer<'_>,
		dss: &DigitallySignedStruct,
	) -> Result<HandshakeSignatureValid, Error> {
		verify_tls13_signature(message, cert, dss, &self.algorithms)
	}

	fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
		self.algorithms.supported_schemes()
	}
}

/// Whether a failed handshake means that the peer showed another key.
pub(crate) fn is_other_key(error: &std::io::Error) -> bool {
	error
		.get_ref()
		.and_then(|inner| inner.downcast_ref::<Error>())
		.is_some_and(|inner| {
			matches!(
				inner,
				Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
			)
		})
}

#[cfg(test)]
mod tests {
	use super::*;

	/// A self-signed P-256 certificate, and BLAKE2b-256 of its SubjectPublicKeyInfo; both made with other programs.
	const CERTIFICATE: &str = concat!(
		"308201863082012da00302010202144f96ad568e86332edc142b5b840feddafce999ba300a06082a8648ce3d04030230",
		"183116301406035504030c0d6d696c6c726163652d746573743020170d3236313132323136343432345a180f32313236",
		"313032393136343432345a30183116301406035504030c0d6d696c6c726163652d746573743059301306072a8648ce3d",
		"020106082a8648ce3d03010703420004f6b2c51ad6d03ae705c779ca0c183881ba9aefed580664c31b7b1ce16069e698",
		"cc6004077fb0794964534b92563b816f969b6fa5ded26d333c57f3384fe6a248a3533051301d0603551d0e0416041480",
		"74cab24c4bf8bdfe0478792d1ff42bb05cde7c301f0603551d230418301680148074cab24c4bf8bdfe0478792d1ff42b",
		"b05cde7c300f0603551d130101ff040530030101ff300a06082a8648ce3d04030203470030440220573ad951f42b9120",
		"ede511395de67f0dd22ea6ac0bcc7e227df6939854ea87b002206993a26b553eea7951ef3bce0298bd78713c3bedd8f4",
		"488f5e5f8c80254b9365",
	);
	const KEY_HASH: &str = "6049282ce0a1ca4a6ea67576288a9e609ad76570124a265d46f2c1bd30b22306";

	fn verify(tls_key: [u8; 32], certificate: &[u8]) -> Result<ServerCertVerified, Error> {
		let algorithms = ring::default_provider().signature_verification_algorithms;
		let pin = Pin {
			tls_key: H256(tls_key),
			algorithms,
		};
		let name = ServerName::try_from("any.example").unwrap();
		pin.verify_server_cert(&CertificateDer::from(certificate), &[], &name, &[], UnixTime::now())
	}

	#[test]
	fn one_key_is_accepted() {
		let certificate = hex::decode(CERTIFICATE).unwrap();
		let mut key = [0u8; 32];
		hex::decode_to_slice(KEY_HASH, &mut key).unwrap();
		assert!(verify(key, &certificate).is_ok());

		key[31] ^= 1;
		let error = std::io::Error::other(verify(key, &certificate).unwrap_err());
		assert!(is_other_key(&error));
	}

	#[test]
	fn what_is_no_certificate_is_refused() {
		for bytes in [&b""[..], b"not a certificate"] {
			let error = std::io::Error::other(verify([0; 32], bytes).unwrap_err());
			assert!(!is_other_key(&error));
		}
	}
}
