//! Who stops to be a candidate or a nominator: by his own will, or because others may chill him.

use super::world::{account, bond, by, candidate, nominate, reach, short_eras, validate};
use crate::chain::Chain;
use frame_support::{assert_err, assert_err_ignore_postinfo};
use millrace_runtime::{AccountId, Runtime, RuntimeEvent, RuntimeOrigin, Session, Staking, System, MILL};
use pallet_staking::{ConfigOp, Error, Event, Nominators, RewardDestination, Validators};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::Perbill;

fn nominator(number: u32, mill: u128) -> AccountId {
	let who = account(1, number);
	bond(&who, mill * MILL, RewardDestination::Stash);
	nominate(&who, &[Key::AliceStash.to_account_id()]).expect("the stake is enough");
	who
}

/// Sets the least bonds and the most nominators and candidates.
fn set(min_nominator: u128, min_validator: u128, max_nominators: u32, max_validators: u32) {
	Staking::set_staking_configs(
		RuntimeOrigin::root(),
		ConfigOp::Set(min_nominator * MILL),
		ConfigOp::Set(min_validator * MILL),
		ConfigOp::Set(max_nominators),
		ConfigOp::Set(max_validators),
		ConfigOp::Noop,
		ConfigOp::Noop,
		ConfigOp::Noop,
	)
	.expect("root may");
}

#[test]
fn who_chills_serves_the_eras_that_are_planned_and_none_after() {
	let dave = Key::DaveStash.to_account_id();
	let mut chain = short_eras();
	// Era 1 is planned in block 4, era 2 in block 10.
	reach(&mut chain, 4);
	chain.execute(|| {
		Staking::chill(by(&dave)).expect("it is bonded");
		assert!(!Validators::<Runtime>::contains_key(&dave));
		// The money stays bonded, and can be unbonded.
		let ledger = pallet_staking::Ledger::<Runtime>::get(&dave).expect("it is bonded");
		assert_eq!(ledger.active, 1_000_000 * MILL);
	});
	reach(&mut chain, 12);
	assert!(chain.execute(Session::validators).contains(&dave));
	reach(&mut chain, 13);
	chain.execute(|| {
		assert_eq!(Session::validators().len(), 3);
		assert!(!Session::validators().contains(&dave));
		validate(&dave, Perbill::from_percent(5)).expect("it can come back");
	});
	// It is elected for era 3, in block 16.
	reach(&mut chain, 18);
	assert!(!chain.execute(Session::validators).contains(&dave));
	reach(&mut chain, 19);
	assert!(chain.execute(Session::validators).contains(&dave));
}

/// At genesis the threshold is three quarters.
#[test]
fn others_may_chill_nominators_below_the_least_bond_once_there_are_many() {
	let anyone = by(&Key::Bob.to_account_id());
	let mut chain = Chain::new("fast");
	chain.empty_block();
	chain.execute(|| {
		let poor: Vec<_> = (0..3).map(|number| nominator(number, 150)).collect();
		let chill = |who: &AccountId| Staking::chill_other(anyone.clone(), who.clone());
		assert_err!(chill(&poor[0]), Error::<Runtime>::CannotChillOther);
		// Of four there may be, three are not more than three quarters.
		set(200, 10_000, 4, 200);
		assert_err!(chill(&poor[0]), Error::<Runtime>::CannotChillOther);
		let rich = nominator(3, 200);
		assert_err!(chill(&rich), Error::<Runtime>::CannotChillOther);
		System::reset_events();
		chill(&poor[0]).expect("four are more than three, and 150 MILL less than 200");
		let chilled = RuntimeEvent::Staking(Event::Chilled { stash: poor[0].clone() });
		assert!(System::events().iter().any(|record| record.event == chilled));
		assert!(!Nominators::<Runtime>::contains_key(&poor[0]));
		// Three are left, and safe again.
		assert_err!(chill(&poor[1]), Error::<Runtime>::CannotChillOther);
		// Everybody may chill himself.
		Staking::chill_other(by(&poor[1]), poor[1].clone()).expect("it is his own");
		assert!(!Nominators::<Runtime>::contains_key(&poor[1]));
	});
}

#[test]
fn others_may_chill_candidates_below_the_least_bond_once_there_are_many() {
	let anyone = by(&Key::Bob.to_account_id());
	let mut chain = Chain::new("fast");
	chain.empty_block();
	chain.execute(|| {
		let poor: Vec<_> = (0..3)
			.map(|number| candidate(account(2, number), 10_000 * MILL))
			.collect();
		// With Alice there are four of four, and three quarters are three.
		set(100, 10_001, 800, 4);
		Staking::chill_other(anyone.clone(), poor[0].clone()).expect("10,000 MILL are less than 10,001");
		assert!(!Validators::<Runtime>::contains_key(&poor[0]));
		let again = Staking::chill_other(anyone.clone(), poor[1].clone());
		assert_err!(again, Error::<Runtime>::CannotChillOther);
		let alice = Staking::chill_other(anyone, Key::AliceStash.to_account_id());
		assert_err!(alice, Error::<Runtime>::CannotChillOther);
		// Who was chilled cannot come back with the same stake, and may take it away.
		let back = validate(&poor[0], Perbill::from_percent(5));
		assert_err!(back, Error::<Runtime>::InsufficientBond);
		assert_err_ignore_postinfo!(Staking::unbond(by(&poor[1]), 1), Error::<Runtime>::InsufficientBond);
		Staking::unbond(by(&poor[0]), 10_000 * MILL).expect("it is chilled");
	});
}
