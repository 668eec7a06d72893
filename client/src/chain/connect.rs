//! A connection to a node, and blocks seen through it.

use super::{
	error::{failed, ChainError},
	view::At,
	Block, H256,
};
use std::{net::IpAddr, sync::Arc, time::Duration};
use subxt::{
	backend::{utils::retry, LegacyBackend},
	config::RpcConfigFor,
	error::BackendError,
	rpcs::{
		client::{reconnecting_rpc_client::FixedInterval, ReconnectingRpcClient, RpcClient},
		LegacyRpcMethods,
	},
	OnlineClient, SubstrateConfig,
};
use tokio::{
	net::TcpStream,
	sync::Mutex,
	time::{sleep, timeout_at, Instant},
};

/// Pallets without which a chain is not this one.
const PALLETS: [&str; 3] = ["Kernels", "Providers", "Market"];
/// How long to wait before a refused connection is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// The same for a connection that was lost, in milliseconds. The library's own pauses grow to a minute within a few seconds, and a window
/// may be shorter than a node's restart with such a pause after it.
pub const RECONNECT_AFTER: u64 = 1_000;

/// A connection to one node. Cheap to clone; reconnects by itself after the first success, and requests made meanwhile
/// wait.
#[derive(Clone, Debug)]
pub struct Chain {
	pub(super) client: OnlineClient<SubstrateConfig>,
	pub(super) rpc: LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>,
	/// The same connection, for methods that the library does not know.
	pub(super) raw: RpcClient,
	url: Arc<str>,
	/// Held from the reading of a nonce until the node has what was signed with it: calls that are sent side by side would
	/// be given the same one.
	pub(super) sending: Arc<Mutex<()>>,
}

impl Chain {
	/// Connects to the node at `url` (`ws://…` or `wss://…`), trying for at most `patience`.
	///
	/// # Errors
	/// [`ChainError::BadUrl`]; [`ChainError::Unreachable`] with the last cause seen; [`ChainError::OtherChain`] when the
	/// node runs something else.
	pub async fn connect(url: &str, patience: Duration) -> Result<Chain, ChainError> {
		let deadline = Instant::now() + patience;
		let unreachable = |cause: String| ChainError::Unreachable {
			url: url.to_owned(),
			cause,
		};
		let (host, port) = host_and_port(url)?;

		// The RPC client retries for ever and keeps the cause to itself, so the first contact is made here.
		loop {
			let cause = match timeout_at(deadline, TcpStream::connect((host.as_str(), port))).await {
				Ok(Ok(_)) => break,
				Ok(Err(error)) => error.to_string(),
				Err(_) => return Err(unreachable(format!("no answer within {} s", patience.as_secs()))),
			};
			if Instant::now() + RETRY_AFTER >= deadline {
				return Err(unreachable(cause));
			}
			sleep(RETRY_AFTER).await;
		}

		let elapsed = |_| unreachable("the port is open, but nobody speaks JSON-RPC over WebSocket there".to_owned());
		// A moment more than was left for the port: opening it may have used everything up.
		let deadline = deadline.max(Instant::now() + Duration::from_secs(5));
		let builder = ReconnectingRpcClient::builder().retry_policy(FixedInterval::from_millis(RECONNECT_AFTER));
		let transport = timeout_at(deadline, builder.build(url))
			.await
			.map_err(elapsed)?
			.map_err(|error| unreachable(error.to_string()))?;
		let rpc = RpcClient::new(transport);
		let backend: LegacyBackend<SubstrateConfig> = LegacyBackend::builder().build(rpc.clone());
		let client = timeout_at(
			deadline,
			OnlineClient::<SubstrateConfig>::from_backend(Arc::new(backend)),
		)
		.await
		.map_err(elapsed)?
		.map_err(|error| unreachable(error.to_string()))?;
		let chain = Chain {
			client,
			rpc: LegacyRpcMethods::new(rpc.clone()),
			raw: rpc,
			url: url.into(),
			sending: Arc::default(),
		};

		let at = chain.finalised_now().await?;
		let metadata = at.client.metadata();
		match PALLETS.into_iter().find(|name| metadata.pallet_by_name(name).is_none()) {
			Some(pallet) => Err(ChainError::OtherChain {
				url: url.to_owned(),
				pallet,
			}),
			None => Ok(chain),
		}
	}

