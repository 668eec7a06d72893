//! What an era's reward becomes: more nominators than one page holds, each of whom gets a share to the planck.

use super::world::{account, bond, by, nominate, reach, validate, wealth};
use crate::chain::{signed, Chain};
use frame_support::{
	assert_err,
	traits::{
		fungible::Mutate,
		tokens::{Fortitude, Precision, Preservation},
	},
};
use millrace_runtime::{
	configs::staking::TreasuryAccount, AccountId, Balances, Runtime, RuntimeCall, RuntimeEvent, Staking, MILL,
};
use pallet_staking::{Call, Error, Event, RewardDestination};
use pallet_staking_runtime_api::runtime_decl_for_staking_api::StakingApiV1;
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::{traits::TypedGet, DispatchOutcome, Perbill};

/// A page holds 256.
const NOMINATORS: u32 = 300;
/// Stakes are multiples of it: 1,000 of them are the validator's own, 100 nominators have one, two and three each.
const UNIT: u128 = 1_080 * MILL;
/// All stakes.
const UNITS: u128 = 1_600;
/// An era of 57 s is 1,806 billionths of a year. With 1,728,000 of 10⁹ MILL at stake a year pays 1 % of all and 8 % of
/// what is at stake, 10,138,240 MILL.
const PAYOUT: u128 = 10_138_240_000 * 1_806;
/// A commission of a tenth, by the stake on a page; the rest by stake.
const COMMISSION_OF_UNIT: u128 = 1_144_353_840;
const REWARD_OF_UNIT: u128 = 10_299_184_560;

fn nominator(number: u32) -> AccountId {
	account(1, number)
}

fn units(number: u32) -> u128 {
	u128::from(1 + number % 3)
}

/// Rewards of every other nominator are added to the stake.
fn compounds(number: u32) -> bool {
	number.is_multiple_of(2)
}

/// What a page was paid, and the page after it that can be claimed.
fn pay(chain: &mut Chain, call: Call<Runtime>) -> (u32, Option<u32>) {
	let events = chain.block(|| vec![signed(Key::Bob, 0, RuntimeCall::Staking(call))]);
	let started = events.into_iter().find_map(|event| match event {
		RuntimeEvent::Staking(Event::PayoutStarted { page, next, .. }) => Some((page, next)),
		_ => None,
	});
	started.expect("a page is paid")
}

fn refusal(chain: &mut Chain, call: Call<Runtime>) -> DispatchOutcome {
	let (mut outcomes, _) = chain.attempt(|| vec![signed(Key::Bob, 0, RuntimeCall::Staking(call))]);
	outcomes.remove(0)
}

/// The validator's active stake, and the wealth of each nominator.
fn stakes(chain: &mut Chain, validator: &AccountId) -> (u128, Vec<u128>) {
	chain.execute(|| {
		let ledger = pallet_staking::Ledger::<Runtime>::get(validator).expect("it is bonded");
		let nominators = (0..NOMINATORS).map(|number| wealth(&nominator(number)));
		(ledger.active, nominators.collect())
	})
}

/// The chain after an era in which 300 nominators stood behind Alice, who takes a commission of a tenth.
fn after_an_era(alice: &AccountId) -> Chain {
	let mut chain = Chain::new("fast");
	chain.empty_block();
	chain.execute(|| {
		Staking::bond_extra(by(alice), 80_000 * MILL).expect("there is enough");
		validate(alice, Perbill::from_percent(10)).expect("it is a candidate");
		for number in 0..NOMINATORS {
			let payee = if compounds(number) {
				RewardDestination::Staked
			} else {
				RewardDestination::Stash
			};
			bond(&nominator(number), units(number) * UNIT, payee);
			nominate(&nominator(number), std::slice::from_ref(alice)).expect("the stake is enough");
		}
	});
	reach(&mut chain, 21);
	// What the first era brought the treasury, in which nobody stood behind Alice, is burned: the issuance is round again.
	chain.execute(|| {
		let minted = Balances::total_issuance() - 1_000_000_000 * MILL;
		assert!(minted > 0);
		<Balances as Mutate<AccountId>>::burn_from(
			&TreasuryAccount::get(),
			minted,
			Preservation::Preserve,
			Precision::Exact,
			Fortitude::Polite,
		)
		.expect("the treasury has it");
	});
	reach(&mut chain, 41);
	chain
}

