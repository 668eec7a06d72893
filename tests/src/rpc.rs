//! JSON-RPC over one plain HTTP request, as curl would send it.

use serde_json::{json, Value};
use std::{
	io::{Read, Write},
	net::{Ipv4Addr, TcpStream},
	time::Duration,
};

/// Calls `method` of the node on this loopback port. The error says what the node answered.
pub fn call(port: u16, method: &str, params: Value) -> Result<Value, String> {
	let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
	let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(|error| error.to_string())?;
	socket
		.set_read_timeout(Some(Duration::from_secs(30)))
		.map_err(|error| error.to_string())?;
	write!(
		socket,
		"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
		body.len()
	)
	.map_err(|error| error.to_string())?;
	let mut answer = String::new();
	socket.read_to_string(&mut answer).map_err(|error| error.to_string())?;
	let (_, json) = answer
		.split_once("\r\n\r\n")
		.ok_or_else(|| format!("not HTTP: {answer}"))?;
	let value: Value = serde_json::from_str(json.trim()).map_err(|error| format!("{error}: {json}"))?;
	match value.get("error") {
		Some(error) => Err(error.to_string()),
		None => Ok(value["result"].clone()),
	}
}