	/// Where the node is.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// Whether that is this machine's loopback. A tunnel to another machine looks the same.
	pub fn is_loopback(&self) -> bool {
		host_and_port(&self.url).is_ok_and(|(host, _)| is_loopback(&host))
	}

	/// The TCP port of that address.
	pub fn port(&self) -> Option<u16> {
		host_and_port(&self.url).map(|(_, port)| port).ok()
	}

	/// The hash of the chain's first block.
	pub fn genesis(&self) -> H256 {
		self.client.genesis_hash()
	}

	/// The best block as it is, also where the chain is just being upgraded: ask [`At::upgrading`] before anything is read.
	///
	/// # Errors
	/// The node cannot be asked.
	pub async fn best_now(&self) -> Result<At, ChainError> {
		let hash = self.best_hash().await?;
		self.at_hash(hash).await
	}

	/// The last finalised block as it is, as [`Chain::best_now`].
	///
	/// # Errors
	/// The node cannot be asked.
	pub async fn finalised_now(&self) -> Result<At, ChainError> {
		At::open(self.client.at_current_block().await)
	}

	/// The block with this hash.
	///
	/// # Errors
	/// The node cannot be asked or does not have it.
	pub async fn at_hash(&self, hash: H256) -> Result<At, ChainError> {
		At::open(self.client.at_block(hash).await)
	}

	/// The block with this number on the best chain.
	///
	/// # Errors
	/// The node cannot be asked or has no such block yet.
	pub async fn at_number(&self, number: u64) -> Result<At, ChainError> {
		At::open(self.client.at_block(number).await)
	}

	pub(super) async fn best_hash(&self) -> Result<H256, ChainError> {
		let hash: Option<H256> =
			retry(|| async { self.rpc.chain_get_block_hash(None).await.map_err(BackendError::from) })
				.await
				.map_err(failed("the best block"))?;
		hash.ok_or_else(|| ChainError::NoBlock {
			block: "best".to_owned(),
		})
	}

	/// The next nonce of `account`, counting what waits in the node's pool.
	pub(super) async fn next_nonce(&self, account: super::AccountId) -> Result<u64, ChainError> {
		retry(|| async {
			self.rpc
				.system_account_next_index(&account)
				.await
				.map_err(BackendError::from)
		})
		.await
		.map_err(failed("the account's nonce"))
	}

	/// Blocks as they become best, the current one first. See [`BestBlocks`].
	pub fn best_blocks(&self, follow: Follow) -> BestBlocks {
		BestBlocks {
			chain: self.clone(),
			follow,
			stream: None,
			last: None,
		}
	}
}

/// How new blocks are noticed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Follow {
	/// By a subscription, with a look every ten seconds in case it fell silent.
	Subscribe,
	/// By asking at this interval.
	Poll(Duration),
}

/// Blocks as they become best; never ends. Blocks may be skipped when many arrive at once: what counts is state, not
/// the block it changed in. Those whose state is not whole are, while the chain is being upgraded.
pub struct BestBlocks {
	chain: Chain,
	follow: Follow,
	stream: Option<subxt::client::Blocks<SubstrateConfig>>,
	last: Option<H256>,
}

impl BestBlocks {
	/// How long a subscription may be silent before the node is asked.
	const SILENCE: Duration = Duration::from_secs(10);

	/// Waits for a best block other than the last one returned.
	///
	/// # Errors
	/// The node cannot be asked. The next call tries again.
	pub async fn next(&mut self) -> Result<At, ChainError> {
		loop {
			if self.last.is_some() {
				self.wait().await?;
			}
			let hash = self.chain.best_hash().await?;
			if self.last != Some(hash) {
				let at = self.chain.at_hash(hash).await?;
				let upgrading = at.upgrading().await?;
				self.last = Some(hash);
				if upgrading.is_none() {
					return Ok(at);
				}
			}
		}
	}

