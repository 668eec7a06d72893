//! What the node answers beside what every node of the SDK does: the market and its providers in plain JSON, account nonces,
//! fees, and the state of BABE and GRANDPA.
//!
//! The groups of the JSON-RPC specification (`chainHead_v1`, `transaction_v1`, `chainSpec_v1`, and `archive_v1` on archive
//! nodes) and the older `chain_`, `state_`, `author_` and `system_` come from the SDK's service. A method that is merged here
//! as well would stop the node at its start.

pub(crate) mod compute;

use self::compute::{Blocks, ComputeApis};
use jsonrpsee::RpcModule;
use millrace_primitives::Balance;
use millrace_runtime::{opaque::Block, AccountId, BlockNumber, Hash, Nonce};
use polkadot_sdk::{
	pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer, TransactionPaymentRuntimeApi},
	sc_client_api::Backend,
	sc_consensus_babe::BabeWorkerHandle,
	sc_consensus_babe_rpc::{Babe, BabeApiServer},
	sc_consensus_grandpa::{FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState},
	sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer},
	sc_rpc::SubscriptionTaskExecutor,
	sc_transaction_pool_api::TransactionPool,
	sp_api::ProvideRuntimeApi,
	sp_block_builder::BlockBuilder,
	sp_blockchain::{Error as BlockchainError, HeaderBackend, HeaderMetadata},
	sp_consensus::SelectChain,
	sp_consensus_babe::BabeApi,
	sp_keystore::KeystorePtr,
	substrate_frame_rpc_system::{AccountNonceApi, System, SystemApiServer},
};
use std::{error::Error, sync::Arc};

/// The parts of the node that the answers come from.
pub(crate) struct Sources<C, P, S, B> {
	pub(crate) client: Arc<C>,
	pub(crate) pool: Arc<P>,
	pub(crate) select_chain: S,
	pub(crate) keystore: KeystorePtr,
	pub(crate) babe: BabeWorkerHandle<Block>,
	pub(crate) grandpa: GrandpaSources<B>,
}

/// What is known of finality.
pub(crate) struct GrandpaSources<B> {
	pub(crate) authorities: SharedAuthoritySet<Hash, BlockNumber>,
	pub(crate) votes: SharedVoterState,
	pub(crate) justifications: GrandpaJustificationStream<Block>,
	pub(crate) proofs: Arc<FinalityProofProvider<B, Block>>,
}

/// The methods of this module, ready to be served. `executor` runs their subscriptions.
///
/// Fails if two of them have the same name.
pub(crate) fn methods<C, P, S, B>(
	sources: Sources<C, P, S, B>,
	executor: SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, Box<dyn Error + Send + Sync>>
where
	C: ProvideRuntimeApi<Block>
		+ HeaderBackend<Block>
		+ HeaderMetadata<Block, Error = BlockchainError>
		+ Blocks
		+ Send
		+ Sync
		+ 'static,
	C::Api: AccountNonceApi<Block, AccountId, Nonce>
		+ TransactionPaymentRuntimeApi<Block, Balance>
		+ BabeApi<Block>
		+ BlockBuilder<Block>
		+ ComputeApis,
	P: TransactionPool + 'static,
	S: SelectChain<Block> + 'static,
	B: Backend<Block> + Send + Sync + 'static,
{
	let Sources {
		client,
		pool,
		select_chain,
		keystore,
		babe,
		grandpa,
	} = sources;
	let GrandpaSources {
		authorities,
		votes,
		justifications,
		proofs,
	} = grandpa;
	let mut module = RpcModule::new(());
	module.merge(compute::methods(client.clone())?)?;
	module.merge(System::new(client.clone(), pool).into_rpc())?;
	module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
	module.merge(Babe::new(client, babe, keystore, select_chain).into_rpc())?;
	module.merge(Grandpa::new(executor, authorities, votes, justifications, proofs).into_rpc())?;
	Ok(module)
}
