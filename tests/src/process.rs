//! Starting and ending the real programs.

use crate::rpc;
use serde_json::{json, Value};
use std::{
	fs::File,
	net::TcpListener,
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	sync::atomic::{AtomicU32, Ordering},
	thread::sleep,
	time::{Duration, Instant},
};

/// Where Linux starts to take the ports of outgoing connections from: the default of `net.ipv4.ip_local_port_range`.
const FIRST_OUTGOING: u32 = 32_768;

/// The path of one of this workspace's programs, built beside the running test.
pub fn binary(name: &str) -> PathBuf {
	let program = std::env::current_exe().expect("a program has a path");
	let folder = program.parent().expect("a program is in a folder");
	// Tests are one folder deeper than programs.
	let folder = if folder.ends_with("deps") {
		folder.parent().unwrap_or(folder)
	} else {
		folder
	};
	let path = folder.join(name);
	assert!(
		path.is_file(),
		"{} is not built: run `cargo build --workspace`",
		path.display()
	);
	path
}

/// A port on loopback that nobody listens on now, and that no outgoing connection takes before it is used: the system
/// gives those the ports from [`FIRST_OUTGOING`] on, so a port from there may be gone a moment later.
pub fn free_port() -> u16 {
	const FIRST: u32 = 10_000;
	static TAKEN: AtomicU32 = AtomicU32::new(0);
	let ports = FIRST_OUTGOING - FIRST;
	// Each process starts elsewhere, so that tests side by side do not look at the same ports.
	let start = std::process::id().wrapping_mul(97) % ports;
	for _ in 0..ports {
		let port = FIRST + (start + TAKEN.fetch_add(1, Ordering::Relaxed)) % ports;
		let port = u16::try_from(port).expect("below 65,536");
		if TcpListener::bind(("127.0.0.1", port)).is_ok() {
			return port;
		}
	}
	panic!("no port from {FIRST} to {FIRST_OUTGOING} is free on loopback");
}

/// The last lines of a program's output.
pub fn last_lines(output: &str) -> String {
	let lines: Vec<&str> = output.lines().collect();
	lines[lines.len().saturating_sub(30)..].join("\n")
}

/// A running program. Killed (−9) when dropped; its output is in a file.
pub struct Process {
	child: Child,
	/// Where its output goes.
	pub log: PathBuf,
}

impl Process {
	/// Starts `command` with its output going to `log`.
	pub fn start(command: &mut Command, log: PathBuf) -> Process {
		let out = File::create(&log).expect("the test's folder is writable");
		let err = out.try_clone().expect("a file can be duplicated");
		let child = command
			.stdin(Stdio::null())
			.stdout(out)
			.stderr(err)
			.spawn()
			.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
		Process { child, log }
	}

	/// Its output so far.
	pub fn output(&self) -> String {
		std::fs::read_to_string(&self.log).unwrap_or_default()
	}

	/// The last lines of its output, for the message of a failed test.
	pub fn tail(&self) -> String {
		last_lines(&self.output())
	}

	/// Its process id.
	pub fn id(&self) -> u32 {
		self.child.id()
	}

	/// Resident memory in bytes, as the kernel counts it; `None` once it has ended.
	pub fn resident_bytes(&self) -> Option<u64> {
		memory(self.child.id(), "VmRSS:")
	}

	/// The most that its resident memory was since [`Process::forget_peak`], or since it started where the kernel does not
	/// forget.
	pub fn peak_bytes(&self) -> Option<u64> {
		memory(self.child.id(), "VmHWM:")
	}

	/// Lets the kernel forget the peak of resident memory so far.
	pub fn forget_peak(&self) {
		let _ = std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
	}

	/// Whether it still runs.
	pub fn is_running(&mut self) -> bool {
		matches!(self.child.try_wait(), Ok(None))
	}

	/// Waits until its output contains `text`; panics with the output if it ends first or `limit` passes.
	pub fn wait_for(&mut self, text: &str, limit: Duration) {
		let start = Instant::now();
		while !self.output().contains(text) {
			assert!(self.is_running(), "ended before printing {text:?}:\n{}", self.output());
			assert!(
				start.elapsed() < limit,
				"did not print {text:?} in {limit:?}:\n{}",
				self.tail()
			);
			sleep(Duration::from_millis(50));
		}
	}

