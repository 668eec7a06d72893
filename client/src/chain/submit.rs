//! Signing a call, sending it, and learning what became of it.
//!
//! Transactions are mortal. Their progress is watched through the node; when the watch breaks — the node restarted, the
//! connection was lost — blocks are searched instead until the transaction's time is over, so that the answer is never
//! a guess.

use super::{
	call::{Call, Visit},
	connect::Chain,
	error::{failed, ChainError},
	inclusion::{included, Included},
	view::At,
	AccountId, Block, JobId, H256,
};
use crate::amount::Balance;
use codec::Encode;
use std::time::Duration;
use subxt::{
	client::OnlineClientAtBlockImpl,
	config::DefaultExtrinsicParamsBuilder,
	error::{BackendError, ExtrinsicError, RpcError},
	transactions::{Payload, SubmittableTransaction, TransactionProgress, TransactionStatus, TransactionsClient},
	SubstrateConfig,
};
use subxt_signer::sr25519::Keypair;

/// Blocks for which a transaction is valid, counted from the block that it is anchored at.
pub const MORTALITY: u64 = 64;
/// How often blocks are looked through once a watch is lost.
const SEARCH_EVERY: Duration = Duration::from_secs(1);
/// The node's code for a transaction that the runtime finds invalid.
const INVALID_TRANSACTION: i32 = 1010;
/// The node's code for a transaction that is in its pool already.
const ALREADY_IMPORTED: i32 = 1013;

type Client = OnlineClientAtBlockImpl<SubstrateConfig>;

/// The account of a key pair.
pub fn account_of(pair: &Keypair) -> AccountId {
	pair.public_key().to_account_id()
}

/// A signed transaction that was not sent yet: what a journal keeps before anything can happen on the chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signed {
	/// What the node is sent. Sending it again is harmless: its nonce lets it be included once at most.
	pub bytes: Vec<u8>,
	/// Its hash.
	pub hash: H256,
	/// The signer's nonce in it.
	pub nonce: u64,
	/// The number of the block that it is anchored at.
	pub anchor: u64,
	/// The last block in which it can be included.
	pub valid_until: u64,
}

impl Chain {
	/// Signs `call` with `pair` and anchors it at `anchor`: it is worth nothing on a fork without that block. The nonce
	/// counts what waits in the node's pool. The call is encoded for the runtime that the best block leaves in force, which may
	/// be a later one than the anchor's, and no other takes it.
	///
	/// # Errors
	/// The node cannot be asked for the nonce; the runtime has another shape of the call.
	pub async fn sign(&self, anchor: &At, call: &Call, pair: &Keypair) -> Result<Signed, ChainError> {
		let nonce = self.next_nonce(account_of(pair)).await?;
		let taker = self.best_now().await?;
		let transaction = sign(&taker, anchor.block(), call, pair, nonce)?;
		let number = anchor.block().number;
		Ok(Signed {
			hash: transaction.hash(),
			bytes: transaction.into_encoded(),
			nonce,
			anchor: number,
			valid_until: number.saturating_add(MORTALITY).saturating_sub(1),
		})
	}

	/// Sends a signed transaction without watching it. One that the node has already is no error.
	///
	/// # Errors
	/// The node refuses it or cannot be asked.
	pub async fn broadcast(&self, bytes: &[u8], signer: AccountId) -> Result<(), ChainError> {
		let answer = self
			.rpc
			.author_submit_extrinsic(bytes)
			.await
			.map_err(BackendError::from);
		match answer {
			Ok(_) => Ok(()),
			Err(BackendError::Rpc(RpcError::ClientError(subxt::rpcs::Error::User(answer))))
				if answer.code == ALREADY_IMPORTED =>
			{
				Ok(())
			}
			Err(error) => Err(refusal(&error, signer).unwrap_or_else(|| failed("the transaction's submission")(error))),
		}
	}

	/// Signs `call` and sends it; what is sent side by side through one connection goes one after the other. Choose
	/// [`Chain::finalised`] as `anchor` unless the call makes sense only after a block
	/// that may still be undone.
	///
	/// # Errors
	/// The node refuses it, or cannot be asked. Nothing is paid then.
	pub async fn submit(&self, anchor: &At, call: &Call, pair: &Keypair) -> Result<Submitted, ChainError> {
		let _turn = self.sending.lock().await;
		let signed = self.sign(anchor, call, pair).await?;
		let mut submitted = Submitted {
			chain: self.clone(),
			hash: signed.hash,
			from: signed.anchor,
			until: signed.valid_until,
			watch: None,
		};
		match anchor.client.tx().from_bytes(signed.bytes).submit_and_watch().await {
			Ok(watch) => {
				submitted.watch = Some(watch);
				Ok(submitted)
			}
			Err(ExtrinsicError::ErrorSubmittingTransaction(error)) => match refusal(&error, account_of(pair)) {
				Some(refused) => Err(refused),
				// The connection broke meanwhile: the node may have it or not, and the search will tell.
				None if error.is_disconnected_will_reconnect() => Ok(submitted),
				None => Err(failed("the transaction's submission")(error)),
			},
			Err(error) => Err(failed("the transaction's submission")(error)),
		}
	}

