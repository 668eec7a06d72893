//! Who can reach a port of this machine, as Linux lists its sockets.

use std::{
	fs,
	net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The state of a socket that waits for connections.
const LISTENS: &str = "0A";

/// The addresses at which programs of this machine listen on a TCP port; none where the system does not tell. Programs in
/// another network namespace, such as a container's, are not among them.
pub fn listeners(port: u16) -> Option<Vec<IpAddr>> {
	let mut found = parse(&fs::read_to_string("/proc/net/tcp").ok()?, port);
	// Not there where IPv6 is off.
	let of_six = fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
	found.extend(parse(&of_six, port));
	Some(found)
}

/// The addresses in a table of sockets, whose second column is the local address and the fourth the state.
fn parse(table: &str, port: u16) -> Vec<IpAddr> {
	let address = |line: &str| -> Option<IpAddr> {
		let mut columns = line.split_whitespace();
		let (host, number) = columns.nth(1)?.split_once(':')?;
		let state = columns.nth(1)?;
		let is_it = state == LISTENS && u16::from_str_radix(number, 16) == Ok(port);
		is_it.then(|| ip(host)).flatten()
	};
	table.lines().filter_map(address).collect()
}

/// An address of 8 or 32 hexadecimal digits: words of 32 bits, each in the order in which this machine keeps numbers.
fn ip(digits: &str) -> Option<IpAddr> {
	let word = |at: usize| -> Option<[u8; 4]> {
		let digits = digits.get(at..at.checked_add(8)?)?;
		Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
	};
	match digits.len() {
		8 => Some(Ipv4Addr::from(word(0)?).into()),
		32 => {
			let bytes: [u8; 16] = [word(0)?, word(8)?, word(16)?, word(24)?].concat().try_into().ok()?;
			Some(Ipv6Addr::from(bytes).to_canonical())
		}
		_ => None,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[cfg(target_endian = "little")]
	#[test]
	fn tables_are_read_as_linux_writes_them() {
		// 0x26D8 is 9944, 0x0016 is 22.
		let four =
			"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
			0: 0100007F:26D8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0\n   \
			1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0\n   \
			2: 0100007F:26D8 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 30 10 -1\n";
		assert_eq!(parse(four, 9_944), [IpAddr::from([127, 0, 0, 1])]);
		assert_eq!(parse(four, 22), [IpAddr::from([0, 0, 0, 0])]);
		assert_eq!(parse(four, 9_945), Vec::<IpAddr>::new());
		let six = "  sl  local_address                         remote_address                        st\n   \
			0: 00000000000000000000000001000000:26D8 00000000000000000000000000000000:0000 0A 0\n   \
			1: 00000000000000000000000000000000:26D8 00000000000000000000000000000000:0000 0A 0\n   \
			2: 0000000000000000FFFF00000100007F:26D8 00000000000000000000000000000000:0000 0A 0\n";
		let expected: [IpAddr; 3] = [
			Ipv6Addr::LOCALHOST.into(),
			Ipv6Addr::UNSPECIFIED.into(),
			Ipv4Addr::LOCALHOST.into(),
		];
		assert_eq!(parse(six, 9_944), expected);
	}

	#[cfg(target_os = "linux")]
	#[test]
	fn a_socket_of_this_program_is_found() {
		let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
		let address = listener.local_addr().unwrap();
		assert_eq!(listeners(address.port()), Some(vec![address.ip()]));
	}
}
