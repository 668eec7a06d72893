//! Requests over TLS, written by hand: what a hostile peer sends, byte for byte.

use millrace_client::{chain::H256, endpoint::pin};
use rustls::pki_types::ServerName;
use std::{net::Ipv4Addr, time::Duration};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
	time::timeout,
};
use tokio_rustls::{client::TlsStream, TlsConnector};

/// Most bytes of an answer that is kept.
const MOST: usize = 8 << 20;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer: its status and its body, as far as it came.
#[derive(Clone, Debug)]
pub struct Reply {
	/// The status; 0 where the peer closed without one.
	pub status: u16,
	/// The body.
	pub body: Vec<u8>,
}

impl Reply {
	/// The code of a refusal in JSON; empty for anything else.
	pub fn code(&self) -> String {
		let json: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
		json["error"].as_str().unwrap_or_default().to_owned()
	}
}

/// One connection to an endpoint on this machine.
pub struct Line(TlsStream<TcpStream>);

impl Line {
	/// Connects to the endpoint with this key.
	///
	/// # Errors
	/// Nobody answers, or somebody else.
	pub async fn open(port: u16, tls_key: H256) -> std::io::Result<Line> {
		let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
		stream.set_nodelay(true)?;
		let config = pin::client_config(tls_key).expect("TLS");
		let name = ServerName::try_from("localhost").expect("a name");
		TlsConnector::from(config).connect(name, stream).await.map(Line)
	}

	/// Sends bytes as they are.
	///
	/// # Errors
	/// The peer has closed.
	pub async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
		self.0.write_all(bytes).await?;
		self.0.flush().await
	}

	/// A request without a body, on a connection that stays open.
	///
	/// # Errors
	/// The peer has closed.
	pub async fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) -> std::io::Result<Reply> {
		let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
		for (name, value) in headers {
			head.push_str(&format!("{name}: {value}\r\n"));
		}
		head.push_str("\r\n");
		self.send(head.as_bytes()).await?;
		Ok(self.reply().await)
	}

	/// The next answer, or what came of it before the peer closed or fell silent.
	pub async fn reply(&mut self) -> Reply {
		let mut bytes = Vec::new();
		let mut block = vec![0u8; 64 << 10];
		loop {
			if let Some((status, start, len)) = head(&bytes) {
				if bytes.len() >= start.saturating_add(len).min(MOST) {
					let end = start.saturating_add(len).min(bytes.len());
					let body = bytes[start..end].to_vec();
					return Reply { status, body };
				}
			}
			match timeout(PATIENCE, self.0.read(&mut block)).await {
				Ok(Ok(read)) if read > 0 => bytes.extend_from_slice(&block[..read]),
				_ => break,
			}
		}
		match head(&bytes) {
			Some((status, start, _)) => Reply {
				status,
				body: bytes[start..].to_vec(),
			},
			None => Reply { status: 0, body: bytes },
		}
	}
}

/// Status, where the body begins, and its length.
fn head(bytes: &[u8]) -> Option<(u16, usize, usize)> {
	let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
	let text = String::from_utf8_lossy(&bytes[..end]);
	let status = text.split_whitespace().nth(1)?.parse().ok()?;
	let length = text
		.lines()
		.filter_map(|line| line.split_once(':'))
		.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
		.and_then(|(_, value)| value.trim().parse().ok())
		.unwrap_or(0);
	Some((status, end, length))
}
