//! Requests to one provider about one job, over one TLS connection that is renewed when it breaks.
//!
//! Each method makes one attempt. Whether and how long to try again is the caller's matter: it knows from the chain
//! whether there is still a point ([`EndpointError::may_pass`]).

use super::{
	address::resolve,
	auth::{unix_now, Request as Signed},
	pin::{client_config, is_other_key},
	EndpointError, InputsProgress,
};
use crate::chain::{Endpoint, JobId, ProviderId, H256};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
	body::Incoming,
	client::conn::http1::{handshake, SendRequest},
	header, Method, Request, Response,
};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde::Deserialize;
use std::{
	future::Future,
	io,
	net::{IpAddr, Ipv4Addr, SocketAddr},
	time::Duration,
};
use subxt_signer::sr25519::Keypair;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

/// Most bytes of one push of chunks: 1 MiB.
pub const MAX_CHUNK_BYTES: usize = 1 << 20;
/// Most bytes of an answer other than a bundle.
const MAX_ANSWER: usize = 1 << 20;
/// Patience for a connection, TLS included.
const CONNECT: Duration = Duration::from_secs(10);
/// Patience for the beginning of an answer, and between two pieces of one.
const ANSWER: Duration = Duration::from_secs(60);

/// Requests to one provider about one job.
pub struct Session {
	addresses: Vec<SocketAddr>,
	pub(super) host: String,
	name: ServerName<'static>,
	tls: TlsConnector,
	genesis: H256,
	pub(super) provider: ProviderId,
	job: JobId,
	/// Signs requests; none for what a public job lets anyone have.
	data_key: Option<Keypair>,
	pub(super) connection: Option<SendRequest<Full<Bytes>>>,
}

impl std::fmt::Debug for Session {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("Session")
			.field("provider", &self.provider)
			.field("job", &self.job)
			.finish_non_exhaustive()
	}
}

/// What a provider answers when it refuses.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
	error: String,
	message: String,
	hint: String,
}

impl Session {
	/// Resolves the endpoint once and checks where it leads; connects at the first request.
	///
	/// # Errors
	/// The address cannot be used, see [`resolve`].
	pub async fn open(
		endpoint: &Endpoint,
		allow_private: bool,
		genesis: H256,
		provider: ProviderId,
		job: JobId,
		data_key: Keypair,
	) -> Result<Session, EndpointError> {
		Session::with_key(endpoint, allow_private, genesis, provider, job, Some(data_key)).await
	}

	/// The same without signatures: reads what a public job lets anyone have.
	///
	/// # Errors
	/// As [`Session::open`].
	pub async fn open_public(
		endpoint: &Endpoint,
		allow_private: bool,
		genesis: H256,
		provider: ProviderId,
		job: JobId,
	) -> Result<Session, EndpointError> {
		Session::with_key(endpoint, allow_private, genesis, provider, job, None).await
	}

