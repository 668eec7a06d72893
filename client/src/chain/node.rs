//! What a node says of itself, as against what the chain's state says.

use super::{
	connect::Chain,
	error::{failed, ChainError},
	generated::api,
	to_hex, AccountId, SessionKeys,
};
use serde::{de::DeserializeOwned, Deserialize};
use subxt::{
	error::BackendError,
	rpcs::{client::RpcParams, rpc_params, Error},
};

/// JSON-RPC's code for a method that is not there. The node gives it for one that is closed to the caller, too.
const METHOD_NOT_FOUND: i32 = -32_601;
/// The role of a node that was started with `--validator`.
const AUTHORITY: &str = "Authority";

/// A node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeView {
	/// What its program is called.
	pub name: String,
	/// Its program's version: the release, a hyphen, and the commit.
	pub version: String,
	/// Whether it was started to author and to vote.
	pub authority: bool,
	/// Nodes that it is connected to.
	pub peers: usize,
	/// Whether it was given nodes to begin with, so that it should have peers.
	pub should_have_peers: bool,
	/// Whether it is far behind its peers.
	pub syncing: bool,
	/// The number of the best block that it or a peer has told of.
	pub highest: u64,
	/// The version of the runtime at its best block.
	pub spec_version: u32,
	/// Whether that runtime has the types with which this program was built.
	pub fits: bool,
}

/// Session keys that a node has just made. Their secret halves are in its keystore and never leave it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RotatedKeys {
	/// The public keys.
	pub keys: SessionKeys,
	/// That they belong to the account for which they were made.
	pub proof: Vec<u8>,
}

/// The answer of `system_syncState`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SyncState {
	highest_block: u64,
}

/// The answer of `author_rotateKeysWithOwner`.
#[derive(Deserialize)]
struct Generated {
	keys: String,
	proof: Option<String>,
}

impl Generated {
	/// The keys, if they are of this chain and come with a proof.
	fn rotated(&self) -> Option<RotatedKeys> {
		Some(RotatedKeys {
			keys: SessionKeys::decode(&bytes(&self.keys)?)?,
			proof: bytes(self.proof.as_deref()?)?,
		})
	}
}

/// Bytes that a node writes as `0x` and hexadecimal digits.
fn bytes(text: &str) -> Option<Vec<u8>> {
	hex::decode(text.strip_prefix("0x")?).ok()
}

impl Chain {
	/// How the node stands.
	///
	/// # Errors
	/// It cannot be asked.
	pub async fn node(&self) -> Result<NodeView, ChainError> {
		const WHAT: &str = "the node's state";
		let health = self.rpc.system_health().await;
		let health = health.map_err(BackendError::from).map_err(failed(WHAT))?;
		let version = self.rpc.state_get_runtime_version(None).await;
		let version = version.map_err(BackendError::from).map_err(failed(WHAT))?;
		let roles: Vec<String> = self.ask_node(WHAT, "system_nodeRoles", rpc_params![]).await?;
		let sync: SyncState = self.ask_node(WHAT, "system_syncState", rpc_params![]).await?;
		let metadata = self.best().await?.client.metadata();
		Ok(NodeView {
			name: self.ask_node(WHAT, "system_name", rpc_params![]).await?,
			version: self.ask_node(WHAT, "system_version", rpc_params![]).await?,
			authority: roles.iter().any(|role| role == AUTHORITY),
			peers: health.peers,
			should_have_peers: health.should_have_peers,
			syncing: health.is_syncing,
			highest: sync.highest_block,
			spec_version: version.spec_version,
			fits: api::is_codegen_valid_for(&metadata),
		})
	}

	/// Has the node make session keys for `owner`, the stash whose validator it is. They are used once the owner has
	/// registered them with [`Call::SetKeys`](super::Call::SetKeys).
	///
	/// # Errors
	/// [`ChainError::Closed`] where the node does not let the caller do that; or it cannot be asked.
	pub async fn rotate_keys(&self, owner: AccountId) -> Result<RotatedKeys, ChainError> {
		let method = "author_rotateKeysWithOwner";
		let made: Generated = self
			.ask_node("new session keys", method, rpc_params![to_hex(&owner.0)])
			.await?;
		made.rotated().ok_or(ChainError::OtherRuntime { what: "session keys" })
	}

	/// Whether the node has the secret halves of these keys.
	///
	/// # Errors
	/// As [`Chain::rotate_keys`].
	pub async fn has_session_keys(&self, keys: &SessionKeys) -> Result<bool, ChainError> {
		let params = rpc_params![keys.to_string()];
		self.ask_node("the node's keys", "author_hasSessionKeys", params).await
	}

	/// Whether the node lets this program call what it keeps from strangers.
	///
	/// # Errors
	/// The node cannot be asked.
	pub async fn is_open(&self) -> Result<bool, ChainError> {
		// It changes nothing, and is guarded as the methods that do.
		let peers: Result<Vec<serde_json::Value>, ChainError> =
			self.ask_node("the node's peers", "system_peers", rpc_params![]).await;
		match peers {
			Ok(_) => Ok(true),
			Err(ChainError::Closed { .. }) => Ok(false),
			Err(error) => Err(error),
		}
	}

	/// Calls a method of the node.
	async fn ask_node<T: DeserializeOwned>(
		&self,
		what: &'static str,
		method: &'static str,
		params: RpcParams,
	) -> Result<T, ChainError> {
		match self.raw.request(method, params).await {
			Ok(answer) => Ok(answer),
			Err(Error::User(answer)) if answer.code == METHOD_NOT_FOUND => Err(ChainError::Closed { method }),
			Err(error) => Err(failed(what)(BackendError::from(error))),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn generated(text: &str) -> Option<RotatedKeys> {
		serde_json::from_str::<Generated>(text).unwrap().rotated()
	}

	#[test]
	fn keys_without_a_proof_or_of_another_chain_are_none() {
		let keys = format!("0x{}{}", "0a".repeat(32), "0b".repeat(32));
		let made = generated(&format!(r#"{{"keys":"{keys}","proof":"0x0102"}}"#)).unwrap();
		assert_eq!((made.keys.grandpa, made.keys.babe), ([10; 32], [11; 32]));
		assert_eq!(made.proof, [1, 2]);
		assert_eq!(made.keys.to_string(), keys);

		assert_eq!(generated(&format!(r#"{{"keys":"{keys}"}}"#)), None);
		for bad in [&keys[..64], &keys[2..], &format!("{keys}00"), "0xzz"] {
			assert_eq!(generated(&format!(r#"{{"keys":"{bad}","proof":"0x"}}"#)), None, "{bad}");
		}
	}
}
