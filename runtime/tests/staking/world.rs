//! Accounts with stakes. They are set up by calls that pay no fee, between blocks, so that the issuance stays round.

use crate::chain::Chain;
use frame_support::traits::fungible::Inspect;
use millrace_runtime::{AccountId, Balances, RuntimeEvent, RuntimeOrigin, Staking, System, MILL};
use pallet_staking::{Event, RewardDestination, ValidatorPrefs};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::{DispatchResult, Perbill};

/// What an account gets beside its stake.
const POCKET: u128 = 10 * MILL;

/// An account without a key, by a kind and a number.
pub(crate) fn account(kind: u8, number: u32) -> AccountId {
	let mut bytes = [kind; 32];
	bytes[..4].copy_from_slice(&number.to_be_bytes());
	AccountId::from(bytes)
}

/// The origin of what an account signs.
pub(crate) fn by(who: &AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who.clone())
}

/// Gives an account a stake and bonds it.
pub(crate) fn bond(who: &AccountId, stake: u128, payee: RewardDestination<AccountId>) {
	let giver = by(&Key::Ferdie.to_account_id());
	Balances::transfer_keep_alive(giver, who.clone().into(), stake + POCKET).expect("there is enough");
	Staking::bond(by(who), stake, payee).expect("the account has bonded nothing");
}

/// Names candidates.
pub(crate) fn nominate(who: &AccountId, candidates: &[AccountId]) -> DispatchResult {
	let candidates = candidates.iter().cloned().map(Into::into).collect();
	Staking::nominate(by(who), candidates)
}

/// Stands for election.
pub(crate) fn validate(who: &AccountId, commission: Perbill) -> DispatchResult {
	let prefs = ValidatorPrefs {
		commission,
		blocked: false,
	};
	Staking::validate(by(who), prefs)
}

/// An account that stands for election at the least commission of the presets.
pub(crate) fn candidate(who: AccountId, stake: u128) -> AccountId {
	bond(&who, stake, RewardDestination::Stash);
	validate(&who, Perbill::from_percent(5)).expect("the stake is enough");
	who
}

/// All that an account has, bonded or not.
pub(crate) fn wealth(who: &AccountId) -> u128 {
	Balances::total_balance(who)
}

/// Four validators; sessions of three blocks, eras of two sessions. Era k begins in block 6k + 1 and is planned in block
/// 6k - 2. The first by account, Charlie, authors every block; the others are Alice, Dave and Bob, in this order.
pub(crate) fn short_eras() -> Chain {
	let mut chain = Chain::with_genesis("local_testnet", |whole| {
		whole["settings"]["epochSlots"] = 3.into();
		whole["settings"]["sessionsPerEra"] = 2.into();
	});
	chain.empty_block();
	chain
}

/// Empty blocks, up to this one. Returns the events of the last.
pub(crate) fn reach(chain: &mut Chain, block: u32) -> Vec<RuntimeEvent> {
	let mut events = Vec::new();
	while chain.execute(System::block_number) < block {
		events = chain.empty_block();
	}
	events
}

/// What an era that ended in the block of these events paid: to those who stake, and to the treasury.
pub(crate) fn paid(events: &[RuntimeEvent]) -> Option<(u128, u128)> {
	events.iter().find_map(|event| match event {
		RuntimeEvent::Staking(Event::EraPaid {
			validator_payout,
			remainder,
			..
		}) => Some((*validator_payout, *remainder)),
		_ => None,
	})
}
