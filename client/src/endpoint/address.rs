//! Where a provider says it is, and whether a requester should go there.
//!
//! A host name on the chain is written by a stranger. Without this check a provider could make requesters' programs
//! send requests into their own networks. A name is resolved once, and the connection goes to the address that was
//! checked, so that a second answer of the name's server changes nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Why a provider's address is not used.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
	/// The text is neither a name nor an address.
	#[error("the provider's host `{0}` is neither a DNS name nor an address")]
	Malformed(String),
	/// The name server does not know it.
	#[error("the provider's host `{host}` cannot be resolved: {source}")]
	Unresolved {
		/// The name.
		host: String,
		/// Why.
		source: std::io::Error,
	},
	/// It leads into a private network.
	#[error("the provider's host `{host}` is the private address {address}")]
	Private {
		/// The name.
		host: String,
		/// The first address that was refused.
		address: IpAddr,
	},
}

/// The addresses of `host` that may be used, in the order to try them. At least one.
///
/// # Errors
/// [`AddressError`]; private addresses only where `allow_private` is not set.
pub async fn resolve(host: &str, port: u16, allow_private: bool) -> Result<Vec<SocketAddr>, AddressError> {
	let well_formed = !host.is_empty()
		&& host.len() <= 253
		&& host
			.bytes()
			.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'_'));
	if !well_formed {
		return Err(AddressError::Malformed(host.to_owned()));
	}
	let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
		Ok(address) => vec![SocketAddr::new(address, port)],
		Err(_) => tokio::net::lookup_host((host, port))
			.await
			.map_err(|source| AddressError::Unresolved {
				host: host.to_owned(),
				source,
			})?
			.collect(),
	};
	let Some(first) = found.first().map(SocketAddr::ip) else {
		let source = std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no address");
		return Err(AddressError::Unresolved {
			host: host.to_owned(),
			source,
		});
	};
	let allowed: Vec<SocketAddr> = found
		.into_iter()
		.filter(|address| allow_private || is_public(address.ip()))
		.collect();
	if allowed.is_empty() {
		return Err(AddressError::Private {
			host: host.to_owned(),
			address: first,
		});
	}
	Ok(allowed)
}

/// Whether an address is one that the whole internet would reach.
pub fn is_public(address: IpAddr) -> bool {
	match address {
		IpAddr::V4(address) => is_public_v4(address),
		IpAddr::V6(address) => is_public_v6(address),
	}
}

/// IANA's special-purpose registry, as far as it leads to machines.
fn is_public_v4(address: Ipv4Addr) -> bool {
	let [a, b, c, _] = address.octets();
	!(address.is_private()
		|| address.is_loopback()
		|| address.is_link_local()
		|| address.is_multicast()
		|| address.is_documentation()
		|| a == 0
		|| a >= 240
		|| (a == 100 && b & 0xc0 == 64)
		|| (a, b, c) == (192, 0, 0)
		|| (a == 198 && b & 0xfe == 18))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
	let [first, second, third, ..] = address.segments();
	let [.., a, b, c, d] = address.octets();
	let last = Ipv4Addr::new(a, b, c, d);
	// Forms that carry an IPv4 address are judged by that address: mapped and compatible, NAT64, 6to4.
	if address.to_ipv4_mapped().is_some() {
		return is_public_v4(last);
	}
	if (first, second) == (0x64, 0xff9b) {
		return third == 0 && is_public_v4(last);
	}
	if first == 0x2002 {
		let [a, b] = second.to_be_bytes();
		let [c, d] = third.to_be_bytes();
		return is_public_v4(Ipv4Addr::new(a, b, c, d));
	}
	// Everything routed is in 2000::/3: that leaves out unspecified, loopback, unique local, link-local, site-local and
	// multicast addresses. 2001:db8::/32 is for documents.
	first & 0xe000 == 0x2000 && (first, second) != (0x2001, 0x0db8)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn special_addresses_are_not_public() {
		for text in [
			"0.0.0.0",
			"10.1.2.3",
			"100.64.0.1",
			"100.127.255.255",
			"127.0.0.1",
			"169.254.169.254",
			"172.16.0.1",
			"172.31.255.255",
			"192.0.0.8",
			"192.0.2.1",
			"192.168.1.1",
			"198.18.0.1",
			"198.19.255.255",
			"224.0.0.1",
			"240.0.0.1",
			"255.255.255.255",
			"::",
			"::1",
			"fc00::1",
			"fd12:3456::1",
			"fe80::1",
			"fec0::1",
			"ff02::1",
			"::ffff:127.0.0.1",
			"::ffff:10.0.0.1",
			"::127.0.0.1",
			"64:ff9b::a00:1",
			"64:ff9b:1::1",
			"2002:7f00:1::",
			"2001:db8::1",
		] {
			assert!(!is_public(text.parse().unwrap()), "{text}");
		}
		for text in [
			"1.1.1.1",
			"100.63.255.255",
			"100.128.0.1",
			"172.15.0.1",
			"172.32.0.1",
			"192.0.1.1",
			"198.17.0.1",
			"223.255.255.255",
			"2606:4700::1111",
			"::ffff:1.1.1.1",
			"64:ff9b::101:101",
			"2002:101:101::",
		] {
			assert!(is_public(text.parse().unwrap()), "{text}");
		}
	}

	#[tokio::test]
	async fn private_hosts_need_consent() {
		for host in ["127.0.0.1", "::1", "10.0.0.1"] {
			assert!(
				matches!(resolve(host, 1, false).await, Err(AddressError::Private { .. })),
				"{host}"
			);
			assert_eq!(
				resolve(host, 1, true).await.unwrap(),
				[SocketAddr::new(host.parse().unwrap(), 1)]
			);
		}
		assert_eq!(resolve("1.1.1.1", 443, false).await.unwrap().len(), 1);
	}

	#[tokio::test]
	async fn nonsense_is_not_resolved() {
		for host in ["", "a b", "a/b", "[::1]", "user@host", "höst", &"a".repeat(254)] {
			assert!(
				matches!(resolve(host, 1, true).await, Err(AddressError::Malformed(_))),
				"{host}"
			);
		}
	}
}