	/// Submits at the last finalised block and waits until the call is in the best block. Where the chain gets another runtime
	/// before it is, the call is signed anew.
	///
	/// # Errors
	/// As [`Chain::submit`] and [`Submitted::in_best`].
	pub async fn call(&self, call: &Call, pair: &Keypair) -> Result<Included, ChainError> {
		self.carry_out(call, pair, false).await
	}

	/// Submits at the last finalised block and waits until the call is final, as [`Chain::call`].
	///
	/// # Errors
	/// As [`Chain::submit`] and [`Submitted::in_final`].
	pub async fn call_final(&self, call: &Call, pair: &Keypair) -> Result<Included, ChainError> {
		self.carry_out(call, pair, true).await
	}

	/// Sends calls of one signer, all of them before the first one is waited for, which is until it is final. One that the node
	/// refuses is the last that is sent. Returns what became of those that were sent, in their order.
	pub async fn each_final(&self, calls: Vec<Call>, pair: &Keypair) -> Vec<Result<Included, ChainError>> {
		let mut sent = Vec::with_capacity(calls.len());
		for call in calls {
			let submitted = match self.finalised().await {
				Ok(anchor) => self.submit(&anchor, &call, pair).await,
				Err(error) => Err(error),
			};
			let is_refused = submitted.is_err();
			sent.push(submitted);
			if is_refused {
				break;
			}
		}
		let mut outcomes = Vec::with_capacity(sent.len());
		for submitted in sent {
			outcomes.push(match submitted {
				Ok(mut submitted) => submitted.in_final().await,
				Err(error) => Err(error),
			});
		}
		outcomes
	}

	async fn carry_out(&self, call: &Call, pair: &Keypair, finalised: bool) -> Result<Included, ChainError> {
		loop {
			let anchor = self.finalised().await?;
			let signed_for = self.best_now().await?.specification();
			let outcome = match self.submit(&anchor, call, pair).await {
				Ok(mut submitted) => submitted.wait(finalised).await,
				Err(error) => Err(error),
			};
			let is_left = matches!(
				&outcome,
				Err(ChainError::Refused { .. } | ChainError::NotIncluded { .. })
			);
			// No block takes any more what was signed for a runtime that has been replaced.
			if !is_left || self.best_now().await?.specification() == signed_for {
				return outcome;
			}
		}
	}

	/// What the transaction would cost at `at`, without tip.
	///
	/// # Errors
	/// The node cannot be asked.
	pub async fn estimate_fee(&self, at: &At, call: &Call, pair: &Keypair) -> Result<Balance, ChainError> {
		sign(at, at.block(), call, pair, 0)?
			.partial_fee_estimate()
			.await
			.map_err(failed("the transaction's fee"))
	}
}

/// The id that `requester`'s next job gets when `call` is [`Call::SubmitJob`] and `nonce` counts its jobs so far:
/// `H(0x04 ‖ genesis ‖ requester ‖ nonce ‖ SCALE(spec))`. The jobs of [`Call::SubmitJobs`] get those that they would get one
/// after the other.
///
/// # Errors
/// The chain's runtime has another shape of jobs.
pub fn job_id(at: &At, genesis: &H256, requester: &AccountId, nonce: u64, call: &Call) -> Result<JobId, ChainError> {
	const JOB_ID: u8 = 0x04;
	let encoded = at.call_data(call)?;
	// The call's only argument follows the pallet's and the call's index.
	let spec = encoded.get(2..).unwrap_or_default();
	let mut preimage = (JOB_ID, genesis.0, requester.0, nonce).encode();
	preimage.extend_from_slice(spec);
	Ok(JobId(super::blake2_256(&preimage)))
}

impl At {
	/// A call as the runtime reads it: the indices of its pallet and of itself, then its arguments. What a wallet that signs
	/// elsewhere is given.
	///
	/// # Errors
	/// The runtime has another shape of the call.
	pub fn call_data(&self, call: &Call) -> Result<Vec<u8>, ChainError> {
		call.typed(CallData(self.client.tx()))
	}
}

/// A visitor that encodes a call.
struct CallData(TransactionsClient<SubstrateConfig, Client>);

impl Visit for CallData {
	type Out = Result<Vec<u8>, ChainError>;

	fn visit<P: Payload>(self, payload: &P) -> Self::Out {
		self.0.validate(payload).map_err(failed("the shape of a call"))?;
		self.0.call_data(payload).map_err(failed("the shape of a call"))
	}
}

/// A visitor that signs a call.
struct Sign<'a> {
	taker: &'a At,
	anchor: Block,
	pair: &'a Keypair,
	nonce: u64,
}

