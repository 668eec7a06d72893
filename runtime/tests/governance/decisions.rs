//! What more than half of the council decides, and what takes three quarters: each with one vote less, too.

use super::council::{case, pass, world};
use crate::chain::world::{World, CHECKER, VICTIM};
use frame_support::traits::{fungible::Inspect, Get};
use millrace_primitives::{SlashId, MILL};
use millrace_runtime::{
	configs::{
		council::MOST_SPENT,
		parameters::{dynamic_params::kernels, RuntimeParameters},
	},
	AccountId, Balances, Market, Runtime, RuntimeCall, RuntimeEvent,
};
use pallet_market::Call as MarketCall;
use pallet_providers::Call as ProvidersCall;
use pallet_staking::{UnappliedSlash, UnappliedSlashes};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::{DispatchError, DispatchResult};

fn remove_after(ticks: u32) -> RuntimeCall {
	let parameter = kernels::Parameters::RemoveAfter(kernels::RemoveAfter, Some(ticks));
	RuntimeCall::Parameters(pallet_parameters::Call::set_parameter {
		key_value: RuntimeParameters::Kernels(parameter),
	})
}

fn set_halted(halted: bool) -> RuntimeCall {
	RuntimeCall::Market(MarketCall::set_halted { halted })
}

fn spend(amount: u128, beneficiary: &AccountId) -> RuntimeCall {
	RuntimeCall::Treasury(pallet_treasury::Call::spend {
		asset_kind: Box::new(()),
		amount,
		beneficiary: Box::new(beneficiary.clone()),
		valid_from: None,
	})
}

fn payout(index: u32) -> RuntimeCall {
	RuntimeCall::Treasury(pallet_treasury::Call::payout { index })
}

#[test]
fn a_parameter_takes_three_of_five() {
	let mut world = world();
	let before = world.read(kernels::RemoveAfter::get);
	assert_ne!(before, 123);
	assert_eq!(pass(&mut world, 2, remove_after(123)), Err(DispatchError::BadOrigin));
	assert_eq!(world.read(kernels::RemoveAfter::get), before);
	assert_eq!(pass(&mut world, 3, remove_after(123)), Ok(()));
	assert_eq!(world.read(kernels::RemoveAfter::get), 123);
}

#[test]
fn halting_takes_four_of_five_and_does_not_stop_the_council() {
	let mut world = world();
	assert_eq!(pass(&mut world, 3, set_halted(true)), Err(DispatchError::BadOrigin));
	assert!(!world.read(Market::is_halted));
	assert_eq!(pass(&mut world, 4, set_halted(true)), Ok(()));
	assert!(world.read(Market::is_halted));
	let tick = world.read(Market::clock);

	assert_eq!(pass(&mut world, 3, remove_after(123)), Ok(()));
	assert_eq!(world.read(kernels::RemoveAfter::get), 123);
	assert_eq!(pass(&mut world, 3, set_halted(false)), Err(DispatchError::BadOrigin));
	assert_eq!(world.read(Market::clock), tick);
	assert_eq!(pass(&mut world, 4, set_halted(false)), Ok(()));
	world.wait(1);
	assert!(world.read(Market::clock) > tick);
}

/// Due after six ticks: a motion that is put, voted on and closed at once comes in time.
#[test]
fn a_providers_slash_is_cancelled_by_four_of_five() {
	for (ayes, outcome) in [(3, Err(DispatchError::BadOrigin)), (4, Ok(()))] {
		let mut world = World::new(case());
		let lie = world.work.lie(0);
		let job = world.committed(VICTIM, &lie);
		world.refute(CHECKER, job, &lie, 0);
		let slash = SlashId(0);
		assert_eq!(
			pass(&mut world, ayes, ProvidersCall::cancel_slash { slash }),
			outcome,
			"{ayes} ayes"
		);
		world.pay_slashes();
		let (to_refuter, _, burned) = world.paid();
		assert_eq!(to_refuter + burned == 0, outcome.is_ok(), "{ayes} ayes");
		let left = if outcome.is_ok() { case().stake } else { 0 };
		let ledger = world.record().ledger;
		assert_eq!((ledger.active, ledger.set_aside), (left, 0), "{ayes} ayes");
	}
}

#[test]
fn a_validators_slash_is_cancelled_by_four_of_five() {
	const ERA: u32 = 20;
	let mut world = world();
	world.read(|| {
		let validator = Key::AliceStash.to_account_id();
		let slash = UnappliedSlash {
			validator,
			own: MILL,
			others: Vec::new(),
			reporters: Vec::new(),
			payout: 0,
		};
		UnappliedSlashes::<Runtime>::insert(ERA, vec![slash]);
	});
	let cancel = RuntimeCall::Staking(pallet_staking::Call::cancel_deferred_slash {
		era: ERA,
		slash_indices: vec![0],
	});
	let waiting = |world: &mut World| world.read(|| UnappliedSlashes::<Runtime>::get(ERA).len());
	assert_eq!(pass(&mut world, 3, cancel.clone()), Err(DispatchError::BadOrigin));
	assert_eq!(waiting(&mut world), 1);
	assert_eq!(pass(&mut world, 4, cancel), Ok(()));
	assert_eq!(waiting(&mut world), 0);
}

/// Half of the council spends up to its bound in one motion, whichever way it is cut; three quarters spend more.
#[test]
fn a_large_spend_takes_four_of_five() {
	let mut world = world();
	let beneficiary = Key::One.to_account_id();
	let too_much: DispatchResult = Err(pallet_treasury::Error::<Runtime, ()>::InsufficientPermission.into());
	let batch = |amounts: [u128; 2]| {
		RuntimeCall::Utility(pallet_utility::Call::batch_all {
			calls: amounts.map(|amount| spend(amount, &beneficiary)).to_vec(),
		})
	};
	// 100,000 MILL.
	assert_eq!(MOST_SPENT, 100_000_000_000_000_000);
	assert_eq!(
		pass(&mut world, 2, spend(1, &beneficiary)),
		Err(DispatchError::BadOrigin)
	);
	assert_eq!(pass(&mut world, 3, spend(MOST_SPENT + 1, &beneficiary)), too_much);
	assert_eq!(pass(&mut world, 3, batch([MOST_SPENT, 1])), too_much);
	assert_eq!(pass(&mut world, 3, batch([MOST_SPENT - 1, 1])), Ok(()));
	assert_eq!(pass(&mut world, 4, spend(MOST_SPENT + 1, &beneficiary)), Ok(()));

	// Anybody has them paid.
	for index in 0..3 {
		let events = world.send(Key::Ferdie, payout(index));
		let paid = |event: &RuntimeEvent| {
			matches!(
				event,
				RuntimeEvent::Treasury(pallet_treasury::Event::Paid { index: paid, .. }) if *paid == index
			)
		};
		assert!(events.iter().any(paid), "spend {index}");
	}
	assert_eq!(world.read(|| Balances::total_balance(&beneficiary)), 2 * MOST_SPENT + 1);
	let (none, _) = world.attempt(Key::Ferdie, payout(3));
	assert!(none.is_err());
}