	async fn with_key(
		endpoint: &Endpoint,
		allow_private: bool,
		genesis: H256,
		provider: ProviderId,
		job: JobId,
		data_key: Option<Keypair>,
	) -> Result<Session, EndpointError> {
		let addresses = resolve(&endpoint.host, endpoint.port, allow_private).await?;
		// Names that TLS cannot carry are not checked either: the address stands in for them.
		let fallback = addresses
			.first()
			.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), SocketAddr::ip);
		let name = ServerName::try_from(endpoint.host.clone()).unwrap_or_else(|_| ServerName::from(fallback));
		let host = if endpoint.host.contains(':') {
			format!("[{}]:{}", endpoint.host, endpoint.port)
		} else {
			format!("{}:{}", endpoint.host, endpoint.port)
		};
		let tls = TlsConnector::from(client_config(endpoint.tls_key)?);
		Ok(Session {
			addresses,
			host,
			name,
			tls,
			genesis,
			provider,
			job,
			data_key,
			connection: None,
		})
	}

	/// Pushes the list of an input's leaf hashes; the provider checks them against the committed root.
	///
	/// # Errors
	/// [`EndpointError`].
	pub async fn put_leaves(&mut self, input: usize, leaves: &[[u8; 32]]) -> Result<(), EndpointError> {
		let body = Bytes::from(leaves.concat());
		self.exchange(Method::PUT, &format!("inputs/{input}/leaves"), body)
			.await
			.map(drop)
	}

	/// Pushes consecutive chunks, at most [`MAX_CHUNK_BYTES`] bytes of them; the provider checks each.
	///
	/// # Errors
	/// [`EndpointError`].
	pub async fn put_chunks(&mut self, input: usize, first: u32, bytes: Bytes) -> Result<(), EndpointError> {
		self.exchange(Method::PUT, &format!("inputs/{input}/chunks/{first}"), bytes)
			.await
			.map(drop)
	}

	/// What the provider has of the inputs.
	///
	/// # Errors
	/// [`EndpointError`].
	pub async fn progress(&mut self) -> Result<InputsProgress, EndpointError> {
		const OBJECT: &str = "inputs";
		let answer = self.exchange(Method::GET, OBJECT, Bytes::new()).await?;
		serde_json::from_slice(&answer).map_err(|error| EndpointError::Nonsense {
			object: OBJECT.to_owned(),
			reason: error.to_string(),
		})
	}

	/// One request with a small answer.
	pub(super) async fn exchange(&mut self, method: Method, object: &str, body: Bytes) -> Result<Bytes, EndpointError> {
		let response = self.request(method, object, body, None).await?;
		if !response.status().is_success() {
			return Err(self.refusal(object, response).await);
		}
		self.read(response).await
	}

	/// Sends a request about the job.
	pub(super) async fn request(
		&mut self,
		method: Method,
		object: &str,
		body: Bytes,
		range_from: Option<u64>,
	) -> Result<Response<Incoming>, EndpointError> {
		let signed = Signed {
			genesis: self.genesis.0,
			provider: self.provider,
			job: self.job,
			method: method.as_str(),
			object,
		};
		let mut request = Request::builder()
			.method(method.clone())
			.uri(format!("/v1/jobs/{}/{object}", self.job))
			.header(header::HOST, &self.host);
		if let Some(data_key) = &self.data_key {
			request = request.header(header::AUTHORIZATION, signed.sign(data_key, unix_now()));
		}
		if method == Method::PUT {
			request = request.header(header::CONTENT_TYPE, "application/octet-stream");
		}
		if let Some(from) = range_from.filter(|from| *from > 0) {
			request = request.header(header::RANGE, format!("bytes={from}-"));
		}
		let request = request
			.body(Full::new(body))
			.map_err(|error| EndpointError::Broken(error.to_string()))?;

		self.send(request).await
	}

	/// Sends a request over the connection, or over a new one.
	pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, EndpointError> {
		let mut connection = match self.connection.take() {
			Some(connection) if !connection.is_closed() => connection,
			_ => self.connect().await?,
		};
		if connection.ready().await.is_err() {
			// The server closed an idle connection; that is no failure of this request.
			connection = self.connect().await?;
			connection
				.ready()
				.await
				.map_err(|error| EndpointError::Broken(error.to_string()))?;
		}
		let answer = self.patiently(connection.send_request(request)).await?;
		let response = answer.map_err(|error| EndpointError::Broken(error.to_string()))?;
		self.connection = Some(connection);
		Ok(response)
	}

	pub(super) async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, EndpointError> {
		let mut last = None;
		for address in &self.addresses {
			let address = *address;
			let attempt = async {
				let stream = TcpStream::connect(address).await?;
				stream.set_nodelay(true)?;
				self.tls.connect(self.name.clone(), stream).await
			};
			let stream = match timeout(CONNECT, attempt).await {
				Ok(Ok(stream)) => stream,
				Ok(Err(error)) if is_other_key(&error) => return Err(EndpointError::OtherKey { address }),
				Ok(Err(source)) => {
					last = Some(EndpointError::Connect { address, source });
					continue;
				}
				Err(_) => {
					let source = io::Error::new(io::ErrorKind::TimedOut, "no connection within 10 s");
					last = Some(EndpointError::Connect { address, source });
					continue;
				}
			};
			let (sender, connection) = handshake(TokioIo::new(stream))
				.await
				.map_err(|error| EndpointError::Broken(error.to_string()))?;
			tokio::spawn(async move {
				if let Err(error) = connection.await {
					tracing::debug!(%error, "connection to a provider ended");
				}
			});
			return Ok(sender);
		}
		Err(last.unwrap_or_else(|| EndpointError::Broken("it has no address".to_owned())))
	}

	/// Reads a small answer.
	pub(super) async fn read(&mut self, response: Response<Incoming>) -> Result<Bytes, EndpointError> {
		let body = Limited::new(response.into_body(), MAX_ANSWER);
		match self.patiently(body.collect()).await? {
			Ok(collected) => Ok(collected.to_bytes()),
			Err(error) => Err(self.broken(error.to_string())),
		}
	}

	/// The error that a refusing answer means.
	pub(super) async fn refusal(&mut self, object: &str, response: Response<Incoming>) -> EndpointError {
		let status = response.status();
		let answer = match self.read(response).await {
			Ok(answer) => answer,
			Err(error) => return error,
		};
		let mut refusal: Refusal = serde_json::from_slice(&answer).unwrap_or_default();
		if refusal.error.is_empty() {
			refusal.error = "no code given".to_owned();
		}
		if refusal.message.is_empty() {
			refusal.message = status.canonical_reason().unwrap_or("no reason given").to_owned();
		}
		// Words of a stranger on their way to a terminal.
		for text in [&mut refusal.error, &mut refusal.message, &mut refusal.hint] {
			*text = text.chars().filter(|c| !c.is_control()).take(300).collect();
		}
		EndpointError::Refused {
			object: object.to_owned(),
			status: status.as_u16(),
			code: refusal.error,
			message: refusal.message,
			hint: refusal.hint,
		}
	}

	/// Waits for a future, but not for ever; then the connection is given up.
	pub(super) async fn patiently<F: Future>(&mut self, future: F) -> Result<F::Output, EndpointError> {
		match timeout(ANSWER, future).await {
			Ok(output) => Ok(output),
			Err(_) => {
				self.connection = None;
				Err(EndpointError::Silent(ANSWER.as_secs()))
			}
		}
	}

	pub(super) fn broken(&mut self, reason: String) -> EndpointError {
		self.connection = None;
		EndpointError::Broken(reason)
	}
}

pub(super) fn header_text(response: &Response<Incoming>, name: header::HeaderName) -> String {
	response
		.headers()
		.get(name)
		.and_then(|value| value.to_str().ok())
		.unwrap_or_default()
		.to_owned()
}
