//! The parts of events that move money.

use millrace_client::chain::{AccountId, H256};
use subxt::{
	events::Event,
	ext::scale_decode::{DecodeAsFields, DecodeAsType},
	SubstrateConfig,
};

pub(super) type BlockEvent<'a> = Event<'a, SubstrateConfig>;

/// The fields of an event, by their names.
pub(super) fn fields<E: DecodeAsFields>(event: &BlockEvent<'_>) -> E {
	event
		.decode_fields_unchecked_as::<E>()
		.unwrap_or_else(|error| panic!("{}::{}: {error}", event.pallet_name(), event.event_name()))
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct FeePaid {
	pub(super) who: AccountId,
	pub(super) actual_fee: u128,
	pub(super) tip: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct Registered {
	pub(super) provider: u32,
	pub(super) owner: AccountId,
	pub(super) worker: AccountId,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct StakeTaken {
	pub(super) provider: u32,
	pub(super) to: Option<AccountId>,
	pub(super) amount: u128,
	pub(super) burned: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct SlashPaid {
	pub(super) slash: u32,
	pub(super) provider: u32,
	pub(super) to_refuter: u128,
	pub(super) to_requester: u128,
	pub(super) to_treasury: u128,
	pub(super) burned: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct Submitted {
	pub(super) job: H256,
	pub(super) requester: AccountId,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct OfJob {
	pub(super) job: H256,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct Ended {
	pub(super) job: H256,
	pub(super) fees_paid: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct Settled {
	pub(super) job: H256,
	pub(super) payout: Option<AccountId>,
	pub(super) payment: u128,
	pub(super) fee: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct Demanded {
	pub(super) requester: AccountId,
	pub(super) fee: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct Refused {
	pub(super) requester: AccountId,
	pub(super) burned: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct MeasurementCharged {
	pub(super) job: H256,
	pub(super) provider: u32,
	pub(super) from_owner: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct Refuted {
	pub(super) job: H256,
	pub(super) refuter: AccountId,
	pub(super) requester: AccountId,
	pub(super) slash: Option<u32>,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct Closed {
	pub(super) fees: u128,
	pub(super) treasury: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct Claimed {
	pub(super) payout: AccountId,
	pub(super) reward: u128,
}
