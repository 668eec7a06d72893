//! How jobs ended, with the money that moved.

use super::{AccountId, Fraud, ProviderId, SlashId};
use crate::amount::Balance;

/// How a job was settled. All amounts are planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settlement {
	/// Who did the job.
	pub provider: ProviderId,
	/// Where the payment went; none if no account could take it and it was burned.
	pub payout: Option<AccountId>,
	/// Units of all items, without those for moving the bytes.
	pub units: u64,
	/// What the escrow paid, protocol fee included.
	pub payment: Balance,
	/// The protocol's part of the payment.
	pub fee: Balance,
	/// What of the escrow was freed.
	pub refund: Balance,
	/// What of the job fees was freed.
	pub fees_returned: Balance,
	/// Whether the window ended, as against an acceptance by the requester.
	pub lapsed: bool,
}

/// How a result was refuted. All amounts are planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Refutation {
	/// Whose result it was.
	pub provider: ProviderId,
	/// Who showed it.
	pub refuter: AccountId,
	/// Whose job it was.
	pub requester: AccountId,
	/// The leaf that showed it.
	pub leaf: u32,
	/// What was wrong.
	pub fraud: Fraud,
	/// The slash; none where the provider had no stake left.
	pub slash: Option<SlashId>,
	/// How much of the provider's stake was set aside.
	pub slashed: Balance,
	/// What of the escrow was freed.
	pub refund: Balance,
	/// What of the job fees was freed.
	pub fees_returned: Balance,
}

/// How a job ended whose output, as its requester said, was not delivered. All amounts are planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RefusedDelivery {
	/// Who had committed to the result.
	pub provider: ProviderId,
	/// Units that it had committed, without those for moving the bytes.
	pub units: u64,
	/// The payment. It was burned: nobody has it.
	pub burned: Balance,
	/// What of the escrow was freed.
	pub refund: Balance,
	/// What of the job fees was freed.
	pub fees_returned: Balance,
}

/// How a job ended whose demanded leaves never came. All amounts are planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Silence {
	/// Who was silent.
	pub provider: ProviderId,
	/// How many leaves were missing.
	pub missing: u32,
	/// The slash; none where the provider had no stake left.
	pub slash: Option<SlashId>,
	/// How much of the provider's stake was set aside.
	pub slashed: Balance,
	/// What of the escrow was freed.
	pub refund: Balance,
	/// What of the job fees was freed.
	pub fees_returned: Balance,
}
