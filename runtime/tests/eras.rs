//! Sessions, eras and what they pay.

mod chain;

use chain::Chain;
use millrace_runtime::{
	configs::staking::TreasuryAccount, genesis_presets::VALIDATOR_BOND, Balances, Runtime, RuntimeEvent, RuntimeOrigin,
	Session, Staking, Timestamp, MILL,
};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring;
use sp_runtime::traits::TypedGet;

/// Milliseconds of a year of 365.25 days, over which the inflation curve is defined.
const YEAR: u128 = 31_557_600_000;

/// What is left of a yearly amount for a duration in milliseconds: the pallet rounds the share down to billionths.
fn part(yearly: u128, milliseconds: u64) -> u128 {
	let billionths = u128::from(milliseconds) * 1_000_000_000 / YEAR;
	yearly / 1_000_000_000 * billionths
}

/// A thousandth of the money is at stake: 1 % + 0.001 × 8 % of 10⁹ MILL a year to the validators, 5 % in all.
#[test]
fn an_era_pays_validators_and_treasury() {
	let mut chain = Chain::new("fast");
	chain.empty_block();
	let started = chain.execute(Timestamp::get);
	let mut ended = started;
	let treasury = chain.execute(|| Balances::free_balance(TreasuryAccount::get()));
	let paid = (0..60).find_map(|_| {
		ended = chain.execute(Timestamp::get);
		chain.empty_block().into_iter().find_map(|event| match event {
			RuntimeEvent::Staking(pallet_staking::Event::EraPaid {
				era_index,
				validator_payout,
				remainder,
			}) => Some((era_index, validator_payout, remainder)),
			_ => None,
		})
	});
	let (era, to_validators, to_treasury) = paid.expect("two sessions of ten slots end within sixty blocks");
	assert_eq!(era, 0);
	assert_eq!(to_validators, part(10_080_000 * MILL, ended - started));
	assert_eq!(to_validators + to_treasury, part(50_000_000 * MILL, ended - started));

	let stash = Sr25519Keyring::AliceStash.to_account_id();
	chain.execute(|| {
		assert_eq!(Balances::free_balance(TreasuryAccount::get()), treasury + to_treasury);
		assert_eq!(Balances::total_issuance(), 1_000_000_000 * MILL + to_treasury);
		let anyone = RuntimeOrigin::signed(Sr25519Keyring::Bob.to_account_id());
		Staking::payout_stakers_by_page(anyone, stash.clone(), 0, 0).expect("the era can be claimed");
		let ledger = pallet_staking::Ledger::<Runtime>::get(&stash).expect("the stash is bonded");
		assert_eq!(ledger.active, VALIDATOR_BOND + to_validators);
		assert_eq!(
			Balances::total_issuance(),
			1_000_000_000 * MILL + to_treasury + to_validators
		);
	});
}

#[test]
fn sessions_follow_the_epoch_and_elections_keep_the_validator() {
	let mut chain = Chain::new("fast");
	for _ in 0..75 {
		chain.empty_block();
	}
	chain.execute(|| {
		assert_eq!(Session::current_index(), 7);
		assert_eq!(Session::validators(), vec![Sr25519Keyring::AliceStash.to_account_id()]);
		let era = pallet_staking::ActiveEra::<Runtime>::get().expect("an era is active");
		assert_eq!(era.index, 3);
	});
}
