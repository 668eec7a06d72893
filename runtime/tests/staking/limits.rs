//! Who may take part: least bonds, most nominators and candidates, and the least commission.

use super::world::{account, bond, by, candidate, nominate, validate};
use crate::chain::Chain;
use frame_support::{assert_err, assert_err_ignore_postinfo};
use millrace_runtime::{AccountId, Runtime, RuntimeOrigin, Staking, MILL};
use pallet_staking::{ConfigOp, Error, MinCommission, RewardDestination, Validators};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::{DispatchError, Perbill};

const LEAST: Perbill = Perbill::from_percent(5);

fn commission(who: &AccountId) -> Perbill {
	Validators::<Runtime>::get(who).commission
}

#[test]
fn a_role_needs_its_least_bond() {
	let mut chain = Chain::new("fast");
	chain.empty_block();
	chain.execute(|| {
		let (validator, nominator) = (account(1, 0), account(1, 1));
		bond(&validator, 9_999 * MILL, RewardDestination::Stash);
		bond(&nominator, 99 * MILL, RewardDestination::Stash);
		let targets = [Key::AliceStash.to_account_id()];
		assert_err!(validate(&validator, LEAST), Error::<Runtime>::InsufficientBond);
		assert_err!(nominate(&nominator, &targets), Error::<Runtime>::InsufficientBond);
		for who in [&validator, &nominator] {
			Staking::bond_extra(by(who), MILL).expect("there is more than that");
		}
		validate(&validator, LEAST).expect("10,000 MILL are enough");
		nominate(&nominator, &targets).expect("100 MILL are enough");
		// Nor may it be taken away while the role lasts.
		for who in [&validator, &nominator] {
			assert_err_ignore_postinfo!(Staking::unbond(by(who), 1), Error::<Runtime>::InsufficientBond);
			Staking::chill(by(who)).expect("it is bonded");
			Staking::unbond(by(who), 1).expect("it is chilled");
		}
	});
}

#[test]
fn there_are_no_more_nominators_and_candidates_than_governance_lets_in() {
	let mut chain = Chain::new("fast");
	chain.empty_block();
	chain.execute(|| {
		Staking::set_staking_configs(
			RuntimeOrigin::root(),
			ConfigOp::Noop,
			ConfigOp::Noop,
			ConfigOp::Set(1),
			ConfigOp::Set(2),
			ConfigOp::Noop,
			ConfigOp::Noop,
			ConfigOp::Noop,
		)
		.expect("root may");
		let targets = [Key::AliceStash.to_account_id()];
		let bonded = |number, mill| {
			bond(&account(1, number), mill * MILL, RewardDestination::Stash);
			account(1, number)
		};
		// Alice and one more; one nominator.
		let (second, third) = (bonded(0, 10_000), bonded(1, 10_000));
		validate(&second, LEAST).expect("there is room for one");
		assert_err!(validate(&third, LEAST), Error::<Runtime>::TooManyValidators);
		let (first, other) = (bonded(2, 100), bonded(3, 100));
		nominate(&first, &targets).expect("there is room for one");
		assert_err!(nominate(&other, &targets), Error::<Runtime>::TooManyNominators);
		// Who is in may change his mind, and who leaves makes room.
		validate(&second, Perbill::from_percent(50)).expect("it is a candidate");
		Staking::chill(by(&second)).expect("it is bonded");
		validate(&third, LEAST).expect("there is room again");
	});
}

#[test]
fn the_least_commission_holds_from_genesis_and_the_admin_sets_it() {
	let alice = Key::AliceStash.to_account_id();
	let mut chain = Chain::new("fast");
	chain.empty_block();
	chain.execute(|| {
		assert_eq!(MinCommission::<Runtime>::get(), LEAST);
		assert_eq!(commission(&alice), LEAST);
		let other = candidate(account(1, 0), 10_000 * MILL);
		let less = Perbill::from_parts(49_999_999);
		assert_err!(validate(&other, less), Error::<Runtime>::CommissionTooLow);

		let seven = Perbill::from_percent(7);
		for origin in [by(&alice), RuntimeOrigin::none()] {
			assert_err!(Staking::set_min_commission(origin, seven), DispatchError::BadOrigin);
		}
		Staking::set_min_commission(RuntimeOrigin::root(), seven).expect("root may");
		// Who takes less goes on until he changes it, or until somebody raises it for him.
		assert_eq!(commission(&other), LEAST);
		assert_err!(validate(&other, LEAST), Error::<Runtime>::CommissionTooLow);
		let anyone = by(&Key::Bob.to_account_id());
		Staking::force_apply_min_commission(anyone.clone(), other.clone()).expect("it is a candidate");
		assert_eq!(commission(&other), seven);
		// Nobody is lowered to it.
		validate(&alice, Perbill::from_percent(30)).expect("more is allowed");
		Staking::force_apply_min_commission(anyone, alice.clone()).expect("it is a candidate");
		assert_eq!(commission(&alice), Perbill::from_percent(30));
	});
}
