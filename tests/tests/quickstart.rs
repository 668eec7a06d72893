//! The quickstart, as a person runs it, leaves nothing behind.

use std::{
	fs,
	net::{Ipv4Addr, TcpStream},
	path::Path,
	process::Command,
};

#[test]
fn the_quickstart_succeeds_and_leaves_no_process_and_no_port() {
	let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/quickstart.sh");
	let mut command = Command::new(script);
	// As from a person's shell: what the test runner sets for this test would make Cargo build other things.
	for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_") || name.starts_with("NEXTEST")) {
		if !["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_TERM_COLOR"].contains(&name.as_str()) {
			command.env_remove(name);
		}
	}
	let output = command.output().expect("the script starts");
	let text = String::from_utf8_lossy(&output.stdout);
	assert!(
		output.status.success(),
		"{text}\n{}",
		String::from_utf8_lossy(&output.stderr)
	);
	println!("{text}");
	for line in [
		"adds up to the planck",
		"verified, 1024 of 1024 leaves",
		"those of native code",
	] {
		assert!(text.contains(line), "it does not say {line:?}");
	}

	let ports: Vec<u16> = text
		.lines()
		.find(|line| line.starts_with("ports"))
		.expect("it names its ports")
		.split_whitespace()
		.filter_map(|word| word.parse().ok())
		.collect();
	assert_eq!(ports.len(), 2);
	for port in ports {
		assert!(
			TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err(),
			"port {port} is still open"
		);
	}
	for entry in fs::read_dir("/proc").expect("this is Linux").flatten() {
		let command = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
		assert!(
			!command.contains("millrace-quickstart-"),
			"still runs: {}",
			command.replace('\0', " ")
		);
	}
}