impl Visit for Sign<'_> {
	type Out = Result<SubmittableTransaction<SubstrateConfig, Client>, ChainError>;

	fn visit<P: Payload>(self, payload: &P) -> Self::Out {
		let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new()
			.nonce(self.nonce)
			.mortal_from_unchecked(MORTALITY, self.anchor.number, self.anchor.hash)
			.build();
		let mut signable = self
			.taker
			.client
			.tx()
			.create_signable_offline(payload, params)
			.map_err(failed("the shape of a transaction"))?;
		signable.sign(self.pair).map_err(failed("the shape of a transaction"))
	}
}

/// Signs a call for the runtime that `taker` leaves in force.
fn sign(
	taker: &At,
	anchor: Block,
	call: &Call,
	pair: &Keypair,
	nonce: u64,
) -> Result<SubmittableTransaction<SubstrateConfig, Client>, ChainError> {
	call.typed(Sign {
		taker,
		anchor,
		pair,
		nonce,
	})
}

/// What the node meant when it answered a submission with an error of its own.
fn refusal(error: &BackendError, account: AccountId) -> Option<ChainError> {
	let BackendError::Rpc(RpcError::ClientError(subxt::rpcs::Error::User(answer))) = error else {
		return None;
	};
	let detail = answer
		.data
		.as_ref()
		.map(|data| data.get().trim_matches('"').to_owned())
		.unwrap_or_default();
	if answer.code == INVALID_TRANSACTION && detail.contains("Inability to pay some fees") {
		return Some(ChainError::CannotPayFee { account });
	}
	let reason = if detail.is_empty() {
		answer.message.clone()
	} else {
		format!("{}: {detail}", answer.message)
	};
	Some(ChainError::Refused { reason })
}

/// A transaction on its way.
pub struct Submitted {
	chain: Chain,
	hash: H256,
	from: u64,
	until: u64,
	watch: Option<TransactionProgress<SubstrateConfig, Client>>,
}

impl std::fmt::Debug for Submitted {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("Submitted")
			.field("hash", &self.hash)
			.field("until", &self.until)
			.finish_non_exhaustive()
	}
}

impl Submitted {
	/// The transaction's hash.
	pub fn hash(&self) -> H256 {
		self.hash
	}

	/// Waits until it is in a best block, which may still be undone.
	///
	/// # Errors
	/// [`ChainError::Rejected`] when the call failed there; [`ChainError::NotIncluded`] when its time is over.
	pub async fn in_best(&mut self) -> Result<Included, ChainError> {
		self.wait(false).await
	}

	/// Waits until it is in a finalised block. Also after [`Submitted::in_best`].
	///
	/// # Errors
	/// As [`Submitted::in_best`].
	pub async fn in_final(&mut self) -> Result<Included, ChainError> {
		self.wait(true).await
	}

	async fn wait(&mut self, finalised: bool) -> Result<Included, ChainError> {
		while let Some(watch) = self.watch.as_mut() {
			let status = watch.next().await;
			let block = match status {
				Some(Ok(TransactionStatus::InBestBlock(block))) if !finalised => block.block_hash(),
				Some(Ok(TransactionStatus::InFinalizedBlock(block))) => block.block_hash(),
				Some(Ok(TransactionStatus::Invalid { message })) => {
					self.watch = None;
					return Err(ChainError::NotIncluded { reason: message });
				}
				// Dropped, failed or silent: the transaction may be in a block all the same.
				Some(Ok(TransactionStatus::Error { .. } | TransactionStatus::Dropped { .. })) | Some(Err(_)) | None => {
					self.watch = None;
					break;
				}
				Some(Ok(_)) => continue,
			};
			let at = self.chain.at_hash(block).await?;
			if let Some(included) = included(&at, self.hash, finalised).await? {
				return included;
			}
		}
		self.search(finalised).await
	}

	/// Looks through blocks until the transaction is found or can no longer come.
	async fn search(&self, finalised: bool) -> Result<Included, ChainError> {
		let mut searched = self.from;
		loop {
			let last_final = self.chain.finalised().await?.block().number;
			while searched < last_final {
				let at = self.chain.at_number(searched.saturating_add(1)).await?;
				if let Some(included) = included(&at, self.hash, true).await? {
					return included;
				}
				searched = searched.saturating_add(1);
			}
			if last_final >= self.until {
				return Err(ChainError::NotIncluded {
					reason: format!("not by block {}", self.until),
				});
			}
			if !finalised {
				// What is not final may change: it is looked through again each time.
				let best = self.chain.best().await?.block().number;
				for number in searched.max(last_final).saturating_add(1)..=best {
					let at = match self.chain.at_number(number).await {
						Ok(at) => at,
						Err(ChainError::NoBlock { .. }) => break,
						Err(error) => return Err(error),
					};
					if let Some(included) = included(&at, self.hash, false).await? {
						return included;
					}
				}
			}
			tokio::time::sleep(SEARCH_EVERY).await;
		}
	}
}
