//! Signing and sending, apart: an extrinsic must be in the journal before the node sees it.
//!
//! There is one [`Wire`] for the worker's key, and its lock is held from the choice of a nonce until the node has
//! answered, so two extrinsics never share a nonce. The same bytes may be sent any number of times: the nonce in them
//! lets the chain include them once at most.

use crate::{
	asks::{AskBook, AsksRecord, RulesRecord},
	journal::{Anchor, CallKind, Intent, JournalError},
};
use millrace_client::chain::{blake2_256, AccountId, Call, ProviderId, RejectReason, MORTALITY, RECONNECT_AFTER};
use std::{fmt::Display, future::Future, sync::Arc, time::Duration};
use subxt::{
	backend::LegacyBackend,
	config::{DefaultExtrinsicParamsBuilder, RpcConfigFor},
	dynamic::{constant, storage, Value},
	error::DispatchError,
	events::Phase,
	ext::scale_encode::EncodeAsFields,
	rpcs::{
		client::{reconnecting_rpc_client::FixedInterval, ReconnectingRpcClient, RpcClient},
		LegacyRpcMethods,
	},
	utils::H256,
	OnlineClient, SubstrateConfig,
};
use subxt_signer::sr25519::Keypair;
use tokio::{
	sync::Mutex,
	task::block_in_place,
	time::{error::Elapsed, timeout},
};

/// How long the node may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// The node's code for "this transaction is in the pool already".
const ALREADY_IMPORTED: i32 = 1013;

/// What signing or sending can fail with. Nothing is paid in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
	/// The node cannot be asked.
	#[error("the node cannot be asked: {0}")]
	Node(String),
	/// The pool refuses the extrinsic: its nonce is used, its time is over, or its fee cannot be paid.
	#[error("the node refused the transaction: {0}")]
	Refused(String),
	/// This runtime has another shape of the call.
	#[error("the chain's runtime and this program disagree about {call}: {reason}")]
	OtherRuntime {
		/// The call.
		call: &'static str,
		/// What differs.
		reason: String,
	},
	/// The worker makes no such call.
	#[error("the worker does not sign `{0}`")]
	NotOurs(&'static str),
	/// The intent could not be written, so nothing was sent.
	#[error("nothing was sent, because the intent could not be written")]
	Journal(#[from] JournalError),
}

/// Where a transaction is signed.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
	/// The best block: its runtime is the one that the transaction is for.
	pub best: Anchor,
	/// The block from which it is valid. It is worth nothing on a fork without that one.
	pub anchor: Anchor,
}

/// The worker's key and its own connection for sending.
pub struct Wire {
	pair: Keypair,
	client: OnlineClient<SubstrateConfig>,
	rpc: LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>,
	turn: Mutex<()>,
}

impl Wire {
	/// Connects; call it once the node is known to answer.
	pub async fn connect(url: &str, pair: Keypair) -> Result<Self, WireError> {
		let builder = ReconnectingRpcClient::builder().retry_policy(FixedInterval::from_millis(RECONNECT_AFTER));
		let transport = builder.build(url).await.map_err(node)?;
		let rpc = RpcClient::new(transport);
		let backend: LegacyBackend<SubstrateConfig> = LegacyBackend::builder().build(rpc.clone());
		let client = OnlineClient::<SubstrateConfig>::from_backend(Arc::new(backend))
			.await
			.map_err(node)?;
		Ok(Self {
			pair,
			client,
			rpc: LegacyRpcMethods::new(rpc),
			turn: Mutex::new(()),
		})
	}

	/// The worker's account.
	pub fn account(&self) -> AccountId {
		self.pair.public_key().to_account_id()
	}

	/// The account's nonce in a block: extrinsics with a smaller one are on the chain.
	pub async fn nonce_at(&self, block: &Anchor) -> Result<u64, WireError> {
		let at = answered(self.client.at_block(H256(block.hash))).await?;
		answered(at.tx().account_nonce(&self.account())).await
	}

	/// The asks of a provider in a block, and what decides whether they can be changed.
	pub async fn ask_book(&self, provider: ProviderId, block: &Anchor) -> Result<AskBook, WireError> {
		let at = answered(self.client.at_block(H256(block.hash))).await?;
		let rules = at.constants().entry(constant::<RulesRecord>("Market", "Rules"));
		let asks = storage::<(ProviderId,), AsksRecord>("Market", "Asks");
		let found = answered(at.storage().try_fetch(asks, (provider,))).await?;
		let asks = found.map(|value| value.decode()).transpose().map_err(node)?;
		Ok(AskBook::of(asks, &rules.map_err(node)?))
	}

