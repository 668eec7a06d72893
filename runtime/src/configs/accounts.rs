//! Money and what accounts can do for one another.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use super::{deposit, EXISTENTIAL_DEPOSIT};
use crate::{
	Balance, Balances, OriginCaller, Runtime, RuntimeCall, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason, System,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::{ConstU128, ConstU32, InstanceFilter, VariantCountOf};
use polkadot_sdk::*;
use scale_info::TypeInfo;
use sp_runtime::traits::BlakeTwo256;

impl pallet_balances::Config for Runtime {
	type AccountStore = System;
	type Balance = Balance;
	type DoneSlashHandler = ();
	// What is left of a reaped account is burned.
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<50>;
	type ReserveIdentifier = [u8; 8];
	type RuntimeEvent = RuntimeEvent;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
}

impl pallet_utility::Config for Runtime {
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

impl pallet_multisig::Config for Runtime {
	type BlockNumberProvider = System;
	type Currency = Balances;
	type DepositBase = ConstU128<{ deposit(1, 88) }>;
	type DepositFactor = ConstU128<{ deposit(0, 32) }>;
	type MaxSignatories = ConstU32<100>;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
}

/// What a proxy may do in its principal's name.
#[derive(
	Clone,
	Copy,
	Debug,
	Decode,
	DecodeWithMemTracking,
	Default,
	Encode,
	Eq,
	MaxEncodedLen,
	Ord,
	PartialEq,
	PartialOrd,
	TypeInfo,
)]
pub enum ProxyType {
	/// Everything.
	#[default]
	#[codec(index = 0)]
	Any,
	/// What cannot move the principal's money to someone else.
	#[codec(index = 1)]
	NonTransfer,
	/// Bonding, nominating, validating and session keys.
	#[codec(index = 2)]
	Staking,
	/// Only to veto announced calls of other proxies.
	#[codec(index = 3)]
	CancelProxy,
	/// What a member of the council does in it, but for handing on the seat.
	#[codec(index = 4)]
	Governance,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		match self {
			ProxyType::Any => true,
			// A list of what is allowed, so that a pallet added later is not open to such proxies by mistake.
			ProxyType::NonTransfer => matches!(
				call,
				RuntimeCall::System(..)
					| RuntimeCall::Staking(..)
					| RuntimeCall::VoterList(..)
					| RuntimeCall::Session(..)
					| RuntimeCall::Utility(..)
					| RuntimeCall::Multisig(..)
					| RuntimeCall::Preimage(..)
					| RuntimeCall::Kernels(..)
			),
			ProxyType::Staking => matches!(
				call,
				RuntimeCall::Staking(..)
					| RuntimeCall::VoterList(..)
					| RuntimeCall::Session(..)
					| RuntimeCall::Utility(..)
			),
			ProxyType::CancelProxy => {
				matches!(call, RuntimeCall::Proxy(pallet_proxy::Call::reject_announcement { .. }))
			}
			ProxyType::Governance => matches!(call, RuntimeCall::Council(..) | RuntimeCall::Utility(..)),
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		match (self, other) {
			(ProxyType::Any, _) => true,
			(ProxyType::NonTransfer, ProxyType::Staking) => true,
			(one, two) => one == two,
		}
	}
}

impl pallet_proxy::Config for Runtime {
	type AnnouncementDepositBase = ConstU128<{ deposit(1, 8) }>;
	type AnnouncementDepositFactor = ConstU128<{ deposit(0, 68) }>;
	type BlockNumberProvider = System;
	type CallHasher = BlakeTwo256;
	type Currency = Balances;
	type MaxPending = ConstU32<32>;
	type MaxProxies = ConstU32<32>;
	type ProxyDepositBase = ConstU128<{ deposit(1, 8) }>;
	type ProxyDepositFactor = ConstU128<{ deposit(0, 33) }>;
	type ProxyType = ProxyType;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
}

#[cfg(test)]
mod tests {
	use super::*;

	fn transfer() -> RuntimeCall {
		RuntimeCall::Balances(pallet_balances::Call::transfer_all {
			dest: sp_keyring::Sr25519Keyring::Bob.to_account_id().into(),
			keep_alive: false,
		})
	}

	#[test]
	fn only_the_full_proxy_may_transfer() {
		assert!(ProxyType::Any.filter(&transfer()));
		for restricted in [
			ProxyType::NonTransfer,
			ProxyType::Staking,
			ProxyType::CancelProxy,
			ProxyType::Governance,
		] {
			assert!(!restricted.filter(&transfer()), "{restricted:?}");
		}
	}

	/// A vote is lent by name only, and a seat never.
	#[test]
	fn a_governance_proxy_votes_and_does_nothing_else() {
		let vote = RuntimeCall::Council(pallet_collective::Call::vote {
			proposal: Default::default(),
			index: 0,
			approve: true,
		});
		let hand_on = RuntimeCall::CouncilMembership(pallet_membership::Call::change_key {
			new: sp_keyring::Sr25519Keyring::Bob.to_account_id().into(),
		});
		assert!(ProxyType::Governance.filter(&vote));
		assert!(!ProxyType::Governance.filter(&hand_on));
		for other in [ProxyType::NonTransfer, ProxyType::Staking, ProxyType::CancelProxy] {
			assert!(!other.filter(&vote), "{other:?}");
			assert!(!other.is_superset(&ProxyType::Governance), "{other:?}");
		}
	}

	#[test]
	fn a_proxy_cannot_make_itself_wider() {
		assert!(ProxyType::Any.is_superset(&ProxyType::NonTransfer));
		assert!(ProxyType::NonTransfer.is_superset(&ProxyType::Staking));
		assert!(!ProxyType::Staking.is_superset(&ProxyType::NonTransfer));
		assert!(!ProxyType::NonTransfer.is_superset(&ProxyType::CancelProxy));
		let widen = RuntimeCall::Proxy(pallet_proxy::Call::add_proxy {
			delegate: sp_keyring::Sr25519Keyring::Bob.to_account_id().into(),
			proxy_type: ProxyType::Any,
			delay: 0,
		});
		assert!(!ProxyType::NonTransfer.filter(&widen));
	}
}
