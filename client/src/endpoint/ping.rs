//! How far away a provider is: the time of a connection with its TLS key checked, and of small requests over it.

use super::{EndpointError, Session};
use crate::chain::{Endpoint, JobId, ProviderId, H256};
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use http_body_util::Full;
use hyper::{header, Method, Request};
use serde::Deserialize;
use std::{
	collections::HashMap,
	time::{Duration, Instant},
};
use tokio::time::timeout;

/// Most providers that are measured at a time: it is other people's machines that answer.
pub const MOST_MEASURED: usize = 32;
/// Providers that are measured at once.
const AT_ONCE: usize = 16;
/// Requests of which the middle one counts.
const REQUESTS: usize = 3;
/// The longest that one provider is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was measured of the way to a provider.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RoundTrip {
	/// The connection, TLS included.
	pub connect: Duration,
	/// The middle one of three requests over it.
	pub median: Duration,
}

impl RoundTrip {
	/// The middle request, in milliseconds.
	pub fn millis(&self) -> f64 {
		// Microseconds are as exact as anyone reads them.
		self.median.as_micros() as f64 / 1_000.0
	}
}

/// What a provider says of itself.
#[derive(Deserialize)]
struct Status {
	provider: ProviderId,
}

impl Session {
	/// Measures the way to the provider. It must hold the TLS key that it has on the chain, and say that it is this provider.
	///
	/// # Errors
	/// [`EndpointError`].
	pub async fn round_trip(&mut self) -> Result<RoundTrip, EndpointError> {
		let begun = Instant::now();
		self.connection = Some(self.connect().await?);
		let connect = begun.elapsed();
		let mut times = [Duration::MAX; REQUESTS];
		for time in &mut times {
			let begun = Instant::now();
			self.status().await?;
			*time = begun.elapsed();
		}
		Ok(RoundTrip {
			connect,
			median: median(times),
		})
	}

	/// Asks who answers here.
	async fn status(&mut self) -> Result<(), EndpointError> {
		const OBJECT: &str = "status";
		let request = Request::builder()
			.method(Method::GET)
			.uri("/v1/status")
			.header(header::HOST, &self.host)
			.body(Full::new(Bytes::new()))
			.map_err(|error| EndpointError::Broken(error.to_string()))?;
		let response = self.send(request).await?;
		if !response.status().is_success() {
			return Err(self.refusal(OBJECT, response).await);
		}
		let nonsense = |reason: String| EndpointError::Nonsense {
			object: OBJECT.to_owned(),
			reason,
		};
		let answer = self.read(response).await?;
		let status: Status = serde_json::from_slice(&answer).map_err(|error| nonsense(error.to_string()))?;
		match status.provider == self.provider {
			true => Ok(()),
			false => Err(nonsense(format!("it says that it is provider {}", status.provider))),
		}
	}
}

fn median(mut times: [Duration; REQUESTS]) -> Duration {
	times.sort_unstable();
	times[REQUESTS / 2]
}

/// Measures the ways to the first [`MOST_MEASURED`] of these providers, several at once; takes some ten seconds at most.
pub async fn measure(
	genesis: H256,
	providers: impl IntoIterator<Item = (ProviderId, Endpoint)>,
	allow_private: bool,
) -> HashMap<ProviderId, Result<RoundTrip, EndpointError>> {
	let one = |(provider, endpoint): (ProviderId, Endpoint)| async move {
		let way = async {
			let job = JobId::default();
			let mut session = Session::open_public(&endpoint, allow_private, genesis, provider, job).await?;
			session.round_trip().await
		};
		let measured = timeout(PATIENCE, way).await;
		(
			provider,
			measured.unwrap_or(Err(EndpointError::Silent(PATIENCE.as_secs()))),
		)
	};
	stream::iter(providers.into_iter().take(MOST_MEASURED).map(one))
		.buffer_unordered(AT_ONCE)
		.collect()
		.await
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::endpoint::address::AddressError;

	#[test]
	fn the_middle_request_counts() {
		let times = [90, 4, 5].map(Duration::from_millis);
		assert_eq!(median(times), Duration::from_millis(5));
		let trip = RoundTrip {
			connect: Duration::ZERO,
			median: Duration::from_micros(1_500),
		};
		assert_eq!(trip.millis(), 1.5);
	}

	#[tokio::test]
	async fn private_addresses_and_closed_ports_are_not_measured() {
		let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
		let port = listener.local_addr().unwrap().port();
		drop(listener);
		let endpoint = Endpoint {
			host: "127.0.0.1".to_owned(),
			port,
			tls_key: H256([0; 32]),
		};
		let both = [(1, endpoint.clone()), (2, endpoint)];
		let refused = measure(H256([0; 32]), both.clone(), false).await;
		assert_eq!(refused.len(), 2);
		for way in refused.values() {
			let private = matches!(way, Err(EndpointError::Address(AddressError::Private { .. })));
			assert!(private, "{way:?}");
		}
		let closed = measure(H256([0; 32]), both, true).await;
		assert!(closed
			.values()
			.all(|way| matches!(way, Err(EndpointError::Connect { .. }))));
	}

	#[tokio::test]
	async fn no_more_than_so_many_are_measured() {
		let endpoint = Endpoint {
			host: "no name".to_owned(),
			port: 1,
			tls_key: H256([0; 32]),
		};
		let many = (0..100).map(|id| (id, endpoint.clone()));
		let measured = measure(H256([0; 32]), many, true).await;
		assert_eq!(measured.len(), MOST_MEASURED);
		assert!((0..32).all(|id| measured.contains_key(&id)), "the first ones");
	}
}