	/// Signs `call`, valid for 64 blocks from the anchor of `ground`; hands the intent to `record`, which must make it
	/// durable; then sends it. Needs the runtime with many threads: `record` blocks.
	pub async fn submit(
		&self,
		call: &Call,
		ground: &Ground,
		record: impl FnOnce(&Intent) -> Result<(), JournalError> + Send,
	) -> Result<Intent, WireError> {
		let _turn = self.turn.lock().await;
		let nonce = answered(self.rpc.system_account_next_index(&self.account())).await?;
		let intent = self.sign(call, ground, nonce).await?;
		block_in_place(|| record(&intent))?;
		self.broadcast(&intent).await?;
		Ok(intent)
	}

	/// Sends the bytes of an intent again.
	pub async fn resend(&self, intent: &Intent) -> Result<(), WireError> {
		let _turn = self.turn.lock().await;
		self.broadcast(intent).await
	}

	/// Why the chain refused an extrinsic that it has included, looked for in the blocks after `from`. `None` where it is
	/// not found, or was not refused.
	pub async fn refusal(&self, intent: &Intent, from: u64, best: &Anchor) -> Result<Option<String>, WireError> {
		let hash = H256(blake2_256(&intent.bytes));
		for number in from.saturating_add(1)..=best.number.min(intent.valid_until) {
			let at = answered(self.client.at_block(number)).await?;
			let extrinsics = answered(at.extrinsics().fetch()).await?;
			// One that this program cannot decode must not hide ours.
			let found = extrinsics.iter().flatten().find(|found| found.hash() == hash);
			let Some(index) = found.map(|found| found.index()) else {
				continue;
			};
			let phase = Phase::ApplyExtrinsic(u32::try_from(index).unwrap_or(u32::MAX));
			let events = answered(at.events().fetch()).await?;
			for event in events.iter().flatten().filter(|event| event.phase() == phase) {
				if (event.pallet_name(), event.event_name()) == ("System", "ExtrinsicFailed") {
					let error = DispatchError::decode_from(event.field_bytes(), at.metadata()).map_err(node)?;
					return Ok(Some(in_words(&error)));
				}
			}
			return Ok(None);
		}
		Ok(None)
	}

	async fn broadcast(&self, intent: &Intent) -> Result<(), WireError> {
		let sent = timeout(PATIENCE, self.rpc.author_submit_extrinsic(&intent.bytes)).await;
		match sent.map_err(silent)? {
			Ok(_) => Ok(()),
			Err(subxt::rpcs::Error::User(answer)) if answer.code == ALREADY_IMPORTED => Ok(()),
			Err(subxt::rpcs::Error::User(answer)) => {
				let detail = answer.data.as_ref().map(|data| data.get().trim_matches('"').to_owned());
				Err(WireError::Refused(match detail {
					Some(detail) => format!("{}: {detail}", answer.message),
					None => answer.message.clone(),
				}))
			}
			Err(error) => Err(node(error)),
		}
	}

	async fn sign(&self, call: &Call, ground: &Ground, nonce: u64) -> Result<Intent, WireError> {
		match call {
			Call::AcceptJob { job } => {
				self.encode(CallKind::Accept, "accept_job", (job.0,), ground, nonce)
					.await
			}
			Call::RejectJob { job, reason } => {
				let reason = Value::unnamed_variant(variant_of(*reason), Vec::<Value>::new());
				self.encode(CallKind::Reject, "reject_job", (job.0, reason), ground, nonce)
					.await
			}
			Call::CommitResult { job, root, units } => {
				self.encode(
					CallKind::Commit,
					"commit_result",
					(job.0, root.0, *units),
					ground,
					nonce,
				)
				.await
			}
			Call::AbandonJob { job } => {
				self.encode(CallKind::Abandon, "abandon_job", (job.0,), ground, nonce)
					.await
			}
			Call::Provide { job, leaves } => {
				let first = leaves.first().map_or(0, |leaf| leaf.leaf);
				let leaves: Vec<shapes::ProvidedLeaf<'_>> = leaves.iter().map(Into::into).collect();
				self.encode(CallKind::Provide { first }, "provide", (job.0, leaves), ground, nonce)
					.await
			}
			Call::PlaceAsk { slot, level } => {
				self.encode(CallKind::PlaceAsk, "place_ask", (*slot, level.0), ground, nonce)
					.await
			}
			Call::RepriceAsk { slot, level } => {
				self.encode(CallKind::RepriceAsk, "reprice_ask", (*slot, level.0), ground, nonce)
					.await
			}
			Call::WithdrawAsk { slot } => {
				self.encode(CallKind::WithdrawAsk, "withdraw_ask", (*slot,), ground, nonce)
					.await
			}
			Call::Drain { provider } => self.encode(CallKind::Drain, "drain", (*provider,), ground, nonce).await,
			Call::Resume { provider } => {
				self.encode(CallKind::Resume, "resume", (*provider,), ground, nonce)
					.await
			}
			Call::Heartbeat => self.encode(CallKind::Heartbeat, "heartbeat", (), ground, nonce).await,
			Call::EnrolDevice { slot, facts } => {
				let facts = shapes::DeviceFacts::from(facts);
				self.encode(CallKind::EnrolDevice, "enrol_device", (*slot, facts), ground, nonce)
					.await
			}
			other => Err(WireError::NotOurs(other.name())),
		}
	}