	/// Sends it a signal, such as `STOP` or `CONT`.
	pub fn signal(&self, name: &str) {
		let id = self.child.id().to_string();
		let sent = Command::new("kill").args(["-s", name, &id]).status();
		assert!(sent.is_ok_and(|status| status.success()), "kill -s {name} {id} fails");
	}

	/// Asks it to stop (SIGTERM) and waits; kills it after `limit`. Returns whether it stopped by itself with success.
	pub fn stop(&mut self, limit: Duration) -> bool {
		let _ = Command::new("kill").arg(self.child.id().to_string()).status();
		let start = Instant::now();
		while start.elapsed() < limit {
			if let Ok(Some(status)) = self.child.try_wait() {
				return status.success();
			}
			sleep(Duration::from_millis(50));
		}
		self.kill();
		false
	}

	/// `kill -9`.
	pub fn kill(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}

/// A figure of a process's memory, in bytes: `VmRSS:` or `VmHWM:`.
pub fn memory(process: u32, figure: &str) -> Option<u64> {
	let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
	let line = status.lines().find(|line| line.starts_with(figure))?;
	let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
	Some(kib * 1_024)
}

impl Drop for Process {
	fn drop(&mut self) {
		self.kill();
	}
}

/// A node on loopback; mostly the only validator of a chain of its own.
pub struct Node {
	/// The process.
	pub process: Process,
	/// Its JSON-RPC port.
	pub port: u16,
}

impl Node {
	/// Starts a chain from a preset (`development`, `fast`) with its data in `folder`, and waits until it answers.
	pub fn start(preset: &str, folder: &Path) -> Node {
		Node::start_on(preset, folder, free_port())
	}

	/// The same on a given port, so that a stopped node can come back at its address.
	pub fn start_on(preset: &str, folder: &Path, port: u16) -> Node {
		Node::start_with(preset, folder, port, &["--alice", "--no-prometheus"])
	}

	/// A node of any role: `flags` say whether and with whose keys it authors, whom it knows, and whether and on which port
	/// it exports metrics.
	pub fn start_with(preset: &str, folder: &Path, port: u16, flags: &[&str]) -> Node {
		std::fs::create_dir_all(folder).expect("the test's folder is writable");
		let process = Process::start(
			Command::new(binary("millrace-node"))
				.args(["--chain", preset, "--base-path"])
				.arg(folder)
				.args(["--rpc-port", &port.to_string(), "--listen-addr", "/ip4/127.0.0.1/tcp/0"])
				.args(["--unsafe-force-node-key-generation", "--no-mdns", "--no-telemetry"])
				.args(flags),
			folder.join("node.log"),
		);
		let mut node = Node { process, port };
		let start = Instant::now();
		while rpc::call(port, "system_health", json!([])).is_err() {
			assert!(node.process.is_running(), "the node ended:\n{}", node.process.tail());
			assert!(
				start.elapsed() < Duration::from_secs(60),
				"the node is silent:\n{}",
				node.process.tail()
			);
			sleep(Duration::from_millis(100));
		}
		node
	}

	/// The address for clients.
	pub fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.port)
	}

	/// The address for other nodes, with the peer's identity.
	pub fn peer_address(&self) -> String {
		let addresses = self.call("system_localListenAddresses", json!([]));
		let address = addresses[0].as_str();
		address.expect("it listens on one address").to_owned()
	}

	/// A JSON-RPC call that must succeed.
	pub fn call(&self, method: &str, params: Value) -> Value {
		rpc::call(self.port, method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
	}

	/// The numbers of the best and the finalised block.
	pub fn heights(&self) -> (u64, u64) {
		let number = |header: Value| {
			let hex = header["number"]
				.as_str()
				.expect("a header has a number")
				.trim_start_matches("0x")
				.to_owned();
			u64::from_str_radix(&hex, 16).expect("block numbers are hexadecimal")
		};
		let best = number(self.call("chain_getHeader", json!([])));
		let hash = self.call("chain_getFinalizedHead", json!([]));
		(best, number(self.call("chain_getHeader", json!([hash]))))
	}

	/// Waits until `done` holds, looking twice a second; panics with `what` after `limit`.
	pub fn wait_until(&self, what: &str, limit: Duration, mut done: impl FnMut(&Node) -> bool) {
		let start = Instant::now();
		while !done(self) {
			assert!(
				start.elapsed() < limit,
				"{what}: not in {limit:?}\n{}",
				self.process.tail()
			);
			sleep(Duration::from_millis(500));
		}
	}
}
