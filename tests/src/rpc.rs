//! JSON-RPC over one plain HTTP request, as curl would send it, and other answers over HTTP.

use serde_json::{json, Value};
use std::{
	io::{Read, Write},
	net::{Ipv4Addr, TcpStream},
	time::Duration,
};

/// Bytes that a node answers as `0x` and hexadecimal digits.
///
/// # Panics
/// It is something else.
pub fn bytes(value: &Value) -> Vec<u8> {
	let text = value.as_str().expect("a text");
	hex::decode(text.trim_start_matches("0x")).expect("hexadecimal digits")
}

/// Calls `method` of the node on this loopback port. The error says what the node answered.
pub fn call(port: u16, method: &str, params: Value) -> Result<Value, String> {
	let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
	let (_, json) = exchange(
		port,
		&format!(
			"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
			body.len()
		),
	)?;
	let value: Value = serde_json::from_str(json.trim()).map_err(|error| format!("{error}: {json}"))?;
	match value.get("error") {
		Some(error) => Err(error.to_string()),
		None => Ok(value["result"].clone()),
	}
}

/// What the program on this loopback port answers to `GET path`, as `/metrics`.
///
/// # Errors
/// Nothing listens there yet, or the answer is another one than 200.
pub fn get(port: u16, path: &str) -> Result<String, String> {
	// Of the older version, whose answers come whole and not in chunks.
	let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n");
	let (head, body) = exchange(port, &request)?;
	let status = head.lines().next().unwrap_or_default();
	if status.contains(" 200 ") {
		Ok(body)
	} else {
		Err(status.to_owned())
	}
}

/// Sends a request after whose answer the connection is closed, and gives head and body of that.
fn exchange(port: u16, request: &str) -> Result<(String, String), String> {
	let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(|error| error.to_string())?;
	socket
		.set_read_timeout(Some(Duration::from_secs(30)))
		.map_err(|error| error.to_string())?;
	socket
		.write_all(request.as_bytes())
		.map_err(|error| error.to_string())?;
	let mut answer = String::new();
	socket.read_to_string(&mut answer).map_err(|error| error.to_string())?;
	let (head, body) = answer
		.split_once("\r\n\r\n")
		.ok_or_else(|| format!("not HTTP: {answer}"))?;
	Ok((head.to_owned(), body.to_owned()))
}