	async fn encode<D: EncodeAsFields>(
		&self,
		kind: CallKind,
		call: &'static str,
		data: D,
		ground: &Ground,
		nonce: u64,
	) -> Result<Intent, WireError> {
		let pallet = match kind {
			CallKind::Drain | CallKind::Resume | CallKind::Heartbeat | CallKind::EnrolDevice => "Providers",
			_ => "Market",
		};
		let payload = subxt::tx::dynamic(pallet, call, data);
		let Ground { best, anchor } = ground;
		let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new()
			.nonce(nonce)
			.mortal_from_unchecked(MORTALITY, anchor.number, H256(anchor.hash))
			.build();
		let at = answered(self.client.at_block(H256(best.hash))).await?;
		let other_runtime = |error: subxt::error::ExtrinsicError| WireError::OtherRuntime {
			call,
			reason: error.to_string(),
		};
		let mut signable = at
			.tx()
			.create_signable_offline(&payload, params)
			.map_err(other_runtime)?;
		let signed = signable.sign(&self.pair).map_err(other_runtime)?;
		Ok(Intent {
			call: kind,
			nonce,
			// The era's last block is the one before its death.
			valid_until: anchor.number.saturating_add(MORTALITY).saturating_sub(1),
			bytes: signed.into_encoded(),
		})
	}
}

/// Arguments as the runtime names their parts.
mod shapes {
	use millrace_client::chain;
	use millrace_kernel::tree;
	use subxt::ext::scale_encode::EncodeAsType;

	#[derive(EncodeAsType)]
	#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
	pub(super) struct ProvidedLeaf<'a> {
		leaf: u32,
		bytes: &'a [u8],
		traps: u32,
		pairs: Vec<Pair>,
	}

	#[derive(EncodeAsType)]
	#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
	pub(super) struct DeviceFacts<'a> {
		model: &'a [u8],
		memory: u64,
		compute_capability: Option<(u8, u8)>,
		driver: &'a [u8],
		uuid_hash: [u8; 32],
	}

	impl<'a> From<&'a chain::DeviceFacts> for DeviceFacts<'a> {
		fn from(facts: &'a chain::DeviceFacts) -> Self {
			Self {
				model: facts.model.as_bytes(),
				memory: facts.memory,
				compute_capability: facts.compute_capability,
				driver: facts.driver.as_bytes(),
				uuid_hash: facts.uuid_hash,
			}
		}
	}

	#[derive(EncodeAsType)]
	#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
	struct Pair {
		left: Node,
		right: Node,
	}

	#[derive(EncodeAsType)]
	#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
	struct Node {
		hash: [u8; 32],
		units: u64,
	}

	impl<'a> From<&'a chain::ProvidedLeaf> for ProvidedLeaf<'a> {
		fn from(leaf: &'a chain::ProvidedLeaf) -> Self {
			let node = |node: &tree::SumNode| Node {
				hash: node.hash,
				units: node.units,
			};
			let pair = |pair: &tree::Pair| Pair {
				left: node(&pair.left),
				right: node(&pair.right),
			};
			Self {
				leaf: leaf.leaf,
				bytes: &leaf.bytes,
				traps: leaf.traps,
				pairs: leaf.pairs.iter().map(pair).collect(),
			}
		}
	}
}

/// A dispatch error in the metadata's words.
fn in_words(error: &DispatchError) -> String {
	let DispatchError::Module(module) = error else {
		return error.to_string();
	};
	match module.details() {
		Ok(details) => {
			let docs: Vec<&str> = details.variant.docs.iter().map(|line| line.trim()).collect();
			format!(
				"{}::{}: {}",
				details.pallet.name(),
				details.variant.name,
				docs.join(" ").trim()
			)
		}
		Err(_) => module.details_string(),
	}
}

/// The runtime's name of a reason.
fn variant_of(reason: RejectReason) -> &'static str {
	match reason {
		RejectReason::Busy => "Busy",
		RejectReason::InputsMissing => "InputsMissing",
		RejectReason::TooSlow => "TooSlow",
		RejectReason::Unsupported => "Unsupported",
		RejectReason::Other => "Other",
	}
}

/// What the node answers. Requests to one that is gone would wait until it is back, and hold the turn as long.
async fn answered<T, E: Display>(question: impl Future<Output = Result<T, E>>) -> Result<T, WireError> {
	timeout(PATIENCE, question).await.map_err(silent)?.map_err(node)
}

fn node(error: impl Display) -> WireError {
	WireError::Node(error.to_string())
}

fn silent(_: Elapsed) -> WireError {
	WireError::Node(format!("no answer within {} s", PATIENCE.as_secs()))
}

#[cfg(test)]
mod tests;
