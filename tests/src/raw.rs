//! Transactions that no honest program makes: signed like any other, with whatever bytes as the call's arguments.

use std::sync::Arc;
use subxt::{
	backend::LegacyBackend,
	config::{DefaultExtrinsicParamsBuilder, RpcConfigFor},
	ext::{
		scale_encode::{EncodeAsFields, Error, FieldIter},
		scale_type_resolver::TypeResolver,
	},
	rpcs::{
		client::{ReconnectingRpcClient, RpcClient},
		LegacyRpcMethods,
	},
	tx::Payload,
	utils::H256,
	OnlineClient, SubstrateConfig,
};
use subxt_signer::sr25519::Keypair;

/// Blocks for which a transaction is valid.
const MORTALITY: u64 = 64;

/// A connection without the manners of the client library.
pub struct Raw {
	client: OnlineClient<SubstrateConfig>,
	rpc: LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>,
}

/// A call with these bytes as its arguments.
struct Call {
	pallet: &'static str,
	name: &'static str,
	arguments: Arguments,
}

struct Arguments(Vec<u8>);

impl EncodeAsFields for Arguments {
	fn encode_as_fields_to<R: TypeResolver>(
		&self,
		_fields: &mut dyn FieldIter<'_, R::TypeId>,
		_types: &R,
		out: &mut Vec<u8>,
	) -> Result<(), Error> {
		out.extend_from_slice(&self.0);
		Ok(())
	}
}

impl Payload for Call {
	type CallData = Arguments;

	fn pallet_name(&self) -> &str {
		self.pallet
	}

	fn call_name(&self) -> &str {
		self.name
	}

	fn call_data(&self) -> &Arguments {
		&self.arguments
	}
}

impl Raw {
	/// Connects to a node that is known to answer.
	pub async fn connect(url: &str) -> Raw {
		let transport = ReconnectingRpcClient::builder()
			.build(url)
			.await
			.expect("the node answers");
		let rpc = RpcClient::new(transport);
		let backend: LegacyBackend<SubstrateConfig> = LegacyBackend::builder().build(rpc.clone());
		let client = OnlineClient::<SubstrateConfig>::from_backend(Arc::new(backend))
			.await
			.expect("the node has metadata");
		Raw {
			client,
			rpc: LegacyRpcMethods::new(rpc),
		}
	}

	/// The chain client.
	pub fn client(&self) -> &OnlineClient<SubstrateConfig> {
		&self.client
	}

	/// A call of the market, `name`, with `arguments` as its encoded arguments, signed with the next nonce of the key.
	pub async fn sign(&self, name: &'static str, arguments: Vec<u8>, pair: &Keypair) -> Vec<u8> {
		let nonce = self.next_nonce(pair).await;
		self.sign_at("Market", name, arguments, pair, nonce).await
	}

	/// The nonce of the key's next transaction, those in the node's pool counted.
	pub async fn next_nonce(&self, pair: &Keypair) -> u64 {
		let account = pair.public_key().to_account_id();
		self.rpc.system_account_next_index(&account).await.expect("a nonce")
	}

	/// What the runtime answers in the best block, encoded: `method` with its API's name before it, and encoded arguments.
	///
	/// # Errors
	/// There is no such method, or it fails. The error has the node's words.
	pub async fn state_call(&self, method: &str, arguments: &[u8]) -> Result<Vec<u8>, String> {
		let answer = self.rpc.state_call(method, Some(arguments), None).await;
		answer.map_err(|error| error.to_string())
	}

	/// A call of any pallet, with `arguments` as its encoded arguments, signed with this nonce.
	pub async fn sign_at(
		&self,
		pallet: &'static str,
		name: &'static str,
		arguments: Vec<u8>,
		pair: &Keypair,
		nonce: u64,
	) -> Vec<u8> {
		let at = self.client.at_current_block().await.expect("a final block");
		let block = at.block_ref();
		let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new()
			.nonce(nonce)
			.mortal_from_unchecked(MORTALITY, at.block_number(), block.hash())
			.build();
		let call = Call {
			pallet,
			name,
			arguments: Arguments(arguments),
		};
		let mut signable = at.tx().create_signable_offline(&call, params).expect("the call exists");
		signable.sign(pair).expect("a signature").into_encoded()
	}

	/// Sends bytes as a transaction. The error has the node's words.
	///
	/// # Errors
	/// The node refuses them.
	pub async fn submit(&self, bytes: &[u8]) -> Result<H256, String> {
		self.rpc
			.author_submit_extrinsic(bytes)
			.await
			.map_err(|error| match error {
				subxt::rpcs::Error::User(answer) => {
					let detail = answer
						.data
						.as_ref()
						.map(|data| data.get().to_owned())
						.unwrap_or_default();
					format!("{}: {detail}", answer.message)
				}
				other => other.to_string(),
			})
	}
}
