//! What became of a transaction, read from the block that it is in.

use super::{
	error::{failed, ChainError, Rejection},
	events::{fee_paid, job_event, kernel_registered, provider_registered, reward_claimed, staker_paid, JobEvent},
	generated::api::runtime_types::sp_runtime::DispatchError as Refusal,
	view::At,
	Block, ClaimedReward, JobId, KernelHash, PaidStaker, ProviderId, H256,
};
use crate::amount::Balance;
use subxt::{error::DispatchError, events::Phase, ext::scale_encode::EncodeAsType, ArcMetadata};

/// A call that was included in a block and succeeded.
#[derive(Clone, Debug)]
pub struct Included {
	/// The block.
	pub block: Block,
	/// Whether that block is final.
	pub finalised: bool,
	/// The transaction fee that was paid, in planck.
	pub fee: Balance,
	/// What happened to jobs.
	pub jobs: Vec<(JobId, JobEvent)>,
	/// A provider that was registered.
	pub provider: Option<ProviderId>,
	/// A kernel that was registered.
	pub kernel: Option<KernelHash>,
	/// A usage reward that was minted.
	pub reward: Option<ClaimedReward>,
	/// What validators and nominators were paid of an era's reward.
	pub stakers: Vec<PaidStaker>,
}

/// The outcome of the transaction with this hash, if it is in this block.
pub(super) async fn included(
	at: &At,
	hash: H256,
	finalised: bool,
) -> Result<Option<Result<Included, ChainError>>, ChainError> {
	let index = {
		let extrinsics = at
			.client
			.extrinsics()
			.fetch()
			.await
			.map_err(failed("a block's transactions"))?;
		// One transaction that this program cannot decode must not hide ours.
		let index = extrinsics
			.iter()
			.flatten()
			.find(|extrinsic| extrinsic.hash() == hash)
			.map(|found| found.index());
		index
	};
	let Some(index) = index else { return Ok(None) };
	let events = at.client.events().fetch().await.map_err(failed("a block's events"))?;
	let metadata = at.client.metadata();
	let mut outcome = Included {
		block: at.block(),
		finalised,
		fee: 0,
		jobs: Vec::new(),
		provider: None,
		kernel: None,
		reward: None,
		stakers: Vec::new(),
	};
	for event in events.iter() {
		let event = event.map_err(failed("a block's events"))?;
		if event.phase() != Phase::ApplyExtrinsic(u32::try_from(index).unwrap_or(u32::MAX)) {
			continue;
		}
		match (event.pallet_name(), event.event_name()) {
			("System", "ExtrinsicFailed") => {
				let error = DispatchError::decode_from(event.field_bytes(), metadata.clone())
					.map_err(failed("the chain's answer"))?;
				return Ok(Some(Err(ChainError::Rejected(describe(&error)))));
			}
			("TransactionPayment", "TransactionFeePaid") => outcome.fee = fee_paid(&event)?,
			("Market", _) => outcome.jobs.extend(job_event(&event, &metadata)?),
			("Providers", _) => outcome.provider = outcome.provider.or(provider_registered(&event)?),
			("Kernels", _) => outcome.kernel = outcome.kernel.or(kernel_registered(&event)?),
			("Staking", _) => outcome.stakers.extend(staker_paid(&event)?),
			("Rewards", _) => outcome.reward = outcome.reward.or(reward_claimed(&event)?),
			_ => {}
		}
	}
	Ok(Some(Ok(outcome)))
}

/// A refusal that an answer or an event names, in the metadata's words.
pub(super) fn rejection(refusal: &Refusal, metadata: ArcMetadata) -> Result<Rejection, ChainError> {
	let shape = || ChainError::OtherRuntime {
		what: "the chain's refusals",
	};
	let kind = metadata.dispatch_error_ty().ok_or_else(shape)?;
	let bytes = refusal.encode_as_type(kind, metadata.types()).map_err(|_| shape())?;
	let error = DispatchError::decode_from(bytes, metadata).map_err(failed("the chain's refusal"))?;
	Ok(describe(&error))
}

/// A dispatch error in the metadata's words.
fn describe(error: &DispatchError) -> Rejection {
	match error {
		DispatchError::Module(module) => match module.details() {
			Ok(details) => Rejection {
				pallet: details.pallet.name().to_owned(),
				error: details.variant.name.clone(),
				doc: details
					.variant
					.docs
					.iter()
					.map(|line| line.trim())
					.collect::<Vec<_>>()
					.join(" ")
					.trim()
					.to_owned(),
			},
			Err(unknown) => Rejection {
				pallet: "unknown".to_owned(),
				error: module.details_string(),
				doc: unknown.to_string(),
			},
		},
		DispatchError::Token(token) => Rejection {
			pallet: "Balances".to_owned(),
			error: format!("{token:?}"),
			doc: token.to_string(),
		},
		other => {
			let doc = other.to_string();
			let name = format!("{other:?}");
			let error = name.split(['(', ' ']).next().unwrap_or_default().to_owned();
			Rejection {
				pallet: "System".to_owned(),
				error,
				doc,
			}
		}
	}
}
