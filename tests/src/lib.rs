//! What the end-to-end tests share: real processes on loopback, each with its own folder, ended when dropped.

pub mod audit;
pub mod cheat;
pub mod client;
pub mod equivocation;
pub mod native;
pub mod network;
pub mod process;
pub mod raw;
pub mod rpc;
pub mod scrape;
pub mod spec;
pub mod tls;

pub use client::{Answer, Client};
pub use network::{Ledger, Network};
pub use process::{binary, free_port, Node, Process};

#[cfg(test)]
mod tests {
	use millrace_client::chain::Pool;
	use millrace_primitives::Region;

	#[test]
	fn the_client_knows_every_region_by_its_name() {
		for (number, name) in (0u8..).zip(Region::NAMES) {
			let pool: Pool = format!("cpu-4/{name}").parse().expect("a pool");
			assert_eq!(pool.region, number, "{name}");
		}
	}
}