	/// Waits until it is worth to look for a new block.
	async fn wait(&mut self) -> Result<(), ChainError> {
		let interval = match self.follow {
			Follow::Poll(interval) => {
				sleep(interval).await;
				return Ok(());
			}
			Follow::Subscribe => Self::SILENCE,
		};
		if self.stream.is_none() {
			let stream = self
				.chain
				.client
				.stream_best_blocks()
				.await
				.map_err(failed("a subscription to blocks"))?;
			self.stream = Some(stream);
		}
		let Some(stream) = self.stream.as_mut() else {
			return Ok(());
		};
		let next = tokio::time::timeout(interval, stream.next()).await;
		match next {
			Ok(Some(Ok(_))) | Err(_) => {}
			// A lost subscription is renewed at the next call; the pause keeps a failing node from being hammered.
			Ok(Some(Err(_))) | Ok(None) => {
				self.stream = None;
				sleep(RETRY_AFTER).await;
			}
		}
		Ok(())
	}
}

impl std::fmt::Debug for BestBlocks {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("BestBlocks")
			.field("follow", &self.follow)
			.field("last", &self.last)
			.finish_non_exhaustive()
	}
}

impl At {
	fn open(
		client: Result<subxt::OnlineClientAtBlock<SubstrateConfig>, subxt::error::OnlineClientAtBlockError>,
	) -> Result<At, ChainError> {
		use subxt::error::OnlineClientAtBlockError::{BlockHeaderNotFound, BlockNotFound};
		match client {
			Ok(client) => {
				let block = Block {
					number: client.block_number(),
					hash: client.block_hash(),
				};
				Ok(At { client, block })
			}
			Err(BlockNotFound { block_number }) => Err(ChainError::NoBlock {
				block: block_number.to_string(),
			}),
			Err(BlockHeaderNotFound { block_hash }) => Err(ChainError::NoBlock {
				block: format!("0x{block_hash}"),
			}),
			Err(error) => Err(failed("a block")(error)),
		}
	}
}

/// Whether a host, as a URL names it, is this machine's loopback.
fn is_loopback(host: &str) -> bool {
	let address = host.parse::<IpAddr>();
	host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The host and the port of a WebSocket URL.
fn host_and_port(url: &str) -> Result<(String, u16), ChainError> {
	let bad = |reason: &str| ChainError::BadUrl {
		url: url.to_owned(),
		reason: reason.to_owned(),
	};
	let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("it has no scheme"))?;
	let default_port = match scheme {
		"ws" => 80,
		"wss" => 443,
		_ => return Err(bad("the scheme must be ws or wss")),
	};
	let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
	let authority = authority.rsplit('@').next().unwrap_or_default();
	let (host, port) = match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
		Some((host, tail)) => (host, tail.strip_prefix(':')),
		None => match authority.split_once(':') {
			Some((host, port)) => (host, Some(port)),
			None => (authority, None),
		},
	};
	if host.is_empty() {
		return Err(bad("it names no host"));
	}
	let port = match port {
		Some(text) => text.parse().map_err(|_| bad("the port must be a number up to 65535"))?,
		None => default_port,
	};
	Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn urls() {
		for (url, host, port) in [
			("ws://127.0.0.1:9944", "127.0.0.1", 9944),
			("wss://node.example/rpc?x=1", "node.example", 443),
			("ws://[::1]:9944/", "::1", 9944),
			("ws://user:secret@node.example:1", "node.example", 1),
		] {
			assert_eq!(host_and_port(url).unwrap(), (host.to_owned(), port), "{url}");
		}
		for url in [
			"",
			"127.0.0.1:9944",
			"http://a",
			"ws://",
			"ws://:1",
			"ws://a:b",
			"ws://a:70000",
		] {
			assert!(matches!(host_and_port(url), Err(ChainError::BadUrl { .. })), "{url}");
		}
	}

	#[test]
	fn loopback_is_told_from_other_hosts() {
		for host in ["127.0.0.1", "127.8.0.3", "::1", "localhost"] {
			assert!(is_loopback(host), "{host}");
		}
		for host in [
			"0.0.0.0",
			"10.0.0.1",
			"::",
			"2001:db8::1",
			"node.example",
			"localhost.example",
		] {
			assert!(!is_loopback(host), "{host}");
		}
	}

	#[tokio::test]
	async fn a_closed_port_is_named_with_its_cause() {
		let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
		let url = format!("ws://{}", listener.local_addr().unwrap());
		drop(listener);
		let error = Chain::connect(&url, Duration::from_millis(300)).await.unwrap_err();
		assert!(matches!(error, ChainError::Unreachable { .. }), "{error}");
		assert!(error.to_string().contains(&url), "{error}");
	}
}
