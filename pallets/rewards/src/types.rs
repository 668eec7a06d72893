//! What eras pay, and what providers have earned.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use millrace_primitives::Balance;
use polkadot_sdk::sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};
use scale_info::TypeInfo;

/// What an era pays to all providers together, in planck.
#[derive(
	Clone, Copy, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo,
)]
pub struct EraReward {
	/// The protocol's part of all payments that were settled in it.
	pub fees: Balance,
	/// What it pays at most: never more than half of what of these stays burned.
	pub pool: Balance,
	/// What of that was claimed.
	pub claimed: Balance,
}

impl EraReward {
	/// The part of the pool for so much of the fees, rounded down: all parts together are never more than the pool.
	pub fn reward(&self, fees: Balance) -> Balance {
		multiply_by_rational_with_rounding(self.pool, fees.min(self.fees), self.fees, Rounding::Down).unwrap_or(0)
	}
}

/// What a provider gathered in an era that nobody has claimed for it.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct FiledUsage<AccountId> {
	/// Where the reward goes: the provider's payout account when this was filed.
	pub payout: AccountId,
	/// The protocol's part of its payments, in planck.
	pub fees: Balance,
}

/// Where an era stands.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum EarningState {
	/// It runs.
	Running,
	/// It is over, and its pools are still filed.
	Closing,
	/// Its rewards can be claimed.
	Claimable,
}

/// What a provider has earned in an era that nobody has claimed for it.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct EraEarning {
	/// The era.
	pub era: u32,
	/// The protocol's part of the provider's payments in it, in planck.
	pub fees: Balance,
	/// The reward for that, in planck. Before the era is closed it is what is expected: half of what stays burned of these
	/// fees, whatever the most is that the era may pay.
	pub reward: Balance,
	/// Where the era stands.
	pub state: EarningState,
}