#[test]
fn two_pages_pay_everybody_to_the_planck() {
	assert_eq!(UNITS * (COMMISSION_OF_UNIT + REWARD_OF_UNIT), PAYOUT);
	let alice = Key::AliceStash.to_account_id();
	let mut chain = after_an_era(&alice);
	chain.execute(|| {
		assert_eq!(pallet_staking::ErasValidatorReward::<Runtime>::get(1), Some(PAYOUT));
		// 20 for each of the blocks 22 to 41: the author is noted before the era changes.
		let points = pallet_staking::ErasRewardPoints::<Runtime>::get(1);
		assert_eq!((points.total, points.individual.get(&alice)), (400, Some(&400)));
		assert_eq!(Runtime::eras_stakers_page_count(1, alice.clone()), 2);
		assert!(Runtime::pending_rewards(1, alice.clone()));
	});
	let (own, before) = stakes(&mut chain, &alice);
	assert_eq!(own, 1_000 * UNIT);

	// The first page by its number. With it comes what the validator earns by its own stake.
	let validator_stash = alice.clone();
	let first = Call::payout_stakers_by_page {
		validator_stash,
		era: 1,
		page: 0,
	};
	assert_eq!(pay(&mut chain, first.clone()), (0, Some(1)));
	let (active, halfway) = stakes(&mut chain, &alice);
	let on_first_page = |number: u32| halfway[number as usize] != before[number as usize];
	let paid: Vec<u32> = (0..NOMINATORS).filter(|number| on_first_page(*number)).collect();
	assert_eq!(paid.len(), 256);
	let units_of_page = 1_000 + paid.iter().map(|number| units(*number)).sum::<u128>();
	let reward = 1_000 * REWARD_OF_UNIT + units_of_page * COMMISSION_OF_UNIT;
	assert_eq!(active, own + reward);
	assert!(chain.execute(|| Runtime::pending_rewards(1, alice.clone())));

	// The other one as the next: what older wallets call.
	let validator_stash = alice.clone();
	let next = Call::payout_stakers {
		validator_stash,
		era: 1,
	};
	assert_eq!(pay(&mut chain, next.clone()), (1, None));
	let (active, after) = stakes(&mut chain, &alice);
	assert_eq!(active, own + 1_000 * REWARD_OF_UNIT + UNITS * COMMISSION_OF_UNIT);
	for number in 0..NOMINATORS {
		let reward = units(number) * REWARD_OF_UNIT;
		assert_eq!(after[number as usize], before[number as usize] + reward, "{number}");
		let ledger = chain.execute(|| pallet_staking::Ledger::<Runtime>::get(nominator(number)));
		let added = if compounds(number) { reward } else { 0 };
		assert_eq!(
			ledger.expect("it is bonded").active,
			units(number) * UNIT + added,
			"{number}"
		);
	}
	let of_nominators = after.iter().sum::<u128>() - before.iter().sum::<u128>();
	assert_eq!(active - own + of_nominators, PAYOUT);
	assert!(!chain.execute(|| Runtime::pending_rewards(1, alice.clone())));

	// Nothing is paid twice, and there is no third page.
	assert_err!(refusal(&mut chain, first), Error::<Runtime>::AlreadyClaimed);
	assert_err!(refusal(&mut chain, next), Error::<Runtime>::AlreadyClaimed);
	let third = Call::payout_stakers_by_page {
		validator_stash: alice.clone(),
		era: 1,
		page: 2,
	};
	assert_err!(refusal(&mut chain, third), Error::<Runtime>::InvalidPage);
	// Nor is an era paid that has not ended.
	let running = Call::payout_stakers {
		validator_stash: alice.clone(),
		era: 2,
	};
	assert_err!(refusal(&mut chain, running), Error::<Runtime>::InvalidEraToReward);
	assert_eq!(stakes(&mut chain, &alice), (active, after));
}
